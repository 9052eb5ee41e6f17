//! The real program with a microphone and a loudspeaker that its options name, at a private PulseAudio.

use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::pulse::{Pulse, alone};
use crate::rig::{Scratch, wav};

/// What our side speaks, and what the other side speaks, Hz.
const OURS: f64 = 1000.0;
const THEIRS: f64 = 600.0;

#[test]
fn the_devices_that_the_options_name_are_used_and_not_those_of_the_system() {
    alone("named_devices::the_devices_that_the_options_name_are_used_and_not_those_of_the_system", |folder| {
        let (pulse, scratch) = (Pulse::start(folder), Scratch::new());
        // The system's are `spk` and, from now on, what would be silent.
        pulse.control(&["set-default-source", "spk.monitor"]).expect("another default");
        let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
        let named = ["--input", "pulseaudio:mic", "--output", "pulseaudio:headset", "--bind", "127.0.0.1:0"];
        let mut alice = Agent::start(&scratch, "alice", &named);
        let theirs = scratch.folder("bob");
        wav::write_tone(&theirs.join("in.wav"), 48_000, 1, THEIRS, 60);
        let file = |name: &str| format!("file:{}", theirs.join(name).display());
        let (input, output) = (file("in.wav"), file("out.wav"));
        let mut bob = Agent::start(&scratch, "bob", &["--input", &input, "--output", &output, "--bind", "127.0.0.1:0"]);
        alice.sign_in("alice", kamailio.plain, "udp", json!({}));
        bob.sign_in("bob", kamailio.plain, "udp", json!({"auto_answer": true}));
        let _voice = pulse.speak(OURS);
        let call = alice.ok(json!({"do": "call", "account": 1, "to": "bob"}))["call"].clone();
        alice.call("established");
        pulse.hears("headset.monitor", THEIRS);
        assert!(wav::loudest(&pulse.hear("spk.monitor", 1), 48_000) < -60.0, "nothing on the system's loudspeaker");
        alice.ok(json!({"do": "hang_up", "call": call}));
        bob.have("the end", |v| v["event"] == "call" && v["state"] == "ended");
        alice.quit();
        bob.quit();
        let (heard, rate) = wav::read_mono(&bob.file("out.wav"));
        let share = wav::tone_share(&heard, rate, OURS);
        assert!(share > 0.8, "only {share:.2} of what bob heard is {OURS} Hz");
    });
}
