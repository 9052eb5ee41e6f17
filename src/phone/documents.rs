//! The documents of the profile: what is in them, and what is done with those that cannot be understood. Old files
//! stay readable: every field has a default, unknown ones are ignored. Nothing secret is in any of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::AccountId;
use crate::phone::command::AccountDraft;
use crate::phone::input::Found;
use crate::phone::settings::Settings;
use crate::phone::view::{HistoryRow, PasswordPlace};
use crate::phone::{devices_registered, trust};
use crate::port::net::Transport;
use crate::port::store::{Document, Save};
use crate::sip::digest::Strength;

/// What is kept of an account on disk: everything but its password.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its number.
    pub id: AccountId,
    /// Its name in the vault.
    pub uuid: String,
    /// What the person typed.
    #[serde(default)]
    pub draft: AccountDraft,
    /// The realms whose challenges are answered: pinned at sign-in.
    #[serde(default)]
    pub realms: Vec<String>,
    /// How strongly each realm has asked at its best: nothing weaker is answered any more.
    #[serde(default)]
    pub strongest: BTreeMap<String, Strength>,
    /// The transport that sign-in found. Never exchanged for a less protected one.
    pub transport: Transport,
    /// Where its password is.
    #[serde(default = "session")]
    pub password: PasswordPlace,
    /// Who else was seen on the line.
    #[serde(default)]
    pub devices: devices_registered::Memory,
    /// How far it was protected at its best.
    #[serde(default)]
    pub trust: trust::Memory,
}

impl Record {
    /// A record of an account about which nothing is known but how it is reached.
    #[must_use]
    pub fn new(id: AccountId, uuid: String, draft: AccountDraft, transport: Transport) -> Record {
        Record {
            id,
            uuid,
            draft,
            realms: Vec::new(),
            strongest: BTreeMap::new(),
            transport,
            password: PasswordPlace::Session,
            devices: devices_registered::Memory::default(),
            trust: trust::Memory::default(),
        }
    }
}

const fn session() -> PasswordPlace {
    PasswordPlace::Session
}

/// `accounts.json`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Accounts {
    /// The number of the next account.
    pub next: u32,
    /// The accounts in the order of sign-in.
    pub records: Vec<Record>,
}

/// `history.json`
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// Missed calls that nobody has looked at.
    pub unseen_missed: usize,
}

/// A document, and whether something of it was lost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read<T> {
    /// What could be read.
    pub content: T,
    /// Something could not: the file is to be set aside before it is written again.
    pub damaged: bool,
}

impl<T: Default + serde::de::DeserializeOwned> Read<T> {
    /// Reads a document that is understood whole or not at all.
    #[must_use]
    pub fn json(found: &Found) -> Read<T> {
        // Serde takes a list for a struct whose fields all have defaults: no document of ours is one.
        read(found, |json| {
            json.as_object()?;
            Some(Read { content: T::deserialize(json).ok()?, damaged: false })
        })
    }
}

/// Reads `accounts.json`. A row that makes no sense costs only itself.
#[must_use]
pub fn accounts(found: &Found) -> Read<Accounts> {
    read(found, |json| {
        let next = json.get("next").and_then(serde_json::Value::as_u64).and_then(|next| u32::try_from(next).ok());
        let (records, damaged) = rows(json.get("accounts")?.as_array()?);
        let used = records.iter().map(|record: &Record| record.id.0).max().unwrap_or(0);
        Some(Read { content: Accounts { next: next.unwrap_or(0).max(used.saturating_add(1)), records }, damaged })
    })
}

/// Reads `history.json`. A row that makes no sense costs only itself.
#[must_use]
pub fn history(found: &Found) -> Read<History> {
    read(found, |json| {
        let (rows, damaged) = rows(json.get("rows")?.as_array()?);
        let unseen = json.get("unseen_missed").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let unseen_missed = usize::try_from(unseen).unwrap_or(0).min(rows.len());
        Some(Read { content: History { rows, unseen_missed }, damaged })
    })
}

/// Reads `settings.json`.
#[must_use]
pub fn settings(found: &Found) -> Read<Settings> {
    read(found, |json| {
        let content = serde_json::from_value(serde_json::Value::Object(json.as_object()?.clone())).ok()?;
        Some(Read { content, damaged: false })
    })
}

fn read<T: Default>(found: &Found, take: impl FnOnce(&serde_json::Value) -> Option<Read<T>>) -> Read<T> {
    match found {
        Found::Absent => Read { content: T::default(), damaged: false },
        Found::Unreadable(_) => Read { content: T::default(), damaged: true },
        Found::Content(bytes) => {
            let json = serde_json::from_slice(bytes).ok();
            json.as_ref().and_then(take).unwrap_or(Read { content: T::default(), damaged: true })
        }
    }
}

fn rows<T: serde::de::DeserializeOwned>(values: &[serde_json::Value]) -> (Vec<T>, bool) {
    let rows: Vec<T> = values.iter().filter_map(|value| T::deserialize(value).ok()).collect();
    let damaged = rows.len() < values.len();
    (rows, damaged)
}

/// Writes `accounts.json`.
#[must_use]
pub fn save_accounts(next: u32, records: &[Record]) -> Save {
    save(Document::Accounts, &serde_json::json!({ "version": 1, "next": next, "accounts": records }))
}

/// Writes `history.json`.
#[must_use]
pub fn save_history(rows: &[HistoryRow], unseen_missed: usize) -> Save {
    save(Document::History, &serde_json::json!({ "version": 1, "unseen_missed": unseen_missed, "rows": rows }))
}

/// Writes `settings.json`.
#[must_use]
pub fn save_settings(settings: &Settings) -> Save {
    save(Document::Settings, &serde_json::json!(settings))
}

fn save(document: Document, json: &serde_json::Value) -> Save {
    Save(document, format!("{json:#}\n").into_bytes())
}
