//! Times as the protocol writes them: RFC 3339 in JSON, RFC 9110 §5.6.7 in HTTP headers.

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::base::WallTime;

/// A time in a document: `2026-11-22T14:10:00Z` (RFC 3339). Read with any offset, written in UTC to the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Stamp(pub WallTime);

impl Stamp {
    /// Reads an RFC 3339 time. A time without an offset is no time.
    #[must_use]
    pub fn parse(text: &str) -> Option<Stamp> {
        if text.len() > 40 {
            return None;
        }
        let time: Timestamp = text.parse().ok()?;
        Some(Stamp(WallTime(time.as_millisecond())))
    }

    /// Reads the value of an HTTP `Date` or `Retry-After` header in its date form.
    #[must_use]
    pub fn parse_http(text: &str) -> Option<Stamp> {
        if text.len() > 40 {
            return None;
        }
        let time = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(Stamp(WallTime(time.as_millisecond())))
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.0
    }
}

impl From<WallTime> for Stamp {
    fn from(time: WallTime) -> Stamp {
        Stamp(time)
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whole seconds: fractions are dropped, not rounded.
        let time = Timestamp::from_second(self.as_millis().div_euclid(1000)).unwrap_or_default();
        write!(f, "{time:.0}")
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Stamp, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        Stamp::parse(&text).ok_or_else(|| de::Error::custom("not a time of RFC 3339"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_with_its_offset_and_written_in_utc() {
        let stamp = Stamp::parse("2026-11-22T15:10:00.250+01:00").unwrap();
        assert_eq!(stamp.as_millis(), 1_795_356_600_250);
        assert_eq!(stamp.to_string(), "2026-11-22T14:10:00Z");
        assert_eq!(Stamp::parse("2026-11-22T14:10:00Z").unwrap().to_string(), "2026-11-22T14:10:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for bad in ["", "2026-11-22", "2026-11-22T14:10:00", "yesterday", "2026-13-22T14:10:00Z", &"9".repeat(100)] {
            assert_eq!(Stamp::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_date_header_is_read() {
        let stamp = Stamp::parse_http("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(stamp.to_string(), "1994-11-06T08:49:37Z");
        assert_eq!(Stamp::parse_http("120"), None);
    }
}
