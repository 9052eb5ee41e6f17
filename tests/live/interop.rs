//! Calls with real peers through a real proxy: who hears what, in both directions.

use serde_json::{Value, json};

use crate::rig::agent::Agent;
use crate::rig::baresip::{self, Baresip};
use crate::rig::kamailio::{Algorithm, DOMAIN, Kamailio};
use crate::rig::keyring::Session;
use crate::rig::{Scratch, free_port, wait_until, wav};

/// What our side speaks, and what the other side speaks, Hz.
const OURS: f64 = 1000.0;
const THEIRS: f64 = 600.0;

/// How much of the sound must be the tone, in the best second.
const CLEAR: f64 = 0.8;

/// An agent that speaks a tone and writes down what it hears, signed in.
fn speaker(
    scratch: &Scratch,
    kamailio: &Kamailio,
    user: &'static str,
    tone: f64,
    transport: &str,
    more: Value,
) -> Agent {
    let folder = scratch.folder(user);
    wav::write_tone(&folder.join("in.wav"), 48000, 1, tone, 60);
    let (input, output) =
        (format!("file:{}", folder.join("in.wav").display()), format!("file:{}", folder.join("out.wav").display()));
    let ca = kamailio.ca.to_string_lossy().into_owned();
    let mut agent =
        Agent::start(scratch, user, &["--input", &input, "--output", &output, "--ca", &ca, "--bind", "127.0.0.1:0"]);
    let server = if transport == "tls" { kamailio.tls } else { kamailio.plain };
    agent.sign_in(user, server, transport, more);
    agent
}

fn heard_by(agent: &Agent) -> (Vec<f32>, u32) {
    wav::read_mono(&agent.file("out.wav"))
}

fn assert_hears(who: &str, (samples, rate): &(Vec<f32>, u32), tone: f64) {
    let share = wav::tone_share(samples, *rate, tone);
    assert!(
        share > CLEAR,
        "{who}: only {share:.2} of what was heard in {} samples at {rate} Hz is {tone} Hz",
        samples.len()
    );
}

/// Heard the tone, then nothing for a second at least (the hold), then the tone again.
fn assert_hears_with_a_pause(who: &str, heard: &(Vec<f32>, u32), tone: f64) {
    let (samples, rate) = heard;
    let pause = wav::longest_pause(samples, *rate);
    assert!(pause.len() >= *rate as usize, "{who}: silent for {} samples at {rate} Hz", pause.len());
    for (when, part) in [("before", &samples[..pause.start]), ("after", &samples[pause.end..])] {
        let share = wav::tone_share(part, *rate, tone);
        assert!(share > CLEAR, "{who}: {when} the hold only {share:.2} is {tone} Hz");
    }
}

/// How many of its INVITEs an agent had to send again with credentials (407).
fn challenged_invites(agent: &Agent) -> usize {
    let log = agent.log();
    let asked = log.split("in: SIP/2.0 407 ").skip(1);
    let heads = asked.map(|rest| rest.lines().take_while(|line| !line.trim().is_empty()));
    heads.filter(|head| head.clone().any(|line| line.starts_with("CSeq: ") && line.ends_with(" INVITE"))).count()
}

/// One side holds for a second and a half and resumes; both hear each other again.
fn hold_and_resume(holder: &mut Agent, held: &mut Agent, calls: (&Value, &Value)) {
    holder.ok(json!({"do": "hold", "call": calls.0}));
    held.wait("being held", |v| v["event"] == "call" && v["state"] == "held");
    // Packets of silence.
    listen_for(held, calls.1, 75);
    holder.ok(json!({"do": "resume", "call": calls.0}));
    held.wait("being resumed", |v| v["event"] == "call" && v["state"] == "established");
    listen_for(held, calls.1, 100);
    listen_for(holder, calls.0, 100);
}

/// Waits until so many RTP packets have been received in the call.
fn listen_for(agent: &mut Agent, call: &Value, packets: u64) {
    let from = agent.ok(json!({"do": "stats", "call": call}))["stats"]["received"].as_u64().unwrap_or(0);
    wait_until("sound arrives", || {
        agent.ok(json!({"do": "stats", "call": call}))["stats"]["received"].as_u64().unwrap_or(0) >= from + packets
    });
}

#[test]
fn two_agents_talk_hold_and_send_digits_over_udp_tcp_and_tls_with_sha256() {
    for transport in ["udp", "tcp", "tls"] {
        let scratch = Scratch::new();
        let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
        let mut alice = speaker(&scratch, &kamailio, "alice", OURS, transport, json!({}));
        let mut bob = speaker(&scratch, &kamailio, "bob", THEIRS, transport, json!({}));
        let call = alice.ok(json!({"do": "call", "account": 1, "to": "bob"}))["call"].clone();
        let theirs = bob.call("ringing")["call"].clone();
        bob.ok(json!({"do": "answer", "call": theirs}));
        let established = alice.call("established");
        bob.have("established", |v| v["event"] == "call" && v["state"] == "established");
        assert_eq!(established["codec"], "opus", "{transport}");
        assert_eq!(established["encrypted"], json!(transport == "tls"), "SRTP by SDES goes with TLS, {established}");
        listen_for(&mut alice, &call, 100);

        alice.ok(json!({"do": "digits", "call": call, "digits": "15#"}));
        for digit in ["1", "5", "#"] {
            bob.wait("a digit", |v| v["event"] == "digit" && v["digit"] == digit);
        }
        hold_and_resume(&mut alice, &mut bob, (&call, &theirs));
        // Whoever was called sends no credentials ahead: the proxy asks for them.
        assert_eq!(challenged_invites(&bob), 0);
        hold_and_resume(&mut bob, &mut alice, (&theirs, &call));
        assert_eq!(challenged_invites(&bob), 2, "to hold and to resume, {transport}");

        alice.ok(json!({"do": "hang_up", "call": call}));
        bob.call("ended");
        alice.have("the end", |v| v["event"] == "call" && v["state"] == "ended");
        alice.quit();
        bob.quit();
        assert_hears_with_a_pause(&format!("alice over {transport}"), &heard_by(&alice), THEIRS);
        assert_hears_with_a_pause(&format!("bob over {transport}"), &heard_by(&bob), OURS);
    }
}

/// (our name, baresip's name) of each codec.
const CODECS: [(&str, &str); 4] =
    [("opus", "opus/48000/2"), ("G722", "G722/16000/1"), ("PCMU", "PCMU/8000/1"), ("PCMA", "PCMA/8000/1")];

fn baresip_is_called_by_us(codecs: &[(&'static str, &'static str)], transport: &'static str, encryption: &'static str) {
    for &(ours, theirs) in codecs {
        let scratch = Scratch::new();
        let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
        let options =
            baresip::Options { user: "bob", codec: theirs, tone: THEIRS, transport, encryption, auto_answer: true };
        let bob = Baresip::start(&scratch, &kamailio, &options);
        let srtp = if encryption.is_empty() { "off" } else { "require" };
        let mut alice = speaker(&scratch, &kamailio, "alice", OURS, transport, json!({"srtp": srtp}));
        let call = alice.ok(json!({"do": "call", "account": 1, "to": format!("bob@{DOMAIN}")}))["call"].clone();
        let established = alice.call("established");
        assert_eq!((&established["codec"], &established["encrypted"]), (&json!(ours), &json!(!encryption.is_empty())));
        listen_for(&mut alice, &call, 125);
        alice.ok(json!({"do": "hang_up", "call": call}));
        bob.daemon.wait_for_log("terminated (duration");
        alice.quit();
        assert_hears(&format!("alice, {ours}"), &heard_by(&alice), THEIRS);
        assert_hears(&format!("baresip, {ours}"), &bob.heard(), OURS);
    }
}

#[test]
fn baresip_called_by_us_hears_and_is_heard_in_every_codec() {
    baresip_is_called_by_us(&CODECS, "udp", "");
}

#[test]
fn baresip_called_by_us_hears_and_is_heard_in_every_codec_over_tls_with_srtp() {
    baresip_is_called_by_us(&CODECS, "tls", "srtp-mand");
}

#[test]
fn baresip_called_by_us_over_tcp_hears_and_is_heard() {
    baresip_is_called_by_us(&CODECS[3..], "tcp", "");
}

#[test]
fn digits_go_to_baresip_and_come_from_it_in_calls_at_8_khz() {
    for (ours, theirs) in &CODECS[2..] {
        let scratch = Scratch::new();
        let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
        let (user, tone, transport, encryption) = ("bob", THEIRS, "udp", "");
        let options = baresip::Options { user, codec: theirs, tone, transport, encryption, auto_answer: true };
        let bob = Baresip::start(&scratch, &kamailio, &options);
        let mut alice = speaker(&scratch, &kamailio, "alice", OURS, transport, json!({}));
        let call = alice.ok(json!({"do": "call", "account": 1, "to": format!("bob@{DOMAIN}")}))["call"].clone();
        assert_eq!(alice.call("established")["codec"], *ours);
        listen_for(&mut alice, &call, 25);
        assert!(alice.log().contains("telephone-event/8000"));
        alice.ok(json!({"do": "digits", "call": call, "digits": "15#"}));
        for digit in ["1", "5", "#"] {
            bob.daemon.wait_for_log(&format!("received event: '{digit}' (end=1)"));
        }
        bob.command("sndcode", "4");
        alice.wait("a digit", |v| v["event"] == "digit" && v["digit"] == "4");
        bob.command("sndcode", "*");
        alice.wait("a digit", |v| v["event"] == "digit" && v["digit"] == "*");
        alice.ok(json!({"do": "hang_up", "call": call}));
        alice.quit();
    }
}

#[test]
fn baresip_calls_us_over_udp_tcp_and_tls() {
    for transport in ["udp", "tcp", "tls"] {
        let scratch = Scratch::new();
        let kamailio = Kamailio::start(&scratch, Algorithm::Md5);
        let mut alice = speaker(&scratch, &kamailio, "alice", OURS, transport, json!({}));
        let encryption = if transport == "tls" { "srtp-mand" } else { "" };
        let options = baresip::Options {
            user: "bob",
            codec: "PCMA/8000/1",
            tone: THEIRS,
            transport,
            encryption,
            auto_answer: false,
        };
        let bob = Baresip::start(&scratch, &kamailio, &options);
        bob.command("dial", &format!("sip:alice@{}", if transport == "tls" { kamailio.tls } else { kamailio.plain }));
        let call = alice.call("ringing")["call"].clone();
        alice.ok(json!({"do": "answer", "call": call}));
        alice.call("established");
        listen_for(&mut alice, &call, 125);
        bob.command("hold", "");
        let held = alice.call("held");
        assert_eq!((&held["held"], &held["held_by_peer"]), (&json!(false), &json!(true)), "{held}");
        bob.command("resume", "");
        alice.call("established");
        listen_for(&mut alice, &call, 75);
        bob.command("hangup", "");
        let ended = alice.call("ended");
        assert_eq!(ended["reason"]["code"], "peer_hung_up", "{ended}");
        alice.quit();
        assert_hears(&format!("alice over {transport}"), &heard_by(&alice), THEIRS);
        assert_hears(&format!("baresip over {transport}"), &bob.heard(), OURS);
    }
}

#[test]
fn an_agent_that_answers_by_itself_is_talked_to_without_a_word_of_its_own() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut alice = speaker(&scratch, &kamailio, "alice", OURS, "udp", json!({}));
    let mut bob = speaker(&scratch, &kamailio, "bob", THEIRS, "udp", json!({"auto_answer": true}));
    let call = alice.ok(json!({"do": "call", "account": 1, "to": "bob"}))["call"].clone();
    alice.call("established");
    bob.have("established", |v| v["event"] == "call" && v["state"] == "established");
    listen_for(&mut alice, &call, 100);
    alice.ok(json!({"do": "hang_up", "call": call}));
    bob.call("ended");
    alice.quit();
    bob.quit();
    assert_hears("alice", &heard_by(&alice), THEIRS);
}

#[test]
fn a_line_is_called_directly_by_anybody_if_it_says_so_and_by_nobody_otherwise() {
    let scratch = Scratch::new();
    for (accept_from, rings) in [("any", true), ("server", false)] {
        let (port, nowhere) = (free_port(), free_port());
        let here = format!("127.0.0.1:{port}");
        let line = |user: &str, server: &str| json!({"do": "sign_in", "address": format!("{user}@127.0.0.1"), "server": server, "transport": "udp", "register": false});
        let mut bob = Agent::start(&scratch, &format!("bob-{accept_from}"), &["--bind", &here]);
        let mut theirs = line("bob", &format!("127.0.0.1:{nowhere}"));
        theirs["accept_from"] = json!(accept_from);
        bob.ok(theirs);
        let mut alice = Agent::start(&scratch, &format!("alice-{accept_from}"), &["--bind", "127.0.0.1:0"]);
        alice.ok(line("alice", &here));
        alice.ok(json!({"do": "call", "account": 1, "to": "bob"}));
        if rings {
            let call = bob.call("ringing")["call"].clone();
            bob.ok(json!({"do": "decline", "call": call}));
            assert_eq!(alice.call("ended")["reason"]["code"], "declined");
        } else {
            wait_until("the INVITE is dropped", || bob.log().contains("a message from a stranger is dropped"));
            let state = bob.ok(json!({"do": "state"}));
            assert_eq!((&state["calls"], &state["history"]), (&json!([]), &json!([])));
        }
    }
}

#[test]
fn a_wrong_password_is_said_in_plain_words_and_stops() {
    let scratch = Scratch::new();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    let mut alice = Agent::start(&scratch, "alice", &["--bind", "127.0.0.1:0"]);
    let server = kamailio.plain.to_string();
    let reply = alice.ask(json!({"do": "sign_in", "address": format!("alice@{DOMAIN}"), "password": "CANARY-wrong", "server": server, "transport": "udp"}));
    assert_eq!(reply["ok"], json!(false), "{reply}");
    assert_eq!(reply["error"]["code"], "wrong_password");
    assert!(reply["error"]["message"].as_str().is_some_and(|m| m.contains("refused this password")), "{reply}");
}

#[test]
fn two_lines_of_one_agent_sign_in_at_the_same_server() {
    let (scratch, session) = (Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    for (transport, server) in [("udp", kamailio.plain), ("tcp", kamailio.plain), ("tls", kamailio.tls)] {
        let ca = kamailio.ca.display().to_string();
        let arguments = ["--vault", "keyring", "--ca", &ca, "--bind", "127.0.0.1:0"];
        let mut agent = Agent::start_within(&scratch, transport, &arguments, |command| session.within(command));
        for (number, user) in [(1, "alice"), (2, "bob")] {
            let reply = agent.sign_in(user, server, transport, json!({}));
            assert_eq!(reply["account"], number, "{transport}");
            agent.have("both lines", |v| v["account"] == number && v["state"] == "registered");
        }
        agent.quit();
    }
}
