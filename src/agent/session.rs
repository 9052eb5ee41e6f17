//! Carries out what lines ask for and says what becomes of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};
use zeroize::Zeroize as _;

use super::line::{self, Action, Mistake, Request};
use super::notices::{self, NoticeRequest};
use super::security::{self, SecurityRequest};
use super::{guard, json as shape, trust};
use crate::base::{AccountId, CallId, Envelope};
use crate::engine::PhoneHandle;
use crate::phone::command::{ChangeCommand, Command, TrustCommand};
use crate::phone::event::Event;
use crate::phone::input::{Done, Ticket};
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::settings::Settings;
use crate::phone::view::{CallState, CallView, PhoneView};

/// One agent at work.
pub(super) struct Session {
    handle: PhoneHandle,
    tickets: u64,
    waiting: BTreeMap<Ticket, Value>,
    /// For passwords that were asked for, until they are there.
    envelopes: BTreeMap<Ticket, Envelope>,
    /// What was said last of each call and account: only differences are events.
    said: BTreeMap<Subject, Value>,
    lines: VecDeque<Value>,
    phase: Phase,
}

/// What an event is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Subject {
    Account(AccountId),
    Change(AccountId),
    Call(CallId),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Running,
    Ending,
    Stopped,
}

impl Session {
    pub(super) fn new(handle: PhoneHandle) -> Session {
        let (waiting, envelopes) = (BTreeMap::new(), BTreeMap::new());
        let (said, lines) = (BTreeMap::new(), VecDeque::new());
        Session { handle, tickets: 0, waiting, envelopes, said, lines, phase: Phase::Running }
    }

    /// Takes one line of input. It is wiped afterwards: it may hold a password.
    pub(super) fn line(&mut self, mut bytes: Vec<u8>) {
        let (id, request) = line::parse(&bytes);
        bytes.zeroize();
        match request {
            Ok(request) => self.request(id, request),
            Err(mistake) => self.refuse(&id, &mistake),
        }
    }

    pub(super) fn too_long(&mut self) {
        self.refuse(&Value::Null, &Mistake::new("line_too_long", "a line may have 65536 bytes"));
    }

    /// Ends everything: the end of input, or nobody reads our output.
    pub(super) fn end(&mut self) {
        if self.phase == Phase::Running {
            self.phase = Phase::Ending;
            if self.handle.send(Command::Quit).is_err() {
                self.phase = Phase::Stopped;
            }
        }
    }

    pub(super) fn is_ending(&self) -> bool {
        self.phase == Phase::Ending
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.phase == Phase::Stopped
    }

    pub(super) fn take_lines(&mut self) -> impl Iterator<Item = Value> + '_ {
        self.lines.drain(..)
    }

    /// Waits for the end of the engine, for so long at most. False if it does not end.
    pub(super) fn join(&mut self, patience: Duration) -> bool {
        self.handle.join(patience)
    }

    fn request(&mut self, id: Value, request: Request) {
        match self.plan(request) {
            Ok(Plan::Say(fields)) => self.accept(&id, fields),
            Ok(Plan::Ask(command)) => drop(self.ask(id, command)),
            Ok(Plan::Reveal(account)) => self.reveal(id, account),
            Err(mistake) => self.refuse(&id, &mistake),
        }
    }

    /// What is to be done: answered from the view, or asked of the phone.
    fn plan(&self, request: Request) -> Result<Plan, Mistake> {
        let view = self.handle.view.borrow();
        Ok(match request {
            Request::SignIn(draft, password) => Plan::Ask(Command::SignIn(draft, password)),
            Request::Demo => Plan::Ask(Command::SignInDemo),
            Request::Call(account, to, false) => Plan::Ask(Command::PlaceCall(the_account(&view, account)?, to)),
            Request::Call(account, to, true) => Plan::Ask(Command::PlaceConfirmed(the_account(&view, account)?, to)),
            Request::Guard(change) if change.is_empty() => Plan::Say(guard::state(&view)),
            Request::Guard(change) => {
                let settings = Settings { guard: change.apply(&view.settings.guard), ..view.settings.clone() };
                Plan::Ask(Command::SetSettings(Box::new(settings)))
            }
            Request::OnCall(call, action) => Plan::Ask(on_call(the_call(&view, call)?, action)),
            Request::Stats(call) => Plan::Say(shape::stats(the_call(&view, call)?)),
            Request::State => Plan::Say(shape::state(&view)),
            Request::SignOut(account) => Plan::Ask(Command::SignOut(the_account(&view, account)?)),
            Request::UnlockVault(passphrase) => Plan::Ask(Command::Trust(TrustCommand::UsePassphrase(passphrase))),
            Request::MovePasswords(to) => Plan::Ask(Command::Trust(TrustCommand::Move(to))),
            Request::Devices(account) => Plan::Say(trust::devices(&view, the_account(&view, account)?)),
            Request::OnTrust(account, action) => Plan::Ask(trust::command(the_account(&view, account)?, action)),
            Request::Rehearse(on) => Plan::Ask(Command::Rehearse(on)),
            Request::Notices(account, request) => plan_notices(&view, the_account(&view, account)?, request)?,
            Request::Security(account, request) => self.plan_security(&view, the_account(&view, account)?, request)?,
            Request::Quit => Plan::Ask(Command::Quit),
        })
    }

    fn plan_security(&self, view: &PhoneView, account: AccountId, request: SecurityRequest) -> Result<Plan, Mistake> {
        let shown = view.accounts.iter().find(|one| one.id == account).zip(view.security_of(account));
        let (one, safety) = shown.ok_or_else(|| Mistake::new("no_such_account", "there is no such account"))?;
        Ok(match request {
            SecurityRequest::Tell => Plan::Say(security::tell(one, safety)),
            SecurityRequest::Reveal => Plan::Reveal(account),
            other @ (SecurityRequest::Change(_) | SecurityRequest::Safety(_)) => {
                Plan::Ask(other.command(account).ok_or_else(|| Mistake::new("bad_field", "nothing to do"))?)
            }
        })
    }

    /// The password goes to whoever asked for it, in the reply and nowhere else.
    fn reveal(&mut self, id: Value, account: AccountId) {
        let envelope = Envelope::default();
        let ticket = self.ask(id, Command::Change(account, ChangeCommand::Reveal(envelope.clone())));
        if let Some(ticket) = ticket {
            self.envelopes.insert(ticket, envelope);
        }
    }

    fn ask(&mut self, id: Value, command: Command) -> Option<Ticket> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        let quits = command == Command::Quit;
        match self.handle.ask(ticket, command) {
            Ok(()) => {
                self.waiting.insert(ticket, id);
                if quits {
                    self.phase = Phase::Ending;
                }
                Some(ticket)
            }
            Err(error) => {
                self.refuse(&id, &Mistake::new("stuck", error.to_string()));
                None
            }
        }
    }

    /// Reads everything that the engine has to tell.
    pub(super) fn look(&mut self) {
        loop {
            match self.handle.events.take() {
                Ok(Some(event)) => self.event(event),
                Ok(None) => return,
                Err(_) => {
                    self.phase = Phase::Stopped;
                    return;
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::AccountChanged(account) => self.say(Subject::Account(account.id), shape::account_event(&account)),
            Event::CallChanged(call) => {
                self.say(Subject::Call(call.id), shape::call_event(&call));
                if matches!(call.state, CallState::Ended(_)) {
                    self.said.remove(&Subject::Call(call.id));
                }
            }
            Event::DigitReceived(call, digit) => {
                self.lines.push_back(json!({ "event": "digit", "call": call, "digit": digit }));
            }
            Event::DeviceAppeared(account, device) => self.lines.push_back(trust::device_event(account, &device)),
            Event::SessionAppeared(account, words) => {
                self.lines.push_back(json!({ "event": "session", "account": account, "message": words }));
            }
            Event::Weakened(account, alarm) => {
                let view = self.handle.view.borrow();
                let provider = view.accounts.iter().find(|it| it.id == account).map(|it| it.provider.clone());
                drop(view);
                let provider = provider.unwrap_or_else(|| "The provider".into());
                self.lines.push_back(trust::alarm_event(account, alarm, &provider));
            }
            Event::ChangeMoved(account, change) => {
                self.say(Subject::Change(account), security::change_event(account, &change));
            }
            Event::Notice(account, notice) => self.lines.push_back(notices::event(account, &notice)),
            Event::NoticeSource(account) => {
                let source = self.handle.view.borrow().security_of(account).map(|safety| safety.source);
                self.lines.extend(source.map(|source| notices::source_event(account, source)));
            }
            Event::Answered(ticket, outcome) => self.answered(ticket, outcome),
            Event::Refused(what) => {
                self.lines.push_back(json!({ "event": "problem", "error": shape::problem(&what) }));
            }
            Event::LinkArrived(link) => self.lines.push_back(guard::link(&link)),
            Event::Guard(news) => self.lines.push_back(guard::event(&news)),
            Event::Stopped => {
                self.lines.push_back(json!({ "event": "stopped" }));
                self.phase = Phase::Stopped;
            }
            // What these tell is in the events of calls and accounts.
            Event::CallArrived(_)
            | Event::CallEnded(_)
            | Event::SignedIn(_)
            | Event::ShowLine(_)
            | Event::EnvelopeFilled(_)
            | Event::ReleaseNews
            | Event::RaiseWindow => {}
        }
    }

    fn say(&mut self, subject: Subject, value: Value) {
        if self.said.get(&subject) != Some(&value) {
            self.lines.push_back(value.clone());
            self.said.insert(subject, value);
        }
    }

    fn answered(&mut self, ticket: Ticket, outcome: Result<Done, Problem>) {
        let Some(id) = self.waiting.remove(&ticket) else { return };
        if outcome.is_err() {
            self.envelopes.remove(&ticket);
        }
        match outcome {
            Ok(Done::Ok) => {
                let envelope = self.envelopes.remove(&ticket);
                let revealed = envelope.as_ref().and_then(Envelope::look);
                let fields = revealed.map(|secret| json!({ "password": secret.expose("the agent asked for it") }));
                self.accept(&id, fields.unwrap_or_else(|| json!({})));
            }
            Ok(Done::Account(account)) => self.accept(&id, json!({ "account": account })),
            Ok(Done::Call(call)) => self.accept(&id, json!({ "call": call })),
            Err(what) => {
                let mut error = shape::problem(&what);
                if what.kind == ProblemKind::GuardAsks {
                    error["message"] = json!(format!("{} To call all the same, add \"confirmed\":true.", what.title()));
                }
                if what.kind == ProblemKind::UnencryptedOnly {
                    error["message"] = json!(format!(
                        "{} To accept that, add \"transport\":\"udp\" (or \"tcp\") or \"unencrypted_ok\":true.",
                        what.title()
                    ));
                }
                if matches!(what.kind, ProblemKind::CertificateIssuer | ProblemKind::CertificateName)
                    && let Some(detail) = &what.detail
                {
                    let message = error["message"].as_str().unwrap_or_default().to_owned();
                    error["message"] = json!(format!(
                        "{message} {detail} If your provider says that it is theirs, add \"fingerprint\":\"…\" to trust it."
                    ));
                }
                self.lines.push_back(json!({ "reply": id, "ok": false, "error": error }));
            }
        }
    }

    fn accept(&mut self, id: &Value, mut fields: Value) {
        fields["reply"] = id.clone();
        fields["ok"] = json!(true);
        self.lines.push_back(fields);
    }

    fn refuse(&mut self, id: &Value, mistake: &Mistake) {
        let error = json!({ "code": mistake.code, "message": mistake.message });
        self.lines.push_back(json!({ "reply": id, "ok": false, "error": error }));
    }
}

enum Plan {
    Reveal(AccountId),
    Say(Value),
    Ask(Command),
}

fn plan_notices(view: &PhoneView, account: AccountId, request: NoticeRequest) -> Result<Plan, Mistake> {
    let safety = view.security_of(account);
    let safety = safety.ok_or_else(|| Mistake::new("no_such_account", "there is no such account"))?;
    Ok(request.command(account).map_or_else(|| Plan::Say(notices::tell(safety)), Plan::Ask))
}

fn the_account(view: &PhoneView, named: Option<AccountId>) -> Result<AccountId, Mistake> {
    match (named, view.accounts.as_slice()) {
        (Some(named), all) if all.iter().any(|account| account.id == named) => Ok(named),
        (Some(_), _) => Err(Mistake::new("no_such_account", "there is no such account")),
        (None, [only]) => Ok(only.id),
        (None, []) => Err(Mistake::new("no_such_account", "there is no account: `sign_in` first")),
        (None, _) => Err(Mistake::new("missing_field", "`account` says which of several")),
    }
}

fn the_call(view: &PhoneView, named: Option<CallId>) -> Result<&CallView, Mistake> {
    let mut alive = view.calls.iter().filter(|call| !matches!(call.state, CallState::Ended(_)));
    if let Some(named) = named {
        let found = view.calls.iter().find(|call| call.id == named);
        return found.ok_or_else(|| Mistake::new("no_such_call", "there is no such call"));
    }
    match (alive.next(), alive.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Err(Mistake::new("no_such_call", "there is no call")),
        (Some(_), Some(_)) => Err(Mistake::new("missing_field", "`call` says which of several")),
    }
}

fn on_call(call: &CallView, action: Action) -> Command {
    match action {
        Action::Answer => Command::Answer(call.id),
        Action::Decline => Command::Decline(call.id),
        Action::HangUp => Command::HangUp(call.id),
        Action::SetHeld(held) => Command::SetHeld(call.id, held),
        Action::SetMuted(muted) => Command::SetMuted(call.id, muted),
        Action::Digits(digits) => Command::SendDigits(call.id, digits),
    }
}
