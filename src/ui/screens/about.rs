//! Settings, About: what this program is, whether there is a newer one, and under which licences its parts are.

use egui::Ui;

use super::Scene;
use crate::phone::command::Command;
use crate::phone::settings::Settings;
use crate::phone::update::{State, Step};
use crate::ui::licences::Book;
use crate::ui::state::{LicencesPage, Page, UiState};
use crate::ui::text::about as words;
use crate::ui::widgets::{self, Check, Tick};

/// The card.
pub(super) fn card(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    widgets::card(ui, |ui| {
        let version = concat!("Ringfence ", env!("CARGO_PKG_VERSION"));
        widgets::value_row(ui, version, Some("MIT or Apache-2.0, as you like"), |ui| {
            if widgets::link(ui, "Keyboard", true).clicked() {
                state.shortcuts = true;
            }
        });
        widgets::row_line(ui);
        releases(ui, scene, out);
        widgets::row_line(ui);
        widgets::value_row(ui, words::LICENCES, Some("Of this program and all its parts"), |ui| {
            if widgets::link(ui, "Read", true).clicked() {
                state.page = Page::Licences;
                state.licences = Some(LicencesPage { book: Book::open(), open: None });
            }
        });
    });
}

/// Whether there is a newer release, and who asks.
fn releases(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let (release, updating) = (&scene.view.release, &scene.view.updating);
    if let Some(host) = &updating.asks {
        let now = !scene.view.settings.no_release_check;
        let all = [(true, "On"), (false, "Off")];
        let picked =
            widgets::value_row(ui, words::LOOK, None, |ui| widgets::segments(ui, words::LOOK, 100.0, &now, &all));
        if let Some(on) = picked.filter(|on| *on != now) {
            let settings = Settings { no_release_check: !on, ..scene.view.settings.clone() };
            out.push(Command::SetSettings(Box::new(settings)));
        }
        widgets::faint(ui, &words::asks(host));
        ui.add_space(8.0);
        widgets::row_line(ui);
    }
    let (good, sentence, small) = words::state(release, updating, &scene.now);
    let tick = match (updating.looking, good) {
        (true, _) => Tick::Doing,
        (false, Some(true)) => Tick::Good,
        (false, Some(false)) if matches!(release, State::Withdrawn { .. }) => Tick::Bad,
        (false, Some(false)) => Tick::Warn,
        (false, None) => Tick::None,
    };
    let row = Check::new(tick, &sentence).small(&small);
    let can_look = updating.asks.is_some() && !scene.view.settings.no_release_check && !updating.looking;
    if (if can_look { row.action(words::LOOK_NOW) } else { row }).show(ui) {
        out.push(Command::LookForRelease);
    }
    install(ui, scene, out);
    if updating.offer.is_none() {
        widgets::faint(ui, scene.view.installation.how_to_update());
        ui.add_space(8.0);
    }
}

/// What can be installed from here, or how far that is.
fn install(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let (offer, step) = (scene.view.updating.offer, &scene.view.updating.step);
    let said = words::step(step);
    let (tick, action) = match step {
        Step::Idle => (Tick::None, Some(words::INSTALL)),
        Step::Looking(_) | Step::AfterCall(_) | Step::Fetching(..) => (Tick::Doing, Some(words::CANCEL)),
        Step::Placing(_) => (Tick::Doing, None),
        // A still newer one may be there before this one was ever started.
        Step::Placed(placed, _) => (Tick::Good, offer.filter(|(version, _)| version != placed).map(|_| words::INSTALL)),
        Step::Failed(..) => (Tick::Bad, offer.map(|_| words::TRY_AGAIN)),
    };
    let Some((sentence, small)) = said.or_else(|| offer.map(|(version, bytes)| words::offer(version, bytes))) else {
        return;
    };
    widgets::row_line(ui);
    // For a screen reader: what goes on, but not each hundredth of it.
    match step {
        Step::Fetching(version, ..) => widgets::live_region(ui, "install", &format!("Fetching {version}")),
        Step::Idle => {}
        Step::Looking(_) | Step::AfterCall(_) | Step::Placing(_) | Step::Placed(..) | Step::Failed(..) => {
            widgets::live_region(ui, "install", &sentence);
        }
    }
    let row = Check::new(tick, &sentence).small(&small);
    if !action.map_or(row, |action| row.action(action)).show(ui) {
        return;
    }
    match (action, offer) {
        (Some(words::CANCEL), _) => out.push(Command::CancelInstall),
        (Some(_), Some((version, _))) => out.push(Command::InstallRelease(version)),
        (_, None) | (None, _) => {}
    }
}
