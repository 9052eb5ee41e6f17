//! A provider's notice as the screens draw it: plain sanitised text, and what the phone knows about it.

use serde::{Deserialize, Serialize};

use crate::base::WallTime;

/// Names a notice within one provider.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NoticeId(pub String);

/// A notice whose signature was verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeView {
    /// Which.
    pub id: NoticeId,
    /// Counts the updates of this notice: the system notification appears once for each.
    pub revision: u32,
    /// When it was sent.
    pub sent: WallTime,
    /// Plain, one line.
    pub title: String,
    /// Plain; paragraphs are separated by line breaks.
    pub body: String,
    /// What the provider says about its data.
    pub certainty: Certainty,
    /// What it asks for, in the provider's order.
    pub actions: Vec<NoticeAction>,
    /// How strongly, after everything that weakens it: a young key, a wrong clock, an unknown word.
    pub level: NoticeLevel,
    /// Until when.
    pub deadline: Option<WallTime>,
    /// The provider's plan.
    pub plan: Vec<PlanPoint>,
    /// Host of the issuer whose key signed it: `voxline.example`.
    pub signed_by: String,
    /// When the list of notices was signed.
    pub signed_at: WallTime,
    /// Since when the phone knows that key.
    pub key_since: WallTime,
    /// Whether its time fits the clock.
    pub freshness: Freshness,
    /// What the provider's support can look up: `HAZEL 42 RIVER`.
    pub code: String,
    /// It is for this line alone: nobody else was told.
    pub own: bool,
    /// How far the person is.
    pub state: NoticeState,
    /// The system notification of this revision was shown ([`crate::phone::command::NoticeCommand::Announced`]).
    pub announced: bool,
}

impl NoticeView {
    /// Whether it wants to be seen now: it asks for something and is not done, snoozed, withdrawn or over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == NoticeState::Open && !self.actions.is_empty()
    }

    /// Whether it asks for a new line password.
    #[must_use]
    pub fn asks_for_change(&self) -> bool {
        self.actions.contains(&NoticeAction::ChangeLinePassword)
    }
}

/// What the provider says about its data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// Nothing.
    #[default]
    NotSaid,
    /// It has not confirmed that data was taken.
    NotConfirmed,
    /// It confirms that data was taken; passwords are not said to be among it.
    DataTaken,
    /// It confirms that passwords were taken.
    PasswordsTaken,
    /// It says that no data was taken.
    NothingTaken,
}

/// What a notice can ask for (account-security 4.4). Nothing else can be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeAction {
    /// A new line password.
    ChangeLinePassword,
    /// A new website password.
    ChangeWebsitePassword,
    /// A new voicemail PIN.
    ChangeVoicemailPin,
    /// Look at the devices of the line.
    ReviewDevices,
    /// Tighten the guard.
    TightenGuard,
    /// Look for calls that nobody made.
    ReviewCalls,
    /// Something that this version does not know: ask the provider.
    AskProvider,
}

/// How strongly a notice asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeLevel {
    /// It tells.
    #[default]
    Advise,
    /// It must be done by the deadline.
    Require,
    /// The provider holds outgoing calls back until it is done.
    Enforced,
}

/// A point of the provider's plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanPoint {
    /// Its number.
    pub n: u32,
    /// Plain, one line.
    pub text: String,
    /// How far it is.
    pub state: PlanState,
    /// By when.
    pub due: Option<WallTime>,
    /// Its state has changed since the person looked.
    pub news: bool,
}

/// How far a point of the plan is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    /// To come.
    #[default]
    Planned,
    /// Under way.
    Doing,
    /// Done.
    Done,
    /// Not any more.
    Dropped,
}

/// Whether a notice's times fit the clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Freshness {
    /// They do.
    #[default]
    Fresh,
    /// It has expired: it may be out of date, and cannot force anything.
    MayBeOutOfDate,
    /// It is from the future: it cannot force anything.
    FromTheFuture,
}

/// How far the person is with a notice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NoticeState {
    /// It stands.
    #[default]
    Open,
    /// Not now: until.
    Snoozed(WallTime),
    /// Done.
    Done,
    /// The provider took it back.
    Withdrawn,
    /// It is over.
    Expired,
}

/// Whether a provider publishes notices, and how fresh our knowledge of them is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum NoticeSource {
    /// Not known yet.
    #[default]
    Unknown,
    /// The provider publishes none: nobody can tell whether a message is genuine.
    None,
    /// It does, and they were confirmed at this time.
    Confirmed(WallTime),
    /// It does, and could not be confirmed since this time.
    NotConfirmedSince(WallTime),
    /// What the provider publishes contradicts what was pinned. Nothing of it is believed.
    Mismatch(WallTime),
}

/// What is known of the notices that the provider has for this line alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum OwnNotices {
    /// It does not offer such notices, or none that could be verified.
    #[default]
    NotOffered,
    /// They were not asked for yet.
    NotAsked,
    /// There are none: it said so then.
    None(WallTime),
    /// They were confirmed at this time.
    Confirmed(WallTime),
    /// They could not be read. Nothing changes by that.
    Failed {
        /// Why.
        why: OwnTrouble,
        /// When.
        at: WallTime,
        /// When they were confirmed last, if ever.
        confirmed: Option<WallTime>,
    },
}

/// Why notices for this line alone could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OwnTrouble {
    /// Nobody answered, or the provider is busy.
    Unreachable,
    /// The provider does not let this line read them.
    Refused,
    /// They are not where the provider said.
    Gone,
    /// What came makes no sense.
    Unreadable,
    /// What came is not signed as it must be, is for somebody else, has run out, or is older than what was read before.
    NotBelieved,
}
