//! The new password is seen, copied and heard only on a deliberate press, and gone as soon as its page is left.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::base::Envelope;
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::ui::state::{Aloud, Page};

use super::sheet;
use crate::breach;
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, press};

const PASSWORD: &str = "kT7mWq2vR9xLp4sZn8cHb3Yd";

/// Fills the envelope that the window has just handed over, as the phone does.
fn fill(window: &mut Window) -> Envelope {
    let envelope = match asked(window).as_slice() {
        [Command::Change(HOME, ChangeCommand::Reveal(envelope))] => envelope.clone(),
        other => panic!("{other:?}"),
    };
    envelope.fill(PASSWORD.into());
    window.run();
    envelope
}

/// Every piece of text that was painted.
fn painted(window: &Window) -> Vec<String> {
    fn collect(shape: &egui::Shape, all: &mut Vec<String>) {
        if let egui::Shape::Text(text) = shape {
            all.push(text.galley.text().to_owned());
        } else if let egui::Shape::Vec(shapes) = shape {
            shapes.iter().for_each(|shape| collect(shape, all));
        }
    }
    let mut all = Vec::new();
    window.output().shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut all));
    all
}

/// Everything that a screen reader could be told.
fn accessible(window: &Window) -> String {
    let nodes = window.root().children_recursive();
    nodes
        .map(|node| {
            let node = node.accesskit_node();
            format!("{} {}", node.label().unwrap_or_default(), node.value().unwrap_or_default())
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_new_password_is_hidden_until_show_and_painted_letter_by_letter() {
    let mut window = sheet(breach::composing());
    assert!(!painted(&window).iter().any(|text| text == "k" || text == "7"));
    window.get_by_label("Show").click();
    window.run();
    let _envelope = fill(&mut window);
    window.get_by_label("New line password, shown, 24 characters");
    let letters: String = painted(&window).into_iter().filter(|text| text.chars().count() == 1).collect();
    for c in PASSWORD.chars() {
        assert!(letters.contains(c), "{c} is not on the screen: {letters}");
    }
    for pair in PASSWORD.as_bytes().windows(3) {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        assert!(!painted(&window).iter().any(|text| text.contains(pair)), "egui holds {pair}");
        assert!(!accessible(&window).contains(pair), "the screen reader is told {pair}");
    }
    press(&mut window, "Hide");
    window.get_by_label("New line password, hidden, 24 characters");
}

#[test]
fn leaving_the_page_gives_the_password_up() {
    let mut window = sheet(breach::composing());
    window.get_by_label("Show").click();
    window.run();
    let _envelope = fill(&mut window);
    assert!(window.state().state.security.shown.is_some());
    press(&mut window, "Keypad");
    assert!(window.state().state.security.shown.is_none());
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn a_call_that_is_answered_takes_the_password_off_the_screen() {
    let mut window = sheet(breach::composing());
    window.get_by_label("Show").click();
    window.run();
    let _envelope = fill(&mut window);
    window.state_mut().view.calls = vec![made_up::talking()];
    window.run();
    assert!(window.state().state.security.shown.is_none());
}

#[test]
fn the_window_leaves_screenshots_while_the_password_can_be_seen() {
    let protections = |window: &Window| -> Vec<bool> {
        let commands = window.output().viewport_output[&egui::ViewportId::ROOT].commands.iter();
        commands
            .filter_map(
                |command| if let egui::ViewportCommand::ContentProtected(on) = command { Some(*on) } else { None },
            )
            .collect()
    };
    let mut window = sheet(breach::composing());
    window.get_by_label("Show").click();
    window.run();
    assert!(!window.state().state.security.protected, "nothing to protect yet");
    let reveal = asked(&mut window);
    let [Command::Change(_, ChangeCommand::Reveal(envelope))] = reveal.as_slice() else { panic!("{reveal:?}") };
    envelope.fill(PASSWORD.into());
    window.step();
    assert_eq!(protections(&window), [true]);
    window.get_by_label("Hide").click();
    window.step();
    window.step();
    assert!(!window.state().state.security.protected);
}

#[test]
fn copy_and_qr_code_wait_for_the_envelope_and_ask_once() {
    let mut window = sheet(breach::composing());
    window.get_by_label("Copy").click();
    window.run();
    assert!(window.state().state.security.to_copy.is_none());
    let envelope = fill(&mut window);
    assert_eq!(window.state().state.security.to_copy, Some(envelope));
    assert!(window.state().state.security.shown.is_none(), "a copy need not be seen");
    window.get_by_label("Show QR code").click();
    window.run();
    let _envelope = fill(&mut window);
    window.get_by_label("QR code of the new password. Show has the same as letters.");
    assert!(window.state().state.security.protected);
}

#[test]
fn the_password_is_read_aloud_only_after_a_warning() {
    let spelt = "Kilo, capital Tango, seven, Mike; capital Whiskey";
    let mut window = sheet(breach::composing());
    window.get_by_label("Read aloud").click();
    window.run();
    let _envelope = fill(&mut window);
    window.get_by_label_contains("Whoever is in the room, or in a call, hears it.");
    assert!(!accessible(&window).contains(spelt));
    press(&mut window, "Read it");
    assert!(accessible(&window).contains(spelt), "{}", accessible(&window));
    assert_eq!(window.state().state.security.shown.as_ref().map(|shown| shown.aloud), Some(Aloud::Yes));
}
