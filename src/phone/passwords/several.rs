//! Several entries of the keyring answer to one line's name (account-security 5.3): another program has written one, or
//! an old copy of the keyring was merged into it. The keyring then gives out none and takes none.
//!
//! ```text
//!   Found ── the person: "use the one that works" ──► Reading ──► Trying ── one is accepted ──► Proven
//!     │                                                              └───── all are refused ──► NoneWorks
//!     └── the registrar took the password that was typed ── the person: "delete the others" ──► Reading ──► Deleting
//! ```
//!
//! The phone does not guess. Each entry, the newest first, is put before the provider by the machine of the password
//! change as one that the person gave (3.3): within the line's budget, across restarts too, and with the same patience
//! where nobody answers. The line does not register by itself meanwhile. Nothing is written and nothing deleted before
//! the person says so, and then only what was listed a moment ago, beside a password that the provider has accepted.

use std::collections::VecDeque;

use super::{Purpose, key};
use crate::base::{AccountId, Now, Secret};
use crate::phone::Phone;
use crate::phone::account::{Account, Link};
use crate::phone::commands::not_now;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::password_change::input::Person;
use crate::phone::password_change::{Input, Status};
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::security::words::is_open;
use crate::phone::view::{KeptPasswords, KeptState, PasswordPlace};
use crate::port::vault::{Listed, Reply, Request, VaultError};

/// What is known of a line whose name several entries answer to.
#[derive(Debug)]
pub(in crate::phone) struct Several {
    count: usize,
    stage: Stage,
    /// The one that the provider has accepted of them.
    proven: Option<Secret<String>>,
}

#[derive(Debug)]
enum Stage {
    /// The person has not said anything, or one of them was accepted.
    Found,
    /// They are being read, to do this.
    Reading(What),
    /// One of them is before the provider.
    Trying {
        /// Those that come after it.
        left: VecDeque<Secret<String>>,
        /// Whether the machine was given it.
        given: bool,
    },
    /// It has refused all.
    NoneWorks,
    /// The one that holds this is to be the only one; the others are being deleted.
    Deleting(Secret<String>),
}

/// What the entries are read for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum What {
    Try,
    Delete,
}

impl Phone {
    /// The keyring has said so.
    pub(in crate::phone) fn several_seen(&mut self, now: Now, id: AccountId, count: usize) {
        let several = self.passwords.several.entry(id);
        let is_new = matches!(several, std::collections::btree_map::Entry::Vacant(_));
        let several = several.or_insert(Several { count, stage: Stage::Found, proven: None });
        several.count = count;
        if matches!(several.stage, Stage::NoneWorks) {
            several.stage = Stage::Found;
        }
        if is_new {
            self.note(now, id, "keyring_several", format!("The keyring holds {count} passwords for this line."));
        }
    }

    /// The keyring gave out, or took, the one that there is.
    pub(super) fn not_several(&mut self, id: AccountId) {
        self.passwords.several.remove(&id);
    }

    /// What the screens draw of it.
    pub(in crate::phone) fn kept_passwords(&self, account: &Account) -> Option<KeptPasswords> {
        let several = self.passwords.several.get(&account.id())?;
        let state = match &several.stage {
            Stage::Deleting(_) | Stage::Reading(What::Delete) => KeptState::Deleting,
            Stage::Reading(What::Try) | Stage::Trying { .. } => KeptState::Trying,
            Stage::Found | Stage::NoneWorks if several.proves(account).is_some() => KeptState::Works,
            Stage::Found => KeptState::Found,
            Stage::NoneWorks => KeptState::NoneWorks,
        };
        let hosted = self.security.changes.get(&account.id());
        let waits = hosted.filter(|hosted| matches!(hosted.status(), Status::Waiting { .. }));
        let until = waits.filter(|_| state == KeptState::Trying).and_then(|hosted| hosted.until());
        let can_be_tried =
            matches!(state, KeptState::Found | KeptState::NoneWorks) && self.why_none_is_tried(account).is_none();
        Some(KeptPasswords { count: several.count, state, can_be_tried, until })
    }

    /// "Use the one that works".
    pub(in crate::phone) fn try_kept(&mut self, id: AccountId) -> Result<(), Problem> {
        let account = self.accounts.iter().find(|account| account.id() == id).ok_or_else(|| not_now(""))?;
        if let Some(why) = self.why_none_is_tried(account) {
            return Err(Problem::new(why, account.address.shown()));
        }
        self.read_several(id, KeptState::Found, What::Try)
    }

    /// Why none of them can be tried now, if that is so.
    fn why_none_is_tried(&self, account: &Account) -> Option<ProblemKind> {
        // One that is merely not connected has a password.
        if !needs_one(account) {
            return Some(ProblemKind::NotNow);
        }
        // A change finds out by itself what is in force.
        let is_changing = match self.security.changes.get(&account.id()).filter(|hosted| hosted.has_begun()) {
            Some(hosted) => hosted.machine().txn().is_some() || !hosted.machine().can_be_given(),
            None => self.security.journal.accounts.get(&account.record.uuid).is_some_and(is_open),
        };
        is_changing.then_some(ProblemKind::ChangeUnderWay)
    }

    /// "Delete the others": what the line signs in with is proven.
    pub(in crate::phone) fn delete_others(&mut self, id: AccountId) -> Result<(), Problem> {
        self.read_several(id, KeptState::Works, What::Delete)
    }

    fn read_several(&mut self, id: AccountId, from: KeptState, what: What) -> Result<(), Problem> {
        let account = self.accounts.iter().find(|account| account.id() == id).ok_or_else(|| not_now(""))?;
        let state = self.kept_passwords(account).map(|kept| kept.state);
        // What was refused a while ago may be right by now.
        let again = from == KeptState::Found && state == Some(KeptState::NoneWorks);
        if state != Some(from) && !again {
            return Err(not_now(""));
        }
        let request = Request::List(key(&account.record.uuid));
        if let Some(several) = self.passwords.several.get_mut(&id) {
            several.stage = Stage::Reading(what);
        }
        self.ask_vault(id, Purpose::Several(id), request);
        Ok(())
    }

    /// The keyring has answered to one of these requests.
    pub(super) fn several_replied(&mut self, now: Now, id: AccountId, reply: Reply) {
        let Some(several) = self.passwords.several.get_mut(&id) else { return };
        let deletes = matches!(several.stage, Stage::Deleting(_) | Stage::Reading(What::Delete));
        match (reply, &several.stage) {
            (Reply::Failed(VaultError::Stuck), _) => {}
            (Reply::Several(all), _) if all.len() > 1 => self.several_read(now, id, &all),
            // Somebody has tidied up in the meantime.
            (Reply::Several(_), _) => {
                // Whatever is left there: the person wants it to be what the line signs in with.
                if let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id && deletes)
                    && let Some(proven) = several.proves(account).cloned()
                {
                    account.unkept = Some(proven);
                }
                self.not_several(id);
                self.there_is_one(now, id);
            }
            (Reply::Done, Stage::Deleting(secret)) => {
                let secret = secret.clone();
                self.not_several(id);
                self.note(now, id, "keyring_settled", "The keyring's other passwords for this line were deleted.");
                if let Some(account) = self.account(id) {
                    account.record.password = PasswordPlace::Keyring;
                    // Another one may have been typed meanwhile.
                    account.unkept = account.unkept.take().filter(|unkept| *unkept != secret);
                }
                self.save_accounts();
                self.there_is_one(now, id);
            }
            (Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Restored | Reply::Failed(_), _) => {
                several.stage = Stage::Found;
                if deletes {
                    let about = self.account(id).map(|account| account.address.shown()).unwrap_or_default();
                    let problem = Problem::new(ProblemKind::PasswordNotDeleted, about);
                    self.out.push_back(Output::Event(Event::Refused(problem)));
                }
            }
        }
    }

    fn several_read(&mut self, now: Now, id: AccountId, all: &[Listed]) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let Some(several) = self.passwords.several.get_mut(&id) else { return };
        several.count = all.len();
        match (&several.stage, several.proves(account).cloned()) {
            (Stage::Reading(What::Try), None) => {
                let mut left: VecDeque<Secret<String>> = VecDeque::new();
                for secret in all.iter().filter_map(|listed| listed.secret.as_ref()) {
                    if !left.contains(secret) {
                        left.push_back(secret.clone());
                    }
                }
                several.stage = Stage::Trying { left, given: false };
                self.try_next(now, id);
            }
            (Stage::Reading(What::Delete), Some(secret)) => {
                // The one that holds it; else the newest one shall. One that ends with the session would lose it.
                let holds = |listed: &&Listed| listed.secret.as_ref() == Some(&secret);
                let lasts = |listed: &&Listed| listed.id.lasts();
                let lasting = all.iter().filter(lasts).find(holds).or_else(|| all.iter().find(lasts));
                let Some(keep) = lasting.or_else(|| all.iter().find(holds)).or(all.first()) else { return };
                let keep = keep.id.clone();
                let others = all.iter().filter(|other| other.id != keep).cloned().collect();
                several.stage = Stage::Deleting(secret.clone());
                let key = key(&account.record.uuid);
                self.ask_vault(id, Purpose::Several(id), Request::Settle { key, keep, secret, others });
            }
            // The line was signed in, or lost, while they were read.
            (_, _) => several.stage = Stage::Found,
        }
    }

    /// There is one entry again: what waited for that goes on.
    fn there_is_one(&mut self, now: Now, id: AccountId) {
        if self.account(id).is_some_and(|account| needs_one(account)) {
            self.load_password(id);
        } else if self.account(id).is_some_and(|account| account.may_keep()) {
            self.keep_password(id);
        }
        let waits = |status| matches!(status, Status::KeyringUnavailable(_) | Status::Promoting { trouble: true });
        if self.security.changes.get(&id).is_some_and(|hosted| waits(hosted.status())) {
            let place = self.place_of(id);
            self.drive(now, id, Input::Person(Person::TryAgain(place)));
        }
    }

    /// The next one becomes the line's password for the time being, and its machine begins anew with it.
    fn try_next(&mut self, now: Now, id: AccountId) {
        let Some(Several { stage, .. }) = self.passwords.several.get_mut(&id) else { return };
        let Stage::Trying { left, given } = stage else { return };
        *given = false;
        let Some(secret) = left.pop_front() else {
            *stage = Stage::NoneWorks;
            return;
        };
        let Some(account) = self.account(id) else { return };
        account.set_password(&secret);
        account.probe_first = true;
        self.begin_hosting(now, id);
    }

    /// The line's machine is in another state: the entry that it was given was refused, or it is ready for one.
    pub(in crate::phone) fn several_go_on(&mut self, now: Now, id: AccountId) {
        let hosted = self.security.changes.get(&id).filter(|hosted| hosted.has_begun());
        let Some((status, ready)) = hosted.map(|hosted| (hosted.status(), hosted.machine().can_be_given())) else {
            return;
        };
        let Some(Several { stage: Stage::Trying { given, .. }, .. }) = self.passwords.several.get_mut(&id) else {
            return;
        };
        if *given {
            if matches!(status, Status::NeedsUser(_)) {
                self.try_next(now, id);
            }
        } else if ready {
            *given = true;
            let account = self.accounts.iter().find(|account| account.id() == id);
            let password = account.and_then(|account| account.auth.as_ref()).map(|auth| auth.password().clone());
            if let Some(password) = password {
                self.drive(now, id, Input::Person(Person::Current(password)));
            }
        }
    }

    /// Whether the line waits for the outcome.
    pub(in crate::phone) fn tries_several(&self, id: AccountId) -> bool {
        let several = self.passwords.several.get(&id);
        several.is_some_and(|several| matches!(several.stage, Stage::Trying { .. }))
    }

    /// Whether the line's machine is about these passwords, and not about a change.
    pub(in crate::phone) fn is_about_several(&self, id: AccountId) -> bool {
        let several = self.passwords.several.get(&id);
        several.is_some_and(|several| matches!(several.stage, Stage::Trying { .. } | Stage::NoneWorks))
    }

    /// The provider has accepted the password that is being tried.
    pub(in crate::phone) fn several_proven(&mut self, id: AccountId, secret: &Secret<String>) {
        if let Some(several) =
            self.passwords.several.get_mut(&id).filter(|one| matches!(one.stage, Stage::Trying { .. }))
        {
            (several.stage, several.proven) = (Stage::Found, Some(secret.clone()));
        }
    }

    /// The provider has refused the password in use.
    pub(in crate::phone) fn several_refused(&mut self, id: AccountId) {
        if let Some(several) = self.passwords.several.get_mut(&id) {
            several.proven = None;
        }
    }

    /// The keyring does not say whether a change is open: none is tried, and the one whose turn it was is nothing that
    /// the line may sign in with.
    pub(in crate::phone) fn several_unread(&mut self, now: Now, id: AccountId, why: &VaultError) {
        if !self.tries_several(id) {
            return;
        }
        self.stop_trying_several(id);
        // An emergency call may have the line.
        let is_quiet = self.host.is_quiet(id);
        let Some(account) = self.account(id) else { return };
        let problem = Problem::new(ProblemKind::KeptNotTried, account.address.shown()).with_detail(why.to_string());
        (account.auth, account.problem, account.probe_first) = (None, Some(problem.clone()), false);
        if !is_quiet {
            let flow = account.flow().map(|flow| flow.id);
            account.link = Link::NeedsPassword;
            if let Some(flow) = flow {
                self.close_flow(now, flow);
            }
        }
        self.out.push_back(Output::Event(Event::Refused(problem)));
    }

    /// Nothing more is tried: the person has typed one, or the machine cannot begin. True if something was.
    pub(in crate::phone) fn stop_trying_several(&mut self, id: AccountId) -> bool {
        let Some(several) = self.passwords.several.get_mut(&id) else { return false };
        let tried = matches!(several.stage, Stage::Trying { .. });
        if tried || matches!(several.stage, Stage::Reading(What::Try)) {
            several.stage = Stage::Found;
        }
        tried
    }
}

/// Whether the line waits for a password.
fn needs_one(account: &Account) -> bool {
    matches!(account.link, Link::NeedsPassword | Link::Rejected)
}

impl Several {
    /// The password that the line signs in with, if the provider has accepted it: to REGISTER, or before.
    fn proves<'a>(&self, account: &'a Account) -> Option<&'a Secret<String>> {
        let password = account.auth.as_ref()?.password();
        let registered = account.registered && account.vouched;
        (!needs_one(account) && (registered || self.proven.as_ref() == Some(password))).then_some(password)
    }
}
