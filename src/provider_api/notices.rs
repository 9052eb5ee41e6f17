//! Notices: what a provider has to tell, signed. A notice carries no URL, no host, no address, no field for a password;
//! it can ask for listed actions, and everything else in it is text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::NoticeId;
use super::origin::Origin;
use super::text::{paragraphs, plain};
use super::time::Stamp;
use super::{MAX_BODY, ReadError, ensure, read};

/// The major version, in `sasa_notices`.
pub const VERSION: &str = "1";
/// The longest title, in characters.
pub const MAX_TITLE: usize = 120;
/// The longest body, in characters.
pub const MAX_TEXT: usize = 2000;
/// The longest text of a point of the plan, in characters.
pub const MAX_POINT: usize = 240;
/// The longest name of an account.
const MAX_ACCOUNT: usize = 400;
/// The most notices in one index, points in one plan, languages of one text.
const MAX_ROWS: usize = 64;

/// `notices.json`: everything that is in force. Its signature is over its exact bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Index {
    /// Major version: `1`.
    pub sasa_notices: String,
    /// Who speaks: must be the pinned issuer.
    pub issuer: Origin,
    /// For whom alone it is ([`super::own::account`]); absent in the list that everybody reads. A list counts only where
    /// it belongs: that of one account is nothing to another, nor to everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Counts up with each publication; never goes back.
    pub seq: u64,
    /// When it was published.
    pub issued: Stamp,
    /// When it is no longer to be believed: at most seven days later. Published anew before.
    pub expires: Stamp,
    /// The notices.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// One notice in one revision.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// Stays the same through all revisions.
    pub id: NoticeId,
    /// Counts the revisions of this notice: the system notification appears once for each.
    #[serde(default = "one")]
    pub revision: u32,
    /// New, a revision, or withdrawn.
    #[serde(rename = "msgType", default)]
    pub kind: Kind,
    /// The notices in whose place this one is.
    #[serde(default)]
    pub references: Vec<NoticeId>,
    /// When this revision was written.
    pub sent: Stamp,
    /// When it is no longer of interest.
    pub expires: Stamp,
    /// How bad (CAP 1.2).
    #[serde(default)]
    pub severity: Severity,
    /// How soon (CAP 1.2).
    #[serde(default)]
    pub urgency: Urgency,
    /// How sure (CAP 1.2).
    #[serde(default)]
    pub certainty: Certainty,
    /// Whom it concerns.
    #[serde(default)]
    pub audience: Audience,
    /// What to do, in this order.
    #[serde(default)]
    pub actions: Vec<Action>,
    /// How strongly.
    #[serde(default)]
    pub enforcement: Enforcement,
    /// A credential that was changed after this is not concerned any more. Absent: after `sent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_changed_before: Option<Stamp>,
    /// What is known.
    #[serde(default)]
    pub facts: Facts,
    /// What the provider is going to do, point by point.
    #[serde(default)]
    pub plan: Vec<Point>,
    /// The words, by language (`en`).
    pub text: BTreeMap<String, Text>,
    /// Symbolic names of pages in the discovery document.
    #[serde(default)]
    pub links: Vec<String>,
}

const fn one() -> u32 {
    1
}

/// New, a revision, or withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Kind {
    /// New.
    #[default]
    Alert,
    /// A revision of itself or of what it references.
    Update,
    /// Withdrawn: itself, and what it references.
    Cancel,
    /// A kind that we do not know: shown like a new one.
    #[serde(other)]
    Other,
}

/// How bad.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Severity {
    /// Little or nothing to fear.
    Minor,
    /// Possible harm.
    Moderate,
    /// Great harm.
    Severe,
    /// Extraordinary harm.
    Extreme,
    /// Not said, or in a word that we do not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How soon.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Urgency {
    /// No longer.
    Past,
    /// In the future.
    Future,
    /// Soon.
    Expected,
    /// Now.
    Immediate,
    /// Not said, or in a word that we do not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// How sure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub enum Certainty {
    /// Not expected.
    Unlikely,
    /// At most even odds.
    Possible,
    /// More than even odds.
    Likely,
    /// It has happened, or is happening.
    Observed,
    /// Not said, or in a word that we do not know.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Whom a notice concerns. What we do not understand concerns everybody: better one reader too many.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Audience {
    /// Everybody.
    pub all: bool,
    /// Only these SIP domains, if any are named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sip_domains: Vec<String>,
}

impl Default for Audience {
    fn default() -> Audience {
        Audience { all: true, sip_domains: Vec::new() }
    }
}

impl Audience {
    /// Whether a line of this domain is meant.
    #[must_use]
    pub fn includes(&self, sip_domain: &str) -> bool {
        self.all
            || self.sip_domains.is_empty()
            || self.sip_domains.iter().any(|domain| domain.eq_ignore_ascii_case(sip_domain))
    }
}

/// What a notice can ask for. Nothing else can be done by a notice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Change the line password.
    ChangeSipPassword,
    /// Change the password of the provider's website: a step of the check list, done there.
    ChangePortalPassword,
    /// Change the PIN of the voicemail box: likewise.
    ChangeVoicemailPin,
    /// Look who else is on the line.
    ReviewSessions,
    /// Tighten the guard against large bills.
    TightenGuards,
    /// Look through the recent calls.
    ReviewCalls,
    /// An action that we do not know: "ask your provider".
    #[serde(other)]
    AskProvider,
}

/// How strongly a notice asks.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Enforcement {
    /// How strongly.
    pub level: Level,
    /// Until when *Not now* exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Stamp>,
    /// A number: a credential of a later generation is not concerned. `per-account` (or nothing): the account's own
    /// policy says, and the time of the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub satisfied_by_generation_after: Option<SatisfiedBy>,
}

/// Which generations are not concerned any more.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SatisfiedBy {
    /// Those after this one.
    Generation(u64),
    /// `per-account`, and whatever else we do not know.
    Word(String),
}

/// How strongly. The one that unknown words become stands last, as serde wants it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Until the deadline it can be put off, then not any more.
    Require,
    /// The provider's servers refuse other things until it is done.
    Enforced,
    /// Recommended. Unknown levels are this one: calling must not depend on a word that we do not know.
    #[default]
    #[serde(other)]
    Advise,
}

impl Level {
    /// 0 for advice, 2 for what the servers enforce.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Level::Advise => 0,
            Level::Require => 1,
            Level::Enforced => 2,
        }
    }
}

/// What is known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Whether the incident is confirmed.
    pub confirmed: bool,
    /// Whether passwords may be known to thieves.
    pub credentials_exposed: Exposed,
    /// Which data are concerned, in symbolic words: `name`, `sip_credentials`.
    pub data: Vec<String>,
}

/// Whether passwords may be known to thieves.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposed {
    /// Yes.
    Yes,
    /// No.
    No,
    /// The provider does not know, or says so in a word that we do not.
    #[default]
    #[serde(other)]
    Unknown,
}

/// One point of the provider's plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Point {
    /// Its number.
    pub n: u32,
    /// What is going to be done, by language.
    pub text: BTreeMap<String, String>,
    /// How far it is.
    #[serde(default)]
    pub status: PointStatus,
    /// When it is to be done, if there is a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Stamp>,
}

/// How far a point of the plan is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PointStatus {
    /// Begun.
    InProgress,
    /// Done.
    Done,
    /// Given up.
    Dropped,
    /// To come, or in a word that we do not know.
    #[default]
    #[serde(other)]
    Planned,
}

/// The words of a notice in one language.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    /// One line.
    pub title: String,
    /// Some lines.
    pub body: String,
}

impl Index {
    /// Reads an index. Every text in it comes back sanitised and cut, so that nobody downstream can forget it.
    ///
    /// # Errors
    /// If it is too long or malformed, of another version, or has more rows than allowed.
    pub fn parse(bytes: &[u8]) -> Result<Index, ReadError> {
        let mut index: Index = read(bytes, MAX_BODY)?;
        if index.sasa_notices != VERSION {
            return Err(ReadError::Version);
        }
        ensure(index.notices.len() <= MAX_ROWS, "the number of notices")?;
        ensure(index.account.as_ref().is_none_or(|account| (3..=MAX_ACCOUNT).contains(&account.len())), "account")?;
        for notice in &mut index.notices {
            notice.clean()?;
        }
        Ok(index)
    }
}

impl Notice {
    fn clean(&mut self) -> Result<(), ReadError> {
        ensure((1..=MAX_ROWS).contains(&self.text.len()), "the number of languages")?;
        ensure(self.plan.len() <= MAX_ROWS, "the number of points")?;
        ensure(self.actions.len() <= MAX_ROWS && self.references.len() <= MAX_ROWS, "the number of actions")?;
        ensure(self.facts.data.len() <= MAX_ROWS && self.links.len() <= MAX_ROWS, "the number of facts")?;
        ensure(self.text.keys().all(|language| language.len() <= 16), "a language")?;
        for text in self.text.values_mut() {
            text.title = plain(&text.title, MAX_TITLE);
            text.body = paragraphs(&text.body, MAX_TEXT);
        }
        for point in &mut self.plan {
            ensure(point.text.len() <= MAX_ROWS, "the number of languages")?;
            for text in point.text.values_mut() {
                *text = plain(text, MAX_POINT);
            }
        }
        for word in self.facts.data.iter_mut().chain(&mut self.links) {
            *word = plain(word, 48);
        }
        Ok(())
    }

    /// The words in this language (`de`, `de-AT`), else in English, else in whichever there is.
    #[must_use]
    pub fn words(&self, language: &str) -> Option<&Text> {
        in_language(&self.text, language)
    }
}

impl Point {
    /// The words in this language, as [`Notice::words`].
    #[must_use]
    pub fn words(&self, language: &str) -> &str {
        in_language(&self.text, language).map_or("", String::as_str)
    }
}

fn in_language<'a, T>(texts: &'a BTreeMap<String, T>, language: &str) -> Option<&'a T> {
    let short = language.split(['-', '_']).next().unwrap_or(language);
    [language, short, "en"].into_iter().find_map(|name| texts.get(name)).or_else(|| texts.values().next())
}
