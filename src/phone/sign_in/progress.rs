//! What is known of a sign-in in progress, and how it is shown.

use super::tries::{Destination, Try, TryState, problem_of};
use super::{PREFERENCE, STAGGER};
use crate::base::{AccountId, Mono, Now, Secret};
use crate::phone::account::Account;
use crate::phone::address::Address;
use crate::phone::command::AccountDraft;
use crate::phone::input::Ticket;
use crate::phone::locate::{Candidate, Locate};
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::trust::certificate;
use crate::phone::view::{CertificateQuestion, SignInView, Step, StepKind, StepState};
use crate::port::net::{CertificateError, Fingerprint, NetError, Transport};

/// Somebody wants to sign in.
#[derive(Debug)]
pub(in crate::phone) struct Wish {
    pub(in crate::phone) ticket: Option<Ticket>,
    pub(in crate::phone) draft: AccountDraft,
    pub(in crate::phone) password: Secret<String>,
    pub(in crate::phone) demo: Demo,
}

/// Whether an account is the demo's, and the realms that it may answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::phone) enum Demo {
    No,
    Yes(Vec<String>),
}

/// The sign-in in progress.
#[derive(Debug)]
pub(in crate::phone) struct SignIn {
    pub(in crate::phone) id: AccountId,
    pub(super) wish: Wish,
    pub(super) address: Address,
    pub(super) host: String,
    pub(super) tls_name: String,
    /// The one certificate that is good, if the person trusts one.
    pub(super) pin: Option<Fingerprint>,
    pub(super) uuid: String,
    /// What was signed in under this address before, in case it does not work.
    pub(super) replaced: Option<Box<Account>>,
    pub(super) servers: Vec<Candidate>,
    pub(in crate::phone) phase: Phase,
    pub(super) tries: Vec<Try>,
    pub(super) deadline: Mono,
    pub(super) began: Mono,
}

/// How far it is.
#[derive(Debug)]
pub(in crate::phone) enum Phase {
    Finding(Locate),
    Trying,
    /// The person is asked about this way.
    Asking(Transport),
    /// The account is among the others, but not shown yet.
    Registering,
    Keeping,
}

impl SignIn {
    /// The account that is shown only when it is registered.
    pub(in crate::phone) fn hidden(&self) -> Option<AccountId> {
        matches!(self.phase, Phase::Registering).then_some(self.id)
    }

    pub(in crate::phone) fn next_timeout(&self) -> Option<Mono> {
        match self.phase {
            Phase::Asking(_) | Phase::Keeping => None,
            Phase::Finding(_) | Phase::Registering => Some(self.deadline),
            Phase::Trying => {
                let starts = (1..self.tries.len()).map(|index| self.begins(index));
                let waiting = starts.zip(self.tries.iter().skip(1));
                let waiting = waiting.filter(|(_, one)| matches!(one.state, TryState::NotYet)).map(|(at, _)| at);
                let patience = self.began + PREFERENCE;
                let answers = self.tries.iter().any(|one| matches!(one.state, TryState::Answers(_)));
                waiting.chain(answers.then_some(patience)).chain([self.deadline]).min()
            }
        }
    }

    pub(super) fn destination(&self) -> Destination {
        Destination { account: self.id, tls_name: self.tls_name.clone(), pin: self.pin }
    }

    /// What the person is shown of the certificate that was refused, and whether they may trust it.
    pub(super) fn question(&self, error: &NetError) -> Option<CertificateQuestion> {
        let NetError::Certificate(why, Some(shown)) = error else { return None };
        let vouched = self.replaced.as_ref().is_some_and(|before| before.record.trust.vouched);
        let may_trust = self.pin.is_none() && certificate::may_be_trusted(why, vouched);
        let changed = *why == CertificateError::Changed;
        (may_trust || changed).then(|| certificate::question(why, &self.tls_name, *shown, self.pin, may_trust))
    }

    /// When the transport of this rank is tried even though the one before it is silent.
    pub(super) fn begins(&self, index: usize) -> Mono {
        self.began + STAGGER.saturating_mul(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Whether an unencrypted transport needs nobody's consent.
    pub(super) fn consented(&self) -> bool {
        self.wish.draft.unencrypted_ok || self.wish.draft.transport.is_some()
    }

    pub(in crate::phone) fn steps(&self) -> Vec<Step> {
        let step = |kind, state| Step { kind, state };
        let finding = matches!(self.phase, Phase::Finding(_));
        let mut steps =
            vec![step(StepKind::Find(self.host.clone()), if finding { StepState::Doing } else { StepState::Done })];
        for one in &self.tries {
            let (tls, state) = match &one.state {
                TryState::NotYet => continue,
                TryState::Opening(_) | TryState::Probing(..) => (None, StepState::Doing),
                TryState::Answers(flow) => (flow.tls.clone(), StepState::Done),
                TryState::Failed(_) => (None, StepState::Failed),
            };
            steps.push(step(StepKind::Connect(one.transport, tls), state));
        }
        match self.phase {
            Phase::Finding(_) | Phase::Trying | Phase::Asking(_) => {}
            Phase::Registering => steps.push(step(StepKind::SignIn, StepState::Doing)),
            Phase::Keeping => {
                steps.push(step(StepKind::SignIn, StepState::Done));
                steps.push(step(StepKind::Keep, StepState::Doing));
            }
        }
        steps
    }

    pub(super) fn view(&self) -> SignInView {
        match self.phase {
            Phase::Asking(transport) => SignInView::AskUnencrypted(self.steps(), transport),
            Phase::Finding(_) | Phase::Trying | Phase::Registering | Phase::Keeping => SignInView::Trying(self.steps()),
        }
    }

    /// What the failures of all transports amount to.
    pub(super) fn trouble(&self, now: Now) -> Problem {
        let errors: Vec<&NetError> = self
            .tries
            .iter()
            .filter_map(|one| match &one.state {
                TryState::Failed(error) => Some(error),
                TryState::NotYet | TryState::Opening(_) | TryState::Probing(..) | TryState::Answers(_) => None,
            })
            .collect();
        let tls_only = self.tries.iter().all(|one| one.transport == Transport::Tls);
        match errors.first() {
            Some(error) if tls_only => problem_of(error, &self.host, &self.tls_name, now.wall),
            Some(_) if errors.iter().all(|error| **error == NetError::Unreachable) => {
                Problem::new(ProblemKind::OffLine, &self.host)
            }
            Some(_) | None => Problem::new(ProblemKind::NoAnswer, &self.host),
        }
    }
}

/// What was being done has failed.
pub(super) fn failed(mut steps: Vec<Step>) -> Vec<Step> {
    for step in &mut steps {
        if step.state == StepState::Doing {
            step.state = StepState::Failed;
        }
    }
    steps
}
