//! The part of the window that runs before each frame, and alone while the window is minimised or hidden: take the
//! newest view, drain the events, and see to it that an incoming call can be shown.

use egui::{Context, ViewportCommand, ViewportId};

use super::app::App;
use super::state::{Copied, Notice, Page, Tab, UiState};
use super::{incoming, text};
use crate::base::{AccountId, WallTime};
use crate::engine::PhoneHandle;
use crate::phone::command::{Command, NoticeCommand};
use crate::phone::event::Event;
use crate::phone::problem::ProblemKind;
use crate::phone::settings::Theme;
use crate::phone::view::{CallState, EndReason, NoticeId};

/// How long the engine may take to say farewell.
const FAREWELL_MILLIS: i64 = 3_000;

/// The steps of the window's life.
#[derive(Debug, Default)]
pub(super) struct Life {
    /// Since when the person wants to quit.
    closing: Option<WallTime>,
    /// The engine has said farewell.
    stopped: bool,
    /// The theme that egui has been told.
    theme: Option<Theme>,
    /// `ui()` has run since the last `logic()`.
    pub(super) drawn: bool,
    /// Accounts in the last view: a new one closes the sign-in form.
    accounts: usize,
    /// Notices that this window has announced: line, notice, revision.
    announced: Vec<(AccountId, NoticeId, u32)>,
    /// `UiState::login` is as the desktop has it.
    login_known: bool,
}

impl Life {
    /// The beginning.
    pub(super) fn new() -> Life {
        Life { drawn: true, ..Life::default() }
    }
}

/// One turn.
pub(super) fn run(app: &mut App, ctx: &Context) {
    app.waker.seen();
    take_view(app, ctx);
    while let Ok(Some(event)) = app.phone.handle.events.take() {
        on_event(app, ctx, &event);
    }
    while let Ok(command) = app.phone.asked.1.try_recv() {
        if matches!(command, Command::Answer(_)) {
            raise(ctx); // the call goes on in the main window
        }
        send(&app.phone.handle, &mut app.state, command);
    }
    announce(app);
    tidy_clipboard(app, ctx);
    show_while_hidden(app, ctx);
    close(app, ctx);
}

fn take_view(app: &mut App, ctx: &Context) {
    if app.phone.handle.view.has_changed().unwrap_or(false) {
        app.phone.view = app.phone.handle.view.borrow_and_update().clone();
    }
    app.system_theme.apply(ctx);
    let view = &app.phone.view;
    if app.life.theme != Some(view.settings.theme) {
        app.life.theme = Some(view.settings.theme);
        ctx.set_theme(match view.settings.theme {
            Theme::System => egui::ThemePreference::System,
            Theme::Light => egui::ThemePreference::Light,
            Theme::Dark => egui::ThemePreference::Dark,
        });
    }
    if view.accounts.len() > app.life.accounts {
        app.state.sign_in.wipe();
        if app.state.page == Page::AddLine {
            app.state.page = Page::Main;
        }
    }
    app.life.accounts = view.accounts.len();
}

fn on_event(app: &mut App, ctx: &Context, event: &Event) {
    match event {
        Event::CallEnded(call) => {
            let ended = app.phone.view.calls.iter().find(|c| c.id == *call).map(|c| &c.state);
            if let Some(CallState::Ended(EndReason::Failed(problem))) = ended
                && !matches!(problem.kind, ProblemKind::Busy | ProblemKind::Declined)
            {
                app.state.notice = Some(Notice::Problem(problem.clone()));
            }
        }
        Event::Refused(problem) => app.state.notice = Some(Notice::Problem(problem.clone())),
        Event::RaiseWindow => raise(ctx),
        // A link fills the field. It never dials.
        Event::LinkArrived(Ok(link)) => {
            app.state.page = Page::Main;
            app.state.tab = Tab::Keypad;
            app.state.dial.clone_from(&link.text);
            app.state.notice = Some(Notice::Words(text::from_a_link(link.cut).to_owned()));
        }
        Event::LinkArrived(Err(error)) => app.state.notice = Some(Notice::Words(error.to_string())),
        // A banner and a row of the settings say it: nobody is interrupted for a release.
        Event::ReleaseNews => {}
        Event::Stopped => {
            app.life.stopped = true;
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
        }
        Event::SignedIn(id) | Event::ShowLine(id) => {
            app.state.page = Page::Main;
            app.state.line = Some(*id);
        }
        // The view shows these.
        Event::CallArrived(_)
        | Event::Notice(..)
        | Event::NoticeSource(_)
        | Event::DigitReceived(..)
        | Event::Answered(..)
        | Event::EnvelopeFilled(_)
        | Event::Guard(_)
        | Event::ChangeMoved(..)
        | Event::AccountChanged(_)
        | Event::DeviceAppeared(..)
        | Event::SessionAppeared(..)
        | Event::Weakened(..)
        | Event::CallChanged(_) => {}
    }
}

/// A notice that nobody was told of yet becomes a line among the desktop's notifications, once per revision.
fn announce(app: &mut App) {
    let mut told = Vec::new();
    for security in &app.phone.view.security {
        let line = app.phone.view.accounts.iter().find(|line| line.id == security.account);
        for notice in security.notices.iter().filter(|notice| notice.is_open() && !notice.announced) {
            let key = (security.account, notice.id.clone(), notice.revision);
            // The phone remembers it too, but its next view may be a moment away.
            if !app.life.announced.contains(&key) {
                let provider = line.map(|line| line.provider.clone()).unwrap_or_default();
                told.push((key, provider, notice.title.clone()));
            }
        }
    }
    for (key, provider, title) in told {
        (app.desktop.notify)(text::notification_title(&provider), title);
        let (account, id, revision) = key.clone();
        app.life.announced.push(key);
        send(&app.phone.handle, &mut app.state, Command::Notice(account, NoticeCommand::Announced(id, revision)));
    }
}

/// A copied secret leaves the clipboard when its time is up.
fn tidy_clipboard(app: &mut App, ctx: &Context) {
    let now = app.clock.now().wall;
    if app.clipboard.clear_when_due(now) {
        app.state.security.copied = Some(Copied::Cleared);
    }
    if let Some(millis) = app.clipboard.due_in(now) {
        ctx.request_repaint_after(std::time::Duration::from_millis(millis));
    }
}

/// What a frame asked of clipboard and desktop.
pub(super) fn desktop(app: &mut App, ctx: &Context) {
    let now = app.clock.now().wall;
    if let Some(envelope) = app.state.security.to_copy.take()
        && let Some(secret) = envelope.look()
    {
        let taken = app.clipboard.copy(secret, now);
        app.state.security.copied = Some(if taken { Copied::At(now) } else { Copied::Failed });
        ctx.request_repaint();
    }
    if let Some(wish) = app.state.login.wish.take() {
        app.state.login.trouble = (app.desktop.set_start_at_login)(wish).err();
        app.life.login_known = false;
        ctx.request_repaint();
    }
    if !std::mem::replace(&mut app.life.login_known, true) {
        app.state.login.on = (app.desktop.starts_at_login)();
    }
}

fn raise(ctx: &Context) {
    for command in [ViewportCommand::Visible(true), ViewportCommand::Minimized(false), ViewportCommand::Focus] {
        ctx.send_viewport_cmd_to(ViewportId::ROOT, command);
    }
}

/// While the window is minimised or hidden, `ui()` does not run, and only `ui()` can open the incoming window.
fn show_while_hidden(app: &mut App, ctx: &Context) {
    let hidden = ctx.input(|input| input.viewport().visible()) == Some(false);
    // A compositor that withholds frames does not say so: then `ui()` has not run since the last time.
    let hidden = hidden || !std::mem::take(&mut app.life.drawn);
    app.waker.set_hidden(hidden);
    if hidden && incoming::needs_window(&app.phone.view, ctx) {
        ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::RequestPaintWhileHidden);
        app.waker.want_paint();
    }
}

/// Closing hides the window at once and lets the engine end calls and registrations.
fn close(app: &mut App, ctx: &Context) {
    let asked = ctx.input(|input| input.viewport().close_requested());
    if app.life.stopped {
        return; // nothing to wait for
    }
    let now = app.clock.now().wall;
    match app.life.closing {
        None if asked => {
            app.life.closing = Some(now);
            send(&app.phone.handle, &mut app.state, Command::Quit);
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::CancelClose);
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Visible(false));
            ctx.request_repaint_after(std::time::Duration::from_millis(3_100));
        }
        Some(since) if !asked && now.0 - since.0 >= FAREWELL_MILLIS => {
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Close);
        }
        None | Some(_) => {}
    }
}

/// Gives a command to the phone, and says so if it is not taken.
pub(super) fn send(handle: &PhoneHandle, state: &mut UiState, command: Command) {
    if let Err(error) = handle.send(command) {
        tracing::error!(%error, "command not taken");
        state.notice = Some(Notice::Words(text::ENGINE_STUCK.to_owned()));
    }
}
