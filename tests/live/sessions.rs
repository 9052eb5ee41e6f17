//! Who else is on the line, with real parts: Kamailio knows it, `ringfence-provider` lists and ends it through Kamailio's
//! RPC socket, and the agent reads, merges, and has one of them ended.

use std::time::UNIX_EPOCH;

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::provider::{Client, Options, Provider, get, host, run};
use crate::rig::registrar::Telephone;
use crate::rig::subscribers::Subscribers;
use crate::rig::{PASSWORD, Scratch, wait_until};

const DESK: &str = "urn:uuid:00000000-0000-4000-8000-00000000de5c";

fn devices(agent: &mut Agent) -> Value {
    agent.ok(json!({"do": "devices", "account": 1}))
}

fn desk(reply: &Value) -> Option<Value> {
    reply["devices"].as_array()?.iter().find(|device| device["key"] == DESK).cloned()
}

#[test]
fn another_telephone_is_listed_ended_by_choice_and_told_when_it_comes_back() {
    let scratch = Scratch::new();
    let table = Subscribers::make(&scratch.folder("database"), Algorithm::Md5);
    table.add("anna", PASSWORD);
    let kamailio = Kamailio::start_with_table(&scratch, Algorithm::Md5, &table);
    let mut options = Options::simple(format!("sqlite:{}", table.file.display()), "kamailio");
    let rpc = scratch.path().join("kamailio/rpc.sock");
    options.more += &format!("[registrations]\nkamailio_rpc = \"unix:{}\"\n", rpc.display());
    let provider = Provider::start(&scratch.folder("provider"), &options);
    let mut telephone = Telephone::new(kamailio.plain, "anna");
    // Kamailio tells whole seconds.
    let began = i64::try_from(UNIX_EPOCH.elapsed().expect("after 1970").as_secs()).expect("before 2262") * 1000;
    assert_eq!(telephone.register(PASSWORD, Some(DESK)), (200, 1));
    let addr = provider.addr;
    let well_known = format!("{DOMAIN}:443:{}:{}", addr.ip(), addr.port());
    let issuer = format!("{}:{1}:{2}:{1}", host(), addr.port(), addr.ip());
    let both = [&kamailio.ca, &provider.ca].map(|file| std::fs::read_to_string(file).expect("a CA")).concat();
    let authorities = scratch.path().join("authorities.pem");
    std::fs::write(&authorities, both).expect("authorities");
    let authorities = authorities.display().to_string();
    let arguments =
        [["--ca", &authorities], ["--bind", "127.0.0.1:0"], ["--connect-to", &well_known], ["--connect-to", &issuer]];
    let mut anna = Agent::start(&scratch, "anna", &arguments.concat());
    anna.sign_in("anna", kamailio.tls, "tls", json!({}));
    wait_until("the provider's list was read", || devices(&mut anna)["list"]["state"] == "read");
    let reply = devices(&mut anna);
    assert_eq!((&reply["list"]["names_us"], &reply["others_stay"]), (&json!(true), &Value::Null), "{reply}");
    assert_eq!(reply["devices"].as_array().map(Vec::len), Some(1), "we are not among them: {reply}");
    let found = desk(&reply).expect("the telephone");
    assert_eq!((&found["here"], &found["ending"]["state"]), (&json!(true), &json!("possible")), "{reply}");
    // What Kamailio knows, and no more: it forgets since when at each refresh, and nobody here can tell countries.
    assert_eq!(
        (&found["software"], &found["registered"], &found["country"]),
        (&json!("Desk/1"), &Value::Null, &Value::Null)
    );
    let [last, until] = ["refreshed", "expires"].map(|name| found[name].as_i64().expect(name));
    let now = i64::try_from(UNIX_EPOCH.elapsed().expect("after 1970").as_millis()).expect("before 2262");
    assert!(
        (began..=now).contains(&last) && (599_000..=601_000).contains(&(until - last)),
        "{began} {last} {until} {now}"
    );
    let own = &reply["this_computer"];
    assert!(own["refreshed"].as_i64() >= Some(began) && own["expires"].as_i64() > Some(now), "{reply}");
    // By hand: our own row is ours because it has the instance that we say is ours.
    let mut client = Client::new(&provider, "anna");
    client.instance = Some(DESK.to_owned());
    let list = run(client.ask(PASSWORD, &get("/sasa/sessions"))).body;
    let rows = list["registrations"].as_array().expect("rows");
    let marked: Vec<bool> = rows.iter().map(|row| row["self"] == (row["instance"] == DESK)).collect();
    assert_eq!(marked, [true, true], "{list}");
    anna.ok(json!({"do": "end_device", "account": 1, "key": DESK}));
    wait_until("the provider says that it is gone", || {
        desk(&devices(&mut anna)).is_some_and(|device| device["here"] == false)
    });
    assert_eq!(telephone.register(PASSWORD, None), (200, 1), "Kamailio has the agent only");
    // It knows the password: it can come back, and that is told.
    assert_eq!(telephone.register(PASSWORD, Some(DESK)), (200, 2));
    anna.ok(json!({"do": "devices", "account": 1, "check": true}));
    let back = anna.wait("the telephone again", |v| v["event"] == "device" && v["key"] == DESK);
    assert_eq!(back["here"], true, "{back}");
    anna.quit();
    assert!(!anna.log().contains(PASSWORD));
}
