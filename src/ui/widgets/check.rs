//! A row of a check list: a round mark, a sentence that may wrap, a second one below it, and at most one thing to
//! press at its end.

use std::sync::Arc;

use egui::{Align2, Color32, Galley, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::{focus_ring, name_button, one_line};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// The round mark in front of a row. Its icon or number says the same as its colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) enum Tick {
    /// None: the words begin at the left.
    None,
    /// Done, good, proven.
    Good,
    /// In progress.
    Doing,
    /// Needs attention.
    Warn,
    /// Did not work.
    Bad,
    /// To do: an empty circle.
    Empty,
    /// To do: its number.
    Number(usize),
    /// The number whose turn it is.
    Current(usize),
}

/// A row.
#[derive(Clone, Copy, Debug)]
pub(in crate::ui) struct Check<'a> {
    pub(in crate::ui) tick: Tick,
    pub(in crate::ui) words: &'a str,
    /// Below, smaller; may be empty.
    pub(in crate::ui) small: &'a str,
    /// What can be pressed at its end.
    pub(in crate::ui) action: Option<&'a str>,
    /// Its time has not come.
    pub(in crate::ui) faint: bool,
}

impl<'a> Check<'a> {
    pub(in crate::ui) fn new(tick: Tick, words: &'a str) -> Check<'a> {
        Check { tick, words, small: "", action: None, faint: false }
    }

    pub(in crate::ui) fn small(self, small: &'a str) -> Check<'a> {
        Check { small, ..self }
    }

    pub(in crate::ui) fn action(self, action: &'a str) -> Check<'a> {
        Check { action: Some(action), ..self }
    }

    pub(in crate::ui) fn faint(self, faint: bool) -> Check<'a> {
        Check { faint, ..self }
    }

    /// Draws it; returns whether its action was pressed. Its accessible name is `Action: words`.
    pub(in crate::ui) fn show(self, ui: &mut Ui) -> bool {
        let p = theme::palette(ui);
        let action = self.action.map(|words| {
            let font = theme::font(13.0, Weight::SemiBold);
            one_line(ui, words, font, p.accent, f32::INFINITY)
        });
        let action_room = action.as_ref().map_or(0.0, |galley| galley.size().x.max(theme::TARGET - 8.0) + 12.0);
        let left = if self.tick == Tick::None { 0.0 } else { 32.0 };
        let width = (ui.available_width() - left - action_room).max(40.0);
        let ink = if self.faint { p.muted } else { p.ink };
        let words = wrapped(ui, self.words, 13.0, ink, width);
        let small = (!self.small.is_empty()).then(|| wrapped(ui, self.small, 12.0, p.muted, width));
        let text_height = words.size().y + small.as_ref().map_or(0.0, |small| small.size().y + 1.0);
        let height = (text_height + 18.0).max(40.0);
        let (rect, label) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let spoken = self.spoken();
        label.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        draw_tick(ui, self.tick, pos2(rect.left() + 11.0, rect.center().y));
        let mut at = pos2(rect.left() + left, rect.center().y - text_height / 2.0);
        let below = words.size().y + 1.0;
        ui.painter().galley(at, words, ink);
        if let Some(small) = small {
            at.y += below;
            ui.painter().galley(at, small, p.muted);
        }
        let (Some(galley), Some(action)) = (action, self.action) else { return false };
        let name = format!("{action}: {}", self.words.replace('\n', " "));
        press(ui, Rect::from_min_max(pos2(rect.right() - action_room + 4.0, rect.top()), rect.max), &galley, &name)
    }

    /// The whole row in words; a mark that is more than decoration is said too.
    fn spoken(&self) -> String {
        let state = match self.tick {
            Tick::None | Tick::Number(_) | Tick::Current(_) | Tick::Empty => "",
            Tick::Good => "Good: ",
            Tick::Doing => "In progress: ",
            Tick::Warn => "Attention: ",
            Tick::Bad => "Failed: ",
        };
        let words = self.words.replace('\n', " ");
        if self.small.is_empty() {
            format!("{state}{words}")
        } else {
            format!("{state}{words}. {}", self.small.replace('\n', " · "))
        }
    }
}

fn press(ui: &mut Ui, room: Rect, galley: &Arc<Galley>, name: &str) -> bool {
    let p = theme::palette(ui);
    let size = vec2(room.width().max(theme::TARGET), theme::TARGET);
    let place = Rect::from_min_size(pos2(room.right() - size.x, room.center().y - size.y / 2.0), size);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(name));
    let (rect, response) = child.allocate_exact_size(size, Sense::click());
    name_button(&response, true, name);
    let colour = if response.hovered() { p.ink } else { p.accent };
    let at = pos2(rect.right() - galley.size().x, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(at, Arc::clone(galley), colour);
    focus_ring(ui, &response, rect.expand2(vec2(2.0, -4.0)), f32::from(theme::RADIUS));
    response.clicked()
}

fn wrapped(ui: &Ui, words: &str, size: f32, colour: Color32, width: f32) -> Arc<Galley> {
    let format = egui::TextFormat {
        line_height: Some((size * 1.35).round()),
        ..egui::TextFormat::simple(theme::font(size, Weight::Regular), colour)
    };
    let mut job = egui::text::LayoutJob::default();
    job.append(words, 0.0, format);
    job.wrap.max_width = width;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn draw_tick(ui: &Ui, tick: Tick, centre: egui::Pos2) {
    let p = theme::palette(ui);
    let number;
    let (icon, ink, soft) = match tick {
        Tick::None => return,
        Tick::Good => (icons::CHECK, p.go, p.go_soft),
        Tick::Doing => (icons::CIRCLE_NOTCH, p.accent, p.accent_soft),
        Tick::Warn => ("!", p.warn, p.warn_soft),
        Tick::Bad => (icons::X, p.end, p.end_soft),
        Tick::Empty => ("", p.muted, Color32::TRANSPARENT),
        Tick::Number(n) => {
            number = n.to_string();
            (number.as_str(), p.muted, Color32::TRANSPARENT)
        }
        Tick::Current(n) => {
            number = n.to_string();
            (number.as_str(), p.accent, p.accent_soft)
        }
    };
    if matches!(tick, Tick::Empty | Tick::Number(_)) {
        ui.painter().circle_stroke(centre, 10.25, Stroke::new(1.5, p.line));
    } else {
        ui.painter().circle_filled(centre, 11.0, soft);
    }
    let letters = matches!(tick, Tick::Warn | Tick::Number(_) | Tick::Current(_));
    let font = if letters { theme::font(12.0, Weight::Bold) } else { theme::bold_icon_font(12.0) };
    ui.painter().text(centre, Align2::CENTER_CENTER, icon, font, ink);
}
