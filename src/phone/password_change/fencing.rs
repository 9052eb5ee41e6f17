//! The fence (state 11, R4): the old password works, and a request may still be on its way. The provider is told to
//! forget the change, even if it never saw it; only its word, or its clock past `not_after`, allows the new password
//! to be destroyed.

use std::time::Duration;

use super::input::{Input, TxAnswer};
use super::machine::Context;
use super::output::Output;
use super::probing::Probing;
use super::settling::{Settling, Then};
use super::state::{Fate, Old, Open, State};
use super::status::{Abort, Need, Status, Why};
use super::submitting::{Asking, applied, not_applied, request};

/// 11. The line works with the old password meanwhile.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Fencing {
    pub(super) open: Open,
    pub(super) wait: Option<Duration>,
}

impl Fencing {
    pub(super) fn enter(cx: &mut Context<'_>, open: Open) -> State {
        cx.ask(Output::Fence(request(cx, &open)));
        State::Fencing(Fencing { open, wait: None })
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Tx(answer) => self.on_answer(cx, answer),
            // The line has just found out that the old one does not work any more: most likely it was applied late.
            Input::ActiveRefused(_) => {
                let open = Open { old: Old::Refused, ..self.open };
                if self.wait.is_some() { Probing::new_only(cx, open) } else { State::Fencing(Fencing { open, ..self }) }
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
            | Input::Timeout => State::Fencing(self),
        }
    }

    fn on_answer(mut self, cx: &mut Context<'_>, answer: TxAnswer) -> State {
        match answer {
            TxAnswer::Cancelled | TxAnswer::Rejected => not_applied(cx, &self.open),
            TxAnswer::Applied { generation } => applied(cx, self.open, generation, Duration::ZERO),
            TxAnswer::Pending { retry_after } => Asking::later(self.open, retry_after),
            TxAnswer::NeverSeen => {
                let left = self.open.pause(None);
                self.pause(cx, left)
            }
            TxAnswer::Unreachable { retry_after } => {
                let left = self.open.pause_briefly(retry_after);
                self.pause(cx, left)
            }
            // No fence at this provider, or not for us. Its clock will do, if it has set a limit.
            TxAnswer::Refused if self.open.txn.not_after.is_some() => {
                let left = self.open.pause(None);
                self.pause(cx, left)
            }
            TxAnswer::Refused => {
                let then = match self.open.old {
                    Old::Good => Then::Aborted(Abort::Kept),
                    Old::Refused => Then::Need(Need::NeitherWorks),
                };
                self.open.backoff = 0;
                Settling::shelve(cx, self.open, then)
            }
        }
    }

    /// Both passwords are kept, and after a while it is looked at again which one works: a change that was applied in
    /// the meantime would otherwise never be noticed.
    fn pause(mut self, cx: &mut Context<'_>, left: Duration) -> State {
        if cx.facts.has_passed(self.open.txn.not_after) {
            self.open.fate = Fate::Late;
            return Probing::old_first(cx, self.open);
        }
        State::Fencing(Fencing { open: self.open, wait: Some(left) })
    }

    pub(super) fn due(mut self, cx: &mut Context<'_>) -> State {
        if self.wait.is_none() {
            return State::Fencing(self);
        }
        if cx.facts.has_passed(self.open.txn.not_after) {
            self.open.fate = Fate::Late;
        }
        Probing::old_first(cx, self.open)
    }

    pub(super) fn status(&self) -> Status {
        match self.wait {
            None => Status::Fencing,
            Some(left) => Status::Waiting { left, why: Why::Provider },
        }
    }
}
