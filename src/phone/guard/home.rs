//! In which country numbers are dialled: what the person chose, else what can be concluded, and from what. What is
//! assumed is said.

use serde::Serialize;

use super::numbers;
use super::table::Region;
use crate::phone::address::Address;

/// The country that numbers are dialled from, and how it is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Home {
    /// The country.
    pub region: Region,
    /// How it is known.
    pub from: HomeFrom,
}

/// How the country is known.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HomeFrom {
    /// The person chose it.
    Chosen,
    /// The line's address is a number of that country.
    Number,
    /// The provider's domain ends so.
    Domain,
    /// The computer's language settings name it.
    System,
}

impl Home {
    /// What is assumed and why, in one sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let name = self.region.name();
        match self.from {
            HomeFrom::Chosen => format!("Numbers are dialled from {name}."),
            HomeFrom::Number => format!("We assume that you dial from {name}: your line is a number there."),
            HomeFrom::Domain => format!("We assume that you dial from {name}: your provider's domain says so."),
            HomeFrom::System => format!("We assume that you dial from {name}: this computer's settings say so."),
        }
    }
}

/// Finds the country: chosen, else from the line's number, its domain, the computer.
#[must_use]
pub fn find(chosen: Option<Region>, address: Option<&Address>, system: Option<Region>) -> Option<Home> {
    let home = |region: Option<Region>, from| region.map(|region| Home { region, from });
    home(chosen, HomeFrom::Chosen)
        .or_else(|| home(address.and_then(|address| of_number(&address.user)), HomeFrom::Number))
        .or_else(|| home(address.and_then(|address| of_domain(&address.domain)), HomeFrom::Domain))
        .or_else(|| home(system, HomeFrom::System))
}

/// The country of a line whose user is a whole number with its calling code.
fn of_number(user: &str) -> Option<Region> {
    let digits = user.strip_prefix('+').or_else(|| user.strip_prefix("00")).unwrap_or(user);
    if digits.len() < 10 || !digits.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    // Without a `+`, eleven digits may be anything: only a number that is assigned counts.
    let number = numbers::read(&format!("+{digits}"), None)?;
    number.region.filter(|_| number.kind != numbers::Kind::Unknown)
}

/// The country of a domain below a country's own top-level domain. Those that are sold to everybody say nothing.
fn of_domain(domain: &str) -> Option<Region> {
    const SOLD: [&str; 12] = ["io", "co", "tv", "me", "cc", "ws", "ai", "fm", "gg", "sh", "im", "to"];
    let (_, last) = domain.rsplit_once('.')?;
    match last {
        "uk" => Region::parse("GB"),
        last if SOLD.contains(&last) => None,
        last => Region::parse(last),
    }
}

/// The country in a locale's name, such as `en_GB.UTF-8`.
#[must_use]
pub fn of_locale(locale: &str) -> Option<Region> {
    let name = locale.split(['.', '@']).next()?;
    Region::parse(name.split_once('_')?.1)
}

#[cfg(test)]
mod tests {
    use super::{HomeFrom, find, of_locale};
    use crate::phone::address::Address;
    use crate::phone::guard::Region;

    #[test]
    fn the_country_is_what_the_person_chose_else_what_can_be_concluded() {
        let region = |text| Region::parse(text).unwrap();
        let found = |chosen, address: &str, system| {
            let address = Address::parse(address).unwrap();
            find(chosen, Some(&address), system).map(|home| (home.region, home.from))
        };
        let system = Some(region("FR"));
        assert_eq!(found(Some(region("DE")), "442079460958@a.example", system), Some((region("DE"), HomeFrom::Chosen)));
        assert_eq!(found(None, "442079460958@a.example", system), Some((region("GB"), HomeFrom::Number)));
        assert_eq!(found(None, "+13125550123@a.example", system), Some((region("US"), HomeFrom::Number)));
        assert_eq!(found(None, "anna@voip.example.co.uk", system), Some((region("GB"), HomeFrom::Domain)));
        assert_eq!(found(None, "201@sip.example.io", system), Some((region("FR"), HomeFrom::System)));
        assert_eq!(found(None, "2018999999@127.0.0.1", None), None);
    }

    #[test]
    fn a_locale_names_a_country_or_none() {
        assert_eq!(of_locale("en_GB.UTF-8"), Region::parse("GB"));
        assert_eq!(of_locale("de_AT@euro"), Region::parse("AT"));
        for none in ["C", "C.UTF-8", "POSIX", "", "en", "en_XX"] {
            assert_eq!(of_locale(none), None, "{none}");
        }
    }
}
