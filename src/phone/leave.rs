//! The end of an account, and of everything: un-REGISTER before the flow is closed, but never wait long for it.

use std::time::Duration;

use super::account::Account;
use super::connect::tools;
use super::{Phone, account::Link};
use crate::base::{AccountId, Mono, Now};
use crate::phone::documents::Record;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::registration::{Change, Registration};
use crate::port::net::FlowId;
use crate::sip::endpoint::{ClientKey, Happening};

/// How long the answers to BYE and un-REGISTER are waited for.
const FAREWELL: Duration = Duration::from_secs(2);

/// An account that is none any more, until its server has heard of it.
#[derive(Debug)]
pub(super) struct Leaving {
    account: Account,
    until: Mono,
}

/// Everything ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quitting {
    /// Calls end first, while there are accounts to answer for them; until then at most.
    leave_at: Mono,
    left: bool,
    until: Mono,
}

impl Phone {
    pub(super) fn is_signing_in(&self, id: AccountId) -> bool {
        self.sign_in.as_ref().and_then(super::SignIn::hidden) == Some(id)
    }

    /// The person ends an account: its registration, its password, its place.
    pub(super) fn sign_out(&mut self, now: Now, id: AccountId) -> Result<(), Problem> {
        if self.is_signing_in(id) {
            return Err(super::commands::not_now(""));
        }
        if self.change_is_open(id) {
            let address = self.account(id).map(|account| account.address.shown()).unwrap_or_default();
            return Err(Problem::new(ProblemKind::ChangeUnderWay, address));
        }
        self.with_calls(now, |calls, env| calls.hang_up_account(env, id));
        let record = self.leave(now, id).ok_or_else(|| super::commands::not_now(""))?;
        self.forget_change(id, &record.uuid);
        self.forget_notices(id);
        self.forget_passwords(&record.uuid, &record.draft.address);
        self.save_accounts();
        Ok(())
    }

    /// Takes an account out; its un-REGISTER goes on behind the scenes.
    pub(super) fn leave(&mut self, now: Now, id: AccountId) -> Option<Record> {
        let at = self.accounts.iter().position(|account| account.id() == id)?;
        let mut account = self.accounts.remove(at);
        self.passwords.several.remove(&id);
        let record = account.record.clone();
        let connected = account.flow().is_some();
        let registered = connected && account.registered;
        // While a REGISTER is on its way, too: the registrar may have bound what it asks for.
        let registration = account.registration.take().filter(|_| connected);
        if let Some(mut watch) = account.watch.take().filter(|_| registered) {
            watch.unsubscribe(&mut tools(now, &mut self.endpoint, &mut self.entropy, &mut account));
        }
        if let Some(mut registration) = registration {
            registration.unregister(&mut tools(now, &mut self.endpoint, &mut self.entropy, &mut account));
            account.registration = Some(registration);
            self.leaving.push(Leaving { account, until: now.mono + FAREWELL });
            self.leaving_changes(now);
        } else {
            self.close_streams(now, id);
            if let Some(flow) = account.flow() {
                self.close_flow(now, flow.id);
            }
        }
        Some(record)
    }

    /// The account of a sign-in that did not work. What it may have bound is un-bound.
    pub(super) fn drop_candidate(&mut self, now: Now, id: AccountId) {
        drop(self.leave(now, id));
    }

    /// What was there before a sign-in that did not work connects again, if it was connected or was to be.
    pub(super) fn put_back(&mut self, now: Now, account: Account) {
        let (id, wanted) = (account.id(), account.link == Link::AwaitingPassword);
        let known = account.auth.is_some();
        self.accounts.push(account);
        self.accounts.sort_by_key(Account::id);
        match (wanted, known) {
            (true, true) => {
                self.begin_hosting(now, id);
                self.connect(now, id);
            }
            (true, false) => self.load_password(id),
            (false, _) => {}
        }
    }

    pub(super) fn leaving_happening(&mut self, now: Now, client: ClientKey, happening: &Happening) -> bool {
        let owns = |one: &&mut Leaving| one.account.registration.as_ref().is_some_and(|it| it.owns_client(client));
        let Some(one) = self.leaving.iter_mut().find(owns) else { return false };
        if let Some(mut registration) = one.account.registration.take() {
            let mut tools = tools(now, &mut self.endpoint, &mut self.entropy, &mut one.account);
            registration.on_happening(&mut tools, happening);
            one.account.registration = Some(registration);
        }
        self.leaving_changes(now);
        true
    }

    /// Whatever becomes of a farewell, it is the end.
    fn leaving_changes(&mut self, now: Now) {
        for one in &mut self.leaving {
            while let Some(change) = one.account.registration.as_mut().and_then(Registration::poll) {
                if !matches!(change, Change::KeepAlive(_) | Change::Registered(_)) {
                    one.account.registration = None;
                }
            }
        }
        self.drop_left(now, |one| one.account.registration.is_none());
    }

    fn drop_left(&mut self, now: Now, over: impl Fn(&Leaving) -> bool) {
        let gone = self.leaving.iter().filter(|one| over(one));
        let flows: Vec<(AccountId, Option<FlowId>)> =
            gone.map(|one| (one.account.id(), one.account.flow().map(|flow| flow.id))).collect();
        self.leaving.retain(|one| !over(one));
        for (account, flow) in flows {
            self.close_streams(now, account);
            if let Some(flow) = flow {
                self.close_flow(now, flow);
            }
        }
    }

    /// Un-REGISTERed although nobody left: nothing is connected then.
    pub(super) fn unregistered(&mut self, _now: Now, id: AccountId) {
        if let Some(account) = self.account(id) {
            account.registered = false;
        }
    }

    /// Ends everything: calls, registrations. [`Event::Stopped`] follows within two seconds.
    pub(super) fn quit(&mut self, now: Now) {
        self.wishes.clear();
        self.cancel_sign_in(now);
        let (leave_at, until) = (now.mono + FAREWELL / 2, now.mono + FAREWELL);
        self.quitting = Some(Quitting { leave_at, left: false, until });
        self.with_calls(now, |calls, env| calls.hang_up_all(env));
        self.pump(now);
    }

    /// The last acts: accounts leave when the calls are over, and then nothing is waited for any more.
    pub(super) fn go_on_quitting(&mut self, now: Now) {
        let Some(quitting) = &mut self.quitting else { return };
        let until = quitting.until;
        // A password that is on its way to the keyring arrives first, or its line would not know where it is.
        let ready = self.calls.are_quiet() && !self.passwords.is_busy();
        if !quitting.left && (ready || now.mono >= quitting.leave_at) {
            quitting.left = true;
            let ids: Vec<AccountId> = self.accounts.iter().map(Account::id).collect();
            for id in ids {
                drop(self.leave(now, id));
            }
            self.pump(now);
        }
        let left = self.quitting.is_some_and(|quitting| quitting.left);
        let quiet = left && self.leaving.is_empty() && self.calls.are_quiet() && !self.passwords.is_busy();
        if quiet || now.mono >= until {
            self.quitting = None;
            self.drop_left(now, |_| true);
            self.out.push_back(Output::Event(Event::Stopped));
        }
    }

    pub(super) fn leave_timeout(&mut self, now: Now) {
        for index in 0..self.leaving.len() {
            let Some(one) = self.leaving.get_mut(index) else { break };
            if let Some(mut registration) = one.account.registration.take() {
                registration.handle_timeout(&mut tools(now, &mut self.endpoint, &mut self.entropy, &mut one.account));
                one.account.registration = Some(registration);
            }
        }
        self.leaving_changes(now);
        self.drop_left(now, |one| one.until <= now.mono);
    }

    pub(super) fn leave_next_timeout(&self) -> Option<(Mono, &'static str)> {
        let leaving = self.leaving.iter().map(|one| (one.until, "farewell"));
        let timers = self.leaving.iter().filter_map(|one| one.account.registration.as_ref()?.next_timeout());
        let quitting = self.quitting.map(|it| (if it.left { it.until } else { it.leave_at }, "the end"));
        leaving.chain(timers).chain(quitting).min_by_key(|(at, _)| *at)
    }
}
