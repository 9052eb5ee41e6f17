//! Where nothing is under way (states 0, 1, 2, 20 to 24), and what is found at the start.

use std::time::Duration;

use super::begin::begin;
use super::input::{Boot, Input, Person};
use super::machine::{Context, Foreign, Proven};
use super::output::{Event, Output};
use super::probing::Probing;
use super::settling::{Settling, Then};
use super::state::{Fate, Old, Open, Rechecked, State, Wish};
use super::status::{Abort, Need, OldPassword, Status, Why};
use super::submitting::Asking;
use super::txn::{Kind, Txn, Unreadable};

/// When it is looked at again after neither password worked: a request that was late may have arrived in between.
const RECHECK: Duration = Duration::from_mins(10);

/// 2: put off.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Later {
    pub(super) left: Duration,
    pub(super) why: Why,
    /// What goes on then; none: the notice comes back.
    pub(super) wish: Option<Wish>,
}

/// 20: only the person can go on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct NeedsUser {
    pub(super) open: Option<Open>,
    pub(super) need: Need,
    pub(super) recheck: Option<Duration>,
}

/// 21: the person is at the provider's page, or has gone to bed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Browsing {
    pub(super) open: Open,
    pub(super) not_yet: bool,
}

/// 23, 24: over, and to be seen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Ended {
    /// 23.
    Aborted(Abort),
    /// 24.
    Done(OldPassword),
}

/// What vault and journal held decides where to go on. The keyring is believed; where the journal is silent, the worst.
pub(super) fn boot(cx: &mut Context<'_>, boot: &Boot) -> State {
    cx.facts.active.clone_from(&boot.active);
    cx.facts.place = boot.place;
    cx.facts.budget = super::budget::Budget::restored(boot.journal.spent);
    cx.facts.notice.clone_from(&boot.journal.notice);
    cx.facts.phase = boot.journal.phase;
    cx.facts.tx.clone_from(&boot.journal.tx);
    match boot.attic() {
        None => {}
        Some(Ok(attic)) => {
            cx.facts.stored = Some(attic.clone());
            cx.facts.attic = attic;
        }
        Some(Err(error)) => {
            cx.facts.stored = None;
            unreadable(cx, error);
        }
    }
    match boot.txn() {
        None => State::Idle,
        Some(Err(error)) => {
            // Damage can only come from a write that failed, and nothing is sent before a write was read back.
            unreadable(cx, error);
            State::Idle
        }
        Some(Ok(txn)) => resume(cx, boot, txn),
    }
}

fn unreadable(cx: &mut Context<'_>, error: Unreadable) {
    cx.log(Event::KeyringFailed(crate::port::vault::VaultError::Corrupt));
    match error {
        Unreadable::Damaged => {}
        Unreadable::Newer(_) => cx.facts.foreign = Foreign::Yes,
    }
}

/// A change was open when the program ended.
fn resume(cx: &mut Context<'_>, boot: &Boot, txn: Txn) -> State {
    if boot.active.as_ref() == Some(&txn.new) {
        return Settling::tidy(cx);
    }
    if boot.journal.proves_unsent(&txn.tx) {
        return Settling::forget_unsent(cx, Then::Idle);
    }
    let open = Open::found(txn);
    match (open.txn.kind, &boot.active) {
        // It was being tried when the program ended, and may have been accepted.
        (Kind::Portal, Some(_)) if boot.journal.spent > 0 => Probing::resume(cx, open),
        // The line signs in with the old one as at any start: if that is refused, the new one is tried (R8).
        (Kind::Portal, Some(_)) => State::Browsing(Browsing { open, not_yet: false }),
        (Kind::Portal, None) => Probing::new_only(cx, open),
        (Kind::Api, _) => {
            cx.facts.proven = Proven::Unsure;
            Asking::enter(cx, open)
        }
    }
}

/// 0.
pub(super) fn idle(cx: &mut Context<'_>, input: Input) -> State {
    match input {
        Input::Person(person) => rested(cx, person).unwrap_or(State::Idle),
        Input::ActiveRefused(_) => Probing::repair(cx).unwrap_or(State::Idle),
        Input::Clocks { provider, ours } => {
            let before = cx.facts.attic.clone();
            cx.facts.attic.keep_until(provider, ours);
            if cx.facts.attic == before { State::Idle } else { Settling::attic(cx) }
        }
        Input::Boot(_)
        | Input::Demand(_)
        | Input::Vault(_)
        | Input::Journal(..)
        | Input::Policy(_)
        | Input::Submit(_)
        | Input::Tx(_)
        | Input::Probe(_)
        | Input::LineRefused(_)
        | Input::Timeout => State::Idle,
    }
}

/// What the person can do wherever nothing is open.
fn rested(cx: &mut Context<'_>, person: Person) -> Option<State> {
    match person {
        Person::Begin { kind, notice } => Some(begin(cx, Wish { kind, notice, silent: 0 })),
        Person::Current(secret) => Some(Probing::given(cx, None, secret)),
        Person::Snooze(left) if cx.facts.can_wait() => Some(Later::asked(left)),
        Person::Finish => Some(State::Idle),
        Person::TestOld => Probing::retest(cx),
        Person::Choose { .. }
        | Person::Proof(_)
        | Person::TryAgain(_)
        | Person::Snooze(_)
        | Person::ChangedIt
        | Person::ShowAgain
        | Person::Cancel => None,
    }
}

impl Later {
    /// The person said "not now", for so long.
    pub(super) const fn asked(left: Duration) -> State {
        State::Later(Later { left, why: Why::Asked, wish: None })
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Person(Person::Cancel) => State::Idle,
            Input::Person(person) => rested(cx, person).unwrap_or(State::Later(self)),
            Input::ActiveRefused(_) => Probing::repair(cx).unwrap_or(State::Later(self)),
            // The deadline has passed, or the provider insists: it cannot be put off any more.
            Input::Demand(_) | Input::Clocks { .. } if self.wish.is_none() && !cx.facts.can_wait() => State::Idle,
            Input::Boot(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Later(self),
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        match self.wish {
            Some(wish) => begin(cx, wish),
            None => State::Idle,
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::Deferred { left: self.left, why: self.why }
    }
}

impl NeedsUser {
    pub(super) fn enter(open: Option<Open>, need: Need) -> State {
        let again = |open: &Open| {
            open.txn.kind == Kind::Api
                && matches!(open.fate, Fate::Open | Fate::Applied)
                && open.rechecked == Rechecked::No
        };
        let recheck = open.as_ref().is_some_and(again).then_some(RECHECK);
        State::NeedsUser(NeedsUser { open, need, recheck })
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Person(Person::Current(secret)) => Probing::given(cx, self.open, secret),
            Input::Person(Person::TryAgain(_)) => self.look_again(cx),
            Input::Person(Person::Begin { kind, notice }) => match self.open {
                // The person goes to the provider's page; the new password is the one that is already safe (R7).
                Some(open) => {
                    cx.ask(Output::Show(open.txn.new.clone()));
                    State::Browsing(Browsing { open, not_yet: false })
                }
                None => begin(cx, Wish { kind, notice, silent: 0 }),
            },
            Input::Person(Person::Cancel | Person::Finish) => match &self.open {
                Some(open) if open.old == Old::Good => Settling::shelve(cx, open.clone(), Then::Idle),
                // The line does not work: closing the sheet does not change that, and it is looked at again.
                Some(_) => State::NeedsUser(self),
                None => State::Idle,
            },
            Input::ActiveRefused(_) if self.open.is_none() => Probing::repair(cx).unwrap_or(State::NeedsUser(self)),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::ActiveRefused(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::NeedsUser(self),
        }
    }

    fn look_again(self, cx: &mut Context<'_>) -> State {
        match self.open {
            Some(open) if open.txn.kind == Kind::Api => Asking::enter(cx, open),
            Some(open) => Probing::new_first(cx, open),
            None => match cx.facts.active.clone() {
                Some(active) => Probing::given(cx, None, active),
                None => State::NeedsUser(NeedsUser { open: None, ..self }),
            },
        }
    }

    pub(super) fn due(mut self, cx: &mut Context<'_>) -> State {
        if let Some(open) = &mut self.open {
            open.rechecked = Rechecked::Yes;
        }
        self.look_again(cx)
    }

    pub(super) const fn status(&self) -> Status {
        Status::NeedsUser(self.need)
    }
}

impl Browsing {
    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Person(Person::ChangedIt) => Probing::new_first(cx, self.open),
            Input::Person(Person::Current(secret)) => Probing::given(cx, Some(self.open), secret),
            Input::Person(Person::ShowAgain) => {
                cx.ask(Output::Show(self.open.txn.new.clone()));
                State::Browsing(self)
            }
            Input::Person(Person::Cancel) => Settling::shelve(cx, self.open, Then::Aborted(Abort::Kept)),
            // The line was told that the old one is wrong: the person has changed it, and has not said so (R8).
            Input::ActiveRefused(_) => Probing::new_only(cx, Open { old: Old::Refused, ..self.open }),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Browsing(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::Browser { not_yet: self.not_yet }
    }
}

impl Ended {
    /// 24.
    pub(super) fn done(cx: &mut Context<'_>, old: OldPassword) -> State {
        cx.log(Event::Finished(old));
        State::Ended(Ended::Done(old))
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Person(person) => rested(cx, person).unwrap_or(State::Ended(self)),
            Input::ActiveRefused(_) => Probing::repair(cx).unwrap_or(State::Ended(self)),
            Input::Boot(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Ended(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        match self {
            Ended::Aborted(why) => Status::Aborted(*why),
            Ended::Done(old) => Status::Done { old: *old },
        }
    }
}
