//! `ringfence-provider serve` with Kamailio on the same database: what phones and the SIP server see of a change.

use ringfence::base::Entropy;
use ringfence::provider_api::changes::{Terminate, Whose};
use ringfence::provider_api::discovery::Discovery;
use ringfence::provider_api::ed25519::DeviceKey;
use rustix::process::Signal;
use serde_json::json;

use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::provider::{Ask, Client, Options, Provider, change, fence, get, query, run};
use crate::rig::registrar::Telephone;
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, wait_until};

const NEW: &str = "CANARY-the-new-password";

/// A Kamailio, a provider, and one account.
struct Town {
    scratch: Scratch,
    table: Subscribers,
    kamailio: Kamailio,
    provider: Provider,
    options: Options,
}

impl Town {
    fn start(algorithm: Algorithm) -> Town {
        let scratch = Scratch::new();
        let table = Subscribers::make(&scratch.folder("database"), algorithm);
        table.add("anna", PASSWORD);
        let kamailio = Kamailio::start_with_table(&scratch, algorithm, &table);
        let back_end = match algorithm {
            Algorithm::Md5 => "kamailio",
            Algorithm::Sha256 => "kamailio-sha256",
        };
        let mut options = Options::simple(format!("sqlite:{}", table.file.display()), back_end);
        let rpc = scratch.path().join("kamailio/rpc.sock");
        options.more += &format!("[registrations]\nkamailio_rpc = \"unix:{}\"\n", rpc.display());
        let provider = Provider::start(&scratch.folder("provider"), &options);
        Town { scratch, table, kamailio, provider, options }
    }

    /// Ends the provider for good and starts it again.
    fn restart(&mut self, options: &Options) {
        self.provider.daemon.end();
        self.provider = Provider::start(&self.scratch.folder("provider"), options);
    }

    /// What Kamailio says to a password.
    fn kamailio_takes(&self, password: &str) -> bool {
        let (status, _) = Telephone::new(self.kamailio.plain, "anna").register(password, None);
        assert!(status == 200 || status == 401, "{status}");
        status == 200
    }
}

#[test]
fn after_a_change_kamailio_refuses_the_old_password_and_takes_the_new_one() {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let town = Town::start(algorithm);
        assert!(town.kamailio_takes(PASSWORD) && !town.kamailio_takes(NEW));
        let mut anna = Client::new(&town.provider, "anna");
        run(async {
            assert_eq!(anna.generation(PASSWORD).await, Some(1));
            let tx = anna.tx();
            let ask = change("anna", &tx, NEW, 1, Terminate::default());
            let answer = anna.ask(PASSWORD, &ask).await;
            assert_eq!((answer.status, answer.body["generation"].as_u64()), (200, Some(2)), "{answer:?}");
            // The answer was lost: the same again, with either password.
            for password in [PASSWORD, NEW] {
                assert_eq!(anna.ask(password, &ask).await.body["generation"], json!(2));
                assert_eq!(anna.ask(password, &query(&tx)).await.word(), "applied");
            }
        });
        assert!(!town.kamailio_takes(PASSWORD) && town.kamailio_takes(NEW));
        let filler = town.table.sql("SELECT length(password), length(ha1b) >= 32 FROM subscriber;");
        assert_eq!(filler, "32|1", "nothing is blank, and nothing of the old password is left");
        assert!(!town.provider.daemon.log().contains("CANARY"));
    }
}

#[test]
fn conflict_fence_mismatch_and_a_wrong_password_over_https() {
    let town = Town::start(Algorithm::Md5);
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        let (fenced, stale, twice) = (anna.tx(), anna.tx(), anna.tx());
        assert_eq!(anna.ask(PASSWORD, &query(&fenced)).await.word(), "unknown");
        assert_eq!(anna.ask(PASSWORD, &fence(&fenced)).await.word(), "cancelled");
        let late = anna.ask(PASSWORD, &change("anna", &fenced, NEW, 1, Terminate::default())).await;
        assert_eq!((late.status, late.word(), &late.body["state"]), (410, "urn:sasa:tx-expired", &json!("cancelled")));
        let conflict = anna.ask(PASSWORD, &change("anna", &stale, NEW, 7, Terminate::default())).await;
        assert_eq!((conflict.status, conflict.word()), (412, "urn:sasa:generation"));
        assert_eq!(anna.ask(PASSWORD, &query(&stale)).await.word(), "rejected");
        let good = anna.ask(PASSWORD, &change("anna", &twice, NEW, 1, Terminate::default())).await;
        assert_eq!((good.status, good.word()), (200, "applied"));
        let other = anna.ask(NEW, &change("anna", &twice, "another-password", 2, Terminate::default())).await;
        assert_eq!((other.status, other.word()), (409, "urn:sasa:tx-mismatch"));
        assert_eq!(anna.ask(NEW, &fence(&twice)).await.word(), "applied", "too late for a fence");
        for _ in 0..5 {
            let wrong = anna.ask("wrong", &get("/sasa/policy")).await;
            assert_eq!((wrong.status, wrong.word()), (401, "urn:sasa:auth"));
        }
        let refused = town.provider.daemon.log().matches("a proof was refused from=127.0.0.1").count();
        assert_eq!(refused, 5, "each for whoever watches the log, and challenges are none");
        let told = anna.ask("wrong", &get("/sasa/policy")).await;
        assert_eq!((told.status, told.word()), (429, "urn:sasa:rate"));
        assert!(told.retry_after.is_some_and(|seconds| (1..=600).contains(&seconds)), "{told:?}");
    });
    assert!(town.kamailio_takes(NEW));
}

#[test]
fn a_change_by_somebody_else_is_a_generation_too() {
    let town = Town::start(Algorithm::Md5);
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        assert_eq!(anna.generation(PASSWORD).await, Some(1));
        town.table.set_password("anna", "by the portal");
        assert_eq!(anna.generation(PASSWORD).await, None);
        assert_eq!(anna.generation("by the portal").await, Some(2));
        let tx = anna.tx();
        let conflict = anna.ask("by the portal", &change("anna", &tx, NEW, 1, Terminate::default())).await;
        assert_eq!((conflict.status, conflict.body["generation"].as_u64()), (412, Some(2)));
    });
    assert!(town.table.holds("anna", "by the portal"));
}

#[test]
fn other_registrations_end_with_the_old_password_and_the_own_one_stays() {
    let town = Town::start(Algorithm::Md5);
    let (mine, theirs) =
        ("urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000002");
    let mut own = Telephone::new(town.kamailio.plain, "anna");
    assert_eq!(own.register(PASSWORD, Some(mine)).0, 200);
    assert_eq!(Telephone::new(town.kamailio.plain, "anna").register(PASSWORD, Some(theirs)), (200, 2));
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        let list = anna.ask(PASSWORD, &get("/sasa/sessions")).await.body;
        let instances: Vec<_> =
            list["registrations"].as_array().unwrap().iter().map(|row| row["instance"].clone()).collect();
        assert!(
            instances.len() == 2 && instances.contains(&json!(mine)) && instances.contains(&json!(theirs)),
            "{list}"
        );
        let tx = anna.tx();
        let terminate = Terminate { registrations: Whose::Others, keep: Some(mine.to_owned()), ..Terminate::default() };
        assert_eq!(anna.ask(PASSWORD, &change("anna", &tx, NEW, 1, terminate)).await.status, 200);
        let list = anna.ask(NEW, &get("/sasa/sessions")).await.body;
        let rows = list["registrations"].as_array().unwrap().clone();
        assert!(rows.len() == 1 && rows[0]["instance"] == json!(mine), "{list}");
        let end = Ask { method: "DELETE", ..get(&format!("/sasa/sessions/{}", rows[0]["id"].as_str().unwrap())) };
        assert_eq!(anna.ask(NEW, &end).await.status, 204);
    });
    assert_eq!(own.register(NEW, None), (200, 0));
}

#[test]
fn killed_at_every_durable_step_the_provider_has_done_all_of_a_change_or_nothing() {
    let mut town = Town::start(Algorithm::Md5);
    let (mut password, mut generation) = (PASSWORD.to_owned(), 1);
    let keep = "urn:uuid:00000000-0000-4000-8000-000000000001";
    for step in 1..=6 {
        assert_eq!(Telephone::new(town.kamailio.plain, "anna").register(&password, Some("urn:uuid:other")).0, 200);
        let dying = Options { dies_at: Some(step), ..town.options.clone() };
        town.restart(&dying);
        let new = format!("CANARY-password-{step}");
        let mut anna = Client::new(&town.provider, "anna");
        let tx = anna.tx();
        let terminate = Terminate { registrations: Whose::Others, keep: Some(keep.into()), ..Terminate::default() };
        let ask = change("anna", &tx, &new, generation, terminate);
        run(async { anna.try_ask(&password, &ask).await.expect_err("the provider died") });
        wait_until("the provider is dead", || town.provider.daemon.has_ended());
        let done = town.kamailio_takes(&new);
        assert_ne!(done, town.kamailio_takes(&password), "step {step}: exactly one password works");
        assert_eq!(done, step >= 5, "step {step}: done means committed");

        let calm = town.options.clone();
        town.restart(&calm);
        let mut anna = Client::new(&town.provider, "anna");
        run(async {
            let state = anna.ask(if done { &new } else { &password }, &query(&tx)).await;
            assert_eq!(state.word(), if done { "applied" } else { "unknown" }, "step {step}");
            let replay = anna.ask(&password, &ask).await;
            assert_eq!(
                (replay.word(), replay.body["generation"].as_u64()),
                ("applied", Some(generation + 1)),
                "step {step}"
            );
        });
        assert!(town.kamailio_takes(&new) && !town.kamailio_takes(&password), "step {step}");
        // What the change was to end is ended, whether it died before or after.
        wait_until("the other registration has ended", || {
            Telephone::new(town.kamailio.plain, "anna").register(&new, None) == (200, 0)
        });
        (password, generation) = (new, generation + 1);
    }
}

#[test]
fn while_credentials_may_be_exposed_only_an_enrolled_device_changes_the_password() {
    let mut town = Town::start(Algorithm::Sha256);
    let mut anna = Client::new(&town.provider, "anna");
    let key = DeviceKey::generate(&mut Entropy::from_number(1));
    let body = serde_json::to_vec(&json!({"pub": key.public(), "label": "Desk"})).unwrap();
    let enrol = Ask { method: "POST", body, ..get("/sasa/devices") };
    let enrolled = run(async { anna.ask(PASSWORD, &enrol).await });
    assert_eq!((enrolled.status, &enrolled.body["state"]), (201, &json!("active")), "cooling_off_h is 0 here");
    let exposed = Options {
        more: town.options.more.clone() + "[incident]\ncredentials_exposed = \"unknown\"\n",
        ..town.options.clone()
    };
    town.restart(&exposed);
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        let tx = anna.tx();
        let ask = change("anna", &tx, NEW, 1, Terminate::default());
        let refused = anna.ask(PASSWORD, &ask).await;
        assert_eq!((refused.status, refused.word()), (403, "urn:sasa:second-factor"));
        assert_eq!(refused.body["methods"], json!(["device-key+digest"]));
        anna.device = Some((enrolled.body["id"].as_str().unwrap().to_owned(), key));
        assert_eq!(anna.ask(PASSWORD, &ask).await.word(), "applied");
        let thief = DeviceKey::generate(&mut Entropy::from_number(2));
        let body = serde_json::to_vec(&json!({"pub": thief.public(), "label": "Thief"})).unwrap();
        anna.device = None;
        let stolen = anna.ask(NEW, &Ask { method: "POST", body, ..get("/sasa/devices") }).await;
        assert_eq!(stolen.body["state"], json!("cooling_off"));
        let id = stolen.body["id"].as_str().unwrap().to_owned();
        anna.device = Some((id.clone(), thief));
        let tx = anna.tx();
        let ask = change("anna", &tx, "stolen-password", 2, Terminate::default());
        assert_eq!(anna.ask(NEW, &ask).await.status, 403);
        // The support desk has rung Anna up.
        assert!(town.provider.ok(&["account", "show", "anna"]).contains("not confirmed"));
        assert!(town.provider.ok(&["device", "remove", "anna", &id]).contains("no more"));
        assert!(!town.provider.run(&["device", "confirm", "anna", &id]).status.success());
    });
    assert!(town.kamailio_takes(NEW));
}

#[test]
fn the_owner_is_told_by_another_way_and_nothing_is_lost_if_that_fails_at_first() {
    let mut town = Town::start(Algorithm::Md5);
    let (program, heard) = (town.scratch.path().join("tell"), town.scratch.path().join("heard"));
    // Fails until there is a file `heard`, and writes what it is told into it then.
    let text = format!("#!/bin/sh\n[ -e {0} ] || exit 1\ncat >> {0}\n", heard.display());
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let tells = Options { tell: Some(program), ..town.options.clone() };
    town.restart(&tells);
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        let tx = anna.tx();
        assert_eq!(anna.ask(PASSWORD, &change("anna", &tx, NEW, 1, Terminate::default())).await.status, 200);
    });
    town.provider.daemon.wait_for_log("owners were not told");
    std::fs::write(&heard, "").unwrap();
    town.restart(&tells);
    wait_until("the owner is told", || std::fs::read_to_string(&heard).is_ok_and(|text| text.ends_with('\n')));
    let told: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&heard).unwrap()).unwrap();
    assert_eq!((&told["user"], &told["what"]), (&json!("anna"), &json!("password changed")));
    wait_until("it is noted down", || town.table.sql("SELECT COUNT(*) FROM sasa_audit WHERE untold = 1;") == "0");
}

#[test]
fn accounts_are_asked_to_change_and_counted_until_they_have() {
    let town = Town::start(Algorithm::Md5);
    town.table.add("bert", "bert's password");
    assert_eq!(
        town.provider.ok(&["account", "require-change", "--all", "--deadline", "2027-01-01T00:00:00Z"]),
        "2 accounts asked\n"
    );
    let status = |to_go: u32| format!("accounts: 2\nasked to change: 2\nchanged: {}\nto go: {to_go}\n", 2 - to_go);
    assert_eq!(town.provider.ok(&["status"]), status(2));
    let mut anna = Client::new(&town.provider, "anna");
    run(async {
        let policy = anna.ask(PASSWORD, &get("/sasa/policy")).await;
        assert_eq!(policy.body["must_change"], json!({"kind": "require", "deadline": "2027-01-01T00:00:00Z"}));
        assert_eq!(policy.etag.as_deref(), Some("\"1\""));
        let tx = anna.tx();
        anna.ask(PASSWORD, &change("anna", &tx, NEW, 1, Terminate::default())).await;
        assert_eq!(anna.ask(NEW, &get("/sasa/policy")).await.body.get("must_change"), None);
    });
    assert_eq!(town.provider.ok(&["status"]), status(1));
    // The other one changed at the website: that counts as soon as it is seen.
    town.table.set_password("bert", "changed at the website");
    let mut bert = Client::new(&town.provider, "bert");
    assert_eq!(run(bert.generation("changed at the website")), Some(2));
    assert_eq!(town.provider.ok(&["status"]), status(0));
    assert!(!town.provider.run(&["account", "require-change", "nobody"]).status.success());
}

#[test]
fn discovery_is_what_phones_read_and_published_files_are_served_with_their_tags() {
    let town = Town::start(Algorithm::Sha256);
    let anna = Client::new(&town.provider, "anna");
    std::fs::write(town.provider.publish().join("notices.json"), br#"{"seq":1}"#).unwrap();
    run(async {
        let (answer, _) = anna.send(&get("/.well-known/sip-account-security"), None, None).await.unwrap();
        let document = Discovery::parse(answer.body.to_string().as_bytes()).expect("our own reader takes it");
        assert!(document.speaks_for(DOMAIN, &[]), "{document:?}");
        assert_eq!((document.realm.as_str(), document.digest.as_slice()), (DOMAIN, &["SHA-256".to_owned()][..]));
        let (notices, _) = anna.send(&get("/sasa/notices.json"), None, None).await.unwrap();
        assert_eq!((notices.status, &notices.body["seq"]), (200, &json!(1)));
        assert!(notices.etag.is_some_and(|tag| tag.len() == 34));
        for path in ["/sasa/notices.json.minisig", "/sasa/roots/1.json", "/sasa/roots/..%2fnotices.json", "/etc/passwd"]
        {
            let (answer, _) = anna.send(&get(path), None, None).await.unwrap();
            assert!(answer.status == 404 || answer.status == 401, "{path} {answer:?}");
        }
    });
}

#[test]
fn what_makes_no_sense_is_refused_and_harms_nobody() {
    let town = Town::start(Algorithm::Md5);
    let mut anna = Client::new(&town.provider, "anna");
    let post = |body: Vec<u8>| Ask { method: "POST", body, ..get("/sasa/changes") };
    run(async {
        for (ask, status) in [
            (post(b"{}".to_vec()), 400),
            (post(b"[".repeat(60_000)), 400),
            (post(vec![b' '; 70_000]), 400),
            (Ask { method: "PATCH", ..get("/sasa/policy") }, 405),
            (get("/sasa/changes/..%2f..%2fpolicy"), 404),
            (get(&format!("/{}", "a".repeat(8000))), 404),
        ] {
            let (answer, _) = anna.send(&ask, Some("Digest username=\"anna\""), None).await.expect("an answer");
            assert_eq!(answer.status, status, "{} {}", ask.method, &ask.path[..ask.path.len().min(40)]);
        }
        let (tx, mut ask) = anna.change(NEW, 1);
        ask.tx = Some(format!("{tx}X"));
        assert_eq!(anna.ask(PASSWORD, &ask).await.status, 400, "the key must name the transaction");
        (ask.tx, ask.generation) = (Some(tx.to_string()), None);
        assert_eq!(anna.ask(PASSWORD, &ask).await.status, 400, "a change must name its generation");
        assert_eq!(anna.generation(PASSWORD).await, Some(1));
    });
}

#[test]
fn told_to_end_the_provider_finishes_and_says_so() {
    let town = Town::start(Algorithm::Md5);
    town.provider.daemon.signal(Signal::TERM);
    wait_until("the provider has ended", || town.provider.daemon.has_ended());
    assert!(town.provider.daemon.log().contains("finishing what is in progress"));
}
