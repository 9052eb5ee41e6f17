//! Write-ahead (states 6 and 7, R1 and R2): the new password is in the keyring and was read back, and the journal says
//! "submitted", before the first byte leaves or the person sees the password.

use super::begin::NoKeyring;
use super::input::{Input, JournalAnswer, Person, VaultAnswer};
use super::journal::Phase;
use super::machine::Context;
use super::output::{Event, Output};
use super::resting::Browsing;
use super::settling::{Settling, Then};
use super::state::{Open, State, Wish};
use super::status::{Abort, Status};
use super::submitting::Submitting;
use super::txn::Kind;

/// 6: first the journal says that nothing was sent yet, then the keyring takes the password.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Staging {
    pub(super) open: Open,
    /// The keyring does not answer: waiting for it (R9).
    stuck: bool,
}

/// 7: the password is safe; the journal shall say that it may have been sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Marking {
    pub(super) open: Open,
}

impl Staging {
    pub(super) fn enter(cx: &mut Context<'_>, open: Open) -> State {
        cx.save(Phase::Staged, Some(open.txn.tx.clone()));
        State::Staging(Staging { open, stuck: false })
    }

    pub(super) fn handle(mut self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Journal(_, JournalAnswer::Saved) => {
                cx.put_txn(&self.open.txn);
                State::Staging(self)
            }
            Input::Journal(_, JournalAnswer::Failed) => Settling::forget_unsent(cx, Then::Aborted(Abort::Disk)),
            Input::Vault(VaultAnswer::Done) => {
                cx.log(Event::Staged);
                cx.save(Phase::Submitted, Some(self.open.txn.tx.clone()));
                State::Marking(Marking { open: self.open })
            }
            Input::Vault(VaultAnswer::Stuck) => {
                self.stuck = true;
                State::Staging(self)
            }
            // Whatever it holds now was not sent, as the journal says, and is written over by the next attempt.
            Input::Vault(VaultAnswer::Failed(error)) => {
                let wish = Wish { kind: self.open.txn.kind, notice: cx.facts.notice.clone(), silent: 0 };
                NoKeyring::enter(cx, wish, error)
            }
            // The keyring's thread does one thing after the other: deleting comes after writing.
            Input::Person(Person::Cancel) => Settling::forget_unsent(cx, Then::Aborted(Abort::Cancelled)),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::ActiveRefused(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Staging(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        Status::Staging { stuck: self.stuck }
    }
}

impl Marking {
    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match input {
            Input::Journal(_, JournalAnswer::Saved) => match self.open.txn.kind {
                Kind::Api => Submitting::enter(cx, self.open),
                Kind::Portal => {
                    cx.log(Event::Submitted);
                    cx.ask(Output::Show(self.open.txn.new.clone()));
                    State::Browsing(Browsing { open: self.open, not_yet: false })
                }
            },
            Input::Journal(_, JournalAnswer::Failed) => Settling::forget_unsent(cx, Then::Aborted(Abort::Disk)),
            Input::Person(Person::Cancel) => Settling::forget_unsent(cx, Then::Aborted(Abort::Cancelled)),
            Input::Boot(_)
            | Input::Person(_)
            | Input::Demand(_)
            | Input::Vault(_)
            | Input::Policy(_)
            | Input::Submit(_)
            | Input::Tx(_)
            | Input::Probe(_)
            | Input::ActiveRefused(_)
            | Input::Clocks { .. }
            | Input::LineRefused(_)
            | Input::Timeout => State::Marking(self),
        }
    }
}
