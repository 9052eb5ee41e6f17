//! "I was told to change my password": the check list for a message that nobody can verify.

use egui::{Id, Ui};

use super::{Cx, Foot, SecurityPage, begin, body, change, done, header};
use crate::phone::command::{Begin, ChangeCommand, Command, SafetyCommand};
use crate::phone::view::{ChangePhase, CheckItem, CheckState};
use crate::ui::state::UiState;
use crate::ui::text::security as text;
use crate::ui::widgets::{self, Button, Check, Kind, Tick};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, text::TOLD_TITLE);
    if state.security.giving {
        return change::give(
            ui,
            cx,
            state,
            out,
            "If the line password was changed already, enter the one that counts now.",
        );
    }
    let gave = crate::ui::text::sentence(format!("{} gave me one", cx.provider()));
    let at_provider = cx.security.change.phase == ChangePhase::AtProvider;
    let can = cx.security.change.can_be_given;
    let feet = [Foot::plain(&gave).enabled(can), Foot::main("I've changed it").enabled(can)];
    let pressed = body(ui, "told", &feet, |ui| {
        let asks = cx.security.asks_for_change();
        widgets::prose(ui, &text::told_lead(cx.security.source, asks, &cx.provider().replace('*', "")));
        widgets::card(ui, |ui| {
            for (i, row) in cx.security.check_list.iter().enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                if row.item == CheckItem::Line && row.state == CheckState::Open {
                    line(ui, cx, state, out, i + 1);
                } else {
                    done::check(ui, cx, state, out, row, Tick::Number(i + 1));
                }
            }
        });
        widgets::faint(ui, &text::numbers_line(&cx.security.contact));
        if cx.security.contact.portal.is_none() {
            website(ui, cx, state, out);
        }
    });
    match pressed {
        Some(0) => state.security.giving = true,
        // Without a staged password, only one that the person knows can be tested.
        Some(_) if at_provider => {
            out.push(cx.change(ChangeCommand::ChangedIt));
            state.security.open(SecurityPage::Change);
        }
        Some(_) => state.security.giving = true,
        None => {}
    }
}

/// Where their website is, if nobody has said so yet: half of the list is done there.
fn website(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let field = &mut state.security.portal;
    widgets::labelled(ui, "Their website", "type it from your bill, not from a message", |ui| {
        widgets::field(ui, Id::unique("their website"), field, "https://www.provider.example", false)
    });
    let typed = field.trim();
    let keep = Button::new(Kind::Plain, "Keep this address").width(ui.available_width()).enabled(!typed.is_empty());
    if ui.add(keep).clicked() && !typed.is_empty() {
        out.push(Command::Safety(cx.line.id, SafetyCommand::SetPortal(typed.to_owned())));
    }
}

/// The line password: the only one that Ringfence can test.
fn line(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, number: usize) {
    let change = &cx.security.change;
    let (small, action) = if change.phase == ChangePhase::AtProvider {
        ("New one is ready to paste", "Show")
    } else if change.is_going() && !matches!(change.phase, ChangePhase::Done { .. }) {
        ("A change is under way", "Show")
    } else {
        ("Ringfence makes a new one, saves it first and tests it", "Start")
    };
    if Check::new(Tick::Current(number), "Line password").small(small).action(action).show(ui) {
        begin(cx, state, out, Begin::Told);
    }
}
