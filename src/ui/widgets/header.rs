//! The bar at the top with the line's state, the bar of inner pages, and the tabs at the bottom.

use egui::{Align2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{focus_ring, icon_button, name_button, one_line, put_left};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// The state of a line as a dot. It never stands without its word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Dot {
    /// Ready.
    Good,
    /// On its way, or limited.
    Warn,
    /// Refused.
    Bad,
    /// Not connected.
    Off,
}

const HEIGHT: f32 = 48.0;

fn bar(ui: &mut Ui) -> Rect {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, p.line));
    rect
}

/// The bar of the main window: dot, line, state word, and icons at the right. Returns the line's response.
pub(in crate::ui) fn header(ui: &mut Ui, dot: Dot, line: &str, word: &str, icons: impl FnOnce(&mut Ui)) -> Response {
    let p = theme::palette(ui);
    let rect = bar(ui);
    let mut right = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 0.0)))
            .layout(egui::Layout::right_to_left(egui::Align::Center)),
    );
    right.spacing_mut().item_spacing.x = 4.0;
    icons(&mut right);
    let end = right.min_rect().left() - 8.0;
    let area = Rect::from_min_max(pos2(rect.left() + 4.0, rect.center().y - 18.0), pos2(end, rect.center().y + 18.0));
    let response = ui.interact(area, ui.scope_id().with("line"), Sense::click());
    name_button(&response, true, &format!("{line}, {word}"));
    let y = rect.center().y;
    let colour = match dot {
        Dot::Good => p.go,
        Dot::Warn => p.warn,
        Dot::Bad => p.end,
        Dot::Off => p.muted,
    };
    ui.painter().circle_filled(pos2(rect.left() + 16.5, y), 4.5, colour);
    let left = rect.left() + 29.0;
    let name = one_line(ui, line, theme::font(13.0, Weight::SemiBold), p.ink, (end - left - 60.0).max(40.0));
    let after = put_left(ui, pos2(left, y), name);
    let state = one_line(ui, &format!(" · {word}"), theme::font(13.0, Weight::Regular), p.muted, end - after);
    put_left(ui, pos2(after, y), state);
    focus_ring(ui, &response, area, f32::from(theme::RADIUS));
    response
}

/// The bar of a page inside the window: a way back and a title. Returns whether to go back.
pub(in crate::ui) fn page_header(ui: &mut Ui, title: &str) -> bool {
    let p = theme::palette(ui);
    let rect = bar(ui);
    let mut left = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 0.0)))
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    let back = icon_button(&mut left, icons::CARET_LEFT, "Back", false).clicked();
    let at = pos2(rect.left() + 52.0, rect.center().y);
    put_left(ui, at, one_line(ui, title, theme::font(13.0, Weight::SemiBold), p.ink, rect.right() - at.x - 8.0));
    back
}

/// The bar of a security page: a way back or, on a sheet, a shield; the title; and controls at the right. The first
/// of all is the way to the keypad, so that a call is never more than two presses of Tab away.
pub(in crate::ui) fn sheet_header(
    ui: &mut Ui,
    shield: Option<egui::Color32>,
    title: &str,
    right: impl FnOnce(&mut Ui),
) -> SheetHead {
    let p = theme::palette(ui);
    let rect = bar(ui);
    let mut inside = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 0.0)))
            .layout(egui::Layout::right_to_left(egui::Align::Center)),
    );
    inside.spacing_mut().item_spacing.x = 4.0;
    let keypad = icon_button(&mut inside, icons::DOTS_NINE, "Keypad", false).clicked();
    let mut left = ui.new_child(
        egui::UiBuilder::new()
            .max_rect(rect.shrink2(vec2(8.0, 0.0)))
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    let back = match shield {
        None => icon_button(&mut left, icons::CARET_LEFT, "Back", false).clicked(),
        Some(colour) => {
            let at = pos2(rect.left() + 21.0, rect.center().y);
            ui.painter().text(at, Align2::CENTER_CENTER, icons::SHIELD_CHECK, theme::icon_font(20.0), colour);
            false
        }
    };
    right(&mut inside);
    let at = pos2(rect.left() + if shield.is_some() { 40.0 } else { 52.0 }, rect.center().y);
    let room = inside.min_rect().left() - at.x - 8.0;
    let (heading, response) = (Rect::from_min_max(at, pos2(at.x + room.max(1.0), rect.bottom())), ui.scope_id());
    let response = ui.interact(heading, response.with("title"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    put_left(ui, at, one_line(ui, title, theme::font(13.0, Weight::SemiBold), p.ink, room));
    SheetHead { back, keypad }
}

/// What was pressed in a sheet's bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::ui) struct SheetHead {
    pub(in crate::ui) back: bool,
    pub(in crate::ui) keypad: bool,
}

/// The tabs at the bottom of the window. Returns the one that was pressed.
pub(in crate::ui) fn tabs<T: Copy + PartialEq>(ui: &mut Ui, chosen: T, all: &[(T, &str, &str, usize)]) -> Option<T> {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 56.0), Sense::hover());
    ui.painter().rect_filled(rect, 0.0, p.card);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, p.line));
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let width = rect.width() / all.len() as f32;
    let mut pressed = None;
    for (i, (tab, icon, word, badge)) in all.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let left = rect.left() + i as f32 * width;
        let cell = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
        if one_tab(ui, cell, (icon, word), *badge, *tab == chosen) {
            pressed = Some(*tab);
        }
    }
    pressed
}

fn one_tab(ui: &Ui, cell: Rect, (icon, word): (&str, &str), badge: usize, on: bool) -> bool {
    let p = theme::palette(ui);
    let response = ui.interact(cell, ui.scope_id().with(("tab", word)), Sense::click());
    let name = if badge > 0 { format!("{word}, {badge} new") } else { word.to_owned() };
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, on, &name));
    let colour = match (on, response.hovered()) {
        (true, _) => p.accent,
        (false, true) => p.ink,
        (false, false) => p.muted,
    };
    let centre = cell.center();
    let font = if on { theme::filled_icon_font(20.0) } else { theme::icon_font(20.0) };
    super::icon(ui, pos2(centre.x, cell.top() + 19.0), icon, font, colour);
    let label = theme::font(11.0, Weight::Medium);
    ui.painter().text(pos2(centre.x, cell.top() + 40.0), Align2::CENTER_CENTER, word, label, colour);
    if badge > 0 {
        let at = pos2(centre.x + 13.0, cell.top() + 12.0);
        ui.painter().circle_filled(at, 8.0, p.end);
        let count = if badge > 9 { "9+".to_owned() } else { badge.to_string() };
        ui.painter().text(at, Align2::CENTER_CENTER, count, theme::font(10.0, Weight::Bold), p.on_accent);
    }
    focus_ring(ui, &response, cell.shrink(4.0), f32::from(theme::RADIUS));
    response.clicked()
}
