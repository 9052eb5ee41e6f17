//! Names of transactions and notices: bounded, and of characters that can stand in a path and in a file name.

use serde::{Deserialize, Serialize};

use crate::base::{Entropy, WallTime};

/// Crockford's base 32, as ULIDs are written.
const ULID: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $min:expr, $max:expr, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a name of the allowed length and characters: letters, digits, `-`, `_`, `.`, not beginning
            /// with a dot.
            #[must_use]
            pub fn parse(text: &str) -> Option<$name> {
                let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
                let good = ($min..=$max).contains(&text.len()) && text.chars().all(harmless) && !text.starts_with('.');
                good.then(|| $name(text.to_owned()))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<$name, &'static str> {
                $name::parse(&text).ok_or($what)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// One password change, from its first attempt to its end: the idempotency key. 16 to 64 characters.
    TxId, 16, 64, "not the name of a transaction"
);
name!(
    /// One notice in all its revisions. 1 to 64 characters.
    NoticeId, 1, 64, "not the name of a notice"
);

impl TxId {
    /// A new one: a ULID, so that a log of them is in order of time. 80 of its 128 bits are dice.
    #[must_use]
    pub fn new(now: WallTime, dice: &mut Entropy) -> TxId {
        let millis = u128::from(now.0.unsigned_abs()) & 0xffff_ffff_ffff;
        let random = (u128::from(dice.bits64()) << 16) | u128::from(dice.bits32() & 0xffff);
        let value = (millis << 80) | random;
        let letter = |at: u32| {
            let index = usize::try_from((value >> (5 * at)) & 31).unwrap_or(0);
            char::from(ULID.get(index).copied().unwrap_or(b'0'))
        };
        TxId((0..26).rev().map(letter).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_sort_by_time_and_are_never_the_same() {
        let mut dice = Entropy::from_number(7);
        let early = TxId::new(WallTime(1_700_000_000_000), &mut dice);
        let late = TxId::new(WallTime(1_700_000_000_001), &mut dice);
        let twin = TxId::new(WallTime(1_700_000_000_001), &mut dice);
        assert!(early < late && late != twin, "{early} {late} {twin}");
        assert_eq!(early.as_str().len(), 26);
        assert!(TxId::parse(early.as_str()).is_some());
    }

    #[test]
    fn a_name_cannot_leave_its_folder() {
        for bad in ["", "../../etc/passwd", ".hidden-and-long-enough", "a/b/c/d/e/f/g/h/i/j", "ä2026-11-22-0123456"] {
            assert!(TxId::parse(bad).is_none() && NoticeId::parse(bad).is_none(), "{bad}");
        }
        assert!(NoticeId::parse(&"n".repeat(65)).is_none());
        assert!(serde_json::from_str::<NoticeId>("\"2026-11-22-01\"").is_ok());
        assert!(serde_json::from_str::<NoticeId>("\"a b\"").is_err());
    }
}
