//! The main page: header, banners, the tab's content, tabs.

use egui::{Rect, Ui, UiBuilder, pos2};

use super::{Scene, banners, keypad, recents};
use crate::phone::command::Command;
use crate::phone::view::{AccountState, AccountView};
use crate::ui::state::{Page, SecurityPage, Tab, UiState};
use crate::ui::widgets::{self, Dot};
use crate::ui::{icons, text};

/// The dot that goes with a line's word.
pub(super) fn dot(account: &AccountView) -> Dot {
    match account.state {
        AccountState::Registered if text::encrypted(account) => Dot::Good,
        AccountState::Registered | AccountState::Registering | AccountState::NeedsPassword => Dot::Warn,
        AccountState::Rejected => Dot::Bad,
        AccountState::Off | AccountState::Waiting(_) => Dot::Off,
    }
}

/// Draws it.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let Some(line) = scene.line(state.line) else { return };
    let (mut settings, mut security) = (false, false);
    let todo = super::security::things_to_do(scene.view);
    let shield = match todo {
        0 => "Security".to_owned(),
        1 => "Security, 1 thing to do".to_owned(),
        n => format!("Security, {n} things to do"),
    };
    let word = text::account_word(line);
    let title = widgets::header(ui, dot(line), &line.name, word, |ui| {
        settings = widgets::icon_button(ui, icons::GEAR, "Settings", false).clicked();
        security = widgets::icon_button(ui, icons::SHIELD_CHECK, &shield, todo > 0).clicked();
    });
    widgets::live_region(ui, "line", &format!("{}: {word}", line.name));
    let title = title.on_hover_text(format!("{}\n{}", line.address, text::connection(line)));
    if settings || title.clicked() {
        state.page = Page::Settings;
    }
    if security {
        state.page = Page::Security;
        state.security.go(SecurityPage::Centre);
    }
    // The tabs stand at the bottom, everything else above them.
    let whole = ui.available_rect_before_wrap();
    let split = (whole.bottom() - 56.0).max(whole.top());
    let above = Rect::from_min_max(whole.min, pos2(whole.right(), split));
    ui.scope_builder(UiBuilder::new().max_rect(above), |ui| {
        ui.set_clip_rect(above.intersect(ui.clip_rect()));
        banners::show(ui, scene, state, out);
        match state.tab {
            Tab::Recents => recents::show(ui, scene, state, out),
            Tab::Keypad => keypad::show(ui, scene, state, out),
        }
    });
    let below = Rect::from_min_max(pos2(whole.left(), split), whole.max);
    ui.scope_builder(UiBuilder::new().max_rect(below), |ui| {
        let all = [
            (Tab::Recents, icons::CLOCK, "Recents", scene.view.unseen_missed),
            (Tab::Keypad, icons::DOTS_NINE, "Keypad", 0),
        ];
        if let Some(tab) = widgets::tabs(ui, state.tab, &all) {
            state.tab = tab;
        }
    });
}
