//! What has to be known now, most urgent first, at most two at a time.

use egui::{Id, Key, Ui};

use super::Scene;
use crate::phone::command::{Command, GuardCommand, SafetyCommand};
use crate::phone::problem::Problem;
use crate::phone::update::Step;
use crate::phone::view::{
    AccountState, AccountView, AudioView, CallState, CallView, KeptPasswords, KeptState, VaultQuestion, VaultState,
};
use crate::ui::state::{Notice, Page, UiState};
use crate::ui::widgets::{self, Banner, BannerKind, Button, Kind, PasswordField};
use crate::ui::{Moment, icons, text};

/// The code of a problem and what exactly it is, for whoever is asked for help.
pub(super) fn details(problem: &Problem) -> String {
    let status = problem.status.map(|status| format!("SIP {status}"));
    let all = [status, Some(problem.code()), Some(problem.about.clone()), problem.detail.clone()];
    all.into_iter().flatten().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" · ")
}

pub(super) fn frame<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    egui::Frame::new().inner_margin(egui::Margin { left: 12, right: 12, top: 10, bottom: 0 }).show(ui, content).inner
}

/// The banners of the main page.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    for account in &scene.view.accounts {
        let kept = scene.view.security_of(account.id).and_then(|security| security.kept);
        let kept = kept.filter(|kept| kept.state == KeptState::Found);
        let why = Why { kept, stuck: scene.view.vault == VaultState::Stuck, now: &scene.now };
        ui.push_id(account.id, |ui| account_banner(ui, account, &why, &mut state.password, out));
        ui.push_id(("security", account.id), |ui| super::security::banner(ui, scene, account, state, out));
    }
    emergency(ui, scene, out);
    release(ui, scene, state, out);
    unsaved(ui, scene, state);
    notice(ui, state);
    // The demo has no password to keep; a file that is locked matters to every start.
    let real = scene.view.accounts.iter().any(|account| !account.demo);
    let matters = |question: &&VaultQuestion| real || !matches!(question, VaultQuestion::Choose);
    match scene.view.vault_question.as_ref().filter(matters) {
        Some(question) => frame(ui, |ui| super::security::vault_banner(ui, question, state, out)),
        None => vault(ui, scene, state, out),
    }
}

/// Why a line may be without its password.
struct Why<'a> {
    /// The keyring holds several.
    kept: Option<KeptPasswords>,
    /// It does not answer.
    stuck: bool,
    now: &'a Moment,
}

fn account_banner(
    ui: &mut Ui,
    account: &AccountView,
    why: &Why<'_>,
    password: &mut PasswordField,
    out: &mut Vec<Command>,
) {
    match account.state {
        AccountState::NeedsPassword => {
            if let Some(kept) = why.kept {
                let (title, advice, _) = text::kept::several(kept, &account.provider, why.now);
                let asks = Asks { title: &text::sentence(title), advice: &text::sentence(advice), details: None };
                let action = kept.can_be_tried.then_some(text::kept::USE_THE_ONE);
                if give_password(ui, account, &asks, action, password, out) {
                    out.push(Command::Safety(account.id, SafetyCommand::TryKept));
                }
                return;
            }
            let title = format!("{} needs your password", account.name);
            let advice = if why.stuck { text::KEYRING_STUCK } else { text::NO_KEYRING };
            give_password(ui, account, &Asks { title: &title, advice, details: None }, None, password, out);
        }
        AccountState::Rejected => {
            let Some(problem) = &account.problem else { return };
            let details = Some(details(problem));
            let asks = Asks { title: &text::sentence(problem.title()), advice: &problem.advice(), details };
            give_password(ui, account, &asks, None, password, out);
        }
        AccountState::Waiting(_) => {
            let Some(problem) = &account.problem else { return };
            let (title, advice) = (text::sentence(problem.title()), problem.advice());
            widgets::live_region(ui, "waiting", &title);
            let banner = Banner {
                kind: BannerKind::Warn,
                icon: icons::WARNING,
                title: &title,
                advice: &advice,
                details: Some(details(problem)),
                action: Some("Try now"),
                dismiss: false,
            };
            if frame(ui, |ui| banner.show(ui)).action {
                out.push(Command::Retry(account.id));
            }
        }
        AccountState::Off | AccountState::Registering | AccountState::Registered => {}
    }
}

/// Why a password is asked for.
struct Asks<'a> {
    title: &'a str,
    advice: &'a str,
    details: Option<String>,
}

/// A refused or missing password: say so, and take the right one. True if the other way was chosen.
fn give_password(
    ui: &mut Ui,
    account: &AccountView,
    asks: &Asks<'_>,
    action: Option<&'static str>,
    password: &mut PasswordField,
    out: &mut Vec<Command>,
) -> bool {
    let Asks { title, advice, details } = asks;
    widgets::live_region(ui, "password", title);
    frame(ui, |ui| {
        let kind = if details.is_some() { BannerKind::Bad } else { BannerKind::Warn };
        let banner = Banner { kind, icon: icons::KEY, title, advice, details: details.clone(), action, dismiss: false };
        let chosen = banner.show(ui).action;
        ui.add_space(8.0);
        let entered = ui
            .horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                let room = ui.available_width() - 84.0;
                let field = ui.allocate_ui(egui::vec2(room, 44.0), |ui| {
                    widgets::field(ui, Id::unique(("password", account.id)), password, text::SIP_PASSWORD, true)
                });
                let response = field.inner;
                response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::PasswordInput, true, text::SIP_PASSWORD));
                let enter = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                let button = Button::new(Kind::Main, "Enter").height(44.0).width(76.0).enabled(!password.is_empty());
                ui.add(button).clicked() || enter
            })
            .inner;
        if entered && !password.is_empty() {
            out.push(Command::GivePassword(account.id, password.secret()));
            password.wipe();
        }
        chosen
    })
}

/// An emergency call that finds no way: nothing is more urgent.
fn emergency(ui: &mut Ui, scene: &Scene<'_>, out: &mut Vec<Command>) {
    let Some(call) = scene.view.guard_state.emergency.as_ref().filter(|call| call.use_mobile) else { return };
    let advice = text::emergency_advice(call);
    widgets::live_region(ui, "emergency", text::USE_A_MOBILE);
    let banner = Banner {
        kind: BannerKind::Bad,
        icon: icons::PHONE,
        title: text::USE_A_MOBILE,
        advice: &advice,
        details: None,
        action: None,
        dismiss: call.over,
    };
    if frame(ui, |ui| banner.show(ui)).dismiss {
        out.push(Command::Guard(GuardCommand::Cancel));
    }
}

/// A release that is better than this one, where one is known. What is about safety cannot be dismissed.
fn release(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let (release, updating) = (&scene.view.release, &scene.view.updating);
    let Some(words) = text::about::banner(release, updating, &scene.view.installation) else { return };
    if !words.stays && state.dismissed.release.as_deref() == Some(words.title.as_str()) {
        return;
    }
    widgets::live_region(ui, "release", &words.title);
    let offer = updating.offer.filter(|_| updating.step == Step::Idle);
    let banner = Banner {
        kind: if words.stays { BannerKind::Bad } else { BannerKind::Warn },
        icon: icons::INFO,
        title: &words.title,
        advice: &words.advice,
        details: None,
        action: offer.map(|_| text::about::INSTALL),
        dismiss: !words.stays,
    };
    let pressed = frame(ui, |ui| banner.show(ui));
    if let Some((version, _)) = offer.filter(|_| pressed.action) {
        out.push(Command::InstallRelease(version));
        // There one sees how far it is.
        state.page = Page::Settings;
    }
    if pressed.dismiss {
        state.dismissed.release = Some(words.title);
    }
}

/// What has to be said on whatever page the person is: what they asked for did not work, or the disk takes nothing.
pub(super) fn everywhere(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState) {
    unsaved(ui, scene, state);
    if state.noticed.as_ref().is_some_and(|(_, page)| *page == state.page) {
        notice(ui, state);
    }
}

fn unsaved(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState) {
    let (all, seen) = (&scene.view.unsaved, &mut state.dismissed.unsaved);
    // The event said it once; the view says it for as long as it is so.
    state.notice.take_if(|notice| matches!(notice, Notice::Problem(problem) if all.contains(problem)));
    // What could be saved in between is told again when it fails again.
    seen.retain(|seen| all.contains(seen));
    let Some(first) = all.iter().find(|one| !seen.contains(one)) else { return };
    let (title, advice) = (first.title(), first.advice());
    widgets::live_region(ui, "unsaved", &title);
    let banner = Banner {
        kind: BannerKind::Bad,
        icon: icons::WARNING,
        title: &title,
        advice: &advice,
        details: Some(all.iter().map(details).collect::<Vec<_>>().join("\n")),
        action: None,
        dismiss: true,
    };
    if frame(ui, |ui| banner.show(ui)).dismiss {
        seen.clone_from(all);
    }
}

fn notice(ui: &mut Ui, state: &mut UiState) {
    let Some(notice) = &state.notice else { return };
    let (title, advice, details) = match notice {
        Notice::Problem(problem) => (text::sentence(problem.title()), problem.advice(), Some(details(problem))),
        Notice::Words(words) => (words.clone(), String::new(), None),
    };
    widgets::live_region(ui, "notice", &title);
    let banner = Banner {
        kind: BannerKind::Bad,
        icon: icons::INFO,
        title: &title,
        advice: &advice,
        details,
        action: None,
        dismiss: true,
    };
    if frame(ui, |ui| banner.show(ui)).dismiss {
        state.notice = None;
    }
}

fn vault(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    // The demo has no password to keep.
    let matters = scene.view.accounts.iter().any(|account| !account.demo);
    let Some((title, advice)) = text::vault_banner(&scene.view.vault).filter(|_| matters && !state.dismissed.vault)
    else {
        return;
    };
    widgets::live_region(ui, "vault", title);
    let retry = !matches!(scene.view.vault, VaultState::Missing);
    let banner = Banner {
        kind: BannerKind::Warn,
        icon: icons::LOCK,
        title,
        advice: &advice,
        details: None,
        action: retry.then_some("Try again"),
        dismiss: true,
    };
    let pressed = frame(ui, |ui| banner.show(ui));
    if pressed.action {
        out.push(Command::RetryVault);
    }
    state.dismissed.vault |= pressed.dismiss;
}

/// A dear call that has been going on for long.
fn long_call(ui: &mut Ui, scene: &Scene<'_>, call: &CallView) {
    let Some(long) = scene.view.guard_state.long_call.as_ref().filter(|long| long.call == call.id) else { return };
    let title = format!("{} minutes so far", long.minutes);
    widgets::live_region(ui, "long call", &title);
    let banner = Banner {
        kind: BannerKind::Warn,
        icon: icons::CLOCK,
        title: &title,
        advice: &long.about,
        details: None,
        action: None,
        dismiss: false,
    };
    frame(ui, |ui| banner.show(ui));
}

/// What is wrong with the sound. Worth saying during a call; before, nobody needs it, and the settings have it.
fn audio(ui: &mut Ui, audio: &AudioView, state: &mut UiState, brief: bool) {
    let trouble = audio.trouble.as_deref();
    let missing = audio.in_use.as_ref().and_then(text::no_device);
    let (title, advice, details) = match (missing, trouble) {
        (Some((title, advice)), why) => (title, advice, why.map(str::to_owned)),
        (None, Some(words)) => ("Sound does not work as it should", words, None),
        (None, None) => {
            state.dismissed.audio = false;
            return;
        }
    };
    if state.dismissed.audio {
        return;
    }
    widgets::live_region(ui, "sound", title);
    let banner = Banner {
        kind: BannerKind::Warn,
        icon: icons::SPEAKER_HIGH,
        title,
        advice: if brief { "" } else { advice },
        details: details.filter(|_| !brief),
        action: None,
        dismiss: true,
    };
    state.dismissed.audio |= frame(ui, |ui| banner.show(ui)).dismiss;
}

/// The banners of a call: only what is true now; titles alone if it has to be `brief`.
pub(super) fn in_call(
    ui: &mut Ui,
    scene: &Scene<'_>,
    state: &mut UiState,
    out: &mut Vec<Command>,
    call: &CallView,
    brief: bool,
) {
    if let Some(secs) = call.silent_secs.filter(|_| call.state == CallState::Established && !call.held) {
        let title = "You can't hear them – no sound arriving";
        let left = 60_u32.saturating_sub(secs);
        let advice = format!("For {secs} s now. The call ends by itself in {left} s.");
        let banner = Banner {
            kind: BannerKind::Warn,
            icon: icons::WARNING,
            title,
            advice: if brief { "" } else { &advice },
            details: None,
            action: None,
            dismiss: false,
        };
        frame(ui, |ui| banner.show(ui));
        widgets::live_region(ui, "silent", title);
    }
    emergency(ui, scene, out);
    long_call(ui, scene, call);
    audio(ui, &scene.view.audio, state, brief);
    notice(ui, state);
}
