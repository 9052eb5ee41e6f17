//! What a cell says: a moment, a duration, a number. Every format that call lists are known to have; what is in doubt is
//! settled for a whole column, not for a cell.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use crate::base::WallTime;

/// Which comes first in `3/4/2026`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// The day: most of the world.
    DayFirst,
    /// The month: the United States.
    MonthFirst,
}

/// What a cell says of time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum When {
    /// A moment by itself: with an offset, or seconds since 1970.
    Moment(WallTime),
    /// Date and time of the clock on the wall.
    Local(DateTime),
    /// A date only.
    Date(Date),
    /// A time of day only.
    Time(Time),
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// German, French, Spanish, Italian where they differ.
const OTHER_MONTHS: [(&str, i8); 16] = [
    ("mär", 3),
    ("mai", 5),
    ("okt", 10),
    ("dez", 12),
    ("fév", 2),
    ("avr", 4),
    ("juin", 6),
    ("juil", 7),
    ("aoû", 8),
    ("déc", 12),
    ("ene", 1),
    ("abr", 4),
    ("ago", 8),
    ("dic", 12),
    ("gen", 1),
    ("ott", 10),
];

/// Reads a moment, a date or a time of day.
#[must_use]
pub fn when(cell: &str, order: Order) -> Option<When> {
    let cell = cell.trim();
    if !cell.is_ascii() && cell.chars().count() > 40 || cell.len() > 48 {
        return None;
    }
    if let Ok(moment) = cell.replacen(' ', "T", 1).parse::<Timestamp>() {
        return Some(When::Moment(WallTime(moment.as_millisecond())));
    }
    if let Some(moment) = unix(cell) {
        return Some(When::Moment(moment));
    }
    let words: Vec<&str> = cell.split([' ', 'T', ',']).filter(|word| !word.is_empty()).collect();
    // The time is the word with a colon, and what belongs to it.
    let at = words.iter().position(|word| word.contains(':'));
    let (days, clock) = match at {
        Some(at) => words.split_at(at),
        None => (words.as_slice(), [].as_slice()),
    };
    let time = if clock.is_empty() { None } else { Some(time(clock)?) };
    match (days.is_empty(), time) {
        (true, Some(time)) => Some(When::Time(time)),
        (true, None) => None,
        (false, time) => {
            let date = date(days, order)?;
            Some(time.map_or(When::Date(date), |time| When::Local(date.to_datetime(time))))
        }
    }
}

/// Seconds or milliseconds since 1970, between 2000 and 2100.
fn unix(cell: &str) -> Option<WallTime> {
    let number: i64 = cell.parse().ok()?;
    let millis = if cell.len() == 13 { number } else { number.checked_mul(1000).filter(|_| cell.len() == 10)? };
    (946_684_800_000..4_102_444_800_000).contains(&millis).then_some(WallTime(millis))
}

/// `14:03`, `14:03:59`, `14:03:59.123`, `2:03 PM`.
fn time(words: &[&str]) -> Option<Time> {
    let (clock, rest) = words.split_first()?;
    let lower = clock.to_ascii_lowercase();
    let glued = ["am", "pm"].into_iter().find(|half| lower.ends_with(half));
    let clock = glued.and_then(|half| lower.strip_suffix(half)).unwrap_or(&lower);
    let spoken =
        rest.iter().map(|word| word.to_ascii_lowercase().replace('.', "")).find(|word| word == "am" || word == "pm");
    let half = spoken.as_deref().or(glued);
    let mut parts = clock.split(':').map(|part| part.split('.').next().unwrap_or_default().parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = match parts.next() {
        Some(second) => second?,
        None => 0,
    };
    let hour = match half {
        Some("pm") if hour < 12 => hour + 12,
        Some("am") if hour == 12 => 0,
        Some(_) | None => hour,
    };
    Time::new(hour, minute, second, 0).ok()
}

/// `2026-11-22`, `22/11/2026`, `22.11.26`, `22-Nov-2026`, `22 Nov 2026`, `Nov 22 2026`, `20261122`.
fn date(words: &[&str], order: Order) -> Option<Date> {
    let joined = words.join("-");
    let parts: Vec<&str> = joined.split(['-', '/', '.']).filter(|part| !part.is_empty()).collect();
    // A weekday before it says nothing new.
    let parts =
        if parts.len() == 4 && parts.first()?.chars().all(char::is_alphabetic) { parts.get(1..)? } else { &parts };
    match parts {
        [whole] if whole.len() == 8 => {
            Date::new(whole.get(..4)?.parse().ok()?, whole.get(4..6)?.parse().ok()?, whole.get(6..)?.parse().ok()?).ok()
        }
        [first, second, third] => {
            if let Some(month) = month(second) {
                return Date::new(year(third)?, month, number(first)?).ok();
            }
            if let Some(month) = month(first) {
                return Date::new(year(third)?, month, number(second)?).ok();
            }
            if first.len() == 4 {
                return Date::new(year(first)?, number(second)?, number(third)?).ok();
            }
            let (first, second) = (number(first)?, number(second)?);
            let (day, month) = if order == Order::DayFirst { (first, second) } else { (second, first) };
            Date::new(year(third)?, month, day).ok()
        }
        _ => None,
    }
}

/// The first two numbers of a date that leaves the order of day and month open.
#[must_use]
pub fn ambiguous(cell: &str) -> Option<(i8, i8)> {
    let word = cell.split([' ', 'T', ',']).find(|word| word.contains(['/', '.', '-']))?;
    let mut parts = word.split(['/', '.', '-']);
    let (first, second, year) = (parts.next()?, parts.next()?, parts.next()?);
    let dots = word.contains('.');
    (first.len() <= 2 && year.len() >= 2 && !dots).then(|| Some((number(first)?, number(second)?))).flatten()
}

fn month(word: &str) -> Option<i8> {
    let lower = word.to_lowercase();
    let start: String = lower.chars().take(3).collect();
    if !start.chars().all(char::is_alphabetic) || start.chars().count() < 3 {
        return None;
    }
    let other = OTHER_MONTHS.iter().find(|(name, _)| lower.starts_with(name)).map(|(_, month)| *month);
    other.or_else(|| i8::try_from(MONTHS.iter().position(|month| *month == start)? + 1).ok())
}

fn number(text: &str) -> Option<i8> {
    text.parse().ok()
}

fn year(text: &str) -> Option<i16> {
    let year: i16 = text.parse().ok()?;
    let year = if text.len() == 2 { 2000 + year } else { year };
    (1990..2100).contains(&year).then_some(year)
}

/// Reads a duration in seconds: `83`, `83 s`, `1:23`, `0:01:23`, `1m 23s`, `1 min 23 sec`. A bare number counts `unit` seconds;
/// it may have a fraction, as minutes do.
#[must_use]
pub fn duration(cell: &str, unit: u32) -> Option<u32> {
    let cell = cell.trim().to_ascii_lowercase();
    if cell.is_empty() || cell.len() > 24 || !cell.is_ascii() {
        return None;
    }
    if cell.contains(':') {
        let parts: Option<Vec<u32>> = cell.split(':').map(|part| part.trim().parse().ok()).collect();
        return match parts?.as_slice() {
            [minutes, seconds] if *seconds < 60 => minutes.checked_mul(60)?.checked_add(*seconds),
            [hours, minutes, seconds] if *minutes < 60 && *seconds < 60 => {
                hours.checked_mul(3600)?.checked_add(minutes * 60 + seconds)
            }
            _ => None,
        };
    }
    let (mut total, mut digits, mut any) = (0.0_f64, String::new(), false);
    let mut words = String::new();
    let mut add = |digits: &mut String, words: &mut String| {
        let value: f64 = digits.replace(',', ".").parse().ok()?;
        let scale = match words.trim().trim_end_matches('.') {
            "" => f64::from(unit),
            "s" | "sec" | "secs" | "second" | "seconds" | "sek" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hr" | "hrs" | "hour" | "hours" | "std" => 3600.0,
            _ => return None,
        };
        total += value * scale;
        digits.clear();
        words.clear();
        any = true;
        Some(())
    };
    for c in cell.chars() {
        if c.is_ascii_digit() || (".,".contains(c) && words.is_empty()) {
            if !words.trim().is_empty() {
                add(&mut digits, &mut words)?;
            }
            words.clear();
            digits.push(c);
        } else if c.is_ascii_alphabetic() || c == ' ' || c == '.' {
            words.push(c);
        } else {
            return None;
        }
    }
    add(&mut digits, &mut words)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the bounds that are checked")]
    (any && (0.0..=1_000_000.0).contains(&total)).then(|| total.round() as u32)
}

/// The digits of a telephone number, with `+` if it has one, and `x` where the provider hides digits.
#[must_use]
pub fn number_called(cell: &str) -> Option<String> {
    let cell = cell.strip_prefix("tel:").or_else(|| cell.strip_prefix("sip:")).unwrap_or(cell);
    let cell = cell.split(['@', ';']).next().unwrap_or_default().trim();
    let mut number = String::new();
    for c in cell.chars().map(crate::phone::guard::digits::ascii) {
        match c {
            '+' if number.is_empty() => number.push('+'),
            '0'..='9' => number.push(c),
            'x' | 'X' | '*' | '•' if number.len() >= 2 => number.push('x'),
            c if crate::phone::guard::digits::is_filler(c) => {}
            _ => return None,
        }
    }
    let digits = number.chars().filter(char::is_ascii_digit).count();
    ((2..=20).contains(&digits) && number.len() <= 24).then_some(number)
}

/// Whether a cell holds a value rather than a title.
#[must_use]
pub fn has_value(cell: &str) -> bool {
    when(cell, Order::DayFirst).is_some()
        || when(cell, Order::MonthFirst).is_some()
        || duration(cell, 1).is_some()
        || number_called(cell).is_some()
}
