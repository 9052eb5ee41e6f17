//! The guard in the whole phone: what is asked, what is sent, what is remembered.

use std::time::Duration;

use ringfence::base::AccountId;
use ringfence::phone::command::{AccountDraft, Command, Dialled, GuardCommand, SafetyCommand};
use ringfence::phone::event::Event;
use ringfence::phone::guard::{Class, GuardEvent, Region, Rules};
use ringfence::phone::input::Done;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::settings::Settings;
use ringfence::phone::view::{CallState, GuardFrom, GuardQuestion, GuardRule, GuardVerdict};
use ringfence::phone::{Input, VaultUse};
use ringfence::port::net::Transport;
use ringfence::sip::Method;

use super::world::{Entry, Server, Talk, World, numeric, server};

/// Signed in, in Britain, at noon.
fn world(talk: Talk) -> World {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk = talk;
    set(&mut world, |rules| rules.home = Region::parse("GB"));
    world.input(Input::Surroundings { utc_offset: 0, region: None });
    world
}

fn set(world: &mut World, change: impl FnOnce(&mut Rules)) {
    let mut settings: Settings = world.view().settings.clone();
    change(&mut settings.guard);
    world.command(Command::SetSettings(Box::new(settings)));
}

fn dialled(text: &str) -> Dialled {
    Dialled::parse(text).expect(text)
}

fn call(world: &mut World, to: &str) {
    let id = world.id();
    world.command(Command::PlaceCall(id, dialled(to)));
}

fn invites(world: &World) -> Vec<String> {
    let all = world.sent.iter().filter(|(_, _, message)| message.method() == Some(&Method::Invite));
    all.map(|(_, _, message)| message.uri().unwrap().to_string()).collect()
}

fn question(world: &World) -> GuardQuestion {
    world.view().guard.clone().expect("a question")
}

fn hang_up(world: &mut World) {
    let live: Vec<_> =
        world.view().calls.iter().filter(|call| !matches!(call.state, CallState::Ended(_))).map(|c| c.id).collect();
    for id in live {
        world.command(Command::HangUp(id));
    }
    world.pass(Duration::from_secs(5));
}

#[test]
fn the_first_call_to_a_country_asks_and_nothing_is_sent_before_it_is_confirmed() {
    let mut world = world(Talk::Answers);
    let id = world.id();
    world.ask(1, Command::PlaceCall(id, dialled("+371 21 234 567")));
    let problem = world.outcome(1).unwrap().unwrap_err();
    assert_eq!(problem.kind, ProblemKind::GuardAsks);
    assert!(problem.title().contains("Latvia, mobile number"), "{}", problem.title());
    let asked = question(&world);
    assert_eq!((asked.place.as_deref(), asked.kind.as_str()), (Some("Latvia"), "mobile number"));
    assert_eq!((asked.verdict, asked.from), (GuardVerdict::Confirm, GuardFrom::Person));
    world.pass(Duration::from_secs(3600));
    assert!(invites(&world).is_empty() && world.view().guard.is_some(), "a question waits as long as it takes");

    world.command(Command::Guard(GuardCommand::Dial(None)));
    assert_eq!(invites(&world), ["sip:+37121234567@voip.example"]);
    assert_eq!(world.view().guard, None);
    hang_up(&mut world);
    call(&mut world, "+371 26 765 432");
    assert_eq!(invites(&world).len(), 2, "Latvia is confirmed");
    let kept = String::from_utf8(world.disk["settings.json"].clone()).unwrap();
    assert!(kept.contains("\"LV\": \"allow\""), "{kept}");
}

#[test]
fn a_premium_number_wants_its_word_each_time() {
    let mut world = world(Talk::Answers);
    for _ in 0..2 {
        call(&mut world, "0906 701 2345");
        assert_eq!(question(&world).verdict, GuardVerdict::Type("premium".into()));
        let before = invites(&world).len();
        for wrong in [None, Some(String::new()), Some("yes".into())] {
            world.ask(7, Command::Guard(GuardCommand::Dial(wrong)));
            assert_eq!(invites(&world).len(), before);
            assert!(world.view().guard.is_some(), "the question stays");
            world.events.clear();
        }
        world.command(Command::Guard(GuardCommand::Dial(Some(" Premium ".into()))));
        assert_eq!(invites(&world).len(), before + 1);
        hang_up(&mut world);
    }
}

#[test]
fn a_question_is_cancelled_or_replaced_and_an_answer_without_one_is_refused() {
    let mut world = world(Talk::Answers);
    call(&mut world, "+37121234567");
    world.command(Command::Guard(GuardCommand::Cancel));
    assert_eq!(world.view().guard, None);
    world.ask(2, Command::Guard(GuardCommand::Dial(None)));
    assert_eq!(world.outcome(2).unwrap().unwrap_err().kind, ProblemKind::NotNow);
    call(&mut world, "+37121234567");
    call(&mut world, "+33123456789");
    assert_eq!(question(&world).place.as_deref(), Some("France"));
    world.command(Command::Guard(GuardCommand::Dial(None)));
    assert_eq!(invites(&world), ["sip:+33123456789@voip.example"]);
}

#[test]
fn what_is_blocked_stays_blocked_even_if_it_is_confirmed() {
    let mut world = world(Talk::Answers);
    set(&mut world, |rules| {
        rules.classes.insert(Class::Premium, GuardRule::Block);
    });
    let id = world.id();
    for (ticket, to) in [(1, "09067012345"), (2, "+881612345678")] {
        world.ask(ticket, Command::PlaceConfirmed(id, dialled(to)));
        assert_eq!(world.outcome(ticket).unwrap().unwrap_err().kind, ProblemKind::GuardBlocks, "{to}");
        assert_eq!(question(&world).verdict, GuardVerdict::Blocked);
        world.command(Command::Guard(GuardCommand::Dial(Some("premium".into()))));
    }
    assert!(invites(&world).is_empty());
    world.ask(3, Command::PlaceConfirmed(id, dialled("+371 21 234 567")));
    assert!(matches!(world.outcome(3), Some(Ok(Done::Call(_)))));
}

#[test]
fn a_call_that_is_sent_on_to_a_premium_number_asks_again() {
    let mut world = world(Talk::SendsOn("sip:09067012345@voip.example"));
    call(&mut world, "02079460958");
    assert_eq!(invites(&world), ["sip:02079460958@voip.example"]);
    let asked = question(&world);
    assert_eq!((asked.from, asked.number.as_str()), (GuardFrom::Redirect, "sip:09067012345@voip.example"));
    assert_eq!(asked.verdict, GuardVerdict::Type("premium".into()));
    world.pass(Duration::from_secs(60));
    assert_eq!(invites(&world).len(), 1);
    world.command(Command::Guard(GuardCommand::Dial(Some("premium".into()))));
    assert_eq!(invites(&world)[1..], ["sip:09067012345@voip.example"], "without the redirect's parameters and headers");
}

#[test]
fn what_was_confirmed_is_judged_again_where_it_is_sent_on() {
    let mut world = world(Talk::SendsOn("sip:+881612345678@voip.example"));
    let id = world.id();
    world.command(Command::PlaceConfirmed(id, dialled("+371 21 234 567")));
    assert_eq!(invites(&world), ["sip:+37121234567@voip.example"]);
    let asked = question(&world);
    assert_eq!((asked.from, asked.verdict), (GuardFrom::Redirect, GuardVerdict::Blocked));
    world.command(Command::Guard(GuardCommand::Dial(Some("satellite".into()))));
    world.pass(Duration::from_secs(60));
    assert_eq!(invites(&world).len(), 1, "the confirmation was for Latvia, and satellites are blocked");
}

#[test]
fn what_a_link_put_into_the_field_is_no_number_that_somebody_typed() {
    let mut world = world(Talk::Answers);
    set(&mut world, |rules| {
        rules.countries.insert(Region::parse("LV").unwrap(), GuardRule::Allow);
    });
    // By the window, and by a second start's argument.
    world.command(Command::OpenLink("tel:+371-21-234-567".into()));
    world.input(Input::Link("sip:anna@elsewhere.example".into()));
    for to in ["+37121234567", "00371 2123 4567", "anna@elsewhere.example", "sip:anna@ELSEWHERE.example"] {
        call(&mut world, to);
        let asked = question(&world);
        assert_eq!((asked.from, asked.verdict), (GuardFrom::Link, GuardVerdict::Confirm), "{to}");
        assert!(asked.why.contains("A link put this here"), "{}", asked.why);
        world.command(Command::Guard(GuardCommand::Cancel));
    }
    assert!(invites(&world).is_empty());
    // One digit changed: the person's own number, in a country that they allow.
    call(&mut world, "+37121234568");
    assert_eq!((invites(&world).len(), world.view().guard.clone()), (1, None));
    hang_up(&mut world);
    // Confirmed once, it is a number that was called from here.
    call(&mut world, "+37121234567");
    world.command(Command::Guard(GuardCommand::Dial(None)));
    assert_eq!(invites(&world).len(), 2);
    hang_up(&mut world);
    world.command(Command::OpenLink("tel:+37121234567".into()));
    call(&mut world, "+37121234567");
    assert_eq!((invites(&world).len(), world.view().guard.clone()), (3, None));
}

#[test]
fn a_link_to_a_premium_number_wants_the_word_and_one_home_is_dialled_when_the_person_dials() {
    let mut world = world(Talk::Answers);
    for link in ["tel:09067012345", "tel:02079460958", "tel:+881612345678"] {
        world.command(Command::OpenLink(link.into()));
    }
    assert!(invites(&world).is_empty() && world.view().guard.is_none(), "links dial nothing");
    call(&mut world, "09067012345");
    let asked = question(&world);
    assert_eq!((asked.from, asked.verdict), (GuardFrom::Link, GuardVerdict::Type("premium".into())));
    world.command(Command::Guard(GuardCommand::Dial(None)));
    assert!(invites(&world).is_empty(), "a press is not enough");
    call(&mut world, "+881612345678");
    assert_eq!((question(&world).from, question(&world).verdict), (GuardFrom::Link, GuardVerdict::Blocked));
    call(&mut world, "02079460958");
    assert_eq!(invites(&world), ["sip:02079460958@voip.example"]);
}

#[test]
fn a_call_that_is_sent_on_within_the_country_goes_on_but_not_for_ever() {
    let mut world = world(Talk::SendsOn("sip:02079460000@voip.example"));
    call(&mut world, "anna.smith");
    assert_eq!(invites(&world), ["sip:anna.smith@voip.example", "sip:02079460000@voip.example"]);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk =
        Talk::SendsOn("sip:x@loop.example");
    world.pass(Duration::from_secs(5));
    let before = invites(&world).len();
    call(&mut world, "bob");
    assert_eq!(invites(&world).len(), before + 2);
}

#[test]
fn returning_a_missed_call_from_abroad_asks_though_the_country_is_confirmed() {
    let mut world = world(Talk::Answers);
    set(&mut world, |rules| {
        rules.countries.insert(Region::parse("LV").unwrap(), GuardRule::Allow);
    });
    let row = serde_json::json!({"at": world.now.wall.as_millis() - 3_600_000, "account": world.id(), "direction": "incoming",
        "peer": {"name": null, "address": "+37121234567"}, "answered_secs": null, "end": "missed", "quality": null});
    let history = serde_json::json!({"version": 1, "unseen_missed": 0, "rows": [row]});
    world.disk.insert("history.json", history.to_string().into_bytes());
    let (mut disk, kept) = (world.disk.clone(), world.kept.clone());
    disk.retain(|name, _| *name != "journal.json");
    let mut world = World::with_disk(VaultUse::Keyring, disk, kept);
    let mut door = super::world::Server { door: super::world::Entry::Open, talk: Talk::Answers };
    door.talk = Talk::Answers;
    world.servers.insert((Transport::Tls, server("192.0.2.2:5061")), door);
    world.load();
    call(&mut world, "00371 21 234 567");
    assert!(question(&world).why.contains("missed a call"), "{}", question(&world).why);
    assert!(invites(&world).is_empty());
    call(&mut world, "+371 26 765 432");
    assert_eq!(invites(&world).len(), 1, "another number there does not ask");
}

#[test]
fn a_call_abroad_is_pointed_out_after_an_hour_once() {
    let mut world = world(Talk::Answers);
    let id = world.id();
    world.command(Command::PlaceConfirmed(id, dialled("+371 21 234 567")));
    assert!(world.view().calls[0].since.is_some());
    world.pass(Duration::from_secs(3599));
    assert_eq!(world.view().guard_state.long_call, None);
    world.pass(Duration::from_secs(2));
    let long = world.view().guard_state.long_call.clone().expect("a notice");
    assert_eq!((long.minutes, long.about.as_str()), (60, "+37121234567 (Latvia)"));
    world.pass(Duration::from_secs(7200));
    let told = world
        .events
        .iter()
        .filter(|event| matches!(event, Event::Guard(it) if matches!(**it, GuardEvent::LongCall(_))));
    assert_eq!(told.count(), 1);
    hang_up(&mut world);
    assert_eq!(world.view().guard_state.long_call, None, "it is about a call that is over");
}

#[test]
fn at_night_a_confirmed_country_asks_by_the_clock_on_the_wall() {
    let mut world = world(Talk::Answers);
    set(&mut world, |rules| {
        rules.countries.insert(Region::parse("FR").unwrap(), GuardRule::Allow);
    });
    // The world begins at 08:00 UTC.
    call(&mut world, "+33123456789");
    assert_eq!(invites(&world).len(), 1);
    hang_up(&mut world);
    world.input(Input::Surroundings { utc_offset: -5 * 3600, region: None });
    call(&mut world, "+33123456789");
    assert!(question(&world).why.contains("hours"), "{}", question(&world).why);
    assert_eq!(invites(&world).len(), 1);
}

#[test]
fn the_country_is_assumed_from_the_computer_and_said_so() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    assert_eq!(world.view().guard_state.home, None);
    world.input(Input::Surroundings { utc_offset: 0, region: Some("GB".into()) });
    let home = world.view().guard_state.home.expect("a country");
    assert!(home.sentence().contains("We assume that you dial from Britain (UK)"), "{}", home.sentence());
    set(&mut world, |rules| rules.home = Region::parse("DE"));
    assert_eq!(world.view().guard_state.home.unwrap().sentence(), "Numbers are dialled from Germany.");
}

#[test]
fn the_demo_asks_nothing() {
    let mut world = World::new(VaultUse::Session);
    world.load();
    world.command(Command::SignInDemo);
    let draft = super::world::numeric(Some(Transport::Tls));
    let password = ringfence::base::Secret::from(super::world::PASSWORD);
    let talk = super::world::Server { door: super::world::Entry::Open, talk: Talk::Answers };
    world.servers.insert((Transport::Tls, server("192.0.2.2:5061")), talk);
    let demo = ringfence::phone::input::DemoLine { draft, password, realms: vec!["voip.example".into()] };
    world.input(Input::Demo(Ok(demo)));
    call(&mut world, "+881612345678");
    assert_eq!(world.view().guard, None);
    assert_eq!(invites(&world).len(), 1);
}

/// Whether each line is locked down, and what was noted last of the first.
fn locked(world: &World) -> (Vec<bool>, String) {
    let lines = world.view().security.iter().map(|line| line.lockdown.is_some()).collect();
    (lines, world.view().security[0].log.first().map(|row| row.words.clone()).unwrap_or_default())
}

#[test]
fn a_lockdown_that_is_ended_by_the_rules_is_over_for_the_lines_too() {
    let mut world = world(Talk::Answers);
    let id = world.id();
    world.command(Command::Safety(id, SafetyCommand::Lockdown));
    assert_eq!(locked(&world).0, [true]);
    set(&mut world, |rules| rules.lockdown = false);
    assert_eq!(locked(&world), (vec![false], "The lockdown is over: the limits are as they were before.".into()));
    set(&mut world, |rules| rules.lockdown = true);
    assert_eq!(locked(&world).0, [true]);
    world.command(Command::Safety(id, SafetyCommand::EndLockdown));
    assert!(!world.view().settings.guard.lockdown && locked(&world).0 == [false]);
}

#[test]
fn while_another_line_is_locked_down_the_limits_are_not_said_to_be_as_they_were() {
    let mut world = world(Talk::Answers);
    let other = AccountDraft { address: "bert@other.example".into(), ..numeric(Some(Transport::Tcp)) };
    let other = AccountDraft { server: Some("192.0.2.3".into()), no_registration: true, ..other };
    world.servers.insert((Transport::Tcp, server("192.0.2.3:5060")), Server { door: Entry::Open, talk: Talk::Answers });
    world.command(Command::SignIn(Box::new(AccountDraft { unencrypted_ok: true, ..other }), "x".into()));
    let lines: Vec<AccountId> = world.view().accounts.iter().map(|line| line.id).collect();
    for id in &lines {
        world.command(Command::Safety(*id, SafetyCommand::Lockdown));
    }
    assert_eq!(locked(&world).0, [true, true]);
    world.command(Command::Safety(lines[0], SafetyCommand::EndLockdown));
    let words = "The lockdown of this line is over. Another line's is not: the limits stay as they are.";
    assert_eq!(locked(&world), (vec![false, true], words.into()));
    assert!(world.view().settings.guard.lockdown);
}
