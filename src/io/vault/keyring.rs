//! The keyring as its thread sees it. Its store is opened anew whenever there is none: a daemon that was not up yet,
//! or was restarted, costs one request more and never the whole process.

use std::collections::HashMap;
use std::sync::Arc;

use keyring::{CredentialStore, Entry, Error};

use super::age;
use super::classify::{Failure, classify};
use super::encoding::{decode, encode};
use crate::base::Secret;
use crate::port::vault::{EntryId, Key, Listed, Reply, Request, VaultError};

/// Under which name the keyring's own window shows our entries.
const SERVICE: &str = "Ringfence";
/// What the canary says.
const CANARY: &str = "It works. This entry can be deleted.";

/// The keyring, and the connection to it while there is one.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    store: Option<Arc<CredentialStore>>,
}

impl Keyring {
    /// A keyring that is connected to right away, if it can be: the first request is then faster.
    pub(super) fn connected() -> Keyring {
        Keyring { store: open().ok() }
    }

    /// Does what is asked; blocks for as long as the keyring likes.
    pub(super) fn perform(&mut self, request: &Request) -> Reply {
        let had_store = self.store.is_some();
        let mut outcome = self.attempt(request);
        if had_store && matches!(&outcome, Err(failure) if failure.disconnected) {
            self.store = None;
            outcome = self.attempt(request);
        }
        outcome.unwrap_or_else(|failure| {
            if failure.disconnected {
                self.store = None;
            }
            Reply::Failed(failure.why)
        })
    }

    fn attempt(&mut self, request: &Request) -> Result<Reply, Failure> {
        match request {
            Request::Assign(..) | Request::Unlock(_) | Request::Move { .. } | Request::Erase { .. } => {
                Err(VaultError::Other("that is not the keyring's business".into()).into())
            }
            Request::Check | Request::CheckFor(_) => self.canary().map(|()| Reply::Done),
            Request::Get(key) => match self.entry(&user(key))?.get_password() {
                Ok(stored) => decode(stored).map(Reply::Found).ok_or_else(|| VaultError::Corrupt.into()),
                // A keyring that was never set up says the same as one that has lost the entry: see whether it works.
                Err(Error::NoEntry) => self.canary().map(|()| Reply::Absent),
                Err(error) => Err(classify(&error)),
            },
            Request::Put(key, secret) => {
                self.write(&user(key), &encode(secret))?;
                Ok(Reply::Done)
            }
            Request::Delete(key) => match self.entry(&user(key))?.delete_credential() {
                Ok(()) | Err(Error::NoEntry) => Ok(Reply::Done),
                Err(error) => Err(classify(&error)),
            },
            Request::List(key) => self.list(&user(key)).map(Reply::Several),
            Request::Settle { key, keep, secret, others } => self.settle(&user(key), keep, &encode(secret), others),
        }
    }

    /// The entries under a name, if they are several.
    fn several(&mut self, user: &str) -> Result<Vec<Entry>, Failure> {
        match self.entry(user)?.get_password() {
            Err(Error::Ambiguous(entries)) => Ok(entries),
            Ok(one) => {
                drop(Secret::new(one));
                Ok(Vec::new())
            }
            Err(Error::NoEntry) => Ok(Vec::new()),
            Err(error) => Err(classify(&error)),
        }
    }

    /// What they hold, newest first. One that cannot be read is listed all the same: it is one of those in the way.
    fn list(&mut self, user: &str) -> Result<Vec<Listed>, Failure> {
        let ages = age::Ages::new();
        let mut all = Vec::new();
        for entry in self.several(user)? {
            let id = age::id(&entry);
            all.push((ages.of(&id), Listed { id, secret: content(&entry)? }));
        }
        all.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
        Ok(all.into_iter().map(|(_, listed)| listed).collect())
    }

    /// Lets one of several stay. Nothing is deleted before that one was read back, and nothing but what was listed.
    fn settle(
        &mut self,
        user: &str,
        keep: &EntryId,
        line: &Secret<String>,
        others: &[Listed],
    ) -> Result<Reply, Failure> {
        let all = self.several(user)?;
        let line = line.expose("the keyring is where it belongs");
        let held = |entry: &Entry| entry.get_password().map(Secret::new);
        let holds = |entry: &Entry| held(entry).is_ok_and(|held| held.expose("to compare") == line);
        if all.is_empty() {
            // Somebody has tidied up in the meantime.
            return Ok(if holds(&self.entry(user)?) { Reply::Done } else { Reply::Several(Vec::new()) });
        }
        let Some(kept) = all.iter().find(|entry| age::id(entry) == *keep) else {
            return Err(VaultError::Ambiguous(all.len()).into());
        };
        if !holds(kept) {
            kept.set_password(line).map_err(|error| classify(&error))?;
            if !holds(kept) {
                return Err(VaultError::Corrupt.into());
            }
        }
        for entry in all.iter().filter(|entry| age::id(entry) != *keep) {
            let id = age::id(entry);
            let Some(listed) = others.iter().find(|listed| listed.id == id) else { continue };
            if content(entry)? != listed.secret {
                continue;
            }
            match entry.delete_credential() {
                Ok(()) | Err(Error::NoEntry) => {}
                Err(error) => return Err(classify(&error)),
            }
        }
        // Seen by the name, as every later request sees it.
        if holds(&self.entry(user)?) {
            Ok(Reply::Done)
        } else {
            Err(VaultError::Ambiguous(self.several(user)?.len()).into())
        }
    }

    /// Writes, reads and deletes an entry of this process's own.
    fn canary(&mut self) -> Result<(), Failure> {
        let user = format!("canary-{}", std::process::id());
        self.write(&user, &Secret::from(CANARY))?;
        match self.entry(&user)?.delete_credential() {
            Ok(()) => Ok(()),
            Err(error) => Err(classify(&error)),
        }
    }

    /// Writes an entry and reads it back.
    fn write(&mut self, user: &str, line: &Secret<String>) -> Result<(), Failure> {
        let line = line.expose("the keyring is where it belongs");
        let entry = self.entry(user)?;
        entry.set_password(line).map_err(|error| classify(&error))?;
        let read_back = Secret::new(entry.get_password().map_err(|error| classify(&error))?);
        if read_back.expose("to compare") == line { Ok(()) } else { Err(VaultError::Corrupt.into()) }
    }

    fn entry(&mut self, user: &str) -> Result<Entry, Failure> {
        let store = match &self.store {
            Some(store) => Arc::clone(store),
            None => Arc::clone(self.store.insert(open()?)),
        };
        store.build(SERVICE, user, Some(&modifiers(user))).map_err(|error| classify(&error))
    }
}

/// What an entry holds; none if it cannot be read.
fn content(entry: &Entry) -> Result<Option<Secret<String>>, Failure> {
    match entry.get_password() {
        Ok(stored) => Ok(decode(stored)),
        Err(Error::BadEncoding(bytes)) => {
            drop(Secret::new(bytes));
            Ok(None)
        }
        Err(error) => Err(classify(&error)),
    }
}

/// The name of an entry: the account's UUID, so that no entry answers to another's name.
fn user(key: &Key) -> String {
    format!("{}-{}", key.account, key.slot.word())
}

/// What each store wants to be told beside the name: the label tells the person what an entry is for.
fn modifiers(user: &str) -> HashMap<&'static str, &'static str> {
    let label = match user.rsplit('-').next() {
        Some("change") => "Ringfence: new line password, not confirmed yet",
        Some("earlier") => "Ringfence: earlier line passwords",
        Some("devkey") => "Ringfence: key of this computer",
        Some(_) | None => "Ringfence: line password",
    };
    if cfg!(target_os = "linux") {
        HashMap::from([("label", label)])
    } else if cfg!(windows) {
        // The default would roam to other machines.
        HashMap::from([("persistence", "Local")])
    } else {
        HashMap::new()
    }
}

fn open() -> Result<Arc<CredentialStore>, Failure> {
    #[cfg(target_os = "linux")]
    let store = zbus_secret_service_keyring_store::Store::new();
    #[cfg(windows)]
    let store = windows_native_keyring_store::Store::new();
    #[cfg(target_os = "macos")]
    let store = apple_native_keyring_store::keychain::Store::new();
    match store {
        Ok(store) => Ok(store),
        Err(error) => Err(classify(&error)),
    }
}
