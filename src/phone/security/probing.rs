//! Probes under way. They speak by the account's own flow, which leads to its own server by the transport that sign-in
//! found; where there is none, the account connects first, and does not register before the probe has told with which
//! password.

use std::time::Duration;

use super::probe::{Outcome, Probe, Setup, Tools, authenticator};
use crate::base::{AccountId, Mono, Now, Secret};
use crate::phone::account::{Account, Link};
use crate::phone::{Phone, connect, probe as wire};
use crate::sip::NameAddr;
use crate::sip::endpoint::{ClientKey, Happening};

/// How long a probe waits for a connection.
const CONNECTING: Duration = Duration::from_secs(20);

/// One probe.
#[derive(Debug)]
pub(in crate::phone) struct Probing {
    account: AccountId,
    state: State,
}

#[derive(Debug)]
enum State {
    /// There is no connection yet.
    Waiting(Secret<String>, Mono),
    Running(Box<Probe>),
}

impl Phone {
    /// Asks the provider whether it takes this password; [`Phone::probed`] hears the outcome. One at a time for each
    /// account.
    pub(super) fn probe_password(&mut self, now: Now, id: AccountId, password: Secret<String>) {
        self.security.probing.retain(|one| one.account != id);
        let until = now.mono + CONNECTING;
        self.security.probing.push(Probing { account: id, state: State::Waiting(password, until) });
        let Some(account) = self.account(id) else { return };
        match &account.link {
            Link::Up(..) => self.probes_go_on(now),
            Link::Finding(_) | Link::Opening(..) => account.probe_first = true,
            Link::Off | Link::AwaitingPassword | Link::NeedsPassword | Link::Rejected | Link::Waiting(..) => {
                account.probe_first = true;
                self.connect(now, id);
            }
        }
    }

    /// Whether one is under way.
    pub(super) fn is_probing(&self, id: AccountId) -> bool {
        self.security.probing.iter().any(|one| one.account == id)
    }

    /// No probe of this account matters any more.
    pub(in crate::phone) fn forget_probes(&mut self, id: AccountId) {
        self.security.probing.retain(|one| one.account != id);
    }

    /// Probes whose account is connected begin; those that have waited too long are told so.
    pub(in crate::phone) fn probes_go_on(&mut self, now: Now) {
        for mut one in std::mem::take(&mut self.security.probing) {
            let id = one.account;
            one.state = match one.state {
                State::Waiting(password, until) => {
                    let ready =
                        self.account(id).and_then(|account| Some((setup(account)?, login(account, password.clone()))));
                    match ready {
                        Some((setup, auth)) => {
                            let mut tools = Tools { now, endpoint: &mut self.endpoint, dice: &mut self.entropy };
                            State::Running(Box::new(Probe::start(&mut tools, setup, auth)))
                        }
                        None if until <= now.mono => {
                            self.probed(
                                now,
                                id,
                                Outcome::Inconclusive { retry_after: None, why: "not connected", tried: false },
                            );
                            continue;
                        }
                        None => State::Waiting(password, until),
                    }
                }
                State::Running(probe) if probe.until() <= now.mono => {
                    let outcome = probe.timed_out();
                    self.probed(now, id, outcome);
                    continue;
                }
                running @ State::Running(_) => running,
            };
            self.security.probing.push(one);
        }
    }

    /// Whether this request was a probe's.
    pub(in crate::phone) fn probe_happening(&mut self, now: Now, client: ClientKey, happening: &Happening) -> bool {
        let owns = |one: &Probing| matches!(&one.state, State::Running(probe) if probe.owns_client(client));
        let Some(at) = self.security.probing.iter().position(owns) else { return false };
        let Some(one) = self.security.probing.get_mut(at) else { return false };
        let id = one.account;
        let mut tools = Tools { now, endpoint: &mut self.endpoint, dice: &mut self.entropy };
        let State::Running(probe) = &mut one.state else { return false };
        if let Some(outcome) = probe.on_happening(&mut tools, happening) {
            self.security.probing.remove(at);
            self.probed(now, id, outcome);
        }
        true
    }

    /// When the next probe is given up.
    pub(in crate::phone) fn probes_next_timeout(&self) -> Option<(Mono, &'static str)> {
        let until = |one: &Probing| match &one.state {
            State::Waiting(_, until) => *until,
            State::Running(probe) => probe.until(),
        };
        self.security.probing.iter().map(until).min().map(|at| (at, "probe of a password"))
    }
}

fn login(account: &Account, password: Secret<String>) -> crate::sip::digest::Authenticator {
    authenticator(account.login(), password, &account.record.strongest)
}

/// Where a probe of this account goes, if it is connected.
fn setup(account: &Account) -> Option<Setup> {
    let flow = account.flow()?.clone();
    let own = || wire::contact(&account.contact_user, flow.local, flow.transport);
    let contact = account.registration.as_ref().filter(|it| it.flow().id == flow.id).map(|it| it.contact().clone());
    let contact = NameAddr::new(contact.unwrap_or_else(own))
        .with_param("+sip.instance", Some(&format!("\"<urn:uuid:{}>\"", account.record.uuid)));
    Some(Setup {
        registrar: wire::registrar(&account.address),
        aor: NameAddr::new(wire::address_of_record(&account.address)),
        routes: wire::routes(&account.record.draft, &account.address),
        realms: account.record.realms.clone(),
        contact,
        expires: connect::EXPIRES,
        flow,
    })
}
