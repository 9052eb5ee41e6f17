//! A provider that refuses the password to a call, or to the question who is registered, while its registrar takes it:
//! that counts in the line's budget, and nothing is hammered.

use std::time::Duration;

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, ChangeCommand, Command, Dialled};
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, CallState, ChangePhase, EndReason, NeedsPerson, WaitWhy};
use ringfence::port::net::Transport;
use ringfence::sip::Method;

use super::changing::{change, phase};
use super::emergency::{leaves_within_a_second, tls};
use super::world::{Subscribes, Talk, World, numeric};

fn refused() -> World {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.pass(Duration::from_secs(3));
    tls(&mut world).talk = Talk::AsksWhoCalls;
    world.beside = "another".into();
    world
}

fn call(world: &mut World) {
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
}

fn ended_for_the_password(world: &World) -> bool {
    let ended = world.view().calls.last().map(|call| call.state.clone());
    matches!(ended, Some(CallState::Ended(EndReason::Failed(problem))) if problem.kind == ProblemKind::WrongPassword)
}

fn invites(world: &World) -> usize {
    world.sent.iter().filter(|(_, _, message)| message.method() == Some(&Method::Invite)).count()
}

/// The same on a line without registration: nobody says that the password is right.
fn refused_unregistered() -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    tls(&mut world).talk = Talk::AsksWhoCalls;
    world.beside = "another".into();
    world.sign_in(AccountDraft { no_registration: true, ..numeric(Some(Transport::Tls)) });
    world.pass(Duration::from_secs(3));
    world
}

#[test]
fn after_two_refused_calls_none_is_placed_for_ten_minutes_on_a_line_without_registration() {
    let mut world = refused_unregistered();
    for _ in 0..2 {
        call(&mut world);
        assert!(ended_for_the_password(&world), "{:?}", world.view().calls);
        world.pass(Duration::from_secs(40));
    }
    let (before, refusals) = (invites(&world), world.refusals.len());
    assert!(refusals >= 2);
    world.events.clear();
    call(&mut world);
    assert_eq!((invites(&world), world.refusals.len()), (before, refusals), "nothing leaves");
    let told = |event: &Event| matches!(event, Event::Refused(problem) if problem.kind == ProblemKind::WrongPassword);
    assert!(world.events.iter().any(told), "and it is said why");
    world.pass(Duration::from_secs(600));
    world.beside = super::world::PASSWORD.into();
    call(&mut world);
    assert!(invites(&world) > before);
    let mut world = refused_unregistered();
    for _ in 0..2 {
        call(&mut world);
        world.pass(Duration::from_secs(40));
    }
    leaves_within_a_second(&mut world, "calls were refused");
}

#[test]
fn of_refused_calls_only_the_last_two_count_and_only_for_ten_minutes() {
    let mut world = refused_unregistered();
    let mut leaves = |after| {
        world.pass(Duration::from_secs(after));
        let before = invites(&world);
        call(&mut world);
        invites(&world) > before
    };
    assert_eq!([0, 601, 601].map(&mut leaves), [true; 3], "never two within ten minutes");
    assert_eq!([40, 40].map(&mut leaves), [true, false]);
    assert_eq!([480, 39, 2].map(&mut leaves), [false, false, true], "until the older one is ten minutes old");
}

#[test]
fn whoever_is_called_cannot_silence_a_registered_line_with_forged_refusals() {
    let mut world = refused();
    for _ in 0..3 {
        let before = invites(&world);
        call(&mut world);
        assert!(invites(&world) > before, "the registrar takes the password: the call leaves");
        assert!(ended_for_the_password(&world), "{:?}", world.view().calls);
        world.pass(Duration::from_secs(40));
    }
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn what_calls_were_refused_is_not_tried_beside_by_a_password_change() {
    let mut world = refused();
    call(&mut world);
    world.pass(Duration::from_secs(40));
    call(&mut world);
    let before = world.refusals.len();
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("mistyped")));
    assert!(matches!(phase(&world), ChangePhase::Wait { why: WaitWhy::Budget, .. }), "{:?}", phase(&world));
    assert_eq!(world.refusals.len(), before);
    world.pass(Duration::from_secs(3600));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::PastedRefused), "later it is");
}

#[test]
fn a_refused_subscription_counts_once_and_is_not_repeated() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.subscribes = Subscribes::Grants(3600);
    world.beside = "another".into();
    world.sign_in(numeric(Some(Transport::Tls)));
    world.pass(Duration::from_secs(3));
    assert_eq!((world.state(), world.refusals.len()), (Some(AccountState::Registered), 1));
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("mistyped")));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::PastedRefused), "there is room for one");
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("mistyped too")));
    assert!(matches!(phase(&world), ChangePhase::Wait { why: WaitWhy::Budget, .. }), "{:?}", phase(&world));
    world.pass(Duration::from_secs(540));
    assert_eq!(world.refusals.len(), 2);
}
