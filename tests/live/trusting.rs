//! Whom the real program believes that it talks to Kamailio: one whose certificate nobody vouches for, and one whose
//! authority is in the platform's store.

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::{PASSWORD, Scratch};

fn sign_in(agent: &mut Agent, kamailio: &Kamailio, fingerprint: Option<&str>) -> Value {
    let mut line = json!({
        "do": "sign_in", "address": format!("alice@{DOMAIN}"), "password": PASSWORD, "transport": "tls",
        "server": kamailio.tls.to_string(),
    });
    if let Some(fingerprint) = fingerprint {
        line["fingerprint"] = json!(fingerprint);
    }
    agent.ask(line)
}

#[test]
fn a_private_certificate_is_refused_with_its_fingerprint_and_good_once_that_is_given() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut alice = Agent::start(&scratch, "alice", &[]);
    let refused = sign_in(&mut alice, &kamailio, None);
    assert_eq!(refused["error"]["code"], "certificate_issuer", "{refused}");
    let message = refused["error"]["message"].as_str().expect("words");
    let fingerprint = message.split_whitespace().find(|word| word.matches(':').count() == 31).expect("a fingerprint");
    let fingerprint = fingerprint.trim_end_matches('.').to_owned();
    let shown = std::process::Command::new("openssl")
        .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
        .arg(scratch.path().join("kamailio/cert.pem"))
        .output()
        .expect("openssl");
    let shown = String::from_utf8(shown.stdout).expect("text");
    assert_eq!(shown.trim().rsplit('=').next(), Some(fingerprint.as_str()), "as OpenSSL prints it");

    let mut wrong = fingerprint.clone();
    wrong.replace_range(0..2, if fingerprint.starts_with("00") { "11" } else { "00" });
    let changed = sign_in(&mut alice, &kamailio, Some(&wrong));
    assert_eq!(changed["error"]["code"], "certificate_changed", "{changed}");

    let trusted = sign_in(&mut alice, &kamailio, Some(&fingerprint));
    assert_eq!(trusted["ok"], true, "{trusted}");
    let state = alice.ok(json!({"do": "state"}));
    assert_eq!(state["accounts"][0]["trust"]["pinned"], json!(fingerprint));
    alice.quit();
}

#[test]
fn an_authority_of_the_platforms_store_vouches_for_a_server_without_any_option() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    // Where OpenSSL's programs look, too: https://docs.openssl.org/3.0/man7/openssl-env/
    let mut alice = Agent::start_within(&scratch, "alice", &[], |mut command| {
        command.env("SSL_CERT_FILE", &kamailio.ca).env_remove("SSL_CERT_DIR");
        command
    });
    let trusted = sign_in(&mut alice, &kamailio, None);
    assert_eq!(trusted["ok"], true, "{trusted}");
    let line = alice.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    assert_eq!(line["transport"], "tls", "{line}");
    alice.quit();

    let mut bob = Agent::start_within(&scratch, "bob", &[], |mut command| {
        command.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        command
    });
    let refused = sign_in(&mut bob, &kamailio, None);
    assert_eq!(refused["error"]["code"], "certificate_issuer", "{refused}");
    bob.quit();
}
