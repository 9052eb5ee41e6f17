//! The vault's business: what was asked of it, what it is known to be, and what follows from its replies. Nothing
//! waits for the vault but an account whose password is in it.

use std::collections::BTreeMap;

use super::account::{Account, Link};
use super::commands::not_now;
use super::input::{Done, Ticket};
use super::{Phone, VaultUse};
use crate::base::{AccountId, Now, Secret};
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{PasswordPlace, VaultQuestion, VaultState};
use crate::port::RequestId;
use crate::port::vault::{Key, Place, Reply, Request, Slot, VaultError};

/// What is said of a wrong passphrase.
const WRONG: &str = "That is not the passphrase. Nothing was lost: type it again.";

/// What was asked of the vault, and its state.
#[derive(Debug)]
pub(super) struct Passwords {
    usage: VaultUse,
    pub(super) keyring: VaultState,
    pub(super) file: File,
    asked: BTreeMap<RequestId, (Place, Purpose)>,
    /// What could not be deleted, by UUID, with the address that it was for, and of an account that is gone which of its
    /// entries: tried again with the keyring.
    undeleted: Vec<(String, String, Option<Slot>)>,
    last: u64,
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
    /// Copy the entries of an account to this place.
    Move(AccountId),
    /// Forget that of an account which is gone, or those in a place that it has left.
    Forget {
        /// Its name in the vault.
        uuid: String,
        /// Its address, for sentences.
        address: String,
        /// Which of its entries; `None`: those in a place that it has left.
        slot: Option<Slot>,
    },
}

impl Passwords {
    pub(super) fn new(usage: VaultUse) -> Passwords {
        let keyring = match usage {
            VaultUse::Keyring => VaultState::Checking,
            VaultUse::Passphrase | VaultUse::Session => VaultState::Unused,
        };
        Passwords { usage, keyring, file: File::Unknown, asked: BTreeMap::new(), undeleted: Vec::new(), last: 0 }
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
            matches!(purpose, Purpose::Keep(_) | Purpose::Change(_) | Purpose::Forget { .. } | Purpose::Move(_))
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
    fn assign(&mut self, uuid: &str, place: Place) {
        if place != self.passwords.usual() {
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
        let Some(password) = account.unkept.clone().filter(|_| !account.demo) else { return false };
        let (uuid, place) = (account.record.uuid.clone(), self.passwords.place_of(account));
        self.assign(&uuid, place);
        let asked = self.passwords.ask(place, Purpose::Keep(id), Request::Put(key(&uuid), password));
        self.out.push_back(asked);
        true
    }

    /// The account is gone, and all its entries with it.
    pub(super) fn forget_passwords(&mut self, uuid: &str, address: &str) {
        for slot in Slot::OF_ACCOUNT {
            self.forget_entry(uuid, address, slot);
        }
    }

    fn forget_entry(&mut self, uuid: &str, address: &str, slot: Slot) {
        if !self.passwords.unused() {
            let purpose = Purpose::Forget { uuid: uuid.to_owned(), address: address.to_owned(), slot: Some(slot) };
            let request = Request::Delete(Key { account: uuid.to_owned(), slot });
            let asked = self.passwords.ask(self.passwords.usual(), purpose, request);
            self.out.push_back(asked);
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

    fn ask_vault(&mut self, id: AccountId, purpose: Purpose, request: Request) -> RequestId {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let place = account.map_or_else(|| self.passwords.usual(), |account| self.passwords.place_of(account));
        let asked = self.passwords.ask(place, purpose, request);
        self.out.push_back(asked);
        RequestId(self.passwords.last)
    }

    /// The person asks to try the keyring again.
    pub(super) fn retry_vault(&mut self) {
        if self.passwords.unused() {
            return;
        }
        if self.passwords.usage == VaultUse::Keyring {
            self.passwords.keyring = VaultState::Checking;
        }
        self.check_vault();
        for (uuid, address, slot) in std::mem::take(&mut self.passwords.undeleted) {
            self.forget_entry(&uuid, &address, slot.unwrap_or(Slot::Active));
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
            } else if account.unkept.is_some() && account.registered {
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

    /// The person wants all passwords in another place. False if that place is not open, or none is elsewhere.
    pub(super) fn move_passwords(&mut self, to: Place) -> bool {
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
            self.learn(place, &reply);
        }
        match purpose {
            Purpose::Check | Purpose::Assign => {}
            Purpose::Unlock(ticket) => self.vault_unlocked(ticket, &reply),
            Purpose::ReadChange(account, slot) => self.change_entry_read(now, account, slot, reply),
            Purpose::Change(account) => self.change_ordered(now, account, id, &reply),
            Purpose::Forget { uuid, address, slot } => self.password_forgotten(uuid, address, slot, &reply),
            Purpose::Load(account) => self.password_loaded(now, account, reply),
            Purpose::Keep(account) => self.password_kept(account, place, &reply),
            Purpose::Move(account) => self.password_moved(account, place, &reply),
        }
    }

    /// What a reply tells about the place that gave it.
    fn learn(&mut self, place: Place, reply: &Reply) {
        match (place, reply) {
            (Place::Session, _) => {}
            (Place::Keyring, Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Restored) => {
                self.passwords.keyring = VaultState::Ok;
            }
            (Place::Keyring, Reply::Failed(error)) => self.passwords.keyring = keyring_state(error),
            (Place::Passphrase, Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Restored) => {
                self.passwords.file = File::Open;
            }
            (Place::Passphrase, Reply::Failed(error)) => {
                if let Some(file) = file_state(error) {
                    self.passwords.file = file;
                }
            }
        }
    }

    fn vault_unlocked(&mut self, ticket: Option<Ticket>, reply: &Reply) {
        match reply {
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Failed(error) => {
                let problem = match error {
                    VaultError::WrongPassphrase => Problem::new(ProblemKind::WrongPassphrase, ""),
                    VaultError::ShortPassphrase => Problem::new(ProblemKind::ShortPassphrase, ""),
                    other => Problem::new(ProblemKind::PassphraseFileFailed, "").with_detail(other.to_string()),
                };
                if problem.kind == ProblemKind::WrongPassphrase {
                    self.answer_failure(ticket, problem);
                } else {
                    self.answer(ticket, Err(problem));
                }
            }
            Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Restored => {
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

    /// Whoever signed out believes that nothing is left: if that is not so, it is said.
    fn password_forgotten(&mut self, uuid: String, address: String, slot: Option<Slot>, reply: &Reply) {
        let Reply::Failed(error) = reply else { return };
        // Said once for each account: what goes for its password goes for its other entries.
        if slot.is_none_or(|slot| slot == Slot::Active) {
            let problem = Problem::new(ProblemKind::PasswordNotDeleted, address.as_str());
            self.out.push_back(Output::Event(Event::Refused(problem)));
        }
        // Stuck is not the end: the keyring may still do it.
        if *error != VaultError::Stuck {
            self.passwords.undeleted.push((uuid, address, slot));
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
                account.problem = None;
                self.begin_hosting(now, id);
                self.connect(now, id);
            }
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Absent => {
                account.problem = Some(Problem::new(ProblemKind::PasswordGone, account.address.shown()));
                account.link = Link::NeedsPassword;
            }
            Reply::Done | Reply::Restored | Reply::Failed(_) => account.link = Link::NeedsPassword,
        }
    }

    fn password_kept(&mut self, id: AccountId, place: Place, reply: &Reply) {
        let place = match (reply, place) {
            (Reply::Done, Place::Keyring) => PasswordPlace::Keyring,
            (Reply::Done, Place::Passphrase) => PasswordPlace::Passphrase,
            (Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Restored | Reply::Failed(_), _) => {
                PasswordPlace::Session
            }
        };
        if let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) {
            account.record.password = place;
            if place != PasswordPlace::Session {
                account.unkept = None;
            }
        }
        self.save_accounts();
        self.sign_in_kept(id, place);
    }

    /// The entries of an account are in another place as well; the driver uses that one from now on.
    fn password_moved(&mut self, id: AccountId, to: Place, reply: &Reply) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let (uuid, address) = (account.record.uuid.clone(), account.address.shown());
        match reply {
            Reply::Done => {
                let from = if to == Place::Keyring { Place::Passphrase } else { Place::Keyring };
                account.record.password =
                    if to == Place::Keyring { PasswordPlace::Keyring } else { PasswordPlace::Passphrase };
                self.save_accounts();
                let purpose = Purpose::Forget { uuid: uuid.clone(), address, slot: None };
                let asked = self.passwords.ask(from, purpose, Request::Erase { account: uuid, from });
                self.out.push_back(asked);
            }
            Reply::Failed(VaultError::Stuck) => {}
            Reply::Failed(_) | Reply::Found(_) | Reply::Absent | Reply::Restored => {
                let problem = Problem::new(ProblemKind::PasswordsNotMoved, address);
                self.out.push_back(Output::Event(Event::Refused(problem)));
            }
        }
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

    /// What the screens draw: the passphrase file where the person has to act on it, else the keyring.
    pub(super) fn vault_state(&self) -> VaultState {
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
    pub(super) fn vault_question(&self) -> Option<VaultQuestion> {
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

    /// The person wants passwords in memory only, and not to be asked again.
    pub(super) fn use_session(&mut self) -> bool {
        self.settings.session_only = true;
        self.out.push_back(Output::Save(super::documents::save_settings(&self.settings)));
        true
    }

    /// The person wants the passwords in the place in use now.
    pub(super) fn take_over(&mut self) -> bool {
        let to = if self.passwords.keyring == VaultState::Ok { Place::Keyring } else { Place::Passphrase };
        self.move_passwords(to)
    }
}

/// What a keyring's failure means.
fn keyring_state(error: &VaultError) -> VaultState {
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
