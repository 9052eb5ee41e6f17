//! Twelve keys, the number, the line, and the green button.

use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{Scene, place_call};
use crate::phone::command::Command;
use crate::ui::fonts::Weight;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, one_line};
use crate::ui::{format, icons, text, theme};

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let room = ui.available_height();
    // The picture's sizes fit 496 points; a smaller window gets smaller keys, never smaller than 44.
    let key = (64.0 - (496.0 - room).max(0.0) / 4.4).clamp(44.0, 64.0).floor();
    ui.add_space(((room - 4.0 * key - 30.0 - 64.0 - 62.0 - 36.0) / 2.0).clamp(4.0, 20.0));
    number(ui, state);
    ui.add_space(14.0);
    if let Some(c) = widgets::key_pad(ui, key, 18.0, true) {
        state.dial.push(c);
    }
    ui.add_space(16.0);
    bottom(ui, scene, state, out);
}

fn number(ui: &mut Ui, state: &mut UiState) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 60.0), Sense::hover());
    let shown = format::number(state.dial.trim());
    let spoken = if shown.is_empty() { "No number yet".to_owned() } else { shown.clone() };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let room = rect.width() - 32.0;
    let mut size = 24.0;
    let mut galley = one_line(ui, &shown, theme::font(size, Weight::SemiBold), p.ink, f32::INFINITY);
    while galley.size().x > room && size > 14.0 {
        size -= 2.0;
        galley = one_line(ui, &shown, theme::font(size, Weight::SemiBold), p.ink, f32::INFINITY);
    }
    let galley = if galley.size().x > room {
        one_line(ui, &shown, theme::font(size, Weight::SemiBold), p.ink, room)
    } else {
        galley
    };
    let at = pos2(rect.center().x - galley.size().x / 2.0, rect.top() + 18.0 - galley.size().y / 2.0);
    ui.painter().galley(at, galley, p.ink);
    let hint = if shown.is_empty() { "Type or paste a number" } else { "Enter calls" };
    let font = theme::font(12.0, Weight::Regular);
    ui.painter().text(pos2(rect.center().x, rect.top() + 46.0), Align2::CENTER_CENTER, hint, font, p.muted);
}

fn bottom(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 62.0), Sense::hover());
    let centre = rect.center();
    let cell = |x: f32, w: f32| Rect::from_center_size(pos2(centre.x + x, centre.y), vec2(w, theme::TARGET));
    line_chip(ui, cell(-97.0, 84.0), scene, state);
    let round = Rect::from_center_size(centre, egui::Vec2::splat(60.0));
    let callable = !state.dial.trim().is_empty();
    let response =
        ui.interact(round, ui.scope_id().with("call"), if callable { Sense::click() } else { Sense::hover() });
    widgets::name_button(&response, callable, text::CALL);
    let fill = if callable { widgets::touched(p.go, &response, p) } else { p.hover };
    let edge = if callable { fill } else { p.line };
    ui.painter().circle(centre, 30.0, fill, Stroke::new(1.0, edge));
    let ink = if callable { p.on_go } else { p.muted };
    ui.painter().text(centre, Align2::CENTER_CENTER, icons::PHONE, theme::filled_icon_font(24.0), ink);
    widgets::focus_ring(ui, &response, round, 30.0);
    if response.clicked() {
        let to = state.dial.clone();
        place_call(scene, state, out, &to);
    }
    let mut erase = ui.new_child(egui::UiBuilder::new().max_rect(cell(97.0, theme::TARGET)));
    if callable && widgets::icon_button(&mut erase, icons::BACKSPACE, "Delete the last digit", false).clicked() {
        state.dial.pop();
    }
}

/// The line to call from; a menu when there are several.
fn line_chip(ui: &mut Ui, rect: Rect, scene: &Scene<'_>, state: &mut UiState) {
    let p = theme::palette(ui);
    let Some(line) = scene.line(state.line) else { return };
    if scene.view.accounts.len() < 2 {
        let galley = one_line(ui, &line.name, theme::font(12.0, Weight::Regular), p.muted, rect.width());
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, p.muted);
        return;
    }
    let mut child = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    let current = line.id;
    let choices: Vec<_> = scene.view.accounts.iter().map(|a| (a.id, a.name.as_str())).collect();
    if let Some(id) = widgets::choice(&mut child, "Line", rect.width(), &current, &choices) {
        state.line = Some(id);
    }
}
