//! The list of common passwords: a filter that knows them without naming them (`assets/passwords`).

use sha2::{Digest as _, Sha256};
use xorf::{BinaryFuse8, BinaryFuse8Ref, DmaSerializable as _, Filter as _, FilterRef as _};

/// Source and licence: `assets/passwords/README.md`.
static FILTER: &[u8] = include_bytes!("../../../assets/passwords/common.bf8");

/// Shorter words than this are parts of everything.
const MIN_PART: usize = 4;

/// What the filter holds of a password: the first eight bytes of the SHA-256 of it in lower case.
#[must_use]
pub fn key(password: &str) -> u64 {
    let hash = Sha256::digest(password.to_lowercase().as_bytes());
    hash.iter().take(8).fold(0, |all, byte| (all << 8) | u64::from(*byte))
}

/// Whether a password is one of the common ones; for about 4 in 1,000 that are not, the answer is yes all the same.
#[must_use]
pub fn is_listed(password: &str) -> bool {
    let Some((descriptor, fingerprints)) = FILTER.split_at_checked(BinaryFuse8::DESCRIPTOR_LEN) else { return false };
    BinaryFuse8Ref::from_dma(descriptor, fingerprints).contains(&key(password))
}

/// Whether a password is common, or made of common ones in the ways that everybody tries: with digits and marks around
/// it, twice or more in a row, or two of them together.
#[must_use]
pub fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    let core = password.trim_matches(|c: char| !c.is_alphabetic());
    let mostly_core = core.chars().count() * 2 > password.chars().count();
    is_listed(&password)
        || (mostly_core && core.chars().count() >= MIN_PART && is_listed(core))
        || is_repeated(&password)
        || is_sequence(&password)
        || halves(&password).any(|(one, two)| is_listed(one) && is_listed(two))
}

/// One short piece over and over: `abcabcabcabc`.
fn is_repeated(password: &str) -> bool {
    let characters: Vec<char> = password.chars().collect();
    let all = characters.len();
    (1..=all / 2).filter(|piece| all.is_multiple_of(*piece)).any(|piece| {
        let mut pieces = characters.chunks(piece);
        let Some(first) = pieces.next() else { return false };
        let word: String = first.iter().collect();
        pieces.all(|other| other == first) && (piece <= MIN_PART || is_listed(&word))
    })
}

/// Each character the next one of the code: `12345678`, `hgfedcba`; a step from 9 to 0 counts.
fn is_sequence(password: &str) -> bool {
    let steps = |up: bool| {
        let pairs = password.chars().zip(password.chars().skip(1));
        pairs.clone().count() >= MIN_PART
            && pairs.clone().all(|(one, two)| {
                let (from, to) = if up { (one, two) } else { (two, one) };
                u32::from(from) + 1 == u32::from(to) || (from == '9' && to == '0')
            })
    };
    steps(true) || steps(false)
}

fn halves(password: &str) -> impl Iterator<Item = (&str, &str)> {
    let cuts = password.char_indices().map(|(at, _)| at);
    let halves = cuts.filter_map(|at| password.split_at_checked(at));
    halves.filter(|(one, two)| one.chars().count() >= MIN_PART && two.chars().count() >= MIN_PART)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Entropy;

    #[test]
    fn what_everybody_uses_is_listed_in_whichever_case() {
        for common in ["123456", "password", "PassWord", "qwertyuiop", "letmein", "1qaz2wsx3edc", "motherfucker"] {
            assert!(is_listed(common), "{common}");
        }
    }

    #[test]
    fn few_that_are_not_common_are_taken_for_it() {
        let mut dice = Entropy::from_number(11);
        let wrong = (0..20_000).filter(|_| is_listed(&dice.token(20))).count();
        assert!((20..160).contains(&wrong), "{wrong} of 20,000: 4 in 1,000 are expected");
    }

    #[test]
    fn common_passwords_in_disguise_are_common() {
        for common in [
            "password2015!!!",
            "2026monkey",
            "abcabcabcabcabc",
            "aaaaaaaaaaaaaaa",
            "passwordpassword",
            "monkeybaseball",
            "dragonfootball",
            "1234567890123456",
            "ponmlkjihgfedcba",
        ] {
            assert!(is_common(common), "{common}");
        }
    }

    #[test]
    fn ordinary_phrases_are_not_common() {
        for own in ["the heron waits for rain", "Zwölf Boxkämpfer jagen", "x7Kq9Lm2Rt5Wb8Nz"] {
            assert!(!is_common(own), "{own}");
        }
    }
}
