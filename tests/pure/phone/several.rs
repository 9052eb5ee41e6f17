//! Several entries of the keyring answer to one line's name: nothing is guessed, nothing is deleted unasked, and the
//! provider is not asked more often than its patience lasts (account-security 5.3).

use std::time::Duration;

use ringfence::base::Secret;
use ringfence::phone::command::{AccountDraft, ChangeCommand, Command, SafetyCommand};
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{
    AccountState, ChangePhase, KeptPasswords, KeptState, NeedsPerson, PasswordPlace, Todo, VaultState,
};
use ringfence::phone::{Input, VaultUse};
use ringfence::port::net::{FlowId, NetError, Report, Transport};
use ringfence::port::vault::{EntryId, Listed, Reply, Request, Slot, VaultError};

use super::changing::{at_the_website, change, phase, security};
use super::emergency::leaves_within_a_second;
use super::world::{Entry, NEW, PASSWORD, Talk, Vault, World, numeric, server};

/// The next day: the keyring holds these under the line's name, newest first.
fn holding(secrets: &[&str]) -> World {
    the_day_after(&World::signed_in(VaultUse::Keyring, Transport::Tls), secrets)
}

fn the_day_after(before: &World, secrets: &[&str]) -> World {
    let mut kept = before.kept.clone();
    let name = kept.keys().find(|name| !name.contains('/')).cloned().expect("a password is kept");
    kept.remove(&name);
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), kept);
    let all = secrets.iter().enumerate().map(|(at, secret)| (format!("item {at}"), (*secret).to_owned()));
    world.several.insert(name, all.collect());
    world.servers = before.servers.clone();
    world.known.extend(secrets.iter().map(|secret| (*secret).to_owned()));
    world
}

fn kept(world: &World) -> Option<(usize, KeptState)> {
    security(world).kept.map(|kept| (kept.count, kept.state))
}

fn can_be_tried(world: &World) -> bool {
    security(world).kept.is_some_and(|kept| kept.can_be_tried)
}

fn safety(world: &mut World, command: SafetyCommand) {
    let id = world.id();
    world.command(Command::Safety(id, command));
}

#[test]
fn nothing_is_tried_or_deleted_before_the_person_says_so() {
    let mut world = holding(&["another-one", PASSWORD]);
    world.load();
    world.pass(Duration::from_secs(24 * 3600));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::NeedsPassword), Some((2, KeptState::Found))));
    assert_eq!((world.credentials(), world.opened.len(), can_be_tried(&world)), (0, 0, true));
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 2);
    assert_eq!(world.view().vault, VaultState::Ok, "the keyring itself works");
    let problem = world.view().accounts[0].problem.as_ref().map(|problem| problem.kind);
    assert_eq!(problem, Some(ProblemKind::SeveralPasswords));
    assert!(security(&world).todo.iter().any(|todo| matches!(todo, Todo::SeveralPasswords(_))));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 2, "none is proven");
}

#[test]
fn the_newest_that_is_accepted_is_used_and_the_others_stay_until_the_person_lets_them_go() {
    let mut world = holding(&["another-one", PASSWORD, "an-old-one"]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((3, KeptState::Works))));
    assert_eq!(world.refusals.len(), 1, "the newest was refused, and the oldest was never tried");
    assert_eq!(phase(&world), ChangePhase::Idle, "no password was changed");
    let log: Vec<&str> = security(&world).log.iter().map(|row| row.words.as_str()).collect();
    assert!(log.contains(&"voip.example refuses one of the passwords that the keyring holds."), "{log:#?}");
    assert!(!log.iter().any(|words| words.contains("new line password")), "{log:#?}");
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 3, "nobody has said that they may go");
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(kept(&world), None);
    assert!(world.several.is_empty());
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD]);
    assert_eq!(world.view().accounts[0].password, PasswordPlace::Keyring);
    let mut next = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    next.servers = world.servers.clone();
    next.load();
    assert_eq!((next.state(), kept(&next)), (Some(AccountState::Registered), None));
}

#[test]
fn many_wrong_ones_are_tried_within_the_budget_only() {
    let mut world = holding(&["wrong-1", "wrong-2", "wrong-3", "wrong-4", PASSWORD]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!(kept(&world), Some((5, KeptState::Trying)));
    let until = security(&world).kept.and_then(|kept| kept.until);
    assert_eq!(until.map(|at| at.0 - world.now.wall.0), Some(600_000), "it is said when it goes on");
    assert_eq!(phase(&world), ChangePhase::Idle, "that is no change of a password");
    world.pass(Duration::from_secs(3 * 3600));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((5, KeptState::Works))));
    assert_eq!(world.refusals.len(), 4);
    assert!(world.most_refusals(Duration::from_secs(600)) <= 2);
    assert!(world.most_refusals(Duration::from_secs(3600)) <= 4);
}

#[test]
fn where_none_is_accepted_the_person_is_asked_and_what_they_typed_takes_the_place_of_all() {
    let mut world = holding(&["wrong-1", "wrong-2"]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Rejected), Some((2, KeptState::NoneWorks))));
    assert_eq!(phase(&world), ChangePhase::Idle);
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(PASSWORD)));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Works))));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(kept(&world), None);
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD]);
}

#[test]
fn a_password_that_is_typed_while_others_are_tried_ends_that() {
    let mut world = holding(&["wrong-1", "wrong-2", "wrong-3"]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!(kept(&world), Some((3, KeptState::Trying)));
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(PASSWORD)));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((3, KeptState::Works))));
    world.pass(Duration::from_secs(3 * 3600));
    assert_eq!((world.state(), world.refusals.len()), (Some(AccountState::Registered), 2));
}

#[test]
fn a_provider_that_cannot_be_reached_is_waited_for() {
    let mut world = holding(&["wrong-1", PASSWORD]);
    let door = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("the door");
    door.door = Entry::Fails(NetError::Refused);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    world.pass(Duration::from_secs(300));
    assert_eq!((kept(&world), world.credentials()), (Some((2, KeptState::Trying)), 0));
    world.open_doors(&[Transport::Tls]);
    world.pass(Duration::from_secs(1200));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Works))));
}

#[test]
fn entries_that_somebody_tidies_up_are_noticed_by_the_next_attempt() {
    let mut world = holding(&["wrong-1", PASSWORD]);
    world.load();
    let (name, _) = world.several.pop_first().expect("several");
    world.kept.insert(name, PASSWORD.into());
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), None));
}

#[test]
fn the_only_right_entry_is_not_overwritten_by_a_wrong_password_that_was_typed_before() {
    let mut world = holding(&["another-one", PASSWORD]);
    world.load();
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from("mistyped")));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Rejected), Some((2, KeptState::Found))));
    let (name, _) = world.several.pop_first().expect("several");
    world.kept.insert(name, PASSWORD.into());
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), None));
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD]);
}

fn answer(world: &mut World, wanted: impl Fn(&Request) -> bool, reply: Reply) {
    let at = world.unanswered.iter().position(|(_, request)| wanted(request)).expect("it was asked");
    let (id, _) = world.unanswered.remove(at);
    world.input(Input::Vault(id, reply));
}

fn listed(secrets: &[&str]) -> Reply {
    let one = |(at, secret): (usize, &&str)| Listed {
        id: EntryId(format!("item {at}")),
        secret: Some(Secret::from(*secret)),
    };
    Reply::Several(secrets.iter().enumerate().map(one).collect())
}

/// Another program writes a second one.
fn spoil(world: &mut World) {
    let name = world.kept.keys().find(|name| !name.contains('/')).cloned().expect("a password is kept");
    let old = world.kept.remove(&name).expect("kept");
    world.several.insert(name, vec![("item 1".into(), "another-one".into()), ("item 2".into(), old)]);
}

/// Another program leaves one entry, with this in it.
fn tidy_up(world: &mut World, secret: &str) {
    let (name, _) = world.several.pop_first().expect("several");
    world.kept.insert(name, secret.into());
}

#[test]
fn a_registrar_that_asks_nobody_proves_no_password() {
    let mut world = holding(&["another-one", PASSWORD]);
    world.servers.values_mut().for_each(|server| server.talk = Talk::Status(200));
    world.load();
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from("mistyped")));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Found))));
    assert!(!can_be_tried(&world), "the line has one that may be right");
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 2);
    tidy_up(&mut world, PASSWORD);
    world.command(Command::RetryVault);
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD], "nor does it replace one");
}

#[test]
fn a_line_without_registration_proves_only_what_was_tried() {
    let mut before = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    before.sign_in(AccountDraft { no_registration: true, ..numeric(Some(Transport::Tls)) });
    let mut world = the_day_after(&before, &["another-one", PASSWORD]);
    world.load();
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from("mistyped")));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Found))));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 2, "nobody has asked for what was typed");
    tidy_up(&mut world, PASSWORD);
    world.command(Command::RetryVault);
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD], "nor does it replace one");

    let mut world = the_day_after(&before, &["another-one", PASSWORD]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Works))));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!((world.kept.values().map(String::as_str).collect::<Vec<_>>(), kept(&world)), (vec![PASSWORD], None));
    assert_eq!(world.bindings, before.bindings, "and nothing was bound for that");
}

fn refused(world: &mut World, command: SafetyCommand) -> Option<ProblemKind> {
    let id = world.id();
    world.ask(7, Command::Safety(id, command));
    world.outcome(7).and_then(Result::err).map(|problem| problem.kind)
}

#[test]
fn while_a_password_change_is_open_none_is_tried_for_it_finds_out_itself_what_is_in_force() {
    let mut world = the_day_after(&at_the_website(VaultUse::Keyring), &["wrong-1", PASSWORD]);
    world.load();
    assert!(!can_be_tried(&world), "the journal says that it is open");
    assert_eq!(refused(&mut world, SafetyCommand::TryKept), Some(ProblemKind::ChangeUnderWay));
    assert_eq!((kept(&world), world.credentials()), (Some((2, KeptState::Found)), 0));

    let mut world = at_the_website(VaultUse::Keyring);
    spoil(&mut world);
    world.password = "theirs-5150".into();
    world.pass(Duration::from_secs(3600));
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from("theirs-5150")));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Works))));
    world.password = "changed again".into();
    world.pass(Duration::from_secs(3600));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Rejected), Some((2, KeptState::Found))));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks));
    let refusals = world.refusals.len();
    assert!(!can_be_tried(&world), "the change is there");
    assert_eq!(refused(&mut world, SafetyCommand::TryKept), Some(ProblemKind::ChangeUnderWay));
    assert_eq!((kept(&world), world.refusals.len()), (Some((2, KeptState::Found)), refusals));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks), "and goes on where it was");
}

fn is_told(world: &World) -> bool {
    let told = |event: &Event| matches!(event, Event::Refused(it) if it.kind == ProblemKind::KeptNotTried);
    world.events.iter().any(told)
}

/// The keyring holds two of this entry of the line, too.
fn spoil_slot(world: &mut World, slot: &str) -> String {
    let line = world.several.keys().next().expect("several").clone();
    let name = format!("{line}/{slot}");
    world.several.insert(name.clone(), vec![("item 8".into(), "one".into()), ("item 9".into(), "two".into())]);
    name
}

#[test]
fn where_a_change_of_the_password_cannot_be_read_none_is_tried_and_the_person_is_told_why() {
    for slot in ["Txn", "Attic"] {
        let mut world = holding(&["wrong-1", PASSWORD]);
        let name = spoil_slot(&mut world, slot);
        world.load();
        safety(&mut world, SafetyCommand::TryKept);
        assert!(is_told(&world), "{slot}");
        assert_eq!((world.state(), kept(&world)), (Some(AccountState::NeedsPassword), Some((2, KeptState::Found))));
        leaves_within_a_second(&mut world, slot);
        world.pass(Duration::from_secs(60));
        assert_eq!((world.state(), world.credentials()), (Some(AccountState::NeedsPassword), 0), "{slot}");
        world.several.remove(&name);
        assert!(can_be_tried(&world), "{slot}");
        safety(&mut world, SafetyCommand::TryKept);
        assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), Some((2, KeptState::Works))));
    }
    let mut world = holding(&["wrong-1", PASSWORD]);
    spoil_slot(&mut world, "DeviceKey");
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!((world.state(), is_told(&world)), (Some(AccountState::Registered), false), "that is no password");
}

/// Two entries that the person wants tried, and a keyring that answers when the test does.
fn asked_to_try() -> World {
    let mut world = holding(&["wrong-1", PASSWORD]);
    world.load();
    (world.vault, world.unanswered) = (Vault::Stuck, Vec::new());
    safety(&mut world, SafetyCommand::TryKept);
    world
}

#[test]
fn a_keyring_that_fails_between_two_attempts_leaves_the_line_without_the_next_one() {
    let mut world = asked_to_try();
    answer(&mut world, |request| matches!(request, Request::List(_)), listed(&["wrong-1", PASSWORD]));
    for _ in [Slot::Txn, Slot::Attic] {
        answer(&mut world, |request| matches!(request, Request::Get(_)), Reply::Absent);
    }
    assert_eq!((world.refusals.len(), kept(&world)), (1, Some((2, KeptState::Trying))));
    answer(&mut world, |request| matches!(request, Request::Get(_)), Reply::Failed(VaultError::Locked));
    world.pass(Duration::from_secs(3600));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::NeedsPassword), Some((2, KeptState::Found))));
    assert_eq!((is_told(&world), world.refusals.len()), (true, 1));
    assert!(world.flows.is_empty(), "{:?}", world.flows);
}

#[test]
fn a_password_that_is_typed_while_the_entries_are_read_is_the_one_that_is_used() {
    let mut world = asked_to_try();
    let door = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("the door");
    door.door = Entry::Fails(NetError::Refused);
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(PASSWORD)));
    world.vault = Vault::Works;
    answer(&mut world, |request| matches!(request, Request::List(_)), listed(&["wrong-1", PASSWORD]));
    world.open_doors(&[Transport::Tls]);
    world.pass(Duration::from_secs(600));
    assert_eq!((world.state(), world.refusals.len()), (Some(AccountState::Registered), 0));
}

#[test]
fn a_line_that_is_merely_not_connected_tries_none() {
    let mut world = holding(&["wrong-1", PASSWORD]);
    world.load();
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(PASSWORD)));
    assert_eq!(kept(&world), Some((2, KeptState::Works)));
    let door = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("the door");
    door.door = Entry::Fails(NetError::Refused);
    world.net_report(Report::Closed(FlowId(world.next_flow), NetError::Closed));
    assert!(!can_be_tried(&world));
    assert_eq!(refused(&mut world, SafetyCommand::TryKept), Some(ProblemKind::NotNow));
    assert_eq!(kept(&world), Some((2, KeptState::Found)));
}

#[test]
fn a_password_that_was_accepted_once_and_is_refused_since_is_not_proven() {
    let mut world = holding(&["another-one", PASSWORD]);
    world.load();
    safety(&mut world, SafetyCommand::TryKept);
    assert_eq!(kept(&world), Some((2, KeptState::Works)));
    world.password = NEW.into();
    world.net_report(Report::Closed(FlowId(world.next_flow), NetError::Closed));
    world.pass(Duration::from_secs(3600));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Rejected), Some((2, KeptState::Found))));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert_eq!(world.several.values().map(Vec::len).sum::<usize>(), 2);
}

/// The password is typed and registered; the entries are read to be deleted, and the keyring lets that lie.
fn deleting() -> World {
    let mut world = holding(&["another-one", PASSWORD]);
    world.load();
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(PASSWORD)));
    (world.vault, world.unanswered) = (Vault::Stuck, Vec::new());
    safety(&mut world, SafetyCommand::DeleteOthers);
    world
}

#[test]
fn a_password_that_is_typed_while_the_others_are_deleted_is_kept() {
    let mut world = deleting();
    answer(&mut world, |request| matches!(request, Request::List(_)), listed(&["another-one", PASSWORD]));
    (world.vault, world.password) = (Vault::Works, NEW.into());
    let id = world.id();
    world.command(Command::GivePassword(id, Secret::from(NEW)));
    assert_eq!(world.state(), Some(AccountState::Registered));
    tidy_up(&mut world, PASSWORD);
    answer(&mut world, |request| matches!(request, Request::Settle { .. }), Reply::Done);
    assert_eq!((world.kept.values().map(String::as_str).collect::<Vec<_>>(), kept(&world)), (vec![NEW], None));
}

#[test]
fn where_somebody_else_tidies_up_first_what_is_left_is_what_the_line_signs_in_with() {
    let mut world = deleting();
    world.vault = Vault::Works;
    tidy_up(&mut world, "another-one");
    answer(&mut world, |request| matches!(request, Request::List(_)), listed(&["another-one", PASSWORD]));
    assert_eq!((world.kept.values().map(String::as_str).collect::<Vec<_>>(), kept(&world)), (vec![PASSWORD], None));
    assert_eq!(world.view().vault, VaultState::Ok);
}

#[test]
fn the_entry_that_stays_is_one_that_outlives_the_session() {
    let mut world = deleting();
    let item = |collection: &str| EntryId(format!("/org/freedesktop/secrets/collection/{collection}/1"));
    let of = |collection, secret| Listed { id: item(collection), secret: Some(Secret::from(secret)) };
    let all = vec![of("session", PASSWORD), of("login", "another-one")];
    answer(&mut world, |request| matches!(request, Request::List(_)), Reply::Several(all));
    let keeps = |request: &Request| matches!(request, Request::Settle { keep, .. } if *keep == item("login"));
    assert!(world.unanswered.iter().any(|(_, request)| keeps(request)));
}

#[test]
fn a_keyring_that_answers_to_something_else_is_stuck_all_the_same() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.vault = Vault::Stuck;
    world.load();
    world.command(Command::RetryVault);
    answer(&mut world, |request| matches!(request, Request::Check), Reply::Done);
    assert_eq!(world.state(), Some(AccountState::Registering));
    world.pass(Duration::from_secs(61));
    assert_eq!(world.state(), Some(AccountState::NeedsPassword));
}

#[test]
fn a_change_whose_new_password_finds_several_entries_in_its_place_ends_well_with_the_persons_word() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    spoil(&mut world);
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    assert_eq!(phase(&world), ChangePhase::Keeping, "the line works, and the new one is safe beside");
    assert_eq!(
        security(&world).kept,
        Some(KeptPasswords { count: 2, state: KeptState::Works, can_be_tried: false, until: None })
    );
    assert_eq!(world.state(), Some(AccountState::Registered));
    safety(&mut world, SafetyCommand::DeleteOthers);
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    let active = world.kept.iter().filter(|(name, _)| !name.contains('/')).map(|(_, secret)| secret.as_str());
    assert_eq!((active.collect::<Vec<_>>(), kept(&world)), (vec![NEW], None));
}
