//! The memory of our own outgoing calls: longer than the recent calls, and nothing but what a bill can be compared with.
//! One JSON object per line, added to the end; what is too old goes when the phone starts.

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, WallTime};
use crate::phone::input::Found;
use crate::phone::view::{CallDirection, HistoryRow};
use crate::port::store::{Append, Document, Save};

/// Bills are disputed within a year; a month more for the last one of them.
const KEPT_MILLIS: i64 = 400 * 24 * 3600 * 1000;
/// More calls than this are not kept: the oldest go.
const MOST: usize = 50_000;

/// A call that this computer has placed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Placed {
    /// When it began.
    pub at: WallTime,
    /// By which line.
    pub account: AccountId,
    /// What was dialled.
    pub to: String,
    /// For how many seconds it was answered, if it was.
    #[serde(default)]
    pub secs: Option<u32>,
}

/// A line of the document.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Begins { begins: WallTime },
    Placed(Placed),
}

/// Our own calls, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Log {
    /// Since when every call is in it.
    begins: Option<WallTime>,
    calls: Vec<Placed>,
    /// The document was damaged and is set aside: what could be read of it is written anew.
    rewrite: bool,
}

impl Log {
    /// Reads the document. A line that makes no sense costs only itself; true if there was one.
    #[must_use]
    pub fn read(found: &Found) -> (Log, bool) {
        let bytes = match found {
            Found::Absent => return (Log::default(), false),
            Found::Unreadable(_) => return (Log { rewrite: true, ..Log::default() }, true),
            Found::Content(bytes) => bytes,
        };
        let (mut log, mut damaged) = (Log::default(), false);
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice(line) {
                Ok(Line::Begins { begins }) => log.begins = Some(begins),
                Ok(Line::Placed(placed)) => log.calls.push(placed),
                Err(_) => damaged = true,
            }
        }
        log.rewrite = damaged;
        (log, damaged)
    }

    /// The phone starts: what is too old goes, and a log that is new begins with what the recent calls still know. Gives
    /// what is to be written, if anything changed.
    pub fn start(&mut self, now: WallTime, recents: &[HistoryRow]) -> Option<Save> {
        let oldest = WallTime(now.0.saturating_sub(KEPT_MILLIS));
        if self.begins.is_none() {
            self.begins = Some(recents.last().map_or(now, |row| row.at).min(now));
            self.calls = recents.iter().rev().filter_map(placed).collect();
            return Some(self.save());
        }
        let before = self.calls.len();
        let excess = before.saturating_sub(MOST);
        if let Some(first) = self.calls.get(excess).filter(|_| excess > 0) {
            self.begins = self.begins.max(Some(first.at));
        }
        self.calls.drain(..excess);
        self.calls.retain(|call| call.at >= oldest);
        if self.calls.len() == before {
            return std::mem::take(&mut self.rewrite).then(|| self.save());
        }
        self.begins = self.begins.max(Some(oldest));
        Some(self.save())
    }

    /// A call has ended.
    pub fn add(&mut self, row: &HistoryRow) -> Option<Append> {
        let placed = placed(row)?;
        let line = format!("{}\n", serde_json::json!(placed));
        self.calls.push(placed);
        Some(Append(Document::CallLog, line.into_bytes()))
    }

    /// Forget everything: what was before `now` is not known any more.
    pub fn clear(&mut self, now: WallTime) -> Save {
        *self = Log { begins: Some(now), ..Log::default() };
        self.save()
    }

    /// Forget the calls of an account that is removed.
    pub fn remove(&mut self, account: AccountId) -> Option<Save> {
        let before = self.calls.len();
        self.calls.retain(|call| call.account != account);
        (self.calls.len() < before).then(|| self.save())
    }

    /// Since when every call is in it.
    #[must_use]
    pub fn begins(&self) -> Option<WallTime> {
        self.begins
    }

    /// The calls of one account, oldest first.
    pub fn of(&self, account: AccountId) -> impl Iterator<Item = &Placed> {
        self.calls.iter().filter(move |call| call.account == account)
    }

    fn save(&self) -> Save {
        let mut text = String::new();
        if let Some(begins) = self.begins {
            text.push_str(&format!("{}\n", serde_json::json!(Line::Begins { begins })));
        }
        for call in &self.calls {
            text.push_str(&format!("{}\n", serde_json::json!(call)));
        }
        Save(Document::CallLog, text.into_bytes())
    }
}

/// Only calls of ours can be on a bill.
fn placed(row: &HistoryRow) -> Option<Placed> {
    (row.direction == CallDirection::Outgoing).then(|| Placed {
        at: row.at,
        account: row.account,
        to: row.peer.address.clone(),
        secs: row.answered_secs,
    })
}
