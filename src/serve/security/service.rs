//! The steps of a request, in their order, and what is to be done without anybody asking.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::failpoint::{Step, reach};
use super::ledger::{Ledger, LedgerError};
use super::lines::Lines;
use super::published::{Published, tagged};
use crate::base::{Now, WallTime};
use crate::io::clock::Clock;
use crate::provider::security::transaction::{Flush, KEPT_MS};
use crate::provider::security::{Desk, End, Reply, Request, Route, change};
use crate::provider_api::{JSON, TxId, Urn, own};

/// When to come back after the database failed.
const LATER: Duration = Duration::from_secs(30);

/// How often the database is asked although nothing seems to wait, in seconds.
const THOROUGH: u64 = 60;
/// How often registrations are ended that could not be, in seconds.
const AGAIN: u64 = 10;
/// The status of a change that is done later.
const PENDING: u16 = 202;

/// A provider that is open.
#[derive(Debug)]
pub(crate) struct Service<L, R> {
    desk: Mutex<Desk>,
    ledger: L,
    lines: R,
    /// The notices to single accounts.
    own: Published,
    clock: Clock,
    /// Something may become due: a change is pending, or registrations could not be ended.
    waits: AtomicBool,
}

impl<L: Ledger, R: Lines> Service<L, R> {
    pub(crate) const fn new(desk: Desk, ledger: L, lines: R, own: Published, clock: Clock) -> Service<L, R> {
        // Whoever served before may have left something.
        Service { desk: Mutex::new(desk), ledger, lines, own, clock, waits: AtomicBool::new(true) }
    }

    /// Never held across an await.
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request.
    pub(crate) async fn answer(&self, request: &Request<'_>) -> Reply {
        match self.try_answer(request).await {
            Ok(reply) | Err(Failed::Refused(reply)) => reply,
            Err(Failed::Ledger(error)) => {
                tracing::error!(%error, method = request.method, "a request could not be answered");
                Reply::refused(Urn::Maintenance, "not now").retry_after(LATER)
            }
        }
    }

    async fn try_answer(&self, request: &Request<'_>) -> Result<Reply, Failed> {
        let now = self.clock.now();
        let route = Route::parse(request)?;
        self.desk().greet(now, request)?;
        let facts = match Desk::login(request) {
            Some(login) => self.ledger.read(&login, route.tx()).await?,
            None => None,
        };
        let proof = self.desk().admit(now, request, &route, facts.as_ref());
        let proof = proof.inspect_err(|reply| tell_of_refusal(request, reply))?;
        let Some(facts) = facts else { return Err(Failed::Refused(Reply::refused(Urn::Auth, "no such account"))) };
        reach(Step::Admitted);
        let user = facts.account.user.clone();
        if route == Route::OwnNotices
            && let Some(reply) = self.own_notices(&user).await?
        {
            return Ok(reply);
        }
        let registrations = if route.is_about_sessions() { self.lines.list(&user).await? } else { Vec::new() };
        let mut judge =
            |facts: &_| Some(self.desk().decide(now, request, &route, &proof, facts, registrations.clone()));
        if !route.writes() {
            return Ok(judge(&facts).map_or_else(|| Reply::refused(Urn::NotFound, ""), |decision| decision.reply));
        }
        let decision = self.ledger.decide(now, &user, route.tx(), &mut judge).await?;
        let gone = || Failed::Refused(Reply::refused(Urn::Auth, "no such account"));
        let decision = decision.ok_or_else(gone)?;
        tracing::info!(status = decision.reply.status, method = request.method, path = request.path, "answered");
        if decision.reply.status == PENDING {
            self.waits.store(true, Ordering::Relaxed);
        }
        match (&decision.end, route.tx()) {
            // What fails here is tried again by `tick`: the change itself is done.
            (Some(End::Others(flush)), Some(tx)) => self.end_others(&user, tx, flush).await,
            (Some(End::One(id)), _) => self.lines.end(&user, id).await?,
            (Some(End::Others(_)) | None, _) => {}
        }
        Ok(decision.reply)
    }

    /// The signed list of an account, if it has one; nobody gets that of another.
    async fn own_notices(&self, user: &str) -> Result<Option<Reply>, LedgerError> {
        let account = own::account(user, &self.desk().settings().domain);
        let list = self.own.read(&format!("{}.json", own::file_name(&account))).await;
        let list = list.map_err(|error| LedgerError(format!("the notices of an account cannot be read: {error}")))?;
        Ok(list.map(|bytes| tagged(bytes, JSON)))
    }

    async fn end_others(&self, user: &str, tx: &TxId, flush: &Flush) {
        let outcome = match self.lines.end_others(user, &flush.keep).await {
            Ok(()) => {
                reach(Step::Ended);
                self.ledger.ended(user, tx).await
            }
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            self.waits.store(true, Ordering::Relaxed);
            tracing::warn!(%error, "the other registrations of an account were not ended; it will be tried again");
        }
    }

    /// What is due without anybody asking: pending changes, and registrations that were not ended. Asks the database
    /// only while something waits; now and then in any case: another process may have left something. `count` counts
    /// the seconds from 0.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn tick(&self, count: u64) -> Result<(), LedgerError> {
        if !self.waits.load(Ordering::Relaxed) && !count.is_multiple_of(THOROUGH) {
            return Ok(());
        }
        let now = self.clock.now();
        for (user, tx) in self.ledger.due(now.wall).await? {
            let mut judge = |facts: &_| change::due(self.desk().settings(), self.clock.now().wall, facts);
            let decision = self.ledger.decide(now, &user, Some(&tx), &mut judge).await?;
            if let Some(End::Others(flush)) = decision.and_then(|decision| decision.end) {
                self.end_others(&user, &tx, &flush).await;
            }
        }
        if count.is_multiple_of(AGAIN) {
            for (user, tx, flush) in self.ledger.unended().await? {
                self.end_others(&user, &tx, &flush).await;
            }
        }
        self.waits.store(self.ledger.waits().await?, Ordering::Relaxed);
        Ok(())
    }

    /// Forgets what is older than it needs to be kept.
    ///
    /// # Errors
    /// If the database fails.
    pub(crate) async fn forget(&self) -> Result<(), LedgerError> {
        let Now { wall, .. } = self.clock.now();
        self.ledger.forget(WallTime(wall.0.saturating_sub(KEPT_MS))).await
    }
}

/// For the jail that also watches the SIP server. Which login was claimed is not said: it may be somebody's password.
fn tell_of_refusal(request: &Request<'_>, reply: &Reply) {
    let asks_anew = reply.headers.iter().any(|(_, value)| value.contains("stale=true"));
    if reply.status == 401 && request.authorization.is_some() && !asks_anew {
        tracing::warn!(from = %request.from, "a proof was refused");
    }
}

enum Failed {
    Refused(Reply),
    Ledger(LedgerError),
}

impl From<Reply> for Failed {
    fn from(reply: Reply) -> Failed {
        Failed::Refused(reply)
    }
}

impl From<LedgerError> for Failed {
    fn from(error: LedgerError) -> Failed {
        Failed::Ledger(error)
    }
}
