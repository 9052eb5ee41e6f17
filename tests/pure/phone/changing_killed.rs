//! The program is killed at every step of a change (each message, vault request and write is one), with the password
//! changed at the provider before or after. After each restart the line signs in by itself with a password that the
//! vault holds, without locking the account out.

use std::time::Duration;

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::phone::command::ChangeCommand;
use ringfence::phone::view::AccountState;
use ringfence::port::net::Transport;

use super::changing::{NEW, at_the_website, change};
use super::world::{PASSWORD, World};

/// The next start: same disk, same vault, same provider.
fn next_start(before: &World) -> World {
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world.password.clone_from(&before.password);
    world.now = before.now;
    world.refusals.clone_from(&before.refusals);
    world
}

/// A server sees no more than this as two refusals (I6), those of the start before included.
const TEN_MINUTES: Duration = Duration::from_mins(10);

fn runs_by_itself(killed: &World, what: &str) {
    let mut world = next_start(killed);
    world.load();
    world.pass(Duration::from_secs(2 * 3600));
    assert_eq!(world.state(), Some(AccountState::Registered), "{what}: {:?}", world.view().security);
    let active: Vec<&str> = world.kept.iter().filter(|(it, _)| !it.contains('/')).map(|(_, it)| it.as_str()).collect();
    assert_eq!(active, [world.password.as_str()], "{what}: what the vault holds is what the provider takes");
    assert!(world.most_refusals(TEN_MINUTES) <= 2, "{what}: {:?}", world.refusals);
}

/// Kills at every step of `act`; `prepare` makes the world before it.
fn killed_everywhere(what: &str, prepare: impl Fn() -> World, act: impl Fn(&mut World)) {
    let mut killed = 0;
    for after in 0.. {
        let mut world = prepare();
        world.dies_after = Some(world.steps + after);
        act(&mut world);
        if !world.is_dead() {
            break;
        }
        killed += 1;
        runs_by_itself(&world, &format!("{what}, killed before step {after}"));
        // The website's form arrives after the program has died.
        world.password = NEW.into();
        if world.kept.keys().any(|entry| entry.ends_with("/Txn")) && world.told_to_the_person() {
            runs_by_itself(&world, &format!("{what}, killed before step {after}, changed after that"));
        }
    }
    assert!(killed >= 3, "{what}: only {killed} steps");
}

#[test]
fn killed_while_the_new_password_is_made_safe() {
    killed_everywhere(
        "staging",
        || World::signed_in(VaultUse::Keyring, Transport::Tls),
        |world| change(world, ChangeCommand::Now(Some(Secret::from(NEW)))),
    );
}

#[test]
fn killed_while_the_phone_finds_out_that_it_was_changed() {
    killed_everywhere(
        "changed",
        || {
            let mut world = at_the_website(VaultUse::Keyring);
            world.password = NEW.into();
            world
        },
        |world| change(world, ChangeCommand::ChangedIt),
    );
}

#[test]
fn killed_between_proof_and_promotion_the_new_password_is_in_its_place_as_soon_as_the_line_is_up() {
    let mut killed = 0;
    for after in 0.. {
        let mut world = at_the_website(VaultUse::Keyring);
        world.password = NEW.into();
        world.dies_after = Some(world.steps + after);
        change(&mut world, ChangeCommand::ChangedIt);
        if !world.kept.keys().any(|entry| entry.ends_with("/Txn")) {
            break;
        }
        killed += 1;
        let mut next = next_start(&world);
        next.load();
        next.pass(Duration::from_secs(2));
        let active = next.kept.iter().find(|(entry, _)| !entry.contains('/')).map(|(_, it)| it.as_str());
        assert_eq!((active, next.state()), (Some(NEW), Some(AccountState::Registered)), "killed before step {after}");
        assert!(!next.kept.keys().any(|entry| entry.ends_with("/Txn")), "{after}: nothing is left to do");
        assert!(next.refusals.len() <= 1, "{after}: {:?}", next.refusals);
    }
    assert!(killed >= 3, "only {killed} steps before the end");
}

#[test]
fn killed_while_the_phone_finds_out_that_it_was_not_changed() {
    killed_everywhere(
        "not changed",
        || at_the_website(VaultUse::Keyring),
        |world| change(world, ChangeCommand::ChangedIt),
    );
}

#[test]
fn killed_while_an_attempt_is_given_up() {
    killed_everywhere("cancelled", || at_the_website(VaultUse::Keyring), |world| change(world, ChangeCommand::Cancel));
}

#[test]
fn killed_while_the_line_repairs_itself() {
    killed_everywhere(
        "repair",
        || {
            let mut world = at_the_website(VaultUse::Keyring);
            world.password = NEW.into();
            world
        },
        |world| world.pass(Duration::from_secs(900)),
    );
}

#[test]
fn killed_while_a_pasted_password_is_taken() {
    killed_everywhere(
        "pasted",
        || {
            let mut world = at_the_website(VaultUse::Keyring);
            world.password = PASSWORD.into();
            world
        },
        |world| change(world, ChangeCommand::GaveMeOne(Secret::from(PASSWORD))),
    );
}
