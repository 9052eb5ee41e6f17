//! The sentences of the password change: every state says what happened, what is safe, and the next step.

use super::sentence;
use crate::phone::view::{
    AbortWhy, ChangePhase, ChangeStep, ChangeView, ChangeWay, KeyringTrouble, LaterWhy, NeedsPerson, StepState, WaitWhy,
};
use crate::ui::Moment;

pub(in crate::ui) const CHANGE_TITLE: &str = "Change your line password";
pub(in crate::ui) const CHANGING_TITLE: &str = "Changing your line password";
pub(in crate::ui) const CHANGED_TITLE: &str = "Your line has a new password";
pub(in crate::ui) const AFTER_THIS_CALL: &str = "After this call: change your line password";
pub(in crate::ui) const CHANGES_DURING_CALL: &str = "Your line password is being changed. This call goes on.";
pub(in crate::ui) const DEVICE_STOPS: &str =
    "Will not ring or dial, emergency calls included, until it has the new password";
pub(in crate::ui) const UNTIL_THEN: &str = "Until then it neither rings nor dials, not even for emergency calls";
pub(in crate::ui) const NEW_PASSWORD: &str = "New line password";
pub(in crate::ui) const REMEMBERED: &str = "Ringfence remembers it. Spaces are not part of it.";

/// The title of the sheet.
pub(in crate::ui) fn title(phase: &ChangePhase) -> &'static str {
    match phase {
        ChangePhase::Idle
        | ChangePhase::Later { .. }
        | ChangePhase::Preparing
        | ChangePhase::Keyring(_)
        | ChangePhase::SaveElsewhere
        | ChangePhase::Compose(_)
        | ChangePhase::Aborted(_) => CHANGE_TITLE,
        ChangePhase::Saving
        | ChangePhase::Saved
        | ChangePhase::Sending
        | ChangePhase::Uncertain
        | ChangePhase::Undoing
        | ChangePhase::Testing
        | ChangePhase::Keeping
        | ChangePhase::CheckingOld
        | ChangePhase::Wait { .. }
        | ChangePhase::NeedsPerson(_)
        | ChangePhase::AtProvider => CHANGING_TITLE,
        ChangePhase::Done { .. } => CHANGED_TITLE,
    }
}

/// The words of a step.
pub(in crate::ui) fn step(step: ChangeStep, state: Option<StepState>, provider: &str) -> String {
    use StepState::{Doing, Done, Failed};
    sentence(match (step, state) {
        (ChangeStep::Saved, Some(Doing)) => "Saving it on this computer…".into(),
        (ChangeStep::Saved, Some(Failed)) => "Not saved".into(),
        (ChangeStep::Saved, Some(Done)) => "Saved safely on this computer".into(),
        (ChangeStep::Saved, None) => "Saving it on this computer".into(),
        (ChangeStep::AtProvider, Some(Doing)) => format!("Changing it at {provider}…"),
        (ChangeStep::AtProvider, Some(Failed)) => format!("Not changed at {provider} yet"),
        (ChangeStep::AtProvider, Some(Done)) => format!("Changed at {provider}"),
        (ChangeStep::AtProvider, None) => format!("Changing it at {provider}"),
        (ChangeStep::Tested, Some(Doing)) => "Signing in with the new one…".into(),
        (ChangeStep::Tested, Some(Failed)) => "Not signed in with the new one".into(),
        (ChangeStep::Tested, Some(Done)) => "Signed in with the new one".into(),
        (ChangeStep::Tested, None) => "Signing in with the new one".into(),
        (ChangeStep::OldRefused, Some(Done)) => format!("{provider} refuses the old one"),
        (ChangeStep::OldRefused, Some(Failed)) => format!("{provider} still accepts the old one"),
        (ChangeStep::OldRefused, Some(Doing) | None) => "Checking that the old one is refused".into(),
    })
}

/// What is said below the steps.
pub(in crate::ui) fn explanation(change: &ChangeView, provider: &str, now: &Moment) -> String {
    sentence(explained(change, provider, now))
}

fn explained(change: &ChangeView, provider: &str, now: &Moment) -> String {
    const SAFE: &str = "If the computer stops now, Ringfence finishes this at the next start.";
    match &change.phase {
        ChangePhase::Idle => {
            "No change is under way. Ringfence makes a new password first; nothing changes yet.".into()
        }
        ChangePhase::Later { until, why } => later(*until, *why, provider, now),
        ChangePhase::Preparing => format!("Looking at this computer's keyring and at {provider}'s rules…"),
        ChangePhase::Saving | ChangePhase::Saved => "Nothing has left this computer yet.".into(),
        ChangePhase::Sending | ChangePhase::Testing | ChangePhase::Keeping | ChangePhase::CheckingOld => SAFE.into(),
        ChangePhase::Uncertain => format!(
            "{provider}'s answer was lost, so Ringfence is finding out which password counts now. It keeps both. {SAFE}"
        ),
        ChangePhase::Undoing => format!(
            "The old password still works. Ringfence is making sure that the lost request comes to nothing. {SAFE}"
        ),
        ChangePhase::Wait { until, why } => format!(
            "{} Ringfence goes on by itself at {}. Both passwords are kept, and calls go on.",
            sentence(wait(*why, provider)),
            now.time_of_day(*until)
        ),
        ChangePhase::AtProvider => {
            "You can close this page, or Ringfence: it keeps both passwords and finds out which one counts.".into()
        }
        ChangePhase::Aborted(why) => aborted(*why, provider),
        ChangePhase::NeedsPerson(why) => needs(why, provider),
        ChangePhase::Keyring(trouble) => keyring(*trouble).1.into(),
        ChangePhase::SaveElsewhere => "If this computer stops now, your own copy is the only one. Write the new \
                                       password down or save it elsewhere, then type its last four characters."
            .into(),
        ChangePhase::Compose(_) | ChangePhase::Done { .. } => String::new(),
    }
}

fn later(until: Option<crate::base::WallTime>, why: LaterWhy, provider: &str, now: &Moment) -> String {
    let when = until.map(|at| format!(" until {} {}", now.day_in_sentence(at), now.time_of_day(at)));
    let when = when.unwrap_or_default();
    match why {
        LaterWhy::Asked => format!("You put this off{when}."),
        LaterWhy::ProviderDown => format!("{provider}'s side does not answer. Ringfence tries again by itself."),
    }
}

/// Why nothing is tried for a while.
fn wait(why: WaitWhy, provider: &str) -> String {
    match why {
        WaitWhy::Provider => format!("{provider} does not answer, or wants a pause before the next attempt."),
        WaitWhy::Budget => format!("More attempts now would look like an attack to {provider}."),
        WaitWhy::Lag => format!("{provider} has changed it, and does not take the new one everywhere yet."),
        WaitWhy::Disk => {
            "This computer's disk takes nothing, and each attempt is written down first. Is it full?".into()
        }
    }
}

/// Why a change came to nothing, and what that means for the two passwords.
fn aborted(why: AbortWhy, provider: &str) -> String {
    match why {
        AbortWhy::Cancelled => {
            "You cancelled it. Nothing has left this computer, and your old password goes on.".into()
        }
        AbortWhy::NotApplied => format!(
            "{provider} has not changed it, and the request can do nothing any more. Your old password goes on."
        ),
        AbortWhy::Kept => format!(
            "Your old password goes on. Should {provider} take the new one after all, Ringfence still has it and signs \
             in with it."
        ),
        AbortWhy::Disk => {
            "This computer's disk could not write down how far the change is, so nothing was sent. Is it \
                           full? Your old password goes on."
                .into()
        }
    }
}

/// What a person has to know when only they can go on: a title is not needed, the next step is.
fn needs(why: &NeedsPerson, provider: &str) -> String {
    match why {
        NeedsPerson::NeitherWorks => format!(
            "{provider} accepts neither the old nor the new password. It was changed or reset somewhere else. Enter \
             the one that counts now. Ringfence keeps the others."
        ),
        NeedsPerson::ChangedElsewhere => format!(
            "The password was changed elsewhere: {provider} refuses the one that Ringfence has. Enter the one that counts \
             now, or look at the device that set it. Ringfence keeps the others."
        ),
        NeedsPerson::NotAllowed => format!(
            "{provider} does not let this computer change the password now. Ringfence can make a new one and keep it \
             safe; you then set it on their website. Or call them."
        ),
        NeedsPerson::NotChangedYet => format!(
            "{provider} still accepts the old password and not the new one. Was it saved on their page? It can take \
             a minute. Then press I've changed it again."
        ),
        NeedsPerson::PastedRefused => format!(
            "{provider} refuses that one too. Look for spaces at its ends, and whether it is the line password, not \
             the website's."
        ),
    }
}

/// What is wrong with the keyring: title and advice.
pub(in crate::ui) fn keyring(trouble: KeyringTrouble) -> (&'static str, &'static str) {
    match trouble {
        KeyringTrouble::Missing => (
            "This computer has no keyring",
            "The new password needs a safe place before anything is changed. A file under a passphrase is one.",
        ),
        KeyringTrouble::Locked => ("Your keyring is locked", "Unlock it, then try again. Nothing has been changed."),
        KeyringTrouble::Denied => {
            ("The keyring refused", "Allow Ringfence to use it, then try again. Nothing has been changed.")
        }
        KeyringTrouble::Waiting => (
            "Waiting for your keyring…",
            "It may be asking for its own password. Nothing is sent before the new password is saved.",
        ),
        KeyringTrouble::Stuck => (
            "The keyring does not answer",
            "It has not for a minute. Ringfence goes on if it does after all; nothing was sent. If nothing asks for the \
             keyring's password, log out of the computer and in again.",
        ),
        KeyringTrouble::Ambiguous => (
            "The keyring has several entries for this line",
            "Ringfence does not guess. Delete the ones that are not yours in the keyring's own program, then try again.",
        ),
        KeyringTrouble::Damaged => (
            "The keyring gave back something else",
            "What was written could not be read back, so nothing was sent. Try again.",
        ),
    }
}

/// The sentence above the new password.
pub(in crate::ui) fn way(way: ChangeWay, provider: &str) -> String {
    match way {
        ChangeWay::Unknown => "Ringfence saves the new one here first, and tests it once it is in use.".into(),
        ChangeWay::Phone => {
            format!("Ringfence saves the new one here first, changes it at {provider}, and tests it.")
        }
        ChangeWay::Person => sentence(format!(
            "{provider} has no way for Ringfence to change it, so you do that on its website. Ringfence saves the new \
             one first and tests it afterwards."
        )),
    }
}

/// The newest step that has begun, for a banner.
pub(in crate::ui) fn where_it_is(change: &ChangeView, provider: &str) -> String {
    let current = change.steps().into_iter().rev().find(|(_, state)| state.is_some());
    current.map(|(kind, state)| step(kind, state, provider)).unwrap_or_default()
}

/// What is said aloud when the change moves on.
pub(in crate::ui) fn spoken(change: &ChangeView, provider: &str, now: &Moment) -> String {
    let step = where_it_is(change, provider);
    let more = match change.phase {
        ChangePhase::Done { .. } => CHANGED_TITLE.to_owned(),
        ChangePhase::Compose(_) => format!("{CHANGE_TITLE}. Nothing has been changed yet."),
        ChangePhase::Idle
        | ChangePhase::Later { .. }
        | ChangePhase::Preparing
        | ChangePhase::Keyring(_)
        | ChangePhase::SaveElsewhere
        | ChangePhase::Saving
        | ChangePhase::Saved
        | ChangePhase::Sending
        | ChangePhase::Uncertain
        | ChangePhase::Undoing
        | ChangePhase::Testing
        | ChangePhase::Keeping
        | ChangePhase::CheckingOld
        | ChangePhase::Wait { .. }
        | ChangePhase::NeedsPerson(_)
        | ChangePhase::AtProvider
        | ChangePhase::Aborted(_) => explanation(change, provider, now),
    };
    [step, more].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(". ")
}
