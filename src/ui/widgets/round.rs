//! The round buttons of the call screen, with their word below.

use egui::{Align2, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{focus_ring, touched};
use crate::ui::fonts::Weight;
use crate::ui::theme;

/// Diameter.
const SIZE: f32 = 56.0;

/// One round button.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui) struct Round<'a> {
    pub(in crate::ui) icon: &'a str,
    pub(in crate::ui) word: &'a str,
    /// The accessible name, when the word alone is not enough.
    pub(in crate::ui) name: &'a str,
    /// Whether what it does is on.
    pub(in crate::ui) on: bool,
    pub(in crate::ui) enabled: bool,
}

/// Draws it in a cell `width` points wide.
pub(in crate::ui) fn round_button(ui: &mut Ui, width: f32, button: Round<'_>) -> Response {
    let p = theme::palette(ui);
    let Round { icon, word, name, on, enabled } = button;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(width, SIZE + 22.0), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, name));
    let centre = pos2(rect.center().x, rect.top() + SIZE / 2.0);
    let (fill, ink) = match (enabled, on) {
        // Still to be read: what it would do is worth knowing.
        (false, _) => (p.hover, p.muted),
        (true, true) => (p.ink, p.bg),
        (true, false) => (p.card, p.ink),
    };
    let fill = if enabled { touched(fill, &response, p) } else { fill };
    ui.painter().circle(centre, SIZE / 2.0 - 0.5, fill, Stroke::new(1.0, p.line));
    super::icon(ui, centre, icon, theme::icon_font(22.0), ink);
    let font = theme::font(11.5, Weight::Regular);
    let below = pos2(rect.center().x, rect.top() + SIZE + 14.0);
    ui.painter().text(below, Align2::CENTER_CENTER, word, font, p.muted);
    let ring = egui::Rect::from_center_size(centre, egui::Vec2::splat(SIZE));
    focus_ring(ui, &response, ring, SIZE / 2.0);
    response
}
