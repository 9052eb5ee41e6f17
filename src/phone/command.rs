//! What a person can ask for. Imperative; one variant per button or menu item.

mod security;

use serde::{Deserialize, Serialize};

pub use self::security::{
    Begin, BillCommand, ChangeCommand, DeviceCommand, GuardCommand, NoticeCommand, SafetyCommand, TrustCommand,
};
use crate::base::{AccountId, CallId, Secret};
use crate::phone::settings::Settings;
pub use crate::phone::trust::Alarm;
use crate::phone::update::document::Version;
pub use crate::phone::view::Protection;
use crate::port::net::{Fingerprint, Transport};
pub use crate::port::vault::Place;

/// What a person, or an agent in their place, can ask for.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Sign in to a provider: find the server, connect, register. Progress is in `PhoneView::sign_in`.
    SignIn(Box<AccountDraft>, Secret<String>),
    /// Sign in to the embedded demo provider.
    SignInDemo,
    /// Go on with an unencrypted transport, which sign-in asked about.
    AcceptUnencrypted,
    /// Give up the sign-in in progress; the draft stays in the window.
    CancelSignIn,
    /// End an account: un-REGISTER, delete its keyring entries.
    SignOut(AccountId),
    /// Type the password of an account again (refused, or not kept by any keyring).
    GivePassword(AccountId, Secret<String>),
    /// Try now instead of waiting.
    Retry(AccountId),
    /// Place a call. The guard may ask first, or block it: then it fails, and the question is in the view.
    PlaceCall(AccountId, Dialled),
    /// Open a link: [`crate::phone::event::Event::LinkArrived`] follows. Nothing is dialled.
    OpenLink(String),
    /// Place a call that the guard would ask about, as confirmed as if the question had been answered. What it blocks
    /// stays blocked.
    PlaceConfirmed(AccountId, Dialled),
    /// Answer.
    Answer(CallId),
    /// Decline an incoming call (603).
    Decline(CallId),
    /// Stop ringing, answer later or not at all.
    Silence(CallId),
    /// End a call in whichever state.
    HangUp(CallId),
    /// Hold or resume.
    SetHeld(CallId, bool),
    /// Mute or unmute.
    SetMuted(CallId, bool),
    /// Send digits (RFC 4733).
    SendDigits(CallId, Digits),
    /// Change the settings.
    SetSettings(Box<Settings>),
    /// The settings page was opened or closed: report devices while it is open.
    WatchDevices(bool),
    /// Forget the recent calls.
    ClearHistory,
    /// The missed calls were seen.
    SawMissed,
    /// Ask the keyring again.
    RetryVault,
    /// Ask now whether there is a newer release.
    LookForRelease,
    /// Install this release, which the view offers. It takes effect at the next start.
    InstallRelease(Version),
    /// Do not install it after all, as long as nothing was put into place; or take note that it did not work.
    CancelInstall,
    /// The change of a line password.
    Change(AccountId, ChangeCommand),
    /// A provider's notices.
    Notice(AccountId, NoticeCommand),
    /// Other devices on a line.
    Device(AccountId, DeviceCommand),
    /// The rest of the security centre.
    Safety(AccountId, SafetyCommand),
    /// The answer to the guard's question.
    Guard(GuardCommand),
    /// "Check my bill".
    Bill(AccountId, BillCommand),
    /// Where passwords are, and whom the phone trusts.
    Trust(TrustCommand),
    /// Begin the rehearsal of a breach day with the demo provider, or end it.
    Rehearse(bool),
    /// End everything: calls, registrations; [`crate::phone::event::Event::Stopped`] follows.
    Quit,
}

/// What sign-in needs to know. Everything but the address is optional.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountDraft {
    /// `user@domain`, with or without `sip:`.
    pub address: String,
    /// Registrar instead of what DNS says: `HOST` or `HOST:PORT`. Behind an outbound proxy, if there is one, too.
    pub server: Option<String>,
    /// Only this transport instead of trying TLS, TCP, UDP.
    pub transport: Option<Transport>,
    /// `HOST` or `HOST:PORT` that every request goes through.
    pub outbound_proxy: Option<String>,
    /// Authentication name, if it is not the address's user.
    pub auth_user: Option<String>,
    /// The name that is shown to others.
    pub display_name: Option<String>,
    /// A line without registration: listen and call only.
    pub no_registration: bool,
    /// Answer every call at once.
    pub auto_answer: bool,
    /// Codecs by SDP name, best first; empty means the default order.
    pub codecs: Vec<String>,
    /// Media encryption.
    pub srtp: Srtp,
    /// From whom requests are listened to.
    pub accept_from: AcceptFrom,
    /// The provider's website, for changing passwords there; asked for at sign-in.
    pub website: Option<String>,
    /// The person agreed to an unencrypted transport for this account.
    pub unencrypted_ok: bool,
    /// TLS: the person saw the fingerprint of this certificate, which nobody vouches for, and trusts it and no other.
    pub trusted_certificate: Option<Fingerprint>,
}

impl AccountDraft {
    /// The servers that were named, in the order in which requests pass them: the outbound proxy, then the server
    /// (RFC 3261 §8.1.2 calls that a pre-existing route set). An empty field names none.
    pub(in crate::phone) fn way(&self) -> impl Iterator<Item = &str> {
        [&self.outbound_proxy, &self.server].into_iter().filter_map(|typed| filled(typed.as_deref()))
    }

    /// The outbound proxy, if one was named.
    pub(in crate::phone) fn proxy(&self) -> Option<&str> {
        filled(self.outbound_proxy.as_deref())
    }

    /// The authentication name, if one was given.
    pub(in crate::phone) fn login(&self) -> Option<&str> {
        filled(self.auth_user.as_deref())
    }
}

fn filled(typed: Option<&str>) -> Option<&str> {
    typed.map(str::trim).filter(|typed| !typed.is_empty())
}

/// Media encryption by SDES (RFC 4568).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Srtp {
    /// Never.
    Off,
    /// Offered and accepted when signalling is encrypted.
    #[default]
    Offer,
    /// A call without it is refused.
    Require,
}

/// From whom SIP requests are listened to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AcceptFrom {
    /// Only from the account's own server.
    #[default]
    Server,
    /// From anybody: direct calls on a private network.
    Any,
}

/// What was dialled, parsed: bad input never becomes a [`Command`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Dialled(String);

impl Dialled {
    /// Takes what a person typed or pasted: a number with the usual punctuation, a name, `user@host`, or a `sip:`
    /// or `sips:` URI without headers.
    ///
    /// # Errors
    /// In words, when it is empty or holds what no address can hold.
    pub fn parse(typed: &str) -> Result<Dialled, DialError> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(DialError::Empty);
        }
        if let Some(digits) = crate::phone::guard::digits::number(typed) {
            return if digits.len() <= 64 { Ok(Dialled(digits)) } else { Err(DialError::NotAnAddress) };
        }
        if typed.chars().all(crate::phone::guard::digits::is_filler) {
            return Err(DialError::Empty);
        }
        if typed.len() > 256 || typed.chars().any(|c| c.is_control() || c.is_whitespace() || "<>\"?".contains(c)) {
            return Err(DialError::NotAnAddress);
        }
        Ok(Dialled(typed.to_owned()))
    }

    /// What to call: digits, a user part, or an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why something cannot be dialled.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum DialError {
    /// Nothing to dial.
    #[error("Type a number or an address first.")]
    Empty,
    /// Neither a number nor an address.
    #[error("That is neither a number nor an address like anna@example.org.")]
    NotAnAddress,
}

/// Keys of a telephone: `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Digits(String);

impl Digits {
    /// Takes one or more keys; at most 64.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Digits> {
        let typed = typed.to_ascii_uppercase();
        let good =
            !typed.is_empty() && typed.len() <= 64 && typed.chars().all(|c| c.is_ascii_digit() || "*#ABCD".contains(c));
        good.then_some(Digits(typed))
    }

    /// The keys.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
