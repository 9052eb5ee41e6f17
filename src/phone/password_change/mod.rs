//! The change of a line password as a transaction: whatever is lost on the way, and whenever the computer dies, the
//! password that the provider accepts is one that this computer holds.
//!
//! One [`PasswordChange`] for each account, pure: it is told what happened ([`Input`]) and says what it wants
//! ([`Output`]), at most one request at a time. It opens nothing, reads no clock and rolls no dice. The host is
//! `phone::security`.
//!
//! ```text
//!              Begin                  works, policy                    Choose
//!   0 Idle ───────────► 3 Preflight ───────────────► 5 Choosing ─────────────────┐   (memory only: 4 ProveCopy first)
//!   1 Notified  ▲            │ keyring fails ► 4 KeyringUnavailable               │
//!   2 Deferred  │            │ API down ► 2 Deferred                              ▼
//!   22 Restricted            │                                   6 Staging   journal "staged", put txn, read back
//!               │            │ a change is still open (R7) ─────────►│
//!               │                                                    ▼
//!               │                                    7 Staged    journal "submitted", on the disk     ═══ write-ahead
//!               │                        no API │                    │ API
//!               │                               ▼                    ▼
//!               │                 21 Browser  Show           8 Submitting  Idempotency-Key, If-Match
//!               │                    │ I've changed it,             │      │ lost, late,   │ 422 ► 16: withdraw, 5
//!               │                    │ 401 of the line      applied │      │ 5xx           │ 401 ► attic, 20
//!               │                    │                              ▼      ▼               │ 429 ► 19, again
//!               │                    │               12 Verifying ◄─── 9 Unknown  what became of it?
//!               │                    ▼                      │  ▲           │ API silent   │ never seen: 8 again, or 11
//!               │             10 Probing ◄──────────────────┘  │           ▼              ▼
//!               │              │ new │ old ──► 11 Fencing ─────┘ applied   10 Probing     11 Fencing
//!               │              │     │            │ cancelled: it can never be applied
//!               │      neither │     ▼            ▼
//!               │              │   13 Promoting  23 Withdrawing     attic, active, txn, journal: in this order,
//!               │              ▼     │            │                 each until it is done
//!               │      20 NeedsUser  ▼            ▼
//!               └──────────────── 24 Done     23 Aborted            (before 24: one attempt with the old one)
//! ```
//!
//! Who says what: the *host* [`Input::Boot`], [`Input::Clocks`], [`Input::Timeout`]; the *person*
//! [`Input::Person`]; *notices* [`Input::Demand`]; the *keyring* [`Input::Vault`]; the *disk* [`Input::Journal`]; the
//! *provider's API* [`Input::Policy`], [`Input::Submit`], [`Input::Tx`]; the *registrar* [`Input::Probe`], and in the
//! ordinary business of the line [`Input::ActiveRefused`].
//!
//! # What holds (account-security 3.7), and where it is proven
//!
//! `tests/pure/exploration` walks through every state that this machine can reach with a provider, a network, a
//! keyring and a disk that lose, delay, repeat, lie and hang, three crashes, and another device; in smaller worlds also
//! with notices that come and go, with a line that is refused at any time, and where secrets end with the process. I1,
//! I2, I3, I4, I6, I9 and I12 are checked in every state, I15 with two machines on one account; the clocks of I14 are
//! part of it. I7 needs no test here: no [`Output`] can end a call, close a flow or un-register. I5 and I11 are kept by
//! types: nothing here names a host, and a secret is a [`crate::base::Secret`], without which no output, log line or
//! status can show one. I8 belongs to `phone::guard` (`tests/pure/phone/emergency_in_a_change.rs` dials in each of the
//! states), I10 and I13 to `phone::notice`.
//!
//! I6 is about what is tried: the line signs in with the password in use whatever the budget says, and if that is
//! refused, it counts. Nothing can be written down before that; a refusal of which the disk has not heard when the
//! process dies is forgotten.
//!
//! What it relies on: the disk keeps what it confirmed after fsync; the keyring keeps what it gave back when it was
//! read again, and does one thing after the other; the provider checks `If-Match` and remembers what it cancelled. The
//! exploration takes each of these away and shows how the account is then lost.

mod attic;
mod begin;
mod budget;
mod fencing;
pub mod fuzz;
pub mod input;
pub mod journal;
mod machine;
pub mod output;
mod probing;
mod resting;
mod saves;
mod settling;
mod staging;
mod state;
pub mod status;
mod submitting;
pub mod txn;

use std::collections::VecDeque;

use crate::base::{Mono, Now, Secret};

pub use attic::{Attic, Kept, Standing, Unsettled};
pub use budget::Budget;
pub use input::Input;
pub use journal::Journal;
pub use machine::Machine;
pub use output::Output;
pub use saves::SaveNo;
pub use status::Status;
pub use txn::{Kind, Txn, Unreadable};

/// The password change of one account, on the clock of its host.
///
/// Give it [`Input::Boot`] first. After each [`PasswordChange::handle`] perform everything that
/// [`PasswordChange::poll`] gives, and come back at [`PasswordChange::next_timeout`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct PasswordChange {
    machine: Machine,
    /// When it was last told something.
    at: Mono,
    out: VecDeque<Output>,
}

impl PasswordChange {
    /// A change that waits for [`Input::Boot`].
    #[must_use]
    pub fn new(now: Now) -> PasswordChange {
        PasswordChange { machine: Machine::new(), at: now.mono, out: VecDeque::new() }
    }

    /// Takes one input. What follows from it is polled.
    pub fn handle(&mut self, now: Now, input: Input) {
        let passed = now.mono.since(self.at);
        self.at = self.at.max(now.mono);
        self.out.extend(self.machine.step(passed, input));
    }

    /// What is wanted next.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When it wants [`Input::Timeout`].
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        self.machine.timeout().map(|left| self.at + left)
    }

    /// Where it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.machine.status()
    }

    /// The change whose password is staged or being staged: to show it on a deliberate press, and to say by whom it
    /// is made.
    #[must_use]
    pub fn txn(&self) -> Option<&Txn> {
        self.machine.txn()
    }

    /// The password in use, as far as it is known here.
    #[must_use]
    pub fn active(&self) -> Option<&Secret<String>> {
        self.machine.active()
    }

    /// The notice that the change under way is for.
    #[must_use]
    pub fn notice(&self) -> Option<&crate::provider_api::NoticeId> {
        self.machine.notice()
    }

    /// See [`Machine::holds_line`].
    #[must_use]
    pub fn holds_line(&self) -> bool {
        self.machine.holds_line()
    }

    /// See [`Machine::is_in_doubt`].
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.machine.is_in_doubt()
    }

    /// See [`Machine::can_wait`].
    #[must_use]
    pub fn can_wait(&self) -> bool {
        self.machine.can_wait()
    }

    /// See [`Machine::can_be_given`].
    #[must_use]
    pub fn can_be_given(&self) -> bool {
        self.machine.can_be_given()
    }

    /// See [`Machine::can_test_old`].
    #[must_use]
    pub fn can_test_old(&self) -> bool {
        self.machine.can_test_old()
    }

    /// See [`Machine::can_cancel`].
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        self.machine.can_cancel()
    }
}
