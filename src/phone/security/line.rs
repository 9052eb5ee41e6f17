//! What the change means for its line: with which password it signs in, whether it may yet, and whom it may call.

use super::hosted::Hosted;
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::{Account, Link};
use crate::phone::command::Dialled;
use crate::phone::guard::Destination;
use crate::phone::password_change::input::Place;
use crate::phone::password_change::output::Credentials;
use crate::phone::password_change::{Input, Status};
use crate::phone::problem::{Problem, ProblemKind};
use crate::provider_api::notices;

impl Phone {
    /// The line is registered: if that was with a password that the machine knows nothing of, it begins anew.
    pub(in crate::phone) fn host_if_new(&mut self, now: Now, id: AccountId) {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let password = account.and_then(|account| account.auth.as_ref()).map(|auth| auth.password());
        let known = self.security.changes.get(&id);
        let knows = known.is_some_and(|it| {
            let staged = it.machine().txn().map(|txn| &txn.new);
            it.reading.is_some() || it.machine().active() == password || staged == password
        });
        if !knows {
            self.begin_hosting(now, id);
        }
    }

    /// While nobody knows whether the new password is in force yet, calls answer with the other one where the first is
    /// refused: what is in progress must not suffer from the uncertainty. REGISTER does not: the machine finds out,
    /// within its budget.
    pub(super) fn lend_alternate(&mut self, id: AccountId) {
        let Some(machine) = self.security.changes.get(&id).map(Hosted::machine) else { return };
        let account = self.accounts.iter_mut().find(|account| account.id() == id);
        let Some(auth) = account.and_then(|account| account.auth.as_mut()) else { return };
        auth.set_doubted(machine.is_in_doubt());
        if let Some(txn) = machine.txn().filter(|_| !machine.can_cancel()) {
            let is_new = *auth.password() == txn.new;
            auth.set_alternate(if is_new { machine.active().cloned() } else { Some(txn.new.clone()) });
        }
    }

    /// A password was proven right: the line signs in with it. Calls go on.
    pub(super) fn use_credentials(&mut self, now: Now, id: AccountId, credentials: Credentials) {
        let Credentials { current, alternate } = credentials;
        let kept = self.place_of(id) == Place::Durable;
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.refused = None;
            hosted.accepted_at = Some(now.wall);
            hosted.forget_alternate = None;
        }
        self.several_proven(id, &current);
        let Some(account) = self.account(id) else { return };
        account.set_passwords(&current, alternate);
        account.unkept = (!kept).then_some(current);
        account.problem = None;
        account.probe_first = false;
        let by_it = account.registration.as_ref().map(|it| it.flow().id);
        match &account.link {
            Link::Up(flow, _) if by_it == Some(flow.id) => {
                self.with_registration(now, id, |it, tools| it.register(tools))
            }
            Link::Up(..) => self.begin_registration(now, id),
            Link::Off | Link::NeedsPassword | Link::Rejected => self.connect(now, id),
            Link::AwaitingPassword | Link::Finding(_) | Link::Opening(..) | Link::Waiting(..) => {}
        }
    }

    /// The registrar refused the password in use (R8). True if the machine is going to find out more: the line is not
    /// given up yet.
    pub(in crate::phone) fn refused_in_use(&mut self, now: Now, id: AccountId, problem: Problem) -> bool {
        let account = self.accounts.iter().find(|account| account.id() == id);
        let times = account.and_then(|account| account.registration.as_ref()).map_or(1, |it| it.refusals().max(1));
        let Some(hosted) = self.security.changes.get_mut(&id) else { return false };
        hosted.refused = Some(problem);
        // The machine has not begun yet: it hears of it as soon as the vault was read.
        hosted.refused_early = hosted.reading.is_some().then_some(times);
        if let Some(account) = self.account(id) {
            account.registered = false;
            account.probe_first = true;
        }
        self.drive(now, id, Input::ActiveRefused(times));
        true
    }

    /// The provider has refused the password elsewhere: to a call, or to the question who is registered. That may be
    /// another server's mistake, so that the line goes on; but it counts in the budget, for whoever bans an address
    /// counts it too.
    pub(in crate::phone) fn refused_elsewhere(&mut self, now: Now, id: AccountId, times: u8) {
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        if hosted.reading.is_some() {
            hosted.uncounted = hosted.uncounted.saturating_add(times);
        }
        self.drive(now, id, Input::LineRefused(times));
    }

    /// A probe showed that the password in use is wrong.
    pub(super) fn active_was_refused(&mut self, id: AccountId) {
        self.several_refused(id);
        let account = self.account(id);
        let problem = account.map(|account| Problem::new(ProblemKind::WrongPassword, account.address.domain.clone()));
        if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.refused = problem;
        }
    }

    /// What becomes of the line while no probe is under way: it waits for the machine, is given up, or signs in.
    pub(super) fn settle_line(&mut self, now: Now, id: AccountId) {
        let Some(hosted) = self.security.changes.get(&id) else { return };
        if self.is_probing(id)
            || self.tries_several(id)
            || hosted.refused_early.is_some()
            || hosted.machine().holds_line()
        {
            return;
        }
        match hosted.refused.clone() {
            Some(problem) => self.give_up_line(now, id, problem),
            None => self.release_line(now, id),
        }
    }

    /// Nothing that we know is accepted: the person is needed.
    fn give_up_line(&mut self, now: Now, id: AccountId, problem: Problem) {
        let Some(account) = self.account(id) else { return };
        if account.link == Link::Rejected || !account.probe_first {
            return;
        }
        account.probe_first = false;
        account.registered = false;
        account.problem = Some(problem);
        let flow = account.flow().map(|flow| flow.id);
        account.link = Link::Rejected;
        if let Some(flow) = flow {
            self.close_flow(now, flow);
        }
    }

    /// The line may sign in by itself.
    pub(super) fn release_line(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.account(id).filter(|account| account.probe_first) else { return };
        account.probe_first = false;
        if account.flow().is_some() {
            self.begin_registration(now, id);
        }
    }

    /// Whether the provider holds outgoing calls back until the change is made.
    pub(in crate::phone) fn is_restricted(&self, id: AccountId) -> bool {
        let over = |hosted: &Hosted| matches!(hosted.status(), Status::Done { .. });
        let enforced = |hosted: &Hosted| hosted.demand.as_ref().is_some_and(|it| it.level == notices::Level::Enforced);
        self.security.changes.get(&id).is_some_and(|hosted| enforced(hosted) && !over(hosted))
    }

    /// Whether this number is held back: all but the provider's own are, those that the screens show. Emergency
    /// numbers never come here.
    pub(in crate::phone) fn is_barred(&self, account: &Account, to: &Dialled, destination: &Destination) -> bool {
        let contact = self.contact(account);
        let shown = [&contact.support, &contact.fraud].into_iter().flatten();
        let own = shown.filter_map(|number| Dialled::parse(number).ok());
        let mut own = own.filter(|number| self.is_same(account, number.as_str(), to, destination));
        self.is_restricted(account.id()) && own.next().is_none()
    }

    /// Whether a change is not over whose end is not known: whoever signs out now may lose the account.
    pub(in crate::phone) fn change_is_open(&self, id: AccountId) -> bool {
        let open = |hosted: &Hosted| hosted.machine().txn().is_some() && !hosted.machine().can_cancel();
        self.security.changes.get(&id).is_some_and(open)
    }
}
