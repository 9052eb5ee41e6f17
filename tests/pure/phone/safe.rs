//! The passphrase file of a scripted vault, and which account's entries are where.

use std::collections::BTreeMap;

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::port::vault::{Place, Reply, Request, VaultError};

use super::keyring::entry;

/// What the driver knows beside the keyring.
#[derive(Clone, Debug)]
pub(super) struct Safe {
    usual: Place,
    assigned: BTreeMap<String, Place>,
    /// The file's passphrase, once there is one.
    pub(super) passphrase: Option<String>,
    pub(super) open: bool,
    /// What is in the file.
    pub(super) entries: BTreeMap<String, String>,
    /// The next unlocking finds the file damaged.
    pub(super) damaged: bool,
}

impl Safe {
    pub(super) fn new(usage: VaultUse) -> Safe {
        let usual = match usage {
            VaultUse::Keyring => Place::Keyring,
            VaultUse::Passphrase => Place::Passphrase,
            VaultUse::Session => Place::Session,
        };
        let (assigned, entries) = (BTreeMap::new(), BTreeMap::new());
        Safe { usual, assigned, passphrase: None, open: false, entries, damaged: false }
    }

    /// As the next start of the program finds it.
    pub(super) fn restarted(&self, usage: VaultUse) -> Safe {
        Safe { passphrase: self.passphrase.clone(), entries: self.entries.clone(), ..Safe::new(usage) }
    }

    fn place_of(&self, account: &str) -> Place {
        self.assigned.get(account).copied().unwrap_or(self.usual)
    }

    /// Answers what is not the keyring's business; `keyring` is what that holds, if it works.
    pub(super) fn answer(
        &mut self,
        request: &Request,
        keyring: Option<&mut BTreeMap<String, String>>,
    ) -> Option<Reply> {
        let place = match request {
            Request::Assign(account, place) => {
                self.assigned.insert(account.clone(), *place);
                return Some(Reply::Done);
            }
            Request::Unlock(passphrase) => return Some(self.unlock(passphrase.expose("a test's vault"))),
            Request::Move { account, to } => return Some(self.move_to(account, *to, keyring)),
            Request::Check => self.usual,
            Request::CheckFor(account) => self.place_of(account),
            Request::Get(key)
            | Request::Put(key, _)
            | Request::Delete(key)
            | Request::List(key)
            | Request::Settle { key, .. } => self.place_of(&key.account),
            Request::Erase { from, .. } => *from,
        };
        match place {
            Place::Keyring => None,
            Place::Passphrase | Place::Session if place == Place::Session || self.open => Some(self.perform(request)),
            Place::Passphrase | Place::Session if self.passphrase.is_none() => Some(Reply::Failed(VaultError::NoFile)),
            Place::Passphrase | Place::Session => Some(Reply::Failed(VaultError::NeedsPassphrase)),
        }
    }

    fn unlock(&mut self, typed: &str) -> Reply {
        match &self.passphrase {
            None if typed.chars().count() < 8 => return Reply::Failed(VaultError::ShortPassphrase),
            None => self.passphrase = Some(typed.to_owned()),
            Some(right) if right != typed => return Reply::Failed(VaultError::WrongPassphrase),
            Some(_) => {}
        }
        self.open = true;
        if std::mem::take(&mut self.damaged) { Reply::Restored } else { Reply::Done }
    }

    fn perform(&mut self, request: &Request) -> Reply {
        match request {
            Request::Get(key) => {
                let found = self.entries.get(&entry(key));
                return found.map_or(Reply::Absent, |found| Reply::Found(Secret::new(found.clone())));
            }
            Request::Put(key, secret) => {
                self.entries.insert(entry(key), secret.expose("a test's vault").clone());
            }
            Request::Delete(key) => {
                self.entries.remove(&entry(key));
            }
            Request::Erase { account, .. } => self.entries.retain(|name, _| !name.starts_with(account.as_str())),
            Request::Check | Request::CheckFor(_) => {}
            Request::List(_) => return Reply::Several(Vec::new()),
            Request::Unlock(_) | Request::Assign(..) | Request::Move { .. } | Request::Settle { .. } => {
                panic!("answered before, or never asked of a file")
            }
        }
        Reply::Done
    }

    fn move_to(&mut self, account: &str, to: Place, keyring: Option<&mut BTreeMap<String, String>>) -> Reply {
        let Some(keyring) = keyring else { return Reply::Failed(VaultError::Missing) };
        if !self.open {
            return Reply::Failed(VaultError::NeedsPassphrase);
        }
        let (from, into) = match to {
            Place::Keyring => (&self.entries, keyring),
            Place::Passphrase | Place::Session => (&*keyring, &mut self.entries),
        };
        let mine = from.iter().filter(|(name, _)| name.starts_with(account));
        into.extend(mine.map(|(name, secret)| (name.clone(), secret.clone())));
        self.assigned.insert(account.to_owned(), to);
        Reply::Done
    }
}
