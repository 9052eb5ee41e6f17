//! The states as types: each holds only what it may use, and is consumed by its transition. Numbers are those of
//! account-security 3.4.

use std::time::Duration;

use super::begin::{Checking, Choosing, NoKeyring, Proving};
use super::fencing::Fencing;
use super::probing::Probing;
use super::resting::{Browsing, Ended, Later, NeedsUser};
use super::settling::Settling;
use super::staging::{Marking, Staging};
use super::submitting::{Asking, Submitting};
use super::txn::{Kind, Txn};
use crate::provider_api::NoticeId;

/// Where a change is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum State {
    /// Vault and journal were not read yet.
    Starting,
    /// 0, and as a notice wills 1 or 22.
    Idle,
    /// 2.
    Later(Later),
    /// 3.
    Checking(Checking),
    /// 4.
    NoKeyring(NoKeyring),
    /// 5, and 16.
    Choosing(Choosing),
    /// 4, memory only.
    Proving(Proving),
    /// 6.
    Staging(Staging),
    /// 7.
    Marking(Marking),
    /// 8, and 19.
    Submitting(Submitting),
    /// 9.
    Asking(Asking),
    /// 10, 12, 19, and the last step before 24.
    Probing(Probing),
    /// 11.
    Fencing(Fencing),
    /// 13, 14, and 23 on its way.
    Settling(Settling),
    /// 20.
    NeedsUser(NeedsUser),
    /// 21.
    Browsing(Browsing),
    /// 23, 24.
    Ended(Ended),
}

/// What the person wants.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Wish {
    pub(super) kind: Kind,
    pub(super) notice: Option<NoticeId>,
    /// How often in a row the provider could not be reached for it.
    pub(super) silent: u8,
}

/// A change whose new password is in the keyring and whose end is not known.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Open {
    pub(super) txn: Txn,
    /// Whether the request may have reached the provider.
    pub(super) sent: Sent,
    /// How often it was submitted, in this process.
    pub(super) attempts: u8,
    /// The registrar has refused the old password since.
    pub(super) old: Old,
    /// Whether it can still be applied.
    pub(super) fate: Fate,
    /// How often in a row the provider has asked for patience.
    pub(super) backoff: u8,
    /// How often in a row it could not be reached.
    pub(super) silent: u8,
    /// Whether it was looked at again after neither password worked.
    pub(super) rechecked: Rechecked,
}

/// Whether a request may have reached the provider.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Sent {
    /// Not a byte.
    Never,
    /// It may have.
    Perhaps,
}

/// What is known of the old password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Old {
    /// It has not been refused.
    Good,
    /// It was refused.
    Refused,
}

/// Whether a change can still be applied by a request that is late.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Fate {
    /// It can.
    Open,
    /// The provider says that it was, which happens once. If the old password works all the same, another change came
    /// after it, or the registrar is very slow.
    Applied,
    /// The provider says that it is too late for it.
    Expired,
    /// `not_after` has passed, by the time that the provider was heard to say. A clock alone destroys nothing.
    Late,
    /// The generation has moved on: `If-Match` refuses it for ever.
    Overtaken,
}

/// Whether something was done once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Rechecked {
    /// Not yet.
    No,
    /// Yes.
    Yes,
}

impl Open {
    /// A change that was just staged.
    pub(super) const fn fresh(txn: Txn) -> Open {
        Open {
            txn,
            sent: Sent::Never,
            attempts: 0,
            old: Old::Good,
            fate: Fate::Open,
            backoff: 0,
            silent: 0,
            rechecked: Rechecked::No,
        }
    }

    /// A change from before: it may have been sent, and is not sent again.
    pub(super) fn found(txn: Txn) -> Open {
        Open { sent: Sent::Perhaps, attempts: MAX_ATTEMPTS, ..Open::fresh(txn) }
    }

    /// How long to wait before trying the same again: 30 s, doubled each time, ten minutes at most, or what the
    /// server asks for.
    pub(super) fn pause(&mut self, retry_after: Option<Duration>) -> Duration {
        let pause = patience(self.backoff, retry_after);
        self.backoff = self.backoff.saturating_add(1).min(MAX_BACKOFF);
        pause
    }

    /// How long to wait before trying to reach the provider again.
    pub(super) fn pause_briefly(&mut self, retry_after: Option<Duration>) -> Duration {
        let pause = soon(self.silent, retry_after);
        self.silent = self.silent.saturating_add(1).min(MAX_SILENT);
        pause
    }
}

/// How often one request is submitted without a sign of having arrived (R7: each time the same).
pub(super) const MAX_ATTEMPTS: u8 = 2;
/// 30 s doubled so often is ten minutes.
const MAX_BACKOFF: u8 = 5;

/// After one to five silences it is looked after seconds whether the provider is back.
const BRIEF: u8 = 5;
/// From here on the pauses do not grow any more.
pub(super) const MAX_SILENT: u8 = BRIEF + MAX_BACKOFF;

/// A provider that could not be reached is often back in a moment: 1, 2, 4, 8 and 16 s, and then as ever.
pub(super) fn soon(silent: u8, retry_after: Option<Duration>) -> Duration {
    let brief = (silent < BRIEF).then(|| Duration::from_secs(1 << silent));
    patience(silent.saturating_sub(BRIEF), retry_after.or(brief))
}

/// See [`Open::pause`]. A server's wish is honoured up to a day.
pub(super) fn patience(backoff: u8, retry_after: Option<Duration>) -> Duration {
    let own = Duration::from_secs(30).saturating_mul(1 << backoff.min(MAX_BACKOFF));
    let asked = retry_after.unwrap_or(own.min(Duration::from_mins(10)));
    asked.clamp(Duration::from_secs(1), Duration::from_hours(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_reached_is_tried_soon_and_then_ever_more_seldom_and_a_wish_is_honoured() {
        let seconds = |silent| soon(silent, None).as_secs();
        let all: Vec<u64> = (0..=MAX_SILENT).map(seconds).collect();
        assert_eq!(all, [1, 2, 4, 8, 16, 30, 60, 120, 240, 480, 600]);
        assert_eq!(soon(0, Some(Duration::from_mins(3))), Duration::from_mins(3));
        assert_eq!(patience(0, None), Duration::from_secs(30));
    }
}
