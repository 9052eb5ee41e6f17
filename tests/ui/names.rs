//! People whose names the window's fonts cannot draw: their number stands there instead of boxes.

use egui::Shape;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use ringfence::phone::view::{EndReason, PhoneView};
use ringfence::ui::screens::incoming::{self, Card};
use ringfence::ui::theme;

use crate::made_up;
use crate::rig::window;

/// Every piece of text in what was painted.
fn painted<State>(harness: &Harness<'_, State>) -> Vec<String> {
    fn collect(shape: &Shape, all: &mut Vec<String>) {
        if let Shape::Text(text) = shape {
            all.push(text.galley.text().to_owned());
        } else if let Shape::Vec(shapes) = shape {
            shapes.iter().for_each(|shape| collect(shape, all));
        }
    }
    let mut all = Vec::new();
    harness.output().shapes.iter().for_each(|clipped| collect(&clipped.shape, &mut all));
    all
}

/// The recent calls, a call that comes in, one that goes on, one that is over: all with Anna, renamed.
fn everywhere(name: &str) -> Vec<PhoneView> {
    let mut views =
        vec![made_up::ready(), made_up::incoming(), made_up::in_call(), made_up::ended(EndReason::PeerHungUp)];
    for view in &mut views {
        view.calls.iter_mut().for_each(|call| call.peer.name = Some(name.into()));
        let mut rows = view.history.to_vec();
        rows[0].peer.name = Some(name.into());
        view.history = rows.into();
    }
    views
}

/// Anna's number as people write it.
fn number() -> String {
    let view = PhoneView {
        calls: vec![ringfence::phone::view::CallView { peer: made_up::anna(), ..made_up::talking() }],
        ..made_up::ready()
    };
    let all = painted(&window(view));
    all.into_iter().find(|words| words.starts_with("+44")).expect("the number is under the name")
}

#[test]
fn a_name_without_letters_in_our_fonts_is_painted_as_the_number_and_spoken_as_the_name() {
    let number = number();
    for name in ["田中花子", "محمد", "นิดา Berg"] {
        let first = name.chars().next().expect("a name");
        for view in everywhere(name) {
            let window = window(view);
            let words = painted(&window);
            assert!(words.contains(&number), "{words:?}");
            assert!(!words.iter().any(|w| w.contains(first)), "{words:?}");
            assert!(window.query_all_by_label_contains(name).next().is_some(), "{name} is said");
        }
        let view = &everywhere(name)[1];
        let card = Card::of(&view.calls[0], view);
        let mut harness =
            Harness::builder().with_size([360.0, 168.0]).with_context_setup(theme::install).build_ui(move |ui| {
                drop(incoming::show(ui, &card));
            });
        harness.run();
        let words = painted(&harness);
        assert!(words.contains(&number) && !words.iter().any(|w| w.contains(first)), "{words:?}");
    }
}

#[test]
fn names_in_letters_that_our_fonts_have_are_painted_as_they_are() {
    for name in ["Łucja Żółć", "Анна Берг", "Άννα"] {
        for view in everywhere(name) {
            let words = painted(&window(view));
            assert!(words.iter().any(|w| w == name), "{words:?}");
        }
    }
}
