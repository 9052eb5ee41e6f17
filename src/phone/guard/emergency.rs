//! Emergency calls: by whichever way there is, in every state of the phone. With the account's password where it has one,
//! then without (RFC 7406 §1: a provider may take calls of those whom it does not know); by another account if this one
//! has no connection. An account that is not connected is connected at once. Nobody is asked, nothing counts.

use std::time::Duration;

use super::state::{EmergencyView, GuardEvent};
use crate::base::{AccountId, CallId, Mono, Now};
use crate::phone::Phone;
use crate::phone::account::{Account, Link};
use crate::phone::call::Reach;
use crate::phone::command::Dialled;
use crate::phone::event::Event;
use crate::phone::input::Done;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallState, EndReason};

/// How long a way may stay silent before the next is tried.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a connection is waited for before it is said that there is none.
const CONNECT: Duration = Duration::from_secs(20);

/// An emergency call under way.
#[derive(Debug)]
pub(in crate::phone) struct Emergency {
    to: Dialled,
    /// The account that the person chose, then the others.
    accounts: Vec<AccountId>,
    /// What was tried.
    tried: Vec<(AccountId, Way)>,
    /// The call that is being tried now.
    call: Option<CallId>,
    /// When the next way is tried, or waiting for a connection ends.
    until: Option<Mono>,
}

impl Emergency {
    /// Every way that there is has failed.
    fn is_over(&self) -> bool {
        self.call.is_none() && self.until.is_none()
    }
}

/// With or without the password.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Known,
    Unknown,
}

impl Phone {
    /// Places an emergency call: at once, or as soon as there is a connection.
    ///
    /// # Errors
    /// If there is no account at all.
    pub(super) fn emergency_call(&mut self, now: Now, id: AccountId, to: Dialled) -> Result<Done, Problem> {
        if let Some(call) = self.same_emergency(&to) {
            return Ok(Done::Call(call));
        }
        let others = self.accounts.iter().filter(|one| one.id() != id && !one.demo && !self.is_signing_in(one.id()));
        let accounts: Vec<AccountId> = std::iter::once(id).chain(others.map(Account::id)).collect();
        self.with_calls(now, |calls, env| calls.hang_up_all(env));
        self.end_quiet(now);
        self.host.emergency = Some(Emergency { to, accounts, tried: Vec::new(), call: None, until: None });
        self.next_way(now);
        let call = self.host.emergency.as_ref().and_then(|emergency| emergency.call);
        Ok(call.map_or(Done::Ok, Done::Call))
    }

    /// The call that is there already, if the same number was dialled twice.
    fn same_emergency(&self, to: &Dialled) -> Option<CallId> {
        let emergency = self.host.emergency.as_ref().filter(|emergency| emergency.to == *to)?;
        let id = emergency.call?;
        let live = |state: &CallState| !matches!(state, CallState::Ended(_));
        self.calls.views().iter().any(|call| call.id == id && live(&call.state)).then_some(id)
    }

    /// Tries the first way that was not tried yet and is there.
    fn next_way(&mut self, now: Now) {
        let Some(emergency) = &self.host.emergency else { return };
        let (accounts, tried, to) = (emergency.accounts.clone(), emergency.tried.clone(), emergency.to.clone());
        let open = |(id, way): &(AccountId, Way)| {
            let account = self.accounts.iter().find(|one| one.id() == *id)?;
            // Without a password there is only one way.
            let useful = *way == Way::Unknown || account.auth.is_some();
            let line = account.line().filter(|_| useful && !tried.contains(&(*id, *way)))?;
            Some((*id, *way, line))
        };
        let ways = [Way::Known, Way::Unknown].into_iter().flat_map(|way| accounts.iter().map(move |id| (*id, way)));
        let Some((id, way, line)) = ways.collect::<Vec<_>>().iter().find_map(open) else {
            return self.no_way(now);
        };
        let reach = match way {
            Way::Known => Reach::Emergency,
            Way::Unknown => Reach::Unsigned,
        };
        let placed = self.with_calls(now, |calls, env| calls.reach(env, &line, &to, reach));
        if let Some(emergency) = &mut self.host.emergency {
            emergency.tried.push((id, way));
            emergency.call = placed.as_ref().ok().copied();
            emergency.until = Some(now.mono + PATIENCE);
        }
        match placed {
            Ok(_) => self.tell_emergency(&to, !tried.is_empty()),
            Err(_) => self.next_way(now),
        }
    }

    /// No account has a connection that was not tried: connect those that have none.
    fn no_way(&mut self, now: Now) {
        let Some(emergency) = &mut self.host.emergency else { return };
        let (to, accounts, tried) = (emergency.to.clone(), emergency.accounts.clone(), emergency.tried.clone());
        emergency.call = None;
        let ids: Vec<AccountId> = accounts.into_iter().filter(|id| tried.iter().all(|(one, _)| one != id)).collect();
        if ids.is_empty() {
            emergency.until = None;
            self.end_quiet(now);
            return self.tell_emergency(&to, true);
        }
        emergency.until = Some(now.mono + CONNECT);
        for id in ids {
            self.connect_for_emergency(now, id);
        }
        // A connection by UDP may be there already.
        let connected = self.host.emergency.as_ref().is_some_and(|emergency| emergency.call.is_some());
        if !connected {
            self.tell_emergency(&to, true);
        }
    }

    fn connect_for_emergency(&mut self, now: Now, id: AccountId) {
        if self.is_signing_in(id) {
            return; // It is being connected.
        }
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        match &account.link {
            Link::Up(..) | Link::Finding(_) | Link::Opening(..) => {}
            Link::Waiting(..) => self.connect(now, id),
            Link::Off | Link::AwaitingPassword | Link::NeedsPassword | Link::Rejected => {
                // A password that was refused, or is not there, is not tried now: INVITE only.
                let before = std::mem::replace(&mut account.link, Link::Off);
                self.host.quiet.insert(id, before);
                self.connect(now, id);
            }
        }
    }

    /// An account has a flow: if an emergency call waits for one, it goes first.
    pub(in crate::phone) fn emergency_flow(&mut self, now: Now) {
        if self.host.emergency.as_ref().is_some_and(|emergency| emergency.call.is_none() && emergency.until.is_some()) {
            self.next_way(now);
        }
    }

    /// Goes on where a way was silent or refused. True if there is something to send.
    pub(super) fn emergency_due(&mut self, now: Now) -> bool {
        let Some(emergency) = &self.host.emergency else { return false };
        // It has not rung yet.
        let waits = emergency.until.is_some();
        let late = emergency.until.is_some_and(|until| until <= now.mono);
        let Some(id) = emergency.call else {
            if late {
                let to = emergency.to.clone();
                if let Some(emergency) = &mut self.host.emergency {
                    emergency.until = None;
                }
                self.end_quiet(now);
                self.tell_emergency(&to, true);
            }
            return late;
        };
        let view = self.calls.views().into_iter().find(|call| call.id == id);
        match view.map(|call| call.state) {
            Some(CallState::Inviting) if late && !self.calls.is_tried(id) => {
                self.with_calls(now, |calls, env| calls.hang_up(env, id).unwrap_or_default());
                self.next_way(now);
                true
            }
            Some(CallState::Ended(EndReason::Failed(problem))) if waits && is_no_answer(&problem) => {
                self.next_way(now);
                true
            }
            Some(CallState::Ended(_)) | None => {
                self.host.emergency = None;
                self.host.state.emergency = None;
                self.end_quiet(now);
                true
            }
            Some(CallState::Inviting | CallState::Offered | CallState::Answering) => false,
            Some(CallState::Ringing | CallState::Early | CallState::Established) => {
                if let Some(emergency) = &mut self.host.emergency {
                    emergency.until = None;
                }
                if let Some(state) = &mut self.host.state.emergency {
                    state.use_mobile = false;
                }
                false
            }
        }
    }

    pub(super) fn emergency_next_timeout(&self) -> Option<Mono> {
        let emergency = self.host.emergency.as_ref()?;
        emergency.until.filter(|_| emergency.call.is_none_or(|call| !self.calls.is_tried(call)))
    }

    /// The person has read that there is no way.
    pub(super) fn dismiss_emergency(&mut self) {
        if self.host.emergency.as_ref().is_some_and(Emergency::is_over) {
            self.host.emergency = None;
            self.host.state.emergency = None;
        }
    }

    fn tell_emergency(&mut self, to: &Dialled, use_mobile: bool) {
        let over = self.host.emergency.as_ref().is_some_and(Emergency::is_over);
        let state = EmergencyView { number: to.as_str().to_owned(), use_mobile, over };
        if self.host.state.emergency.as_ref() != Some(&state) {
            self.host.state.emergency = Some(state.clone());
            self.out.push_back(Output::Event(Event::Guard(Box::new(GuardEvent::Emergency(state)))));
        }
    }

    /// Accounts that were connected for the emergency call only are what they were before.
    fn end_quiet(&mut self, now: Now) {
        for (id, before) in std::mem::take(&mut self.host.quiet) {
            let Some(account) = self.account(id) else { continue };
            let flow = account.flow().map(|flow| flow.id);
            // The keyring may have answered meanwhile.
            let has_password = account.auth.is_some() && before != Link::Rejected;
            account.link = before;
            if let Some(flow) = flow {
                self.close_flow(now, flow);
            }
            if has_password {
                self.connect(now, id);
            }
        }
    }
}

/// Whether a failure means that nobody took the call: then the next way is tried. Busy and declined came from somebody.
fn is_no_answer(problem: &Problem) -> bool {
    !matches!(problem.kind, ProblemKind::Busy | ProblemKind::Declined)
}
