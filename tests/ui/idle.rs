//! When nothing changes, no frame is painted.

use std::time::Duration;

use egui::ViewportId;
use ringfence::phone::view::{ChangePhase, EndReason, GuardVerdict, PhoneView};
use ringfence::ui::state::{Page, SecurityPage};

use crate::breach;
use crate::made_up;
use crate::rig::{Window, press, type_text, window};

fn next_frame(window: &Window) -> Duration {
    window.output().viewport_output[&ViewportId::ROOT].repaint_delay
}

#[test]
fn screens_at_rest_ask_for_no_frame() {
    for (name, view) in [
        ("recents", made_up::ready()),
        ("first start", PhoneView::default()),
        ("a failed sign-in", made_up::sign_in_failed()),
        ("a sign-in in progress", made_up::signing_in()),
        ("an incoming call", made_up::incoming()),
        ("an ended call", made_up::ended(EndReason::HungUp)),
    ] {
        let mut window = window(view);
        window.run();
        assert_eq!(next_frame(&window), Duration::MAX, "{name}");
    }
}

#[test]
fn a_field_with_the_focus_asks_for_no_frame() {
    let mut window = window(made_up::ready());
    type_text(&mut window, "an");
    window.run();
    assert_eq!(next_frame(&window), Duration::MAX);
}

#[test]
fn settings_at_rest_ask_for_no_frame() {
    let mut window = window(made_up::ready());
    press(&mut window, "Settings");
    window.remove_cursor();
    window.run();
    assert_eq!(next_frame(&window), Duration::MAX);
}

#[test]
fn security_pages_at_rest_ask_for_no_frame_and_so_nothing_on_them_times_out() {
    let id = breach::notice().id;
    for (page, view) in [
        (SecurityPage::Centre, breach::breach()),
        (SecurityPage::Notice(id.clone()), breach::breach()),
        (SecurityPage::Why(id), breach::breach()),
        (SecurityPage::Change, breach::composing()),
        (SecurityPage::Change, breach::changing(ChangePhase::Testing)),
        (SecurityPage::Change, breach::changing(ChangePhase::SaveElsewhere)),
        (SecurityPage::Change, breach::told()),
        (SecurityPage::Change, breach::done()),
        (SecurityPage::Told, breach::told()),
        (SecurityPage::Devices, breach::done()),
        (SecurityPage::Limits, breach::breach()),
        (SecurityPage::Bill, breach::bill_result()),
    ] {
        let mut window = window(view);
        window.state_mut().state.page = Page::Security;
        window.state_mut().state.security.go(page.clone());
        window.run();
        window.run();
        assert_eq!(next_frame(&window), Duration::MAX, "{page:?}");
    }
}

#[test]
fn questions_at_rest_ask_for_no_frame() {
    for view in [breach::guard(GuardVerdict::Type("premium".into())), breach::certificate(true)] {
        let mut window = window(view);
        window.run();
        assert_eq!(next_frame(&window), Duration::MAX);
    }
}

#[test]
fn a_call_asks_for_the_next_frame_of_its_meters_and_no_sooner() {
    let mut window = window(made_up::in_call());
    window.run();
    let delay = next_frame(&window);
    assert!(delay >= Duration::from_millis(50) && delay <= Duration::from_millis(125), "{delay:?}");
    press(&mut window, "Keypad");
    window.remove_cursor();
    window.run();
    // Without meters, only the timer's next second.
    assert!(next_frame(&window) > Duration::from_millis(500), "{:?}", next_frame(&window));
}
