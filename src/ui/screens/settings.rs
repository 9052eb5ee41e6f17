//! Settings: lines, sound, look, the keyring's state, and what this program is.

use egui::Ui;

use super::{Scene, about, devices};
use crate::base::AccountId;
use crate::phone::command::Command;
use crate::phone::settings::{Settings, Theme};
use crate::phone::view::{AccountState, AccountView, PasswordPlace, VaultState};
use crate::ui::fonts::Weight;
use crate::ui::state::{Page, UiState};
use crate::ui::text::security as words;
use crate::ui::widgets::{self, Button, Kind, Mark};
use crate::ui::{text, theme};

/// Draws the page.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if widgets::page_header(ui, "Settings") {
        state.page = Page::Main;
    }
    egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("settings").show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 12, top: 8, bottom: 16 }).show(ui, |ui| {
            widgets::section(ui, "Lines");
            lines(ui, scene, state, out);
            ui.add_space(8.0);
            widgets::section(ui, "Sound");
            devices::card(ui, scene.view, out);
            if let Some(trouble) = &scene.view.audio.trouble {
                ui.add_space(4.0);
                let words = egui::RichText::new(trouble).font(theme::font(12.0, Weight::Regular));
                ui.add(egui::Label::new(words.color(theme::palette(ui).warn)).wrap());
            }
            ui.add_space(8.0);
            widgets::section(ui, "Look");
            look(ui, scene, out);
            ui.add_space(8.0);
            widgets::section(ui, "Passwords");
            keyring(ui, &scene.view.vault, out);
            ui.add_space(8.0);
            widgets::section(ui, "Security");
            security(ui, scene, state, out);
            ui.add_space(8.0);
            widgets::section(ui, "Recent calls");
            recent(ui, scene, &mut state.forgetting, out);
            ui.add_space(8.0);
            widgets::section(ui, "About");
            about::card(ui, scene, state, out);
        });
    });
}

fn lines(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    widgets::card(ui, |ui| {
        for account in &scene.view.accounts {
            ui.push_id(account.id, |ui| one_line(ui, account, &mut state.signing_out, out));
            widgets::row_line(ui);
        }
        ui.add_space(2.0);
        if widgets::link(ui, "Add a line", true).clicked() {
            state.page = Page::AddLine;
        }
    });
}

fn one_line(ui: &mut Ui, account: &AccountView, signing_out: &mut Option<AccountId>, out: &mut Vec<Command>) {
    let p = theme::palette(ui);
    let word = text::account_word(account);
    // The two buttons leave no room for the address.
    let asks = *signing_out == Some(account.id);
    let small = if asks { word.to_owned() } else { format!("{word} · {}", account.address) };
    widgets::value_row(ui, &account.name, Some(&small), |ui| {
        // What deletes a password asks once.
        if *signing_out == Some(account.id) {
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.add(Button::new(Kind::End, "Delete")).clicked() {
                *signing_out = None;
                out.push(Command::SignOut(account.id));
            }
            if ui.add(Button::new(Kind::Plain, "Keep")).clicked() {
                *signing_out = None;
            }
            return;
        }
        if ui.add(Button::new(Kind::SoftEnd, "Sign out")).clicked() {
            *signing_out = Some(account.id);
        }
        if let AccountState::Waiting(_) = account.state {
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.add(Button::new(Kind::Plain, "Try now")).clicked() {
                out.push(Command::Retry(account.id));
            }
        }
    });
    let place = match account.password {
        PasswordPlace::Keyring => "Password in the system keyring",
        PasswordPlace::Passphrase => "Password in the file under your passphrase",
        PasswordPlace::Session => "Password asked for at each start",
        PasswordPlace::NotNeeded => "Needs no password of yours",
    };
    let words = if *signing_out == Some(account.id) {
        "Deletes this line and its password from this computer.".to_owned()
    } else {
        format!("{}. {place}.", text::connection(account))
    };
    let words = egui::RichText::new(words).font(theme::font(12.0, Weight::Regular)).color(p.muted);
    ui.add(egui::Label::new(words).wrap());
    ui.add_space(10.0);
}

fn look(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let now = scene.view.settings.theme;
    widgets::card(ui, |ui| {
        let all = [(Theme::System, "System"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];
        let picked = widgets::value_row(ui, "Theme", None, |ui| widgets::segments(ui, "Theme", 204.0, &now, &all));
        if let Some(theme) = picked {
            out.push(Command::SetSettings(Box::new(Settings { theme, ..scene.view.settings.clone() })));
        }
    });
}

fn keyring(ui: &mut Ui, vault: &VaultState, out: &mut Vec<Command>) {
    widgets::card(ui, |ui| {
        let mark = match vault {
            VaultState::Ok | VaultState::FileOpen => Mark::Good,
            VaultState::Checking | VaultState::Unlocking => Mark::Doing,
            VaultState::Locked
            | VaultState::Missing
            | VaultState::Waiting
            | VaultState::Stuck
            | VaultState::Unused
            | VaultState::NoFile
            | VaultState::NeedsPassphrase
            | VaultState::WrongPassphrase => Mark::Warn,
            VaultState::Failed(_) => Mark::Bad,
        };
        let (words, small) = text::vault(vault);
        widgets::row(ui, mark, words, small.as_deref());
        let troubled = text::vault_banner(vault).is_some();
        if troubled && widgets::link(ui, "Try again", true).clicked() {
            out.push(Command::RetryVault);
        }
    });
}

fn security(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let all = [(true, "On"), (false, "Off")];
    widgets::card(ui, |ui| {
        if let Some(on) = state.login.on {
            // What the desktop says, not what was wished.
            let picked = widgets::value_row(ui, words::STARTS_AT_LOGIN, Some(words::STARTS_WHY), |ui| {
                widgets::segments(ui, words::STARTS_AT_LOGIN, 92.0, &on, &all)
            });
            state.login.wish = picked.or(state.login.wish);
            if let Some(trouble) = &state.login.trouble {
                widgets::warning(ui, trouble);
            }
            widgets::row_line(ui);
        }
        let now = scene.view.settings.remind_yearly;
        let picked = widgets::value_row(ui, words::REMIND, Some(words::REMIND_SHORT), |ui| {
            widgets::segments(ui, words::REMIND, 92.0, &now, &all)
        });
        if let Some(remind_yearly) = picked {
            out.push(Command::SetSettings(Box::new(Settings { remind_yearly, ..scene.view.settings.clone() })));
        }
        widgets::faint(ui, words::REMIND_WHY);
        ui.add_space(8.0);
    });
}

fn recent(ui: &mut Ui, scene: &Scene<'_>, forgetting: &mut bool, out: &mut Vec<Command>) {
    let count = scene.view.history.len();
    *forgetting &= count > 0;
    widgets::card(ui, |ui| {
        // The two buttons leave no room for more.
        let words = match (count, *forgetting) {
            (0, _) => "None kept".to_owned(),
            (1, true) => "One call".to_owned(),
            (1, false) => "One call kept on this computer".to_owned(),
            (n, true) => format!("{n} calls"),
            (n, false) => format!("{n} calls kept on this computer"),
        };
        let asks = *forgetting;
        widgets::value_row(ui, &words, None, |ui| {
            // What cannot be had back asks once.
            if !asks {
                *forgetting = ui.add(Button::new(Kind::Plain, "Forget").enabled(count > 0)).clicked();
                return;
            }
            ui.spacing_mut().item_spacing.x = 8.0;
            if ui.add(Button::new(Kind::End, "Forget all")).clicked() {
                *forgetting = false;
                out.push(Command::ClearHistory);
            }
            if ui.add(Button::new(Kind::Plain, "Keep them")).clicked() {
                *forgetting = false;
            }
        });
        if asks {
            widgets::faint(ui, text::FORGETS);
            ui.add_space(10.0);
        }
    });
}
