//! What the person has to do: at the website, where neither password works, where there is no keyring.

use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::phone::view::{ChangePhase, KeyringTrouble, NeedsPerson, PhoneView, VaultQuestion};
use ringfence::ui::state::SecurityPage;

use super::{command, sheet};
use crate::breach::{self, changing};
use crate::rig::{asked, opened_by, press, says, type_text};

/// The person changes the password at the provider's website.
fn by_hand(phase: ChangePhase) -> PhoneView {
    let mut view = breach::told();
    view.security[0].change.phase = phase;
    view
}

#[test]
fn the_person_who_changes_it_by_hand_says_so_or_pastes_what_they_got() {
    let mut window = sheet(by_hand(ChangePhase::AtProvider));
    assert_eq!(press(&mut window, "I've changed it"), [command(ChangeCommand::ChangedIt)]);
    assert_eq!(press(&mut window, "Voxline gave me one"), []);
    window.get_by_label("Line (SIP) password").click();
    window.run();
    type_text(&mut window, "given9");
    assert_eq!(press(&mut window, "Test this one"), [command(ChangeCommand::GaveMeOne("given9".into()))]);
    assert_eq!(press(&mut window, "I did not change it after all"), [command(ChangeCommand::Cancel)]);
}

#[test]
fn the_provider_s_page_opens_in_the_browser_with_its_host_said_first() {
    let mut window = sheet(by_hand(ChangePhase::AtProvider));
    window.get_by_label_contains("Opens www.voxline.example in your browser.");
    assert_eq!(opened_by(&mut window, "Open: Change it at Voxline"), ["https://www.voxline.example/account"]);
}

#[test]
fn when_neither_password_works_the_one_that_counts_is_asked_for() {
    let mut window = sheet(changing(ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks)));
    assert!(says(&window, "Voxline accepts neither the old nor the new password."));
    window.get_by_label("Line (SIP) password").click();
    window.run();
    type_text(&mut window, "now");
    window.key_press(egui::Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), [command(ChangeCommand::GaveMeOne("now".into()))]);
}

#[test]
fn without_a_keyring_a_safe_place_is_offered_before_anything_changes() {
    let asks = |question| PhoneView {
        vault_question: Some(question),
        ..changing(ChangePhase::Keyring(KeyringTrouble::Missing))
    };
    let mut window = sheet(asks(VaultQuestion::Unlock(None)));
    assert_eq!(press(&mut window, "Open the file"), []);
    assert_eq!(window.state().state.security.page(), SecurityPage::Vault);
    let mut window = sheet(asks(VaultQuestion::Choose));
    assert_eq!(press(&mut window, "Choose a safe place"), []);
    assert_eq!(window.state().state.security.page(), SecurityPage::Vault);
    let mut window = sheet(changing(ChangePhase::Keyring(KeyringTrouble::Locked)));
    assert_eq!(press(&mut window, "Try again"), [Command::RetryVault]);
}

#[test]
fn session_only_wants_the_last_four_of_the_person_s_own_copy() {
    let mut window = sheet(changing(ChangePhase::SaveElsewhere));
    assert!(says(&window, "your own copy is the only one"));
    assert_eq!(press(&mut window, "I have saved it"), [], "not before they are typed");
    window.get_by_label("Its last four characters").click();
    window.run();
    type_text(&mut window, "b3Yd");
    assert_eq!(press(&mut window, "I have saved it"), [command(ChangeCommand::SavedElsewhere("b3Yd".into()))]);
}
