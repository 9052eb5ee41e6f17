//! `GET sessions` and `DELETE sessions/{id}`: who else is on the line, as the provider sees it, and ending one of them
//! by the person's choice. Proven like a change; on a line of its own, so that no change waits for it.
//!
//! What cannot be read is said. A list that was refused is not asked for again by itself: each refusal counts against
//! the budget of whoever is locked out after too many.

use std::collections::VecDeque;
use std::time::Duration;

use super::Via;
use super::exchange::{Exchange, Next, Nonce};
use crate::base::{AccountId, Mono, Now};
use crate::phone::Phone;
use crate::phone::password_change::Status;
use crate::phone::password_change::input::PolicyAnswer;
use crate::phone::view::{EndTrouble, Ending, ListTrouble, ProviderList, SessionId};
use crate::port::RequestId;
use crate::port::http::{HttpError, Method, Outcome};
use crate::provider_api::sessions::Sessions;
use crate::provider_api::{INSTANCE, Origin, Path, Problem, Urn};

/// How often the list is asked for without anybody wanting it.
const EVERY: Duration = Duration::from_secs(1800);
/// A list that is younger than this will do before and after a change.
const YOUNG: Duration = Duration::from_secs(10);
/// How long a provider in trouble is left alone, if it does not say.
const REST: Duration = Duration::from_secs(60);
/// The longest that it can ask for.
const LONGEST_REST: Duration = Duration::from_secs(24 * 3600);
/// How many rows wait to be ended at most.
const MOST_WAITING: usize = 64;

/// Why the list is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Look {
    /// The line has registered, or its provider was just found to have a list.
    Registered,
    /// A change of the password begins, or has ended.
    Change,
    /// The person looks.
    Person,
    /// Something was ended.
    Ended,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    List,
    End(SessionId),
    Policy,
    Limits,
    Tighten,
}

/// The line to the list.
#[derive(Debug, Default)]
pub(in crate::phone::security) struct Sessioning {
    pub(super) nonce: Option<Nonce>,
    under_way: Option<(RequestId, Asked, Exchange)>,
    /// Rows to be ended next.
    waiting: VecDeque<SessionId>,
    /// The list is wanted once more after that.
    again: bool,
    asked: Option<Mono>,
    not_before: Option<Mono>,
    refused: bool,
    /// The provider's limits are to be tightened.
    pub(super) tighten: bool,
    /// The policy is wanted; when it was asked for last, and whether that was refused.
    policy_wanted: bool,
    policy_asked: Option<Mono>,
    policy_refused: bool,
}

impl Sessioning {
    fn is_due(&self, now: Mono, why: Look) -> bool {
        let rests = self.refused || self.not_before.is_some_and(|at| now < at);
        let younger = |than| self.asked.is_some_and(|at| now.since(at) < than);
        match why {
            Look::Person | Look::Ended => true,
            Look::Change => !rests && !younger(YOUNG),
            Look::Registered => !rests && !younger(EVERY),
        }
    }
}

impl Phone {
    /// Asks who else is on the line, if the provider has a list and the reason is good enough.
    pub(in crate::phone) fn look_at_sessions(&mut self, now: Now, id: AccountId, why: Look) {
        let Some((origin, path)) = self.sessions_at(id) else { return };
        let ready = self.is_calm(id);
        if let Some(account) = self.account(id).filter(|account| account.asking.list == ProviderList::NotOffered) {
            account.asking.list = ProviderList::NotRead;
        }
        let Some(hosted) = self.security.changes.get_mut(&id).filter(|_| ready) else { return };
        let line = &mut hosted.api.sessions;
        if line.under_way.is_some() {
            line.again |= why != Look::Registered;
        } else if line.is_due(now.mono, why) {
            line.asked = Some(now.mono);
            if !self.ask_sessions(id, Asked::List, Method::Get, origin, path) {
                tracing::debug!(%id, "no password to prove who asks for the list of sessions");
            }
        }
    }

    /// Reads the policy while things are calm: the provider may ask this line for a new password.
    pub(in crate::phone) fn look_at_policy(&mut self, now: Now, id: AccountId) {
        let ready = self.policy_at(id).is_some() && self.is_calm(id);
        let Some(hosted) = self.security.changes.get_mut(&id).filter(|_| ready) else { return };
        let line = &mut hosted.api.sessions;
        let young = line.policy_asked.is_some_and(|at| now.mono.since(at) < EVERY);
        if !young && !line.policy_refused {
            line.policy_asked = Some(now.mono);
            line.policy_wanted = true;
            self.sessions_go_on(now, id);
        }
    }

    /// Ends one row of the list. False if there is no such row, or it cannot be asked for now.
    pub(in crate::phone) fn end_session(&mut self, now: Now, id: AccountId, session: SessionId) -> bool {
        let calm = self.is_calm(id);
        let own_key = self.own_key(id);
        let account = self.accounts.iter_mut().find(|account| account.id() == id);
        let Some(account) = account.filter(|_| calm) else { return false };
        let shown = crate::phone::devices_registered::view::view(account, own_key.as_deref());
        let devices = account.record.devices.known().iter().zip(&shown.all);
        let of_devices = devices.filter(|(known, _)| known.session() == Some(&session)).map(|(_, view)| view.ending);
        let of_logins = shown.logins.iter().filter(|login| login.id == session).map(|login| login.ending);
        let of_keys = shown.keys.iter().filter(|key| key.id == session).map(|key| key.ending);
        let possible = |ending| matches!(ending, Ending::Possible | Ending::Failed(_));
        if !of_devices.chain(of_logins).chain(of_keys).any(possible) {
            return false;
        }
        let Some(hosted) = self.security.changes.get_mut(&id) else { return false };
        let line = &mut hosted.api.sessions;
        if line.waiting.len() >= MOST_WAITING {
            return false;
        }
        account.asking.endings.insert(session.clone(), Ending::UnderWay);
        line.waiting.push_back(session);
        self.sessions_go_on(now, id);
        true
    }

    /// The name of this computer's key at the provider.
    pub(in crate::phone) fn own_key(&self, id: AccountId) -> Option<String> {
        let account = self.accounts.iter().find(|account| account.id() == id)?;
        self.security.memory.accounts.get(&account.record.uuid)?.device.clone()
    }

    /// Where the list is, if there is one. The demo's line has nobody else on it.
    fn sessions_at(&self, id: AccountId) -> Option<(Origin, Path)> {
        let demo = self.accounts.iter().any(|account| account.id() == id && account.demo);
        let discovery = &self.pinned(id).filter(|_| !demo)?.discovery;
        Some((discovery.issuer.clone(), discovery.endpoints.sessions.clone()?))
    }

    /// Whether the password in use is one that the provider takes, as far as we know: a wrong one must not be tried
    /// beside the change's own budget.
    pub(super) fn is_calm(&self, id: AccountId) -> bool {
        let registered = self.accounts.iter().any(|account| account.id() == id && account.registered);
        let status = self.security.changes.get(&id).map(super::super::hosted::Hosted::status);
        registered
            && status.is_some_and(|status| match status {
                Status::Idle
                | Status::Notified { .. }
                | Status::Deferred { .. }
                | Status::Preflight
                | Status::KeyringUnavailable(_)
                | Status::ProveCopy { .. }
                | Status::Choosing { .. }
                | Status::Restricted
                | Status::Aborted(_)
                | Status::Done { .. } => true,
                Status::Starting
                | Status::Staging { .. }
                | Status::Staged
                | Status::Submitting
                | Status::Waiting { .. }
                | Status::Unknown
                | Status::Fencing
                | Status::Verifying
                | Status::Trying
                | Status::Repairing
                | Status::Promoting { .. }
                | Status::Withdrawing
                | Status::NeedsUser(_)
                | Status::Browser { .. }
                | Status::CheckingOld => false,
            })
    }

    /// Where the policy is, if there is one. The demo's is read when a change begins.
    fn policy_at(&self, id: AccountId) -> Option<(Origin, Path)> {
        let demo = self.accounts.iter().any(|account| account.id() == id && account.demo);
        let discovery = &self.pinned(id).filter(|_| !demo)?.discovery;
        Some((discovery.issuer.clone(), discovery.endpoints.policy.clone()?))
    }

    /// False if there is nothing to prove it with.
    fn ask_sessions(&mut self, id: AccountId, asked: Asked, method: Method, origin: Origin, path: Path) -> bool {
        let mut exchange = Exchange::new(origin, method, path, Vec::new());
        if asked == Asked::List {
            // So that the provider can tell which row is ours.
            let account = self.accounts.iter().find(|account| account.id() == id);
            exchange.headers.extend(account.map(|account| (INSTANCE, format!("urn:uuid:{}", account.record.uuid))));
        }
        self.ask_beside(id, asked, exchange)
    }

    /// The same with a body; the password is added here.
    pub(super) fn ask_beside(&mut self, id: AccountId, asked: Asked, mut exchange: Exchange) -> bool {
        let Some(password) = self.password_in_use(id) else { return false };
        exchange.passwords.push_back(password);
        let Some(Next::Send(request)) = self.next_leg(id, &mut exchange, Via::Sessions, None) else { return false };
        self.send_sessions(id, asked, exchange, *request);
        true
    }

    fn send_sessions(&mut self, id: AccountId, asked: Asked, exchange: Exchange, request: crate::port::http::Request) {
        let request = self.ask_http(crate::phone::https::Purpose::Security(id), request);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.api.sessions.under_way = Some((request, asked, exchange));
        }
        self.sessions_under_way(id);
    }

    /// What waits for its turn.
    pub(super) fn sessions_go_on(&mut self, now: Now, id: AccountId) {
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let line = &mut hosted.api.sessions;
        if line.under_way.is_some() {
            return;
        }
        // Fraud runs in minutes.
        if std::mem::take(&mut line.tighten) {
            return self.ask_limits(now, id);
        }
        if let Some(session) = line.waiting.pop_front() {
            let at = self.sessions_at(id).and_then(|(origin, path)| Some((origin, path.join(&session.0)?)));
            let end = Asked::End(session.clone());
            if !at.is_some_and(|(origin, path)| self.ask_sessions(id, end, Method::Delete, origin, path)) {
                self.session_not_ended(id, &session, EndTrouble::Refused);
            }
            return;
        }
        if std::mem::take(&mut line.again) {
            self.look_at_sessions(now, id, Look::Ended);
        }
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        let line = &mut hosted.api.sessions;
        if line.under_way.is_none()
            && std::mem::take(&mut line.policy_wanted)
            && let Some((origin, path)) = self.policy_at(id)
            && !self.ask_sessions(id, Asked::Policy, Method::Get, origin, path)
        {
            tracing::debug!(%id, "no password to prove who asks for the policy");
        }
    }

    fn sessions_under_way(&mut self, id: AccountId) {
        let hosted = self.security.changes.get(&id);
        let list = hosted.and_then(|hosted| hosted.api.sessions.under_way.as_ref());
        let under_way = list.is_some_and(|(_, asked, _)| *asked == Asked::List);
        if let Some(account) = self.account(id) {
            account.asking.under_way = under_way;
        }
    }

    /// HTTPS brought something: whether it was for the list.
    pub(super) fn sessions_answered(&mut self, now: Now, id: AccountId, request: RequestId, outcome: &Outcome) -> bool {
        let Some(hosted) = self.security.changes.get_mut(&id) else { return false };
        let Some((_, asked, mut exchange)) = hosted.api.sessions.under_way.take_if(|it| it.0 == request) else {
            return false;
        };
        match self.next_leg(id, &mut exchange, Via::Sessions, Some(outcome.clone())) {
            Some(Next::Send(request)) => self.send_sessions(id, asked, exchange, *request),
            Some(next @ (Next::Over(_) | Next::WrongPassword | Next::NotAllowed)) => {
                self.sessions_under_way(id);
                match asked {
                    Asked::List => self.sessions_told(now, id, &next),
                    Asked::End(session) => self.end_told(now, id, &session, &next),
                    Asked::Policy => self.policy_read(now, id, &next),
                    Asked::Limits => self.limits_read(now, id, &next),
                    Asked::Tighten => self.limits_tightened(now, id, &next),
                }
                self.sessions_go_on(now, id);
            }
            // The provider is pinned no more: there is nobody to ask.
            None => {
                self.sessions_under_way(id);
                if let Asked::End(session) = asked {
                    self.session_not_ended(id, &session, EndTrouble::Refused);
                }
            }
        }
        true
    }

    fn sessions_told(&mut self, now: Now, id: AccountId, next: &Next) {
        let told = read(next);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            let line = &mut hosted.api.sessions;
            line.refused = matches!(told, Err(ListTrouble::Refused | ListTrouble::Gone));
            line.not_before = matches!(told, Err(ListTrouble::Busy)).then(|| now.mono + rest(next));
        }
        match told {
            Ok(sessions) => self.read_sessions(now, id, &sessions),
            Err(why) => {
                tracing::info!(?why, "the provider's list of sessions could not be read");
                if let Some(account) = self.account(id) {
                    account.asking.list = ProviderList::Failed { why, at: now.wall };
                }
            }
        }
    }

    /// The policy, read while nothing was being changed. One that was refused is not asked for again by itself.
    fn policy_read(&mut self, now: Now, id: AccountId, next: &Next) {
        let (answer, policy) = super::answers::policy(next);
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.api.sessions.policy_refused =
                matches!(answer, PolicyAnswer::WrongPassword | PolicyAnswer::Refused | PolicyAnswer::Absent);
        }
        if let Some(policy) = policy {
            self.policy_told(now, id, &policy);
        }
    }

    fn end_told(&mut self, now: Now, id: AccountId, session: &SessionId, next: &Next) {
        match ended(next) {
            Ok(()) => self.session_ended(now, id, session),
            Err(why) => {
                tracing::info!(?why, "a session was not ended");
                self.session_not_ended(id, session, why);
            }
        }
        // What is there now, the provider says: also where nobody knows whether it has acted.
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.api.sessions.again = true;
        }
    }

    fn session_not_ended(&mut self, id: AccountId, session: &SessionId, why: EndTrouble) {
        if let Some(account) = self.account(id) {
            account.asking.endings.insert(session.clone(), Ending::Failed(why));
        }
    }

    /// The change's host begins anew, and with it this line: nobody waits for an answer any more.
    pub(in crate::phone::security) fn sessions_begin_anew(&mut self, id: AccountId) {
        if let Some(account) = self.account(id) {
            account.asking.under_way = false;
            account.asking.endings.clear();
        }
    }

    /// The line has another password: what was refused may be allowed now, and what was listed may be gone.
    pub(in crate::phone) fn sessions_anew(&mut self, now: Now, id: AccountId) {
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            let line = &mut hosted.api.sessions;
            (line.refused, line.asked) = (false, None);
            (line.policy_refused, line.policy_asked) = (false, None);
        }
        self.look_at_sessions(now, id, Look::Change);
    }
}

/// How long the provider wants to be left alone.
fn rest(next: &Next) -> Duration {
    let Next::Over(Outcome::Answer(answer)) = next else { return REST };
    answer.retry_after.unwrap_or(REST).min(LONGEST_REST)
}

/// `GET sessions`.
fn read(next: &Next) -> Result<Sessions, ListTrouble> {
    let answer = match next {
        Next::Over(Outcome::Answer(answer)) => answer,
        Next::Over(Outcome::Failed(HttpError::NotSent(_) | HttpError::Unknown(_))) => {
            return Err(ListTrouble::Unreachable);
        }
        Next::Over(Outcome::Failed(HttpError::Redirected(_) | HttpError::TooLong(_) | HttpError::WrongType(_))) => {
            return Err(ListTrouble::Unreadable);
        }
        Next::Send(_) | Next::WrongPassword | Next::NotAllowed => return Err(ListTrouble::Refused),
    };
    match answer.status {
        200 => Sessions::parse(answer.body.expose("a list is read")).map_err(|error| {
            tracing::info!(%error, "the provider's list of sessions makes no sense");
            ListTrouble::Unreadable
        }),
        401 | 403 => Err(ListTrouble::Refused),
        404 | 405 | 410 | 501 => Err(ListTrouble::Gone),
        429 | 500..=599 => Err(ListTrouble::Busy),
        _ => Err(ListTrouble::Unreadable),
    }
}

/// `DELETE sessions/{id}`. What is not there any more has ended.
fn ended(next: &Next) -> Result<(), EndTrouble> {
    let answer = match next {
        Next::Over(Outcome::Answer(answer)) => answer,
        Next::Over(Outcome::Failed(_)) => return Err(EndTrouble::Unreachable),
        Next::Send(_) | Next::WrongPassword | Next::NotAllowed => return Err(EndTrouble::Refused),
    };
    match answer.status {
        200..=299 | 404 | 410 => Ok(()),
        403 => {
            let problem = Problem::parse(answer.body.expose("a problem is read"));
            let enrolled = problem.is_ok_and(|problem| problem.urn() == Urn::SecondFactor);
            Err(if enrolled { EndTrouble::NotEnrolled } else { EndTrouble::Refused })
        }
        429 | 500..=599 => Err(EndTrouble::Busy),
        _ => Err(EndTrouble::Refused),
    }
}
