//! The owner of an account is told what happened to it by another way: a program of the provider's (mail, SMS) is run for
//! each event that a thief would want to keep quiet. What it has not been told of stays marked in the audit log, so
//! that a crash loses nothing; it may be told twice.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use super::ledger::LedgerError;
use super::sql::{Database, Row, Value};
use crate::base::WallTime;
use crate::provider_api::Stamp;

/// How often the log is looked through.
const PAUSE: Duration = Duration::from_secs(2);
/// And how soon again after the program failed.
const LATER: Duration = Duration::from_secs(60);
/// Events at a time.
const BATCH: &str = "SELECT CAST(at AS TEXT), usr, what, detail FROM sasa_audit \
                     WHERE domain = $1 AND untold = 1 ORDER BY at LIMIT 50";

/// Whether an event is one that the owner is told of.
pub(super) fn is_told(what: &str) -> bool {
    ["password changed", "change pending", "device enrolled", "device removed", "guards set"].contains(&what)
}

/// The log, and the program.
#[derive(Debug)]
pub(super) struct Teller {
    pub(super) database: Database,
    pub(super) domain: String,
    /// The program and its arguments.
    pub(super) command: Vec<String>,
}

/// One event.
#[derive(Clone, Debug)]
struct Event {
    at: WallTime,
    user: String,
    what: String,
    detail: String,
}

impl Teller {
    /// Tells, for ever. One program runs at a time: if it hangs, nothing else does.
    pub(super) async fn run(self) {
        loop {
            let pause = match self.tell_all().await {
                Ok(()) => PAUSE,
                Err(error) => {
                    tracing::error!(%error, "owners were not told what happened; it will be tried again");
                    LATER
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    async fn tell_all(&self) -> Result<(), LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let rows = tx.rows(BATCH, &[Value::Text(&self.domain)]).await?;
        drop(tx);
        for event in rows.iter().filter_map(event) {
            let (command, line) = (self.command.clone(), self.line(&event));
            let run = tokio::task::spawn_blocking(move || run(&command, &line)).await;
            run.map_err(|error| LedgerError(error.to_string()))?.map_err(LedgerError)?;
            self.told(&event).await?;
        }
        Ok(())
    }

    /// What the program reads: no detail, which is for the provider's own people.
    fn line(&self, event: &Event) -> String {
        let at = Stamp::from(event.at).to_string();
        json!({"user": event.user, "domain": self.domain, "what": event.what, "at": at}).to_string()
    }

    async fn told(&self, event: &Event) -> Result<(), LedgerError> {
        let mut tx = self.database.begin().await?;
        let sql = "UPDATE sasa_audit SET untold = NULL \
                   WHERE domain = $1 AND usr = $2 AND at = $3 AND what = $4 AND detail = $5";
        let values = [
            Value::Text(&self.domain),
            Value::Text(&event.user),
            Value::Int(event.at.0),
            Value::Text(&event.what),
            Value::Text(&event.detail),
        ];
        tx.run(sql, &values).await?;
        Ok(tx.commit().await?)
    }
}

fn event(row: &Row) -> Option<Event> {
    let text = |column| row.text(column).map(str::to_owned);
    Some(Event { at: WallTime(row.int(0)?), user: text(1)?, what: text(2)?, detail: text(3)? })
}

/// Runs the program with one line on its standard input.
fn run(command: &[String], line: &str) -> Result<(), String> {
    let (program, arguments) = command.split_first().ok_or("no program")?;
    let child = Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("{program}: {error}"))?;
    let written = child.stdin.take().map(|mut input| writeln!(input, "{line}"));
    let status = child.wait().map_err(|error| format!("{program}: {error}"))?;
    match written {
        Some(Err(error)) if status.success() => Err(format!("{program} did not read: {error}")),
        _ if status.success() => Ok(()),
        _ => Err(format!("{program}: {status}")),
    }
}
