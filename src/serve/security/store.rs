//! Facts in SQL: ours in our tables, the password where the SIP server reads it, all in one transaction.

use std::sync::{Mutex, PoisonError};

use super::failpoint::{Step, reach};
use super::ledger::{Judge, Ledger, LedgerError};
use super::schema::TABLES;
use super::sql::{Database, Row, SqlError, Tx, Value};
use super::tell::is_told;
use crate::base::{Entropy, Now, WallTime};
use crate::io::clock::wall;
use crate::provider::security::account::{Account, Facts, Hashes, MustChange};
use crate::provider::security::backend::BackEnd;
use crate::provider::security::device::Device;
use crate::provider::security::policy::NewSecret;
use crate::provider::security::transaction::{Flush, State, Transaction};
use crate::provider::security::{Decision, Write};
use crate::provider_api::TxId;
use crate::provider_api::notices::Level;
use crate::sip::digest::Hash;

impl From<SqlError> for LedgerError {
    fn from(error: SqlError) -> LedgerError {
        LedgerError(error.to_string())
    }
}

/// Facts in a database.
#[derive(Debug)]
pub(crate) struct Store {
    pub(super) database: Database,
    pub(super) back_end: BackEnd,
    pub(super) domain: String,
    pub(super) realm: String,
    /// Whether somebody will tell owners: then what they are to be told of is marked.
    pub(super) tells: bool,
    dice: Mutex<Entropy>,
}

const TX: &str = "SELECT tx, state, body, CAST(generation AS TEXT), before_hashes, after_hashes, CAST(due AS TEXT), \
                  CAST(at AS TEXT), keep_instance FROM sasa_tx WHERE domain = $1 AND usr = $2 AND tx = $3";
const ACCOUNT: &str = "SELECT CAST(generation AS TEXT), fingerprint, CAST(changed AS TEXT), must_kind, \
                       CAST(must_deadline AS TEXT), guards FROM sasa_account WHERE domain = $1 AND usr = $2";
const DEVICES: &str = "SELECT id, public_key, label, CAST(added AS TEXT), CAST(active_from AS TEXT), \
                       CAST(confirmed AS TEXT) FROM sasa_device WHERE domain = $1 AND usr = $2 ORDER BY added, id";
const SAVE_ACCOUNT: &str = "INSERT INTO sasa_account (domain, usr, generation, fingerprint, changed) \
                            VALUES ($1, $2, $3, $4, $5) ON CONFLICT (domain, usr) DO UPDATE SET \
                            generation = excluded.generation, fingerprint = excluded.fingerprint, \
                            changed = excluded.changed";
const SAVE_TX: &str = "INSERT INTO sasa_tx \
                       (domain, usr, tx, state, body, generation, before_hashes, after_hashes, due, at, keep_instance) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (domain, usr, tx) DO UPDATE \
                       SET state = excluded.state, generation = excluded.generation, \
                       after_hashes = excluded.after_hashes, due = excluded.due, at = excluded.at, \
                       keep_instance = excluded.keep_instance";
const SAVE_DEVICE: &str = "INSERT INTO sasa_device \
                           (domain, usr, id, public_key, label, added, active_from, confirmed) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (domain, usr, id) DO UPDATE SET \
                           label = excluded.label, active_from = excluded.active_from, confirmed = excluded.confirmed";

impl Store {
    /// Makes our tables if they are missing, and looks whether the SIP server's are as they must be.
    pub(super) async fn open(
        database: Database,
        back_end: BackEnd,
        domain: &str,
        realm: &str,
        dice: Entropy,
    ) -> Result<Store, LedgerError> {
        let mut tx = database.begin().await?;
        for need in back_end.needs {
            let missing = |error| LedgerError(format!("the tables of {}: {error}", back_end.name));
            tx.rows(need, &[]).await.map_err(missing)?;
        }
        for table in TABLES {
            tx.run(table, &[]).await?;
        }
        tx.commit().await?;
        let (domain, realm) = (domain.to_owned(), realm.to_owned());
        Ok(Store { database, back_end, domain, realm, tells: false, dice: Mutex::new(dice) })
    }

    /// The facts, and whether the password was changed behind our back (or the account is new to us).
    pub(super) async fn load(
        &self,
        tx: &mut Tx,
        user: &str,
        transaction: Option<&TxId>,
        lock: bool,
    ) -> Result<Option<(Facts, bool)>, LedgerError> {
        let who = [Value::Text(user), Value::Text(&self.domain)];
        // The SIP server's own row is what is locked: whoever else changes the password waits, or makes us wait.
        let locked = if lock { tx.for_update() } else { "" };
        let Some(kept) = tx.row(&format!("{}{locked}", self.back_end.read), &who).await? else { return Ok(None) };
        let kept = (kept.text(0), kept.text(1), kept.text(2));
        let hashes = self.back_end.hashes(user, &self.realm, kept);
        let who = [Value::Text(&self.domain), Value::Text(user)];
        let ours = tx.row(ACCOUNT, &who).await?;
        let known = ours.as_ref().and_then(|row| row.text(1)) == Some(&hashes.fingerprint());
        let generation = ours.as_ref().and_then(|row| row.int(0)).and_then(|number| u64::try_from(number).ok());
        let generation = generation.map_or(1, |number| if known { number } else { number.saturating_add(1) });
        let account = Account {
            user: user.to_owned(),
            generation,
            hashes,
            must_change: ours.as_ref().filter(|_| known).and_then(must_change),
            changed: ours.as_ref().and_then(|row| row.int(2)).map(WallTime),
            guards: ours.as_ref().and_then(|row| row.text(5)).map(str::to_owned),
        };
        let transaction = match transaction {
            Some(name) => tx.row(TX, &[who[0], who[1], Value::Text(name.as_str())]).await?.as_ref().map(read_tx),
            None => None,
        };
        let devices = tx.rows(DEVICES, &who).await?.iter().map(read_device).collect::<Result<_, _>>()?;
        Ok(Some((Facts { account, transaction: transaction.transpose()?, devices }, !known)))
    }

    /// Notes down that an account is new to us, or that somebody else changed its password: then it has done what it
    /// was asked to.
    pub(super) async fn adopt(&self, tx: &mut Tx, account: &Account) -> Result<(), LedgerError> {
        let by_others = account.generation > 1;
        let changed = by_others.then(|| wall().0);
        self.save_account(tx, account, &account.hashes, account.generation, changed).await?;
        if by_others {
            let sql = "UPDATE sasa_account SET must_kind = NULL, must_deadline = NULL WHERE domain = $1 AND usr = $2";
            tx.run(sql, &[Value::Text(&self.domain), Value::Text(&account.user)]).await?;
        }
        Ok(())
    }

    async fn save_account(
        &self,
        tx: &mut Tx,
        account: &Account,
        hashes: &Hashes,
        generation: u64,
        changed: Option<i64>,
    ) -> Result<(), LedgerError> {
        let fingerprint = hashes.fingerprint();
        let generation = Value::Int(i64::try_from(generation).unwrap_or(i64::MAX));
        let values = [
            Value::Text(&self.domain),
            Value::Text(&account.user),
            generation,
            Value::Text(&fingerprint),
            Value::MaybeInt(changed),
        ];
        tx.run(SAVE_ACCOUNT, &values).await?;
        Ok(())
    }

    async fn write(&self, tx: &mut Tx, now: Now, account: &Account, write: &Write) -> Result<(), LedgerError> {
        let (domain, user) = (Value::Text(&self.domain), Value::Text(&account.user));
        match write {
            Write::Credential { secret, generation, at } => {
                self.write_credential(tx, account, secret, *generation, *at).await?;
            }
            Write::Transaction(transaction) => self.save_tx(tx, &account.user, transaction).await?,
            Write::Device(device) => {
                let values = [
                    domain,
                    user,
                    Value::Text(&device.id),
                    Value::Text(&device.public),
                    Value::Text(&device.label),
                    Value::Int(device.added.0),
                    Value::Int(device.from.0),
                    Value::Int(i64::from(device.confirmed)),
                ];
                tx.run(SAVE_DEVICE, &values).await?;
            }
            Write::RemoveDevice(id) => {
                let sql = "DELETE FROM sasa_device WHERE domain = $1 AND usr = $2 AND id = $3";
                tx.run(sql, &[domain, user, Value::Text(id)]).await?;
            }
            Write::Guards(json) => {
                let sql = "UPDATE sasa_account SET guards = $3 WHERE domain = $1 AND usr = $2";
                tx.run(sql, &[domain, user, Value::Text(json)]).await?;
            }
            Write::MustChange(asked) => {
                let sql = "UPDATE sasa_account SET must_kind = $3, must_deadline = $4, \
                           required = COALESCE($5, required) WHERE domain = $1 AND usr = $2";
                let kind = asked.map(|asked| code(asked.urgency));
                let deadline = asked.and_then(|asked| asked.deadline).map(|time| time.0);
                let required = asked.map(|_| now.wall.0);
                let rest = [Value::MaybeText(kind), Value::MaybeInt(deadline), Value::MaybeInt(required)];
                tx.run(sql, &[&[domain, user][..], &rest].concat()).await?;
            }
            Write::Audit { what, detail } => {
                self.note_at(tx, now.wall, &account.user, what, detail).await?;
            }
        }
        Ok(())
    }

    /// One line of the audit log.
    pub(super) async fn note(&self, tx: &mut Tx, user: &str, what: &str, detail: &str) -> Result<(), LedgerError> {
        self.note_at(tx, wall(), user, what, detail).await
    }

    async fn note_at(
        &self,
        tx: &mut Tx,
        at: WallTime,
        user: &str,
        what: &str,
        detail: &str,
    ) -> Result<(), LedgerError> {
        let sql = "INSERT INTO sasa_audit (at, domain, usr, what, detail, untold) VALUES ($1, $2, $3, $4, $5, $6)";
        let values = [
            Value::Int(at.0),
            Value::Text(&self.domain),
            Value::Text(user),
            Value::Text(what),
            Value::Text(detail),
            Value::MaybeInt((self.tells && is_told(what)).then_some(1)),
        ];
        tx.run(sql, &values).await?;
        Ok(())
    }

    async fn write_credential(
        &self,
        tx: &mut Tx,
        account: &Account,
        secret: &NewSecret,
        generation: u64,
        at: WallTime,
    ) -> Result<(), LedgerError> {
        let values = {
            let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
            self.back_end.values(&account.user, &self.domain, &self.realm, secret, &mut dice)
        };
        let Some([hash, with_domain, filler]) = values else {
            return Err(LedgerError("the change lacks the hash that the SIP server keeps".to_owned()));
        };
        let why = "it goes to where the SIP server reads it";
        let values = [
            Value::Text(&account.user),
            Value::Text(&self.domain),
            Value::Text(hash.expose(why)),
            Value::Text(with_domain.expose(why)),
            Value::Text(filler.expose(why)),
            Value::Text(&self.realm),
        ];
        let touched = tx.run(self.back_end.write, &values).await?;
        if touched == 0 {
            return Err(LedgerError("the account has vanished from the SIP server's table".to_owned()));
        }
        reach(Step::Written);
        let kept = secret.hashes.only(&[self.back_end.hash]);
        self.save_account(tx, account, &kept, generation, Some(at.0)).await
    }

    async fn save_tx(&self, tx: &mut Tx, user: &str, transaction: &Transaction) -> Result<(), LedgerError> {
        let (before, after) = (line(&transaction.before), line(&transaction.after));
        let values = [
            Value::Text(&self.domain),
            Value::Text(user),
            Value::Text(transaction.tx.as_str()),
            Value::Text(transaction.state.code()),
            Value::MaybeText(transaction.body.as_deref()),
            Value::Int(i64::try_from(transaction.generation).unwrap_or(i64::MAX)),
            Value::Text(&before),
            Value::Text(&after),
            Value::MaybeInt(transaction.due.map(|time| time.0)),
            Value::Int(transaction.at.0),
            Value::MaybeText(transaction.flush.as_ref().map(|flush| flush.keep.as_str())),
        ];
        tx.run(SAVE_TX, &values).await?;
        Ok(())
    }

    async fn names(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<(String, TxId, Row)>, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        let rows = tx.rows(sql, values).await?;
        let named = |row: Row| Some((row.text(0)?.to_owned(), TxId::parse(row.text(1)?)?, row.clone()));
        Ok(rows.into_iter().filter_map(named).collect())
    }
}

impl Ledger for Store {
    async fn read(&self, user: &str, name: Option<&TxId>) -> Result<Option<Facts>, LedgerError> {
        let mut tx = self.database.begin_reading().await?;
        match self.load(&mut tx, user, name, false).await? {
            None => Ok(None),
            Some((facts, false)) => Ok(Some(facts)),
            Some((_, true)) => {
                drop(tx);
                let mut tx = self.database.begin().await?;
                let Some((facts, adopt)) = self.load(&mut tx, user, name, true).await? else { return Ok(None) };
                if adopt {
                    self.adopt(&mut tx, &facts.account).await?;
                    tx.commit().await?;
                }
                Ok(Some(facts))
            }
        }
    }

    async fn decide(
        &self,
        now: Now,
        user: &str,
        name: Option<&TxId>,
        judge: Judge<'_>,
    ) -> Result<Option<Decision>, LedgerError> {
        let mut tx = self.database.begin().await?;
        reach(Step::Locked);
        let Some((facts, adopt)) = self.load(&mut tx, user, name, true).await? else { return Ok(None) };
        if adopt {
            self.adopt(&mut tx, &facts.account).await?;
        }
        let Some(decision) = judge(&facts) else { return Ok(None) };
        if decision.writes.is_empty() && !adopt {
            return Ok(Some(decision));
        }
        for write in &decision.writes {
            self.write(&mut tx, now, &facts.account, write).await?;
        }
        reach(Step::Complete);
        tx.commit().await?;
        reach(Step::Committed);
        Ok(Some(decision))
    }

    async fn due(&self, now: WallTime) -> Result<Vec<(String, TxId)>, LedgerError> {
        let sql = "SELECT usr, tx FROM sasa_tx WHERE domain = $1 AND state = 'pending' AND due <= $2 LIMIT 100";
        let rows = self.names(sql, &[Value::Text(&self.domain), Value::Int(now.0)]).await?;
        Ok(rows.into_iter().map(|(user, tx, _)| (user, tx)).collect())
    }

    async fn unended(&self) -> Result<Vec<(String, TxId, Flush)>, LedgerError> {
        let sql = "SELECT usr, tx, keep_instance FROM sasa_tx WHERE domain = $1 AND state = 'applied' \
                   AND keep_instance IS NOT NULL LIMIT 100";
        let rows = self.names(sql, &[Value::Text(&self.domain)]).await?;
        let keep = |row: &Row| Flush { keep: row.text(2).unwrap_or_default().to_owned() };
        Ok(rows.into_iter().map(|(user, tx, row)| (user, tx, keep(&row))).collect())
    }

    async fn waits(&self) -> Result<bool, LedgerError> {
        let sql = "SELECT usr, tx FROM sasa_tx WHERE domain = $1 AND \
                   (state = 'pending' OR (state = 'applied' AND keep_instance IS NOT NULL)) LIMIT 1";
        Ok(!self.names(sql, &[Value::Text(&self.domain)]).await?.is_empty())
    }

    async fn ended(&self, user: &str, name: &TxId) -> Result<(), LedgerError> {
        let mut tx = self.database.begin().await?;
        let sql = "UPDATE sasa_tx SET keep_instance = NULL WHERE domain = $1 AND usr = $2 AND tx = $3";
        tx.run(sql, &[Value::Text(&self.domain), Value::Text(user), Value::Text(name.as_str())]).await?;
        Ok(tx.commit().await?)
    }

    async fn forget(&self, before: WallTime) -> Result<(), LedgerError> {
        let mut tx = self.database.begin().await?;
        let sql = "DELETE FROM sasa_tx WHERE domain = $1 AND at < $2 AND state <> 'pending' AND keep_instance IS NULL";
        tx.run(sql, &[Value::Text(&self.domain), Value::Int(before.0)]).await?;
        Ok(tx.commit().await?)
    }
}

pub(super) const fn code(level: Level) -> &'static str {
    match level {
        Level::Advise => "advise",
        Level::Require => "require",
        Level::Enforced => "enforced",
    }
}

fn must_change(row: &Row) -> Option<MustChange> {
    let kind = row.text(3)?;
    let urgency = [Level::Advise, Level::Require, Level::Enforced].into_iter().find(|level| code(*level) == kind)?;
    Some(MustChange { urgency, deadline: row.int(4).map(WallTime) })
}

fn read_tx(row: &Row) -> Result<Transaction, LedgerError> {
    let corrupt = || LedgerError("a row of sasa_tx makes no sense".to_owned());
    Ok(Transaction {
        tx: row.text(0).and_then(TxId::parse).ok_or_else(corrupt)?,
        state: row.text(1).and_then(State::from_code).ok_or_else(corrupt)?,
        body: row.text(2).map(str::to_owned),
        generation: row.int(3).and_then(|number| u64::try_from(number).ok()).ok_or_else(corrupt)?,
        before: read_line(row.text(4).unwrap_or_default()),
        after: read_line(row.text(5).unwrap_or_default()),
        due: row.int(6).map(WallTime),
        at: WallTime(row.int(7).ok_or_else(corrupt)?),
        flush: row.text(8).map(|keep| Flush { keep: keep.to_owned() }),
    })
}

fn read_device(row: &Row) -> Result<Device, LedgerError> {
    let corrupt = || LedgerError("a row of sasa_device makes no sense".to_owned());
    let text = |column| row.text(column).map(str::to_owned).ok_or_else(corrupt);
    Ok(Device {
        id: text(0)?,
        public: text(1)?,
        label: text(2)?,
        added: WallTime(row.int(3).ok_or_else(corrupt)?),
        from: WallTime(row.int(4).ok_or_else(corrupt)?),
        confirmed: row.int(5) == Some(1),
    })
}

const NAMES: [(Hash, &str); 3] = [(Hash::Md5, "MD5"), (Hash::Sha256, "SHA-256"), (Hash::Sha512_256, "SHA-512-256")];

/// Hashes as one line: `MD5=… SHA-256=…`
fn line(hashes: &Hashes) -> String {
    let part = |(hash, name): (Hash, &str)| {
        hashes.get(hash).map(|value| format!("{name}={}", value.expose("it is kept as carefully as the SIP server's")))
    };
    NAMES.into_iter().filter_map(part).collect::<Vec<_>>().join(" ")
}

fn read_line(text: &str) -> Hashes {
    text.split(' ').filter_map(|part| part.split_once('=')).fold(Hashes::default(), |all, (name, value)| {
        match NAMES.into_iter().find(|(_, known)| *known == name) {
            Some((hash, _)) => all.with(hash, value),
            None => all,
        }
    })
}
