//! What is proven is made durable (states 13, 14 and 23): a short list of writes, one after the other, each repeated
//! until the keyring says that it is done. The line already works meanwhile, from memory. A crash between two writes
//! is found at the next start, where `txn` is still there: it is always the last to go.
//!
//! The design writes `active` first and the attic after it. Here the attic comes first, so that there is no moment at
//! which the old password is nowhere.

use std::time::Duration;

use super::begin::ask_for_password;
use super::input::{Input, JournalAnswer, Person, VaultAnswer};
use super::journal::Phase;
use super::machine::Context;
use super::output::{Entry, Event, Order, Output};
use super::probing::Probing;
use super::resting::{Ended, NeedsUser};
use super::state::{Open, State, Wish};
use super::status::{Abort, Need, Status};
use crate::base::Secret;

/// The first pause after a write that failed; doubled each time up to a minute.
const PAUSE: Duration = Duration::from_secs(5);
const MAX_BACKOFF: u8 = 3;

/// Writes that are going on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Settling {
    /// What is to be written, the first one now.
    writes: Vec<Write>,
    then: Then,
    /// The first one has failed: it is repeated after this.
    pub(super) wait: Option<Duration>,
    /// The keyring or the disk has failed or does not answer.
    trouble: bool,
    backoff: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Write {
    /// The attic as it is in memory.
    Attic,
    /// The password in use as it is in memory.
    Active,
    /// `txn` goes.
    DeleteTxn,
    /// The journal says that nothing is going on.
    Close,
}

/// What comes after.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Then {
    /// 0.
    Idle,
    /// 5: another password, please.
    Choose(Wish, Option<u64>),
    /// 20, with nothing open.
    Need(Need),
    /// 23.
    Aborted(Abort),
    /// The last step with this password, then 24.
    LastStep(Secret<String>),
    /// 24, where there was no password before.
    Done,
}

impl Settling {
    /// 13: `new` was accepted just now. `unused` was staged and is not wanted any more.
    pub(super) fn promote(cx: &mut Context<'_>, new: Secret<String>, unused: Option<Secret<String>>) -> State {
        let before = cx.facts.attic.clone();
        cx.facts.attic.remove(&new);
        if let Some(unused) = unused {
            cx.facts.attic.supersede(unused);
        }
        let former = cx.facts.active.replace(new.clone()).filter(|former| *former != new);
        // After a leak the old one is not worth keeping: it is the one that others may have.
        if let (Some(former), None) = (&former, &cx.facts.notice) {
            cx.facts.attic.supersede(former.clone());
        }
        let mut writes = vec![Write::Active, Write::DeleteTxn, Write::Close];
        if cx.facts.attic != before {
            writes.insert(0, Write::Attic);
        }
        Settling::enter(cx, writes, former.map_or(Then::Done, Then::LastStep))
    }

    /// At the start: it was promoted, only `txn` was not deleted yet.
    pub(super) fn tidy(cx: &mut Context<'_>) -> State {
        Settling::enter(cx, vec![Write::DeleteTxn, Write::Close], Then::Idle)
    }

    /// Nothing of `txn` has left this computer under the present attempt: it goes. What the attic holds stays.
    pub(super) fn forget_unsent(cx: &mut Context<'_>, then: Then) -> State {
        Settling::enter(cx, vec![Write::DeleteTxn, Write::Close], then)
    }

    /// 23: proven never to be applied (R4): the new password is destroyed.
    pub(super) fn withdraw(cx: &mut Context<'_>, open: &Open, then: Then) -> State {
        cx.log(Event::Withdrawn);
        let before = cx.facts.attic.clone();
        cx.facts.attic.remove(&open.txn.new);
        Settling::with_attic(cx, before != cx.facts.attic, then)
    }

    /// Not proven, and nothing more can be found out now: the new password goes to the attic, and is taken up again
    /// by the next attempt (R7).
    pub(super) fn shelve(cx: &mut Context<'_>, open: Open, then: Then) -> State {
        cx.log(Event::KeptInAttic);
        cx.facts.attic.leave_open(&open.txn);
        Settling::with_attic(cx, true, then)
    }

    /// Proven by a clock only: the new password is out of the game, but not destroyed.
    pub(super) fn lay_aside(cx: &mut Context<'_>, open: &Open, then: Then) -> State {
        cx.log(Event::KeptInAttic);
        cx.facts.attic.supersede(open.txn.new.clone());
        Settling::with_attic(cx, true, then)
    }

    /// The attic alone has changed.
    pub(super) fn attic(cx: &mut Context<'_>) -> State {
        Settling::enter(cx, vec![Write::Attic], Then::Idle)
    }

    fn with_attic(cx: &mut Context<'_>, changed: bool, then: Then) -> State {
        let mut writes = vec![Write::DeleteTxn, Write::Close];
        if changed {
            writes.insert(0, Write::Attic);
        }
        Settling::enter(cx, writes, then)
    }

    fn enter(cx: &mut Context<'_>, writes: Vec<Write>, then: Then) -> State {
        Settling { writes, then, wait: None, trouble: false, backoff: 0 }.go(cx)
    }

    /// The next write, or what comes after the last.
    fn go(mut self, cx: &mut Context<'_>) -> State {
        self.wait = None;
        match self.writes.first() {
            None => return self.finish(cx),
            Some(Write::Attic) if cx.facts.attic.is_empty() => cx.ask(Output::Vault(Order::Delete(Entry::Attic))),
            Some(Write::Attic) => {
                let line = cx.facts.attic.to_line();
                cx.ask(Output::Vault(Order::Put(Entry::Attic, line)));
            }
            Some(Write::Active) => {
                let Some(active) = cx.facts.active.clone() else { return self.done(cx) };
                cx.ask(Output::Vault(Order::Put(Entry::Active, active)));
            }
            Some(Write::DeleteTxn) => cx.ask(Output::Vault(Order::Delete(Entry::Txn))),
            Some(Write::Close) => cx.save(Phase::Closed, None),
        }
        State::Settling(self)
    }

    fn done(mut self, cx: &mut Context<'_>) -> State {
        if !self.writes.is_empty() && self.writes.remove(0) == Write::Active {
            cx.log(Event::Promoted);
        }
        self.trouble = false;
        self.backoff = 0;
        self.go(cx)
    }

    fn failed(mut self) -> State {
        self.wait = Some(PAUSE.saturating_mul(1 << self.backoff));
        self.backoff = self.backoff.saturating_add(1).min(MAX_BACKOFF);
        self.trouble = true;
        State::Settling(self)
    }

    fn finish(self, cx: &mut Context<'_>) -> State {
        match self.then {
            Then::Idle => State::Idle,
            Then::Choose(wish, generation) => ask_for_password(cx, wish, generation, true),
            Then::Need(need) => {
                cx.log(Event::NeedsPerson);
                NeedsUser::enter(None, need)
            }
            Then::Aborted(why) => State::Ended(Ended::Aborted(why)),
            Then::LastStep(former) => Probing::last_step(cx, former),
            Then::Done => Ended::done(cx, super::status::OldPassword::NotChecked),
        }
    }

    pub(super) fn handle(mut self, cx: &mut Context<'_>, input: Input) -> State {
        let closing = self.writes.first() == Some(&Write::Close);
        match input {
            Input::Vault(VaultAnswer::Done) if !closing && self.wait.is_none() => self.done(cx),
            Input::Vault(VaultAnswer::Failed(error)) if !closing && self.wait.is_none() => {
                cx.log(Event::KeyringFailed(error));
                self.failed()
            }
            Input::Vault(VaultAnswer::Stuck) if !closing => {
                self.trouble = true;
                State::Settling(self)
            }
            Input::Journal(JournalAnswer::Saved) if closing && self.wait.is_none() => self.done(cx),
            Input::Journal(JournalAnswer::Failed) if closing && self.wait.is_none() => self.failed(),
            Input::Person(Person::TryAgain(_)) if self.wait.is_some() => self.go(cx),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(_)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::ActiveRefused
            | Input::Clocks { .. }
            | Input::Timeout => State::Settling(self),
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        if self.wait.is_some() { self.go(cx) } else { State::Settling(self) }
    }

    pub(super) const fn status(&self) -> Status {
        match self.then {
            Then::LastStep(_) | Then::Done | Then::Idle => Status::Promoting { trouble: self.trouble },
            Then::Choose(..) | Then::Need(_) | Then::Aborted(_) => Status::Withdrawing,
        }
    }
}
