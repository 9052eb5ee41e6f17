//! Recents, the one field, the keypad, the banners.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use ringfence::base::AccountId;
use ringfence::phone::command::{Command, Dialled};
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::view::{AccountState, AccountView, KeptState, PhoneView, VaultState};
use ringfence::port::net::Transport;
use ringfence::ui::state::{Notice, Tab};

use crate::breach;
use crate::made_up::{self, HOME};
use crate::rig::{asked, press, says, type_text, window};

fn calls(to: &str) -> Command {
    Command::PlaceCall(HOME, Dialled::parse(to).unwrap())
}

fn account(change: impl FnOnce(&mut AccountView)) -> PhoneView {
    let mut view = made_up::ready();
    change(&mut view.accounts[0]);
    view
}

#[test]
fn recent_calls_say_who_what_and_when() {
    let window = window(made_up::ready());
    window.get_by_label("Today");
    window.get_by_label("Anna Berg, Missed · Home line, 10:42");
    window.get_by_label("020 7946 0182, 4 min 12 s · Good, 09:15");
    window.get_by_label("Yesterday");
    window.get_by_label("Dev Kapoor, Busy, 14:00");
}

#[test]
fn a_recent_call_is_called_again_by_its_button() {
    let mut window = window(made_up::ready());
    assert_eq!(press(&mut window, "Call Main office"), [calls("+442079460100")]);
}

#[test]
fn typing_anywhere_searches_and_enter_calls_the_match() {
    let mut window = window(made_up::ready());
    type_text(&mut window, "dev");
    window.get_by_label_contains("Dev Kapoor, Busy");
    assert!(window.query_by_label_contains("Main office").is_none());
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), [calls("dev@voxline.example")]);
    assert_eq!(window.state().state.dial, "");
}

#[test]
fn a_typed_number_is_called_as_it_is() {
    let mut window = window(made_up::ready());
    type_text(&mut window, "020 7946 0999");
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), [calls("02079460999")]);
}

#[test]
fn what_cannot_be_dialled_is_said_and_never_becomes_a_command() {
    let mut window = window(made_up::ready());
    type_text(&mut window, "who is this?");
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), []);
    assert!(matches!(window.state().state.notice, Some(Notice::Words(_))));
    press(&mut window, "Dismiss");
    assert_eq!(window.state().state.notice, None);
}

#[test]
fn escape_clears_the_field() {
    let mut window = window(made_up::ready());
    type_text(&mut window, "12");
    window.key_press(Key::Escape);
    window.run();
    window.key_press(Key::Escape);
    window.run();
    assert_eq!(window.state().state.dial, "");
}

#[test]
fn the_keypad_dials_digit_by_digit() {
    let mut window = window(made_up::ready());
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num2);
    window.run();
    assert_eq!(window.state().state.tab, Tab::Keypad);
    for key in ["Star", "Key 2", "Key 1", "Hash", "Key 9"] {
        press(&mut window, key);
    }
    press(&mut window, "Delete the last digit");
    window.get_by_label("*21#");
    assert_eq!(press(&mut window, "Call"), [calls("*21#")]);
}

#[test]
fn with_two_lines_the_ready_one_is_called_from() {
    let mut view = account(|a| a.state = AccountState::Registering);
    view.accounts.push(AccountView { id: AccountId(2), name: "Office".into(), ..made_up::home_line() });
    let mut window = window(view);
    let office = Command::PlaceCall(AccountId(2), Dialled::parse("+442079460100").unwrap());
    assert_eq!(press(&mut window, "Call Main office"), [office]);
}

#[test]
fn missed_calls_are_counted_until_somebody_looks() {
    let mut window = window(PhoneView { unseen_missed: 2, ..made_up::ready() });
    window.get_by_label("Recents, 2 new");
    window.input_mut().focused = true;
    window.run();
    assert!(asked(&mut window).contains(&Command::SawMissed));
}

#[test]
fn each_state_of_a_line_has_its_word() {
    for (change, words) in [
        ((|_| {}) as fn(&mut AccountView), "Home line, Ready"),
        (|a| (a.transport, a.tls) = (Some(Transport::Udp), None), "Home line, Limited"),
        (|a| a.state = AccountState::Registering, "Home line, Connecting"),
        (|a| a.state = AccountState::Waiting(made_up::NOW), "Home line, Off line"),
        (|a| a.state = AccountState::Rejected, "Home line, Blocked"),
        (|a| a.state = AccountState::NeedsPassword, "Home line, Needs password"),
    ] {
        window(account(change)).get_by_label(words);
    }
}

#[test]
fn a_refused_password_is_said_with_its_code_and_typed_again() {
    let problem = Problem::new(ProblemKind::WrongPassword, "Voxline").with_status(401);
    let (title, advice) = (problem.title(), problem.advice());
    let mut window = window(account(|a| (a.state, a.problem) = (AccountState::Rejected, Some(problem))));
    assert!(says(&window, &title) && says(&window, &advice));
    press(&mut window, "Details");
    window.get_by_label_contains("SIP 401 · wrong_password");
    window.get_by_label("Line (SIP) password").click();
    window.run();
    type_text(&mut window, "new one");
    assert_eq!(press(&mut window, "Enter"), [Command::GivePassword(HOME, "new one".into())]);
    assert!(window.state().state.password.is_empty());
}

#[test]
fn a_line_that_waits_can_be_tried_now() {
    let problem = Problem::new(ProblemKind::NoAnswer, "voxline.example");
    let view = account(|a| (a.state, a.problem) = (AccountState::Waiting(made_up::NOW), Some(problem)));
    assert_eq!(press(&mut window(view), "Try now"), [Command::Retry(HOME)]);
}

#[test]
fn a_locked_keyring_is_said_and_asked_again() {
    let mut window = window(PhoneView { vault: VaultState::Locked, ..made_up::ready() });
    assert!(says(&window, "Your keyring is locked"));
    assert_eq!(press(&mut window, "Try again"), [Command::RetryVault]);
    press(&mut window, "Dismiss");
    assert!(!says(&window, "Your keyring is locked"));
}

#[test]
fn a_missing_keyring_is_said_once_and_not_in_the_demo() {
    let missing = PhoneView { vault: VaultState::Missing, ..made_up::ready() };
    assert!(says(&window(missing), "This computer has no keyring"));
    let demo = PhoneView { vault: VaultState::Missing, ..account(|a| a.demo = true) };
    assert!(!says(&window(demo), "This computer has no keyring"));
}

#[test]
fn the_demo_offers_people_to_call() {
    let mut window = window(account(|a| a.demo = true));
    assert_eq!(press(&mut window, "Call Echo"), [calls("echo")]);
}

#[test]
fn a_person_of_the_demo_is_found_by_name_and_called_with_enter() {
    let mut window = window(account(|a| a.demo = true));
    type_text(&mut window, "Never ans");
    assert!(window.query_by_label("Call Echo").is_none());
    window.key_press(Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), [calls("never-answers")]);
}

#[test]
fn f1_shows_the_keyboard_and_escape_hides_it() {
    let mut window = window(made_up::ready());
    window.key_press(Key::F1);
    window.run();
    window.get_by_label("Ctrl+K: Search or dial");
    window.key_press(Key::Escape);
    window.run();
    assert!(!window.state().state.shortcuts);
}

#[test]
fn a_banners_button_leaves_its_words_room_and_stands_below_them_if_it_is_wide() {
    for (view, title, action, below) in [
        (
            breach::several(KeptState::Found),
            "The keyring holds 2 passwords for this line",
            "Use the one that works",
            true,
        ),
        (PhoneView { vault: VaultState::Locked, ..made_up::ready() }, "Your keyring is locked", "Try again", false),
    ] {
        let window = window(view);
        // The live region says the same and takes no room.
        let all = window.query_all_by_label(title).map(|node| node.rect());
        let words = all.max_by(|a, b| a.height().total_cmp(&b.height())).expect("the title");
        let button = window.get_by_label(action).rect();
        assert!(words.height() < 20.0, "{title} stands in a column: {words:?}");
        assert_eq!(button.top() > words.bottom(), below, "{action}: {button:?}, {words:?}");
    }
}
