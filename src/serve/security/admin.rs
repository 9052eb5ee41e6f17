//! What the provider's own people do with the database: ask accounts to change, see how far they have got, confirm
//! devices.

use super::ledger::LedgerError;
use super::sql::Value;
use super::store::{Store, code};
use crate::base::WallTime;
use crate::io::clock::wall;
use crate::provider::security::Facts;
use crate::provider_api::notices::Level;

/// How far the accounts have got that were asked to change their passwords.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Progress {
    /// All accounts of the domain.
    pub(super) accounts: u64,
    /// Asked to change.
    pub(super) asked: u64,
    /// Of those, the ones that have.
    pub(super) changed: u64,
}

/// A line of the audit log: when, what, to what.
pub(super) type Line = (WallTime, String, String);

/// The most lines of the audit log that are shown.
const LINES: i64 = 50;

impl Store {
    /// Asks accounts to change their passwords: all if none are named. How many were asked.
    pub(super) async fn require_change(
        &self,
        users: &[String],
        level: Level,
        deadline: Option<WallTime>,
    ) -> Result<u64, LedgerError> {
        let mut tx = self.database.begin().await?;
        let all;
        let users = if users.is_empty() {
            let rows = tx.rows(self.back_end.logins, &[Value::Text(&self.domain)]).await?;
            all = rows.iter().filter_map(|row| row.text(0).map(str::to_owned)).collect::<Vec<_>>();
            &all
        } else {
            users
        };
        let sql = "UPDATE sasa_account SET must_kind = $3, must_deadline = $4, required = $5 \
                   WHERE domain = $1 AND usr = $2";
        for user in users {
            let Some((facts, adopt)) = self.load(&mut tx, user, None, true).await? else {
                return Err(LedgerError(format!("no such account: {user}; nobody was asked")));
            };
            if adopt {
                self.adopt(&mut tx, &facts.account).await?;
            }
            let values = [
                Value::Text(&self.domain),
                Value::Text(user),
                Value::Text(code(level)),
                Value::MaybeInt(deadline.map(|time| time.0)),
                Value::Int(wall().0),
            ];
            tx.run(sql, &values).await?;
        }
        tx.commit().await?;
        Ok(u64::try_from(users.len()).unwrap_or(u64::MAX))
    }

    /// How far the accounts have got.
    pub(super) async fn progress(&self) -> Result<Progress, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let accounts = tx.rows(self.back_end.logins, &[Value::Text(&self.domain)]).await?.len();
        let sql = "SELECT CAST(COUNT(*) AS TEXT), CAST(COALESCE(SUM(CASE WHEN must_kind IS NULL THEN 1 ELSE 0 END), 0) \
                   AS TEXT) FROM sasa_account WHERE domain = $1 AND required IS NOT NULL";
        let row = tx.row(sql, &[Value::Text(&self.domain)]).await?;
        let number = |column| {
            row.as_ref().and_then(|row| row.int(column)).and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
        };
        Ok(Progress { accounts: u64::try_from(accounts).unwrap_or(u64::MAX), asked: number(0), changed: number(1) })
    }

    /// One account, and the newest lines of its log.
    pub(super) async fn show(&self, user: &str) -> Result<Option<(Facts, Vec<Line>)>, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let Some((facts, _)) = self.load(&mut tx, user, None, false).await? else { return Ok(None) };
        let sql = "SELECT CAST(at AS TEXT), what, detail FROM sasa_audit WHERE domain = $1 AND usr = $2 \
                   ORDER BY at DESC LIMIT $3";
        let rows = tx.rows(sql, &[Value::Text(&self.domain), Value::Text(user), Value::Int(LINES)]).await?;
        let line = |row: &super::sql::Row| {
            Some((WallTime(row.int(0)?), row.text(1)?.to_owned(), row.text(2).unwrap_or_default().to_owned()))
        };
        Ok(Some((facts, rows.iter().filter_map(line).collect())))
    }

    /// Confirms a device; from when on its signature counts.
    pub(super) async fn confirm_device(&self, user: &str, id: &str) -> Result<Option<WallTime>, LedgerError> {
        let mut tx = self.database.begin().await?;
        let who = [Value::Text(&self.domain), Value::Text(user), Value::Text(id)];
        let sql = "UPDATE sasa_device SET confirmed = 1 WHERE domain = $1 AND usr = $2 AND id = $3";
        let touched = tx.run(sql, &who).await?;
        let sql = "SELECT CAST(active_from AS TEXT) FROM sasa_device WHERE domain = $1 AND usr = $2 AND id = $3";
        let from = tx.row(sql, &who).await?.and_then(|row| row.int(0)).map(WallTime);
        if touched > 0 {
            self.note(&mut tx, user, "device confirmed", id).await?;
        }
        tx.commit().await?;
        Ok(from)
    }

    /// Removes a device; whether there was one.
    pub(super) async fn remove_device(&self, user: &str, id: &str) -> Result<bool, LedgerError> {
        let mut tx = self.database.begin().await?;
        let sql = "DELETE FROM sasa_device WHERE domain = $1 AND usr = $2 AND id = $3";
        let touched = tx.run(sql, &[Value::Text(&self.domain), Value::Text(user), Value::Text(id)]).await?;
        if touched > 0 {
            self.note(&mut tx, user, "device removed by the provider", id).await?;
        }
        tx.commit().await?;
        Ok(touched > 0)
    }
}
