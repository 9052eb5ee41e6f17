//! The four seconds after a call: how it ended, how long it was, how good, and the way to call again.

use egui::{Ui, vec2};

use super::{Scene, call, main_page, peer_name, place_call};
use crate::phone::command::Command;
use crate::phone::view::{CallState, CallView, EndReason};
use crate::ui::fonts::Weight;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Button, Kind, one_line};
use crate::ui::{format, text, theme};

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>, ended: &CallView) {
    let p = theme::palette(ui);
    let CallState::Ended(end) = &ended.state else { return };
    if let Some(account) = scene.view.accounts.iter().find(|account| account.id == ended.account) {
        widgets::header(ui, main_page::dot(account), &account.name, text::account_word(account), |_| {});
    }
    let name = peer_name(&ended.peer);
    widgets::live_region(ui, "call", &text::call_spoken(ended, &name));
    ui.add_space(call::above_avatar(ui.available_height() - call::FOOT));
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 84.0), egui::Sense::hover());
    widgets::avatar(ui, rect.center(), 84.0, super::peer_face(&ended.peer).as_deref());
    ui.add_space(12.0);
    let bad = matches!(end, EndReason::Failed(_) | EndReason::Silent);
    let address = format::address(&ended.peer.address);
    let name = widgets::drawable(ui, &name, &address).to_owned();
    let lines = [
        (name, theme::font(26.0, Weight::SemiBold), p.ink, 32.0),
        (super::peer_address(&ended.peer).unwrap_or_default(), theme::font(13.0, Weight::Regular), p.muted, 24.0),
        (summary(scene, ended, end), theme::font(14.0, Weight::SemiBold), if bad { p.end } else { p.ink }, 32.0),
    ];
    let address_is_name = lines[0].0 == lines[1].0;
    for (i, (words, font, colour, height)) in lines.into_iter().enumerate() {
        if words.is_empty() || i == 1 && address_is_name {
            continue;
        }
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), egui::Sense::hover());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &words));
        let galley = one_line(ui, &words, font, colour, rect.width() - 32.0);
        ui.painter().galley(rect.center() - galley.size() / 2.0, galley, colour);
    }
    if let EndReason::Failed(problem) = end {
        ui.vertical_centered(|ui| {
            ui.set_max_width(ui.available_width() - 48.0);
            let advice = egui::RichText::new(problem.advice()).font(theme::font(13.0, Weight::Regular)).color(p.muted);
            ui.add(egui::Label::new(advice).wrap().halign(egui::Align::Center));
        });
    }
    ui.add_space(20.0);
    let again =
        ui.vertical_centered(|ui| ui.add(Button::new(Kind::Main, "Call again").height(40.0).width(140.0)).clicked());
    if again.inner {
        state.line = Some(ended.account);
        place_call(scene, state, out, &ended.peer.address);
    }
}

/// `Ended · 04:12 · Good`.
fn summary(scene: &Scene<'_>, call: &CallView, end: &EndReason) -> String {
    let first = if let EndReason::Failed(problem) = end {
        problem.title().trim_end_matches('.').to_owned()
    } else {
        text::end_word(end).to_owned()
    };
    let mut parts = vec![first];
    // The newest row of the list knows how long it was; the call itself only when it began.
    let row = scene.view.history.iter().find(|row| row.peer == call.peer && row.account == call.account);
    if call.since.is_some() {
        parts.extend(row.and_then(|row| row.answered_secs).map(|secs| format::timer(u64::from(secs))));
        parts.extend(call.quality.map(|quality| text::quality_word(quality).to_owned()));
    }
    parts.join(" · ")
}
