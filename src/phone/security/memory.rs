//! `security.json`: what is remembered of each account beside its record. Nothing of it is secret; old files stay
//! readable, and what is damaged costs only itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::WallTime;
use crate::phone::documents::Read;
use crate::phone::input::Found;
use crate::port::store::{Document, Save};

/// What is remembered, by the account's UUID.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    /// The accounts.
    pub accounts: BTreeMap<String, Remembered>,
}

/// What is remembered of one account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// Where the provider's website is: typed at sign-in or later. Host, without `https://`.
    pub portal: Option<String>,
    /// The number of the provider's support, for the person to call.
    pub support_number: Option<String>,
    /// When the account was signed in here for the first time.
    pub since: Option<WallTime>,
    /// When the line password was changed from here for the last time.
    pub changed: Option<WallTime>,
    /// What became of the password before that.
    pub old_password: OldPassword,
    /// Points of the check list that the person says are done.
    pub ticked: BTreeSet<Point>,
    /// Not to be reminded of the change before then.
    pub snoozed_until: Option<WallTime>,
    /// The person locked the account down then.
    pub locked_down: Option<WallTime>,
}

/// What the last step of a change found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldPassword {
    /// Nobody has tried.
    #[default]
    NotChecked,
    /// The provider refuses it.
    Refused,
    /// The provider still takes it: somebody has to call them.
    StillAccepted,
}

/// The check list of "I was told to change my password", in its order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Point {
    /// Automatic top-up and calls abroad are switched off at the provider.
    TopUp,
    /// The website's password is new.
    Website,
    /// The line password is new: the one point that the app proves itself.
    LinePassword,
    /// The voicemail PIN is new.
    VoicemailPin,
    /// Nobody has set call forwarding.
    Forwarding,
    /// Other phones on the line have the new password.
    OtherPhones,
}

impl Point {
    /// All points in their order: whoever has the website's password can undo everything else, and the bill grows
    /// while one is busy with the rest.
    pub const ALL: [Point; 6] =
        [Point::TopUp, Point::Website, Point::LinePassword, Point::VoicemailPin, Point::Forwarding, Point::OtherPhones];

    /// Whether the app can tell by itself; all others are "You told us".
    #[must_use]
    pub const fn is_proven(self) -> bool {
        matches!(self, Point::LinePassword)
    }
}

impl Memory {
    /// Reads `security.json`.
    #[must_use]
    pub fn read(found: &Found) -> Read<Memory> {
        let damaged = || Read { content: Memory::default(), damaged: true };
        let bytes = match found {
            Found::Absent => return Read { content: Memory::default(), damaged: false },
            Found::Unreadable(_) => return damaged(),
            Found::Content(bytes) => bytes,
        };
        let Ok(serde_json::Value::Object(mut json)) = serde_json::from_slice(bytes) else { return damaged() };
        let Some(serde_json::Value::Object(rows)) = json.remove("accounts") else { return damaged() };
        let all = rows.len();
        let accounts: BTreeMap<String, Remembered> =
            rows.into_iter().filter_map(|(uuid, row)| Some((uuid, serde_json::from_value(row).ok()?))).collect();
        Read { damaged: accounts.len() < all, content: Memory { accounts } }
    }

    /// Writes `security.json`.
    #[must_use]
    pub fn save(&self) -> Save {
        let json = serde_json::json!({ "version": 1, "accounts": self.accounts });
        Save(Document::Security, format!("{json:#}\n").into_bytes())
    }

    /// What is remembered of an account, made if there is nothing yet.
    pub fn of(&mut self, uuid: &str) -> &mut Remembered {
        self.accounts.entry(uuid.to_owned()).or_default()
    }
}
