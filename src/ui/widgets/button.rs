//! Buttons with words, icons alone, and links.

use egui::{Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, vec2};

use super::{focus_ring, name_button, one_line, touched};
use crate::ui::fonts::Weight;
use crate::ui::theme;

/// What a button means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Kind {
    /// The one thing to do here.
    Main,
    /// Anything else.
    Plain,
    /// Answer, call.
    Go,
    /// End.
    End,
    /// Decline, sign out: asks to be seen, not to be pressed.
    SoftEnd,
}

/// A button with words.
#[derive(Debug)]
pub(in crate::ui) struct Button<'a> {
    words: &'a str,
    kind: Kind,
    height: f32,
    radius: f32,
    width: Option<f32>,
    enabled: bool,
}

impl<'a> Button<'a> {
    pub(in crate::ui) fn new(kind: Kind, words: &'a str) -> Button<'a> {
        Button { words, kind, height: theme::TARGET, radius: f32::from(theme::RADIUS), width: None, enabled: true }
    }

    pub(in crate::ui) fn height(self, height: f32) -> Button<'a> {
        Button { height, ..self }
    }

    pub(in crate::ui) fn width(self, width: f32) -> Button<'a> {
        Button { width: Some(width), ..self }
    }

    pub(in crate::ui) fn round(self) -> Button<'a> {
        Button { radius: self.height / 2.0, ..self }
    }

    pub(in crate::ui) fn enabled(self, enabled: bool) -> Button<'a> {
        Button { enabled, ..self }
    }
}

impl Widget for Button<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let p = theme::palette(ui);
        let (fill, ink, border) = match self.kind {
            // Still to be read: what it would do is worth knowing.
            _ if !self.enabled => (p.hover, p.muted, None),
            Kind::Main => (p.accent, p.on_accent, None),
            Kind::Plain => (p.bg, p.ink, Some(p.line)),
            Kind::Go => (p.go, p.on_go, None),
            Kind::End => (p.end, p.on_accent, None),
            Kind::SoftEnd => (p.end_soft, p.end, None),
        };
        let weight = if self.kind == Kind::End { Weight::Bold } else { Weight::SemiBold };
        let galley =
            one_line(ui, self.words, theme::font(13.0, weight), ink, self.width.unwrap_or(f32::INFINITY) - 16.0);
        let width = self.width.unwrap_or(galley.size().x + 24.0).max(theme::TARGET);
        let sense = if self.enabled { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(width, self.height), sense);
        name_button(&response, self.enabled, self.words);
        let fill = if self.enabled { touched(fill, &response, p) } else { fill };
        ui.painter().rect_filled(rect, self.radius, fill);
        if let Some(border) = border {
            ui.painter().rect_stroke(rect, self.radius, Stroke::new(1.0, border), StrokeKind::Inside);
        }
        ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, ink);
        focus_ring(ui, &response, rect, self.radius);
        response
    }
}

/// A round-cornered icon without words; `name` is its tooltip and its accessible name.
pub(in crate::ui) fn icon_button(ui: &mut Ui, icon: &str, name: &str, chosen: bool) -> Response {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(theme::TARGET), Sense::click());
    name_button(&response, true, name);
    let surface = Rect::from_center_size(rect.center(), Vec2::splat(32.0));
    if chosen || response.hovered() {
        let fill = if chosen { p.accent_soft } else { p.hover };
        ui.painter().rect_filled(surface, f32::from(theme::RADIUS), fill);
    }
    let colour = if chosen { p.accent } else { p.muted };
    super::icon(ui, rect.center(), icon, theme::icon_font(18.0), colour);
    focus_ring(ui, &response, surface, f32::from(theme::RADIUS));
    response.on_hover_text(name)
}

/// Words that can be pressed, `TARGET` high.
pub(in crate::ui) fn link(ui: &mut Ui, words: &str, strong: bool) -> Response {
    let p = theme::palette(ui);
    let (weight, colour) = if strong { (Weight::SemiBold, p.accent) } else { (Weight::Regular, p.muted) };
    let galley = one_line(ui, words, theme::font(13.0, weight), colour, f32::INFINITY);
    let size = vec2(galley.size().x.max(theme::TARGET), theme::TARGET);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    name_button(&response, true, words);
    let colour = if response.hovered() { p.ink } else { colour };
    let at = egui::pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, galley, colour);
    focus_ring(ui, &response, rect.expand2(vec2(4.0, -4.0)), f32::from(theme::RADIUS));
    response
}
