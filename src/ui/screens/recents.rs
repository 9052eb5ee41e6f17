//! Recent calls, below the one field that searches them and dials.

use egui::{Align2, Id, Rect, Role, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use super::{Scene, peer_name, place_call};
use crate::phone::command::Command;
use crate::phone::view::{CallDirection, HistoryRow};
use crate::ui::fonts::Weight;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, one_line, put_left};
use crate::ui::{format, icons, text, theme};

const ROW: f32 = 54.0;

/// The field's id: the keyboard's shortcuts give it the focus.
pub(in crate::ui) fn field_id() -> Id {
    Id::unique("dial")
}

/// Draws field and list.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if scene.view.unseen_missed > 0 && ui.input(|input| input.focused) {
        out.push(Command::SawMissed);
    }
    egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 12, top: 12, bottom: 8 }).show(ui, |ui| {
        let callable = !state.dial.trim().is_empty();
        if widgets::search_field(ui, field_id(), &mut state.dial, callable).call && callable {
            let to = best(scene, state);
            place_call(scene, state, out, &to);
        }
    });
    let people = demo_people(scene, state);
    let found: Vec<&HistoryRow> = scene.view.history.iter().filter(|row| matches(row, &state.dial)).collect();
    egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("recents").show(ui, |ui| {
        ui.set_width(ui.available_width());
        if !people.is_empty() {
            show_people(ui, &people, scene, state, out);
        }
        if found.is_empty() && people.is_empty() {
            nothing(ui, state.dial.trim().is_empty());
        }
        let mut day = String::new();
        for row in found {
            let its_day = scene.now.day(row.at);
            if its_day != day {
                inset(ui, |ui| widgets::section(ui, &its_day));
                day = its_day;
            }
            ui.push_id((row.at.0, &row.peer.address), |ui| {
                if let Some(address) = one_row(ui, scene, row) {
                    match address {
                        Picked::Call => place_call(scene, state, out, &row.peer.address),
                        Picked::Take => take(ui, state, &row.peer.address),
                    }
                }
            });
        }
    });
}

/// What Enter calls: what was typed if it is a number or an address, else the newest match, else the first of the
/// demo's people who matches, else what was typed.
pub(super) fn best(scene: &Scene<'_>, state: &UiState) -> String {
    let typed = state.dial.trim();
    let dialable = typed.contains('@') || typed.chars().all(|c| !c.is_alphabetic());
    let newest = scene.view.history.iter().find(|row| matches(row, typed));
    match newest {
        Some(row) if !dialable => row.peer.address.clone(),
        None if !dialable => demo_people(scene, state).first().map_or(typed, |(_, user, _)| user).to_owned(),
        Some(_) | None => typed.to_owned(),
    }
}

/// The demo's people who match what is typed; nobody on a real line.
fn demo_people(scene: &Scene<'_>, state: &UiState) -> Vec<(&'static str, &'static str, &'static str)> {
    let typed = state.dial.trim().to_lowercase();
    let demo = scene.line(state.line).is_some_and(|line| line.demo);
    let fits = |name: &str, user: &str| name.to_lowercase().contains(&typed) || user.contains(&typed);
    text::DEMO_PEOPLE.into_iter().filter(|(name, user, _)| demo && fits(name, user)).collect()
}

fn matches(row: &HistoryRow, typed: &str) -> bool {
    let typed = typed.trim().to_lowercase();
    if typed.is_empty() {
        return true;
    }
    let digits: String = typed.chars().filter(char::is_ascii_digit).collect();
    peer_name(&row.peer).to_lowercase().contains(&typed)
        || row.peer.address.to_lowercase().contains(&typed)
        || digits.len() > 2 && row.peer.address.contains(&digits)
}

fn take(ui: &Ui, state: &mut UiState, address: &str) {
    state.dial = address.to_owned();
    widgets::focus_at_end(ui.ctx(), field_id(), address.chars().count());
}

fn inset<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 0)).show(ui, content).inner
}

/// What was done with a row.
enum Picked {
    Call,
    Take,
}

fn one_row(ui: &mut Ui, scene: &Scene<'_>, row: &HistoryRow) -> Option<Picked> {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let name = peer_name(&row.peer);
    let several = scene.view.accounts.len() > 1 || row.is_missed();
    let line = scene.line_name(row.account).filter(|_| several);
    let below = text::history(row, line);
    let time = scene.now.time_of_day(row.at);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name}, {below}, {time}")));
    let button = Rect::from_center_size(pos2(rect.right() - 30.0, rect.center().y), Vec2::splat(theme::TARGET));
    let call = ui.interact(button, response.id.with("call"), Sense::click());
    widgets::name_button(&call, true, &format!("Call {name}"));
    let lit = response.hovered() || call.hovered() || call.has_focus() || response.has_focus();
    if lit {
        ui.painter().rect_filled(rect, 0.0, p.hover);
    }
    widgets::avatar(ui, pos2(rect.left() + 32.0, rect.center().y), 36.0, super::peer_face(&row.peer).as_deref());
    let left = rect.left() + 60.0;
    let room = rect.right() - 58.0 - left;
    let ink = if row.is_missed() { p.end } else { p.ink };
    let y = rect.center().y;
    let address = format::address(&row.peer.address);
    let drawn = widgets::drawable(ui, &name, &address);
    put_left(ui, pos2(left, y - 9.0), one_line(ui, drawn, theme::font(14.0, Weight::SemiBold), ink, room));
    let (icon, colour) = match (row.is_missed(), row.direction) {
        (true, _) => (icons::X, p.end),
        (false, CallDirection::Outgoing) => (icons::ARROW_UP_RIGHT, p.muted),
        (false, CallDirection::Incoming) => (icons::ARROW_DOWN_LEFT, p.muted),
    };
    ui.painter().text(pos2(left + 6.0, y + 10.0), Align2::CENTER_CENTER, icon, theme::bold_icon_font(12.0), colour);
    let galley = one_line(ui, &below, theme::font(12.0, Weight::Regular), p.muted, room - 16.0);
    put_left(ui, pos2(left + 16.0, y + 10.0), galley);
    if lit {
        ui.painter().circle_filled(button.center(), 16.0, p.go);
        let font = theme::filled_icon_font(16.0);
        ui.painter().text(button.center(), Align2::CENTER_CENTER, icons::PHONE, font, p.on_go);
    } else {
        let font = theme::font(12.0, Weight::Regular);
        ui.painter().text(pos2(rect.right() - 14.0, y), Align2::RIGHT_CENTER, time, font, p.muted);
    }
    widgets::focus_ring(ui, &call, button.shrink(2.0), 16.0);
    widgets::focus_ring(ui, &response, rect.shrink(3.0), 8.0);
    if call.clicked() || response.double_clicked() {
        Some(Picked::Call)
    } else {
        response.clicked().then_some(Picked::Take)
    }
}

/// Nothing to show, and what to do about it.
fn nothing(ui: &mut Ui, untouched: bool) {
    let p = theme::palette(ui);
    let (icon, title, lead) = if untouched {
        (icons::PHONE, text::NO_CALLS, text::NO_CALLS_LEAD)
    } else {
        (icons::MAGNIFYING_GLASS, text::NO_MATCH, text::NO_MATCH_LEAD)
    };
    ui.add_space((ui.available_height() * 0.28).max(12.0));
    ui.vertical_centered(|ui| {
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.label(egui::RichText::new(icon).font(theme::icon_font(32.0)).color(p.muted));
        ui.label(egui::RichText::new(title).font(theme::font(14.0, Weight::SemiBold)).color(p.ink));
        ui.label(egui::RichText::new(lead).font(theme::font(12.0, Weight::Regular)).color(p.muted));
    });
}

/// Whom to call at the demo provider.
fn show_people(
    ui: &mut Ui,
    people: &[(&str, &str, &str)],
    scene: &Scene<'_>,
    state: &mut UiState,
    out: &mut Vec<Command>,
) {
    inset(ui, |ui| {
        widgets::section(ui, "People to try");
        widgets::card(ui, |ui| {
            for (i, (name, user, about)) in people.iter().enumerate() {
                if i > 0 {
                    widgets::row_line(ui);
                }
                if widgets::person_row(ui, name, about).clicked() {
                    place_call(scene, state, out, user);
                }
            }
        });
        ui.add_space(8.0);
    });
}
