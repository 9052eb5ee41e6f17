//! Signing in with an address and a password and nothing else: where the servers are is found out (RFC 3263).

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::names::{Data, Record, serve};
use crate::rig::{PASSWORD, Scratch};

const EDGE: &str = "edge.voxline.test";

/// The two fields.
fn two_fields() -> Value {
    json!({"do": "sign_in", "address": format!("alice@{DOMAIN}"), "password": PASSWORD})
}

/// That of a line over UDP, as its provider's zone has it.
fn udp(kamailio: &Kamailio) -> Record {
    let port = kamailio.plain.port();
    ("_sip._udp.voxline.test", Data::Srv { priority: 1, weight: 1, port, target: EDGE })
}

fn edge() -> Record {
    (EDGE, Data::Address(std::net::Ipv4Addr::LOCALHOST.into()))
}

fn registered(agent: &mut Agent) -> Value {
    agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered")
}

/// Nothing that it sent went by UDP or TCP alone.
fn was_encrypted(agent: &Agent) -> bool {
    let log = agent.log();
    log.contains("Via: SIP/2.0/TLS") && !log.contains("Via: SIP/2.0/UDP") && !log.contains("Via: SIP/2.0/TCP")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_address_and_a_password_are_enough_where_the_zone_names_the_servers() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let naptr = |order, service, replacement| Data::Naptr { order, preference: 1, flags: "s", service, replacement };
    let port = kamailio.tls.port();
    let names = serve(vec![
        (DOMAIN, naptr(10, "SIP+D2U", "_sip._udp.voxline.test")),
        // Of another name than RFC 3263 would make up: only NAPTR leads there.
        (DOMAIN, naptr(20, "SIPS+D2T", "_phones._tcp.voxline.test")),
        ("_phones._tcp.voxline.test", Data::Srv { priority: 1, weight: 1, port, target: EDGE }),
        udp(&kamailio),
        edge(),
    ])
    .await;
    let ca = kamailio.ca.display().to_string();
    let mut alice = Agent::start(&scratch, "alice", &["--dns", &names.to_string(), "--ca", &ca]);
    alice.ok(two_fields());
    let line = registered(&mut alice);
    assert_eq!(line["transport"], "tls", "{line}");
    assert!(was_encrypted(&alice), "although the zone prefers UDP");
    alice.quit();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn where_only_udp_is_to_be_had_nothing_secret_is_sent_before_that_is_agreed_to() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let names = serve(vec![udp(&kamailio), edge()]).await;
    let mut alice = Agent::start(&scratch, "alice", &["--dns", &names.to_string()]);
    let reply = alice.ask(two_fields());
    assert_eq!(reply["error"]["code"], "unencrypted_only", "{reply}");
    assert!(!alice.log().contains("Authorization:"), "no answer to a challenge");
    let mut agreed = two_fields();
    agreed["unencrypted_ok"] = json!(true);
    alice.ok(agreed);
    assert_eq!(registered(&mut alice)["transport"], "udp");
    alice.quit();
}

#[test]
fn connect_to_leads_sip_elsewhere_without_a_name_service_and_the_name_is_still_checked() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let (rule, ca) = (format!("{DOMAIN}:5061:{}", kamailio.tls), kamailio.ca.display().to_string());
    // Nobody answers there.
    let mut alice = Agent::start(&scratch, "alice", &["--dns", "127.0.0.1:9", "--connect-to", &rule, "--ca", &ca]);
    alice.ok(two_fields());
    assert_eq!(registered(&mut alice)["transport"], "tls");
    assert!(was_encrypted(&alice));
    alice.quit();
    let rule = format!("other.test:5061:{}", kamailio.tls);
    let mut mallory = Agent::start(&scratch, "mallory", &["--dns", "127.0.0.1:9", "--connect-to", &rule, "--ca", &ca]);
    let mut elsewhere = two_fields();
    elsewhere["address"] = json!("alice@other.test");
    let reply = mallory.ask(elsewhere);
    assert_eq!(reply["error"]["code"], "certificate_name", "{reply}");
    mallory.quit();
}
