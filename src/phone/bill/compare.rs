//! The list against our own calls. A call of the list was placed here if one of ours went to the same number at the same
//! time; each of ours accounts for one of theirs only.
//!
//! Clocks differ by seconds, ringing is billed or not, lists are in local time, in UTC, or were not told of summer time:
//! so the time may be off by a few minutes, and by a whole hour. Which of local time and UTC a list is in is settled for
//! the whole list: whichever explains more of its calls.

use jiff::tz::{Offset, TimeZone};

use super::guess::{self, Columns};
use super::list::List;
use super::log::Placed;
use super::values::{self, Order, When};
use crate::base::WallTime;
use crate::phone::view::{BillResult, BillRow};

/// How much earlier than ours the provider's time may be, and how much later (the call may have rung that long).
const EARLIER_MILLIS: i64 = 3 * 60 * 1000;
const LATER_MILLIS: i64 = 5 * 60 * 1000;
const HOUR_MILLIS: i64 = 3600 * 1000;
/// Digits from the end that tell two numbers apart, however their beginnings are written.
const TAIL: usize = 9;
/// The longest list of calls that is shown.
const MOST_SHOWN: usize = 10_000;

/// What the comparison needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    /// What the columns hold.
    pub columns: Columns,
    /// The first moment to look at.
    pub since: WallTime,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset: i32,
    /// Which comes first in a date that does not tell.
    pub order: Order,
    /// Since when our own calls are known.
    pub begins: Option<WallTime>,
}

/// A row that could be read.
struct Row {
    when: When,
    number: String,
    secs: Option<u32>,
    cost: Option<String>,
}

/// Compares. `own` are the calls of this line, oldest first.
#[must_use]
pub fn compare(list: &List, question: &Question, own: &[&Placed]) -> BillResult {
    let (rows, unreadable) = read(list, question);
    let numbers: Vec<String> = own.iter().map(|call| digits_of(&call.to)).collect();
    let offsets = [question.utc_offset, 0];
    let found = offsets.map(|offset| explain(&rows, offset, question.since, own, &numbers));
    let [local, utc] = found;
    let (moments, here) = if utc.certainty() > local.certainty() { utc.parts() } else { local.parts() };
    let mut foreign: Vec<BillRow> = Vec::new();
    let mut compared = 0;
    // Before our own memory begins, nothing can be said of a call.
    let from = question.begins.map_or(question.since, |begins| begins.max(question.since));
    for ((row, at), here) in rows.into_iter().zip(moments).zip(here) {
        if at < from {
            continue;
        }
        compared += 1;
        if !here {
            foreign.push(BillRow { at, number: row.number, secs: row.secs, cost: row.cost, direction: None });
        }
    }
    foreign.sort_by_key(|row| std::cmp::Reverse(row.at));
    foreign.truncate(MOST_SHOWN);
    let log_begins = question.begins.filter(|begins| *begins > question.since);
    BillResult { since: question.since, compared, foreign: foreign.into(), unreadable, log_begins }
}

/// What one reading of the list's clock comes to.
struct Explained {
    moments: Vec<WallTime>,
    here: Vec<Fit>,
}

/// How well a row is explained by a call of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fit {
    None,
    AnHourOff,
    Same,
}

impl Explained {
    /// Calls at the same time count twice: an hour off may be chance, or the wrong clock.
    fn certainty(&self) -> usize {
        let worth = |fit: &Fit| match fit {
            Fit::None => 0,
            Fit::AnHourOff => 1,
            Fit::Same => 2,
        };
        self.here.iter().map(worth).sum()
    }

    fn parts(self) -> (Vec<WallTime>, Vec<bool>) {
        (self.moments, self.here.iter().map(|fit| *fit != Fit::None).collect())
    }
}

/// Which rows one of our calls explains, if the list's clock is `offset` seconds ahead of UTC.
fn explain(rows: &[Row], offset: i32, since: WallTime, own: &[&Placed], numbers: &[String]) -> Explained {
    let moments: Vec<WallTime> = rows.iter().map(|row| moment(row.when, offset)).collect();
    let mut used = vec![false; own.len()];
    let mut here = vec![Fit::None; rows.len()];
    // First those at the same time, then those that are an hour off: the better explanation takes a call of ours.
    for shift in [0, HOUR_MILLIS, -HOUR_MILLIS] {
        for ((row, at), here) in rows.iter().zip(&moments).zip(&mut here) {
            if *here != Fit::None || *at < since {
                continue;
            }
            let at = WallTime(at.0.saturating_sub(shift));
            let whole_day = matches!(row.when, When::Date(_));
            let (earlier, later) =
                if whole_day { (14 * HOUR_MILLIS, 38 * HOUR_MILLIS) } else { (EARLIER_MILLIS, LATER_MILLIS) };
            // A whole day begins at midnight: our call was later than that. Otherwise theirs may be a little later.
            let (first, last) = if whole_day {
                (at.0.saturating_sub(earlier), at.0.saturating_add(later))
            } else {
                (at.0.saturating_sub(later), at.0.saturating_add(earlier))
            };
            let begin = own.partition_point(|call| call.at.0 < first);
            let near = own.iter().enumerate().skip(begin).take_while(|(_, call)| call.at.0 <= last);
            let fits = near.filter(|(index, _)| {
                used.get(*index) == Some(&false) && numbers.get(*index).is_some_and(|number| same(number, &row.number))
            });
            let best = fits.min_by_key(|(_, call)| call.at.0.abs_diff(at.0)).map(|(index, _)| index);
            if let Some(used) = best.and_then(|index| used.get_mut(index)) {
                *used = true;
                *here = if shift == 0 { Fit::Same } else { Fit::AnHourOff };
            }
        }
    }
    Explained { moments, here }
}

fn read(list: &List, question: &Question) -> (Vec<Row>, usize) {
    let columns = question.columns;
    let (Some(when), Some(number)) = (columns.when, columns.number) else { return (Vec::new(), list.rows.len()) };
    let order = guess::order(list, when, question.order);
    let (clock, direction) = (columns.clock(list), guess::direction(list));
    let unit = columns.duration.map_or(1, |column| guess::unit(list, column));
    let (mut rows, mut unreadable) = (Vec::new(), 0);
    for row in &list.rows {
        let cell = |column: Option<usize>| {
            column.and_then(|column| row.get(column)).map(String::as_str).filter(|cell| !cell.is_empty())
        };
        if cell(direction).is_some_and(guess::is_incoming) {
            continue;
        }
        let when = cell(Some(when)).and_then(|cell| values::when(cell, order));
        let when = match (when, cell(clock).and_then(|cell| values::when(cell, order))) {
            (Some(When::Date(date)), Some(When::Time(time))) => Some(When::Local(date.to_datetime(time))),
            (Some(When::Time(_)), _) => None,
            (when, _) => when,
        };
        match (when, cell(Some(number)).and_then(values::number_called)) {
            (Some(when), Some(number)) => rows.push(Row {
                when,
                number,
                secs: cell(columns.duration).and_then(|cell| values::duration(cell, unit)),
                cost: cell(columns.cost).map(str::to_owned),
            }),
            _ => unreadable += 1,
        }
    }
    (rows, unreadable)
}

fn moment(when: When, offset: i32) -> WallTime {
    let zone = TimeZone::fixed(Offset::from_seconds(offset).unwrap_or(Offset::UTC));
    let local =
        |at: jiff::civil::DateTime| zone.to_timestamp(at).map_or(WallTime(0), |at| WallTime(at.as_millisecond()));
    match when {
        When::Moment(at) => at,
        When::Local(at) => local(at),
        When::Date(date) => local(date.at(0, 0, 0, 0)),
        // A time without a date is no moment: `read` leaves such rows out.
        When::Time(_) => WallTime(0),
    }
}

/// The digits of what we dialled, however it is written there.
fn digits_of(dialled: &str) -> String {
    let user = dialled.split('@').next().unwrap_or_default();
    let user = user.rsplit_once(':').map_or(user, |(_, user)| user);
    values::number_called(user).unwrap_or_default()
}

/// Whether two numbers are the same but for prefixes (`+44`, `0044`, `0`) and hidden digits (`0171 23xxx`).
#[must_use]
pub fn same(ours: &str, theirs: &str) -> bool {
    let bare = |number: &str| number.trim_start_matches('+').trim_start_matches('0').to_owned();
    let (ours, theirs) = (bare(ours), bare(theirs));
    if ours.is_empty() || theirs.is_empty() {
        return false;
    }
    if let Some((shown, hidden)) = theirs.find('x').and_then(|at| theirs.split_at_checked(at)) {
        // As many digits behind what is shown as are hidden, and what is shown at its place.
        let start = ours.len().checked_sub(hidden.len());
        return shown.len() >= 3
            && start.and_then(|start| ours.get(..start)).is_some_and(|start| same_tail(start, shown));
    }
    same_tail(&ours, &theirs)
}

fn same_tail(ours: &str, theirs: &str) -> bool {
    let length = ours.len().min(theirs.len());
    // Short numbers have no prefixes.
    if length < 6 {
        return ours == theirs;
    }
    let tail = |number: &str| number.get(number.len().saturating_sub(length.min(TAIL))..).map(str::to_owned);
    tail(ours) == tail(theirs)
}
