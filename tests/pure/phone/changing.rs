//! The change of a line password where the provider has no API: the person changes it at the website, in every order
//! of events, and the phone finds out.

use std::time::Duration;

use ringfence::base::{Envelope, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Begin, ChangeCommand, Command, SafetyCommand, TrustCommand};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{
    AbortWhy, AccountState, ChangePhase, CheckItem, CheckState, Fact, GuardRule, KeyringTrouble, NeedsPerson,
    OldPassword, PasswordPlace, SecurityView, Todo,
};
use ringfence::port::net::Transport;
use ringfence::port::vault::VaultError;

pub(super) use super::world::NEW;
use super::world::{PASSWORD, Talk, Vault, World};

pub(super) fn security(world: &World) -> &SecurityView {
    world.view().security_of(world.id()).expect("a line that is shown")
}

pub(super) fn phase(world: &World) -> ChangePhase {
    security(world).change.phase.clone()
}

pub(super) fn change(world: &mut World, command: ChangeCommand) {
    let id = world.id();
    world.command(Command::Change(id, command));
}

/// What the vault holds in use, and whether a change is staged.
fn kept(world: &World) -> (Option<&str>, bool) {
    let staged = world.kept.keys().any(|entry| entry.ends_with("/Txn"));
    let active = world.kept.iter().find(|(entry, _)| !entry.contains('/'));
    (active.map(|(_, password)| password.as_str()), staged)
}

/// Signed in, and a new password is staged: the person is at the provider's website.
pub(super) fn at_the_website(usage: VaultUse) -> World {
    let mut world = World::signed_in(usage, Transport::Tls);
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    world
}

fn done(old: OldPassword) -> impl Fn(&World) -> bool {
    move |world| matches!(phase(world), ChangePhase::Done { old: seen, .. } if seen == old)
}

/// How often credentials were refused.
pub(super) fn refusals(world: &World) -> usize {
    world.refusals.len()
}

#[test]
fn the_new_password_is_safe_before_anybody_hears_of_it_and_in_use_once_it_was_accepted() {
    let mut world = at_the_website(VaultUse::Keyring);
    assert_eq!(phase(&world), ChangePhase::AtProvider);
    assert_eq!(kept(&world), (Some(PASSWORD), true), "the old one is in use until the new one was accepted");
    assert_eq!(world.state(), Some(AccountState::Registered));
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(done(OldPassword::Refused)(&world), "{:?}", phase(&world));
    assert_eq!(kept(&world), (Some(NEW), false));
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_eq!(refusals(&world), 1, "the last step's one attempt with the old password");
    let view = security(&world);
    assert!(view.facts.iter().any(|fact| matches!(fact, Fact::OldPassword(OldPassword::Refused, _))));
    let line = view.check_list.iter().find(|row| row.item == CheckItem::Line).unwrap();
    assert!(matches!(line.state, CheckState::Proven(_)));
    let log: Vec<&str> = view.log.iter().map(|row| row.words.as_str()).collect();
    assert!(log.contains(&"The new line password is in use."), "{log:#?}");
    change(&mut world, ChangeCommand::Finish);
    assert_eq!(phase(&world), ChangePhase::Idle);
    world.pass(Duration::from_secs(3600));
    assert_eq!((world.state(), refusals(&world)), (Some(AccountState::Registered), 1));
}

#[test]
fn a_person_who_says_too_early_that_it_is_done_is_told_so_and_the_line_stays_up() {
    let mut world = at_the_website(VaultUse::Keyring);
    change(&mut world, ChangeCommand::ChangedIt);
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NotChangedYet));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), (Some(PASSWORD), true)));
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(done(OldPassword::Refused)(&world), "{:?}", phase(&world));
    assert_eq!(kept(&world), (Some(NEW), false));
}

#[test]
fn a_password_that_the_provider_made_is_pasted_and_taken_only_if_it_is_right() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = "theirs-5150".into();
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("mistyped")));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::PastedRefused));
    assert_eq!(kept(&world).0, Some(PASSWORD));
    // Blanks come along with a copy.
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from(" theirs-5150\n")));
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    assert_eq!((kept(&world), world.state()), ((Some("theirs-5150"), false), Some(AccountState::Registered)));
}

#[test]
fn who_changes_it_and_closes_the_tab_is_signed_in_again_without_a_question() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = NEW.into();
    // Nobody says anything. The next refresh is refused, and the staged password is tried (R8).
    world.pass(Duration::from_secs(900));
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_eq!(kept(&world), (Some(NEW), false));
    assert_eq!(refusals(&world), 1, "of the refresh: the old one need not be tried once more");
    assert!(done(OldPassword::Refused)(&world), "{:?}", phase(&world));
}

#[test]
fn an_abandoned_attempt_repairs_itself_when_the_provider_takes_the_password_after_all() {
    let mut world = at_the_website(VaultUse::Keyring);
    change(&mut world, ChangeCommand::Cancel);
    assert_eq!(phase(&world), ChangePhase::Aborted(AbortWhy::Kept));
    assert_eq!(kept(&world), (Some(PASSWORD), false));
    assert_eq!(world.state(), Some(AccountState::Registered));
    change(&mut world, ChangeCommand::Finish);
    world.pass(Duration::from_secs(3600));
    // A day later the website's form is sent after all.
    world.password = NEW.into();
    world.pass(Duration::from_secs(900));
    assert_eq!((world.state(), kept(&world).0), (Some(AccountState::Registered), Some(NEW)));
    assert_eq!(refusals(&world), 1, "of the refresh");
}

#[test]
fn where_nothing_is_accepted_the_line_stops_and_the_person_is_asked() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = "reset by the provider".into();
    world.pass(Duration::from_secs(900));
    assert_eq!(world.state(), Some(AccountState::Rejected));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks));
    assert!(security(&world).todo.contains(&Todo::PasswordRefused));
    let before = (refusals(&world), world.sent.len());
    world.pass(Duration::from_secs(24 * 3600));
    assert_eq!((refusals(&world), world.sent.len()), before, "nothing is tried by itself");
    change(&mut world, ChangeCommand::GaveMeOne(Secret::from("reset by the provider")));
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_eq!(kept(&world), (Some("reset by the provider"), false));
}

#[test]
fn the_password_is_made_unless_one_is_typed_and_a_bad_one_is_refused_before_anything_begins() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let id = world.id();
    world.ask(7, Command::Change(id, ChangeCommand::Now(Some(Secret::from(PASSWORD)))));
    assert_eq!(world.outcome(7).unwrap().unwrap_err().kind, ProblemKind::BadPassword, "the old one");
    assert_eq!(phase(&world), ChangePhase::Idle);
    change(&mut world, ChangeCommand::Begin(Begin::Told));
    assert!(matches!(phase(&world), ChangePhase::Compose(_)));
    let new = security(&world).change.new.expect("one was made");
    assert!(new.made && new.characters == 24 && !new.is_weak());
    assert_eq!(kept(&world), (Some(PASSWORD), false), "nothing is kept of it yet");
    let show = |world: &mut World| {
        let envelope = Envelope::default();
        change(world, ChangeCommand::Reveal(envelope.clone()));
        envelope.look().expect("it can be shown").expose("a test").clone()
    };
    let one = show(&mut world);
    change(&mut world, ChangeCommand::MakeAnother);
    let another = show(&mut world);
    assert!(one != another && another.len() == 24);
    change(&mut world, ChangeCommand::Type(Secret::from("short")));
    let ChangePhase::Compose(compose) = phase(&world) else { panic!("{:?}", phase(&world)) };
    assert!(compose.complaint.is_some());
    assert_eq!(show(&mut world), another, "what was refused is not taken");
    change(&mut world, ChangeCommand::Type(Secret::from(NEW)));
    change(&mut world, ChangeCommand::Go);
    assert_eq!(phase(&world), ChangePhase::AtProvider);
    assert_eq!(show(&mut world), NEW);
}

#[test]
fn what_is_being_chosen_can_be_put_off() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    change(&mut world, ChangeCommand::Begin(Begin::Told));
    assert!(matches!(phase(&world), ChangePhase::Compose(_)) && security(&world).change.can_wait);
    let id = world.id();
    world.ask(7, Command::Change(id, ChangeCommand::NotNow(None)));
    assert!(world.outcome(7).expect("an answer").is_ok());
    assert!(matches!(phase(&world), ChangePhase::Later { .. }), "{:?}", phase(&world));
    assert_eq!(kept(&world), (Some(PASSWORD), false));
}

#[test]
fn no_view_event_log_or_document_shows_either_password() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    change(&mut world, ChangeCommand::Finish);
    assert!(!world.debug.contains(NEW) && !world.debug.contains(PASSWORD));
    for (name, bytes) in &world.disk {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(NEW) && !text.contains(PASSWORD), "{name}");
    }
}

#[test]
fn without_a_place_that_lasts_the_person_proves_a_copy_of_their_own_first() {
    let mut world = at_the_website(VaultUse::Session);
    assert_eq!(phase(&world), ChangePhase::SaveElsewhere);
    change(&mut world, ChangeCommand::SavedElsewhere(Secret::from("nope")));
    assert_eq!(phase(&world), ChangePhase::SaveElsewhere);
    change(&mut world, ChangeCommand::SavedElsewhere(Secret::from("aple")));
    assert_eq!(phase(&world), ChangePhase::AtProvider);
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_keyring_that_fails_stops_the_change_before_it_has_begun() {
    for error in [VaultError::Locked, VaultError::Missing, VaultError::Denied] {
        let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
        world.vault = Vault::Fails(error);
        change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
        assert!(matches!(phase(&world), ChangePhase::Keyring(_)), "{:?}", phase(&world));
        assert_eq!(world.state(), Some(AccountState::Registered));
        world.vault = Vault::Works;
        change(&mut world, ChangeCommand::Go);
        assert!(matches!(phase(&world), ChangePhase::Compose(_) | ChangePhase::AtProvider), "{:?}", phase(&world));
        assert_eq!(kept(&world).0, Some(PASSWORD));
    }
}

#[test]
fn where_there_is_no_keyring_the_person_is_offered_a_place_or_proves_a_copy() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Fails(VaultError::Missing);
    world.sign_in(super::world::numeric(Some(Transport::Tls)));
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert_eq!(phase(&world), ChangePhase::Keyring(KeyringTrouble::Missing));
    // A keyring appears: the change goes on, and the line knows where its password is now.
    world.vault = Vault::Works;
    change(&mut world, ChangeCommand::Go);
    assert_eq!(phase(&world), ChangePhase::AtProvider);
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    assert_eq!(world.view().accounts[0].password, PasswordPlace::Keyring);
    assert_eq!(kept(&world).0, Some(NEW));

    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Fails(VaultError::Missing);
    world.sign_in(super::world::numeric(Some(Transport::Tls)));
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    world.command(Command::Trust(TrustCommand::UseSession));
    change(&mut world, ChangeCommand::Go);
    assert_eq!(phase(&world), ChangePhase::SaveElsewhere);

    // A keyring that is locked when the program starts: nobody knows whether a change is open.
    let before = at_the_website(VaultUse::Keyring);
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world.vault = Vault::Fails(VaultError::Locked);
    world.load();
    world.vault = Vault::Works;
    world.command(Command::RetryVault);
    assert_eq!(phase(&world), ChangePhase::AtProvider, "the change is there again");
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn lockdown_tightens_the_guard_and_begins_a_change_and_can_be_ended() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let id = world.id();
    world.command(Command::Safety(id, SafetyCommand::SetSupport("+44 20 7946 0018".into())));
    world.command(Command::Safety(id, SafetyCommand::Lockdown));
    let view = security(&world);
    assert!(view.lockdown.is_some() && world.view().settings.guard.lockdown);
    assert!(matches!(view.change.phase, ChangePhase::Compose(_)), "{:?}", view.change.phase);
    assert_eq!(view.contact.support.as_deref(), Some("+44 20 7946 0018"));
    let limits = view.facts.iter().find(|fact| matches!(fact, Fact::Limits { .. }));
    assert_eq!(limits, Some(&Fact::Limits { abroad: GuardRule::Block, premium: GuardRule::Block }));
    world.command(Command::Safety(id, SafetyCommand::EndLockdown));
    assert!(security(&world).lockdown.is_none() && !world.view().settings.guard.lockdown);
}

#[test]
fn what_the_phone_cannot_test_is_told_and_the_website_is_taken_with_care() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let id = world.id();
    let order: Vec<CheckItem> = security(&world).check_list.iter().map(|row| row.item).collect();
    let before = |a, b| order.iter().position(|it| *it == a) < order.iter().position(|it| *it == b);
    assert!(before(CheckItem::TopUp, CheckItem::Website) && before(CheckItem::Website, CheckItem::Line));
    world.command(Command::Safety(id, SafetyCommand::Tick(CheckItem::Website, true)));
    let state = |world: &World, item| security(world).check_list.iter().find(|row| row.item == item).unwrap().state;
    assert!(matches!(state(&world, CheckItem::Website), CheckState::Told(_)));
    world.ask(7, Command::Safety(id, SafetyCommand::Tick(CheckItem::Line, true)));
    assert!(world.outcome(7).unwrap().is_err(), "the line password is tested, not told");
    assert_eq!(state(&world, CheckItem::Line), CheckState::Open);
    world.ask(8, Command::Safety(id, SafetyCommand::SetPortal("http://voip.example".into())));
    assert_eq!(world.outcome(8).unwrap().unwrap_err().kind, ProblemKind::BadWebsite);
    world.command(Command::Safety(id, SafetyCommand::SetPortal("my.voip.example/login".into())));
    assert_eq!(security(&world).contact.portal.as_ref().unwrap().host, "my.voip.example");
    let mut next = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    next.servers = world.servers.clone();
    next.load();
    assert!(matches!(state(&next, CheckItem::Website), CheckState::Told(_)), "it is remembered");
    assert_eq!(security(&next).contact.portal, security(&world).contact.portal);
}

#[test]
fn a_page_for_changing_the_password_is_offered_only_where_the_website_has_one() {
    let answer = |status| ringfence::port::http::Answer { status, ..Default::default() };
    for (page, nonsense, offered) in [(200, 404, true), (200, 200, false), (404, 404, false)] {
        let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
        let well_known = "https://voip.example/.well-known";
        world.web.insert(format!("{well_known}/change-password"), answer(page));
        let strange = "resource-that-should-not-exist-whose-status-code-should-not-be-200";
        world.web.insert(format!("{well_known}/{strange}"), answer(nonsense));
        change(&mut world, ChangeCommand::Begin(Begin::Told));
        let link = security(&world).contact.change.clone();
        assert_eq!(link.is_some(), offered, "{page} {nonsense}: {link:?}");
    }
}

#[test]
fn a_disk_that_is_full_stops_the_change_before_anything_is_shown() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.disk_full = Some("No space left on device".into());
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert!(!matches!(phase(&world), ChangePhase::AtProvider), "{:?}", phase(&world));
    assert_eq!((world.state(), kept(&world).0), (Some(AccountState::Registered), Some(PASSWORD)));
}

#[test]
fn a_server_in_trouble_is_asked_again_later_and_nothing_is_lost() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = NEW.into();
    for server in world.servers.values_mut() {
        server.talk = Talk::Status(503);
    }
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(!matches!(phase(&world), ChangePhase::Done { .. }));
    assert_eq!(kept(&world), (Some(PASSWORD), true));
    for server in world.servers.values_mut() {
        server.talk = Talk::Registrar;
    }
    world.pass(Duration::from_secs(3600));
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    assert_eq!((world.state(), kept(&world)), (Some(AccountState::Registered), (Some(NEW), false)));
}

#[test]
fn who_still_takes_the_old_password_is_named() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = NEW.into();
    world.also_takes = Some(PASSWORD.into());
    change(&mut world, ChangeCommand::ChangedIt);
    assert!(done(OldPassword::StillAccepted)(&world), "{:?}", phase(&world));
    assert!(security(&world).todo.contains(&Todo::OldPasswordAccepted));
}

#[test]
fn whether_the_old_password_is_refused_by_now_is_tested_again_when_the_person_asks_and_believed_only_then() {
    let mut world = at_the_website(VaultUse::Keyring);
    world.password = NEW.into();
    world.also_takes = Some(PASSWORD.into());
    change(&mut world, ChangeCommand::ChangedIt);
    change(&mut world, ChangeCommand::Finish);
    let todo = |world: &World| security(world).todo.contains(&Todo::OldPasswordAccepted);
    // It is remembered, and can be tested at the next start as well.
    let mut world = {
        let mut next = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
        (next.servers, next.password) = (world.servers.clone(), world.password.clone());
        (next.also_takes, next.now) = (world.also_takes.clone(), world.now);
        next.load();
        next
    };
    assert!(todo(&world) && security(&world).change.can_test_old);
    change(&mut world, ChangeCommand::TestOld);
    assert!(todo(&world) && phase(&world) == ChangePhase::Idle, "{:?}", phase(&world));
    // A server that says nothing proves nothing.
    for server in world.servers.values_mut() {
        server.talk = Talk::Silent;
    }
    change(&mut world, ChangeCommand::TestOld);
    assert_eq!(phase(&world), ChangePhase::CheckingOld);
    world.pass(Duration::from_secs(60));
    assert!(todo(&world) && phase(&world) == ChangePhase::Idle, "{:?}", phase(&world));
    for server in world.servers.values_mut() {
        server.talk = Talk::Registrar;
    }
    world.pass(Duration::from_secs(3600));
    world.also_takes = None;
    let before = refusals(&world);
    change(&mut world, ChangeCommand::TestOld);
    assert!(!todo(&world) && !security(&world).change.can_test_old);
    assert_eq!(refusals(&world), before + 1);
    assert!(security(&world).facts.iter().any(|fact| matches!(fact, Fact::OldPassword(OldPassword::Refused, _))));
    assert_eq!((world.state(), kept(&world).0), (Some(AccountState::Registered), Some(NEW)));
    world.ask(7, Command::Change(world.id(), ChangeCommand::TestOld));
    assert!(world.outcome(7).unwrap().is_err(), "there is nothing to test any more");
}

/// An attempt was given up, and another one has got to a state that can last for days: the provider takes the first
/// one's password all the same.
fn repairs_itself(world: &mut World, state: &str) {
    world.password = NEW.into();
    world.pass(Duration::from_secs(900));
    assert_eq!((world.state(), kept(world).0), (Some(AccountState::Registered), Some(NEW)), "{state}");
}

#[test]
fn a_line_repairs_itself_in_every_state_that_waits_for_the_person() {
    let given_up = || {
        let mut world = at_the_website(VaultUse::Keyring);
        change(&mut world, ChangeCommand::Cancel);
        world
    };
    repairs_itself(&mut given_up(), "given up");
    let mut world = given_up();
    // The one that was given up would be taken up again: this is about another one.
    change(&mut world, ChangeCommand::GaveMeOne("mistyped".into()));
    assert_eq!(phase(&world), ChangePhase::NeedsPerson(NeedsPerson::PastedRefused));
    repairs_itself(&mut world, "the person is needed, nothing is open");
    let mut world = given_up();
    world.vault = Vault::Fails(VaultError::Locked);
    change(&mut world, ChangeCommand::Begin(Begin::Wanted));
    assert_eq!(phase(&world), ChangePhase::Keyring(KeyringTrouble::Locked));
    world.password = NEW.into();
    world.pass(Duration::from_secs(900));
    assert_eq!(world.state(), Some(AccountState::Registered), "from memory, until the keyring works");
    world.vault = Vault::Works;
    repairs_itself(&mut world, "no keyring");
}

#[test]
fn a_line_cannot_be_signed_out_while_its_password_is_in_the_balance_but_it_can_be_removed() {
    let mut world = at_the_website(VaultUse::Keyring);
    let id = world.id();
    world.ask(7, Command::SignOut(id));
    assert_eq!(world.outcome(7).unwrap().unwrap_err().kind, ProblemKind::ChangeUnderWay);
    assert_eq!(kept(&world), (Some(PASSWORD), true));
    world.command(Command::Safety(id, SafetyCommand::Remove));
    world.pass(Duration::from_secs(5));
    assert!(world.kept.is_empty() && world.view().accounts.is_empty(), "{:?}", world.kept.keys());
    let journal = String::from_utf8_lossy(&world.disk["journal.json"]).into_owned();
    assert!(!journal.contains("staged") && !journal.contains("submitted"), "{journal}");
}
