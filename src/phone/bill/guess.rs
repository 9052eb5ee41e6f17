//! Which column holds what. A guess: the person confirms it.

use super::list::List;
use super::values::{self, Order, When};

/// So many rows are looked at for a guess.
const LOOKED_AT: usize = 300;

/// Which column holds what.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Columns {
    /// Date and time, or the date.
    pub when: Option<usize>,
    /// The number called.
    pub number: Option<usize>,
    /// How long.
    pub duration: Option<usize>,
    /// What it cost.
    pub cost: Option<usize>,
}

const TIME_TITLES: [&str; 6] = ["time", "uhrzeit", "zeit", "heure", "hora", "ora"];
const NUMBER_TITLES: [&str; 14] = [
    "number called",
    "called",
    "destination",
    "dialled",
    "dialed",
    "callee",
    "to",
    "ziel",
    "rufnummer",
    "angerufen",
    "number",
    "numéro",
    "destino",
    "numero",
];
const OWN_TITLES: [&str; 10] =
    ["from", "source", "caller", "cli", "calling", "own", "extension", "account", "anschluss", "customer"];
const DURATION_TITLES: [&str; 9] =
    ["duration", "dauer", "length", "seconds", "minutes", "durée", "duración", "durata", "billsec"];
const COST_TITLES: [&str; 14] = [
    "cost", "charge", "price", "amount", "kosten", "preis", "betrag", "coût", "montant", "precio", "importe", "costo",
    "£", "€",
];
const DIRECTION_TITLES: [&str; 5] = ["direction", "type", "richtung", "sens", "dirección"];

/// What a column's cells are like, as shares of those that are not empty.
struct Kind {
    when: f64,
    clock_only: f64,
    number: f64,
    long_number: f64,
    duration: f64,
    money: f64,
}

impl Columns {
    /// Guesses.
    #[must_use]
    pub fn guess(list: &List) -> Columns {
        let kinds: Vec<Kind> = (0..list.titles.len()).map(|column| kind(list, column)).collect();
        let title = |column: usize| list.titles.get(column).map(|title| title.to_lowercase()).unwrap_or_default();
        let named = |column: usize, names: &[&str]| rank(&title(column), names);
        let mut taken: Vec<usize> = Vec::new();
        let mut pick = |score: &dyn Fn(usize, &Kind) -> f64| {
            let scored = kinds.iter().enumerate().filter(|(column, _)| !taken.contains(column));
            let best = scored.map(|(column, kind)| (column, score(column, kind))).filter(|(_, score)| *score > 0.5);
            let best = best.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(column, _)| column);
            taken.extend(best);
            best
        };
        // Rows with totals and page numbers are in every list: a third of the cells will do.
        let when = pick(&|_, kind| kind.when * 1.5);
        let number = pick(&|column, kind| {
            kind.number * (0.6 + kind.long_number) + named(column, &NUMBER_TITLES)
                - named(column, &OWN_TITLES)
                - named(column, &DURATION_TITLES)
                - named(column, &COST_TITLES)
        });
        let duration = pick(&|column, kind| {
            kind.duration.min(0.6) + named(column, &DURATION_TITLES) - named(column, &COST_TITLES) - kind.long_number
        });
        let cost = pick(&|column, kind| {
            kind.money.min(0.55) * f64::from(u8::from(named(column, &OWN_TITLES) == 0.0)) + named(column, &COST_TITLES)
        });
        Columns { when, number, duration, cost }
    }

    /// The column with the time of day, where that of the date holds nothing else.
    #[must_use]
    pub fn clock(&self, list: &List) -> Option<usize> {
        let when = self.when?;
        let clock = |column: &usize| {
            let kind = kind(list, *column);
            *column != when && kind.clock_only > 0.8 && Some(*column) != self.duration
        };
        let mut clocks: Vec<usize> = (0..list.titles.len()).filter(clock).collect();
        clocks.sort_by_key(|column| {
            let title = list.titles.get(*column).map(|title| title.to_lowercase()).unwrap_or_default();
            (rank(&title, &TIME_TITLES) == 0.0, column.abs_diff(when))
        });
        clocks.first().copied()
    }
}

/// How well a title fits: 1 for the first of the names, less for later ones, 0 for none.
fn rank(title: &str, names: &[&str]) -> f64 {
    let words: Vec<&str> = title.split(|c: char| !c.is_alphanumeric() && !"£€".contains(c)).collect();
    let fits = |name: &&str| if name.contains(' ') { title.contains(*name) } else { words.contains(name) };
    let found = names.iter().position(fits);
    found.map_or(0.0, |at| 1.0 - 0.02 * f64::from(u32::try_from(at).unwrap_or(0)))
}

#[expect(clippy::cast_precision_loss, reason = "at most three hundred")]
fn kind(list: &List, column: usize) -> Kind {
    let cells: Vec<&str> = list
        .rows
        .iter()
        .filter_map(|row| row.get(column))
        .map(String::as_str)
        .filter(|cell| !cell.is_empty())
        .take(LOOKED_AT)
        .collect();
    let share = |fits: &dyn Fn(&str) -> bool| {
        let fitting = cells.iter().filter(|cell| fits(cell)).count();
        if cells.is_empty() { 0.0 } else { fitting as f64 / cells.len() as f64 }
    };
    let when = |cell: &str| values::when(cell, Order::DayFirst).or_else(|| values::when(cell, Order::MonthFirst));
    let digits = |cell: &str| cell.chars().filter(char::is_ascii_digit).count();
    Kind {
        when: share(&|cell| {
            matches!(when(cell), Some(When::Moment(_) | When::Local(_) | When::Date(_))) && !is_money(cell)
        }),
        clock_only: share(&|cell| matches!(when(cell), Some(When::Time(_)))),
        number: share(&|cell| {
            values::number_called(cell).is_some() && !cell.contains([':', ',']) && when(cell).is_none()
        }),
        long_number: share(&|cell| digits(cell) >= 8 && values::number_called(cell).is_some() && when(cell).is_none()),
        duration: share(&|cell| values::duration(cell, 1).is_some()),
        money: share(&is_money),
    }
}

/// `1.20`, `£0.04`, `0,12 €`: with two to five places behind the point.
fn is_money(cell: &str) -> bool {
    let cell = cell.trim_matches(|c: char| " £€$".contains(c) || c.is_ascii_alphabetic());
    let Some((whole, places)) = cell.rsplit_once(['.', ',']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    digits(whole.trim_start_matches('-')) && digits(places) && (2..=5).contains(&places.len())
}

/// Day or month first, as far as a column tells; else as is usual at home.
#[must_use]
pub fn order(list: &List, column: usize, at_home: Order) -> Order {
    let pairs = list.rows.iter().filter_map(|row| values::ambiguous(row.get(column)?));
    let (mut first, mut second) = (0, 0);
    for (one, other) in pairs {
        first = first.max(one);
        second = second.max(other);
    }
    match (first > 12, second > 12) {
        (true, _) => Order::DayFirst,
        (false, true) => Order::MonthFirst,
        (false, false) => at_home,
    }
}

/// What a bare number in the column of durations counts: minutes where its title says so, else seconds.
#[must_use]
pub fn unit(list: &List, column: usize) -> u32 {
    let title = list.titles.get(column).map(|title| title.to_lowercase()).unwrap_or_default();
    if title.contains("min") && !title.contains("sec") && !title.contains("sek") { 60 } else { 1 }
}

/// The column that says which calls came in, with the words for it: those are not on anybody's bill as calls of ours.
#[must_use]
pub fn direction(list: &List) -> Option<usize> {
    (0..list.titles.len()).find(|column| {
        let title = list.titles.get(*column).map(|title| title.to_lowercase()).unwrap_or_default();
        let cells = list.rows.iter().filter_map(|row| row.get(*column)).filter(|cell| !cell.is_empty()).take(LOOKED_AT);
        rank(&title, &DIRECTION_TITLES) > 0.0
            && cells.clone().next().is_some()
            && cells.clone().any(|cell| is_incoming(cell))
    })
}

/// Whether a cell says that a call came in.
#[must_use]
pub fn is_incoming(cell: &str) -> bool {
    let cell = cell.to_lowercase();
    ["in", "inbound", "incoming", "received", "ankommend", "eingehend", "entrant", "entrante", "missed"]
        .iter()
        .any(|word| cell.split(|c: char| !c.is_alphanumeric()).any(|part| part == *word))
}
