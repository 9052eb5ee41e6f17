//! Everything that the screens draw, as plain data: no handles, no secrets, no instants. Published only when it
//! differs from the last one, which alone prevents repaint storms.

mod change;
mod devices;
mod notice;
mod question;
mod security;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::change::{
    AbortWhy, ChangePhase, ChangeReason, ChangeStep, ChangeView, ChangeWay, Compose, KeyringTrouble, LaterWhy,
    NeedsPerson, NewPassword, WaitWhy,
};
pub use self::devices::{
    DeviceId, DeviceListing, DeviceView, DevicesView, EndTrouble, Ending, KeyView, ListTrouble, LoginView, OwnView,
    ProviderList, SessionId, WhyNot,
};
pub use self::notice::{
    Certainty, Freshness, NoticeAction, NoticeId, NoticeLevel, NoticeSource, NoticeState, NoticeView, OwnNotices,
    OwnTrouble, PlanPoint, PlanState,
};
pub use self::question::{
    BillColumns, BillResult, BillRow, BillState, BillView, CertificateQuestion, GuardFrom, GuardQuestion, GuardRule,
    GuardVerdict, RehearsalView, VaultQuestion,
};
pub use self::security::{
    Asked, CheckItem, CheckRow, CheckState, ContactView, Fact, KeptPasswords, KeptState, LimitsThere, Link, LinkSource,
    LogRow, OldPassword, Protection, SecurityView, Todo, Weaker,
};
use crate::base::{AccountId, CallId, WallTime};
use crate::phone::problem::Problem;
use crate::phone::settings::Settings;
pub use crate::phone::trust::{Alarm, TrustView};
use crate::port::media::{DeviceInfo, Stats};
use crate::port::net::Transport;

/// The phone at one moment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PhoneView {
    /// The sign-in in progress, if any.
    pub sign_in: SignInView,
    /// In the order of sign-in.
    pub accounts: Vec<AccountView>,
    /// Calls that exist, oldest first; an ended one stays for 4 s.
    pub calls: Vec<CallView>,
    /// Recent calls, newest first.
    pub history: Arc<[HistoryRow]>,
    /// Missed calls that nobody has looked at.
    pub unseen_missed: usize,
    /// The operating system's keyring, or the passphrase file where that is what the person has to act on.
    pub vault: VaultState,
    /// What was refused of each line, and what has become weaker, in the order of the accounts.
    pub trust: Vec<TrustView>,
    /// The machine's devices, while somebody watches; and what is wrong with those in use.
    pub audio: AudioView,
    /// What the person chose.
    pub settings: Settings,
    /// Whether there is a newer release of this program.
    pub release: crate::phone::update::State,
    /// How that is known, and how far installing it is.
    pub updating: crate::phone::update::Updating,
    /// How this program came onto this computer, and so how it is updated.
    pub installation: crate::port::Installation,
    /// The safety of each line, in the order of `accounts`. A line that is not here yet has nothing to say.
    pub security: Vec<SecurityView>,
    /// The guard asks before it dials.
    pub guard: Option<GuardQuestion>,
    /// What else the guard has to show.
    pub guard_state: crate::phone::guard::GuardState,
    /// A server's certificate has to be judged.
    pub certificate: Option<CertificateQuestion>,
    /// There is no keyring, or a passphrase is needed.
    pub vault_question: Option<VaultQuestion>,
    /// A provider's call list that is being checked.
    pub bill: Option<BillView>,
    /// The rehearsal of a breach day.
    pub rehearsal: Option<RehearsalView>,
    /// Documents that the disk did not take, until it does.
    pub unsaved: Vec<Problem>,
}

impl PhoneView {
    /// The safety of one line.
    #[must_use]
    pub fn security_of(&self, account: AccountId) -> Option<&SecurityView> {
        self.security.iter().find(|security| security.account == account)
    }
}

/// The sign-in in progress.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum SignInView {
    /// None.
    #[default]
    Idle,
    /// Trying; what has been done so far.
    Trying(Vec<Step>),
    /// Only an unencrypted transport answers: ask before going on.
    AskUnencrypted(Vec<Step>, Transport),
    /// It did not work: what was tried, and what is wrong.
    Failed(Vec<Step>, Problem),
}

/// One line of the sign-in check list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// What is done.
    pub kind: StepKind,
    /// How far it is.
    pub state: StepState,
}

/// What a step of the sign-in does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StepKind {
    /// Find the provider's server (RFC 3263): its name.
    Find(String),
    /// Connect by a transport; with the TLS version once it is there.
    Connect(Transport, Option<String>),
    /// REGISTER.
    SignIn,
    /// Put the password into the keyring.
    Keep,
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepState {
    /// In progress.
    Doing,
    /// Done.
    Done,
    /// Did not work; the next one is tried.
    Failed,
}

/// One line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountView {
    /// Its number.
    pub id: AccountId,
    /// Name for people, e.g. `Home line`, or the address's user.
    pub name: String,
    /// `user@domain`.
    pub address: String,
    /// The provider in words: the domain, or `Demo provider`.
    pub provider: String,
    /// State.
    pub state: AccountState,
    /// The transport in use.
    pub transport: Option<Transport>,
    /// TLS version in words when the transport is TLS.
    pub tls: Option<String>,
    /// What is wrong, if something is.
    pub problem: Option<Problem>,
    /// Whether it is the embedded demo.
    pub demo: bool,
    /// Where its password is.
    pub password: PasswordPlace,
}

/// The state of a line. Each has a word on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Not connected, on purpose.
    Off,
    /// REGISTER is under way for the first time or after a loss.
    Registering,
    /// Ready for calls.
    Registered,
    /// Refused; nothing is tried until the person acts.
    Rejected,
    /// Not reachable; tried again at this time.
    Waiting(WallTime),
    /// The password is not kept anywhere: ask for it.
    NeedsPassword,
}

/// Where an account's password is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PasswordPlace {
    /// In the operating system's keyring.
    Keyring,
    /// In the file that a passphrase opens.
    Passphrase,
    /// In memory only: asked at each start.
    Session,
    /// The demo has none to keep.
    NotNeeded,
}

/// The operating system's keyring.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum VaultState {
    /// Not known yet.
    #[default]
    Checking,
    /// It works.
    Ok,
    /// It is locked.
    Locked,
    /// There is none: passwords are asked for at each start.
    Missing,
    /// It has not answered for two seconds: it may be asking for its own password.
    Waiting,
    /// It has not answered for a minute. Its answer is still taken.
    Stuck,
    /// Something else, in words.
    Failed(String),
    /// Passwords are to be kept in a file, which does not exist yet: a passphrase is to be chosen.
    NoFile,
    /// Passwords are in a file: its passphrase is to be typed.
    NeedsPassphrase,
    /// What was typed is not its passphrase. Nothing was lost; it can be typed again.
    WrongPassphrase,
    /// The file is being opened, which takes a second on purpose.
    Unlocking,
    /// The file is open, and passwords are kept in it.
    FileOpen,
    /// The person chose not to use it (`--vault session`).
    Unused,
}

/// Devices.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AudioView {
    /// Those of the machine, while the settings are open.
    pub devices: Vec<DeviceInfo>,
    /// Names of the input and output that the last call used; a name is `None` where there was no device.
    pub in_use: Option<(Option<String>, Option<String>)>,
    /// What is wrong, in words.
    pub trouble: Option<String>,
}

/// One call.
#[derive(Clone, PartialEq, Debug)]
pub struct CallView {
    /// Its number.
    pub id: CallId,
    /// By which line.
    pub account: AccountId,
    /// Who called.
    pub direction: CallDirection,
    /// The other end.
    pub peer: Peer,
    /// State.
    pub state: CallState,
    /// When it was answered.
    pub since: Option<WallTime>,
    /// The microphone is off.
    pub muted: bool,
    /// We hold.
    pub held: bool,
    /// They hold.
    pub held_by_peer: bool,
    /// The ringing was silenced.
    pub silenced: bool,
    /// The codec we send with, by its SDP name.
    pub codec: Option<&'static str>,
    /// How far the sound is encrypted.
    pub encryption: Encryption,
    /// The last figures.
    pub stats: Option<Stats>,
    /// How good it is, in one word.
    pub quality: Option<Quality>,
    /// Seconds for which nothing has been heard, from 10 on.
    pub silent_secs: Option<u32>,
    /// The digits that were sent.
    pub digits: String,
}

/// Who called whom.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallDirection {
    /// We called.
    Outgoing,
    /// They called.
    Incoming,
}

/// The other end, sanitised for display: no control or bidirectional characters, at most 64 characters.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Peer {
    /// The display name that they gave, if any.
    pub name: Option<String>,
    /// Number or `user@host`: always shown.
    pub address: String,
}

/// The state of a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallState {
    /// INVITE sent, nothing heard (or not sent yet).
    Inviting,
    /// They ring (180).
    Ringing,
    /// They ring and send sound (183).
    Early,
    /// They call us.
    Offered,
    /// We have answered, the ACK is to come.
    Answering,
    /// Talking, or held.
    Established,
    /// Over, and why.
    Ended(EndReason),
}

/// Why a call ended, and on whose side.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// We hung up.
    HungUp,
    /// They hung up.
    PeerHungUp,
    /// We declined.
    Declined,
    /// They called, nobody answered, they gave up.
    Missed,
    /// They were refused because we were in a call.
    MissedBusy,
    /// Answered by another of our phones (RFC 3326).
    AnsweredElsewhere,
    /// We gave up before they answered.
    Cancelled,
    /// Nothing was heard for 60 s.
    Silent,
    /// It could not be connected, or broke: what is wrong.
    Failed(Problem),
}

/// How far the sound is encrypted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// Not at all.
    None,
    /// SRTP with keys that came over TLS: as far as the provider.
    ToProvider,
}

/// One word for the quality, from the E-model (ITU-T G.107: R of 80, 70, 60).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// R above 80.
    Good,
    /// R above 70.
    Fair,
    /// Below.
    Poor,
}

/// One row of the recent calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When it began.
    pub at: WallTime,
    /// By which line.
    pub account: AccountId,
    /// Who called.
    pub direction: CallDirection,
    /// The other end.
    pub peer: Peer,
    /// Duration in seconds if it was answered.
    pub answered_secs: Option<u32>,
    /// Why it ended.
    pub end: EndReason,
    /// How good it was.
    pub quality: Option<Quality>,
}

impl HistoryRow {
    /// Whether it was missed: they called and nobody answered.
    #[must_use]
    pub fn is_missed(&self) -> bool {
        self.direction == CallDirection::Incoming
            && self.answered_secs.is_none()
            && !matches!(self.end, EndReason::Declined | EndReason::AnsweredElsewhere)
    }
}
