//! What time it is for people: the engine's calendar in the system's time zone.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::base::WallTime;

/// A source of calendar time and the zone to show it in.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> WallTime>,
    zone: TimeZone,
}

/// One moment, in the person's zone.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now.
    pub wall: WallTime,
    zone: TimeZone,
}

impl Clock {
    /// A clock that asks `now` and shows the system's time zone.
    #[must_use]
    pub fn system(now: impl Fn() -> WallTime + 'static) -> Clock {
        Clock { now: Arc::new(now), zone: TimeZone::system() }
    }

    /// A clock in coordinated universal time: for tests and pictures.
    #[must_use]
    pub fn utc(now: impl Fn() -> WallTime + 'static) -> Clock {
        Clock { now: Arc::new(now), zone: TimeZone::UTC }
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Moment {
        Moment { wall: (self.now)(), zone: self.zone.clone() }
    }
}

impl Moment {
    /// A moment in coordinated universal time: for tests and pictures.
    #[must_use]
    pub fn utc(wall: WallTime) -> Moment {
        Moment { wall, zone: TimeZone::UTC }
    }

    /// Whole seconds from `then` until this moment.
    #[must_use]
    pub fn secs_since(&self, then: WallTime) -> u64 {
        u64::try_from((self.wall.0 - then.0) / 1000).unwrap_or(0)
    }

    /// Milliseconds until the next whole second after `then` has begun: when a timer has to be drawn again.
    #[must_use]
    pub fn millis_to_next_second(&self, then: WallTime) -> u64 {
        1000 - u64::try_from((self.wall.0 - then.0).rem_euclid(1000)).unwrap_or(0)
    }

    /// The time of day, `09:15`.
    #[must_use]
    pub fn time_of_day(&self, at: WallTime) -> String {
        self.zoned(at).map(|t| format!("{:02}:{:02}", t.hour(), t.minute())).unwrap_or_default()
    }

    /// `Today`, `Yesterday`, a weekday within the last week, else a date like `3 March 2026`.
    #[must_use]
    pub fn day(&self, at: WallTime) -> String {
        let (Some(at), Some(now)) = (self.zoned(at), self.zoned(self.wall)) else { return String::new() };
        let days = days_between(at.date(), now.date());
        match days {
            i32::MIN..=0 => "Today".into(),
            1 => "Yesterday".into(),
            2..=6 => at.strftime("%A").to_string(),
            _ => at.strftime("%-d %B %Y").to_string(),
        }
    }

    /// The same within a sentence, and for days to come too: `today`, `tomorrow`, `Friday`, `3 March`.
    #[must_use]
    pub fn day_in_sentence(&self, at: WallTime) -> String {
        let (Some(zoned), Some(now)) = (self.zoned(at), self.zoned(self.wall)) else { return String::new() };
        match days_between(zoned.date(), now.date()) {
            0 => "today".into(),
            1 => "yesterday".into(),
            -1 => "tomorrow".into(),
            2..=6 => self.day(at),
            _ => self.date(at),
        }
    }

    /// The date without its year where that is this year's or near, `3 December`; else with it.
    #[must_use]
    pub fn date(&self, at: WallTime) -> String {
        self.formatted(at, "%-d %B", "%-d %B %Y")
    }

    /// The same, short: `3 Dec`, `3 Dec 2024`.
    #[must_use]
    pub fn short_day(&self, at: WallTime) -> String {
        self.formatted(at, "%-d %b", "%-d %b %Y")
    }

    /// A day on which something ends, short: `3 Dec`; today and tomorrow with the time, `today 22:50`.
    #[must_use]
    pub fn deadline(&self, at: WallTime) -> String {
        self.soon(at).unwrap_or_else(|| self.short_day(at))
    }

    /// The same with the month in full: `3 December`, `today 22:50`.
    #[must_use]
    pub fn deadline_in_full(&self, at: WallTime) -> String {
        self.soon(at).unwrap_or_else(|| self.date(at))
    }

    /// A moment that is over, short: `today 02:13`, `yesterday 21:40`; longer ago only the day, `3 Dec`.
    #[must_use]
    pub fn lately(&self, at: WallTime) -> String {
        match self.days_since(at) {
            0 | 1 => format!("{} {}", self.day_in_sentence(at), self.time_of_day(at)),
            _ => self.short_day(at),
        }
    }

    /// The same in days: `today 02:13`, `yesterday 21:40`, `412 days ago`.
    #[must_use]
    pub fn days_ago(&self, at: WallTime) -> String {
        match self.days_since(at) {
            days @ 2.. => format!("{days} days ago"),
            i32::MIN..=1 => self.lately(at),
        }
    }

    /// By the calendar: what was yesterday evening was not today.
    fn days_since(&self, at: WallTime) -> i32 {
        let days = self.zoned(at).zip(self.zoned(self.wall)).map(|(at, now)| days_between(at.date(), now.date()));
        days.unwrap_or_default()
    }

    fn soon(&self, at: WallTime) -> Option<String> {
        let days = days_between(self.zoned(at)?.date(), self.zoned(self.wall)?.date());
        (-1..=0).contains(&days).then(|| format!("{} {}", self.day_in_sentence(at), self.time_of_day(at)))
    }

    fn formatted(&self, at: WallTime, near: &str, far: &str) -> String {
        let (Some(at), Some(now)) = (self.zoned(at), self.zoned(self.wall)) else { return String::new() };
        let format = if days_between(at.date(), now.date()).abs() < 300 { near } else { far };
        at.strftime(format).to_string()
    }

    fn zoned(&self, at: WallTime) -> Option<jiff::Zoned> {
        Some(Timestamp::from_millisecond(at.0).ok()?.to_zoned(self.zone.clone()))
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-22T12:00:00Z, a Sunday.
    const NOON: i64 = 1_795_348_800_000;
    const HOUR: i64 = 3_600_000;

    #[test]
    fn what_is_over_has_its_time_while_that_matters_and_yesterday_evening_is_not_today() {
        // Two o'clock in the morning.
        let now = Moment { wall: WallTime(NOON - 10 * HOUR), zone: TimeZone::UTC };
        let said = |hours: i64| {
            let at = WallTime(now.wall.0 - hours * HOUR);
            (now.lately(at), now.days_ago(at))
        };
        let both = |words: &str| (words.to_owned(), words.to_owned());
        assert_eq!(said(1), both("today 01:00"));
        assert_eq!(said(5), both("yesterday 21:00"), "less than a day ago");
        assert_eq!(said(26), both("yesterday 00:00"));
        assert_eq!(said(27), ("20 Nov".to_owned(), "2 days ago".to_owned()));
        assert_eq!(said(412 * 24), ("6 Oct 2025".to_owned(), "412 days ago".to_owned()));
        // A clock that was set back.
        assert_eq!(said(-48), ("24 Nov".to_owned(), "24 Nov".to_owned()));
    }

    #[test]
    fn days_have_the_names_that_people_use() {
        let now = Moment::utc(WallTime(NOON));
        assert_eq!(now.day(WallTime(NOON - HOUR)), "Today");
        assert_eq!(now.day(WallTime(NOON - 13 * HOUR)), "Yesterday");
        assert_eq!(now.day(WallTime(NOON - 60 * HOUR)), "Friday");
        assert_eq!(now.day(WallTime(NOON - 24 * 30 * HOUR)), "23 October 2026");
        assert_eq!(now.time_of_day(WallTime(NOON + 61_000)), "12:01");
        assert_eq!(now.day_in_sentence(WallTime(NOON - HOUR)), "today");
        assert_eq!(now.day_in_sentence(WallTime(NOON + 13 * HOUR)), "tomorrow");
        assert_eq!(now.date(WallTime(NOON + 24 * 11 * HOUR)), "3 December");
        assert_eq!(now.short_day(WallTime(NOON - 24 * 412 * HOUR)), "6 Oct 2025");
        assert_eq!(now.deadline(WallTime(NOON + 24 * 11 * HOUR)), "3 Dec");
        assert_eq!(now.deadline_in_full(WallTime(NOON + 24 * 11 * HOUR)), "3 December");
        assert_eq!(now.deadline(WallTime(NOON + 5 * HOUR)), "today 17:00");
        assert_eq!(now.deadline_in_full(WallTime(NOON + 13 * HOUR)), "tomorrow 01:00");
    }

    #[test]
    fn the_call_timer_is_drawn_again_when_its_second_is_over() {
        let now = Moment::utc(WallTime(NOON + 1_250));
        assert_eq!(now.secs_since(WallTime(NOON)), 1);
        assert_eq!(now.millis_to_next_second(WallTime(NOON)), 750);
    }
}
