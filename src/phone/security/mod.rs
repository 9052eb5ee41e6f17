//! Account security inside the phone: it hosts the password change, and it is what the Security centre knows.
//!
//! * [`probe`] asks a provider whether it takes a password; `probing` gives probes a connection.
//! * `change` hosts the machine of [`super::password_change`] (`hosted` is one account's); `line` is what that means for
//!   signing in and calling; `compose` is the new password before anything is done with it; `words` says where it is.
//! * [`api`] speaks to providers that have an API for it; [`links`] and `pages` know the websites of the others.
//! * `centre` is what the Security centre shows, `safety` its commands.
//! * [`log`] is what happened to the accounts' security, [`memory`] what is remembered of each beside its record,
//!   [`journal`] how far changes are; `saves` hears whether all that reached the disk.

pub mod api;
mod centre;
mod change;
mod compose;
mod hosted;
pub mod journal;
mod line;
pub mod links;
pub mod log;
pub mod memory;
mod pages;
pub mod probe;
mod probing;
mod safety;
mod saves;
pub(super) mod words;

use std::collections::{BTreeMap, VecDeque};

use super::password_change::SaveNo;
use crate::base::AccountId;
use crate::phone::problem::Problem;

/// The phone's security: everything that is not of one account's connection.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// Documents whose last save failed, by their files' names.
    pub(super) unsaved: BTreeMap<&'static str, Problem>,
    /// How far password changes are.
    pub(super) journal: journal::Journal,
    /// What happened.
    pub(super) log: log::Log,
    /// What is remembered of the accounts.
    pub(super) memory: memory::Memory,
    /// The changes of the accounts' passwords.
    pub(super) changes: BTreeMap<AccountId, hosted::Hosted>,
    /// Whose save of the journal each write is, oldest first: the disk acknowledges each once, in this order.
    pub(super) journal_waits: VecDeque<Option<(AccountId, SaveNo)>>,
    /// Probes under way.
    pub(super) probing: Vec<probing::Probing>,
    /// Looks at providers' websites.
    pub(super) pages: BTreeMap<AccountId, pages::Look>,
    /// Where the event log was exported to.
    pub(super) log_saved_at: Option<String>,
}
