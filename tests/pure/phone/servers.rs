//! An account whose provider has two servers (RFC 3263 §4.3): the second gets what the first does not take.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command, Dialled};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, CallState, EndReason};
use ringfence::port::dns::{Answer, Query, Srv};
use ringfence::port::net::Transport;
use ringfence::sip::{Message, Method};

use super::world::{Entry, Server, Talk, World, draft, server};

const FIRST: &str = "192.0.2.11:5061";
const SECOND: &str = "192.0.2.12:5061";

/// Signed in by TLS; the first server is in use.
fn with_two_servers() -> World {
    let mut world = World::new(VaultUse::Keyring);
    let row = |priority, target: &str| Srv { priority, weight: 1, port: 5061, target: target.to_owned() };
    let rows = vec![row(1, "one.voip.example"), row(2, "two.voip.example")];
    world.names.insert(Query::Srv("_sips._tcp.voip.example".into()), Answer::Srv(rows));
    for (name, addr) in [("one.voip.example", FIRST), ("two.voip.example", SECOND)] {
        let address = server(addr);
        world.names.insert(Query::Addresses(name.into()), Answer::Addresses(vec![address.ip()]));
        world.servers.insert((Transport::Tls, address), Server { door: Entry::Open, talk: Talk::Registrar });
    }
    world.load();
    world.sign_in(AccountDraft { transport: Some(Transport::Tls), ..draft() });
    assert_eq!((world.state(), here(&world)), (Some(AccountState::Registered), server(FIRST)));
    world
}

fn here(world: &World) -> SocketAddr {
    world.flows.values().next().expect("a flow").remote
}

fn tells(world: &mut World, at: &str, talk: Talk) {
    world.servers.get_mut(&(Transport::Tls, server(at))).expect("a server").talk = talk;
}

fn call(world: &mut World) {
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
}

fn invites<'a>(world: &'a World, to: &str) -> Vec<&'a Message> {
    let to = server(to);
    let sent = world.sent.iter().filter(|(_, flow, it)| flow.remote == to && it.method() == Some(&Method::Invite));
    sent.map(|(_, _, message)| message).collect()
}

#[test]
fn a_server_in_trouble_is_left_for_the_next_one_at_once() {
    let mut world = with_two_servers();
    tells(&mut world, FIRST, Talk::Status(503));
    world.pass(Duration::from_secs(600));
    assert_eq!((world.state(), here(&world)), (Some(AccountState::Registered), server(SECOND)));
    assert_eq!(world.flows.len(), 1, "the old flow is closed");
    let registers = world.sent.iter().filter(|(_, _, it)| it.method() == Some(&Method::Register));
    let to_the_first = registers.filter(|(_, flow, _)| flow.remote == server(FIRST)).count();
    assert_eq!(to_the_first, 3, "sign-in, its answer, and the refresh that failed");
}

#[test]
fn a_call_that_a_server_has_no_room_for_is_placed_at_the_next_one() {
    let mut world = with_two_servers();
    tells(&mut world, FIRST, Talk::Invites(503));
    tells(&mut world, SECOND, Talk::Answers);
    call(&mut world);
    let (first, second) = (invites(&world, FIRST), invites(&world, SECOND));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].call_id(), second[0].call_id(), "another request, not a copy");
    assert_eq!(first[0].uri(), second[0].uri());
    assert_eq!(world.view().calls[0].state, CallState::Established);
    assert_eq!(world.view().calls.len(), 1);
    // All that follows goes there too (RFC 3261 §21.5.4).
    assert_eq!((world.state(), here(&world), world.flows.len()), (Some(AccountState::Registered), server(SECOND), 1));
    let call = world.view().calls[0].id;
    world.command(Command::HangUp(call));
    let (_, flow, bye) = world.sent.last().expect("BYE");
    assert_eq!((bye.method(), flow.remote), (Some(&Method::Bye), server(SECOND)));
}

#[test]
fn with_no_room_anywhere_the_call_ends_with_the_providers_trouble() {
    let mut world = with_two_servers();
    tells(&mut world, FIRST, Talk::Invites(503));
    tells(&mut world, SECOND, Talk::Invites(503));
    call(&mut world);
    assert_eq!((invites(&world, FIRST).len(), invites(&world, SECOND).len()), (1, 1), "each is asked once");
    let CallState::Ended(EndReason::Failed(problem)) = &world.view().calls[0].state else {
        panic!("{:?}", world.view().calls)
    };
    assert_eq!((problem.kind, problem.status), (ProblemKind::ServerTrouble, Some(503)));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_next_server_that_does_not_open_is_waited_for_eight_seconds_and_a_person_need_not() {
    for gives_up in [false, true] {
        let mut world = with_two_servers();
        tells(&mut world, FIRST, Talk::Invites(503));
        world.servers.get_mut(&(Transport::Tls, server(SECOND))).expect("a server").door = Entry::Silent;
        call(&mut world);
        assert_eq!(world.view().calls[0].state, CallState::Inviting);
        if gives_up {
            let id = world.view().calls[0].id;
            world.command(Command::HangUp(id));
            assert_eq!(world.view().calls[0].state, CallState::Ended(EndReason::Cancelled));
            continue;
        }
        world.pass(Duration::from_secs(7));
        assert_eq!(world.view().calls[0].state, CallState::Inviting);
        world.pass(Duration::from_secs(1));
        assert!(matches!(&world.view().calls[0].state, CallState::Ended(EndReason::Failed(problem))
            if problem.kind == ProblemKind::ServerTrouble));
    }
}
