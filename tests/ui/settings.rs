//! Settings.

use egui::Role;
use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::Command;
use ringfence::phone::settings::{Settings, Theme};
use ringfence::phone::view::VaultState;
use ringfence::port::media::{Device, Devices, VoiceProcessing};
use ringfence::ui::state::Page;

use crate::made_up::{self, HOME};
use crate::rig::{Window, press, says, sized};

fn settings() -> Window {
    let mut view = made_up::ready();
    view.audio.devices = made_up::devices();
    view.vault = VaultState::Stuck;
    let mut window = sized(view, [360.0, 1100.0]);
    assert_eq!(press(&mut window, "Settings"), [Command::WatchDevices(true)]);
    window
}

#[test]
fn devices_are_watched_only_while_the_page_is_open() {
    let mut window = settings();
    assert_eq!(press(&mut window, "Back"), [Command::WatchDevices(false)]);
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn a_chosen_device_reaches_the_settings() {
    let mut window = settings();
    window.get_by(|node| node.role() == Role::ComboBox && node.label().as_deref() == Some("Speaker")).click();
    window.run();
    let output = Device::Id("pulse:jabra-out".into());
    let devices = Devices { output, ..Devices::default() };
    let wish = Settings { devices, ..Settings::default() };
    assert_eq!(press(&mut window, "Jabra Evolve"), [Command::SetSettings(Box::new(wish))]);
}

#[test]
fn voice_processing_and_theme_are_switched() {
    let mut window = settings();
    let devices = Devices { voice_processing: VoiceProcessing::Off, ..Devices::default() };
    let wish = Settings { devices, ..Settings::default() };
    assert_eq!(press(&mut window, "Clear voice: Off"), [Command::SetSettings(Box::new(wish))]);
    let wish = Settings { theme: Theme::Dark, ..Settings::default() };
    assert_eq!(press(&mut window, "Theme: Dark"), [Command::SetSettings(Box::new(wish))]);
}

#[test]
fn a_line_is_signed_out_after_a_second_question() {
    let mut window = settings();
    assert_eq!(press(&mut window, "Sign out"), []);
    window.get_by_label("Deletes this line and its password from this computer.");
    assert_eq!(press(&mut window, "Keep"), []);
    assert_eq!(press(&mut window, "Sign out"), []);
    assert_eq!(press(&mut window, "Delete"), [Command::SignOut(HOME)]);
}

#[test]
fn calls_are_forgotten_after_a_second_question_that_says_what_goes_with_them() {
    let mut window = settings();
    assert_eq!(press(&mut window, "Forget"), []);
    assert!(says(&window, "they cannot be brought back"));
    assert_eq!(press(&mut window, "Keep them"), []);
    assert!(!says(&window, "they cannot be brought back"));
    press(&mut window, "Forget");
    // Whoever comes back later, by whichever way, is asked anew.
    for key in [None, Some(egui::Key::Escape)] {
        press(&mut window, "Sign out");
        match key {
            Some(key) => {
                window.key_press(key);
                window.run();
            }
            None => drop(press(&mut window, "Back")),
        }
        press(&mut window, "Settings");
        assert!(window.query_by_label("Forget all").is_none() && window.query_by_label("Delete").is_none());
        press(&mut window, "Forget");
    }
    assert_eq!(press(&mut window, "Forget all"), [Command::ClearHistory]);
    assert!(window.query_by_label("Forget all").is_none());
    // Nothing is left to ask about.
    window.state_mut().state.forgetting = true;
    window.state_mut().view.history = [].into();
    window.run();
    assert!(window.query_by_label("Forget all").is_none() && !says(&window, "they cannot be brought back"));
}

#[test]
fn the_keyring_is_described_and_asked_again() {
    let mut window = settings();
    window.get_by_label_contains("The system keyring does not answer");
    assert_eq!(press(&mut window, "Try again"), [Command::RetryVault]);
}

#[test]
fn a_line_can_be_added_and_the_way_back_leads_to_settings() {
    let mut window = settings();
    press(&mut window, "Add a line");
    window.get_by_label("Connect");
    press(&mut window, "Back");
    assert_eq!(window.state().state.page, Page::Settings);
}

#[test]
fn the_page_says_what_this_program_is() {
    settings().get_by_label(concat!("Ringfence ", env!("CARGO_PKG_VERSION")));
}
