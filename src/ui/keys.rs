//! The keyboard, where no widget has taken the key: `text::SHORTCUTS` lists it for people.

use egui::{Context, Event, Key, Modifiers};

use super::screens::{Scene, recents_field, security};
use super::state::{LicencesPage, Notice, Page, Panel, Tab, UiState};
use super::widgets;
use crate::phone::command::{Command, Dialled, Digits, TrustCommand};
use crate::phone::view::{CallDirection, CallState, CallView};

/// Acts on the keys of this frame.
pub(super) fn handle(ctx: &Context, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let pressed = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(Modifiers::NONE, Key::F1) || pressed(Modifiers::COMMAND, Key::Slash) {
        state.shortcuts = !state.shortcuts;
    }
    if state.shortcuts {
        return;
    }
    incoming(scene, out, &pressed);
    if scene.asks() {
        return asked(scene, state, out, &pressed);
    }
    match scene.call() {
        Some(call) if !matches!(call.state, CallState::Ended(_)) => in_call(ctx, state, out, call, &pressed),
        Some(_) | None if !scene.view.accounts.is_empty() => idle(ctx, scene, state, out, &pressed),
        Some(_) | None => {}
    }
}

type Pressed<'a> = dyn Fn(Modifiers, Key) -> bool + 'a;

fn incoming(scene: &Scene<'_>, out: &mut Vec<Command>, pressed: &Pressed<'_>) {
    let Some(call) = scene.view.calls.iter().find(|call| call.state == CallState::Offered) else { return };
    let both = Modifiers::COMMAND | Modifiers::SHIFT;
    if pressed(both, Key::A) {
        out.push(Command::Answer(call.id));
    }
    if pressed(both, Key::D) {
        out.push(Command::Decline(call.id));
    }
}

/// While a question has the window, Escape says no; nothing is dialled behind it.
fn asked(scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>, pressed: &Pressed<'_>) {
    if !pressed(Modifiers::NONE, Key::Escape) {
        return;
    }
    if scene.view.guard.is_some() {
        security::cancel(state, out);
    } else {
        out.push(Command::Trust(TrustCommand::RefuseCertificate));
    }
}

fn in_call(ctx: &Context, state: &mut UiState, out: &mut Vec<Command>, call: &CallView, pressed: &Pressed<'_>) {
    if pressed(Modifiers::COMMAND, Key::E) {
        out.push(Command::HangUp(call.id));
    }
    if pressed(Modifiers::COMMAND, Key::M) {
        out.push(Command::SetMuted(call.id, !call.muted));
    }
    if call.state == CallState::Established && pressed(Modifiers::COMMAND, Key::H) {
        out.push(Command::SetHeld(call.id, !call.held));
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        state.call.open = Panel::Buttons;
    }
    if matches!(call.state, CallState::Established | CallState::Early) {
        let typed: String = take_text(ctx, |c| c.is_ascii_digit() || c == '*' || c == '#');
        if let Some(digits) = Digits::parse(&typed) {
            out.push(Command::SendDigits(call.id, digits));
            state.call.open = Panel::Keypad;
        }
    }
}

fn idle(ctx: &Context, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>, pressed: &Pressed<'_>) {
    // Escape closes a list that is open, and nothing behind it.
    if egui::Popup::is_any_open(ctx) {
        return;
    }
    if pressed(Modifiers::COMMAND, Key::Comma) {
        state.page = Page::Settings;
    }
    for (key, tab) in [(Key::Num1, Tab::Recents), (Key::Num2, Tab::Keypad)] {
        if pressed(Modifiers::COMMAND, key) {
            (state.page, state.tab) = (Page::Main, tab);
        }
    }
    if pressed(Modifiers::COMMAND, Key::K) {
        (state.page, state.tab) = (Page::Main, Tab::Recents);
        widgets::focus_at_end(ctx, recents_field(), state.dial.chars().count());
    }
    if pressed(Modifiers::COMMAND, Key::R) {
        redial(scene, state, out);
    }
    let focused = ctx.memory(|memory| memory.focused());
    let in_field = focused == Some(recents_field());
    if (focused.is_none() || in_field) && pressed(Modifiers::NONE, Key::Escape) {
        match state.page {
            Page::Main => {
                state.dial.clear();
                state.notice = None;
            }
            Page::AddLine | Page::Settings => state.page = Page::Main,
            Page::Licences => {
                if state.licences.as_mut().is_none_or(LicencesPage::back) {
                    state.page = Page::Settings;
                }
            }
            Page::Security => {
                if state.security.back() {
                    state.page = Page::Main;
                }
            }
        }
    }
    if focused.is_none() && state.page == Page::Main {
        typed_anywhere(ctx, scene, state, out, pressed);
    }
}

/// Typing anywhere in the window goes to the field; Enter calls.
fn typed_anywhere(
    ctx: &Context,
    scene: &Scene<'_>,
    state: &mut UiState,
    out: &mut Vec<Command>,
    pressed: &Pressed<'_>,
) {
    if state.tab == Tab::Keypad && pressed(Modifiers::NONE, Key::Backspace) {
        state.dial.pop();
    }
    let typed = take_text(ctx, |c| !c.is_control());
    if !typed.is_empty() {
        state.dial.push_str(&typed);
        if state.tab == Tab::Recents {
            widgets::focus_at_end(ctx, recents_field(), state.dial.chars().count());
        }
    }
    if !state.dial.trim().is_empty() && pressed(Modifiers::NONE, Key::Enter) {
        super::screens::call_typed(scene, state, out);
    }
}

fn redial(scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let last = scene.view.history.iter().find(|row| row.direction == CallDirection::Outgoing);
    let Some(row) = last else {
        state.notice = Some(Notice::Words("You have not called anybody yet.".into()));
        return;
    };
    // The line of that call may be gone; then the one that is there.
    let line = scene.view.accounts.iter().find(|line| line.id == row.account).or_else(|| scene.line(state.line));
    if let (Some(line), Ok(to)) = (line, Dialled::parse(&row.peer.address)) {
        out.push(Command::PlaceCall(line.id, to));
    }
}

/// The typed and pasted text of this frame that `wanted` likes; the rest stays for others.
#[expect(clippy::wildcard_enum_match_arm, reason = "egui's events, not ours")]
fn take_text(ctx: &Context, wanted: impl Fn(char) -> bool) -> String {
    ctx.input_mut(|input| {
        let mut taken = String::new();
        input.events.retain(|event| match event {
            Event::Text(text) | Event::Paste(text) => {
                let wants = text.chars().any(&wanted);
                if wants {
                    taken.extend(text.chars().filter(|c| wanted(*c)));
                }
                !wants
            }
            _ => true,
        });
        taken
    })
}
