//! Lines without registration: a password is for the server that the line is connected to.

use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command, Dialled};
use ringfence::phone::view::{AccountState, CallState};
use ringfence::port::net::Transport;
use ringfence::sip::Method;

use super::world::{Talk, World, numeric, server};

fn unregistered(talk: Talk) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("a server").talk = talk;
    world.sign_in(AccountDraft { no_registration: true, ..numeric(Some(Transport::Tls)) });
    assert_eq!(world.state(), Some(AccountState::Registered), "ready");
    world
}

fn call(world: &mut World) -> CallState {
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
    world.view().calls[0].state.clone()
}

#[test]
fn a_line_without_registration_answers_its_server_that_asks_who_calls() {
    let mut world = unregistered(Talk::AsksWhoCalls);
    assert_eq!(world.credentials(), 0, "asking for the realm takes no credentials");
    assert!(world.bindings.is_empty(), "and binds nothing");
    assert_eq!(call(&mut world), CallState::Established);
    assert_eq!(world.credentials(), 1);
    // After a restart the realm is known, and the password comes from the keyring.
    let mut again = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    again.servers = world.servers.clone();
    again.load();
    assert_eq!(again.state(), Some(AccountState::Registered));
    assert!(again.sent.iter().all(|(_, _, request)| request.method() != Some(&Method::Register)));
    assert_eq!(call(&mut again), CallState::Established);
}

#[test]
fn a_line_whose_server_names_no_realm_answers_nobody() {
    let mut world = unregistered(Talk::Status(404));
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("a server").talk = Talk::AsksWhoCalls;
    assert!(matches!(call(&mut world), CallState::Ended(_)));
    assert_eq!(world.credentials(), 0, "whoever asks first could be whoever is called");
}
