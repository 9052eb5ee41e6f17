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
use super::machine::{Context, Proven};
use super::output::{Entry, Event, Order, Output};
use super::probing::{Known, Probing, old_works};
use super::resting::{Ended, Later, NeedsUser};
use super::state::{Fate, Open, State, Wish};
use super::status::{Abort, Need, OldPassword, Status};
use super::txn::{Kind, Txn};
use crate::base::Secret;

/// The first pause after a write that failed; doubled each time up to a minute.
const PAUSE: Duration = Duration::from_secs(5);
const MAX_BACKOFF: u8 = 3;

/// Writes that are going on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Settling {
    /// What is to be written, the first one now.
    writes: Vec<Write>,
    /// What `txn` holds until it is deleted.
    staged: Option<Secret<String>>,
    then: Then,
    /// The first one has failed: it is repeated after this.
    pub(super) wait: Option<Duration>,
    /// The keyring or the disk has failed or does not answer.
    trouble: bool,
    /// The line was refused meanwhile: what is kept is tried as soon as it is safe (R8).
    pub(super) refused: bool,
    backoff: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Write {
    /// What is being put into use goes into `txn`, as if the person had set it at the provider's page just now.
    CopyToTxn,
    /// The attic as it is in memory, whatever happens to it.
    Attic,
    /// The same, unless a write that goes wrong could destroy something that is nowhere else.
    TryAttic,
    /// The password in use as it is in memory.
    Active,
    /// The attic without the password in use, and without what is too much.
    TidyAttic,
    /// `txn` goes.
    DeleteTxn,
    /// The journal says that nothing is going on.
    Close,
}

/// 23 with something to put into the attic, or to take out.
const WITH_ATTIC: [Write; 3] = [Write::Attic, Write::DeleteTxn, Write::Close];

/// The password that was in use before.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Former {
    pub(super) secret: Secret<String>,
    pub(super) worth: Worth,
}

/// Whether a password that is not in use any more is kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Worth {
    /// In the attic.
    Keeping,
    /// There as well, until the provider is seen to refuse it: a notice is the reason why it was changed, and others
    /// may have it.
    KeepingUntilRefused,
}

/// `new` was accepted: from now on it is the one in use, in memory. What was in use before goes to the attic. The
/// design destroys it at once where a leak is the reason; but a provider that still wants it, for a while or again,
/// would then have an account that nobody has the password of. If it was refused on the way here, it is not tried once
/// more to see that.
fn take_over(cx: &mut Context<'_>, new: Secret<String>, before: Proven, worth: Worth) -> Then {
    cx.facts.attic.forget_still_accepted();
    let former = cx.facts.active.replace(new.clone()).filter(|former| *former != new);
    let Some(secret) = former else { return Then::Done(OldPassword::NotChecked) };
    cx.facts.attic.supersede(secret.clone());
    match (before, worth) {
        (Proven::Refused, Worth::Keeping) => Then::Done(OldPassword::Refused),
        (Proven::Refused, Worth::KeepingUntilRefused) => {
            cx.facts.attic.remove(&secret);
            Then::Done(OldPassword::Refused)
        }
        (Proven::Unsure | Proven::Yes, worth) => Then::LastStep(Former { secret, worth }),
    }
}

/// What comes after.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Then {
    /// 0.
    Idle,
    /// 2: the person said "not now", for so long.
    Later(Duration),
    /// 5: another password, please.
    Choose(Wish, Option<u64>),
    /// 20, with nothing open.
    Need(Need),
    /// 23.
    Aborted(Abort),
    /// The last step with this password, then 24.
    LastStep(Former),
    /// 24: there was no password before, or this is known of it.
    Done(OldPassword),
    /// 10, the old one having been accepted.
    GoOn(Open),
}

impl Settling {
    /// 13: the new password was accepted just now. `before` says what was known of the one in use.
    pub(super) fn promote(cx: &mut Context<'_>, new: Secret<String>, before: Proven) -> State {
        let staged = Some(new.clone());
        let worth = if cx.facts.notice.is_some() { Worth::KeepingUntilRefused } else { Worth::Keeping };
        let former = take_over(cx, new, before, worth);
        // `txn` holds the new one until the end: if writing the attic destroys it, nothing is lost.
        let writes = [Write::TryAttic, Write::Active, Write::TidyAttic, Write::DeleteTxn, Write::Close];
        Settling::enter(cx, &writes, staged, former)
    }

    /// R8: one from the attic was accepted, and is nowhere else. `txn` holds a copy of it until the end, so that the
    /// attic can take the former one before that is written over: a provider that has fallen back wants it again.
    pub(super) fn promote_from_attic(cx: &mut Context<'_>, kept: Secret<String>, before: Proven) -> State {
        let staged = Some(kept.clone());
        let former = take_over(cx, kept, before, Worth::Keeping);
        let writes = [Write::CopyToTxn, Write::Attic, Write::Active, Write::TidyAttic, Write::DeleteTxn, Write::Close];
        Settling::enter(cx, &writes, staged, former)
    }

    /// The same while a change is open: the one in use is right again, and the change goes on as if it always was.
    pub(super) fn promote_beside(cx: &mut Context<'_>, kept: Secret<String>, open: Open) -> State {
        cx.facts.active = Some(kept);
        Settling::enter(cx, &[Write::Active], None, Then::GoOn(open))
    }

    /// One that the person gave was accepted. Somebody else has set it; but not necessarily after `open` was sent for
    /// the generation that it may still meet: that one is kept until the provider names a newer generation.
    pub(super) fn promote_given(
        cx: &mut Context<'_>,
        given: Secret<String>,
        before: Proven,
        open: Option<Open>,
    ) -> State {
        let former = take_over(cx, given, before, Worth::Keeping);
        let attic = match open {
            Some(open) if open.txn.kind == Kind::Api && open.fate == Fate::Open => {
                cx.facts.attic.leave_open(&open.txn);
                cx.facts.attic.trim();
                Write::Attic
            }
            Some(open) => {
                cx.facts.attic.supersede(open.txn.new.clone());
                Write::TryAttic
            }
            None => Write::TryAttic,
        };
        Settling::enter(cx, &[attic, Write::Active, Write::TidyAttic, Write::DeleteTxn, Write::Close], None, former)
    }

    /// At the start: it was promoted, only `txn` was not deleted yet.
    pub(super) fn tidy(cx: &mut Context<'_>) -> State {
        Settling::enter(cx, &[Write::DeleteTxn, Write::Close], None, Then::Idle)
    }

    /// Nothing of `txn` has left this computer under the present attempt: it goes. What the attic holds stays.
    pub(super) fn forget_unsent(cx: &mut Context<'_>, then: Then) -> State {
        Settling::enter(cx, &[Write::DeleteTxn, Write::Close], None, then)
    }

    /// 23: proven never to be applied (R4): the new password is destroyed.
    pub(super) fn withdraw(cx: &mut Context<'_>, open: &Open, then: Then) -> State {
        cx.log(Event::Withdrawn);
        cx.facts.attic.remove(&open.txn.new);
        Settling::enter(cx, &WITH_ATTIC, None, then)
    }

    /// Not proven, and nothing more can be found out now: the new password goes to the attic, and is taken up again
    /// by the next attempt (R7).
    pub(super) fn shelve(cx: &mut Context<'_>, open: Open, then: Then) -> State {
        if cx.facts.attic.open(open.txn.kind).is_some_and(|other| other.new != open.txn.new) {
            // Another one is there, and nowhere else: this one stays where it is, safe in `txn`.
            return NeedsUser::enter(Some(open), Need::NotAllowed);
        }
        cx.log(Event::KeptInAttic);
        cx.facts.attic.leave_open(&open.txn);
        cx.facts.attic.trim();
        Settling::enter(cx, &WITH_ATTIC, None, then)
    }

    /// Proven by a clock only: the new password is out of the game, but not destroyed.
    pub(super) fn lay_aside(cx: &mut Context<'_>, open: &Open, then: Then) -> State {
        cx.log(Event::KeptInAttic);
        cx.facts.attic.supersede(open.txn.new.clone());
        cx.facts.attic.trim();
        Settling::enter(cx, &WITH_ATTIC, None, then)
    }

    /// The last step has shown that the provider still takes `old`: it is kept, so that it can be tried again.
    pub(super) fn still_accepted(cx: &mut Context<'_>, old: Secret<String>) -> State {
        cx.facts.attic.still_accept(old);
        cx.facts.attic.trim();
        Settling::enter(cx, &[Write::TryAttic], None, Then::Done(OldPassword::StillAccepted))
    }

    /// The attic alone has changed.
    pub(super) fn attic(cx: &mut Context<'_>) -> State {
        Settling::enter(cx, &[Write::TryAttic], None, Then::Idle)
    }

    /// The last step has shown that the provider refuses the former password: 24.
    pub(super) fn refused_at_last(cx: &mut Context<'_>, former: &Former) -> State {
        if former.worth == Worth::KeepingUntilRefused {
            cx.facts.attic.remove(&former.secret);
        }
        Settling::enter(cx, &[Write::TryAttic], None, Then::Done(OldPassword::Refused))
    }

    /// It was still accepted at last, and is refused now.
    pub(super) fn refused_by_now(cx: &mut Context<'_>, old: &Secret<String>) -> State {
        match &cx.facts.notice {
            Some(_) => cx.facts.attic.remove(old),
            None => cx.facts.attic.forget_still_accepted(),
        }
        Settling::attic(cx)
    }

    fn enter(cx: &mut Context<'_>, writes: &[Write], staged: Option<Secret<String>>, then: Then) -> State {
        Settling { writes: writes.to_vec(), staged, then, wait: None, trouble: false, refused: false, backoff: 0 }
            .go(cx)
    }

    /// The next write, or what comes after the last.
    fn go(mut self, cx: &mut Context<'_>) -> State {
        self.wait = None;
        match self.writes.first() {
            None => return self.finish(cx),
            Some(Write::CopyToTxn) => {
                let Some(copy) = self.staged.as_ref().and_then(Txn::recovered) else { return self.done(cx) };
                cx.put_txn(&copy);
            }
            Some(Write::Attic) => return self.put_attic(cx),
            Some(Write::TryAttic) => return self.try_attic(cx),
            Some(Write::TidyAttic) => {
                if let Some(active) = cx.facts.active.clone() {
                    cx.facts.attic.remove(&active);
                }
                cx.facts.attic.trim();
                return self.try_attic(cx);
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

    /// Keeping what was only replaced is not worth a risk for what may be in force.
    fn try_attic(self, cx: &mut Context<'_>) -> State {
        let in_use = if self.writes.contains(&Write::Active) { None } else { cx.facts.active.as_ref() };
        let at_risk = cx.facts.attic.is_only_copy([in_use, self.staged.as_ref()]);
        match cx.facts.stored.clone() {
            Some(stored) if at_risk => {
                cx.facts.attic = stored;
                self.done(cx)
            }
            // What an earlier write has left there is not known: then memory holds the only copy.
            Some(_) | None => self.put_attic(cx),
        }
    }

    /// Only if it is not known to hold just that.
    fn put_attic(self, cx: &mut Context<'_>) -> State {
        if cx.facts.stored.as_ref() == Some(&cx.facts.attic) {
            return self.done(cx);
        }
        cx.facts.stored = None;
        cx.ask(Output::Vault(match cx.facts.attic.is_empty() {
            true => Order::Delete(Entry::Attic),
            false => Order::Put(Entry::Attic, cx.facts.attic.to_line()),
        }));
        State::Settling(self)
    }

    fn done(mut self, cx: &mut Context<'_>) -> State {
        if self.writes.is_empty() {
            return self.finish(cx);
        }
        match self.writes.remove(0) {
            Write::Attic | Write::TryAttic | Write::TidyAttic => cx.facts.stored = Some(cx.facts.attic.clone()),
            Write::Active => cx.log(Event::Promoted),
            Write::CopyToTxn | Write::DeleteTxn | Write::Close => {}
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
        let goes_on = matches!(self.then, Then::Choose(..) | Then::GoOn(_));
        if self.refused
            && !goes_on
            && let Some(repair) = Probing::repair(cx)
        {
            return repair;
        }
        match self.then {
            Then::Idle => State::Idle,
            Then::Later(left) => Later::asked(left),
            Then::Choose(wish, generation) => ask_for_password(cx, wish, generation, true),
            Then::Need(need) => {
                cx.log(Event::NeedsPerson);
                NeedsUser::enter(None, need)
            }
            Then::Aborted(why) => State::Ended(Ended::Aborted(why)),
            Then::LastStep(former) => Probing::last_step(cx, former),
            Then::GoOn(open) => old_works(cx, open, Known::No),
            Then::Done(old) => Ended::done(cx, old),
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
            Input::Journal(_, JournalAnswer::Saved) if closing && self.wait.is_none() => self.done(cx),
            Input::Journal(_, JournalAnswer::Failed) if closing && self.wait.is_none() => self.failed(),
            Input::Person(Person::TryAgain(_)) if self.wait.is_some() => self.go(cx),
            Input::ActiveRefused(_) => {
                self.refused = true;
                State::Settling(self)
            }
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
            | Input::Timeout => State::Settling(self),
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        if self.wait.is_some() { self.go(cx) } else { State::Settling(self) }
    }

    pub(super) const fn status(&self) -> Status {
        match self.then {
            Then::LastStep(_) | Then::Done(_) | Then::GoOn(_) | Then::Idle => {
                Status::Promoting { trouble: self.trouble }
            }
            Then::Later(_) | Then::Choose(..) | Then::Need(_) | Then::Aborted(_) => Status::Withdrawing,
        }
    }
}
