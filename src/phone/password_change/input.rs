//! What the change is told, by sender. Every reply belongs to the one request that is under way: the host drops what
//! comes for an older one, and reports each request's end exactly once.

use std::time::Duration;

use super::attic::Attic;
use super::journal::Journal;
use super::saves::SaveNo;
use super::txn::{Kind, Txn, Unreadable};
use crate::base::{Secret, WallTime};
use crate::port::vault::VaultError;
use crate::provider_api::{NoticeId, TxId};

/// Everything that can happen to a change.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input {
    /// The program starts, or an account is added: once, when vault and journal were read.
    Boot(Boot),
    /// What the person does.
    Person(Person),
    /// A verified notice wants a change, or none does any more.
    Demand(Option<Demand>),
    /// The keyring, to [`super::Output::Vault`].
    Vault(VaultAnswer),
    /// The disk, to the [`super::Output::Journal`] of this number. One for each save, also for one that nobody waits
    /// for any more.
    Journal(SaveNo, JournalAnswer),
    /// The provider, to [`super::Output::AskPolicy`].
    Policy(PolicyAnswer),
    /// The provider, to [`super::Output::Submit`].
    Submit(SubmitAnswer),
    /// The provider, to [`super::Output::Query`] and [`super::Output::Fence`].
    Tx(TxAnswer),
    /// The registrar, to [`super::Output::Probe`].
    Probe(ProbeAnswer),
    /// The registrar has refused the password in use, in the ordinary business of the line (R8), so often.
    ActiveRefused(u8),
    /// The provider has refused it so often elsewhere, to a call or to a question who is registered. It counts (I6); but
    /// the registrar has not refused it, so that nothing else follows.
    LineRefused(u8),
    /// Both clocks, whenever the provider's was heard (`Date` of HTTP or SIP). Durations come from neither.
    Clocks {
        /// The provider's.
        provider: WallTime,
        /// This computer's.
        ours: WallTime,
    },
    /// [`super::PasswordChange::next_timeout`] has come.
    Timeout,
}

/// What vault and journal held.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Boot {
    /// The password in use; none if there is none, or if its entry is damaged.
    pub active: Option<Secret<String>>,
    /// The `txn` entry as it stands.
    pub txn: Option<Secret<String>>,
    /// The `attic` entry as it stands.
    pub attic: Option<Secret<String>>,
    /// The account's row.
    pub journal: Journal,
    /// Whether what is written stays after this process.
    pub place: Place,
}

/// What became of an entry that was read.
pub(super) type Parsed<T> = Option<Result<T, Unreadable>>;

impl Boot {
    pub(super) fn txn(&self) -> Parsed<Txn> {
        self.txn.as_ref().map(Txn::from_line)
    }

    pub(super) fn attic(&self) -> Parsed<Attic> {
        self.attic.as_ref().map(Attic::from_line)
    }
}

/// Where secrets are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Place {
    /// In the keyring or the passphrase file: they outlive this process.
    #[default]
    Durable,
    /// In this process's memory only: the person's own copy is the only one that lasts.
    Session,
}

/// What the person does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Person {
    /// Begin. With [`Kind::Portal`] the API is not asked for.
    Begin {
        /// Who tells the provider.
        kind: Kind,
        /// The notice that asks for it.
        notice: Option<NoticeId>,
    },
    /// The new password, generated (default) or typed, after [`super::Output::Choose`]. The host has checked it
    /// against the provider's rules and the block list.
    Choose {
        /// The name for this change, never used before.
        tx: TxId,
        /// The new password.
        new: Secret<String>,
        /// By this computer's clock.
        created: WallTime,
        /// When the provider shall stop taking it, by the provider's clock; none if it has no such limit.
        not_after: Option<WallTime>,
    },
    /// Session only: the last four characters of the copy that was saved elsewhere.
    Proof(Secret<String>),
    /// The keyring was unlocked, or another place was chosen (passphrase file, memory only): try again there.
    TryAgain(Place),
    /// "Not now", for so long.
    Snooze(Duration),
    /// "I've changed it" at the provider's page.
    ChangedIt,
    /// "The provider gave me one", "paste the new one", or the current one where neither worked.
    Current(Secret<String>),
    /// Show the new password and the page again.
    ShowAgain,
    /// Give up: what cannot be proven to be without effect goes to the attic.
    Cancel,
    /// The end was seen.
    Finish,
    /// Try the old password, which the provider still took, once more.
    TestOld,
}

/// A verified notice wants a change (account-security 3.4, states 1, 2 and 22).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Demand {
    /// How much.
    pub level: Level,
    /// Until when, by the provider's clock.
    pub deadline: Option<WallTime>,
}

/// How much a notice wants a change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// It is advised.
    Advise,
    /// It is required: "not now" exists until the deadline.
    Require,
    /// The provider bars the line until it is done.
    Enforced,
}

/// What the vault says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum VaultAnswer {
    /// Done: written and read back, or gone, or it works.
    Done,
    /// Not known yet; the true answer follows, if ever (R9).
    Stuck,
    /// It failed. What it holds now is not known.
    Failed(VaultError),
}

/// What the disk says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum JournalAnswer {
    /// It is on the disk, its directory too.
    Saved,
    /// It may be or not. The host says why to the person.
    Failed,
}

/// What the provider says about itself.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum PolicyAnswer {
    /// This is the account's generation; its rules are the host's business.
    Known {
        /// The generation of the password in force.
        generation: u64,
    },
    /// The provider has no such API: the person tells it.
    Absent,
    /// No answer, or trouble there.
    Unreachable {
        /// Its wish.
        retry_after: Option<Duration>,
    },
    /// It does not take the password in use (401).
    WrongPassword,
    /// It takes it, and does not let us (403), or asks for a proof that we do not give.
    Refused,
}

/// What the provider says to a submitted change.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum SubmitAnswer {
    /// 200: it is in force, under this generation.
    Applied {
        /// The new generation.
        generation: u64,
        /// How long the provider says that it takes until its registrars know.
        effective_in: Duration,
    },
    /// 202: it will be.
    Pending {
        /// When to ask.
        retry_after: Option<Duration>,
    },
    /// 422 `urn:sasa:policy`: the provider's rules refuse this password. The host has the rules.
    Policy,
    /// 412 `urn:sasa:generation`: somebody else has changed it in between.
    Conflict,
    /// 401, 403, and what cannot work here (501, 409 `urn:sasa:realm-changed`).
    Refused,
    /// 429: not looked at.
    RateLimited {
        /// When to try again.
        retry_after: Option<Duration>,
    },
    /// 410 `urn:sasa:tx-expired`: too late, by the provider's clock. It will never be applied.
    Expired,
    /// No connection: not a byte has left.
    NotSent,
    /// Anything else after the first byte: time-out, reset, 5xx. It may be applied, now or later.
    Unknown {
        /// The server's wish (503 `urn:sasa:maintenance`).
        retry_after: Option<Duration>,
    },
}

/// What the provider says about a change, asked for it ([`super::Output::Query`]) or told to forget it
/// ([`super::Output::Fence`]).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TxAnswer {
    /// It is in force, under this generation.
    Applied {
        /// The new generation.
        generation: u64,
    },
    /// It will be.
    Pending {
        /// When to ask again.
        retry_after: Option<Duration>,
    },
    /// It never will be: there is a tombstone.
    Cancelled,
    /// It never will be: it was refused.
    Rejected,
    /// The provider has never seen it. It may still be on its way.
    NeverSeen,
    /// No answer, or trouble there.
    Unreachable {
        /// Its wish.
        retry_after: Option<Duration>,
    },
    /// It does not accept our proof, or cannot do this.
    Refused,
}

/// What the registrar says to a password (account-security 3.3).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ProbeAnswer {
    /// It is right.
    Accepts,
    /// It is wrong: a second 401 or 407 that is not stale, or 403.
    Rejects,
    /// The nonce was too old: again, at no cost.
    Stale,
    /// Nothing was learnt.
    Inconclusive {
        /// The server's wish.
        retry_after: Option<Duration>,
        /// Whether the password may have been looked at.
        tried: Tried,
    },
    /// It bars us for now, whatever the password.
    Blocked {
        /// Until when.
        retry_after: Option<Duration>,
    },
}

/// Whether a password was looked at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tried {
    /// No: nothing that proves it was sent.
    No,
    /// Perhaps: it was sent, and the answer was lost.
    Perhaps,
}
