//! Passwords move from one place to another, and what was left behind goes when the disk knows the new place.

use super::{File, Gone, Purpose};
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::documents;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{PasswordPlace, VaultState};
use crate::port::vault::{Place, Reply, Request, VaultError};

impl Phone {
    /// The person wants all passwords in another place. False if that place is not open, or none is elsewhere.
    pub(in crate::phone) fn move_passwords(&mut self, to: Place) -> bool {
        let (open, there) = match to {
            Place::Keyring => (self.passwords.keyring == VaultState::Ok, PasswordPlace::Keyring),
            Place::Passphrase => (self.passwords.file == File::Open, PasswordPlace::Passphrase),
            Place::Session => return false,
        };
        let kept = |account: &&Account| {
            let place = account.record.password;
            place != there && matches!(place, PasswordPlace::Keyring | PasswordPlace::Passphrase)
        };
        let all: Vec<_> = self.accounts.iter().filter(kept).map(|one| (one.id(), one.record.uuid.clone())).collect();
        if !open || all.is_empty() {
            return false;
        }
        for (id, account) in all {
            let asked = self.passwords.ask(to, Purpose::Move(id), Request::Move { account, to });
            self.out.push_back(asked);
        }
        true
    }

    /// The entries of an account are in another place as well; the driver uses that one from now on.
    pub(super) fn password_moved(&mut self, id: AccountId, to: Place, reply: &Reply) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let (uuid, address) = (account.record.uuid.clone(), account.address.shown());
        match reply {
            Reply::Done => {
                let from = if to == Place::Keyring { Place::Passphrase } else { Place::Keyring };
                account.record.password =
                    if to == Place::Keyring { PasswordPlace::Keyring } else { PasswordPlace::Passphrase };
                self.save_accounts();
                let after = self.passwords.saves.0;
                self.passwords.assigned.insert(uuid.clone(), to);
                self.passwords.left.push((after, Gone { uuid, address, from: Some(from) }));
            }
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Failed(_) | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored => {
                let problem = Problem::new(ProblemKind::PasswordsNotMoved, address);
                self.out.push_back(Output::Event(Event::Refused(problem)));
            }
        }
    }

    /// Whoever signed out believes that nothing is left: if that is not so, it is said.
    pub(super) fn password_forgotten(&mut self, gone: Gone, reply: &Reply) {
        let Reply::Failed(error) = reply else { return };
        let problem = Problem::new(ProblemKind::PasswordNotDeleted, gone.address.as_str());
        self.out.push_back(Output::Event(Event::Refused(problem)));
        // Stuck is not the end: the keyring may still do it.
        if *error != VaultError::Stuck {
            self.passwords.undeleted.push(gone);
        }
    }

    /// The accounts are about to be saved.
    pub(in crate::phone) fn saving_accounts(&mut self) {
        self.passwords.saves.0 += 1;
    }

    /// A save of the accounts was answered. Entries that were left behind go only when the disk knows the new place:
    /// whoever dies before finds them where the disk says they are.
    pub(in crate::phone) fn accounts_saved(&mut self, on_disk: bool) {
        self.passwords.saves.1 += 1;
        let answered = self.passwords.saves.1;
        if !on_disk {
            return;
        }
        let all = std::mem::take(&mut self.passwords.left);
        let (due, later): (Vec<_>, Vec<_>) = all.into_iter().partition(|(after, _)| *after <= answered);
        self.passwords.left = later;
        for (_, gone) in due {
            self.forget(gone);
        }
    }

    /// Where the person wants memory only, lines without a place have it: a password change needs one to work with.
    pub(in crate::phone) fn assign_session(&mut self) {
        let homeless = |account: &&Account| account.record.password == PasswordPlace::Session && !account.demo;
        let homeless: Vec<String> =
            self.accounts.iter().filter(homeless).map(|account| account.record.uuid.clone()).collect();
        if self.settings.session_only && !self.passwords.unused() {
            for uuid in homeless {
                self.assign(&uuid, Place::Session);
            }
        }
    }

    /// The person wants passwords in memory only, and not to be asked again.
    pub(in crate::phone) fn use_session(&mut self, now: Now) -> bool {
        self.settings.session_only = true;
        self.assign_session();
        self.out.push_back(Output::Save(documents::save_settings(&self.settings)));
        self.changes_go_on(now);
        true
    }

    /// The person wants the passwords in the place in use now.
    pub(in crate::phone) fn take_over(&mut self) -> bool {
        let to = if self.passwords.keyring == VaultState::Ok { Place::Keyring } else { Place::Passphrase };
        self.move_passwords(to)
    }
}
