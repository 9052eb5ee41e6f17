//! The sheet of keyboard shortcuts.

use egui::{Align2, Id, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::fonts::Weight;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, one_line, put_left};
use crate::ui::{text, theme};

/// Draws it over everything while it is open.
pub(super) fn show(ui: &Ui, state: &mut UiState) {
    if !state.shortcuts {
        return;
    }
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.card)
        .stroke(egui::Stroke::new(1.0, p.line))
        .corner_radius(egui::CornerRadius::same(theme::RADIUS_CARD))
        .inner_margin(egui::Margin::symmetric(16, 12));
    let modal = egui::Modal::new(Id::unique("shortcuts")).frame(frame).show(ui.ctx(), |ui| {
        ui.set_width(280.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.label(egui::RichText::new("Keyboard").font(theme::font(18.0, Weight::Bold)).color(p.ink));
        ui.add_space(8.0);
        for (keys, action) in text::SHORTCUTS {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{keys}: {action}")));
            let y = rect.center().y;
            put_left(ui, pos2(rect.left(), y), one_line(ui, action, theme::font(13.0, Weight::Regular), p.ink, 170.0));
            let font = theme::font(12.0, Weight::Medium);
            ui.painter().text(pos2(rect.right(), y), Align2::RIGHT_CENTER, keys, font, p.muted);
        }
        ui.add_space(8.0);
        let width = ui.available_width();
        ui.add(widgets::Button::new(widgets::Kind::Main, "Close").width(width)).clicked()
    });
    if modal.inner || modal.should_close() {
        state.shortcuts = false;
    }
}
