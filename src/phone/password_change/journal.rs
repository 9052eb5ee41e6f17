//! The journal: one row for each account in `journal.json`, written and on the disk before the step that it is about.
//! It knows no secret. The keyring is authoritative for secrets, the journal only for how far a change was; where it
//! is silent, missing or not to be understood, the worst is believed: that the request was sent.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::provider_api::{NoticeId, TxId};

/// The version that is written.
const VERSION: u64 = 1;

/// How far a change is, as far as the disk knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Journal {
    /// The step.
    pub phase: Phase,
    /// Which change it is about; none if there is none.
    pub tx: Option<TxId>,
    /// How many refused attempts may have been made lately (I6): survives a crash, so that a crash is no way around
    /// the budget.
    pub spent: u8,
    /// The notice that asked for the change.
    pub notice: Option<NoticeId>,
}

/// The step.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No change is going on.
    #[default]
    Closed,
    /// The new password is being written into the keyring. Nothing was sent.
    Staged,
    /// It may have been sent, or shown to the person.
    Submitted,
    /// Not to be understood: as bad as [`Phase::Submitted`].
    #[serde(other)]
    Unknown,
}

/// As it stands in the file. Unknown members are ignored.
#[derive(Serialize, Deserialize)]
struct Row {
    v: u64,
    phase: Phase,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tx: Option<TxId>,
    #[serde(default)]
    spent: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<NoticeId>,
}

impl Journal {
    /// What is believed of a row that cannot be understood: something was sent, and the budget is used up.
    #[must_use]
    pub const fn unknown() -> Journal {
        Journal { phase: Phase::Unknown, tx: None, spent: 2, notice: None }
    }

    /// The row for the document.
    #[must_use]
    pub fn to_row(&self) -> Value {
        let row =
            Row { v: VERSION, phase: self.phase, tx: self.tx.clone(), spent: self.spent, notice: self.notice.clone() };
        // A row is always JSON; null is read as not to be understood.
        serde_json::to_value(row).unwrap_or(Value::Null)
    }

    /// Reads a row: absent, of any version, damaged.
    #[must_use]
    pub fn from_row(row: Option<&Value>) -> Journal {
        let Some(row) = row else { return Journal::default() };
        match Row::deserialize(row) {
            Ok(row) if row.v <= VERSION => {
                Journal { phase: row.phase, tx: row.tx, spent: row.spent, notice: row.notice }
            }
            Ok(_) | Err(_) => Journal::unknown(),
        }
    }

    /// Whether it proves that the change `tx` has never left this computer.
    #[must_use]
    pub fn proves_unsent(&self, tx: &TxId) -> bool {
        self.phase == Phase::Staged && self.tx.as_ref() == Some(tx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tx() -> TxId {
        TxId::parse("01JD0000000000000000000001").unwrap()
    }

    #[test]
    fn a_row_comes_back() {
        let journal = Journal { phase: Phase::Staged, tx: Some(tx()), spent: 1, notice: NoticeId::parse("n-1") };
        assert_eq!(Journal::from_row(Some(&journal.to_row())), journal);
        assert_eq!(Journal::from_row(None), Journal::default());
    }

    #[test]
    fn what_cannot_be_understood_counts_as_sent() {
        let whole = Journal { phase: Phase::Staged, tx: Some(tx()), spent: 0, notice: None };
        assert!(whole.proves_unsent(&tx()));
        let mut newer = whole.to_row();
        newer["v"] = json!(2);
        let mut odd = whole.to_row();
        odd["phase"] = json!("half_way");
        let mut other = whole.to_row();
        other["tx"] = json!("01JD0000000000000000000002");
        for row in [newer, odd, other, json!(null), json!("text"), json!({ "v": 1 }), json!({ "phase": "staged" })] {
            assert!(!Journal::from_row(Some(&row)).proves_unsent(&tx()), "{row}");
        }
    }
}
