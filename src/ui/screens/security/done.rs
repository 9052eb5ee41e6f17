//! Done: what was tested, and what is left: other phones, the website, the PIN, the bill.

use egui::Ui;

use super::{Cx, Foot, SecurityPage, body, browse};
use crate::phone::command::{ChangeCommand, Command, SafetyCommand};
use crate::phone::view::{CheckItem, CheckRow, CheckState, OldPassword};
use crate::ui::state::{Page, UiState};
use crate::ui::text::{devices, security as text};
use crate::ui::widgets::{self, Check, Tick};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, old: OldPassword) {
    let pressed = body(ui, "done", &[Foot::main("Done")], |ui| {
        widgets::card(ui, |ui| {
            tested(ui, cx, state, old);
            for device in cx.security.devices.all.iter().filter(|device| device.needs_password) {
                widgets::row_line(ui);
                let name = devices::device_name(device);
                if Check::new(Tick::Warn, &name).small("needs the new password").action("Show QR").show(ui) {
                    state.security.open(SecurityPage::Devices);
                }
            }
            // Each phone that needs it stands above by its name.
            let named = cx.security.devices.all.iter().any(|device| device.needs_password);
            let above = |item| item == CheckItem::Line || named && item == CheckItem::OtherPhones;
            for row in cx.security.check_list.iter().filter(|row| !above(row.item)) {
                widgets::row_line(ui);
                check(ui, cx, state, out, row, Tick::Empty);
            }
        });
        widgets::faint(ui, "This list stays in the security centre, under “I was told to change my password”.");
    });
    if pressed.is_some() {
        out.push(cx.change(ChangeCommand::Finish));
        state.security.forget();
        state.security.path.clear();
        state.page = Page::Main;
    }
}

/// What Ringfence has tested itself.
fn tested(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, old: OldPassword) {
    let signed_in = Check::new(Tick::Good, "Signed in with it");
    if old != OldPassword::StillAccepted {
        signed_in.small(&text::old_password(old, cx.provider())).show(ui);
        return;
    }
    signed_in.show(ui);
    widgets::row_line(ui);
    let words = crate::ui::text::sentence(format!("{} still accepts the old one", cx.provider()));
    let row = Check::new(Tick::Warn, &words).small("Call them: whoever has it can use your line");
    if row.action("Numbers").show(ui) {
        state.security.open(SecurityPage::Contact);
    }
}

/// A line of the check list: opened first where there is a page for it, then ticked off.
pub(super) fn check(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, row: &CheckRow, open: Tick) {
    let (words, small) = text::check(row, cx.provider(), cx.now());
    let told = matches!(row.state, CheckState::Told(_));
    let link = match row.item {
        CheckItem::Website => cx.security.contact.change.as_ref().or(cx.security.contact.portal.as_ref()),
        CheckItem::TopUp | CheckItem::Voicemail | CheckItem::Forwarding => cx.security.contact.portal.as_ref(),
        CheckItem::Line | CheckItem::OtherPhones | CheckItem::Bill => None,
    };
    let opened = state.security.opened.contains(&row.item);
    let (tick, action) = match (row.state, row.item) {
        (CheckState::Proven(_), _) => (Tick::Good, None),
        (CheckState::Told(_), _) => (Tick::Good, Some("Undo")),
        (CheckState::Open, CheckItem::OtherPhones) => (open, Some("Show")),
        (CheckState::Open, CheckItem::Bill) => (open, Some("Check bill")),
        (CheckState::Open, _) if link.is_some() && !opened => (open, Some("Open")),
        (CheckState::Open, _) => (open, Some("Done")),
    };
    let check = Check::new(tick, &words).small(&small);
    let pressed = match action {
        Some(action) => check.action(action).show(ui),
        None => check.show(ui),
    };
    if !pressed {
        return;
    }
    match (row.item, link) {
        _ if told => out.push(Command::Safety(cx.line.id, SafetyCommand::Tick(row.item, false))),
        (CheckItem::OtherPhones, _) => state.security.open(SecurityPage::Devices),
        (CheckItem::Bill, _) => state.security.open(SecurityPage::Bill),
        (_, Some(link)) if !opened => {
            browse(ui, link);
            state.security.opened.push(row.item);
        }
        _ => out.push(Command::Safety(cx.line.id, SafetyCommand::Tick(row.item, true))),
    }
}
