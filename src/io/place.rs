//! Where this computer is, as far as its settings tell: the offset of local time, and the locale that names a country.

use crate::base::WallTime;

/// Seconds that local time is ahead of UTC at `at`; 0 where the system has no time zone.
#[must_use]
pub fn utc_offset(at: WallTime) -> i32 {
    let Ok(at) = jiff::Timestamp::from_millisecond(at.as_millis()) else { return 0 };
    jiff::tz::TimeZone::system().to_offset(at).seconds()
}

/// The locale's name, such as `en_GB.UTF-8`: what POSIX asks for telephone numbers first, then for everything.
#[must_use]
pub fn locale() -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    ["LC_ALL", "LC_TELEPHONE", "LANG"].into_iter().find_map(set).unwrap_or_default()
}
