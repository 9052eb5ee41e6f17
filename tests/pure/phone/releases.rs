//! The release channel inside the phone: four files, the view, the settings, and nothing at all without a channel.

use std::io::Cursor;
use std::time::Duration;

use minisign::KeyPair;
use ringfence::base::Secret;
use ringfence::phone::Input;
use ringfence::phone::command::Command;
use ringfence::phone::command::Dialled;
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::settings::Settings;
use ringfence::phone::update::Step;
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{Channel, State};
use ringfence::phone::{Config, VaultUse};
use ringfence::port::Installation;
use ringfence::port::http::Answer;
use ringfence::port::net::Transport;
use ringfence::port::release::{Effect, Order, Report};

use super::world::{Talk, World, numeric, server};

fn release() -> String {
    let (hash, platform) = ("ab".repeat(32), ringfence::port::installation::PLATFORM);
    format!(
        r#"{{"ringfence_release":"1","seq":2,"issued":"2027-01-14T00:00:00Z","expires":"2027-02-14T00:00:00Z",
        "version":"9.0.0","fixes":["It rings."],"artefacts":[{{"name":"ringfence.tar.gz","sha256":"{hash}","size":1000,
        "kind":"archive","platform":"{platform}"}}]}}"#
    )
}

const NONE_WITHDRAWN: &str =
    r#"{"ringfence_withdrawals":"1","seq":1,"issued":"2027-01-14T00:00:00Z","expires":"2027-02-14T00:00:00Z"}"#;

/// A phone with a channel, and the channel's four files, in somebody's home directory.
fn world() -> World {
    world_of(Installation::Archive("/home/anna/.local".into()))
}

fn world_of(installation: Installation) -> World {
    let (releases, withdrawals) = (
        KeyPair::generate_unencrypted_keypair().expect("a key"),
        KeyPair::generate_unencrypted_keypair().expect("a key"),
    );
    let updates = Channel::new("https://updates.example", &releases.pk.to_base64(), &withdrawals.pk.to_base64());
    let mut world = World::with_config(Config { vault: VaultUse::Session, updates, installation });
    world.open_doors(&[Transport::Tls]);
    let mut publish = |path: &str, text: &str, pair: &KeyPair| {
        let signature = minisign::sign(None, &pair.sk, Cursor::new(text.as_bytes()), None, None).expect("signs");
        let answer = |body: String| Answer { status: 200, body: Secret::new(body.into_bytes()), ..Answer::default() };
        world.web.insert(format!("https://updates.example/{path}"), answer(text.to_owned()));
        world.web.insert(format!("https://updates.example/{path}.minisig"), answer(signature.into_string()));
    };
    publish("releases.json", &release(), &releases);
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
    assert_eq!((world.requested.len(), world.phone.view().release.clone()), (0, State::NoChannel));
}

const NINE: Version = Version(9, 0, 0);

fn step(world: &World) -> Step {
    world.phone.view().updating.step.clone()
}

#[test]
fn the_button_confirms_fetches_and_puts_into_place_and_nothing_happens_without_it() {
    let mut world = world();
    world.pass(Duration::from_secs(30 * 86_400));
    assert!(world.released.is_empty(), "installed unasked");
    assert_eq!(world.phone.view().updating.offer, Some((NINE, 1000)));
    let asked = world.requested.len();
    world.command(Command::InstallRelease(NINE));
    // Thirty days later the documents are out of date: nobody can confirm anything.
    assert!(world.requested.len() > asked && world.released.is_empty());
    assert!(matches!(step(&world), Step::Failed(NINE, _)), "{:?}", step(&world));
    let mut world = world_of(Installation::Archive("/home/anna/.local".into()));
    world.pass(Duration::from_secs(61));
    let asked = world.requested.len();
    world.command(Command::InstallRelease(NINE));
    assert_eq!(world.requested.len(), asked + 4, "the release and the withdrawals are asked for once more");
    let [Order::Fetch(number, file, Installation::Archive(prefix))] = world.released.as_slice() else {
        panic!("{:?}", world.released)
    };
    assert_eq!((prefix.as_str(), file.path.as_str(), file.size), ("/home/anna/.local", "/ringfence.tar.gz", 1000));
    let number = *number;
    world.input(Input::Release(Report::Got(number, 400)));
    assert_eq!(step(&world), Step::Fetching(NINE, 400, 1000));
    world.input(Input::Release(Report::Fetched(number)));
    assert_eq!(world.released.last(), Some(&Order::Place(number)));
    world.input(Input::Release(Report::Placed(number, Effect::NextStart)));
    assert_eq!(step(&world), Step::Placed(NINE, Effect::NextStart));
}

#[test]
fn a_release_is_not_offered_to_the_package_manager_s_installation_and_cannot_be_wished_for() {
    let mut world = world_of(Installation::Deb);
    world.pass(Duration::from_secs(61));
    assert!(matches!(world.phone.view().release, State::Newer { .. }));
    assert_eq!(world.phone.view().updating.offer, None);
    world.ask(1, Command::InstallRelease(NINE));
    assert_eq!(world.outcome(1).map(|done| done.map_err(|problem| problem.kind)), Some(Err(ProblemKind::NotNow)));
    assert!(world.released.is_empty());
}

#[test]
fn nothing_is_fetched_during_a_call_and_it_goes_on_after_it() {
    let mut world = world();
    world.sign_in(numeric(Some(Transport::Tls)));
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("a server").talk = Talk::Answers;
    world.pass(Duration::from_secs(61));
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
    let call = world.view().calls.first().expect("a call").id;
    let asked = world.requested.len();
    world.command(Command::InstallRelease(NINE));
    assert_eq!((step(&world), world.requested.len(), world.released.len()), (Step::AfterCall(NINE), asked, 0));
    world.command(Command::HangUp(call));
    world.pass(Duration::from_secs(5));
    assert!(matches!(world.released.as_slice(), [Order::Fetch(..)]), "{:?}", world.released);
    // The next call ends the fetching.
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
    assert_eq!((step(&world), world.released.last()), (Step::AfterCall(NINE), Some(&Order::Stop)));
}

#[test]
fn switching_the_channel_off_or_quitting_gives_the_fetching_up() {
    for end in [
        Command::SetSettings(Box::new(Settings { no_release_check: true, ..Settings::default() })),
        Command::Quit,
        Command::CancelInstall,
    ] {
        let mut world = world();
        world.pass(Duration::from_secs(61));
        world.command(Command::InstallRelease(NINE));
        assert_eq!(world.released.len(), 1);
        world.command(end);
        assert_eq!((world.released.last(), step(&world)), (Some(&Order::Stop), Step::Idle));
    }
}
