//! Two questions that can come at any time: the guard's before it dials, and a server's certificate. Each is a page of
//! its own; during a call the guard's is a card above it, and a certificate waits.

use egui::{Id, Ui};

use super::{Foot, body, hero, vault};
use crate::phone::command::{Command, GuardCommand, TrustCommand};
use crate::phone::view::{CertificateQuestion, GuardFrom, GuardQuestion, GuardVerdict, VaultQuestion};
use crate::ui::state::{Page, SecurityPage, Tab, UiState};
use crate::ui::widgets::{self, Button, Check, Kind, Tick};
use crate::ui::{Moment, icons, theme};

/// Draws the guard's question as a page.
pub(in crate::ui) fn guard_page(ui: &mut Ui, question: &GuardQuestion, state: &mut UiState, out: &mut Vec<Command>) {
    let blocked = question.verdict == GuardVerdict::Blocked;
    let title = if blocked { "Ringfence does not call this number" } else { "Call this number?" };
    let head = widgets::sheet_header(ui, Some(theme::palette(ui).warn), title, |_| {});
    widgets::live_region(ui, "guard", &format!("{title} {}. {}", question.number, question.why));
    let right = match &question.verdict {
        GuardVerdict::Confirm => true,
        GuardVerdict::Type(word) => is_typed(word, state),
        GuardVerdict::Blocked => false,
    };
    let feet = if blocked {
        [Foot::plain("Close"), Foot::plain("Limits")]
    } else {
        [Foot::plain("Do not call"), Foot { kind: Kind::Go, words: "Call it", enabled: right }]
    };
    let pressed = body(ui, "guard", &feet, |ui| {
        hero(ui, false, &question.number, &about(question));
        widgets::plain(ui, &question.why);
        came_from(ui, question.from);
        word(ui, question, state);
    });
    match pressed {
        Some(0) => cancel(state, out),
        Some(_) if blocked => to_limits(state, out),
        Some(_) => dial(question, state, out),
        None => {}
    }
    // The way to an emergency call stays open.
    if head.keypad {
        cancel(state, out);
        (state.page, state.tab) = (Page::Main, Tab::Keypad);
    }
}

/// `Latvia · landline abroad`
fn about(question: &GuardQuestion) -> String {
    let place = question.place.as_ref().map(|place| format!("{place} · ")).unwrap_or_default();
    format!("{place}{}", question.kind)
}

fn came_from(ui: &mut Ui, from: GuardFrom) {
    match from {
        GuardFrom::Person => {}
        GuardFrom::Redirect => widgets::warning(ui, "You did not dial this: the other end sends your call there."),
        GuardFrom::Link => widgets::warning(ui, "This number came from a link."),
    }
}

/// Answers the guard's question with no.
pub(in crate::ui) fn cancel(state: &mut UiState, out: &mut Vec<Command>) {
    out.push(Command::Guard(GuardCommand::Cancel));
    state.security.guard_word.clear();
}

fn to_limits(state: &mut UiState, out: &mut Vec<Command>) {
    cancel(state, out);
    state.page = Page::Security;
    state.security.go(SecurityPage::Limits);
}

fn dial(question: &GuardQuestion, state: &mut UiState, out: &mut Vec<Command>) {
    let typed = matches!(question.verdict, GuardVerdict::Type(_)).then(|| state.security.guard_word.trim().to_owned());
    out.push(Command::Guard(GuardCommand::Dial(typed)));
    state.security.guard_word.clear();
}

fn is_typed(word: &str, state: &UiState) -> bool {
    state.security.guard_word.trim().eq_ignore_ascii_case(word)
}

/// Draws the guard's question above a call.
pub(in crate::ui) fn guard(ui: &mut Ui, question: &GuardQuestion, state: &mut UiState, out: &mut Vec<Command>) {
    let blocked = question.verdict == GuardVerdict::Blocked;
    let title = if blocked {
        format!("Ringfence does not call {}", question.number)
    } else {
        format!("Call {}?", question.number)
    };
    widgets::card(ui, |ui| {
        ui.add_space(8.0);
        widgets::strong(ui, &title);
        widgets::live_region(ui, "guard", &format!("{title} {}", question.why));
        ui.add_space(4.0);
        widgets::plain(ui, &about(question));
        ui.add_space(4.0);
        widgets::plain(ui, &question.why);
        came_from(ui, question.from);
        ui.add_space(4.0);
        let typed = word(ui, question, state);
        buttons(ui, question, state, out, typed);
        ui.add_space(8.0);
    });
}

/// The field for a word, and whether it is the right one.
fn word(ui: &mut Ui, question: &GuardQuestion, state: &mut UiState) -> bool {
    match &question.verdict {
        GuardVerdict::Confirm => true,
        GuardVerdict::Blocked => false,
        GuardVerdict::Type(word) => {
            let name = format!("Type {word} to call");
            let id = Id::unique("guard word");
            ui.add_space(4.0);
            widgets::labelled(ui, &name, "this can be expensive", |ui| {
                widgets::field(ui, id, &mut state.security.guard_word, "", false)
            });
            ui.add_space(8.0);
            // What is typed now is meant for this field.
            if ui.memory(|memory| memory.focused().is_none()) {
                ui.memory_mut(|memory| memory.request_focus(id));
            }
            is_typed(word, state)
        }
    }
}

fn buttons(ui: &mut Ui, question: &GuardQuestion, state: &mut UiState, out: &mut Vec<Command>, ready: bool) {
    let blocked = question.verdict == GuardVerdict::Blocked;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let half = (ui.available_width() - 8.0) / 2.0;
        if ui.add(Button::new(Kind::Plain, if blocked { "Close" } else { "Do not call" }).width(half)).clicked() {
            cancel(state, out);
        }
        if blocked {
            if ui.add(Button::new(Kind::Plain, "Limits").width(half)).clicked() {
                to_limits(state, out);
            }
            return;
        }
        if ui.add(Button::new(Kind::Go, "Call it").width(half).enabled(ready)).clicked() && ready {
            dial(question, state, out);
        }
    });
}

/// Draws the question about a certificate as a page.
pub(in crate::ui) fn certificate_page(
    ui: &mut Ui,
    question: &CertificateQuestion,
    now: &Moment,
    out: &mut Vec<Command>,
) {
    let title = format!("The certificate of {}", question.host);
    let back = widgets::page_header(ui, &title);
    widgets::live_region(ui, "certificate", &format!("{} {}", question.host, question.what));
    let feet = if question.may_trust {
        vec![Foot::plain("Trust this one"), Foot::main("Stop here")]
    } else {
        vec![Foot::main("Close")]
    };
    let pressed = body(ui, "certificate", &feet, |ui| {
        widgets::card(ui, |ui| {
            ui.add_space(10.0);
            certificate_words(ui, question, now);
            ui.add_space(6.0);
        });
        widgets::warning(
            ui,
            if question.may_trust {
                "Your password was not sent. Trust it only if your provider, or whoever runs this server, tells you the \
                 same fingerprint by another way."
            } else {
                "It cannot be trusted from here. Your password was not sent. Ask your provider."
            },
        );
    });
    if question.may_trust && pressed == Some(0) {
        out.push(Command::Trust(TrustCommand::TrustCertificate(question.fingerprint.clone())));
    } else if pressed.is_some() || back {
        out.push(Command::Trust(TrustCommand::RefuseCertificate));
    }
}

/// What is wrong with a certificate, its fingerprints, and what it is for.
pub(super) fn certificate_words(ui: &mut Ui, question: &CertificateQuestion, now: &Moment) {
    widgets::plain(ui, &question.what);
    ui.add_space(6.0);
    let now_is = if question.trusted.is_some() { "It shows now" } else { "Its fingerprint (SHA-256)" };
    fingerprint(ui, now_is, &question.fingerprint);
    if let Some(trusted) = &question.trusted {
        fingerprint(ui, "You trusted", trusted);
    }
    let mut about = Vec::new();
    if !question.names.is_empty() {
        about.push(format!("for {}", question.names.join(", ")));
    }
    about.extend(question.until.map(|at| format!("valid until {}", now.short_day(at))));
    if !about.is_empty() {
        widgets::faint(ui, &about.join(" · "));
    }
    ui.add_space(4.0);
}

/// A fingerprint in lines of eight groups, so that two can be compared by eye.
fn fingerprint(ui: &mut Ui, what: &str, fingerprint: &str) {
    widgets::label(ui, what);
    let groups: Vec<&str> = fingerprint.split([':', ' ']).filter(|group| !group.is_empty()).collect();
    let lines: Vec<String> = groups.chunks(8).map(|line| line.join(" ")).collect();
    let text = egui::RichText::new(lines.join("\n")).monospace();
    ui.add(egui::Label::new(text).wrap().selectable(true));
    ui.add_space(4.0);
}

/// What the main page says about the place for passwords, while there is something to decide.
pub(in crate::ui) fn vault_banner(ui: &mut Ui, question: &VaultQuestion, state: &mut UiState, out: &mut Vec<Command>) {
    let (title, advice, action) = match question {
        VaultQuestion::Choose => (
            "This computer has no keyring",
            "Passwords can be in a file under a passphrase. Nothing is written before you choose.",
            Some("Choose"),
        ),
        VaultQuestion::Unlock(_) | VaultQuestion::Working => {
            ("Your passwords are in a locked file", "Ringfence signs in as soon as it is open.", None)
        }
        VaultQuestion::Moved { .. } => ("Passwords are in another place", "They can be taken over.", Some("Look")),
    };
    let banner = widgets::Banner {
        kind: widgets::BannerKind::Warn,
        icon: icons::LOCK,
        title,
        advice,
        details: None,
        action,
        dismiss: false,
    };
    if banner.show(ui).action {
        state.page = Page::Security;
        state.security.go(SecurityPage::Vault);
    }
    if matches!(question, VaultQuestion::Unlock(_) | VaultQuestion::Working) {
        ui.add_space(8.0);
        vault::ask(ui, state, out, question);
    }
}

/// The rehearsal's card: where it is, what to look at, and a way out.
pub(in crate::ui) fn rehearsal(ui: &mut Ui, view: &crate::phone::view::RehearsalView, out: &mut Vec<Command>) {
    widgets::card(ui, |ui| {
        let title = format!("Rehearsal, step {} of {}", view.step, view.of);
        let tick = if view.over { Tick::Good } else { Tick::Current(view.step) };
        let action = if view.over { "Close" } else { "Stop" };
        if Check::new(tick, &title).small(&view.words).action(action).show(ui) {
            out.push(Command::Rehearse(false));
        }
        widgets::live_region(ui, "rehearsal", &format!("{title}. {}", view.words));
    });
}
