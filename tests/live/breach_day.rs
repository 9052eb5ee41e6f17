//! The worst day of a provider's year, with real parts: Kamailio with its SQL table, `ringfence-provider` beside it on
//! the same file, gnome-keyring, baresip at the other end of a call, and the agent.

use std::time::{Duration, Instant};

use ringfence::base::{Entropy, Secret};
use ringfence::provider::security::Hashes;
use ringfence::sip::digest::Hash;
use serde_json::{Value, json};

use crate::canary::files_with;
use crate::rig::agent::Agent;
use crate::rig::baresip::{self, Baresip};
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::keyring::{Keyring, Session};
use crate::rig::provider::{Options, Provider, host};
use crate::rig::registrar::Telephone;
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, wait_as_long_as, wait_until};

/// The new password of the line.
const NEW: &str = "CANARY-new-Hn5xTq8wLr3zVk7p";

/// The provider's side, and a person's desktop session.
struct Town {
    scratch: Scratch,
    session: Session,
    _keyring: Keyring,
    kamailio: Kamailio,
    table: Subscribers,
    provider: Provider,
    options: Options,
    /// Both authorities: that of Kamailio's certificate and that of the provider's website.
    authorities: String,
}

impl Town {
    fn new(algorithm: Algorithm) -> Town {
        let (scratch, session) = (Scratch::new(), Session::new());
        let keyring = session.unlocked();
        let table = Subscribers::make(&scratch.folder("database"), algorithm);
        let kamailio = Kamailio::start_with_table(&scratch, algorithm, &table);
        let back_end = match algorithm {
            Algorithm::Md5 => "kamailio",
            Algorithm::Sha256 => "kamailio-sha256",
        };
        let options = Options::simple(format!("sqlite:{}", table.file.display()), back_end);
        let provider = Provider::start(&scratch.folder("provider"), &options);
        let both = [&kamailio.ca, &provider.ca].map(|file| std::fs::read_to_string(file).expect("a CA")).concat();
        let authorities = scratch.path().join("authorities.pem");
        std::fs::write(&authorities, both).expect("authorities");
        let authorities = authorities.display().to_string();
        Town { scratch, session, _keyring: keyring, kamailio, table, provider, options, authorities }
    }

    /// Publishes, with the provider's keys.
    fn publish(&self, words: &[&str]) {
        let keys = self.scratch.path().join("keys").display().to_string();
        self.provider.ok(&[words, &["--keys", &keys, "--no-passphrase"]].concat());
    }

    /// Somebody's agent with its passwords in the keyring; the same profile each time. It dies at this step of a change,
    /// if one is given.
    fn agent(&self, user: &str, dies_at: Option<u32>) -> Agent {
        let (name, addr) = (host(), self.provider.addr);
        let well_known = format!("{}:443:{}:{}", crate::rig::kamailio::DOMAIN, addr.ip(), addr.port());
        let issuer = format!("{name}:{0}:{1}:{0}", addr.port(), addr.ip());
        let arguments = [
            ["--vault", "keyring"],
            ["--ca", &self.authorities],
            ["--bind", "127.0.0.1:0"],
            ["--connect-to", &well_known],
            ["--connect-to", &issuer],
        ];
        Agent::start_within(&self.scratch, user, &arguments.concat(), |command| {
            let mut command = self.session.within(command);
            if let Some(step) = dies_at {
                command.env("RINGFENCE_DIES_AT", step.to_string());
            }
            command
        })
    }

    /// The same, signed in, its password kept, and the provider's API known.
    fn signed_in(&self, user: &str, dies_at: Option<u32>) -> Agent {
        let mut agent = self.agent(user, dies_at);
        agent.sign_in(user, self.kamailio.tls, "tls", json!({}));
        wait_until("the keyring has the password", || {
            agent.ok(json!({"do": "state"}))["accounts"][0]["password"] == "keyring"
        });
        wait_until("the phone has looked at its provider", || {
            agent.ok(json!({"do": "notices", "account": 1}))["source"]["state"] == "confirmed"
        });
        agent
    }

    /// The provider's process ends as if the power failed, and is started again.
    fn kill_provider(&mut self) {
        self.provider.daemon.end();
        self.provider = Provider::start(&self.scratch.folder("provider"), &self.options);
    }

    /// What the keyring holds of this kind: `password`, `change`.
    fn kept(&self, agent: &Agent, slot: &str) -> String {
        let accounts = std::fs::read_to_string(agent.file("profile/accounts.json")).expect("accounts.json");
        let accounts: Value = serde_json::from_str(&accounts).expect("JSON");
        let uuid = accounts["accounts"][0]["uuid"].as_str().expect("a UUID");
        self.session.secret_tool(&["lookup", "service", "Ringfence", "username", &format!("{uuid}-{slot}")], "")
    }

    /// Somebody whose agent was killed in the middle of a change starts it again: the change comes to its end, one way or
    /// the other, and the keyring holds the one password that Kamailio takes.
    fn works_after_all(&self, user: &str, when: &str) {
        let mut again = self.agent(user, None);
        registered(&mut again);
        self.comes_to_its_end(&again, user, when);
        again.quit();
        // And once more, from what is kept alone.
        let mut third = self.agent(user, None);
        registered(&mut third);
        third.quit();
    }

    /// The change ends, one way or the other, with one password: Kamailio's and the keyring's. True if it is the new one.
    fn comes_to_its_end(&self, agent: &Agent, user: &str, when: &str) -> bool {
        wait_as_long_as(LONG, &format!("{when}: the change is over, one way or the other"), || {
            self.kept(agent, "change").is_empty() && self.table.holds(user, &self.kept(agent, "password"))
        });
        let kept = self.kept(agent, "password");
        assert!([PASSWORD, NEW].contains(&kept.as_str()), "{when}");
        let other = if kept == NEW { PASSWORD } else { NEW };
        assert_eq!((self.kamailio_says(user, &kept), self.kamailio_says(user, other)), (200, 401), "{when}");
        kept == NEW
    }

    /// What Kamailio says to this password.
    fn kamailio_says(&self, user: &str, password: &str) -> u16 {
        Telephone::new(self.kamailio.plain, user).register(password, None).0
    }
}

fn change(agent: &mut Agent, state: &str) -> Value {
    agent.have(&format!("password_change in state {state}"), |v| v["event"] == "password_change" && v["state"] == state)
}

fn registered(agent: &mut Agent) {
    agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
}

fn received(agent: &mut Agent) -> u64 {
    agent.ok(json!({"do": "stats"}))["stats"]["received"].as_u64().unwrap_or(0)
}

/// baresip holds and resumes, and so do we: re-INVITEs both ways, ours challenged by Kamailio.
fn both_hold_and_resume(alice: &mut Agent, bob: &Baresip) {
    bob.command("hold", "");
    alice.call("held");
    bob.command("resume", "");
    alice.call("established");
    alice.ok(json!({"do": "hold"}));
    alice.call("held");
    alice.ok(json!({"do": "resume"}));
    alice.call("established");
    let before = received(alice);
    wait_until("sound comes again", || received(alice) > before + 50);
}

#[test]
fn from_the_notice_to_the_refused_old_password_with_a_call_that_goes_on() {
    // baresip knows MD5 only.
    let town = Town::new(Algorithm::Md5);
    for user in ["alice", "bob"] {
        town.table.add(user, PASSWORD);
    }
    town.publish(&["key", "new"]);
    let options = baresip::Options {
        user: "bob",
        codec: "PCMU/8000/1",
        tone: 440.0,
        transport: "udp",
        encryption: "",
        auto_answer: true,
    };
    let bob = Baresip::start(&town.scratch, &town.kamailio, &options);
    let mut alice = town.signed_in("alice", None);
    alice.ok(json!({"do": "call", "account": 1, "to": "bob"}));
    alice.call("established");

    let draft = town.scratch.path().join("notice.toml");
    let text = "id = \"2026-11-22-01\"\nactions = [\"change_sip_password\"]\nenforcement = { level = \"require\" }\n\
         plan = [{ n = 1, text = { en = \"We close the hole.\" }, status = \"planned\" }]\n\
         [text.en]\ntitle = \"Please change your line password\"\nbody = \"Somebody tried to get in.\"\n";
    std::fs::write(&draft, text).expect("a draft");
    town.publish(&["notice", "publish", &draft.display().to_string()]);
    alice.ok(json!({"do": "notices", "account": 1, "check": true}));
    let notice = alice.have("the notice", |v| v["event"] == "notice");
    assert_eq!((&notice["notice"], &notice["state"]), (&json!("2026-11-22-01"), &json!("open")), "{notice}");
    // A key that was first seen today advises, whatever the notice says.
    assert_eq!(notice["level"], "advise", "{notice}");

    alice.ok(json!({"do": "change_password", "account": 1, "new": NEW}));
    let done = change(&mut alice, "done");
    assert_eq!(done["old_password"], "refused", "{done}");
    let sent = change(&mut alice, "sending");
    assert_eq!(sent["way"], "phone", "by the provider's API: {sent}");
    assert_eq!(town.kept(&alice, "password"), NEW);
    assert_eq!(town.kept(&alice, "change"), "", "nothing is left of the change");
    assert!(town.table.holds("alice", NEW));
    assert_eq!((town.kamailio_says("alice", PASSWORD), town.kamailio_says("alice", NEW)), (401, 200));
    both_hold_and_resume(&mut alice, &bob);
    alice.ok(json!({"do": "hang_up"}));
    alice.call("ended");
    alice.quit();

    let mut again = town.agent("alice", None);
    registered(&mut again);
    let told = again.ok(json!({"do": "notices", "account": 1}));
    assert_eq!(told["notices"][0]["state"], "done", "{told}");
    again.quit();
    // The passwords and what is as good as they are: in no event, and in no file of the phone's, its log among them.
    let hashes = [PASSWORD, NEW].map(|word| Hashes::of("alice", crate::rig::kamailio::DOMAIN, &Secret::from(word)));
    let hashes = hashes.iter().flat_map(|of| [Hash::Md5, Hash::Sha256, Hash::Sha512_256].map(|hash| of.get(hash)));
    let hashes: Vec<String> = hashes.flatten().map(|hash| hash.expose("a test").clone()).collect();
    let secrets: Vec<&str> = hashes.iter().map(String::as_str).chain([PASSWORD, NEW]).collect();
    assert_eq!(secrets.len(), 8);
    for secret in secrets {
        for value in alice.seen.iter().chain(&again.seen) {
            assert!(!value.to_string().contains(secret), "{value}");
        }
        assert_eq!(files_with(&again.folder, secret), Vec::<String>::new());
    }
    let log = again.log();
    assert!(log.matches("REGISTER").count() > 4, "the log of both starts, at trace level");
    // The search itself works: where Kamailio reads it, one is.
    assert!(hashes.iter().any(|hash| !files_with(&town.scratch.path().join("database"), hash).is_empty()));
}

#[test]
fn killed_at_every_step_the_line_works_with_the_one_password_that_the_keyring_holds() {
    let town = Town::new(Algorithm::Sha256);
    town.publish(&["key", "new"]);
    for step in 1..100 {
        let user = format!("alice{step}");
        town.table.add(&user, PASSWORD);
        let mut agent = town.signed_in(&user, Some(step));
        agent.line(&json!({"do": "change_password", "account": 1, "new": NEW}).to_string());
        // Something is put in order even after the change is done.
        let done = |v: &Value| v["event"] == "password_change" && v["state"] == "done";
        let outlives = !agent.dies_before(done) && {
            agent.close_input();
            agent.ended() == Some(0)
        };
        if outlives {
            assert!(step > 20, "only {step} steps: what is counted?");
            assert_eq!(town.kept(&agent, "password"), NEW);
            return;
        }
        town.works_after_all(&user, &format!("step {step}"));
    }
    panic!("a change has no hundred steps");
}

/// Whoever met a closed door knocks again after half a minute, after a minute the next time, and so on.
const LONG: Duration = Duration::from_secs(240);

/// Within this time before the provider is killed, they begin.
const WINDOW: Duration = Duration::from_millis(1200);

/// So many phones change their passwords when the provider is killed.
const PHONES: u32 = 10;

/// At how many moments somebody is killed; `packaging/soak` takes more of them.
fn moments() -> u32 {
    std::env::var("RINGFENCE_MOMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

#[test]
fn killed_at_any_moment_the_line_works_with_the_one_password_that_the_keyring_holds() {
    let moments = moments();
    let town = Town::new(Algorithm::Sha256);
    town.publish(&["key", "new"]);
    let mut dice = Entropy::from_number(20_261_122);
    for moment in 0..moments {
        let user = format!("alice{moment}");
        town.table.add(&user, PASSWORD);
        let mut agent = town.signed_in(&user, None);
        agent.line(&json!({"do": "change_password", "account": 1, "new": NEW}).to_string());
        let after = Duration::from_millis(600).mul_f64(dice.fraction());
        std::thread::sleep(after);
        agent.kill();
        town.works_after_all(&user, &format!("moment {moment}, {after:?} after the beginning"));
    }
}

#[test]
fn whenever_the_provider_is_killed_the_phones_find_out_by_themselves_which_password_it_took() {
    let mut town = Town::new(Algorithm::Sha256);
    town.publish(&["key", "new"]);
    let mut dice = Entropy::from_number(20_261_123);
    let mut changed = 0;
    for kill in 0..moments() / PHONES {
        let mut phones: Vec<(Agent, String, Duration)> = Vec::new();
        for phone in 0..PHONES {
            let user = format!("alice{kill}x{phone}");
            town.table.add(&user, PASSWORD);
            phones.push((town.signed_in(&user, None), user, WINDOW.mul_f64(dice.fraction())));
        }
        phones.sort_by_key(|(_, _, delay)| *delay);
        let start = Instant::now();
        for (agent, _, delay) in &mut phones {
            std::thread::sleep((start + *delay).saturating_duration_since(Instant::now()));
            agent.line(&json!({"do": "change_password", "account": 1, "new": NEW}).to_string());
        }
        std::thread::sleep((start + WINDOW).saturating_duration_since(Instant::now()));
        town.kill_provider();
        // Nobody starts a phone again, and nobody presses anything.
        for (mut agent, user, delay) in phones {
            let when = format!("kill {kill}, {:?} after the beginning", WINDOW.saturating_sub(delay));
            wait_as_long_as(LONG, &format!("{when}: the phone says how it ended"), || {
                agent.ok(json!({"do": "state"}));
                let mut changes = agent.seen.iter().filter(|v| v["event"] == "password_change");
                changes.any(|v| v["state"] == "done" || v["state"] == "aborted")
            });
            changed += u32::from(town.comes_to_its_end(&agent, &user, &when));
            agent.quit();
        }
    }
    println!("of {} changes that met the provider's end, {changed} came about", moments() / PHONES * PHONES);
}
