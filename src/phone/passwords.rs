//! The vault's business: what was asked of it, what it is known to be, and what follows from its replies. Nothing
//! waits for the vault but an account whose password is in it.

mod moving;
mod several;
mod state;

use std::collections::BTreeMap;

use super::account::{Account, Link};
use super::commands::not_now;
use super::input::{Done, Ticket};
use super::{Phone, VaultUse};
use crate::base::{AccountId, Mono, Now, Secret};
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{PasswordPlace, VaultState};
use crate::port::RequestId;
use crate::port::vault::{Key, Place, Reply, Request, Slot, VaultError};

/// What was asked of the vault, and its state.
#[derive(Debug)]
pub(super) struct Passwords {
    usage: VaultUse,
    pub(super) keyring: VaultState,
    /// The keyring does not answer: it counts as stuck from then on.
    stuck_at: Option<Mono>,
    pub(super) file: File,
    asked: BTreeMap<RequestId, (Place, Purpose)>,
    /// Where accounts are that are not in the usual place.
    assigned: BTreeMap<String, Place>,
    /// Lines whose name several entries answer to.
    pub(super) several: BTreeMap<AccountId, several::Several>,
    /// What could not be deleted: tried again with the vault.
    undeleted: Vec<Gone>,
    /// What is to be erased at the place that an account has left, as soon as the disk knows its new one: when so many
    /// saves were answered.
    left: Vec<(u64, Gone)>,
    /// Saves of the accounts: how many were asked for, and how many of them were answered.
    saves: (u64, u64),
    last: u64,
}

/// Entries that nobody needs any more.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Gone {
    uuid: String,
    /// The account's address, for sentences.
    address: String,
    /// The place that the account has left; none: the account itself is gone.
    from: Option<Place>,
}

/// The passphrase file, as far as is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum File {
    /// Nobody has asked.
    Unknown,
    /// There is none yet.
    Absent,
    /// Its passphrase is not known.
    Closed,
    /// What was typed is not its passphrase.
    Wrong,
    /// It is being opened.
    Opening,
    Open,
    /// It does not work, in words.
    Failed(String),
}

/// Why something was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    /// Whether it works.
    Check,
    /// Open the passphrase file.
    Unlock(Option<Ticket>),
    /// Which place an account's entries are in.
    Assign,
    /// The password of an account at the start.
    Load(AccountId),
    /// Keep the password of an account.
    Keep(AccountId),
    /// What a password change left behind, at the start.
    ReadChange(AccountId, Slot),
    /// A password change wants it.
    Change(AccountId),
    /// This computer's key for signing changes.
    KeepDeviceKey(AccountId),
    /// Copy the entries of an account to this place.
    Move(AccountId),
    /// Read the entries under one name, or let one of them stay.
    Several(AccountId),
    /// Forget all entries of an account which is gone, or those in a place that it has left.
    Forget(Gone),
}

impl Passwords {
    pub(super) fn new(usage: VaultUse) -> Passwords {
        let keyring = match usage {
            VaultUse::Keyring => VaultState::Checking,
            VaultUse::Passphrase | VaultUse::Session => VaultState::Unused,
        };
        Passwords {
            usage,
            keyring,
            stuck_at: None,
            file: File::Unknown,
            asked: BTreeMap::new(),
            assigned: BTreeMap::new(),
            several: BTreeMap::new(),
            undeleted: Vec::new(),
            left: Vec::new(),
            saves: (0, 0),
            last: 0,
        }
    }

    fn ask(&mut self, place: Place, purpose: Purpose, request: Request) -> Output {
        self.last += 1;
        let id = RequestId(self.last);
        self.asked.insert(id, (place, purpose));
        Output::Vault(id, request)
    }

    /// Whether the person wants no vault that lasts.
    pub(super) fn unused(&self) -> bool {
        self.usage == VaultUse::Session
    }

    /// Where the driver looks for the entries of an account that was not assigned.
    const fn usual(&self) -> Place {
        match self.usage {
            VaultUse::Keyring => Place::Keyring,
            VaultUse::Passphrase => Place::Passphrase,
            VaultUse::Session => Place::Session,
        }
    }

    /// Where the driver looks for the entries of this account.
    fn route(&self, uuid: &str) -> Place {
        self.assigned.get(uuid).copied().unwrap_or(self.usual())
    }

    /// Where an account's password is, or is to be kept: where it was, unless that is a keyring which does not work
    /// while the passphrase file does.
    fn place_of(&self, account: &Account) -> Place {
        let place = match account.record.password {
            PasswordPlace::Keyring => Place::Keyring,
            PasswordPlace::Passphrase => Place::Passphrase,
            PasswordPlace::Session | PasswordPlace::NotNeeded => self.usual(),
        };
        let works = matches!(self.keyring, VaultState::Ok | VaultState::Checking);
        if place == Place::Keyring && !works && self.file == File::Open { Place::Passphrase } else { place }
    }

    /// Whether an answer of consequence is still to come: quitting waits a moment for it.
    pub(super) fn is_busy(&self) -> bool {
        let matters = |purpose: &Purpose| {
            matches!(
                purpose,
                Purpose::Keep(_)
                    | Purpose::Change(_)
                    | Purpose::KeepDeviceKey(_)
                    | Purpose::Forget(_)
                    | Purpose::Move(_)
                    | Purpose::Several(_)
            )
        };
        self.asked.values().any(|(_, purpose)| matters(purpose))
    }
}

fn key(uuid: &str) -> Key {
    Key { account: uuid.to_owned(), slot: Slot::Active }
}

impl Phone {
    /// Whether the vault works: asked where nothing else tells.
    pub(super) fn check_vault(&mut self) {
        if !self.passwords.unused() {
            let asked = self.passwords.ask(self.passwords.usual(), Purpose::Check, Request::Check);
            self.out.push_back(asked);
        }
    }

    /// Tells the driver where the entries of an account are, if it cannot know.
    pub(super) fn assign(&mut self, uuid: &str, place: Place) {
        if self.passwords.route(uuid) != place {
            self.passwords.assigned.insert(uuid.to_owned(), place);
            let asked = self.passwords.ask(place, Purpose::Assign, Request::Assign(uuid.to_owned(), place));
            self.out.push_back(asked);
        }
    }

    /// An account from disk wants its password.
    pub(super) fn load_password(&mut self, id: AccountId) {
        let usable = !self.passwords.unused();
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let place = match account.record.password {
            PasswordPlace::Keyring if self.passwords.usage == VaultUse::Keyring => Place::Keyring,
            PasswordPlace::Passphrase if usable => Place::Passphrase,
            // One that is in a keyring which is not to be used is typed again.
            PasswordPlace::Keyring | PasswordPlace::Passphrase | PasswordPlace::Session | PasswordPlace::NotNeeded => {
                account.link = Link::NeedsPassword;
                return;
            }
        };
        account.link = Link::AwaitingPassword;
        let uuid = account.record.uuid.clone();
        self.assign(&uuid, place);
        let asked = self.passwords.ask(place, Purpose::Load(id), Request::Get(key(&uuid)));
        self.out.push_back(asked);
    }

    /// A password has proved right: keep it. False if there is no vault to keep it in.
    pub(super) fn keep_password(&mut self, id: AccountId) -> bool {
        if self.passwords.unused() {
            return false;
        }
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return false };
        let in_use = account.auth.as_ref().map(|auth| auth.password());
        // One that was typed, and is not what the line signs in with, has proved nothing.
        let unkept = account.unkept.as_ref().filter(|unkept| !account.demo && Some(*unkept) == in_use);
        let Some(password) = unkept.cloned() else { return false };
        let (uuid, place) = (account.record.uuid.clone(), self.passwords.place_of(account));
        self.assign(&uuid, place);
        let asked = self.passwords.ask(place, Purpose::Keep(id), Request::Put(key(&uuid), password));
        self.out.push_back(asked);
        true
    }

    /// Where the vault was asked to keep an account's password and has not answered yet.
    pub(super) fn keeping_at(&self, account: &Account) -> Option<PasswordPlace> {
        let asked = self.passwords.asked.values().find(|(_, purpose)| *purpose == Purpose::Keep(account.id()));
        match asked.map(|(place, _)| place)? {
            Place::Keyring => Some(PasswordPlace::Keyring),
            Place::Passphrase => Some(PasswordPlace::Passphrase),
            Place::Session => None,
        }
    }

    /// The account is gone, and all its entries with it.
    pub(super) fn forget_passwords(&mut self, uuid: &str, address: &str) {
        if !self.passwords.unused() {
            self.forget(Gone { uuid: uuid.to_owned(), address: address.to_owned(), from: None });
        }
    }

    /// Reads what a password change left behind; [`Phone::change_entry_read`] hears the reply.
    pub(super) fn ask_vault_to_read(&mut self, id: AccountId, slot: Slot) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let key = Key { account: account.record.uuid.clone(), slot };
        self.ask_vault(id, Purpose::ReadChange(id, slot), Request::Get(key));
    }

    /// Does what a password change wants; [`Phone::change_ordered`] hears the reply.
    pub(super) fn ask_vault_for_change(&mut self, id: AccountId, request: Request) -> RequestId {
        self.ask_vault(id, Purpose::Change(id), request)
    }

    /// Keeps this computer's key; [`Phone::device_key_kept`] hears the reply.
    pub(super) fn put_device_key(&mut self, id: AccountId, request: Request) {
        self.ask_vault(id, Purpose::KeepDeviceKey(id), request);
    }

    fn ask_vault(&mut self, id: AccountId, purpose: Purpose, request: Request) -> RequestId {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let place = account.map_or(self.passwords.usual(), |account| self.passwords.route(&account.record.uuid));
        let asked = self.passwords.ask(place, purpose, request);
        self.out.push_back(asked);
        RequestId(self.passwords.last)
    }

    /// Lets a password change keep its entries where the account's password is, or in memory only; the place, as
    /// accounts have it.
    pub(super) fn assign_for_change(&mut self, id: AccountId, session: bool) -> PasswordPlace {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else {
            return PasswordPlace::Session;
        };
        let place = if session { Place::Session } else { self.passwords.place_of(account) };
        let uuid = account.record.uuid.clone();
        self.assign(&uuid, place);
        match place {
            Place::Keyring => PasswordPlace::Keyring,
            Place::Passphrase => PasswordPlace::Passphrase,
            Place::Session => PasswordPlace::Session,
        }
    }

    fn forget(&mut self, gone: Gone) {
        let from = gone.from.unwrap_or(self.passwords.route(&gone.uuid));
        let request = Request::Erase { account: gone.uuid.clone(), from };
        let asked = self.passwords.ask(from, Purpose::Forget(gone), request);
        self.out.push_back(asked);
    }

    /// The person asks to try the keyring again.
    pub(super) fn retry_vault(&mut self) {
        if self.passwords.unused() {
            return;
        }
        if self.passwords.usage == VaultUse::Keyring {
            self.passwords.keyring = VaultState::Checking;
            self.passwords.stuck_at = None;
        }
        self.check_vault();
        for gone in std::mem::take(&mut self.passwords.undeleted) {
            self.forget(gone);
        }
        self.load_and_keep();
    }

    /// The vault may work now: accounts without a password ask for theirs, and those that hold one give it away.
    fn load_and_keep(&mut self) {
        let ids: Vec<AccountId> = self.accounts.iter().map(Account::id).collect();
        for id in ids {
            let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { continue };
            if account.link == Link::NeedsPassword {
                self.load_password(id);
            } else if account.unkept.is_some() && account.may_keep() {
                self.keep_password(id);
            }
        }
    }

    /// The person typed the passphrase of the file, or chose one for a new file.
    pub(super) fn unlock_vault(&mut self, ticket: Option<Ticket>, passphrase: Secret<String>) {
        if self.passwords.unused() {
            return self.answer(ticket, Err(not_now("")));
        }
        self.passwords.file = File::Opening;
        let asked = self.passwords.ask(Place::Passphrase, Purpose::Unlock(ticket), Request::Unlock(passphrase));
        self.out.push_back(asked);
    }

    /// The vault has replied. This is the one place where replies that nobody waits for are dropped.
    pub(super) fn on_vault(&mut self, now: Now, id: RequestId, reply: Reply) {
        // Stuck is not the outcome: the true one comes later, if ever, and is waited for.
        let asked = if reply == Reply::Failed(VaultError::Stuck) {
            self.passwords.asked.get(&id).cloned()
        } else {
            self.passwords.asked.remove(&id)
        };
        let Some((place, purpose)) = asked else { return };
        if purpose != Purpose::Assign {
            self.learn(now, place, &reply);
        }
        match purpose {
            Purpose::Assign => {}
            Purpose::Check => self.vault_works(now, &reply),
            Purpose::Unlock(ticket) => {
                self.vault_unlocked(ticket, &reply);
                self.vault_works(now, &reply);
            }
            Purpose::ReadChange(account, slot) => self.change_entry_read(now, account, slot, reply),
            Purpose::Change(account) => self.change_ordered(now, account, id, &reply),
            Purpose::KeepDeviceKey(account) => self.device_key_kept(account, &reply),
            Purpose::Forget(gone) => self.password_forgotten(gone, &reply),
            Purpose::Load(account) => self.password_loaded(now, account, reply),
            Purpose::Keep(account) => self.password_kept(now, account, place, &reply),
            Purpose::Several(account) => self.several_replied(now, account, reply),
            Purpose::Move(account) => self.password_moved(account, place, &reply),
        }
    }

    fn vault_unlocked(&mut self, ticket: Option<Ticket>, reply: &Reply) {
        match reply {
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Failed(error) => {
                let problem = match error {
                    VaultError::WrongPassphrase => Problem::new(ProblemKind::WrongPassphrase, ""),
                    VaultError::ShortPassphrase => Problem::new(ProblemKind::ShortPassphrase, ""),
                    VaultError::Missing
                    | VaultError::Locked
                    | VaultError::NoFile
                    | VaultError::NeedsPassphrase
                    | VaultError::Denied
                    | VaultError::Stuck
                    | VaultError::Ambiguous(_)
                    | VaultError::Corrupt
                    | VaultError::TooLong
                    | VaultError::Other(_) => {
                        Problem::new(ProblemKind::PassphraseFileFailed, "").with_detail(error.to_string())
                    }
                };
                if problem.kind == ProblemKind::WrongPassphrase {
                    self.answer_failure(ticket, problem);
                } else {
                    self.answer(ticket, Err(problem));
                }
            }
            Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored => {
                if *reply == Reply::Restored {
                    let problem = Problem::new(ProblemKind::PassphraseFileRestored, "");
                    self.out.push_back(Output::Event(Event::Refused(problem)));
                }
                if std::mem::take(&mut self.settings.session_only) {
                    self.out.push_back(Output::Save(super::documents::save_settings(&self.settings)));
                }
                self.answer(ticket, Ok(Done::Ok));
                self.load_and_keep();
            }
        }
    }

    fn password_loaded(&mut self, now: Now, id: AccountId, reply: Reply) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        if let (Reply::Found(password), true) = (&reply, self.host.is_quiet(id)) {
            // An emergency call has the line: it registers when that is over.
            account.set_password(password);
            account.unkept = None;
            return;
        }
        if account.link != Link::AwaitingPassword && account.link != Link::NeedsPassword {
            return;
        }
        match reply {
            Reply::Found(password) => {
                account.set_password(&password);
                // What was typed before was refused, or the keyring would not have been asked.
                (account.unkept, account.problem) = (None, None);
                self.not_several(id);
                self.begin_hosting(now, id);
                self.connect(now, id);
            }
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Absent => {
                account.problem = Some(Problem::new(ProblemKind::PasswordGone, account.address.shown()));
                account.link = Link::NeedsPassword;
            }
            Reply::Failed(VaultError::Ambiguous(count)) => {
                account.problem = Some(Problem::new(ProblemKind::SeveralPasswords, account.address.shown()));
                account.link = Link::NeedsPassword;
                self.several_seen(now, id, count);
            }
            Reply::Done | Reply::Several(_) | Reply::Restored | Reply::Failed(_) => {
                account.link = Link::NeedsPassword;
            }
        }
    }

    fn password_kept(&mut self, now: Now, id: AccountId, place: Place, reply: &Reply) {
        if let Reply::Failed(VaultError::Ambiguous(count)) = reply {
            // It stays in memory, and the next start looks into the keyring again.
            self.several_seen(now, id, *count);
            let kept_there =
                |account: &Account| account.id() == id && account.record.password == PasswordPlace::Keyring;
            if self.accounts.iter().any(kept_there) {
                return self.sign_in_kept(id, PasswordPlace::Session);
            }
        } else if *reply == Reply::Done {
            self.not_several(id);
        }
        let place = match (reply, place) {
            (Reply::Done, Place::Keyring) => PasswordPlace::Keyring,
            (Reply::Done, Place::Passphrase) => PasswordPlace::Passphrase,
            (
                Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored | Reply::Failed(_),
                _,
            ) => PasswordPlace::Session,
        };
        if let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) {
            account.record.password = place;
            if place != PasswordPlace::Session {
                account.unkept = None;
            }
        }
        self.assign_session();
        self.save_accounts();
        self.sign_in_kept(id, place);
    }

    /// The person typed the password of an account again.
    pub(super) fn give_password(&mut self, now: Now, id: AccountId, password: Secret<String>) -> bool {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return false };
        account.set_password(&password);
        account.unkept = Some(password);
        account.problem = None;
        // The person was faster than the vault: its answer tells no more than whether it works.
        for (_, purpose) in self.passwords.asked.values_mut().filter(|(_, purpose)| *purpose == Purpose::Load(id)) {
            *purpose = Purpose::Check;
        }
        if self.stop_trying_several(id) {
            self.forget_probes(id);
            if let Some(account) = self.account(id) {
                account.probe_first = false;
            }
            self.begin_hosting(now, id);
        }
        self.reconnect(now, id);
        true
    }
}
