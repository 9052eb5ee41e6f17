//! The security centre: one sentence, things to do, what Ringfence can prove, notices, and the ways to everything
//! else.

use egui::Ui;

use super::{Cx, SecurityPage, begin, body, follow, hero};
use crate::phone::command::{Begin, ChangeCommand, Command, DeviceCommand, NoticeCommand, SafetyCommand};
use crate::phone::view::{Fact, KeptState, NoticeSource, Todo};
use crate::ui::state::{Page, UiState};
use crate::ui::text::security as text;
use crate::ui::widgets::{self, Check, Tick};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let mut chosen = None;
    let head = widgets::sheet_header(ui, None, text::SECURITY, |ui| {
        let all: Vec<_> = cx.scene.view.accounts.iter().map(|line| (line.id, line.name.as_str())).collect();
        if all.len() > 1 {
            chosen = widgets::choice(ui, "Line", 110.0, &cx.line.id, &all);
        }
    });
    follow(head, state);
    state.line = chosen.or(state.line);
    let (words, small) = text::verdict(cx.security);
    body(ui, "centre", &[], |ui| {
        let good = cx.security.todo.is_empty() && cx.security.lockdown.is_none();
        hero(ui, good, &words, &small);
        widgets::live_region(ui, "verdict", &words);
        todo(ui, cx, state, out);
        facts(ui, cx, state);
        notices(ui, cx, state, out);
        start_at_login(ui, state);
        more(ui, cx, state, out);
    });
}

fn todo(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let reminder = cx.scene.view.settings.remind_yearly.then(|| text::year_old(cx.security, cx.now())).flatten();
    // What the provider asks for stands first, and alone.
    let alone = usize::from(cx.security.todo.first().is_some_and(Todo::is_asked));
    let (asked, others) = cx.security.todo.split_at_checked(alone).unwrap_or_default();
    if !asked.is_empty() {
        widgets::card(ui, |ui| rows(ui, cx, state, out, asked));
    }
    if others.is_empty() && reminder.is_none() {
        return;
    }
    widgets::card(ui, |ui| {
        rows(ui, cx, state, out, others);
        if let Some(days) = reminder {
            if !others.is_empty() {
                widgets::row_line(ui);
            }
            let words = format!("Your line password was not changed here for {days} days");
            let row = Check::new(Tick::Warn, &words).small("You asked to be reminded after a year").action("Change");
            if row.show(ui) {
                begin(cx, state, out, Begin::Wanted);
            }
        }
    });
}

fn rows(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, all: &[Todo]) {
    for (i, todo) in all.iter().enumerate() {
        if i > 0 {
            widgets::row_line(ui);
        }
        let (words, small, action) = text::todo(todo, cx.security, cx.provider(), cx.now());
        let row = Check::new(Tick::Warn, &words).small(&small);
        // What goes on by itself has no button.
        let row = if action.is_empty() { row } else { row.action(action) };
        if ui.push_id(i, |ui| row.show(ui)).inner {
            act(todo, cx, state, out);
        }
    }
}

fn act(todo: &Todo, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    match todo {
        Todo::ChangePassword(_) | Todo::Asked(_) => begin(cx, state, out, Begin::Notice),
        Todo::Notice(id) => {
            out.push(Command::Notice(cx.line.id, NoticeCommand::Seen(id.clone())));
            state.security.open(SecurityPage::Notice(id.clone()));
        }
        Todo::FinishChange => state.security.open(SecurityPage::Change),
        Todo::UnnamedDevice(_) | Todo::NewSession(_) | Todo::DevicesNeedPassword(_) => {
            state.security.open(SecurityPage::Devices)
        }
        Todo::OldPasswordAccepted if cx.security.change.can_test_old => out.push(cx.change(ChangeCommand::TestOld)),
        Todo::OldPasswordAccepted => state.security.open(SecurityPage::Contact),
        Todo::SeveralPasswords(kept) => several(kept.state, cx, state, out),
        // The banner of the main page takes it.
        Todo::PasswordRefused => state.page = Page::Main,
        Todo::Weaker(_) => state.security.open(SecurityPage::Weaker),
        Todo::NoticesNotConfirmed(_) => out.push(Command::Notice(cx.line.id, NoticeCommand::Check)),
    }
}

fn several(is: KeptState, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    match is {
        KeptState::Found => out.push(Command::Safety(cx.line.id, SafetyCommand::TryKept)),
        KeptState::Works => out.push(Command::Safety(cx.line.id, SafetyCommand::DeleteOthers)),
        KeptState::NoneWorks => state.page = Page::Main,
        KeptState::Trying | KeptState::Deleting => {}
    }
}

fn facts(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState) {
    if cx.security.facts.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        for (i, fact) in cx.security.facts.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let (good, words, small) = text::fact(fact, cx.provider(), cx.now());
            let row = Check::new(if good { Tick::Good } else { Tick::Warn }, &words).small(&small);
            let (row, page) = match fact {
                Fact::Limits { .. } => (row.action("Limits"), Some(SecurityPage::Limits)),
                Fact::Devices(_) => (row.action("Review"), Some(SecurityPage::Devices)),
                Fact::Password { .. }
                | Fact::Connection { .. }
                | Fact::Emergency
                | Fact::OldPassword(..)
                | Fact::PinnedCertificate { .. }
                | Fact::Enrolled { .. } => (row, None),
            };
            let pressed = ui.push_id(("fact", i), |ui| row.show(ui)).inner;
            if let Some(page) = page.filter(|_| pressed) {
                state.security.open(page);
            }
        }
    });
}

fn notices(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let title = format!("Notices from {}", cx.provider());
    widgets::section(ui, &title);
    widgets::card(ui, |ui| {
        for (i, notice) in cx.security.notices.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let small = text::notice_state(notice, cx.now());
            if Check::new(Tick::None, &notice.title).small(&small).action("Read").show(ui) {
                out.push(Command::Notice(cx.line.id, NoticeCommand::Seen(notice.id.clone())));
                state.security.open(SecurityPage::Notice(notice.id.clone()));
            }
        }
        if cx.security.notices.is_empty() {
            Check::new(Tick::None, no_notices(cx.security.source)).faint(true).show(ui);
        }
        if let Some(words) = text::own_notices(cx.security.own_notices, cx.provider(), cx.now()) {
            widgets::row_line(ui);
            Check::new(Tick::None, &words).faint(true).show(ui);
        }
    });
}

/// Offered where it is off and the desktop can do it.
fn start_at_login(ui: &mut Ui, state: &mut UiState) {
    if state.login.on != Some(false) {
        return;
    }
    widgets::card(ui, |ui| {
        let row = Check::new(Tick::Empty, text::STARTS_AT_LOGIN).small(text::STARTS_WHY).action("Turn on");
        if row.show(ui) {
            state.login.wish = Some(true);
        }
        if let Some(trouble) = &state.login.trouble {
            widgets::warning(ui, trouble);
        }
    });
}

fn no_notices(source: NoticeSource) -> &'static str {
    match source {
        NoticeSource::Unknown => "Not asked yet",
        NoticeSource::None => "None: this provider does not publish signed notices",
        NoticeSource::Confirmed(_) => "None",
        NoticeSource::NotConfirmedSince(_) => "None that could be confirmed",
        NoticeSource::Mismatch(_) => "What the provider publishes is not signed by the key that this phone knows",
    }
}

fn more(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    widgets::section(ui, "What you can do");
    let number = text::numbers_line(&cx.security.contact);
    let locked = cx.security.lockdown.is_some();
    let pages = [
        (text::TOLD_TITLE, "Whoever told you: start here, not with their link", "Start", SecurityPage::Told),
        ("Other devices on this line", "Who else can ring and dial", "Review", SecurityPage::Devices),
        ("Check my bill", "Calls that were not made from this computer", "Check", SecurityPage::Bill),
        ("Event log", "What happened to this line's security", "Show", SecurityPage::Log),
        ("Provider's website and numbers", number.as_str(), "Edit", SecurityPage::Contact),
    ];
    widgets::card(ui, |ui| {
        // It is what the demo is for; elsewhere it comes last.
        if cx.line.demo {
            rehearse(ui, cx, state, out);
        }
        if !cx.security.change.is_going() {
            let row = Check::new(Tick::None, "A new line password").small("Made for you, changed and tested");
            if row.action("Change").show(ui) {
                begin(cx, state, out, Begin::Wanted);
            }
            widgets::row_line(ui);
        }
        for (words, small, action, page) in pages {
            if Check::new(Tick::None, words).small(small).action(action).show(ui) {
                if page == SecurityPage::Devices && cx.can_ask() {
                    out.push(Command::Device(cx.line.id, DeviceCommand::Check));
                }
                state.security.open(page);
            }
            widgets::row_line(ui);
        }
        let (words, small, action) = if locked {
            ("Locked down", "Calls abroad and premium numbers are blocked here", "End it")
        } else {
            ("Lock down", "Limits tightened, password changed, fraud number shown", "Lock down")
        };
        if Check::new(Tick::None, words).small(small).action(action).show(ui) {
            if locked {
                out.push(Command::Safety(cx.line.id, SafetyCommand::EndLockdown));
            } else {
                state.security.open(SecurityPage::Lockdown);
            }
        }
        widgets::row_line(ui);
        if !cx.line.demo {
            rehearse(ui, cx, state, out);
        }
        if Check::new(Tick::None, "Remove this line")
            .small("Its password, calls and recordings too")
            .action("Remove")
            .show(ui)
        {
            state.security.open(SecurityPage::Remove);
        }
    });
}

/// Only the demo's line can be rehearsed with; others are told where.
fn rehearse(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let words = "Rehearse a breach day";
    if cx.scene.view.rehearsal.is_some() {
        Check::new(Tick::None, words).small("Under way: the card at the top says where").show(ui);
    } else if cx.line.demo {
        let row = Check::new(Tick::None, words).small("Five minutes with a made-up provider");
        if row.action("Start").show(ui) {
            out.push(Command::Rehearse(true));
            state.page = Page::Main;
        }
    } else if Check::new(Tick::None, words).small("With the demo's line, not with this one").action("Go there").show(ui)
    {
        out.push(Command::SignInDemo);
        state.line = cx.scene.view.accounts.iter().find(|line| line.demo).map(|line| line.id);
    }
    widgets::row_line(ui);
}
