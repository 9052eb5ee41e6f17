//! The provider's side in virtual time: who may change what, and what becomes of requests that come twice, late, or
//! after their fence.

use std::net::IpAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Now, Secret, WallTime};
use ringfence::provider::security::memory::Memory;
use ringfence::provider::security::policy::{Exposed, PasswordAlone};
use ringfence::provider::security::{Desk, End, Hashes, Reply, Request, Route, Settings, change};
use ringfence::provider_api::changes::{ChangeReply, ChangeState, Terminate, Whose};
use ringfence::provider_api::devices::{Device, DeviceState, Enrolment};
use ringfence::provider_api::ed25519::{DeviceKey, Signed};
use ringfence::provider_api::policy::{Policy, etag};
use ringfence::provider_api::secret::Ha1Algorithm;
use ringfence::provider_api::{ChangeRequest, Credential, Problem, Stamp, TxId, Urn};
use ringfence::sip::digest::{Asked, Challenge, Credentials, Hash, Qop, Verdict, Verifier, algorithm::Terms};
use ringfence::sip::header::Auth;
use serde_json::json;

const REALM: &str = "voip.example";
const CHANGES: &str = "/sasa/changes";

fn settings() -> Settings {
    Settings {
        domain: REALM.into(),
        realm: REALM.into(),
        kept: vec![Hash::Sha256, Hash::Md5],
        rules: "minlength: 12; maxlength: 64; allowed: ascii-printable".into(),
        not_after_max: Duration::from_secs(600),
        exposed: Exposed::No,
        password_alone: PasswordAlone::After(Duration::ZERO),
        cooling_off: Duration::from_secs(24 * 3600),
        confirm_devices: false,
        ends_registrations: true,
        changes_per_second: 100.0,
    }
}

/// A provider and its clock.
struct Site {
    desk: Desk,
    memory: Memory,
    now: Now,
    dice: Entropy,
    ended: Vec<End>,
}

/// What a phone sends, before credentials.
#[derive(Clone)]
struct Ask {
    method: &'static str,
    path: String,
    tx: Option<String>,
    generation: Option<u64>,
    body: Vec<u8>,
}

/// Who sends it.
#[derive(Clone)]
struct Phone {
    password: &'static str,
    device: Option<(String, DeviceKey)>,
    from: IpAddr,
}

fn phone(password: &'static str) -> Phone {
    Phone { password, device: None, from: IpAddr::from([192, 0, 2, 1]) }
}

fn get(path: &str) -> Ask {
    Ask { method: "GET", path: path.into(), tx: None, generation: None, body: Vec::new() }
}

fn tx(number: u32) -> TxId {
    TxId::parse(&format!("01JD8ZK5T4M9Q2W7E6R3{number:06}")).unwrap()
}

impl Site {
    fn new(settings: Settings) -> Site {
        let mut memory = Memory::default();
        memory.open("anna", Hashes::of("anna", REALM, &Secret::from("old")).only(&settings.kept));
        let now = Now { wall: WallTime(1_795_356_600_000), ..Now::default() }.later(Duration::from_secs(5));
        let desk = Desk::new(settings, now.mono, Entropy::from_number(1));
        Site { desk, memory, now, dice: Entropy::from_number(2), ended: Vec::new() }
    }

    fn later(&mut self, seconds: u64) {
        self.now = self.now.later(Duration::from_secs(seconds));
    }

    /// One request with these credentials, as the driver does it.
    fn send(&mut self, phone: &Phone, ask: &Ask, authorization: Option<&str>, signature: Option<&str>) -> Reply {
        let (etag, device) = (ask.generation.map(etag), phone.device.as_ref().map(|(id, _)| id.clone()));
        let request = Request {
            method: ask.method,
            path: &ask.path,
            authorization,
            idempotency_key: ask.tx.as_deref(),
            if_match: etag.as_deref(),
            device: device.as_deref().filter(|_| signature.is_some()),
            signature,
            body: &ask.body,
            from: phone.from,
        };
        let route = match Route::parse(&request) {
            Ok(route) => route,
            Err(reply) => return reply,
        };
        let facts = Desk::login(&request).and_then(|login| self.memory.facts(&login, route.tx()));
        let proof = match self.desk.admit(self.now, &request, &route, facts.as_ref()) {
            Ok(proof) => proof,
            Err(reply) => return reply,
        };
        let facts = facts.expect("admitted means known");
        let decision = self.desk.decide(self.now, &request, &route, &proof, &facts, Vec::new());
        self.memory.apply(self.now.wall, &facts.account.user, &decision);
        self.ended.extend(decision.end);
        decision.reply
    }

    /// One request with whatever it takes to be let in.
    fn ask(&mut self, phone: &Phone, ask: &Ask) -> Reply {
        let challenged = self.send(phone, ask, None, None);
        let Some(challenge) = challenge(&challenged) else { return challenged };
        let answer = answer(&challenge, "anna", phone.password, ask, &mut self.dice);
        let generation = ask.generation.map(|number| number.to_string()).unwrap_or_default();
        let signature = phone.device.as_ref().map(|(_, key)| {
            key.sign(&Signed {
                method: ask.method,
                path: &ask.path,
                body: &ask.body,
                tx: ask.tx.as_deref().unwrap_or_default(),
                generation: &generation,
                nonce: &challenge.nonce,
            })
            .unwrap()
        });
        self.send(phone, ask, Some(&answer), signature.as_deref())
    }

    fn change(&self, number: u32, new: &str, generation: u64) -> Ask {
        let kept = [Ha1Algorithm::Md5, Ha1Algorithm::Sha256];
        let request = ChangeRequest {
            tx: tx(number),
            target: Default::default(),
            generation: Default::default(),
            not_after: Stamp(self.now.later(Duration::from_secs(300)).wall),
            secret: Some(Credential::ha1("anna", REALM, &Secret::from(new), &kept)),
            terminate: Terminate::default(),
            reason: None,
        };
        post(&request, generation)
    }

    /// Whether this password is the account's.
    fn takes(&mut self, password: &'static str) -> bool {
        self.ask(&phone(password), &get("/sasa/policy")).status == 200
    }

    fn state(&mut self, password: &'static str, number: u32) -> ChangeState {
        let reply = self.ask(&phone(password), &get(&format!("{CHANGES}/{}", tx(number))));
        assert_eq!(reply.status, 200, "{reply:?}");
        ChangeReply::parse(&reply.body).unwrap().state
    }

    fn generation(&self) -> u64 {
        self.memory.facts("anna", None).unwrap().account.generation
    }

    fn due(&mut self) {
        for (user, tx) in self.memory.due(self.now.wall) {
            let facts = self.memory.facts(&user, Some(&tx)).unwrap();
            if let Some(decision) = change::due(self.desk.settings(), self.now.wall, &facts) {
                self.memory.apply(self.now.wall, &user, &decision);
            }
        }
    }
}

fn post(request: &ChangeRequest, generation: u64) -> Ask {
    Ask {
        method: "POST",
        path: CHANGES.into(),
        tx: Some(request.tx.to_string()),
        generation: Some(generation),
        body: serde_json::to_vec(request).unwrap(),
    }
}

fn fence(number: u32) -> Ask {
    Ask { method: "DELETE", ..get(&format!("{CHANGES}/{}", tx(number))) }
}

fn challenge(reply: &Reply) -> Option<Challenge> {
    let header = reply.headers.iter().find(|(name, _)| *name == "WWW-Authenticate")?;
    Challenge::from_auth(&Auth::parse(&header.1)?)
}

fn answer(challenge: &Challenge, user: &str, password: &str, ask: &Ask, dice: &mut Entropy) -> String {
    let cnonce = dice.token(12);
    let algorithm = challenge.algorithm.unwrap();
    let terms = Terms {
        algorithm,
        username: user,
        realm: &challenge.realm,
        nonce: &challenge.nonce,
        cnonce: &cnonce,
        count: 1,
        qop: Some(Qop::Auth),
        method: ask.method,
        uri: &ask.path,
        body: &ask.body,
    };
    Credentials {
        username: user.into(),
        realm: challenge.realm.clone(),
        nonce: challenge.nonce.clone(),
        uri: ask.path.clone(),
        response: terms.response(&Secret::from(password)),
        algorithm: Some(algorithm),
        named: true,
        qop: Some((Qop::Auth, 1)),
        cnonce: Some(cnonce),
        opaque: None,
        userhash: false,
    }
    .to_auth()
    .to_string()
}

fn urn(reply: &Reply) -> (u16, Urn) {
    (reply.status, Problem::parse(&reply.body).unwrap_or_else(|_| panic!("{reply:?}")).urn())
}

fn applied(reply: &Reply, generation: u64) {
    let body = ChangeReply::parse(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"));
    assert_eq!((reply.status, body.state, body.generation), (200, ChangeState::Applied, Some(generation)));
}

#[test]
fn a_change_is_applied_once_and_every_copy_of_it_gets_the_same_answer() {
    let mut site = Site::new(settings());
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    assert!(!site.takes("old") && site.takes("the-new-password"));
    // The reply was lost: the phone asks again, with the password that it knows to have worked, or with the new one.
    applied(&site.ask(&phone("old"), &change), 2);
    applied(&site.ask(&phone("the-new-password"), &change), 2);
    assert_eq!((site.generation(), site.state("old", 1)), (2, ChangeState::Applied));
    assert_eq!(site.state("the-new-password", 1), ChangeState::Applied);
    assert_eq!(urn(&site.ask(&phone("a third"), &change)), (401, Urn::Auth));
}

#[test]
fn the_same_transaction_with_another_body_is_a_mismatch() {
    let mut site = Site::new(settings());
    let first = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &first), 2);
    let other = site.change(1, "another-password", 2);
    assert_eq!(urn(&site.ask(&phone("the-new-password"), &other)), (409, Urn::TxMismatch));
    assert!(site.takes("the-new-password"));
}

#[test]
fn of_two_devices_one_wins_and_the_other_is_told_the_generation() {
    let mut site = Site::new(settings());
    let (one, other) = (site.change(1, "password-of-one", 1), site.change(2, "password-of-other", 1));
    applied(&site.ask(&phone("old"), &one), 2);
    // The loser still proves itself with the old password, which is nobody's now.
    assert_eq!(urn(&site.ask(&phone("old"), &other)), (401, Urn::Auth));
    let reply = site.ask(&phone("password-of-one"), &other);
    assert_eq!(urn(&reply), (412, Urn::Generation));
    assert_eq!(Problem::parse(&reply.body).unwrap().generation, Some(2));
    assert_eq!(site.state("password-of-one", 2), ChangeState::Rejected);
    assert!(site.takes("password-of-one") && !site.takes("password-of-other"));
}

#[test]
fn a_fence_holds_before_the_request_arrives() {
    let mut site = Site::new(settings());
    let late = site.change(1, "the-new-password", 1);
    let reply = site.ask(&phone("old"), &fence(1));
    assert_eq!(ChangeReply::parse(&reply.body).unwrap().state, ChangeState::Cancelled);
    let reply = site.ask(&phone("old"), &late);
    assert_eq!(urn(&reply), (410, Urn::TxExpired));
    assert_eq!(Problem::parse(&reply.body).unwrap().state, Some(ChangeState::Cancelled));
    assert!(site.takes("old") && !site.takes("the-new-password"));
    assert_eq!((site.generation(), site.state("old", 1)), (1, ChangeState::Cancelled));
}

#[test]
fn a_fence_that_comes_too_late_says_so() {
    let mut site = Site::new(settings());
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    let reply = site.ask(&phone("old"), &fence(1));
    assert_eq!(ChangeReply::parse(&reply.body).unwrap().state, ChangeState::Applied);
    assert!(site.takes("the-new-password"));
}

#[test]
fn a_late_request_is_refused_for_good_and_so_is_one_that_wants_to_live_too_long() {
    let mut site = Site::new(settings());
    let late = site.change(1, "the-new-password", 1);
    site.later(300);
    assert_eq!(urn(&site.ask(&phone("old"), &late)), (410, Urn::TxExpired));
    assert_eq!(site.state("old", 1), ChangeState::Rejected);
    // Even if the server's clock goes back afterwards.
    site.now.wall = WallTime(site.now.wall.0 - 3_600_000);
    assert_eq!(urn(&site.ask(&phone("old"), &late)), (410, Urn::TxExpired));
    let early = site.change(2, "the-new-password", 1);
    site.now.wall = WallTime(site.now.wall.0 - 3_600_000);
    assert_eq!(urn(&site.ask(&phone("old"), &early)), (410, Urn::TxExpired), "its not_after is an hour away");
    assert_eq!(site.generation(), 1);
}

#[test]
fn secrets_that_cannot_be_used_are_refused_each_with_its_reason() {
    let mut site = Site::new(settings());
    let asked = site.change(1, "the-new-password", 1);
    let with = |number: u32, secret: serde_json::Value| {
        let mut body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        body["secret"] = secret;
        body["tx"] = json!(tx(number).as_str());
        Ask { tx: Some(tx(number).to_string()), body: serde_json::to_vec(&body).unwrap(), ..asked.clone() }
    };
    let md5 = Credential::ha1("anna", REALM, &Secret::from("x"), &[Ha1Algorithm::Md5]);
    let same = Credential::ha1("anna", REALM, &Secret::from("old"), &Ha1Algorithm::ALL);
    let other = Credential::ha1("anna", "other", &Secret::from("x"), &Ha1Algorithm::ALL);
    let cases = [
        (json!(md5), (422, Urn::Policy), "SHA-256 is missing"),
        (json!(same), (422, Urn::Policy), "the old one again"),
        (json!(other), (409, Urn::RealmChanged), "another realm"),
        (json!({"form": "plain", "value": "short"}), (422, Urn::Policy), "too short"),
        (json!({"form": "ha1", "realm": REALM, "MD5": "zz"}), (400, Urn::BadRequest), "no hash"),
        (json!({"form": "plain", "value": "long enough, and in clear"}), (0, Urn::Other), "good"),
    ];
    for (at, (secret, expected, what)) in cases.into_iter().enumerate() {
        let reply = site.ask(&phone("old"), &with(u32::try_from(at).unwrap() + 10, secret));
        if expected.0 == 0 {
            applied(&reply, 2);
        } else {
            assert_eq!(urn(&reply), expected, "{what}");
            let rules = Problem::parse(&reply.body).unwrap().rules;
            assert_eq!(rules.is_some(), expected.1 == Urn::Policy, "{what}");
        }
    }
    assert!(site.takes("long enough, and in clear"));
}

#[test]
fn while_credentials_are_exposed_the_password_alone_changes_nothing_and_an_enrolled_device_does() {
    let mut site = Site::new(settings());
    let key = DeviceKey::generate(&mut Entropy::from_number(9));
    let enrolment = Enrolment { public: key.public().unwrap(), label: "Desk".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let device = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    assert_eq!(device.state, DeviceState::CoolingOff);
    let again = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    assert_eq!(again.id, device.id, "enrolling twice is enrolling once");
    let owner = Phone { device: Some((device.id.clone(), key)), ..phone("old") };

    let exposed = Settings { exposed: Exposed::Unknown, ..settings() };
    site.desk = Desk::new(exposed.clone(), site.now.mono, Entropy::from_number(3));
    let change = site.change(1, "the-new-password", 1);
    let reply = site.ask(&phone("old"), &change);
    assert_eq!(urn(&reply), (403, Urn::SecondFactor));
    assert_eq!(Problem::parse(&reply.body).unwrap().methods, ["device-key+digest"]);
    assert_eq!(urn(&site.ask(&owner, &change)), (403, Urn::SecondFactor), "it has not cooled off");

    // A thief enrols too: during an incident somebody must confirm that, however long it waits.
    let thief = DeviceKey::generate(&mut Entropy::from_number(10));
    let enrolment = Enrolment { public: thief.public().unwrap(), label: "Mine".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let stolen = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    site.later(24 * 3600);
    let change = site.change(2, "the-new-password", 1);
    let thief = Phone { device: Some((stolen.id, thief)), ..phone("old") };
    assert_eq!(urn(&site.ask(&thief, &change)), (403, Urn::SecondFactor));
    let mut forger = owner.clone();
    forger.device = Some((device.id.clone(), DeviceKey::generate(&mut Entropy::from_number(11))));
    assert_eq!(urn(&site.ask(&forger, &change)), (401, Urn::Auth), "a signature must be right");
    assert_eq!(site.generation(), 1);
    applied(&site.ask(&owner, &change), 2);
}

#[test]
fn the_password_alone_may_be_made_to_wait_and_a_waiting_change_can_be_cancelled() {
    let delay = Duration::from_secs(60);
    let mut site = Site::new(Settings { password_alone: PasswordAlone::After(delay), ..settings() });
    for (number, cancelled) in [(1, true), (2, false)] {
        let change = site.change(number, "the-new-password", 1);
        let reply = site.ask(&phone("old"), &change);
        assert_eq!((reply.status, ChangeReply::parse(&reply.body).unwrap().state), (202, ChangeState::Pending));
        site.later(59);
        site.due();
        assert_eq!((site.generation(), site.state("old", number)), (1, ChangeState::Pending));
        assert_eq!(site.ask(&phone("old"), &change).status, 202, "asked again");
        if cancelled {
            site.ask(&phone("old"), &fence(number));
        }
        site.later(1);
        site.due();
        site.due();
    }
    assert_eq!((site.state("old", 1), site.state("old", 2)), (ChangeState::Cancelled, ChangeState::Applied));
    assert!(site.generation() == 2 && site.takes("the-new-password"));
    // One that would be done after its own end is refused at once.
    let mut short: ChangeRequest = serde_json::from_slice(&site.change(3, "password-three", 2).body).unwrap();
    short.not_after = Stamp(site.now.later(delay).wall);
    assert_eq!(urn(&site.ask(&phone("the-new-password"), &post(&short, 2))), (410, Urn::TxExpired));
}

#[test]
fn a_waiting_change_gives_way_to_a_change_by_somebody_else() {
    let delay = Duration::from_secs(60);
    let mut site = Site::new(Settings { password_alone: PasswordAlone::After(delay), ..settings() });
    let change = site.change(1, "the-new-password", 1);
    site.ask(&phone("old"), &change);
    let mut entry = site.memory.facts("anna", None).unwrap();
    entry.account.generation = 2;
    let write = ringfence::provider::security::Write::Credential {
        secret: ringfence::provider::security::policy::NewSecret {
            hashes: Hashes::of("anna", REALM, &Secret::from("by the support desk")),
            plain: None,
        },
        generation: 2,
        at: site.now.wall,
    };
    site.memory.write(site.now.wall, "anna", &write);
    site.later(60);
    site.due();
    assert!(site.takes("by the support desk"));
    assert_eq!(site.state("by the support desk", 1), ChangeState::Rejected);
}

#[test]
fn guards_are_tightened_by_the_password_and_loosened_by_an_enrolled_device_only() {
    let mut site = Site::new(Settings { cooling_off: Duration::ZERO, ..settings() });
    let put = |value: serde_json::Value| Ask {
        method: "PUT",
        body: serde_json::to_vec(&value).unwrap(),
        ..get("/sasa/guards")
    };
    let tight = put(json!({"international": "deny", "premium": false, "daily_cap": {"GBP": 5}}));
    assert_eq!(site.ask(&phone("old"), &tight).status, 200);
    let loose = put(json!({"international": "allow", "premium": false, "daily_cap": {"GBP": 5}}));
    assert_eq!(urn(&site.ask(&phone("old"), &loose)), (403, Urn::SecondFactor));
    let shown: serde_json::Value = serde_json::from_slice(&site.ask(&phone("old"), &get("/sasa/guards")).body).unwrap();
    assert_eq!(shown["international"], "deny");
    let key = DeviceKey::generate(&mut Entropy::from_number(9));
    let enrolment = Enrolment { public: key.public().unwrap(), label: "Desk".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let device = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    let owner = Phone { device: Some((device.id.clone(), key)), ..phone("old") };
    assert_eq!(site.ask(&owner, &loose).status, 200);
    let end = Ask { method: "DELETE", ..get(&format!("/sasa/sessions/{}", device.id)) };
    assert_eq!(urn(&site.ask(&phone("old"), &end)), (403, Urn::SecondFactor), "a thief cannot take the device away");
    assert_eq!(site.ask(&owner, &end).status, 204);
    let looser = put(json!({"international": "allow", "premium": true}));
    assert_eq!(urn(&site.ask(&owner, &looser)), (403, Urn::SecondFactor), "its signature no longer counts");
}

#[test]
fn a_proof_by_a_password_that_has_just_been_changed_is_worth_nothing_any_more() {
    let mut site = Site::new(settings());
    let (owner, ask) = (phone("old"), get("/sasa/guards"));
    let ask = Ask { method: "PUT", body: b"{\"international\":\"deny\"}".to_vec(), ..ask };
    let challenge = challenge(&site.send(&owner, &ask, None, None)).unwrap();
    let answered = answer(&challenge, "anna", "old", &ask, &mut Entropy::from_number(5));
    let request = Request {
        method: ask.method,
        path: &ask.path,
        authorization: Some(&answered),
        idempotency_key: None,
        if_match: None,
        device: None,
        signature: None,
        body: &ask.body,
        from: owner.from,
    };
    let route = Route::parse(&request).unwrap();
    let facts = site.memory.facts("anna", None).unwrap();
    let proof = site.desk.admit(site.now, &request, &route, Some(&facts)).unwrap();
    // Between the look at the facts and the transaction, another device changes the password.
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    let facts = site.memory.facts("anna", None).unwrap();
    let decision = site.desk.decide(site.now, &request, &route, &proof, &facts, Vec::new());
    assert_eq!((decision.reply.status, decision.writes.len()), (401, 0));
}

#[test]
fn wrong_passwords_are_counted_and_look_the_same_whether_or_not_there_is_such_an_account() {
    let mut site = Site::new(settings());
    let stranger = Phone { from: IpAddr::from([198, 51, 100, 7]), ..phone("guess") };
    let ask = get("/sasa/policy");
    let strip = |reply: &Reply| (reply.status, reply.kind, reply.body.clone(), reply.headers.len());
    let nobody = {
        let challenge = challenge(&site.send(&stranger, &ask, None, None)).unwrap();
        let answer = answer(&challenge, "nobody", "guess", &ask, &mut Entropy::from_number(5));
        site.send(&stranger, &ask, Some(&answer), None)
    };
    let wrong = site.ask(&stranger, &ask);
    assert_eq!(strip(&nobody), strip(&wrong));
    for _ in 0..4 {
        assert_eq!(site.ask(&stranger, &ask).status, 401);
    }
    let told = site.ask(&stranger, &ask);
    assert_eq!(urn(&told), (429, Urn::Rate));
    assert!(told.headers.iter().any(|(name, value)| *name == "Retry-After" && value.parse::<u64>().unwrap() > 500));
    assert!(site.takes("old"), "the owner elsewhere is not locked out");
    site.later(600);
    assert_eq!(site.ask(&stranger, &ask).status, 401);
}

#[test]
fn changes_come_at_the_provider_s_pace_and_replays_are_free() {
    let mut site = Site::new(Settings { changes_per_second: 1.0, ..settings() });
    let first = site.change(1, "password-one", 1);
    applied(&site.ask(&phone("old"), &first), 2);
    let second = site.change(2, "password-two", 2);
    let reply = site.ask(&phone("password-one"), &second);
    assert_eq!(urn(&reply), (429, Urn::Rate));
    assert!(reply.headers.iter().any(|(name, _)| *name == "Retry-After"));
    applied(&site.ask(&phone("old"), &first), 2);
    site.later(1);
    applied(&site.ask(&phone("password-one"), &second), 3);
}

#[test]
fn an_answer_cannot_be_played_back_and_fits_one_method_and_target_only() {
    let mut site = Site::new(settings());
    let (owner, ask) = (phone("old"), get("/sasa/policy"));
    let challenge = challenge(&site.send(&owner, &ask, None, None)).unwrap();
    let answered = answer(&challenge, "anna", "old", &ask, &mut Entropy::from_number(5));
    assert_eq!(site.send(&owner, &get("/sasa/guards"), Some(&answered), None).status, 401);
    let reply = site.send(&owner, &ask, Some(&answered), None);
    assert_eq!(Policy::parse(&reply.body).unwrap().generation, 1);
    let again = site.send(&owner, &ask, Some(&answered), None);
    assert!(again.status == 401 && again.headers.iter().any(|(_, value)| value.contains("stale=true")), "{again:?}");
}

#[test]
fn ending_other_registrations_is_asked_once_with_the_one_to_spare() {
    let mut site = Site::new(settings());
    let mut request: ChangeRequest = serde_json::from_slice(&site.change(1, "the-new-password", 1).body).unwrap();
    request.terminate.registrations = Whose::Others;
    request.terminate.keep = Some("urn:uuid:me".into());
    let ask = post(&request, 1);
    applied(&site.ask(&phone("old"), &ask), 2);
    applied(&site.ask(&phone("old"), &ask), 2);
    let expected = ringfence::provider::security::transaction::Flush { keep: "urn:uuid:me".into() };
    assert_eq!(site.ended, [End::Others(expected)]);
}

#[test]
fn the_audit_log_tells_what_happened_and_no_secret() {
    let mut site = Site::new(settings());
    let change = site.change(1, "CANARY-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    site.ask(&phone("CANARY-new-password"), &fence(2));
    let what: Vec<_> = site.memory.audit().iter().map(|line| line.what).collect();
    assert_eq!(what, ["password changed", "change fenced"]);
    let hash = Ha1Algorithm::Md5.ha1("anna", REALM, &Secret::from("CANARY-new-password"));
    let all = format!("{:?} {:?}", site.memory, site.desk);
    assert!(!all.contains("CANARY") && !all.contains(hash.expose("test").as_str()));
}

#[test]
fn a_verifier_that_forgets_how_often_a_nonce_was_used_takes_it_no_more() {
    let mut dice = Entropy::from_number(6);
    let md5 = ringfence::sip::digest::Algorithm::MD5;
    let mut verifier = Verifier::new("r", &[md5], &[Qop::Auth], Duration::from_secs(60), &mut dice).with_capacity(2);
    let ask = get("/x");
    let mut now = ringfence::base::Mono::from_millis(1000);
    let mut verdicts = Vec::new();
    let answers: Vec<_> = (0..3)
        .map(|_| {
            now = now + Duration::from_millis(1);
            let challenge = verifier.challenges(now, false, &mut dice).remove(0);
            Credentials::from_auth(&Auth::parse(&answer(&challenge, "anna", "p", &ask, &mut dice)).unwrap()).unwrap()
        })
        .collect();
    for given in answers.iter().chain(&answers[..1]) {
        let asked = Asked { given, method: "GET", uri: "/x", body: b"" };
        verdicts.push(
            verifier.judge(now, &asked, |user, hash| {
                vec![ringfence::sip::digest::ha1(hash, user, "r", &Secret::from("p"))]
            }),
        );
    }
    let good = || Verdict::Good("anna".to_owned());
    assert_eq!(verdicts, [good(), good(), good(), Verdict::Stale]);
}
