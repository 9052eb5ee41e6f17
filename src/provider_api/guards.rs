//! `GET` and `PUT guards`: the provider's own limits of what a line may call. Tightening needs the password; loosening
//! needs more, so that a thief cannot do it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{MAX_BODY, ReadError, ensure, read};

/// The limits of one account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Guards {
    /// Calls abroad.
    pub international: International,
    /// The countries that may be called when `international` is `list`: two letters each.
    pub countries: Vec<String>,
    /// Whether premium numbers may be called.
    pub premium: bool,
    /// Calls at the same time, if limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u16>,
    /// What a day may cost, by currency (ISO 4217), in whole units.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub daily_cap: BTreeMap<String, u32>,
    /// Calls at night.
    pub night: Night,
}

impl Default for Guards {
    fn default() -> Guards {
        Guards {
            international: International::Allow,
            countries: Vec::new(),
            premium: true,
            max_concurrent: None,
            daily_cap: BTreeMap::new(),
            night: Night::Allow,
        }
    }
}

/// Calls abroad, tightest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum International {
    /// Not at all.
    Deny,
    /// Only to the listed countries.
    List,
    /// To all.
    Allow,
}

/// Calls at night, tightest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Night {
    /// None.
    Deny,
    /// As by day.
    Allow,
}

impl Guards {
    /// Reads limits.
    ///
    /// # Errors
    /// If they are too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Guards, ReadError> {
        let guards: Guards = read(bytes, MAX_BODY)?;
        let upper = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_uppercase());
        ensure(guards.countries.len() <= 300 && guards.countries.iter().all(|code| upper(code, 2)), "countries")?;
        ensure(guards.daily_cap.len() <= 16 && guards.daily_cap.keys().all(|code| upper(code, 3)), "daily_cap")?;
        Ok(guards)
    }

    /// What a lockdown asks for: no calls abroad, no premium numbers; the rest as it is. Never more than before.
    #[must_use]
    pub fn tightened(&self) -> Guards {
        Guards { international: International::Deny, countries: Vec::new(), premium: false, ..self.clone() }
    }

    /// Whether nothing is allowed by `self` that `other` does not allow: the password alone may ask for that.
    #[must_use]
    pub fn is_at_most(&self, other: &Guards) -> bool {
        let countries = match (self.international, other.international) {
            (International::Deny, _) | (_, International::Allow) => true,
            (International::List, International::List) => {
                self.countries.iter().all(|country| other.countries.contains(country))
            }
            (International::List | International::Allow, International::Deny | International::List) => false,
        };
        let concurrent = match (self.max_concurrent, other.max_concurrent) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(ours), Some(theirs)) => ours <= theirs,
        };
        let caps = other.daily_cap.iter().all(|(unit, cap)| self.daily_cap.get(unit).is_some_and(|own| own <= cap));
        countries && concurrent && caps && self.premium <= other.premium && self.night <= other.night
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(countries: &[&str]) -> Guards {
        let countries = countries.iter().map(|code| (*code).to_owned()).collect();
        Guards { international: International::List, countries, ..Guards::default() }
    }

    #[test]
    fn tightening_is_told_from_loosening() {
        let open = Guards::default();
        let tight = Guards {
            international: International::Deny,
            premium: false,
            max_concurrent: Some(1),
            daily_cap: [("GBP".to_owned(), 5)].into(),
            night: Night::Deny,
            ..Guards::default()
        };
        assert!(tight.is_at_most(&open) && !open.is_at_most(&tight) && tight.is_at_most(&tight));
        assert!(list(&["IE"]).is_at_most(&list(&["IE", "FR"])) && !list(&["IE", "FR"]).is_at_most(&list(&["IE"])));
        assert!(!list(&["IE"]).is_at_most(&tight));
        for before in [&open, &tight, &list(&["IE"])] {
            let after = before.tightened();
            assert!(after.is_at_most(before) && after.tightened() == after, "{before:?}");
            assert_eq!((after.international, after.premium), (International::Deny, false));
        }
        let looser = [
            Guards { premium: true, ..tight.clone() },
            Guards { max_concurrent: Some(2), ..tight.clone() },
            Guards { max_concurrent: None, ..tight.clone() },
            Guards { daily_cap: [("GBP".to_owned(), 6)].into(), ..tight.clone() },
            Guards { daily_cap: BTreeMap::new(), ..tight.clone() },
            Guards { night: Night::Allow, ..tight.clone() },
        ];
        for looser in looser {
            assert!(!looser.is_at_most(&tight), "{looser:?}");
        }
    }

    #[test]
    fn limits_that_make_no_sense_are_refused() {
        assert!(Guards::parse(br#"{"international":"list","countries":["ie"]}"#).is_err());
        assert!(Guards::parse(br#"{"international":"sometimes"}"#).is_err());
        assert_eq!(Guards::parse(b"{}").unwrap(), Guards::default());
    }
}
