//! No keyring: where shall passwords be? The file under a passphrase comes first; memory only is the last resort and
//! says what it means.

use egui::{Id, Ui};

use super::{Cx, body, header};
use crate::phone::command::{Command, TrustCommand};
use crate::phone::view::VaultQuestion;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Button, Check, Kind, Tick};

/// The shortest passphrase that is taken: its file may be copied and tried on other machines.
const SHORTEST: usize = 12;

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Where passwords are kept");
    body(ui, "vault", &[], |ui| match &cx.scene.view.vault_question {
        Some(question) => ask(ui, state, out, question),
        None => widgets::plain(ui, "The place for passwords works. There is nothing to choose."),
    });
}

/// The question, on its page or in a banner.
pub(super) fn ask(ui: &mut Ui, state: &mut UiState, out: &mut Vec<Command>, question: &VaultQuestion) {
    match question {
        VaultQuestion::Choose => {
            passphrase(ui, state, out);
            session(ui, out);
        }
        VaultQuestion::Unlock(wrong) => unlock(ui, state, out, wrong.as_deref()),
        VaultQuestion::Working => {
            widgets::card(ui, |ui| {
                Check::new(Tick::Doing, "Opening the file…").small("A second or two, on purpose").show(ui);
            });
            widgets::live_region(ui, "vault", "Opening the file");
        }
        VaultQuestion::Moved { from, to } => {
            widgets::card(ui, |ui| {
                let words = format!("Passwords are in {from}");
                let small = format!("Ringfence now uses {to}. It can take them over; nothing is lost until it has.");
                if Check::new(Tick::Warn, &words).small(&small).action("Take over").show(ui) {
                    out.push(Command::Trust(TrustCommand::TakeOver));
                }
            });
        }
    }
}

fn passphrase(ui: &mut Ui, state: &mut UiState, out: &mut Vec<Command>) {
    widgets::strong(ui, "A file under a passphrase");
    widgets::plain(
        ui,
        "Ringfence asks for it when it starts. Without it nobody can open the file, not even you. Four or five words \
         that do not belong together are good.",
    );
    let fields = &mut state.security;
    widgets::labelled(ui, "Passphrase", "12 characters or more", |ui| {
        widgets::field(ui, Id::unique("passphrase"), &mut fields.passphrase, "", true)
    });
    widgets::labelled(ui, "The same again", "", |ui| {
        widgets::field(ui, Id::unique("passphrase again"), &mut fields.repeated, "", true)
    });
    let (first, second) = (fields.passphrase.secret(), fields.repeated.secret());
    let length = first.expose("its length only").chars().count();
    let complaint = match () {
        () if length > 0 && length < SHORTEST => "Too short: another word makes it safe.",
        () if !fields.repeated.is_empty() && first != second => "The two are not the same.",
        () => "",
    };
    if !complaint.is_empty() {
        widgets::warning(ui, complaint);
    }
    let ready = length >= SHORTEST && first == second;
    ui.add_space(4.0);
    let width = ui.available_width();
    if ui.add(Button::new(Kind::Main, "Use this passphrase").height(40.0).width(width).enabled(ready)).clicked()
        && ready
    {
        out.push(Command::Trust(TrustCommand::UsePassphrase(first)));
        state.security.forget();
    }
}

fn session(ui: &mut Ui, out: &mut Vec<Command>) {
    ui.add_space(12.0);
    widgets::strong(ui, "Memory only");
    widgets::plain(
        ui,
        "Ringfence asks for each password at each start, and before a change it asks you to save the new one \
         elsewhere: if this computer stops, your copy is the only one.",
    );
    let width = ui.available_width();
    if ui.add(Button::new(Kind::Plain, "Keep passwords in memory only").height(40.0).width(width)).clicked() {
        out.push(Command::Trust(TrustCommand::UseSession));
    }
}

fn unlock(ui: &mut Ui, state: &mut UiState, out: &mut Vec<Command>, wrong: Option<&str>) {
    if let Some(wrong) = wrong {
        widgets::warning(ui, wrong);
        widgets::live_region(ui, "vault", wrong);
    }
    let field = &mut state.security.passphrase;
    let response = widgets::labelled(ui, "Passphrase", "of the file with your passwords", |ui| {
        widgets::field(ui, Id::unique("unlock passphrase"), field, "", true)
    });
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    let ready = !field.is_empty();
    ui.add_space(8.0);
    let width = ui.available_width();
    let pressed = ui.add(Button::new(Kind::Main, "Open it").height(40.0).width(width).enabled(ready)).clicked();
    if ready && (pressed || entered) {
        out.push(Command::Trust(TrustCommand::Unlock(field.secret())));
        field.wipe();
    }
}
