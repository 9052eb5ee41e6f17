//! What a dialled number is, before it is dialled: emergency, ordinary, abroad, dear, unknown. Pure: the same words for
//! the same digits.
//!
//! Emergency numbers come first and by exact match. Then the calling codes that belong to no country (satellites and
//! their like: the metadata calls them mobile), short numbers of the home country, and at last what the metadata of
//! libphonenumber says. What nobody knows is [`Class::Unknown`], never ordinary.

use serde::{Deserialize, Serialize};

use super::numbers::{self, Kind, Number, Ordinary};
use super::table::{self, Region, Short};
use crate::sip::uri::unescape;

/// What kind of destination it is. The limits page has a row for each of [`Class::RULED`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// An emergency number: never asked about, never blocked.
    Emergency,
    /// A name or address, not a number.
    Address,
    /// A short number that is none of the country's: most likely a telephone of the same system.
    Extension,
    /// Fixed line, mobile or Internet telephony in the home country; short numbers at the usual price.
    Home,
    /// Free for the caller.
    Freephone,
    /// A service code of the telephone system, such as `*98`, that does not forward calls.
    Feature,
    /// A code that forwards calls elsewhere: those calls are at the expense of this line.
    Forwarding,
    /// A company's number for the whole country.
    Company,
    /// A short number whose price is not known.
    Short,
    /// Another country.
    Abroad,
    /// Shared cost.
    Shared,
    /// Personal numbering, such as 070 in Britain.
    Personal,
    /// Premium.
    Premium,
    /// Nobody knows what this number is.
    Unknown,
    /// Satellites, ships, world-wide networks, and the premium numbers that belong to no country.
    Satellite,
}

impl Class {
    /// Those that a person can set a rule for. The others are always dialled.
    pub const RULED: [Class; 10] = [
        Class::Home,
        Class::Company,
        Class::Short,
        Class::Abroad,
        Class::Shared,
        Class::Personal,
        Class::Premium,
        Class::Unknown,
        Class::Satellite,
        Class::Forwarding,
    ];

    /// What it is in words, for a row of the limits page or behind "a …".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Class::Emergency => "emergency number",
            Class::Address => "address",
            Class::Extension => "short number of your own telephone system",
            Class::Home => "ordinary number in your country",
            Class::Freephone => "freephone number",
            Class::Feature => "service code",
            Class::Forwarding => "code that forwards your calls",
            Class::Company => "company number",
            Class::Short => "short number whose price is not known",
            Class::Abroad => "number abroad",
            Class::Shared => "shared-cost number",
            Class::Personal => "personal number",
            Class::Premium => "premium number",
            Class::Unknown => "number of unknown kind",
            Class::Satellite => "satellite or world-wide number",
        }
    }

    /// Whether a press is not enough to confirm it: a word has to be typed.
    #[must_use]
    pub const fn wants_word(self) -> bool {
        matches!(self, Class::Shared | Class::Personal | Class::Premium | Class::Unknown | Class::Satellite)
    }
}

/// What was dialled, and what it is.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Destination {
    /// Its class.
    pub class: Class,
    /// Whose number it is, where a country is meant.
    pub region: Option<Region>,
    /// Country or network in words, where there is something to say: `Latvia`, `Inmarsat (satellite)`.
    pub place: Option<String>,
    /// The kind in words: `mobile number`, `premium number`.
    pub kind: &'static str,
    /// The same number however it was typed: in international form where it is known. Compares calls.
    pub key: String,
    /// It forwards the calls of this line.
    pub forwards: bool,
}

/// What the words of a number depend on.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The country that numbers are dialled from.
    pub home: Option<Region>,
    /// Whether the person chose that country. A guess does not take 911 or 999 from anybody.
    pub chosen: bool,
    /// What the telephone system wants before outside numbers, e.g. `9`; empty if nothing.
    pub outside_prefix: &'a str,
    /// The line's own domain.
    pub domain: &'a str,
    /// Further emergency numbers that the provider has named under its pinned keys. They add, they never remove.
    pub emergency: &'a [String],
}

/// Numbers that are taken for emergency numbers wherever the country is not certain.
pub(super) const ANYWHERE: [&str; 3] = ["000", "911", "999"];

/// Whether the text that would be dialled is an emergency number here: exactly, or behind the outside prefix.
#[must_use]
pub fn is_emergency(dialled: &str, around: &Surroundings<'_>) -> bool {
    let (user, host) = parts_of(dialled);
    if !host.is_none_or(|host| host.eq_ignore_ascii_case(around.domain)) {
        return false;
    }
    let Some(digits) = super::digits::number(&user) else { return false };
    let exact = |digits: &str| {
        digits == "112"
            || around.emergency.iter().any(|number| number == digits)
            || around.home.and_then(|home| table::short(home, digits)) == Some(Short::Emergency)
            || (!around.chosen && ANYWHERE.contains(&digits))
    };
    exact(&digits) || outside(&digits, around).is_some_and(exact)
}

/// What would be dialled is behind the outside prefix, if there is one.
fn outside<'d>(digits: &'d str, around: &Surroundings<'_>) -> Option<&'d str> {
    let prefix = around.outside_prefix;
    digits.strip_prefix(prefix).filter(|rest| !prefix.is_empty() && rest.len() >= 3)
}

/// What `dialled` is: digits, a name, `user@host`, or a URI, as [`crate::phone::command::Dialled`] holds it.
#[must_use]
pub fn classify(dialled: &str, around: &Surroundings<'_>) -> Destination {
    let (user, _) = parts_of(dialled);
    if is_emergency(dialled, around) {
        let key = super::digits::number(&user).unwrap_or_default();
        return Destination { region: around.home, ..plain(Class::Emergency, key) };
    }
    match digits_of(&user) {
        Some(digits) if digits.contains(['*', '#']) => code(&digits, around),
        Some(digits) => number(outside(&digits, around).unwrap_or(&digits), around),
        None => plain(Class::Address, format!("{user}@{}", host(dialled, around.domain))),
    }
}

/// At whose domain it is: what was dialled may name another than the line's own.
#[must_use]
pub fn host(dialled: &str, own: &str) -> String {
    parts_of(dialled).1.unwrap_or(own).to_ascii_lowercase()
}

/// User and host of what was dialled, the user without parameters and escapes. Both may be missing.
fn parts_of(dialled: &str) -> (String, Option<&str>) {
    let text = dialled.trim();
    let has = |scheme: &&&str| text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let scheme = ["sips:", "sip:", "tel:"].iter().find(has);
    let bare = text.get(scheme.map_or(0, |scheme| scheme.len())..).unwrap_or_default();
    let (user, place) = match bare.rsplit_once('@') {
        Some((user, place)) => (user, Some(place)),
        None if matches!(scheme, Some(&"sip:" | &"sips:")) => ("", Some(bare)),
        None => (bare, None),
    };
    let user = user.split([';', ':']).next().unwrap_or_default();
    let host = place.and_then(|place| place.split([';', '?', '>']).next());
    (unescape(user), host.map(|host| host.rsplit_once(':').map_or(host, |(host, _)| host)))
}

/// The digits of a user part that a telephone system could take for a number: all of it, or at least seven digits it
/// begins with (`0900123456;x`, `0900123456x12`).
fn digits_of(user: &str) -> Option<String> {
    if let Some(digits) = super::digits::number(user) {
        return Some(digits);
    }
    let begins = |c: char| c.is_ascii_digit() || "+*#".contains(c) || super::digits::is_filler(c);
    let start: String = user.chars().map(super::digits::ascii).take_while(|c| begins(*c)).collect();
    super::digits::number(&start).filter(|digits| digits.chars().filter(char::is_ascii_digit).count() >= 7)
}

fn plain(class: Class, key: String) -> Destination {
    Destination { class, region: None, place: None, kind: class.words(), key, forwards: false }
}

fn number(digits: &str, around: &Surroundings<'_>) -> Destination {
    if digits.len() <= 6 && !digits.starts_with('+') {
        return short(digits, around);
    }
    let read = numbers::read(digits, around.home);
    if let Some(found) = global(digits, read.as_ref()) {
        return found;
    }
    let Some(number) = read else { return plain(Class::Unknown, digits.to_owned()) };
    let region = number.region.or_else(|| numbers::main_region(number.code));
    let at_home = around.home.is_some() && number.region == around.home;
    let (class, kind) = class_of(&number, at_home);
    let place = region.map(|region| region.name().to_owned());
    Destination { class, region, place, kind, key: number.e164, forwards: false }
}

fn short(digits: &str, around: &Surroundings<'_>) -> Destination {
    let class = match around.home.and_then(|home| table::short(home, digits)) {
        // Not exactly an emergency call: behind a code, or at another domain. It costs nothing all the same.
        Some(Short::Emergency | Short::Help | Short::Free) => Class::Freephone,
        Some(Short::Standard) => Class::Home,
        Some(Short::Premium) => Class::Premium,
        Some(Short::Known) => Class::Short,
        None => Class::Extension,
    };
    let region = around.home.filter(|_| class != Class::Extension);
    Destination { region, place: region.map(|region| region.name().to_owned()), ..plain(class, digits.to_owned()) }
}

fn class_of(number: &Number, at_home: bool) -> (Class, &'static str) {
    let here = |class| if at_home { class } else { Class::Abroad };
    match number.kind {
        Kind::Ordinary(Ordinary::Fixed) => (here(Class::Home), "fixed line"),
        Kind::Ordinary(Ordinary::Mobile) => (here(Class::Home), "mobile number"),
        Kind::Ordinary(Ordinary::Either) => (here(Class::Home), "fixed line or mobile number"),
        Kind::Ordinary(Ordinary::Voip) => (here(Class::Home), "Internet telephone number"),
        Kind::Freephone => (here(Class::Freephone), Class::Freephone.words()),
        // Ofcom: calls to 03 numbers cost what calls to 01 and 02 numbers cost.
        Kind::Company if at_home && number.code == 44 => (Class::Home, "03 number"),
        Kind::Company => (here(Class::Company), Class::Company.words()),
        Kind::Premium => (Class::Premium, Class::Premium.words()),
        Kind::Shared => (Class::Shared, Class::Shared.words()),
        Kind::Personal => (Class::Personal, Class::Personal.words()),
        Kind::Unknown => (Class::Unknown, Class::Unknown.words()),
    }
}

/// Calling codes of no country (ITU-T E.164 Annex to Operational Bulletin: 800, 808, 870, 878, 881 to 883, 888, 979,
/// 991): told by the code, because their kind in the metadata is that of ordinary mobile numbers.
fn global(digits: &str, read: Option<&Number>) -> Option<Destination> {
    let international =
        digits.strip_prefix('+').or_else(|| digits.strip_prefix("00")).or_else(|| digits.strip_prefix("011"));
    let code = match read {
        Some(number) => number.code.to_string(),
        None => international?.get(..3)?.to_owned(),
    };
    let (class, place) = match code.as_str() {
        "800" => (Class::Abroad, "world-wide freephone"),
        "808" => (Class::Shared, "world-wide shared cost"),
        "870" => (Class::Satellite, "Inmarsat (satellite)"),
        "878" => (Class::Satellite, "world-wide personal numbers"),
        "881" => (Class::Satellite, "satellite telephone"),
        "882" | "883" => (Class::Satellite, "world-wide networks"),
        "888" => (Class::Satellite, "disaster relief"),
        "979" => (Class::Satellite, "world-wide premium"),
        "991" => (Class::Satellite, "world-wide trial"),
        // 880, 886: Bangladesh, Taiwan. The rest of 87 and 88 is spare.
        code if code.len() == 3 && code.starts_with("87") => (Class::Satellite, "spare calling code"),
        "884" | "885" | "887" | "889" => (Class::Satellite, "spare calling code"),
        _ => return None,
    };
    let key = read.map_or_else(|| digits.to_owned(), |number| number.e164.clone());
    Some(Destination { place: Some(place.to_owned()), ..plain(class, key) })
}

/// Codes that set call forwarding: those of the GSM kind stand alone between `*` and `*` or `#` (3GPP TS 22.030 Annex B) …
const FORWARDING: [&str; 10] = ["21", "61", "62", "67", "002", "004", "72", "90", "92", "52"];
/// … and these, of North America, of Asterisk's and other telephone systems, may have the number right behind them.
const FORWARDING_TO: [&str; 5] = ["72", "90", "92", "52", "21"];

/// A code with `*` or `#`. A number inside it counts as if it was dialled: `*67` and `*31#` before it hide the caller, and
/// forwarding makes this line pay for it. Where a code of two or three digits is followed by a number without anything
/// between them, the reading that makes sense counts; of several numbers the dearest.
fn code(digits: &str, around: &Surroundings<'_>) -> Destination {
    let begins = digits.starts_with(['*', '#']);
    let mut runs = digits.split(['*', '#']).filter(|run| !run.is_empty());
    let first = runs.next().unwrap_or_default();
    // `*#21#` asks whether it is set, `#21#` and `##21#` end it.
    let forwards = digits.starts_with('*')
        && !digits.starts_with("*#")
        && (FORWARDING.contains(&first)
            || FORWARDING_TO.iter().any(|code| first.strip_prefix(code).is_some_and(|rest| rest.len() >= 3)));
    let long_code = first.starts_with(['2', '3']);
    let cuts = match (begins, long_code) {
        (false, _) => vec![Some(first)],
        (true, false) => vec![first.get(2..)],
        (true, true) => vec![first.get(2..), first.get(3..)],
    };
    let is_number = |run: &&str| run.trim_start_matches('+').len() >= 3;
    let read = |run: &str| number(outside(run, around).unwrap_or(run), around);
    let first =
        cuts.into_iter().flatten().filter(is_number).map(read).min_by_key(|found| found.class == Class::Unknown);
    let dearest = first.into_iter().chain(runs.filter(is_number).map(read)).max_by_key(|found| found.class);
    let class = if forwards { Class::Forwarding } else { Class::Feature };
    let found = match dearest {
        Some(found) if found.class > class => found,
        Some(found) => Destination { region: found.region, place: found.place, ..plain(class, String::new()) },
        None => plain(class, String::new()),
    };
    Destination { forwards, key: digits.to_owned(), ..found }
}
