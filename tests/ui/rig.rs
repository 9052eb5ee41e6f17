//! A window without a display around a made-up phone.

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::base::WallTime;
use ringfence::base::units::Decibels;
use ringfence::phone::command::Command;
use ringfence::phone::view::PhoneView;
use ringfence::ui::screens::{self, Scene};
use ringfence::ui::state::UiState;
use ringfence::ui::{Moment, theme};

use crate::made_up::NOW;

/// What the window is drawn from, and what it asked for.
pub(crate) struct Rig {
    pub(crate) view: PhoneView,
    pub(crate) now: WallTime,
    pub(crate) state: UiState,
    pub(crate) out: Vec<Command>,
}

pub(crate) type Window = Harness<'static, Rig>;

/// The window with this phone, at rest.
pub(crate) fn window(view: PhoneView) -> Window {
    sized(view, [360.0, 600.0])
}

pub(crate) fn sized(view: PhoneView, size: [f32; 2]) -> Window {
    let rig = Rig { view, now: NOW, state: UiState::default(), out: Vec::new() };
    // The harness puts a margin of 8 points around its content; the real window has none.
    let size = size.map(|side| side + 16.0);
    let mut window = Harness::builder().with_size(size).with_context_setup(theme::install).build_ui_state(
        |ui, rig: &mut Rig| {
            let levels = (Decibels(-30.0), Decibels(-20.0));
            let scene = Scene { view: &rig.view, now: Moment::utc(rig.now), levels };
            screens::root(ui, &scene, &mut rig.state, &mut rig.out);
        },
        rig,
    );
    window.run();
    window
}

/// Presses the button with this name and returns everything that the window has asked for since the last time.
pub(crate) fn press(window: &mut Window, name: &str) -> Vec<Command> {
    window.get_by_label(name).click();
    window.run();
    asked(window)
}

/// Whether some node says these words, or more.
pub(crate) fn says(window: &Window, words: &str) -> bool {
    window.query_all_by_label_contains(words).next().is_some()
}

/// Presses the button with this name and returns the addresses that went to the browser.
pub(crate) fn opened_by(window: &mut Window, name: &str) -> Vec<String> {
    window.get_by_label(name).click();
    let mut opened = Vec::new();
    for _ in 0..4 {
        window.step();
        for command in &window.output().platform_output.commands {
            if let egui::OutputCommand::OpenUrl(open) = command {
                opened.push(open.url.clone());
            }
        }
    }
    opened
}

/// What the window has asked for since the last time.
pub(crate) fn asked(window: &mut Window) -> Vec<Command> {
    std::mem::take(&mut window.state_mut().out)
}

/// Presses Tab so often and returns the names of what had the focus in turn.
pub(crate) fn tab_through(window: &mut Window, presses: usize) -> Vec<String> {
    let mut reached = Vec::new();
    for _ in 0..presses {
        window.key_press(egui::Key::Tab);
        window.run();
        let focused = window.root().children_recursive().find(egui_kittest::Node::is_focused);
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    reached
}

/// Types into whatever has the focus, one character an event, as a keyboard does.
pub(crate) fn type_text(window: &mut Window, text: &str) {
    for c in text.chars() {
        window.event(egui::Event::Text(c.to_string()));
        window.run();
    }
}
