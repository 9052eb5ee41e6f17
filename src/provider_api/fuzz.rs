//! What the fuzzers call: every reader of what the network sends. Nothing may panic, and what was read must be clean.

use super::{
    ChangeReply, Discovery, Policy, Problem, Root, Signed, SignedList, notices, password_rules, policy, sessions,
};

/// Notices and their signatures.
pub fn notices(bytes: &[u8]) {
    if let Ok(index) = notices::Index::parse(bytes) {
        for notice in &index.notices {
            if let Some(text) = notice.words("en") {
                assert!(text.title.chars().count() <= notices::MAX_TITLE, "a title that was not cut");
                assert!(!text.title.chars().any(char::is_control), "a title that was not cleaned");
                assert!(!text.body.contains('\u{202e}'), "a body that was not cleaned");
            }
        }
    }
    if let Ok(list) = SignedList::parse(bytes) {
        drop(list.bytes());
    }
    if let (Ok(text), Some(key)) = (std::str::from_utf8(bytes), super::minisign::PublicKey::parse(KEY)) {
        assert!(key.verify(b"what nobody has signed", text).is_err(), "a forged signature");
    }
}

/// The key of minisign's own documentation.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// Discovery, roots, policies, answers and problems.
pub fn discovery(bytes: &[u8]) {
    if let Ok(doc) = Discovery::parse(bytes) {
        assert!(doc.issuer.to_string().starts_with("https://"), "an issuer without TLS");
        if let Some(signed) = &doc.root {
            // Whatever it is, it is no reason to panic.
            drop(Root::first(signed));
        }
    }
    if let Ok(signed) = Signed::parse(bytes) {
        drop(Root::first(&signed));
    }
    drop(Policy::parse(bytes));
    drop(ChangeReply::parse(bytes));
    drop(Problem::parse(bytes));
    drop(sessions::Sessions::parse(bytes));
    if let Some(generation) = std::str::from_utf8(bytes).ok().and_then(policy::generation_of) {
        assert_eq!(
            policy::generation_of(&policy::etag(generation)),
            Some(generation),
            "an ETag that does not come back"
        );
    }
}

/// Password rules.
pub fn password_rules(bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(rules) = password_rules::Rules::parse(text)
    {
        let again = password_rules::Rules::parse(&rules.to_string());
        assert_eq!(again.as_ref(), Ok(&rules), "rules that are not read as they are written");
    }
}
