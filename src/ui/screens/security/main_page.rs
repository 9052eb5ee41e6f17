//! What the security centre says on the main page and during a call: one banner for each line, one line above End.

use egui::Ui;

use crate::base::AccountId;
use crate::phone::command::{Begin, ChangeCommand, Command};
use crate::phone::view::{
    AccountView, Asked, ChangePhase, KeptPasswords, KeptState, NoticeView, PhoneView, SecurityView, Todo,
};
use crate::ui::screens::{Scene, banners};
use crate::ui::state::{Page, SecurityPage, UiState};
use crate::ui::text::{change as text, security as words};
use crate::ui::widgets::{self, Banner, BannerKind};
use crate::ui::{Moment, icons};

/// The banner of a line, if it has one: a change under way, an open notice, a status that cannot be confirmed.
pub(in crate::ui) fn banner(
    ui: &mut Ui,
    scene: &Scene<'_>,
    line: &AccountView,
    state: &mut UiState,
    out: &mut Vec<Command>,
) {
    let Some(security) = scene.view.security_of(line.id) else { return };
    let Some((title, advice, action)) = content(security, line, &scene.now) else { return };
    let title = crate::ui::text::sentence(title);
    widgets::live_region(ui, "security", &format!("{}. {advice}", title.replace('\n', " ")));
    let banner = Banner {
        kind: BannerKind::Warn,
        icon: icons::SHIELD_CHECK,
        title: &title,
        advice: &advice,
        details: None,
        action: Some(action),
        dismiss: false,
    };
    if banners::frame(ui, |ui| banner.show(ui)).action {
        review(security, line.id, state, out);
    }
}

fn content(security: &SecurityView, line: &AccountView, now: &Moment) -> Option<(String, String, &'static str)> {
    let provider = &line.provider;
    if security.change.is_going() && !matches!(security.change.phase, ChangePhase::Compose(_)) {
        return Some((going(&security.change.phase, provider), text::where_it_is(&security.change, provider), "Show"));
    }
    if let Some(asked) = asked(security) {
        let advice = format!("Asked of this line{}", words::ends(&asked, now));
        return Some((format!("{provider} asks you to change your line password"), advice, "Review"));
    }
    if let Some(notice) = security.open_notice() {
        let title = match notice.asks_for_change() {
            true => format!("{provider} asks you to change your line password"),
            false => words::notice_from(provider, &notice.title),
        };
        return Some((title, notice_advice(notice, now), "Review"));
    }
    security.todo.iter().find_map(|todo| match todo {
        Todo::NoticesNotConfirmed(_)
        | Todo::UnnamedDevice(_)
        | Todo::NewSession(_)
        | Todo::Weaker(_)
        | Todo::OldPasswordAccepted
        | Todo::SeveralPasswords(KeptPasswords {
            state: KeptState::Trying | KeptState::Works | KeptState::Deleting,
            ..
        }) => {
            let (title, advice, _) = words::todo(todo, security, provider, now);
            Some((title, advice, "Show"))
        }
        Todo::ChangePassword(_)
        | Todo::Asked(_)
        | Todo::Notice(_)
        | Todo::FinishChange
        | Todo::DevicesNeedPassword(_)
        | Todo::PasswordRefused
        // Where the password is asked for, it is offered.
        | Todo::SeveralPasswords(KeptPasswords { state: KeptState::Found | KeptState::NoneWorks, .. }) => None,
    })
}

/// What the provider asks of this line, if it is not put off and no notice asks for it too.
fn asked(security: &SecurityView) -> Option<Asked> {
    let put_off = matches!(security.change.phase, ChangePhase::Later { .. });
    let by_notice = security.open_notice().is_some_and(NoticeView::asks_for_change);
    security.asked.filter(|_| !put_off && !by_notice)
}

fn going(phase: &ChangePhase, provider: &str) -> String {
    match phase {
        ChangePhase::Done { .. } => text::CHANGED_TITLE.into(),
        ChangePhase::AtProvider => format!("Change your line password at {provider}"),
        ChangePhase::NeedsPerson(_) | ChangePhase::Keyring(_) | ChangePhase::SaveElsewhere => {
            "The password change needs you".into()
        }
        ChangePhase::Aborted(_) => "Your line password was not changed".into(),
        ChangePhase::Idle
        | ChangePhase::Later { .. }
        | ChangePhase::Preparing
        | ChangePhase::Compose(_)
        | ChangePhase::Saving
        | ChangePhase::Saved
        | ChangePhase::Sending
        | ChangePhase::Uncertain
        | ChangePhase::Undoing
        | ChangePhase::Testing
        | ChangePhase::Keeping
        | ChangePhase::CheckingOld
        | ChangePhase::Wait { .. } => "Your line password is being changed".into(),
    }
}

/// `Signed notice · today 09:12 · by 3 Dec`
fn notice_advice(notice: &NoticeView, now: &Moment) -> String {
    let sent = format!("{} {}", now.day_in_sentence(notice.sent), now.time_of_day(notice.sent));
    let by = notice.deadline.map(|at| format!(" · by {}", now.deadline(at))).unwrap_or_default();
    format!("Signed notice · {sent}{by}")
}

fn review(security: &SecurityView, line: AccountId, state: &mut UiState, out: &mut Vec<Command>) {
    state.line = Some(line);
    state.page = Page::Security;
    if security.change.is_going() {
        state.security.go(SecurityPage::Change);
        return;
    }
    if asked(security).is_some() {
        out.push(Command::Change(line, ChangeCommand::Begin(Begin::Notice)));
        state.security.go(SecurityPage::Change);
        return;
    }
    match security.open_notice() {
        Some(notice) if notice.asks_for_change() => {
            out.push(Command::Change(line, ChangeCommand::Begin(Begin::Notice)));
            state.security.go(SecurityPage::Change);
        }
        Some(notice) => state.security.go(SecurityPage::Notice(notice.id.clone())),
        None => state.security.go(SecurityPage::Centre),
    }
}

/// The one line above End during a call, if this call's line has something to say.
pub(in crate::ui) fn in_call(view: &PhoneView, line: AccountId) -> Option<&'static str> {
    let security = view.security_of(line)?;
    match &security.change.phase {
        ChangePhase::Saving
        | ChangePhase::Saved
        | ChangePhase::Sending
        | ChangePhase::Uncertain
        | ChangePhase::Undoing
        | ChangePhase::Testing
        | ChangePhase::Keeping
        | ChangePhase::CheckingOld
        | ChangePhase::Wait { .. } => Some(text::CHANGES_DURING_CALL),
        ChangePhase::Preparing
        | ChangePhase::Compose(_)
        | ChangePhase::Keyring(_)
        | ChangePhase::SaveElsewhere
        | ChangePhase::NeedsPerson(_)
        | ChangePhase::AtProvider => Some(text::AFTER_THIS_CALL),
        ChangePhase::Idle | ChangePhase::Later { .. } | ChangePhase::Aborted(_) | ChangePhase::Done { .. } => {
            let by_notice = security.open_notice().is_some_and(NoticeView::asks_for_change);
            (by_notice || asked(security).is_some()).then_some(text::AFTER_THIS_CALL)
        }
    }
}

/// How many things there are to do on all lines: for the shield.
pub(in crate::ui) fn things_to_do(view: &PhoneView) -> usize {
    view.security.iter().map(|security| security.todo.len()).sum()
}
