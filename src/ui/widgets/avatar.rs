//! A round picture of somebody: their initials on a colour that is always theirs; `#` for a bare number,
//! and for letters that the fonts lack.

use egui::{Align2, Rect, Ui, Vec2};

use crate::ui::fonts::Weight;
use crate::ui::format;
use crate::ui::icons;
use crate::ui::theme;

/// Paints somebody into the middle of `rect`, `size` points wide.
pub(in crate::ui) fn avatar(ui: &Ui, centre: egui::Pos2, size: f32, name: Option<&str>) {
    let p = theme::palette(ui);
    let initials = name.and_then(format::initials);
    let colour = theme::avatar_colour(initials.is_some().then_some(name).flatten());
    let rect = Rect::from_center_size(centre, Vec2::splat(size));
    ui.painter().circle_filled(rect.center(), size / 2.0, colour);
    match initials.filter(|initials| !super::drawable(ui, initials, "").is_empty()) {
        Some(initials) => {
            let font = theme::font((size * 0.345).round(), Weight::SemiBold);
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, initials, font, p.on_avatar);
        }
        None => {
            let font = theme::icon_font((size * 0.45).round());
            ui.painter().text(rect.center(), Align2::CENTER_CENTER, icons::HASH, font, p.on_avatar);
        }
    }
}
