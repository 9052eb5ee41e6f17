//! What the person allows, kept in the settings. The defaults are the guard's; loosening them is done on the limits
//! page, on purpose, or by confirming a question.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::destination::{Class, Destination};
use super::table::Region;
use crate::phone::view::GuardRule;

/// Numbers that are remembered as confirmed; the oldest place in the alphabet goes first, which asks once more.
const MOST_NUMBERS: usize = 1000;

/// What the person allows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// The country that numbers are dialled from, if the person has chosen it.
    pub home: Option<Region>,
    /// What the telephone system wants before outside numbers, e.g. `9`.
    pub outside_prefix: String,
    /// Rules that are not the default.
    pub classes: BTreeMap<Class, GuardRule>,
    /// Countries that were confirmed, or set on the limits page.
    pub countries: BTreeMap<Region, GuardRule>,
    /// Single numbers that were confirmed.
    pub numbers: BTreeSet<String>,
    /// Outgoing calls at the same time.
    pub at_once: u32,
    /// Outgoing calls within ten minutes.
    pub in_ten_minutes: u32,
    /// Minutes after which a call abroad, or to a dearer number, is pointed out; 0: never.
    pub long_call_minutes: u32,
    /// When calls abroad and to dearer numbers ask each time.
    pub night: Night,
    /// Tightened: abroad and everything dear is blocked, whatever else the rules say.
    pub lockdown: bool,
}

/// The hours in which calls abroad and to dearer numbers ask each time, in local time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Night {
    /// Whether there are such hours.
    pub on: bool,
    /// The hour at which they begin, 0 to 23.
    pub from: u8,
    /// The hour at which they end, 0 to 23.
    pub to: u8,
}

impl Default for Night {
    fn default() -> Night {
        Night { on: true, from: 23, to: 6 }
    }
}

impl Night {
    /// Whether `hour` (0 to 23) is one of them.
    #[must_use]
    pub const fn is(&self, hour: u8) -> bool {
        let inside = if self.from <= self.to {
            self.from <= hour && hour < self.to
        } else {
            hour >= self.from || hour < self.to
        };
        self.on && inside
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            home: None,
            outside_prefix: String::new(),
            classes: BTreeMap::new(),
            countries: BTreeMap::new(),
            numbers: BTreeSet::new(),
            at_once: 2,
            in_ten_minutes: 12,
            long_call_minutes: 60,
            night: Night::default(),
            lockdown: false,
        }
    }
}

impl Rules {
    /// The rule of a class that is in force, lockdown included.
    #[must_use]
    pub fn rule(&self, class: Class) -> GuardRule {
        let chosen = self.classes.get(&class).copied().unwrap_or_else(|| default_rule(class));
        match class {
            Class::Emergency | Class::Address | Class::Extension | Class::Freephone | Class::Feature => {
                GuardRule::Allow
            }
            Class::Home => chosen,
            // Nothing allows these for good: the design's gate, the keyring, is open as long as the phone runs and would
            // ask nobody. A typed word asks each time.
            Class::Satellite if !self.lockdown => stricter(chosen, GuardRule::Ask),
            Class::Company
            | Class::Short
            | Class::Abroad
            | Class::Shared
            | Class::Personal
            | Class::Premium
            | Class::Unknown
            | Class::Satellite
            | Class::Forwarding => {
                if self.lockdown {
                    GuardRule::Block
                } else {
                    chosen
                }
            }
        }
    }

    /// The rule for one destination: that of its class, and where that is another country, of the country.
    #[must_use]
    pub fn rule_for(&self, destination: &Destination) -> GuardRule {
        let class = self.rule(destination.class);
        let country = destination.region.and_then(|region| self.countries.get(&region)).copied();
        let own = match (class, country) {
            (GuardRule::Block, _) => GuardRule::Block,
            (_, Some(GuardRule::Block)) if destination.class != Class::Home => GuardRule::Block,
            (GuardRule::Ask, Some(GuardRule::Allow)) if destination.class == Class::Abroad => GuardRule::Allow,
            (_, Some(GuardRule::Ask)) if destination.class == Class::Abroad => GuardRule::Ask,
            (GuardRule::Ask, _) if self.is_confirmed(destination) => GuardRule::Allow,
            (class, _) => class,
        };
        if destination.forwards { stricter(own, self.rule(Class::Forwarding)) } else { own }
    }

    fn is_confirmed(&self, destination: &Destination) -> bool {
        matches!(destination.class, Class::Short | Class::Company) && self.numbers.contains(&destination.key)
    }

    /// What a confirmed question leaves behind: the country, or the number, is not asked about again. Dear numbers and
    /// forwarding are asked about each time. True if anything is new.
    pub fn confirm(&mut self, destination: &Destination) -> bool {
        match (destination.class, destination.region) {
            (Class::Abroad, Some(region)) if !self.countries.contains_key(&region) => {
                self.countries.insert(region, GuardRule::Allow);
                true
            }
            (Class::Short | Class::Company, _) => {
                if self.numbers.len() >= MOST_NUMBERS {
                    self.numbers.pop_first();
                }
                self.numbers.insert(destination.key.clone())
            }
            _ => false,
        }
    }

    /// The same within what makes sense: hours of a day, a prefix of digits.
    #[must_use]
    pub fn sane(mut self) -> Rules {
        self.outside_prefix.retain(|c| c.is_ascii_digit() || c == '*' || c == '#');
        self.outside_prefix.truncate(4);
        self.night.from %= 24;
        self.night.to %= 24;
        self.numbers.retain(|number| number.len() <= 64);
        self
    }
}

/// The rule of a class as the guard brings it along.
#[must_use]
pub const fn default_rule(class: Class) -> GuardRule {
    match class {
        Class::Emergency | Class::Address | Class::Extension | Class::Home | Class::Freephone | Class::Feature => {
            GuardRule::Allow
        }
        Class::Forwarding
        | Class::Company
        | Class::Short
        | Class::Abroad
        | Class::Shared
        | Class::Personal
        | Class::Premium
        | Class::Unknown => GuardRule::Ask,
        Class::Satellite => GuardRule::Block,
    }
}

/// The one of both that lets less pass.
#[must_use]
pub const fn stricter(one: GuardRule, other: GuardRule) -> GuardRule {
    match (one, other) {
        (GuardRule::Block, _) | (_, GuardRule::Block) => GuardRule::Block,
        (GuardRule::Ask, _) | (_, GuardRule::Ask) => GuardRule::Ask,
        (GuardRule::Allow, GuardRule::Allow) => GuardRule::Allow,
    }
}
