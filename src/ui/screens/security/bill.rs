//! "Check my bill": the provider's call list against the calls of this computer. Nothing of it leaves the computer.

use egui::{Id, Ui};

use super::{Cx, Foot, body, header};
use crate::base::WallTime;
use crate::phone::command::{BillCommand, Command};
use crate::phone::view::{BillColumns, BillResult, BillState};
use crate::ui::format;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Button, Check, Kind, Tick};

/// Days that one can look back, with their words.
const SPANS: [(i64, &str); 4] = [(7, "A week"), (31, "A month"), (92, "3 months"), (366, "A year")];
const A_DAY: i64 = 24 * 3_600_000;

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Check my bill");
    let bill = cx.scene.view.bill.as_ref().filter(|bill| bill.account == cx.line.id).map(|bill| &bill.state);
    dropped(ui, cx, out);
    match bill {
        None => choose(ui, cx, state, out, None),
        Some(BillState::Unreadable(why)) => choose(ui, cx, state, out, Some(why)),
        Some(BillState::Columns(columns)) => confirm(ui, cx, state, out, columns),
        Some(BillState::Result(result)) => found(ui, cx, out, result),
    }
}

/// A file that is dropped on the window.
fn dropped(ui: &Ui, cx: &Cx<'_>, out: &mut Vec<Command>) {
    let path = ui.input(|input| input.raw.dropped_files.first().map(|file| file.path().to_path_buf()));
    out.extend(path.map(|path| Command::Bill(cx.line.id, BillCommand::Open(path))));
}

fn choose(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, trouble: Option<&str>) {
    let path = state.security.bill.path.trim().to_owned();
    let feet = [Foot::plain("Paste the list"), Foot::main("Open this file").enabled(!path.is_empty())];
    let pressed = body(ui, "bill", &feet, |ui| {
        widgets::prose(
            ui,
            "Download the list of calls from your provider's website (CSV) and **drop it on this window**. Ringfence \
             shows the calls that were not made here. The list stays on this computer.",
        );
        if let Some(trouble) = trouble {
            widgets::warning(ui, trouble);
            widgets::live_region(ui, "bill", trouble);
        }
        widgets::labelled(ui, "File", "if you would rather type where it is", |ui| {
            let id = Id::unique("bill file");
            widgets::field(ui, id, &mut state.security.bill.path, "calls.csv in your downloads", false)
        });
    });
    match pressed {
        Some(0) => ui.ctx().send_viewport_cmd(egui::ViewportCommand::RequestPaste),
        Some(_) => out.push(Command::Bill(cx.line.id, BillCommand::Open(path.into()))),
        None => {}
    }
    let pasted = ui.input(|input| {
        input
            .events
            .iter()
            .find_map(|event| if let egui::Event::Paste(text) = event { Some(text.clone()) } else { None })
    });
    // A path is pasted into its field; a list has lines.
    if let Some(text) = pasted.filter(|text| text.trim().contains('\n')) {
        state.security.bill.path.clear();
        out.push(Command::Bill(cx.line.id, BillCommand::Paste(text)));
    }
}

fn confirm(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, guess: &BillColumns) {
    let form = &mut state.security.bill;
    let mut chosen = form.columns.unwrap_or([guess.when, guess.number, guess.duration, guess.cost]);
    let days = form.days.unwrap_or(31);
    let mut picked_days = None;
    let ready = chosen[0].is_some() && chosen[1].is_some();
    let pressed = body(ui, "columns", &[Foot::plain("Another list"), Foot::main("Compare").enabled(ready)], |ui| {
        let rows = if guess.rows == 1 { "1 row".to_owned() } else { format!("{} rows", guess.rows) };
        widgets::plain(ui, &format!("{rows}. Is this what its columns say?"));
        let names = ["When", "Number called", "How long", "What it cost"];
        widgets::card(ui, |ui| {
            for (i, (name, column)) in names.into_iter().zip(&mut chosen).enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                let mut all: Vec<(Option<usize>, &str)> = vec![(None, "Not in the list")];
                all.extend(guess.titles.iter().enumerate().map(|(i, title)| (Some(i), title.as_str())));
                let picked = widgets::value_row(ui, name, example(guess, *column).as_deref(), |ui| {
                    widgets::choice(ui, name, 150.0, column, &all)
                });
                *column = picked.unwrap_or(*column);
            }
        });
        widgets::section(ui, "Look back");
        picked_days = widgets::segments(ui, "Look back", ui.available_width(), &days, &SPANS);
    });
    form.columns = Some(chosen);
    form.days = picked_days.or(form.days);
    match (pressed, chosen) {
        (Some(0), _) => {
            form.columns = None;
            out.push(Command::Bill(cx.line.id, BillCommand::Close));
        }
        (Some(_), [Some(when), Some(number), duration, cost]) => {
            let since = WallTime(cx.now().wall.0 - days * A_DAY);
            out.push(Command::Bill(cx.line.id, BillCommand::Compare { when, number, duration, cost, since }));
        }
        (Some(_) | None, _) => {}
    }
}

/// What stands in a column's first row.
fn example(guess: &BillColumns, column: Option<usize>) -> Option<String> {
    let cell = guess.sample.first()?.get(column?)?;
    Some(format!("e.g. {cell}"))
}

fn found(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>, result: &BillResult) {
    let n = result.foreign.len();
    let since = cx.now().short_day(result.since);
    let title = match n {
        0 => "All calls were made here".to_owned(),
        1 => "1 call was not made here".to_owned(),
        n => format!("{n} calls were not made here"),
    };
    let compared = match result.compared {
        1 => format!("1 call since {since} was compared"),
        n => format!("{n} calls since {since} were compared"),
    };
    let pressed = body(ui, "result", &[Foot::plain("Another list")], |ui| {
        super::hero(ui, n == 0, &title, &compared);
        widgets::live_region(ui, "bill", &format!("{title}. {compared}"));
        if let Some(begins) = result.log_begins {
            let words = format!(
                "This computer's own list begins on {}. Calls before that cannot be told apart.",
                cx.now().date(begins)
            );
            widgets::warning(ui, &words);
        }
        if result.unreadable > 0 {
            widgets::warning(
                ui,
                &match result.unreadable {
                    1 => "1 row could not be read. Look at it yourself.".to_owned(),
                    n => format!("{n} rows could not be read. Look at them yourself."),
                },
            );
        }
        if n == 0 {
            return;
        }
        widgets::card(ui, |ui| {
            for (i, row) in result.foreign.iter().enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                let mut small = vec![format!("{} {}", cx.now().short_day(row.at), cx.now().time_of_day(row.at))];
                small.extend(row.secs.map(format::duration));
                small.extend(row.cost.clone());
                Check::new(Tick::Warn, &row.number).small(&small.join(" · ")).show(ui);
            }
        });
        widgets::plain(
            ui,
            "They may have been made by another phone of yours. If not: lock down, change the password, and call your \
             provider.",
        );
        let width = ui.available_width();
        let words = "Copy these for your provider";
        if ui.add(Button::new(Kind::Plain, words).height(40.0).width(width)).clicked() {
            ui.ctx().copy_text(as_text(cx, result));
        }
    });
    if pressed.is_some() {
        out.push(Command::Bill(cx.line.id, BillCommand::Close));
    }
}

/// The calls as lines of text.
fn as_text(cx: &Cx<'_>, result: &BillResult) -> String {
    let line = |row: &crate::phone::view::BillRow| {
        let secs = row.secs.map(|secs| format!(", {}", format::duration(secs))).unwrap_or_default();
        let cost = row.cost.as_ref().map(|cost| format!(", {cost}")).unwrap_or_default();
        format!("{} {}, {}{secs}{cost}\n", cx.now().date(row.at), cx.now().time_of_day(row.at), row.number)
    };
    result.foreign.iter().map(line).collect()
}
