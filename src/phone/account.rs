//! One account: what is kept of it, who it is on the wire, and how far its connection is.

use std::net::SocketAddr;
use std::time::Duration;

use crate::base::{AccountId, Mono, Secret, WallTime};
use crate::phone::address::{Address, Place, is_numeric};
use crate::phone::command::AccountDraft;
use crate::phone::documents::Record;
use crate::phone::locate::{Candidate, Locate, Wanted};
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::registration::Registration;
use crate::phone::view::{AccountState, AccountView, PasswordPlace};
use crate::port::net::{CertificateError, Fingerprint, Flow, FlowId, Target, Transport};
use crate::sip::NameAddr;
use crate::sip::digest::Authenticator;
use crate::sip::endpoint::ClientKey;

/// For so long a call that was refused for its password counts.
const REFUSED_CALLS: Duration = Duration::from_mins(10);

/// One account.
#[derive(Debug)]
pub struct Account {
    /// What is kept on disk.
    pub record: Record,
    /// Its address.
    pub address: Address,
    /// When the last two calls were refused for the password that it has, the older one first.
    pub calls_refused: [Option<Mono>; 2],
    /// Its password, once it is known.
    pub auth: Option<Authenticator>,
    /// A line without registration: the request that asks its server for the realm.
    pub realm_question: Option<ClientKey>,
    /// The password itself until the vault has it, or for as long as there is no vault.
    pub unkept: Option<Secret<String>>,
    /// The user part of its Contact: tells requests for one account from those for another.
    pub contact_user: String,
    /// How far its connection is.
    pub link: Link,
    /// Its registration, once there was a flow for it.
    pub registration: Option<Registration>,
    /// A probe tells first with which password to register: no REGISTER before it.
    pub probe_first: bool,
    /// Whether the last REGISTER was accepted and has not run out.
    pub registered: bool,
    /// Whether that REGISTER carried the password: a registrar that asks nobody vouches for none.
    pub vouched: bool,
    /// What is wrong, if something is.
    pub problem: Option<Problem>,
    /// Every address that the provider's name led to: requests from elsewhere are not listened to.
    pub servers: Vec<(Transport, SocketAddr)>,
    /// The flow that its calls speak by.
    pub last_flow: Option<FlowId>,
    /// Service-Route of the last registration (RFC 3608).
    pub service_route: Vec<NameAddr>,
    /// How often connecting has failed in a row.
    pub failures: u32,
    /// The certificate that was refused last.
    pub refused: Option<(CertificateError, Fingerprint)>,
    /// Whether it is the embedded demo's: not kept on disk.
    pub demo: bool,
    /// The subscription to who is registered, once the line was.
    pub watch: Option<crate::phone::devices_registered::watch::Watch>,
    /// How asking the provider who else is on the line goes.
    pub asking: crate::phone::devices_registered::Asking,
}

/// How far the connection of an account is.
#[derive(Clone, PartialEq, Debug)]
pub enum Link {
    /// Not connected, on purpose: signed out, or not begun.
    Off,
    /// The vault was asked for the password.
    AwaitingPassword,
    /// The password is not kept anywhere.
    NeedsPassword,
    /// Refused; nothing is tried until the person acts.
    Rejected,
    /// Looking for the server.
    Finding(Locate),
    /// Connecting to the first of these.
    Opening(Target, Vec<Candidate>),
    /// There is a flow; REGISTER is the registration's business. The ways that were not tried follow.
    Up(Flow, Vec<Candidate>),
    /// Not reachable; tried again then.
    Waiting(Mono, WallTime),
}

impl Link {
    /// The flow, if there is one.
    #[must_use]
    pub fn flow(&self) -> Option<&Flow> {
        if let Link::Up(flow, _) = self { Some(flow) } else { None }
    }

    /// What is being opened, and what could be tried instead.
    #[must_use]
    pub fn opening(&self) -> Option<(&Target, &Vec<Candidate>)> {
        if let Link::Opening(target, rest) = self { Some((target, rest)) } else { None }
    }

    /// When it is tried again.
    #[must_use]
    pub fn waits_until(&self) -> Option<Mono> {
        if let Link::Waiting(until, _) = self { Some(*until) } else { None }
    }

    /// Takes the flow away, and the ways that were not tried.
    pub fn take_up(&mut self) -> Option<(Flow, Vec<Candidate>)> {
        match std::mem::replace(self, Link::Off) {
            Link::Up(flow, rest) => Some((flow, rest)),
            other @ (Link::Off
            | Link::AwaitingPassword
            | Link::NeedsPassword
            | Link::Rejected
            | Link::Finding(_)
            | Link::Opening(..)
            | Link::Waiting(..)) => {
                *self = other;
                None
            }
        }
    }
}

impl Account {
    /// An account that has not begun to connect.
    #[must_use]
    pub fn new(record: Record, address: Address, contact_user: String) -> Account {
        Account {
            record,
            address,
            calls_refused: [None; 2],
            auth: None,
            realm_question: None,
            unkept: None,
            contact_user,
            link: Link::Off,
            registration: None,
            probe_first: false,
            registered: false,
            vouched: false,
            problem: None,
            servers: Vec::new(),
            last_flow: None,
            service_route: Vec::new(),
            failures: 0,
            refused: None,
            demo: false,
            watch: None,
            asking: crate::phone::devices_registered::Asking::default(),
        }
    }

    /// The same account, not connected, with the password that it has. What was refused stays so.
    #[must_use]
    pub fn anew(&self, contact_user: String) -> Account {
        let mut anew = Account::new(self.record.clone(), self.address.clone(), contact_user);
        if let Some(auth) = &self.auth {
            anew.set_password(auth.password());
        }
        anew.unkept.clone_from(&self.unkept);
        anew.problem.clone_from(&self.problem);
        anew.demo = self.demo;
        anew.link = match &self.link {
            still @ (Link::Off | Link::NeedsPassword | Link::Rejected) => still.clone(),
            Link::AwaitingPassword | Link::Finding(_) | Link::Opening(..) | Link::Up(..) | Link::Waiting(..) => {
                Link::AwaitingPassword
            }
        };
        anew
    }

    /// Its number.
    #[must_use]
    pub fn id(&self) -> AccountId {
        self.record.id
    }

    /// Takes the password.
    pub fn set_password(&mut self, password: &Secret<String>) {
        if self.auth.as_ref().is_none_or(|auth| auth.password() != password) {
            self.calls_refused = [None; 2];
        }
        if let Some(auth) = &mut self.auth {
            auth.set_password(password.clone());
        } else {
            let mut auth = Authenticator::new(self.login(), password.clone());
            for (realm, strength) in &self.record.strongest {
                auth.demand(realm, *strength);
            }
            self.auth = Some(auth);
        }
    }

    /// Whether its calls were refused for the password so often that one more would look like an attack: two in ten
    /// minutes, as for every other attempt (account-security 3.3). Only where no registrar vouches for the password:
    /// whoever is called could forge two refusals through the proxy and silence a line that is well.
    #[must_use]
    pub fn calls_would_look_like_an_attack(&self, now: Mono) -> bool {
        let [older, _] = self.calls_refused;
        self.record.draft.no_registration && older.is_some_and(|at| now.since(at) < REFUSED_CALLS)
    }

    /// A call was refused for the password.
    pub fn call_was_refused(&mut self, now: Mono) {
        let [_, last] = self.calls_refused;
        self.calls_refused = [last, Some(now)];
    }

    /// Whether the password that it registered with may be kept: one that the registrar did not ask for does not take
    /// the place of one that is kept.
    #[must_use]
    pub fn may_keep(&self) -> bool {
        let is_kept = matches!(self.record.password, PasswordPlace::Keyring | PasswordPlace::Passphrase);
        self.registered && (self.vouched || !is_kept)
    }

    /// Takes a password that was proven, and another that is tried once where that is refused.
    pub fn set_passwords(&mut self, current: &Secret<String>, alternate: Option<Secret<String>>) {
        self.set_password(current);
        if let Some(auth) = &mut self.auth {
            auth.set_passwords(current.clone(), alternate);
        }
    }

    /// Remembers how strongly its realms have asked, and demands as much from now on. True if that is news. A realm
    /// that has not asked since the program began loses nothing.
    pub fn remember_strength(&mut self) -> bool {
        let Some(auth) = &mut self.auth else { return false };
        let before = self.record.strongest.clone();
        for realm in &self.record.realms {
            let Some(seen) = auth.strongest(realm) else { continue };
            let strongest = self.record.strongest.entry(realm.clone()).or_insert(seen);
            *strongest = seen.and(*strongest);
            auth.demand(realm, *strongest);
        }
        self.record.strongest != before
    }

    /// The name for authentication.
    #[must_use]
    pub fn login(&self) -> &str {
        self.record.draft.login().unwrap_or(&self.address.user)
    }

    /// The flow, if there is one.
    #[must_use]
    pub fn flow(&self) -> Option<&Flow> {
        self.link.flow()
    }

    /// Whether calls can be placed.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.flow().is_some() && (self.registered || self.record.draft.no_registration)
    }

    /// The provider in words.
    #[must_use]
    pub fn provider(&self) -> String {
        if self.demo { "the demo provider".to_owned() } else { self.address.domain.clone() }
    }

    /// The state in one word.
    #[must_use]
    pub fn state(&self) -> AccountState {
        match &self.link {
            Link::Off => AccountState::Off,
            Link::AwaitingPassword | Link::Finding(_) | Link::Opening(..) => AccountState::Registering,
            Link::NeedsPassword => AccountState::NeedsPassword,
            Link::Rejected => AccountState::Rejected,
            Link::Waiting(_, at) => AccountState::Waiting(*at),
            Link::Up(..) if self.is_ready() => AccountState::Registered,
            Link::Up(..) => AccountState::Registering,
        }
    }

    /// What the screens draw.
    #[must_use]
    pub fn view(&self) -> AccountView {
        let draft = &self.record.draft;
        AccountView {
            id: self.record.id,
            name: draft.display_name.clone().unwrap_or_else(|| self.address.user.clone()),
            address: self.address.shown(),
            provider: self.provider(),
            state: self.state(),
            transport: self.flow().map(|flow| flow.transport),
            tls: self.flow().and_then(|flow| flow.tls.clone()),
            problem: self.problem.clone(),
            demo: self.demo,
            password: if self.demo { PasswordPlace::NotNeeded } else { self.record.password },
        }
    }
}

/// What to look for: the outbound proxy, else the server that was named, else the address's domain.
///
/// # Errors
/// If what was named is no host.
pub fn wanted(draft: &AccountDraft, address: &Address, transports: Vec<Transport>) -> Result<Wanted, Problem> {
    let place = place(draft, address)?;
    // Not by how many are tried now: later only the one is tried that was found.
    let exact = draft.transport.is_some() || address.secure;
    Ok(Wanted { host: place.host, port: place.port, transports, exact })
}

/// The name that a TLS certificate must be valid for: that of whatever the person named, for that is the SIP domain
/// that is asked for (RFC 5922 §4); never what DNS led to. An address that was typed for a named domain is the way
/// to that domain.
///
/// # Errors
/// If what was named is no host.
pub fn tls_name(draft: &AccountDraft, address: &Address) -> Result<String, Problem> {
    let place = place(draft, address)?;
    let host = if place.is_numeric() && !is_numeric(&address.domain) { address.domain.clone() } else { place.host };
    Ok(host.trim_start_matches('[').trim_end_matches(']').to_owned())
}

/// The next hop: the first server that was named, else the address's domain. All that were named must be hosts.
fn place(draft: &AccountDraft, address: &Address) -> Result<Place, Problem> {
    let bad = |typed| Problem::new(ProblemKind::BadAddress, typed);
    let named = draft.way().map(|typed| Place::parse(typed).ok_or_else(|| bad(typed)));
    let named = named.collect::<Result<Vec<Place>, Problem>>()?;
    Ok(named.into_iter().next().unwrap_or_else(|| address.place()))
}
