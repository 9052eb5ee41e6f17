//! What people are told about other devices: here once, for the window and for the agent.

use super::contact::CLAIMS;
use super::list::Listed;
use super::memory::Known;
use crate::phone::view::{DeviceListing, EndTrouble, Ending, ListTrouble, ProviderList, SessionId, WhyNot};

/// A device that the person has not named.
#[must_use]
pub fn unnamed(key: &str, place: &str) -> String {
    if key.starts_with(CLAIMS) {
        format!("Phone at {place} that claims to be this computer")
    } else if place.is_empty() {
        "Another phone, at an address that is not told".to_owned()
    } else {
        format!("Phone at {place}")
    }
}

/// What is known about other devices, in one sentence. Never that there are none: a provider may name only those
/// that it wants to name; `here` are the others that it names now.
#[must_use]
pub fn sentence(listing: DeviceListing, provider: &str, here: usize) -> String {
    match (listing, here) {
        (DeviceListing::NotAsked, _) => format!("What {provider} says about other devices is not known yet."),
        (DeviceListing::NotListed, _) => format!("{provider} does not list devices."),
        (DeviceListing::At(_), 0) => format!("{provider} names only this computer now. It may not name every phone."),
        (DeviceListing::At(_), 1) => format!("{provider} names one other device."),
        (DeviceListing::At(_), here) => format!("{provider} names {here} other devices."),
    }
}

/// What is to be said about the provider's own list; nothing if it was read and is whole.
#[must_use]
pub fn list(list: ProviderList, provider: &str) -> Option<String> {
    let why = match list {
        ProviderList::NotOffered | ProviderList::NotRead | ProviderList::Read { names_us: true, .. } => return None,
        ProviderList::Read { names_us: false, .. } => {
            return Some(format!("{provider}'s list does not name this computer, so it is not complete."));
        }
        ProviderList::Failed { why, .. } => why,
    };
    Some(match why {
        ListTrouble::Unreachable => format!("{provider}'s list could not be read: nobody answered."),
        ListTrouble::Refused => format!("{provider}'s list could not be read: {provider} did not allow it."),
        ListTrouble::Busy => format!("{provider}'s list could not be read: {provider} is busy or in trouble."),
        ListTrouble::Gone => format!("{provider}'s list could not be read: it is not where {provider} said it was."),
        ListTrouble::Unreadable => format!("{provider}'s list could not be read: what came makes no sense."),
    })
}

/// What is to be said about ending a device, a login or a key; nothing if it can be ended and was not tried.
#[must_use]
pub fn ending(ending: Ending, provider: &str) -> Option<String> {
    Some(match ending {
        Ending::Possible => return None,
        Ending::No(why) => why_not(why, provider),
        Ending::UnderWay => format!("{provider} was asked to end it."),
        Ending::Failed(EndTrouble::Unreachable) => "Nobody answered: it may have been ended or not.".to_owned(),
        Ending::Failed(EndTrouble::Refused) => format!("{provider} refused to end it."),
        Ending::Failed(EndTrouble::NotEnrolled) => {
            format!("{provider} ends this only for a computer that has been enrolled for a while. This one has not.")
        }
        Ending::Failed(EndTrouble::Busy) => format!("{provider} is busy or in trouble. Try again later."),
        Ending::Failed(EndTrouble::StillNamed) => format!("{provider} said that it ended it, and still names it."),
    })
}

/// Why something cannot be ended from here.
#[must_use]
pub fn why_not(why: WhyNot, provider: &str) -> String {
    match why {
        WhyNot::NoList => format!("It cannot be ended from here: {provider} has no way to do it."),
        WhyNot::NotRead => format!("It cannot be ended from here before {provider}'s list was read."),
        WhyNot::NotNamed => format!("It cannot be ended from here: {provider}'s list does not name it."),
        WhyNot::NoId => format!("It cannot be ended from here: {provider} names it in a way that cannot be asked for."),
        WhyNot::NotThere => "It is not there now: there is nothing to end.".to_owned(),
        WhyNot::Own => "This is this computer.".to_owned(),
    }
}

/// Why the others cannot be ended with a change.
#[must_use]
pub fn others_stay(why: WhyNot, provider: &str) -> String {
    match why {
        WhyNot::NoList => format!("{provider} has no way to end the others from here."),
        WhyNot::NotRead => format!("The others can be ended with the change only after {provider}'s list was read."),
        WhyNot::NotNamed | WhyNot::NoId | WhyNot::NotThere | WhyNot::Own => {
            format!("{provider} does not name the phones on this line, so it cannot be asked to end them.")
        }
    }
}

/// A login or a key on the list.
pub(super) fn of_row(rest: &Listed, session: &SessionId) -> String {
    let login = rest.logins.iter().find(|login| login.id == session.0);
    let key = rest.keys.iter().find(|key| key.id == session.0);
    match (login, key) {
        (Some(login), _) => format!("a login to the website ({})", login.user_agent.as_deref().unwrap_or("unnamed")),
        (None, Some(key)) => format!("the key of {}", key.label),
        (None, None) => "a row of its list".to_owned(),
    }
}

/// What stops working when the password changes, one sentence each: to be shown before a change begins.
#[must_use]
pub fn what_stops(listing: DeviceListing, provider: &str, known: &[Known]) -> Vec<String> {
    let affected = known.iter().filter(|known| known.is_here() || known.name.is_some());
    let mut sentences: Vec<String> = affected
        .map(|known| {
            format!(
                "{} can neither make nor receive calls, emergency calls included, until it has the new password.",
                known.title()
            )
        })
        .collect();
    sentences.push(match listing {
        DeviceListing::At(_) => format!(
            "Other phones that {provider} does not name stop working too, emergency calls included, until they have the new password."
        ),
        DeviceListing::NotListed | DeviceListing::NotAsked => format!(
            "{provider} does not tell which other phones use this line. Each of them stops working, emergency calls included, until it has the new password."
        ),
    });
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::WallTime;

    const LISTINGS: [DeviceListing; 3] =
        [DeviceListing::NotAsked, DeviceListing::NotListed, DeviceListing::At(WallTime(1))];

    #[test]
    fn it_is_never_said_that_there_are_no_other_devices() {
        for listing in LISTINGS {
            let sentence = sentence(listing, "Voxline", 0).to_lowercase();
            for word in ["none", "no other", "nobody", "only device"] {
                assert!(!sentence.contains(word), "{sentence}");
            }
        }
        assert_eq!(sentence(DeviceListing::NotListed, "Voxline", 0), "Voxline does not list devices.");
    }

    #[test]
    fn before_a_change_emergency_calls_are_named_whatever_the_provider_lists() {
        for listing in LISTINGS {
            let stops = what_stops(listing, "Voxline", &[]);
            assert!(!stops.is_empty() && stops.iter().all(|line| line.contains("emergency calls")), "{stops:?}");
        }
    }
}
