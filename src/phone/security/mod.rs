//! Account security inside the phone: whoever hosts the password change, and what the Security centre knows.
//!
//! `saves` hears whether documents reached the disk, [`log`] is what happened to the accounts' security, [`memory`] is
//! what is remembered of each account beside its record.

pub mod log;
pub mod memory;
mod saves;

use std::collections::BTreeSet;

use crate::port::store::Document;

/// The phone's security: everything that is not of one account's connection.
#[derive(Debug, Default)]
pub(super) struct Security {
    /// Documents whose last save failed, and the person knows.
    pub(super) unsaved: BTreeSet<&'static str>,
    /// What happened, oldest first.
    pub(super) log: log::Log,
    /// What is remembered of the accounts.
    pub(super) memory: memory::Memory,
}

impl Security {
    /// Whether something of consequence is on its way to the disk.
    pub(super) fn failed_to_save(&self, document: Document) -> bool {
        self.unsaved.contains(document.file_name())
    }
}
