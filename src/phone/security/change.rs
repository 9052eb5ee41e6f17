//! Hosts the password change: gives the machine what happens, performs what it asks for.
//!
//! ```text
//!   person ── ChangeCommand ──► change_command ─┐                      ┌─► vault      (Purpose::Change)
//!   vault, disk, registrar, provider, time ────► drive ─► Machine ─► perform ─► disk  (journal.json)
//!   the line: refused (R8), registered ────────┘                      ├─► registrar  (probing)
//!                                                                      └─► line, event log, window
//! ```
//!
//! A line whose password may be the wrong one does not sign in by itself before the machine knows (`probe_first`), so
//! that no attempt is wasted.

use std::collections::VecDeque;
use std::time::Duration;

use super::api::Look;
use super::hosted::{Hosted, Reading, Tries};
use super::links;
use super::probe::Outcome;
use super::words;
use crate::base::{AccountId, Mono, Now, Secret};
use crate::phone::Phone;
use crate::phone::event::Event;
use crate::phone::output::Output as Wanted;
use crate::phone::password_change::input::{
    Boot, Demand, JournalAnswer, Level, Person, Place, ProbeAnswer, Tried, VaultAnswer,
};
use crate::phone::password_change::journal::Journal;
use crate::phone::password_change::output::{Entry, Event as Line, Order};
use crate::phone::password_change::{Input, Output, SaveNo, Status};
use crate::phone::view::{OldPassword, PasswordPlace};
use crate::port::RequestId;
use crate::port::http::Method;
use crate::port::vault::{Key, Reply, Request, Slot, VaultError};
use crate::provider_api::{Stamp, notices};

/// How long the other password may still answer a challenge after the change is over.
const ALTERNATE: Duration = Duration::from_mins(10);

impl Phone {
    /// The account begins, or its password was given anew: what vault and journal hold decides how the change stands.
    pub(in crate::phone) fn begin_hosting(&mut self, now: Now, id: AccountId) {
        self.sessions_begin_anew(id);
        let mut hosted = Hosted::new(now);
        // What the person wanted is wanted still.
        hosted.wish = self.security.changes.get_mut(&id).and_then(|before| before.wish.take());
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let uuid = account.record.uuid.clone();
        let (open, demo) = (self.security.journal.accounts.get(&uuid).is_some_and(words::is_open), account.demo);
        // A line whose change was not over waits for the vault, if there is one to wait for.
        account.probe_first |= open && !demo;
        let website = account.record.draft.website.clone();
        if !demo && self.security.memory.of(&uuid).since.is_none() {
            let remembered = self.security.memory.of(&uuid);
            remembered.since = Some(now.wall);
            remembered.portal = website.as_deref().and_then(links::typed).map(|link| link.url);
            self.save_memory();
        }
        let had_one = self.security.changes.insert(id, hosted).is_some();
        self.forget_saves(id);
        let nothing_kept = demo || (self.passwords.unused() && !had_one);
        if nothing_kept {
            let read = Reading { txn: Some(None), attic: Some(None) };
            return self.vault_was_read(now, id, |reading| *reading = read);
        }
        for slot in [Slot::Txn, Slot::Attic] {
            self.ask_vault_to_read(id, slot);
        }
    }

    /// The vault is asked again: what it could not say before, it may say now.
    pub(in crate::phone) fn read_changes_again(&mut self, now: Now) {
        self.read_again(now, |_| true);
    }

    fn read_again(&mut self, now: Now, which: impl Fn(&Hosted) -> bool) {
        let unread = self.security.changes.iter().filter(|(_, hosted)| hosted.reading.is_some() && which(hosted));
        for id in unread.map(|(id, _)| *id).collect::<Vec<AccountId>>() {
            self.begin_hosting(now, id);
        }
    }

    /// A place for passwords works now, or another one was chosen: changes that had none go on there.
    pub(in crate::phone) fn changes_go_on(&mut self, now: Now) {
        let homeless = |hosted: &Hosted| matches!(hosted.status(), Status::KeyringUnavailable(_));
        let all = self.security.changes.iter().filter(|(_, hosted)| homeless(hosted)).map(|(id, _)| *id);
        for id in all.collect::<Vec<AccountId>>() {
            let place = self.place_of(id);
            self.drive(now, id, Input::Person(Person::TryAgain(place)));
        }
        self.read_again(now, |hosted| hosted.unread.is_some());
    }

    /// The vault has answered what it held at the beginning.
    pub(in crate::phone) fn change_entry_read(&mut self, now: Now, id: AccountId, slot: Slot, reply: Reply) {
        if slot == Slot::DeviceKey {
            return self.device_key_read(id, &reply);
        }
        let found = match reply {
            Reply::Found(secret) => Some(secret),
            Reply::Absent | Reply::Done | Reply::Several(_) | Reply::Restored => None,
            Reply::Failed(VaultError::Stuck) => return,
            // What was never kept there cannot be there.
            Reply::Failed(_) if self.keeps_nothing(id) => None,
            Reply::Failed(why) => {
                tracing::warn!(%why, "the vault cannot say whether a change is open");
                self.several_unread(now, id, &why);
                if let Some(hosted) = self.security.changes.get_mut(&id) {
                    hosted.unread = Some(why);
                }
                return self.release_line(now, id);
            }
        };
        self.vault_was_read(now, id, |reading| match slot {
            Slot::Txn => reading.txn = Some(found),
            Slot::Attic => reading.attic = Some(found),
            Slot::Active | Slot::DeviceKey | Slot::Canary => {}
        });
    }

    fn keeps_nothing(&self, id: AccountId) -> bool {
        let account = self.accounts.iter().find(|account| account.id() == id);
        account.is_some_and(|account| account.record.password == PasswordPlace::Session)
    }

    fn vault_was_read(&mut self, now: Now, id: AccountId, note: impl FnOnce(&mut Reading)) {
        let place = self.place_of(id);
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let active = account.auth.as_ref().map(|auth| auth.password().clone());
        let row = self.security.journal.accounts.get(&account.record.uuid);
        let journal = Journal::from_row(row);
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let Some(reading) = &mut hosted.reading else { return };
        note(reading);
        let (Some(txn), Some(attic)) = (reading.txn.clone(), reading.attic.clone()) else { return };
        hosted.reading = None;
        self.drive(now, id, Input::Boot(Boot { active, txn, attic, journal, place }));
        let uncounted = self.security.changes.get_mut(&id).map(|hosted| std::mem::take(&mut hosted.uncounted));
        if let Some(times) = uncounted.filter(|times| *times > 0) {
            self.drive(now, id, Input::LineRefused(times));
        }
        if let Some(times) = self.security.changes.get_mut(&id).and_then(|hosted| hosted.refused_early.take()) {
            self.drive(now, id, Input::ActiveRefused(times));
        }
        self.heed_notices(now, id);
        self.grant_wish(now, id);
    }

    /// Whether what is written stays after this process. Where the person has not chosen memory, a lasting place is
    /// looked for. The demo's line is as good as kept: it is made anew each time.
    pub(in crate::phone) fn place_of(&self, id: AccountId) -> Place {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let session = self.passwords.unused() || self.settings.session_only;
        match account.map(|account| (account.demo, account.record.password)) {
            Some((false, PasswordPlace::Session)) if session => Place::Session,
            Some((true, _))
            | Some((
                false,
                PasswordPlace::Keyring | PasswordPlace::Passphrase | PasswordPlace::NotNeeded | PasswordPlace::Session,
            )) => Place::Durable,
            None => Place::Session,
        }
    }

    /// Something happened to a change: tell its machine, and do what it asks for.
    /// False if that is nothing to it now.
    pub(in crate::phone) fn drive(&mut self, now: Now, id: AccountId, input: Input) -> bool {
        let running = self.security.changes.get(&id).filter(|hosted| hosted.reading.is_none());
        let Some(first) = running.map(Hosted::status) else { return false };
        let (mut before, mut anything) = (first, false);
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let Some(hosted) = self.security.changes.get_mut(&id) else { return anything };
            let outputs = hosted.tell(now, input, &mut self.entropy);
            let after = hosted.status();
            anything |= !outputs.is_empty() || before != after;
            for output in outputs {
                inputs.extend(self.perform(now, id, output));
            }
            self.moved(now, id, &before, &after);
            before = after;
        }
        self.several_go_on(now, id);
        self.lend_alternate(id);
        self.settle_line(now, id);
        anything
    }

    /// What the notices of this account's provider demand of the password, or that they demand nothing any more.
    pub(in crate::phone) fn heed_notices(&mut self, now: Now, id: AccountId) {
        let demand = self.demand(now, id);
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        // A machine that has not begun hears of it when it has.
        if hosted.reading.is_some() || hosted.demand == demand {
            return;
        }
        hosted.demand.clone_from(&demand);
        let level = |level: notices::Level| match level {
            notices::Level::Advise => Level::Advise,
            notices::Level::Require => Level::Require,
            notices::Level::Enforced => Level::Enforced,
        };
        let demand = demand.map(|demand| Demand { level: level(demand.level), deadline: demand.deadline });
        self.drive(now, id, Input::Demand(demand));
    }

    /// The change is in another state.
    fn moved(&mut self, now: Now, id: AccountId, before: &Status, after: &Status) {
        if before == after {
            return;
        }
        let over = matches!(after, Status::Idle | Status::Done { .. } | Status::Aborted(_) | Status::Notified { .. });
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        if over && hosted.forget_alternate.is_none() {
            hosted.forget_alternate = Some(now.mono + ALTERNATE);
        }
        if !matches!(after, Status::Choosing { .. }) {
            hosted.candidate = None;
            hosted.complaint = None;
        }
        if matches!(after, Status::Done { .. }) {
            self.sessions_anew(now, id);
            self.look_for_own_notices(now, id, true);
        }
        if !self.is_about_several(id) {
            self.tell_change(id);
        }
    }

    /// Tells whoever follows each step: agents.
    pub(super) fn tell_change(&mut self, id: AccountId) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let view = self.change_view(account);
        self.out.push_back(Wanted::Event(Event::ChangeMoved(id, Box::new(view))));
    }

    /// Does what a machine asks for. What can be answered at once is.
    fn perform(&mut self, now: Now, id: AccountId, output: Output) -> Option<Input> {
        match output {
            Output::Vault(order) => return self.order_vault(id, order),
            Output::Journal(number, journal) => self.write_journal(id, number, &journal),
            Output::AskPolicy => return self.ask_policy(id),
            Output::Choose => {
                self.look_at_sessions(now, id, Look::Change);
                return self.compose(now, id);
            }
            Output::Submit(request) => return self.submit_change(id, &request),
            Output::Query(request) => return self.ask_transaction(id, &request, Method::Get),
            Output::Fence(request) => return self.ask_transaction(id, &request, Method::Delete),
            Output::Probe(_, secret) => self.probe_for_change(now, id, secret),
            // The window offers it by itself: the view says that it can be shown.
            Output::Show(_) => {}
            Output::Use(credentials) => self.use_credentials(now, id, credentials),
            Output::Log(event) => self.change_event(now, id, &event),
        }
        None
    }

    fn order_vault(&mut self, id: AccountId, order: Order) -> Option<Input> {
        let account = self.accounts.iter().find(|account| account.id() == id)?;
        if account.demo {
            // Nothing of the demo is kept anywhere.
            return Some(Input::Vault(VaultAnswer::Done));
        }
        let key = |entry: Entry| Key {
            account: account.record.uuid.clone(),
            slot: match entry {
                Entry::Active => Slot::Active,
                Entry::Txn => Slot::Txn,
                Entry::Attic => Slot::Attic,
            },
        };
        let promotes = matches!(order, Order::Put(Entry::Active, _));
        let request = match order {
            Order::Check => Request::CheckFor(account.record.uuid.clone()),
            Order::Put(entry, secret) => Request::Put(key(entry), secret),
            Order::Delete(entry) => Request::Delete(key(entry)),
        };
        let place = self.assign_for_change(id, self.place_of(id) == Place::Session);
        let asked = self.ask_vault_for_change(id, request);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.vault = Some((asked, promotes.then_some(place)));
        }
        None
    }

    /// The vault's answer to [`Order`].
    pub(in crate::phone) fn change_ordered(&mut self, now: Now, id: AccountId, request: RequestId, reply: &Reply) {
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let Some((_, promoted)) = hosted.vault.filter(|(asked, _)| *asked == request) else { return };
        let answer = match reply {
            Reply::Done | Reply::Found(_) | Reply::Absent | Reply::Several(_) | Reply::Restored => VaultAnswer::Done,
            Reply::Failed(VaultError::Stuck) => VaultAnswer::Stuck,
            Reply::Failed(why) => VaultAnswer::Failed(why.clone()),
        };
        if answer != VaultAnswer::Stuck {
            hosted.vault = None;
        }
        match (&answer, promoted) {
            (VaultAnswer::Done, Some(place)) => self.password_is_in(id, place),
            // Only the line's own entry has a person's consent to wait for.
            (VaultAnswer::Failed(VaultError::Ambiguous(count)), Some(_)) => self.several_seen(now, id, *count),
            (VaultAnswer::Done | VaultAnswer::Stuck | VaultAnswer::Failed(_), _) => {}
        }
        self.drive(now, id, Input::Vault(answer));
    }

    /// The password in use is there from now on.
    fn password_is_in(&mut self, id: AccountId, place: PasswordPlace) {
        if let Some(account) = self.account(id).filter(|account| account.record.password != place) {
            account.record.password = place;
            self.save_accounts();
        }
    }

    fn write_journal(&mut self, id: AccountId, number: SaveNo, journal: &Journal) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let (uuid, kept) = (account.record.uuid.clone(), !account.demo);
        if kept {
            self.security.journal.accounts.insert(uuid, journal.to_row());
        }
        self.save_journal(Some((id, number)));
    }

    /// Writes `journal.json`; its acknowledgement is that of this account's save, if it is anybody's.
    pub(super) fn save_journal(&mut self, waits: Option<(AccountId, SaveNo)>) {
        let save = self.security.journal.save();
        self.security.journal_waits.push_back(waits);
        self.out.push_back(Wanted::Save(save));
    }

    /// `journal.json` is on the disk, or is not: the oldest request's outcome.
    pub(super) fn journal_saved(&mut self, now: Now, outcome: &Result<(), String>) {
        if let Some(Some((id, number))) = self.security.journal_waits.pop_front() {
            let answer = if outcome.is_ok() { JournalAnswer::Saved } else { JournalAnswer::Failed };
            self.drive(now, id, Input::Journal(number, answer));
        }
    }

    /// The machine that waited for them is gone: its numbers mean nothing to the next.
    fn forget_saves(&mut self, id: AccountId) {
        for wait in &mut self.security.journal_waits {
            *wait = wait.filter(|(account, _)| *account != id);
        }
    }

    fn probe_for_change(&mut self, now: Now, id: AccountId, secret: Secret<String>) {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let in_use = account.and_then(|account| account.auth.as_ref()).is_some_and(|auth| *auth.password() == secret);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.probing = Some(if in_use { Tries::InUse } else { Tries::Another });
        }
        self.probe_password(now, id, secret);
    }

    /// A probe's outcome.
    pub(super) fn probed(&mut self, now: Now, id: AccountId, outcome: Outcome) {
        tracing::debug!(%id, ?outcome, "probed");
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let Some(tries) = hosted.probing.take() else { return };
        let answer = match outcome {
            Outcome::Accepts { bindings, date } => {
                self.saw_devices(now, id, &bindings, true);
                self.heard_date(now, id, date.as_deref());
                ProbeAnswer::Accepts
            }
            Outcome::Rejects => ProbeAnswer::Rejects,
            Outcome::Inconclusive { retry_after, tried, .. } => {
                let tried = if tried { Tried::Perhaps } else { Tried::No };
                ProbeAnswer::Inconclusive { retry_after, tried }
            }
            Outcome::Blocked { retry_after } => ProbeAnswer::Blocked { retry_after },
        };
        if tries == Tries::InUse && answer == ProbeAnswer::Rejects {
            self.active_was_refused(id);
        }
        self.drive(now, id, Input::Probe(answer));
    }

    /// The provider said what time it is.
    pub(in crate::phone) fn heard_date(&mut self, now: Now, id: AccountId, date: Option<&str>) {
        if let Some(stamp) = date.and_then(Stamp::parse_http) {
            self.drive(now, id, Input::Clocks { provider: stamp.0, ours: now.wall });
        }
    }

    /// Time has passed.
    pub(in crate::phone) fn change_timeouts(&mut self, now: Now) {
        let due = |(id, hosted): (&AccountId, &Hosted)| hosted.is_due(now.mono).then_some(*id);
        let ids: Vec<AccountId> = self.security.changes.iter().filter_map(due).collect();
        for id in ids {
            self.drive(now, id, Input::Timeout);
        }
        let over = |hosted: &Hosted| hosted.forget_alternate.is_some_and(|at| at <= now.mono);
        for (id, hosted) in self.security.changes.iter_mut().filter(|(_, hosted)| over(hosted)) {
            hosted.forget_alternate = None;
            let account = self.accounts.iter_mut().find(|account| account.id() == *id);
            if let Some(auth) = account.and_then(|account| account.auth.as_mut()) {
                auth.set_alternate(None);
            }
        }
    }

    /// When the next one is due.
    pub(in crate::phone) fn changes_next_timeout(&self) -> Option<(Mono, &'static str)> {
        let all = self.security.changes.values().filter_map(Hosted::next_timeout);
        all.min().map(|at| (at, "password change"))
    }

    fn change_event(&mut self, now: Now, id: AccountId, event: &Line) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return };
        let (uuid, provider, demo) = (account.record.uuid.clone(), account.provider(), account.demo);
        let Some((what, sentence)) = words::of_event_of(event, &provider, self.tries_several(id)) else { return };
        self.note(now, id, what, sentence);
        if matches!(event, Line::Promoted) {
            self.satisfy_notices(now, id, None);
        }
        if demo {
            return;
        }
        let remembered = self.security.memory.of(&uuid);
        match event {
            Line::Promoted => {
                remembered.changed = Some(now.wall);
                (remembered.old_password, remembered.old_password_at) = (OldPassword::NotChecked, None);
            }
            // Nothing was learnt: what is known stands.
            Line::Finished(old) if words::old_password(*old) == OldPassword::NotChecked => return,
            Line::Finished(old) => {
                (remembered.old_password, remembered.old_password_at) = (words::old_password(*old), Some(now.wall));
            }
            Line::Began
            | Line::KeyringFailed(_)
            | Line::Staged
            | Line::Submitted
            | Line::OutcomeUnknown
            | Line::Applied
            | Line::RefusedByPolicy
            | Line::Conflict
            | Line::NotAllowed
            | Line::Accepted(_)
            | Line::Rejected(_)
            | Line::Withdrawn
            | Line::KeptInAttic
            | Line::NeedsPerson => return,
        }
        self.save_memory();
        if matches!(event, Line::Promoted) {
            self.devices_need_password(id);
        }
    }

    /// The account goes, and its change with it.
    pub(in crate::phone) fn forget_change(&mut self, id: AccountId, uuid: &str) {
        self.forget_probes(id);
        self.security.pages.remove(&id);
        self.security.changes.remove(&id);
        self.forget_saves(id);
        if self.security.journal.accounts.remove(uuid).is_some() {
            self.save_journal(None);
        }
    }
}
