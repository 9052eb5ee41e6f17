//! The card of an incoming call. Its window is `ui::incoming`'s.

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use super::{Scene, peer_name};
use crate::base::CallId;
use crate::phone::command::Command;
use crate::phone::view::{CallState, CallView, PhoneView};
use crate::ui::fonts::Weight;
use crate::ui::widgets::{self, Button, Kind, one_line, put_left};
use crate::ui::{format, theme};

/// What the card says: its own copy, because its window may be drawn apart from the main one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Card {
    call: CallId,
    pub(in crate::ui) name: String,
    initials_of: Option<String>,
    address: String,
    /// The address, where it says more than the name.
    below: Option<String>,
    line: String,
    silenced: bool,
}

impl Card {
    /// The card of a call.
    #[must_use]
    pub fn of(call: &CallView, view: &PhoneView) -> Card {
        let line = view.accounts.iter().find(|account| account.id == call.account);
        Card {
            call: call.id,
            name: peer_name(&call.peer),
            initials_of: super::peer_face(&call.peer),
            address: format::address(&call.peer.address),
            below: super::peer_address(&call.peer),
            line: line.map(|account| account.name.clone()).unwrap_or_default(),
            silenced: call.silenced,
        }
    }
}

/// Draws the card into its whole window and returns what was pressed.
pub fn show(ui: &mut Ui, card: &Card) -> Option<Command> {
    let p = theme::palette(ui);
    let whole = ui.max_rect();
    ui.painter().rect_filled(whole, 0.0, p.bg);
    ui.painter().rect_stroke(whole, 0.0, egui::Stroke::new(1.0, p.line), egui::StrokeKind::Inside);
    let area = whole.shrink(16.0);
    widgets::live_region(ui, "incoming", &format!("{} is calling", card.name));
    let middle = area.top() + 34.0;
    widgets::avatar(ui, pos2(area.left() + 28.0, middle), 56.0, card.initials_of.as_deref());
    let left = area.left() + 70.0;
    let room = area.right() - left;
    let calling = if card.silenced { format!("Silenced · {}", card.line) } else { format!("Calls {}", card.line) };
    let name = widgets::drawable(ui, &card.name, &card.address);
    let below = card.below.as_deref().map(|words| (2.0, words, theme::font(13.0, Weight::Regular), p.muted));
    let lowest = if below.is_some() { 21.0 } else { 4.0 };
    let lines = [
        Some((-21.0, name, theme::font(18.0, Weight::Bold), p.ink)),
        below,
        Some((lowest, calling.as_str(), theme::font(12.0, Weight::Regular), p.muted)),
    ];
    for (y, words, font, colour) in lines.into_iter().flatten() {
        put_left(ui, pos2(left, middle + y), one_line(ui, words, font, colour, room));
    }
    buttons(ui, area, card).or_else(|| keys(ui, card))
}

/// The same in one bar at the top of the main window: for the keyboard, which the card's window never takes, and for
/// systems that put that window where nobody looks.
pub(super) fn bar(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let Some(call) = scene.view.calls.iter().find(|call| call.state == CallState::Offered) else { return };
    let p = theme::palette(ui);
    let card = Card::of(call, scene.view);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 60.0), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0.0, p.go_soft);
    let y = rect.center().y;
    widgets::avatar(ui, pos2(rect.left() + 32.0, y), 36.0, card.initials_of.as_deref());
    let width = 76.0;
    let mut x = rect.right() - 12.0;
    let all =
        [(Kind::Go, "Answer", Command::Answer(card.call)), (Kind::SoftEnd, "Decline", Command::Decline(card.call))];
    for (kind, words, command) in all {
        x -= width;
        let place = Rect::from_min_size(pos2(x, y - 18.0), vec2(width, 36.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("bar", words)));
        if child.add(Button::new(kind, words).width(width)).clicked() {
            out.push(command);
        }
        x -= 8.0;
    }
    let left = rect.left() + 60.0;
    let room = x - left;
    let name = widgets::drawable(ui, &card.name, &card.address);
    put_left(ui, pos2(left, y - 9.0), one_line(ui, name, theme::font(14.0, Weight::SemiBold), p.ink, room));
    put_left(ui, pos2(left, y + 10.0), one_line(ui, "calls you", theme::font(12.0, Weight::Regular), p.muted, room));
    widgets::live_region(ui, "incoming", &format!("{} is calling", card.name));
}

fn buttons(ui: &mut Ui, area: Rect, card: &Card) -> Option<Command> {
    let height = 40.0;
    let top = area.bottom() - height;
    let silence = 76.0;
    let share = (area.width() - silence - 16.0) / 2.4;
    let mut x = area.left();
    let mut pressed = None;
    let all = [
        (Kind::SoftEnd, "Decline", share, true, Command::Decline(card.call)),
        (Kind::Plain, "Silence", silence, !card.silenced, Command::Silence(card.call)),
        (Kind::Go, "Answer", share * 1.4, true, Command::Answer(card.call)),
    ];
    for (kind, words, width, enabled, command) in all {
        let rect = Rect::from_min_size(pos2(x, top), vec2(width, height));
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(words));
        if child.add(Button::new(kind, words).height(height).width(width).enabled(enabled)).clicked() {
            pressed = Some(command);
        }
        x += width + 8.0;
    }
    pressed
}

fn keys(ui: &Ui, card: &Card) -> Option<Command> {
    use egui::{Key, Modifiers};
    let ctrl_shift = Modifiers::COMMAND | Modifiers::SHIFT;
    ui.input_mut(|input| {
        if input.consume_key(ctrl_shift, Key::A) {
            Some(Command::Answer(card.call))
        } else if input.consume_key(ctrl_shift, Key::D) {
            Some(Command::Decline(card.call))
        } else {
            None
        }
    })
}
