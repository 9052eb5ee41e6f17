//! Paragraphs: plain words with bold ones among them, and boxes that set one apart.

use egui::{CornerRadius, Frame, Margin, Ui};

use crate::ui::fonts::Weight;
use crate::ui::theme;

/// A paragraph in which words between `**` are bold. Only for our own sentences: see [`plain`].
pub(in crate::ui) fn prose(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    let mut job = egui::text::LayoutJob::default();
    for (i, part) in words.split("**").enumerate() {
        let weight = if i % 2 == 1 { Weight::SemiBold } else { Weight::Regular };
        job.append(part, 0.0, format(13.0, weight, p.ink));
    }
    job.wrap.max_width = ui.available_width();
    ui.add(egui::Label::new(job).wrap());
}

/// A paragraph of somebody else's: nothing in it is markup.
pub(in crate::ui) fn plain(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    coloured(ui, words, 13.0, Weight::Regular, p.ink);
}

/// A bold paragraph.
pub(in crate::ui) fn strong(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    coloured(ui, words, 13.0, Weight::SemiBold, p.ink);
}

/// A paragraph of less weight.
pub(in crate::ui) fn faint(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    coloured(ui, words, 12.0, Weight::Regular, p.muted);
}

/// A paragraph that needs attention.
pub(in crate::ui) fn warning(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    coloured(ui, words, 12.5, Weight::Medium, p.warn);
}

/// A sentence in a soft box.
pub(in crate::ui) fn boxed(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    Frame::new().fill(p.accent_soft).corner_radius(CornerRadius::same(10)).inner_margin(Margin::symmetric(12, 9)).show(
        ui,
        |ui| {
            ui.set_width(ui.available_width());
            coloured(ui, words, 12.5, Weight::Regular, p.ink);
        },
    );
}

/// A heading above a field or a card.
pub(in crate::ui) fn label(ui: &mut Ui, words: &str) {
    let p = theme::palette(ui);
    coloured(ui, words, 12.0, Weight::SemiBold, p.muted);
}

fn coloured(ui: &mut Ui, words: &str, size: f32, weight: Weight, colour: egui::Color32) {
    let mut job = egui::text::LayoutJob::default();
    job.append(words, 0.0, format(size, weight, colour));
    job.wrap.max_width = ui.available_width();
    ui.add(egui::Label::new(job).wrap());
}

fn format(size: f32, weight: Weight, colour: egui::Color32) -> egui::TextFormat {
    egui::TextFormat {
        line_height: Some((size * 1.45).round()),
        ..egui::TextFormat::simple(theme::font(size, weight), colour)
    }
}
