//! The sheet of the password change: one page for each kind of state, told in the same four steps throughout.

use egui::{Id, Ui};

use super::{Cx, Foot, SecurityPage, body, browse, compose, done, follow, reveal};
use crate::phone::command::{Begin, ChangeCommand, Command};
use crate::phone::view::{ChangePhase, ChangeReason, KeyringTrouble, LaterWhy, NeedsPerson, StepState, VaultQuestion};
use crate::ui::state::{Page, Tab, UiState};
use crate::ui::text::change as text;
use crate::ui::widgets::{self, Check, Tick};
use crate::ui::{text as words, theme};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let change = &cx.security.change;
    let p = theme::palette(ui);
    let shield = match text::title(&change.phase) {
        text::CHANGED_TITLE => p.go,
        text::CHANGE_TITLE => p.warn,
        _ => p.accent,
    };
    let head = widgets::sheet_header(ui, Some(shield), text::title(&change.phase), |_| {});
    follow(head, state);
    widgets::live_region(ui, "change", &text::spoken(change, cx.provider(), cx.now()));
    match &change.phase {
        ChangePhase::Idle | ChangePhase::Later { .. } => idle(ui, cx, state, out),
        ChangePhase::Preparing => preparing(ui, cx, state, out),
        ChangePhase::Compose(compose) => compose::show(ui, cx, state, out, compose),
        ChangePhase::Keyring(trouble) => keyring(ui, cx, state, out, *trouble),
        ChangePhase::SaveElsewhere => save_elsewhere(ui, cx, state, out),
        ChangePhase::AtProvider => at_provider(ui, cx, state, out, None),
        ChangePhase::NeedsPerson(NeedsPerson::NotChangedYet) => {
            at_provider(ui, cx, state, out, Some(&NeedsPerson::NotChangedYet));
        }
        ChangePhase::NeedsPerson(why) => needs_person(ui, cx, state, out, why),
        ChangePhase::Aborted(_) => over(ui, cx, state, out),
        ChangePhase::Done { old, .. } => done::show(ui, cx, state, out, *old),
        ChangePhase::Saving
        | ChangePhase::Saved
        | ChangePhase::Sending
        | ChangePhase::Uncertain
        | ChangePhase::Undoing
        | ChangePhase::Testing
        | ChangePhase::Keeping
        | ChangePhase::CheckingOld
        | ChangePhase::Wait { .. } => working(ui, cx, state),
    }
}

const TRY_AGAIN: &str = "Try again";

/// Leaves the sheet; the change goes on.
fn leave(state: &mut UiState) {
    state.security.forget();
    state.security.path.clear();
    (state.page, state.tab) = (Page::Main, Tab::Recents);
}

fn idle(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let later = matches!(cx.security.change.phase, ChangePhase::Later { why: LaterWhy::ProviderDown, .. });
    let go = if later { "Try now" } else { "Begin" };
    let pressed = body(ui, "idle", &[Foot::plain("Close"), Foot::main(go)], |ui| {
        widgets::plain(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
    });
    match pressed {
        Some(0) => leave(state),
        Some(_) => out.push(cx.change(ChangeCommand::Begin(again(&cx.security.change.reason)))),
        None => {}
    }
}

fn preparing(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let pressed = body(ui, "preparing", &[Foot::plain("Cancel")], |ui| {
        widgets::card(ui, |ui| {
            Check::new(Tick::Doing, &text::explanation(&cx.security.change, cx.provider(), cx.now())).show(ui);
        });
    });
    if pressed.is_some() {
        out.push(cx.change(ChangeCommand::Cancel));
        leave(state);
    }
}

/// The four steps.
pub(super) fn steps(ui: &mut Ui, cx: &Cx<'_>) {
    widgets::card(ui, |ui| {
        for (i, (kind, step)) in cx.security.change.steps().into_iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let tick = match step {
                Some(StepState::Doing) => Tick::Doing,
                Some(StepState::Done) => Tick::Good,
                Some(StepState::Failed) => Tick::Warn,
                None => Tick::Number(i + 1),
            };
            Check::new(tick, &text::step(kind, step, cx.provider())).faint(step.is_none()).show(ui);
        }
    });
}

fn working(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState) {
    let pressed = body(ui, "working", &[Foot::plain("Keep calling, finish in the background")], |ui| {
        steps(ui, cx);
        widgets::faint(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
    });
    if pressed.is_some() {
        leave(state);
    }
}

fn over(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let pressed = body(ui, "over", &[Foot::plain("Close"), Foot::main("Try again")], |ui| {
        widgets::plain(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
    });
    match pressed {
        Some(0) => {
            out.push(cx.change(ChangeCommand::Finish));
            leave(state);
        }
        Some(_) => out.push(cx.change(ChangeCommand::Begin(again(&cx.security.change.reason)))),
        None => {}
    }
}

/// Once more, for the reason that it had.
const fn again(reason: &ChangeReason) -> Begin {
    match reason {
        ChangeReason::Wanted => Begin::Wanted,
        ChangeReason::Notice(_) | ChangeReason::Asked => Begin::Notice,
        ChangeReason::Told => Begin::Told,
        ChangeReason::Lockdown => Begin::Lockdown,
    }
}

fn keyring(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, trouble: KeyringTrouble) {
    let (title, advice) = text::keyring(trouble);
    // There is something to choose or to unlock: its page brings the change on its way.
    let question = &cx.scene.view.vault_question;
    let go_on = match question {
        Some(VaultQuestion::Choose) => "Choose a safe place",
        Some(VaultQuestion::Unlock(_) | VaultQuestion::Working) => "Open the file",
        Some(VaultQuestion::Moved { .. }) | None => TRY_AGAIN,
    };
    let pressed = body(ui, "keyring", &[Foot::plain("Cancel"), Foot::main(go_on)], |ui| {
        widgets::card(ui, |ui| {
            Check::new(Tick::Warn, title).small(advice).show(ui);
        });
    });
    match pressed {
        Some(0) => {
            out.push(cx.change(ChangeCommand::Cancel));
            leave(state);
        }
        Some(_) if go_on == TRY_AGAIN => out.push(Command::RetryVault),
        Some(_) => state.security.open(SecurityPage::Vault),
        None => {}
    }
}

/// Session only: the person's own copy comes first.
fn save_elsewhere(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let ready = state.security.last_four.secret().expose("its length only").chars().count() == 4;
    let feet = [Foot::plain("Cancel"), Foot::main("I have saved it").enabled(ready)];
    let pressed = body(ui, "elsewhere", &feet, |ui| {
        widgets::warning(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
        reveal::show(ui, cx, state, out);
        widgets::labelled(ui, "Its last four characters", "from your own copy", |ui| {
            widgets::field(ui, Id::unique("last four"), &mut state.security.last_four, "", true)
        });
    });
    match pressed {
        Some(0) => {
            out.push(cx.change(ChangeCommand::Cancel));
            leave(state);
        }
        Some(_) => {
            out.push(cx.change(ChangeCommand::SavedElsewhere(state.security.last_four.secret())));
            state.security.last_four.wipe();
        }
        None => {}
    }
}

/// The person changes it at the provider's page; or did, and the provider does not know it yet.
fn at_provider(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, trouble: Option<&NeedsPerson>) {
    let gave = crate::ui::text::sentence(format!("{} gave me one", cx.provider()));
    let feet = [Foot::plain(&gave), Foot::main("I've changed it")];
    if state.security.giving {
        return give(ui, cx, state, out, "Paste the one that they gave you");
    }
    let pressed = body(ui, "at provider", &feet, |ui| {
        if trouble.is_some() {
            widgets::warning(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
        }
        widgets::card(ui, |ui| by_hand(ui, cx, state));
        widgets::label(ui, text::NEW_PASSWORD);
        reveal::show(ui, cx, state, out);
        widgets::faint(ui, text::REMEMBERED);
        let at_provider =
            crate::phone::view::ChangeView { phase: ChangePhase::AtProvider, ..cx.security.change.clone() };
        widgets::faint(ui, &text::explanation(&at_provider, cx.provider(), cx.now()));
        if widgets::link(ui, "I did not change it after all", true).clicked() {
            out.push(cx.change(ChangeCommand::Cancel));
            leave(state);
        }
    });
    match pressed {
        Some(0) => state.security.giving = true,
        Some(_) => out.push(cx.change(ChangeCommand::ChangedIt)),
        None => {}
    }
}

/// The steps when the person has to do one of them.
fn by_hand(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState) {
    Check::new(Tick::Good, "Saved safely on this computer").show(ui);
    widgets::row_line(ui);
    let words = format!("Change it at {}", cx.provider());
    let link = cx.security.contact.change.as_ref().or(cx.security.contact.portal.as_ref());
    let pressed = match link {
        Some(link) => {
            let small = format!("Opens {} in your browser. Paste the new one there.", link.host);
            Check::new(Tick::Current(2), &words).small(&small).action("Open").show(ui)
        }
        None => {
            let small = "On their website, or by their support. Type its address once and Ringfence keeps it.";
            Check::new(Tick::Current(2), &words).small(small).action("Address").show(ui)
        }
    };
    match link {
        Some(link) if pressed => browse(ui, link),
        None if pressed => state.security.open(SecurityPage::Contact),
        Some(_) | None => {}
    }
    widgets::row_line(ui);
    Check::new(Tick::Number(3), "Come back and say so: Ringfence tests it").faint(true).show(ui);
}

fn needs_person(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, why: &NeedsPerson) {
    if matches!(why, NeedsPerson::NotAllowed) && !state.security.giving {
        let feet = [Foot::plain("Enter the new one"), Foot::main("Use their website")];
        let pressed = body(ui, "not allowed", &feet, |ui| {
            widgets::warning(ui, &text::explanation(&cx.security.change, cx.provider(), cx.now()));
            if widgets::link(ui, "Reach them", true).clicked() {
                state.security.open(SecurityPage::Contact);
            }
            if cx.security.change.can_cancel && widgets::link(ui, "Leave it as it is", true).clicked() {
                out.push(cx.change(ChangeCommand::Cancel));
                leave(state);
            }
        });
        match pressed {
            Some(0) => state.security.giving = true,
            Some(_) => out.push(cx.change(ChangeCommand::Begin(again(&cx.security.change.reason)))),
            None => {}
        }
        return;
    }
    let reason = text::explanation(&cx.security.change, cx.provider(), cx.now());
    give(ui, cx, state, out, &reason);
}

/// The field for a password that comes from somewhere else.
pub(super) fn give(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, reason: &str) {
    let ready = cx.security.change.can_be_given && !state.security.given.is_empty();
    let away = if state.security.giving { "Back to it" } else { "Later" };
    let feet = [Foot::plain(away), Foot::main("Test this one").enabled(ready)];
    let mut entered = false;
    let pressed = body(ui, "give", &feet, |ui| {
        widgets::plain(ui, reason);
        let response = widgets::labelled(ui, words::SIP_PASSWORD, words::SIP_PASSWORD_REMARK, |ui| {
            widgets::field(ui, Id::unique("given password"), &mut state.security.given, "", true)
        });
        entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        widgets::faint(ui, "Ringfence signs in with it before it replaces anything. It keeps the others until then.");
    });
    if (pressed == Some(1) || entered) && ready {
        out.push(cx.change(ChangeCommand::GaveMeOne(state.security.given.secret())));
        state.security.given.wipe();
        state.security.giving = false;
    } else if pressed == Some(0) {
        state.security.given.wipe();
        if state.security.giving {
            state.security.giving = false;
        } else {
            leave(state);
        }
    }
}
