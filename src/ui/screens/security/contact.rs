//! How to reach the provider: their website, typed once, and their numbers. Never from a message.

use egui::{Id, Ui};

use super::{Cx, Foot, body, browse, header};
use crate::phone::command::{Command, SafetyCommand};
use crate::phone::view::{ContactView, LinkSource};
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Check, Tick};

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Website and numbers");
    let contact = &cx.security.contact;
    if !state.security.contact_filled {
        state.security.contact_filled = true;
        state.security.portal = contact.portal.as_ref().map(|link| link.url.clone()).unwrap_or_default();
        state.security.support = contact.support.clone().unwrap_or_default();
    }
    let feet = [Foot::main("Keep these").enabled(is_news(contact, state))];
    let pressed = body(ui, "contact", &feet, |ui| {
        known(ui, contact);
        widgets::labelled(ui, "Their website", "type it from your bill, not from a message", |ui| {
            let id = Id::unique("portal");
            widgets::field(ui, id, &mut state.security.portal, "https://www.provider.example", false)
        });
        widgets::labelled(ui, "Their number for help", "from your bill", |ui| {
            widgets::field(ui, Id::unique("support"), &mut state.security.support, "", false)
        });
        widgets::faint(ui, "The website opens in your browser, and only when you press Open.");
    });
    if pressed.is_some() {
        let (portal, support) = (state.security.portal.trim().to_owned(), state.security.support.trim().to_owned());
        if contact.portal.as_ref().map_or("", |link| link.url.as_str()) != portal {
            out.push(Command::Safety(cx.line.id, SafetyCommand::SetPortal(portal)));
        }
        if contact.support.as_deref().unwrap_or_default() != support {
            out.push(Command::Safety(cx.line.id, SafetyCommand::SetSupport(support)));
        }
    }
}

/// Whether the fields say something else than what is kept.
fn is_news(contact: &ContactView, state: &UiState) -> bool {
    contact.portal.as_ref().map_or("", |link| link.url.as_str()) != state.security.portal.trim()
        || contact.support.as_deref().unwrap_or_default() != state.security.support.trim()
}

/// What can be used at once; the fields below are for what the person knows.
fn known(ui: &mut Ui, contact: &ContactView) {
    if contact.fraud.is_none() && contact.portal.is_none() {
        let words = "Keep here what your bill says, for the day when it is needed.";
        return widgets::plain(ui, words);
    }
    widgets::card(ui, |ui| {
        if let Some(number) = &contact.fraud {
            Check::new(Tick::None, "Fraud").small(number).show(ui);
        }
        if contact.fraud.is_some() && contact.portal.is_some() {
            widgets::row_line(ui);
        }
        if let Some(link) = &contact.portal {
            let small = format!("{} · {}", link.host, source(link.from));
            if Check::new(Tick::None, "Website").small(&small).action("Open").show(ui) {
                browse(ui, link);
            }
        }
    });
}

fn source(from: LinkSource) -> &'static str {
    match from {
        LinkSource::Person => "typed by you",
        LinkSource::Preset => "came with Ringfence",
        LinkSource::Discovery => "published by your provider",
    }
}
