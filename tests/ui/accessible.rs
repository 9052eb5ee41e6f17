//! Every screen can be used without seeing it, and hit without aiming.

use std::collections::BTreeSet;

use egui::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::phone::view::{EndReason, PhoneView};

use crate::made_up;
use crate::rig::{press, sized, window};

fn screens() -> Vec<(&'static str, PhoneView)> {
    vec![
        ("first start", PhoneView::default()),
        ("signing in", made_up::signing_in()),
        ("failed", made_up::sign_in_failed()),
        ("question", made_up::ask_unencrypted()),
        ("recents", made_up::ready()),
        ("in a call", made_up::in_call()),
        ("ended", made_up::ended(EndReason::Silent)),
        ("incoming", made_up::incoming()),
    ]
}

fn too_small(window: &crate::rig::Window) -> Vec<String> {
    let hit = [Role::Button, Role::Tab, Role::RadioButton, Role::ComboBox, Role::TextInput, Role::PasswordInput];
    window
        .root()
        .children_recursive()
        .filter(|node| hit.contains(&node.accesskit_node().role()))
        .filter(|node| node.rect().height() < 35.9 || node.rect().width() < 35.9)
        .map(|node| format!("{:?} {:?}", node.accesskit_node().label(), node.rect()))
        .collect()
}

#[test]
fn everything_that_can_be_hit_is_36_points_or_more() {
    for (name, view) in screens() {
        let window = sized(view, [360.0, 800.0]);
        assert_eq!(too_small(&window), Vec::<String>::new(), "{name}");
    }
    let mut window = sized(made_up::ready(), [360.0, 1200.0]);
    press(&mut window, "Settings");
    assert_eq!(too_small(&window), Vec::<String>::new(), "settings");
    press(&mut window, "Back");
    press(&mut window, "Keypad");
    assert_eq!(too_small(&window), Vec::<String>::new(), "keypad");
}

#[test]
fn the_smallest_window_still_shows_the_call_button_and_the_red_one() {
    let mut window = sized(made_up::ready(), [320.0, 480.0]);
    press(&mut window, "Keypad");
    let call = window.get_by_label("Call").rect();
    let tab = window.get_by_label("Keypad").rect();
    assert!(call.bottom() <= tab.top(), "{call:?} {tab:?}");
    let window = sized(made_up::in_call(), [320.0, 480.0]);
    let end = window.get_by_label("End").rect();
    let mute = window.get_by_label("Mute").rect();
    assert!(end.bottom() <= 488.0 && mute.bottom() <= end.top(), "{end:?} {mute:?}");
}

#[test]
fn the_tab_key_reaches_every_button_of_a_call() {
    let mut window = window(made_up::in_call());
    let mut reached = Vec::new();
    for _ in 0..8 {
        window.key_press(egui::Key::Tab);
        window.run();
        let focused = window.root().children_recursive().find(egui_kittest::Node::is_focused);
        reached.extend(focused.and_then(|node| node.accesskit_node().label()));
    }
    for name in ["Mute", "Hold", "Keypad", "Audio", "End"] {
        assert!(reached.iter().any(|r| r == name), "{name} is not among {reached:?}");
    }
}

/// Names of what can be pressed, chosen or typed into.
fn controls(window: &crate::rig::Window) -> BTreeSet<String> {
    let kinds = [Role::Button, Role::Tab, Role::RadioButton, Role::ComboBox, Role::TextInput, Role::PasswordInput];
    let nodes = window.root().children_recursive().map(|node| node.accesskit_node());
    let nodes = nodes.filter(|node| kinds.contains(&node.role()) && !node.is_disabled());
    nodes.map(|node| node.label().unwrap_or_default()).collect()
}

#[test]
fn in_every_scene_each_control_has_a_name_and_the_tab_key_reaches_it() {
    let mut wrong = Vec::new();
    // What stands behind the sheet of shortcuts is not to be reached while that is open.
    for scene in crate::scenes::NAMES.into_iter().filter(|name| *name != "shortcuts") {
        let (view, state) = crate::scenes::scene(scene).expect("it is among the names");
        let mut window = sized(view, [360.0, 1700.0]);
        window.state_mut().state = state;
        window.run();
        let mut missing = controls(&window);
        if missing.contains("") {
            wrong.push(format!("{scene}: something without a name among {missing:?}"));
        }
        for _ in 0..missing.len() * 2 + 8 {
            window.key_press(egui::Key::Tab);
            window.step();
            if missing.is_empty() {
                break;
            }
            if let Some(focused) = window.root().children_recursive().find(egui_kittest::Node::is_focused) {
                missing.remove(&focused.accesskit_node().label().unwrap_or_default());
            }
        }
        if !missing.is_empty() {
            wrong.push(format!("{scene}: Tab does not reach {missing:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_call_s_state_is_a_live_region() {
    let window = window(made_up::in_call());
    let node = window.get_by_label("Call with Anna Berg: connected");
    assert_eq!(node.accesskit_node().data().live(), Some(egui::accesskit::Live::Polite));
}
