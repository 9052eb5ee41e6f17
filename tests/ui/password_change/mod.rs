//! The sheet of the password change: every state has words, steps and a way on; the new password is seen and heard
//! only on a deliberate press; nothing covers a call.

mod by_hand;
mod showing;

use egui::accesskit::Live;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::phone::command::{Begin, ChangeCommand, Command, NoticeCommand};
use ringfence::phone::view::{
    AbortWhy, ChangePhase, Compose, KeyringTrouble, LaterWhy, NeedsPerson, NewPassword, OldPassword, PhoneView,
    SecurityView, WaitWhy,
};
use ringfence::ui::state::{Page, SecurityPage, Tab};

use crate::breach::{self, ago, change, changing};
use crate::made_up::{self, HOME, NOW};
use crate::rig::{Window, asked, press, says, tab_through, type_text, window};

/// The window with its change sheet open.
fn sheet(view: PhoneView) -> Window {
    let mut window = window(view);
    window.state_mut().state.page = Page::Security;
    window.state_mut().state.security.go(SecurityPage::Change);
    window.run();
    asked(&mut window);
    window
}

fn command(command: ChangeCommand) -> Command {
    Command::Change(HOME, command)
}

fn phases() -> Vec<ChangePhase> {
    let mut all = vec![
        ChangePhase::Idle,
        ChangePhase::Preparing,
        ChangePhase::SaveElsewhere,
        ChangePhase::Compose(Compose::default()),
        ChangePhase::Saving,
        ChangePhase::Saved,
        ChangePhase::Sending,
        ChangePhase::Uncertain,
        ChangePhase::Undoing,
        ChangePhase::Testing,
        ChangePhase::Keeping,
        ChangePhase::CheckingOld,
        ChangePhase::AtProvider,
    ];
    for why in [WaitWhy::Provider, WaitWhy::Budget, WaitWhy::Lag, WaitWhy::Disk] {
        all.push(ChangePhase::Wait { until: ago(0, -5), why });
    }
    for why in [AbortWhy::Cancelled, AbortWhy::NotApplied, AbortWhy::Kept, AbortWhy::Disk] {
        all.push(ChangePhase::Aborted(why));
    }
    for why in [LaterWhy::Asked, LaterWhy::ProviderDown] {
        all.push(ChangePhase::Later { until: Some(ago(-1, 0)), why });
    }
    for trouble in [
        KeyringTrouble::Missing,
        KeyringTrouble::Locked,
        KeyringTrouble::Denied,
        KeyringTrouble::Waiting,
        KeyringTrouble::Stuck,
        KeyringTrouble::Ambiguous,
        KeyringTrouble::Damaged,
    ] {
        all.push(ChangePhase::Keyring(trouble));
    }
    for why in [
        NeedsPerson::NeitherWorks,
        NeedsPerson::ChangedElsewhere,
        NeedsPerson::NotAllowed,
        NeedsPerson::NotChangedYet,
        NeedsPerson::PastedRefused,
    ] {
        all.push(ChangePhase::NeedsPerson(why));
    }
    for old in [OldPassword::Refused, OldPassword::StillAccepted, OldPassword::NotChecked] {
        all.push(ChangePhase::Done { old, at: NOW });
    }
    all
}

#[test]
fn every_state_is_said_aloud_and_has_a_way_on_by_keyboard() {
    for phase in phases() {
        let name = format!("{phase:?}");
        let mut window = sheet(changing(phase));
        let live = window.root().children_recursive().any(|node| {
            let node = node.accesskit_node();
            node.data().live() == Some(Live::Polite) && node.label().is_some_and(|label| label.len() > 20)
        });
        assert!(live, "{name} says nothing");
        let reached = tab_through(&mut window, 10);
        let own: Vec<_> = reached.iter().filter(|label| *label != "Keypad" && *label != "Back").collect();
        assert!(!own.is_empty(), "{name} is a dead end: {reached:?}");
    }
}

#[test]
fn from_every_state_the_keypad_is_at_most_two_presses_of_tab_away() {
    for phase in phases() {
        let name = format!("{phase:?}");
        let mut window = sheet(changing(phase));
        let reached = tab_through(&mut window, 2);
        assert!(reached.iter().any(|label| label == "Keypad"), "{name}: {reached:?}");
    }
}

#[test]
fn the_sheet_says_who_asks_what_still_works_and_what_else_needs_the_password() {
    let window = sheet(breach::composing());
    window.get_by_label("Voxline writes:\n“We saw attempts to get at customer data”");
    window
        .get_by_label("Voxline asks for a new line password by 3 December. It has not confirmed that data was taken.");
    window.get_by_label(
        "From 3 December outgoing calls pause until it is done. You can always receive calls and dial 999 and 112.",
    );
    window.get_by_label("New line password, hidden, 24 characters");
    window.get_by_label(
        "Phone at 192.168.1.20. Will not ring or dial, emergency calls included, until it has the new password",
    );
}

#[test]
fn the_sheet_s_three_buttons_do_what_they_say() {
    let mut window = sheet(breach::composing());
    assert_eq!(press(&mut window, "Change now"), [command(ChangeCommand::Go)]);
    let until = ago(-1, 0);
    let put_off = [
        Command::Notice(HOME, NoticeCommand::Snooze(breach::notice().id, until)),
        command(ChangeCommand::NotNow(Some(until))),
    ];
    assert_eq!(press(&mut window, "Not now"), put_off);
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn the_emergency_button_has_the_country_s_number_or_the_common_one() {
    use ringfence::phone::guard::{Home, HomeFrom, Region};
    let mut view = breach::composing();
    view.guard_state.home = None;
    view.security[0].emergency = ["000", "112", "999"].map(str::to_owned).into();
    sheet(view.clone()).get_by_label("112");
    let region = Region::parse("AU").expect("Australia");
    view.guard_state.home = Some(Home { region, from: HomeFrom::Chosen });
    sheet(view).get_by_label("000");
}

#[test]
fn the_emergency_button_fills_the_field_and_dials_nothing() {
    let mut window = sheet(breach::composing());
    assert_eq!(press(&mut window, "999"), []);
    let state = &window.state().state;
    assert_eq!((state.page, state.tab, state.dial.as_str()), (Page::Main, Tab::Keypad, "999"));
}

#[test]
fn without_a_right_to_wait_there_is_no_not_now() {
    let mut view = breach::composing();
    view.security[0].change.can_wait = false;
    let window = sheet(view);
    assert!(window.query_by_label("Not now").is_none());
    window.get_by_label("Cancel");
}

#[test]
fn another_password_is_made_and_a_chosen_one_goes_as_a_secret() {
    let mut window = sheet(breach::composing());
    assert_eq!(press(&mut window, "Make another"), [command(ChangeCommand::MakeAnother)]);
    assert_eq!(press(&mut window, "Choose my own"), []);
    window.get_by_label("New line password").click();
    window.run();
    type_text(&mut window, "four words of mine");
    assert_eq!(press(&mut window, "Use this one"), [command(ChangeCommand::Type("four words of mine".into()))]);
    assert!(window.state().state.security.typed.is_empty());
}

#[test]
fn a_complaint_and_a_weak_limit_are_said() {
    let compose = Compose { rules: None, complaint: Some("It is among the most common passwords.".into()) };
    let mut view = changing(ChangePhase::Compose(compose));
    view.security[0].change.new = Some(NewPassword { made: true, characters: 9, bits: Some(52), can_be_shown: true });
    let window = sheet(view);
    assert!(says(&window, "It is among the most common passwords."));
    window.get_by_label("Voxline's rules allow nothing stronger than these 9 characters.");
}

#[test]
fn the_four_steps_are_told_with_what_is_safe() {
    let window = sheet(changing(ChangePhase::Testing));
    window.get_by_label("Good: Saved safely on this computer");
    window.get_by_label("Good: Changed at Voxline");
    window.get_by_label("In progress: Signing in with the new one…");
    window.get_by_label("Checking that the old one is refused");
    window.get_by_label("If the computer stops now, Ringfence finishes this at the next start.");
}

#[test]
fn a_change_goes_on_in_the_background_and_the_main_page_says_so() {
    let mut window = sheet(changing(ChangePhase::Testing));
    assert_eq!(press(&mut window, "Keep calling, finish in the background"), []);
    window.get_by_label("Your line password is being changed");
    press(&mut window, "Show");
    assert_eq!(window.state().state.security.page(), SecurityPage::Change);
}

#[test]
fn done_says_what_was_proven_and_what_is_left() {
    let mut window = sheet(breach::done());
    window.get_by_label("Good: Signed in with it. Voxline refuses the old one");
    window.get_by_label("Attention: Phone at 192.168.1.20. needs the new password");
    press(&mut window, "Show QR: Phone at 192.168.1.20");
    assert_eq!(window.state().state.security.page(), SecurityPage::Devices);
    let mut window = sheet(breach::done());
    assert_eq!(press(&mut window, "Done"), [command(ChangeCommand::Finish)]);
    let window = sheet(changing(ChangePhase::Done { old: OldPassword::StillAccepted, at: NOW }));
    window.get_by_label("Attention: Voxline still accepts the old one. Call them: whoever has it can use your line");
    let window = sheet(changing(ChangePhase::Done { old: OldPassword::NotChecked, at: NOW }));
    window.get_by_label("Good: Signed in with it. Whether the old one is refused was not tested");
}

#[test]
fn during_a_call_there_is_one_line_above_end_and_no_sheet() {
    for (phase, words) in [
        (ChangePhase::Idle, "After this call: change your line password"),
        (ChangePhase::Compose(Compose::default()), "After this call: change your line password"),
        (ChangePhase::Testing, "Your line password is being changed. This call goes on."),
    ] {
        let security = SecurityView { change: change(phase), ..breach::security() };
        let view = PhoneView { calls: vec![made_up::talking()], ..breach::with(security) };
        let mut window = window(view);
        window.state_mut().state.page = Page::Security;
        window.state_mut().state.security.go(SecurityPage::Change);
        window.run();
        let line = window.get_by_label(words).rect();
        let end = window.get_by_label("End").rect();
        assert!(line.bottom() <= end.top(), "{line:?} {end:?}");
        assert!(window.query_by_label("Change now").is_none());
    }
    let calm = PhoneView { calls: vec![made_up::talking()], ..breach::calm() };
    assert!(window(calm).query_by_label_contains("After this call").is_none());
}

#[test]
fn a_call_that_comes_in_is_answered_over_every_sheet() {
    for phase in phases() {
        let view = PhoneView { calls: made_up::incoming().calls, ..changing(phase) };
        let mut window = sheet(view);
        assert_eq!(press(&mut window, "Answer"), [Command::Answer(made_up::CALL)]);
    }
}

#[test]
fn review_begins_with_the_notice_as_its_reason() {
    let mut window = window(breach::breach());
    assert_eq!(press(&mut window, "Review"), [command(ChangeCommand::Begin(Begin::Notice))]);
    assert_eq!(window.state().state.security.page(), SecurityPage::Change);
}

#[test]
fn a_change_that_waits_says_why_and_until_when() {
    for (why, words) in [
        (WaitWhy::Provider, "Voxline does not answer, or wants a pause before the next attempt."),
        (WaitWhy::Budget, "More attempts now would look like an attack to Voxline."),
        (WaitWhy::Lag, "Voxline has changed it, and does not take the new one everywhere yet."),
        (WaitWhy::Disk, "This computer's disk takes nothing"),
    ] {
        let window = sheet(changing(ChangePhase::Wait { until: ago(0, -5), why }));
        assert!(says(&window, words) && says(&window, "Ringfence goes on by itself at 11:05."), "{why:?}");
    }
}

#[test]
fn a_change_that_came_to_nothing_says_what_may_still_come_of_it_and_begins_again_for_the_same_reason() {
    for (why, words) in [
        (AbortWhy::Cancelled, "Nothing has left this computer"),
        (AbortWhy::NotApplied, "the request can do nothing any more"),
        (AbortWhy::Kept, "Should Voxline take the new one after all, Ringfence still has it"),
        (AbortWhy::Disk, "disk could not write down how far the change is, so nothing was sent"),
    ] {
        let mut window = sheet(changing(ChangePhase::Aborted(why)));
        assert!(says(&window, words), "{why:?}");
        assert_eq!(press(&mut window, "Try again"), [command(ChangeCommand::Begin(Begin::Notice))]);
    }
}

#[test]
fn a_notice_whose_deadline_has_passed_cannot_be_put_off_whatever_the_change_says() {
    let mut view = breach::composing();
    view.security[0].notices[0].deadline = Some(ago(0, 1));
    let mut window = sheet(view);
    assert!(window.query_by_label("Not now").is_none());
    assert_eq!(press(&mut window, "Cancel"), [command(ChangeCommand::Cancel)]);
}
