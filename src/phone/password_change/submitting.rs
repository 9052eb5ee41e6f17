//! The request, and the question what became of it (states 8, 9, 16 to 19). Every retry is the same request (R5, R7);
//! an answer that does not prove that nothing happened is an unknown outcome.

use std::time::Duration;

use super::fencing::Fencing;
use super::input::{Input, Person, SubmitAnswer, TxAnswer};
use super::machine::Context;
use super::output::{Event, Output, Request};
use super::probing::Probing;
use super::resting::NeedsUser;
use super::settling::{Settling, Then};
use super::state::{Fate, MAX_ATTEMPTS, Old, Open, Sent, State, Wish};
use super::status::{Abort, Need, Status, Why};

/// 8, and 19 while it waits.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Submitting {
    pub(super) open: Open,
    pub(super) wait: Option<Wait>,
}

/// A pause.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Wait {
    pub(super) left: Duration,
    pub(super) why: Why,
}

/// 9: what became of it? With a wait before the question, if there is one.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Asking {
    pub(super) open: Open,
    pub(super) wait: Option<Duration>,
}

/// The request about `open`.
pub(super) fn request(cx: &Context<'_>, open: &Open) -> Request {
    Request { txn: open.txn.clone(), old: cx.facts.active.clone() }
}

impl Submitting {
    pub(super) fn enter(cx: &mut Context<'_>, mut open: Open) -> State {
        cx.log(Event::Submitted);
        open.attempts = open.attempts.saturating_add(1);
        cx.ask(Output::Submit(request(cx, &open)));
        State::Submitting(Submitting { open, wait: None })
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Submit(answer) => self.on_answer(cx, answer),
            Input::Person(Person::Cancel) if self.is_recallable() => {
                Settling::forget_unsent(cx, Then::Aborted(Abort::Cancelled))
            }
            Input::Person(Person::Cancel) if self.wait.is_some() => Fencing::enter(cx, self.open),
            Input::ActiveRefused(_) => {
                let open = Open { old: Old::Refused, ..self.open };
                // Most likely it was applied, and its answer is the one that was lost.
                if self.wait.is_some() && open.sent == Sent::Perhaps {
                    Probing::new_only(cx, open)
                } else {
                    State::Submitting(Submitting { open, ..self })
                }
            }
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Submitting(self),
        }
    }

    /// Whether nothing has left, and nothing is leaving.
    pub(super) const fn is_recallable(&self) -> bool {
        self.wait.is_some() && matches!(self.open.sent, Sent::Never)
    }

    fn on_answer(mut self, cx: &mut Context<'_>, answer: SubmitAnswer) -> State {
        match answer {
            SubmitAnswer::Applied { generation, effective_in } => applied(cx, self.open, generation, effective_in),
            SubmitAnswer::Pending { retry_after } => {
                self.open.sent = Sent::Perhaps;
                Asking::later(self.open, retry_after)
            }
            SubmitAnswer::Policy => self.refused_by_policy(cx),
            SubmitAnswer::Conflict => self.conflict(cx),
            SubmitAnswer::Refused => self.refused(cx),
            SubmitAnswer::RateLimited { retry_after } => {
                let left = self.open.pause(retry_after);
                self.again(left)
            }
            SubmitAnswer::NotSent => {
                let left = self.open.pause_briefly(None);
                self.again(left)
            }
            SubmitAnswer::Expired => {
                self.open.fate = Fate::Expired;
                Probing::old_first(cx, self.open)
            }
            SubmitAnswer::Unknown { retry_after } => {
                cx.log(Event::OutcomeUnknown);
                self.open.sent = Sent::Perhaps;
                match retry_after {
                    Some(_) => Asking::later(self.open, retry_after),
                    None => Asking::enter(cx, self.open),
                }
            }
        }
    }

    /// Not looked at, or not sent: the same again, later.
    fn again(mut self, left: Duration) -> State {
        self.open.attempts = self.open.attempts.saturating_sub(1);
        State::Submitting(Submitting { open: self.open, wait: Some(Wait { left, why: Why::Provider }) })
    }

    /// 16: the provider remembers that it has refused this change: it will never be applied.
    fn refused_by_policy(self, cx: &mut Context<'_>) -> State {
        cx.log(Event::RefusedByPolicy);
        let wish = Wish { kind: self.open.txn.kind, notice: cx.facts.notice.clone(), silent: 0 };
        let generation = self.open.txn.generation;
        Settling::withdraw(cx, &self.open, Then::Choose(wish, generation))
    }

    /// 18: the generation has moved on. That may be our own doing if this was not the first attempt; if it was, the
    /// change can never be applied, and the only question is whether the old password still works.
    fn conflict(mut self, cx: &mut Context<'_>) -> State {
        cx.log(Event::Conflict);
        match self.open.sent {
            Sent::Perhaps => Probing::new_first(cx, self.open),
            Sent::Never => {
                self.open.fate = Fate::Overtaken;
                Probing::old_first(cx, self.open)
            }
        }
    }

    /// 17: on a retry this usually means that the first attempt was applied.
    fn refused(self, cx: &mut Context<'_>) -> State {
        cx.log(Event::NotAllowed);
        match self.open.sent {
            Sent::Perhaps => Probing::new_first(cx, self.open),
            Sent::Never => Settling::shelve(cx, self.open, Then::Need(Need::NotAllowed)),
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        if self.wait.is_some() { Submitting::enter(cx, self.open) } else { State::Submitting(self) }
    }

    pub(super) fn status(&self) -> Status {
        match &self.wait {
            None => Status::Submitting,
            Some(wait) => Status::Waiting { left: wait.left, why: wait.why },
        }
    }
}

/// 12: the provider says that it is in force.
pub(super) fn applied(cx: &mut Context<'_>, mut open: Open, generation: u64, effective_in: Duration) -> State {
    cx.log(Event::Applied);
    open.sent = Sent::Perhaps;
    open.fate = Fate::Applied;
    (open.backoff, open.silent) = (0, 0);
    cx.facts.attic.settle_before(generation);
    Probing::verify(cx, open, effective_in)
}

impl Asking {
    pub(super) fn enter(cx: &mut Context<'_>, open: Open) -> State {
        cx.ask(Output::Query(request(cx, &open)));
        State::Asking(Asking { open, wait: None })
    }

    /// Asks after a pause.
    pub(super) fn later(mut open: Open, retry_after: Option<Duration>) -> State {
        let wait = Some(open.pause(retry_after));
        State::Asking(Asking { open, wait })
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Tx(answer) => self.on_answer(cx, answer),
            Input::Person(Person::Cancel) if self.wait.is_some() => Fencing::enter(cx, self.open),
            Input::ActiveRefused(_) => {
                let open = Open { old: Old::Refused, ..self.open };
                if self.wait.is_some() { Probing::new_only(cx, open) } else { State::Asking(Asking { open, ..self }) }
            }
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Journal(..)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Probe(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Asking(self),
        }
    }

    fn on_answer(self, cx: &mut Context<'_>, answer: TxAnswer) -> State {
        match answer {
            TxAnswer::Applied { generation } => applied(cx, self.open, generation, Duration::ZERO),
            TxAnswer::Pending { retry_after } => Asking::later(self.open, retry_after),
            TxAnswer::Cancelled | TxAnswer::Rejected => not_applied(cx, &self.open),
            // It may still be on its way. The same again (R7) finds out; if that was tried, it is cancelled.
            TxAnswer::NeverSeen if self.open.attempts < MAX_ATTEMPTS && self.open.fate == Fate::Open => {
                Submitting::enter(cx, self.open)
            }
            TxAnswer::NeverSeen => Fencing::enter(cx, self.open),
            TxAnswer::Unreachable { .. } | TxAnswer::Refused => Probing::new_first(cx, self.open),
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        if self.wait.is_some() { Asking::enter(cx, self.open) } else { State::Asking(self) }
    }

    pub(super) fn status(&self) -> Status {
        match self.wait {
            None => Status::Unknown,
            Some(left) => Status::Waiting { left, why: Why::Provider },
        }
    }
}

/// Proven: it will never be applied.
pub(super) fn not_applied(cx: &mut Context<'_>, open: &Open) -> State {
    let then = match open.old {
        Old::Good => Then::Aborted(Abort::NotApplied),
        Old::Refused => Then::Need(Need::NeitherWorks),
    };
    Settling::withdraw(cx, open, then)
}

/// Nobody works with the old password or the new one.
pub(super) fn neither(cx: &mut Context<'_>, open: Option<Open>) -> State {
    cx.log(Event::NeedsPerson);
    let need = match open.as_ref().map(|open| open.fate) {
        Some(Fate::Overtaken) => Need::ChangedElsewhere,
        Some(Fate::Open | Fate::Applied | Fate::Expired | Fate::Late) | None => Need::NeitherWorks,
    };
    NeedsUser::enter(open, need)
}
