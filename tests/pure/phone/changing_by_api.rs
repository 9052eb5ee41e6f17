//! The change by the provider's API: proof, idempotency, lost and late requests, and the program killed at every step.

use std::time::Duration;

use ringfence::base::{AccountId, Envelope, Mono, Secret, WallTime};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Begin, ChangeCommand, Command, DeviceCommand};
use ringfence::phone::view::{AbortWhy, AccountState, ChangePhase, ChangeWay, Fact, NeedsPerson, OldPassword};
use ringfence::port::http::{self, Method};
use ringfence::port::net::Transport;
use ringfence::provider::security::device::Device;
use ringfence::provider::security::policy::{Exposed, PasswordAlone};
use ringfence::provider::security::{Settings, Write};
use ringfence::provider_api::Urn;

use super::api_provider::{Mishap, settings};
use super::changing::{NEW, change, phase, security};
use super::world::{PASSWORD, REALM, World};

fn begin(world: &mut World) {
    change(world, ChangeCommand::Now(Some(Secret::from(NEW))));
}

fn kept(world: &World) -> (Option<&str>, bool) {
    let staged = world.kept.keys().any(|entry| entry.ends_with("/Txn"));
    let active = world.kept.iter().find(|(entry, _)| !entry.contains('/'));
    (active.map(|(_, password)| password.as_str()), staged)
}

fn provider(world: &mut World) -> &mut super::api_provider::ApiProvider {
    world.api.as_mut().expect("a provider with the API")
}

fn is_done(world: &World) -> bool {
    matches!(phase(world), ChangePhase::Done { .. })
}

#[test]
fn the_phone_changes_the_password_and_the_provider_never_learns_it() {
    let mut world = World::at_api_provider(settings());
    begin(&mut world);
    assert!(matches!(phase(&world), ChangePhase::Done { old: OldPassword::Refused, .. }), "{:?}", phase(&world));
    assert!(provider(&mut world).takes(NEW) && provider(&mut world).generation() == 2);
    assert_eq!((kept(&world), world.state()), ((Some(NEW), false), Some(AccountState::Registered)));
    for (_, request) in &world.requested {
        let body = request.body.as_ref().map(|body| body.expose("a test").clone()).unwrap_or_default();
        let text = String::from_utf8(body).expect("JSON");
        assert!(!text.contains(NEW) && !text.contains(PASSWORD), "{} {}", request.method.as_str(), request.path);
        let own = [format!("https://account.{}", super::world::REALM), format!("https://{}", super::world::REALM)];
        assert!(own.contains(&request.origin.to_string()), "{}", request.origin);
        assert!(request.authorization.is_none() || request.origin.to_string() == own[0], "{}", request.origin);
    }
    let posts: Vec<_> = world.requested.iter().filter(|(_, it)| it.path.as_str() == "/sasa/changes").collect();
    assert_eq!(posts.len(), 1, "a nonce that is known is used at once");
    change(&mut world, ChangeCommand::Finish);
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn this_computer_is_enrolled_while_things_are_calm_and_then_a_stolen_password_is_not_enough() {
    let mut world = World::at_api_provider(settings());
    world.pass(Duration::from_secs(1200));
    let (since, counts_from, needed) = enrolled(&world).expect("enrolled");
    // It is told in whole seconds.
    assert_eq!(counts_from.map(|from| (from.0 - since.0 + 999) / 1000), Some(24 * 3600), "it cools off first");
    assert!(!needed, "the password alone is taken, too");
    assert!(world.kept.keys().any(|entry| entry.ends_with("/DeviceKey")));
    // The key's cooling-off is over, and then the provider is in an incident: the password alone changes nothing.
    world.pass(Duration::from_secs(25 * 3600));
    let strict = Settings { exposed: Exposed::Yes, password_alone: PasswordAlone::Refused, ..settings() };
    let memory = provider(&mut world).memory.clone();
    world.open_api(strict.clone());
    provider(&mut world).memory = memory;
    begin(&mut world);
    assert!(is_done(&world), "{:?}", phase(&world));
    assert!(provider(&mut world).takes(NEW));
    // Discovery is looked at again within a day and a half.
    world.pass(Duration::from_secs(36 * 3600));
    assert!(enrolled(&world).is_some_and(|(_, _, needed)| needed), "{:?}", security(&world).facts);

    let mut world = World::at_api_provider(strict);
    begin(&mut world);
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NotAllowed), "without a key");
    assert_eq!((kept(&world).0, world.state()), (Some(PASSWORD), Some(AccountState::Registered)));
}

/// Since when this computer is enrolled, from when on that counts, and whether nothing else does.
fn enrolled(world: &World) -> Option<(WallTime, Option<WallTime>, bool)> {
    security(world).facts.iter().find_map(|fact| {
        let Fact::Enrolled { since, counts_from, needed } = fact else { return None };
        Some((*since, *counts_from, *needed))
    })
}

#[test]
fn a_key_that_the_provider_has_to_confirm_is_not_said_to_protect_until_it_counts() {
    let confirmed = Settings { confirm_devices: true, password_alone: PasswordAlone::Refused, ..settings() };
    let mut world = World::at_api_provider(confirmed);
    world.pass(Duration::from_secs(1200));
    let (since, counts_from, needed) = enrolled(&world).expect("enrolled");
    assert!(needed && since <= world.now.wall && counts_from.is_none(), "{counts_from:?}");
    world.pass(Duration::from_secs(48 * 3600));
    assert_eq!(enrolled(&world), Some((since, None, true)), "time alone confirms nothing");
    // The provider confirms it, and says so in its list.
    let now = world.now.wall;
    let known = provider(&mut world).memory.facts("anna", None).expect("anna").devices;
    for device in known {
        let confirmed = Write::Device(Device { confirmed: true, ..device });
        provider(&mut world).memory.write(now, "anna", &confirmed);
    }
    world.command(Command::Device(AccountId(1), DeviceCommand::Check));
    assert_eq!(enrolled(&world), Some((since, Some(now), true)));
}

#[test]
fn lost_requests_and_lost_answers_are_found_out() {
    for (mishap, applied) in [(Mishap::AnswerLost, true), (Mishap::Lost, false), (Mishap::NotSent, false)] {
        let mut world = World::at_api_provider(settings());
        provider(&mut world).mishaps = vec![("POST", mishap)];
        begin(&mut world);
        world.pass(Duration::from_secs(3600));
        assert_eq!(world.state(), Some(AccountState::Registered), "{mishap:?}");
        let ended = is_done(&world) || phase(&world) == ChangePhase::Aborted(AbortWhy::NotApplied);
        assert!(ended && (!applied || is_done(&world)), "{mishap:?}: {:?}", phase(&world));
        let active = kept(&world).0.map(str::to_owned).unwrap();
        assert!(provider(&mut world).takes(&active) && !kept(&world).1, "{mishap:?}");
    }
}

/// When requests of this method about the change were made, from one to the next.
fn pauses(world: &World, method: Method) -> Vec<Duration> {
    let about = |it: &&(Mono, http::Request)| it.1.method == method && it.1.path.as_str().starts_with("/sasa/changes");
    let at: Vec<Mono> = world.requested.iter().filter(about).map(|(at, _)| *at).collect();
    at.windows(2).map(|pair| pair[1].since(pair[0])).collect()
}

/// About 1, 2 and 4 s: each up to a fifth longer, not for all phones the same.
fn grow(pauses: &[Duration]) -> bool {
    let expected = [1.0, 2.0, 4.0];
    let fits = |(pause, expected): (&Duration, f64)| (expected..=expected * 1.2).contains(&pause.as_secs_f64());
    pauses.len() == 3 && pauses.iter().zip(expected).all(fits)
}

#[test]
fn a_provider_that_cannot_be_reached_is_asked_again_soon() {
    let mut world = World::at_api_provider(settings());
    provider(&mut world).mishaps = vec![("POST", Mishap::NotSent); 3];
    begin(&mut world);
    world.pass(Duration::from_secs(10));
    assert!(is_done(&world), "{:?}", phase(&world));
    assert!(grow(&pauses(&world, Method::Post)), "{:?}", pauses(&world, Method::Post));

    // The request is lost twice, and the provider cannot be told to forget it before it comes back a little later.
    let mut world = World::at_api_provider(settings());
    provider(&mut world).mishaps = vec![("POST", Mishap::Lost); 2];
    provider(&mut world).mishaps.extend([("DELETE", Mishap::NotSent); 3]);
    begin(&mut world);
    world.pass(Duration::from_secs(10));
    assert_eq!(
        (phase(&world), world.state()),
        (ChangePhase::Aborted(AbortWhy::NotApplied), Some(AccountState::Registered))
    );
    assert!(grow(&pauses(&world, Method::Delete)), "{:?}", pauses(&world, Method::Delete));
    assert_eq!(world.refusals.len(), 0, "asking the provider costs nothing of the budget");
}

#[test]
fn a_provider_that_cannot_be_reached_before_anything_is_chosen_is_asked_again_as_soon() {
    let mut world = World::at_api_provider(settings());
    world.pass(Duration::from_secs(30));
    let before = world.requested.len();
    provider(&mut world).mishaps = vec![("GET", Mishap::NotSent); 3];
    begin(&mut world);
    assert!(matches!(phase(&world), ChangePhase::Later { .. }), "{:?}", phase(&world));
    world.pass(Duration::from_secs(10));
    assert!(is_done(&world), "{:?}", phase(&world));
    let policy = |it: &&(Mono, http::Request)| it.1.path.as_str() == "/sasa/policy";
    let mut at: Vec<Mono> = world.requested[before..].iter().filter(policy).map(|(at, _)| *at).collect();
    at.dedup();
    let pauses: Vec<Duration> = at.windows(2).map(|pair| pair[1].since(pair[0])).take(3).collect();
    assert!(grow(&pauses), "{pauses:?}");
    let log = &world.view().security[0].log;
    let begun = log.iter().filter(|row| row.words.starts_with("You began to change the line password")).count();
    assert_eq!(begun, 1, "{log:?}");
}

#[test]
fn a_late_request_finds_its_fence() {
    let mut world = World::at_api_provider(settings());
    provider(&mut world).mishaps = vec![("POST", Mishap::Late), ("POST", Mishap::Late), ("POST", Mishap::Late)];
    begin(&mut world);
    world.pass(Duration::from_secs(3600));
    assert_eq!(phase(&world), ChangePhase::Aborted(AbortWhy::NotApplied));
    let now = world.now;
    let statuses = provider(&mut world).deliver_late(now);
    assert!(!statuses.is_empty() && statuses.iter().all(|status| *status != 200), "{statuses:?}");
    assert!(provider(&mut world).takes(PASSWORD));
    assert_eq!((kept(&world), world.state()), ((Some(PASSWORD), false), Some(AccountState::Registered)));
}

#[test]
fn a_change_on_another_device_wins_and_the_person_is_asked() {
    let mut world = World::at_api_provider(settings());
    let now = world.now;
    provider(&mut world).change_elsewhere(now, "theirs-5150");
    begin(&mut world);
    world.pass(Duration::from_secs(3600));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::ChangedElsewhere));
    assert!(provider(&mut world).takes("theirs-5150"));
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("theirs-5150")));
    world.pass(Duration::from_secs(3600));
    assert_eq!((kept(&world).0, world.state()), (Some("theirs-5150"), Some(AccountState::Registered)));
}

#[test]
fn whom_the_provider_s_api_does_not_take_asks_the_registrar_before_anything_is_said() {
    // The attic has the one that counts: an attempt that was given up came into force.
    let mut world = super::changing::at_the_website(VaultUse::Keyring);
    change(&mut world, ChangeCommand::Cancel);
    change(&mut world, ChangeCommand::Finish);
    world.open_api(settings());
    world.pass(Duration::from_secs(120));
    let now = world.now;
    provider(&mut world).change_elsewhere(now, NEW);
    begin(&mut world);
    world.pass(Duration::from_secs(60));
    assert_eq!((kept(&world).0, world.state()), (Some(NEW), Some(AccountState::Registered)), "{:?}", phase(&world));
}

#[test]
fn whom_the_provider_does_not_let_change_it_here_does_it_at_the_website_and_later_here_again() {
    let strict = ringfence::provider::security::Settings {
        exposed: Exposed::Yes,
        password_alone: PasswordAlone::Refused,
        ..settings()
    };
    let mut world = World::at_api_provider(strict);
    begin(&mut world);
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NotAllowed));
    change(&mut world, ChangeCommand::Begin(Begin::Wanted));
    assert!(matches!(phase(&world), ChangePhase::Compose(_)), "{:?}", phase(&world));
    assert_eq!(security(&world).change.way, ChangeWay::Person);
    change(&mut world, ChangeCommand::Go);
    assert_eq!(phase(&world), ChangePhase::AtProvider);
    change(&mut world, ChangeCommand::Cancel);
    change(&mut world, ChangeCommand::Finish);
    // The incident is over. What was refused then is too late by now: it is not sent once more to hear just that.
    world.pass(Duration::from_secs(3600));
    let memory = provider(&mut world).memory.clone();
    world.open_api(settings());
    provider(&mut world).memory = memory;
    let sent = |world: &World| {
        world
            .requested
            .iter()
            .filter(|(_, it)| it.method == Method::Post && it.path.as_str() == "/sasa/changes")
            .count()
    };
    let before = sent(&world);
    change(&mut world, ChangeCommand::Begin(Begin::Wanted));
    assert!(matches!(phase(&world), ChangePhase::Compose(_)), "{:?}", phase(&world));
    assert_eq!(sent(&world), before);
    change(&mut world, ChangeCommand::Type(Secret::from("canary-third-2c7e")));
    world.known.push("canary-third-2c7e".into());
    change(&mut world, ChangeCommand::Go);
    assert!(is_done(&world), "{:?}", phase(&world));
    assert!(provider(&mut world).takes("canary-third-2c7e"));
}

#[test]
fn what_is_wrong_is_told_apart_before_anything_is_sent() {
    for (mishap, expected) in [
        (Mishap::Problem(Urn::SecondFactor), ChangePhase::NeedsPerson(NeedsPerson::NotAllowed)),
        (Mishap::Silence, ChangePhase::Preparing),
    ] {
        let mut world = World::at_api_provider(settings());
        provider(&mut world).mishaps = vec![("GET", mishap)];
        begin(&mut world);
        assert_eq!((phase(&world), security(&world).change.can_cancel), (expected, true), "{mishap:?}");
        change(&mut world, ChangeCommand::Cancel);
        assert_eq!((phase(&world), world.refusals.len()), (ChangePhase::Idle, 0), "{mishap:?}");
    }
}

#[test]
fn the_providers_rules_are_followed_and_its_refusal_makes_another_password() {
    let rules =
        "minlength: 9; maxlength: 10; required: lower; required: upper; required: digit; allowed: [A-HJ-NP-Za-km-z2-9]";
    let tight = ringfence::provider::security::Settings { rules: rules.into(), ..settings() };
    let mut world = World::at_api_provider(tight);
    change(&mut world, ChangeCommand::Begin(Begin::Wanted));
    let ChangePhase::Compose(compose) = phase(&world) else { panic!("{:?}", phase(&world)) };
    assert!(compose.rules.is_some());
    let new = security(&world).change.new.unwrap();
    assert!((9..=10).contains(&new.characters) && new.is_weak(), "{new:?}");
    let envelope = Envelope::default();
    change(&mut world, ChangeCommand::Reveal(envelope.clone()));
    let made = envelope.look().expect("it can be shown").expose("a test").clone();
    world.known.push(made);
    change(&mut world, ChangeCommand::Go);
    assert!(is_done(&world), "{:?}", phase(&world));
    assert_eq!(security(&world).log.iter().filter(|row| row.words.contains("rules")).count(), 0);
}

#[test]
fn a_clock_that_is_ten_years_wrong_changes_nothing() {
    for ahead in [-10 * 365 * 24 * 3_600_000_i64, 10 * 365 * 24 * 3_600_000] {
        let mut world = World::at_api_provider(settings());
        provider(&mut world).ahead = ahead;
        begin(&mut world);
        assert!(is_done(&world), "{ahead}: {:?}", phase(&world));
        assert_eq!(kept(&world).0, Some(NEW));
        world.pass(Duration::from_secs(24 * 3600));
        assert_eq!((kept(&world).0, world.state()), (Some(NEW), Some(AccountState::Registered)));
    }
}

#[test]
fn others_are_ended_only_by_the_persons_choice() {
    for chosen in [false, true] {
        let mut world = World::at_api_provider(settings());
        let id = world.id();
        world.command(Command::Device(id, DeviceCommand::EndOthers(chosen)));
        begin(&mut world);
        let post =
            world.requested.iter().rfind(|(_, it)| it.method == Method::Post && it.path.as_str() == "/sasa/changes");
        let body = post.unwrap().1.body.as_ref().unwrap().expose("a test").clone();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["terminate"]["registrations"], if chosen { "others" } else { "none" });
        assert_eq!(body["terminate"]["calls"], "none");
    }
}

/// Kills the program before each step of a change by API with this mishap; after each restart the account works with
/// exactly one password that the vault holds.
fn killed_everywhere(mishap: Option<Mishap>) {
    let mut killed = 0;
    for after in 0.. {
        let mut world = World::at_api_provider(settings());
        world.pass(Duration::from_secs(1200));
        provider(&mut world).mishaps = mishap.map(|mishap| ("POST", mishap)).into_iter().collect();
        world.dies_after = Some(world.steps + after);
        begin(&mut world);
        world.pass(Duration::from_secs(3600));
        if !world.is_dead() {
            break;
        }
        killed += 1;
        let mut next = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
        (next.servers, next.web, next.now) = (world.servers.clone(), world.web.clone(), world.now);
        next.refusals.clone_from(&world.refusals);
        next.api = world.api.take();
        next.load();
        next.pass(Duration::from_secs(10));
        let now = next.now;
        provider(&mut next).deliver_late(now);
        next.pass(Duration::from_secs(2 * 3600));
        assert_eq!(next.state(), Some(AccountState::Registered), "{mishap:?} {after}: {:?}", phase(&next));
        let active = kept(&next).0.map(str::to_owned).unwrap();
        assert!(provider(&mut next).takes(&active), "{mishap:?}, killed before step {after}: {:?}", phase(&next));
        assert!(next.most_refusals(Duration::from_mins(10)) <= 2, "{mishap:?} {after}: {:?}", next.refusals);
    }
    assert!(killed >= 8, "{mishap:?}: only {killed} steps");
}

#[test]
fn killed_at_every_step_the_account_works_with_a_password_that_the_vault_holds() {
    killed_everywhere(None);
}

#[test]
fn killed_at_every_step_with_the_answer_lost() {
    killed_everywhere(Some(Mishap::AnswerLost));
}

#[test]
fn killed_at_every_step_with_a_late_request() {
    killed_everywhere(Some(Mishap::Late));
}

#[test]
fn at_a_provider_that_wants_to_choose_passwords_itself_the_change_is_the_person_s() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.open_api(settings());
    let discovery = format!("https://{REALM}/.well-known/sip-account-security");
    let answer = world.web.get_mut(&discovery).expect("discovery");
    let text = String::from_utf8(answer.body.expose("a test").clone()).expect("JSON");
    let text = text.replacen(r#""auth":"#, r#""generation":["server-two-phase"],"auth":"#, 1);
    answer.body = Secret::new(text.into_bytes());
    world.pass(Duration::from_secs(120));
    begin(&mut world);
    assert_eq!(security(&world).change.way, ChangeWay::Person);
    assert!(!world.requested.iter().any(|(_, it)| it.method == Method::Post && it.path.as_str().ends_with("changes")));
    assert!(provider(&mut world).takes(PASSWORD));
}
