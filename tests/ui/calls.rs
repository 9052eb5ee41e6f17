//! The call screen, the ended card, the incoming card and bar.

use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::{Command, Dialled, Digits};
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::view::{CallState, CallView, Encryption, EndReason, PhoneView};
use ringfence::ui::screens::incoming::{self, Card};
use ringfence::ui::theme;

use crate::made_up::{self, CALL, HOME};
use crate::rig::{asked, press, sized, type_text, window};

fn call(change: impl FnOnce(&mut CallView)) -> PhoneView {
    let mut view = made_up::in_call();
    change(&mut view.calls[0]);
    view
}

#[test]
fn a_call_says_who_how_long_how_safe_and_how_good() {
    let window = window(made_up::in_call());
    window.get_by_label("Anna Berg");
    window.get_by_label("+44 20 7946 0182");
    window.get_by_label("04:12, Encrypted, Quality: Good");
    window.get_by_label("Call with Anna Berg: connected");
}

#[test]
fn a_call_without_devices_says_so_until_that_is_dismissed() {
    let mut view = made_up::in_call();
    view.audio.in_use = Some((None, None));
    let mut window = window(view);
    let advice = "You hear nothing and nobody hears you. A headset that you connect is used at once.";
    window.get_by_label(advice);
    press(&mut window, "Dismiss");
    assert!(window.query_by_label(advice).is_none());
}

#[test]
fn in_the_smallest_window_a_banner_leaves_room_for_the_buttons() {
    let mut view = made_up::in_call();
    view.audio.in_use = Some((None, None));
    let window = sized(view, [320.0, 480.0]);
    let end = window.get_by_label("End").rect();
    for name in ["Mute", "Hold", "Keypad", "Audio"] {
        assert!(window.get_by_label(name).rect().bottom() <= end.top(), "{name}");
    }
}

#[test]
fn audio_trouble_is_said_until_dismissed() {
    let mut view = made_up::in_call();
    view.audio.trouble = Some("The microphone is gone.".into());
    let mut window = window(view);
    window.get_by_label("The microphone is gone.");
    press(&mut window, "Dismiss");
    assert!(window.query_by_label("The microphone is gone.").is_none());
}

#[test]
fn a_call_without_encryption_says_so() {
    let window = window(call(|c| c.encryption = Encryption::None));
    window.get_by_label("04:12, Not encrypted, Quality: Good");
}

#[test]
fn the_buttons_of_a_call_ask_for_what_their_words_say() {
    let mut window = window(made_up::in_call());
    assert_eq!(press(&mut window, "Mute"), [Command::SetMuted(CALL, true)]);
    assert_eq!(press(&mut window, "Hold"), [Command::SetHeld(CALL, true)]);
    assert_eq!(press(&mut window, "End"), [Command::HangUp(CALL)]);
    assert_eq!(press(&mut window, "Audio"), [Command::WatchDevices(true)]);
    assert_eq!(press(&mut window, "Hide audio"), [Command::WatchDevices(false)]);
}

#[test]
fn buttons_turn_only_when_the_phone_agrees() {
    let mut window = window(made_up::in_call());
    press(&mut window, "Mute");
    window.get_by_label("Mute");
    window.state_mut().view.calls[0].muted = true;
    window.run();
    assert_eq!(press(&mut window, "Unmute"), [Command::SetMuted(CALL, false)]);
}

#[test]
fn keys_of_the_pad_and_of_the_keyboard_send_digits() {
    let mut window = window(made_up::in_call());
    press(&mut window, "Keypad");
    let five = Command::SendDigits(CALL, Digits::parse("5").unwrap());
    assert_eq!(press(&mut window, "Key 5"), [five]);
    type_text(&mut window, "#");
    assert_eq!(asked(&mut window), [Command::SendDigits(CALL, Digits::parse("#").unwrap())]);
    type_text(&mut window, "x");
    assert_eq!(asked(&mut window), []);
}

#[test]
fn the_keyboard_ends_mutes_and_holds() {
    let mut window = window(made_up::in_call());
    for (key, command) in [
        (Key::M, Command::SetMuted(CALL, true)),
        (Key::H, Command::SetHeld(CALL, true)),
        (Key::E, Command::HangUp(CALL)),
    ] {
        window.key_press_modifiers(Modifiers::COMMAND, key);
        window.run();
        assert_eq!(asked(&mut window), [command]);
    }
}

#[test]
fn a_silent_far_end_is_said_and_what_happens_next() {
    let window = window(call(|c| c.silent_secs = Some(14)));
    window.get_all_by_label("You can't hear them – no sound arriving").next().unwrap();
    window.get_by_label("For 14 s now. The call ends by itself in 46 s.");
}

#[test]
fn a_call_on_its_way_can_be_cancelled() {
    let mut window = window(call(|c| (c.state, c.since, c.quality) = (CallState::Ringing, None, None)));
    window.get_by_label("Ringing…");
    assert_eq!(press(&mut window, "Cancel"), [Command::HangUp(CALL)]);
}

#[test]
fn an_ended_call_says_how_and_calls_again() {
    let mut window = window(made_up::ended(EndReason::PeerHungUp));
    window.get_by_label("Ended · 04:12 · Good");
    let again = Command::PlaceCall(HOME, Dialled::parse("+442079460182").unwrap());
    assert_eq!(press(&mut window, "Call again"), [again]);
}

#[test]
fn a_call_that_failed_says_what_to_do() {
    let problem = Problem::new(ProblemKind::NotAllowed, "Voxline").with_status(403);
    let advice = problem.advice();
    let mut view = made_up::ended(EndReason::Failed(problem));
    view.calls[0].since = None;
    let window = window(view);
    window.get_by_label("You may not call this number");
    window.get_by_label(&advice);
}

#[test]
fn a_missed_call_leaves_the_list_on_the_screen() {
    let window = window(made_up::ended(EndReason::Missed));
    window.get_by_label("Recents");
}

#[test]
fn the_incoming_card_answers_declines_and_silences() {
    let view = made_up::incoming();
    for (name, command) in
        [("Answer", Command::Answer(CALL)), ("Decline", Command::Decline(CALL)), ("Silence", Command::Silence(CALL))]
    {
        let card = Card::of(&view.calls[0], &view);
        let mut harness =
            Harness::builder().with_size([360.0, 168.0]).with_context_setup(theme::install).build_ui_state(
                move |ui, pressed: &mut Option<Command>| {
                    *pressed = incoming::show(ui, &card).or(pressed.take());
                },
                None,
            );
        harness.run();
        harness.get_by_label("Anna Berg is calling");
        harness.get_by_label(name).click();
        harness.run();
        assert_eq!(harness.state(), &Some(command));
    }
}

#[test]
fn the_main_window_answers_too_by_button_and_by_keyboard() {
    let mut window = window(made_up::incoming());
    assert_eq!(press(&mut window, "Answer"), [Command::Answer(CALL)]);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    window.run();
    assert_eq!(asked(&mut window), [Command::Decline(CALL)]);
}
