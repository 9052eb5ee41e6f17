//! What this app allows, asks about, and blocks.

use egui::Ui;

use super::{Cx, body, header};
use crate::phone::command::Command;
use crate::ui::state::UiState;
use crate::ui::widgets;

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, _out: &mut Vec<Command>) {
    header(ui, state, "Limits");
    body(ui, "limits", &[], |ui| {
        widgets::prose(
            ui,
            "These limits hold **in this app only**. Whoever has your password can still call from somewhere else: ask \
             your provider for limits too.",
        );
        widgets::faint(ui, &crate::ui::text::security::numbers_line(&cx.security.contact));
    });
}
