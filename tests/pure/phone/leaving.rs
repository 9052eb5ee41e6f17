//! Sign-out and the end of everything: goodbye is said, but not waited for long.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Command, Dialled};
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::AccountState;
use ringfence::port::net::{Report, Transport};
use ringfence::port::vault::VaultError;
use ringfence::sip::Method;

use super::world::{PASSWORD, Talk, Vault, World, numeric, server};

fn stopped(world: &World) -> bool {
    world.events.contains(&Event::Stopped)
}

#[test]
fn signing_out_unregisters_and_deletes_the_password() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    assert_eq!((world.bindings.len(), world.kept.len()), (1, 1));
    world.ask(9, Command::SignOut(AccountId(1)));
    assert!(world.outcome(9).unwrap().is_ok());
    assert!(world.bindings.is_empty() && world.kept.is_empty() && world.flows.is_empty());
    assert!(world.view().accounts.is_empty());
    let told = world
        .events
        .iter()
        .any(|event| matches!(event, Event::AccountChanged(account) if account.state == AccountState::Off));
    assert!(told, "the agent hears of it");
}

#[test]
fn signing_out_works_although_the_server_is_silent() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk = Talk::Silent;
    world.command(Command::SignOut(AccountId(1)));
    assert!(world.view().accounts.is_empty() && world.kept.is_empty());
    world.pass(Duration::from_secs(3));
    assert!(world.flows.is_empty(), "the flow is not kept for ever");
}

#[test]
fn quitting_ends_calls_first_and_registrations_then() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk = Talk::Status(180);
    world.command(Command::PlaceCall(AccountId(1), Dialled::parse("bob").unwrap()));
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk = Talk::Registrar;
    let before = world.sent.len();
    world.command(Command::Quit);
    world.pass(Duration::from_secs(3));
    let methods: Vec<&Method> = world.sent[before..].iter().filter_map(|(_, _, sent)| sent.method()).collect();
    assert_eq!(methods.first(), Some(&&Method::Cancel), "{methods:?}");
    assert_eq!(methods.last(), Some(&&Method::Register), "{methods:?}");
    assert!(world.bindings.is_empty());
    assert!(stopped(&world));
    assert_eq!(world.state(), None);
}

/// What ends while the registrar has accepted a REGISTER, but its answer has not come.
#[test]
fn whoever_may_be_registered_is_unregistered_although_the_answer_has_not_come() {
    for transport in [Transport::Tls, Transport::Tcp, Transport::Udp] {
        for ends in [Command::SignOut(AccountId(1)), Command::Quit] {
            let mut world = World::signed_in(VaultUse::Keyring, transport);
            world.hangs_after = Some(world.steps);
            world.net_report(Report::AddressesChanged);
            assert_eq!((world.state(), world.bindings.len()), (Some(AccountState::Registering), 1));
            world.hangs_after = None;
            world.command(ends.clone());
            world.pass(Duration::from_secs(2));
            assert!(world.bindings.is_empty() && world.flows.is_empty(), "{ends:?} {transport:?}");
            assert_eq!(stopped(&world), ends == Command::Quit);
        }
    }
}

#[test]
fn a_sign_in_that_is_given_up_leaves_nothing_bound_wherever_it_is() {
    for ends in [Command::CancelSignIn, Command::Quit] {
        let mut bound = 0;
        for step in 0..20 {
            let mut world = World::at_the_door(VaultUse::Session, &[Transport::Tls]);
            world.hangs_after = Some(world.steps + step);
            world.sign_in(numeric(None));
            world.hangs_after = None;
            if world.state().is_some() && ends == Command::CancelSignIn {
                continue;
            }
            bound += world.bindings.len();
            world.command(ends.clone());
            world.pass(Duration::from_secs(2));
            assert!(world.bindings.is_empty() && world.flows.is_empty(), "{ends:?} at step {step}");
        }
        assert!(bound > 0, "some are given up between the registrar's yes and its arrival");
    }
}

#[test]
fn quitting_without_anything_to_end_is_immediate() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[]);
    world.ask(1, Command::Quit);
    assert!(stopped(&world) && world.outcome(1).unwrap().is_ok());
}

#[test]
fn quitting_takes_two_seconds_at_most_and_no_command_is_taken_meanwhile() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Udp);
    world.servers.get_mut(&(Transport::Udp, server("192.0.2.2:5060"))).unwrap().talk = Talk::Silent;
    world.command(Command::Quit);
    world.ask(5, Command::SignIn(Box::new(numeric(None)), Secret::from(PASSWORD)));
    assert!(world.outcome(5).unwrap().is_err());
    world.pass(Duration::from_millis(1900));
    assert!(!stopped(&world));
    world.pass(Duration::from_millis(200));
    assert!(stopped(&world));
}

#[test]
fn quitting_waits_for_a_keyring_but_not_for_ever() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Stuck;
    world.sign_in(numeric(None));
    world.command(Command::Quit);
    assert!(!stopped(&world), "the password may still be written");
    world.pass(Duration::from_secs(3));
    assert!(stopped(&world));
}

#[test]
fn a_password_that_could_not_be_deleted_is_said_and_deleted_when_the_keyring_works_again() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.vault = Vault::Fails(VaultError::Locked);
    world.command(Command::SignOut(AccountId(1)));
    let said = |world: &World| {
        let of = |event: &&Event| matches!(event, Event::Refused(it) if it.kind == ProblemKind::PasswordNotDeleted);
        world.events.iter().filter(of).count()
    };
    assert_eq!((said(&world), world.kept.len()), (1, 1));
    world.command(Command::RetryVault);
    assert_eq!((said(&world), world.kept.len()), (2, 1));
    world.vault = Vault::Works;
    world.command(Command::RetryVault);
    assert_eq!((said(&world), world.kept.len()), (2, 0));
    world.vault = Vault::Fails(VaultError::Locked);
    world.command(Command::RetryVault);
    assert_eq!(said(&world), 2, "what is gone is not asked for again");
}
