//! The release channel inside the phone: four files, the view, the settings, and nothing at all without a channel.

use std::io::Cursor;
use std::time::Duration;

use minisign::KeyPair;
use ringfence::base::Secret;
use ringfence::phone::command::Command;
use ringfence::phone::event::Event;
use ringfence::phone::settings::Settings;
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{Channel, State};
use ringfence::phone::{Config, VaultUse};
use ringfence::port::http::Answer;

use super::world::World;

const RELEASE: &str = r#"{"ringfence_release":"1","seq":2,"issued":"2027-01-14T00:00:00Z","expires":"2027-02-14T00:00:00Z","version":"9.0.0","fixes":["It rings."]}"#;
const NONE_WITHDRAWN: &str =
    r#"{"ringfence_withdrawals":"1","seq":1,"issued":"2027-01-14T00:00:00Z","expires":"2027-02-14T00:00:00Z"}"#;

/// A phone with a channel, and the channel's four files.
fn world() -> World {
    let (releases, withdrawals) = (
        KeyPair::generate_unencrypted_keypair().expect("a key"),
        KeyPair::generate_unencrypted_keypair().expect("a key"),
    );
    let updates = Channel::new("https://updates.example", &releases.pk.to_base64(), &withdrawals.pk.to_base64());
    let mut world = World::with_config(Config { vault: VaultUse::Session, updates, ..Config::default() });
    let mut publish = |path: &str, text: &str, pair: &KeyPair| {
        let signature = minisign::sign(None, &pair.sk, Cursor::new(text.as_bytes()), None, None).expect("signs");
        let answer = |body: String| Answer { status: 200, body: Secret::new(body.into_bytes()), ..Answer::default() };
        world.web.insert(format!("https://updates.example/{path}"), answer(text.to_owned()));
        world.web.insert(format!("https://updates.example/{path}.minisig"), answer(signature.into_string()));
    };
    publish("releases.json", RELEASE, &releases);
    publish("withdrawals.json", NONE_WITHDRAWN, &withdrawals);
    world.load();
    world
}

#[test]
fn a_minute_after_the_start_a_newer_release_is_in_the_view_and_on_disk() {
    let mut world = world();
    assert_eq!(world.phone.view().release, State::Unknown);
    world.pass(Duration::from_secs(61));
    let State::Newer { version, fixes, unsafe_to_stay: false } = &world.phone.view().release else {
        panic!("{:?}", world.phone.view().release);
    };
    assert_eq!((*version, fixes.as_slice()), (Version(9, 0, 0), &["It rings.".to_owned()][..]));
    assert_eq!(world.requested.len(), 4, "two documents and their signatures");
    assert_eq!(world.events.iter().filter(|event| **event == Event::ReleaseNews).count(), 1);
    assert!(world.disk.contains_key("releases.json"));
}

#[test]
fn whoever_switched_it_off_is_asked_for_nothing() {
    let mut world = world();
    world.command(Command::SetSettings(Box::new(Settings { no_release_check: true, ..Settings::default() })));
    world.command(Command::LookForRelease);
    world.pass(Duration::from_secs(3 * 86_400));
    assert_eq!(world.phone.view().release, State::Off);
    assert_eq!(world.requested.len(), 0);
}

#[test]
fn the_button_asks_at_once() {
    let mut world = world();
    world.command(Command::LookForRelease);
    world.pass(Duration::from_millis(1));
    assert!(matches!(world.phone.view().release, State::Newer { .. }));
}

#[test]
fn a_phone_without_a_channel_never_asks() {
    let mut world = World::new(VaultUse::Session);
    world.load();
    world.command(Command::LookForRelease);
    world.pass(Duration::from_secs(3 * 86_400));
    assert_eq!((world.requested.len(), world.phone.view().release.clone()), (0, State::Off));
}
