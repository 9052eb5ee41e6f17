//! One registration on a virtual clock, and a registrar that answers as each test says.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Mono, Now, Secret};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::registration::{Change, Granted, Registration, Setup};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::sip::digest::Authenticator;
use ringfence::sip::endpoint::{Config, Endpoint, Output};
use ringfence::sip::invite::{Auth, Tools};
use ringfence::sip::{Message, Method, NameAddr, SipUri, Uri};

/// One registration, and the world around it.
pub(super) struct Bench {
    pub(super) now: Now,
    pub(super) endpoint: Endpoint,
    pub(super) entropy: Entropy,
    pub(super) authenticator: Option<Authenticator>,
    pub(super) realms: Vec<String>,
    pub(super) registration: Registration,
    /// The address from which the registrar sees our requests come; none: it does not say (RFC 3581 is unknown to it).
    pub(super) seen_as: Option<SocketAddr>,
    /// REGISTER requests.
    pub(super) sent: Vec<(u64, Message)>,
    /// OPTIONS requests: the keep-alive behind a router.
    pub(super) questions: Vec<(u64, Message)>,
    pub(super) changes: Vec<(u64, Change)>,
}

pub(super) const LOCAL: &str = "192.168.1.20:40000";
pub(super) const DIGEST: &str = "Digest realm=\"example.org\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"";

pub(super) fn flow(id: u64, transport: Transport) -> Flow {
    let (local, remote) = (LOCAL.parse().unwrap(), "198.51.100.1:5060".parse().unwrap());
    Flow { id: FlowId(id), transport, local, remote, account: None, tls: None }
}

pub(super) fn contact() -> SipUri {
    SipUri::at(Some("rf-1"), LOCAL.parse().unwrap())
}

impl Bench {
    pub(super) fn new(transport: Transport) -> Bench {
        Bench::on(flow(1, transport))
    }

    /// On this flow.
    pub(super) fn on(flow: Flow) -> Bench {
        let mut entropy = Entropy::from_number(3);
        let local = flow.local;
        let setup = Setup {
            flow,
            registrar: Uri::parse("sip:example.org").unwrap(),
            aor: NameAddr::parse("<sip:anna@example.org>").unwrap(),
            contact: SipUri::at(Some("rf-1"), local),
            routes: Vec::new(),
            expires: 600,
            instance: Some("urn:uuid:00000000-0000-4000-8000-000000000001".into()),
            about: "example.org".into(),
        };
        Bench {
            now: Now { mono: Mono::from_millis(1_000_000), ..Now::default() },
            endpoint: Endpoint::new(Config::new(""), Entropy::from_number(1)),
            authenticator: Some(Authenticator::new("anna", Secret::from("password"))),
            realms: Vec::new(),
            registration: Registration::new(setup, &mut entropy),
            entropy,
            seen_as: Some(local),
            sent: Vec::new(),
            questions: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Registered, after one challenge.
    pub(super) fn registered(transport: Transport) -> Bench {
        let mut bench = Bench::new(transport);
        bench.act(Registration::register);
        bench.reply(401, &[("WWW-Authenticate", DIGEST)]);
        bench.grant(600);
        assert!(matches!(bench.last_change(), Change::Registered(_)));
        bench
    }

    pub(super) fn millis(&self) -> u64 {
        self.now.mono.as_micros() / 1000 - 1_000_000
    }

    pub(super) fn act<R>(&mut self, act: impl FnOnce(&mut Registration, &mut Tools<'_>) -> R) -> R {
        let realms = &self.realms;
        let auth = self.authenticator.as_mut().map(|authenticator| Auth { authenticator, realms });
        let (now, endpoint, entropy) = (self.now, &mut self.endpoint, &mut self.entropy);
        let result = act(&mut self.registration, &mut Tools { now, endpoint, entropy, auth });
        self.drain();
        result
    }

    pub(super) fn drain(&mut self) {
        let at = self.millis();
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Send { bytes, .. } => {
                    let message = Message::parse(&bytes).expect("ours");
                    let question = message.method() == Some(&Method::Options);
                    if question { &mut self.questions } else { &mut self.sent }.push((at, message));
                }
                Output::OpenStream { client, .. } => self.endpoint.stream_refused(self.now, client),
                Output::Event(event) => self.act(|registration, tools| registration.on_happening(tools, &event)),
            }
        }
        while let Some(change) = self.registration.poll() {
            self.changes.push((at, change));
        }
    }

    pub(super) fn last(&self) -> &Message {
        &self.sent.last().expect("something was sent").1
    }

    pub(super) fn last_change(&self) -> &Change {
        &self.changes.last().expect("something changed").1
    }

    /// The registrar answers the last REGISTER.
    pub(super) fn reply(&mut self, status: u16, headers: &[(&str, &str)]) {
        self.answer(self.last().clone(), status, headers);
    }

    /// The server answers the last question.
    pub(super) fn answer_question(&mut self, status: u16) {
        let (_, question) = self.questions.last().expect("a question").clone();
        self.answer(question, status, &[]);
    }

    fn answer(&mut self, mut request: Message, status: u16, headers: &[(&str, &str)]) {
        if let Some(seen) = self.seen_as {
            request.stamp_received(seen);
        }
        let mut response = Message::response_to(&request, status, "", Some("registrar"));
        for (name, value) in headers {
            response.headers.push(name, *value);
        }
        let flow = self.registration.flow().clone();
        self.endpoint.receive(self.now, &flow, &response.to_bytes());
        self.drain();
    }

    /// The registrar accepts, for this many seconds, every Contact that is not removed.
    pub(super) fn grant(&mut self, expires: u32) {
        let mut contacts = Vec::new();
        for contact in self.last().contacts() {
            if contact.params.get("expires").as_deref() != Some("0") {
                contacts.push(contact.with_param("expires", Some(&expires.to_string())).to_string());
            }
        }
        let contacts = contacts.join(", ");
        self.reply(200, &[("Contact", &contacts)]);
    }

    pub(super) fn wait(&mut self, duration: Duration) {
        let end = self.now.later(duration);
        loop {
            let next = [self.endpoint.next_timeout(), self.registration.next_timeout()].into_iter().flatten().min();
            let Some((at, _)) = next.filter(|(at, _)| *at <= end.mono) else { break };
            self.now = self.now.later(at.since(self.now.mono));
            self.endpoint.handle_timeout(self.now);
            self.drain();
            self.act(Registration::handle_timeout);
        }
        self.now = self.now.later(end.mono.since(self.now.mono));
    }

    pub(super) fn requests(&self) -> usize {
        self.sent.len()
    }

    pub(super) fn granted(&self) -> &Granted {
        let Change::Registered(granted) = self.last_change() else { panic!("not registered: {:?}", self.changes) };
        granted
    }

    pub(super) fn contacts(&self) -> Vec<(String, String)> {
        let one = |contact: NameAddr| (contact.uri.to_string(), contact.params.get("expires").unwrap_or_default());
        self.last().contacts().into_iter().map(one).collect()
    }

    pub(super) fn credentials(&self) -> usize {
        self.last().headers.iter().filter(|header| header.is_secret()).count()
    }

    /// The problem of the last change.
    pub(super) fn problem(&self) -> (ProblemKind, Option<u16>) {
        let (Change::Refused(problem) | Change::NextServer(problem) | Change::Waiting(_, problem)) = self.last_change()
        else {
            panic!("no problem: {:?}", self.changes)
        };
        (problem.kind, problem.status)
    }
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
