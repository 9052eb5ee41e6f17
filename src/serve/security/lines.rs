//! The registrations of an account: listed, and ended.

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::kamailio::Kamailio;
use super::ledger::LedgerError;
use super::sql::{Database, Row, Value};
use crate::base::WallTime;
use crate::provider::security::backend::BackEnd;
use crate::provider_api::sessions::Registration;
use crate::provider_api::{Stamp, ed25519};

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
            Known::Table(table) => Ok(table.list(user).await?.into_iter().map(|(_, shown)| shown).collect()),
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
            Known::Table(table) => table.end(user, |row| row.id == id).await,
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
            Known::Table(table) => table.end(user, is_other).await,
        }
    }
}

fn unable() -> LedgerError {
    LedgerError("no [registrations] in the configuration: registrations cannot be ended".to_owned())
}

impl Table {
    /// Each with its key in the table.
    async fn list(&self, user: &str) -> Result<Vec<(String, Registration)>, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let rows = tx.rows(self.back_end.registrations, &[Value::Text(user), Value::Text(&self.domain)]).await?;
        Ok(rows.iter().filter_map(registration).collect())
    }

    /// Ends those that are meant.
    async fn end(&self, user: &str, is_meant: impl Fn(&Registration) -> bool) -> Result<(), LedgerError> {
        let rows = self.list(user).await?;
        let mut tx = self.database.begin().await?;
        for (key, _) in rows.iter().filter(|(_, shown)| is_meant(shown)) {
            tx.run(self.back_end.end, &[Value::Text(user), Value::Text(&self.domain), Value::Text(key)]).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Seconds since 1970, as Asterisk keeps them. Kamailio's table has dates without a zone, and these tell nobody else
/// when: left out.
fn unix(seconds: i64) -> Option<Stamp> {
    (seconds > 1_000_000_000).then(|| Stamp(WallTime(seconds.saturating_mul(1000))))
}

/// A name that can stand in a path, for a key that perhaps cannot: Asterisk's are like `anna;@5d41402a`.
fn id_of(key: &str) -> String {
    let harmless = key.len() <= 128 && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if harmless { key.to_owned() } else { ed25519::hex(&Sha256::digest(key)) }
}

fn registration(row: &Row) -> Option<(String, Registration)> {
    let text = |column| row.text(column).filter(|text| !text.is_empty()).map(str::to_owned);
    let key = text(0)?;
    let shown = Registration {
        id: id_of(&key),
        instance: text(2).map(|instance| instance.trim_matches(['<', '>', '"']).to_owned()),
        user_agent: text(3),
        address: text(4).or_else(|| text(1)),
        expires: row.int(5).and_then(unix),
        ..Registration::default()
    };
    Some((key, shown))
}
