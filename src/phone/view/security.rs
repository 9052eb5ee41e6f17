//! What the security centre draws of one line: things to do, facts, notices, devices, the check list, the event log.
//! No secrets; the words that frame these facts are `ui::text`'s.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    ChangeView, DeviceId, DevicesView, GuardRule, NoticeId, NoticeLevel, NoticeSource, NoticeState, NoticeView,
    OwnNotices, PasswordPlace, SessionId,
};
use crate::base::{AccountId, WallTime};

/// One line's safety.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SecurityView {
    /// Which line.
    pub account: AccountId,
    /// What the person should do, most urgent first. Empty: nothing to do.
    pub todo: Vec<Todo>,
    /// What the phone can prove. Each promises no more than was seen.
    pub facts: Vec<Fact>,
    /// The provider's notices, newest first; those that are over stay readable.
    pub notices: Vec<NoticeView>,
    /// Whether the provider publishes notices, and how fresh our knowledge of them is.
    pub source: NoticeSource,
    /// What is known of its notices for this line alone: a detail.
    pub own_notices: OwnNotices,
    /// The change of the line password.
    pub change: ChangeView,
    /// The check list, in the order in which to work through it.
    pub check_list: Vec<CheckRow>,
    /// Who else is registered on the line.
    pub devices: DevicesView,
    /// What happened, newest first.
    pub log: Arc<[LogRow]>,
    /// Where the log was exported to last, for people.
    pub log_saved_at: Option<String>,
    /// Locked down since.
    pub lockdown: Option<WallTime>,
    /// What came of asking the provider to block calls, too; none: it has no such limits, or was not asked.
    pub limits_there: Option<LimitsThere>,
    /// The provider lets outgoing calls through only after the change (state 22). Emergency calls and incoming ones
    /// go on.
    pub restricted: bool,
    /// The keyring holds several passwords for this line.
    pub kept: Option<KeptPasswords>,
    /// The provider asks this line itself for a new password, and no notice does so more strongly.
    pub asked: Option<Asked>,
    /// How to reach the provider.
    pub contact: ContactView,
    /// Emergency numbers of the country, e.g. `999` and `112`.
    pub emergency: Vec<String>,
}

impl SecurityView {
    /// The notice that asks for something and is not done, snoozed or withdrawn.
    #[must_use]
    pub fn open_notice(&self) -> Option<&NoticeView> {
        self.notices.iter().find(|notice| notice.is_open())
    }

    /// Whether the provider asks for a new line password: this line, or in a notice that is in force, also if it is
    /// put off or done already.
    #[must_use]
    pub fn asks_for_change(&self) -> bool {
        let in_force = |state| !matches!(state, NoticeState::Withdrawn | NoticeState::Expired);
        self.asked.is_some() || self.notices.iter().any(|notice| in_force(notice.state) && notice.asks_for_change())
    }
}

/// A new password that the provider asks of one line, in answer to that line's own proof.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Asked {
    /// How strongly, after everything that weakens it.
    pub level: NoticeLevel,
    /// By when.
    pub deadline: Option<WallTime>,
}

/// What the provider says to a lockdown.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitsThere {
    /// It is being asked.
    Asked,
    /// It blocks calls abroad and premium numbers of this line.
    Tight,
    /// It does not do it.
    Refused,
    /// Nobody answered, or the answer was lost.
    Unknown,
    /// It could not be asked: the line is not signed in, or its password is being changed.
    NotAsked,
}

impl LimitsThere {
    /// What came of it, in a sentence.
    #[must_use]
    pub fn sentence(self, provider: &str) -> String {
        match self {
            LimitsThere::Asked => format!("{provider} is being asked to block these calls, too."),
            LimitsThere::Tight => {
                format!("{provider} blocks calls abroad and premium numbers, too, until you ask them to allow them.")
            }
            LimitsThere::Refused => format!("{provider} did not agree to block these calls, too: call them."),
            LimitsThere::Unknown => {
                format!("Whether {provider} blocks these calls, too, is not known: it did not answer.")
            }
            LimitsThere::NotAsked => format!("{provider} could not be asked to block these calls, too: call them."),
        }
    }
}

/// Something for the person to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Todo {
    /// A notice asks for a new password.
    ChangePassword(NoticeId),
    /// The provider asks this line for one.
    Asked(Asked),
    /// A notice asks for something else.
    Notice(NoticeId),
    /// A change waits for the person, or goes on by itself.
    FinishChange,
    /// Something is registered on the line that has no name.
    UnnamedDevice(DeviceId),
    /// A login to the provider's website, or a key that may sign changes, is new on its list.
    NewSession(SessionId),
    /// So many devices still need the new password.
    DevicesNeedPassword(usize),
    /// The provider still accepts the old password: call them.
    OldPasswordAccepted,
    /// The keyring holds several passwords for the line.
    SeveralPasswords(KeptPasswords),
    /// The provider refuses our password, and none that we keep is accepted.
    PasswordRefused,
    /// The line is less protected than it once was.
    Weaker(Weaker),
    /// The provider's notices could not be confirmed for more than a week.
    NoticesNotConfirmed(WallTime),
}

impl Todo {
    /// Whether the provider asks for it: that comes first, on a card of its own.
    #[must_use]
    pub const fn is_asked(&self) -> bool {
        match self {
            Todo::ChangePassword(_) | Todo::Asked(_) | Todo::Notice(_) => true,
            Todo::FinishChange
            | Todo::UnnamedDevice(_)
            | Todo::NewSession(_)
            | Todo::DevicesNeedPassword(_)
            | Todo::OldPasswordAccepted
            | Todo::SeveralPasswords(_)
            | Todo::PasswordRefused
            | Todo::Weaker(_)
            | Todo::NoticesNotConfirmed(_) => false,
        }
    }
}

/// The passwords that the keyring holds for a line under one name, where there are several.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeptPasswords {
    /// How many.
    pub count: usize,
    /// What is done about it.
    pub state: KeptState,
    /// Whether they can be tried now: not while the line has a password that may be right, or a change of it is open.
    pub can_be_tried: bool,
    /// Trying goes on then: the line's budget is used up, or nobody answers.
    pub until: Option<WallTime>,
}

/// What is done about several passwords for one line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptState {
    /// Nothing yet.
    Found,
    /// They are being tried.
    Trying,
    /// The line signs in. The keyring gives out none before the others are deleted, which is the person's to say.
    Works,
    /// The provider accepts none of them.
    NoneWorks,
    /// The others are being deleted.
    Deleting,
}

/// What is weaker than the best that this line has had. Whether it is refused is said too.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Weaker {
    /// What.
    pub what: Protection,
    /// The best that was seen, in words: `SHA-256`, `TLS`.
    pub before: String,
    /// What is offered now.
    pub now: String,
    /// Whether the phone refuses it; else it was used all the same.
    pub refused: bool,
}

/// What can become weaker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// The algorithm that proves the password (RFC 8760).
    SignIn,
    /// The transport to the provider.
    Transport,
    /// The encryption of the sound.
    Sound,
    /// The server's certificate, once vouched for publicly.
    Certificate,
}

/// What the phone can prove, or has to admit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fact {
    /// Where the password is, how long it is if we know, and when it was changed from here.
    Password {
        /// Where.
        place: PasswordPlace,
        /// Its length.
        characters: Option<u16>,
        /// When the line was signed in here for the first time.
        since: Option<WallTime>,
        /// When it was changed from here last.
        changed: Option<WallTime>,
    },
    /// The way to the provider.
    Connection {
        /// Version of TLS, as in `TLS 1.3`; none: not encrypted.
        tls: Option<String>,
        /// The sound of a call was encrypted, and that of no later one was not.
        srtp: bool,
        /// The algorithm of the last sign-in, as in `SHA-256`.
        digest: Option<String>,
    },
    /// What the guard does about calls abroad and premium numbers.
    Limits {
        /// Calls abroad.
        abroad: GuardRule,
        /// Premium numbers.
        premium: GuardRule,
    },
    /// Emergency calls are never blocked here.
    Emergency,
    /// What the last change's test with the old password showed, and when.
    OldPassword(OldPassword, WallTime),
    /// A private certificate that the person trusts.
    PinnedCertificate {
        /// SHA-256, in groups of two digits.
        fingerprint: String,
        /// Since.
        since: WallTime,
    },
    /// This computer's key is enrolled at the provider.
    Enrolled {
        /// Since.
        since: WallTime,
        /// From when on its signature counts; none: the provider has not confirmed it.
        counts_from: Option<WallTime>,
        /// The provider publishes that it takes no change with the password alone.
        needed: bool,
    },
    /// Other devices on the line: how many, all named. None are claimed where the provider does not list them.
    Devices(usize),
}

/// What became of the old password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldPassword {
    /// Not tried: the budget was used up, or nobody answered.
    #[default]
    NotChecked,
    /// The provider refuses it.
    Refused,
    /// The provider still accepts it.
    StillAccepted,
}

/// A line of the check list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckRow {
    /// What is to be done.
    pub item: CheckItem,
    /// How far it is.
    pub state: CheckState,
}

/// What is on the check list. The order is the right one: first stop the money, then the passwords.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckItem {
    /// Stop top-up and calls abroad at the provider.
    TopUp,
    /// The website password.
    Website,
    /// The line password: the one that the phone changes and tests.
    Line,
    /// The voicemail PIN.
    Voicemail,
    /// Forwarding at the provider.
    Forwarding,
    /// The other phones of the line.
    OtherPhones,
    /// The provider's call list.
    Bill,
}

/// How far a line of the check list is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// To do.
    #[default]
    Open,
    /// The person said that it is done: the phone cannot test it.
    Told(WallTime),
    /// The phone has tested it.
    Proven(WallTime),
}

/// How to reach the provider. Nothing here comes from a notice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ContactView {
    /// Their number for help.
    pub support: Option<String>,
    /// Their number for fraud.
    pub fraud: Option<String>,
    /// Their website.
    pub portal: Option<Link>,
    /// The page where a password is changed, if it is known: else the website.
    pub change: Option<Link>,
}

/// An address for the system's browser. Always https.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Link {
    /// The whole address.
    pub url: String,
    /// Its host: shown before it is opened.
    pub host: String,
    /// Where it comes from.
    pub from: LinkSource,
}

/// Where an address comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkSource {
    /// The person typed it.
    Person,
    /// It came with this program, with its source.
    Preset,
    /// The provider's pinned discovery document.
    Discovery,
}

/// Something that happened, for people. Never a secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LogRow {
    /// When, by this computer's clock.
    pub at: WallTime,
    /// What, in one sentence.
    pub words: String,
}
