//! The Security centre's own commands: the check list, how to reach the provider, the log's export, Lockdown, and the
//! removal of a line.

use super::links;
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::command::{Begin, ChangeCommand, SafetyCommand};
use crate::phone::commands::not_now;
use crate::phone::input::Done;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CheckItem, LimitsThere};

/// The longest telephone number that is taken.
const LONGEST_NUMBER: usize = 40;

const IS_LOCKED: &str = "Locked down: this app makes no calls abroad or to premium numbers.";
const IS_OVER: &str = "The lockdown is over: the limits are as they were before.";
const ANOTHER_IS_LOCKED: &str =
    "The lockdown of this line is over. Another line's is not: the limits stay as they are.";

impl Phone {
    pub(in crate::phone) fn safety(
        &mut self,
        now: Now,
        id: AccountId,
        command: SafetyCommand,
    ) -> Result<Done, Problem> {
        let uuid = self.account(id).map(|account| account.record.uuid.clone()).ok_or_else(|| not_now(""))?;
        match command {
            SafetyCommand::Tick(item, done) => self.tick(now, id, &uuid, item, done)?,
            SafetyCommand::SetPortal(text) => self.set_portal(&uuid, &text)?,
            SafetyCommand::SetSupport(text) => self.set_support(&uuid, &text)?,
            SafetyCommand::Lockdown => self.lock_down(now, id, &uuid),
            SafetyCommand::EndLockdown => self.end_lockdown(now, id, &uuid),
            SafetyCommand::ExportLog => self.out.push_back(Output::ExportLog),
            SafetyCommand::TryKept => self.try_kept(id)?,
            SafetyCommand::DeleteOthers => self.delete_others(id)?,
            SafetyCommand::Remove => self.remove_account(now, id)?,
        }
        Ok(Done::Ok)
    }

    /// A line of the check list. The line password is not ticked: the phone tests it.
    fn tick(&mut self, now: Now, id: AccountId, uuid: &str, item: CheckItem, done: bool) -> Result<(), Problem> {
        if item == CheckItem::Line {
            return Err(not_now(""));
        }
        let ticked = &mut self.security.memory.of(uuid).ticked;
        let words = item_in_words(item);
        if done {
            ticked.insert(item, now.wall);
            self.note(now, id, "told_us", format!("You told us: {words} is done."));
        } else {
            ticked.remove(&item);
            self.note(now, id, "told_us", format!("You told us: {words} is not done."));
        }
        self.save_memory();
        Ok(())
    }

    fn set_portal(&mut self, uuid: &str, text: &str) -> Result<(), Problem> {
        let portal = if text.trim().is_empty() {
            None
        } else {
            let link = links::typed(text).ok_or_else(|| Problem::new(ProblemKind::BadWebsite, text.trim()))?;
            Some(link.url)
        };
        self.security.memory.of(uuid).portal = portal;
        self.save_memory();
        Ok(())
    }

    fn set_support(&mut self, uuid: &str, text: &str) -> Result<(), Problem> {
        let number: String = text.trim().chars().filter(|c| c.is_ascii_digit() || "+ -()/".contains(*c)).collect();
        if number.len() > LONGEST_NUMBER || number.chars().count() != text.trim().chars().count() {
            return Err(not_now(text.trim()));
        }
        self.security.memory.of(uuid).support = Some(number).filter(|number| !number.is_empty());
        self.save_memory();
        Ok(())
    }

    /// First bar what costs money, then change the password (account-security 0.12).
    fn lock_down(&mut self, now: Now, id: AccountId, uuid: &str) {
        self.tighten_guard(true);
        self.security.memory.of(uuid).lockdown = Some(now.wall);
        self.save_memory();
        self.note(now, id, "lockdown", IS_LOCKED);
        self.tighten_at_provider(now, id);
        // A change that is under way goes on: that is what Lockdown wants.
        if let Err(problem) = self.change_command(now, id, ChangeCommand::Begin(Begin::Lockdown)) {
            tracing::debug!(?problem, "no change begins with the lockdown");
        }
    }

    fn end_lockdown(&mut self, now: Now, id: AccountId, uuid: &str) {
        let remembered = self.security.memory.of(uuid);
        remembered.lockdown = None;
        let there = remembered.limits_there.take();
        self.save_memory();
        if there == Some(LimitsThere::Tight) {
            let provider = self.account(id).map(|account| account.provider()).unwrap_or_default();
            self.note(now, id, "limits_there", LimitsThere::Tight.sentence(&provider));
        }
        let last = self.security.memory.accounts.values().all(|one| one.lockdown.is_none());
        if last {
            self.tighten_guard(false);
        }
        self.note(now, id, "lockdown_over", if last { IS_OVER } else { ANOTHER_IS_LOCKED });
    }

    /// The guard was tightened, or no longer is, by its rules: the lines say so too.
    pub(in crate::phone) fn lockdown_by_rules(&mut self, now: Now, on: bool) {
        let lines = self.accounts.iter().filter(|account| !self.is_signing_in(account.id()));
        let lines: Vec<(AccountId, String)> = lines.map(|line| (line.id(), line.record.uuid.clone())).collect();
        for (id, uuid) in lines {
            let remembered = self.security.memory.of(&uuid);
            if remembered.lockdown.is_some() != on {
                remembered.lockdown = on.then_some(now.wall);
                self.note(now, id, "lockdown", if on { IS_LOCKED } else { IS_OVER });
            }
        }
        self.save_memory();
    }

    /// Erases a line: its keyring entries, its calls, and what is remembered of it. The event log keeps its lines,
    /// without any secret: it is never rewritten.
    fn remove_account(&mut self, now: Now, id: AccountId) -> Result<(), Problem> {
        let uuid = self.account(id).map(|account| account.record.uuid.clone()).unwrap_or_default();
        self.note(now, id, "removed", "The line was removed from this computer.");
        self.forget_change(id, &uuid);
        self.sign_out(now, id)?;
        self.security.memory.accounts.remove(&uuid);
        self.save_memory();
        self.remove_from_call_log(id);
        let save = self.recents.remove(id);
        self.out.extend(save.map(Output::Save));
        Ok(())
    }

    pub(in crate::phone) fn save_memory(&mut self) {
        let save = self.security.memory.save();
        self.out.push_back(Output::Save(save));
    }
}

fn item_in_words(item: CheckItem) -> &'static str {
    match item {
        CheckItem::TopUp => "stopping top-up and calls abroad",
        CheckItem::Website => "the website password",
        CheckItem::Line => "the line password",
        CheckItem::Voicemail => "the voicemail PIN",
        CheckItem::Forwarding => "looking at forwarding",
        CheckItem::OtherPhones => "the new password on other phones",
        CheckItem::Bill => "looking at the bill",
    }
}
