//! A mutation fuzzer over what providers publish: whatever comes, no reader panics, and what was read is clean. The
//! same seed each time; `tests/fuzz` looks elsewhere.

use ringfence::base::Entropy;
use ringfence::provider_api::fuzz;

use super::rig::{Provider, index, notice};

/// Inputs for each of the three readers.
const ROUNDS: usize = 20_000;

/// What readers of JSON and of rules stumble over.
const WORDS: [&[u8]; 28] = [
    b"\"",
    b"\\",
    b"\\u202e",
    b"\\ud800",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"null",
    b"true",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"\xff",
    b"\xe2\x80\xae",
    b"\n",
    b"//",
    b"..",
    b"https://",
    b"2026-11-22T14:10:00Z",
    b";",
    b"required:",
    b"[-]]",
    b"minlength: 99999999999",
    b"unicode",
];

fn below(dice: &mut Entropy, bound: usize) -> usize {
    dice.bits32() as usize % bound.max(1)
}

fn mutated(dice: &mut Entropy, original: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=below(dice, 4) {
        let at = below(dice, bytes.len() + 1);
        match below(dice, 5) {
            0 => bytes.truncate(at),
            1 => drop(bytes.splice(at..at, WORDS[below(dice, WORDS.len())].iter().copied())),
            2 if at < bytes.len() => bytes[at] ^= 1 << below(dice, 8),
            3 => {
                let end = (at + below(dice, 40)).min(bytes.len());
                bytes.drain(at..end);
            }
            _ => {
                let end = (at + below(dice, 40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

#[test]
fn no_reader_panics_and_what_was_read_is_clean() {
    let provider = Provider::new();
    let list = serde_json::to_vec(&index(1, vec![notice("a"), notice("b")])).unwrap();
    let rules: &[u8] =
        b"minlength: 9; maxlength: 10; required: lower, [-!$*]; allowed: [A-HJ-N2-9]; max-consecutive: 2";
    let (discovery, mut dice) = (provider.discovery(), Entropy::from_number(0x5eed));
    for _ in 0..ROUNDS {
        fuzz::notices(&mutated(&mut dice, &list));
        fuzz::discovery(&mutated(&mut dice, &discovery));
        fuzz::password_rules(&mutated(&mut dice, rules));
    }
}
