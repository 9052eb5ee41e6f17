//! Questions that only a person can answer, and the pages of "Check my bill".

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::CallDirection;
use crate::base::{AccountId, WallTime};

/// What the guard does about a kind of destination.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuardRule {
    /// Dial.
    Allow,
    /// Ask first.
    #[default]
    Ask,
    /// Do not dial.
    Block,
}

/// The guard asks before it dials, or says why it does not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GuardQuestion {
    /// The line that would dial.
    pub account: AccountId,
    /// What would be dialled, for people.
    pub number: String,
    /// Country or network in words, e.g. `Latvia` or `satellite telephone`.
    pub place: Option<String>,
    /// Kind of number in words, e.g. `premium number`.
    pub kind: String,
    /// Why it asks, in one sentence: first call to this country, more than 12 calls in 10 minutes, a redirect …
    pub why: String,
    /// What to do about it.
    pub verdict: GuardVerdict,
    /// Where the wish to call it came from.
    pub from: GuardFrom,
}

/// What the guard demands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GuardVerdict {
    /// A press.
    Confirm,
    /// This word has to be typed.
    Type(String),
    /// Not from here: the limits page may be loosened first.
    Blocked,
}

/// Where the wish to call came from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardFrom {
    /// The person dialled it.
    Person,
    /// The other end redirected the call (3xx).
    Redirect,
    /// A link on some page.
    Link,
}

/// A server whose certificate nobody vouches for: trust this one, for this line?
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateQuestion {
    /// The server.
    pub host: String,
    /// What is wrong with it in one sentence.
    pub what: String,
    /// SHA-256 of the certificate, in groups of two digits.
    pub fingerprint: String,
    /// That of the one trusted so far, if this one is another: then it is refused and there is no way to trust it here.
    pub trusted: Option<String>,
    /// Names that it is for.
    pub names: Vec<String>,
    /// Valid until.
    pub until: Option<WallTime>,
    /// Whether the person may trust it.
    pub may_trust: bool,
}

/// There is no keyring: where shall passwords be?
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VaultQuestion {
    /// Nothing was chosen yet: offer the passphrase file first, then session only.
    Choose,
    /// The passphrase file is there: its passphrase is asked for. The sentence says what was wrong last time.
    Unlock(Option<String>),
    /// The file is being opened or made: it takes a second on purpose.
    Working,
    /// A line's password is in another place than the one in use now; it can be taken over.
    Moved {
        /// Where it was, in words.
        from: String,
        /// Where it would go.
        to: String,
    },
}

/// "Check my bill": a provider's call list against our own calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillView {
    /// Which line.
    pub account: AccountId,
    /// How far it is.
    pub state: BillState,
}

/// How far the check is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BillState {
    /// The file could not be understood, in words.
    Unreadable(String),
    /// The columns were guessed: to be confirmed.
    Columns(BillColumns),
    /// The result.
    Result(BillResult),
}

/// A guessed reading of the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillColumns {
    /// Titles of all columns, or `Column 3`.
    pub titles: Vec<String>,
    /// The first rows, cut to a sane length.
    pub sample: Vec<Vec<String>>,
    /// Which column says when.
    pub when: Option<usize>,
    /// Which says whom.
    pub number: Option<usize>,
    /// Which says how long.
    pub duration: Option<usize>,
    /// Which says what it cost.
    pub cost: Option<usize>,
    /// Rows in all.
    pub rows: usize,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillResult {
    /// Only calls from here on were looked at.
    pub since: WallTime,
    /// Calls of the list that were looked at.
    pub compared: usize,
    /// Those that were not made from this computer, newest first.
    pub foreign: Arc<[BillRow]>,
    /// Rows that could not be read.
    pub unreadable: usize,
    /// Our own log does not reach back to `since`, only to here.
    pub log_begins: Option<WallTime>,
}

/// A call of the provider's list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BillRow {
    /// When.
    pub at: WallTime,
    /// Whom, for people.
    pub number: String,
    /// How long.
    pub secs: Option<u32>,
    /// What it cost, as the list says it.
    pub cost: Option<String>,
    /// Who called, if the list says so.
    pub direction: Option<CallDirection>,
}

/// The rehearsal of a breach day with the demo provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RehearsalView {
    /// The step, from 1.
    pub step: usize,
    /// How many there are.
    pub of: usize,
    /// What happens now, and what to look at.
    pub words: String,
    /// It is over.
    pub over: bool,
}
