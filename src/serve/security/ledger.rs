//! Where facts are kept: in SQL beside the SIP server's tables, or in memory for the demo.

use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Now, WallTime};
use crate::provider::security::memory::Memory;
use crate::provider::security::transaction::Flush;
use crate::provider::security::{Decision, Facts};
use crate::provider_api::TxId;

/// The facts cannot be had, or the writes were not done: in words for the log.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct LedgerError(pub(crate) String);

/// What decides by facts that nobody else changes meanwhile. `None` decides nothing.
pub(crate) type Judge<'a> = &'a mut (dyn FnMut(&Facts) -> Option<Decision> + Send);

/// Keeps facts.
pub(crate) trait Ledger: Send + Sync + 'static {
    /// What is known of an account, and of one of its transactions; `None` if there is no such account.
    fn read(&self, user: &str, tx: Option<&TxId>) -> impl Future<Output = Result<Option<Facts>, LedgerError>> + Send;

    /// Lets `judge` decide, and does all writes of the decision or none, as one transaction.
    fn decide(
        &self,
        now: Now,
        user: &str,
        tx: Option<&TxId>,
        judge: Judge<'_>,
    ) -> impl Future<Output = Result<Option<Decision>, LedgerError>> + Send;

    /// Pending changes whose time has come.
    fn due(&self, now: WallTime) -> impl Future<Output = Result<Vec<(String, TxId)>, LedgerError>> + Send;

    /// Changes that were done, but whose owner's other registrations have not been ended.
    fn unended(&self) -> impl Future<Output = Result<Vec<(String, TxId, Flush)>, LedgerError>> + Send;

    /// Whether there is anything pending, or any registration to end.
    fn waits(&self) -> impl Future<Output = Result<bool, LedgerError>> + Send;

    /// Those of this one have been.
    fn ended(&self, user: &str, tx: &TxId) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Forgets transactions that are older than they need to be kept.
    fn forget(&self, before: WallTime) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// The demo's: shared with whoever else must know the password.
impl Ledger for Arc<Mutex<Memory>> {
    async fn read(&self, user: &str, tx: Option<&TxId>) -> Result<Option<Facts>, LedgerError> {
        Ok(self.lock().unwrap_or_else(PoisonError::into_inner).facts(user, tx))
    }

    async fn decide(
        &self,
        now: Now,
        user: &str,
        tx: Option<&TxId>,
        judge: Judge<'_>,
    ) -> Result<Option<Decision>, LedgerError> {
        let mut memory = self.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(facts) = memory.facts(user, tx) else { return Ok(None) };
        let decision = judge(&facts);
        if let Some(decision) = &decision {
            memory.apply(now.wall, user, decision);
        }
        Ok(decision)
    }

    async fn due(&self, now: WallTime) -> Result<Vec<(String, TxId)>, LedgerError> {
        Ok(self.lock().unwrap_or_else(PoisonError::into_inner).due(now))
    }

    async fn unended(&self) -> Result<Vec<(String, TxId, Flush)>, LedgerError> {
        Ok(self.lock().unwrap_or_else(PoisonError::into_inner).unended())
    }

    async fn waits(&self) -> Result<bool, LedgerError> {
        let memory = self.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(!memory.due(WallTime(i64::MAX)).is_empty() || !memory.unended().is_empty())
    }

    async fn ended(&self, user: &str, tx: &TxId) -> Result<(), LedgerError> {
        self.lock().unwrap_or_else(PoisonError::into_inner).ended(user, tx);
        Ok(())
    }

    async fn forget(&self, before: WallTime) -> Result<(), LedgerError> {
        self.lock().unwrap_or_else(PoisonError::into_inner).forget(before);
        Ok(())
    }
}
