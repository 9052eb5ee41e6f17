//! What the screens are built of. Each widget paints itself with the theme's tokens, has an accessible name, and is
//! at least 36 points high and wide where it can be hit.

mod avatar;
mod banner;
mod button;
mod card;
mod check;
mod choice;
mod field;
mod header;
mod keys;
mod meter;
mod password;
mod prose;
mod round;
mod secret;

pub(super) use avatar::avatar;
pub(super) use banner::{Banner, BannerKind};
pub(super) use button::{Button, Kind, icon_button, link};
pub(super) use card::{Mark, card, person_row, row, row_line, section, value_row};
pub(super) use check::{Check, Tick};
pub(super) use choice::{choice, segments};
pub(super) use field::{field, focus_at_end, labelled, search_field};
pub(super) use header::{Dot, SheetHead, header, page_header, sheet_header, tabs};
pub(super) use keys::key_pad;
pub use meter::Levels;
pub(super) use meter::meter;
pub use password::PasswordField;
pub(super) use prose::{boxed, faint, label, plain, prose, strong, warning};
pub(super) use round::{Round, round_button};
pub use secret::QrModules;
pub(super) use secret::{code_box, qr, secret_box, spelt};

use std::sync::Arc;

use egui::{Align2, Color32, FontId, Galley, Pos2, Rect, Response, Role, Stroke, StrokeKind, Ui, WidgetInfo};

use super::fonts::Weight;
use super::theme::{self, Palette};

/// The ring around what has the keyboard's focus.
pub(super) fn focus_ring(ui: &Ui, response: &Response, rect: Rect, radius: f32) {
    if response.has_focus() {
        let stroke = Stroke::new(theme::FOCUS_RING, theme::palette(ui).accent);
        ui.painter().rect_stroke(rect.expand(2.0), radius + 2.0, stroke, StrokeKind::Middle);
    }
}

/// A button's accessible name and state.
pub(super) fn name_button(response: &Response, enabled: bool, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
}

/// What a button's surface looks like under the pointer.
pub(super) fn touched(base: Color32, response: &Response, p: &Palette) -> Color32 {
    if response.is_pointer_button_down_on() {
        base.lerp_to_gamma(p.ink, 0.14)
    } else if response.hovered() {
        base.lerp_to_gamma(p.ink, 0.07)
    } else {
        base
    }
}

/// Paints an icon into the middle of something. Phosphor's nine dots are too fine beside its other icons, so they are
/// painted here.
pub(super) fn icon(ui: &Ui, centre: Pos2, icon: &str, font: FontId, colour: Color32) {
    if icon != super::icons::DOTS_NINE {
        ui.painter().text(centre, Align2::CENTER_CENTER, icon, font, colour);
        return;
    }
    let step = font.size * 0.29;
    for (x, y) in [-1.0_f32, 0.0, 1.0].into_iter().flat_map(|x| [-1.0_f32, 0.0, 1.0].map(|y| (x, y))) {
        ui.painter().circle_filled(centre + egui::vec2(x * step, y * step), font.size * 0.086, colour);
    }
}

/// One line of text, cut with an ellipsis where it does not fit.
pub(super) fn one_line(ui: &Ui, text: &str, font: FontId, colour: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(1.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// `name` if the window's fonts have its letters, else `address`: boxes tell nobody apart. Only for what is painted;
/// a screen reader can say more than the fonts can draw.
pub(super) fn drawable<'a>(ui: &Ui, name: &'a str, address: &'a str) -> &'a str {
    let font = theme::font(14.0, Weight::Regular);
    let letters = || name.chars().filter(|c| c.is_alphanumeric());
    let all = name.is_ascii() || ui.fonts_mut(|fonts| letters().all(|c| fonts.has_glyph(&font, c)));
    if all { name } else { address }
}

/// Puts text with its left edge and vertical middle at `at`; returns where it ends.
pub(super) fn put_left(ui: &Ui, at: Pos2, galley: Arc<Galley>) -> f32 {
    let size = galley.size();
    ui.painter().galley(Pos2::new(at.x, at.y - size.y / 2.0), galley, Color32::PLACEHOLDER);
    at.x + size.x
}

/// Text whose digits all have the same width, so that a running timer does not tremble. Inter has tabular digits,
/// but egui does not turn on OpenType features. Returns where it ends.
pub(super) fn tabular(ui: &Ui, left_centre: Pos2, text: &str, font: &FontId, colour: Color32) -> f32 {
    let mut x = left_centre.x;
    for (c, width) in tabular_cells(ui, text, font) {
        ui.painter().text(Pos2::new(x + width / 2.0, left_centre.y), Align2::CENTER_CENTER, c, font.clone(), colour);
        x += width;
    }
    x
}

/// How wide [`tabular`] text is.
pub(super) fn tabular_width(ui: &Ui, text: &str, font: &FontId) -> f32 {
    tabular_cells(ui, text, font).map(|(_, width)| width).sum()
}

fn tabular_cells<'a>(ui: &Ui, text: &'a str, font: &FontId) -> impl Iterator<Item = (char, f32)> + use<'a> {
    let (zero, colon) = ui.fonts_mut(|fonts| (fonts.glyph_width(font, '0'), fonts.glyph_width(font, ':')));
    text.chars().map(move |c| (c, if c.is_ascii_digit() { zero } else { colon }))
}

/// Says `words` to a screen reader whenever they change, without moving its cursor.
pub(super) fn live_region(ui: &Ui, name: &str, words: &str) {
    let id = ui.scope_id().with(("live", name));
    let rect = Rect::from_min_size(ui.min_rect().min, egui::Vec2::ZERO);
    let response = ui.interact(rect, id, egui::Sense::empty());
    response.widget_info(|| WidgetInfo::labeled(Role::Status, true, words));
    // Without an accessibility client there is no node to write to.
    let _absent = ui
        .ctx()
        .accesskit_node_builder(id, |node| {
            node.set_live(egui::accesskit::Live::Polite);
            node.set_label(words);
        })
        .is_none();
}
