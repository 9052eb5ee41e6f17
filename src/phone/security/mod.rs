//! Account security inside the phone: it hosts the password change, and it is what the Security centre knows.
//!
//! [`probe`] asks a provider whether it takes a password, `probing` gives probes a connection, `change` hosts the
//! change, `safety` are the Security centre's own commands, `centre` what it shows. [`log`] is what happened to the
//! accounts' security, [`memory`] what is remembered of each beside its record, [`journal`] how far changes are,
//! [`links`] where providers' websites are, `saves` hears whether all that reached the disk.

mod centre;
mod change;
pub mod journal;
pub mod links;
pub mod log;
pub mod memory;
pub mod probe;
mod probing;
mod safety;
mod saves;

use std::collections::{BTreeMap, BTreeSet};

/// The phone's security: everything that is not of one account's connection.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// Documents whose last save failed, and the person knows.
    pub(super) unsaved: BTreeSet<&'static str>,
    /// How far password changes are.
    pub(super) journal: journal::Journal,
    /// What happened.
    pub(super) log: log::Log,
    /// What is remembered of the accounts.
    pub(super) memory: memory::Memory,
    /// Probes under way.
    pub(super) probing: Vec<probing::Probing>,
    /// Where websites' passwords are changed, by the account's UUID; none where there was no such page.
    pub(super) change_pages: BTreeMap<String, centre::ChangePage>,
    /// Where the event log was exported to.
    pub(super) log_saved_at: Option<String>,
}
