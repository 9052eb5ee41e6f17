//! What a person can ask for in the security centre. One enum for each part of the phone that answers it.

use std::path::PathBuf;

use crate::base::{AccountId, Envelope, Secret, WallTime};
use crate::phone::trust::Alarm;
use crate::phone::view::{CheckItem, DeviceId, NoticeId, Protection, SessionId};
use crate::port::vault::Place;

/// The change of a line password: answered by `phone::security`.
#[derive(Clone, PartialEq, Debug)]
pub enum ChangeCommand {
    /// Begin: look at keyring and provider, make a new password. Nothing leaves this computer yet.
    Begin(Begin),
    /// Begin and ask no questions: change to this one, or to one that is made. For agents.
    Now(Option<Secret<String>>),
    /// Make another new password.
    MakeAnother,
    /// Take this one, typed or pasted, instead.
    Type(Secret<String>),
    /// "Change now": save it, send it, test it. Without an API: save it and wait for the person.
    Go,
    /// "I've changed it" at the provider's page: test it.
    ChangedIt,
    /// "The provider gave me one": this. Also what answers [`crate::phone::view::NeedsPerson`].
    GaveMeOne(Secret<String>),
    /// Session only: the last four characters of the one that was saved elsewhere.
    SavedElsewhere(Secret<String>),
    /// "Not now": the notice's banner comes back at this time, or when the phone finds right.
    NotNow(Option<WallTime>),
    /// Cancel: what is not proven applied goes to the attic.
    Cancel,
    /// "Done": the person has seen the result.
    Finish,
    /// Try the old password, which the provider still took, once more.
    TestOld,
    /// Put the new password into the envelope, then send [`crate::phone::event::Event::EnvelopeFilled`].
    Reveal(Envelope),
}

/// Why a change begins.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Begin {
    /// The person wants it.
    #[default]
    Wanted,
    /// The open notice asks for it.
    Notice,
    /// "I was told to change my password".
    Told,
    /// Lockdown.
    Lockdown,
}

/// Notices: answered by `phone::notice`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoticeCommand {
    /// It was read: what is new in its plan is not new any more.
    Seen(NoticeId),
    /// Not now: the banner returns at this time.
    Snooze(NoticeId, WallTime),
    /// Done with it: what it asks for beside the line password was done, as far as the person says.
    Done(NoticeId),
    /// Ask the provider now.
    Check,
    /// The system notification of this revision was shown.
    Announced(NoticeId, u32),
}

/// Other devices on the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeviceCommand {
    /// This is its name.
    Name(DeviceId, String),
    /// It has the new password.
    HasPassword(DeviceId),
    /// It does not have it after all.
    LacksPassword(DeviceId),
    /// It is gone for good: forget it.
    Forget(DeviceId),
    /// End the others with the change, or let them be: the person's choice before the change.
    EndOthers(bool),
    /// End it at the provider.
    End(DeviceId),
    /// End another row of the provider's list: a login to its website, a key that may sign changes.
    EndSession(SessionId),
    /// That login or key is the person's own.
    Mine(SessionId),
    /// Ask the provider now.
    Check,
}

/// The rest of the security centre.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SafetyCommand {
    /// A line of the check list is done, as the person says; or is not.
    Tick(CheckItem, bool),
    /// The address of the provider's website, as typed; empty forgets it.
    SetPortal(String),
    /// The provider's number for help or fraud, as typed; empty forgets it.
    SetSupport(String),
    /// Tighten the guard, start the change, show the fraud number.
    Lockdown,
    /// Back to the limits as they were.
    EndLockdown,
    /// Write the event log to a file of the person's; the view says where it is.
    ExportLog,
    /// The keyring holds several passwords for the line: try them, the newest first, and use the one that works.
    TryKept,
    /// … and delete those that the line does not sign in with.
    DeleteOthers,
    /// Erase the line: keyring entries, calls, recordings, what is known of notices and devices.
    Remove,
}

/// Answers to the guard's question: [`crate::phone::view::GuardQuestion`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GuardCommand {
    /// Dial; with the typed word where one was asked for.
    Dial(Option<String>),
    /// Do not.
    Cancel,
}

/// "Check my bill".
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BillCommand {
    /// This file is the provider's call list.
    Open(PathBuf),
    /// This text is.
    Paste(String),
    /// These columns are right; look at calls since.
    Compare {
        /// Which column says when.
        when: usize,
        /// Which says whom.
        number: usize,
        /// Which says how long.
        duration: Option<usize>,
        /// Which says what it cost.
        cost: Option<usize>,
        /// The first moment to look at.
        since: WallTime,
    },
    /// Forget the list.
    Close,
}

/// Where passwords are, and whom the phone trusts.
#[derive(Clone, PartialEq, Debug)]
pub enum TrustCommand {
    /// Keep passwords in a file under this passphrase: opens it, or begins it. With a ticket, the answer comes when it
    /// is open.
    UsePassphrase(Secret<String>),
    /// The passphrase of the file that is there. Answered likewise.
    Unlock(Secret<String>),
    /// Keep passwords in memory only, and do not ask again where to keep them.
    UseSession,
    /// Move passwords to the place in use now: to the keyring if it works, else to the passphrase file.
    TakeOver,
    /// Move the passwords of all lines to this place, which must work.
    Move(Place),
    /// Trust the certificate with this fingerprint, which was refused at the sign-in that failed last, and sign in.
    TrustCertificate(String),
    /// Do not.
    RefuseCertificate,
    /// In the settings: trust the certificate with this fingerprint, which this line's server showed when it was
    /// refused, and no other one, from now on.
    ReplaceCertificate(AccountId, String),
    /// In the settings: no longer demand what this line's server could do once.
    AllowWeaker(AccountId, Protection),
    /// An alarm of this line was read.
    Dismiss(AccountId, Alarm),
}
