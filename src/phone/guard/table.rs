//! The tables of `assets/numbers`: short numbers of each region and the names of countries (sources and licences stand
//! in the README there). They are read once, when the first number is dialled.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A country or territory: its two letters (ISO 3166-1 alpha-2, and `XK`, `AC`, `TA`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region([u8; 2]);

impl Region {
    /// A region that the tables know; upper or lower case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Region> {
        let bytes: [u8; 2] = text.trim().as_bytes().try_into().ok()?;
        let region = Region([bytes[0].to_ascii_uppercase(), bytes[1].to_ascii_uppercase()]);
        COUNTRIES.contains_key(&region).then_some(region)
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its English name.
    #[must_use]
    pub fn name(self) -> &'static str {
        COUNTRIES.get(&self).copied().unwrap_or("an unknown country")
    }

    /// All regions, by name.
    #[must_use]
    pub fn all() -> Vec<Region> {
        let mut all: Vec<Region> = COUNTRIES.keys().copied().collect();
        all.sort_by_key(|region| region.name());
        all
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Region {
    type Error = String;

    fn try_from(text: String) -> Result<Region, String> {
        Region::parse(&text).ok_or_else(|| "no such country".to_owned())
    }
}

impl From<Region> for String {
    fn from(region: Region) -> String {
        region.as_str().to_owned()
    }
}

/// What a short number is (libphonenumber's `ShortNumberMetadata`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Short {
    /// An emergency number.
    Emergency,
    /// A further emergency or help line.
    Help,
    /// It costs more.
    Premium,
    /// It costs what a call costs.
    Standard,
    /// It costs nothing.
    Free,
    /// It exists; its price is not known.
    Known,
}

/// The English names.
static COUNTRIES: LazyLock<BTreeMap<Region, &'static str>> = LazyLock::new(|| {
    let rows = lines(include_str!("../../../assets/numbers/countries.txt"));
    let row = |line: &'static str| {
        let mut words = line.splitn(3, ' ');
        let region = words.next()?.as_bytes().try_into().ok()?;
        // Between them stands the calling code.
        Some((Region(region), words.nth(1)?))
    };
    rows.filter_map(row).collect()
});

static SHORT: LazyLock<BTreeMap<Region, Vec<(Short, &'static str)>>> = LazyLock::new(|| {
    let mut table: BTreeMap<Region, Vec<(Short, &'static str)>> = BTreeMap::new();
    for line in lines(include_str!("../../../assets/numbers/short.txt")) {
        let mut words = line.splitn(3, ' ');
        let (Some(region), Some(kind), Some(patterns)) = (words.next(), words.next(), words.next()) else { continue };
        let (Some(region), Some(kind)) = (Region::parse(region), kind_of(kind)) else { continue };
        table.entry(region).or_default().push((kind, patterns));
    }
    table
});

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn kind_of(word: &str) -> Option<Short> {
    Some(match word {
        "emergency" => Short::Emergency,
        "help" => Short::Help,
        "premium" => Short::Premium,
        "standard" => Short::Standard,
        "free" => Short::Free,
        "known" => Short::Known,
        _ => return None,
    })
}

/// What `digits` is among the short numbers of `region`. Of several kinds that fit, the first in the order of [`Short`]
/// counts.
#[must_use]
pub fn short(region: Region, digits: &str) -> Option<Short> {
    let kinds = SHORT.get(&region)?.iter();
    kinds
        .filter(|(_, patterns)| patterns.split(' ').any(|pattern| matches(pattern, digits)))
        .map(|(kind, _)| *kind)
        .min()
}

/// The emergency numbers of a region, one by one.
#[must_use]
pub fn emergency_numbers(region: Region) -> Vec<String> {
    let kinds = SHORT.get(&region).into_iter().flatten();
    let patterns = kinds.filter(|(kind, _)| *kind == Short::Emergency).flat_map(|(_, patterns)| patterns.split(' '));
    patterns.flat_map(numbers_of).collect()
}

/// All numbers that a pattern fits.
fn numbers_of(pattern: &str) -> Vec<String> {
    let mut numbers = vec![String::new()];
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        let digits: String = match c {
            'x' => ('0'..='9').collect(),
            '[' => rest.by_ref().take_while(|c| *c != ']').collect(),
            digit => digit.to_string(),
        };
        numbers = numbers.iter().flat_map(|start| digits.chars().map(move |digit| format!("{start}{digit}"))).collect();
    }
    numbers
}

/// Whether a pattern of the table fits the whole number.
fn matches(pattern: &str, digits: &str) -> bool {
    let (mut pattern, mut digits) = (pattern.chars(), digits.chars());
    loop {
        match (pattern.next(), digits.next()) {
            (None, None) => return true,
            (None, Some(_)) | (Some(_), None) => return false,
            (Some('x'), Some(digit)) if digit.is_ascii_digit() => {}
            (Some('['), Some(digit)) => {
                let mut found = false;
                for allowed in pattern.by_ref().take_while(|c| *c != ']') {
                    found |= allowed == digit;
                }
                if !found {
                    return false;
                }
            }
            (Some(wanted), Some(digit)) if wanted == digit => {}
            (Some(_), Some(_)) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{COUNTRIES, Region, SHORT, Short, lines, matches, short};

    fn gb() -> Region {
        Region::parse("gb").unwrap()
    }

    #[test]
    fn every_line_of_both_tables_is_read() {
        let countries = lines(include_str!("../../../assets/numbers/countries.txt")).count();
        assert_eq!(COUNTRIES.len(), countries);
        assert!(countries > 240, "{countries}");
        let shorts = lines(include_str!("../../../assets/numbers/short.txt")).count();
        assert_eq!(SHORT.values().map(Vec::len).sum::<usize>(), shorts);
        assert!(
            SHORT.values().all(|kinds| kinds.iter().any(|(kind, _)| *kind == Short::Emergency) || kinds.len() == 1)
        );
    }

    #[test]
    fn a_pattern_fits_whole_numbers_only() {
        for (pattern, fits, not) in [("999", "999", "9999"), ("116xxx", "116123", "11612"), ("11[02]", "112", "111")] {
            assert!(matches(pattern, fits), "{pattern}");
            assert!(!matches(pattern, not), "{pattern}");
        }
        assert!(!matches("[12]", ""));
        assert!(!matches("x", "a"));
    }

    #[test]
    fn short_numbers_are_what_the_metadata_says() {
        assert_eq!(short(gb(), "999"), Some(Short::Emergency));
        assert_eq!(short(gb(), "112"), Some(Short::Emergency));
        assert_eq!(short(gb(), "101"), Some(Short::Help));
        assert_eq!(short(gb(), "105"), Some(Short::Free));
        assert_eq!(short(gb(), "118118"), Some(Short::Known));
        assert_eq!(short(gb(), "999123"), None);
        let us = Region::parse("US").unwrap();
        assert_eq!(short(us, "911"), Some(Short::Emergency));
        assert_eq!(short(us, "24280"), Some(Short::Premium));
    }

    #[test]
    fn emergency_numbers_are_listed_one_by_one() {
        assert_eq!(super::emergency_numbers(gb()), ["112", "999"]);
        assert_eq!(super::emergency_numbers(Region::parse("DE").unwrap()), ["110", "112"]);
        assert_eq!(super::numbers_of("1[23]x").len(), 20);
    }

    #[test]
    fn a_region_has_a_name_and_a_code() {
        assert_eq!((gb().name(), gb().as_str()), ("Britain (UK)", "GB"));
        for bad in ["", "G", "GBR", "ZZ", "4\u{e9}"] {
            assert_eq!(Region::parse(bad), None, "{bad}");
        }
    }
}
