//! The passphrase file where there is no keyring: chosen, typed, mistyped, damaged, moved from and to.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Command, Place, TrustCommand};
use ringfence::phone::event::Event;
use ringfence::phone::input::Done;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, PasswordPlace, VaultQuestion, VaultState};
use ringfence::port::net::Transport;
use ringfence::port::vault::VaultError;

use super::world::{PASSWORD, Vault, World, numeric};

const PHRASE: &str = "canary-phrase correct horse";

fn unlock(world: &mut World, phrase: &str) {
    world.command(Command::Trust(TrustCommand::Unlock(Secret::from(phrase))));
}

/// The next day; the keyring is in this mood.
fn restarted(before: &World, usage: VaultUse, vault: Vault) -> World {
    let mut world = World::with_disk(usage, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world.safe = before.safe.restarted(usage);
    world.vault = vault;
    world.load();
    world
}

fn place(world: &World) -> PasswordPlace {
    world.view().accounts[0].password
}

/// Signed in on a computer without a keyring, with the passphrase file chosen.
fn in_the_file() -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Fails(VaultError::Missing);
    world.sign_in(numeric(None));
    assert_eq!((place(&world), &world.view().vault), (PasswordPlace::Session, &VaultState::Missing));
    assert_eq!(world.view().vault_question, Some(VaultQuestion::Choose), "it is offered");
    world.command(Command::Trust(TrustCommand::UsePassphrase(Secret::from(PHRASE))));
    assert_eq!((place(&world), &world.view().vault), (PasswordPlace::Passphrase, &VaultState::FileOpen));
    world
}

fn said(world: &World, kind: ProblemKind) -> bool {
    world.events.iter().any(|event| matches!(event, Event::Refused(problem) if problem.kind == kind))
}

#[test]
fn without_a_keyring_the_file_is_offered_and_takes_the_password_at_once() {
    let world = in_the_file();
    assert_eq!(world.safe.entries.values().collect::<Vec<_>>(), [PASSWORD]);
    assert_eq!(world.view().vault_question, None);
    assert!(world.kept.is_empty());
}

#[test]
fn at_the_next_start_the_passphrase_is_asked_for_and_everything_follows_from_it() {
    let mut world = restarted(&in_the_file(), VaultUse::Keyring, Vault::Fails(VaultError::Missing));
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::NeedsPassword), &VaultState::NeedsPassphrase));
    assert_eq!(world.view().vault_question, Some(VaultQuestion::Unlock(None)));
    unlock(&mut world, "not it, not at all");
    assert_eq!(world.view().vault, VaultState::WrongPassphrase);
    assert!(matches!(world.view().vault_question, Some(VaultQuestion::Unlock(Some(_)))), "and that is said");
    assert!(world.opened.is_empty());
    unlock(&mut world, PHRASE);
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registered), &VaultState::FileOpen));
    assert_eq!(world.view().vault_question, None);
}

#[test]
fn with_vault_passphrase_the_keyring_is_never_asked() {
    let mut world = World::at_the_door(VaultUse::Passphrase, &[Transport::Tls]);
    // Whoever asked it would hear this.
    world.vault = Vault::Stuck;
    assert_eq!(world.view().vault, VaultState::NoFile);
    world.ask(1, Command::Trust(TrustCommand::Unlock(Secret::from("short"))));
    assert_eq!(world.outcome(1).unwrap().unwrap_err().kind, ProblemKind::ShortPassphrase);
    assert_eq!(world.view().vault, VaultState::NoFile);
    world.ask(2, Command::Trust(TrustCommand::Unlock(Secret::from(PHRASE))));
    assert_eq!(world.outcome(2), Some(Ok(Done::Ok)));
    world.sign_in(numeric(None));
    assert_eq!(place(&world), PasswordPlace::Passphrase);
    let mut world = restarted(&world, VaultUse::Passphrase, Vault::Stuck);
    assert_eq!(world.view().vault, VaultState::NeedsPassphrase);
    world.ask(3, Command::Trust(TrustCommand::Unlock(Secret::from("something else"))));
    assert_eq!(world.outcome(3).unwrap().unwrap_err().kind, ProblemKind::WrongPassphrase);
    unlock(&mut world, PHRASE);
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert!(world.unanswered.is_empty());
}

#[test]
fn a_damaged_file_that_was_restored_is_said() {
    let mut world = restarted(&in_the_file(), VaultUse::Keyring, Vault::Fails(VaultError::Missing));
    world.safe.damaged = true;
    unlock(&mut world, PHRASE);
    assert!(said(&world, ProblemKind::PassphraseFileRestored));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_keyring_that_appears_is_offered_the_passwords_and_the_file_is_emptied_when_the_disk_knows() {
    let mut world = restarted(&in_the_file(), VaultUse::Keyring, Vault::Works);
    unlock(&mut world, PHRASE);
    world.command(Command::RetryVault);
    assert!(matches!(world.view().vault_question, Some(VaultQuestion::Moved { .. })), "{:?}", world.view().vault);
    world.disk_full = Some("no space left".into());
    world.command(Command::Trust(TrustCommand::TakeOver));
    assert_eq!(world.kept.values().collect::<Vec<_>>(), [PASSWORD]);
    assert!(!world.safe.entries.is_empty(), "the disk still says that it is in the file");
    let again = restarted(&world, VaultUse::Keyring, Vault::Works);
    assert_eq!(again.view().vault, VaultState::NeedsPassphrase, "and there it is found");
    world.disk_full = None;
    world.command(Command::Device(AccountId(1), ringfence::phone::command::DeviceCommand::EndOthers(true)));
    assert_eq!(place(&world), PasswordPlace::Keyring);
    assert!(world.safe.entries.is_empty(), "{:?}", world.safe.entries);
    let world = restarted(&world, VaultUse::Keyring, Vault::Works);
    assert_eq!((world.state(), &world.view().vault), (Some(AccountState::Registered), &VaultState::Ok));
}

#[test]
fn passwords_that_cannot_be_moved_stay_where_they_are_and_that_is_said() {
    let mut world = in_the_file();
    world.ask(1, Command::Trust(TrustCommand::Move(Place::Keyring)));
    assert_eq!(world.outcome(1).unwrap().unwrap_err().kind, ProblemKind::NotNow, "there is no keyring");
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.ask(2, Command::Trust(TrustCommand::Move(Place::Passphrase)));
    assert_eq!(world.outcome(2).unwrap().unwrap_err().kind, ProblemKind::NotNow, "no file is open");
    unlock(&mut world, PHRASE);
    world.vault = Vault::Fails(VaultError::Locked);
    world.ask(3, Command::Trust(TrustCommand::Move(Place::Passphrase)));
    assert!(said(&world, ProblemKind::PasswordsNotMoved));
    assert_eq!(place(&world), PasswordPlace::Keyring);
    assert!(!world.kept.is_empty() && world.safe.entries.is_empty());
}

#[test]
fn a_keyring_without_the_password_is_told_apart_from_one_that_does_not_work() {
    let before = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), std::collections::BTreeMap::new());
    world.load();
    let account = &world.view().accounts[0];
    assert_eq!(account.state, AccountState::NeedsPassword);
    assert_eq!(account.problem.as_ref().map(|problem| problem.kind), Some(ProblemKind::PasswordGone));
    let world = restarted(&before, VaultUse::Keyring, Vault::Fails(VaultError::Locked));
    assert_eq!(world.view().accounts[0].problem, None);
}

#[test]
fn who_chose_session_only_is_not_asked_again_and_can_change_their_mind() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Fails(VaultError::Missing);
    world.sign_in(numeric(None));
    world.command(Command::Trust(TrustCommand::UseSession));
    assert_eq!(world.view().vault_question, None);
    let mut world = restarted(&world, VaultUse::Keyring, Vault::Fails(VaultError::Missing));
    assert_eq!((world.view().vault_question.clone(), place(&world)), (None, PasswordPlace::Session));
    world.command(Command::GivePassword(AccountId(1), Secret::from(PASSWORD)));
    world.command(Command::Trust(TrustCommand::UsePassphrase(Secret::from(PHRASE))));
    assert_eq!(place(&world), PasswordPlace::Passphrase);
    let world = restarted(&world, VaultUse::Keyring, Vault::Fails(VaultError::Missing));
    assert_eq!(world.view().vault_question, Some(VaultQuestion::Unlock(None)));
}

#[test]
fn signing_out_empties_the_file_too() {
    let mut world = in_the_file();
    world.command(Command::SignOut(AccountId(1)));
    world.pass(Duration::from_secs(3));
    assert!(world.safe.entries.is_empty(), "{:?}", world.safe.entries);
}

#[test]
fn no_input_output_or_state_shows_passphrase_or_password() {
    let mut world = in_the_file();
    unlock(&mut world, "canary-phrase mistyped");
    world.command(Command::SignOut(AccountId(1)));
    world.pass(Duration::from_secs(3));
    assert!(world.debug.len() > 10_000);
    let view = format!("{:?} {:?}", world.view(), world.events);
    for needle in ["canary-phrase", PASSWORD] {
        assert!(!world.debug.contains(needle) && !view.contains(needle), "{needle}");
    }
}
