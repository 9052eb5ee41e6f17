//! What the fuzzer throws bytes at.

use crate::phone::command::Dialled;
use crate::phone::guard::destination::{classify, is_emergency};
use crate::phone::guard::{Class, Region, Surroundings};
use crate::phone::link::{LONGEST, Link};

/// A link, whatever it holds: what comes out can be dialled, holds no code, header or parameter, and is itself again if
/// it is taken for one.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(link) = Link::parse(text) else { return };
    assert!(link.text.len() <= LONGEST && Dialled::parse(&link.text).is_ok(), "{link:?}");
    assert!(!link.text.contains(['*', '#', ';', '?', ',', '%', ' ', '\n', '"', '<']), "{link:?}");
    assert!(link.text.matches('@').count() <= 1, "{link:?}");
}

/// Anything that is dialled: the same judgement twice, and an emergency only where it is one exactly.
pub fn number(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(dialled) = Dialled::parse(text) else { return };
    let home = Region::parse("GB");
    let around = Surroundings { home, chosen: true, outside_prefix: "9", domain: "voip.example", emergency: &[] };
    let found = classify(dialled.as_str(), &around);
    assert_eq!(found, classify(dialled.as_str(), &around));
    assert_eq!(found.class == Class::Emergency, is_emergency(dialled.as_str(), &around), "{text}");
}
