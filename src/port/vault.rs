//! Where secrets rest. Every call runs on one thread of its own, with bounded waits; a time-out is an *unknown
//! outcome* (account-security, rule R9), which is why [`VaultError::Stuck`] is not a failure.

use crate::base::Secret;

/// Which entry.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// The account's UUID: stable, meaningless, so that no entry collides with another's.
    pub account: String,
    /// Which of the account's entries.
    pub slot: Slot,
}

/// The entries of one account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Slot {
    /// The line password in use.
    Active,
    /// A password change that is not over: the new password, written before the provider hears of it.
    Txn,
    /// Passwords that were replaced, or whose fate is not known yet.
    Attic,
    /// The key with which this computer signs password changes (Ed25519).
    DeviceKey,
    /// Written and read back to see whether the vault works at all.
    Canary,
}

impl Slot {
    /// Everything that an account may have in the vault: erased when the account is removed.
    pub const OF_ACCOUNT: [Slot; 4] = [Slot::Active, Slot::Txn, Slot::Attic, Slot::DeviceKey];

    /// The word for it in the names of entries. Never changed: old entries are found by it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Slot::Active => "password",
            Slot::Txn => "change",
            Slot::Attic => "earlier",
            Slot::DeviceKey => "devkey",
            Slot::Canary => "canary",
        }
    }
}

/// Where the entries of an account are. The driver knows this of each account; requests name only the account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Place {
    /// The operating system's keyring.
    Keyring,
    /// A file below the profile, encrypted under a passphrase that the person types at each start.
    Passphrase,
    /// Memory: gone when the program ends.
    Session,
}

/// What is asked of the vault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// Does the place of new accounts work? Writes, reads and deletes a canary in a keyring; a passphrase file says
    /// whether it is there and open.
    Check,
    /// The same of the place of this account.
    CheckFor(String),
    /// Open the passphrase file, or begin one under this passphrase if there is none. [`Reply::Restored`] if it was
    /// damaged and its previous generation was opened instead.
    Unlock(Secret<String>),
    /// The entries of this account are there from now on; nothing is copied. Accounts that nobody assigned have
    /// theirs in the place that the vault was started with.
    Assign(String, Place),
    /// Copy all entries of an account to another place, read them back there, and use them there from now on. The
    /// old ones stay until [`Request::Erase`]: whoever dies in between has lost nothing. Other requests for the
    /// account are refused meanwhile.
    Move {
        /// The account's UUID.
        account: String,
        /// Where to.
        to: Place,
    },
    /// Delete all entries of an account at a place; their absence is success.
    Erase {
        /// The account's UUID.
        account: String,
        /// Where from.
        from: Place,
    },
    /// Read an entry.
    Get(Key),
    /// Write an entry and read it back.
    Put(Key, Secret<String>),
    /// Delete an entry; its absence is success.
    Delete(Key),
    /// All entries under this one name, where [`VaultError::Ambiguous`] was the answer: [`Reply::Several`].
    List(Key),
    /// Make one of several entries under a name the only one. [`Reply::Several`] without any if there are not several
    /// any more, and the one that there is holds something else.
    Settle {
        /// The name.
        key: Key,
        /// The entry that stays …
        keep: EntryId,
        /// … and holds this: written and read back before anything is deleted.
        secret: Secret<String>,
        /// Those that go, as they were listed. One that nobody has seen in a list, or that holds something else by
        /// now, is never deleted.
        others: Vec<Listed>,
    },
}

/// One of several entries under a name, by the store's own name for it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EntryId(pub String);

impl EntryId {
    /// Whether it is still there after the person has logged out: the Secret Service has a collection that is not.
    #[must_use]
    pub fn lasts(&self) -> bool {
        !self.0.contains("/collection/session/")
    }
}

/// One of several entries under a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Which.
    pub id: EntryId,
    /// What it holds; none if it cannot be read, or is nothing that we ever wrote.
    pub secret: Option<Secret<String>>,
}

/// What the vault answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// It works, or the entry was written and read back, or it is gone.
    Done,
    /// The entry.
    Found(Secret<String>),
    /// There is no such entry, in a vault that was seen to work.
    Absent,
    /// All entries under one name: the newest first if the store knows their age, else as it lists them. None if there
    /// are not several any more.
    Several(Vec<Listed>),
    /// The passphrase file is open, but it was damaged: this is its previous generation, without the last change.
    Restored,
    /// It did not work.
    Failed(VaultError),
}

/// Why the vault did not do it (account-security 5.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum VaultError {
    /// There is no keyring on this computer, or none is running.
    #[error("no keyring is running")]
    Missing,
    /// It is locked, or the person dismissed its prompt.
    #[error("the keyring is locked")]
    Locked,
    /// The passphrase file does not exist yet: a passphrase is to be chosen.
    #[error("there is no passphrase file yet")]
    NoFile,
    /// The passphrase file is closed.
    #[error("the passphrase file is not open")]
    NeedsPassphrase,
    /// That was not its passphrase. Nothing was changed.
    #[error("this is not the passphrase of the file")]
    WrongPassphrase,
    /// A new passphrase file wants a longer passphrase.
    #[error("the passphrase is too short")]
    ShortPassphrase,
    /// It said no.
    #[error("the keyring refused")]
    Denied,
    /// It has not answered yet: the outcome is unknown.
    #[error("the keyring does not answer")]
    Stuck,
    /// So many entries answer to this name.
    #[error("{0} entries under one name")]
    Ambiguous(usize),
    /// What it holds is not what we wrote.
    #[error("the entry is damaged")]
    Corrupt,
    /// It does not take so long a secret.
    #[error("too long for the keyring")]
    TooLong,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}
