//! The accounts as calls see them.

use super::Phone;
use super::account::{Account, Link};
use super::call::{Calls, Effect, Env, Line, Lines};
use super::probe;
use crate::base::{AccountId, Now};
use crate::phone::output::Output;
use crate::sip::invite::Auth;
use crate::sip::{Host, NameAddr, Uri};

/// All accounts, lent to calls.
struct Accounts<'a>(&'a mut Vec<Account>);

impl Lines for Accounts<'_> {
    fn lines(&self) -> Vec<Line> {
        self.0.iter().filter_map(Account::line).collect()
    }

    fn auth(&mut self, account: AccountId) -> Option<Auth<'_>> {
        let account = self.0.iter_mut().find(|one| one.id() == account)?;
        let realms = account.record.realms.as_slice();
        // Without a pinned realm nobody has shown to be the provider: nobody is answered.
        let authenticator = account.auth.as_mut().filter(|_| !realms.is_empty())?;
        Some(Auth { authenticator, realms })
    }

    fn has_other_server(&self, account: AccountId) -> bool {
        let account = self.0.iter().find(|one| one.id() == account);
        account.is_some_and(|one| matches!(&one.link, Link::Up(_, rest) if !rest.is_empty()))
    }
}

impl Account {
    /// The account as calls see it, once it is connected.
    pub(super) fn line(&self) -> Option<Line> {
        let flow = self.flow()?.clone();
        let draft = &self.record.draft;
        let own = || probe::contact(&self.contact_user, flow.local, flow.transport);
        let contact = self.registration.as_ref().map_or_else(own, |it| it.contact().clone());
        Some(Line {
            account: self.id(),
            user: crate::sip::uri::unescape(&self.address.user),
            domain: Host::parse(&self.address.domain)?,
            port: self.address.port,
            display_name: draft.display_name.clone(),
            contact: Uri::Sip(contact),
            flow,
            routes: self.routes(),
            codecs: draft.codecs.clone(),
            srtp: draft.srtp,
            accept_from: draft.accept_from,
            auto_answer: draft.auto_answer,
        })
    }

    /// By which way its requests go: Service-Route (RFC 3608), else the one that the person named.
    pub(super) fn routes(&self) -> Vec<NameAddr> {
        if self.service_route.is_empty() {
            probe::routes(&self.record.draft, &self.address)
        } else {
            self.service_route.clone()
        }
    }
}

impl Phone {
    /// Lends the calls what they need and performs what follows.
    pub(super) fn with_calls<T>(&mut self, now: Now, act: impl FnOnce(&mut Calls, &mut Env<'_>) -> T) -> T {
        let mut effects = Vec::new();
        let mut lines = Accounts(&mut self.accounts);
        let (endpoint, entropy) = (&mut self.endpoint, &mut self.entropy);
        let mut env = Env { now, endpoint, entropy, lines: &mut lines, effects: &mut effects };
        let result = act(&mut self.calls, &mut env);
        self.effects.extend(effects);
        result
    }

    /// Performs what calls want done. After the messages: a 200 is on the wire before anybody makes a codec.
    pub(super) fn perform_effects(&mut self, now: Now) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Media(order) => self.out.push_back(Output::Media(order)),
                Effect::Event(event) => self.out.push_back(Output::Event(event)),
                Effect::NextServer(account, problem) => self.leave_server(now, account, problem),
                Effect::PasswordRefused(account, times) => {
                    if let Some(account) = self.account(account) {
                        account.call_was_refused(now.mono);
                    }
                    self.refused_elsewhere(now, account, times);
                }
                Effect::Redirected(account, target) => self.was_redirected(account, target),
                Effect::History(row) => {
                    self.log_call(&row);
                    let save = self.recents.add(*row);
                    self.out.push_back(Output::Save(save));
                }
            }
        }
    }

    /// The flow or the public address of an account changed: its calls go on there.
    pub(super) fn line_changed(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.account(id) else { return };
        let Some(flow) = account.flow().map(|flow| flow.id) else { return };
        let old = account.last_flow.replace(flow).unwrap_or(flow);
        self.with_calls(now, |calls, env| calls.flow_changed(env, id, old));
    }

    /// Whether an account has calls that are not over.
    pub(super) fn has_calls(&self, id: AccountId) -> bool {
        let ended = |call: &crate::phone::view::CallView| matches!(call.state, crate::phone::view::CallState::Ended(_));
        self.calls.views().iter().any(|call| call.account == id && !ended(call))
    }
}
