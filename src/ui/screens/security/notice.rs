//! A notice, whole, and "Why trust this?". The notice's own words are plain text inside a card; what Ringfence says
//! about it stands outside, where no notice can write.

use egui::Ui;

use super::{Cx, Foot, SecurityPage, begin, body, header};
use crate::base::WallTime;
use crate::phone::command::{Begin, ChangeCommand, Command, NoticeCommand};
use crate::phone::view::{Freshness, NoticeAction, NoticeId, NoticeLevel, NoticeState, NoticeView, PlanState};
use crate::ui::state::{Page, UiState};
use crate::ui::text::security as text;
use crate::ui::widgets::{self, Check, Tick};

/// How long "Not now" puts a notice off.
const A_DAY: i64 = 24 * 3_600_000;

/// Draws a notice.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, id: &NoticeId) {
    header(ui, state, &format!("Notice from {}", cx.provider()));
    let Some(notice) = cx.security.notices.iter().find(|notice| notice.id == *id) else {
        body(ui, "no notice", &[], |ui| widgets::plain(ui, "This notice is not kept any more."));
        return;
    };
    let feet = feet(cx, notice);
    let pressed = body(ui, "notice", &feet, |ui| {
        message(ui, notice);
        outside(ui, cx, state, notice);
        plan(ui, cx, notice);
        asks(ui, cx, state, out, notice);
    });
    let Some(words) = pressed.and_then(|i| feet.get(i)).map(|foot| foot.words) else { return };
    match words {
        NOT_NOW => put_off(cx, state, out, notice),
        CHANGE => begin(cx, state, out, Begin::Notice),
        _ => out.push(Command::Notice(cx.line.id, NoticeCommand::Done(notice.id.clone()))),
    }
}

const NOT_NOW: &str = "Not now";
const CHANGE: &str = "Change it";
const DONE: &str = "I have done this";

fn feet(cx: &Cx<'_>, notice: &NoticeView) -> Vec<Foot<'static>> {
    if notice.state != NoticeState::Open || notice.actions.is_empty() {
        return Vec::new();
    }
    let mut feet = Vec::new();
    if can_wait(cx, notice) {
        feet.push(Foot::plain(NOT_NOW));
    }
    feet.push(if notice.asks_for_change() { Foot::main(CHANGE) } else { Foot::main(DONE) });
    feet
}

/// Whether a notice can be put off: not when its deadline has passed.
pub(super) fn can_wait(cx: &Cx<'_>, notice: &NoticeView) -> bool {
    match notice.level {
        NoticeLevel::Advise => true,
        NoticeLevel::Require => notice.deadline.is_none_or(|deadline| deadline > cx.now().wall),
        NoticeLevel::Enforced => false,
    }
}

/// Puts a notice off for a day, or until its deadline if that is sooner.
pub(super) fn put_off(cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, notice: &NoticeView) {
    let tomorrow = WallTime(cx.now().wall.0 + A_DAY);
    let until = notice.deadline.filter(|deadline| *deadline > cx.now().wall).map_or(tomorrow, |it| it.min(tomorrow));
    out.push(Command::Notice(cx.line.id, NoticeCommand::Snooze(notice.id.clone(), until)));
    if cx.security.change.is_going() && cx.security.change.can_wait {
        out.push(cx.change(ChangeCommand::NotNow(Some(until))));
    }
    state.security.forget();
    state.security.path.clear();
    state.page = Page::Main;
}

/// The provider's own words, in a card of their own.
fn message(ui: &mut Ui, notice: &NoticeView) {
    widgets::card(ui, |ui| {
        ui.add_space(8.0);
        widgets::strong(ui, &notice.title);
        ui.add_space(6.0);
        widgets::plain(ui, &notice.body);
        ui.add_space(10.0);
    });
}

/// What Ringfence knows about the message.
fn outside(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, notice: &NoticeView) {
    let state_word = text::state_word(notice.state, cx.now()).map(|word| format!(" · {word}")).unwrap_or_default();
    widgets::faint(ui, &format!("{}{state_word}", text::signed_by(notice, cx.now())));
    widgets::plain(ui, &text::certainty(cx.provider(), notice.certainty));
    match notice.freshness {
        Freshness::Fresh => {}
        Freshness::MayBeOutOfDate => {
            widgets::warning(ui, "This notice has expired and may be out of date. It cannot hold your calls back.");
        }
        Freshness::FromTheFuture => {
            widgets::warning(ui, "This notice is dated in the future. It cannot hold your calls back.");
        }
    }
    if widgets::link(ui, text::WHY_TITLE, true).clicked() {
        state.security.open(SecurityPage::Why(notice.id.clone()));
    }
}

fn plan(ui: &mut Ui, cx: &Cx<'_>, notice: &NoticeView) {
    if notice.plan.is_empty() {
        return;
    }
    let done = notice.plan.iter().filter(|point| point.state == PlanState::Done).count();
    let title = format!("{}'s plan: {done} of {} done", cx.provider(), notice.plan.len());
    let title = crate::ui::text::sentence(title);
    widgets::section(ui, &title);
    widgets::live_region(ui, "plan", &title);
    widgets::card(ui, |ui| {
        for (i, point) in notice.plan.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let tick = match point.state {
                PlanState::Planned => Tick::Number(i + 1),
                PlanState::Doing => Tick::Doing,
                PlanState::Done => Tick::Good,
                PlanState::Dropped => Tick::Bad,
            };
            let mut small = text::plan_state(point.state).to_owned();
            if let Some(due) = point.due.filter(|_| point.state != PlanState::Done) {
                small.push_str(&format!(" · by {}", cx.now().deadline(due)));
            }
            if point.news {
                small.push_str(" · new");
            }
            Check::new(tick, &point.text).small(&small).show(ui);
        }
    });
}

/// What it asks for beside the line password, each with the page of ours where that is done.
fn asks(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, notice: &NoticeView) {
    if notice.actions.is_empty() {
        return;
    }
    let asks = matches!(notice.state, NoticeState::Open | NoticeState::Snoozed(_));
    widgets::section(ui, if asks { "It asks you to" } else { "It asked you to" });
    widgets::card(ui, |ui| {
        for (i, action) in notice.actions.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let (words, page) = match action {
                NoticeAction::ChangeLinePassword => ("Change your line password", Some(SecurityPage::Change)),
                NoticeAction::ChangeWebsitePassword => ("Change your website password", Some(SecurityPage::Told)),
                NoticeAction::ChangeVoicemailPin => ("Change your voicemail PIN", Some(SecurityPage::Told)),
                NoticeAction::ReviewDevices => ("Look at the devices on your line", Some(SecurityPage::Devices)),
                NoticeAction::TightenGuard => ("Tighten the limits", Some(SecurityPage::Limits)),
                NoticeAction::ReviewCalls => ("Look for calls that you did not make", Some(SecurityPage::Bill)),
                NoticeAction::AskProvider => ("Ask them: this version does not know what they mean", None),
            };
            // Done, the line password is done; what else it asked for can still be seen to.
            let done = notice.state == NoticeState::Done && *action == NoticeAction::ChangeLinePassword;
            let page = page.filter(|page| asks || *page != SecurityPage::Change);
            let row = Check::new(if done { Tick::Good } else { Tick::Number(i + 1) }, words);
            let row = if page.is_some() { row.action("Open") } else { row };
            let pressed = row.show(ui);
            if let Some(page) = page.filter(|_| pressed) {
                if page == SecurityPage::Change {
                    begin(cx, state, out, Begin::Notice);
                } else {
                    state.security.open(page);
                }
            }
        }
    });
}

/// Draws "Why trust this?".
pub(super) fn why(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, id: &NoticeId) {
    header(ui, state, text::WHY_TITLE);
    let notice = cx.security.notices.iter().find(|notice| notice.id == *id);
    body(ui, "why", &[], |ui| {
        let Some(notice) = notice else {
            widgets::plain(ui, "This notice is not kept any more.");
            return;
        };
        let issuer = notice.signed_by.replace('*', "");
        let since = cx.now().date(notice.key_since);
        ui.spacing_mut().item_spacing.y = 16.0;
        widgets::prose(ui, "Nothing in this message can be pressed. An address that it spells out is not to be used.");
        widgets::prose(
            ui,
            &format!("It is signed with the key that **{issuer}** gave this app on {since}. {}", young(cx, notice)),
        );
        widgets::prose(ui, &format!("Your new password goes to {issuer} only."));
        widgets::prose(ui, "Unsure? Call the number on your bill and read this code aloud; they can look it up:");
        widgets::code_box(ui, &notice.code);
    });
}

/// A key that is new to us may advise, not force.
fn young(cx: &Cx<'_>, notice: &NoticeView) -> &'static str {
    const A_WEEK: u64 = 7 * 86_400;
    if cx.line.demo {
        // The phone takes its word at once: else nobody could live through a breach day in five minutes.
        return "This is the demo's, and counts at once. A real provider's may only advise during its first week.";
    }
    if cx.now().secs_since(notice.key_since) < A_WEEK {
        "That was less than a week ago: so it may advise, but not hold your calls back, nor ask for a website password \
         or a PIN."
    } else {
        ""
    }
}
