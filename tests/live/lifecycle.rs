//! How the program begins and ends: signals, end of input, bad lines, a second start.

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::keyring::Session;
use crate::rig::{PASSWORD, Scratch, wait_until};

fn agent(scratch: &Scratch, kamailio: &Kamailio, user: &str) -> Agent {
    let mut agent = Agent::start(scratch, user, &["--bind", "127.0.0.1:0"]);
    agent.sign_in(user, kamailio.plain, "udp", json!({}));
    agent
}

fn signal(agent: &Agent, signal: Signal) {
    let pid = rustix::process::Pid::from_raw(i32::try_from(agent.pid()).expect("a pid")).expect("a pid");
    rustix::process::kill_process(pid, signal).expect("signalled");
}

/// Alice and Bob in a call, Bob's end.
fn in_a_call(alice: &mut Agent, bob: &mut Agent) {
    alice.ok(json!({"do": "call", "account": 1, "to": "bob"}));
    let call = bob.call("ringing")["call"].clone();
    bob.ok(json!({"do": "answer", "call": call}));
    bob.call("established");
    alice.have("established", |v| v["event"] == "call" && v["state"] == "established");
}

#[test]
fn sigterm_and_log_out_say_goodbye_to_the_call_and_to_the_registrar() {
    // At log-out the terminal goes: SIGHUP.
    for which in [Signal::TERM, Signal::HUP, Signal::INT] {
        let scratch = Scratch::new();
        let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
        let (mut alice, mut bob) = (agent(&scratch, &kamailio, "alice"), agent(&scratch, &kamailio, "bob"));
        in_a_call(&mut alice, &mut bob);
        signal(&alice, which);
        let ended = bob.call("ended");
        assert_eq!(ended["reason"]["code"], "peer_hung_up", "{which:?}: {ended}");
        assert_eq!(alice.ended(), Some(0), "{which:?}");
        // The registrar knows no alice any more: 404.
        bob.ok(json!({"do": "call", "account": 1, "to": "alice"}));
        let gone = bob.call("ended");
        assert_eq!(gone["reason"]["code"], "no_such_number", "{which:?}: {gone}");
        bob.quit();
    }
}

#[test]
fn signing_out_takes_the_entry_out_of_the_keyring_and_the_line_from_the_registrar() {
    let (scratch, session) = (Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let arguments = ["--vault", "keyring", "--bind", "127.0.0.1:0"];
    let mut alice = Agent::start_within(&scratch, "alice", &arguments, |command| session.within(command));
    let mut bob = agent(&scratch, &kamailio, "bob");
    alice.sign_in("alice", kamailio.plain, "udp", json!({}));
    let entries = || session.secret_tool(&["search", "--all", "service", "Ringfence"], "");
    wait_until("the password is in the keyring", || entries().contains(PASSWORD));
    alice.ok(json!({"do": "sign_out", "account": 1}));
    wait_until("no entry is left", || entries().is_empty());
    assert_eq!(alice.ok(json!({"do": "state"}))["accounts"], json!([]));
    bob.ok(json!({"do": "call", "account": 1, "to": "alice"}));
    let gone = bob.call("ended");
    assert_eq!(gone["reason"]["code"], "no_such_number", "{gone}");
    alice.quit();
    bob.quit();
}

#[test]
fn of_two_entries_in_a_real_keyring_the_one_that_the_registrar_takes_is_used_and_the_other_deleted_on_demand() {
    let (scratch, session) = (Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let arguments = ["--vault", "keyring", "--bind", "127.0.0.1:0"];
    let start = || Agent::start_within(&scratch, "alice", &arguments, |command| session.within(command));
    let entries = || session.secret_tool(&["search", "--all", "service", "Ringfence"], "");
    let mut alice = start();
    alice.sign_in("alice", kamailio.plain, "udp", json!({}));
    wait_until("the password is in the keyring", || entries().contains(PASSWORD));
    alice.quit();
    let accounts = std::fs::read_to_string(alice.file("profile").join("accounts.json")).expect("accounts");
    let accounts: serde_json::Value = serde_json::from_str(&accounts).expect("JSON");
    let user = format!("{}-password", accounts["accounts"][0]["uuid"].as_str().expect("a uuid"));
    // The keyring counts in seconds, and another program's is the newer one.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let more = ["store", "--label=other", "service", "Ringfence", "username", &user, "xdg:schema", "foreign"];
    session.secret_tool(&more, "not-this-one");

    let mut alice = start();
    alice.have("a question", |v| v["event"] == "account" && v["reason"]["code"] == "several_passwords");
    alice.ok(json!({"do": "try_kept_passwords", "account": 1}));
    alice.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    let security = alice.ok(json!({"do": "security", "account": 1}));
    assert_eq!(security["kept_passwords"]["state"], "works", "{security}");
    assert_eq!(security["kept_passwords"]["count"], 2, "{security}");
    assert!(entries().contains("not-this-one") && entries().contains(PASSWORD), "nobody has said so yet");
    alice.ok(json!({"do": "delete_other_passwords", "account": 1}));
    wait_until("one entry is left", || entries().contains(PASSWORD) && !entries().contains("not-this-one"));
    alice.quit();
    let mut alice = start();
    alice.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    assert!(!alice.log().contains("not-this-one") && !alice.log().contains(PASSWORD));
    alice.quit();
}

#[test]
fn the_end_of_input_ends_calls_cleanly() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let (mut alice, mut bob) = (agent(&scratch, &kamailio, "alice"), agent(&scratch, &kamailio, "bob"));
    in_a_call(&mut alice, &mut bob);
    alice.close_input();
    assert_eq!(bob.call("ended")["reason"]["code"], "peer_hung_up");
    assert_eq!(alice.ended(), Some(0));
    bob.quit();
}

#[test]
fn bad_lines_get_an_error_and_harm_nothing() {
    let scratch = Scratch::new();
    let mut agent = Agent::start(&scratch, "agent", &[]);
    let endless = "x".repeat(200_000);
    for line in [
        "",
        "{",
        "null",
        "[]",
        "{\"do\":7}",
        "{\"do\":\"fly\"}",
        "{\"do\":\"call\",\"account\":99,\"to\":\"x\"}",
        "{\"do\":\"answer\",\"call\":1}",
        "\u{7f}\u{1}",
        &endless,
    ] {
        agent.line(line);
    }
    let state = agent.ok(json!({"do": "state"}));
    assert_eq!(state["accounts"], json!([]), "{state}");
    let errors = agent.seen.iter().filter(|v| v["ok"] == json!(false)).count();
    assert!(errors >= 9, "each bad line but the empty one is answered: {:?}", agent.seen);
    agent.quit();
}

#[test]
fn a_second_start_on_the_same_profile_leaves_the_first_alone() {
    let scratch = Scratch::new();
    let mut first = Agent::start(&scratch, "agent", &[]);
    first.ok(json!({"do": "state"}));
    let profile = first.file("profile");
    let second = Command::new(env!("CARGO_BIN_EXE_ringfence"))
        .args(["agent", "--vault", "session", "--profile"])
        .arg(&profile)
        .stdin(std::process::Stdio::null())
        .output()
        .expect("it runs");
    let words = String::from_utf8_lossy(&second.stderr).into_owned() + &String::from_utf8_lossy(&second.stdout);
    assert!(words.contains("already"), "it says why it went: {words}");
    first.ok(json!({"do": "state"}));
    first.quit();
}

#[test]
fn accounts_survive_a_restart_and_ask_for_the_password_that_nobody_kept() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut first = agent(&scratch, &kamailio, "alice");
    first.quit();
    // The same folder: the profile is still there, the password was kept in memory only.
    let mut again = Agent::start(&scratch, "alice", &["--bind", "127.0.0.1:0"]);
    let state = again.ok(json!({"do": "state"}));
    assert_eq!(state["accounts"][0]["address"], "alice@voxline.test", "{state}");
    assert_eq!(state["accounts"][0]["state"], "needs_password", "{state}");
    again.quit();
}
