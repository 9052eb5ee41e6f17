//! Account security inside the phone: whoever hosts the password change, and what the Security centre knows.
//!
//! `saves` hears whether documents reached the disk, [`log`] is what happened to the accounts' security, [`memory`] is
//! what is remembered of each account beside its record, [`journal`] how far password changes are.

pub mod journal;
pub mod log;
pub mod memory;
pub mod probe;
mod saves;

use std::collections::BTreeSet;

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
}
