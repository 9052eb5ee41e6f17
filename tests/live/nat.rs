//! A line behind a home router that forgets UDP after 30 s: it stays reachable, and gets reachable again after the
//! router was restarted, the machine changed its address, or the network was away.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::nat::{Nat, SERVER};
use crate::rig::{Scratch, wait_as_long_as, wait_until};

/// Alice behind the router; Bob, and the server that knows both, in front of it.
struct Scene {
    nat: Nat,
    alice: Agent,
    bob: Agent,
    _kamailio: Kamailio,
    _scratch: Scratch,
}

impl Scene {
    fn new(transport: &str) -> Scene {
        let (scratch, nat) = (Scratch::new(), Nat::new());
        let server = SERVER.parse().unwrap();
        let kamailio = Kamailio::start_at(&scratch, Algorithm::Sha256, server, |command| nat.server.within(&command));
        let plain = kamailio.plain;
        wait_until("Kamailio listens", || {
            nat.server.inside(move || std::net::TcpStream::connect(plain).is_ok()).join().unwrap()
        });
        let mut alice = Agent::start_within(&scratch, "alice", &[], |command| nat.client.within(&command));
        alice.sign_in("alice", plain, transport, json!({}));
        let mut bob = Agent::start_within(&scratch, "bob", &[], |command| nat.server.within(&command));
        bob.sign_in("bob", plain, "udp", json!({}));
        Scene { nat, alice, bob, _kamailio: kamailio, _scratch: scratch }
    }

    /// Bob calls, and it rings at Alice's; she declines.
    fn alice_is_reachable(&mut self) {
        self.bob.ok(json!({"do": "call", "account": 1, "to": "alice"}));
        let call = self.alice.call("ringing")["call"].clone();
        self.alice.ok(json!({"do": "decline", "call": call}));
        self.bob.call("ended");
    }

    /// How often Alice's REGISTER was accepted, by her own trace.
    fn registrations(&self) -> usize {
        let log = self.alice.log();
        let granted = log.split("in: SIP/2.0 200 ").skip(1);
        let heads = granted.map(|rest| rest.lines().take_while(|line| !line.trim().is_empty()));
        heads.filter(|head| head.clone().any(|line| line.starts_with("CSeq: ") && line.ends_with(" REGISTER"))).count()
    }

    /// Waits until Alice has registered again.
    fn registers_again(&mut self, within: Duration) {
        let began = Instant::now();
        self.alice.wait("registration", |v| v["event"] == "account" && v["state"] == "registered");
        assert!(began.elapsed() < within, "{:?}", began.elapsed());
    }
}

#[test]
fn a_line_behind_a_router_is_reachable_after_its_mapping_would_have_been_forgotten() {
    let mut scene = Scene::new("udp");
    scene.alice_is_reachable();
    // Half as long again as the router remembers a mapping that nobody uses.
    std::thread::sleep(Duration::from_secs(45));
    scene.alice_is_reachable();
}

#[test]
fn a_new_mapping_is_noticed_by_the_next_keep_alive_and_registered() {
    let mut scene = Scene::new("udp");
    let before = scene.registrations();
    scene.nat.restart_router();
    // The server is asked every 20 to 25 s how it sees us; nothing else could tell.
    wait_as_long_as(Duration::from_secs(40), "Alice has registered again", || scene.registrations() > before);
    scene.alice_is_reachable();
}

#[test]
fn a_changed_address_is_registered_within_five_seconds() {
    for transport in ["udp", "tcp"] {
        let mut scene = Scene::new(transport);
        // The route that led out by the old address goes with it.
        scene.nat.client.ip("addr del 192.168.77.2/24 dev c0");
        scene.nat.client.ip("addr add 192.168.77.3/24 dev c0");
        scene.nat.client.ip("route add default via 192.168.77.1");
        scene.registers_again(Duration::from_secs(5));
        scene.alice_is_reachable();
    }
}

/// Packets that an agent has received in its call.
fn received(agent: &mut Agent, call: &serde_json::Value) -> u64 {
    agent.ok(json!({"do": "stats", "call": call}))["stats"]["received"].as_u64().unwrap_or(0)
}

#[test]
fn a_call_outlives_a_change_of_address_and_sound_goes_both_ways_again() {
    let mut scene = Scene::new("udp");
    let call = scene.alice.ok(json!({"do": "call", "account": 1, "to": "bob"}))["call"].clone();
    let theirs = scene.bob.call("ringing")["call"].clone();
    scene.bob.ok(json!({"do": "answer", "call": theirs}));
    scene.alice.call("established");
    wait_until("sound both ways", || {
        received(&mut scene.alice, &call) > 100 && received(&mut scene.bob, &theirs) > 100
    });
    scene.nat.client.ip("addr del 192.168.77.2/24 dev c0");
    scene.nat.client.ip("addr add 192.168.77.3/24 dev c0");
    scene.nat.client.ip("route add default via 192.168.77.1");
    scene.registers_again(Duration::from_secs(5));
    let before = (received(&mut scene.alice, &call), received(&mut scene.bob, &theirs));
    wait_until("sound both ways again", || {
        received(&mut scene.alice, &call) > before.0 + 200 && received(&mut scene.bob, &theirs) > before.1 + 200
    });
    scene.bob.ok(json!({"do": "hang_up", "call": theirs}));
    let ended = scene.alice.call("ended");
    assert_eq!(ended["reason"]["code"], "peer_hung_up", "{ended}");
}
