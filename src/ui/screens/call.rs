//! A call: who, how long, how safe, how good; proof that both sides are heard; four buttons and the red one.

use std::time::Duration;

use egui::{Align2, Color32, Rect, Ui, UiBuilder, pos2, vec2};

use super::{Scene, banners, devices, main_page, peer_name};
use crate::phone::command::{Command, Digits};
use crate::phone::view::{CallState, CallView, Encryption, Quality};
use crate::ui::fonts::Weight;
use crate::ui::state::{CallPanel, Panel, UiState};
use crate::ui::widgets::{self, Button, Kind, Round, one_line};
use crate::ui::{format, icons, text, theme};

/// How often the meters are read, in milliseconds.
const METER_MILLIS: i64 = 125;

/// The room at the bottom with the red button.
pub(super) const FOOT: f32 = 72.0;

/// The row of buttons grows no wider.
const WIDEST: f32 = 440.0;

/// Less room than that above the red button is little.
const SHORT: f32 = 400.0;

/// The space above the avatar. What the picture leaves for a second row of buttons goes around the first.
pub(super) fn above_avatar(room: f32) -> f32 {
    18.0 + (room - 400.0).max(0.0) * 0.3
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>, call: &CallView) {
    let name = peer_name(&call.peer);
    head(ui, scene, call);
    widgets::live_region(ui, "call", &text::call_spoken(call, &name));
    let address = format::address(&call.peer.address);
    let name = widgets::drawable(ui, &name, &address);
    // The red button stands at the bottom, everything else above it.
    let whole = ui.available_rect_before_wrap();
    let later = super::security::in_call(scene.view, call.account);
    let split = (whole.bottom() - FOOT - if later.is_some() { 26.0 } else { 0.0 }).max(whole.top());
    let above = Rect::from_min_max(whole.min, pos2(whole.right(), split));
    ui.scope_builder(UiBuilder::new().max_rect(above), |ui| {
        ui.set_clip_rect(above.intersect(ui.clip_rect()));
        ui.push_id(call.id, |ui| {
            // A small window has no room for advice, and none at all beside twelve keys.
            let brief = above.height() < SHORT;
            if !brief || state.call.open == Panel::Buttons {
                banners::in_call(ui, scene, state, out, call, brief);
            }
            match state.call.open {
                Panel::Buttons => {
                    person(ui, scene, call, name, true);
                    meters(ui, scene, &mut state.call, call, name);
                    buttons(ui, &mut state.call, out, call);
                }
                Panel::Keypad => {
                    person(ui, scene, call, name, false);
                    keypad(ui, &mut state.call, out, call);
                }
                Panel::Audio => {
                    person(ui, scene, call, name, false);
                    audio(ui, scene, &mut state.call, out);
                }
            }
        });
    });
    if let Some(words) = later {
        let place = Rect::from_min_size(pos2(whole.left(), split), vec2(whole.width(), 24.0));
        let response = ui.interact(place, ui.scope_id().with("after this call"), egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
        let font = theme::font(12.5, Weight::Medium);
        let p = theme::palette(ui);
        ui.painter().text(place.center(), Align2::CENTER_CENTER, words, font, p.warn);
    }
    let end = Rect::from_center_size(pos2(whole.center().x, whole.bottom() - 40.0), vec2(120.0, 48.0));
    let mut child = ui.new_child(UiBuilder::new().max_rect(end));
    let word = if call.state == CallState::Established { "End" } else { "Cancel" };
    if child.add(Button::new(Kind::End, word).height(48.0).width(120.0).round()).clicked() {
        out.push(Command::HangUp(call.id));
    }
    if let (CallState::Established, Some(since)) = (&call.state, call.since) {
        ui.ctx().request_repaint_after(Duration::from_millis(scene.now.millis_to_next_second(since)));
    }
}

fn head(ui: &mut Ui, scene: &Scene<'_>, call: &CallView) {
    let account = scene.view.accounts.iter().find(|account| account.id == call.account);
    let (dot, line) = account.map_or((widgets::Dot::Off, "Line"), |a| (main_page::dot(a), a.name.as_str()));
    let title = widgets::header(ui, dot, line, "In a call", |_| {});
    if let Some(account) = account {
        title.on_hover_text(format!("{}\n{}", account.address, text::connection(account)));
    }
}

/// Avatar, name, address, and the line of facts. Without the avatar where room is short.
fn person(ui: &mut Ui, scene: &Scene<'_>, call: &CallView, name: &str, large: bool) {
    let p = theme::palette(ui);
    let tall = ui.available_height() > SHORT;
    if large && ui.available_height() > 330.0 {
        let size = if tall { 84.0 } else { 56.0 };
        ui.add_space(if tall { above_avatar(ui.available_height()) } else { 8.0 });
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size), egui::Sense::hover());
        widgets::avatar(ui, rect.center(), size, super::peer_face(&call.peer).as_deref());
        ui.add_space(12.0);
    } else {
        ui.add_space(14.0);
    }
    let size = if large { 26.0 } else { 18.0 };
    let room = ui.available_width() - 32.0;
    let lines = [
        (name.to_owned(), theme::font(size, Weight::SemiBold), p.ink, size + 6.0),
        (super::peer_address(&call.peer).unwrap_or_default(), theme::font(13.0, Weight::Regular), p.muted, 24.0),
    ];
    for (words, font, colour, height) in lines {
        if words.is_empty() || colour == p.muted && words == name {
            continue;
        }
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &words));
        let galley = one_line(ui, &words, font, colour, room);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
    }
    ui.add_space(6.0);
    facts(ui, scene, call);
}

/// `04:12   Encrypted   Good`, or what the call waits for.
fn facts(ui: &mut Ui, scene: &Scene<'_>, call: &CallView) {
    let p = theme::palette(ui);
    let font = theme::font(13.0, Weight::Regular);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), egui::Sense::hover());
    let mut spoken: Vec<String> = Vec::new();
    let waiting = text::call_word(call);
    let timer = call.since.map(|since| format::timer(scene.now.secs_since(since)));
    let timer = timer.filter(|_| call.state == CallState::Established);
    let mut parts: Vec<(Option<&str>, String, Color32)> = Vec::new();
    if let Some(word) = waiting {
        parts.push((None, word.to_owned(), if call.held || call.held_by_peer { p.warn } else { p.muted }));
    }
    let settled = matches!(call.state, CallState::Established | CallState::Early);
    match call.encryption {
        Encryption::ToProvider if settled => parts.push((Some(icons::LOCK), "Encrypted".into(), p.go)),
        Encryption::None if settled => parts.push((Some(icons::LOCK_OPEN), "Not encrypted".into(), p.warn)),
        Encryption::ToProvider | Encryption::None => {}
    }
    let quality = call.quality.filter(|_| waiting.is_none());
    let gap = 12.0;
    let timer_width = timer.as_ref().map_or(0.0, |t| widgets::tabular_width(ui, t, &font) + gap);
    let widths: Vec<f32> = parts.iter().map(|(icon, words, _)| part_width(ui, *icon, words, &font)).collect();
    let quality_width = quality.map_or(0.0, |q| 20.0 + text_width(ui, text::quality_word(q), &font) + gap);
    let total = timer_width + widths.iter().map(|w| w + gap).sum::<f32>() + quality_width - gap;
    let (mut x, y) = (rect.center().x - total / 2.0, rect.center().y);
    if let Some(timer) = timer {
        x = widgets::tabular(ui, pos2(x, y), &timer, &font, p.muted) + gap;
        spoken.push(timer);
    }
    for ((icon, words, colour), width) in parts.into_iter().zip(widths) {
        let mut left = x;
        if let Some(icon) = icon {
            ui.painter().text(pos2(left, y), Align2::LEFT_CENTER, icon, theme::bold_icon_font(15.0), colour);
            left += 18.0;
        }
        ui.painter().text(pos2(left, y), Align2::LEFT_CENTER, &words, font.clone(), colour);
        x += width + gap;
        spoken.push(words);
    }
    if let Some(quality) = quality {
        signal_bars(ui, pos2(x, y), quality);
        let word = text::quality_word(quality);
        ui.painter().text(pos2(x + 20.0, y), Align2::LEFT_CENTER, word, font, quality_colour(ui, quality));
        spoken.push(format!("Quality: {word}"));
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, spoken.join(", ")));
    if let Some(stats) = &call.stats {
        response.on_hover_text(stats_words(call, stats));
    }
}

fn stats_words(call: &CallView, stats: &crate::port::media::Stats) -> String {
    let codec = call.codec.unwrap_or("no codec");
    let trip = stats.round_trip_ms.map_or_else(|| "not known yet".to_owned(), |ms| format!("{ms:.0} ms"));
    format!(
        "{codec}\nRound trip {trip}\nJitter {:.0} ms, playout {:.0} ms\nConcealed {:.1} %, lost {} of {}",
        stats.jitter_ms,
        stats.playout_delay_ms,
        stats.concealed * 100.0,
        stats.lost,
        stats.received + stats.lost,
    )
}

fn text_width(ui: &Ui, words: &str, font: &egui::FontId) -> f32 {
    one_line(ui, words, font.clone(), Color32::PLACEHOLDER, f32::INFINITY).size().x
}

fn part_width(ui: &Ui, icon: Option<&str>, words: &str, font: &egui::FontId) -> f32 {
    text_width(ui, words, font) + if icon.is_some() { 18.0 } else { 0.0 }
}

fn quality_colour(ui: &Ui, quality: Quality) -> Color32 {
    let p = theme::palette(ui);
    match quality {
        Quality::Good => p.go,
        Quality::Fair => p.warn,
        Quality::Poor => p.end,
    }
}

/// Four rising bars, of which as many are lit as the quality deserves.
fn signal_bars(ui: &Ui, left_centre: egui::Pos2, quality: Quality) {
    let p = theme::palette(ui);
    let lit = match quality {
        Quality::Good => 4,
        Quality::Fair => 2,
        Quality::Poor => 1,
    };
    for i in 0_u8..4 {
        let height = 4.0 + 2.5 * f32::from(i);
        let left = left_centre.x + 4.0 * f32::from(i);
        let bottom = left_centre.y + 6.0;
        let bar = Rect::from_min_max(pos2(left, bottom - height), pos2(left + 3.0, bottom));
        ui.painter().rect_filled(bar, 1.0, if i < lit { quality_colour(ui, quality) } else { p.line });
    }
}

fn meters(ui: &mut Ui, scene: &Scene<'_>, panel: &mut CallPanel, call: &CallView, name: &str) {
    let p = theme::palette(ui);
    let live = matches!(call.state, CallState::Established | CallState::Early);
    if live && (scene.now.wall.0 - panel.read_at).abs() >= METER_MILLIS {
        panel.read_at = scene.now.wall.0;
        panel.you.push(if call.muted { crate::base::units::Decibels::SILENCE } else { scene.levels.0 });
        panel.them.push(scene.levels.1);
    }
    if live {
        ui.ctx().request_repaint_after(Duration::from_millis(METER_MILLIS.unsigned_abs()));
    }
    let gap = 18.0 + ((ui.available_height() - 180.0) * 0.15).clamp(0.0, 16.0);
    ui.add_space(gap);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 48.0), egui::Sense::hover());
    let first = name.split_whitespace().next().filter(|w| w.chars().any(char::is_alphabetic)).unwrap_or("Them");
    let you = if call.muted { "Muted" } else { "You" };
    for (x, levels, colour, word) in [(-42.0, panel.you, p.accent, you), (42.0, panel.them, p.go, first)] {
        let at = Rect::from_min_size(pos2(rect.center().x + x - 19.5, rect.top()), vec2(39.0, 26.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(at).id_salt(word));
        widgets::meter(&mut child, &levels, colour, word);
        let galley = one_line(ui, word, theme::font(11.5, Weight::Regular), p.muted, 76.0);
        let centre = pos2(rect.center().x + x, rect.top() + 40.0);
        ui.painter().galley(centre - galley.size() / 2.0, galley, p.muted);
    }
    ui.add_space(gap);
}

fn buttons(ui: &mut Ui, panel: &mut CallPanel, out: &mut Vec<Command>, call: &CallView) {
    let talking = call.state == CallState::Established;
    let sounding = talking || call.state == CallState::Early;
    let (mute, mute_icon, mute_word) =
        if call.muted { ("Unmute", icons::MICROPHONE_SLASH, "Muted") } else { ("Mute", icons::MICROPHONE, "Mute") };
    let (hold, hold_icon, hold_word) =
        if call.held { ("Resume", icons::PLAY, "Resume") } else { ("Hold", icons::PAUSE, "Hold") };
    let all = [
        Round { icon: mute_icon, word: mute_word, name: mute, on: call.muted, enabled: true },
        Round { icon: hold_icon, word: hold_word, name: hold, on: call.held, enabled: talking },
        Round { icon: icons::DOTS_NINE, word: "Keypad", name: "Keypad", on: false, enabled: sounding },
        Round { icon: icons::SPEAKER_HIGH, word: "Audio", name: "Audio", on: false, enabled: true },
    ];
    let mut pressed = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let side = 20.0 + ((ui.available_width() - WIDEST) / 2.0).max(0.0);
        ui.add_space(side);
        let width = (ui.available_width() - side - 3.0 * 6.0) / 4.0;
        for (i, button) in all.into_iter().enumerate() {
            if widgets::round_button(ui, width, button).clicked() {
                pressed = Some(i);
            }
        }
    });
    match pressed {
        Some(0) => out.push(Command::SetMuted(call.id, !call.muted)),
        Some(1) => out.push(Command::SetHeld(call.id, !call.held)),
        Some(2) => panel.open = Panel::Keypad,
        Some(_) => panel.open = Panel::Audio,
        None => {}
    }
}

fn keypad(ui: &mut Ui, panel: &mut CallPanel, out: &mut Vec<Command>, call: &CallView) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 40.0), egui::Sense::hover());
    response
        .widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("Digits sent: {}", call.digits)));
    let kept: String = call.digits.chars().rev().take(18).collect::<Vec<_>>().into_iter().rev().collect();
    let font = theme::font(20.0, Weight::SemiBold);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, kept, font, p.ink);
    let key = ((ui.available_height() - 30.0 - 44.0) / 4.0).clamp(40.0, 60.0).floor();
    if let Some(digits) = widgets::key_pad(ui, key, 18.0, false).and_then(|key| Digits::parse(&key.to_string())) {
        out.push(Command::SendDigits(call.id, digits));
    }
    ui.add_space(4.0);
    close(ui, panel, "Hide keypad");
}

fn audio(ui: &mut Ui, scene: &Scene<'_>, panel: &mut CallPanel, out: &mut Vec<Command>) {
    ui.add_space(16.0);
    egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 0)).show(ui, |ui| {
        devices::card(ui, scene.view, out);
    });
    ui.add_space(8.0);
    close(ui, panel, "Hide audio");
}

fn close(ui: &mut Ui, panel: &mut CallPanel, words: &str) {
    let pressed = ui.vertical_centered(|ui| widgets::link(ui, words, true).clicked()).inner;
    if pressed {
        panel.open = Panel::Buttons;
    }
}
