//! The new password on the screen: hidden until somebody presses Show, Copy, QR code or Read aloud. It comes in an
//! envelope (`base::Envelope`), and the envelope is dropped when the page is left.

use egui::Ui;

use super::Cx;
use crate::base::Envelope;
use crate::phone::command::{ChangeCommand, Command};
use crate::phone::view::ChangePhase;
use crate::ui::state::{Aloud, Copied, Shown, UiState};
use crate::ui::text::change as text;
use crate::ui::widgets::{self, QrModules};
use crate::ui::{icons, text as words};

/// What the person wants to do with the secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Letters,
    Copy,
    Qr,
    Aloud,
}

/// Draws the box and its buttons; while nothing has been sent yet, also those that make another or
/// let the person choose.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let Some(new) = cx.security.change.new else { return };
    if !new.can_be_shown {
        widgets::secret_box(ui, text::NEW_PASSWORD, None, new.characters.into());
        return;
    }
    let shown = state.security.shown.as_ref().filter(|shown| shown.account == cx.line.id);
    let secret = shown.filter(|shown| shown.letters).and_then(|shown| shown.envelope.look());
    widgets::secret_box(ui, text::NEW_PASSWORD, secret, new.characters.into());
    let (letters, qr) = shown.map_or((false, false), |shown| (shown.letters, shown.qr));
    let (mut wish, mut another, mut choose) = (None, false, false);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let (eye, name) = if letters { (icons::EYE_SLASH, words::HIDE) } else { (icons::EYE, words::SHOW) };
        let all = [
            (eye, name, letters, Wish::Letters),
            (icons::COPY, words::COPY, false, Wish::Copy),
            (icons::QR_CODE, if qr { words::HIDE_QR } else { words::SHOW_QR }, qr, Wish::Qr),
            (icons::SPEAKER_HIGH, words::READ_ALOUD, false, Wish::Aloud),
        ];
        for (icon, name, on, what) in all {
            if widgets::icon_button(ui, icon, name, on).clicked() {
                wish = Some(what);
            }
        }
        let composing = matches!(cx.security.change.phase, ChangePhase::Compose(_));
        if composing {
            another = widgets::icon_button(ui, icons::ARROWS_CLOCKWISE, words::MAKE_ANOTHER, false).clicked();
            ui.add_space(4.0);
            choose = widgets::link(ui, words::CHOOSE_OWN, true).clicked();
        }
    });
    if another {
        state.security.forget();
        out.push(cx.change(ChangeCommand::MakeAnother));
        return;
    }
    if choose {
        state.security.forget();
        state.security.choosing = true;
        return;
    }
    if let Some(wish) = wish {
        act(cx, state, out, wish);
    }
    fulfil(state);
    below(ui, state);
}

/// Begins to show, or stops.
fn act(cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, wish: Wish) {
    if state.security.shown.as_ref().is_none_or(|shown| shown.account != cx.line.id) {
        let envelope = Envelope::default();
        out.push(cx.change(ChangeCommand::Reveal(envelope.clone())));
        state.security.shown = Some(Shown {
            account: cx.line.id,
            envelope,
            letters: false,
            qr: false,
            modules: None,
            copy: false,
            aloud: Aloud::No,
        });
    }
    let Some(shown) = &mut state.security.shown else { return };
    match wish {
        Wish::Letters => shown.letters = !shown.letters,
        Wish::Copy => shown.copy = true,
        Wish::Qr => {
            shown.qr = !shown.qr;
            shown.modules = None;
        }
        Wish::Aloud => shown.aloud = if shown.aloud == Aloud::No { Aloud::Asked } else { Aloud::No },
    }
    let idle = !shown.letters && !shown.qr && !shown.copy && shown.aloud == Aloud::No;
    if idle {
        state.security.shown = None;
    }
}

/// Does what had to wait for the envelope.
fn fulfil(state: &mut UiState) {
    let Some(shown) = &mut state.security.shown else { return };
    let Some(secret) = shown.envelope.look() else { return };
    if std::mem::take(&mut shown.copy) {
        state.security.to_copy = Some(shown.envelope.clone());
    }
    if shown.qr && shown.modules.is_none() {
        shown.modules = QrModules::of(secret);
        shown.qr = shown.modules.is_some();
    }
    if !shown.letters && !shown.qr && shown.aloud == Aloud::No {
        state.security.shown = None;
    }
}

/// The code, what was copied, and the reading.
fn below(ui: &mut Ui, state: &mut UiState) {
    if let Some(copied) = state.security.copied {
        let sentence = match copied {
            Copied::At(_) => words::COPIED,
            Copied::Cleared => words::CLEARED,
            Copied::Failed => words::NOT_COPIED,
        };
        widgets::faint(ui, sentence);
        widgets::live_region(ui, "copied", sentence);
    }
    let Some(shown) = &mut state.security.shown else { return };
    if let Some(modules) = shown.modules.as_ref().filter(|_| shown.qr) {
        widgets::qr(ui, modules, words::QR_TEXT);
        widgets::faint(ui, words::QR_ADVICE);
    }
    match shown.aloud {
        Aloud::No => {}
        Aloud::Asked => {
            widgets::warning(ui, words::ALOUD_WARNING);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 16.0;
                if widgets::link(ui, words::ALOUD_YES, true).clicked() {
                    shown.aloud = Aloud::Yes;
                }
                if widgets::link(ui, words::ALOUD_NO, true).clicked() {
                    shown.aloud = Aloud::No;
                }
            });
        }
        Aloud::Yes => {
            if let Some(secret) = shown.envelope.look() {
                widgets::live_region(ui, "aloud", &widgets::spelt(secret));
            }
            widgets::faint(ui, words::ALOUD_NOW);
        }
    }
}

/// Whether a secret can be seen: then the window asks to be left out of screenshots.
pub(in crate::ui) fn is_visible(state: &UiState) -> bool {
    let shown = state.security.shown.as_ref();
    shown.is_some_and(|shown| shown.envelope.look().is_some() && (shown.letters || shown.qr))
}
