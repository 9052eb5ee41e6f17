//! What of a line's protection has become weaker than it was: said, refused where that is possible, and allowed only
//! here, on purpose.

use egui::Ui;

use super::{Cx, body, header, questions};
use crate::phone::command::{Command, TrustCommand};
use crate::phone::view::{Alarm, CertificateQuestion, Protection};
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Button, Check, Kind, Tick};

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Less protected than before");
    let trust = cx.scene.view.trust.iter().find(|trust| trust.account == cx.line.id);
    body(ui, "weaker", &[], |ui| {
        let Some(trust) = trust else {
            widgets::plain(ui, "Nothing has become weaker.");
            return;
        };
        if trust.alarms.is_empty() {
            widgets::plain(ui, "Nothing has become weaker.");
        }
        for (at, alarm) in &trust.alarms {
            let when = format!("{}, {}", cx.now().day(*at), cx.now().time_of_day(*at));
            ui.push_id((at, alarm.code()), |ui| one(ui, cx, out, *alarm, &when));
        }
        if let Some(question) = &trust.refused {
            other_certificate(ui, cx, out, question);
        }
    });
}

fn one(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>, alarm: Alarm, when: &str) {
    widgets::card(ui, |ui| {
        Check::new(Tick::Warn, &alarm.sentence(cx.provider())).small(when).show(ui);
        widgets::row_line(ui);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 20.0;
            if widgets::link(ui, "I have read this", true).clicked() {
                out.push(Command::Trust(TrustCommand::Dismiss(cx.line.id, alarm)));
            }
            if let Some(words) = allow(alarm.protection())
                && widgets::link(ui, words, false).clicked()
            {
                out.push(Command::Trust(TrustCommand::AllowWeaker(cx.line.id, alarm.protection())));
            }
        });
    });
}

/// How the person can allow it; a certificate is not allowed by kind, but one by one.
fn allow(protection: Protection) -> Option<&'static str> {
    match protection {
        Protection::SignIn => Some("Allow the weaker sign-in"),
        Protection::Transport => Some("Allow no encryption"),
        Protection::Sound => Some("Do not expect encrypted sound"),
        Protection::Certificate => None,
    }
}

fn other_certificate(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>, question: &CertificateQuestion) {
    widgets::section(ui, "The certificate that was refused");
    widgets::card(ui, |ui| {
        ui.add_space(8.0);
        questions::certificate_words(ui, question, cx.now());
        if question.may_trust || question.trusted.is_some() {
            let width = ui.available_width();
            let words = "Trust this one instead";
            if ui.add(Button::new(Kind::SoftEnd, words).height(40.0).width(width)).clicked() {
                let command = TrustCommand::ReplaceCertificate(cx.line.id, question.fingerprint.clone());
                out.push(Command::Trust(command));
            }
        }
        ui.add_space(8.0);
    });
}
