//! The provider's front desk: one function for each step of a request. It keeps what is volatile (nonces, failed
//! attempts, the pace) and judges by facts that others keep.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::account::{Account, Facts, Hashes, MustChange};
use super::change::{self, Asked};
use super::device::{self, Device};
use super::limits::{Failures, Pace, Place};
use super::policy::{Level, NewSecret, Settings};
use super::reply::Reply;
use super::request::{Request, Route};
use super::transaction::{Flush, Transaction};
use crate::base::{Entropy, Mono, Now, Secret, WallTime};
use crate::provider_api::guards::{Guards, International, Night};
use crate::provider_api::policy::{MustChange as ShownMustChange, Policy, SecretForm, etag};
use crate::provider_api::sessions::{Registration, Sessions};
use crate::provider_api::{Urn, ed25519};
use crate::sip::digest::{self, Algorithm, Credentials, Hash, Qop, Verdict, Verifier};
use crate::sip::header::Auth;

/// For how long a nonce is taken.
const NONCE_LIFE: Duration = Duration::from_secs(300);
/// Nonces whose use is remembered: one a client and change.
const NONCES: usize = 50_000;
/// Requests that write, of one account from one place in ten minutes.
const WRITES: usize = 60;
/// The same of all accounts of one place: a company behind one address.
const WRITES_OF_PLACE: usize = 5_000;

/// That a request comes from the account's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// How it was proven.
    pub level: Level,
    /// It was the present password. Otherwise it may be one that the transaction in question made or replaced.
    pub present: bool,
    /// The generation of the password that was present then.
    pub generation: u64,
}

impl Proof {
    /// The level, for the audit log.
    #[must_use]
    pub const fn level_name(&self) -> &'static str {
        match self.level {
            Level::Password => "password alone",
            Level::Device(_) => "password and device",
        }
    }
}

/// What is answered, and what must be written with it, all or nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The answer, if the writes are done.
    pub reply: Reply,
    /// In one transaction.
    pub writes: Vec<Write>,
    /// Registrations to end afterwards.
    pub end: Option<End>,
}

/// Registrations to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// All but one. The transaction remembers it until it has been done.
    Others(Flush),
    /// The one of this id.
    One(String),
}

impl Decision {
    /// An answer and nothing else.
    #[must_use]
    pub const fn answer(reply: Reply) -> Decision {
        Decision { reply, writes: Vec::new(), end: None }
    }
}

/// One write about one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// The new password, where the SIP server reads it, and the generation that it makes.
    Credential {
        /// The password.
        secret: NewSecret,
        /// The generation from now on.
        generation: u64,
        /// When.
        at: WallTime,
    },
    /// A transaction, new or changed.
    Transaction(Transaction),
    /// A device, new or changed.
    Device(Device),
    /// A device that is gone: its id.
    RemoveDevice(String),
    /// The guards, as JSON.
    Guards(String),
    /// Whether the account must change its password.
    MustChange(Option<MustChange>),
    /// A line of the audit log. Never a secret.
    Audit {
        /// What happened.
        what: &'static str,
        /// To what.
        detail: String,
    },
}

/// The desk.
#[derive(Debug)]
pub struct Desk {
    settings: Settings,
    verifier: Verifier,
    dice: Entropy,
    failures: Failures,
    writes: Failures,
    pace: Pace,
    /// Held against the answers of those who have no account, so that these take as long.
    decoy: Secret<String>,
}

impl Desk {
    /// Opens it.
    #[must_use]
    pub fn new(settings: Settings, now: Mono, mut dice: Entropy) -> Desk {
        let algorithms: Vec<_> = settings.kept.iter().map(|&hash| Algorithm { hash, sess: false }).collect();
        let verifier = Verifier::new(&settings.realm, &algorithms, &[Qop::Auth], NONCE_LIFE, &mut dice);
        Desk {
            verifier: verifier.with_capacity(NONCES),
            failures: Failures::new(super::limits::PER_LOGIN, super::limits::PER_PLACE),
            writes: Failures::new(WRITES, WRITES_OF_PLACE),
            pace: Pace::new(settings.changes_per_second, now),
            decoy: Secret::new(dice.token(40)),
            settings,
            dice,
        }
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The login that a request names, whether or not it is that login's. Its facts are wanted.
    #[must_use]
    pub fn login(request: &Request<'_>) -> Option<String> {
        credentials(request).map(|given| given.username).filter(|login| login.len() <= 128)
    }

    /// Turns away who brings no credentials, or has failed too often: before anything is looked up.
    ///
    /// # Errors
    /// The answer: 401 or 429.
    pub fn greet(&mut self, now: Now, request: &Request<'_>) -> Result<(), Reply> {
        let Some(given) = credentials(request) else { return Err(self.challenge(now, false)) };
        match self.failures.wait(now.mono, Place::from(request.from), &given.username) {
            Some(wait) => Err(Reply::refused(Urn::Rate, "too many failed attempts").retry_after(wait)),
            None => Ok(()),
        }
    }

    /// Judges who asks; `facts` are those of [`Desk::login`], if there is such an account.
    ///
    /// # Errors
    /// The answer to whoever has not proven enough, or too often failed to: 401 or 429.
    pub fn admit(
        &mut self,
        now: Now,
        request: &Request<'_>,
        route: &Route,
        facts: Option<&Facts>,
    ) -> Result<Proof, Reply> {
        self.greet(now, request)?;
        let Some(given) = credentials(request) else { return Err(self.challenge(now, false)) };
        let place = Place::from(request.from);
        let known = facts.and_then(|facts| facts.transaction.as_ref()).filter(|_| route.tx().is_some());
        let present = known.is_none();
        let decoy = self.decoy.clone();
        let taken = |_: &str, hash: Hash| taken(facts, known, hash, decoy);
        let asked = digest::Asked { given: &given, method: request.method, uri: request.path, body: request.body };
        match self.verifier.judge(now.mono, &asked, taken) {
            Verdict::Good(_) => {}
            Verdict::Stale => return Err(self.challenge(now, true)),
            Verdict::Missing => return Err(self.challenge(now, false)),
            Verdict::Bad => return Err(self.failed(now, place, &given.username)),
        }
        let level = match facts.map(|facts| signed_by(now.wall, request, &given, facts)) {
            Some(Ok(level)) => level,
            Some(Err(())) | None => return Err(self.failed(now, place, &given.username)),
        };
        self.slow_down(now, place, &given.username, route, known.is_some())?;
        Ok(Proof { level, present, generation: facts.map_or(0, |facts| facts.account.generation) })
    }

    /// Refuses what comes too fast, of one account or altogether. Replays are free: they cost nothing.
    fn slow_down(&mut self, now: Now, place: Place, login: &str, route: &Route, known: bool) -> Result<(), Reply> {
        if !route.writes() || known {
            return Ok(());
        }
        if let Some(wait) = self.writes.wait(now.mono, place, login) {
            return Err(Reply::refused(Urn::Rate, "too many requests of this account").retry_after(wait));
        }
        self.writes.count(now.mono, place, login);
        if matches!(route, Route::Change(..)) {
            let paced = self.pace.take(now.mono);
            paced.map_err(|wait| Reply::refused(Urn::Rate, "too many changes at once").retry_after(wait))?;
        }
        Ok(())
    }

    fn challenge(&mut self, now: Now, stale: bool) -> Reply {
        let mut reply = Reply::refused(Urn::Auth, "digest credentials, please");
        for challenge in self.verifier.challenges(now.mono, stale, &mut self.dice) {
            reply = reply.with("WWW-Authenticate", challenge.to_auth().to_string());
        }
        reply
    }

    fn failed(&mut self, now: Now, place: Place, login: &str) -> Reply {
        self.failures.count(now.mono, place, login);
        self.challenge(now, false)
    }

    /// Decides a request that has been admitted. `registrations` are wanted if [`Route::is_about_sessions`].
    #[must_use]
    pub fn decide(
        &mut self,
        now: Now,
        request: &Request<'_>,
        route: &Route,
        proof: &Proof,
        facts: &Facts,
        registrations: Vec<Registration>,
    ) -> Decision {
        // Changes have their own guard, If-Match. Everything else wants the password that is present now.
        if route.writes() && route.tx().is_none() && proof.generation != facts.account.generation {
            return Decision::answer(self.challenge(now, false));
        }
        match route {
            Route::Policy => Decision::answer(self.policy(&facts.account)),
            Route::Query(tx) => Decision::answer(change::query(facts, tx)),
            Route::Fence(tx) => change::fence(now.wall, facts, tx),
            Route::Change(change, generation) => {
                let body = ed25519::hex(&Sha256::digest(request.body));
                let asked = Asked { change, body: &body, generation: *generation };
                change::submit(&self.settings, now.wall, facts, &asked, proof)
            }
            Route::Sessions => {
                let registrations = marked(registrations, request.instance);
                let devices = facts.devices.iter().map(|device| device.shown(now.wall)).collect();
                Decision::answer(Reply::json(200, &Sessions { registrations, portal: Vec::new(), devices }))
            }
            Route::EndSession(id) if registrations.iter().any(|row| row.id == *id) => {
                let audit = Write::Audit { what: "registration ended", detail: id.clone() };
                Decision { reply: no_content(), writes: vec![audit], end: Some(End::One(id.clone())) }
            }
            Route::EndSession(id) => end_device(facts, id, proof),
            Route::Guards => Decision::answer(Reply::json(200, &guards(&facts.account))),
            // What was signed is a file, and whoever keeps it gives it out: nothing is here.
            Route::OwnNotices => Decision::answer(Reply::refused(Urn::NotFound, "no notices to this account alone")),
            Route::SetGuards(wanted) => set_guards(&facts.account, wanted, proof),
            Route::Enrol(asked) => {
                match device::enrol(&self.settings, now, facts, asked, &proof.level, &mut self.dice) {
                    Some(device) => enrolled(now.wall, device),
                    None => Decision::answer(Reply::refused(Urn::Rate, "too many devices")),
                }
            }
        }
    }

    fn policy(&self, account: &Account) -> Reply {
        let policy = Policy {
            generation: account.generation,
            rules: self.settings.rules.clone(),
            secret_form: SecretForm::Ha1,
            must_change: account.must_change.map(MustChange::shown),
            not_after_max_s: u32::try_from(self.settings.not_after_max.as_secs()).unwrap_or(u32::MAX),
            changed_at: account.changed.map(Into::into),
        };
        Reply::json(200, &policy).with("ETag", etag(account.generation))
    }
}

/// The rows of whoever asks, by the instance that it says it has (RFC 5626 §4.1). That proves nothing, and need not: it
/// helps a telephone that has the password to find itself.
fn marked(mut rows: Vec<Registration>, instance: Option<&str>) -> Vec<Registration> {
    let Some(instance) = instance.filter(|text| !text.is_empty()) else { return rows };
    for row in &mut rows {
        row.own |= row.instance.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(instance));
    }
    rows
}

impl MustChange {
    fn shown(self) -> ShownMustChange {
        ShownMustChange { kind: self.urgency, deadline: self.deadline.map(Into::into) }
    }
}

fn credentials(request: &Request<'_>) -> Option<Credentials> {
    Auth::parse(request.authorization?).and_then(|auth| Credentials::from_auth(&auth))
}

/// The hashes that are taken: the present password's; with a known transaction, its old and its new one's too.
fn taken(facts: Option<&Facts>, known: Option<&Transaction>, hash: Hash, decoy: Secret<String>) -> Vec<Secret<String>> {
    let of = |hashes: &Hashes| hashes.get(hash).cloned();
    let present = facts.and_then(|facts| of(&facts.account.hashes));
    let mut all = vec![present.unwrap_or(decoy)];
    all.extend(known.into_iter().flat_map(|tx| [of(&tx.before), of(&tx.after)]).flatten());
    all
}

/// The level of an owner who knows the password. A signature that is there must be right.
fn signed_by(now: WallTime, request: &Request<'_>, given: &Credentials, facts: &Facts) -> Result<Level, ()> {
    let Some((id, signature)) = request.device.zip(request.signature) else { return Ok(Level::Password) };
    let device = facts.devices.iter().find(|device| device.id == id);
    let Some(device) = device.filter(|device| device.counts(now)) else { return Ok(Level::Password) };
    let signed = ed25519::Signed {
        method: request.method,
        path: request.path,
        body: request.body,
        tx: request.idempotency_key.unwrap_or_default(),
        generation: request.if_match.map(|etag| etag.trim_matches('"')).unwrap_or_default(),
        nonce: &given.nonce,
    };
    if ed25519::verify(&device.public, &signed, signature) { Ok(Level::Device(device.id.clone())) } else { Err(()) }
}

fn guards(account: &Account) -> Guards {
    let Some(json) = &account.guards else { return Guards::default() };
    // What cannot be read counts as the tightest: nothing loosens by accident.
    Guards::parse(json.as_bytes()).unwrap_or_else(|_| Guards {
        international: International::Deny,
        premium: false,
        max_concurrent: Some(0),
        night: Night::Deny,
        ..Guards::default()
    })
}

fn set_guards(account: &Account, wanted: &Guards, proof: &Proof) -> Decision {
    if proof.level == Level::Password && !wanted.is_at_most(&guards(account)) {
        return Decision::answer(change::second_factor());
    }
    let reply = Reply::json(200, wanted);
    let json = String::from_utf8_lossy(&reply.body).into_owned();
    let audit = Write::Audit { what: "guards set", detail: json.clone() };
    Decision { reply, writes: vec![Write::Guards(json), audit], end: None }
}

fn enrolled(now: WallTime, device: Device) -> Decision {
    let reply = Reply::json(201, &device.shown(now));
    let audit = Write::Audit { what: "device enrolled", detail: format!("{} {}", device.id, device.label) };
    Decision { reply, writes: vec![Write::Device(device), audit], end: None }
}

/// Ends a device's right to sign. A thief who has only the password must not be able to.
fn end_device(facts: &Facts, id: &str, proof: &Proof) -> Decision {
    if !facts.devices.iter().any(|device| device.id == id) {
        return Decision::answer(Reply::refused(Urn::NotFound, "no such session"));
    }
    if proof.level == Level::Password {
        return Decision::answer(change::second_factor());
    }
    let audit = Write::Audit { what: "device removed", detail: id.to_owned() };
    Decision { reply: no_content(), writes: vec![Write::RemoveDevice(id.to_owned()), audit], end: None }
}

const fn no_content() -> Reply {
    Reply { status: 204, headers: Vec::new(), kind: crate::provider_api::JSON, body: Vec::new() }
}
