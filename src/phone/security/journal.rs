//! `journal.json`: how far the password change of each account is, by the account's UUID. What a row says is the
//! change's business; here is only the document. Nothing of it is secret.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::phone::documents::Read;
use crate::phone::input::Found;
use crate::port::store::{Document, Save};

/// The rows, as they stand in the file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Journal {
    /// By the account's UUID.
    pub accounts: BTreeMap<String, Value>,
}

impl Journal {
    /// Reads `journal.json`.
    #[must_use]
    pub fn read(found: &Found) -> Read<Journal> {
        let damaged = || Read { content: Journal::default(), damaged: true };
        let bytes = match found {
            Found::Absent => return Read { content: Journal::default(), damaged: false },
            Found::Unreadable(_) => return damaged(),
            Found::Content(bytes) => bytes,
        };
        let Ok(Value::Object(mut json)) = serde_json::from_slice(bytes) else { return damaged() };
        match json.remove("accounts") {
            Some(Value::Object(rows)) => {
                Read { content: Journal { accounts: rows.into_iter().collect() }, damaged: false }
            }
            Some(_) | None => damaged(),
        }
    }

    /// Writes `journal.json`.
    #[must_use]
    pub fn save(&self) -> Save {
        let json = serde_json::json!({ "version": 1, "accounts": self.accounts });
        Save(Document::Journal, format!("{json:#}\n").into_bytes())
    }
}
