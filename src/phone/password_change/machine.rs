//! The transaction itself: facts, a state, and [`Machine::step`]. It knows no clock: it is told how much time has
//! passed, so that no clock that jumps can move it, and that two machines in the same situation are equal, which is
//! what the exhaustive exploration lives on.

use std::time::Duration;

use super::attic::Attic;
use super::budget::Budget;
use super::input::{Demand, Input, Level, Person, Place};
use super::journal::{Journal, Phase};
use super::output::{Entry, Event, Order, Output};
use super::probing::Probing;
use super::resting::{Later, NeedsUser};
use super::saves::Saves;
use super::state::State;
use super::status::Status;
use super::txn::{Kind, Txn};
use crate::base::{Secret, WallTime};
use crate::provider_api::{NoticeId, TxId};

/// The password change of one account.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Machine {
    facts: Facts,
    state: State,
    /// What is left of the state's wait after the last step.
    timeout: Option<Duration>,
}

/// What is known whatever the state.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Facts {
    /// The password in use: proven, or what the keyring held at the start.
    pub(super) active: Option<Secret<String>>,
    /// What the attic shall hold.
    pub(super) attic: Attic,
    /// What it holds in the keyring, if that is known.
    pub(super) stored: Option<Attic>,
    /// Wrong attempts (I6).
    pub(super) budget: Budget,
    /// Where secrets are kept.
    pub(super) place: Place,
    /// Whether the keyring holds an entry of a newer Ringfence: then nothing is begun.
    pub(super) foreign: Foreign,
    /// How far the disk believes that we are.
    pub(super) phase: Phase,
    /// Which change that is about.
    pub(super) tx: Option<TxId>,
    /// What the disk has not acknowledged yet.
    pub(super) saves: Saves,
    /// The notice that asked for the change.
    pub(super) notice: Option<NoticeId>,
    /// What a verified notice wants.
    pub(super) demand: Option<Demand>,
    /// The latest time that the provider was heard to say: its clock shows at least this.
    pub(super) provider_time: Option<WallTime>,
    /// What is known of the password in use.
    pub(super) proven: Proven,
}

/// Whether an entry of a newer Ringfence was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Foreign {
    /// No.
    No,
    /// Yes.
    Yes,
}

/// What is known of the password in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Proven {
    /// A change was open at the start, and nothing was accepted since.
    Unsure,
    /// It is believed right, as at any other start.
    Yes,
    /// The registrar has refused it, and accepted nothing since.
    Refused,
}

/// What an input is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Meant {
    /// The state that there is now.
    Now,
    /// None: one that was given up, or what only the facts hear of.
    Before,
}

/// What a transition may use: the facts, and where outputs go.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) facts: &'a mut Facts,
    out: &'a mut Vec<Output>,
}

impl Context<'_> {
    /// Asks for something.
    pub(super) fn ask(&mut self, output: Output) {
        self.out.push(output);
    }

    /// Tells the event log.
    pub(super) fn log(&mut self, event: Event) {
        self.out.push(Output::Log(event));
    }

    /// Asks the vault to write the entry of an open change.
    pub(super) fn put_txn(&mut self, txn: &Txn) {
        self.ask(Output::Vault(Order::Put(Entry::Txn, txn.to_line())));
    }

    /// Asks the disk to remember how far we are.
    pub(super) fn save(&mut self, phase: Phase, tx: Option<TxId>) {
        self.facts.phase = phase;
        self.facts.tx = tx;
        self.save_budget();
    }

    /// Asks the disk to remember how far we are, once more, with the budget as it is now.
    pub(super) fn save_budget(&mut self) {
        let facts = &self.facts;
        let journal = Journal {
            phase: facts.phase,
            tx: facts.tx.clone(),
            spent: facts.budget.spent(),
            notice: facts.notice.clone(),
        };
        let number = self.facts.saves.next();
        self.ask(Output::Journal(number, journal));
    }
}

impl Facts {
    /// Whether the provider's clock has passed `at`.
    pub(super) fn has_passed(&self, at: Option<WallTime>) -> bool {
        at.zip(self.provider_time).is_some_and(|(at, heard)| heard > at)
    }

    /// Whether "not now" exists.
    pub(super) fn can_wait(&self) -> bool {
        self.demand.as_ref().is_none_or(|demand| match demand.level {
            Level::Advise => true,
            Level::Require => !self.has_passed(demand.deadline),
            Level::Enforced => false,
        })
    }

    fn idle_status(&self) -> Status {
        match &self.demand {
            None => Status::Idle,
            Some(Demand { level: Level::Enforced, .. }) => Status::Restricted,
            Some(Demand { level: Level::Advise | Level::Require, .. }) => {
                Status::Notified { can_wait: self.can_wait() }
            }
        }
    }
}

impl Machine {
    /// A machine that waits for [`Input::Boot`].
    #[must_use]
    pub fn new() -> Machine {
        let facts = Facts {
            active: None,
            attic: Attic::default(),
            stored: Some(Attic::default()),
            budget: Budget::default(),
            place: Place::Durable,
            foreign: Foreign::No,
            phase: Phase::Closed,
            tx: None,
            saves: Saves::default(),
            notice: None,
            demand: None,
            provider_time: None,
            proven: Proven::Yes,
        };
        Machine { facts, state: State::Starting, timeout: None }
    }

    /// So much time has passed, counted by the monotonic clock, time asleep included, and then this happened.
    #[must_use = "a machine asks for things: perform them"]
    pub fn step(&mut self, passed: Duration, input: Input) -> Vec<Output> {
        let mut out = Vec::new();
        self.facts.budget.pass(passed);
        if let Some(left) = self.state.left() {
            *left = left.saturating_sub(passed);
        }
        if self.note(&input) == Meant::Now {
            self.transit(&mut out, |state, cx| state.handle(cx, input));
        }
        // What has become due is done, whatever the input was: after a sleep timers are late.
        if self.state.left().is_some_and(|left| left.is_zero()) {
            self.transit(&mut out, State::due);
        }
        self.timeout = self.state.left().copied();
        out
    }

    /// When the machine wants [`Input::Timeout`]: from now.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// What the machine learns in every state, and whether the state has to hear of it.
    fn note(&mut self, input: &Input) -> Meant {
        if let Input::Demand(demand) = input {
            self.facts.demand.clone_from(demand);
        }
        if let Input::Clocks { provider, .. } = input {
            // Only ever later: a clock that was set back makes nothing young again.
            self.facts.provider_time = self.facts.provider_time.max(Some(*provider));
        }
        if let Input::ActiveRefused(times) | Input::LineRefused(times) = input {
            for _ in 0..*times {
                self.facts.budget.line_refused();
            }
        }
        if let Input::ActiveRefused(_) = input {
            self.facts.proven = Proven::Refused;
        }
        match input {
            Input::Journal(number, _) if !self.facts.saves.acknowledged(*number) => Meant::Before,
            Input::LineRefused(_) => Meant::Before,
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
            | Input::Timeout => Meant::Now,
        }
    }

    fn transit(&mut self, out: &mut Vec<Output>, step: impl FnOnce(State, &mut Context<'_>) -> State) {
        let state = std::mem::replace(&mut self.state, State::Starting);
        self.state = step(state, &mut Context { facts: &mut self.facts, out });
    }

    /// Where it is.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.state {
            State::Starting => Status::Starting,
            State::Idle => self.facts.idle_status(),
            State::Later(state) => state.status(),
            State::Checking(state) => state.status(),
            State::NoKeyring(state) => state.status(),
            State::Choosing(state) => state.status(),
            State::Proving(state) => state.status(),
            State::Staging(state) => state.status(),
            State::Marking(_) => Status::Staged,
            State::Submitting(state) => state.status(),
            State::Asking(state) => state.status(),
            State::Probing(state) => state.status(),
            State::Fencing(state) => state.status(),
            State::Settling(state) => state.status(),
            State::NeedsUser(state) => state.status(),
            State::Browsing(state) => state.status(),
            State::Ended(state) => state.status(),
        }
    }

    /// The change whose new password is staged or being staged.
    #[must_use]
    pub fn txn(&self) -> Option<&Txn> {
        match &self.state {
            State::Proving(state) => Some(&state.txn),
            State::Staging(state) => Some(&state.open.txn),
            State::Marking(state) => Some(&state.open.txn),
            State::Submitting(state) => Some(&state.open.txn),
            State::Asking(state) => Some(&state.open.txn),
            State::Probing(Probing { open, .. }) | State::NeedsUser(NeedsUser { open, .. }) => {
                open.as_ref().map(|open| &open.txn)
            }
            State::Fencing(state) => Some(&state.open.txn),
            State::Browsing(state) => Some(&state.open.txn),
            State::Starting
            | State::Idle
            | State::Later(_)
            | State::Checking(_)
            | State::NoKeyring(_)
            | State::Choosing(_)
            | State::Settling(_)
            | State::Ended(_) => None,
        }
    }

    /// The password in use, as far as it is known.
    #[must_use]
    pub fn active(&self) -> Option<&Secret<String>> {
        self.facts.active.as_ref()
    }

    /// The notice that the change under way is for.
    #[must_use]
    pub fn notice(&self) -> Option<&NoticeId> {
        self.facts.notice.as_ref()
    }

    /// Whether the line should not sign in by itself yet: a change was open at the start, or the line was refused, it
    /// is being found out which password is right, and each wrong one counts against the budget. Ends with
    /// [`Output::Use`], or when this becomes false.
    #[must_use]
    pub fn holds_line(&self) -> bool {
        let finding = match &self.state {
            State::Starting | State::Asking(_) | State::Probing(_) | State::Submitting(_) | State::Fencing(_) => true,
            State::Settling(state) => state.refused,
            State::Idle
            | State::Later(_)
            | State::Checking(_)
            | State::NoKeyring(_)
            | State::Choosing(_)
            | State::Proving(_)
            | State::Staging(_)
            | State::Marking(_)
            | State::NeedsUser(_)
            | State::Browsing(_)
            | State::Ended(_) => false,
        };
        finding && (self.facts.proven != Proven::Yes || self.state == State::Starting)
    }

    /// Whether another password than the one in use may be in force: one that was given out, and whose change is not
    /// proven to be without effect.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        let open = self.txn().is_some() && !self.can_cancel();
        open || [Kind::Api, Kind::Portal].iter().any(|kind| self.facts.attic.open(*kind).is_some())
    }

    /// Whether "not now" exists: before anything is at stake, and if what a notice wants may be put off.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        matches!(self.state, State::Idle | State::Later(_) | State::Choosing(_) | State::Ended(_))
            && self.facts.can_wait()
    }

    /// Whether a password that comes from somewhere else can be tried now.
    #[must_use]
    pub fn can_be_given(&self) -> bool {
        match &self.state {
            State::Idle | State::Later(_) | State::Ended(_) | State::NeedsUser(_) | State::Browsing(_) => true,
            State::Probing(state) => state.is_pausing(),
            State::Starting
            | State::Checking(_)
            | State::NoKeyring(_)
            | State::Choosing(_)
            | State::Proving(_)
            | State::Staging(_)
            | State::Marking(_)
            | State::Submitting(_)
            | State::Asking(_)
            | State::Fencing(_)
            | State::Settling(_) => false,
        }
    }

    /// Whether the old password that the provider still took can be tried once more, now.
    #[must_use]
    pub fn can_test_old(&self) -> bool {
        let rests = matches!(self.state, State::Idle | State::Later(_) | State::Ended(_));
        rests && self.facts.attic.still_accepted().is_some() && self.facts.budget.wait().is_zero()
    }

    /// Whether an end is known without a doubt if the person cancels now.
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        match &self.state {
            State::Checking(_) | State::NoKeyring(_) | State::Choosing(_) | State::Proving(_) => true,
            State::Staging(_) | State::Marking(_) | State::Later(Later { wish: Some(_), .. }) => true,
            State::Submitting(state) => state.is_recallable(),
            State::NeedsUser(state) => state.open.is_none(),
            State::Starting
            | State::Idle
            | State::Later(_)
            | State::Asking(_)
            | State::Probing(_)
            | State::Fencing(_)
            | State::Settling(_)
            | State::Browsing(_)
            | State::Ended(_) => false,
        }
    }
}

impl Default for Machine {
    fn default() -> Machine {
        Machine::new()
    }
}

impl State {
    /// What a state does with an input. What it has no use for, it leaves alone.
    fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match self {
            State::Starting => match input {
                Input::Boot(boot) => super::resting::boot(cx, &boot),
                Input::Person(_)
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
                | Input::Timeout => State::Starting,
            },
            State::Idle => super::resting::idle(cx, input),
            State::Later(state) => state.handle(cx, input),
            State::Checking(state) => state.handle(cx, input),
            State::NoKeyring(state) => state.handle(cx, input),
            State::Choosing(state) => state.handle(cx, input),
            State::Proving(state) => state.handle(cx, input),
            State::Staging(state) => state.handle(cx, input),
            State::Marking(state) => state.handle(cx, input),
            State::Submitting(state) => state.handle(cx, input),
            State::Asking(state) => state.handle(cx, input),
            State::Probing(state) => state.handle(cx, input),
            State::Fencing(state) => state.handle(cx, input),
            State::Settling(state) => state.handle(cx, input),
            State::NeedsUser(state) => state.handle(cx, input),
            State::Browsing(state) => state.handle(cx, input),
            State::Ended(state) => state.handle(cx, input),
        }
    }

    /// What a state does when its wait is over.
    fn due(self, cx: &mut Context<'_>) -> State {
        match self {
            State::Later(state) => state.due(cx),
            State::Submitting(state) => state.due(cx),
            State::Asking(state) => state.due(cx),
            State::Probing(state) => state.due(cx),
            State::Fencing(state) => state.due(cx),
            State::Settling(state) => state.due(cx),
            State::NeedsUser(state) => state.due(cx),
            waiting_for_nothing @ (State::Starting
            | State::Idle
            | State::Checking(_)
            | State::NoKeyring(_)
            | State::Choosing(_)
            | State::Proving(_)
            | State::Staging(_)
            | State::Marking(_)
            | State::Browsing(_)
            | State::Ended(_)) => waiting_for_nothing,
        }
    }

    /// What is left of the wait, if the state waits for time.
    fn left(&mut self) -> Option<&mut Duration> {
        match self {
            State::Later(state) => Some(&mut state.left),
            State::Submitting(state) => state.wait.as_mut().map(|wait| &mut wait.left),
            State::Asking(state) => state.wait.as_mut(),
            State::Probing(state) => state.left(),
            State::Fencing(state) => state.wait.as_mut(),
            State::Settling(state) => state.wait.as_mut(),
            State::NeedsUser(state) => state.recheck.as_mut(),
            State::Starting
            | State::Idle
            | State::Checking(_)
            | State::NoKeyring(_)
            | State::Choosing(_)
            | State::Proving(_)
            | State::Staging(_)
            | State::Marking(_)
            | State::Browsing(_)
            | State::Ended(_) => None,
        }
    }
}

/// What the person did, if it was the person.
pub(super) fn person(input: Input) -> Option<Person> {
    if let Input::Person(person) = input { Some(person) } else { None }
}
