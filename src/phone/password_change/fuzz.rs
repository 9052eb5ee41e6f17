//! Entry points for fuzzing: each takes any bytes and must return.

use super::attic::Attic;
use super::input::{Boot, Input};
use super::journal::Journal;
use super::txn::Txn;
use super::{Machine, Status};
use crate::base::Secret;
use std::time::Duration;

/// Reads `data` as a row of the journal, and boots a machine with it. What was understood must come back the same.
pub fn journal(data: &[u8]) {
    let row: Option<serde_json::Value> = serde_json::from_slice(data).ok();
    let journal = Journal::from_row(row.as_ref());
    assert_eq!(Journal::from_row(Some(&journal.to_row())), journal);
    boot(Boot { journal, active: Some(Secret::from("old")), ..Boot::default() });
}

/// Reads `data` as the `txn` entry and as the attic, and boots a machine with each.
pub fn keyring_entries(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let line = Secret::from(text);
    if let Ok(txn) = Txn::from_line(&line) {
        assert_eq!(Txn::from_line(&txn.to_line()), Ok(txn));
    }
    if let Ok(attic) = Attic::from_line(&line) {
        assert_eq!(Attic::from_line(&attic.to_line()), Ok(attic));
    }
    boot(Boot { txn: Some(line.clone()), active: Some(Secret::from("old")), ..Boot::default() });
    boot(Boot { attic: Some(line), ..Boot::default() });
}

fn boot(boot: Boot) {
    let mut machine = Machine::new();
    let asked = machine.step(Duration::ZERO, Input::Boot(boot));
    assert!(machine.status() != Status::Starting && asked.len() < 8);
    drop(machine.step(Duration::from_hours(24 * 14), Input::Timeout));
}
