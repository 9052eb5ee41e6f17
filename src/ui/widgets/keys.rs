//! The twelve keys of a telephone.

use egui::{Align2, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::{focus_ring, touched};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

const KEYS: [(char, &str); 12] = [
    ('1', ""),
    ('2', "ABC"),
    ('3', "DEF"),
    ('4', "GHI"),
    ('5', "JKL"),
    ('6', "MNO"),
    ('7', "PQRS"),
    ('8', "TUV"),
    ('9', "WXYZ"),
    ('*', ""),
    ('0', "+"),
    ('#', ""),
];

/// Draws the keys `size` points wide and returns the one that was pressed. Holding `0` down gives `+` if `plus`.
pub(in crate::ui) fn key_pad(ui: &mut Ui, size: f32, gap: f32, plus: bool) -> Option<char> {
    let column = size + 8.0;
    let width = 3.0 * column + 2.0 * gap;
    let left = ui.cursor().left() + (ui.available_width() - width) / 2.0;
    let (area, _) = ui.allocate_exact_size(vec2(ui.available_width(), 4.0 * size + 3.0 * (gap - 8.0)), Sense::hover());
    let mut pressed = None;
    for (i, (key, letters)) in KEYS.into_iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "at most 11")]
        let (x, y) = ((i % 3) as f32, (i / 3) as f32);
        let centre = pos2(left + column / 2.0 + x * (column + gap), area.top() + size / 2.0 + y * (size + gap - 8.0));
        if let Some(key) = one_key(ui, centre, size, key, letters, plus) {
            pressed = Some(key);
        }
    }
    pressed
}

fn one_key(ui: &Ui, centre: egui::Pos2, size: f32, key: char, letters: &str, plus: bool) -> Option<char> {
    let p = theme::palette(ui);
    let rect = egui::Rect::from_center_size(centre, egui::Vec2::splat(size));
    let response = ui.interact(rect, ui.scope_id().with(("key", key)), Sense::click());
    let name = match key {
        '*' => "Star".to_owned(),
        '#' => "Hash".to_owned(),
        key => format!("Key {key}"),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    ui.painter().circle(centre, size / 2.0 - 0.5, touched(p.card, &response, p), Stroke::new(1.0, p.line));
    let scale = size / 64.0;
    let up = if letters.is_empty() && key != '1' { 0.0 } else { 6.0 * scale };
    let at = pos2(centre.x, centre.y - up);
    if key == '*' {
        // Inter's asterisk stands high above the line.
        ui.painter().text(at, Align2::CENTER_CENTER, icons::ASTERISK, theme::icon_font(20.0 * scale), p.ink);
    } else {
        ui.painter().text(at, Align2::CENTER_CENTER, key, theme::font(23.0 * scale, Weight::Regular), p.ink);
    }
    letters_below(ui, pos2(centre.x, centre.y + 13.0 * scale), letters, scale);
    focus_ring(ui, &response, rect, size / 2.0);
    if plus && key == '0' && (response.long_touched() || response.secondary_clicked()) {
        return Some('+');
    }
    response.clicked().then_some(key)
}

/// Small letters with wide spacing.
fn letters_below(ui: &Ui, centre: egui::Pos2, letters: &str, scale: f32) {
    if letters.is_empty() {
        return;
    }
    let p = theme::palette(ui);
    let format = egui::TextFormat {
        font_id: theme::font((9.0 * scale).max(8.0), Weight::Medium),
        color: p.muted,
        extra_letter_spacing: 1.5 * scale,
        ..egui::TextFormat::default()
    };
    let mut job = egui::text::LayoutJob::default();
    job.append(letters, 0.0, format);
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    // The last letter's spacing would push the word to the left.
    let at = centre - galley.size() / 2.0 + vec2(0.75 * scale, 0.0);
    ui.painter().galley(at, galley, p.muted);
}
