//! The change, the notice and the questions by keyboard alone: Tab in the order of reading, Enter to press, Escape to
//! leave.

use egui::{Key, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::phone::command::{Begin, ChangeCommand, Command, GuardCommand, NoticeCommand, TrustCommand};
use ringfence::phone::view::{ChangePhase, GuardVerdict, PhoneView};
use ringfence::ui::state::{Page, SecurityPage};

use crate::breach::{self, changing};
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, sized, type_text, window};

fn key(window: &mut Window, key: Key) {
    window.key_press(key);
    window.run();
}

/// What has the focus: its name and place.
fn focused(window: &Window) -> Option<(String, Rect)> {
    let node = window.root().children_recursive().find(egui_kittest::Node::is_focused)?;
    Some((node.accesskit_node().label().unwrap_or_default(), node.rect()))
}

/// Presses Tab until this has the focus.
fn tab_to(window: &mut Window, name: &str) {
    let mut seen = Vec::new();
    for _ in 0..40 {
        key(window, Key::Tab);
        match focused(window) {
            Some((label, _)) if label == name => return,
            other => seen.extend(other.map(|(label, _)| label)),
        }
    }
    panic!("Tab does not reach {name}: {seen:?}");
}

/// Reaches it by Tab, presses Enter, and returns what the window asked for.
fn enter(window: &mut Window, name: &str) -> Vec<Command> {
    tab_to(window, name);
    key(window, Key::Enter);
    asked(window)
}

fn change(command: ChangeCommand) -> Command {
    Command::Change(HOME, command)
}

fn on(view: PhoneView, page: SecurityPage, size: [f32; 2]) -> Window {
    let mut window = sized(view, size);
    window.state_mut().state.page = Page::Security;
    window.state_mut().state.security.go(page);
    window.run();
    asked(&mut window);
    window
}

#[test]
fn a_whole_change_is_made_by_keyboard() {
    let mut window = window(breach::breach());
    assert_eq!(enter(&mut window, "Review"), [change(ChangeCommand::Begin(Begin::Notice))]);
    window.state_mut().view = breach::composing();
    window.run();
    assert_eq!(enter(&mut window, "Change now"), [change(ChangeCommand::Go)]);
    window.state_mut().view = changing(ChangePhase::Testing);
    window.run();
    assert_eq!(enter(&mut window, "Keep calling, finish in the background"), []);
    assert_eq!(window.state().state.page, Page::Main);
    window.state_mut().view = breach::done();
    window.run();
    assert_eq!(enter(&mut window, "Show"), []);
    assert_eq!(enter(&mut window, "Done"), [change(ChangeCommand::Finish)]);
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn a_change_at_the_provider_s_page_is_made_by_keyboard() {
    let mut window = on(breach::told(), SecurityPage::Change, [360.0, 600.0]);
    enter(&mut window, "Voxline gave me one");
    tab_to(&mut window, "Line (SIP) password");
    type_text(&mut window, "given9");
    key(&mut window, Key::Enter);
    assert_eq!(asked(&mut window), [change(ChangeCommand::GaveMeOne("given9".into()))]);
    assert_eq!(enter(&mut window, "I've changed it"), [change(ChangeCommand::ChangedIt)]);
}

#[test]
fn a_notice_is_read_put_off_and_followed_by_keyboard() {
    let id = breach::notice().id;
    let mut window = on(breach::breach(), SecurityPage::Notice(id.clone()), [360.0, 600.0]);
    enter(&mut window, "Why trust this?");
    assert_eq!(window.state().state.security.page(), SecurityPage::Why(id.clone()));
    key(&mut window, Key::Escape);
    assert_eq!(window.state().state.security.page(), SecurityPage::Notice(id.clone()));
    let put_off = enter(&mut window, "Not now");
    assert!(matches!(put_off.as_slice(), [Command::Notice(HOME, NoticeCommand::Snooze(of, _))] if *of == id));
    let mut window = on(breach::breach(), SecurityPage::Notice(id), [360.0, 600.0]);
    assert_eq!(enter(&mut window, "Change it"), [change(ChangeCommand::Begin(Begin::Notice))]);
}

#[test]
fn tab_goes_through_a_page_as_it_is_read() {
    let id = breach::notice().id;
    for page in [
        SecurityPage::Centre,
        SecurityPage::Notice(id),
        SecurityPage::Change,
        SecurityPage::Told,
        SecurityPage::Contact,
        SecurityPage::Lockdown,
    ] {
        // As tall as the page, so that nothing scrolls under the measuring.
        let mut window = on(breach::composing(), page.clone(), [360.0, 1600.0]);
        let mut places: Vec<(String, Rect)> = Vec::new();
        while places.len() < 40 {
            key(&mut window, Key::Tab);
            let Some(now) = focused(&window) else { break };
            if places.first().is_some_and(|first| first.0 == now.0) {
                break;
            }
            places.push(now);
        }
        // The bar at the top comes first, the way to the keypad before the way back.
        let below: Vec<_> = places.iter().filter(|(name, _)| name != "Keypad" && name != "Back").collect();
        assert!(below.len() > 1, "{page:?}: {places:?}");
        for pair in below.windows(2) {
            let ((before, a), (after, b)) = (pair[0], pair[1]);
            let same_row = (a.center().y - b.center().y).abs() < 24.0;
            assert!(if same_row { a.left() < b.left() } else { a.top() < b.top() }, "{page:?}: {before}, then {after}");
        }
    }
}

#[test]
fn escape_leads_out_of_every_page_and_decides_nothing() {
    use SecurityPage::{Bill, Centre, Change, Contact, Devices, Limits, Lockdown, Log, Remove, Told, Vault, Weaker};
    for page in [Centre, Change, Told, Devices, Limits, Bill, Log, Contact, Remove, Lockdown, Vault, Weaker] {
        let mut window = on(breach::composing(), page.clone(), [360.0, 600.0]);
        key(&mut window, Key::Tab);
        for _ in 0..3 {
            key(&mut window, Key::Escape);
        }
        assert_eq!(window.state().state.page, Page::Main, "{page:?}");
        assert_eq!(asked(&mut window), [], "{page:?}");
    }
}

#[test]
fn the_guard_is_answered_by_keyboard_and_escape_says_no() {
    let mut window = window(breach::guard(GuardVerdict::Type("premium".into())));
    type_text(&mut window, "premium");
    assert_eq!(window.state().state.dial, "", "what is typed is the guard's word, not a number");
    let dial = Command::Guard(GuardCommand::Dial(Some("premium".into())));
    assert_eq!(enter(&mut window, "Call it"), [dial]);
    key(&mut window, Key::Escape);
    assert_eq!(asked(&mut window), [Command::Guard(GuardCommand::Cancel)]);
}

#[test]
fn escape_refuses_a_certificate() {
    let mut window = window(breach::certificate(true));
    key(&mut window, Key::Escape);
    assert_eq!(asked(&mut window), [Command::Trust(TrustCommand::RefuseCertificate)]);
}

#[test]
fn the_keypad_is_reached_from_the_guard_s_question_and_the_question_is_answered_with_no() {
    let mut window = window(breach::guard(GuardVerdict::Confirm));
    assert_eq!(enter(&mut window, "Keypad"), [Command::Guard(GuardCommand::Cancel)]);
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn during_a_call_no_sheet_is_open_and_one_line_stands_above_end() {
    let mut view = breach::composing();
    view.calls = vec![made_up::talking()];
    let window = on(view, SecurityPage::Change, [360.0, 600.0]);
    assert!(window.query_by_label("Change now").is_none());
    let line = window.get_by_label("After this call: change your line password").rect();
    let end = window.get_by_label("End").rect();
    assert!(line.bottom() <= end.top() && end.top() - line.bottom() < 40.0, "{line:?} {end:?}");
}
