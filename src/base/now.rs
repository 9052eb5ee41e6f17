//! Time as an argument. The pure parts never read a clock: whoever calls them says what time it is.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point on the monotonic clock, in microseconds since some fixed but meaningless instant. Never jumps; on
/// Linux it is `CLOCK_BOOTTIME`'s business (in `io::clock`) that it counts the time asleep too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mono(u64);

impl Mono {
    /// The beginning of this process's time.
    pub const ZERO: Mono = Mono(0);

    /// The point `micros` µs after [`Mono::ZERO`].
    #[must_use]
    pub const fn from_micros(micros: u64) -> Mono {
        Mono(micros)
    }

    /// The point `millis` ms after [`Mono::ZERO`].
    #[must_use]
    pub const fn from_millis(millis: u64) -> Mono {
        Mono(millis.saturating_mul(1000))
    }

    /// Microseconds since [`Mono::ZERO`].
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time from `earlier` until `self`; zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Mono) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// The point `by` before; [`Mono::ZERO`] if there is none.
    #[must_use]
    pub fn before(self, by: Duration) -> Mono {
        Mono(self.0.saturating_sub(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)))
    }
}

impl std::ops::Add<Duration> for Mono {
    type Output = Mono;

    fn add(self, by: Duration) -> Mono {
        Mono(self.0.saturating_add(u64::try_from(by.as_micros()).unwrap_or(u64::MAX)))
    }
}

/// Calendar time in milliseconds since 1970-01-01T00:00:00Z. May jump: use it to show and to store, never to wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
pub struct WallTime(pub i64);

impl WallTime {
    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }
}

/// What time it is, on both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Now {
    /// The clock to wait by.
    pub mono: Mono,
    /// The clock to show.
    pub wall: WallTime,
}

impl Now {
    /// Both clocks `by` later: how tests in virtual time move on.
    #[must_use]
    pub fn later(self, by: Duration) -> Now {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        Now { mono: self.mono + by, wall: WallTime(self.wall.0.saturating_add(millis)) }
    }
}
