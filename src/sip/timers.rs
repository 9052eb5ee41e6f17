//! The timers of RFC 3261 §17 (table 4) and RFC 6026, and the one way in which retransmission intervals grow.

use std::time::Duration;

use crate::base::Mono;

/// Estimate of the round trip; the first retransmission interval.
pub const T1: Duration = Duration::from_millis(500);
/// The longest interval between retransmissions, but for INVITE requests.
pub const T2: Duration = Duration::from_secs(4);
/// The longest that a message lives in the network.
pub const T4: Duration = Duration::from_secs(5);
/// Timers B, F, H, J, L, M: how long a transaction goes on without an answer.
pub const GIVE_UP: Duration = Duration::from_millis(64 * 500);
/// Timer D by UDP: how long retransmitted final responses to INVITE are acknowledged. "At least 32 s".
pub const TIMER_D: Duration = Duration::from_secs(32);

/// A retransmission timer (A, E, G, and that of 2xx): its interval doubles, up to a limit if there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Retransmission {
    at: Mono,
    interval: Duration,
    limit: Option<Duration>,
}

impl Retransmission {
    /// First due T1 after `now`.
    pub(super) fn new(now: Mono, limit: Option<Duration>) -> Retransmission {
        Retransmission { at: now + T1, interval: T1, limit }
    }

    /// When it is due next.
    pub(super) const fn at(&self) -> Mono {
        self.at
    }

    /// Whether it is due; if so, the next interval begins. Counted from when it was due, not from `now`, so that a
    /// late caller does not shift the schedule; but a caller who slept gets one retransmission, not a burst.
    pub(super) fn is_due(&mut self, now: Mono) -> bool {
        if now < self.at {
            return false;
        }
        self.interval = self.limit.map_or(self.interval * 2, |limit| limit.min(self.interval * 2));
        self.at = self.at + self.interval;
        if self.at <= now {
            self.at = now + self.interval;
        }
        true
    }

    /// From now on the interval is the limit: timer E once a provisional response has come (§17.1.2.2).
    pub(super) fn slow_down(&mut self) {
        if let Some(limit) = self.limit {
            self.interval = limit;
        }
    }
}
