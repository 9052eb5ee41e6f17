//! One account's password change in the phone's hands: the machine, and what it cannot hold itself, time and dice and
//! the password that is being chosen.

use std::time::Duration;

use super::api::Api;
use super::compose::Candidate;
use crate::base::{Entropy, Mono, Now, Secret, WallTime};
use crate::phone::command::Begin;
use crate::phone::notice;
use crate::phone::password_change::status::Why;
use crate::phone::password_change::{Input, Output, PasswordChange, Status};
use crate::phone::problem::Problem;
use crate::phone::view::{ChangeReason, ChangeWay, PasswordPlace};
use crate::port::RequestId;
use crate::port::vault::VaultError;

/// A hosted change.
#[derive(Debug)]
pub(in crate::phone) struct Hosted {
    machine: PasswordChange,
    /// What was read of the vault so far, until the machine has begun.
    pub(super) reading: Option<Reading>,
    /// Why the vault could not be read.
    pub(super) unread: Option<VaultError>,
    /// The vault's request under way; if it puts the password in use somewhere, where.
    pub(super) vault: Option<(RequestId, Option<PasswordPlace>)>,
    /// Which password is being tried.
    pub(super) probing: Option<Tries>,
    /// The new password that the person is looking at, before anything is done with it.
    pub(super) candidate: Option<Candidate>,
    /// What is known of the new password since it was chosen.
    pub(super) chosen: Option<super::compose::Known>,
    /// An agent wants no questions: choose this, or make one, as soon as one is asked for.
    pub(super) at_once: Option<Option<Secret<String>>>,
    /// What the person wants as soon as the vault was read.
    pub(super) wish: Option<(Begin, Option<Option<Secret<String>>>)>,
    /// What is wrong with the one that was typed.
    pub(super) complaint: Option<String>,
    /// Who will tell the provider, as soon as that is known.
    pub(super) way: ChangeWay,
    /// Why it is made.
    pub(super) reason: ChangeReason,
    /// The registrar refused the password in use, in these words.
    pub(super) refused: Option<Problem>,
    /// So often, before the machine had begun.
    pub(super) refused_early: Option<u8>,
    /// So often it was refused elsewhere, before the machine had begun.
    pub(super) uncounted: u8,
    /// What the provider's notices demand.
    pub(super) demand: Option<notice::Demand>,
    /// When the wait that the machine is in is over, by the calendar.
    pub(super) until: Option<WallTime>,
    /// So much later than the machine wants to: a provider that comes back is not asked by all phones at once.
    spread: Duration,
    /// What is known of the provider's API, and what was asked of it.
    pub(super) api: Api,
    /// The provider's clock, when it was heard.
    pub(super) heard: Option<(WallTime, Mono)>,
    /// When the new password was first accepted.
    pub(super) accepted_at: Option<WallTime>,
    /// The other password is forgotten then.
    pub(super) forget_alternate: Option<Mono>,
}

/// What the vault held, entry by entry; `None`: not answered yet.
#[derive(Debug, Default)]
pub(super) struct Reading {
    pub(super) txn: Option<Option<Secret<String>>>,
    pub(super) attic: Option<Option<Secret<String>>>,
}

/// Which password a probe tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tries {
    /// The one that the line signs in with.
    InUse,
    /// Another one.
    Another,
}

impl Hosted {
    /// A machine that has not begun.
    pub(super) fn new(now: Now) -> Hosted {
        Hosted {
            machine: PasswordChange::new(now),
            reading: Some(Reading::default()),
            unread: None,
            vault: None,
            probing: None,
            candidate: None,
            chosen: None,
            at_once: None,
            wish: None,
            complaint: None,
            way: ChangeWay::Unknown,
            reason: ChangeReason::Wanted,
            refused: None,
            refused_early: None,
            uncounted: 0,
            demand: None,
            until: None,
            spread: Duration::ZERO,
            api: Api::default(),
            heard: None,
            accepted_at: None,
            forget_alternate: None,
        }
    }

    /// Tells the machine what happened; what it asks for follows.
    pub(super) fn tell(&mut self, now: Now, input: Input, dice: &mut Entropy) -> Vec<Output> {
        let before = self.machine.next_timeout();
        self.machine.handle(now, input);
        if self.machine.next_timeout() != before {
            self.spread = spread(&self.machine.status()).mul_f64(dice.fraction());
        }
        self.until = self.timeout().map(|at| later(now.wall, at.since(now.mono)));
        std::iter::from_fn(|| self.machine.poll()).collect()
    }

    /// When the machine's own time has come.
    fn timeout(&self) -> Option<Mono> {
        self.machine.next_timeout().map(|at| at + self.spread)
    }

    pub(in crate::phone) fn status(&self) -> Status {
        self.machine.status()
    }

    pub(in crate::phone) fn machine(&self) -> &PasswordChange {
        &self.machine
    }

    /// When the wait that the machine is in is over.
    pub(in crate::phone) const fn until(&self) -> Option<WallTime> {
        self.until
    }

    /// Whether the vault was read.
    pub(in crate::phone) fn has_begun(&self) -> bool {
        self.reading.is_none()
    }

    /// When the machine wants to be told that time has passed, or the alternate password is to be forgotten.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        [self.timeout(), self.forget_alternate].into_iter().flatten().min()
    }

    /// Whether the machine's own time has come.
    pub(super) fn is_due(&self, now: Mono) -> bool {
        self.timeout().is_some_and(|at| at <= now)
    }
}

/// Over which time phones spread themselves that wait for a provider: a fifth of their wait.
fn spread(status: &Status) -> Duration {
    match status {
        Status::Waiting { left, why: Why::Provider } | Status::Deferred { left, why: Why::Provider } => *left / 5,
        Status::Starting
        | Status::Idle
        | Status::Notified { .. }
        | Status::Deferred { .. }
        | Status::Preflight
        | Status::KeyringUnavailable(_)
        | Status::ProveCopy { .. }
        | Status::Choosing { .. }
        | Status::Staging { .. }
        | Status::Staged
        | Status::Submitting
        | Status::Waiting { .. }
        | Status::Unknown
        | Status::Fencing
        | Status::Verifying
        | Status::Trying
        | Status::Repairing
        | Status::Promoting { .. }
        | Status::Withdrawing
        | Status::NeedsUser(_)
        | Status::Browser { .. }
        | Status::Restricted
        | Status::Aborted(_)
        | Status::CheckingOld
        | Status::Done { .. } => Duration::ZERO,
    }
}

/// This much later by the calendar.
fn later(wall: WallTime, by: Duration) -> WallTime {
    WallTime(wall.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}
