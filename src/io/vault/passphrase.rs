//! The passphrase file, where there is no keyring: all entries of all accounts in one file below the profile, in the
//! age format under scrypt, so that `age -d passwords.age` recovers them without us.
//!
//! A write goes to a new file that is on the disk, and was read back, before it takes the old one's name; the
//! generation before is kept beside it. `disk` does that, [`sealed`] is the format; this file decides. The passphrase
//! stays in memory while the file is open, for each write is sealed anew.

mod disk;
mod sealed;

use std::path::Path;

use crate::base::Secret;
use crate::port::vault::{Key, Reply, Request, VaultError};
use disk::Disk;
use sealed::{Entries, Failure};

/// The shortest passphrase that a new file may have, in characters (NIST SP 800-63B-4 §3.1.1.2).
const SHORTEST: usize = 8;
/// scrypt's work, as a power of two: half a second and 128 MiB on the machines of today, as OWASP recommends.
pub(super) const WORK: u8 = 17;

/// The passphrase file as its thread sees it.
#[derive(Debug)]
pub(super) struct PassphraseFile {
    disk: Disk,
    work: u8,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    passphrase: Secret<String>,
    entries: Entries,
}

impl PassphraseFile {
    /// The file below this profile, which is not read yet.
    pub(super) fn new(profile: &Path, work: u8) -> PassphraseFile {
        PassphraseFile { disk: Disk::new(profile), work, open: None }
    }

    /// Does what is asked; takes half a second for what reads or writes the file.
    pub(super) fn perform(&mut self, request: &Request) -> Reply {
        let done = match request {
            Request::Unlock(passphrase) => self.unlock(passphrase),
            Request::Check | Request::CheckFor(_) => self.opened().map(|_| Reply::Done),
            Request::Get(key) => self.get(key),
            Request::Put(key, secret) => self.put(key, Some(secret)),
            Request::Delete(key) => self.put(key, None),
            // The file holds one entry under each name.
            Request::List(_) => Ok(Reply::Several(Vec::new())),
            Request::Assign(..) | Request::Move { .. } | Request::Erase { .. } | Request::Settle { .. } => {
                Err(VaultError::Other("that is not the passphrase file's business".into()))
            }
        };
        done.unwrap_or_else(Reply::Failed)
    }

    fn opened(&mut self) -> Result<&mut Open, VaultError> {
        let there = self.open.is_some() || self.disk.is_there()?;
        self.open.as_mut().ok_or(if there { VaultError::NeedsPassphrase } else { VaultError::NoFile })
    }

    fn get(&mut self, key: &Key) -> Result<Reply, VaultError> {
        let entries = &self.opened()?.entries;
        Ok(entries.get(&key.account, key.slot.word()).map_or(Reply::Absent, |secret| Reply::Found(secret.clone())))
    }

    /// Writes an entry, or deletes it. What is in memory changes only when the disk has it.
    fn put(&mut self, key: &Key, secret: Option<&Secret<String>>) -> Result<Reply, VaultError> {
        let work = self.work;
        let open = self.opened()?;
        let mut entries = open.entries.clone();
        if entries.set(&key.account, key.slot.word(), secret.cloned()) {
            let sealed = sealed::seal(&entries, &open.passphrase, work)?;
            self.disk.write(&sealed)?;
            self.opened()?.entries = entries;
        }
        Ok(Reply::Done)
    }

    fn unlock(&mut self, passphrase: &Secret<String>) -> Result<Reply, VaultError> {
        if let Some(open) = &self.open {
            let same = open.passphrase == *passphrase;
            return if same { Ok(Reply::Done) } else { Err(VaultError::WrongPassphrase) };
        }
        if !self.disk.is_there()? {
            return self.begin(passphrase);
        }
        let current = self.disk.read_current()?.map(|bytes| sealed::open(&bytes, passphrase));
        let why = match current {
            Some(Ok(entries)) => {
                self.open = Some(Open { passphrase: passphrase.clone(), entries });
                return Ok(Reply::Done);
            }
            Some(Err(why)) => why,
            None => Failure::Damaged("the file is gone".into()),
        };
        tracing::warn!(%why, "the passphrase file does not open: its previous generation is tried");
        self.restore(passphrase, why)
    }

    /// A file that holds nothing yet.
    fn begin(&mut self, passphrase: &Secret<String>) -> Result<Reply, VaultError> {
        if passphrase.expose("its length counts").chars().count() < SHORTEST {
            return Err(VaultError::ShortPassphrase);
        }
        let entries = Entries::default();
        self.disk.write(&sealed::seal(&entries, passphrase, self.work)?)?;
        self.open = Some(Open { passphrase: passphrase.clone(), entries });
        Ok(Reply::Done)
    }

    /// The file does not open. If its previous generation does, under the same passphrase, the file was damaged: it is
    /// kept aside, and the previous generation takes its place.
    fn restore(&mut self, passphrase: &Secret<String>, why: Failure) -> Result<Reply, VaultError> {
        let previous = self.disk.read_previous()?.map(|bytes| sealed::open(&bytes, passphrase));
        match (previous, why) {
            (Some(Ok(entries)), _) => {
                self.disk.set_aside()?;
                self.disk.write(&sealed::seal(&entries, passphrase, self.work)?)?;
                self.open = Some(Open { passphrase: passphrase.clone(), entries });
                Ok(Reply::Restored)
            }
            (_, Failure::Wrong) | (Some(Err(Failure::Wrong)), Failure::Damaged(_)) => Err(VaultError::WrongPassphrase),
            (Some(Err(Failure::Damaged(_))) | None, Failure::Damaged(why)) => {
                Err(VaultError::Other(format!("the passphrase file is damaged: {why}")))
            }
        }
    }
}

#[cfg(test)]
mod tests;
