//! Other devices on the line: named once, ended by the person's choice where the provider can, ticked off one by one
//! after a change. Logins to the website and enrolled keys are shown as what they are.

use egui::{Id, Ui};

use super::{Cx, Foot, body, header, reveal};
use crate::phone::command::{Command, DeviceCommand};
use crate::phone::devices_registered::words;
use crate::phone::view::{ChangePhase, DeviceListing, DeviceView, Ending, SessionId, WhyNot};
use crate::ui::state::UiState;
use crate::ui::text::{change, devices as text, sentence};
use crate::ui::widgets::{self, Button, Check, Kind, Tick};

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Other devices on this line");
    let devices = &cx.security.devices;
    let ask = format!("Ask {} now", cx.provider());
    let pressed = body(ui, "devices", &[Foot::plain(&ask).enabled(cx.can_ask())], |ui| {
        if !cx.can_ask() {
            widgets::faint(ui, &text::not_now(cx.provider()));
        }
        if let Some(words) = text::listing(devices.listed, devices.all.is_empty(), cx.provider(), cx.now()) {
            widgets::plain(ui, &words);
        }
        if let Some(words) = words::list(devices.list, cx.provider()) {
            let words = sentence(words);
            widgets::warning(ui, &words);
            widgets::live_region(ui, "list", &words);
        }
        for device in &devices.all {
            ui.push_id(&device.id.0, |ui| one(ui, cx, state, out, device));
        }
        if devices.more > 0 {
            widgets::plain(ui, &format!("And {} more that are not shown.", devices.more));
        }
        this_computer(ui, cx);
        logins(ui, cx, out);
        keys(ui, cx, out);
        if devices.all.iter().any(|device| device.needs_password) {
            password(ui, cx, state, out);
        }
        if let DeviceListing::At(at) = devices.listed
            && !devices.all.is_empty()
        {
            let when = cx.now().time_of_day(at);
            widgets::faint(ui, &format!("As of {when}. The names that you give stay on this computer."));
        }
    });
    if pressed.is_some() {
        out.push(Command::Device(cx.line.id, DeviceCommand::Check));
    }
}

/// The new password, for typing it into another phone.
fn password(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if !cx.security.change.new.is_some_and(|new| new.can_be_shown) {
        return;
    }
    let composing = matches!(cx.security.change.phase, ChangePhase::Compose(_));
    widgets::label(ui, if composing { "The password it will need" } else { "The password it needs" });
    reveal::show(ui, cx, state, out);
    if composing {
        widgets::warning(ui, "Not in use yet: type it in after the change.");
    }
}

/// This computer's own row in the provider's list.
fn this_computer(ui: &mut Ui, cx: &Cx<'_>) {
    let Some(own) = &cx.security.devices.own else { return };
    let small = text::own_row(own, cx.now());
    widgets::card(ui, |ui| {
        Check::new(Tick::Good, "This computer").small(&small).show(ui);
    });
}

/// Logins to the provider's website: what they are, not telephones.
fn logins(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>) {
    let logins = &cx.security.devices.logins;
    if logins.is_empty() {
        return;
    }
    widgets::label(ui, "Signed in to the website");
    widgets::card(ui, |ui| {
        for (i, login) in logins.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let (name, small) = text::login(login, cx.now());
            let wish = row(ui, cx, &name, &small, login.new, login.ending);
            out.extend(wish.map(|wish| Command::Device(cx.line.id, wish(login.id.clone()))));
        }
    });
}

/// Computers whose keys may sign a change.
fn keys(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>) {
    let keys = &cx.security.devices.keys;
    if keys.is_empty() {
        return;
    }
    widgets::label(ui, "Computers that may change the line password");
    widgets::card(ui, |ui| {
        for (i, key) in keys.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let (name, small) = text::key(key, cx.now());
            let wish = row(ui, cx, &name, &small, key.new, key.ending);
            out.extend(wish.map(|wish| Command::Device(cx.line.id, wish(key.id.clone()))));
        }
    });
}

/// What the person says about a login or a key.
type Wish = fn(SessionId) -> DeviceCommand;

/// A row that can be ended, or says why not; one that is new can be said to be the person's.
fn row(ui: &mut Ui, cx: &Cx<'_>, name: &str, small: &str, new: bool, ending: Ending) -> Option<Wish> {
    let said = words::ending(ending, cx.provider()).map(sentence).filter(|_| ending != Ending::No(WhyNot::Own));
    let small = said.map_or_else(|| small.to_owned(), |said| format!("{small}\n{said}"));
    let mut check = Check::new(if new { Tick::Warn } else { Tick::None }, name).small(&small);
    if can_be_ended(ending) {
        check = check.action(END);
    }
    let end = check.show(ui);
    let mine = new && widgets::link(ui, "That is mine", true).clicked();
    if end { Some(DeviceCommand::EndSession) } else { mine.then_some(DeviceCommand::Mine as Wish) }
}

const END: &str = "End this one";

const fn can_be_ended(ending: Ending) -> bool {
    matches!(ending, Ending::Possible | Ending::Failed(_))
}

fn one(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, device: &DeviceView) {
    let name = text::device_name(device);
    let small = text::told(device, cx.now());
    widgets::card(ui, |ui| {
        let tick = if device.name.is_none() || device.needs_password { Tick::Warn } else { Tick::Good };
        Check::new(tick, &name).small(&small).show(ui);
        if device.needs_password {
            widgets::row_line(ui);
            let row = Check::new(Tick::Empty, "Needs the new password").small(change::UNTIL_THEN);
            if row.action("It has it").show(ui) {
                out.push(Command::Device(cx.line.id, DeviceCommand::HasPassword(device.id.clone())));
            }
        }
        widgets::row_line(ui);
        naming(ui, cx, state, out, device);
    });
}

/// What to do about one that nobody knows, and what came of ending it.
fn advice(ui: &mut Ui, cx: &Cx<'_>, device: &DeviceView) {
    let mut all = Vec::new();
    if device.name.is_none() {
        all.push("Not yours? Change the line password and call your provider.".to_owned());
        all.extend(can_be_ended(device.ending).then(|| "Ended alone, it can sign in again.".to_owned()));
    }
    all.extend(words::ending(device.ending, cx.provider()).filter(|_| device.present).map(sentence));
    if matches!(device.ending, Ending::UnderWay | Ending::Failed(_))
        && let Some(said) = all.last()
    {
        widgets::live_region(ui, "ending", said);
    }
    if !all.is_empty() {
        widgets::faint(ui, &all.join(" "));
        ui.add_space(8.0);
    }
}

fn naming(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, device: &DeviceView) {
    let Some((_, typed)) = state.security.naming.as_mut().filter(|(id, _)| *id == device.id) else {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 20.0;
            let word = if device.name.is_some() { "Rename" } else { "Name it" };
            if widgets::link(ui, word, true).clicked() {
                state.security.naming = Some((device.id.clone(), device.name.clone().unwrap_or_default()));
            }
            if !device.present && widgets::link(ui, "Forget it", false).clicked() {
                out.push(Command::Device(cx.line.id, DeviceCommand::Forget(device.id.clone())));
            }
            if can_be_ended(device.ending) && widgets::link(ui, END, false).clicked() {
                out.push(Command::Device(cx.line.id, DeviceCommand::End(device.id.clone())));
            }
        });
        advice(ui, cx, device);
        return;
    };
    ui.add_space(8.0);
    let mut done = false;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let room = ui.available_width() - 84.0;
        let field = ui.allocate_ui(egui::vec2(room, 44.0), |ui| {
            widgets::field(ui, Id::unique("device name"), typed, "Kitchen phone", false)
        });
        field.inner.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Name of this device"));
        done = field.inner.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let keep = Button::new(Kind::Main, "Keep").height(44.0).width(76.0).enabled(!typed.trim().is_empty());
        done |= ui.add(keep).clicked();
    });
    ui.add_space(8.0);
    if done && !typed.trim().is_empty() {
        let name = typed.trim().to_owned();
        state.security.naming = None;
        out.push(Command::Device(cx.line.id, DeviceCommand::Name(device.id.clone(), name)));
    }
}
