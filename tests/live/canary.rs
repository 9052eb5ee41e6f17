//! The canary password appears nowhere: no log at any level, no file below the profile, no event.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::{PASSWORD, Scratch};

/// Every file below `folder` that holds `needle`.
pub fn files_with(folder: &Path, needle: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("folder").map(|e| e.expect("entry").path()) {
        if entry.is_dir() {
            found.extend(files_with(&entry, needle));
        } else if fs::read(&entry).is_ok_and(|bytes| bytes.windows(needle.len()).any(|w| w == needle.as_bytes())) {
            found.push(entry.display().to_string());
        }
    }
    found
}

#[test]
fn the_password_appears_in_no_log_at_any_level_no_file_and_no_event() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    // `Agent` runs at RUST_LOG=trace.
    let mut alice = Agent::start(&scratch, "alice", &["--bind", "127.0.0.1:0"]);
    alice.sign_in("alice", kamailio.plain, "udp", json!({}));
    alice.ok(json!({"do": "call", "account": 1, "to": "nobody"}));
    alice.call("ended");
    alice.ok(json!({"do": "state"}));
    alice.line(&format!("{{\"do\":\"sign_in\",\"address\":\"b@{DOMAIN}\",\"password\":\"{PASSWORD}\",\"server\":7}}"));
    alice.line(&format!("garbage {PASSWORD}"));
    alice.quit();
    assert!(alice.log().len() > 1000, "the log was written, at trace level");
    assert!(!alice.seen.is_empty());
    for value in &alice.seen {
        assert!(!value.to_string().contains(PASSWORD), "{value}");
    }
    assert_eq!(files_with(&alice.folder, PASSWORD), Vec::<String>::new());
    assert!(!files_with(&scratch.path().join("kamailio"), PASSWORD).is_empty(), "the search itself works");
}
