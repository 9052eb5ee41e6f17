//! The subscriptions inside the phone: which lines have one, when it speaks, where its news go.

use super::memory::Source;
use super::watch::{Setup, Watch};
use crate::base::{AccountId, Mono, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::connect::tools;
use crate::phone::probe;
use crate::port::net::Flow;
use crate::sip::endpoint::{ClientKey, Happening, ServerKey};
use crate::sip::invite::Tools;
use crate::sip::{Message, NameAddr};

impl Phone {
    /// A line has registered: its server is asked to tell who else does, once for each sign-in if it will not.
    pub(in crate::phone) fn watch_registrations(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let Some(setup) = setup(account) else { return };
        match &mut account.watch {
            Some(watch) => watch.set_flow(now.mono, setup),
            None => account.watch = Some(Watch::new(setup, now.mono, &mut self.entropy)),
        }
    }

    fn with_watch(&mut self, now: Now, id: AccountId, act: impl FnOnce(&mut Watch, &mut Tools<'_>)) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let Some(mut watch) = account.watch.take() else { return };
        act(&mut watch, &mut tools(now, &mut self.endpoint, &mut self.entropy, account));
        let news: Vec<Vec<NameAddr>> = std::iter::from_fn(|| watch.poll()).collect();
        let refusals = watch.take_refusals();
        account.watch = Some(watch);
        if refusals > 0 {
            self.refused_elsewhere(now, id, refusals);
        }
        for contacts in news {
            self.heard_contacts(now, id, Source::Event, &contacts, !contacts.is_empty());
        }
    }

    /// Those whose time has come, and whose line is there to speak by.
    pub(in crate::phone) fn watches_due(&mut self, now: Now) {
        let due = |account: &&Account| speaks_at(account).is_some_and(|at| at <= now.mono);
        let ids: Vec<AccountId> = self.accounts.iter().filter(due).map(Account::id).collect();
        for id in ids {
            self.with_watch(now, id, Watch::handle_timeout);
        }
    }

    /// When the next one speaks.
    pub(in crate::phone) fn watches_next_timeout(&self) -> Option<(Mono, &'static str)> {
        self.accounts.iter().filter_map(speaks_at).min().map(|at| (at, "who else is registered"))
    }

    /// Whether this request was a subscription's.
    pub(in crate::phone) fn watch_happening(&mut self, now: Now, client: ClientKey, happening: &Happening) -> bool {
        let owns = |account: &&Account| account.watch.as_ref().is_some_and(|watch| watch.owns_client(client));
        let Some(id) = self.accounts.iter().find(owns).map(Account::id) else { return false };
        self.with_watch(now, id, |watch, tools| watch.on_happening(tools, happening));
        true
    }

    /// Whether this is news of a subscription, by the line's own way.
    pub(in crate::phone) fn watch_notified(
        &mut self,
        now: Now,
        server: ServerKey,
        request: &Message,
        flow: &Flow,
    ) -> bool {
        let owns = |account: &&Account| {
            let from_server = account.servers.contains(&(flow.transport, flow.remote));
            let own_way = account.flow().is_some_and(|own| own.id == flow.id) || from_server;
            own_way && account.watch.as_ref().is_some_and(|watch| watch.owns_notify(request))
        };
        let Some(id) = self.accounts.iter().find(owns).map(Account::id) else { return false };
        self.with_watch(now, id, |watch, tools| watch.on_notify(tools, server, request));
        true
    }
}

/// When a line's subscription speaks, if the line is registered by the way that it knows.
fn speaks_at(account: &Account) -> Option<Mono> {
    let watch = account.watch.as_ref()?;
    let flow = account.flow().filter(|_| account.registered)?;
    watch.next_timeout().filter(|_| flow.id == watch.flow().id)
}

fn setup(account: &Account) -> Option<Setup> {
    if account.demo {
        return None;
    }
    let registration = account.registration.as_ref()?;
    Some(Setup {
        flow: registration.flow().clone(),
        aor: probe::address_of_record(&account.address),
        user: account.address.user.clone(),
        contact: NameAddr::new(registration.contact().clone()),
        routes: account.routes(),
    })
}
