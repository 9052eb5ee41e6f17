//! The local event log: what happened to the accounts' security, one line each, never rewritten and without secrets.
//! On disk it is `events.jsonl`; its export is the same text.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, Now, WallTime};
use crate::phone::Phone;
use crate::phone::input::Found;
use crate::phone::output::Output;
use crate::phone::view::LogRow;
use crate::port::store::{Append, Document};

/// Lines of each account that are kept in memory; the file keeps all.
const SHOWN: usize = 200;

/// One line of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When, by this computer's clock.
    pub at: WallTime,
    /// Which account it was about.
    pub account: AccountId,
    /// Its address: accounts go, the log stays.
    #[serde(default)]
    pub address: String,
    /// What happened, for programs: e.g. `password_changed`.
    pub what: String,
    /// What happened, in one sentence.
    pub words: String,
}

/// The newest lines of each account, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    rows: BTreeMap<AccountId, Arc<[LogRow]>>,
}

impl Log {
    /// Reads the file. Lines that make no sense (a power cut tears the last one) are left out.
    #[must_use]
    pub fn read(found: &Found) -> Log {
        let Found::Content(bytes) = found else { return Log::default() };
        let lines = bytes.split(|byte| *byte == b'\n').rev();
        let lines = lines.filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let mut rows: BTreeMap<AccountId, Vec<LogRow>> = BTreeMap::new();
        for line in lines {
            let its = rows.entry(line.account).or_default();
            if its.len() < SHOWN {
                its.push(LogRow { at: line.at, words: line.words });
            }
        }
        Log { rows: rows.into_iter().map(|(account, rows)| (account, rows.into())).collect() }
    }

    /// What happened to one account, newest first.
    #[must_use]
    pub fn of(&self, account: AccountId) -> Arc<[LogRow]> {
        self.rows.get(&account).cloned().unwrap_or_default()
    }

    /// Adds a line; what comes back is to be written.
    ///
    /// # Errors
    /// If the line cannot be put into JSON, which no line of ours is known to do.
    pub fn add(&mut self, line: Line) -> Result<Append, serde_json::Error> {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let row = LogRow { at: line.at, words: line.words };
        let rows = self.rows.entry(line.account).or_default();
        *rows = std::iter::once(row).chain(rows.iter().cloned()).take(SHOWN).collect();
        Ok(Append(Document::EventLog, bytes))
    }
}

impl Phone {
    /// Adds a line to the event log. `what` is for programs, `words` one sentence for people; never a secret. The
    /// demo's account leaves no traces.
    pub(in crate::phone) fn note(&mut self, now: Now, id: AccountId, what: &str, words: impl Into<String>) {
        let Some(account) = self.accounts.iter().find(|account| account.id() == id && !account.demo) else { return };
        let address = account.address.shown();
        let line = Line { at: now.wall, account: id, address, what: what.to_owned(), words: words.into() };
        match self.security.log.add(line) {
            Ok(append) => self.out.push_back(Output::Append(append)),
            Err(error) => tracing::error!(%error, what, "a line of the event log is lost"),
        }
    }
}
