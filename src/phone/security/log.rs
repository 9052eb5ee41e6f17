//! The local event log: what happened to the accounts' security, one line each, never rewritten and without secrets.
//! On disk it is `events.jsonl`; its export is the same text.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, WallTime};
use crate::phone::input::Found;
use crate::port::store::{Append, Document};

/// Lines that are kept in memory; the file keeps all.
const SHOWN: usize = 200;

/// One line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Line {
    /// When, by this computer's clock.
    pub at: WallTime,
    /// Which account it was about, if any.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Its address: accounts go, the log stays.
    #[serde(default)]
    pub address: String,
    /// What happened, for programs: e.g. `password_changed`.
    pub what: String,
    /// What happened, in words.
    pub text: String,
}

/// The newest lines, newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    lines: Arc<[Line]>,
}

impl Log {
    /// Reads the file. Lines that make no sense (a power cut tears the last one) are left out.
    #[must_use]
    pub fn read(found: &Found) -> Log {
        let Found::Content(bytes) = found else { return Log::default() };
        let lines = bytes.split(|byte| *byte == b'\n').rev().filter_map(|line| serde_json::from_slice(line).ok());
        Log { lines: lines.take(SHOWN).collect() }
    }

    /// Newest first.
    #[must_use]
    pub fn lines(&self) -> Arc<[Line]> {
        Arc::clone(&self.lines)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// Never in practice: a line is always JSON.
    pub fn add(&mut self, line: Line) -> Result<Append, serde_json::Error> {
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        self.lines = std::iter::once(line).chain(self.lines.iter().cloned()).take(SHOWN).collect();
        Ok(Append(Document::EventLog, bytes))
    }
}
