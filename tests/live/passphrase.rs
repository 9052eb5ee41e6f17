//! The passphrase file with the real program: stock `age` opens it, a wrong passphrase is said, and no kill loses it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::canary::files_with;
use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::{PASSWORD, Scratch};

const PHRASE: &str = "CANARY-phrase correct horse";
const FILE: [&str; 2] = ["--vault", "passphrase"];

/// An agent on the profile of that name, with the file open.
fn unlocked(scratch: &Scratch, name: &str) -> Agent {
    let mut agent = Agent::start(scratch, name, &FILE);
    agent.ok(json!({"do": "unlock_vault", "passphrase": PHRASE}));
    agent
}

/// Signs in and waits until the password is in the file.
fn sign_in(agent: &mut Agent, user: &str, kamailio: &Kamailio) {
    agent.sign_in(user, kamailio.plain, "udp", json!({}));
    crate::rig::wait_until("the password is kept", || {
        let state = agent.ok(json!({"do": "state"}));
        let accounts = state["accounts"].as_array().expect("accounts");
        accounts.iter().all(|account| account["password"] == "passphrase")
    });
}

/// What Debian's `age` makes of a file under this passphrase, which it reads from a terminal only.
pub fn stock_age(file: &Path, passphrase: &str) -> String {
    let command = format!("age -d {}", file.display());
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script");
    let mut stdin = child.stdin.take().expect("piped");
    writeln!(stdin, "{passphrase}").expect("age reads");
    let output = child.wait_with_output().expect("age ends");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn stock_age_recovers_the_passwords_and_a_restart_finds_them_and_nothing_else_tells_them() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut agent = Agent::start(&scratch, "alice", &FILE);
    crate::rig::wait_until("it is known that there is no file", || {
        agent.ok(json!({"do": "state"}))["vault"] == "no_file"
    });
    assert_eq!(agent.ask(json!({"do": "unlock_vault", "passphrase": "short"}))["error"]["code"], "short_passphrase");
    agent.ok(json!({"do": "unlock_vault", "passphrase": PHRASE}));
    sign_in(&mut agent, "alice", &kamailio);
    agent.quit();
    let file = agent.file("profile/passwords.age");
    let opened = stock_age(&file, PHRASE);
    assert!(opened.contains(PASSWORD) && opened.contains("\"password\""), "{opened}");
    assert!(!stock_age(&file, "another").contains(PASSWORD));

    let mut again = Agent::start(&scratch, "alice", &FILE);
    again.have("closed", |line| line["event"] == "account" && line["reason"]["code"] == "needs_password");
    assert_eq!(again.ok(json!({"do": "state"}))["vault"], "needs_passphrase");
    let wrong = again.ask(json!({"do": "unlock_vault", "passphrase": "CANARY-phrase wrong"}));
    assert_eq!(wrong["error"]["code"], "wrong_passphrase");
    again.ok(json!({"do": "unlock_vault", "passphrase": PHRASE}));
    again.have("registration", |line| line["event"] == "account" && line["state"] == "registered");
    again.quit();
    for agent in [&agent, &again] {
        assert!(agent.log().len() > 1000, "the log was written, at trace level");
        for value in &agent.seen {
            let line = value.to_string();
            assert!(!line.contains("CANARY-phrase") && !line.contains(PASSWORD), "{line}");
        }
    }
    for needle in ["CANARY-phrase", PASSWORD] {
        assert_eq!(files_with(&agent.folder, needle), Vec::<String>::new(), "{needle}");
    }
}

#[test]
fn no_kill_at_any_moment_of_a_write_costs_a_password_or_the_file() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut agent = unlocked(&scratch, "alice");
    sign_in(&mut agent, "alice", &kamailio);
    // A write begins when bob is registered, and takes half a second.
    for delay in [0_u64, 150, 300, 450] {
        agent.sign_in("bob", kamailio.plain, "udp", json!({}));
        std::thread::sleep(Duration::from_millis(delay));
        drop(agent);
        agent = Agent::start(&scratch, "alice", &FILE);
        let reply = agent.ask(json!({"do": "unlock_vault", "passphrase": PHRASE}));
        assert_eq!(reply["ok"], true, "killed after {delay} ms: {reply}");
        agent.have("alice", |line| {
            line["event"] == "account" && line["state"] == "registered" && line["address"] == "alice@voxline.test"
        });
        let restored = agent.seen.iter().any(|line| line["error"]["code"] == "passphrase_file_restored");
        assert!(!restored, "killed after {delay} ms: a kill damages nothing");
    }
    agent.quit();
}
