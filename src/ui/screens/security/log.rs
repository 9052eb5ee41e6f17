//! The event log: what happened to this line's security, newest first, and a copy of it in a file.

use egui::Ui;

use super::{Cx, Foot, body, header};
use crate::phone::command::{Command, SafetyCommand};
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Check, Tick};

/// Rows on the page; the file has all of them.
const MOST: usize = 200;

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Event log");
    let pressed = body(ui, "log", &[Foot::plain("Save it as a file")], |ui| {
        widgets::faint(ui, "Kept on this computer only. It never holds a password.");
        if let Some(place) = &cx.security.log_saved_at {
            let words = format!("Saved as {place}");
            widgets::plain(ui, &words);
            widgets::live_region(ui, "saved", &words);
        }
        widgets::card(ui, |ui| {
            for (i, row) in cx.security.log.iter().take(MOST).enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                let small = format!("{}, {}", cx.now().day(row.at), cx.now().time_of_day(row.at));
                Check::new(Tick::None, &row.words).small(&small).show(ui);
            }
            if cx.security.log.is_empty() {
                Check::new(Tick::None, "Nothing has happened yet").faint(true).show(ui);
            }
        });
        if cx.security.log.len() > MOST {
            widgets::faint(ui, &format!("{} older lines are in the file.", cx.security.log.len() - MOST));
        }
    });
    if pressed.is_some() {
        out.push(Command::Safety(cx.line.id, SafetyCommand::ExportLog));
    }
}
