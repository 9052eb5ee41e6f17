//! `security.json`: what is remembered of each account beside its record. Nothing of it is secret; old files stay
//! readable, and what is damaged costs only itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::WallTime;
use crate::phone::documents::Read;
use crate::phone::input::Found;
use crate::phone::view::{CheckItem, LimitsThere, OldPassword};
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
    /// Where the provider's website is, as the person typed it at sign-in or later: an https address.
    pub portal: Option<String>,
    /// The provider's number for help or fraud, as the person typed it.
    pub support: Option<String>,
    /// When the account was signed in here for the first time.
    pub since: Option<WallTime>,
    /// When the line password was changed from here for the last time.
    pub changed: Option<WallTime>,
    /// What became of the password before that, and when that was seen.
    pub old_password: OldPassword,
    /// See [`Remembered::old_password`].
    pub old_password_at: Option<WallTime>,
    /// Lines of the check list that the person says are done, and when they said so.
    pub ticked: BTreeMap<CheckItem, WallTime>,
    /// Not to be reminded of the change before then.
    pub snoozed_until: Option<WallTime>,
    /// The name that the provider gave to this computer when it was enrolled.
    pub device: Option<String>,
    /// This computer's key has been enrolled at the provider since then.
    pub enrolled: Option<WallTime>,
    /// From when on the key's signature counts, as the provider told last; none: it waits for the provider.
    pub counts_from: Option<WallTime>,
    /// The person locked the account down then.
    pub lockdown: Option<WallTime>,
    /// What the provider said to that.
    pub limits_there: Option<LimitsThere>,
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
