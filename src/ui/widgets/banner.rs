//! Something that has to be known now: an icon, one bold sentence, one line of advice, at most one button.

use egui::{Color32, CornerRadius, Frame, Margin, RichText, Ui, vec2};

use super::{Button, Kind, icon_button};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) enum BannerKind {
    /// Needs attention.
    Warn,
    /// Does not work.
    Bad,
}

/// A banner.
#[derive(Clone, Debug)]
pub(in crate::ui) struct Banner<'a> {
    pub(in crate::ui) kind: BannerKind,
    pub(in crate::ui) icon: &'a str,
    pub(in crate::ui) title: &'a str,
    pub(in crate::ui) advice: &'a str,
    /// Behind "Details": the code.
    pub(in crate::ui) details: Option<String>,
    pub(in crate::ui) action: Option<&'a str>,
    /// Whether it can be dismissed.
    pub(in crate::ui) dismiss: bool,
}

/// What was pressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::ui) struct Pressed {
    pub(in crate::ui) action: bool,
    pub(in crate::ui) dismiss: bool,
}

impl Banner<'_> {
    /// Draws it.
    pub(in crate::ui) fn show(&self, ui: &mut Ui) -> Pressed {
        let p = theme::palette(ui);
        let (ink, soft) = match self.kind {
            BannerKind::Warn => (p.warn, p.warn_soft),
            BannerKind::Bad => (p.end, p.end_soft),
        };
        let mut pressed = Pressed::default();
        Frame::new()
            .fill(soft)
            .corner_radius(CornerRadius::same(theme::RADIUS_CARD))
            .inner_margin(Margin { left: 12, right: 8, top: 8, bottom: 8 })
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing = vec2(10.0, 2.0);
                    ui.label(RichText::new(self.icon).font(theme::icon_font(20.0)).color(ink));
                    let dismiss = if self.dismiss { theme::TARGET + 10.0 } else { 0.0 };
                    let action = self.action_width(ui);
                    // Beside a wide button the words would stand in a column of single words.
                    let below = action > ui.available_width() / 3.0;
                    ui.vertical(|ui| {
                        ui.set_width(ui.available_width() - dismiss - if below { 0.0 } else { action });
                        self.words(ui, ink);
                        if let Some(action) = self.action.filter(|_| below) {
                            ui.add_space(6.0);
                            pressed.action = ui.add(Button::new(Kind::Main, action)).clicked();
                        }
                    });
                    if let Some(action) = self.action.filter(|_| !below) {
                        pressed.action = ui.add(Button::new(Kind::Main, action)).clicked();
                    }
                    if self.dismiss {
                        ui.spacing_mut().item_spacing.x = 0.0;
                        pressed.dismiss = icon_button(ui, icons::X, "Dismiss", false).clicked();
                    }
                });
            });
        pressed
    }

    fn words(&self, ui: &mut Ui, ink: Color32) {
        let p = theme::palette(ui);
        ui.add(
            egui::Label::new(RichText::new(self.title).font(theme::font(12.5, Weight::SemiBold)).color(p.ink)).wrap(),
        );
        if !self.advice.is_empty() {
            ui.add(
                egui::Label::new(RichText::new(self.advice).font(theme::font(12.5, Weight::Regular)).color(ink)).wrap(),
            );
        }
        if let Some(details) = &self.details {
            details_line(ui, self.title, details);
        }
    }

    /// What the action takes beside the words, in points; 0 without one.
    fn action_width(&self, ui: &Ui) -> f32 {
        self.action.map_or(0.0, |words| {
            let font = theme::font(13.0, Weight::SemiBold);
            super::one_line(ui, words, font, Color32::PLACEHOLDER, f32::INFINITY).size().x + 34.0
        })
    }
}

/// "Details", and behind it a code for whoever is asked for help.
pub(in crate::ui) fn details_line(ui: &mut Ui, salt: &str, details: &str) {
    let p = theme::palette(ui);
    let id = ui.scope_id().with(("details", salt));
    let open = ui.data(|data| data.get_temp::<bool>(id)).unwrap_or(false);
    if super::link(ui, if open { "Hide details" } else { "Details" }, true).clicked() {
        ui.data_mut(|data| data.insert_temp(id, !open));
    }
    if open {
        let text = RichText::new(details).font(theme::font(12.0, Weight::Regular)).color(p.muted);
        ui.add(egui::Label::new(text).wrap().selectable(true));
    }
}
