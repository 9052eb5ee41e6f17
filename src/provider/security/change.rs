//! The password change, decided in one go: the answer and every write that belongs to it, to be done together or not
//! at all.
//!
//! ```text
//!   transaction known? ── other body ──────────► 409 tx-mismatch
//!     │          └─ its stored answer: 200 applied, 202 pending, 410 cancelled, 4xx rejected
//!     │ no (and it must be the present password that was proven)
//!   proof enough? ── no ───────────────────────► 403 second-factor     not recorded: a better proof may follow
//!   now before not_after? ── no ───────────────► 410 tx-expired        recorded as rejected
//!   If-Match is the generation? ── no ─────────► 412 generation        recorded
//!   secret good? ── no ────────────────────────► 422 policy            recorded
//!   proof without delay? ── no ────────────────► 202 pending           done later by [`due`]
//!   credential, generation + 1, tx = applied ──► 200 applied
//! ```
//!
//! Replay comes before If-Match and before the secret check: a retry after success would otherwise be told a misleading
//! 412 or 401. Every refusal that is recorded stays one: a copy of the request that arrives later changes nothing.

use std::time::Duration;

use super::account::{Facts, Hashes};
use super::desk::{Decision, End, Proof, Write};
use super::policy::{METHODS, NewSecret, Settings};
use super::reply::Reply;
use super::transaction::{Flush, Refusal, State, Transaction};
use crate::base::WallTime;
use crate::provider_api::changes::{Calls, ChangeRequest, ChangeState, Generator, Target, Whose};
use crate::provider_api::secret::{Credential, Ha1Algorithm};
use crate::provider_api::{Problem, Rules, TxId, Urn};
use crate::sip::digest::Hash;

/// One request for a change, with what stands around its body.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The body.
    pub change: &'a ChangeRequest,
    /// SHA-256 of its bytes, in hexadecimal.
    pub body: &'a str,
    /// The generation of `If-Match`.
    pub generation: u64,
}

/// Decides `POST changes`.
#[must_use]
pub fn submit(settings: &Settings, now: WallTime, facts: &Facts, asked: &Asked<'_>, proof: &Proof) -> Decision {
    if let Some(known) = &facts.transaction {
        return Decision::answer(replay(settings, facts, known, asked));
    }
    if !proof.present {
        // Proven by a password of a transaction that has been forgotten since.
        return Decision::answer(Reply::refused(Urn::Auth, "not the present password"));
    }
    if let Some(what) = unsupported(settings, asked.change) {
        return Decision::answer(Reply::refused(Urn::NotSupported, what));
    }
    let Some(delay) = settings.delay(&proof.level) else {
        return Decision::answer(second_factor());
    };
    let record = |state| record(now, facts, asked, state);
    let last = WallTime(now.0.saturating_add(millis(settings.not_after_max)));
    if now >= asked.change.not_after.0 || asked.change.not_after.0 > last {
        return refuse(settings, facts, record(State::Pending), Refusal::Late);
    }
    if asked.generation != facts.account.generation {
        return refuse(settings, facts, record(State::Pending), Refusal::Generation);
    }
    let secret = match new_secret(settings, facts, asked.change) {
        Ok(secret) => secret,
        Err(Urn::Policy) => return refuse(settings, facts, record(State::Pending), Refusal::Rules),
        Err(urn) => return Decision::answer(Reply::refused(urn, "the secret cannot be used here")),
    };
    let after = secret.hashes.only(&settings.kept);
    let due = WallTime(now.0.saturating_add(millis(delay)));
    if delay > Duration::ZERO {
        if due >= asked.change.not_after.0 {
            return refuse(settings, facts, record(State::Pending), Refusal::Late);
        }
        let pending = Transaction { after, due: Some(due), ..record(State::Pending) };
        let reply = Reply::change(&asked.change.tx, ChangeState::Pending, None).retry_after(delay);
        let told = Write::Audit { what: "change pending", detail: format!("{} by {}", pending.tx, proof.level_name()) };
        return Decision { reply, writes: vec![Write::Transaction(pending), told], end: None };
    }
    let applied = Transaction { after, ..record(State::Applied) };
    apply(now, facts, applied, secret, proof.level_name())
}

/// Does a pending change whose time has come: `None` if there is nothing to do (any more).
#[must_use]
pub fn due(settings: &Settings, now: WallTime, facts: &Facts) -> Option<Decision> {
    let pending =
        facts.transaction.clone().filter(|t| t.state == State::Pending && t.due.is_some_and(|due| due <= now));
    let pending = Transaction { at: now, due: None, ..pending? };
    if pending.generation != facts.account.generation {
        return Some(refuse(settings, facts, pending, Refusal::Generation));
    }
    let secret = NewSecret { hashes: pending.after.clone(), plain: None };
    Some(apply(now, facts, Transaction { state: State::Applied, ..pending }, secret, "the delay is over"))
}

/// What is asked and cannot be done here. Better said than half done.
fn unsupported(settings: &Settings, change: &ChangeRequest) -> Option<&'static str> {
    if change.target != Target::Sip {
        return Some("only the line password is changed here");
    }
    if change.generation != Generator::Client {
        return Some("the phone makes the password up");
    }
    if change.terminate.calls != Calls::None {
        return Some("calls are not ended here");
    }
    // The website is the provider's own: this program neither knows its logins nor lists any.
    if change.terminate.tokens != Whose::None {
        return Some("logins to the website are not ended here");
    }
    let ends = change.terminate.registrations == Whose::Others;
    (ends && !settings.ends_registrations).then_some("registrations are not ended here")
}

/// Decides `GET changes/{tx}`.
#[must_use]
pub fn query(facts: &Facts, tx: &TxId) -> Reply {
    facts.transaction.as_ref().map_or_else(|| Reply::change(tx, ChangeState::Unknown, None), told)
}

/// Decides `DELETE changes/{tx}`: never to be done, even if it comes later; unless it has been done.
#[must_use]
pub fn fence(now: WallTime, facts: &Facts, tx: &TxId) -> Decision {
    let tombstone = match &facts.transaction {
        Some(known) if known.state != State::Pending => return Decision::answer(told(known)),
        Some(pending) => Transaction {
            state: State::Cancelled,
            after: Hashes::default(),
            due: None,
            flush: None,
            at: now,
            ..pending.clone()
        },
        None => Transaction {
            tx: tx.clone(),
            state: State::Cancelled,
            body: None,
            generation: facts.account.generation,
            before: Hashes::default(),
            after: Hashes::default(),
            due: None,
            at: now,
            flush: None,
        },
    };
    let reply = told(&tombstone);
    let audit = Write::Audit { what: "change fenced", detail: tombstone.tx.to_string() };
    Decision { reply, writes: vec![Write::Transaction(tombstone), audit], end: None }
}

/// The state of a known transaction, for whoever asks.
fn told(known: &Transaction) -> Reply {
    let (state, generation) = match known.state {
        State::Pending => (ChangeState::Pending, None),
        State::Applied => (ChangeState::Applied, Some(known.generation)),
        State::Cancelled => (ChangeState::Cancelled, None),
        State::Rejected(_) => (ChangeState::Rejected, None),
    };
    Reply { status: 200, ..Reply::change(&known.tx, state, generation) }
}

/// The stored answer, for the same request again.
fn replay(settings: &Settings, facts: &Facts, known: &Transaction, asked: &Asked<'_>) -> Reply {
    let tx = &known.tx;
    if known.body.as_deref().is_some_and(|body| body != asked.body) {
        return Reply::refused(Urn::TxMismatch, "this transaction had another body before");
    }
    match known.state {
        State::Pending => Reply::change(tx, ChangeState::Pending, None),
        State::Applied => Reply::change(tx, ChangeState::Applied, Some(known.generation)),
        State::Cancelled => expired(ChangeState::Cancelled),
        State::Rejected(refusal) => refused(settings, facts, refusal),
    }
}

fn refused(settings: &Settings, facts: &Facts, refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Late => expired(ChangeState::Rejected),
        Refusal::Generation => {
            let generation = Some(facts.account.generation);
            Reply::problem(&Problem { generation, ..Problem::new(Urn::Generation) })
        }
        Refusal::Rules => {
            let rules = Some(settings.rules.clone());
            Reply::problem(&Problem { rules, ..Problem::new(Urn::Policy) })
        }
    }
}

fn expired(state: ChangeState) -> Reply {
    Reply::problem(&Problem { state: Some(state), ..Problem::new(Urn::TxExpired) })
}

/// The answer to a proof that is not enough.
#[must_use]
pub fn second_factor() -> Reply {
    let methods = METHODS.iter().map(|&method| method.to_owned()).collect();
    Reply::problem(&Problem { methods, ..Problem::new(Urn::SecondFactor) })
}

/// Refuses for good, and remembers it.
fn refuse(settings: &Settings, facts: &Facts, asked: Transaction, refusal: Refusal) -> Decision {
    let state = State::Rejected(refusal);
    let rejected = Transaction { state, after: Hashes::default(), due: None, flush: None, ..asked };
    let audit = Write::Audit { what: "change refused", detail: format!("{} {}", rejected.tx, state.code()) };
    let reply = refused(settings, facts, refusal);
    Decision { reply, writes: vec![Write::Transaction(rejected), audit], end: None }
}

/// All writes of a change that is done.
fn apply(now: WallTime, facts: &Facts, applied: Transaction, secret: NewSecret, by: &str) -> Decision {
    let generation = facts.account.generation.saturating_add(1);
    let applied = Transaction { generation, ..applied };
    let reply = told(&applied);
    let end = applied.flush.clone().map(End::Others);
    let audit =
        Write::Audit { what: "password changed", detail: format!("{} by {by}, generation {generation}", applied.tx) };
    let mut writes = vec![Write::Credential { secret, generation, at: now }, Write::Transaction(applied), audit];
    if facts.account.must_change.is_some() {
        writes.push(Write::MustChange(None));
    }
    Decision { reply, writes, end }
}

fn record(now: WallTime, facts: &Facts, asked: &Asked<'_>, state: State) -> Transaction {
    let terminate = &asked.change.terminate;
    let flush =
        (terminate.registrations == Whose::Others).then(|| Flush { keep: terminate.keep.clone().unwrap_or_default() });
    Transaction {
        tx: asked.change.tx.clone(),
        state,
        body: Some(asked.body.to_owned()),
        generation: facts.account.generation,
        before: facts.account.hashes.clone(),
        after: Hashes::default(),
        due: None,
        at: now,
        flush,
    }
}

/// What the new password hashes to, if it is a good one.
fn new_secret(settings: &Settings, facts: &Facts, change: &ChangeRequest) -> Result<NewSecret, Urn> {
    let secret = match change.secret.as_ref().ok_or(Urn::BadRequest)? {
        Credential::Plain(plain) => {
            let text = plain.expose("it is held against the rules");
            let rules = Rules::parse(&settings.rules).map_err(|_| Urn::Maintenance)?;
            if rules.check(text).is_err() {
                return Err(Urn::Policy);
            }
            let hashes = Hashes::of(&facts.account.user, &settings.realm, plain);
            NewSecret { hashes, plain: Some(plain.clone()) }
        }
        Credential::Ha1 { realm, .. } if *realm != settings.realm => return Err(Urn::RealmChanged),
        Credential::Ha1 { hashes, .. } => {
            let with = |all: Hashes, (algorithm, hash): (&Ha1Algorithm, &crate::base::Secret<String>)| {
                all.with(hash_of(*algorithm), hash.expose("it goes to where the SIP server reads it"))
            };
            NewSecret { hashes: hashes.iter().fold(Hashes::default(), with), plain: None }
        }
    };
    let complete = settings.kept.iter().all(|hash| secret.hashes.get(*hash).is_some());
    // The old password again is no change, and the one thing that a thief may know.
    if complete && !secret.hashes.same_password(&facts.account.hashes) { Ok(secret) } else { Err(Urn::Policy) }
}

const fn hash_of(algorithm: Ha1Algorithm) -> Hash {
    match algorithm {
        Ha1Algorithm::Md5 => Hash::Md5,
        Ha1Algorithm::Sha256 => Hash::Sha256,
        Ha1Algorithm::Sha512_256 => Hash::Sha512_256,
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
