//! The change in words: lines of the event log, and how its states are drawn.

use serde_json::Value;

use super::compose::Known;
use crate::base::WallTime;
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::password_change::journal::{Journal, Phase};
use crate::phone::password_change::output::{Event, Which};
use crate::phone::password_change::status::{self as machine, Abort, Need, Why};
use crate::phone::password_change::{Kind, Status};
use crate::phone::view::{
    AbortWhy, ChangePhase, ChangeView, ChangeWay, Compose, KeyringTrouble, LaterWhy, NeedsPerson, OldPassword,
    VaultState, WaitWhy,
};
use crate::port::vault::VaultError;

/// Whether a row of the journal says that a change is not over.
pub(in crate::phone) fn is_open(row: &Value) -> bool {
    !matches!(Journal::from_row(Some(row)).phase, Phase::Closed)
}

/// What became of the old password, as the screens have it.
pub(super) const fn old_password(old: machine::OldPassword) -> OldPassword {
    match old {
        machine::OldPassword::Refused => OldPassword::Refused,
        machine::OldPassword::StillAccepted => OldPassword::StillAccepted,
        machine::OldPassword::NotChecked => OldPassword::NotChecked,
    }
}

/// The same while the passwords that the keyring holds under one name are tried: they are not old or new.
pub(super) fn of_event_of(event: &Event, provider: &str, several: bool) -> Option<(&'static str, String)> {
    const ONE: &str = "one of the passwords that the keyring holds";
    match (event, several) {
        (Event::Accepted(_), true) => Some(("accepted", format!("{provider} accepts {ONE}."))),
        (Event::Rejected(_), true) => Some(("rejected", format!("{provider} refuses {ONE}."))),
        // There may be another.
        (Event::NeedsPerson, true) => None,
        (event, _) => Some(of_event(event, provider)),
    }
}

/// A line of the event log: for programs, and in one sentence.
pub(super) fn of_event(event: &Event, provider: &str) -> (&'static str, String) {
    let which = |which: &Which| match which {
        Which::New => "the new password",
        Which::Old => "the old password",
        Which::Attic(_) => "an earlier password",
        Which::Given => "the password that you gave",
    };
    match event {
        Event::Began => ("change_began", "You began to change the line password.".into()),
        Event::KeyringFailed(why) => ("keyring_failed", format!("The new password has no safe place: {why}.")),
        Event::Staged => ("saved", "The new password was saved safely on this computer.".into()),
        Event::Submitted => ("given_out", format!("The new password was made ready for {provider}.")),
        Event::OutcomeUnknown => ("outcome_unknown", format!("It is not known whether {provider} has changed it.")),
        Event::Applied => ("applied", format!("{provider} says that the new password is in force.")),
        Event::RefusedByPolicy => ("refused_by_rules", format!("The rules of {provider} refuse the new password.")),
        Event::Conflict => ("conflict", "The password was changed elsewhere in the meantime.".into()),
        Event::NotAllowed => ("not_allowed", format!("{provider} does not accept this computer's proof.")),
        Event::Accepted(one) => ("accepted", format!("{provider} accepts {}.", which(one))),
        Event::Rejected(one) => ("rejected", format!("{provider} refuses {}.", which(one))),
        Event::Promoted => ("password_changed", "The new line password is in use.".into()),
        Event::Withdrawn => ("withdrawn", "The change came to nothing: the old password goes on.".into()),
        Event::KeptInAttic => {
            ("kept", "The change was given up. Its password is kept, in case the provider takes it yet.".into())
        }
        Event::NeedsPerson => ("needs_person", format!("{provider} accepts none of the passwords that are kept.")),
        Event::Finished(machine::OldPassword::Refused) => ("finished", format!("{provider} refuses the old password.")),
        Event::Finished(machine::OldPassword::StillAccepted) => {
            ("finished", format!("{provider} still accepts the old password."))
        }
        Event::Finished(machine::OldPassword::NotChecked) => {
            ("finished", "Whether the old password still works was not checked.".into())
        }
    }
}

impl Phone {
    /// Where the change of this account is.
    pub(super) fn change_view(&self, account: &Account) -> ChangeView {
        let Some(hosted) = self.security.changes.get(&account.id()) else { return ChangeView::default() };
        let status = hosted.status();
        let compose = Compose { rules: self.rules_in_words(account.id()), complaint: hosted.complaint.clone() };
        let until = hosted.until.unwrap_or_default();
        let at = hosted.accepted_at.unwrap_or_default();
        let candidate = hosted.candidate.as_ref().map(|candidate| candidate.known);
        // Other phones need it until they are ticked off: so long it can be looked at again.
        let wanted = account.record.devices.known().iter().any(|device| device.needs_password);
        let in_use = || account.auth.as_ref().filter(|_| wanted).map(|auth| Known::typed(auth.password()));
        let known = candidate.or(hosted.chosen).or_else(in_use);
        let done = matches!(status, Status::Done { .. });
        let shown = candidate.is_some() || hosted.machine().txn().is_some() || done || wanted;
        let way = match hosted.machine().txn().map(|txn| txn.kind) {
            None => hosted.way,
            Some(Kind::Api) => ChangeWay::Phone,
            Some(Kind::Portal) => ChangeWay::Person,
        };
        ChangeView {
            can_wait: hosted.machine().can_wait(),
            can_cancel: hosted.machine().can_cancel(),
            can_be_given: hosted.machine().can_be_given(),
            can_test_old: hosted.machine().can_test_old(),
            new: known.filter(|_| shown).map(|known| known.view(shown)),
            reason: hosted.reason.clone(),
            deadline: hosted.demand.as_ref().and_then(|demand| demand.deadline),
            phase: match (self.keyring_waits(phase(&status, compose, until, at)), way) {
                (_, _) if self.is_about_several(account.id()) => ChangePhase::Idle,
                (ChangePhase::Idle, _) if hosted.wish.is_some() => match &hosted.unread {
                    Some(why) => self.keyring_waits(ChangePhase::Keyring(keyring_trouble(why))),
                    None => ChangePhase::Preparing,
                },
                // The person has said that it is changed: what is uncertain is being tested.
                (ChangePhase::Uncertain, ChangeWay::Person) => ChangePhase::Testing,
                (phase, _) => phase,
            },
            way,
        }
    }
}

impl Phone {
    /// A keyring that does not answer is waited for; after a minute it is called stuck.
    fn keyring_waits(&self, phase: ChangePhase) -> ChangePhase {
        let waits = phase == ChangePhase::Keyring(KeyringTrouble::Stuck) && self.passwords.keyring != VaultState::Stuck;
        if waits { ChangePhase::Keyring(KeyringTrouble::Waiting) } else { phase }
    }
}

/// How a state is drawn.
fn phase(status: &Status, compose: Compose, until: WallTime, at: WallTime) -> ChangePhase {
    match status {
        Status::Starting | Status::Idle | Status::Notified { .. } | Status::Restricted => ChangePhase::Idle,
        Status::Deferred { why, .. } => ChangePhase::Later { until: Some(until), why: later_why(*why) },
        Status::Preflight => ChangePhase::Preparing,
        Status::KeyringUnavailable(why) => ChangePhase::Keyring(keyring_trouble(why)),
        Status::ProveCopy { .. } => ChangePhase::SaveElsewhere,
        Status::Choosing { refused } => {
            let again = || "The provider's rules refused the last one. This is another.".to_owned();
            let complaint = compose.complaint.clone().or_else(|| refused.then(again));
            ChangePhase::Compose(Compose { complaint, ..compose })
        }
        Status::Staging { stuck: true } => ChangePhase::Keyring(KeyringTrouble::Stuck),
        Status::Staging { stuck: false } => ChangePhase::Saving,
        Status::Staged => ChangePhase::Saved,
        Status::Submitting => ChangePhase::Sending,
        Status::Waiting { why, .. } => ChangePhase::Wait { until, why: wait_why(*why) },
        Status::Unknown => ChangePhase::Uncertain,
        Status::Fencing | Status::Withdrawing => ChangePhase::Undoing,
        Status::Verifying | Status::Trying | Status::Repairing => ChangePhase::Testing,
        Status::Promoting { .. } => ChangePhase::Keeping,
        Status::NeedsUser(need) => ChangePhase::NeedsPerson(match need {
            Need::NeitherWorks => NeedsPerson::NeitherWorks,
            Need::ChangedElsewhere => NeedsPerson::ChangedElsewhere,
            Need::NotAllowed => NeedsPerson::NotAllowed,
            Need::GivenRefused => NeedsPerson::PastedRefused,
        }),
        Status::Browser { not_yet: false } => ChangePhase::AtProvider,
        Status::Browser { not_yet: true } => ChangePhase::NeedsPerson(NeedsPerson::NotChangedYet),
        Status::Aborted(why) => ChangePhase::Aborted(match why {
            Abort::Cancelled => AbortWhy::Cancelled,
            Abort::NotApplied => AbortWhy::NotApplied,
            Abort::Kept => AbortWhy::Kept,
            Abort::Disk => AbortWhy::Disk,
        }),
        Status::CheckingOld => ChangePhase::CheckingOld,
        Status::Done { old } => ChangePhase::Done { old: old_password(*old), at },
    }
}

const fn later_why(why: Why) -> LaterWhy {
    match why {
        Why::Asked => LaterWhy::Asked,
        Why::Provider | Why::Budget | Why::Lag | Why::Disk => LaterWhy::ProviderDown,
    }
}

const fn wait_why(why: Why) -> WaitWhy {
    match why {
        Why::Asked | Why::Provider => WaitWhy::Provider,
        Why::Budget => WaitWhy::Budget,
        Why::Lag => WaitWhy::Lag,
        Why::Disk => WaitWhy::Disk,
    }
}

fn keyring_trouble(why: &VaultError) -> KeyringTrouble {
    match why {
        VaultError::Missing => KeyringTrouble::Missing,
        VaultError::Locked
        | VaultError::NoFile
        | VaultError::NeedsPassphrase
        | VaultError::WrongPassphrase
        | VaultError::ShortPassphrase => KeyringTrouble::Locked,
        VaultError::Denied | VaultError::TooLong | VaultError::Other(_) => KeyringTrouble::Denied,
        VaultError::Stuck => KeyringTrouble::Stuck,
        VaultError::Ambiguous(_) => KeyringTrouble::Ambiguous,
        VaultError::Corrupt => KeyringTrouble::Damaged,
    }
}
