//! What people are told about other devices: here once, for the window and for the agent.

use super::contact::CLAIMS;
use super::memory::Known;
use crate::phone::view::DeviceListing;

/// A device that the person has not named.
#[must_use]
pub fn unnamed(key: &str, place: &str) -> String {
    if key.starts_with(CLAIMS) {
        format!("Phone at {place} that claims to be this computer")
    } else if place.is_empty() {
        "Another phone".to_owned()
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
