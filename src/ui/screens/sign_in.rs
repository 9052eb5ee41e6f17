//! First start: two fields, one minute to a call.

use egui::{Id, Key, Ui, vec2};

use super::Scene;
use crate::phone::command::Command;
use crate::phone::problem::Problem;
use crate::phone::view::{SignInView, Step, StepState};
use crate::port::net::Transport;
use crate::ui::fonts::Weight;
use crate::ui::state::SignInForm;
use crate::ui::widgets::{self, Button, Kind, Mark};
use crate::ui::{icons, text, theme};

/// The page's margin, as in the picture.
const MARGIN: i8 = 26;

/// Draws it. With `back`, it is the page of one more line.
pub(super) fn show(
    ui: &mut Ui,
    scene: &Scene<'_>,
    form: &mut SignInForm,
    out: &mut Vec<Command>,
    back: Option<&mut bool>,
) {
    let first = back.is_none();
    if let Some(back) = back {
        *back = widgets::page_header(ui, "Add a line");
    }
    egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt("sign-in").show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin { left: MARGIN, right: MARGIN, top: 24, bottom: 12 }).show(
            ui,
            |ui| {
                if first {
                    welcome(ui, !matches!(scene.view.sign_in, SignInView::AskUnencrypted(..) | SignInView::Failed(..)));
                }
                let entered = fields(ui, form);
                advanced(ui, form);
                let view = &scene.view.sign_in;
                progress(ui, view, out);
                ui.add_space(16.0);
                actions(ui, scene, form, out, entered);
            },
        );
    });
}

/// Logo, title, and one sentence; only the title when something more important is to be read below.
fn welcome(ui: &mut Ui, whole: bool) {
    let p = theme::palette(ui);
    if !whole {
        ui.label(egui::RichText::new(text::CONNECT_TITLE).font(theme::font(23.0, Weight::Bold)).color(p.ink));
        ui.add_space(10.0);
        return;
    }
    let (logo, _) = ui.allocate_exact_size(vec2(52.0, 52.0), egui::Sense::hover());
    ui.painter().rect_filled(logo, 15.0, p.accent);
    let font = theme::icon_font(28.0);
    ui.painter().text(logo.center(), egui::Align2::CENTER_CENTER, icons::SHIELD_CHECK, font, p.on_accent);
    ui.add_space(14.0);
    ui.label(egui::RichText::new(text::CONNECT_TITLE).font(theme::font(23.0, Weight::Bold)).color(p.ink));
    ui.add_space(6.0);
    let lead = egui::RichText::new(text::CONNECT_LEAD).font(theme::font(13.0, Weight::Regular)).color(p.muted);
    ui.add(egui::Label::new(lead.line_height(Some(19.0))).wrap());
    ui.add_space(14.0);
}

/// The two fields. Returns whether Enter was pressed in one of them.
fn fields(ui: &mut Ui, form: &mut SignInForm) -> bool {
    let address = widgets::labelled(ui, text::SIP_ADDRESS, "", |ui| {
        widgets::field(ui, Id::unique("sign-in address"), &mut form.address, "alice@provider.example", false)
    });
    if !std::mem::replace(&mut form.greeted, true) {
        address.request_focus();
    }
    ui.add_space(12.0);
    let password = widgets::labelled(ui, text::SIP_PASSWORD, text::SIP_PASSWORD_REMARK, |ui| {
        widgets::field(ui, Id::unique("sign-in password"), &mut form.password, "", true)
    });
    let enter = ui.input(|input| input.key_pressed(Key::Enter));
    enter && (address.lost_focus() || password.lost_focus())
}

fn advanced(ui: &mut Ui, form: &mut SignInForm) {
    ui.add_space(2.0);
    let p = theme::palette(ui);
    let caret = if form.advanced { icons::CARET_UP } else { icons::CARET_DOWN };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        let link = widgets::link(ui, "Advanced", false);
        ui.label(egui::RichText::new(caret).font(theme::bold_icon_font(11.0)).color(p.muted));
        if link.clicked() {
            form.advanced = !form.advanced;
        }
    });
    if !form.advanced {
        return;
    }
    let row = |ui: &mut Ui, name: &str, remark: &str, text: &mut String, hint: &str| {
        widgets::labelled(ui, name, remark, |ui| widgets::field(ui, Id::unique(("sign-in", name)), text, hint, false));
        ui.add_space(12.0);
    };
    row(ui, "Server", "instead of what the address says", &mut form.server, "sip.provider.example");
    row(ui, "Port", "", &mut form.port, "5061");
    widgets::section(ui, "Transport");
    let all =
        [(None, "Auto"), (Some(Transport::Tls), "TLS"), (Some(Transport::Tcp), "TCP"), (Some(Transport::Udp), "UDP")];
    if let Some(transport) = widgets::segments(ui, "Transport", ui.available_width(), &form.transport, &all) {
        form.transport = transport;
    }
    ui.add_space(12.0);
    row(ui, "Outbound proxy", "", &mut form.outbound_proxy, "proxy.provider.example:5061");
    row(ui, "Authentication name", "if it is not your address's", &mut form.auth_user, "");
    row(ui, "Their website", "where you would change a password", &mut form.website, "www.provider.example");
}

/// The check list, the question, and what went wrong.
fn progress(ui: &mut Ui, view: &SignInView, out: &mut Vec<Command>) {
    match view {
        SignInView::Idle => {}
        SignInView::Trying(list) => steps(ui, list),
        SignInView::AskUnencrypted(list, transport) => {
            steps(ui, list);
            question(ui, *transport, out);
        }
        SignInView::Failed(list, problem) => {
            steps(ui, list);
            trouble(ui, problem);
        }
    }
}

fn steps(ui: &mut Ui, list: &[Step]) {
    if list.is_empty() {
        return;
    }
    ui.add_space(8.0);
    widgets::card(ui, |ui| {
        for (i, step) in list.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let mark = match step.state {
                StepState::Doing => Mark::Doing,
                StepState::Done if !safe(step) => Mark::Warn,
                StepState::Done => Mark::Good,
                StepState::Failed => Mark::Bad,
            };
            widgets::row(ui, mark, &text::step(step), None);
        }
    });
    let newest = list.last().map(text::step).unwrap_or_default();
    widgets::live_region(ui, "steps", &newest);
}

/// An unencrypted connection is done, but not good.
fn safe(step: &Step) -> bool {
    use crate::phone::view::StepKind;
    match &step.kind {
        StepKind::Connect(transport, _) => *transport == Transport::Tls,
        StepKind::Find(_) | StepKind::SignIn | StepKind::Keep => true,
    }
}

fn question(ui: &mut Ui, transport: Transport, out: &mut Vec<Command>) {
    ui.add_space(8.0);
    let title = format!("Only {} answers, and it is not encrypted.", transport.via());
    widgets::Banner {
        kind: widgets::BannerKind::Warn,
        icon: icons::LOCK_OPEN,
        title: &title,
        advice: "Others on the way can read whom you call and listen. Your password itself is not sent in the clear.",
        details: None,
        action: None,
        dismiss: false,
    }
    .show(ui);
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let half = (ui.available_width() - 8.0) / 2.0;
        if ui.add(Button::new(Kind::Plain, "Go on anyway").height(40.0).width(half)).clicked() {
            out.push(Command::AcceptUnencrypted);
        }
        if ui.add(Button::new(Kind::Main, "Stop here").height(40.0).width(half)).clicked() {
            out.push(Command::CancelSignIn);
        }
    });
}

fn trouble(ui: &mut Ui, problem: &Problem) {
    ui.add_space(8.0);
    widgets::Banner {
        kind: widgets::BannerKind::Bad,
        icon: icons::WARNING,
        title: &problem.title(),
        advice: &problem.advice(),
        details: Some(super::banners::details(problem)),
        action: None,
        dismiss: false,
    }
    .show(ui);
    widgets::live_region(ui, "trouble", &problem.title());
}

fn actions(ui: &mut Ui, scene: &Scene<'_>, form: &mut SignInForm, out: &mut Vec<Command>, entered: bool) {
    let width = ui.available_width();
    match &scene.view.sign_in {
        SignInView::AskUnencrypted(..) => return,
        SignInView::Trying(_) => {
            if ui.add(Button::new(Kind::Plain, "Cancel").height(40.0).width(width)).clicked() {
                out.push(Command::CancelSignIn);
            }
            return;
        }
        SignInView::Idle | SignInView::Failed(..) => {}
    }
    let complete = form.address.trim().contains('@') && !form.password.is_empty();
    let button = Button::new(Kind::Main, text::CONNECT).height(40.0).width(width).enabled(complete);
    if (ui.add(button).clicked() || entered) && complete {
        out.push(Command::SignIn(Box::new(form.draft()), form.password.secret()));
    }
    if scene.view.accounts.iter().any(|account| account.demo) {
        return;
    }
    ui.add_space(6.0);
    if ui.vertical_centered(|ui| widgets::link(ui, text::TRY_WITHOUT, true).clicked()).inner {
        out.push(Command::SignInDemo);
    }
}
