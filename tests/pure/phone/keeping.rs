//! What is kept across restarts, where, and what is done when it cannot be read.

use std::time::Duration;

use ringfence::base::{AccountId, Secret, WallTime};
use ringfence::phone::Input;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command};
use ringfence::phone::documents;
use ringfence::phone::event::Event;
use ringfence::phone::history::Recents;
use ringfence::phone::input::{DemoLine, Found};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::settings::{Settings, Theme};
use ringfence::phone::view::{AccountState, CallDirection, EndReason, HistoryRow, PasswordPlace, Peer, VaultState};
use ringfence::port::media::{Device, VoiceProcessing};
use ringfence::port::net::{NetError, Transport};
use ringfence::port::store::Document;
use ringfence::port::vault::{Reply, Request, VaultError};

use super::world::{Entry, PASSWORD, Vault, World, numeric, server};

/// The same person, the same disk and keyring, the next day.
fn restarted(before: &World, usage: VaultUse) -> World {
    let mut world = World::with_disk(usage, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world
}

#[test]
fn an_account_survives_a_restart_with_its_password_in_the_keyring() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    assert_eq!(before.view().accounts[0].password, PasswordPlace::Keyring);
    let mut world = restarted(&before, VaultUse::Keyring);
    world.load();
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_eq!(world.view().vault, VaultState::Ok);
    for (name, bytes) in &world.disk {
        let text = String::from_utf8(bytes.clone()).expect("documents are text");
        assert!(!text.contains(PASSWORD), "{name}: {text}");
    }
}

#[test]
fn a_transport_that_was_protected_is_never_exchanged_for_another() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    let all = World::at_the_door(VaultUse::Keyring, &[Transport::Tcp, Transport::Udp]).servers;
    world.servers = all;
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().door = Entry::Fails(NetError::TimedOut);
    world.load();
    world.pass(Duration::from_secs(24 * 3600));
    assert!(world.opened.len() > 3, "it tries again");
    assert!(world.opened.iter().all(|(_, target)| target.transport == Transport::Tls));
    assert!(world.sent.is_empty());
}

#[test]
fn only_the_pinned_realm_is_answered_after_a_restart() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    let text = String::from_utf8(world.disk["accounts.json"].clone()).unwrap();
    assert!(text.contains(super::world::REALM));
    world.disk.insert("accounts.json", text.replace("\"voip.example\"\n", "\"another.example\"\n").into_bytes());
    world.load();
    assert_eq!(world.view().accounts[0].problem.as_ref().map(|p| p.kind), Some(ProblemKind::ForeignRealm));
    assert_eq!(world.credentials(), 0);
}

#[test]
fn a_server_that_asks_for_weaker_authentication_than_ever_before_is_not_answered() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    world.ask_weakly();
    world.load();
    assert_ne!(world.state(), Some(AccountState::Registered));
    assert_eq!(world.credentials(), 0);
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.ask_weakly();
    world.sign_in(numeric(None));
    assert_eq!(world.state(), Some(AccountState::Registered), "whoever never asked for more may ask for MD5");
}

#[test]
fn without_a_keyring_the_password_is_asked_for_at_each_start() {
    for (vault, state) in [
        (Vault::Fails(VaultError::Missing), VaultState::Missing),
        (Vault::Fails(VaultError::Locked), VaultState::Locked),
    ] {
        let mut before = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        before.vault = vault.clone();
        before.sign_in(numeric(None));
        assert_eq!(before.view().accounts[0].password, PasswordPlace::Session);
        assert_eq!(before.view().vault, state);
        let mut world = restarted(&before, VaultUse::Keyring);
        world.vault = vault;
        world.load();
        assert_eq!(world.state(), Some(AccountState::NeedsPassword));
        assert!(world.opened.is_empty(), "nothing to connect with");
        world.command(Command::GivePassword(AccountId(1), Secret::from(PASSWORD)));
        assert_eq!(world.state(), Some(AccountState::Registered));
        world.vault = Vault::Works;
        world.command(Command::RetryVault);
        assert_eq!(world.view().accounts[0].password, PasswordPlace::Keyring, "it is kept as soon as it can be");
    }
}

#[test]
fn a_keyring_that_is_unlocked_later_gives_the_password_when_it_is_asked_again() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    world.vault = Vault::Fails(VaultError::Locked);
    world.load();
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::NeedsPassword), &VaultState::Locked));
    world.vault = Vault::Works;
    world.command(Command::RetryVault);
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_keyring_that_answers_late_is_still_heard() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    world.vault = Vault::Stuck;
    world.load();
    assert_eq!(world.view().vault, VaultState::Waiting);
    let (id, _) = world.unanswered.remove(0);
    world.vault = Vault::Works;
    world.input(Input::Vault(id, Reply::Found(Secret::from(PASSWORD))));
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registered), &VaultState::Ok));
    world.input(Input::Vault(id, Reply::Found(Secret::from("another"))));
    assert_eq!(world.state(), Some(AccountState::Registered), "a second reply is nobody's");
}

#[test]
fn after_a_minute_without_an_answer_the_person_can_type_the_password_and_the_answer_is_still_taken() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let stuck = || {
        let mut world = restarted(&before, VaultUse::Keyring);
        world.vault = Vault::Stuck;
        world.load();
        world.pass(Duration::from_secs(57));
        assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registering), &VaultState::Waiting));
        world.pass(Duration::from_secs(2));
        assert_eq!((world.state(), &world.view().vault), (Some(AccountState::NeedsPassword), &VaultState::Stuck));
        world
    };
    let answers = |world: &mut World| {
        let load = world.unanswered.iter().position(|(_, request)| matches!(request, Request::Get(_)));
        let (id, _) = world.unanswered.remove(load.expect("it was asked"));
        world.vault = Vault::Works;
        world.input(Input::Vault(id, Reply::Found(Secret::from(PASSWORD))));
    };
    let mut world = stuck();
    answers(&mut world);
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registered), &VaultState::Ok));
    // The person is faster; what the keyring says then changes nothing.
    let mut world = stuck();
    world.command(Command::GivePassword(AccountId(1), Secret::from(PASSWORD)));
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registered), &VaultState::Stuck));
    answers(&mut world);
    assert_eq!((world.state(), world.refusals.len()), (Some(AccountState::Registered), 0));
}

#[test]
fn a_password_that_the_keyring_takes_late_is_found_again_although_the_person_quit_at_once() {
    let mut before = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    before.vault = Vault::Stuck;
    before.sign_in(numeric(None));
    before.command(Command::Quit);
    let put = before.unanswered.iter().position(|(_, request)| matches!(request, Request::Put(..))).expect("asked");
    let (id, request) = before.unanswered.remove(put);
    if let Request::Put(key, password) = request {
        before.kept.insert(key.account, password.expose("a test's vault").clone());
    }
    before.input(Input::Vault(id, Reply::Done));
    before.pass(Duration::from_secs(3));
    let mut world = restarted(&before, VaultUse::Keyring);
    world.load();
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn whoever_is_killed_before_the_keyring_has_answered_finds_the_password_that_it_took() {
    let mut before = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    before.vault = Vault::Stuck;
    before.sign_in(numeric(None));
    let asked = before.unanswered.iter().find_map(|(_, request)| {
        let Request::Put(key, password) = request else { return None };
        Some((key.account.clone(), password.expose("a test's vault").clone()))
    });
    before.kept.extend(asked);
    assert_eq!(before.view().accounts[0].password, PasswordPlace::Session, "it is not known to be there");
    let mut world = restarted(&before, VaultUse::Keyring);
    world.load();
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn with_vault_session_nothing_is_asked_of_a_keyring() {
    let before = World::signed_in(VaultUse::Session, Transport::Tls);
    assert!(!before.debug.contains("Vault("));
    assert_eq!(before.view().vault, VaultState::Unused);
    let mut world = restarted(&before, VaultUse::Session);
    world.load();
    assert_eq!(world.state(), Some(AccountState::NeedsPassword));
}

#[test]
fn a_damaged_document_is_set_aside_and_said_and_the_others_are_read() {
    // Logs have no shape that could be damaged: a torn line is left out.
    let logs = [Document::EventLog, Document::CallLog];
    for document in Document::ALL.into_iter().filter(|document| !logs.contains(document)) {
        for damage in ["", "{", "[]", "null", "\u{0}\u{0}"] {
            let mut before = World::signed_in(VaultUse::Keyring, Transport::Tls);
            before.command(Command::SetSettings(Box::new(Settings { theme: Theme::Dark, ..Settings::default() })));
            let mut world = restarted(&before, VaultUse::Keyring);
            world.disk.insert(document.file_name(), damage.as_bytes().to_vec());
            world.load();
            assert_eq!(world.aside, [document], "{document:?} {damage:?}");
            let said = world
                .events
                .iter()
                .any(|event| matches!(event, Event::Refused(problem) if problem.kind == ProblemKind::DamagedProfile));
            assert!(said, "{document:?} {damage:?}");
            assert_eq!(world.view().accounts.is_empty(), document == Document::Accounts);
            assert_eq!(world.view().settings.theme == Theme::Dark, document != Document::Settings);
        }
    }
}

#[test]
fn one_account_that_makes_no_sense_costs_only_itself() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = restarted(&before, VaultUse::Keyring);
    let text = String::from_utf8(world.disk["accounts.json"].clone()).unwrap();
    let text = text.replace("\"accounts\": [", "\"accounts\": [ {\"id\": 7},");
    world.disk.insert("accounts.json", text.into_bytes());
    world.load();
    assert_eq!(world.aside, [Document::Accounts]);
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert!(world.disk.contains_key("accounts.json"), "what was left is written again");
}

#[test]
fn numbers_of_accounts_are_never_used_again() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.command(Command::SignOut(AccountId(1)));
    world.pass(Duration::from_secs(3));
    let mut world = restarted(&world, VaultUse::Keyring);
    world.load();
    assert!(world.view().accounts.is_empty());
    world.sign_in(numeric(None));
    assert_eq!(world.id(), AccountId(2));
}

#[test]
fn old_settings_files_stay_readable() {
    let read = |text: &str| documents::settings(&Found::Content(text.as_bytes().to_vec()));
    let first = read(r#"{"devices":{"input":"default","output":{"id":"pulseaudio:spk"}},"unknown":1}"#);
    assert!(!first.damaged);
    assert_eq!(first.content.devices.output, Device::Id("pulseaudio:spk".into()));
    assert_eq!(first.content.devices.voice_processing, VoiceProcessing::On);
    assert_eq!(read(r#"{"theme":"dark"}"#).content.theme, Theme::Dark);
    assert_eq!(read("{}").content, Settings::default());
    assert!(read(r#"{"theme":"plaid"}"#).damaged);
}

#[test]
fn accounts_files_of_the_first_version_stay_readable() {
    let text = r#"{"version":1,"next":3,"accounts":[{"id":2,"uuid":"u","transport":"tls","draft":{"address":"a@b.example"}}]}"#;
    let read = documents::accounts(&Found::Content(text.as_bytes().to_vec()));
    assert!(!read.damaged);
    assert_eq!((read.content.next, read.content.records.len()), (3, 1));
    assert_eq!(read.content.records[0].password, PasswordPlace::Session);
}

fn row(number: i64, end: EndReason) -> HistoryRow {
    HistoryRow {
        at: WallTime(number),
        account: AccountId(1),
        direction: CallDirection::Incoming,
        peer: Peer { name: None, address: format!("{number}") },
        answered_secs: None,
        end,
        quality: None,
    }
}

#[test]
fn five_hundred_recent_calls_are_kept_newest_first_with_the_missed_counted() {
    let mut recents = Recents::default();
    for number in 0..600 {
        let end = if number % 2 == 0 { EndReason::Missed } else { EndReason::Declined };
        let _save = recents.add(row(number, end));
    }
    assert_eq!((recents.rows().len(), recents.rows()[0].at), (500, WallTime(599)));
    assert_eq!(recents.unseen_missed(), 300);
    let save = recents.add(row(600, EndReason::Missed));
    let again = Recents::new(documents::history(&Found::Content(save.1)).content);
    assert_eq!(again, recents);
    assert!(recents.seen().is_some() && recents.seen().is_none());
    assert_eq!(recents.unseen_missed(), 0);
}

#[test]
fn the_demo_is_not_kept() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.ask(1, Command::SignInDemo);
    let line = DemoLine {
        draft: numeric(Some(Transport::Tls)),
        password: Secret::from(PASSWORD),
        realms: vec![super::world::REALM.into(), "second".into()],
    };
    world.input(Input::Demo(Ok(line)));
    let account = &world.view().accounts[0];
    assert_eq!((account.state, account.demo), (AccountState::Registered, true));
    assert_eq!(account.password, PasswordPlace::NotNeeded);
    assert!(world.kept.is_empty());
    let mut world = restarted(&world, VaultUse::Keyring);
    world.load();
    assert!(world.view().accounts.is_empty());
}

/// The program is started for the demo; the demo provider starts when it is asked to.
fn started_for_the_demo(world: &mut World) {
    world.input(Input::ToTheDemo);
    if world.demo_starts() {
        let draft = AccountDraft { address: "you@demo.example".into(), ..numeric(Some(Transport::Tls)) };
        let (password, realms) = (Secret::from(PASSWORD), vec![super::world::REALM.into()]);
        world.input(Input::Demo(Ok(DemoLine { draft, password, realms })));
    }
}

#[test]
fn a_start_for_the_demo_shows_its_line_and_adds_it_where_there_is_none_beside_all_others() {
    for others in [0, 1] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        if others == 1 {
            world.sign_in(numeric(Some(Transport::Tls)));
        }
        world.login = "you".into();
        world.events.clear();
        started_for_the_demo(&mut world);
        let lines = world.view().accounts.clone();
        let demo = lines.iter().find(|line| line.demo).expect("the demo's line");
        assert_eq!((demo.state, lines.len()), (AccountState::Registered, others + 1));
        assert!(lines.iter().all(|line| line.state == AccountState::Registered), "{lines:?}");
        assert!(world.events.contains(&Event::RaiseWindow) && world.events.contains(&Event::SignedIn(demo.id)));
        // A second start finds it.
        world.events.clear();
        started_for_the_demo(&mut world);
        assert_eq!(world.view().accounts.len(), others + 1);
        assert_eq!(world.events, [Event::RaiseWindow, Event::ShowLine(demo.id)]);
    }
}

#[test]
fn a_demo_that_cannot_start_is_told_beside_other_lines_too() {
    let failed = |event: &Event| matches!(event, Event::Refused(problem) if problem.kind == ProblemKind::DemoFailed);
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.input(Input::ToTheDemo);
    world.input(Input::Demo(Err("no port is free".into())));
    assert_eq!(world.failure(), Some(ProblemKind::DemoFailed), "the page of the first start shows it");
    assert!(!world.events.iter().any(failed));
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.input(Input::ToTheDemo);
    world.input(Input::Demo(Err("no port is free".into())));
    assert!(world.events.iter().any(failed));
}

#[test]
fn a_document_that_cannot_be_saved_is_told_once_and_again_after_it_could() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let told = |world: &World| {
        let not_saved =
            |event: &&Event| matches!(event, Event::Refused(problem) if problem.kind == ProblemKind::NotSaved);
        world.events.iter().filter(not_saved).count()
    };
    let dark = Settings { theme: Theme::Dark, ..Settings::default() };
    world.disk_full = Some("No space left on device".into());
    for _ in 0..3 {
        world.command(Command::SetSettings(Box::new(dark.clone())));
    }
    assert_eq!(told(&world), 1);
    let [unsaved] = world.view().unsaved.as_slice() else { panic!("{:?}", world.view().unsaved) };
    assert_eq!(unsaved.title(), "Your settings could not be saved.");
    assert_eq!(unsaved.detail.as_deref(), Some("settings.json: No space left on device"));
    world.disk_full = None;
    world.command(Command::SetSettings(Box::new(dark.clone())));
    assert!(world.view().unsaved.is_empty());
    world.disk_full = Some("No space left on device".into());
    world.command(Command::SetSettings(Box::new(dark)));
    assert_eq!(told(&world), 2);
}
