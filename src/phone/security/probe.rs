//! Does the provider take this password? A REGISTER without Contact (RFC 3261 §10.2.3) changes nothing at the
//! registrar, wants a password as any other, and its 200 names all who are registered. One password per probe, tried
//! once; a nonce that aged under way is no refusal.
//!
//! Registrars that refuse such a request (FreeSWITCH: 400) get a refresh of our own Contact with that password.

use std::time::Duration;

use crate::base::{Entropy, Mono, Secret};
use crate::port::net::Flow;
use crate::sip::digest::{Attempts, Authenticator, Case, Door, Opened, Realms, Refusal, may_answer};
use crate::sip::endpoint::{ClientKey, Endpoint, Happening};
use crate::sip::{Message, Method, NameAddr, Uri};

/// Silence for so long says nothing about the password.
const PATIENCE: Duration = Duration::from_secs(8);
/// What a probe is to the rules about challenges: it goes to the account's own server, in no dialog.
const CASE: Case<'static> = Case { method: "REGISTER", opened: Opened::NoDialog, own_server: true };

/// Where and as whom to probe.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The account's own flow: pinned transport, pinned server.
    pub flow: Flow,
    /// Request-URI: `sip:domain`.
    pub registrar: Uri,
    /// From and To.
    pub aor: NameAddr,
    /// The outbound proxy, if there is one.
    pub routes: Vec<NameAddr>,
    /// The realms that may be answered: pinned at sign-in. With none nothing is answered.
    pub realms: Vec<String>,
    /// Our Contact and its lifetime in seconds, for registrars that take no REGISTER without one.
    pub contact: NameAddr,
    /// See [`Setup::contact`].
    pub expires: u32,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The password is right, and these are registered (our own Contact among them).
    Accepts {
        /// Everybody who is registered under the address.
        bindings: Vec<NameAddr>,
        /// The server's Date header, as it stands.
        date: Option<String>,
    },
    /// The password is wrong.
    Rejects,
    /// Nothing was learnt: silence, trouble at the server, nobody asked for a password.
    Inconclusive {
        /// The server's wish.
        retry_after: Option<Duration>,
        /// For the log.
        why: &'static str,
        /// Whether the password may have been looked at: an answer to a challenge was sent.
        tried: bool,
    },
    /// The server bars us for now, whatever the password.
    Blocked {
        /// The server's wish.
        retry_after: Option<Duration>,
    },
}

/// What a probe needs to act, lent for one call.
#[derive(Debug)]
pub struct Tools<'a> {
    /// What time it is.
    pub now: crate::base::Now,
    /// The transactions of this user agent.
    pub endpoint: &'a mut Endpoint,
    /// The dice.
    pub dice: &'a mut Entropy,
}

/// A probe under way.
#[derive(Debug)]
pub struct Probe {
    setup: Setup,
    auth: Authenticator,
    client: ClientKey,
    attempts: Attempts,
    call_id: String,
    tag: String,
    cseq: u32,
    with_contact: bool,
    until: Mono,
}

impl Probe {
    /// Asks. `auth` holds the one password that is tried, and what each realm has asked with before.
    pub fn start(tools: &mut Tools<'_>, setup: Setup, auth: Authenticator) -> Probe {
        let (call_id, tag) = (tools.dice.call_id(), tools.dice.tag());
        let until = tools.now.mono + PATIENCE;
        let first = build(&setup, &call_id, &tag, 1, false);
        let client = tools.endpoint.request(tools.now, &setup.flow, first);
        let (attempts, cseq, with_contact) = (Attempts::default(), 1, false);
        Probe { setup, auth, client, attempts, call_id, tag, cseq, with_contact, until }
    }

    /// Whether a request of the endpoint's is this probe's.
    #[must_use]
    pub fn owns_client(&self, client: ClientKey) -> bool {
        self.client == client
    }

    /// The flow that it speaks by.
    #[must_use]
    pub const fn flow(&self) -> &Flow {
        &self.setup.flow
    }

    /// When it is given up: call [`Probe::timed_out`] then.
    #[must_use]
    pub const fn until(&self) -> Mono {
        self.until
    }

    /// What silence comes to.
    #[must_use]
    pub fn timed_out(&self) -> Outcome {
        self.inconclusive(None, "no answer")
    }

    fn inconclusive(&self, retry_after: Option<Duration>, why: &'static str) -> Outcome {
        Outcome::Inconclusive { retry_after, why, tried: self.attempts.answered() }
    }

    /// Something happened to its request. `None`: it goes on.
    pub fn on_happening(&mut self, tools: &mut Tools<'_>, happening: &Happening) -> Option<Outcome> {
        match happening {
            Happening::Response { client, message, .. } if self.owns_client(*client) => {
                self.on_response(tools, message)
            }
            Happening::Failed { client, .. } if self.owns_client(*client) => Some(self.timed_out()),
            Happening::Response { .. }
            | Happening::Failed { .. }
            | Happening::Request { .. }
            | Happening::Ack { .. }
            | Happening::Cancelled { .. }
            | Happening::ServerFailed { .. } => None,
        }
    }

    fn on_response(&mut self, tools: &mut Tools<'_>, response: &Message) -> Option<Outcome> {
        let status = response.status().filter(|status| *status >= 200)?;
        let retry_after = response.retry_after();
        Some(match status {
            401 => return self.on_challenge(tools, response, Door::Server),
            407 => return self.on_challenge(tools, response, Door::Proxy),
            // A server that asks nobody would take any password.
            200..=299 if !self.attempts.answered() => self.inconclusive(retry_after, "nobody asked for a password"),
            200..=299 => Outcome::Accepts {
                bindings: response.contacts(),
                date: response.headers.get("Date").map(str::to_owned),
            },
            403 if retry_after.is_some() || !self.attempts.answered() => Outcome::Blocked { retry_after },
            403 => Outcome::Rejects,
            429 => Outcome::Blocked { retry_after },
            400 | 405 | 501 if !self.with_contact => {
                self.with_contact = true;
                self.attempts = Attempts::default();
                let again = self.next();
                self.client = tools.endpoint.request(tools.now, &self.setup.flow, again);
                return None;
            }
            _ => self.inconclusive(retry_after, "the server is in trouble"),
        })
    }

    fn on_challenge(&mut self, tools: &mut Tools<'_>, response: &Message, door: Door) -> Option<Outcome> {
        let mut again = self.next();
        let realms = Realms::Only(&self.setup.realms);
        let answered = if may_answer(CASE, door, &self.attempts) {
            self.auth.answer(&mut again, response, &mut self.attempts, realms, tools.dice)
        } else {
            Err(Refusal::Unsupported)
        };
        let why = match answered {
            Ok(()) => {
                self.client = tools.endpoint.request(tools.now, &self.setup.flow, again);
                return None;
            }
            Err(Refusal::Rejected(_)) => return Some(Outcome::Rejects),
            Err(Refusal::ForeignRealm(_)) => "another realm asked",
            Err(Refusal::Weaker(_)) => "weaker authentication was asked for",
            Err(Refusal::Unsupported | Refusal::NoChallenge | Refusal::TooOften) => "no challenge that can be answered",
        };
        Some(self.inconclusive(None, why))
    }

    fn next(&mut self) -> Message {
        self.cseq += 1;
        build(&self.setup, &self.call_id, &self.tag, self.cseq, self.with_contact)
    }
}

/// An authenticator for one password that is tried once. Nothing weaker is answered than `strongest` says.
#[must_use]
pub fn authenticator(
    login: &str,
    password: Secret<String>,
    strongest: &std::collections::BTreeMap<String, crate::sip::digest::Strength>,
) -> Authenticator {
    let mut auth = Authenticator::new(login, password);
    for (realm, strength) in strongest {
        auth.demand(realm, *strength);
    }
    auth
}

fn build(setup: &Setup, call_id: &str, tag: &str, cseq: u32, with_contact: bool) -> Message {
    let mut request = Message::request(Method::Register, setup.registrar.clone());
    for route in &setup.routes {
        request.headers.push("Route", route.to_string());
    }
    request.headers.push("From", setup.aor.clone().with_tag(tag).to_string());
    request.headers.push("To", setup.aor.to_string());
    request.headers.push("Call-ID", call_id);
    request.headers.push("CSeq", format!("{cseq} REGISTER"));
    if with_contact {
        request.headers.push("Contact", setup.contact.to_string());
        request.headers.push("Expires", setup.expires.to_string());
        request.headers.push("Supported", "path");
    }
    request
}
