//! First start.

use egui::Key;
use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::{AccountDraft, Command};
use ringfence::phone::view::PhoneView;
use ringfence::port::net::Transport;

use crate::made_up;
use crate::rig::{Window, asked, press, sized, type_text, window};

fn fill(window: &mut Window, field: &str, text: &str) {
    window
        .get_by(|node| node.label().is_some_and(|l| l == field) && egui::accessibility::is_input(node.role()))
        .click();
    window.run();
    type_text(window, text);
}

#[test]
fn two_fields_and_enter_sign_in() {
    let mut window = window(PhoneView::default());
    fill(&mut window, "SIP address", "alice@voxline.example");
    fill(&mut window, "Line (SIP) password", "correct horse");
    window.key_press(Key::Enter);
    window.run();
    let draft = AccountDraft { address: "alice@voxline.example".into(), ..AccountDraft::default() };
    assert_eq!(asked(&mut window), [Command::SignIn(Box::new(draft), "correct horse".into())]);
}

#[test]
fn nothing_is_sent_before_both_fields_are_filled() {
    let mut window = window(PhoneView::default());
    assert_eq!(press(&mut window, "Connect"), []);
    fill(&mut window, "SIP address", "alice");
    fill(&mut window, "Line (SIP) password", "x");
    assert_eq!(press(&mut window, "Connect"), []);
}

#[test]
fn the_demo_needs_no_field() {
    assert_eq!(press(&mut window(PhoneView::default()), "Try it without an account"), [Command::SignInDemo]);
}

#[test]
fn advanced_fields_reach_the_draft() {
    let mut window = sized(PhoneView::default(), [360.0, 1000.0]);
    fill(&mut window, "SIP address", "alice@voxline.example");
    fill(&mut window, "Line (SIP) password", "pw");
    press(&mut window, "Advanced");
    fill(&mut window, "Server", "sip.voxline.example");
    fill(&mut window, "Port", "5070");
    press(&mut window, "Transport: TCP");
    fill(&mut window, "Outbound proxy", "proxy.voxline.example");
    fill(&mut window, "Authentication name", "alice-17");
    let draft = AccountDraft {
        address: "alice@voxline.example".into(),
        server: Some("sip.voxline.example:5070".into()),
        transport: Some(Transport::Tcp),
        outbound_proxy: Some("proxy.voxline.example".into()),
        auth_user: Some("alice-17".into()),
        ..AccountDraft::default()
    };
    assert_eq!(press(&mut window, "Connect"), [Command::SignIn(Box::new(draft), "pw".into())]);
}

#[test]
fn each_step_is_shown_and_can_be_cancelled() {
    let mut window = window(made_up::signing_in());
    window.get_by_label("Found voxline.example");
    window.get_by_label("Encrypted connection (TLS 1.3)");
    window.get_all_by_label("Signing in…").next().unwrap();
    assert_eq!(press(&mut window, "Cancel"), [Command::CancelSignIn]);
}

#[test]
fn a_failed_sign_in_says_why_and_keeps_what_was_typed() {
    let mut window = window(PhoneView::default());
    fill(&mut window, "SIP address", "alice@voxline.example");
    fill(&mut window, "Line (SIP) password", "wrong");
    press(&mut window, "Connect");
    window.state_mut().view = made_up::sign_in_failed();
    window.run();
    window.get_all_by_label("voxline.example refused this password.").next().unwrap();
    assert_eq!(window.state().state.sign_in.address, "alice@voxline.example");
    assert_eq!(press(&mut window, "Connect").len(), 1);
}

#[test]
fn an_unencrypted_transport_is_asked_about() {
    let mut window = sized(made_up::ask_unencrypted(), [360.0, 700.0]);
    window.get_by_label("Only UDP answers, and it is not encrypted.");
    assert_eq!(press(&mut window, "Go on anyway"), [Command::AcceptUnencrypted]);
    assert_eq!(press(&mut window, "Stop here"), [Command::CancelSignIn]);
    assert!(window.query_by_label("Connect").is_none());
}
