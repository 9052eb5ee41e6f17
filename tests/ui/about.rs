//! Settings, About: releases and licences.

use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::Command;
use ringfence::phone::settings::Settings;
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{State, Step, Updating};
use ringfence::phone::view::PhoneView;
use ringfence::port::Installation;
use ringfence::port::release::{Effect, Trouble};
use ringfence::ui::state::Page;

use crate::made_up::{self, NOW, newer, updating};
use crate::rig::{Window, asked, press, says, sized, window};

const NEW: Version = Version(1, 2, 0);

/// The settings of this phone.
fn about(view: PhoneView) -> Window {
    let mut window = sized(view, [360.0, 1700.0]);
    press(&mut window, "Settings");
    window
}

fn with(release: State, updating: Updating) -> PhoneView {
    PhoneView { release, updating, ..made_up::ready() }
}

#[test]
fn a_build_without_a_channel_says_so_and_offers_nothing_to_press() {
    let window = about(PhoneView { installation: Installation::Deb, ..made_up::ready() });
    assert!(says(&window, "This build has no release channel: it asks nobody"));
    assert!(says(&window, Installation::Deb.how_to_update()));
    for absent in ["Look now", "Look for new releases", "Install"] {
        assert!(!says(&window, absent), "{absent}");
    }
}

#[test]
fn looking_is_switched_and_done_now() {
    let mut window = about(with(State::Newest(NOW), updating(Step::Idle)));
    assert!(says(&window, "Asks updates.example once a day"));
    assert_eq!(press(&mut window, "Look now: This is the newest version"), [Command::LookForRelease]);
    let off = Settings { no_release_check: true, ..Settings::default() };
    let wish = Command::SetSettings(Box::new(off.clone()));
    assert_eq!(press(&mut window, "Look for new releases: Off"), [wish]);
    window.state_mut().view.settings = off;
    window.state_mut().view.release = State::Off;
    window.run();
    assert!(says(&window, "Nobody looks whether there is a newer version") && !says(&window, "Look now"));
    let wish = Command::SetSettings(Box::default());
    assert_eq!(press(&mut window, "Look for new releases: On"), [wish]);
}

#[test]
fn what_is_known_is_said_in_words() {
    let unconfirmed = Updating { confirmed: None, in_vain: true, offer: None, ..updating(Step::Idle) };
    for (release, updating, words) in [
        (State::Unknown, Updating { confirmed: None, offer: None, ..updating(Step::Idle) }, "Not looked yet"),
        (State::Newest(NOW), updating(Step::Idle), "This is the newest version. Last confirmed"),
        (State::Newest(NOW), Updating { looking: true, ..updating(Step::Idle) }, "Looking now"),
        (State::Newest(NOW), Updating { in_vain: true, ..updating(Step::Idle) }, "brought no answer that counts"),
        (
            newer(false),
            updating(Step::Idle),
            "Ringfence 1.2.0 is available. Calls no longer drop after an hour. Echo is shorter.",
        ),
        (State::Unconfirmed(None), unconfirmed.clone(), "Nobody could say whether this is the newest version"),
        (State::Unconfirmed(Some(NOW)), unconfirmed, "Not confirmed for long that this is the newest version"),
        (State::Withdrawn { reason: "It leaks".into(), instead: None }, updating(Step::Idle), "withdrawn. It leaks."),
    ] {
        let window = about(with(release.clone(), updating));
        assert!(says(&window, words), "{release:?}: {words}");
    }
}

#[test]
fn every_installation_hears_how_it_is_updated() {
    for installation in [
        Installation::Deb,
        Installation::Rpm,
        Installation::Arch,
        Installation::Flatpak,
        Installation::AppImage("/home/anna/Phone.AppImage".into()),
        Installation::Archive("/home/anna/.local".into()),
        Installation::Windows,
        Installation::MacBundle,
        Installation::ByHand,
    ] {
        let how = installation.how_to_update();
        let none = Updating { offer: None, ..updating(Step::Idle) };
        let mut window = about(PhoneView { installation, ..with(newer(false), none) });
        assert!(says(&window, how) && !says(&window, "Install: "), "{how}");
        press(&mut window, "Back");
        assert!(says(&window, how), "the banner: {how}");
    }
}

#[test]
fn a_release_is_installed_only_by_a_press_and_given_up_by_another() {
    let mut window = about(with(newer(false), updating(Step::Idle)));
    assert_eq!(asked(&mut window), []);
    let name = "Install: Ringfence 1.2.0 can be installed from here (11 MB)";
    assert_eq!(press(&mut window, name), [Command::InstallRelease(NEW)]);
    for (step, words) in [
        (Step::Looking(NEW), "Making sure that 1.2.0 is still the one to use"),
        (Step::AfterCall(NEW), "1.2.0 is fetched after the call"),
        (Step::Fetching(NEW, 4_400_000, 11_000_000), "Fetching 1.2.0: 40 %"),
    ] {
        window.state_mut().view.updating = updating(step);
        window.run();
        assert_eq!(press(&mut window, &format!("Cancel: {words}")), [Command::CancelInstall]);
    }
    for (step, words) in [
        (Step::Placing(NEW), "Putting 1.2.0 into its place"),
        (Step::Placed(NEW, Effect::NextStart), "It is used when you start Ringfence again."),
        (Step::Placed(NEW, Effect::AtQuit), "Ringfence 1.2.0 is installed when you quit Ringfence."),
    ] {
        window.state_mut().view.updating = updating(step);
        window.run();
        assert!(says(&window, words) && !says(&window, "Cancel:") && !says(&window, "Install:"), "{words}");
    }
    window.state_mut().view.updating = updating(Step::Failed(NEW, Trouble::Hash));
    window.run();
    assert!(says(&window, "is not the one that was signed. It was thrown away. Nothing has changed."));
    assert_eq!(press(&mut window, "Try again: 1.2.0 was not installed"), [Command::InstallRelease(NEW)]);
}

#[test]
fn a_newer_release_is_a_banner_that_leads_to_its_progress_and_can_be_dismissed() {
    let mut window = window(with(newer(false), updating(Step::Idle)));
    assert!(says(&window, "Ringfence 1.2.0 is available"));
    assert_eq!(press(&mut window, "Install"), [Command::InstallRelease(NEW), Command::WatchDevices(true)]);
    assert_eq!(window.state().state.page, Page::Settings);
    press(&mut window, "Back");
    press(&mut window, "Dismiss");
    assert!(!says(&window, "Ringfence 1.2.0 is available"));
}

#[test]
fn what_is_about_safety_stays() {
    let withdrawn = State::Withdrawn { reason: "It leaks.".into(), instead: Some(Version(0, 0, 9)) };
    for (release, words) in [
        (withdrawn, "This release was withdrawn"),
        (newer(true), "This version is not safe any more: use Ringfence 1.2.0"),
    ] {
        let mut window = window(with(release, Updating { offer: None, ..updating(Step::Idle) }));
        assert!(says(&window, words));
        assert!(window.query_by_label("Dismiss").is_none(), "{words}");
        press(&mut window, "Settings");
        press(&mut window, "Back");
        assert!(says(&window, words));
    }
}

#[test]
fn the_licences_of_every_part_can_be_read() {
    let mut window = about(made_up::ready());
    press(&mut window, "Read");
    assert_eq!(window.state().state.page, Page::Licences);
    assert_eq!(press(&mut window, "Ringfence"), []);
    assert!(says(&window, "The parts below are under their own") && says(&window, "Apache License"));
    press(&mut window, "Back");
    window.query_all_by_label_contains("ab_glyph 0").next().expect("a part").click();
    window.run();
    assert!(says(&window, "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION"));
    press(&mut window, "Back");
    press(&mut window, "Back");
    assert_eq!((window.state().state.page, &window.state().state.licences), (Page::Settings, &None));
}
