//! What the vault is known to be: for the screens, and out of its errors.

use std::time::Duration;

use super::{File, Purpose};
use crate::base::{Mono, Now};
use crate::phone::account::{Account, Link};
use crate::phone::view::{PasswordPlace, VaultQuestion, VaultState};
use crate::phone::{Phone, VaultUse};
use crate::port::vault::{Place, Reply, VaultError};

/// The keyring has not answered for two seconds when that is told: after so long more it has not for a minute.
const STUCK: Duration = Duration::from_secs(58);

/// After so long without an answer it is stuck.
const MINUTE: Duration = Duration::from_mins(1);

/// What is said of a wrong passphrase.
const WRONG: &str = "That is not the passphrase. Nothing was lost: type it again.";

impl Phone {
    /// What the screens draw: the passphrase file where the person has to act on it, else the keyring.
    pub(in crate::phone) fn vault_state(&self) -> VaultState {
        let passwords = &self.passwords;
        let in_file = |account: &Account| account.record.password == PasswordPlace::Passphrase;
        let file_matters = passwords.usage == VaultUse::Passphrase || self.accounts.iter().any(in_file);
        match &passwords.file {
            _ if passwords.unused() => VaultState::Unused,
            File::Opening => VaultState::Unlocking,
            File::Wrong => VaultState::WrongPassphrase,
            File::Absent if file_matters => VaultState::NoFile,
            File::Closed if file_matters => VaultState::NeedsPassphrase,
            File::Failed(why) if file_matters => VaultState::Failed(why.clone()),
            File::Open if file_matters || passwords.keyring != VaultState::Ok => VaultState::FileOpen,
            File::Unknown if passwords.usage == VaultUse::Passphrase => VaultState::Checking,
            File::Unknown | File::Absent | File::Closed | File::Failed(_) | File::Open => passwords.keyring.clone(),
        }
    }

    /// What the person is asked about the place of the passwords, if anything.
    pub(in crate::phone) fn vault_question(&self) -> Option<VaultQuestion> {
        let passwords = &self.passwords;
        let in_file = self.accounts.iter().filter(|one| one.record.password == PasswordPlace::Passphrase).count();
        match self.vault_state() {
            VaultState::Unlocking => Some(VaultQuestion::Working),
            VaultState::NoFile => Some(VaultQuestion::Choose),
            VaultState::NeedsPassphrase => Some(VaultQuestion::Unlock(None)),
            VaultState::WrongPassphrase => Some(VaultQuestion::Unlock(Some(WRONG.to_owned()))),
            VaultState::Missing if !self.settings.session_only => Some(VaultQuestion::Choose),
            VaultState::FileOpen if in_file > 0 && passwords.keyring == VaultState::Ok => Some(VaultQuestion::Moved {
                from: "the file under your passphrase".to_owned(),
                to: "the system keyring".to_owned(),
            }),
            VaultState::Checking
            | VaultState::Ok
            | VaultState::Locked
            | VaultState::Missing
            | VaultState::Waiting
            | VaultState::Stuck
            | VaultState::Failed(_)
            | VaultState::FileOpen
            | VaultState::Unused => None,
        }
    }
}

impl Phone {
    /// What a reply tells about the place that gave it.
    pub(super) fn learn(&mut self, now: Now, place: Place, reply: &Reply) {
        match (place, reply) {
            (Place::Session, _) => {}
            (Place::Keyring, Reply::Failed(VaultError::Stuck)) => {
                // One that is stuck does not get better by another request that waits.
                if self.passwords.keyring != VaultState::Stuck {
                    self.passwords.keyring = VaultState::Waiting;
                    self.passwords.stuck_at.get_or_insert(now.mono + STUCK);
                }
            }
            (
                Place::Keyring,
                Reply::Done
                | Reply::Found(_)
                | Reply::Absent
                | Reply::Several(_)
                | Reply::Restored
                // Of one line only; the keyring itself works.
                | Reply::Failed(VaultError::Ambiguous(_)),
            ) => {
                self.passwords.keyring = VaultState::Ok;
                self.still_waited_for(now);
            }
            (Place::Keyring, Reply::Failed(error)) => {
                self.passwords.keyring = keyring_state(error);
                self.still_waited_for(now);
            }
            (
                Place::Passphrase,
                Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored,
            ) => {
                self.passwords.file = File::Open;
            }
            (Place::Passphrase, Reply::Failed(error)) => {
                if let Some(file) = file_state(error) {
                    self.passwords.file = file;
                }
            }
        }
    }

    /// A place was looked at: if it works, changes that had none go on.
    pub(super) fn vault_works(&mut self, now: Now, reply: &Reply) {
        match reply {
            Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored => {
                self.changes_go_on(now);
            }
            Reply::Failed(_) => {}
        }
    }

    /// The keyring has answered to one request. It says only once of each other one that it does not: whoever waits
    /// for that waits another minute.
    fn still_waited_for(&mut self, now: Now) {
        let of_keyring = |(place, purpose): &(Place, Purpose)| *place == Place::Keyring && *purpose != Purpose::Assign;
        let waits = self.passwords.asked.values().any(of_keyring);
        self.passwords.stuck_at = waits.then_some(now.mono + MINUTE);
    }

    /// The keyring has not answered for a minute (account-security 5.3): lines that wait for their password ask the
    /// person for it. If it answers after all, they take its answer, unless the person was faster.
    pub(in crate::phone) fn vault_timeout(&mut self, now: Now) {
        if self.passwords.stuck_at.is_none_or(|at| at > now.mono) {
            return;
        }
        self.passwords.stuck_at = None;
        self.passwords.keyring = VaultState::Stuck;
        let waits = |account: &&mut Account| {
            account.link == Link::AwaitingPassword && account.record.password == PasswordPlace::Keyring
        };
        for account in self.accounts.iter_mut().filter(waits) {
            account.link = Link::NeedsPassword;
        }
    }

    /// When the keyring counts as stuck.
    pub(in crate::phone) fn vault_next_timeout(&self) -> Option<(Mono, &'static str)> {
        self.passwords.stuck_at.map(|at| (at, "the keyring"))
    }
}

/// What a keyring's failure means.
fn keyring_state(error: &VaultError) -> VaultState {
    match error {
        VaultError::Missing => VaultState::Missing,
        VaultError::Locked => VaultState::Locked,
        // Stuck when that has lasted.
        VaultError::Stuck => VaultState::Waiting,
        VaultError::NoFile
        | VaultError::NeedsPassphrase
        | VaultError::WrongPassphrase
        | VaultError::ShortPassphrase
        | VaultError::Denied
        | VaultError::Ambiguous(_)
        | VaultError::Corrupt
        | VaultError::TooLong
        | VaultError::Other(_) => VaultState::Failed(error.to_string()),
    }
}

/// What a passphrase file's failure means; `None` if it tells nothing about its state.
fn file_state(error: &VaultError) -> Option<File> {
    match error {
        VaultError::NoFile | VaultError::ShortPassphrase => Some(File::Absent),
        VaultError::NeedsPassphrase => Some(File::Closed),
        VaultError::WrongPassphrase => Some(File::Wrong),
        VaultError::Stuck => None,
        VaultError::Missing
        | VaultError::Locked
        | VaultError::Denied
        | VaultError::Ambiguous(_)
        | VaultError::Corrupt
        | VaultError::TooLong
        | VaultError::Other(_) => Some(File::Failed(error.to_string())),
    }
}
