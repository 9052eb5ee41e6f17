//! Cards, the rows in them with their round marks, and section titles.

use egui::{Align2, CornerRadius, Frame, Margin, Rect, Response, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::{one_line, put_left};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// The round mark in front of a row. Its icon says the same as its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Mark {
    /// Done, good.
    Good,
    /// In progress.
    Doing,
    /// Needs attention.
    Warn,
    /// Did not work.
    Bad,
}

/// A card around `content`, as wide as there is room.
pub(in crate::ui) fn card<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    let p = theme::palette(ui);
    Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, p.line))
        .corner_radius(CornerRadius::same(theme::RADIUS_CARD))
        .inner_margin(Margin::symmetric(14, 4))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 0.0;
            content(ui)
        })
        .inner
}

/// The hairline between two rows of a card.
pub(in crate::ui) fn row_line(ui: &mut Ui) {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, Stroke::new(1.0, p.line));
}

/// A row with a mark, a sentence, and an optional second line.
pub(in crate::ui) fn row(ui: &mut Ui, mark: Mark, words: &str, small: Option<&str>) -> Response {
    let p = theme::palette(ui);
    let height = if small.is_some() { 52.0 } else { 40.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let (icon, ink, soft) = match mark {
        Mark::Good => (icons::CHECK, p.go, p.go_soft),
        Mark::Doing => (icons::CIRCLE_NOTCH, p.accent, p.accent_soft),
        Mark::Warn => ("!", p.warn, p.warn_soft),
        Mark::Bad => (icons::X, p.end, p.end_soft),
    };
    let centre = pos2(rect.left() + 11.0, rect.center().y);
    ui.painter().circle_filled(centre, 11.0, soft);
    let font = if mark == Mark::Warn { theme::font(12.0, Weight::Bold) } else { theme::bold_icon_font(12.0) };
    ui.painter().text(centre, Align2::CENTER_CENTER, icon, font, ink);
    let left = rect.left() + 32.0;
    let width = rect.right() - left;
    let y = rect.center().y - if small.is_some() { 9.0 } else { 0.0 };
    put_left(ui, pos2(left, y), one_line(ui, words, theme::font(13.0, Weight::Regular), p.ink, width));
    if let Some(small) = small {
        let galley = one_line(ui, small, theme::font(12.0, Weight::Regular), p.muted, width);
        put_left(ui, pos2(left, rect.center().y + 9.0), galley);
    }
    let spoken = small.map_or_else(|| words.to_owned(), |small| format!("{words}. {small}"));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &spoken));
    response
}

/// A row with a name, a second line, and a control at its right end.
pub(in crate::ui) fn value_row<R>(
    ui: &mut Ui,
    name: &str,
    small: Option<&str>,
    control: impl FnOnce(&mut Ui) -> R,
) -> R {
    let p = theme::palette(ui);
    let height = if small.is_some() { 56.0 } else { 48.0 };
    let (rect, label) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
    let room = Rect::from_min_max(pos2(rect.left(), rect.top()), rect.max);
    let mut right = ui.new_child(
        egui::UiBuilder::new().max_rect(room).layout(egui::Layout::right_to_left(egui::Align::Center)).id_salt(name),
    );
    let result = control(&mut right);
    let width = right.min_rect().left() - rect.left() - 8.0;
    let y = rect.center().y - if small.is_some() { 9.0 } else { 0.0 };
    put_left(ui, pos2(rect.left(), y), one_line(ui, name, theme::font(13.0, Weight::Medium), p.ink, width));
    if let Some(small) = small {
        let galley = one_line(ui, small, theme::font(12.0, Weight::Regular), p.muted, width);
        put_left(ui, pos2(rect.left(), rect.center().y + 9.0), galley);
    }
    result
}

/// The title of a section, as in `Today`.
pub(in crate::ui) fn section(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, words));
    let galley = one_line(ui, words, theme::font(12.0, Weight::SemiBold), p.muted, rect.width() - 4.0);
    put_left(ui, pos2(rect.left() + 2.0, rect.center().y + 1.0), galley);
}

/// A row of a card that is a button: somebody to call, and what they do.
pub(in crate::ui) fn person_row(ui: &mut Ui, name: &str, about: &str) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Call {name}")));
    super::avatar(ui, pos2(rect.left() + 16.0, rect.center().y), 32.0, Some(name));
    let left = rect.left() + 42.0;
    let room = rect.right() - left - 28.0;
    put_left(
        ui,
        pos2(left, rect.center().y - 8.5),
        one_line(ui, name, theme::font(13.0, Weight::SemiBold), p.ink, room),
    );
    let about = one_line(ui, about, theme::font(12.0, Weight::Regular), p.muted, room);
    put_left(ui, pos2(left, rect.center().y + 8.5), about);
    let colour = if response.hovered() || response.has_focus() { p.go } else { p.muted };
    let at = pos2(rect.right() - 8.0, rect.center().y);
    ui.painter().text(at, Align2::CENTER_CENTER, icons::PHONE, theme::icon_font(18.0), colour);
    super::focus_ring(ui, &response, rect.shrink(2.0), f32::from(theme::RADIUS));
    response
}
