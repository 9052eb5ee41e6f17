//! The new password before anything is done with it: made by the phone, or typed; and the person's commands.

use crate::base::{AccountId, Now, Secret, WallTime};
use crate::phone::Phone;
use crate::phone::command::{Begin, ChangeCommand};
use crate::phone::commands::not_now;
use crate::phone::event::Event;
use crate::phone::input::Done;
use crate::phone::output::Output as Wanted;
use crate::phone::password_change::input::Person;
use crate::phone::password_change::status::Need;
use crate::phone::password_change::{Input, Kind, Status};
use crate::phone::password_policy;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{ChangeReason, ChangeWay, NewPassword, NoticeId};
use crate::provider_api::{Rules, TxId};
use crate::sip::digest::Authenticator;

/// How long "Not now" is, if the person says nothing else.
const A_DAY: std::time::Duration = std::time::Duration::from_hours(24);

/// A new password that the person looks at.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) secret: Secret<String>,
    pub(super) known: Known,
}

/// What is known of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    pub(super) made: bool,
    pub(super) characters: u16,
    pub(super) bits: Option<u16>,
}

impl Known {
    /// One that was not made here, as far as is known.
    pub(super) fn typed(secret: &Secret<String>) -> Known {
        let count = secret.expose("its length is shown").chars().count();
        Known { made: false, characters: u16::try_from(count).unwrap_or(u16::MAX), bits: None }
    }

    /// As the screens have it.
    pub(super) fn view(self, can_be_shown: bool) -> NewPassword {
        NewPassword { made: self.made, characters: self.characters, bits: self.bits, can_be_shown }
    }
}

impl Phone {
    pub(in crate::phone) fn change_command(
        &mut self,
        now: Now,
        id: AccountId,
        command: ChangeCommand,
    ) -> Result<Done, Problem> {
        // A line without its password has none yet; who wants one to be changed gets it changed all the same.
        let begins = matches!(command, ChangeCommand::Begin(_) | ChangeCommand::Now(_));
        if begins && !self.security.changes.contains_key(&id) {
            self.begin_hosting(now, id);
        }
        let status = self.security.changes.get(&id).map(super::hosted::Hosted::status).ok_or_else(|| not_now(""))?;
        match command {
            ChangeCommand::Begin(why) => self.begin_change(now, id, &status, why, None)?,
            ChangeCommand::Now(new) => self.begin_change(now, id, &status, Begin::Wanted, Some(new))?,
            ChangeCommand::MakeAnother => {
                choosing(&status)?;
                self.make_candidate(id);
            }
            ChangeCommand::Type(secret) => {
                choosing(&status)?;
                self.take_typed(id, secret);
            }
            ChangeCommand::Go => self.go(now, id, &status)?,
            ChangeCommand::ChangedIt => self.person(now, id, Person::ChangedIt)?,
            ChangeCommand::GaveMeOne(secret) => {
                let secret = trimmed(&secret).ok_or_else(|| not_now(""))?;
                self.person(now, id, Person::Current(secret))?;
            }
            ChangeCommand::SavedElsewhere(last) => self.person(now, id, Person::Proof(last))?,
            ChangeCommand::NotNow(until) => {
                // Only what rests can be put off: the sheet is closed first.
                if choosing(&status).is_ok() {
                    self.person(now, id, Person::Cancel)?;
                }
                self.person(now, id, Person::Snooze(until_in(now, until)))?;
            }
            ChangeCommand::Cancel => {
                let hosted = self.security.changes.get_mut(&id);
                if hosted.and_then(|hosted| hosted.wish.take()).is_none() {
                    self.person(now, id, Person::Cancel)?;
                }
            }
            ChangeCommand::Finish => self.person(now, id, Person::Finish)?,
            ChangeCommand::TestOld => self.person(now, id, Person::TestOld)?,
            ChangeCommand::Reveal(envelope) => {
                let secret = self.revealed(id).ok_or_else(|| not_now(""))?;
                envelope.fill(secret);
                self.out.push_back(Wanted::Event(Event::EnvelopeFilled(id)));
            }
        }
        Ok(Done::Ok)
    }

    /// The person did something; "not now" if that means nothing in this state.
    fn person(&mut self, now: Now, id: AccountId, person: Person) -> Result<(), Problem> {
        if self.drive(now, id, Input::Person(person)) { Ok(()) } else { Err(not_now("")) }
    }

    /// Begins; an agent that wants no questions says at once which password, or that one is to be made.
    fn begin_change(
        &mut self,
        now: Now,
        id: AccountId,
        status: &Status,
        why: Begin,
        at_once: Option<Option<Secret<String>>>,
    ) -> Result<(), Problem> {
        let can_begin = matches!(
            status,
            Status::Starting
                | Status::Idle
                | Status::Notified { .. }
                | Status::Deferred { .. }
                | Status::Restricted
                | Status::Aborted(_)
                | Status::Done { .. }
        );
        // The provider does not let this computer do it: the person does it at the website.
        let at_website = *status == Status::NeedsUser(Need::NotAllowed);
        let account = self.accounts.iter().find(|account| account.id() == id).ok_or_else(|| not_now(""))?;
        if account.record.realms.is_empty() {
            return Err(Problem::new(ProblemKind::NoPasswordAsked, account.provider()));
        }
        if !can_begin && !at_website {
            return Err(Problem::new(ProblemKind::ChangeUnderWay, account.address.shown()));
        }
        if let Some(Some(secret)) = &at_once
            && let Err(complaint) = self.judge_typed(id, secret)
        {
            return Err(Problem::new(ProblemKind::BadPassword, complaint));
        }
        let Some(hosted) = self.security.changes.get_mut(&id) else { return Err(not_now("")) };
        if *status == Status::Starting {
            // The vault is still being read.
            hosted.wish = Some((why, at_once));
            return Ok(());
        }
        let notice = hosted.demand.as_ref().and_then(|demand| demand.notice.clone());
        hosted.reason = match (why, &notice) {
            _ if at_website => hosted.reason.clone(),
            (Begin::Notice, Some(notice)) => ChangeReason::Notice(NoticeId(notice.as_str().into())),
            (Begin::Notice, None) if hosted.demand.is_some() => ChangeReason::Asked,
            (Begin::Wanted | Begin::Notice, _) => ChangeReason::Wanted,
            (Begin::Told, _) => ChangeReason::Told,
            (Begin::Lockdown, _) => ChangeReason::Lockdown,
        };
        hosted.at_once = at_once;
        hosted.candidate = None;
        hosted.chosen = None;
        hosted.accepted_at = None;
        let (way, kind) = if at_website { (ChangeWay::Person, Kind::Portal) } else { (ChangeWay::Unknown, Kind::Api) };
        hosted.way = way;
        self.look_for_change_page(id);
        self.person(now, id, Person::Begin { kind, notice })
    }

    /// The vault was read: what the person wanted before that is done now.
    pub(super) fn grant_wish(&mut self, now: Now, id: AccountId) {
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let Some((why, at_once)) = hosted.wish.take() else { return };
        let status = hosted.status();
        if let Err(problem) = self.begin_change(now, id, &status, why, at_once) {
            self.out.push_back(Wanted::Event(Event::Refused(problem)));
        }
    }

    /// The machine wants a new password: one is made, to be looked at; or it is chosen at once.
    pub(super) fn compose(&mut self, now: Now, id: AccountId) -> Option<Input> {
        let hosted = self.security.changes.get_mut(&id)?;
        let at_once = hosted.at_once.take();
        match &at_once {
            Some(Some(secret)) => {
                hosted.candidate = Some(Candidate { known: Known::typed(secret), secret: secret.clone() });
            }
            Some(None) | None => self.make_candidate(id),
        }
        at_once?;
        self.chosen(now, id)
    }

    fn make_candidate(&mut self, id: AccountId) {
        let rules = self.rules_of(id);
        let made = password_policy::generate(&rules, &mut self.entropy);
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        match made {
            Ok(made) => {
                hosted.complaint = None;
                let small = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
                let known = Known { made: true, characters: small(made.length), bits: Some(small(made.bits)) };
                hosted.candidate = Some(Candidate { secret: made.password, known });
            }
            Err(impossible) => hosted.complaint = Some(format!("By the provider's rules, {impossible}.")),
        }
    }

    fn take_typed(&mut self, id: AccountId, secret: Secret<String>) {
        let judged = self.judge_typed(id, &secret);
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        match judged {
            Ok(()) => {
                hosted.complaint = None;
                hosted.candidate = Some(Candidate { known: Known::typed(&secret), secret });
            }
            Err(complaint) => hosted.complaint = Some(complaint),
        }
    }

    fn go(&mut self, now: Now, id: AccountId, status: &Status) -> Result<(), Problem> {
        match status {
            Status::Choosing { .. } => {
                let chosen = self.chosen(now, id).ok_or_else(|| not_now(""))?;
                self.drive(now, id, chosen);
                Ok(())
            }
            Status::KeyringUnavailable(_) => self.person(now, id, Person::TryAgain(self.place_of(id))),
            Status::Browser { .. } => self.person(now, id, Person::ShowAgain),
            Status::Starting => {
                self.begin_hosting(now, id);
                Ok(())
            }
            Status::Idle
            | Status::Notified { .. }
            | Status::Deferred { .. }
            | Status::Preflight
            | Status::ProveCopy { .. }
            | Status::Staging { .. }
            | Status::Staged
            | Status::Submitting
            | Status::Waiting { .. }
            | Status::Unknown
            | Status::Fencing
            | Status::Verifying
            | Status::Trying
            | Status::Repairing
            | Status::Promoting { .. }
            | Status::Withdrawing
            | Status::NeedsUser(_)
            | Status::Restricted
            | Status::Aborted(_)
            | Status::CheckingOld
            | Status::Done { .. } => Err(not_now("")),
        }
    }

    /// The candidate is the one.
    fn chosen(&mut self, now: Now, id: AccountId) -> Option<Input> {
        let tx = TxId::new(now.wall, &mut self.entropy);
        let not_after = self.not_after(now, id);
        let account = self.accounts.iter().find(|account| account.id() == id);
        // Whoever could not be asked to end the others would refuse the whole change.
        let end_others =
            account.is_some_and(|account| account.record.devices.end_others && account.asking.others_stay().is_none());
        // Nor is a provider asked to end logins that has shown none.
        let end_logins = end_others && account.is_some_and(|account| account.record.devices.names_logins());
        let hosted = self.security.changes.get_mut(&id)?;
        let Candidate { secret, known } = hosted.candidate.take()?;
        hosted.chosen = Some(known);
        hosted.complaint = None;
        (hosted.api.end_others, hosted.api.end_logins) = (end_others, end_logins);
        Some(Input::Person(Person::Choose { tx, new: secret, created: now.wall, not_after }))
    }

    /// The provider's rules in words.
    pub(super) fn rules_in_words(&self, id: AccountId) -> Option<String> {
        let rules = self.rules_of(id);
        (rules != Rules::default()).then(|| rules.to_string())
    }

    /// Whether one that was typed will do; else why not.
    fn judge_typed(&self, id: AccountId, secret: &Secret<String>) -> Result<(), String> {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id) else { return Ok(()) };
        let old: Vec<&Secret<String>> = account.auth.iter().map(Authenticator::password).collect();
        let own =
            [Some(account.address.user.as_str()), Some(account.login()), account.record.draft.display_name.as_deref()];
        let context = password_policy::Context {
            own: own.into_iter().flatten().map(str::to_owned).collect(),
            provider: vec![account.address.domain.clone()],
        };
        password_policy::check(secret, &self.rules_of(id), &context, &old).map_err(|complaint| complaint.to_string())
    }

    /// What a deliberate press shows: the one that is being chosen or set; else the one in use, for other phones.
    fn revealed(&self, id: AccountId) -> Option<Secret<String>> {
        let hosted = self.security.changes.get(&id)?;
        let candidate = hosted.candidate.as_ref().map(|candidate| candidate.secret.clone());
        let staged = || hosted.machine().txn().map(|txn| txn.new.clone());
        let in_use = || {
            let account = self.accounts.iter().find(|account| account.id() == id)?;
            account.auth.as_ref().map(|auth| auth.password().clone())
        };
        candidate.or_else(staged).or_else(in_use)
    }
}

fn choosing(status: &Status) -> Result<(), Problem> {
    if matches!(status, Status::Choosing { .. }) { Ok(()) } else { Err(not_now("")) }
}

/// What was pasted, without the blanks around it that come along with a copy; none if nothing is left.
fn trimmed(secret: &Secret<String>) -> Option<Secret<String>> {
    let text = secret.expose("blanks around it are taken off").trim();
    (!text.is_empty()).then(|| Secret::from(text))
}

fn until_in(now: Now, until: Option<WallTime>) -> std::time::Duration {
    until.map_or(A_DAY, |until| {
        std::time::Duration::from_millis(u64::try_from(until.0.saturating_sub(now.wall.0)).unwrap_or(0))
    })
}
