//! What is said where the keyring holds several passwords for one line.

use crate::phone::view::{KeptPasswords, KeptState};
use crate::ui::Moment;

pub(in crate::ui) const USE_THE_ONE: &str = "Use the one that works";

/// Several passwords under one name: what is known, what can be done, and the button for it, if there is one.
pub(in crate::ui) fn several(kept: KeptPasswords, provider: &str, now: &Moment) -> (String, String, &'static str) {
    let title = format!("The keyring holds {} passwords for this line", kept.count);
    match (kept.state, kept.until) {
        (KeptState::Found, _) if !kept.can_be_tried => {
            let small = format!(
                "Ringfence does not guess. It tries them at {provider} only while the line has no password that may \
                 be right, and no change of it is open. Nothing is deleted."
            );
            (title, small, "")
        }
        (KeptState::Found, _) => {
            let small = format!(
                "Ringfence does not guess. It can try them at {provider}, the newest first. Nothing is deleted."
            );
            (title, small, "Try them")
        }
        (KeptState::Trying, None) => (title, format!("They are being tried at {provider}, the newest first."), ""),
        (KeptState::Trying, Some(until)) => {
            let small = format!(
                "The next attempt is at {}: more in a short time would look like an attack.",
                now.time_of_day(until)
            );
            (title, small, "")
        }
        (KeptState::Works, _) => {
            let small = format!(
                "{provider} accepts the one in use. While there are others, the keyring gives out none at the next \
                 start. Delete them?"
            );
            (title, small, "Delete others")
        }
        (KeptState::NoneWorks, _) => {
            (title, format!("{provider} accepts none of them. Enter the one that counts now."), "Enter")
        }
        (KeptState::Deleting, _) => (title, "The others are being deleted.".into(), ""),
    }
}
