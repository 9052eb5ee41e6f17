//! Notices with real parts: `ringfence-provider` publishes over HTTPS, the agent fetches, verifies and tells; and the
//! rehearsal that the demo plays.

use std::time::{Duration, Instant};

use ringfence::provider_api::read_back_code;
use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN};
use crate::rig::provider::{Options, Provider, host};
use crate::rig::subscribers::Subscribers;
use crate::rig::{Scratch, free_port, wait_until};

struct Office {
    scratch: Scratch,
    provider: Provider,
    keys: String,
}

impl Office {
    /// A provider with keys and an empty list.
    fn open() -> Office {
        let scratch = Scratch::new();
        let table = Subscribers::make(&scratch.folder("database"), Algorithm::Sha256);
        let options = Options::simple(format!("sqlite:{}", table.file.display()), "kamailio-sha256");
        let provider = Provider::start(&scratch.folder("provider"), &options);
        let keys = scratch.folder("keys").to_string_lossy().into_owned();
        let office = Office { scratch, provider, keys };
        office.ok(&["key", "new"]);
        office
    }

    fn ok(&self, words: &[&str]) -> String {
        self.provider.ok(&[words, &["--keys", &self.keys, "--no-passphrase"]].concat())
    }

    /// Publishes (or revises) the notice; returns the read-back code that the provider was told.
    fn notice(&self, command: &str, title: &str) -> String {
        let file = self.scratch.path().join("draft.toml");
        let text = format!(
            "id = \"breach\"\nactions = [\"change_sip_password\", \"change_portal_password\"]\n\
             enforcement = {{ level = \"require\" }}\n[text.en]\ntitle = \"{title}\"\nbody = \"We saw attempts.\"\n"
        );
        std::fs::write(&file, text).expect("a draft");
        let told = self.ok(&["notice", command, &file.to_string_lossy()]);
        told.lines().find_map(|line| line.strip_prefix("read-back code: ")).expect("a code").to_owned()
    }

    /// An agent with a line that does not register: notices need no registrar.
    fn agent(&self, name: &str, ca: bool) -> Agent {
        let addr = self.provider.addr;
        let (well_known, issuer) = (format!("{DOMAIN}:443:{addr}"), format!("{}:{}:{addr}", host(), addr.port()));
        let mut arguments = vec!["--connect-to", &well_known, "--connect-to", &issuer];
        if ca {
            arguments.extend(["--ca", self.provider.ca.to_str().expect("a path")]);
        }
        let mut agent = Agent::start(&self.scratch, name, &arguments);
        let server = format!("127.0.0.1:{}", free_port());
        agent.ok(json!({"do": "sign_in", "address": format!("anna@{DOMAIN}"), "server": server, "transport": "udp",
                        "register": false}));
        agent
    }
}

/// Asks again and again until the list is confirmed, or not to be believed.
fn source(agent: &mut Agent, wanted: &str) -> Value {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let told = agent.ok(json!({"do": "notices"}));
        if told["source"]["state"] == wanted {
            return told;
        }
        assert!(Instant::now() < until, "never {wanted}: {told}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_notice_is_told_soon_after_it_is_published_and_its_withdrawal_too() {
    let office = Office::open();
    let mut agent = office.agent("anna", true);
    source(&mut agent, "confirmed");
    let code = office.notice("publish", "Please change your line password");
    let published = Instant::now();
    agent.ok(json!({"do": "notices", "check": true}));
    let notice = agent.wait("the notice", |v| v["event"] == "notice");
    let took = published.elapsed();
    eprintln!("figure: notice published, asked for, verified and told in {took:?}");
    assert_eq!((&notice["title"], &notice["code"]), (&json!("Please change your line password"), &json!(code)));
    let list = std::fs::read(office.provider.publish().join("notices.json")).expect("published");
    assert_eq!(notice["code"], read_back_code(&list));
    // The key was first seen a moment ago: it advises, and does not ask for the website's password.
    assert_eq!((&notice["level"], &notice["actions"]), (&json!("advise"), &json!(["change_line_password"])));
    assert_eq!(notice["signed_by"], json!(host()));
    office.ok(&["notice", "cancel", "breach"]);
    agent.ok(json!({"do": "notices", "check": true}));
    agent.wait("its withdrawal", |v| v["event"] == "notice" && v["state"] == "withdrawn");
    agent.quit();
    let events = std::fs::read_to_string(agent.folder.join("profile/events.jsonl")).expect("the event log");
    assert!(events.contains("Please change your line password") && events.contains("Taken back"), "{events}");
}

#[test]
fn a_list_that_was_tampered_with_is_not_told() {
    let office = Office::open();
    office.notice("publish", "Genuine");
    let mut agent = office.agent("anna", true);
    agent.have("the genuine one", |v| v["event"] == "notice" && v["title"] == "Genuine");
    let file = office.provider.publish().join("notices.json");
    let text = std::fs::read_to_string(&file).expect("published");
    std::fs::write(&file, text.replace("Genuine", "Forged!")).expect("changed");
    agent.ok(json!({"do": "notices", "check": true}));
    // A genuine revision behind it is what the agent tells next: had it believed the forged list, it would have told that.
    std::fs::write(&file, text).expect("as it was");
    office.notice("update", "Revised");
    agent.ok(json!({"do": "notices", "check": true}));
    agent.wait("the revision", |v| v["event"] == "notice" && v["title"] == "Revised");
    assert!(agent.seen.iter().all(|v| !v.to_string().contains("Forged")));
    agent.quit();
}

#[test]
fn a_provider_whom_nobody_vouches_for_is_not_pinned() {
    let office = Office::open();
    office.notice("publish", "From whomever");
    let mut agent = office.agent("anna", false);
    agent.ok(json!({"do": "notices", "check": true}));
    wait_until("a refusal", || agent.log().contains("unknown authority"));
    let told = agent.ok(json!({"do": "notices"}));
    assert_eq!((&told["source"]["state"], &told["notices"]), (&json!("unknown"), &json!([])), "{told}");
    agent.quit();
}

#[test]
fn the_rehearsal_publishes_asks_and_is_satisfied_by_a_change() {
    let scratch = Scratch::new();
    let mut agent = Agent::start(&scratch, "visitor", &[]);
    agent.ok(json!({"do": "demo"}));
    agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    assert_eq!(agent.ask(json!({"do": "rehearse", "on": false}))["ok"], json!(false), "none goes on");
    source(&mut agent, "confirmed");
    agent.ok(json!({"do": "rehearse"}));
    let notice = agent.wait("the notice", |v| v["event"] == "notice" && v["revision"] == 1);
    assert_eq!(notice["plan"].as_array().map(Vec::len), Some(6));
    assert_eq!(notice["certainty"], "not_confirmed");
    agent.ok(json!({"do": "change_password", "account": 1, "new": null}));
    agent.wait("the change", |v| v["event"] == "password_change" && v["state"] == "done");
    agent.have("what follows it", |v| v["event"] == "notice" && v["revision"] == 5 && v["state"] == "done");
    agent.ok(json!({"do": "rehearse", "on": false}));
    agent.wait("the end of it", |v| v["event"] == "notice" && v["state"] == "withdrawn");
    agent.quit();
}
