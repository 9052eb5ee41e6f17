//! Two steps that are asked about once more: locking down, and removing a line.

use egui::Ui;

use super::{Cx, Foot, SecurityPage, back, body, header};
use crate::phone::command::{Command, SafetyCommand};
use crate::ui::state::{Page, UiState};
use crate::ui::text::{security as text, sentence};
use crate::ui::widgets::{self, Check, Kind, Tick};

/// Draws the question before a lockdown, and what came of it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Lock down");
    let locked = cx.security.lockdown.is_some();
    let feet = if locked {
        [Foot::plain("End the lockdown"), Foot::main("Change password")]
    } else {
        [Foot::plain("Not now"), Foot { kind: Kind::End, words: "Lock down now", enabled: true }]
    };
    if locked {
        widgets::live_region(ui, "lockdown", &text::verdict(cx.security).0);
    }
    let pressed = body(ui, "lockdown", &feet, |ui| {
        widgets::plain(ui, "For when somebody else may be calling at your expense: minutes count.");
        widgets::card(ui, |ui| {
            let tick = |n| if locked { Tick::Good } else { Tick::Number(n) };
            let small = "In this app only, until you end it. Emergency and incoming calls go on.";
            Check::new(tick(1), "Calls abroad and dear numbers are blocked").small(small).show(ui);
            widgets::row_line(ui);
            Check::new(Tick::Number(2), "A new line password is made").small("You press once more to send it").show(ui);
            widgets::row_line(ui);
            let small = text::numbers_line(&cx.security.contact);
            Check::new(Tick::Number(3), "You call your provider").small(&small).show(ui);
        });
        if let Some(there) = cx.security.limits_there.filter(|_| locked) {
            let words = sentence(there.sentence(cx.provider()));
            widgets::plain(ui, &words);
            widgets::live_region(ui, "limits there", &words);
        }
        widgets::faint(ui, "Only the provider can stop calls that are made from somewhere else.");
    });
    match (pressed, locked) {
        (Some(0), true) => out.push(Command::Safety(cx.line.id, SafetyCommand::EndLockdown)),
        (Some(0), false) => back(state),
        (Some(_), true) => state.security.open(SecurityPage::Change),
        (Some(_), false) => out.push(Command::Safety(cx.line.id, SafetyCommand::Lockdown)),
        (None, _) => {}
    }
}

/// Draws the question before a line is removed.
pub(super) fn remove(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Remove this line");
    let feet = [Foot::plain("Keep it"), Foot { kind: Kind::End, words: "Remove it for good", enabled: true }];
    let pressed = body(ui, "remove", &feet, |ui| {
        widgets::strong(ui, &format!("{} · {}", cx.line.name, cx.line.address));
        widgets::plain(ui, "Erased from this computer, and not to be brought back:");
        widgets::card(ui, |ui| {
            let all = [
                ("Its passwords", "Also those that were kept as a second copy"),
                ("Its calls", "The list of recent calls, and recordings if there are any"),
                ("What Ringfence knows of its security", "Notices, names of devices, trusted certificates"),
            ];
            for (i, (words, small)) in all.into_iter().enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                Check::new(Tick::Bad, words).small(small).show(ui);
            }
        });
        widgets::faint(ui, &format!("{} keeps what it knows, and the line itself goes on there.", cx.provider()));
        if cx.security.change.is_going() {
            widgets::warning(ui, "A password change is not finished. Removing the line loses the new password.");
        }
    });
    match pressed {
        Some(0) => back(state),
        Some(_) => {
            out.push(Command::Safety(cx.line.id, SafetyCommand::Remove));
            state.security = crate::ui::state::SecurityUi::default();
            state.page = Page::Main;
        }
        None => {}
    }
}
