//! The `attic` entry of the keyring: at most two passwords that are not in use, but must not be lost: what was
//! replaced, and what may still come into force because nobody knows what became of the request. Tried again when
//! the one in use is refused (R8).

use serde::{Deserialize, Serialize};

use super::txn::{Kind, Txn, Unreadable, line};
use crate::base::{Secret, WallTime};
use crate::provider_api::TxId;

/// The version that is written.
const VERSION: u64 = 1;
/// How many are kept.
const ROOM: usize = 2;
/// How many there can be between two writes.
const MOST: usize = 4;
/// How long, in milliseconds of the provider's clock.
const KEPT: i64 = 30 * DAY;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Passwords that are not in use, newest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Attic {
    entries: Vec<Kept>,
}

/// One of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Kept {
    /// The password.
    pub secret: Secret<String>,
    /// What is known of it.
    pub standing: Standing,
    /// When it may go, by the provider's clock; none until that was heard.
    pub until: Option<WallTime>,
}

/// What is known of a password in the attic.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Standing {
    /// Another one was accepted since: this one is kept in case that is undone.
    Superseded,
    /// The same, and the provider took this one as well when it was tried last.
    StillAccepted,
    /// It may have been set, or still be set, by this change. No other is begun beside it (R7): it is taken up again.
    Undetermined(Unsettled),
}

/// A change whose end is not known.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Unsettled {
    /// Its name.
    pub tx: TxId,
    /// The generation that it was for.
    #[serde(default, rename = "gen", skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// When it was made, by this computer's clock.
    #[serde(default)]
    pub created: WallTime,
    /// When the provider stops taking it: a repeated request must say the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<WallTime>,
    /// Who told the provider.
    pub kind: Kind,
}

#[derive(Serialize, Deserialize)]
struct Entry<S> {
    v: u64,
    kept: Vec<Row<S>>,
}

#[derive(Serialize, Deserialize)]
struct Row<S> {
    secret: S,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unsettled: Option<Unsettled>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<WallTime>,
    /// An older Ringfence takes it for one that was only replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    still_accepted: bool,
}

#[derive(Deserialize)]
struct Version {
    v: u64,
}

impl Attic {
    /// What is in it, newest first; at most two.
    #[must_use]
    pub fn kept(&self) -> &[Kept] {
        &self.entries
    }

    /// Whether nothing is in it: the entry can be deleted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts a password that was replaced on top. What is too much goes with [`Attic::trim`], not before the password
    /// that takes its place is in the keyring: that one may be in here too.
    pub fn supersede(&mut self, secret: Secret<String>) {
        self.remove(&secret);
        self.entries.insert(0, Kept { secret, standing: Standing::Superseded, until: None });
    }

    /// The provider still takes this one, which was replaced: it is kept, so that it can be tried again.
    pub fn still_accept(&mut self, secret: Secret<String>) {
        self.supersede(secret);
        if let Some(first) = self.entries.first_mut() {
            first.standing = Standing::StillAccepted;
        }
    }

    /// The one that was replaced and that the provider took as well when it was tried last.
    #[must_use]
    pub fn still_accepted(&self) -> Option<&Secret<String>> {
        self.entries.iter().find(|kept| kept.standing == Standing::StillAccepted).map(|kept| &kept.secret)
    }

    /// It is refused now, or another change has begun to count.
    pub fn forget_still_accepted(&mut self) {
        for kept in &mut self.entries {
            if kept.standing == Standing::StillAccepted {
                kept.standing = Standing::Superseded;
            }
        }
    }

    /// Puts the password of a change on top whose end is not known.
    pub fn leave_open(&mut self, txn: &Txn) {
        self.remove(&txn.new);
        let Txn { tx, new: _, generation, created, not_after, kind } = txn.clone();
        let unsettled = Unsettled { tx, generation, created, not_after, kind };
        let standing = Standing::Undetermined(unsettled);
        self.entries.insert(0, Kept { secret: txn.new.clone(), standing, until: None });
    }

    /// Takes a password out: it is in use, or being tried, or proven to be of no use.
    pub fn remove(&mut self, secret: &Secret<String>) {
        self.entries.retain(|kept| kept.secret != *secret);
    }

    /// Another password was accepted under a newer generation, so that no open change through the API can still
    /// come into force: `If-Match` refuses it.
    pub fn settle_before(&mut self, generation: u64) {
        for kept in &mut self.entries {
            if matches!(&kept.standing, Standing::Undetermined(open) if open.generation.is_some_and(|g| g < generation))
            {
                kept.standing = Standing::Superseded;
            }
        }
    }

    /// The change of this kind that is still open, if one is (R7): the same as it was.
    #[must_use]
    pub fn open(&self, kind: Kind) -> Option<Txn> {
        self.entries.iter().find_map(|kept| match &kept.standing {
            Standing::Undetermined(open) if open.kind == kind => Some(Txn {
                tx: open.tx.clone(),
                new: kept.secret.clone(),
                generation: open.generation,
                created: open.created,
                not_after: open.not_after,
                kind,
            }),
            Standing::Undetermined(_) | Standing::Superseded | Standing::StillAccepted => None,
        })
    }

    /// Says from when on the newer ones may go, and drops those whose time is over. A clock that jumped must not
    /// destroy a secret: nothing is dropped unless the provider's clock and our own agree within a day.
    pub fn keep_until(&mut self, provider: WallTime, ours: WallTime) {
        let agreed = provider.0.abs_diff(ours.0) <= DAY.unsigned_abs();
        self.entries.retain(|kept| !(agreed && kept.until.is_some_and(|until| until <= provider)));
        for kept in &mut self.entries {
            if agreed && kept.until.is_none() {
                kept.until = Some(WallTime(provider.0.saturating_add(KEPT)));
            }
        }
    }

    /// The line that is stored.
    #[must_use]
    pub fn to_line(&self) -> Secret<String> {
        let row = |kept| {
            let Kept { secret, standing, until }: &Kept = kept;
            let (unsettled, still_accepted) = match standing {
                Standing::Superseded => (None, false),
                Standing::StillAccepted => (None, true),
                Standing::Undetermined(open) => (Some(open.clone()), false),
            };
            let secret = secret.expose("the keyring is where it belongs").as_str();
            Row { secret, unsettled, until: *until, still_accepted }
        };
        line(&Entry { v: VERSION, kept: self.entries.iter().map(row).collect() })
    }

    /// Reads what [`Attic::to_line`] wrote.
    ///
    /// # Errors
    /// If it is damaged, cut off, or from a newer version. Neither is a reason to delete it.
    pub fn from_line(line: &Secret<String>) -> Result<Attic, Unreadable> {
        let line = line.expose("read back from the keyring");
        let version: Version = serde_json::from_str(line).map_err(|_| Unreadable::Damaged)?;
        if version.v > VERSION {
            return Err(Unreadable::Newer(version.v));
        }
        let entry: Entry<String> = serde_json::from_str(line).map_err(|_| Unreadable::Damaged)?;
        let kept = |row: Row<String>| Kept {
            secret: Secret::new(row.secret),
            standing: match row.unsettled {
                Some(open) => Standing::Undetermined(open),
                None if row.still_accepted => Standing::StillAccepted,
                None => Standing::Superseded,
            },
            until: row.until,
        };
        Ok(Attic { entries: entry.kept.into_iter().map(kept).take(MOST).collect() })
    }

    /// Whether something undetermined is in here, and neither of these two is it: then a write that goes wrong could
    /// destroy the only copy.
    #[must_use]
    pub fn is_only_copy(&self, elsewhere: [Option<&Secret<String>>; 2]) -> bool {
        let safe = |kept: &Kept| elsewhere.contains(&Some(&kept.secret));
        self.entries.iter().any(|kept| matches!(kept.standing, Standing::Undetermined(_)) && !safe(kept))
    }

    /// Makes room: the oldest that was only replaced goes first. What is undetermined has precedence.
    pub fn trim(&mut self) {
        while self.entries.len() > ROOM {
            let of = |standing| self.entries.iter().rposition(|kept| kept.standing == standing);
            let last = self.entries.len() - 1;
            let goes = of(Standing::Superseded).or_else(|| of(Standing::StillAccepted)).unwrap_or(last);
            self.entries.remove(goes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn txn(new: &str, kind: Kind) -> Txn {
        Txn {
            tx: TxId::parse("01JD0000000000000000000001").unwrap(),
            new: Secret::from(new),
            generation: (kind == Kind::Api).then_some(17),
            created: WallTime(0),
            not_after: None,
            kind,
        }
    }

    fn names(attic: &Attic) -> Vec<&str> {
        attic.kept().iter().map(|kept| kept.secret.expose("test").as_str()).collect()
    }

    #[test]
    fn what_is_undetermined_outlives_what_was_only_replaced() {
        let mut attic = Attic::default();
        attic.leave_open(&txn("open", Kind::Portal));
        for old in ["a", "b", "c"] {
            attic.supersede(Secret::from(old));
            attic.trim();
        }
        assert_eq!(names(&attic), ["c", "open"]);
        attic.leave_open(&txn("too", Kind::Api));
        attic.supersede(Secret::from("d"));
        assert_eq!(names(&attic), ["d", "too", "c", "open"], "nothing goes before its time");
        attic.trim();
        assert_eq!(names(&attic), ["too", "open"]);
        assert_eq!(attic.open(Kind::Portal), Some(txn("open", Kind::Portal)));
        attic.settle_before(17);
        assert!(attic.open(Kind::Api).is_some(), "the same generation settles nothing");
        attic.settle_before(18);
        assert!(attic.open(Kind::Api).is_none() && attic.open(Kind::Portal).is_some());
    }

    #[test]
    fn a_line_comes_back_and_every_truncation_is_damage() {
        let mut attic = Attic::default();
        attic.supersede(Secret::from("o\"ld"));
        attic.leave_open(&txn("open", Kind::Api));
        attic.keep_until(WallTime(5), WallTime(5));
        let line = attic.to_line();
        assert_eq!(Attic::from_line(&line), Ok(attic));
        let whole = line.expose("test");
        for cut in 0..whole.len() {
            assert_eq!(Attic::from_line(&Secret::from(&whole[..cut])), Err(Unreadable::Damaged), "{cut}");
        }
        assert_eq!(Attic::from_line(&Secret::from("{\"v\":9}")), Err(Unreadable::Newer(9)));
    }

    #[test]
    fn no_clock_alone_destroys_a_secret() {
        let now = 1_700_000_000_000;
        let decade = 3653 * DAY;
        let mut attic = Attic::default();
        attic.supersede(Secret::from("old"));
        attic.keep_until(WallTime(now), WallTime(now));
        for (provider, ours) in [(now + decade, now), (now, now + decade), (now - decade, now), (now, now - decade)] {
            attic.keep_until(WallTime(provider), WallTime(ours));
            assert_eq!(names(&attic), ["old"], "{provider} {ours}");
        }
        let later = WallTime(now + KEPT);
        attic.keep_until(WallTime(now + KEPT - 1), later);
        assert_eq!(names(&attic), ["old"]);
        attic.keep_until(later, later);
        assert!(attic.is_empty());
    }
}
