//! Accounts in memory: the demo's, and the tests'. The same decisions as with a database, done one after another.

use std::collections::BTreeMap;

use super::account::{Account, Facts, Hashes};
use super::desk::{Decision, Write};
use super::device::Device;
use super::transaction::{Flush, State, Transaction};
use crate::base::WallTime;
use crate::provider_api::TxId;

/// One line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When.
    pub at: WallTime,
    /// Whose.
    pub user: String,
    /// What happened.
    pub what: &'static str,
    /// To what.
    pub detail: String,
}

/// All accounts of a provider.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Memory {
    accounts: BTreeMap<String, Entry>,
    audit: Vec<Line>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    account: Account,
    transactions: BTreeMap<TxId, Transaction>,
    devices: Vec<Device>,
}

impl Memory {
    /// Opens an account, of generation 1.
    pub fn open(&mut self, user: &str, hashes: Hashes) {
        let user = user.to_owned();
        let account =
            Account { user: user.clone(), generation: 1, hashes, must_change: None, changed: None, guards: None };
        self.accounts.insert(user, Entry { account, transactions: BTreeMap::new(), devices: Vec::new() });
    }

    /// What is known of an account and of one of its transactions.
    #[must_use]
    pub fn facts(&self, user: &str, tx: Option<&TxId>) -> Option<Facts> {
        let entry = self.accounts.get(user)?;
        Some(Facts {
            account: entry.account.clone(),
            transaction: tx.and_then(|tx| entry.transactions.get(tx)).cloned(),
            devices: entry.devices.clone(),
        })
    }

    /// Does what was decided about an account.
    pub fn apply(&mut self, now: WallTime, user: &str, decision: &Decision) {
        for write in &decision.writes {
            self.write(now, user, write);
        }
    }

    /// Does one write.
    pub fn write(&mut self, now: WallTime, user: &str, write: &Write) {
        let Some(entry) = self.accounts.get_mut(user) else { return };
        match write.clone() {
            Write::Credential { secret, generation, at } => {
                entry.account.hashes = secret.hashes;
                entry.account.generation = generation;
                entry.account.changed = Some(at);
            }
            Write::Transaction(transaction) => drop(entry.transactions.insert(transaction.tx.clone(), transaction)),
            Write::Device(device) => {
                entry.devices.retain(|other| other.id != device.id);
                entry.devices.push(device);
            }
            Write::RemoveDevice(id) => entry.devices.retain(|device| device.id != id),
            Write::Guards(json) => entry.account.guards = Some(json),
            Write::MustChange(asked) => entry.account.must_change = asked,
            Write::Audit { what, detail } => self.audit.push(Line { at: now, user: user.to_owned(), what, detail }),
        }
    }

    /// The pending changes whose time has come: whose, and which.
    #[must_use]
    pub fn due(&self, now: WallTime) -> Vec<(String, TxId)> {
        let of = |(user, entry): (&String, &Entry)| {
            let due = entry.transactions.values().filter(|tx| tx.due.is_some_and(|due| due <= now));
            due.map(|tx| (user.clone(), tx.tx.clone())).collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(of).collect()
    }

    /// Changes that were done, but whose owner's other registrations have not been ended.
    #[must_use]
    pub fn unended(&self) -> Vec<(String, TxId, Flush)> {
        let of = |(user, entry): (&String, &Entry)| {
            let done = entry.transactions.values().filter(|tx| tx.state == State::Applied);
            done.filter_map(|tx| Some((user.clone(), tx.tx.clone(), tx.flush.clone()?))).collect::<Vec<_>>()
        };
        self.accounts.iter().flat_map(of).collect()
    }

    /// Those of this one have been.
    pub fn ended(&mut self, user: &str, tx: &TxId) {
        let transaction = self.accounts.get_mut(user).and_then(|entry| entry.transactions.get_mut(tx));
        if let Some(transaction) = transaction {
            transaction.flush = None;
        }
    }

    /// Forgets transactions that were last touched before this.
    pub fn forget(&mut self, before: WallTime) {
        for entry in self.accounts.values_mut() {
            entry.transactions.retain(|_, tx| tx.at >= before || tx.state == State::Pending || tx.flush.is_some());
        }
    }

    /// What happened so far.
    #[must_use]
    pub fn audit(&self) -> &[Line] {
        &self.audit
    }
}
