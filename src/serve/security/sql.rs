//! The only place that names `sqlx`: SQLite and PostgreSQL behind one small face. Every statement is text of ours with
//! `$1`, `$2`, …; values are bound, never pasted. Every column is read as text.

use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, Postgres, Row as _, Sqlite, SqlitePool, Transaction};

/// How long a writer waits for another process's write, a Kamailio's on the same file for one.
const BUSY: Duration = Duration::from_secs(10);
/// Connections that read.
const READERS: u32 = 4;

/// What went wrong in the database, in its words. Never carries values.
#[derive(Debug, thiserror::Error)]
#[error("the database: {0}")]
pub(super) struct SqlError(String);

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> SqlError {
        SqlError(error.to_string())
    }
}

/// A database.
#[derive(Clone, Debug)]
pub(super) enum Database {
    /// One connection writes, since SQLite has one writer anyway; others read beside it (write-ahead log).
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// A pool.
    Postgres(PgPool),
}

/// Where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// A file that is there already.
    File(PathBuf),
    /// A `postgres:` URL.
    Url(String),
}

/// A value to bind.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Int(i64),
    MaybeInt(Option<i64>),
}

/// One row, every column as text.
#[derive(Clone, Debug)]
pub(super) struct Row(Vec<Option<String>>);

impl Row {
    pub(super) fn text(&self, column: usize) -> Option<&str> {
        self.0.get(column).and_then(Option::as_deref)
    }

    pub(super) fn int(&self, column: usize) -> Option<i64> {
        self.text(column).and_then(|text| text.parse().ok())
    }
}

impl Database {
    /// Connects.
    pub(super) async fn open(place: &Place, connections: u32) -> Result<Database, SqlError> {
        match place {
            Place::File(path) => {
                // FULL: what was answered as done is still done after the power fails.
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(false)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(BUSY);
                let one = SqlitePoolOptions::new().max_connections(1);
                let writer = one.connect_with(options.clone()).await?;
                let readers = SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?;
                Ok(Database::Sqlite { writer, readers })
            }
            Place::Url(url) => {
                let options = PgConnectOptions::from_str(url)?.ssl_mode(PgSslMode::Disable);
                let pool = PgPoolOptions::new().max_connections(connections.max(2));
                Ok(Database::Postgres(pool.connect_with(options).await?))
            }
        }
    }

    /// Begins a transaction that writes. In SQLite it has the write lock from its beginning.
    pub(super) async fn begin(&self) -> Result<Tx, SqlError> {
        Ok(match self {
            Database::Sqlite { writer, .. } => Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Database::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that reads: everything as of one moment.
    pub(super) async fn begin_reading(&self) -> Result<Tx, SqlError> {
        Ok(match self {
            Database::Sqlite { readers, .. } => Tx::Sqlite(readers.begin().await?),
            Database::Postgres(pool) => {
                Tx::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        })
    }

    /// Closes all connections, after what they are doing.
    pub(super) async fn close(&self) {
        match self {
            Database::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

/// A transaction. Dropped means rolled back.
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

macro_rules! bound {
    ($sql:expr, $values:expr) => {{
        let mut query = sqlx::query(AssertSqlSafe($sql));
        for value in $values {
            query = match *value {
                Value::Text(text) => query.bind(text.to_owned()),
                Value::MaybeText(text) => query.bind(text.map(str::to_owned)),
                Value::Int(number) => query.bind(number),
                Value::MaybeInt(number) => query.bind(number),
            };
        }
        query
    }};
}

macro_rules! texts {
    ($rows:expr) => {{
        let mut all = Vec::new();
        for row in $rows {
            let columns = (0..row.len()).map(|at| row.try_get::<Option<String>, _>(at));
            all.push(Row(columns.collect::<Result<_, _>>()?));
        }
        all
    }};
}

impl Tx {
    /// Behind a `SELECT`: nobody else writes these rows until this transaction ends. SQLite has one writer anyway.
    pub(super) const fn for_update(&self) -> &'static str {
        match self {
            Tx::Sqlite(_) => "",
            Tx::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Runs a statement; how many rows it touched.
    pub(super) async fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, SqlError> {
        let sql = sql.to_owned();
        Ok(match self {
            Tx::Sqlite(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
            Tx::Postgres(tx) => bound!(sql, values).execute(&mut **tx).await?.rows_affected(),
        })
    }

    /// The rows of a statement, every column of which is text.
    pub(super) async fn rows(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, SqlError> {
        let sql = sql.to_owned();
        Ok(match self {
            Tx::Sqlite(tx) => texts!(bound!(sql, values).fetch_all(&mut **tx).await?),
            Tx::Postgres(tx) => texts!(bound!(sql, values).fetch_all(&mut **tx).await?),
        })
    }

    /// The first row, if there is one.
    pub(super) async fn row(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Option<Row>, SqlError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Makes everything durable, or fails and nothing has happened (unless the connection broke just then).
    pub(super) async fn commit(self) -> Result<(), SqlError> {
        match self {
            Tx::Sqlite(tx) => tx.commit().await?,
            Tx::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}
