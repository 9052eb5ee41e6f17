//! From a notice that the provider has published to a phone that tells it.

use std::time::Instant;

use serde_json::json;

use crate::figures::show;
use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN};
use crate::rig::provider::{Options, Provider, host};
use crate::rig::subscribers::Subscribers;
use crate::rig::{Scratch, free_port, wait_until};

const REVISIONS: u32 = 50;

/// A notice and its revisions: from the moment at which the signed list is on the provider's website to the event, at
/// which the view has it and the window draws its banner. The phone is asked to look, as it does by itself at every
/// poll, when the computer wakes, and when a line is refused; how long a poll may be away is the provider's `poll_s`.
pub fn published_to_told() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Sha256);
    let options = Options::simple(format!("sqlite:{}", table.file.display()), "kamailio-sha256");
    let provider = Provider::start(&scratch.folder("provider"), &options);
    let keys = scratch.folder("keys").display().to_string();
    let publish = |words: &[&str]| provider.ok(&[words, &["--keys", &keys, "--no-passphrase"]].concat());
    publish(&["key", "new"]);
    let port = provider.addr.port();
    let (well_known, issuer) =
        (format!("{DOMAIN}:443:{}", provider.addr), format!("{}:{port}:{}", host(), provider.addr));
    let ca = provider.ca.display().to_string();
    let mut agent =
        Agent::start(&scratch, "agent", &["--connect-to", &well_known, "--connect-to", &issuer, "--ca", &ca]);
    agent.ok(json!({
        "do": "sign_in", "address": format!("anna@{DOMAIN}"), "server": format!("127.0.0.1:{}", free_port()),
        "transport": "udp", "register": false,
    }));
    wait_until("the list is confirmed", || agent.ok(json!({"do": "notices"}))["source"]["state"] == "confirmed");
    let (draft, mut told) = (scratch.path().join("draft.toml"), Vec::new());
    for revision in 1..=REVISIONS {
        let text =
            format!("id = \"breach\"\n[text.en]\ntitle = \"Revision {revision}\"\nbody = \"We saw attempts.\"\n");
        std::fs::write(&draft, text).expect("a draft");
        let command = if revision == 1 { "publish" } else { "update" };
        publish(&["notice", command, &draft.display().to_string()]);
        let published = Instant::now();
        agent.line(&json!({"do": "notices", "check": true}).to_string());
        agent.wait("the notice", |v| v["event"] == "notice" && v["title"] == json!(format!("Revision {revision}")));
        told.push(published.elapsed().as_secs_f64() * 1000.0);
    }
    show("published to told: fetched over HTTPS, verified, kept, in the view", "ms", told);
    println!("without being asked: at the next poll, every 900 s ± 20 % unless the provider says otherwise");
    agent.quit();
}
