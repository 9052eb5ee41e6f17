//! The change of a line password as the screens draw it: every state of account-security 3.4, without a secret. The
//! new password itself is shown only on a deliberate press, through a [`crate::base::Envelope`].

use serde::Serialize;

use super::{NoticeId, OldPassword, StepState};
use crate::base::WallTime;

/// The change of one line's password.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangeView {
    /// Where it is.
    pub phase: ChangePhase,
    /// Why it is made.
    pub reason: ChangeReason,
    /// Who changes it at the provider.
    pub way: ChangeWay,
    /// What is known of the new password, once there is one.
    pub new: Option<NewPassword>,
    /// Until when it can be put off; none: it cannot, or needs not.
    pub deadline: Option<WallTime>,
    /// Whether "Not now" exists.
    pub can_wait: bool,
    /// Whether it can be cancelled without a doubt: nothing has left this computer, or the provider said no.
    pub can_cancel: bool,
    /// Whether a password that comes from somewhere else can be tried now.
    pub can_be_given: bool,
    /// Whether the old password, which the provider still took, can be tried once more now.
    pub can_test_old: bool,
}

impl ChangeView {
    /// Whether the sheet has something to say.
    #[must_use]
    pub fn is_going(&self) -> bool {
        !matches!(self.phase, ChangePhase::Idle | ChangePhase::Later { .. })
    }

    /// The four steps, and how far each is; `None` is still to come.
    #[must_use]
    pub fn steps(&self) -> [(ChangeStep, Option<StepState>); 4] {
        use ChangeStep::{AtProvider, OldRefused, Saved, Tested};
        use StepState::{Doing, Done, Failed};
        let states = match &self.phase {
            ChangePhase::Idle
            | ChangePhase::Later { .. }
            | ChangePhase::Preparing
            | ChangePhase::Compose(_)
            | ChangePhase::SaveElsewhere
            | ChangePhase::Aborted(AbortWhy::Cancelled) => [None; 4],
            ChangePhase::Keyring(_) | ChangePhase::Aborted(AbortWhy::Disk) => [Some(Failed), None, None, None],
            ChangePhase::Saving => [Some(Doing), None, None, None],
            ChangePhase::Saved => [Some(Done), None, None, None],
            ChangePhase::Sending | ChangePhase::Uncertain | ChangePhase::AtProvider | ChangePhase::Undoing => {
                [Some(Done), Some(Doing), None, None]
            }
            ChangePhase::Wait { why: WaitWhy::Provider | WaitWhy::Budget | WaitWhy::Disk, .. }
            | ChangePhase::NeedsPerson(_)
            | ChangePhase::Aborted(AbortWhy::NotApplied | AbortWhy::Kept) => [Some(Done), Some(Failed), None, None],
            ChangePhase::Testing | ChangePhase::Keeping | ChangePhase::Wait { why: WaitWhy::Lag, .. } => {
                [Some(Done), Some(Done), Some(Doing), None]
            }
            ChangePhase::CheckingOld => [Some(Done), Some(Done), Some(Done), Some(Doing)],
            ChangePhase::Done { old, .. } => {
                let last = match old {
                    OldPassword::Refused => Some(Done),
                    OldPassword::StillAccepted => Some(Failed),
                    OldPassword::NotChecked => None,
                };
                [Some(Done), Some(Done), Some(Done), last]
            }
        };
        let [a, b, c, d] = states;
        [(Saved, a), (AtProvider, b), (Tested, c), (OldRefused, d)]
    }
}

/// A step of the change that people see.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeStep {
    /// Saved safely on this computer.
    Saved,
    /// Changed at the provider.
    AtProvider,
    /// Signed in with the new one.
    Tested,
    /// The old one is refused.
    OldRefused,
}

/// Where a change is. The numbers are those of account-security 3.4.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ChangePhase {
    /// 0, 1: none.
    #[default]
    Idle,
    /// 2: put off, and why. It comes back by itself.
    Later {
        /// Until when, if a time is known.
        until: Option<WallTime>,
        /// Why.
        why: LaterWhy,
    },
    /// 3: looking at the keyring and the provider's rules.
    Preparing,
    /// 4: the new password has no safe place.
    Keyring(KeyringTrouble),
    /// 4, session only: the person has to save the new password elsewhere and proves it by its last four characters.
    SaveElsewhere,
    /// 5: the new password is made, or to be typed. Nothing has left this computer.
    Compose(Compose),
    /// 6: being written into the keyring and read back.
    Saving,
    /// 7: saved; about to be sent.
    Saved,
    /// 8: on its way to the provider.
    Sending,
    /// 9, 10: the answer was lost: finding out which password is accepted. Both are kept.
    Uncertain,
    /// 11: the old one still works: making sure that the lost request comes to nothing.
    Undoing,
    /// 12: signing in with the new one.
    Testing,
    /// 13, 14: putting the new one in its place. It works already.
    Keeping,
    /// One attempt with the old one.
    CheckingOld,
    /// 19: nothing is tried for a while.
    Wait {
        /// Until when.
        until: WallTime,
        /// Why.
        why: WaitWhy,
    },
    /// 20: only the person can go on.
    NeedsPerson(NeedsPerson),
    /// 21: the person changes it at the provider's page; the new one is ready to paste.
    AtProvider,
    /// 23: it came to nothing; the old password goes on.
    Aborted(AbortWhy),
    /// 24: done.
    Done {
        /// What became of the old one.
        old: OldPassword,
        /// When the new one was first accepted.
        at: WallTime,
    },
}

/// Why a change was put off.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LaterWhy {
    /// The person said "Not now".
    Asked,
    /// The provider's side does not answer.
    ProviderDown,
}

/// Why nothing is tried for a while.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitWhy {
    /// The provider's side does not answer, or asks for a pause.
    Provider,
    /// More attempts in a short time would look like an attack.
    Budget,
    /// The provider takes a while to spread the new password.
    Lag,
    /// This computer's disk does not take the note that comes before each attempt.
    Disk,
}

/// Why a change came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AbortWhy {
    /// The person cancelled it before anything had left this computer.
    Cancelled,
    /// The request was lost or came too late. It is proven that it can do nothing any more.
    NotApplied,
    /// It was given up, and may still come into force: its password is kept.
    Kept,
    /// This computer's disk did not take the note that comes before anything is sent.
    Disk,
}

/// What is wrong with the place for secrets (account-security 5.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeyringTrouble {
    /// There is none.
    Missing,
    /// It is locked.
    Locked,
    /// It said no.
    Denied,
    /// It does not answer; what was asked may still happen.
    Stuck,
    /// The same, for less than a minute: it may be asking for its own password.
    Waiting,
    /// Several entries answer to one name.
    Ambiguous,
    /// It gave back something else than was written.
    Damaged,
}

/// What is known while the new password is made or typed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Compose {
    /// The provider's rules in words, if it has any.
    pub rules: Option<String>,
    /// What is wrong with the one that was typed, in words.
    pub complaint: Option<String>,
}

/// Why only the person can go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NeedsPerson {
    /// The provider accepts neither password: it was changed elsewhere, or reset.
    NeitherWorks,
    /// Another device changed it, or the provider.
    ChangedElsewhere,
    /// The provider does not accept this computer's proof: it wants the website, or its support.
    NotAllowed,
    /// After "I've changed it": the provider still accepts the old one and not the new one.
    NotChangedYet,
    /// The one that was pasted is refused too.
    PastedRefused,
}

/// Why a change is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ChangeReason {
    /// The person wants it.
    #[default]
    Wanted,
    /// A verified notice asks for it.
    Notice(NoticeId),
    /// The provider asks this line for it ([`super::SecurityView::asked`]).
    Asked,
    /// A message by e-mail or telephone that nobody can verify.
    Told,
    /// Lockdown.
    Lockdown,
}

/// Who changes it at the provider.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWay {
    /// Not known yet.
    #[default]
    Unknown,
    /// The phone, by the provider's account security API.
    Phone,
    /// The person, at the provider's page.
    Person,
}

/// What is known of the new password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NewPassword {
    /// Made by the phone; else typed or given by the provider.
    pub made: bool,
    /// Its length.
    pub characters: u16,
    /// Its strength in bits, if it was made; the provider's rules may make it weak.
    pub bits: Option<u16>,
    /// Whether it can still be shown: [`crate::phone::command::ChangeCommand::Reveal`].
    pub can_be_shown: bool,
}

impl NewPassword {
    /// Whether the provider's limits make it weaker than 80 bits.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.bits.is_some_and(|bits| bits < 80)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(phase: ChangePhase) -> usize {
        let view = ChangeView { phase, ..ChangeView::default() };
        view.steps().iter().take_while(|(_, state)| *state == Some(StepState::Done)).count()
    }

    #[test]
    fn a_step_is_done_only_when_it_is_proven() {
        assert_eq!(done(ChangePhase::Saving), 0);
        assert_eq!(done(ChangePhase::Sending), 1);
        assert_eq!(done(ChangePhase::Uncertain), 1, "a lost answer proves nothing");
        assert_eq!(done(ChangePhase::Testing), 2);
        let at = WallTime(0);
        assert_eq!(done(ChangePhase::Done { old: OldPassword::NotChecked, at }), 3);
        assert_eq!(done(ChangePhase::Done { old: OldPassword::StillAccepted, at }), 3);
        assert_eq!(done(ChangePhase::Done { old: OldPassword::Refused, at }), 4);
    }
}
