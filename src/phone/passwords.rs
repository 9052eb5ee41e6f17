//! The vault's business: what was asked of it, what it is known to be, and what follows from its replies. Nothing
//! waits for the vault but an account whose password is in it.

use std::collections::BTreeMap;

use super::account::Link;
use super::{Phone, VaultUse};
use crate::base::{AccountId, Now, Secret};
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{PasswordPlace, VaultState};
use crate::port::RequestId;
use crate::port::vault::{Key, Reply, Request, Slot, VaultError};

/// What was asked of the vault, and its state.
#[derive(Debug)]
pub(super) struct Passwords {
    pub(super) state: VaultState,
    asked: BTreeMap<RequestId, Purpose>,
    /// What could not be deleted, by UUID, with the address that it was for: tried again with the keyring.
    undeleted: Vec<(String, String)>,
    last: u64,
}

/// Why something was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    /// Whether it works.
    Check,
    /// The password of an account at the start.
    Load(AccountId),
    /// Keep the password of an account.
    Keep(AccountId),
    /// Forget that of an account which is gone.
    Forget {
        /// Its name in the vault.
        uuid: String,
        /// Its address, for sentences.
        address: String,
    },
}

impl Passwords {
    pub(super) fn new(usage: VaultUse) -> Passwords {
        let state = match usage {
            VaultUse::Keyring => VaultState::Checking,
            VaultUse::Session => VaultState::Unused,
        };
        Passwords { state, asked: BTreeMap::new(), undeleted: Vec::new(), last: 0 }
    }

    fn ask(&mut self, purpose: Purpose, request: Request) -> Output {
        self.last += 1;
        let id = RequestId(self.last);
        self.asked.insert(id, purpose);
        Output::Vault(id, request)
    }

    fn unused(&self) -> bool {
        self.state == VaultState::Unused
    }

    /// Whether an answer of consequence is still to come: quitting waits a moment for it.
    pub(super) fn is_busy(&self) -> bool {
        self.asked.values().any(|purpose| matches!(purpose, Purpose::Keep(_) | Purpose::Forget { .. }))
    }
}

fn key(uuid: &str) -> Key {
    Key { account: uuid.to_owned(), slot: Slot::Active }
}

impl Phone {
    /// Whether the vault works: asked where nothing else tells.
    pub(super) fn check_vault(&mut self) {
        if !self.passwords.unused() {
            let asked = self.passwords.ask(Purpose::Check, Request::Check);
            self.out.push_back(asked);
        }
    }

    /// An account from disk wants its password.
    pub(super) fn load_password(&mut self, id: AccountId) {
        let usable = !self.passwords.unused();
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        if usable && account.record.password == PasswordPlace::Keyring {
            account.link = Link::AwaitingPassword;
            let asked = self.passwords.ask(Purpose::Load(id), Request::Get(key(&account.record.uuid)));
            self.out.push_back(asked);
        } else {
            account.link = Link::NeedsPassword;
        }
    }

    /// A password has proved right: keep it. False if there is no vault to keep it in.
    pub(super) fn keep_password(&mut self, id: AccountId) -> bool {
        if self.passwords.unused() {
            return false;
        }
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return false };
        let Some(password) = account.unkept.clone().filter(|_| !account.demo) else { return false };
        let asked = self.passwords.ask(Purpose::Keep(id), Request::Put(key(&account.record.uuid), password));
        self.out.push_back(asked);
        true
    }

    /// The account is gone, and its password with it.
    pub(super) fn forget_password(&mut self, uuid: &str, address: &str) {
        if !self.passwords.unused() {
            let purpose = Purpose::Forget { uuid: uuid.to_owned(), address: address.to_owned() };
            let asked = self.passwords.ask(purpose, Request::Delete(key(uuid)));
            self.out.push_back(asked);
        }
    }

    /// The person asks to try the keyring again.
    pub(super) fn retry_vault(&mut self) {
        if self.passwords.unused() {
            return;
        }
        self.passwords.state = VaultState::Checking;
        self.check_vault();
        for (uuid, address) in std::mem::take(&mut self.passwords.undeleted) {
            self.forget_password(&uuid, &address);
        }
        let ids: Vec<AccountId> = self.accounts.iter().map(super::account::Account::id).collect();
        for id in ids {
            let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { continue };
            if account.link == Link::NeedsPassword {
                self.load_password(id);
            } else if account.unkept.is_some() && account.registered {
                self.keep_password(id);
            }
        }
    }

    /// The vault has replied. This is the one place where replies that nobody waits for are dropped.
    pub(super) fn on_vault(&mut self, now: Now, id: RequestId, reply: Reply) {
        // Stuck is not the outcome: the true one comes later, if ever, and is waited for.
        let purpose = if reply == Reply::Failed(VaultError::Stuck) {
            self.passwords.asked.get(&id).cloned()
        } else {
            self.passwords.asked.remove(&id)
        };
        let Some(purpose) = purpose else { return };
        self.passwords.state = match &reply {
            Reply::Done | Reply::Found(_) | Reply::Absent => VaultState::Ok,
            Reply::Failed(error) => vault_state(error),
        };
        match purpose {
            Purpose::Check => {}
            Purpose::Forget { uuid, address } => self.password_forgotten(uuid, address, &reply),
            Purpose::Load(account) => self.password_loaded(now, account, reply),
            Purpose::Keep(account) => self.password_kept(account, &reply),
        }
    }

    /// Whoever signed out believes that nothing is left: if that is not so, it is said.
    fn password_forgotten(&mut self, uuid: String, address: String, reply: &Reply) {
        let Reply::Failed(error) = reply else { return };
        let problem = Problem::new(ProblemKind::PasswordNotDeleted, address.as_str());
        self.out.push_back(Output::Event(Event::Refused(problem)));
        // Stuck is not the end: the keyring may still do it.
        if *error != VaultError::Stuck {
            self.passwords.undeleted.push((uuid, address));
        }
    }

    fn password_loaded(&mut self, now: Now, id: AccountId, reply: Reply) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        if let (Reply::Found(password), true) = (&reply, self.host.is_quiet(id)) {
            // An emergency call has the line: it registers when that is over.
            return account.set_password(password);
        }
        if account.link != Link::AwaitingPassword && account.link != Link::NeedsPassword {
            return;
        }
        match reply {
            Reply::Found(password) => {
                account.set_password(&password);
                self.connect(now, id);
            }
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Absent | Reply::Done | Reply::Failed(_) => account.link = Link::NeedsPassword,
        }
    }

    fn password_kept(&mut self, id: AccountId, reply: &Reply) {
        let place = match reply {
            Reply::Done => PasswordPlace::Keyring,
            Reply::Found(_) | Reply::Absent | Reply::Failed(_) => PasswordPlace::Session,
        };
        if let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) {
            account.record.password = place;
            if place == PasswordPlace::Keyring {
                account.unkept = None;
            }
        }
        self.save_accounts();
        self.sign_in_kept(id, place);
    }

    /// The person typed the password of an account again.
    pub(super) fn give_password(&mut self, now: Now, id: AccountId, password: Secret<String>) -> bool {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return false };
        account.set_password(&password);
        account.unkept = Some(password);
        account.problem = None;
        self.reconnect(now, id);
        true
    }
}

fn vault_state(error: &VaultError) -> VaultState {
    match error {
        VaultError::Missing => VaultState::Missing,
        VaultError::Locked => VaultState::Locked,
        VaultError::Stuck => VaultState::Stuck,
        VaultError::Denied
        | VaultError::Ambiguous(_)
        | VaultError::Corrupt
        | VaultError::TooLong
        | VaultError::Other(_) => VaultState::Failed(error.to_string()),
    }
}
