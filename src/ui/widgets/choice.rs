//! One of several: a drop-down, and a row of segments.

use egui::{Align2, ComboBox, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::focus_ring;
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// A drop-down, `width` points wide. Returns what was chosen anew.
pub(in crate::ui) fn choice<T: Clone + PartialEq>(
    ui: &mut Ui,
    name: &str,
    width: f32,
    current: &T,
    all: &[(T, &str)],
) -> Option<T> {
    let p = theme::palette(ui);
    let shown = all.iter().find(|(value, _)| value == current).map_or("", |(_, words)| words);
    let mut picked = None;
    let text = |words: &str, weight| egui::RichText::new(words).font(theme::font(12.5, weight)).color(p.ink);
    let response = ComboBox::from_id_salt(name)
        .width(width)
        .truncate()
        .icon(|ui, rect, _visuals, _open| {
            let colour = theme::palette(ui).muted;
            super::icon(ui, rect.center(), icons::CARET_DOWN, theme::bold_icon_font(12.0), colour);
        })
        .selected_text(text(shown, Weight::Medium))
        .show_ui(ui, |ui| {
            ui.set_min_width(width);
            ui.spacing_mut().item_spacing.y = 0.0;
            for (value, words) in all {
                let chosen = value == current;
                let weight = if chosen { Weight::SemiBold } else { Weight::Regular };
                if ui.selectable_label(chosen, text(words, weight)).clicked() && !chosen {
                    picked = Some(value.clone());
                }
            }
        })
        .response;
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ComboBox, true, name);
        info.current_text_value = Some(shown.to_owned());
        info
    });
    picked
}

/// A row of segments as wide as there is room, one of which is chosen. Returns what was chosen anew.
pub(in crate::ui) fn segments<T: Clone + PartialEq>(
    ui: &mut Ui,
    name: &str,
    width: f32,
    current: &T,
    all: &[(T, &str)],
) -> Option<T> {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(width, theme::TARGET), Sense::hover());
    ui.painter().rect(rect, f32::from(theme::RADIUS), p.bg, egui::Stroke::new(1.0, p.line), egui::StrokeKind::Inside);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let step = rect.width() / all.len() as f32;
    let mut picked = None;
    for (i, (value, words)) in all.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let left = rect.left() + i as f32 * step;
        let cell = egui::Rect::from_min_size(pos2(left, rect.top()), vec2(step, rect.height()));
        let on = value == current;
        let response = ui.interact(cell, ui.scope_id().with((name, words)), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, format!("{name}: {words}")));
        let surface = cell.shrink(3.0);
        if on || response.hovered() {
            ui.painter().rect_filled(surface, 6.0, if on { p.accent_soft } else { p.hover });
        }
        let (weight, ink) = if on { (Weight::SemiBold, p.accent) } else { (Weight::Regular, p.muted) };
        ui.painter().text(cell.center(), Align2::CENTER_CENTER, words, theme::font(12.5, weight), ink);
        focus_ring(ui, &response, surface, 6.0);
        if response.clicked() && !on {
            picked = Some(value.clone());
        }
    }
    picked
}
