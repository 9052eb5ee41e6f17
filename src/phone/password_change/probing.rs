//! Which password is right? (States 10 and 12, R8, and the last step.) The registrar is asked, one password after the
//! other, and never more often than the budget allows (R6): each attempt is paid for in the journal, on the disk,
//! before it is made, so that a crash is no way around it.

use std::time::Duration;

use super::attic::Standing;
use super::fencing::Fencing;
use super::input::{Input, JournalAnswer, Person, ProbeAnswer, Tried};
use super::machine::{Context, Proven};
use super::output::{Credentials, Event, Output, Which};
use super::resting::{Browsing, Ended, NeedsUser};
use super::settling::{Former, Settling, Then};
use super::state::{Fate, MAX_SILENT, Old, Open, State, patience, soon};
use super::status::{Abort, Need, OldPassword, Status, Why};
use super::submitting::neither;
use super::txn::Kind;
use crate::base::Secret;

/// What the design's retries after 1, 2, 5 and 15 s add up to. They would be four refusals and the budget allows two,
/// so that there is one retry, after the time that the four would have taken.
const LAG: Duration = Duration::from_secs(23);
/// How long the longest `effective_in_s` is believed.
const MAX_LAG: Duration = Duration::from_mins(10);
/// How often in a row a nonce may have been too old.
const MAX_STALE: u8 = 3;
/// How long to wait where a server bars us without saying how long, and where the disk does not take the journal.
const BARRED: Duration = Duration::from_mins(10);
const DISK: Duration = Duration::from_secs(30);

/// Passwords are tried.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Probing {
    pub(super) open: Option<Open>,
    purpose: Purpose,
    /// What is to be tried, the first one now.
    plan: Vec<Which>,
    at: At,
    stale: u8,
    backoff: u8,
}

/// Why passwords are tried.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Purpose {
    /// 10: nobody knows what became of the request.
    Find,
    /// 12: the provider says that the new one is in force.
    Verify(Spread),
    /// The person typed this one.
    Given(Secret<String>),
    /// R8: the one in use was refused.
    Repair,
    /// At the start, where the person tells the provider: the new one was being tried when the program ended. If it
    /// was accepted, then it only has to be put into its place; if nothing is learnt, the line signs in as ever.
    Resume,
    /// The provider's API does not take the one in use: does the registrar?
    Doubt,
    /// Before 24: is this old one refused?
    LastStep(Former),
    /// The same later, because it was not.
    Retest(Secret<String>),
}

/// Whether the provider was given time to spread the new password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Spread {
    /// Not yet.
    Fresh,
    /// Yes.
    Waited,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum At {
    /// Nothing is sent before the end of this.
    Pausing { left: Duration, why: Why },
    /// The attempt is being written down.
    Saving,
    /// The registrar was asked.
    Asked,
}

impl Probing {
    fn new(open: Option<Open>, purpose: Purpose, plan: &[Which]) -> Probing {
        Probing { open, purpose, plan: plan.to_vec(), at: At::Saving, stale: 0, backoff: 0 }
    }

    /// After an unknown outcome: the provider usually did apply it.
    pub(super) fn new_first(cx: &mut Context<'_>, open: Open) -> State {
        Probing::new(Some(open), Purpose::Find, &[Which::New, Which::Old]).go(cx)
    }

    /// Where the new one is unlikely: asking with an old one that works costs nothing.
    pub(super) fn old_first(cx: &mut Context<'_>, open: Open) -> State {
        let plan: &[Which] = match (open.fate, open.old) {
            (Fate::Overtaken, _) => &[Which::Old],
            (Fate::Open | Fate::Applied | Fate::Expired | Fate::Late, Old::Good) => &[Which::Old, Which::New],
            (Fate::Open | Fate::Applied | Fate::Expired | Fate::Late, Old::Refused) => &[Which::New, Which::Old],
        };
        Probing::new(Some(open), Purpose::Find, plan).go(cx)
    }

    /// The old one was refused just now.
    pub(super) fn new_only(cx: &mut Context<'_>, open: Open) -> State {
        Probing::new(Some(open), Purpose::Find, &[Which::New]).go(cx)
    }

    /// At the start: see [`Purpose::Resume`].
    pub(super) fn resume(cx: &mut Context<'_>, open: Open) -> State {
        cx.facts.proven = Proven::Unsure;
        Probing::new(Some(open), Purpose::Resume, &[Which::New]).go(cx)
    }

    /// 12: after the time that the provider says it takes.
    pub(super) fn verify(cx: &mut Context<'_>, open: Open, effective_in: Duration) -> State {
        let mut probing = Probing::new(Some(open), Purpose::Verify(Spread::Fresh), &[Which::New]);
        if effective_in.is_zero() {
            return probing.go(cx);
        }
        probing.at = At::Pausing { left: effective_in.min(MAX_LAG), why: Why::Lag };
        State::Probing(probing)
    }

    /// The person says that this is the right one.
    pub(super) fn given(cx: &mut Context<'_>, open: Option<Open>, secret: Secret<String>) -> State {
        let which = match &open {
            Some(open) if open.txn.new == secret => Which::New,
            Some(_) | None if cx.facts.active.as_ref() == Some(&secret) => Which::Old,
            Some(_) | None => Which::Given,
        };
        Probing::new(open, Purpose::Given(secret), &[which]).go(cx)
    }

    /// R8: those of the attic, one attempt each. None if there is nothing to try.
    pub(super) fn repair(cx: &mut Context<'_>) -> Option<State> {
        let plan = others(cx);
        if plan.is_empty() { None } else { Some(Probing::new(None, Purpose::Repair, &plan).go(cx)) }
    }

    /// The one in use, and if that is refused those of the attic: the provider's API has refused it.
    pub(super) fn doubt(cx: &mut Context<'_>) -> State {
        let plan: Vec<Which> = std::iter::once(Which::Old).chain(others(cx)).collect();
        Probing::new(None, Purpose::Doubt, &plan).go(cx)
    }

    /// Before 24: one attempt with the old one, if the budget has room for it.
    pub(super) fn last_step(cx: &mut Context<'_>, former: Former) -> State {
        Probing::new(None, Purpose::LastStep(former), &[Which::Old]).go(cx)
    }

    /// Later: one attempt with the old one that was still accepted. None if there is none, or no room for it in the
    /// budget.
    pub(super) fn retest(cx: &mut Context<'_>) -> Option<State> {
        let old = cx.facts.attic.still_accepted().filter(|_| cx.facts.budget.wait().is_zero())?.clone();
        Some(Probing::new(None, Purpose::Retest(old), &[Which::Old]).go(cx))
    }

    /// The next of the plan, as soon as the budget allows.
    fn go(mut self, cx: &mut Context<'_>) -> State {
        let Some(which) = self.plan.first().copied() else { return self.exhausted(cx) };
        if self.secret(cx, which).is_none() {
            // There is no such password: as good as refused, at no cost.
            return self.next(cx, which);
        }
        let left = cx.facts.budget.wait();
        if !left.is_zero() {
            return self.pause(cx, left, Why::Budget);
        }
        cx.facts.budget.pay();
        cx.save_budget();
        self.at = At::Saving;
        State::Probing(self)
    }

    fn pause(mut self, cx: &mut Context<'_>, left: Duration, why: Why) -> State {
        match self.purpose {
            Purpose::LastStep(_) => Ended::done(cx, OldPassword::NotChecked),
            Purpose::Resume => self.leave_to_line(cx),
            Purpose::Retest(_) => {
                cx.log(Event::Finished(OldPassword::NotChecked));
                State::Idle
            }
            Purpose::Find | Purpose::Verify(_) | Purpose::Given(_) | Purpose::Repair | Purpose::Doubt => {
                self.at = At::Pausing { left, why };
                State::Probing(self)
            }
        }
    }

    /// 21 again: the line signs in with the old one, as at any start.
    fn leave_to_line(self, cx: &mut Context<'_>) -> State {
        cx.facts.proven = Proven::Yes;
        match self.open {
            Some(open) => State::Browsing(Browsing { open, not_yet: false }),
            None => State::Idle,
        }
    }

    fn secret<'a>(&'a self, cx: &'a Context<'_>, which: Which) -> Option<&'a Secret<String>> {
        match (which, &self.purpose) {
            (Which::Old, Purpose::LastStep(former)) => Some(&former.secret),
            (Which::Old, Purpose::Retest(secret)) | (Which::Given, Purpose::Given(secret)) => Some(secret),
            (Which::Old, _) => cx.facts.active.as_ref(),
            (Which::New, _) => self.open.as_ref().map(|open| &open.txn.new),
            (Which::Attic(at), _) => cx.facts.attic.kept().get(at).map(|kept| &kept.secret),
            (Which::Given, _) => None,
        }
    }

    fn ask(mut self, cx: &mut Context<'_>) -> State {
        let which = self.plan.first().copied();
        let asked = which.and_then(|which| Some(Output::Probe(which, self.secret(cx, which)?.clone())));
        let Some(asked) = asked else { return self.exhausted(cx) };
        // The line may have been refused since this was paid for.
        cx.facts.budget.pay_back();
        let left = cx.facts.budget.wait();
        if !left.is_zero() {
            return self.pause(cx, left, Why::Budget);
        }
        cx.facts.budget.pay();
        cx.ask(asked);
        self.at = At::Asked;
        State::Probing(self)
    }

    pub(super) fn handle(self, cx: &mut Context<'_>, input: Input) -> State {
        match (input, &self.at) {
            (Input::Journal(_, JournalAnswer::Saved), At::Saving) => self.ask(cx),
            (Input::Journal(_, JournalAnswer::Failed), At::Saving) => {
                cx.facts.budget.pay_back();
                self.pause(cx, DISK, Why::Disk)
            }
            (Input::Probe(answer), At::Asked) => self.on_answer(cx, answer),
            (Input::Person(Person::Current(secret)), At::Pausing { .. }) => Probing::given(cx, self.open, secret),
            (Input::Person(Person::Cancel), At::Pausing { .. }) => self.cancel(cx),
            (Input::ActiveRefused(_), _) => self.old_refused(cx),
            (
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
                | Input::Timeout,
                At::Pausing { .. } | At::Saving | At::Asked,
            ) => State::Probing(self),
        }
    }

    /// The line itself was told that the old one is wrong: no need to ask again.
    fn old_refused(mut self, cx: &mut Context<'_>) -> State {
        if let Some(open) = &mut self.open {
            open.old = Old::Refused;
        }
        let is_next = self.plan.first() == Some(&Which::Old);
        if is_next && matches!((&self.purpose, &self.at), (Purpose::Find, At::Pausing { .. })) {
            return self.next(cx, Which::Old);
        }
        if !is_next {
            self.plan.retain(|planned| *planned != Which::Old);
        }
        State::Probing(self)
    }

    /// What the person typed need not be tried; what may be in force cannot be called off here.
    fn cancel(self, cx: &mut Context<'_>) -> State {
        match (&self.purpose, self.open) {
            (Purpose::Given(_) | Purpose::Doubt, None) => State::Idle,
            (Purpose::Given(_), Some(open)) if open.txn.kind == Kind::Portal && open.old == Old::Good => {
                State::Browsing(Browsing { open, not_yet: false })
            }
            (Purpose::Given(_), open) => NeedsUser::enter(open, Need::NeitherWorks),
            (Purpose::Find | Purpose::Verify(_), Some(open)) if open.txn.kind == Kind::Api => Fencing::enter(cx, open),
            (
                Purpose::Find
                | Purpose::Verify(_)
                | Purpose::Repair
                | Purpose::Resume
                | Purpose::Doubt
                | Purpose::LastStep(_)
                | Purpose::Retest(_),
                open,
            ) => State::Probing(Probing { open, ..self }),
        }
    }

    fn on_answer(mut self, cx: &mut Context<'_>, answer: ProbeAnswer) -> State {
        let Some(which) = self.plan.first().copied() else { return self.exhausted(cx) };
        match answer {
            ProbeAnswer::Accepts => {
                cx.facts.budget.pay_back();
                cx.log(Event::Accepted(which));
                self.accepted(cx, which)
            }
            ProbeAnswer::Rejects => {
                cx.facts.budget.refused();
                cx.log(Event::Rejected(which));
                if which == Which::Old && !matches!(self.purpose, Purpose::LastStep(_) | Purpose::Retest(_)) {
                    cx.facts.proven = Proven::Refused;
                }
                self.next(cx, which)
            }
            ProbeAnswer::Stale if self.stale < MAX_STALE => {
                self.stale += 1;
                self.ask(cx)
            }
            ProbeAnswer::Stale => self.nothing_learnt(cx, None, Tried::No),
            ProbeAnswer::Inconclusive { retry_after, tried } => self.nothing_learnt(cx, retry_after, tried),
            ProbeAnswer::Blocked { retry_after } => {
                self.nothing_learnt(cx, Some(retry_after.unwrap_or(BARRED)), Tried::Perhaps)
            }
        }
    }

    fn nothing_learnt(mut self, cx: &mut Context<'_>, retry_after: Option<Duration>, tried: Tried) -> State {
        let left = match tried {
            Tried::No => {
                cx.facts.budget.pay_back();
                soon(self.backoff, retry_after)
            }
            // The server may have counted it.
            Tried::Perhaps => {
                cx.facts.budget.refused();
                patience(self.backoff, retry_after)
            }
        };
        self.stale = 0;
        self.backoff = self.backoff.saturating_add(1).min(MAX_SILENT);
        self.pause(cx, left, Why::Provider)
    }

    /// `which` was refused, or does not exist: the next one.
    fn next(mut self, cx: &mut Context<'_>, which: Which) -> State {
        self.stale = 0;
        self.plan.retain(|planned| *planned != which);
        if let (Which::Old, Some(open)) = (which, &mut self.open) {
            open.old = Old::Refused;
        }
        self.go(cx)
    }

    fn accepted(self, cx: &mut Context<'_>, which: Which) -> State {
        match &self.purpose {
            Purpose::LastStep(former) => return Settling::still_accepted(cx, former.secret.clone()),
            Purpose::Retest(_) => {
                cx.log(Event::Finished(OldPassword::StillAccepted));
                return State::Idle;
            }
            Purpose::Find
            | Purpose::Verify(_)
            | Purpose::Given(_)
            | Purpose::Repair
            | Purpose::Resume
            | Purpose::Doubt => {}
        }
        let Some(secret) = self.secret(cx, which).cloned() else { return self.exhausted(cx) };
        let former = std::mem::replace(&mut cx.facts.proven, Proven::Yes);
        let alternate = match which {
            Which::Old => self.open.as_ref().map(|open| open.txn.new.clone()),
            Which::New | Which::Attic(_) | Which::Given => cx.facts.active.clone(),
        };
        cx.ask(Output::Use(Credentials { current: secret.clone(), alternate }));
        match which {
            Which::Old => match (self.open, self.purpose) {
                (None, Purpose::Doubt) => NeedsUser::enter(None, Need::NotAllowed),
                (None, _) => State::Idle,
                (Some(open), Purpose::Find) => old_works(cx, open, Known::AskedForIt),
                (Some(open), _) => old_works(cx, open, Known::No),
            },
            Which::New => Settling::promote(cx, secret, former),
            Which::Attic(_) => match self.open {
                Some(open) => Settling::promote_beside(cx, secret, open),
                None => Settling::promote_from_attic(cx, secret, former),
            },
            Which::Given => Settling::promote_given(cx, secret, former, self.open),
        }
    }

    /// Everything was tried and refused.
    fn exhausted(mut self, cx: &mut Context<'_>) -> State {
        match self.purpose {
            Purpose::LastStep(former) => Settling::refused_at_last(cx, &former),
            Purpose::Retest(old) => {
                cx.log(Event::Finished(OldPassword::Refused));
                Settling::refused_by_now(cx, &old)
            }
            Purpose::Given(_) => {
                cx.log(Event::NeedsPerson);
                NeedsUser::enter(self.open, Need::GivenRefused)
            }
            Purpose::Find => {
                self.purpose = Purpose::Repair;
                self.plan = undetermined(cx);
                self.go(cx)
            }
            Purpose::Repair => neither(cx, self.open),
            Purpose::Resume => self.leave_to_line(cx),
            Purpose::Doubt => {
                cx.log(Event::NeedsPerson);
                NeedsUser::enter(None, Need::ChangedElsewhere)
            }
            Purpose::Verify(Spread::Fresh) => {
                self.purpose = Purpose::Verify(Spread::Waited);
                self.plan = vec![Which::New];
                self.pause(cx, LAG, Why::Lag)
            }
            Purpose::Verify(Spread::Waited) => {
                self.purpose = Purpose::Find;
                let refused = self.open.as_ref().is_some_and(|open| open.old == Old::Refused);
                self.plan = if refused { Vec::new() } else { vec![Which::Old] };
                self.go(cx)
            }
        }
    }

    /// Whether nothing is sent for a while.
    pub(super) const fn is_pausing(&self) -> bool {
        matches!(self.at, At::Pausing { .. })
    }

    pub(super) const fn left(&mut self) -> Option<&mut Duration> {
        match &mut self.at {
            At::Pausing { left, .. } => Some(left),
            At::Saving | At::Asked => None,
        }
    }

    pub(super) fn due(self, cx: &mut Context<'_>) -> State {
        match self.at {
            At::Pausing { .. } => self.go(cx),
            At::Saving | At::Asked => State::Probing(self),
        }
    }

    pub(super) const fn status(&self) -> Status {
        match (&self.at, &self.purpose) {
            (At::Pausing { left, why }, _) => Status::Waiting { left: *left, why: *why },
            (At::Saving | At::Asked, Purpose::Find | Purpose::Resume) => Status::Unknown,
            (At::Saving | At::Asked, Purpose::Doubt) => Status::Trying,
            (At::Saving | At::Asked, Purpose::Verify(_)) => Status::Verifying,
            (At::Saving | At::Asked, Purpose::Given(_)) => Status::Trying,
            (At::Saving | At::Asked, Purpose::Repair) => Status::Repairing,
            (At::Saving | At::Asked, Purpose::LastStep(_) | Purpose::Retest(_)) => Status::CheckingOld,
        }
    }
}

/// Those of the attic that are not in use.
fn others(cx: &Context<'_>) -> Vec<Which> {
    let active = cx.facts.active.as_ref();
    let other = |(_, kept): &(usize, &super::attic::Kept)| Some(&kept.secret) != active;
    cx.facts.attic.kept().iter().enumerate().filter(other).map(|(at, _)| Which::Attic(at)).collect()
}

/// Those of the attic that may be in force (R8): worth a try before the person is asked.
fn undetermined(cx: &Context<'_>) -> Vec<Which> {
    let open = |(_, kept): &(usize, &super::attic::Kept)| matches!(kept.standing, Standing::Undetermined(_));
    cx.facts.attic.kept().iter().enumerate().filter(open).map(|(at, _)| Which::Attic(at)).collect()
}

/// Whether the person has just said that the password was changed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Known {
    /// No.
    No,
    /// Yes, or the phone had reason to believe so.
    AskedForIt,
}

/// 11, or back to the page: the old one works, so that the change has had no effect, yet.
pub(super) fn old_works(cx: &mut Context<'_>, mut open: Open, known: Known) -> State {
    open.old = Old::Good;
    match (open.txn.kind, open.fate) {
        (Kind::Portal, _) => State::Browsing(Browsing { open, not_yet: known == Known::AskedForIt }),
        (Kind::Api, Fate::Open) => Fencing::enter(cx, open),
        (Kind::Api, Fate::Expired | Fate::Overtaken) => Settling::withdraw(cx, &open, Then::Aborted(Abort::NotApplied)),
        // It will not be applied again. If the registrar is only slow, R8 finds the new one in the attic.
        (Kind::Api, Fate::Applied) => Settling::shelve(cx, open, Then::Aborted(Abort::Kept)),
        (Kind::Api, Fate::Late) => Settling::lay_aside(cx, &open, Then::Aborted(Abort::NotApplied)),
    }
}
