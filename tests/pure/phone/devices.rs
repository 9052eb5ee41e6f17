//! Who else is on the line: what a registrar names, what is new, what the person says about it, and what is never said.

use std::time::Duration;

use ringfence::base::AccountId;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Command, DeviceCommand};
use ringfence::phone::event::Event;
use ringfence::phone::view::{DeviceId, DeviceListing, DeviceView, DevicesView, Todo, WhyNot};
use ringfence::port::net::Transport;

use super::world::{World, numeric};

const LINE: AccountId = AccountId(1);
const DESK: &str = "<sip:anna@192.168.1.20:5060>;expires=300;+sip.instance=\"<urn:uuid:desk>\"";
const THIEF: &str = "<sip:anna@203.0.113.9:5060>;expires=300";

fn signed_in(others: &[&str]) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.others = others.iter().map(|other| (*other).to_owned()).collect();
    world.sign_in(numeric(None));
    world
}

/// The next refresh finds these.
fn now_there(world: &mut World, others: &[&str]) {
    world.others = others.iter().map(|other| (*other).to_owned()).collect();
    world.pass(Duration::from_secs(600));
}

fn devices(world: &World) -> DevicesView {
    world.view().security[0].devices.clone()
}

fn only(world: &World) -> DeviceView {
    let devices = devices(world);
    assert_eq!(devices.all.len(), 1, "{:?}", devices.all);
    devices.all[0].clone()
}

fn appeared(world: &World) -> usize {
    world.events.iter().filter(|event| matches!(event, Event::DeviceAppeared(..))).count()
}

fn tell(world: &mut World, command: DeviceCommand) {
    world.command(Command::Device(LINE, command));
}

fn restarted(before: &World) -> World {
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world.others = before.others.clone();
    world.load();
    world
}

#[test]
fn others_are_named_by_where_they_are_and_we_are_not_among_them() {
    let world = signed_in(&[DESK]);
    let device = only(&world);
    assert_eq!((device.place.as_str(), device.present, device.name), ("192.168.1.20", true, None));
    assert!(matches!(devices(&world).listed, DeviceListing::At(_)));
    assert_eq!(appeared(&world), 0, "what was there at sign-in is no news");
    assert!(world.view().security[0].todo.contains(&Todo::UnnamedDevice(device.id)), "but it wants a name");
}

#[test]
fn a_registrar_that_names_nobody_is_not_taken_to_say_that_nobody_is_there() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.names_contacts = false;
    world.sign_in(numeric(None));
    let others_stay = Some(WhyNot::NoList);
    assert_eq!(
        devices(&world),
        DevicesView { listed: DeviceListing::NotListed, others_stay, ..DevicesView::default() }
    );
    let stops = world.phone.what_stops(LINE);
    assert!(stops.iter().any(|line| line.contains("does not tell")), "{stops:?}");
}

#[test]
fn a_device_that_nobody_has_seen_before_is_an_alarm_once_and_stays_to_be_done_until_it_is_named() {
    let mut world = signed_in(&[DESK]);
    tell(&mut world, DeviceCommand::Name(DeviceId("urn:uuid:desk".into()), "Desk phone".into()));
    now_there(&mut world, &[DESK, THIEF]);
    assert_eq!(appeared(&world), 1);
    let todo = |world: &World| world.view().security[0].todo.clone();
    let thief = DeviceId("anna@203.0.113.9".into());
    assert_eq!(todo(&world), [Todo::UnnamedDevice(thief.clone())]);
    now_there(&mut world, &[DESK, THIEF]);
    now_there(&mut world, &[DESK]);
    assert_eq!(appeared(&world), 1, "told once");
    assert_eq!(todo(&world), [Todo::UnnamedDevice(thief.clone())], "gone is not explained");
    let mut world = restarted(&world);
    assert_eq!(todo(&world), [Todo::UnnamedDevice(thief.clone())], "nor does a restart explain it");
    tell(&mut world, DeviceCommand::Name(thief, String::new()));
    assert_eq!(todo(&world), []);
    assert!(world.view().security[0].log.iter().any(|row| row.words.contains("203.0.113.9")), "it is in the log");
}

#[test]
fn names_are_given_once() {
    let mut world = signed_in(&[DESK]);
    tell(&mut world, DeviceCommand::Name(DeviceId("urn:uuid:desk".into()), "  Desk\u{7} phone ".into()));
    let moved = DESK.replace("192.168.1.20", "10.0.0.7");
    now_there(&mut world, &[]);
    let mut world = restarted(&world);
    now_there(&mut world, &[&moved]);
    let device = only(&world);
    assert_eq!((device.name.as_deref(), device.place.as_str()), (Some("Desk phone"), "10.0.0.7"));
    assert_eq!(appeared(&world), 0);
    tell(&mut world, DeviceCommand::Forget(device.id));
    assert!(devices(&world).all.is_empty());
    now_there(&mut world, &[&moved]);
    assert_eq!(appeared(&world), 1, "what was forgotten is new again");
}

#[test]
fn our_own_binding_of_a_run_that_broke_off_is_no_other_device() {
    let mut world = signed_in(&[]);
    let ours = world.bindings.clone();
    // Killed: the registrar keeps the binding, and some keep no instance.
    let stale = ours[0].split(";+sip.instance").next().expect("a contact").to_owned();
    world.others = vec![stale];
    let world = restarted(&world);
    assert!(devices(&world).all.is_empty(), "{:?}", devices(&world).all);
}

#[test]
fn whoever_registers_with_our_instance_from_elsewhere_is_seen() {
    let mut world = signed_in(&[]);
    let text = String::from_utf8(world.disk["accounts.json"].clone()).expect("text");
    let uuid = text.split("\"uuid\": \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a uuid").to_owned();
    now_there(&mut world, &[&format!("<sip:anna@203.0.113.9>;+sip.instance=\"<urn:uuid:{uuid}>\"")]);
    assert_eq!(appeared(&world), 1);
    let stops = world.phone.what_stops(LINE);
    assert!(stops.iter().any(|line| line.contains("claims to be this computer")), "{stops:?}");
}

#[test]
fn what_stops_names_each_device_and_emergency_calls() {
    let mut world = signed_in(&[DESK, THIEF]);
    tell(&mut world, DeviceCommand::Name(DeviceId("urn:uuid:desk".into()), "Desk phone".into()));
    let stops = world.phone.what_stops(LINE);
    assert!(
        stops[0].starts_with("Desk phone can neither make nor receive calls, emergency calls included"),
        "{stops:?}"
    );
    assert!(stops[1].starts_with("Phone at 203.0.113.9 "), "{stops:?}");
    assert_eq!(stops.len(), 3, "and those that the provider does not name: {stops:?}");
}

#[test]
fn a_crowd_of_bindings_is_bounded_and_what_the_person_named_outlives_it() {
    let mut world = signed_in(&[DESK]);
    tell(&mut world, DeviceCommand::Name(DeviceId("urn:uuid:desk".into()), "Desk phone".into()));
    for round in 0..4 {
        let crowd: Vec<String> = (0..40).map(|number| format!("<sip:anna@198.51.{round}.{number}>")).collect();
        let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
        now_there(&mut world, &crowd);
    }
    let all = devices(&world).all;
    assert!(all.len() <= 64, "{}", all.len());
    assert!(all.iter().any(|device| device.name.as_deref() == Some("Desk phone")));
}
