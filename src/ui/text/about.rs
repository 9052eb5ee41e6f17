//! What the window says about this program's releases and licences.

use crate::phone::update::document::Version;
use crate::phone::update::{State, Step, Updating};
use crate::port::Installation;
use crate::port::release::Effect;
use crate::ui::Moment;

pub(in crate::ui) const LOOK: &str = "Look for new releases";
pub(in crate::ui) const LOOK_NOW: &str = "Look now";
pub(in crate::ui) const INSTALL: &str = "Install";
pub(in crate::ui) const CANCEL: &str = "Cancel";
pub(in crate::ui) const TRY_AGAIN: &str = "Try again";
pub(in crate::ui) const LICENCES: &str = "Licences";

/// Who is asked, and what that tells about the person.
pub(in crate::ui) fn asks(host: &str) -> String {
    format!(
        "Asks {host} once a day which release is the newest. Nothing about you is sent, and nothing is installed unasked."
    )
}

/// What the banner of a release says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::ui) struct Banner {
    pub(in crate::ui) title: String,
    pub(in crate::ui) advice: String,
    /// It is about safety: it stays, and looks like it.
    pub(in crate::ui) stays: bool,
}

/// When there is a better release than this one.
pub(in crate::ui) fn banner(release: &State, updating: &Updating, installation: &Installation) -> Option<Banner> {
    let next = match &updating.step {
        Step::Placed(version, effect) => placed(*version, *effect),
        Step::Looking(_) | Step::AfterCall(_) | Step::Fetching(..) | Step::Placing(_) => {
            "It is on its way: Settings, About says how far.".to_owned()
        }
        Step::Idle | Step::Failed(..) => how(updating, installation),
    };
    match release {
        State::NoChannel | State::Off | State::Unknown | State::Newest(_) | State::Unconfirmed(_) => None,
        State::Newer { version, fixes, unsafe_to_stay } => {
            let title = if *unsafe_to_stay {
                format!("This version is not safe any more: use Ringfence {version}")
            } else {
                format!("Ringfence {version} is available")
            };
            Some(Banner { title, advice: joined(&sentences(fixes), &next), stays: *unsafe_to_stay })
        }
        State::Withdrawn { reason, instead } => {
            let instead = instead.map(|version| format!("Use Ringfence {version}.")).unwrap_or_default();
            let advice = joined(&joined(&sentences(std::slice::from_ref(reason)), &instead), &next);
            Some(Banner { title: "This release was withdrawn".into(), advice, stays: true })
        }
    }
}

/// How this installation gets another version.
pub(in crate::ui) fn how(updating: &Updating, installation: &Installation) -> String {
    match updating.offer {
        Some((version, _)) => format!("Ringfence can install {version} by itself when you press Install."),
        None => installation.how_to_update().to_owned(),
    }
}

/// What the settings say about releases: whether all is well (`None`: nothing to judge), a sentence, and a second one.
pub(in crate::ui) fn state(release: &State, updating: &Updating, now: &Moment) -> (Option<bool>, String, String) {
    let confirmed = updating.confirmed.map(|at| format!("Last confirmed {}.", now.short_day(at)));
    let mut small = confirmed.unwrap_or_default();
    if updating.looking {
        "Looking now.".clone_into(&mut small);
    } else if updating.in_vain {
        small = joined(&small, "The last look brought no answer that counts.");
    }
    let (good, words) = match release {
        State::NoChannel => {
            return (None, "This build has no release channel: it asks nobody".into(), String::new());
        }
        State::Off => (Some(false), "Nobody looks whether there is a newer version".into()),
        State::Unknown => (None, "Not looked yet whether this is the newest version".into()),
        State::Newest(_) => (Some(true), "This is the newest version".into()),
        State::Newer { version, fixes, .. } => {
            small = joined(&sentences(fixes), &small);
            (Some(false), format!("Ringfence {version} is available"))
        }
        State::Withdrawn { reason, .. } => {
            small = joined(&sentences(std::slice::from_ref(reason)), &small);
            (Some(false), "This release was withdrawn".into())
        }
        State::Unconfirmed(None) => (Some(false), "Nobody could say whether this is the newest version".into()),
        State::Unconfirmed(Some(_)) => (Some(false), "Not confirmed for long that this is the newest version".into()),
    };
    (good, words, small)
}

/// How far an installation is, in a sentence and a second one.
pub(in crate::ui) fn step(step: &Step) -> Option<(String, String)> {
    let one = |words: String| Some((words, String::new()));
    match step {
        Step::Idle => None,
        Step::Looking(version) => one(format!("Making sure that {version} is still the one to use")),
        Step::AfterCall(version) => one(format!("{version} is fetched after the call")),
        Step::Fetching(version, got, of) => one(format!("Fetching {version}: {} %", got * 100 / (*of).max(1))),
        Step::Placing(version) => one(format!("Putting {version} into its place")),
        Step::Placed(version, effect) => one(placed(*version, *effect)),
        Step::Failed(version, trouble) => {
            Some((format!("{version} was not installed"), format!("{trouble} Nothing has changed.")))
        }
    }
}

/// What can be installed from here.
pub(in crate::ui) fn offer(version: Version, bytes: u64) -> (String, String) {
    let megabytes = bytes.div_ceil(1_000_000);
    let words = format!("Ringfence {version} can be installed from here ({megabytes} MB)");
    (words, "It is used from the next start on. Calls, lines and settings stay; so does the version before.".into())
}

fn placed(version: Version, effect: Effect) -> String {
    match effect {
        Effect::NextStart => format!("Ringfence {version} is installed. It is used when you start Ringfence again."),
        Effect::AtQuit => format!("Ringfence {version} is installed when you quit Ringfence."),
    }
}

/// Sentences one after the other, each with its full stop.
fn sentences(all: &[String]) -> String {
    let ended = |one: &String| if one.ends_with(['.', '!', '?']) { one.clone() } else { format!("{one}.") };
    all.iter().map(ended).collect::<Vec<_>>().join(" ")
}

fn joined(first: &str, second: &str) -> String {
    if first.is_empty() || second.is_empty() { format!("{first}{second}") } else { format!("{first} {second}") }
}
