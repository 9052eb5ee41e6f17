//! The screens: pure drawing. Each takes the scene, its part of the window's memory, and a list for commands.

mod about;
mod banners;
mod call;
mod devices;
mod ended;
pub mod incoming;
mod keypad;
mod licences;
mod main_page;
mod recents;
pub(super) mod security;
mod settings;
mod shortcuts;
mod sign_in;

use egui::{Frame, Ui};

use super::clock::Moment;
use super::keys;
use super::state::{Page, Panel, UiState};
use super::theme;
use crate::base::AccountId;
use crate::base::units::Decibels;
use crate::phone::command::{Command, Dialled};
use crate::phone::view::{AccountState, AccountView, CallState, CallView, Peer, PhoneView};

/// What a frame shows: the phone at one moment.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The phone.
    pub view: &'a PhoneView,
    /// What time it is.
    pub now: Moment,
    /// The levels of microphone and loudspeaker.
    pub levels: (Decibels, Decibels),
}

impl Scene<'_> {
    /// The line that calls are made from: the chosen one, else the first that is ready, else the first.
    #[must_use]
    pub fn line(&self, chosen: Option<AccountId>) -> Option<&AccountView> {
        let all = &self.view.accounts;
        all.iter()
            .find(|account| Some(account.id) == chosen)
            .or_else(|| all.iter().find(|account| account.state == AccountState::Registered))
            .or_else(|| all.first())
    }

    /// The name of a line.
    #[must_use]
    pub fn line_name(&self, id: AccountId) -> Option<&str> {
        self.view.accounts.iter().find(|account| account.id == id).map(|account| account.name.as_str())
    }

    /// Whether a question has the whole window, because no call goes on: the guard's, or a certificate's.
    #[must_use]
    pub fn asks(&self) -> bool {
        let talking = self.call().is_some_and(|call| !matches!(call.state, CallState::Ended(_)));
        !talking && (self.view.guard.is_some() || self.view.certificate.is_some())
    }

    /// The call that the window shows: the newest that we made or answered, or one that has just ended.
    #[must_use]
    pub fn call(&self) -> Option<&CallView> {
        let shown = |call: &&CallView| call.state != CallState::Offered;
        let going = |call: &&CallView| !matches!(call.state, CallState::Ended(_));
        let calls = self.view.calls.iter().rev().filter(shown);
        calls.clone().find(going).or_else(|| calls.clone().find(|call| ended_in_words(call)))
    }
}

/// Calls that were missed or declined leave at once: the list says it.
fn ended_in_words(call: &CallView) -> bool {
    use crate::phone::view::EndReason::{AnsweredElsewhere, Declined, Missed, MissedBusy};
    !matches!(call.state, CallState::Ended(Missed | MissedBusy | AnsweredElsewhere | Declined))
}

/// What to call somebody: their name, theirs at the demo provider, or the address in a readable form.
#[must_use]
pub(super) fn peer_name(peer: &Peer) -> String {
    let given = peer.name.clone().filter(|name| !name.trim().is_empty());
    let demo = || super::text::demo_name(&peer.address).map(str::to_owned);
    given.or_else(demo).unwrap_or_else(|| super::format::address(&peer.address))
}

/// What stands below that name: the address, unless it says the same; the demo's people need none.
#[must_use]
fn peer_address(peer: &Peer) -> Option<String> {
    let address = super::format::address(&peer.address);
    let said = super::text::demo_name(&peer.address).is_some() || address == peer_name(peer);
    (!said).then_some(address)
}

/// Whose initials stand on the avatar: the name, else the address's user if it is a word and not a number.
#[must_use]
pub(super) fn peer_face(peer: &Peer) -> Option<String> {
    let demo = || super::text::demo_name(&peer.address).map(str::to_owned);
    let named = peer.name.clone().filter(|name| !name.trim().is_empty()).or_else(demo);
    named.or_else(|| {
        let user = peer.address.trim_start_matches("sips:").trim_start_matches("sip:").split('@').next()?;
        user.chars().any(char::is_alphabetic).then(|| user.to_owned())
    })
}

/// The id of the field that searches and dials.
pub(super) fn recents_field() -> egui::Id {
    recents::field_id()
}

/// Calls what is typed: on the keypad as it stands, else the best match.
pub(super) fn call_typed(scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let to = match state.tab {
        super::state::Tab::Recents => recents::best(scene, state),
        super::state::Tab::Keypad => state.dial.clone(),
    };
    place_call(scene, state, out, &to);
}

/// Places a call from the chosen line; says why if that is not possible.
fn place_call(scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>, to: &str) {
    let Some(line) = scene.line(state.line) else { return };
    match Dialled::parse(to) {
        Ok(dialled) => {
            out.push(Command::PlaceCall(line.id, dialled));
            state.dial.clear();
            state.notice = None;
        }
        Err(error) => state.notice = Some(super::state::Notice::Words(error.to_string())),
    }
}

/// The whole main window.
pub fn root(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let p = theme::palette(ui);
    keys::handle(ui.ctx(), scene, state, out);
    if state.noticed.as_ref().map(|(notice, _)| notice) != state.notice.as_ref() {
        state.noticed = state.notice.clone().map(|notice| (notice, state.page));
    }
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0.0, p.bg);
    Frame::new().show(ui, |ui| {
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        incoming::bar(ui, scene, out);
        match scene.call() {
            Some(call) if !matches!(call.state, CallState::Ended(_)) => {
                if let Some(question) = &scene.view.guard {
                    above(ui, |ui| security::guard(ui, question, state, out));
                }
                call::show(ui, scene, state, out, call);
            }
            _ if scene.asks() => questions(ui, scene, state, out),
            Some(call) => ended::show(ui, scene, state, out, call),
            None => {
                if let Some(rehearsal) = &scene.view.rehearsal {
                    above(ui, |ui| security::rehearsal(ui, rehearsal, out));
                }
                // The main page has them among its own.
                if state.page != Page::Main || scene.view.accounts.is_empty() {
                    banners::everywhere(ui, scene, state);
                }
                page(ui, scene, state, out);
            }
        }
    });
    if scene.call().is_none() {
        state.call = super::state::CallPanel::default();
    }
    secrets_out_of_sight(ui, scene, state);
    shortcuts::show(ui, state);
    close_questions(state);
    watch_devices(scene, state, out);
}

/// A card above whatever the window shows.
fn above(ui: &mut Ui, card: impl FnOnce(&mut Ui)) {
    let margin = egui::Margin { left: 12, right: 12, top: 8, bottom: 8 };
    Frame::new().inner_margin(margin).show(ui, card);
}

/// What has to be answered before anything else: the guard's question, then a certificate's.
fn questions(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if let Some(question) = &scene.view.guard {
        security::guard_page(ui, question, state, out);
    } else if let Some(question) = &scene.view.certificate {
        security::certificate_page(ui, question, &scene.now, out);
    }
}

/// Forgets what was typed and shown on the security pages as soon as something else is there, and asks the system to
/// leave the window out of screenshots while a secret can be seen.
fn secrets_out_of_sight(ui: &Ui, scene: &Scene<'_>, state: &mut UiState) {
    let open = state.page == Page::Security;
    if state.security.was_open && !open {
        state.security.forget();
    }
    state.security.was_open = open;
    if scene.call().is_some() || scene.asks() {
        state.security.shown = None;
    }
    let visible = security::is_visible(state);
    if visible != std::mem::replace(&mut state.security.protected, visible) {
        ui.ctx().send_viewport_cmd(egui::ViewportCommand::ContentProtected(visible));
    }
}

fn page(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if scene.view.accounts.is_empty() {
        return sign_in::show(ui, scene, &mut state.sign_in, out, None);
    }
    match state.page {
        Page::Main => main_page::show(ui, scene, state, out),
        Page::AddLine => {
            let mut back = false;
            sign_in::show(ui, scene, &mut state.sign_in, out, Some(&mut back));
            if back {
                state.sign_in.wipe();
                state.page = Page::Settings;
            }
        }
        Page::Settings => settings::show(ui, scene, state, out),
        Page::Security => security::show(ui, scene, state, out),
        Page::Licences => licences::show(ui, state),
    }
    if state.page != Page::Licences {
        // A megabyte of text that nobody reads any more.
        state.licences = None;
    }
}

/// A question of the settings does not stay open behind another page: whoever comes back is asked anew.
fn close_questions(state: &mut UiState) {
    if state.page != Page::Settings {
        (state.signing_out, state.forgetting) = (None, false);
    }
}

/// Devices are reported only while somebody looks at them.
fn watch_devices(scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let in_call = scene.call().is_some();
    let page = !in_call && state.page == Page::Settings && !scene.view.accounts.is_empty();
    let wanted = page || in_call && state.call.open == Panel::Audio;
    if wanted != state.watching {
        state.watching = wanted;
        out.push(Command::WatchDevices(wanted));
    }
}
