//! The people of the demo, as data.

use super::script::{Clip, Step};

/// One person.
#[derive(Debug)]
pub struct Person {
    /// User parts of the address: the first is the name, the others are understood too.
    pub users: &'static [&'static str],
    /// What a display shows.
    pub name: &'static str,
    /// What happens to a call.
    pub act: Act,
}

/// What happens to a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Answers and plays this.
    Talk(&'static [Step]),
    /// Refuses with this status.
    Refuse(u16),
    /// Rings for ever.
    Ring,
    /// Answers, plays the first, and calls back after the call to play the second.
    CallBack(&'static [Step], &'static [Step]),
    /// Challenges twice, answers if both were met, and plays this: the proxy's 407 with the provider's realm first, then
    /// a 401 of its own with a realm of its own. The INVITE that is answered carries both credentials. Whoever
    /// answers the provider's realm only (the account's) does not get through; a second 401 is what they see.
    AskTwice(&'static [Step]),
}

/// Everybody. The order is that of the first-start screen.
pub const PEOPLE: &[Person] = &[
    Person { users: &["echo"], name: "Echo", act: Act::Talk(&[Step::Echo]) },
    Person {
        users: &["announcement"],
        name: "Announcement",
        act: Act::Talk(&[
            Step::Speak(Clip::Announcement),
            Step::Tone { hertz: 1000, millis: 3000 },
            Step::Silence { millis: 300 },
            Step::HangUp,
        ]),
    },
    Person { users: &["busy"], name: "Busy", act: Act::Refuse(486) },
    Person { users: &["declines"], name: "Declines", act: Act::Refuse(603) },
    Person { users: &["never-answers", "never"], name: "Never answers", act: Act::Ring },
    Person {
        users: &["calls-you-back", "callback"],
        name: "Calls you back",
        act: Act::CallBack(&[Step::Speak(Clip::Goodbye), Step::HangUp], &[Step::Speak(Clip::Again), Step::Echo]),
    },
    Person {
        users: &["asks-twice", "twice"],
        name: "Asks twice",
        act: Act::AskTwice(&[Step::Tone { hertz: 800, millis: 600 }, Step::Echo]),
    },
];

/// Who has this user part, whatever its case.
#[must_use]
pub fn find(user: &str) -> Option<&'static Person> {
    PEOPLE.iter().find(|p| p.users.iter().any(|u| u.eq_ignore_ascii_case(user)))
}

impl Person {
    /// The user part.
    #[must_use]
    pub fn user(&self) -> &'static str {
        self.users.first().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{PEOPLE, find};

    #[test]
    fn everybody_is_found_by_each_of_their_names_and_nobody_by_two() {
        for person in PEOPLE {
            for user in person.users {
                assert_eq!(find(&user.to_uppercase()).map(|p| p.name), Some(person.name));
            }
        }
        let mut all: Vec<&str> = PEOPLE.iter().flat_map(|p| p.users.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), PEOPLE.iter().map(|p| p.users.len()).sum::<usize>());
        assert!(find("nobody").is_none());
    }
}
