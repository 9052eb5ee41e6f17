//! What the change asks for, by receiver. At most one request is under way at any time; the next comes after its
//! answer. No output can end a call, close a flow or un-register: the change has no words for it (I7), and none says
//! where anything is sent: that is pinned, and the host's business (I5).

use super::journal::Journal;
use super::saves::SaveNo;
use super::status::OldPassword;
use super::txn::Txn;
use crate::base::Secret;
use crate::port::vault::VaultError;

/// Everything that a change asks for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Output {
    /// Of the vault. Answered by [`super::Input::Vault`].
    Vault(Order),
    /// Of the disk: the account's row, on it (fsync of file and directory) before the answer
    /// [`super::Input::Journal`], which brings the number back.
    Journal(SaveNo, Journal),
    /// Of the provider: is there an API, and which generation is this account's? Answered by
    /// [`super::Input::Policy`]. A provider that is known to have none: [`super::input::PolicyAnswer::Absent`] at
    /// once.
    AskPolicy,
    /// Of the host or the person: a new password, by [`super::input::Person::Choose`].
    Choose,
    /// Of the provider: set this password. `Idempotency-Key`, `If-Match` and `not_after` are in the [`Txn`]. Proof is
    /// given with the old password. Answered by [`super::Input::Submit`].
    Submit(Request),
    /// Of the provider: what became of it? Answered by [`super::Input::Tx`].
    Query(Request),
    /// Of the provider: cancel it, even if it was never seen. Answered by [`super::Input::Tx`].
    Fence(Request),
    /// Of the registrar: is this password right? Answered by [`super::Input::Probe`].
    Probe(Which, Secret<String>),
    /// Of the window: offer the new password to copy, and the provider's page.
    Show(Secret<String>),
    /// Of the line: this password was proven right just now. REGISTER with it, then subscribe again; what is in
    /// progress goes on.
    Use(Credentials),
    /// Of the event log.
    Log(Event),
}

/// What is asked of the vault.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// Does it work? Writes, reads and deletes a canary.
    Check,
    /// Write an entry and read it back.
    Put(Entry, Secret<String>),
    /// Delete an entry; its absence is success.
    Delete(Entry),
}

/// An entry of the account in the vault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Entry {
    /// The password in use.
    Active,
    /// The change that is not over.
    Txn,
    /// What was replaced, and what may come into force.
    Attic,
}

/// A request to the provider's API.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// The change that it is about.
    pub txn: Txn,
    /// The password in use before it, to prove who asks.
    pub old: Option<Secret<String>>,
}

/// Which password is tried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Which {
    /// The new one.
    New,
    /// The one in use.
    Old,
    /// One from the attic, by its place there.
    Attic(usize),
    /// The one that the person typed.
    Given,
}

/// What the line signs in with, and answers challenges with (account-security 3.5).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Credentials {
    /// The one that was proven right.
    pub current: Secret<String>,
    /// What to answer once with in a dialog if that is refused; the host forgets it ten minutes after the change is
    /// over.
    pub alternate: Option<Secret<String>>,
}

/// What the event log is told. No variant has room for a secret.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Event {
    /// A change begins.
    Began,
    /// The keyring failed at it.
    KeyringFailed(VaultError),
    /// The new password is in the keyring and was read back.
    Staged,
    /// The request leaves, or the person is shown the new password.
    Submitted,
    /// The answer was lost: finding out what is so.
    OutcomeUnknown,
    /// The provider says that it is in force.
    Applied,
    /// The provider's rules refuse the new password.
    RefusedByPolicy,
    /// Somebody else has changed the password in between.
    Conflict,
    /// The provider does not accept our proof.
    NotAllowed,
    /// The registrar accepts this password.
    Accepted(Which),
    /// The registrar refuses this password.
    Rejected(Which),
    /// The new password is in its place in the keyring.
    Promoted,
    /// The change is proven to be without effect: the old password goes on.
    Withdrawn,
    /// Nobody knows whether the change will have an effect: its password is kept in the attic.
    KeptInAttic,
    /// Neither password works.
    NeedsPerson,
    /// The change is over.
    Finished(OldPassword),
}
