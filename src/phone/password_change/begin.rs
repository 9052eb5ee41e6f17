//! Before anything is at stake (states 3, 4, 5): does the keyring work, what does the provider say, which password?
//! Nothing has left this computer, and everything can be cancelled.

use super::input::{Input, Person, Place, PolicyAnswer, VaultAnswer};
use super::journal::Phase;
use super::machine::{Context, Foreign, person};
use super::output::{Event, Order, Output};
use super::probing::Probing;
use super::resting::{Later, NeedsUser};
use super::settling::{Settling, Then};
use super::staging::Staging;
use super::state::{MAX_SILENT, Open, State, Wish, soon};
use super::status::{Need, Status, Why};
use super::txn::{Kind, Txn};
use crate::base::Secret;
use crate::port::vault::VaultError;

/// 3: looking at the keyring, then at the provider.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Checking {
    wish: Wish,
    /// The keyring does not answer: waiting for it.
    stuck: bool,
}

/// 4: the keyring does not do it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct NoKeyring {
    wish: Wish,
    error: VaultError,
}

/// 5, 16: a new password is to be chosen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Choosing {
    wish: Wish,
    generation: Option<u64>,
    /// The one before was refused.
    refused: bool,
}

/// 4, memory only: has the person saved it elsewhere?
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Proving {
    pub(super) txn: Txn,
    wrong: bool,
}

/// How much of the saved copy is asked for.
const PROOF: usize = 4;

/// 3: the person wants it.
pub(super) fn begin(cx: &mut Context<'_>, wish: Wish) -> State {
    // Asking a silent provider again begins nothing new.
    if wish.silent == 0 {
        cx.log(Event::Began);
    }
    if cx.facts.foreign == Foreign::Yes {
        let error = VaultError::Other("a newer Ringfence has written there".to_owned());
        return no_keyring(cx, wish, error);
    }
    match cx.facts.place {
        Place::Durable => {
            cx.ask(Output::Vault(Order::Check));
            State::Checking(Checking { wish, stuck: false })
        }
        Place::Session => checked(cx, wish),
    }
}

fn no_keyring(cx: &mut Context<'_>, wish: Wish, error: VaultError) -> State {
    cx.log(Event::KeyringFailed(error.clone()));
    State::NoKeyring(NoKeyring { wish, error })
}

/// The keyring works: now the provider.
fn checked(cx: &mut Context<'_>, wish: Wish) -> State {
    match wish.kind {
        Kind::Api => {
            cx.ask(Output::AskPolicy);
            State::Checking(Checking { wish, stuck: false })
        }
        Kind::Portal => choose(cx, wish, None),
    }
}

/// 5: a change of this kind that is still open is taken up again (R7); else a new password is wanted.
fn choose(cx: &mut Context<'_>, wish: Wish, generation: Option<u64>) -> State {
    cx.facts.notice.clone_from(&wish.notice);
    match cx.facts.attic.open(wish.kind) {
        // It may have been sent: nothing may take that for granted, so it does not count as fresh.
        Some(txn) if !is_too_late(cx, &txn) => Staging::enter(cx, Open { attempts: 0, ..Open::found(txn) }),
        Some(txn) => {
            // By a clock only: it is kept, in case the line needs it (R8).
            cx.facts.attic.supersede(txn.new);
            ask_for_password(cx, wish, generation, false)
        }
        None => ask_for_password(cx, wish, generation, false),
    }
}

/// Whether the provider would only say that it is too late for this one. The generation is still the one that it was
/// for, so that it was not applied either.
fn is_too_late(cx: &Context<'_>, txn: &Txn) -> bool {
    txn.kind == Kind::Api && cx.facts.has_passed(txn.not_after)
}

/// 5, and 16 with `refused`.
pub(super) fn ask_for_password(cx: &mut Context<'_>, wish: Wish, generation: Option<u64>, refused: bool) -> State {
    cx.ask(Output::Choose);
    State::Choosing(Choosing { wish, generation, refused })
}

impl Checking {
    pub(super) fn handle(mut self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Vault(VaultAnswer::Done) => checked(cx, self.wish),
            Input::Vault(VaultAnswer::Failed(error)) => no_keyring(cx, self.wish, error),
            Input::Vault(VaultAnswer::Stuck) => {
                self.stuck = true;
                State::Checking(self)
            }
            Input::Policy(answer) => self.on_policy(cx, answer),
            Input::Person(Person::Cancel) => State::Idle,
            Input::ActiveRefused(_) => Probing::repair(cx).unwrap_or(State::Checking(self)),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Journal(..)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Checking(self),
        }
    }

    fn on_policy(self, cx: &mut Context<'_>, answer: PolicyAnswer) -> State {
        match answer {
            PolicyAnswer::Known { generation } => {
                // Whatever was sent for an older generation will not be applied any more.
                cx.facts.attic.settle_before(generation);
                choose(cx, Wish { silent: 0, ..self.wish }, Some(generation))
            }
            PolicyAnswer::Absent => choose(cx, Wish { kind: Kind::Portal, silent: 0, ..self.wish }, None),
            PolicyAnswer::Unreachable { retry_after } => {
                let left = soon(self.wish.silent, retry_after);
                let silent = self.wish.silent.saturating_add(1).min(MAX_SILENT);
                State::Later(Later { left, why: Why::Provider, wish: Some(Wish { silent, ..self.wish }) })
            }
            // Changed elsewhere? The registrar decides.
            PolicyAnswer::WrongPassword => {
                cx.log(Event::NotAllowed);
                Probing::doubt(cx)
            }
            PolicyAnswer::Refused => {
                cx.log(Event::NotAllowed);
                State::NeedsUser(NeedsUser { open: None, need: Need::NotAllowed, recheck: None })
            }
        }
    }

    pub(super) fn status(&self) -> Status {
        if self.stuck { Status::KeyringUnavailable(VaultError::Stuck) } else { Status::Preflight }
    }
}

impl NoKeyring {
    pub(super) fn enter(cx: &mut Context<'_>, wish: Wish, error: VaultError) -> State {
        no_keyring(cx, wish, error)
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        if matches!(input, Input::ActiveRefused(_)) {
            return Probing::repair(cx).unwrap_or(State::NoKeyring(self));
        }
        match person(input) {
            Some(Person::TryAgain(place)) => {
                cx.facts.place = place;
                begin(cx, self.wish)
            }
            Some(Person::Cancel) => State::Idle,
            Some(
                Person::Begin { .. }
                | Person::Choose { .. }
                | Person::Proof(_)
                | Person::Snooze(_)
                | Person::ChangedIt
                | Person::Current(_)
                | Person::ShowAgain
                | Person::Finish
                | Person::TestOld,
            )
            | None => State::NoKeyring(self),
        }
    }

    pub(super) fn status(&self) -> Status {
        Status::KeyringUnavailable(self.error.clone())
    }
}

impl Choosing {
    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        if matches!(input, Input::ActiveRefused(_)) {
            return Probing::repair(cx).unwrap_or(State::Choosing(self));
        }
        match person(input) {
            Some(Person::Choose { tx, new, created, not_after }) => {
                if cx.facts.active.as_ref() == Some(&new) {
                    return ask_for_password(cx, self.wish, self.generation, true);
                }
                let kind = self.wish.kind;
                let txn = Txn { tx, new, generation: self.generation, created, not_after, kind };
                match cx.facts.place {
                    Place::Durable => Staging::enter(cx, Open::fresh(txn)),
                    Place::Session => State::Proving(Proving { txn, wrong: false }),
                }
            }
            // An attempt before this one may have left its password in the keyring, unsent.
            Some(Person::Cancel) if cx.facts.phase == Phase::Staged => Settling::forget_unsent(cx, Then::Idle),
            Some(Person::Cancel) => State::Idle,
            Some(Person::Snooze(left)) if cx.facts.can_wait() => match cx.facts.phase {
                Phase::Staged => Settling::forget_unsent(cx, Then::Later(left)),
                Phase::Closed | Phase::Submitted | Phase::Unknown => Later::asked(left),
            },
            Some(
                Person::Begin { .. }
                | Person::Proof(_)
                | Person::TryAgain(_)
                | Person::Snooze(_)
                | Person::ChangedIt
                | Person::Current(_)
                | Person::ShowAgain
                | Person::Finish
                | Person::TestOld,
            )
            | None => State::Choosing(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::Choosing { refused: self.refused }
    }
}

impl Proving {
    pub(super) fn handle(mut self, cx: &mut Context<'_>, input: Input) -> State {
        if matches!(input, Input::ActiveRefused(_)) {
            return Probing::repair(cx).unwrap_or(State::Proving(self));
        }
        match person(input) {
            Some(Person::Proof(proof)) if proves(&proof, &self.txn.new) => Staging::enter(cx, Open::fresh(self.txn)),
            Some(Person::Proof(_)) => {
                self.wrong = true;
                State::Proving(self)
            }
            Some(Person::Cancel) => State::Idle,
            Some(
                Person::Begin { .. }
                | Person::Choose { .. }
                | Person::TryAgain(_)
                | Person::Snooze(_)
                | Person::ChangedIt
                | Person::Current(_)
                | Person::ShowAgain
                | Person::Finish
                | Person::TestOld,
            )
            | None => State::Proving(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::ProveCopy { wrong: self.wrong }
    }
}

/// Whether `proof` is the end of `new`.
fn proves(proof: &Secret<String>, new: &Secret<String>) -> bool {
    let proof = proof.expose("compared with the end of the new one");
    let new = new.expose("its end is compared");
    proof.chars().count() == PROOF.min(new.chars().count()) && new.ends_with(proof.as_str())
}
