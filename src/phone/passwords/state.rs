//! What the vault is known to be: for the screens, and out of its errors.

use super::File;
use crate::phone::account::Account;
use crate::phone::view::{PasswordPlace, VaultQuestion, VaultState};
use crate::phone::{Phone, VaultUse};
use crate::port::vault::VaultError;

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
            | VaultState::Stuck
            | VaultState::Failed(_)
            | VaultState::FileOpen
            | VaultState::Unused => None,
        }
    }
}

/// What a keyring's failure means.
pub(super) fn keyring_state(error: &VaultError) -> VaultState {
    match error {
        VaultError::Missing => VaultState::Missing,
        VaultError::Locked => VaultState::Locked,
        VaultError::Stuck => VaultState::Stuck,
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
pub(super) fn file_state(error: &VaultError) -> Option<File> {
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
