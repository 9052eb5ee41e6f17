//! What a change looks like from outside: every state of account-security 3.4 with what a screen may say about it.
//! Plain data without a secret.

use std::time::Duration;

use crate::port::vault::VaultError;

/// Where a change is. The numbers are those of account-security 3.4.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The vault was not read yet.
    Starting,
    /// 0: nothing is going on.
    Idle,
    /// 1: a notice wants a change; "not now" exists if it may be put off.
    Notified {
        /// Whether "not now" exists.
        can_wait: bool,
    },
    /// 2: put off. It comes back by itself.
    Deferred {
        /// When.
        left: Duration,
        /// Why.
        why: Why,
    },
    /// 3: looking at the keyring and at the provider.
    Preflight,
    /// 4: the keyring does not do it, or does not answer ([`VaultError::Stuck`]).
    KeyringUnavailable(VaultError),
    /// 4: memory only: the person must save the new password elsewhere and prove it.
    ProveCopy {
        /// Whether a proof was wrong.
        wrong: bool,
    },
    /// 5, 16: a new password is to be chosen.
    Choosing {
        /// 16: the provider's rules have refused the one before.
        refused: bool,
    },
    /// 6: being written into the keyring and read back.
    Staging {
        /// The keyring does not answer: waiting for it.
        stuck: bool,
    },
    /// 7: safe in the keyring. The journal is brought to the disk; nothing has left.
    Staged,
    /// 8: on its way to the provider.
    Submitting,
    /// 19, and every other pause: nothing is sent until then.
    Waiting {
        /// When it goes on.
        left: Duration,
        /// Why.
        why: Why,
    },
    /// 9, 10: the answer was lost: finding out which password is right. Both are kept.
    Unknown,
    /// 11: the old one works: making sure that a late request comes to nothing.
    Fencing,
    /// 12: the provider says that it is in force: signing in with it.
    Verifying,
    /// 10: a password that the person gave is tried.
    Trying,
    /// 10: the password in use was refused: trying those that are kept (R8).
    Repairing,
    /// 13, 14: the new one works already and is being put in its place.
    Promoting {
        /// The keyring, or the disk, has failed or does not answer; it is tried again. The line runs from memory.
        trouble: bool,
    },
    /// 23: proven without effect; being tidied up.
    Withdrawing,
    /// 20: only the person can go on.
    NeedsUser(Need),
    /// 21: the person changes it at the provider's page.
    Browser {
        /// After "I've changed it": the provider still accepts the old one and not the new one.
        not_yet: bool,
    },
    /// 22: the provider bars the line until the change is made.
    Restricted,
    /// 23: proven without effect; the old password goes on.
    Aborted(Abort),
    /// Before 24: one attempt with the old password.
    CheckingOld,
    /// 24: done.
    Done {
        /// What became of the old one.
        old: OldPassword,
    },
}

/// Why nothing happens for a while.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    /// The person said so.
    Asked,
    /// The provider's side does not answer, or asks for patience.
    Provider,
    /// Too many wrong passwords in a short time would look like an attack (I6).
    Budget,
    /// The provider takes a while to spread the new password.
    Lag,
    /// The disk does not take the journal.
    Disk,
}

/// What the person has to do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Need {
    /// Neither password works.
    NeitherWorks,
    /// It was changed on another device.
    ChangedElsewhere,
    /// The provider does not accept our proof.
    NotAllowed,
    /// The one that was given is refused as well.
    GivenRefused,
}

/// Why a change came to nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Abort {
    /// The person wanted it so.
    Cancelled,
    /// The request was lost or came too late; it is proven to be without effect.
    NotApplied,
    /// It cannot be proven: its password is kept in the attic.
    Kept,
    /// The journal could not be written: nothing was sent.
    Disk,
}

/// What became of the old password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OldPassword {
    /// The provider refuses it.
    Refused,
    /// The provider still accepts it: call them.
    StillAccepted,
    /// It was not tried, to stay within the budget, or nothing was learnt.
    NotChecked,
}
