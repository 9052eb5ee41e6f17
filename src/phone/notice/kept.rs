//! `notices.json`: pins, the last list that was believed, and how far the person is with each notice. Nothing of it is
//! secret; what is damaged costs only itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::pin::Pin;
use crate::base::WallTime;
use crate::phone::documents::Read;
use crate::phone::input::Found;
use crate::port::store::{Document, Save};
use crate::provider_api::minisign::PublicKey;
use crate::provider_api::notices::{Notice, PointStatus};

/// The most notices that are kept; of those that are over, the oldest go first.
pub const MAX_NOTICES: usize = 200;

/// What is kept of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The provider, as it was pinned.
    pub pin: Option<Pin>,
    /// The provider was asked, and has no such API.
    pub has_none: bool,
    /// The last list for everybody that was believed.
    pub list: Option<List>,
    /// The last list for this account alone that was believed.
    pub own: Option<List>,
    /// As whom that was asked for ([`crate::provider_api::own::account`]).
    pub own_account: Option<String>,
    /// It was last confirmed then, as `confirmed`.
    pub own_confirmed: Option<WallTime>,
    /// Every notice that was ever believed, newest first.
    pub notices: Vec<Known>,
    /// The list was last confirmed then: by the provider's clock, but never later than ours.
    pub confirmed: Option<WallTime>,
    /// The latest time that the provider has told.
    pub heard: Option<WallTime>,
    /// Since then, what the provider publishes contradicts the pin.
    pub mismatch: Option<WallTime>,
    /// The line password was last changed then, by the provider's clock if it was heard.
    pub changed: Option<WallTime>,
    /// The generation of the line password, if the provider has told it.
    pub generation: Option<u64>,
}

/// The last list that was believed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct List {
    /// Its number.
    pub seq: u64,
    /// SHA-256 of its exact bytes, in hexadecimal.
    pub hash: String,
    /// Its ETag.
    #[serde(default)]
    pub etag: Option<String>,
    /// The key that signed it.
    pub key: PublicKey,
    /// The version of the root that listed that key.
    pub root: u32,
    /// When it was published.
    pub issued: WallTime,
    /// Until when it is to be believed.
    pub expires: WallTime,
    /// Its read-back code.
    #[serde(default)]
    pub code: String,
    /// What it says, sanitised: when one list is new, all that are known are put together again.
    #[serde(default)]
    pub notices: Vec<Notice>,
}

/// A notice, and how far the person is with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// The notice in its newest revision.
    pub notice: Notice,
    /// Who signed the list that it came with.
    pub key: PublicKey,
    /// When that list was published.
    pub issued: WallTime,
    /// Until when that list is to be believed.
    pub believed_until: WallTime,
    /// The read-back code of that list.
    pub code: String,
    /// That list is for this account alone.
    #[serde(default)]
    pub own: bool,
    /// Whether it is in force.
    #[serde(default)]
    pub standing: Standing,
    /// Put off until then.
    #[serde(default)]
    pub snoozed_until: Option<WallTime>,
    /// The person was done with it then.
    #[serde(default)]
    pub done: Option<WallTime>,
    /// The revision whose system notification was shown.
    #[serde(default)]
    pub announced: u32,
    /// The points of the plan as the person last saw them.
    #[serde(default)]
    pub plan_seen: BTreeMap<u32, PointStatus>,
}

impl Known {
    /// A notice of a list, as if it had never been seen before.
    pub(super) fn new(notice: Notice, list: &List, own: bool) -> Known {
        Known {
            notice,
            key: list.key.clone(),
            issued: list.issued,
            believed_until: list.expires,
            code: list.code.clone(),
            own,
            standing: Standing::InForce,
            snoozed_until: None,
            done: None,
            announced: 0,
            plan_seen: BTreeMap::new(),
        }
    }
}

/// Whether a notice is in force.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is on the list.
    #[default]
    InForce,
    /// It is not on the list any more, or another one has taken its place.
    Over,
    /// The provider took it back.
    Withdrawn,
}

/// Reads `notices.json`: by the account's UUID.
#[must_use]
pub fn read(found: &Found) -> Read<BTreeMap<String, Kept>> {
    let damaged = || Read { content: BTreeMap::new(), damaged: true };
    let bytes = match found {
        Found::Absent => return Read { content: BTreeMap::new(), damaged: false },
        Found::Unreadable(_) => return damaged(),
        Found::Content(bytes) => bytes,
    };
    let Ok(serde_json::Value::Object(mut json)) = serde_json::from_slice(bytes) else { return damaged() };
    let Some(serde_json::Value::Object(rows)) = json.remove("accounts") else { return damaged() };
    let all = rows.len();
    let content: BTreeMap<String, Kept> =
        rows.into_iter().filter_map(|(uuid, row)| Some((uuid, serde_json::from_value(row).ok()?))).collect();
    Read { damaged: content.len() < all, content }
}

/// Writes `notices.json`.
#[must_use]
pub fn save(all: &BTreeMap<&str, &Kept>) -> Save {
    let json = serde_json::json!({ "version": 1, "accounts": all });
    Save(Document::Notices, format!("{json:#}\n").into_bytes())
}
