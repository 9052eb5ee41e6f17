//! The change of a line password at a provider without an API: a real Kamailio whose table somebody edits, as the
//! owner of the line does at its website; a real keyring; calls in progress; and `kill -9` between all steps.

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::keyring::{Keyring, Session};
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch};

/// The new password of the line.
const NEW: &str = "CANARY-new-Hn5xTq8wLr3zVk7p";

struct Rig {
    scratch: Scratch,
    session: Session,
    _keyring: Keyring,
    kamailio: Kamailio,
    table: Subscribers,
}

impl Rig {
    fn new() -> Rig {
        let (scratch, session) = (Scratch::new(), Session::new());
        let keyring = session.unlocked();
        let table = Subscribers::make(&scratch.folder("table"), Algorithm::Sha256);
        for user in ["alice", "bob"] {
            table.add(user, PASSWORD);
        }
        let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Sha256, &table);
        Rig { scratch, session, _keyring: keyring, kamailio, table }
    }

    /// Alice's agent with its passwords in the keyring; the same profile each time.
    fn alice(&self) -> Agent {
        let ca = self.kamailio.ca.display().to_string();
        let arguments = ["--vault", "keyring", "--ca", &ca, "--bind", "127.0.0.1:0"];
        Agent::start_within(&self.scratch, "alice", &arguments, |command| self.session.within(command))
    }

    fn signed_in(&self) -> Agent {
        let mut alice = self.alice();
        alice.sign_in("alice", self.kamailio.tls, "tls", json!({}));
        wait_for_place(&mut alice, "keyring");
        alice
    }

    /// Bob, who keeps nothing.
    fn bob(&self) -> Agent {
        let ca = self.kamailio.ca.display().to_string();
        let mut bob = Agent::start(&self.scratch, "bob", &["--ca", &ca, "--bind", "127.0.0.1:0"]);
        bob.sign_in("bob", self.kamailio.tls, "tls", json!({}));
        bob
    }

    /// What the keyring holds of this kind: `password`, `change`, `earlier`.
    fn kept(&self, agent: &Agent, slot: &str) -> String {
        let accounts = std::fs::read_to_string(agent.file("profile/accounts.json")).expect("accounts.json");
        let accounts: Value = serde_json::from_str(&accounts).expect("JSON");
        let uuid = accounts["accounts"][0]["uuid"].as_str().expect("a UUID").to_owned();
        let user = format!("{uuid}-{slot}");
        self.session.secret_tool(&["lookup", "service", "Ringfence", "username", &user], "")
    }

    /// Whether Kamailio takes this password for alice: asked by another agent.
    fn takes(&self, name: &str, password: &str) -> bool {
        let mut other = Agent::start(&self.scratch, name, &["--bind", "127.0.0.1:0"]);
        let reply = other.ask(json!({
            "do": "sign_in", "address": format!("alice@{DOMAIN}"), "password": password,
            "server": self.kamailio.plain.to_string(), "transport": "tcp",
        }));
        let taken = reply["ok"] == json!(true);
        assert!(taken || reply["error"]["code"] == "wrong_password", "{reply}");
        other.quit();
        taken
    }
}

fn wait_for_place(agent: &mut Agent, place: &str) {
    crate::rig::wait_until("the password is in its place", || {
        agent.ok(json!({"do": "state"}))["accounts"][0]["password"] == place
    });
}

fn state(agent: &mut Agent, state: &str) -> Value {
    agent.have(&format!("password_change in state {state}"), |v| v["event"] == "password_change" && v["state"] == state)
}

fn registered(agent: &mut Agent) {
    agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
}

/// Bob calls Alice, who answers.
fn in_a_call(alice: &mut Agent, bob: &mut Agent) {
    bob.ok(json!({"do": "call", "account": 1, "to": "alice"}));
    let call = alice.call("ringing")["call"].clone();
    alice.ok(json!({"do": "answer", "call": call}));
    alice.call("established");
    bob.have("established", |v| v["event"] == "call" && v["state"] == "established");
}

#[test]
fn a_password_that_is_changed_at_the_website_is_found_out_and_a_call_goes_on_through_it() {
    let rig = Rig::new();
    let (mut alice, mut bob) = (rig.signed_in(), rig.bob());
    in_a_call(&mut alice, &mut bob);
    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    state(&mut alice, "at_provider");
    assert_eq!(rig.kept(&alice, "password"), PASSWORD, "the old one is in use");
    assert!(rig.kept(&alice, "change").contains(NEW), "the new one is safe");
    rig.table.set_password("alice", NEW);
    // Before anybody has said so, the call goes on.
    bob.ok(json!({"do": "hold"}));
    alice.call("held");
    bob.ok(json!({"do": "resume"}));
    alice.call("established");
    alice.ok(json!({"do": "changed_at_provider"}));
    let done = state(&mut alice, "done");
    assert_eq!(done["old_password"], "refused", "{done}");
    assert_eq!(rig.kept(&alice, "password"), NEW);
    assert_eq!(rig.kept(&alice, "change"), "", "nothing is left of the change");
    alice.ok(json!({"do": "hold"}));
    bob.call("held");
    alice.ok(json!({"do": "resume"}));
    bob.call("established");
    alice.ok(json!({"do": "hang_up"}));
    bob.call("ended");
    assert!(rig.takes("witness-new", NEW) && !rig.takes("witness-old", PASSWORD));
    alice.quit();
    bob.quit();
    let mut again = rig.alice();
    registered(&mut again);
    again.quit();
    for needle in [PASSWORD, NEW] {
        assert!(!again.log().contains(needle));
        for name in ["accounts.json", "journal.json", "security.json", "events.jsonl"] {
            let text = std::fs::read_to_string(again.file(&format!("profile/{name}"))).expect(name);
            assert!(!text.contains(needle), "{name}");
        }
    }
    for value in alice.seen.iter().chain(&again.seen) {
        assert!(!value.to_string().contains(NEW) && !value.to_string().contains(PASSWORD), "{value}");
    }
}

#[test]
fn a_call_of_ours_is_changed_while_the_new_password_is_in_force_and_nobody_has_said_so() {
    let rig = Rig::new();
    let (mut alice, mut bob) = (rig.signed_in(), rig.bob());
    alice.ok(json!({"do": "call", "account": 1, "to": "bob"}));
    let call = bob.call("ringing")["call"].clone();
    bob.ok(json!({"do": "answer", "call": call}));
    bob.call("established");
    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    state(&mut alice, "at_provider");
    rig.table.set_password("alice", NEW);
    // Kamailio challenges our re-INVITE, refuses the old password, and takes the staged one.
    alice.ok(json!({"do": "hold"}));
    bob.call("held");
    alice.ok(json!({"do": "resume"}));
    bob.call("established");
    alice.ok(json!({"do": "hang_up"}));
    bob.call("ended");
    alice.quit();
    bob.quit();
}

#[test]
fn who_says_too_early_that_it_is_done_is_told_so() {
    let rig = Rig::new();
    let mut alice = rig.signed_in();
    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    state(&mut alice, "at_provider");
    alice.ok(json!({"do": "changed_at_provider"}));
    let told = state(&mut alice, "needs_person");
    assert_eq!(told["why"], "not_changed_yet", "{told}");
    assert_eq!(rig.kept(&alice, "password"), PASSWORD);
    rig.table.set_password("alice", NEW);
    alice.ok(json!({"do": "changed_at_provider"}));
    state(&mut alice, "done");
    assert_eq!(rig.kept(&alice, "password"), NEW);
    alice.quit();
}

#[test]
fn a_password_that_the_provider_made_is_pasted_and_nothing_is_taken_that_is_wrong() {
    let rig = Rig::new();
    let mut alice = rig.signed_in();
    alice.ok(json!({"do": "change_password", "account": 1, "new": null}));
    state(&mut alice, "at_provider");
    let made = alice.ok(json!({"do": "reveal_password", "account": 1}))["password"].as_str().expect("text").to_owned();
    assert_eq!(made.len(), 24);
    rig.table.set_password("alice", NEW);
    alice.ok(json!({"do": "paste_password", "account": 1, "password": "mistyped-4711"}));
    let told = state(&mut alice, "needs_person");
    assert_eq!(told["why"], "pasted_refused", "{told}");
    assert_eq!(rig.kept(&alice, "password"), PASSWORD);
    alice.ok(json!({"do": "paste_password", "account": 1, "password": NEW}));
    state(&mut alice, "done");
    assert_eq!(rig.kept(&alice, "password"), NEW);
    alice.quit();
}

#[test]
fn a_program_that_was_killed_finds_out_at_the_next_start_what_became_of_the_change() {
    let rig = Rig::new();
    let mut alice = rig.signed_in();
    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    state(&mut alice, "at_provider");
    alice.kill();
    rig.table.set_password("alice", NEW);
    let mut again = rig.alice();
    registered(&mut again);
    crate::rig::wait_until("the new password is in use", || rig.kept(&again, "password") == NEW);
    again.quit();
    let mut third = rig.alice();
    registered(&mut third);
    third.quit();
}

#[test]
fn killed_in_every_state_the_line_works_again_with_a_password_that_the_keyring_holds() {
    // With the table changed before the program is killed, and after.
    for at in ["saving", "saved", "at_provider", "testing", "keeping", "checking_old", "done"] {
        let rig = Rig::new();
        let mut alice = rig.signed_in();
        alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
        let early = ["saving", "saved", "at_provider"].contains(&at);
        if !early {
            state(&mut alice, "at_provider");
            rig.table.set_password("alice", NEW);
            alice.line(&json!({"do": "changed_at_provider"}).to_string());
        }
        state(&mut alice, at);
        alice.kill();
        let shown = alice.seen.iter().any(|v| v["state"] == "at_provider");
        let mut again = rig.alice();
        registered(&mut again);
        let right = if early { PASSWORD } else { NEW };
        crate::rig::wait_until(at, || rig.kept(&again, "password") == right);
        // Whoever has seen the new password may still set it.
        if early && shown {
            rig.table.set_password("alice", NEW);
            again.kill();
            let mut third = rig.alice();
            registered(&mut third);
            crate::rig::wait_until(at, || rig.kept(&third, "password") == NEW);
            third.quit();
        } else {
            again.quit();
        }
    }
}

#[test]
fn a_line_that_is_removed_leaves_nothing_in_the_keyring() {
    let rig = Rig::new();
    let mut alice = rig.signed_in();
    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    state(&mut alice, "at_provider");
    let refused = alice.ask(json!({"do": "sign_out", "account": 1}));
    assert_eq!(refused["error"]["code"], "change_under_way", "{refused}");
    let kept = ["password", "change"].map(|slot| rig.kept(&alice, slot));
    assert!(kept.iter().all(|it| !it.is_empty()));
    let accounts = std::fs::read_to_string(alice.file("profile/accounts.json")).expect("accounts.json");
    alice.ok(json!({"do": "remove_account", "account": 1}));
    alice.quit();
    std::fs::write(alice.file("profile/accounts.json"), accounts).expect("to look up the UUID");
    for slot in ["password", "change", "earlier"] {
        assert_eq!(rig.kept(&alice, slot), "", "{slot}");
    }
}
