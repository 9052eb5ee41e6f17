//! The guard in front of a real proxy: what it asks about or blocks never reaches Kamailio, which writes down every INVITE.
//! Emergency calls end at a telephone of the rig; nothing here leaves this computer.

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::{Scratch, wait_until};

fn agent(scratch: &Scratch, kamailio: &Kamailio, user: &str) -> Agent {
    let mut agent = Agent::start(scratch, user, &["--bind", "127.0.0.1:0"]);
    agent.sign_in(user, kamailio.plain, "udp", json!({}));
    agent
}

/// Whom Kamailio was asked to invite by those who could show a password, in order.
fn invited(kamailio: &Kamailio) -> Vec<String> {
    let log = kamailio.daemon.log();
    log.lines().filter_map(|line| Some(line.split_once("INVITE to ")?.1.trim().to_owned())).collect()
}

fn refused(reply: &Value, code: &str) {
    assert_eq!((&reply["ok"], &reply["error"]["code"]), (&json!(false), &json!(code)), "{reply}");
}

/// Waits for the end of whatever call there is: nobody has these numbers here.
fn ended(agent: &mut Agent) {
    agent.call("ended");
    wait_until("no call is left", || {
        agent.ok(json!({"do": "state"}))["calls"].as_array().expect("calls").iter().all(|call| call["state"] == "ended")
    });
}

#[test]
fn what_the_guard_asks_about_or_blocks_never_reaches_the_proxy() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut alice = agent(&scratch, &kamailio, "alice");
    alice.ok(json!({"do": "guard", "home": "GB", "night": "off"}));
    let state = alice.ok(json!({"do": "guard"}));
    assert_eq!(state["guard"]["home"]["country"], "GB");
    assert_eq!(
        (&state["guard"]["classes"]["satellite"], &state["guard"]["scope"]),
        (&json!("block"), &json!("in this app only"))
    );

    // Abroad: asked, and after the confirmation not again.
    refused(&alice.ask(json!({"do": "call", "to": "+371 21 234 567"})), "guard_asks");
    let asked = alice.have("the question", |v| v["event"] == "guard" && v["state"] == "asks");
    assert_eq!(
        (&asked["place"], &asked["kind"], &asked["word"]),
        (&json!("Latvia"), &json!("mobile number"), &json!(null))
    );
    alice.ok(json!({"do": "call", "to": "+371 21 234 567", "confirmed": true}));
    ended(&mut alice);
    alice.ok(json!({"do": "call", "to": "+371 26 765 432"}));
    ended(&mut alice);

    // Premium: asked each time; blocked if the person wants that; satellites are blocked anyway.
    refused(&alice.ask(json!({"do": "call", "to": "0906 701 2345"})), "guard_asks");
    alice.ok(json!({"do": "guard", "classes": {"premium": "block"}}));
    refused(&alice.ask(json!({"do": "call", "to": "0906 701 2345", "confirmed": true})), "guard_blocks");
    refused(&alice.ask(json!({"do": "call", "to": "+881 6 12345678", "confirmed": true})), "guard_blocks");
    alice.have("the refusal as an event", |v| {
        v["event"] == "guard" && v["state"] == "blocks" && v["number"] == "+881612345678"
    });

    // What comes last arrives: everything before it would have, too.
    alice.ok(json!({"do": "call", "to": "020 7946 0958"}));
    ended(&mut alice);
    assert_eq!(invited(&kamailio), ["+37121234567", "+37126765432", "02079460958"]);
    alice.quit();
}

#[test]
fn a_redirect_to_a_premium_number_asks_again_and_goes_on_when_it_is_confirmed() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut alice = agent(&scratch, &kamailio, "alice");
    alice.ok(json!({"do": "guard", "home": "GB"}));
    alice.ok(json!({"do": "call", "to": "moved"}));
    let asked = alice.have("the question", |v| v["event"] == "guard");
    assert_eq!(
        (&asked["state"], &asked["from"], &asked["word"]),
        (&json!("asks"), &json!("redirect"), &json!("premium"))
    );
    let ended_call = alice.have("the end", |v| v["event"] == "call" && v["state"] == "ended");
    assert_eq!(ended_call["reason"]["code"], "sent_on", "{ended_call}");
    assert_eq!(invited(&kamailio), ["moved"]);
    alice.ok(json!({"do": "call", "to": asked["number"], "confirmed": true}));
    ended(&mut alice);
    assert_eq!(invited(&kamailio), ["moved", "09067012345"]);
    alice.quit();
}

#[test]
fn the_thirteenth_call_in_ten_minutes_does_not_reach_the_proxy() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut alice = agent(&scratch, &kamailio, "alice");
    alice.ok(json!({"do": "guard", "home": "GB", "in_ten_minutes": 3}));
    for _ in 0..3 {
        alice.ok(json!({"do": "call", "to": "020 7946 0958"}));
        ended(&mut alice);
    }
    refused(&alice.ask(json!({"do": "call", "to": "020 7946 0958", "confirmed": true})), "guard_blocks");
    // Names of the own domain are not counted.
    alice.ok(json!({"do": "call", "to": "nobody"}));
    ended(&mut alice);
    assert_eq!(invited(&kamailio), ["02079460958", "02079460958", "02079460958", "nobody"]);
    alice.quit();
}

#[test]
fn an_emergency_call_goes_through_although_everything_is_blocked() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut bob = agent(&scratch, &kamailio, "bob");
    let mut alice = agent(&scratch, &kamailio, "alice");
    let all =
        ["home", "company", "short", "abroad", "shared", "personal", "premium", "unknown", "satellite", "forwarding"];
    let blocked: serde_json::Map<String, Value> =
        all.iter().map(|class| ((*class).to_owned(), json!("block"))).collect();
    alice.ok(json!({"do": "guard", "classes": blocked, "lockdown": true, "at_once": 0, "in_ten_minutes": 0}));
    refused(&alice.ask(json!({"do": "call", "to": "+442079460958"})), "guard_blocks");
    alice.ok(json!({"do": "call", "to": "112"}));
    let call = bob.call("ringing")["call"].clone();
    bob.ok(json!({"do": "answer", "call": call}));
    alice.call("established");
    alice.ok(json!({"do": "hang_up"}));
    bob.call("ended");
    let last = invited(&kamailio).pop();
    assert_eq!(last.as_deref(), Some("bob"));
    alice.quit();
    bob.quit();
}

#[test]
fn a_number_that_came_by_a_second_start_asks_when_it_is_dialled() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
    let mut alice = agent(&scratch, &kamailio, "alice");
    alice.ok(json!({"do": "guard", "home": "GB", "night": "off", "classes": {"abroad": "allow"}}));
    // Nobody has dialled anything, and the tables of numbers are there.
    wait_until("the tables of numbers", || alice.log().contains("the tables of numbers are loaded"));
    let profile = alice.folder.join("profile");
    let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_ringfence"));
    let second = second.arg("--profile").arg(&profile).arg("tel:+371-21-234-567").output().expect("it runs");
    assert!(second.status.success(), "{second:?}");
    let link = alice.wait("the link", |v| v["event"] == "link");
    refused(&alice.ask(json!({"do": "call", "to": link["to"]})), "guard_asks");
    let asked = alice.have("the question", |v| v["event"] == "guard");
    assert_eq!((&asked["from"], &asked["word"]), (&json!("link"), &json!(null)));
    alice.ok(json!({"do": "call", "to": "+371 26 765 432"}));
    ended(&mut alice);
    alice.ok(json!({"do": "call", "to": link["to"], "confirmed": true}));
    ended(&mut alice);
    alice.ok(json!({"do": "call", "to": link["to"]}));
    ended(&mut alice);
    assert_eq!(invited(&kamailio), ["+37126765432", "+37121234567", "+37121234567"]);
    alice.quit();
}

#[test]
fn a_second_start_brings_its_link_to_the_first_and_nothing_is_dialled() {
    let scratch = Scratch::new();
    let mut first = Agent::start(&scratch, "first", &[]);
    let profile = first.folder.join("profile");
    first.ok(json!({"do": "state"}));
    for (link, to, cut) in [
        ("tel:+44-20-7946-0958;postd=09067012345", json!("+442079460958"), json!(true)),
        ("sip:anna@example.org", json!("anna@example.org"), json!(false)),
        ("tel:**21*09067012345%23", json!(null), json!(null)),
    ] {
        let mut second = std::process::Command::new(env!("CARGO_BIN_EXE_ringfence"));
        let second = second.arg("--profile").arg(&profile).arg(link).output().expect("it runs");
        assert!(second.status.success(), "{second:?}");
        let told = first.wait("the link", |v| v["event"] == "link");
        assert_eq!((&told["to"], &told["cut"]), (&to, &cut), "{told}");
    }
    let state = first.ok(json!({"do": "state"}));
    assert_eq!(state["calls"], json!([]));
    // A link that is not the last argument is none, and an option is none either.
    for arguments in [["tel:1", "--profile=x"], ["tel:1", "agent"]] {
        let run =
            std::process::Command::new(env!("CARGO_BIN_EXE_ringfence")).args(arguments).output().expect("it runs");
        assert!(!run.status.success(), "{arguments:?}");
    }
    first.quit();
}
