//! From the press of the button to safe: a hundred password changes through `ringfence-provider` beside a Kamailio, on
//! loopback, with a real gnome-keyring. Two for each of fifty lines, for more would be held back by the phone's own
//! caution: each change ends with one attempt with the old password.

use std::time::Instant;

use serde_json::json;

use crate::figures::show;
use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::keyring::Session;
use crate::rig::provider::{Options, Provider, host};
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, wait_until};

const LINES: u32 = 50;
const ROUNDS: usize = 2;

/// The figure.
pub fn press_to_safe() {
    let (scratch, session) = (Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Sha256);
    for line in 1..=LINES {
        table.add(&format!("line{line}"), PASSWORD);
    }
    let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Sha256, &table);
    let mut options = Options::simple(format!("sqlite:{}", table.file.display()), "kamailio-sha256");
    options.more += "[limits]\nchanges_per_second = 100000\n";
    let provider = Provider::start(&scratch.folder("provider"), &options);
    let keys = scratch.path().join("keys").display().to_string();
    provider.ok(&["key", "new", "--keys", &keys, "--no-passphrase"]);
    let both = [&kamailio.ca, &provider.ca].map(|file| std::fs::read_to_string(file).expect("a CA")).concat();
    let authorities = scratch.path().join("authorities.pem");
    std::fs::write(&authorities, both).expect("authorities");
    let (authorities, port) = (authorities.display().to_string(), provider.addr.port());
    let (well_known, issuer) =
        (format!("{DOMAIN}:443:127.0.0.1:{port}"), format!("{}:{port}:127.0.0.1:{port}", host()));
    let arguments = [
        ["--vault", "keyring"],
        ["--ca", &authorities],
        ["--bind", "127.0.0.1:0"],
        ["--connect-to", &well_known],
        ["--connect-to", &issuer],
    ];
    let mut agent = Agent::start_within(&scratch, "agent", &arguments.concat(), |command| session.within(command));
    for line in 1..=LINES {
        agent.ok(json!({
            "do": "sign_in", "address": format!("line{line}@{DOMAIN}"), "password": PASSWORD,
            "server": kamailio.tls.to_string(), "transport": "tls",
        }));
    }
    for line in 1..=LINES {
        wait_until("the phone has looked at its provider", || {
            agent.ok(json!({"do": "notices", "account": line}))["source"]["state"] == "confirmed"
        });
    }
    let (mut safe, mut done) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for line in 1..=LINES {
            let pressed = Instant::now();
            agent.line(&json!({"do": "change_password", "account": line, "new": null}).to_string());
            let state = |wanted: &'static [&'static str]| {
                move |v: &serde_json::Value| {
                    let state = v["state"].as_str().unwrap_or_default();
                    v["event"] == "password_change" && v["account"] == json!(line) && wanted.contains(&state)
                }
            };
            let first = agent.wait("a safe password", state(&["checking_old", "done"]));
            safe.push(pressed.elapsed().as_secs_f64() * 1000.0);
            if first["state"] != "done" {
                agent.wait("the end", state(&["done"]));
            }
            done.push(pressed.elapsed().as_secs_f64() * 1000.0);
            agent.ok(json!({"do": "finish_change", "account": line}));
        }
    }
    show("press to safe: in force at the provider, accepted by Kamailio, in the keyring", "ms", safe);
    show("press to done: and the old one tried", "ms", done);
    agent.quit();
}
