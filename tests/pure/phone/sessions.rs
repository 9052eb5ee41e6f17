//! The provider's own list of who is on the line: read with proof, merged with what the registrar names, ended row by
//! row by the person's choice; and lists that are wrong, hostile or not there.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::command::{ChangeCommand, Command, DeviceCommand};
use ringfence::phone::devices_registered::words;
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{
    DeviceId, DeviceListing, DeviceView, DevicesView, EndTrouble, Ending, ListTrouble, ProviderList, SessionId, Todo,
    WhyNot,
};
use ringfence::port::http::Method;
use ringfence::provider_api::Stamp;
use ringfence::provider_api::sessions::{PortalSession, Registration};

use super::api_provider::{ApiProvider, Mishap, settings};
use super::changing::{NEW, change};
use super::world::{PASSWORD, REALM, World};

const LINE: AccountId = AccountId(1);

fn provider(world: &mut World) -> &mut ApiProvider {
    world.api.as_mut().expect("a provider with the API")
}

fn devices(world: &World) -> DevicesView {
    world.view().security[0].devices.clone()
}

fn only(world: &World) -> DeviceView {
    let all = devices(world).all;
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

fn desk() -> Registration {
    Registration {
        id: "desk-1".into(),
        instance: Some("urn:uuid:desk".into()),
        user_agent: Some("Yealink T54".into()),
        address: Some("192.168.1.20:5060".into()),
        country: Some("GB".into()),
        since: Some(Stamp(ringfence::base::WallTime(1_800_000_000_000))),
        refreshed: Some(Stamp(ringfence::base::WallTime(1_800_000_300_000))),
        expires: Some(Stamp(ringfence::base::WallTime(1_800_000_600_000))),
        own: false,
    }
}

fn thief() -> Registration {
    Registration { id: "t-9".into(), address: Some("203.0.113.9".into()), ..Registration::default() }
}

/// Signed in where the list names us and these.
fn with(others: Vec<Registration>) -> World {
    let mut world = World::signed_in(ringfence::phone::VaultUse::Keyring, ringfence::port::net::Transport::Tls);
    world.open_api(settings());
    provider(&mut world).registrations.extend(others);
    world.pass(Duration::from_secs(120));
    world
}

fn ask_now(world: &mut World) {
    world.command(Command::Device(LINE, DeviceCommand::Check));
}

fn end(world: &mut World, key: &str) -> Option<ProblemKind> {
    let ticket = 1000 + u64::try_from(world.requested.len()).unwrap();
    world.ask(ticket, Command::Device(LINE, DeviceCommand::End(DeviceId(key.into()))));
    world.outcome(ticket).expect("an answer").err().map(|problem| problem.kind)
}

fn appeared(world: &World) -> usize {
    world.events.iter().filter(|event| matches!(event, Event::DeviceAppeared(..))).count()
}

fn lists(world: &World) -> usize {
    world.requested.iter().filter(|(_, it)| it.method == Method::Get && it.path.as_str() == "/sasa/sessions").count()
}

fn deletes(world: &World) -> Vec<String> {
    let all = world.requested.iter().filter(|(_, it)| it.method == Method::Delete && it.authorization.is_some());
    all.map(|(_, it)| it.path.to_string()).collect()
}

fn instead(world: &mut World, status: u16, body: impl Into<String>) {
    provider(world).instead_of_list = Some((status, body.into()));
    ask_now(world);
}

#[test]
fn the_list_is_read_after_registration_and_tells_what_the_registrar_does_not() {
    let world = with(vec![desk()]);
    let view = devices(&world);
    let device = only(&world);
    assert_eq!((device.place.as_str(), device.software.as_deref()), ("192.168.1.20", Some("Yealink T54")));
    assert_eq!(device.registered.zip(device.expires).map(|(since, until)| until.0 - since.0), Some(600_000));
    assert_eq!(device.registered.zip(device.refreshed).map(|(since, last)| last.0 - since.0), Some(300_000));
    assert_eq!((device.country.as_deref(), device.present, device.ending), (Some("GB"), true, Ending::Possible));
    assert!(matches!(view.list, ProviderList::Read { names_us: true, .. }) && !view.asking, "{view:?}");
    assert!(view.own.is_some() && view.others_stay.is_none() && matches!(view.listed, DeviceListing::At(_)));
    assert_eq!(appeared(&world), 0, "what was there at first is no news");
    let issuer = format!("https://account.{REALM}");
    for (_, request) in world.requested.iter().filter(|(_, it)| it.authorization.is_some()) {
        assert_eq!(request.origin.to_string(), issuer);
    }
    assert!(!world.debug.contains(PASSWORD));
}

#[test]
fn a_device_that_both_name_is_one_device() {
    let mut world = with(vec![desk()]);
    world.others = vec!["<sip:anna@10.0.0.7>;+sip.instance=\"<urn:uuid:DESK>\"".into()];
    ask_now(&mut world);
    let device = only(&world);
    assert_eq!((device.id.0.as_str(), device.software.as_deref()), ("urn:uuid:desk", Some("Yealink T54")));
    // Without an instance, the address decides, if it is one device's only.
    let mut world = with(vec![thief()]);
    world.others = vec!["<sip:anna@203.0.113.9:5060>".into()];
    ask_now(&mut world);
    provider(&mut world).registrations[1].address = Some("sip:anna@203.0.113.9:41000".into());
    ask_now(&mut world);
    assert!(only(&world).present);
    let mut world = with(Vec::new());
    world.others = vec!["<sip:anna@203.0.113.9:5060>".into()];
    ask_now(&mut world);
    provider(&mut world).registrations.push(thief());
    ask_now(&mut world);
    assert_eq!(only(&world).id.0, "anna@203.0.113.9");
    assert_eq!(only(&world).ending, Ending::Possible);
}

#[test]
fn a_device_that_is_new_on_the_list_is_an_alarm_once() {
    let mut world = with(vec![desk()]);
    world.command(Command::Device(LINE, DeviceCommand::Name(DeviceId("urn:uuid:desk".into()), "Desk".into())));
    provider(&mut world).registrations.push(thief());
    world.pass(Duration::from_secs(2 * 3600));
    assert_eq!(appeared(&world), 1, "the list is read again by itself");
    assert_eq!(world.view().security[0].todo, [Todo::UnnamedDevice(DeviceId("@203.0.113.9".into()))]);
    world.pass(Duration::from_secs(2 * 3600));
    assert_eq!(appeared(&world), 1);
    assert!(lists(&world) < 20, "with its challenges, and not with every refresh: {}", lists(&world));
}

#[test]
fn what_the_person_ends_is_gone_when_the_provider_says_so_and_back_when_it_registers_again() {
    let mut world = with(vec![desk(), thief()]);
    assert_eq!(end(&mut world, "@203.0.113.9"), None);
    assert_eq!(deletes(&world), ["/sasa/sessions/t-9"]);
    let view = devices(&world);
    let there: Vec<(&str, bool)> = view.all.iter().map(|it| (it.id.0.as_str(), it.present)).collect();
    assert_eq!(there, [("urn:uuid:desk", true), ("@203.0.113.9", false)]);
    assert_eq!(view.all[1].ending, Ending::No(WhyNot::NotThere));
    assert_eq!(end(&mut world, "@203.0.113.9"), Some(ProblemKind::NotNow), "it is not there");
    assert_eq!(appeared(&world), 0);
    provider(&mut world).registrations.push(Registration { id: "t-10".into(), ..thief() });
    ask_now(&mut world);
    assert_eq!((devices(&world).all[1].present, appeared(&world)), (true, 1));
    let log: Vec<&str> = world.view().security[0].log.iter().map(|row| row.words.as_str()).collect();
    assert!(log.iter().any(|words| words.contains("again, although it was ended")), "{log:?}");
    assert!(log.iter().any(|words| words.contains("ended what you told it to: Phone at 203.0.113.9")), "{log:?}");
}

#[test]
fn a_provider_that_only_says_that_it_ended_something_is_found_out() {
    let mut world = with(vec![desk()]);
    provider(&mut world).ends = false;
    assert_eq!(end(&mut world, "urn:uuid:desk"), None);
    let device = only(&world);
    assert_eq!((device.present, device.ending), (true, Ending::Failed(EndTrouble::StillNamed)));
    assert_eq!(appeared(&world), 0, "it was never away");
    provider(&mut world).ends = true;
    assert_eq!(end(&mut world, "urn:uuid:desk"), None, "it can be tried again");
    assert!(!only(&world).present);
}

#[test]
fn a_lost_answer_is_told_and_the_list_decides() {
    let mut world = with(vec![desk(), thief()]);
    provider(&mut world).mishaps = vec![("DELETE", Mishap::AnswerLost)];
    assert_eq!(end(&mut world, "@203.0.113.9"), None);
    assert!(!devices(&world).all[1].present, "it had been ended");
    provider(&mut world).mishaps = vec![("DELETE", Mishap::Lost)];
    assert_eq!(end(&mut world, "urn:uuid:desk"), None);
    assert_eq!(devices(&world).all[0].ending, Ending::Failed(EndTrouble::Unreachable));
    assert!(devices(&world).all[0].present);
}

#[test]
fn a_list_that_cannot_be_read_is_said_and_what_was_known_stays() {
    let crowd = format!(r#"{{"registrations":[{}]}}"#, vec![r#"{"id":"x"}"#; 10_000].join(","));
    let cases = [
        (200, crowd.as_str(), ListTrouble::Unreadable),
        (200, "<html>", ListTrouble::Unreadable),
        (200, r#"{"registrations":[{"id":"a","since":"yesterday"}]}"#, ListTrouble::Unreadable),
        (403, "{}", ListTrouble::Refused),
        (404, "{}", ListTrouble::Gone),
        (503, "{}", ListTrouble::Busy),
    ];
    for (status, body, expected) in cases {
        let mut world = with(vec![desk()]);
        instead(&mut world, status, body);
        let view = devices(&world);
        assert!(matches!(view.list, ProviderList::Failed { why, .. } if why == expected), "{status}: {:?}", view.list);
        assert!(only(&world).present && matches!(view.listed, DeviceListing::At(_)), "{status}");
        let said = words::list(view.list, "Voxline").expect("it is said");
        assert!(said.starts_with("Voxline's list could not be read"), "{said}");
        assert_eq!(view.others_stay, None, "it has named telephones before");
    }
}

#[test]
fn a_refused_list_is_not_asked_for_again_by_itself() {
    let mut world = with(vec![desk()]);
    instead(&mut world, 403, "{}");
    let before = lists(&world);
    world.pass(Duration::from_secs(6 * 3600));
    assert_eq!(lists(&world), before);
    provider(&mut world).instead_of_list = None;
    ask_now(&mut world);
    assert!(matches!(devices(&world).list, ProviderList::Read { .. }), "the person may");
}

#[test]
fn a_provider_in_trouble_is_left_alone_for_as_long_as_it_wants() {
    let mut world = with(vec![desk()]);
    instead(&mut world, 503, "{}");
    let before = lists(&world);
    change(&mut world, ChangeCommand::Begin(ringfence::phone::command::Begin::Wanted));
    assert_eq!(lists(&world), before, "within the minute");
    change(&mut world, ChangeCommand::Cancel);
    world.pass(Duration::from_secs(61));
    change(&mut world, ChangeCommand::Begin(ringfence::phone::command::Begin::Wanted));
    assert!(lists(&world) > before, "before a change it is asked");
}

#[test]
fn a_list_of_nobody_says_nothing_about_anybody() {
    let mut world = World::signed_in(ringfence::phone::VaultUse::Keyring, ringfence::port::net::Transport::Tls);
    world.names_contacts = false;
    world.open_api(settings());
    provider(&mut world).registrations.clear();
    world.pass(Duration::from_secs(120));
    let view = devices(&world);
    assert!(view.all.is_empty() && matches!(view.list, ProviderList::Read { names_us: false, .. }), "{view:?}");
    assert_eq!(view.others_stay, Some(WhyNot::NotNamed), "who names nobody can end nobody");
    world.command(Command::Device(LINE, DeviceCommand::EndOthers(true)));
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    let mut posts =
        world.requested.iter().filter(|(_, it)| it.method == Method::Post && it.path.as_str().ends_with("changes"));
    let body = posts.next_back().expect("a change").1.body.as_ref().unwrap().expose("a test").clone();
    assert!(String::from_utf8(body).unwrap().contains(r#""registrations":"none""#), "it would refuse the whole change");
}

#[test]
fn a_list_that_omits_us_is_not_taken_for_whole() {
    let mut world = with(vec![desk()]);
    provider(&mut world).registrations.remove(0);
    ask_now(&mut world);
    let view = devices(&world);
    assert!(view.own.is_none() && matches!(view.list, ProviderList::Read { names_us: false, .. }));
    let said = words::list(view.list, "Voxline").unwrap();
    assert_eq!(said, "Voxline's list does not name this computer, so it is not complete.");
}

#[test]
fn names_that_devices_gave_themselves_and_ids_that_lead_elsewhere_do_no_harm() {
    let evil = Registration {
        id: "../../changes".into(),
        user_agent: Some("Desk\u{202e}enohp \u{7}phone".into()),
        address: Some("198.51.100.7".into()),
        ..Registration::default()
    };
    let mut world = with(vec![evil]);
    let device = only(&world);
    assert_eq!(device.software.as_deref(), Some("Deskenohp phone"));
    assert_eq!(device.ending, Ending::No(WhyNot::NoId));
    assert_eq!(end(&mut world, &device.id.0), Some(ProblemKind::NotNow));
    for id in ["../../changes", "x/y", "", "t-9"] {
        world.command(Command::Device(LINE, DeviceCommand::EndSession(SessionId(id.into()))));
    }
    assert_eq!(deletes(&world), [] as [&str; 0], "only what is on the list");
}

#[test]
fn logins_and_keys_are_shown_as_what_they_are() {
    let mut world = with(Vec::new());
    provider(&mut world).portal =
        vec![PortalSession { id: "p1".into(), user_agent: Some("Firefox".into()), ..PortalSession::default() }];
    world.pass(Duration::from_secs(1200));
    ask_now(&mut world);
    let view = devices(&world);
    assert!(view.all.is_empty(), "neither is a telephone: {:?}", view.all);
    assert_eq!(view.logins[0].software.as_deref(), Some("Firefox"));
    let [key] = view.keys.as_slice() else { panic!("{:?}", view.keys) };
    assert!(key.own && !key.active && key.active_from.is_some(), "{key:?}");
    assert_eq!(key.ending, Ending::No(WhyNot::Own));
    world.ask(7, Command::Device(LINE, DeviceCommand::EndSession(key.id.clone())));
    assert!(world.outcome(7).unwrap().is_err(), "this computer does not lock itself out by a slip");
    // The desk of this provider knows no logins and says so; its list names it all the same.
    world.ask(8, Command::Device(LINE, DeviceCommand::EndSession(SessionId("p1".into()))));
    assert!(world.outcome(8).unwrap().is_ok());
    assert_eq!(deletes(&world), ["/sasa/sessions/p1"]);
    assert_eq!(devices(&world).logins[0].ending, Ending::Failed(EndTrouble::StillNamed));
}

#[test]
fn another_key_is_ended_only_for_an_enrolled_computer() {
    let mut world = with(Vec::new());
    world.pass(Duration::from_secs(1200));
    ask_now(&mut world);
    // Another computer's key, as old as ours.
    let facts = provider(&mut world).memory.facts("anna", None).expect("anna");
    let mut other = facts.devices[0].clone();
    (other.id, other.label) = ("other".into(), "Laptop".into());
    let now = world.now;
    provider(&mut world).memory.write(now.wall, "anna", &ringfence::provider::security::Write::Device(other));
    ask_now(&mut world);
    let laptop = |world: &World| devices(world).keys.iter().find(|key| key.label == "Laptop").cloned();
    world.command(Command::Device(LINE, DeviceCommand::EndSession(SessionId("other".into()))));
    assert_eq!(laptop(&world).unwrap().ending, Ending::Failed(EndTrouble::NotEnrolled), "ours is still cooling off");
    world.pass(Duration::from_secs(25 * 3600));
    world.command(Command::Device(LINE, DeviceCommand::EndSession(SessionId("other".into()))));
    assert_eq!(laptop(&world), None, "signed by our key");
}

/// What was told of logins and keys.
fn rows_told(world: &World) -> Vec<&str> {
    fn told(event: &Event) -> Option<&str> {
        if let Event::SessionAppeared(_, words) = event { Some(words) } else { None }
    }
    world.events.iter().filter_map(told).collect()
}

fn provider_name(world: &World) -> String {
    world.view().accounts[0].provider.clone()
}

#[test]
fn a_key_or_a_login_that_is_new_is_told_once_and_stays_until_it_is_the_person_s() {
    let mut world = with(Vec::new());
    let firefox = PortalSession { id: "p1".into(), user_agent: Some("Firefox".into()), ..PortalSession::default() };
    provider(&mut world).portal = vec![firefox.clone()];
    world.pass(Duration::from_secs(1200));
    ask_now(&mut world);
    assert_eq!(rows_told(&world), [format!("New at {}: a login to the website (Firefox).", provider_name(&world))]);
    world.command(Command::Device(LINE, DeviceCommand::Mine(SessionId("p1".into()))));
    // Somebody with the password enrols a key, and signs in to the website.
    let facts = provider(&mut world).memory.facts("anna", None).expect("anna");
    let mut other = facts.devices[0].clone();
    (other.id, other.label) = ("other".into(), "Laptop".into());
    let now = world.now.wall;
    provider(&mut world).memory.write(now, "anna", &ringfence::provider::security::Write::Device(other));
    let chrome = PortalSession { id: "p2".into(), user_agent: Some("Chrome".into()), ..PortalSession::default() };
    provider(&mut world).portal = vec![firefox, chrome];
    for _ in 0..3 {
        ask_now(&mut world);
    }
    let told: Vec<String> = rows_told(&world)[1..].iter().map(|words| (*words).to_owned()).collect();
    let [login, key] = told.as_slice() else { panic!("{told:?}") };
    assert!(login.contains("a login to the website (Chrome)") && key.contains("the key of Laptop"), "{told:?}");
    let log: Vec<&str> = world.view().security[0].log.iter().map(|row| row.words.as_str()).collect();
    assert!(log.contains(&login.as_str()) && log.contains(&key.as_str()), "{log:?}");
    let id = |id: &str| SessionId(id.into());
    let todo = [Todo::NewSession(id("p2")), Todo::NewSession(id("other"))];
    assert_eq!(world.view().security[0].todo, todo);
    assert!(devices(&world).keys.iter().all(|key| key.new != key.own), "ours is no news");
    // What was seen is remembered: after a restart only what came meanwhile is news.
    let mut again = World::with_disk(ringfence::phone::VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    (again.servers, again.web, again.api) = (world.servers.clone(), world.web.clone(), world.api.take());
    again.now = world.now;
    again.load();
    again.pass(Duration::from_secs(120));
    ask_now(&mut again);
    assert_eq!((rows_told(&again).len(), &again.view().security[0].todo[..]), (0, &todo[..]));
    again.command(Command::Device(LINE, DeviceCommand::Mine(id("p2"))));
    assert_eq!(again.view().security[0].todo, todo[1..]);
    provider(&mut again).memory.write(now, "anna", &ringfence::provider::security::Write::RemoveDevice("other".into()));
    ask_now(&mut again);
    assert_eq!(again.view().security[0].todo, []);
}

/// The body of the change that was sent last.
fn change_sent(world: &World) -> Option<serde_json::Value> {
    let mut posts = world.requested.iter().map(|(_, it)| it);
    let post = posts.rfind(|it| it.method == Method::Post && it.path.as_str() == "/sasa/changes")?;
    let body = post.body.as_ref().expect("a body").expose("a test");
    Some(serde_json::from_slice(body).unwrap())
}

#[test]
fn a_change_that_was_lost_before_a_restart_is_withdrawn_not_repeated_and_the_wish_to_end_the_others_stays() {
    let mut world = with(vec![desk()]);
    world.command(Command::Device(LINE, DeviceCommand::EndOthers(true)));
    provider(&mut world).mishaps = vec![("POST", Mishap::Silence)];
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert!(change_sent(&world).is_some());
    let mut again = World::with_disk(ringfence::phone::VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    (again.servers, again.web, again.api) = (world.servers.clone(), world.web.clone(), world.api.take());
    again.now = world.now;
    again.load();
    again.pass(Duration::from_secs(120));
    assert_eq!(change_sent(&again), None, "another body under the same name would be refused");
    assert!(devices(&again).end_others);
}

#[test]
fn logins_are_to_end_with_a_change_only_where_the_provider_has_named_some() {
    for named in [false, true] {
        let mut world = with(vec![desk()]);
        if named {
            provider(&mut world).portal.push(PortalSession { id: "p1".into(), ..PortalSession::default() });
            ask_now(&mut world);
        }
        world.command(Command::Device(LINE, DeviceCommand::EndOthers(true)));
        change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
        let body = change_sent(&world).expect("sent");
        assert_eq!(body["terminate"]["registrations"], "others");
        assert_eq!(body["terminate"]["tokens"], if named { "others" } else { "none" });
    }
}

#[test]
fn the_choice_to_end_the_others_is_made_anew_for_each_change() {
    let mut world = with(vec![desk()]);
    world.command(Command::Device(LINE, DeviceCommand::EndOthers(true)));
    assert!(devices(&world).end_others);
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert!(!devices(&world).end_others);
    let (before, after) = world.requested.split_at(world.requested.len() - 1);
    let paths: Vec<&str> = before.iter().map(|(_, it)| it.path.as_str()).collect();
    assert!(paths.contains(&"/sasa/changes"), "{paths:?} {:?}", super::changing::phase(&world));
    assert_eq!(after[0].1.path.as_str(), "/sasa/sessions", "what is left after it, the provider says");
}
