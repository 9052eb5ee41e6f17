//! What a person, or an agent, asks for: one arm per command, one call per arm.

use super::input::{Done, Ticket};
use super::sign_in::{Demo, Wish};
use super::{Phone, documents};
use crate::base::Now;
use crate::phone::call::{Calls, Env};
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::phone::link::Link;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::settings::Settings;
use crate::phone::view::{GuardFrom, SignInView};
use crate::port::media::Order;

impl Phone {
    pub(super) fn command(&mut self, now: Now, ticket: Option<Ticket>, command: Command) {
        if self.quitting.is_some() {
            let done = if command == Command::Quit { Ok(Done::Ok) } else { Err(not_now("")) };
            return self.answer(ticket, done);
        }
        let outcome = match command {
            Command::SignIn(draft, password) => {
                return self.sign_in(now, Wish { ticket, draft: *draft, password, demo: Demo::No });
            }
            Command::SignInDemo => return self.sign_in_demo(ticket),
            Command::AcceptUnencrypted => done(self.accept_unencrypted(now)),
            Command::CancelSignIn => {
                self.cancel_sign_in(now);
                Ok(Done::Ok)
            }
            Command::SignOut(account) => self.sign_out(now, account).map(|()| Done::Ok),
            Command::GivePassword(account, password) => done(self.give_password(now, account, password)),
            Command::Retry(account) => done(self.retry(now, account)),
            Command::PlaceCall(account, to) => self.place_call(now, account, to, false, GuardFrom::Person),
            Command::OpenLink(text) => {
                self.link_arrived(&text);
                Ok(Done::Ok)
            }
            Command::PlaceConfirmed(account, to) => self.place_call(now, account, to, true, GuardFrom::Person),
            Command::Answer(call) => self.on_call(now, |calls, env| calls.answer(env, call)),
            Command::Decline(call) => self.on_call(now, |calls, env| calls.decline(env, call)),
            Command::Silence(call) => self.on_call(now, |calls, env| calls.silence(env, call)),
            Command::HangUp(call) => self.on_call(now, |calls, env| calls.hang_up(env, call)),
            Command::SetHeld(call, held) => self.on_call(now, |calls, env| calls.set_held(env, call, held)),
            Command::SetMuted(call, muted) => self.on_call(now, |calls, env| calls.set_muted(env, call, muted)),
            Command::SendDigits(call, digits) => self.on_call(now, |calls, env| calls.send_digits(env, call, &digits)),
            Command::SetSettings(settings) => self.set_settings(now, *settings),
            Command::WatchDevices(watch) => self.watch_devices(watch),
            Command::ClearHistory => self.clear_history(now),
            Command::SawMissed => {
                let save = self.recents.seen();
                self.save(save)
            }
            Command::LookForRelease => self.look_for_release(now),
            Command::InstallRelease(version) => self.install_release(now, version),
            Command::CancelInstall => self.cancel_install(now),
            Command::RetryVault => {
                self.retry_vault();
                self.read_changes_again(now);
                Ok(Done::Ok)
            }
            Command::Change(account, command) => self.change_command(now, account, command),
            Command::Safety(account, command) => self.safety(now, account, command),
            Command::Bill(account, step) => self.check_bill(account, step),
            Command::Rehearse(on) => self.rehearse(now, on),
            Command::Notice(account, command) => self.notice(now, account, &command),
            Command::Guard(answer) => self.answer_guard(now, answer),
            Command::Device(account, command) => done(self.device_command(now, account, command)),
            Command::Trust(command) => return self.trust_command(now, ticket, command),
            Command::Quit => {
                self.quit(now);
                Ok(Done::Ok)
            }
        };
        self.answer(ticket, outcome);
    }

    fn clear_history(&mut self, now: Now) -> Result<Done, Problem> {
        self.clear_call_log(now);
        let save = self.recents.clear();
        self.save(Some(save))
    }

    /// A link fills the field of the window, which comes to the front, and nothing else.
    pub(super) fn link_arrived(&mut self, text: &str) {
        let link = Link::parse(text);
        if let Ok(link) = &link {
            self.host.came_by_link(&link.text);
        }
        self.out.push_back(Output::Event(Event::LinkArrived(link)));
        self.out.push_back(Output::Event(Event::RaiseWindow));
    }

    /// Tells what came of a command: to whoever waits for it, or if it failed.
    pub(super) fn answer(&mut self, ticket: Option<Ticket>, outcome: Result<Done, Problem>) {
        let event = match (ticket, outcome) {
            (Some(ticket), outcome) => Event::Answered(ticket, outcome),
            // The view shows the guard's question.
            (None, Err(problem)) if matches!(problem.kind, ProblemKind::GuardAsks | ProblemKind::GuardBlocks) => return,
            (None, Err(problem)) => Event::Refused(problem),
            (None, Ok(_)) => return,
        };
        self.out.push_back(Output::Event(event));
    }

    /// Tells a failure that the view shows anyway: only to whoever waits for it.
    pub(super) fn answer_failure(&mut self, ticket: Option<Ticket>, problem: Problem) {
        if ticket.is_some() {
            self.answer(ticket, Err(problem));
        }
    }

    /// The person started the program for the demo, whatever other lines there are.
    pub(super) fn go_to_demo(&mut self) {
        self.out.push_back(Output::Event(Event::RaiseWindow));
        match self.accounts.iter().find(|account| account.demo) {
            Some(demo) => self.out.push_back(Output::Event(Event::ShowLine(demo.id()))),
            None => self.sign_in_demo(None),
        }
    }

    fn sign_in_demo(&mut self, ticket: Option<Ticket>) {
        if let Some(demo) = self.accounts.iter().find(|account| account.demo) {
            let id = demo.id();
            return self.answer(ticket, Ok(Done::Account(id)));
        }
        self.view.sign_in = SignInView::Trying(Vec::new());
        if self.demo_wanted.is_empty() {
            self.out.push_back(Output::StartDemo);
        }
        self.demo_wanted.push(ticket);
    }

    fn on_call(
        &mut self,
        now: Now,
        act: impl FnOnce(&mut Calls, &mut Env<'_>) -> Result<(), Problem>,
    ) -> Result<Done, Problem> {
        self.with_calls(now, act).map(|()| Done::Ok)
    }

    fn set_settings(&mut self, now: Now, settings: Settings) -> Result<Done, Problem> {
        if settings.guard.lockdown != self.settings.guard.lockdown {
            self.lockdown_by_rules(now, settings.guard.lockdown);
        }
        if settings.devices != self.settings.devices {
            self.out.push_back(Output::Media(Order::Devices(settings.devices.clone())));
        }
        self.settings = Settings { guard: settings.guard.clone().sane(), ..settings };
        let save = documents::save_settings(&self.settings);
        self.save(Some(save))
    }

    fn watch_devices(&mut self, watch: bool) -> Result<Done, Problem> {
        self.out.push_back(Output::Media(Order::WatchDevices(watch)));
        if !watch {
            self.audio.devices.clear();
        }
        Ok(Done::Ok)
    }

    fn save(&mut self, save: Option<crate::port::store::Save>) -> Result<Done, Problem> {
        self.out.extend(save.map(Output::Save));
        Ok(Done::Ok)
    }
}

fn done(possible: bool) -> Result<Done, Problem> {
    if possible { Ok(Done::Ok) } else { Err(not_now("")) }
}

pub(super) fn not_now(about: &str) -> Problem {
    Problem::new(ProblemKind::NotNow, about)
}
