//! The guard against the large bill, for programs: its rules in and out, and what it tells.

use serde_json::{Value, json};

use super::line::{Fields, Mistake};
use crate::phone::guard::{Class, GuardEvent, Night, Region, Rules};
use crate::phone::link::{Link, LinkError};
use crate::phone::view::{GuardQuestion, GuardRule, GuardVerdict, PhoneView};

/// What a line changes of the rules; what it does not name stays.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Change {
    home: Option<Option<Region>>,
    outside_prefix: Option<String>,
    classes: Vec<(Class, GuardRule)>,
    countries: Vec<(Region, Option<GuardRule>)>,
    at_once: Option<u32>,
    in_ten_minutes: Option<u32>,
    long_call_minutes: Option<u32>,
    night: Option<Night>,
    lockdown: Option<bool>,
}

impl Change {
    /// Takes its fields.
    ///
    /// # Errors
    /// In words.
    pub(super) fn parse(fields: &mut Fields) -> Result<Change, Mistake> {
        let home = match fields.text("home")?.as_deref() {
            None => None,
            Some("") => Some(None),
            Some(text) => Some(Some(region(text)?)),
        };
        let classes =
            fields.words("classes")?.into_iter().map(|(class, rule)| Ok((self::class(&class)?, rule_of(&rule)?)));
        let classes = classes.collect::<Result<_, Mistake>>()?;
        let countries = fields.words("countries")?.into_iter().map(|(country, rule)| {
            let rule = if rule == "forget" { None } else { Some(rule_of(&rule)?) };
            Ok((region(&country)?, rule))
        });
        Ok(Change {
            home,
            outside_prefix: fields.text("outside_prefix")?,
            classes,
            countries: countries.collect::<Result<_, Mistake>>()?,
            at_once: fields.number("at_once")?,
            in_ten_minutes: fields.number("in_ten_minutes")?,
            long_call_minutes: fields.number("long_call_minutes")?,
            night: night(fields.text("night")?.as_deref())?,
            lockdown: fields.flag("lockdown")?,
        })
    }

    /// Whether it changes nothing: then it only asks.
    pub(super) fn is_empty(&self) -> bool {
        *self == Change::default()
    }

    /// The rules with this change.
    #[must_use]
    pub(super) fn apply(&self, rules: &Rules) -> Rules {
        let mut rules = rules.clone();
        rules.home = self.home.unwrap_or(rules.home);
        rules.outside_prefix = self.outside_prefix.clone().unwrap_or(rules.outside_prefix);
        rules.classes.extend(self.classes.iter().copied());
        for (country, rule) in &self.countries {
            match rule {
                Some(rule) => rules.countries.insert(*country, *rule),
                None => rules.countries.remove(country),
            };
        }
        rules.at_once = self.at_once.unwrap_or(rules.at_once);
        rules.in_ten_minutes = self.in_ten_minutes.unwrap_or(rules.in_ten_minutes);
        rules.long_call_minutes = self.long_call_minutes.unwrap_or(rules.long_call_minutes);
        rules.night = self.night.unwrap_or(rules.night);
        rules.lockdown = self.lockdown.unwrap_or(rules.lockdown);
        rules.sane()
    }
}

fn region(text: &str) -> Result<Region, Mistake> {
    Region::parse(text).ok_or_else(|| Mistake::new("bad_field", "a country is two letters, such as GB"))
}

fn class(text: &str) -> Result<Class, Mistake> {
    let class = serde_json::from_value(json!(text)).ok().filter(|class| Class::RULED.contains(class));
    class.ok_or_else(|| {
        let all: Vec<String> =
            Class::RULED.iter().filter_map(|class| Some(json!(class).as_str()?.to_owned())).collect();
        Mistake::new("bad_field", format!("`classes` are {}", all.join(", ")))
    })
}

fn rule_of(text: &str) -> Result<GuardRule, Mistake> {
    let rule = serde_json::from_value(json!(text)).ok();
    rule.ok_or_else(|| Mistake::new("bad_field", "a rule is allow, ask or block"))
}

/// `off`, or `23-6`.
fn night(text: Option<&str>) -> Result<Option<Night>, Mistake> {
    let wrong = || Mistake::new("bad_field", "`night` is off, or two hours such as 23-6");
    let hour = |text: &str| text.trim().parse::<u8>().ok().filter(|hour| *hour < 24).ok_or_else(wrong);
    match text {
        None => Ok(None),
        Some("off") => Ok(Some(Night { on: false, ..Night::default() })),
        Some(text) => {
            let (from, to) = text.split_once('-').ok_or_else(wrong)?;
            Ok(Some(Night { on: true, from: hour(from)?, to: hour(to)? }))
        }
    }
}

/// The rules in force, and from which country numbers are dialled.
#[must_use]
pub(super) fn state(view: &PhoneView) -> Value {
    let rules = &view.settings.guard;
    let classes: serde_json::Map<String, Value> = Class::RULED
        .iter()
        .filter_map(|class| Some((json!(class).as_str()?.to_owned(), json!(rules.rule(*class)))))
        .collect();
    let home = view.guard_state.home.map(|home| {
        json!({ "country": home.region, "name": home.region.name(), "known_from": home.from, "message": home.sentence() })
    });
    let night = if rules.night.on { format!("{}-{}", rules.night.from, rules.night.to) } else { "off".to_owned() };
    json!({ "guard": {
        "scope": "in this app only",
        "home": home,
        "outside_prefix": rules.outside_prefix,
        "classes": classes,
        "countries": rules.countries,
        "numbers": rules.numbers,
        "at_once": rules.at_once,
        "in_ten_minutes": rules.in_ten_minutes,
        "long_call_minutes": rules.long_call_minutes,
        "night": night,
        "lockdown": rules.lockdown,
    }})
}

/// The event of what the guard tells.
#[must_use]
pub(super) fn event(news: &GuardEvent) -> Value {
    match news {
        GuardEvent::Question(question) => self::question(question),
        GuardEvent::LongCall(long) => json!({
            "event": "guard", "state": "long_call", "call": long.call, "minutes": long.minutes, "about": long.about,
        }),
        GuardEvent::Emergency(emergency) => json!({
            "event": "guard", "state": "emergency", "number": emergency.number, "use_mobile": emergency.use_mobile,
            "over": emergency.over,
        }),
    }
}

/// The event of a link that was opened. Nothing is dialled: that is for whoever reads this.
#[must_use]
pub(super) fn link(link: &Result<Link, LinkError>) -> Value {
    match link {
        Ok(link) => json!({ "event": "link", "to": link.text, "cut": link.cut }),
        Err(error) => {
            let code = match error {
                LinkError::NotALink => "not_a_link",
                LinkError::Nobody => "nobody",
            };
            json!({ "event": "link", "error": { "code": code, "message": error.to_string() } })
        }
    }
}

fn question(question: &GuardQuestion) -> Value {
    let (state, word) = match &question.verdict {
        GuardVerdict::Confirm => ("asks", None),
        GuardVerdict::Type(word) => ("asks", Some(word)),
        GuardVerdict::Blocked => ("blocks", None),
    };
    json!({
        "event": "guard",
        "state": state,
        "account": question.account,
        "number": question.number,
        "place": question.place,
        "kind": question.kind,
        "why": question.why,
        "word": word,
        "from": question.from,
    })
}
