//! The recent calls: newest first, at most five hundred, and how many of the missed nobody has looked at.

use std::sync::Arc;

use crate::base::AccountId;
use crate::phone::documents::{self, History};
use crate::phone::view::HistoryRow;
use crate::port::store::Save;

/// More than anybody scrolls through.
const CAP: usize = 500;

/// The recent calls.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recents {
    rows: Arc<[HistoryRow]>,
    unseen_missed: usize,
}

impl Recents {
    /// From the document.
    #[must_use]
    pub fn new(mut document: History) -> Recents {
        document.rows.truncate(CAP);
        let unseen_missed = document.unseen_missed.min(document.rows.len());
        Recents { rows: document.rows.into(), unseen_missed }
    }

    /// Newest first.
    #[must_use]
    pub fn rows(&self) -> Arc<[HistoryRow]> {
        Arc::clone(&self.rows)
    }

    /// Missed calls that nobody has looked at.
    #[must_use]
    pub fn unseen_missed(&self) -> usize {
        self.unseen_missed
    }

    /// A call has ended.
    pub fn add(&mut self, row: HistoryRow) -> Save {
        self.unseen_missed += usize::from(row.is_missed());
        self.rows = std::iter::once(row).chain(self.rows.iter().cloned()).take(CAP).collect();
        self.unseen_missed = self.unseen_missed.min(self.rows.len());
        self.save()
    }

    /// The missed calls were looked at; nothing to write if there were none.
    pub fn seen(&mut self) -> Option<Save> {
        (std::mem::take(&mut self.unseen_missed) > 0).then(|| self.save())
    }

    /// Forget those of one account; nothing to write if there are none.
    pub fn remove(&mut self, account: AccountId) -> Option<Save> {
        let before = self.rows.len();
        self.rows = self.rows.iter().filter(|row| row.account != account).cloned().collect();
        self.unseen_missed = self.unseen_missed.min(self.rows.iter().filter(|row| row.is_missed()).count());
        (self.rows.len() < before).then(|| self.save())
    }

    /// Forget them all.
    pub fn clear(&mut self) -> Save {
        *self = Recents::default();
        self.save()
    }

    fn save(&self) -> Save {
        documents::save_history(&self.rows, self.unseen_missed)
    }
}
