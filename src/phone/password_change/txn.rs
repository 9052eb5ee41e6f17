//! The `txn` entry of the keyring: the new password, written and read back before the provider hears of it. One line
//! of JSON, so that a person who looks into the keyring can read it, and an entry of its own, so that a damaged one
//! can never take the password in use down with it.

use serde::{Deserialize, Serialize};

use crate::base::{Secret, WallTime};
use crate::provider_api::TxId;

/// The version that is written.
const VERSION: u64 = 1;

/// The name of what is no change of its own, and of which no provider hears.
const RECOVERED: &str = "recovered-00000000-0";

/// One change of one line password: what is tried, and under which name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Txn {
    /// The idempotency key. Retries carry the same one (R7).
    pub tx: TxId,
    /// The new password.
    pub new: Secret<String>,
    /// The generation that the provider named before: `If-Match`. None where there is no API.
    pub generation: Option<u64>,
    /// When it was made, by this computer's clock: to show, never to decide by.
    pub created: WallTime,
    /// When the provider stops taking it, by the provider's clock.
    pub not_after: Option<WallTime>,
    /// Who tells the provider.
    pub kind: Kind,
}

/// Who tells the provider about the new password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The phone, by the account-security API.
    Api,
    /// The person, at the provider's website.
    Portal,
}

/// Why an entry cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Unreadable {
    /// It is not what we wrote.
    #[error("the entry is damaged")]
    Damaged,
    /// A newer Ringfence wrote it.
    #[error("the entry is of version {0}, which a newer Ringfence writes")]
    Newer(u64),
}

/// As it stands in the keyring. Unknown members are ignored.
#[derive(Serialize, Deserialize)]
struct Entry<S> {
    v: u64,
    tx: TxId,
    new: S,
    #[serde(default, rename = "gen", skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
    #[serde(default)]
    created: WallTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_after: Option<WallTime>,
    kind: Kind,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Txn {
    /// A password that was in the attic and is right, on its way into use.
    pub(super) fn recovered(secret: &Secret<String>) -> Option<Txn> {
        let (new, created) = (secret.clone(), WallTime::default());
        let tx = TxId::parse(RECOVERED)?;
        Some(Txn { tx, new, generation: None, created, not_after: None, kind: Kind::Portal })
    }

    /// The line that is stored.
    #[must_use]
    pub fn to_line(&self) -> Secret<String> {
        let entry = Entry {
            v: VERSION,
            tx: self.tx.clone(),
            new: self.new.expose("the keyring is where it belongs").as_str(),
            generation: self.generation,
            created: self.created,
            not_after: self.not_after,
            kind: self.kind,
        };
        line(&entry)
    }

    /// Reads what [`Txn::to_line`] wrote.
    ///
    /// # Errors
    /// If it is damaged, cut off, or from a newer version. Neither is a reason to delete it.
    pub fn from_line(line: &Secret<String>) -> Result<Txn, Unreadable> {
        let line = line.expose("read back from the keyring");
        let version: Version = serde_json::from_str(line).map_err(|_| Unreadable::Damaged)?;
        if version.v > VERSION {
            return Err(Unreadable::Newer(version.v));
        }
        let entry: Entry<String> = serde_json::from_str(line).map_err(|_| Unreadable::Damaged)?;
        Ok(Txn {
            tx: entry.tx,
            new: Secret::new(entry.new),
            generation: entry.generation,
            created: entry.created,
            not_after: entry.not_after,
            kind: entry.kind,
        })
    }
}

/// One line of JSON. Room is made first, so that no half-written copy of a secret stays behind in memory.
pub(super) fn line(entry: &impl Serialize) -> Secret<String> {
    let mut text = Vec::with_capacity(2048);
    match serde_json::to_writer(&mut text, entry) {
        Ok(()) => Secret::new(String::from_utf8(text).unwrap_or_default()),
        // Writing into memory cannot fail, and an empty line would be read as damaged.
        Err(_) => Secret::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txn() -> Txn {
        Txn {
            tx: TxId::parse("01JD0000000000000000000001").unwrap(),
            new: Secret::from("n\"e\\w"),
            generation: Some(17),
            created: WallTime(1_700_000_000_000),
            not_after: Some(WallTime(1_700_000_600_000)),
            kind: Kind::Api,
        }
    }

    #[test]
    fn an_entry_is_one_line_and_comes_back() {
        let line = txn().to_line();
        assert!(!line.expose("test").contains('\n'));
        assert_eq!(Txn::from_line(&line), Ok(txn()));
        let plain = Txn { generation: None, not_after: None, kind: Kind::Portal, ..txn() };
        assert_eq!(Txn::from_line(&plain.to_line()), Ok(plain));
    }

    #[test]
    fn every_truncation_is_damage_and_a_newer_version_is_told_apart() {
        let whole = txn().to_line().expose("test").clone();
        for cut in 0..whole.len() {
            assert_eq!(Txn::from_line(&Secret::from(&whole[..cut])), Err(Unreadable::Damaged), "{cut}");
        }
        let newer = whole.replacen("\"v\":1", "\"v\":2", 1);
        assert_eq!(Txn::from_line(&Secret::new(newer)), Err(Unreadable::Newer(2)));
    }

    #[test]
    fn debug_output_shows_no_password() {
        assert!(!format!("{:?}", txn()).contains("n\\\"e"));
        assert!(!format!("{:?}", txn().to_line()).contains("e\\\\w"));
    }
}
