//! A provider in virtual time, and phones that ask it.

use std::net::IpAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Now, Secret, WallTime};
use ringfence::provider::security::memory::Memory;
use ringfence::provider::security::policy::{Exposed, PasswordAlone};
use ringfence::provider::security::{Desk, End, Hashes, Reply, Request, Route, Settings, change};
use ringfence::provider_api::changes::{ChangeReply, ChangeState, Terminate};
use ringfence::provider_api::ed25519::{DeviceKey, Signed};
use ringfence::provider_api::policy::etag;
use ringfence::provider_api::secret::Ha1Algorithm;
use ringfence::provider_api::{ChangeRequest, Credential, Problem, Stamp, TxId, Urn};
use ringfence::sip::digest::{Challenge, Credentials, Hash, Qop, algorithm::Terms};
use ringfence::sip::header::Auth;

pub(super) const REALM: &str = "voip.example";
const CHANGES: &str = "/sasa/changes";

pub(super) fn settings() -> Settings {
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
pub(super) struct Site {
    pub(super) desk: Desk,
    pub(super) memory: Memory,
    pub(super) now: Now,
    pub(super) dice: Entropy,
    pub(super) ended: Vec<End>,
}

/// What a phone sends, before credentials.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) tx: Option<String>,
    pub(super) generation: Option<u64>,
    pub(super) body: Vec<u8>,
}

/// Who sends it.
#[derive(Clone)]
pub(super) struct Phone {
    pub(super) password: &'static str,
    pub(super) device: Option<(String, DeviceKey)>,
    pub(super) from: IpAddr,
}

pub(super) fn phone(password: &'static str) -> Phone {
    Phone { password, device: None, from: IpAddr::from([192, 0, 2, 1]) }
}

pub(super) fn get(path: &str) -> Ask {
    Ask { method: "GET", path: path.into(), tx: None, generation: None, body: Vec::new() }
}

pub(super) fn tx(number: u32) -> TxId {
    TxId::parse(&format!("01JD8ZK5T4M9Q2W7E6R3{number:06}")).unwrap()
}

impl Site {
    pub(super) fn new(settings: Settings) -> Site {
        let mut memory = Memory::default();
        memory.open("anna", Hashes::of("anna", REALM, &Secret::from("old")).only(&settings.kept));
        let now = Now { wall: WallTime(1_795_356_600_000), ..Now::default() }.later(Duration::from_secs(5));
        let desk = Desk::new(settings, now.mono, Entropy::from_number(1));
        Site { desk, memory, now, dice: Entropy::from_number(2), ended: Vec::new() }
    }

    pub(super) fn later(&mut self, seconds: u64) {
        self.now = self.now.later(Duration::from_secs(seconds));
    }

    /// One request with these credentials, as the driver does it.
    pub(super) fn send(
        &mut self,
        phone: &Phone,
        ask: &Ask,
        authorization: Option<&str>,
        signature: Option<&str>,
    ) -> Reply {
        let (etag, device) = (ask.generation.map(etag), phone.device.as_ref().map(|(id, _)| id.clone()));
        let request = Request {
            method: ask.method,
            path: &ask.path,
            authorization,
            idempotency_key: ask.tx.as_deref(),
            if_match: etag.as_deref(),
            device: device.as_deref().filter(|_| signature.is_some()),
            signature,
            instance: None,
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
    pub(super) fn ask(&mut self, phone: &Phone, ask: &Ask) -> Reply {
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

    pub(super) fn change(&self, number: u32, new: &str, generation: u64) -> Ask {
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
    pub(super) fn takes(&mut self, password: &'static str) -> bool {
        self.ask(&phone(password), &get("/sasa/policy")).status == 200
    }

    pub(super) fn state(&mut self, password: &'static str, number: u32) -> ChangeState {
        let reply = self.ask(&phone(password), &get(&format!("{CHANGES}/{}", tx(number))));
        assert_eq!(reply.status, 200, "{reply:?}");
        ChangeReply::parse(&reply.body).unwrap().state
    }

    pub(super) fn generation(&self) -> u64 {
        self.memory.facts("anna", None).unwrap().account.generation
    }

    pub(super) fn due(&mut self) {
        for (user, tx) in self.memory.due(self.now.wall) {
            let facts = self.memory.facts(&user, Some(&tx)).unwrap();
            if let Some(decision) = change::due(self.desk.settings(), self.now.wall, &facts) {
                self.memory.apply(self.now.wall, &user, &decision);
            }
        }
    }
}

pub(super) fn post(request: &ChangeRequest, generation: u64) -> Ask {
    Ask {
        method: "POST",
        path: CHANGES.into(),
        tx: Some(request.tx.to_string()),
        generation: Some(generation),
        body: serde_json::to_vec(request).unwrap(),
    }
}

pub(super) fn fence(number: u32) -> Ask {
    Ask { method: "DELETE", ..get(&format!("{CHANGES}/{}", tx(number))) }
}

pub(super) fn challenge(reply: &Reply) -> Option<Challenge> {
    let header = reply.headers.iter().find(|(name, _)| *name == "WWW-Authenticate")?;
    Challenge::from_auth(&Auth::parse(&header.1)?)
}

pub(super) fn answer(challenge: &Challenge, user: &str, password: &str, ask: &Ask, dice: &mut Entropy) -> String {
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

pub(super) fn urn(reply: &Reply) -> (u16, Urn) {
    (reply.status, Problem::parse(&reply.body).unwrap_or_else(|_| panic!("{reply:?}")).urn())
}

pub(super) fn applied(reply: &Reply, generation: u64) {
    let body = ChangeReply::parse(&reply.body).unwrap_or_else(|_| panic!("{reply:?}"));
    assert_eq!((reply.status, body.state, body.generation), (200, ChangeState::Applied, Some(generation)));
}
