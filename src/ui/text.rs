//! Every sentence of the window, in one place. Problems bring their own (`phone::problem`).

pub(super) mod about;
pub(super) mod change;
pub(super) mod devices;
pub(super) mod kept;
pub(super) mod security;

use crate::phone::guard::EmergencyView;
use crate::phone::view::{
    AccountState, AccountView, CallState, CallView, EndReason, HistoryRow, Quality, Step, StepKind, StepState,
    VaultState,
};
use crate::port::net::Transport;

use super::format;

pub(super) const SEARCH_HINT: &str = "Name or number";
pub(super) const CALL: &str = "Call";
pub(super) const CONNECT_TITLE: &str = "Connect your line";
pub(super) const CONNECT_LEAD: &str = "The address and password your phone provider gave you.";
pub(super) const SIP_ADDRESS: &str = "SIP address";
pub(super) const SIP_PASSWORD: &str = "Line (SIP) password";
pub(super) const SIP_PASSWORD_REMARK: &str = "usually not your website password";
pub(super) const CONNECT: &str = "Connect";
pub(super) const TRY_WITHOUT: &str = "Try it without an account";
pub(super) const NO_CALLS: &str = "No calls yet";
pub(super) const NO_CALLS_LEAD: &str = "Type a name or number above and press Enter.";
pub(super) const NO_MATCH: &str = "No match among the recent calls";
pub(super) const NO_MATCH_LEAD: &str = "Enter calls what you typed.";
const ASKED_EACH_TIME: &str = "Passwords are asked for at each start";
pub(super) const FORGETS: &str =
    "For good: they cannot be brought back, and “Check my bill” knows no call from before either.";
pub(super) const SHOW: &str = "Show";
pub(super) const HIDE: &str = "Hide";
pub(super) const MAKE_ANOTHER: &str = "Make another";
pub(super) const CHOOSE_OWN: &str = "Choose my own";
pub(super) const COPY: &str = "Copy";
pub(super) const SHOW_QR: &str = "Show QR code";
pub(super) const HIDE_QR: &str = "Hide QR code";
pub(super) const READ_ALOUD: &str = "Read aloud";
pub(super) const COPIED: &str = "Copied, for 45 seconds. A clipboard history may keep it longer.";
pub(super) const CLEARED: &str = "The clipboard was cleared.";
pub(super) const NOT_COPIED: &str = "The clipboard did not take it. Press Show and type it.";
pub(super) const QR_TEXT: &str = "QR code of the new password. Show has the same as letters.";
pub(super) const QR_ADVICE: &str = "Whoever sees this code can use your line. Show has the same as letters.";
pub(super) const ALOUD_WARNING: &str =
    "Your screen reader will say the password. Whoever is in the room, or in a call, hears it.";
pub(super) const ALOUD_YES: &str = "Read it";
pub(super) const ALOUD_NO: &str = "Do not";
pub(super) const ALOUD_NOW: &str = "Being read, letter by letter, in groups of four.";
pub(super) const ENGINE_STUCK: &str = "The phone does not react. If this lasts, start Ringfence again.";

pub(super) const USE_A_MOBILE: &str = "Use a mobile phone now";

/// What goes with it: whether this computer still tries.
pub(super) fn emergency_advice(call: &EmergencyView) -> String {
    if call.over {
        format!("{} could not be reached from here. It is not being tried any more.", call.number)
    } else {
        format!("{} is being tried from here all the same.", call.number)
    }
}

/// A sentence with its first letter right: some providers are called "the demo provider", and a domain stays as it is.
pub(super) fn sentence(words: String) -> String {
    match words.strip_prefix("the ") {
        Some(rest) => format!("The {rest}"),
        None => words,
    }
}

/// The title of the system notification of a notice.
pub(super) fn notification_title(provider: &str) -> String {
    format!("Signed notice from {provider}")
}

/// People at the demo provider: what to dial, and what happens then.
pub(super) const DEMO_PEOPLE: [(&str, &str, &str); 7] = [
    ("Echo", "echo", "Says what you say"),
    ("Announcement", "announcement", "Speaks, then plays a tone"),
    ("Calls you back", "calls-you-back", "Rings you five seconds later"),
    ("Busy", "busy", "Is always busy"),
    ("Declines", "declines", "Declines every call"),
    ("Never answers", "never-answers", "Rings and rings"),
    ("Asks twice", "asks-twice", "Wants your password twice"),
];

/// The keyboard's shortcuts, for the sheet.
pub(super) const SHORTCUTS: [(&str, &str); 14] = [
    ("Ctrl+K", "Search or dial"),
    ("Enter", "Call"),
    ("Esc", "Clear, or close"),
    ("Ctrl+1, Ctrl+2", "Recents, Keypad"),
    ("Ctrl+R", "Call the last number again"),
    ("Ctrl+Shift+A", "Answer"),
    ("Ctrl+Shift+D", "Decline"),
    ("Ctrl+E", "End the call"),
    ("Ctrl+M", "Mute"),
    ("Ctrl+H", "Hold"),
    ("0–9 * #", "Send digits during a call"),
    ("Ctrl+,", "Settings"),
    ("Ctrl++, Ctrl+−", "Larger, smaller"),
    ("F1", "This list"),
];

/// The word of a line's state.
pub(super) fn account_word(account: &AccountView) -> &'static str {
    match account.state {
        AccountState::Registered if encrypted(account) => "Ready",
        AccountState::Registered => "Limited",
        AccountState::Registering => "Connecting",
        AccountState::Waiting(_) | AccountState::Off => "Off line",
        AccountState::Rejected => "Blocked",
        AccountState::NeedsPassword => "Needs password",
    }
}

/// Whether the way to the provider is encrypted.
pub(super) fn encrypted(account: &AccountView) -> bool {
    account.transport.is_none_or(|transport| transport == Transport::Tls)
}

/// How a line is connected, in one sentence.
pub(super) fn connection(account: &AccountView) -> String {
    match (&account.tls, account.transport) {
        (Some(tls), _) => format!("Encrypted as far as {} ({tls})", account.provider),
        (None, Some(Transport::Tls)) => format!("Encrypted as far as {}", account.provider),
        (None, Some(transport)) => format!("Not encrypted ({}): others on the way can listen", transport.via()),
        (None, None) => "Not connected".to_owned(),
    }
}

/// The sentence of a step of sign-in.
pub(super) fn step(step: &Step) -> String {
    use StepState::{Doing, Done, Failed};
    match (&step.kind, step.state) {
        (StepKind::Find(host), Doing) => format!("Looking for {host}…"),
        (StepKind::Find(host), Done) => format!("Found {host}"),
        (StepKind::Find(host), Failed) => format!("Could not find {host}"),
        (StepKind::Connect(transport, _), Doing) => format!("Connecting by {}…", transport.via()),
        (StepKind::Connect(Transport::Tls, tls), Done) => {
            format!("Encrypted connection ({})", tls.as_deref().unwrap_or("TLS"))
        }
        (StepKind::Connect(transport, _), Done) => format!("Unencrypted connection ({})", transport.via()),
        (StepKind::Connect(transport, _), Failed) => format!("No connection by {}", transport.via()),
        (StepKind::SignIn, Doing) => "Signing in…".to_owned(),
        (StepKind::SignIn, Done) => "Signed in".to_owned(),
        (StepKind::SignIn, Failed) => "Sign-in refused".to_owned(),
        (StepKind::Keep, Doing) => "Keeping the password in the keyring…".to_owned(),
        (StepKind::Keep, Done) => "Password kept in the keyring".to_owned(),
        (StepKind::Keep, Failed) => "Password kept until you close Ringfence".to_owned(),
    }
}

/// The second line of a recent call: what it was, how long, how good, by which line.
pub(super) fn history(row: &HistoryRow, line: Option<&str>) -> String {
    let mut parts: Vec<String> = Vec::new();
    match (row.answered_secs, &row.end) {
        _ if row.is_missed() => parts.push("Missed".into()),
        (Some(secs), _) => parts.push(format::duration(secs)),
        (None, EndReason::Failed(problem)) => parts.push(problem.title().trim_end_matches('.').to_owned()),
        (None, end) => parts.push(end_word(end).into()),
    }
    parts.extend(row.quality.map(|quality| quality_word(quality).to_owned()));
    parts.extend(line.map(str::to_owned));
    parts.join(" · ")
}

/// Why a call ended, in a word or two.
pub(super) fn end_word(end: &EndReason) -> &'static str {
    match end {
        EndReason::HungUp | EndReason::PeerHungUp => "Ended",
        EndReason::Declined => "Declined",
        EndReason::Missed | EndReason::MissedBusy => "Missed",
        EndReason::AnsweredElsewhere => "Answered on another phone",
        EndReason::Cancelled => "Not answered",
        EndReason::Silent => "Ended: no sound for a minute",
        EndReason::Failed(_) => "Not connected",
    }
}

/// Quality in a word.
pub(super) fn quality_word(quality: Quality) -> &'static str {
    match quality {
        Quality::Good => "Good",
        Quality::Fair => "Fair",
        Quality::Poor => "Poor",
    }
}

/// What a call does, while its timer does not run; `None` when it does.
pub(super) fn call_word(call: &CallView) -> Option<&'static str> {
    match call.state {
        CallState::Inviting => Some("Calling…"),
        CallState::Ringing | CallState::Early => Some("Ringing…"),
        CallState::Offered => Some("Calls you"),
        CallState::Answering => Some("Connecting…"),
        CallState::Established if call.held => Some("On hold"),
        CallState::Established if call.held_by_peer => Some("They put you on hold"),
        CallState::Established => None,
        CallState::Ended(_) => Some("Ended"),
    }
}

/// What is said aloud when a call changes.
pub(super) fn call_spoken(call: &CallView, name: &str) -> String {
    let word =
        if let CallState::Ended(end) = &call.state { end_word(end) } else { call_word(call).unwrap_or("connected") };
    format!("Call with {name}: {word}")
}

/// Title and advice when a call lacks a device; `None` where it has both. Names of microphone and loudspeaker.
pub(super) fn no_device(in_use: &(Option<String>, Option<String>)) -> Option<(&'static str, &'static str)> {
    match in_use {
        (Some(_), Some(_)) => None,
        (None, None) => Some((
            "No microphone, no loudspeaker",
            "You hear nothing and nobody hears you. A headset that you connect is used at once.",
        )),
        (None, Some(_)) => Some(("No microphone", "Nobody hears you. One that you connect is used at once.")),
        (Some(_), None) => Some(("No loudspeaker", "You hear nothing. One that you connect is used at once.")),
    }
}

/// The name of somebody at the demo provider, by what is dialled.
pub(super) fn demo_name(address: &str) -> Option<&'static str> {
    DEMO_PEOPLE.iter().find(|(_, user, _)| *user == address).map(|(name, ..)| *name)
}

/// Why a line's password is asked for.
pub(super) const NO_KEYRING: &str = "No keyring keeps it, so Ringfence asks at each start.";
pub(super) const KEYRING_STUCK: &str =
    "The keyring does not answer. Type it, or wait: Ringfence signs in as soon as the keyring does.";

/// The keyring's state, and what follows from it.
pub(super) fn vault(state: &VaultState) -> (&'static str, Option<String>) {
    match state {
        VaultState::Checking => ("Looking at the system keyring…", None),
        VaultState::Ok => ("Passwords are in the system keyring", None),
        VaultState::Locked => ("The system keyring is locked", None),
        VaultState::Missing => ("There is no system keyring", Some(ASKED_EACH_TIME.into())),
        VaultState::Waiting => ("Waiting for the system keyring…", None),
        VaultState::Stuck => ("The system keyring does not answer", Some("Its answer is still awaited.".into())),
        VaultState::Failed(why) => ("The system keyring does not work", Some(why.clone())),
        VaultState::Unused => ("The system keyring is not used", Some(ASKED_EACH_TIME.into())),
        VaultState::NoFile => ("Passwords are to be kept in a file", Some("Choose a passphrase for it.".into())),
        VaultState::NeedsPassphrase => ("Passwords are in a file", Some("Type its passphrase.".into())),
        VaultState::WrongPassphrase => ("That is not the passphrase", Some("Nothing was lost. Type it again.".into())),
        VaultState::Unlocking => ("Opening the file with your passwords…", None),
        VaultState::FileOpen => ("Passwords are in the file under your passphrase", None),
    }
}

/// Title and advice of the keyring's banner, when there is something to do.
pub(super) fn vault_banner(state: &VaultState) -> Option<(&'static str, String)> {
    match state {
        VaultState::Locked => Some((
            "Your keyring is locked",
            "Unlock it and Ringfence signs in by itself. Your passwords are in it.".into(),
        )),
        VaultState::Missing => Some((
            "This computer has no keyring",
            "Ringfence asks for your password at each start. It writes it nowhere.".into(),
        )),
        VaultState::Waiting => {
            Some(("Waiting for your keyring…", "It may be asking for its own password. Calls go on.".into()))
        }
        VaultState::Stuck => Some((
            "Your keyring does not answer",
            "It has not for a minute. Ringfence takes its answer if one comes. If nothing asks for the keyring's \
             password, log out of the computer and in again. Calls go on."
                .into(),
        )),
        VaultState::Failed(why) => {
            Some(("Your keyring does not work", format!("{why}. Passwords are asked for at each start.")))
        }
        VaultState::NoFile => Some(("Choose a passphrase", "Your passwords are kept in a file under it.".into())),
        VaultState::NeedsPassphrase => Some((
            "Type your passphrase",
            "Ringfence signs in by itself. Your passwords are in a file under it.".into(),
        )),
        VaultState::WrongPassphrase => Some(("That is not the passphrase", "Nothing was lost. Type it again.".into())),
        VaultState::Ok | VaultState::Checking | VaultState::Unused | VaultState::Unlocking | VaultState::FileOpen => {
            None
        }
    }
}

/// What is said when a link has filled the field.
#[must_use]
pub(super) const fn from_a_link(cut: bool) -> &'static str {
    if cut {
        "This came from a link, and part of the link was left out. Check it before you call."
    } else {
        "This came from a link. Check it before you call."
    }
}
