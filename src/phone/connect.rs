//! The connection of an account: find its server, open a flow, hand it to the registration; and begin again when it
//! is lost. Only the transport that sign-in found is used: what was once protected is never unprotected later.

use std::time::Duration;

use super::account::{Account, Link, tls_name, wanted};
use super::locate::{Candidate, Locate};
use super::sign_in::{missing_problem, problem_of, target};
use super::{Phone, probe};
use crate::base::{AccountId, Mono, Now, WallTime};
use crate::phone::notice::Why;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::registration::{Change, Granted, Registration, Setup};
use crate::phone::security::api::Look;
use crate::port::RequestId;
use crate::port::dns::Answer;
use crate::port::net::{Flow, FlowId, NetError, Order, Target};
use crate::sip::NameAddr;
use crate::sip::invite::{Auth, Tools};

/// Seconds that a REGISTER asks for.
pub(super) const EXPIRES: u32 = 600;
/// The first wait after a failure; doubled by each further one (RFC 5626 §4.5, which waits longer at first).
const FIRST_WAIT: Duration = Duration::from_secs(4);
/// The longest wait (RFC 5626 §4.5).
const LONGEST_WAIT: Duration = Duration::from_secs(1800);

impl Phone {
    pub(super) fn account(&mut self, id: AccountId) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.id() == id)
    }

    /// Connects an account whose password is known.
    pub(super) fn connect(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.account(id) else { return };
        let transports = vec![account.record.transport];
        match wanted(&account.record.draft, &account.address, transports) {
            Ok(wanted) => {
                account.link = Link::Finding(Locate::new(wanted));
                self.find(now, id);
            }
            Err(problem) => self.connect_failed(now, id, problem),
        }
    }

    /// Connects anew: the old flow is of no use any more, or the person does not want to wait.
    pub(super) fn reconnect(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.account(id) else { return };
        account.registered = false;
        let problem = Problem::new(ProblemKind::ConnectionLost, account.provider());
        strand(account, now, problem);
        if let Some(flow) = account.flow().cloned() {
            account.link = Link::Off;
            self.close_flow(now, flow.id);
        }
        self.connect(now, id);
    }

    /// Closes a flow; what waits for an answer on it waits no longer.
    pub(super) fn close_flow(&mut self, now: Now, flow: FlowId) {
        self.out.push_back(Output::Net(Order::Close(flow)));
        self.endpoint.flow_failed(now, flow, &NetError::Closed);
    }

    fn find(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let Link::Finding(locate) = &mut account.link else { return };
        self.out.extend(locate.ask(&mut self.attempts).into_iter().map(|(id, query)| Output::Dns(id, query)));
        match locate.outcome(&mut self.entropy) {
            None => {}
            Some(Err(missing)) => {
                let problem = missing_problem(missing, &locate.wanted().host);
                self.connect_failed(now, id, problem);
            }
            Some(Ok(candidates)) => {
                account.servers = candidates.iter().map(|one| (one.transport, one.addr)).collect();
                let problem = Problem::new(ProblemKind::NoAnswer, &account.address.domain);
                self.open_next(now, id, candidates, problem);
            }
        }
    }

    /// An answer of the name service: whoever waits for it takes it.
    pub(super) fn on_dns(&mut self, now: Now, query: RequestId, answer: &Answer) {
        if let Some(sign_in) = &mut self.sign_in
            && let super::sign_in::Phase::Finding(locate) = &mut sign_in.phase
            && locate.answer(query, answer)
        {
            self.sign_in_find(now);
        }
        let ids: Vec<AccountId> = self.accounts.iter().map(Account::id).collect();
        for id in ids {
            if let Some(account) = self.account(id)
                && let Link::Finding(locate) = &mut account.link
                && locate.answer(query, answer)
            {
                self.find(now, id);
            }
        }
    }

    fn open_next(&mut self, now: Now, id: AccountId, mut candidates: Vec<Candidate>, problem: Problem) {
        if candidates.is_empty() {
            return self.connect_failed(now, id, problem);
        }
        let candidate = candidates.remove(0);
        let attempt = self.attempts.count();
        let Some(account) = self.account(id) else { return };
        match tls_name(&account.record.draft, &account.address) {
            Ok(name) => {
                let pin = account.record.draft.trusted_certificate;
                let target = target(&candidate, &name, id, pin, attempt);
                account.link = Link::Opening(target.clone(), candidates);
                self.out.push_back(Output::Net(Order::Open(target)));
            }
            Err(problem) => self.connect_failed(now, id, problem),
        }
    }

    pub(super) fn on_opened(&mut self, now: Now, target: &Target, flow: Flow) {
        if self.sign_in_opened(now, target, &flow) || self.stream_opened(now, target, &flow) {
            return;
        }
        let opening = |one: &&mut Account| one.link.opening().is_some_and(|(it, _)| it == target);
        if let Some(account) = self.accounts.iter_mut().find(opening) {
            let rest = account.link.opening().map(|(_, rest)| rest.clone()).unwrap_or_default();
            account.link = Link::Up(flow, rest);
            let id = account.id();
            self.emergency_flow(now);
            return self.begin_registration(now, id);
        }
        if !self.accounts.iter().any(|account| account.flow().is_some_and(|used| used.id == flow.id)) {
            self.close_flow(now, flow.id);
        }
    }

    pub(super) fn on_open_failed(&mut self, now: Now, target: &Target, error: &NetError) {
        if self.sign_in_open_failed(now, target, error) || self.stream_refused(now, target) {
            return;
        }
        let waiting = self.accounts.iter().find_map(|one| {
            let (_, rest) = one.link.opening().filter(|(it, _)| *it == target)?;
            Some((one.id(), rest.clone(), one.address.domain.clone()))
        });
        if let Some((id, rest, domain)) = waiting {
            let name = target.tls_name.clone().unwrap_or_else(|| domain.clone());
            self.certificate_refused(now, id, error);
            self.open_next(now, id, rest, problem_of(error, &domain, &name, now.wall));
        }
    }

    /// A flow is gone.
    pub(super) fn on_closed(&mut self, now: Now, id: FlowId, error: &NetError) {
        self.endpoint.flow_failed(now, id, error);
        self.stream_closed(id);
        if self.sign_in_closed(now, id, error) {
            return;
        }
        let on_it = self.accounts.iter().find(|account| account.flow().is_some_and(|flow| flow.id == id));
        let Some(account) = on_it else { return };
        let (account, domain) = (account.id(), account.address.domain.clone());
        if self.is_signing_in(account) {
            let problem = problem_of(error, &domain, &domain, now.wall);
            return self.sign_in_failed(now, problem);
        }
        self.lost(now, account, Problem::new(ProblemKind::ConnectionLost, domain));
    }

    /// The flow of an account is of no use any more: look for another at once, if the last one had been of use.
    fn lost(&mut self, now: Now, id: AccountId, problem: Problem) {
        let Some(account) = self.account(id) else { return };
        let was_ready = account.is_ready();
        account.registered = false;
        strand(account, now, problem.clone());
        let rest = account.link.take_up().map(|(_, rest)| rest).unwrap_or_default();
        if was_ready {
            account.problem = Some(problem);
            self.connect(now, id);
        } else {
            self.open_next(now, id, rest, problem);
        }
    }

    /// No way leads to the server now: again later.
    fn connect_failed(&mut self, now: Now, id: AccountId, problem: Problem) {
        let fraction = self.entropy.fraction();
        let Some(account) = self.account(id) else { return };
        let doubled = FIRST_WAIT.saturating_mul(1 << account.failures.min(10));
        let wait = doubled.min(LONGEST_WAIT).mul_f64(0.5 + fraction / 2.0);
        account.failures = account.failures.saturating_add(1);
        account.registered = false;
        account.problem = Some(problem);
        account.link = waiting(now, now.mono + wait);
    }

    /// The flow of an account is open: REGISTER on it, or leave it at that.
    pub(super) fn begin_registration(&mut self, now: Now, id: AccountId) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        let Some(flow) = account.flow().cloned() else { return };
        if self.host.is_quiet(id) {
            return self.line_changed(now, id);
        }
        if account.probe_first {
            return self.probes_go_on(now);
        }
        if account.record.draft.no_registration {
            account.failures = 0;
            account.problem = None;
            self.signed_in(now, id);
            self.line_changed(now, id);
            return self.ask_realm(now, id);
        }
        let contact = probe::contact(&account.contact_user, flow.local, flow.transport);
        let mut registration = match account.registration.take() {
            Some(registration) => registration,
            None => Registration::new(setup(account, &flow, contact.clone()), &mut self.entropy),
        };
        let mut tools = tools(now, &mut self.endpoint, &mut self.entropy, account);
        registration.set_flow(&mut tools, flow, contact);
        account.registration = Some(registration);
        self.registration_changes(now, id);
    }

    /// Something was done with a registration: take what follows from it.
    pub(super) fn registration_changes(&mut self, now: Now, id: AccountId) {
        while let Some(change) =
            self.account(id).and_then(|account| account.registration.as_mut()).and_then(Registration::poll)
        {
            match change {
                Change::Registered(granted) => self.registered(now, id, granted),
                Change::Refused(problem) => self.refused(now, id, problem),
                Change::NeedsPassword => self.needs_password(now, id),
                Change::NextServer(problem) => self.next_server(now, id, problem),
                Change::Waiting(until, problem) => self.registration_waits(now, id, until, problem),
                Change::Reconnect => self.wait_is_over(now, id),
                Change::KeepAlive(flow) => self.out.push_back(Output::Net(Order::KeepAlive(flow))),
                Change::Unregistered => self.unregistered(now, id),
            }
        }
    }

    fn registered(&mut self, now: Now, id: AccountId, granted: Granted) {
        let Some(account) = self.account(id) else { return };
        let vouched = !granted.realms.is_empty();
        let first = !account.registered || (vouched && !account.vouched);
        (account.registered, account.vouched) = (true, vouched);
        account.failures = 0;
        account.problem = None;
        account.service_route = granted.service_route;
        let pins = account.record.realms.is_empty() && !granted.realms.is_empty();
        if pins {
            account.record.realms = granted.realms;
        }
        let news = account.remember_strength() | account.remember_protection(now) | pins;
        let unkept = account.unkept.is_some() && account.may_keep();
        let date = granted.date;
        if self.is_signing_in(id) {
            self.signed_in(now, id);
            self.begin_hosting(now, id);
        } else {
            if news {
                self.save_accounts();
            }
            if first && unkept {
                self.keep_password(id);
            }
            self.host_if_new(now, id);
        }
        self.saw_devices(now, id, &granted.bindings, granted.listed);
        self.heard_date(now, id, date.as_deref());
        self.enrol_in_peace(id);
        self.look_at_sessions(now, id, Look::Registered);
        self.look_at_policy(now, id);
        self.look_for_own_notices(now, id, false);
        self.watch_registrations(now, id);
        self.line_changed(now, id);
    }

    fn refused(&mut self, now: Now, id: AccountId, problem: Problem) {
        if self.is_signing_in(id) {
            self.sign_in_failed(now, problem.clone());
            return self.alarm_of(now, id, &problem);
        }
        self.alarm_of(now, id, &problem);
        if problem.kind == ProblemKind::WrongPassword {
            self.several_refused(id);
        }
        self.look_for_notices(now, id, Why::Refused);
        if problem.kind == ProblemKind::WrongPassword && self.refused_in_use(now, id, problem.clone()) {
            return;
        }
        let Some(account) = self.account(id) else { return };
        account.registered = false;
        account.problem = Some(problem);
        if let Some(flow) = account.flow().cloned() {
            account.link = Link::Rejected;
            self.close_flow(now, flow.id);
        }
    }

    fn needs_password(&mut self, now: Now, id: AccountId) {
        if self.is_signing_in(id) {
            let domain = self.account(id).map(|account| account.address.domain.clone()).unwrap_or_default();
            return self.sign_in_failed(now, Problem::new(ProblemKind::WrongPassword, domain));
        }
        if let Some(account) = self.account(id) {
            account.registered = false;
            account.link = Link::NeedsPassword;
        }
    }

    /// The server wants no more requests of an account that has another one to go to.
    pub(super) fn leave_server(&mut self, now: Now, id: AccountId, problem: Problem) {
        if let Some(account) = self.account(id) {
            strand(account, now, problem.clone());
            self.next_server(now, id, problem);
        }
    }

    fn next_server(&mut self, now: Now, id: AccountId, problem: Problem) {
        let Some(account) = self.account(id) else { return };
        account.registered = false;
        let Some((flow, rest)) = account.link.take_up() else { return };
        self.close_flow(now, flow.id);
        if !rest.is_empty() {
            return self.open_next(now, id, rest, problem);
        }
        if self.is_signing_in(id) {
            return self.sign_in_failed(now, problem);
        }
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        if let Some(registration) = &mut account.registration {
            registration.wait(now, &mut self.entropy);
        }
    }

    /// The wait of a registration is over: that of its account, too.
    fn wait_is_over(&mut self, now: Now, id: AccountId) {
        if self.account(id).is_some_and(|account| matches!(account.link, Link::Waiting(..) | Link::Off)) {
            self.connect(now, id);
        }
    }

    fn registration_waits(&mut self, now: Now, id: AccountId, until: Mono, problem: Problem) {
        if self.is_signing_in(id) {
            return self.sign_in_failed(now, problem);
        }
        let Some(account) = self.account(id) else { return };
        account.registered = false;
        account.problem = Some(problem);
        if let Some(flow) = account.flow().cloned() {
            self.close_flow(now, flow.id);
        }
        if let Some(account) = self.account(id) {
            account.link = waiting(now, until);
        }
    }

    /// The person does not want to wait, or the network has changed: begin anew where there is something to begin.
    pub(super) fn retry(&mut self, now: Now, id: AccountId) -> bool {
        let Some(account) = self.account(id) else { return false };
        match &account.link {
            Link::NeedsPassword => {
                self.load_password(id);
                true
            }
            Link::Off | Link::AwaitingPassword => false,
            Link::Rejected | Link::Finding(_) | Link::Opening(..) | Link::Up(..) | Link::Waiting(..) => {
                account.failures = 0;
                self.reconnect(now, id);
                true
            }
        }
    }

    /// The machine's addresses changed, or it slept: whatever was connected is doubtful now, and what is asked or being
    /// opened went by a network that may be gone. The next change comes when it comes; nothing here causes one.
    pub(super) fn network_changed(&mut self, now: Now) {
        self.look_for_all_notices(now);
        let doubtful = |account: &&Account| match account.link {
            Link::Finding(_) | Link::Opening(..) | Link::Up(..) | Link::Waiting(..) => true,
            Link::Off | Link::AwaitingPassword | Link::NeedsPassword | Link::Rejected => false,
        };
        let ids: Vec<AccountId> = self.accounts.iter().filter(doubtful).map(Account::id).collect();
        for id in ids {
            if !self.is_signing_in(id)
                && let Some(account) = self.account(id)
            {
                account.registered = false;
                account.failures = 0;
                self.reconnect(now, id);
            }
        }
    }

    /// Timers of connections.
    pub(super) fn connect_timeout(&mut self, now: Now) {
        let due = |account: &&Account| account.link.waits_until().is_some_and(|at| at <= now.mono);
        let ids: Vec<AccountId> = self.accounts.iter().filter(due).map(Account::id).collect();
        for id in ids {
            self.connect(now, id);
        }
        let due = |account: &&Account| {
            let at = account.registration.as_ref().and_then(Registration::next_timeout);
            at.is_some_and(|(at, _)| at <= now.mono)
        };
        let ids: Vec<AccountId> = self.accounts.iter().filter(due).map(Account::id).collect();
        for id in ids {
            self.with_registration(now, id, Registration::handle_timeout);
        }
    }

    /// Lends a registration what it needs, and takes what follows.
    pub(super) fn with_registration(
        &mut self,
        now: Now,
        id: AccountId,
        act: impl FnOnce(&mut Registration, &mut Tools<'_>),
    ) {
        let Some(account) = self.accounts.iter_mut().find(|account| account.id() == id) else { return };
        if let Some(mut registration) = account.registration.take() {
            act(&mut registration, &mut tools(now, &mut self.endpoint, &mut self.entropy, account));
            account.registration = Some(registration);
            self.registration_changes(now, id);
        }
    }

    /// When the next timer of a connection is due.
    pub(super) fn connect_next_timeout(&self) -> Option<(Mono, &'static str)> {
        let waits = self.accounts.iter().filter_map(|account| account.link.waits_until());
        let waits = waits.map(|at| (at, "try to connect again"));
        let timers = self.accounts.iter().filter_map(|account| account.registration.as_ref()?.next_timeout());
        waits.chain(timers).min_by_key(|(at, _)| *at)
    }
}

/// The registration has no flow any more. What it wants done about that is being done.
fn strand(account: &mut Account, now: Now, problem: Problem) {
    if let Some(registration) = &mut account.registration {
        registration.flow_lost(now, problem);
        while registration.poll().is_some() {}
    }
}

fn waiting(now: Now, until: Mono) -> Link {
    let wait = i64::try_from(until.since(now.mono).as_millis()).unwrap_or(i64::MAX);
    Link::Waiting(until, WallTime(now.wall.as_millis().saturating_add(wait)))
}

fn setup(account: &Account, flow: &Flow, contact: crate::sip::SipUri) -> Setup {
    let aor = NameAddr::new(probe::address_of_record(&account.address));
    let instance = Some(format!("urn:uuid:{}", account.record.uuid));
    Setup {
        flow: flow.clone(),
        registrar: probe::registrar(&account.address),
        aor: match &account.record.draft.display_name {
            Some(name) => aor.with_display(name),
            None => aor,
        },
        contact,
        routes: probe::routes(&account.record.draft, &account.address),
        expires: EXPIRES,
        instance,
        about: account.provider(),
    }
}

/// What a registration of this account may use.
pub(super) fn tools<'a>(
    now: Now,
    endpoint: &'a mut crate::sip::endpoint::Endpoint,
    entropy: &'a mut crate::base::Entropy,
    account: &'a mut Account,
) -> Tools<'a> {
    let realms = account.record.realms.as_slice();
    let auth = account.auth.as_mut().map(|authenticator| Auth { authenticator, realms });
    Tools { now, endpoint, entropy, auth }
}
