//! A line by UDP whose requests are too large for a datagram (RFC 3261 §18.1.1).

use std::time::Duration;

use ringfence::base::AccountId;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command, Dialled};
use ringfence::phone::view::AccountState;
use ringfence::port::net::{NetError, Transport};
use ringfence::sip::Method;

use super::world::{Entry, Server, Talk, World, numeric, server};

/// Signed in by UDP under a name that no datagram should carry.
fn world(tcp: Entry) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Udp]);
    let talk = Talk::Answers;
    world.servers.insert((Transport::Udp, server("192.0.2.2:5060")), Server { door: Entry::Open, talk });
    world.servers.insert((Transport::Tcp, server("192.0.2.2:5060")), Server { door: tcp, talk });
    let display_name = Some("Anna ".repeat(300));
    world.sign_in(AccountDraft { display_name, ..numeric(Some(Transport::Udp)) });
    world.pass(Duration::from_secs(4));
    assert_eq!(world.state(), Some(AccountState::Registered));
    world.command(Command::PlaceCall(AccountId(1), Dialled::parse("bob").unwrap()));
    world.pass(Duration::from_secs(4));
    world
}

fn ways(world: &World, method: &Method) -> Vec<Transport> {
    let of = world.sent.iter().filter(|(_, _, message)| message.method() == Some(method));
    of.map(|(_, flow, _)| flow.transport).collect()
}

#[test]
fn large_requests_go_by_tcp_to_the_same_server_and_the_line_stays_a_udp_line() {
    let mut world = world(Entry::Open);
    let by_tcp = |ways: Vec<Transport>| !ways.is_empty() && ways.iter().all(|it| *it == Transport::Tcp);
    assert!(by_tcp(ways(&world, &Method::Register)) && by_tcp(ways(&world, &Method::Invite)));
    assert_eq!(world.view().accounts[0].transport, Some(Transport::Udp));
    let (_, _, invite) = world.sent.iter().rfind(|(_, _, it)| it.method() == Some(&Method::Invite)).unwrap();
    let port = world.flows.values().find(|flow| flow.transport == Transport::Udp).unwrap().local.port();
    assert_eq!(invite.contact().unwrap().uri.sip().unwrap().port, Some(port), "we are called by UDP");
    assert_eq!(world.view().calls.len(), 1);
    // However many there are, only some stay open; with the account they all go.
    for _ in 0..10 {
        world.command(Command::Retry(AccountId(1)));
    }
    assert!(world.flows.len() <= 9, "{}", world.flows.len());
    world.command(Command::SignOut(AccountId(1)));
    world.pass(Duration::from_secs(4));
    assert!(world.flows.is_empty(), "{:?}", world.flows);
}

#[test]
fn a_server_without_tcp_gets_them_by_udp() {
    for door in [Entry::Fails(NetError::Refused), Entry::Silent] {
        let world = world(door);
        assert!(ways(&world, &Method::Invite).contains(&Transport::Udp));
        assert_eq!(world.sent_by(Transport::Tcp), 0);
        assert_eq!(world.view().calls.len(), 1);
    }
}
