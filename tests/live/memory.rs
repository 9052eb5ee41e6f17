//! How often passwords are in the program's memory, counted from outside: where they are kept and used, and nowhere
//! else; and one that was generated nowhere at all when the line is signed out.

use serde_json::{Value, json};

use crate::passphrase::stock_age;
use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::memory::count;
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, wait_until};

const PHRASE: &str = "CANARY-phrase correct horse";
/// Who has a password of a line that is signed in: the vault, whoever answers challenges, the change that may begin.
const OWNERS: usize = 3;

/// What the passphrase file holds of the only account in this slot.
fn kept(agent: &Agent, slot: &str) -> String {
    let opened = stock_age(&agent.file("profile/passwords.age"), PHRASE);
    let json = opened.find("{\"ringfence\"").and_then(|at| opened[at..].lines().next()).expect("our JSON");
    let content: Value = serde_json::from_str(json).expect("JSON");
    let accounts = content["accounts"].as_object().expect("accounts");
    accounts.values().next().expect("an account")[slot].as_str().expect("an entry").to_owned()
}

fn at_most(agent: &Agent, needle: &str, most: usize, when: &str) {
    let mut last = 0;
    let started = std::time::Instant::now();
    // What is being closed takes a moment.
    while started.elapsed() < std::time::Duration::from_secs(20) {
        last = count(agent.pid(), needle);
        if last <= most {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    panic!("{when}: {last} times in memory, not {most}");
}

#[test]
fn a_password_is_in_memory_where_it_is_kept_and_used_and_a_generated_one_nowhere_after_signing_out() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("table"), Algorithm::Sha256);
    table.add("alice", PASSWORD);
    let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Sha256, &table);
    let mut alice = Agent::start(&scratch, "alice", &["--vault", "passphrase"]);
    alice.ok(json!({"do": "unlock_vault", "passphrase": PHRASE}));
    alice.sign_in("alice", kamailio.plain, "udp", json!({}));
    wait_until("the password is kept", || alice.ok(json!({"do": "state"}))["accounts"][0]["password"] == "passphrase");
    assert!(count(alice.pid(), PASSWORD) > 0, "the search itself works");
    at_most(&alice, PASSWORD, OWNERS, "typed, signed in");
    assert_eq!(count(alice.pid(), PHRASE), 1, "the passphrase is where each write needs it");

    alice.ok(json!({"do": "change_password", "account": 1, "new": null}));
    alice.have("the page", |line| line["event"] == "password_change" && line["state"] == "at_provider");
    let staged: Value = serde_json::from_str(&kept(&alice, "change")).expect("JSON");
    let new = staged["new"].as_str().expect("a password").to_owned();
    table.set_password("alice", &new);
    alice.ok(json!({"do": "changed_at_provider"}));
    alice.have("the end", |line| line["event"] == "password_change" && line["state"] == "done");
    alice.ok(json!({"do": "finish_change"}));
    assert_eq!(kept(&alice, "password"), new);
    at_most(&alice, &new, OWNERS, "generated, after the change");

    alice.ok(json!({"do": "sign_out"}));
    at_most(&alice, &new, 0, "generated, signed out");
    // The line with earlier passwords was written by a serialiser that does not wipe what it outgrows.
    at_most(&alice, PASSWORD, 1, "the one before, signed out");
    alice.quit();
}
