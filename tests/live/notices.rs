//! Notices with real parts: `ringfence-provider` publishes over HTTPS, the agent fetches, verifies and tells; and the
//! rehearsal that the demo plays.

use std::time::{Duration, Instant};

use ringfence::provider_api::{own, read_back_code};
use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::provider::{Client, Options, Provider, get, host, run};
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, free_port, wait_until};

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

/// A Kamailio with two customers, and a provider beside it that can write to each alone.
struct Town {
    office: Office,
    kamailio: Kamailio,
    /// Kamailio's authority and the provider's.
    authorities: String,
}

impl Town {
    fn open() -> Town {
        let scratch = Scratch::new();
        let table = Subscribers::make(&scratch.folder("database"), Algorithm::Sha256);
        for user in ["anna", "bert"] {
            table.add(user, PASSWORD);
        }
        let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Sha256, &table);
        let options = Options {
            own_notices: true,
            ..Options::simple(format!("sqlite:{}", table.file.display()), "kamailio-sha256")
        };
        let provider = Provider::start(&scratch.folder("provider"), &options);
        let both = [&kamailio.ca, &provider.ca].map(|file| std::fs::read_to_string(file).expect("a CA")).concat();
        let authorities = scratch.path().join("authorities.pem");
        std::fs::write(&authorities, both).expect("authorities");
        let authorities = authorities.display().to_string();
        let keys = scratch.folder("keys").to_string_lossy().into_owned();
        let office = Office { scratch, provider, keys };
        office.ok(&["key", "new"]);
        Town { office, kamailio, authorities }
    }

    /// A registered line of this customer.
    fn line(&self, user: &str) -> Agent {
        let addr = self.office.provider.addr;
        let (well_known, issuer) = (format!("{DOMAIN}:443:{addr}"), format!("{}:{}:{addr}", host(), addr.port()));
        let arguments = [
            ["--ca", &self.authorities],
            ["--bind", "127.0.0.1:0"],
            ["--connect-to", &well_known],
            ["--connect-to", &issuer],
        ];
        let mut agent = Agent::start(&self.office.scratch, user, &arguments.concat());
        agent.sign_in(user, self.kamailio.tls, "tls", json!({}));
        agent
    }

    /// The published list of an account, as a file.
    fn own(&self, user: &str) -> std::path::PathBuf {
        let name = own::file_name(&own::account(user, DOMAIN));
        self.office.provider.own_notices().join(format!("{name}.json"))
    }
}

/// Waits until the list for the line alone is in this state.
fn own_source(agent: &mut Agent, wanted: &str) -> Value {
    let mut last = Value::Null;
    wait_until(&format!("own notices: {wanted}"), || {
        last = agent.ok(json!({"do": "notices"}));
        last["own"]["state"] == wanted
    });
    last
}

#[test]
fn a_notice_to_one_customer_is_told_to_that_customer_alone() {
    let town = Town::open();
    let (mut anna, mut bert) = (town.line("anna"), town.line("bert"));
    own_source(&mut anna, "none");
    own_source(&mut bert, "none");
    let file = town.office.scratch.path().join("draft.toml");
    let draft =
        "id = \"calls\"\nactions = [\"review_calls\"]\n[text.en]\ntitle = \"Calls to Latvia\"\nbody = \"Yours?\"\n";
    std::fs::write(&file, draft).expect("a draft");
    let told = town.office.ok(&["notice", "publish", "--account", "anna", &file.to_string_lossy()]);
    let code = told.lines().find_map(|line| line.strip_prefix("read-back code: ")).expect("a code").to_owned();
    anna.ok(json!({"do": "notices", "check": true}));
    let notice = anna.wait("the notice", |v| v["event"] == "notice");
    assert_eq!(
        (&notice["title"], &notice["own"], &notice["code"]),
        (&json!("Calls to Latvia"), &json!(true), &json!(code))
    );
    // Support looks the code up, and is told whose it is.
    assert!(town.office.ok(&["notice", "code", &code]).contains(&format!("to anna@{DOMAIN} alone")));
    let listed = town.office.ok(&["notice", "list", "--account", "anna"]);
    assert!(listed.contains("calls  revision 1  in force"), "{listed}");
    // By hand: to anna with her ETag, to nobody without a password, to bert nothing.
    let ask = |user: &str| Client::new(&town.office.provider, user);
    let me = get("/sasa/notices/me");
    run(async {
        assert_eq!(ask("anna").send(&me, None, None).await.expect("an answer").0.status, 401);
        let first = ask("anna").ask(PASSWORD, &me).await;
        assert!(first.status == 200 && first.etag.is_some() && first.body["sig"].is_string(), "{first:?}");
        assert_eq!(
            (ask("bert").ask(PASSWORD, &me).await.status, ask("bert").ask("wrong", &me).await.status),
            (404, 401)
        );
        let (published, _) = ask("anna").send(&get("/sasa/notices.json"), None, None).await.expect("an answer");
        assert_eq!(published.body["notices"], json!([]), "nobody else learns of it");
    });
    // Somebody puts her list where his would be: signed, and not for him.
    std::fs::copy(town.own("anna"), town.own("bert")).expect("copied");
    bert.ok(json!({"do": "notices", "check": true}));
    let told = own_source(&mut bert, "failed");
    assert_eq!((&told["own"]["why"], &told["notices"]), (&json!("not_believed"), &json!([])), "{told}");
    std::fs::remove_file(town.own("bert")).expect("removed");
    town.office.ok(&["notice", "cancel", "--account", "anna", "calls"]);
    anna.ok(json!({"do": "notices", "check": true}));
    anna.wait("its withdrawal", |v| v["event"] == "notice" && v["state"] == "withdrawn");
    assert!(town.office.ok(&["notice", "refresh"]).contains("the lists of 1 accounts are signed anew"));
    anna.quit();
    bert.quit();
    assert!(bert.seen.iter().all(|v| !v.to_string().contains("Latvia")));
    assert!(!anna.log().contains(PASSWORD) && !bert.log().contains(PASSWORD));
}

#[test]
fn the_rehearsal_publishes_asks_and_is_satisfied_by_a_change() {
    let scratch = Scratch::new();
    let mut agent = Agent::start(&scratch, "visitor", &[]);
    agent.ok(json!({"do": "demo"}));
    agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    assert_eq!(agent.ask(json!({"do": "rehearse", "on": false}))["ok"], json!(false), "none goes on");
    source(&mut agent, "confirmed");
    own_source(&mut agent, "confirmed");
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
