//! The registrations of an account: listed, and ended.

use tokio::sync::mpsc;

use super::kamailio::Kamailio;
use super::ledger::LedgerError;
use super::sql::{Database, Row, Value};
use crate::base::WallTime;
use crate::provider::security::backend::BackEnd;
use crate::provider_api::Stamp;
use crate::provider_api::sessions::Registration;

/// Knows the registrations of accounts.
pub(crate) trait Lines: Send + Sync + 'static {
    /// Those of one account.
    fn list(&self, user: &str) -> impl Future<Output = Result<Vec<Registration>, LedgerError>> + Send;

    /// Ends one.
    fn end(&self, user: &str, id: &str) -> impl Future<Output = Result<(), LedgerError>> + Send;

    /// Ends all but those of one instance; all, if it is empty.
    fn end_others(&self, user: &str, keep: &str) -> impl Future<Output = Result<(), LedgerError>> + Send;
}

/// The demo's, which is told whose instance to spare. A type of its own, so that the phone links no database.
impl Lines for mpsc::Sender<String> {
    async fn list(&self, _user: &str) -> Result<Vec<Registration>, LedgerError> {
        Ok(Vec::new())
    }

    async fn end(&self, _user: &str, _id: &str) -> Result<(), LedgerError> {
        Err(unable())
    }

    async fn end_others(&self, _user: &str, keep: &str) -> Result<(), LedgerError> {
        self.send(keep.to_owned()).await.map_err(|_| LedgerError("the demo has ended".to_owned()))
    }
}

/// Where a SIP server's are.
#[derive(Debug)]
pub(crate) enum Known {
    /// Nobody told us: none are listed, and none can be ended.
    Unknown,
    /// In a Kamailio, behind its RPC socket.
    Kamailio(Kamailio),
    /// In the database, and nowhere else (Kamailio's `db_mode` 3, Asterisk's realtime contacts).
    Table(Table),
}

/// A table of registrations.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) database: Database,
    pub(super) back_end: BackEnd,
    pub(super) domain: String,
}

impl Lines for Known {
    async fn list(&self, user: &str) -> Result<Vec<Registration>, LedgerError> {
        match self {
            Known::Unknown => Ok(Vec::new()),
            Known::Kamailio(kamailio) => {
                Ok(kamailio.list(user).await?.into_iter().map(|contact| contact.shown).collect())
            }
            Known::Table(table) => table.list(user).await,
        }
    }

    async fn end(&self, user: &str, id: &str) -> Result<(), LedgerError> {
        match self {
            Known::Unknown => Err(unable()),
            Known::Kamailio(kamailio) => {
                for contact in kamailio.list(user).await?.iter().filter(|contact| contact.shown.id == id) {
                    kamailio.remove(user, &contact.address).await?;
                }
                Ok(())
            }
            Known::Table(table) => table.end(user, id).await,
        }
    }

    async fn end_others(&self, user: &str, keep: &str) -> Result<(), LedgerError> {
        let is_other = |row: &Registration| keep.is_empty() || row.instance.as_deref() != Some(keep);
        match self {
            Known::Unknown => Err(unable()),
            Known::Kamailio(kamailio) => {
                for contact in kamailio.list(user).await?.iter().filter(|contact| is_other(&contact.shown)) {
                    kamailio.remove(user, &contact.address).await?;
                }
                Ok(())
            }
            Known::Table(table) => {
                for row in table.list(user).await?.iter().filter(|row| is_other(row)) {
                    table.end(user, &row.id).await?;
                }
                Ok(())
            }
        }
    }
}

fn unable() -> LedgerError {
    LedgerError("no [registrations] in the configuration: registrations cannot be ended".to_owned())
}

impl Table {
    async fn list(&self, user: &str) -> Result<Vec<Registration>, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let rows = tx.rows(self.back_end.registrations, &[Value::Text(user), Value::Text(&self.domain)]).await?;
        Ok(rows.iter().filter_map(registration).collect())
    }

    async fn end(&self, user: &str, id: &str) -> Result<(), LedgerError> {
        let mut tx = self.database.begin().await?;
        tx.run(self.back_end.end, &[Value::Text(user), Value::Text(&self.domain), Value::Text(id)]).await?;
        Ok(tx.commit().await?)
    }
}

/// Seconds since 1970, as Asterisk keeps them. Kamailio's table has dates without a zone, and these tell nobody else
/// when: left out.
fn unix(seconds: i64) -> Option<Stamp> {
    (seconds > 1_000_000_000).then(|| Stamp(WallTime(seconds.saturating_mul(1000))))
}

fn registration(row: &Row) -> Option<Registration> {
    let text = |column| row.text(column).filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Registration {
        id: text(0)?,
        instance: text(2).map(|instance| instance.trim_matches(['<', '>', '"']).to_owned()),
        user_agent: text(3),
        address: text(4).or_else(|| text(1)),
        expires: row.int(5).and_then(unix),
        ..Registration::default()
    })
}
