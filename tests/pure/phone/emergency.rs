//! Invariant I8: an emergency call leaves within a second from every state. The servers here are scripted; nothing ever
//! reaches a network.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::command::{AccountDraft, Command, Dialled, GuardCommand, Srtp};
use ringfence::phone::event::Event;
use ringfence::phone::guard::{GuardEvent, Region};
use ringfence::phone::input::Done;
use ringfence::phone::view::{AccountState, CallState, GuardRule};
use ringfence::phone::{Input, VaultUse};
use ringfence::port::net::{NetError, Report, Transport};
use ringfence::port::vault::{Reply, VaultError};
use ringfence::sip::{Message, Method};

use super::world::{Entry, PASSWORD, Server, Talk, Vault, World, numeric, server};

pub(super) fn tls(world: &mut World) -> &mut Server {
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap()
}

fn dial(world: &mut World, number: &str) {
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse(number).unwrap()));
}

fn invites(world: &World) -> Vec<&Message> {
    let all = world.sent.iter().filter(|(_, _, message)| message.method() == Some(&Method::Invite));
    all.map(|(_, _, message)| message).collect()
}

fn registers(world: &World) -> usize {
    world.sent.iter().filter(|(_, _, message)| message.method() == Some(&Method::Register)).count()
}

/// Dials 112 and demands that an INVITE to it is on the wire within a second.
pub(super) fn leaves_within_a_second(world: &mut World, state: &str) {
    tls(world).door = Entry::Open;
    let (before, at) = (invites(world).len(), world.now.mono);
    dial(world, "112");
    world.pass(Duration::from_secs(1));
    let new = world.sent.iter().filter(|(_, _, message)| message.method() == Some(&Method::Invite)).nth(before);
    let (sent, _, invite) = new.unwrap_or_else(|| panic!("{state}: no INVITE; {:?}", world.view().accounts));
    assert!(sent.since(at) <= Duration::from_secs(1), "{state}");
    assert_eq!(invite.uri().unwrap().to_string(), "sip:112@voip.example", "{state}");
    assert_eq!(world.view().guard, None, "{state}: nobody is asked");
}

fn again(world: World, vault: Vault) -> World {
    let mut next = World::with_disk(VaultUse::Keyring, world.disk, world.kept);
    next.vault = vault;
    next.servers.insert((Transport::Tls, server("192.0.2.2:5061")), Server { door: Entry::Open, talk: Talk::Answers });
    next.load();
    next
}

fn signed_in() -> World {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).talk = Talk::Answers;
    world
}

#[test]
fn an_emergency_call_leaves_within_a_second_from_every_state_of_the_line() {
    let mut ready = signed_in();
    leaves_within_a_second(&mut ready, "registered");
    assert_eq!(ready.view().calls.last().unwrap().state, CallState::Established);

    let mut gone = signed_in();
    tls(&mut gone).door = Entry::Fails(NetError::Refused);
    let flow = gone.flows.values().next().unwrap().clone();
    gone.flows.remove(&flow.id.0);
    gone.net_report(Report::Closed(flow.id, NetError::Closed));
    assert!(matches!(gone.state(), Some(AccountState::Waiting(_))));
    leaves_within_a_second(&mut gone, "waiting for the next try");

    let mut silent = signed_in();
    tls(&mut silent).talk = Talk::Silent;
    silent.pass(Duration::from_secs(601));
    leaves_within_a_second(&mut silent, "REGISTER without an answer");

    let mut refused = signed_in();
    tls(&mut refused).talk = Talk::Status(403);
    refused.pass(Duration::from_secs(601));
    assert_eq!(refused.state(), Some(AccountState::Rejected));
    tls(&mut refused).talk = Talk::Answers;
    let before = registers(&refused);
    leaves_within_a_second(&mut refused, "refused by the registrar");
    assert_eq!(registers(&refused), before, "a refused password is not tried again for it");
}

#[test]
fn an_emergency_call_leaves_within_a_second_whatever_the_keyring_does() {
    for (vault, state) in [
        (Vault::Fails(VaultError::Locked), "locked keyring"),
        (Vault::Fails(VaultError::Missing), "no keyring"),
        (Vault::Stuck, "keyring without an answer"),
    ] {
        let mut world = again(signed_in(), vault);
        assert!(world.flows.is_empty(), "{state}: not connected yet");
        leaves_within_a_second(&mut world, state);
        assert_eq!(world.credentials(), 0, "{state}: there is nothing to sign with");
        assert_eq!(registers(&world), 0, "{state}");
    }
}

#[test]
fn a_password_that_the_keyring_gives_during_the_call_registers_the_line_when_it_is_over() {
    let mut world = again(signed_in(), Vault::Stuck);
    leaves_within_a_second(&mut world, "keyring without an answer");
    let (id, _) = world.unanswered.first().expect("the password was asked for").clone();
    world.input(Input::Vault(id, Reply::Found(Secret::from(PASSWORD))));
    assert_eq!(registers(&world), 0, "the call has the line");
    let call = world.view().calls.last().unwrap().id;
    assert_eq!(world.view().calls.last().unwrap().state, CallState::Established);
    world.command(Command::HangUp(call));
    world.pass(Duration::from_secs(5));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_password_that_was_typed_during_the_call_is_not_replaced_by_what_the_keyring_gives_later() {
    let mut world = again(signed_in(), Vault::Stuck);
    leaves_within_a_second(&mut world, "keyring without an answer");
    let (id, _) = world.unanswered.first().expect("the password was asked for").clone();
    let line = world.id();
    world.command(Command::GivePassword(line, Secret::from(PASSWORD)));
    world.input(Input::Vault(id, Reply::Found(Secret::from("an-old-one"))));
    if let Some(call) = world.view().calls.last().map(|call| call.id) {
        world.command(Command::HangUp(call));
    }
    world.pass(Duration::from_secs(5));
    assert_eq!((world.state(), world.refusals.len()), (Some(AccountState::Registered), 0));
}

#[test]
fn a_refused_line_is_refused_again_when_the_emergency_call_is_over() {
    let mut world = signed_in();
    tls(&mut world).talk = Talk::Status(403);
    world.pass(Duration::from_secs(601));
    tls(&mut world).talk = Talk::Answers;
    leaves_within_a_second(&mut world, "refused");
    let call = world.view().calls.last().unwrap().id;
    world.command(Command::HangUp(call));
    world.pass(Duration::from_secs(5));
    assert_eq!(world.state(), Some(AccountState::Rejected));
    assert!(world.flows.is_empty());
}

#[test]
fn an_emergency_call_leaves_within_a_second_whatever_else_goes_on() {
    let mut talking = signed_in();
    dial(&mut talking, "anna");
    assert_eq!(talking.view().calls[0].state, CallState::Established);
    leaves_within_a_second(&mut talking, "in a call");
    assert!(matches!(talking.view().calls[0].state, CallState::Ended(_)), "the other call makes room");

    let mut ringing = signed_in();
    tls(&mut ringing).talk = Talk::Invites(180);
    dial(&mut ringing, "anna");
    leaves_within_a_second(&mut ringing, "calling somebody else");

    let mut asked = signed_in();
    dial(&mut asked, "+881612345678");
    assert!(asked.view().guard.is_some());
    let id = asked.id();
    asked.command(Command::PlaceCall(id, Dialled::parse("112").unwrap()));
    assert_eq!(invites(&asked).len(), 1, "the guard's question waits");

    let mut blocked = signed_in();
    let mut settings = blocked.view().settings.clone();
    settings.guard.lockdown = true;
    settings.guard.at_once = 0;
    settings.guard.in_ten_minutes = 0;
    settings.guard.home = Region::parse("GB");
    for class in ringfence::phone::guard::Class::RULED {
        settings.guard.classes.insert(class, GuardRule::Block);
    }
    blocked.command(Command::SetSettings(Box::new(settings)));
    leaves_within_a_second(&mut blocked, "everything is blocked");
    for _ in 0..3 {
        dial(&mut blocked, "999");
    }
    assert_eq!(invites(&blocked).len(), 2, "the same number again is the same call");
}

#[test]
fn a_line_that_demands_encryption_goes_without_rather_than_not_at_all() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Udp]);
    world.sign_in(AccountDraft { srtp: Srtp::Require, unencrypted_ok: true, ..numeric(Some(Transport::Udp)) });
    assert_eq!(world.state(), Some(AccountState::Registered));
    dial(&mut world, "anna");
    assert!(invites(&world).is_empty(), "an ordinary call is refused");
    world.servers.get_mut(&(Transport::Udp, server("192.0.2.2:5060"))).unwrap().talk = Talk::Answers;
    dial(&mut world, "112");
    assert_eq!(invites(&world).len(), 1);
}

#[test]
fn where_the_password_is_refused_the_call_is_tried_without_it() {
    let mut world = signed_in();
    tls(&mut world).talk = Talk::Invites(403);
    dial(&mut world, "112");
    assert_eq!(invites(&world).len(), 2);
    let call_ids: Vec<_> = invites(&world).iter().map(|invite| invite.call_id()).collect();
    assert_ne!(call_ids[0], call_ids[1]);
    let state = world.view().guard_state.emergency.clone().expect("said");
    assert!(state.use_mobile && state.number == "112", "all ways have failed, and that stays on the screen");
    assert!(state.over, "and nothing is tried any more");
    world.pass(Duration::from_secs(3600));
    assert!(world.view().guard_state.emergency.is_some());
    assert_eq!(invites(&world).len(), 2);
    world.command(Command::Guard(GuardCommand::Cancel));
    assert_eq!(world.view().guard_state.emergency, None, "until it was read");
}

#[test]
fn a_way_that_is_silent_for_four_seconds_is_followed_by_the_next() {
    let mut world = signed_in();
    tls(&mut world).talk = Talk::Silent;
    let at = world.now.mono;
    dial(&mut world, "112");
    world.pass(Duration::from_millis(3900));
    let different = |world: &World| {
        let mut ids: Vec<_> = invites(world).iter().map(|invite| invite.call_id().to_owned()).collect();
        ids.dedup();
        ids.len()
    };
    assert_eq!(different(&world), 1);
    world.pass(Duration::from_millis(200));
    assert_eq!(different(&world), 2);
    assert!(world.now.mono.since(at) < Duration::from_secs(5));
}

#[test]
fn a_call_that_somebody_has_is_not_given_up_though_it_does_not_ring_yet() {
    let mut world = signed_in();
    tls(&mut world).talk = Talk::Invites(100);
    dial(&mut world, "112");
    world.pass(Duration::from_secs(30));
    assert_eq!(invites(&world).len(), 1);
    assert_eq!(world.view().calls[0].state, CallState::Inviting);
}

#[test]
fn without_any_connection_it_is_said_at_once_and_the_call_leaves_when_there_is_one() {
    let mut world = signed_in();
    tls(&mut world).door = Entry::Fails(NetError::Refused);
    let flow = world.flows.values().next().unwrap().clone();
    world.flows.remove(&flow.id.0);
    world.net_report(Report::Closed(flow.id, NetError::Closed));
    let id = world.id();
    world.ask(1, Command::PlaceCall(id, Dialled::parse("112").unwrap()));
    assert_eq!(world.outcome(1), Some(Ok(Done::Ok)));
    let told = world
        .events
        .iter()
        .any(|event| matches!(event, Event::Guard(it) if matches!(&**it, GuardEvent::Emergency(it) if it.use_mobile)));
    assert!(told && invites(&world).is_empty());
    let over = |world: &World| world.view().guard_state.emergency.as_ref().is_some_and(|it| it.over);
    assert!(!over(&world), "a connection is waited for");
    world.command(Command::Guard(GuardCommand::Cancel));
    assert!(world.view().guard_state.emergency.is_some(), "what goes on cannot be laid aside");
    tls(&mut world).door = Entry::Open;
    // Whatever the dice say, the next attempt to connect falls within the wait of 20 s.
    world.pass(Duration::from_secs(12));
    assert_eq!(invites(&world).len(), 1, "within the wait for a connection");
}

#[test]
fn where_no_connection_comes_it_is_said_that_nothing_is_tried_any_more() {
    let mut world = signed_in();
    tls(&mut world).door = Entry::Fails(NetError::Refused);
    let flow = world.flows.values().next().unwrap().clone();
    world.flows.remove(&flow.id.0);
    world.net_report(Report::Closed(flow.id, NetError::Closed));
    dial(&mut world, "112");
    world.pass(Duration::from_secs(21));
    let state = world.view().guard_state.emergency.clone().expect("said");
    assert!(state.use_mobile && state.over && invites(&world).is_empty());
}

#[test]
fn another_line_is_taken_where_the_chosen_one_has_no_connection() {
    let mut world = signed_in();
    let other = AccountDraft { address: "bert@other.example".into(), ..numeric(Some(Transport::Tcp)) };
    let other = AccountDraft { server: Some("192.0.2.3".into()), no_registration: true, ..other };
    world.servers.insert((Transport::Tcp, server("192.0.2.3:5060")), Server { door: Entry::Open, talk: Talk::Answers });
    world.command(Command::SignIn(Box::new(AccountDraft { unencrypted_ok: true, ..other }), Secret::from("x")));
    assert_eq!(world.view().accounts.len(), 2, "{:?}", world.view().sign_in);
    tls(&mut world).door = Entry::Fails(NetError::Refused);
    let flow = world.flows.values().find(|flow| flow.account == Some(AccountId(1))).unwrap().clone();
    world.flows.remove(&flow.id.0);
    world.net_report(Report::Closed(flow.id, NetError::Closed));
    dial(&mut world, "112");
    let sent = invites(&world);
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].uri().unwrap().to_string(), "sip:112@other.example");
}
