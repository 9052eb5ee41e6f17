//! The embedded demo provider, as a person meets it: over TLS and SRTP, without an account.

use ringfence::base::Secret;
use ringfence::provider::security::Hashes;
use ringfence::serve::Demo;
use ringfence::serve::security::Sky;
use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::provider::{Client, get, query, run};
use crate::rig::{Scratch, wait_until, wav};

const TONE: f64 = 700.0;

fn demo_agent(scratch: &Scratch) -> Agent {
    let folder = scratch.folder("visitor");
    wav::write_tone(&folder.join("in.wav"), 48000, 1, TONE, 60);
    let (input, output) =
        (format!("file:{}", folder.join("in.wav").display()), format!("file:{}", folder.join("out.wav").display()));
    let mut agent = Agent::start(scratch, "visitor", &["--input", &input, "--output", &output]);
    agent.ok(json!({"do": "demo"}));
    let account = agent.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
    assert_eq!(account["transport"], "tls");
    agent
}

#[test]
fn echo_returns_my_voice_encrypted_as_far_as_the_provider() {
    let scratch = Scratch::new();
    let mut agent = demo_agent(&scratch);
    let call = agent.ok(json!({"do": "call", "account": 1, "to": "echo"}))["call"].clone();
    let established = agent.call("established");
    assert_eq!((&established["codec"], &established["encrypted"]), (&json!("opus"), &json!(true)));
    wait_until("two seconds of echo", || {
        agent.ok(json!({"do": "stats", "call": call}))["stats"]["received"].as_u64().unwrap_or(0) > 120
    });
    agent.ok(json!({"do": "hang_up", "call": call}));
    agent.have("the end", |v| v["event"] == "call" && v["state"] == "ended");
    agent.quit();
    let (samples, rate) = wav::read_mono(&agent.file("out.wav"));
    let share = wav::tone_share(&samples, rate, TONE);
    assert!(share > 0.8, "{share:.2} of the echo is my tone");
}

#[test]
fn announcement_speaks_and_then_plays_a_tone() {
    let scratch = Scratch::new();
    let mut agent = demo_agent(&scratch);
    let call = agent.ok(json!({"do": "call", "account": 1, "to": "announcement"}))["call"].clone();
    agent.call("established");
    let ended = agent.call("ended");
    assert_eq!(ended["call"], call);
    assert_eq!(ended["reason"]["code"], "peer_hung_up", "{ended}");
    agent.quit();
    let (samples, rate) = wav::read_mono(&agent.file("out.wav"));
    assert!(wav::tone_share(&samples, rate, 1000.0) > 0.8, "the tone is heard");
    assert!(wav::loudest(&samples, rate) > -30.0);
}

#[test]
fn busy_and_declines_are_told_apart_and_both_realms_of_asks_twice_are_answered() {
    let scratch = Scratch::new();
    let mut agent = demo_agent(&scratch);
    for (who, code) in [("busy", "busy"), ("declines", "declined")] {
        agent.ok(json!({"do": "call", "account": 1, "to": who}));
        let ended = agent.call("ended");
        assert_eq!(ended["reason"]["code"], code, "{ended}");
    }
    agent.ok(json!({"do": "call", "account": 1, "to": "asks-twice"}));
    let outcome = agent.wait("an outcome", |v| {
        v["event"] == "call" && v["call"] == 3 && (v["state"] == "ended" || v["state"] == "established")
    });
    // That the second is a realm of its own, and both credentials are on one INVITE: `asks_twice_wants_two_realms_in_one_request`.
    assert_eq!(outcome["state"], "established", "{outcome}");
    agent.quit();
}

#[test]
fn never_answers_rings_until_i_give_up() {
    let scratch = Scratch::new();
    let mut agent = demo_agent(&scratch);
    let call = agent.ok(json!({"do": "call", "account": 1, "to": "never-answers"}))["call"].clone();
    agent.call("ringing");
    agent.ok(json!({"do": "hang_up", "call": call}));
    let ended = agent.call("ended");
    assert_eq!(ended["reason"]["code"], "cancelled", "{ended}");
    agent.quit();
}

#[test]
fn calls_you_back_does() {
    let scratch = Scratch::new();
    let mut agent = demo_agent(&scratch);
    agent.ok(json!({"do": "call", "account": 1, "to": "calls-you-back"}));
    agent.call("ended");
    let ringing = agent.call("ringing");
    assert_eq!(ringing["direction"], "incoming", "{ringing}");
    agent.ok(json!({"do": "answer", "call": ringing["call"]}));
    agent.call("established");
    agent.ok(json!({"do": "hang_up", "call": ringing["call"]}));
    agent.call("ended");
    agent.quit();
}

#[test]
fn the_demo_s_password_is_changed_over_https_and_its_replies_can_be_lost() {
    let demo = Demo::start().expect("a demo");
    let ca = rustls::pki_types::CertificateDer::from(demo.ca().to_vec());
    let mut visitor = Client::connect(Demo::DOMAIN, demo.https(), ca, Demo::DOMAIN, demo.user());
    let old = demo.password().expose("a test").clone();
    run(async {
        assert_eq!(visitor.generation(&old).await, Some(1));
        let (tx, ask) = visitor.change("the-new-password", 1);
        demo.control().set_weather(Sky::Closed);
        let closed = visitor.ask(&old, &ask).await;
        assert_eq!((closed.status, closed.retry_after), (503, Some(5)));
        demo.control().set_weather(Sky::RepliesLost);
        visitor.try_ask(&old, &ask).await.expect_err("the answer is lost");
        demo.control().set_weather(Sky::Fair);
        assert_eq!(visitor.ask(&old, &query(&tx)).await.word(), "applied", "and the change was made");
        assert_eq!(visitor.generation("the-new-password").await, Some(2));
        demo.control().publish("notices.json", b"{\"seq\":7}".to_vec());
        let (notices, _) = visitor.send(&get("/sasa/notices.json"), None, None).await.expect("served");
        assert_eq!(notices.body["seq"], json!(7));
    });
    let (generation, hashes) = demo.control().password().expect("an account");
    assert_eq!(generation, 2);
    assert!(hashes.same_password(&Hashes::of(demo.user(), Demo::DOMAIN, &Secret::from("the-new-password"))));
}
