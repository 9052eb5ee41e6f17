//! A provider that signs, a web that may be anybody's, and one look-out that sees both.

use std::collections::BTreeMap;
use std::time::Duration;

use minisign::KeyPair;
use ringfence::base::{Entropy, Now, WallTime};
use ringfence::phone::notice::pin::Trust;
use ringfence::phone::notice::{Do, Kept, Lookout, Told, Why};
use ringfence::phone::view::{NoticeSource, NoticeView};
use ringfence::port::http::{Answer, HttpError, Method, Outcome, Request};
use ringfence::port::net::NetError;
use ringfence::provider_api::{Signed, SignedList, Stamp};
use serde_json::{Value, json};

pub(crate) const DOMAIN: &str = "voip.example";
/// Who reads.
pub(crate) const READER: &str = "anna@voip.example";
pub(crate) const ISSUER: &str = "https://account.voip.example";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// 22 November 2026, noon.
pub(crate) const NOON: WallTime = WallTime(1_795_348_800_000);

pub(crate) fn key() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().expect("a key")
}

pub(crate) fn public(key: &KeyPair) -> String {
    key.pk.to_base64()
}

/// The text of a `.minisig` file over `bytes`.
pub(crate) fn sign(key: &KeyPair, bytes: &[u8]) -> String {
    minisign::sign(None, &key.sk, bytes, Some("seq"), Some("signature")).expect("a signature").to_string()
}

pub(crate) fn at(after: Duration) -> String {
    let millis = i64::try_from(after.as_millis()).expect("not for ever");
    Stamp(WallTime(NOON.0 + millis)).to_string()
}

/// A provider as it means to be.
pub(crate) struct Provider {
    pub(crate) roots: BTreeMap<String, KeyPair>,
    pub(crate) notices: KeyPair,
    pub(crate) version: u32,
    pub(crate) threshold: u8,
    pub(crate) issuer: String,
    pub(crate) realm: String,
    /// Members of discovery that are other than usual.
    pub(crate) discovery: Value,
    /// Members of the root that are other than usual.
    pub(crate) root: Value,
}

impl Provider {
    pub(crate) fn new() -> Provider {
        Provider {
            roots: [("k1".to_owned(), key())].into(),
            notices: key(),
            version: 1,
            threshold: 1,
            issuer: ISSUER.into(),
            realm: DOMAIN.into(),
            discovery: json!({}),
            root: json!({}),
        }
    }

    /// The root as it is now, signed with all its keys and with those of `before`.
    pub(crate) fn signed_root(&self, before: &BTreeMap<String, KeyPair>) -> Signed {
        let keys: BTreeMap<&String, String> = self.roots.iter().map(|(id, key)| (id, public(key))).collect();
        let mut root = json!({
            "sasa": "1", "version": self.version, "issuer": self.issuer, "sip_domains": [DOMAIN],
            "realm": self.realm, "threshold": self.threshold, "keys": keys,
            "notices": { "n1": { "key": public(&self.notices), "expires": at(300 * DAY) } },
            "expires": at(400 * DAY), "numbers": { "fraud": "+44 20 7946 0999" }, "emergency_numbers": ["18000"],
        });
        merge(&mut root, &self.root);
        let bytes = serde_json::to_vec(&root).expect("JSON");
        let signers = before.iter().chain(&self.roots);
        Signed::wrap(&bytes, signers.map(|(id, key)| (id.clone(), sign(key, &bytes))).collect())
    }

    pub(crate) fn discovery(&self) -> Vec<u8> {
        self.discovery_with(&self.signed_root(&BTreeMap::new()))
    }

    pub(crate) fn discovery_with(&self, root: &Signed) -> Vec<u8> {
        let mut doc = json!({
            "sasa": "1", "issuer": self.issuer, "sip_domains": [DOMAIN], "realm": self.realm, "digest": ["SHA-256"],
            "endpoints": { "notices": "/sasa/notices.json", "roots": "/sasa/roots", "changes": "/sasa/changes" },
            "links": { "portal": "https://voip.example/login" }, "root": root, "poll_s": 900,
        });
        merge(&mut doc, &self.discovery);
        serde_json::to_vec(&doc).expect("JSON")
    }
}

pub(crate) fn merge(into: &mut Value, other: &Value) {
    for (name, value) in other.as_object().into_iter().flatten() {
        into[name] = value.clone();
    }
}

/// A list with this number, published at noon, good for six days.
pub(crate) fn index(seq: u64, notices: Vec<Value>) -> Value {
    json!({
        "sasa_notices": "1", "issuer": ISSUER, "seq": seq, "issued": at(Duration::ZERO), "expires": at(6 * DAY),
        "notices": notices,
    })
}

/// The same for one account alone.
pub(crate) fn own_index(seq: u64, notices: Vec<Value>) -> Value {
    with(index(seq, notices), json!({ "account": READER }))
}

/// The notice of the breach day, which requires a new password within three days.
pub(crate) fn notice(id: &str) -> Value {
    json!({
        "id": id, "revision": 1, "msgType": "Alert", "sent": at(Duration::ZERO), "expires": at(5 * DAY),
        "severity": "Severe", "urgency": "Immediate", "certainty": "Likely", "audience": { "all": true },
        "actions": ["change_sip_password", "change_portal_password", "review_sessions"],
        "enforcement": { "level": "require", "deadline": at(3 * DAY) },
        "facts": { "confirmed": false, "credentials_exposed": "unknown", "data": ["name", "sip_credentials"] },
        "plan": [{ "n": 1, "text": { "en": "Bar calls abroad" }, "status": "done" },
                 { "n": 2, "text": { "en": "Change all passwords" }, "status": "planned" }],
        "text": { "en": { "title": "Please change your password", "body": "We saw attempts." } },
    })
}

pub(crate) fn with(mut value: Value, other: Value) -> Value {
    merge(&mut value, &other);
    value
}

/// What the network answers, by URL: the provider's own words or a stranger's.
#[derive(Default)]
pub(crate) struct Web {
    pub(crate) pages: BTreeMap<String, Outcome>,
    /// The `Date` of every answer; the machine's own clock if there is none.
    pub(crate) date: Option<WallTime>,
    pub(crate) asked: Vec<Request>,
}

pub(crate) fn answer(status: u16, body: &[u8], etag: Option<&str>) -> Outcome {
    let body = ringfence::base::Secret::new(body.to_vec());
    Outcome::Answer(Answer { status, body, etag: etag.map(str::to_owned), ..Answer::default() })
}

impl Web {
    pub(crate) fn put(&mut self, url: impl Into<String>, outcome: Outcome) {
        self.pages.insert(url.into(), outcome);
    }

    pub(crate) fn discovery(&mut self, bytes: &[u8]) {
        let etag = format!("\"{}\"", ringfence::provider_api::read_back_code(bytes));
        self.put(format!("https://{DOMAIN}/.well-known/sip-account-security"), answer(200, bytes, Some(&etag)));
    }

    /// Publishes exactly these bytes with exactly this signature.
    pub(crate) fn notices(&mut self, bytes: &[u8], signature: &str, etag: &str) {
        self.put(format!("{ISSUER}/sasa/notices.json"), answer(200, bytes, Some(etag)));
        self.put(format!("{ISSUER}/sasa/notices.json.minisig"), answer(200, signature.as_bytes(), None));
    }

    /// Publishes a list as the provider does.
    pub(crate) fn publish(&mut self, provider: &Provider, list: &Value) -> Vec<u8> {
        let bytes = serde_json::to_vec(list).expect("JSON");
        self.notices(&bytes, &sign(&provider.notices, &bytes), &format!("\"{}\"", list["seq"]));
        bytes
    }

    /// Gives this list out to the reader, as the provider does.
    pub(crate) fn publish_own(&mut self, provider: &Provider, list: &Value) {
        let bytes = serde_json::to_vec(list).expect("JSON");
        self.give_out(&bytes, &sign(&provider.notices, &bytes), &format!("\"own {}\"", list["seq"]));
    }

    /// Gives out exactly these bytes with exactly this signature.
    pub(crate) fn give_out(&mut self, bytes: &[u8], signature: &str, etag: &str) {
        let list = SignedList::wrap(bytes, signature.to_owned());
        self.put(
            format!("{ISSUER}/sasa/notices/me"),
            answer(200, &serde_json::to_vec(&list).expect("JSON"), Some(etag)),
        );
    }

    /// What comes back; a matching `If-None-Match` gets 304.
    fn respond(&mut self, now: Now, request: &Request) -> Outcome {
        self.asked.push(request.clone());
        assert_eq!(
            (request.method, request.body.is_none(), request.authorization.is_none()),
            (Method::Get, true, true)
        );
        let nobody = Outcome::Failed(HttpError::NotSent(NetError::Refused));
        let mut outcome = self.pages.get(&format!("{}{}", request.origin, request.path)).cloned().unwrap_or(nobody);
        if let Outcome::Answer(answer) = &mut outcome {
            answer.date = Some(Stamp(self.date.unwrap_or(now.wall)));
            let wanted = request.headers.iter().find(|(name, _)| *name == "If-None-Match").map(|(_, value)| value);
            if wanted.is_some() && wanted == answer.etag.as_ref() {
                *answer = Answer { status: 304, date: answer.date, ..Answer::default() };
            } else if answer.body.expose("its length").len() > request.cap {
                // What io::http does with it.
                return Outcome::Failed(HttpError::TooLong(200));
            }
        }
        outcome
    }
}

/// What becomes of a request that must prove who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proof {
    /// It is proven.
    Good,
    /// The provider does not take the proof.
    Refused,
    /// Nobody can prove it now.
    Impossible,
}

/// One look-out and everything around it.
pub(crate) struct Rig {
    pub(crate) lookout: Lookout,
    pub(crate) web: Web,
    pub(crate) provider: Provider,
    pub(crate) now: Now,
    pub(crate) told: Vec<Told>,
    pub(crate) saves: usize,
    pub(crate) proof: Proof,
    dice: Entropy,
}

impl Rig {
    /// With an honest provider that has published `notices` as its first list; nobody has looked yet.
    pub(crate) fn new(notices: Vec<Value>) -> Rig {
        Rig::with(Provider::new(), notices, Kept::default(), Trust::FirstUse)
    }

    pub(crate) fn with(provider: Provider, notices: Vec<Value>, kept: Kept, trust: Trust) -> Rig {
        let now = Now { wall: NOON, ..Now::default() };
        let mut dice = Entropy::from_number(42);
        let mut web = Web::default();
        web.discovery(&provider.discovery());
        web.publish(&provider, &index(1, notices));
        let lookout = Lookout::new(now, DOMAIN, trust, kept, &mut dice);
        let (told, saves, proof) = (Vec::new(), 0, Proof::Good);
        Rig { lookout, web, provider, now, told, saves, proof, dice }
    }

    /// With a provider that has lists for single accounts too, and has published these; nobody has looked yet.
    pub(crate) fn with_own(notices: Vec<Value>, own: Vec<Value>) -> Rig {
        let mut provider = Provider::new();
        provider.discovery = json!({ "endpoints": { "notices": "/sasa/notices.json", "roots": "/sasa/roots",
            "changes": "/sasa/changes", "notices_me": "/sasa/notices/me" } });
        let mut rig = Rig::with(provider, notices, Kept::default(), Trust::FirstUse);
        rig.lookout.reads_as(rig.now, READER);
        rig.web.publish_own(&rig.provider, &own_index(1, own));
        rig
    }

    /// A rig that has looked once and whose keys have come of age since; then `notices` are published as list 2.
    pub(crate) fn grown(notices: Vec<Value>) -> Rig {
        let mut rig = Rig::new(Vec::new());
        rig.look();
        rig.pass(8 * DAY);
        let now = rig.now.wall;
        let shift = |after: Duration| Stamp(WallTime(now.0 + i64::try_from(after.as_millis()).unwrap())).to_string();
        let list = with(index(2, notices), json!({ "issued": shift(Duration::ZERO), "expires": shift(6 * DAY) }));
        rig.web.publish(&rig.provider, &list);
        rig.look();
        rig
    }

    /// The person asks, and everything that follows happens.
    pub(crate) fn look(&mut self) {
        self.lookout.look(self.now, Why::Asked);
        self.settle();
    }

    pub(crate) fn settle(&mut self) {
        while let Some(wish) = self.lookout.poll() {
            match wish {
                Do::Ask(request) => {
                    let outcome = self.web.respond(self.now, &request);
                    self.lookout.on_outcome(self.now, outcome, &mut self.dice);
                }
                Do::AskOwn(request) => match self.proof {
                    Proof::Good => {
                        let outcome = self.web.respond(self.now, &request);
                        self.lookout.on_outcome(self.now, outcome, &mut self.dice);
                    }
                    Proof::Refused => self.lookout.own_refused(self.now),
                    Proof::Impossible => self.lookout.own_not_asked(self.now),
                },
                Do::Save => self.saves += 1,
                Do::Tell(told) => self.told.push(told),
                Do::Pinned => {}
            }
        }
    }

    /// Takes one request; what comes back gives the answer that it has now.
    pub(crate) fn answer_one(&mut self) -> impl FnOnce(&mut Rig) + use<> {
        let Some(Do::Ask(request)) = self.lookout.poll() else { panic!("nothing was asked") };
        let outcome = self.web.respond(self.now, &request);
        move |rig: &mut Rig| rig.lookout.on_outcome(rig.now, outcome, &mut rig.dice)
    }

    /// Lets time pass, timer by timer.
    pub(crate) fn pass(&mut self, by: Duration) {
        let end = self.now.mono + by;
        let mut turns = 0;
        while let Some(at) = self.lookout.next_timeout().filter(|at| *at <= end) {
            self.now = self.now.later(at.since(self.now.mono));
            self.lookout.on_timeout(self.now);
            self.settle();
            turns += 1;
            assert!(turns < 100_000, "timers spin");
        }
        self.now = self.now.later(end.since(self.now.mono));
    }

    /// Switched off and on again; nothing but what was kept survives, as the file has it.
    pub(crate) fn restart(&mut self) {
        let text = serde_json::to_string(self.lookout.kept()).expect("JSON");
        let kept = serde_json::from_str(&text).expect("what was written can be read");
        self.now.mono = ringfence::base::Mono::ZERO;
        self.lookout = Lookout::new(self.now, DOMAIN, Trust::FirstUse, kept, &mut self.dice);
    }

    pub(crate) fn views(&self) -> Vec<NoticeView> {
        self.lookout.views(self.now)
    }

    pub(crate) fn only(&self) -> NoticeView {
        let mut all = self.views();
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    pub(crate) fn source(&self) -> NoticeSource {
        self.lookout.source(self.now)
    }

    /// How often the list for this account alone was asked for.
    pub(crate) fn own_asked(&self) -> usize {
        self.web.asked.iter().filter(|request| request.path.as_str() == "/sasa/notices/me").count()
    }

    /// The origins that were asked for anything, in order.
    pub(crate) fn origins(&self) -> Vec<String> {
        let mut all: Vec<String> = self.web.asked.iter().map(|request| request.origin.to_string()).collect();
        all.dedup();
        all
    }
}
