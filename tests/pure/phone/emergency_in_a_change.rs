//! Invariant I8 in a password change: an emergency call leaves within a second from every state that the machine has.
//! Each way through a change is walked again and again, and at each step of it everything falls silent: keyring, disk,
//! provider, registrar. Then 112 is dialled. The servers here are scripted; nothing ever reaches a network.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Begin, ChangeCommand};
use ringfence::port::net::Transport;
use ringfence::port::vault::VaultError;

use super::api_provider::{Mishap, settings};
use super::changing::{NEW, at_the_website, change};
use super::emergency::{leaves_within_a_second, tls};
use super::world::{Talk, Vault, World};

/// The states of the shipped machine, as its source names them.
fn states() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phone/password_change/state.rs");
    let source = std::fs::read_to_string(path).expect("the machine's states");
    let body = source.split("enum State {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("an enum");
    let variants = body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.is_empty());
    variants.map(|line| line.chars().take_while(|c| c.is_alphanumeric()).collect()).collect()
}

/// In which of them the machine of this phone is; none if the phone has not got so far that it has one.
fn state(world: &World) -> Option<String> {
    let text = format!("{:?}", world.phone);
    let machine = text.split("PasswordChange { machine: Machine {").nth(1)?;
    let state = machine.split(", state: ").nth(1).expect("its state");
    Some(state.chars().take_while(|c| c.is_alphanumeric()).collect())
}

/// Walks `act` in the world that `prepare` makes, once for each step of it, and dials where everything hangs.
fn dials_everywhere(what: &str, seen: &mut BTreeSet<String>, prepare: impl Fn() -> World, act: impl Fn(&mut World)) {
    for after in 0.. {
        let mut world = prepare();
        tls(&mut world).talk = Talk::Answers;
        let hangs = world.steps + after;
        world.hangs_after = Some(hangs);
        act(&mut world);
        let over = world.steps <= hangs;
        let state = state(&world);
        leaves_within_a_second(&mut world, &format!("{what}, step {after}, {state:?}"));
        seen.extend(state);
        if over {
            break;
        }
    }
}

fn online() -> World {
    World::signed_in(VaultUse::Keyring, Transport::Tls)
}

/// A provider with the API, where this happens to the next request.
fn with_api(mishaps: &[(&'static str, Mishap)]) -> World {
    let mut world = World::at_api_provider(settings());
    world.api.as_mut().expect("a provider with the API").mishaps = mishaps.to_vec();
    world
}

fn now(world: &mut World) {
    change(world, ChangeCommand::Now(Some(Secret::from(NEW))));
}

/// The program starts again in the midst of it.
fn started_again(before: &World) -> World {
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers.clone_from(&before.servers);
    world
}

#[test]
fn an_emergency_call_leaves_within_a_second_from_every_state_of_a_password_change() {
    let mut seen = BTreeSet::new();
    let all = &mut seen;
    dials_everywhere("nothing is going on", all, online, |_| {});
    dials_everywhere("a new password is staged", all, online, now);
    dials_everywhere("it is composed", all, online, |world| change(world, ChangeCommand::Begin(Begin::Told)));
    dials_everywhere("it is put off", all, online, |world| change(world, ChangeCommand::NotNow(None)));
    let changed = || {
        let mut world = at_the_website(VaultUse::Keyring);
        world.password = NEW.into();
        world
    };
    dials_everywhere("the new one is tried", all, changed, |world| change(world, ChangeCommand::ChangedIt));
    dials_everywhere(
        "given up",
        all,
        || at_the_website(VaultUse::Keyring),
        |world| {
            change(world, ChangeCommand::Cancel);
        },
    );
    let elsewhere = || {
        let mut world = at_the_website(VaultUse::Keyring);
        world.password = "theirs-5150".into();
        world
    };
    dials_everywhere("neither works", all, elsewhere, |world| world.pass(Duration::from_secs(900)));
    dials_everywhere("the machine begins", all, || started_again(&changed()), World::load);
    dials_everywhere("in memory only", all, || World::signed_in(VaultUse::Session, Transport::Tls), now);
    let locked = || {
        let mut world = online();
        world.vault = Vault::Fails(VaultError::Locked);
        world
    };
    dials_everywhere("a locked keyring", all, locked, now);
    dials_everywhere("the provider changes it", all, || with_api(&[]), now);
    let lost = [("POST", Mishap::Late), ("POST", Mishap::Late), ("POST", Mishap::Late)];
    dials_everywhere(
        "the request is lost",
        all,
        || with_api(&lost),
        |world| {
            now(world);
            world.pass(Duration::from_secs(60));
        },
    );
    let missing: Vec<_> = states().difference(&seen).cloned().collect();
    assert!(missing.is_empty(), "nobody dialled in {missing:?}: add a way that leads there");
    assert_eq!(states(), seen, "and what was seen is a state");
}
