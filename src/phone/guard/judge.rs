//! The guard's judgement: dial, ask, or block, and why. Deterministic: the same calls at the same times are judged the
//! same way. It protects against the misuse of this computer, not against somebody who has the password.

use std::collections::VecDeque;
use std::time::Duration;

use super::destination::{Class, Destination};
use super::rules::{Rules, stricter};
use crate::base::{Mono, Now};
use crate::phone::view::{GuardFrom, GuardRule};

/// The time in which calls are counted.
const WINDOW: Duration = Duration::from_secs(600);
/// So many calls to numbers that begin alike, within [`WINDOW`], and the next one wants a word.
const ALIKE: usize = 3;
/// Of a number abroad, this much with the `+` counts as beginning alike: calling code and carrier's range.
const PREFIX: usize = 7;
/// More calls than this are not remembered: rules that allow more than that a window count no further.
const MOST_REMEMBERED: usize = 1000;

/// What the guard remembers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Outgoing calls to numbers, oldest first.
    placed: VecDeque<(Mono, String)>,
}

/// A call that somebody wants to place.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// What it is.
    pub destination: &'a Destination,
    /// Where the wish came from.
    pub from: GuardFrom,
    /// Outgoing calls that are not over.
    pub live: usize,
    /// They called and nobody answered, within the last week.
    pub missed: bool,
    /// It is among the calls that were placed from here before.
    pub known: bool,
    /// It is at another domain than the line's own.
    pub elsewhere: bool,
    /// The hour on the clock on the wall, 0 to 23.
    pub hour: u8,
}

/// What the guard says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Dial.
    Dial,
    /// Ask first; for these reasons.
    Ask {
        /// The word that has to be typed; `None`: a press will do.
        word: Option<&'static str>,
        /// Why.
        reasons: Vec<Reason>,
    },
    /// Do not dial.
    Block(Refusal),
}

/// Why the guard asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// Nobody has confirmed calls of this class, or to this country, or the person wants to be asked.
    Rule,
    /// It returns a missed call (Wangiri: they ring once and hope for that).
    ReturnsMissed,
    /// So many calls to numbers that begin alike.
    Alike,
    /// It is night.
    Night,
    /// Nobody dialled this number: the other end named it (3xx).
    Redirected,
    /// Nobody dialled this number: a link put it into the field, and it was never called from here.
    Linked,
    /// It forwards the calls of this line.
    Forwards,
}

/// Why the guard blocks.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The rule of the class, or of the country.
    Rule,
    /// Lockdown is on.
    Lockdown,
    /// So many outgoing calls are there already.
    AtOnce(u32),
    /// So many calls within ten minutes; possible again after so many seconds.
    TooMany(u32, u64),
}

impl Guard {
    /// Judges a call. Emergency calls are dialled whatever the rules say.
    #[must_use]
    pub fn judge(&self, now: Now, rules: &Rules, attempt: &Attempt<'_>) -> Verdict {
        let destination = attempt.destination;
        if matches!(destination.class, Class::Emergency) {
            return Verdict::Dial;
        }
        let rule = rules.rule_for(destination);
        if rule == GuardRule::Block {
            let relaxed = Rules { lockdown: false, ..rules.clone() };
            let only_lockdown = rules.lockdown && relaxed.rule_for(destination) != GuardRule::Block;
            return Verdict::Block(if only_lockdown { Refusal::Lockdown } else { Refusal::Rule });
        }
        if let Some(refusal) = self.over_caps(now, rules, attempt) {
            return Verdict::Block(refusal);
        }
        let reasons = self.reasons(now, rules, attempt, rule);
        if reasons.is_empty() {
            return Verdict::Dial;
        }
        let alike = reasons.contains(&Reason::Alike);
        let word = (destination.class.wants_word() || alike).then(|| word(destination.class));
        Verdict::Ask { word, reasons }
    }

    fn reasons(&self, now: Now, rules: &Rules, attempt: &Attempt<'_>, rule: GuardRule) -> Vec<Reason> {
        let destination = attempt.destination;
        let dear = is_dear(destination);
        let forwards = destination.forwards && stricter(rules.rule(Class::Forwarding), rule) == GuardRule::Ask;
        [
            (Reason::Forwards, forwards),
            (Reason::Rule, rule == GuardRule::Ask && !(forwards && destination.class == Class::Forwarding)),
            (Reason::Redirected, dear && attempt.from == GuardFrom::Redirect),
            (Reason::Linked, attempt.from == GuardFrom::Link && !attempt.known && !is_everyday(attempt)),
            (Reason::ReturnsMissed, dear && attempt.missed),
            (Reason::Alike, dear && self.alike(now, destination) >= ALIKE),
            (Reason::Night, dear && rules.night.is(attempt.hour)),
        ]
        .into_iter()
        .filter_map(|(reason, is)| is.then_some(reason))
        .collect()
    }

    fn over_caps(&self, now: Now, rules: &Rules, attempt: &Attempt<'_>) -> Option<Refusal> {
        if !is_counted(attempt.destination) {
            return None;
        }
        if attempt.live >= usize::try_from(rules.at_once).unwrap_or(usize::MAX) {
            return Some(Refusal::AtOnce(rules.at_once));
        }
        let most = usize::try_from(rules.in_ten_minutes).unwrap_or(usize::MAX);
        let recent: Vec<Mono> = self.recent(now).map(|(at, _)| *at).collect();
        let over = recent.len().checked_sub(most)?;
        // Possible again when so many of them are old that there is room for one.
        let wait = recent.get(over).map_or(WINDOW, |at| (*at + WINDOW).since(now.mono));
        Some(Refusal::TooMany(rules.in_ten_minutes, wait.as_secs() + 1))
    }

    fn recent(&self, now: Now) -> impl Iterator<Item = &(Mono, String)> {
        self.placed.iter().filter(move |(at, _)| now.mono.since(*at) < WINDOW)
    }

    /// Calls within the window to other numbers that begin like this one.
    fn alike(&self, now: Now, destination: &Destination) -> usize {
        let Some(prefix) = destination.key.get(..PREFIX) else { return 0 };
        self.recent(now).filter(|(_, key)| key.starts_with(prefix) && *key != destination.key).count()
    }

    /// A call was placed: it counts from now on.
    pub fn placed(&mut self, now: Now, destination: &Destination) {
        if is_counted(destination) {
            self.placed.retain(|(at, _)| now.mono.since(*at) < WINDOW);
            self.placed.push_back((now.mono, destination.key.clone()));
            if self.placed.len() > MOST_REMEMBERED {
                self.placed.pop_front();
            }
        }
    }
}

/// Whether calls to it count against the caps: those that may cost something.
const fn is_counted(destination: &Destination) -> bool {
    !matches!(destination.class, Class::Emergency | Class::Address | Class::Extension)
}

/// Whether a link may name it without a question: what an ordinary call at home costs, or less. An address or a short
/// number is none: it may lead out of the country all the same.
const fn is_everyday(attempt: &Attempt<'_>) -> bool {
    let destination = attempt.destination;
    let class = matches!(destination.class, Class::Emergency | Class::Home | Class::Freephone);
    class && !destination.forwards && !attempt.elsewhere
}

/// Whether a call to it may be dear: abroad, or special.
#[must_use]
pub const fn is_dear(destination: &Destination) -> bool {
    destination.forwards
        || matches!(
            destination.class,
            Class::Abroad | Class::Shared | Class::Personal | Class::Premium | Class::Unknown | Class::Satellite
        )
}

/// The word that has to be typed to confirm a call to a number of this class.
const fn word(class: Class) -> &'static str {
    match class {
        Class::Shared => "shared",
        Class::Personal => "personal",
        Class::Premium => "premium",
        Class::Satellite => "satellite",
        Class::Unknown => "unknown",
        Class::Abroad => "abroad",
        Class::Emergency
        | Class::Address
        | Class::Extension
        | Class::Home
        | Class::Freephone
        | Class::Feature
        | Class::Forwarding
        | Class::Company
        | Class::Short => "call",
    }
}
