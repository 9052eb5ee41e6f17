//! A provider with the account-security API, in virtual time: the real desk of `provider::security` behind a network
//! that loses, delays and repeats.

use std::net::IpAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Now, Secret};
use ringfence::phone::view::AccountState;
use ringfence::port::http;
use ringfence::port::net::NetError;
use ringfence::provider::security::desk::End;
use ringfence::provider::security::memory::Memory;
use ringfence::provider::security::policy::{Exposed, PasswordAlone};
use ringfence::provider::security::{Desk, Hashes, Reply, Request, Route, Settings};
use ringfence::provider_api::sessions::{PortalSession, Registration, Sessions};
use ringfence::provider_api::{Problem, Stamp, Urn};
use ringfence::sip::digest::Hash;

use super::world::{PASSWORD, REALM, World};

/// What becomes of the next request of this method, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mishap {
    /// It is lost: the provider never sees it.
    Lost,
    /// It is applied, and the answer is lost.
    AnswerLost,
    /// Its answer never comes, and it arrives later: [`ApiProvider::deliver_late`].
    Late,
    /// No connection.
    NotSent,
    /// Nothing is heard of it.
    Silence,
    /// The provider has this problem with it.
    Problem(Urn),
}

pub(super) struct ApiProvider {
    desk: Desk,
    pub(super) memory: Memory,
    pub(super) mishaps: Vec<(&'static str, Mishap)>,
    late: Vec<http::Request>,
    /// Who is registered, as it sees it.
    pub(super) registrations: Vec<Registration>,
    /// Logins to its website.
    pub(super) portal: Vec<PortalSession>,
    /// Instead of the list of sessions: this status and body.
    pub(super) instead_of_list: Option<(u16, String)>,
    /// What it was told to end is ended; false: it only says so.
    pub(super) ends: bool,
    /// Status and body of the list for this account alone, if there is one.
    pub(super) own_notices: Option<(u16, Vec<u8>)>,
    pub(super) seen: Vec<(String, u16)>,
    /// The provider's clock is this much ahead of ours, in milliseconds.
    pub(super) ahead: i64,
}

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
        changes_per_second: 100.0,
        ends_registrations: true,
    }
}

/// What it publishes about itself.
pub(super) fn discovery() -> String {
    format!(
        r#"{{"sasa":"1","issuer":"https://account.{REALM}","sip_domains":["{REALM}"],"realm":"{REALM}",
            "digest":["SHA-256","MD5"],"auth":["device-key+digest","digest"],"poll_s":900,
            "endpoints":{{"policy":"/sasa/policy","changes":"/sasa/changes","enrol":"/sasa/devices",
                "sessions":"/sasa/sessions","guards":"/sasa/guards"}},
            "links":{{"portal":"https://{REALM}/login"}}}}"#
    )
}

impl ApiProvider {
    pub(super) fn new(now: Now, settings: Settings) -> ApiProvider {
        let mut memory = Memory::default();
        memory.open("anna", Hashes::of("anna", REALM, &Secret::from(PASSWORD)).only(&settings.kept));
        let desk = Desk::new(settings, now.mono, Entropy::from_number(11));
        // This computer: it knows its own row by what only the two of them know.
        let own = Registration { id: "own-1".into(), own: true, ..Registration::default() };
        let (mishaps, late, seen, portal) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (registrations, instead_of_list, own_notices) = (vec![own], None, None);
        ApiProvider {
            desk,
            memory,
            mishaps,
            late,
            registrations,
            portal,
            instead_of_list,
            ends: true,
            own_notices,
            seen,
            ahead: 0,
        }
    }

    /// Whether this is the account's password now.
    pub(super) fn takes(&self, password: &str) -> bool {
        let known = self.memory.facts("anna", None).expect("anna").account.hashes;
        Hashes::of("anna", REALM, &Secret::from(password)).same_password(&known)
    }

    pub(super) fn generation(&self) -> u64 {
        self.memory.facts("anna", None).expect("anna").account.generation
    }

    /// Somebody else changes it: another device, the support desk.
    pub(super) fn change_elsewhere(&mut self, now: Now, password: &str) {
        let generation = self.generation() + 1;
        let hashes = Hashes::of("anna", REALM, &Secret::from(password)).only(&settings().kept);
        let secret = ringfence::provider::security::policy::NewSecret { hashes, plain: None };
        let write = ringfence::provider::security::Write::Credential { secret, generation, at: now.wall };
        self.memory.write(now.wall, "anna", &write);
    }

    /// None: not yet.
    pub(super) fn answer(&mut self, now: Now, request: &http::Request) -> Option<http::Outcome> {
        let lost = || http::Outcome::Failed(http::HttpError::Unknown(NetError::TimedOut));
        let authorized = request.authorization.is_some();
        let mishap = self.mishaps.iter().position(|(method, _)| authorized && *method == request.method.as_str());
        Some(match mishap.map(|at| self.mishaps.remove(at).1) {
            Some(Mishap::Silence) => return None,
            Some(Mishap::Problem(urn)) => {
                let body = Secret::new(serde_json::to_vec(&Problem::new(urn)).expect("JSON"));
                http::Outcome::Answer(http::Answer { status: urn.status(), body, ..http::Answer::default() })
            }
            Some(Mishap::Lost) => lost(),
            Some(Mishap::NotSent) => http::Outcome::Failed(http::HttpError::NotSent(NetError::Refused)),
            Some(Mishap::AnswerLost) => {
                self.decide(now, request);
                lost()
            }
            Some(Mishap::Late) => {
                self.late.push(request.clone());
                lost()
            }
            None => {
                let reply = self.decide(now, request);
                self.seen.push((format!("{} {}", request.method.as_str(), request.path), reply.status));
                let header = |name: &str| reply.headers.iter().find(|(it, _)| *it == name).map(|(_, it)| it.clone());
                let challenges = reply.headers.iter().filter(|(name, _)| *name == "WWW-Authenticate");
                http::Outcome::Answer(http::Answer {
                    status: reply.status,
                    date: Some(Stamp(self.clock(now).wall)),
                    retry_after: header("Retry-After").and_then(|it| it.parse().ok()).map(Duration::from_secs),
                    challenges: challenges.map(|(_, value)| value.clone()).collect(),
                    body: Secret::new(reply.body),
                    ..http::Answer::default()
                })
            }
        })
    }

    /// What was under way arrives at last.
    pub(super) fn deliver_late(&mut self, now: Now) -> Vec<u16> {
        let late = std::mem::take(&mut self.late);
        late.iter().map(|request| self.decide(now, request).status).collect()
    }

    fn clock(&self, now: Now) -> Now {
        Now { wall: ringfence::base::WallTime(now.wall.0 + self.ahead), ..now }
    }

    fn decide(&mut self, now: Now, sent: &http::Request) -> Reply {
        let now = self.clock(now);
        let header = |name: &str| sent.headers.iter().find(|(it, _)| *it == name).map(|(_, value)| value.as_str());
        let none = Vec::new();
        let request = Request {
            method: sent.method.as_str(),
            path: sent.path.as_str(),
            authorization: sent.authorization.as_ref().map(|it| it.expose("the provider reads it").as_str()),
            idempotency_key: header("Idempotency-Key"),
            if_match: header("If-Match"),
            device: header("Sasa-Device"),
            signature: header("Sasa-Signature"),
            instance: header("Sasa-Instance"),
            body: sent.body.as_ref().map_or(&none, |body| body.expose("the provider reads it")),
            from: IpAddr::from([192, 0, 2, 1]),
        };
        let route = match Route::parse(&request) {
            Ok(route) => route,
            Err(reply) => return reply,
        };
        let facts = Desk::login(&request).and_then(|login| self.memory.facts(&login, route.tx()));
        let proof = match self.desk.admit(now, &request, &route, facts.as_ref()) {
            Ok(proof) => proof,
            Err(reply) => return reply,
        };
        let facts = facts.expect("admitted means known");
        let decision = self.desk.decide(now, &request, &route, &proof, &facts, self.registrations.clone());
        self.memory.apply(now.wall, &facts.account.user, &decision);
        if let Some(End::One(id)) = decision.end.as_ref().filter(|_| self.ends) {
            self.registrations.retain(|row| row.id != *id);
        }
        self.list(&route, decision.reply)
    }

    /// What is on the list beside the registrations, or instead of it.
    fn list(&self, route: &Route, reply: Reply) -> Reply {
        if let (Route::OwnNotices, Some((status, body))) = (route, &self.own_notices) {
            return Reply { status: *status, body: body.clone(), ..reply };
        }
        if *route != Route::Sessions {
            return reply;
        }
        if let Some((status, body)) = &self.instead_of_list {
            return Reply { status: *status, body: body.clone().into_bytes(), ..reply };
        }
        let mut list = Sessions::parse(&reply.body).expect("a list");
        list.portal.clone_from(&self.portal);
        Reply { body: serde_json::to_vec(&list).expect("JSON"), ..reply }
    }
}

impl World {
    /// Signed in at a provider with the API; its look-out has found it.
    pub(super) fn at_api_provider(settings: Settings) -> World {
        let mut world = World::signed_in(ringfence::phone::VaultUse::Keyring, ringfence::port::net::Transport::Tls);
        world.open_api(settings);
        world.pass(Duration::from_secs(120));
        assert_eq!(world.state(), Some(AccountState::Registered));
        world
    }

    /// The provider opens its API.
    pub(super) fn open_api(&mut self, settings: Settings) {
        let well_known = format!("https://{REALM}/.well-known/sip-account-security");
        let date = Some(Stamp(self.now.wall));
        let alone = if settings.password_alone == PasswordAlone::Refused { "" } else { ",\"digest\"" };
        let body = Secret::new(discovery().replace(",\"digest\"]", &format!("{alone}]")).into_bytes());
        self.web.insert(well_known, http::Answer { status: 200, date, body, ..http::Answer::default() });
        self.api = Some(ApiProvider::new(self.now, settings));
    }
}
