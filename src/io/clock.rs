//! The only reader of clocks. The monotonic one counts the time asleep, so that a registration that ran out while
//! the lid was closed is known to have run out.

use std::time::Duration;

use crate::base::{Mono, Now, WallTime};

/// Both clocks. Cheap to copy; every copy counts from the same beginning.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Duration,
}

impl Clock {
    /// A clock whose [`Mono::ZERO`] is now.
    #[must_use]
    pub fn start() -> Clock {
        Clock { start: since_boot() }
    }

    /// What time it is.
    #[must_use]
    pub fn now(self) -> Now {
        let micros = since_boot().saturating_sub(self.start).as_micros();
        Now { mono: Mono::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)), wall: wall() }
    }
}

/// Time since the computer was started, with the time asleep where the operating system can tell.
#[cfg(target_os = "linux")]
pub(crate) fn since_boot() -> Duration {
    of(rustix::time::clock_gettime(rustix::time::ClockId::Boottime))
}

/// How long the computer has slept since it was started.
#[cfg(target_os = "linux")]
pub(crate) fn slept() -> Duration {
    since_boot().saturating_sub(of(rustix::time::clock_gettime(rustix::time::ClockId::Monotonic)))
}

#[cfg(any(target_os = "linux", target_os = "macos"))]
fn of(time: rustix::time::Timespec) -> Duration {
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Time since the computer was started, with the time asleep: macOS counts it in this clock (`man clock_gettime`), not
/// in the one that the standard library reads.
#[cfg(target_os = "macos")]
pub(crate) fn since_boot() -> Duration {
    of(rustix::time::clock_gettime(rustix::time::ClockId::Monotonic))
}

/// Time since the first look at this clock. Windows' performance counter goes on while the computer is asleep.
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) fn since_boot() -> Duration {
    static FIRST: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "this is io::clock")]
    let now = std::time::Instant::now();
    now.saturating_duration_since(*FIRST.get_or_init(|| now))
}

/// Calendar time.
pub(crate) fn wall() -> WallTime {
    #[expect(clippy::disallowed_methods, reason = "this is io::clock")]
    let now = std::time::SystemTime::now();
    let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    WallTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_monotonic_clock_starts_at_zero_and_never_goes_back() {
        let clock = Clock::start();
        let first = clock.now();
        let second = clock.now();
        assert!(first.mono.as_micros() < 10_000_000, "{first:?}");
        assert!(second.mono >= first.mono);
    }

    #[test]
    fn calendar_time_is_in_milliseconds() {
        // Some time after this was written and before the year 2300.
        assert!((1_700_000_000_000..10_413_792_000_000).contains(&wall().as_millis()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_computer_that_does_not_sleep_slept_equally_long_at_both_looks() {
        assert!(slept().abs_diff(slept()) < Duration::from_millis(100));
    }
}
