//! The probe against registrars of every kind.

use std::collections::BTreeMap;
use std::time::Duration;

use ringfence::base::{Entropy, Mono, Now, Secret};
use ringfence::phone::security::probe::{Outcome, Probe, Setup, Tools, authenticator};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::sip::digest::{Authenticator, Credentials, Door, Hash, Strength};
use ringfence::sip::endpoint::{Config, Endpoint, Output};
use ringfence::sip::{Message, Method, NameAddr, Uri};

const ASKS: (&str, &str) = ("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"");
const ASKS_AGAIN: (&str, &str) =
    ("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"");

struct Bench {
    now: Now,
    endpoint: Endpoint,
    dice: Entropy,
    probe: Probe,
    sent: Vec<Message>,
    outcome: Option<Outcome>,
}

fn flow() -> Flow {
    let (local, remote) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:5061".parse().unwrap());
    Flow { id: FlowId(1), transport: Transport::Tls, local, remote, account: None, tls: None }
}

fn setup() -> Setup {
    Setup {
        flow: flow(),
        registrar: Uri::parse("sip:example.org").unwrap(),
        aor: NameAddr::parse("<sip:anna@example.org>").unwrap(),
        routes: Vec::new(),
        realms: vec!["r".into()],
        contact: NameAddr::parse("<sip:rf-1@192.0.2.1:40000>").unwrap(),
        expires: 600,
    }
}

fn password() -> Authenticator {
    authenticator("anna", Secret::from("right?"), &BTreeMap::new())
}

impl Bench {
    fn new(setup: Setup, auth: Authenticator) -> Bench {
        let now = Now { mono: Mono::from_millis(1_000_000), ..Now::default() };
        let (mut endpoint, mut dice) =
            (Endpoint::new(Config::new(""), Entropy::from_number(1)), Entropy::from_number(2));
        let probe = Probe::start(&mut Tools { now, endpoint: &mut endpoint, dice: &mut dice }, setup, auth);
        let mut bench = Bench { now, endpoint, dice, probe, sent: Vec::new(), outcome: None };
        bench.drain();
        bench
    }

    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Send { bytes, .. } => self.sent.push(Message::parse(&bytes).unwrap()),
                Output::OpenStream { .. } => panic!("too large"),
                Output::Event(event) => {
                    let mut tools = Tools { now: self.now, endpoint: &mut self.endpoint, dice: &mut self.dice };
                    if let Some(outcome) = self.probe.on_happening(&mut tools, &event) {
                        assert_eq!(self.outcome.replace(outcome), None, "one outcome");
                    }
                }
            }
        }
    }

    fn reply(&mut self, status: u16, headers: &[(&str, &str)]) -> &mut Bench {
        let mut response = Message::response_to(self.sent.last().unwrap(), status, "", Some("s"));
        for (name, value) in headers {
            response.headers.push(name, *value);
        }
        self.endpoint.receive(self.now, &flow(), &response.to_bytes());
        self.drain();
        self
    }

    fn credentials(&self) -> usize {
        self.sent.iter().flat_map(|message| message.auth(Door::Server.answers())).count()
    }
}

fn inconclusive(outcome: Option<&Outcome>) -> bool {
    matches!(outcome, Some(Outcome::Inconclusive { .. }))
}

#[test]
fn it_binds_nothing_and_tells_who_is_registered() {
    let mut bench = Bench::new(setup(), password());
    bench.reply(401, &[ASKS]);
    bench.reply(200, &[("Contact", "<sip:rf-1@192.0.2.1:40000>;expires=500, <sip:desk@192.168.1.20>;expires=60")]);
    let Some(Outcome::Accepts { bindings, .. }) = &bench.outcome else { panic!("{:?}", bench.outcome) };
    assert_eq!(bindings.len(), 2);
    assert_eq!(bench.sent.len(), 2);
    for message in &bench.sent {
        assert_eq!(message.method(), Some(&Method::Register));
        assert_eq!(message.headers.get("Contact"), None);
        assert_eq!(message.headers.get("Expires"), None);
    }
    let ids: Vec<_> = bench.sent.iter().map(|message| message.headers.get("Call-ID").map(str::to_owned)).collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_second_challenge_is_a_refusal_unless_the_nonce_aged() {
    let mut bench = Bench::new(setup(), password());
    bench.reply(401, &[ASKS]).reply(401, &[ASKS_AGAIN]);
    assert_eq!(bench.outcome, Some(Outcome::Rejects));
    assert_eq!(bench.credentials(), 1);

    let stale = ("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\", stale=true");
    let mut bench = Bench::new(setup(), password());
    bench.reply(401, &[ASKS]).reply(401, &[stale]);
    assert_eq!(bench.outcome, None);
    let nonce = |message: &Message| Credentials::from_auth(&message.auth(Door::Server.answers())[0]).unwrap().nonce;
    assert_eq!(nonce(bench.sent.last().unwrap()), "n2");
    bench.reply(200, &[]);
    assert!(matches!(bench.outcome, Some(Outcome::Accepts { .. })));
}

#[test]
fn a_server_that_asks_nobody_proves_nothing() {
    let mut bench = Bench::new(setup(), password());
    bench.reply(200, &[]);
    assert!(inconclusive(bench.outcome.as_ref()), "{:?}", bench.outcome);
}

#[test]
fn registrars_that_take_no_register_without_a_contact_get_a_refresh_of_ours() {
    for status in [400, 405, 501] {
        let mut bench = Bench::new(setup(), password());
        bench.reply(status, &[]);
        assert_eq!(bench.outcome, None, "{status}");
        let again = bench.sent.last().unwrap();
        assert_eq!(again.contacts()[0].uri.to_string(), "sip:rf-1@192.0.2.1:40000");
        assert_eq!(again.expires(), Some(600));
        bench.reply(401, &[ASKS]).reply(200, &[("Contact", "<sip:rf-1@192.0.2.1:40000>;expires=500")]);
        assert!(matches!(&bench.outcome, Some(Outcome::Accepts { bindings, .. }) if bindings.len() == 1));
        // Asked after the challenge, as FreeSWITCH may do.
        let mut bench = Bench::new(setup(), password());
        bench.reply(401, &[ASKS]).reply(status, &[]).reply(401, &[ASKS_AGAIN]).reply(401, &[ASKS]);
        assert_eq!(bench.outcome, Some(Outcome::Rejects), "{status}");
        // It refuses that, too.
        let mut bench = Bench::new(setup(), password());
        bench.reply(status, &[]).reply(status, &[]);
        assert!(inconclusive(bench.outcome.as_ref()), "{status}");
    }
}

#[test]
fn a_refusal_is_told_from_a_bar_and_from_trouble() {
    let after = |status: u16, headers: &[(&str, &str)]| {
        let mut bench = Bench::new(setup(), password());
        bench.reply(401, &[ASKS]).reply(status, headers);
        bench.outcome.clone()
    };
    assert_eq!(after(403, &[]), Some(Outcome::Rejects));
    let minute = Some(Duration::from_secs(60));
    assert_eq!(after(403, &[("Retry-After", "60")]), Some(Outcome::Blocked { retry_after: minute }));
    assert_eq!(after(429, &[("Retry-After", "60")]), Some(Outcome::Blocked { retry_after: minute }));
    assert_eq!(after(429, &[]), Some(Outcome::Blocked { retry_after: None }));
    for status in [404, 408, 480, 500, 503, 600] {
        assert!(inconclusive(after(status, &[]).as_ref()), "{status}");
    }
    let Some(Outcome::Inconclusive { retry_after, .. }) = after(503, &[("Retry-After", "60")]) else { panic!() };
    assert_eq!(retry_after, minute);
    // Barred before anybody asked for a password: that says nothing about the password.
    let mut bench = Bench::new(setup(), password());
    bench.reply(403, &[]);
    assert_eq!(bench.outcome, Some(Outcome::Blocked { retry_after: None }));
}

#[test]
fn only_the_pinned_realm_is_answered_and_nothing_weaker_than_before() {
    let foreign = ("WWW-Authenticate", "Digest realm=\"other\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"");
    let mut bench = Bench::new(setup(), password());
    bench.reply(401, &[foreign]);
    assert!(inconclusive(bench.outcome.as_ref()));
    assert_eq!(bench.credentials(), 0);

    let mut bench = Bench::new(Setup { realms: Vec::new(), ..setup() }, password());
    bench.reply(401, &[ASKS]);
    assert!(inconclusive(bench.outcome.as_ref()), "without a pinned realm nobody is answered");
    assert_eq!(bench.credentials(), 0);

    let strongest = BTreeMap::from([("r".to_owned(), Strength { hash: Hash::Sha256, qop: true })]);
    let mut bench = Bench::new(setup(), authenticator("anna", Secret::from("right?"), &strongest));
    bench.reply(401, &[("WWW-Authenticate", "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"")]);
    assert!(inconclusive(bench.outcome.as_ref()));
    assert_eq!(bench.credentials(), 0);
}
