//! One domain with one account. Who handles what: messages go through the endpoint, requests without a dialog are
//! authenticated here, calls are [`super::calls`]' business.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::calls::{self, Calls};
use super::people::{self, Act, Person};
use super::registrar::Registrar;
use super::script::Step;
use super::security::Hashes;
use crate::base::{CallId, Entropy, Mono, Now, Secret};
use crate::port::media::Session;
use crate::port::net::{Flow, FlowId, NetError};
use crate::sip::digest::{Algorithm, Door, Hash, Qop, Verdict, Verifier};
use crate::sip::endpoint::{Config, Endpoint, Happening, Output as Wire, ServerKey};
use crate::sip::invite::{Tools, capabilities, objection};
use crate::sip::{Message, Method};

/// For how long a nonce is taken.
const NONCE_LIFE: Duration = Duration::from_secs(600);

/// What a provider is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The SIP domain, and the realm of its registrar and proxy.
    pub domain: String,
    /// The realm of *Asks twice*.
    pub second_realm: String,
    /// The only account.
    pub user: String,
    /// Its password, in both realms, until [`Provider::password_changed`].
    pub password: Secret<String>,
}

/// What the driver is to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// Send a message on a flow.
    Send(FlowId, Vec<u8>),
    /// The media of a call.
    Leg(CallId, LegOrder),
}

/// What a call's media is to do.
#[derive(Clone, PartialEq, Debug)]
pub enum LegOrder {
    /// Bind sockets on this address; [`Provider::leg_opened`] answers.
    Open(IpAddr),
    /// The session, new or changed, and what is played in it (from the beginning if it is new).
    Session(Box<Session>, &'static [Step]),
    /// RTCP BYE, and close the sockets.
    Close,
}

/// The provider's state.
#[derive(Debug)]
pub struct Provider {
    settings: Settings,
    entropy: Entropy,
    endpoint: Endpoint,
    registrar: Registrar,
    /// What the account's password hashes to in the first realm, and in the second while that is known.
    hashes: [Hashes; 2],
    first: Verifier,
    second: Verifier,
    calls: Calls,
    out: VecDeque<Output>,
}

impl Provider {
    /// A provider with nobody registered.
    #[must_use]
    pub fn new(settings: Settings, mut entropy: Entropy) -> Provider {
        let mut config = Config::new("Ringfence demo provider");
        config.allow.push(Method::Register);
        config.supported = vec!["outbound", "path"];
        // Best first (RFC 8760 §2.4): whoever knows MD5 only takes the second.
        let algorithms = [Algorithm { hash: Hash::Sha256, sess: false }, Algorithm::MD5];
        let verifier =
            |realm: &str, dice: &mut Entropy| Verifier::new(realm, &algorithms, &[Qop::Auth], NONCE_LIFE, dice);
        let hashes = |realm: &str| Hashes::of(&settings.user, realm, &settings.password);
        Provider {
            hashes: [hashes(&settings.domain), hashes(&settings.second_realm)],
            first: verifier(&settings.domain, &mut entropy),
            second: verifier(&settings.second_realm, &mut entropy),
            endpoint: Endpoint::new(config, Entropy::from_seed(seed(&mut entropy))),
            registrar: Registrar::default(),
            calls: Calls::default(),
            out: VecDeque::new(),
            settings,
            entropy,
        }
    }

    /// One message of a flow, malformed ones too.
    pub fn message(&mut self, now: Now, flow: &Flow, bytes: &[u8]) {
        self.endpoint.receive(now, flow, bytes);
        self.drain(now);
    }

    /// A flow is gone.
    pub fn flow_closed(&mut self, now: Now, flow: FlowId) {
        self.endpoint.flow_failed(now, flow, &NetError::Closed);
        self.registrar.flow_closed(flow);
        self.drain(now);
        self.with_calls(now, |calls, desk| calls.flow_closed(desk, flow));
    }

    /// A call's sockets are bound (the RTP address), or could not be.
    pub fn leg_opened(&mut self, now: Now, call: CallId, addr: Option<SocketAddr>) {
        self.with_calls(now, |calls, desk| calls.leg_opened(desk, call, addr));
    }

    /// A call's script is at its end.
    pub fn leg_finished(&mut self, now: Now, call: CallId) {
        self.with_calls(now, |calls, desk| calls.leg_finished(desk, call));
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, now: Now) {
        self.endpoint.handle_timeout(now);
        self.drain(now);
        let newest = if self.calls.calls_back(now.mono) { self.registrar.newest(now.mono) } else { None };
        let domain = self.settings.domain.clone();
        self.with_calls(now, |calls, desk| calls.handle_timeout(desk, &domain, newest));
    }

    /// When [`Provider::handle_timeout`] is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        let endpoint = self.endpoint.next_timeout().map(|(at, _)| at);
        endpoint.into_iter().chain(self.calls.next_timeout()).min()
    }

    /// What is to be done next. Drain it after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// The password has changed: this is what it hashes to in the domain's realm. What it hashes to in the realm of
    /// *Asks twice* nobody knows any more, so that he asks once from now on.
    pub fn password_changed(&mut self, hashes: Hashes) {
        self.hashes = [hashes, Hashes::default()];
    }

    /// Ends all registrations but those of one `+sip.instance`; all, if it is empty.
    pub fn end_others(&mut self, keep: &str) {
        self.registrar.end_others(keep);
    }

    /// How many places the account is registered at.
    #[must_use]
    pub fn registered(&self) -> usize {
        self.registrar.len()
    }

    /// Lends the calls what they need, and takes care of what comes of it.
    fn with_calls(&mut self, now: Now, act: impl FnOnce(&mut Calls, &mut calls::Desk<'_>)) {
        let tools = Tools { now, endpoint: &mut self.endpoint, entropy: &mut self.entropy, auth: None };
        act(&mut self.calls, &mut calls::Desk { tools, out: &mut self.out });
        self.drain(now);
    }

    fn drain(&mut self, now: Now) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                Wire::Send { flow, bytes, .. } => self.out.push_back(Output::Send(flow, bytes)),
                // Nothing here is ever too large: all flows are streams.
                Wire::OpenStream { client, .. } => self.endpoint.stream_refused(now, client),
                Wire::Event(happening) => self.on_happening(now, *happening),
            }
        }
    }

    fn on_happening(&mut self, now: Now, happening: Happening) {
        if let Happening::Request { server, message, flow } = &happening
            && message.to_tag().is_none()
        {
            return self.on_new_request(now, *server, message, flow);
        }
        self.with_calls(now, |calls, desk| calls.on_happening(desk, happening));
    }

    fn on_new_request(&mut self, now: Now, server: ServerKey, request: &Message, flow: &Flow) {
        match request.method() {
            Some(Method::Register) => self.on_register(now, server, request, flow),
            Some(Method::Invite) => self.on_invite(now, server, request, flow),
            Some(Method::Options) => {
                let response = Message::response_to(request, 200, "", Some("options"));
                self.endpoint.respond(now, server, capabilities(response));
            }
            Some(_) | None => self.refuse(now, server, request, 481),
        }
    }

    fn on_register(&mut self, now: Now, server: ServerKey, request: &Message, flow: &Flow) {
        if !self.is_let_in(now, server, request, Door::Server, Realm::First) {
            return;
        }
        let response = self.registrar.register(now.mono, flow, request);
        self.endpoint.respond(now, server, response);
    }

    fn on_invite(&mut self, now: Now, server: ServerKey, request: &Message, flow: &Flow) {
        if let Some((status, headers)) = objection(request) {
            let mut response = Message::response_to(request, status, "", Some("people"));
            for (name, value) in headers {
                response.headers.push(name, value);
            }
            self.endpoint.respond(now, server, response);
            return;
        }
        if !self.is_let_in(now, server, request, Door::Proxy, Realm::First) {
            return;
        }
        let Some(person) = self.person(request) else { return self.refuse(now, server, request, 404) };
        match person.act {
            Act::Refuse(status) => self.refuse(now, server, request, status),
            Act::AskTwice(_)
                if self.asks_twice() && !self.is_let_in(now, server, request, Door::Server, Realm::Second) => {}
            Act::AskTwice(_) | Act::Talk(_) | Act::CallBack(..) | Act::Ring => {
                self.with_calls(now, |calls, desk| calls.incoming(desk, person, server, request, flow));
            }
        }
    }

    /// Whether what the password hashes to in the second realm is known.
    fn asks_twice(&self) -> bool {
        let [_, second] = &self.hashes;
        !second.is_empty()
    }

    /// Whom a request is for, if it is for our domain.
    fn person(&self, request: &Message) -> Option<&'static Person> {
        let uri = request.uri()?.sip()?;
        let ours = uri.host.to_string().eq_ignore_ascii_case(&self.settings.domain) || uri.host.ip().is_some();
        people::find(&uri.user_text()?).filter(|_| ours)
    }

    /// Whether a request carries good credentials; otherwise it has been challenged.
    fn is_let_in(&mut self, now: Now, server: ServerKey, request: &Message, door: Door, realm: Realm) -> bool {
        let [first, second] = &self.hashes;
        let (verifier, hashes) = match realm {
            Realm::First => (&mut self.first, first),
            Realm::Second => (&mut self.second, second),
        };
        let user = &self.settings.user;
        let verdict = verifier.verify_by(request, door, now.mono, |login, hash| {
            hashes.get(hash).filter(|_| login == user).cloned().into_iter().collect()
        });
        if let Verdict::Good(login) = &verdict {
            let from = request.from().and_then(|f| f.uri.sip().and_then(|uri| uri.user_text()));
            if from.as_ref() == Some(login) {
                return true;
            }
            self.refuse(now, server, request, 403);
            return false;
        }
        let status = match door {
            Door::Server => 401,
            Door::Proxy => 407,
        };
        let mut response = Message::response_to(request, status, "", Some("door"));
        verifier.challenge(&mut response, door, now.mono, verdict == Verdict::Stale, &mut self.entropy);
        self.endpoint.respond(now, server, response);
        false
    }

    fn refuse(&mut self, now: Now, server: ServerKey, request: &Message, status: u16) {
        let tag = self.entropy.tag();
        self.endpoint.respond(now, server, Message::response_to(request, status, "", Some(&tag)));
    }
}

/// Which protection space.
#[derive(Clone, Copy)]
enum Realm {
    /// The provider's.
    First,
    /// That of *Asks twice*.
    Second,
}

/// A seed for dice of their own.
fn seed(entropy: &mut Entropy) -> [u8; 32] {
    let mut seed = [0; 32];
    entropy.fill(&mut seed);
    seed
}
