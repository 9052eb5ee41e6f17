//! Signing in: find the server, try TLS, TCP, UDP in this order, REGISTER, keep the password.
//!
//! ```text
//! Finding ─► Trying ─► Registering ─► Keeping ─► (done)
//!               │ only an unencrypted transport answers
//!               └────► Asking ─► Registering           every state ─► Failed; the draft stays in the window
//! ```
//!
//! Finding takes six seconds at most, trying six more from the moment when the servers are known: however long DNS took,
//! every transport is tried, and a person hears the result within twelve. A less protected transport is not even tried
//! before the better ones have failed or taken long, so that a provider with TLS never sees the account's name in the
//! clear. The password is
//! not used before a transport is chosen; a wrong certificate ends the attempt, for it may be an attack. TCP and UDP
//! count as answering when a REGISTER that binds nothing (RFC 3261 §10.2.3) gets any answer.

mod progress;
mod tries;

pub(super) use progress::{Demo, Phase, SignIn, Wish};
pub(super) use tries::{missing_problem, problem_of, target};

use std::time::Duration;

use super::account::{Account, Link, tls_name, wanted};
use super::address::Address;
use super::input::{DemoLine, Done, Ticket};
use super::locate::{Locate, Missing};
use super::{Phone, probe};
use crate::base::{AccountId, Now};
use crate::codec;
use crate::phone::documents::Record;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::trust::Alarm;
use crate::phone::view::{PasswordPlace, SignInView};
use crate::port::net::{CertificateError, Flow, FlowId, NetError, Order, Target, Transport};
use crate::sip::endpoint::ClientKey;
use progress::failed;
use tries::{Try, TryState};

/// Finding, and then trying, for so long each. Not together: what slow DNS took would be missing for the last transport.
const PATIENCE: Duration = Duration::from_secs(6);
/// A better transport that is still silent then is given up for a worse one that answers.
const PREFERENCE: Duration = Duration::from_secs(4);
/// How much later than the one before it each transport is tried when that one is silent.
const STAGGER: Duration = Duration::from_millis(1500);
/// REGISTER with its challenge, on a transport that was seen to answer.
const REGISTERING: Duration = Duration::from_secs(6);

impl Phone {
    /// A person wants to sign in. One at a time: others wait for their turn.
    pub(super) fn sign_in(&mut self, now: Now, wish: Wish) {
        self.wishes.push_back(wish);
        self.next_wish(now);
    }

    /// Whoever waits for a turn gets it: also after a sign-in that ended with the vault's answer.
    pub(super) fn next_wish(&mut self, now: Now) {
        while self.sign_in.is_none() {
            let Some(wish) = self.wishes.pop_front() else { return };
            let ticket = wish.ticket;
            if let Err(problem) = self.begin_sign_in(now, wish) {
                self.view.sign_in = SignInView::Failed(Vec::new(), problem.clone());
                self.answer_failure(ticket, problem);
            }
        }
    }

    fn begin_sign_in(&mut self, now: Now, wish: Wish) -> Result<(), Problem> {
        self.distrusted = None;
        let address = Address::parse(&wish.draft.address)?;
        let transports = match wish.draft.transport {
            Some(Transport::Tcp | Transport::Udp) if address.secure => {
                return Err(Problem::new(ProblemKind::SipsWantsTls, &address.domain));
            }
            Some(transport) => vec![transport],
            None if address.secure => vec![Transport::Tls],
            None => vec![Transport::Tls, Transport::Tcp, Transport::Udp],
        };
        if let Some(website) = wish.draft.website.as_deref().map(str::trim).filter(|website| !website.is_empty())
            && super::security::links::typed(website).is_none()
        {
            return Err(Problem::new(ProblemKind::BadWebsite, website));
        }
        if wish.draft.codecs.iter().any(|name| codec::row(name).is_none()) {
            return Err(Problem::new(ProblemKind::UnknownCodec, &address.domain));
        }
        let wanted = wanted(&wish.draft, &address, transports)?;
        let tls_name = tls_name(&wish.draft, &address)?;
        let (id, uuid, replaced) = self.make_room(now, &address)?;
        // Who trusted a certificate once is not asked again as if it was the first time.
        let trusted_before = || replaced.as_ref().and_then(|before| before.record.draft.trusted_certificate);
        let pin = wish.draft.trusted_certificate.or_else(trusted_before);
        let deadline = now.mono + PATIENCE;
        let (host, locate) = (wanted.host.clone(), Locate::new(wanted));
        let (servers, tries, phase) = (Vec::new(), Vec::new(), Phase::Finding(locate));
        let began = now.mono;
        self.sign_in = Some(SignIn {
            id,
            wish,
            address,
            host,
            tls_name,
            pin,
            uuid,
            replaced,
            servers,
            phase,
            tries,
            deadline,
            began,
        });
        self.sign_in_find(now);
        Ok(())
    }

    /// The number and vault name of the account to come: those of the account that has this address, if there is one.
    fn make_room(&mut self, now: Now, address: &Address) -> Result<(AccountId, String, Option<Box<Account>>), Problem> {
        let contact_user = self.entropy.token(12);
        let same = self.accounts.iter().find(|account| account.address.shown() == address.shown());
        let Some(before) = same.map(|account| Box::new(account.anew(contact_user))) else {
            return Ok((AccountId(self.next_account), self.new_uuid(), None));
        };
        let (id, uuid) = (before.id(), before.record.uuid.clone());
        if self.has_calls(id) {
            return Err(Problem::new(ProblemKind::NotNow, address.shown()));
        }
        drop(self.leave(now, id));
        Ok((id, uuid, Some(before)))
    }

    /// Look-ups, until it is known where the servers are.
    pub(super) fn sign_in_find(&mut self, now: Now) {
        let Some(sign_in) = &mut self.sign_in else { return };
        let Phase::Finding(locate) = &mut sign_in.phase else { return };
        self.out.extend(locate.ask(&mut self.attempts).into_iter().map(|(id, query)| Output::Dns(id, query)));
        match locate.outcome(&mut self.entropy) {
            None => {}
            Some(Err(missing)) => {
                let problem = missing_problem(missing, &sign_in.host);
                self.sign_in_failed(now, problem);
            }
            Some(Ok(candidates)) => {
                let transports = locate.wanted().transports.clone();
                sign_in.tries = transports.into_iter().map(|transport| Try::new(transport, &candidates)).collect();
                sign_in.servers = candidates;
                sign_in.phase = Phase::Trying;
                sign_in.began = now.mono;
                sign_in.deadline = now.mono + PATIENCE;
                self.sign_in_go_on(now);
            }
        }
    }

    /// Starts what may start, decides what can be decided.
    pub(super) fn sign_in_go_on(&mut self, now: Now) {
        let Some(sign_in) = &mut self.sign_in else { return };
        if !matches!(sign_in.phase, Phase::Trying) {
            return;
        }
        let mut better_failed = true;
        for index in 0..sign_in.tries.len() {
            let due = better_failed || now.mono >= sign_in.begins(index);
            let to = sign_in.destination();
            let Some(one) = sign_in.tries.get_mut(index) else { break };
            if due && matches!(one.state, TryState::NotYet) {
                one.open_next(&to, self.attempts.count(), NetError::TimedOut, &mut self.out);
            }
            better_failed &= matches!(one.state, TryState::Failed(_));
            if matches!(one.state, TryState::Failed(NetError::Certificate(..))) {
                break;
            }
        }
        self.sign_in_decide(now);
    }

    fn sign_in_decide(&mut self, now: Now) {
        let Some(sign_in) = &mut self.sign_in else { return };
        let over = now.mono >= sign_in.deadline;
        let preference_over = over || now.mono >= sign_in.began + PREFERENCE;
        let mut certificate = None;
        for one in &sign_in.tries {
            match &one.state {
                TryState::Answers(flow) => {
                    let flow = flow.clone();
                    return self.sign_in_chosen(now, flow);
                }
                TryState::Failed(error @ NetError::Certificate(..)) => {
                    certificate = Some(error.clone());
                    break;
                }
                TryState::Failed(_) => {}
                TryState::NotYet | TryState::Opening(_) | TryState::Probing(..) if preference_over => {}
                TryState::NotYet | TryState::Opening(_) | TryState::Probing(..) => return,
            }
        }
        let pending = |one: &Try| !matches!(one.state, TryState::Failed(_));
        if let Some(error) = certificate {
            self.sign_in_not_vouched(now, &error);
        } else if over || !sign_in.tries.iter().any(pending) {
            let problem = sign_in.trouble(now);
            self.sign_in_failed(now, problem);
        }
    }

    /// The server's certificate is not to be trusted: that is the end of this attempt. Where a person may decide
    /// otherwise, they are asked, and it begins anew if they do.
    fn sign_in_not_vouched(&mut self, now: Now, error: &NetError) {
        let Some(sign_in) = &self.sign_in else { return };
        let (id, question) = (sign_in.id, sign_in.question(error));
        let mut problem = problem_of(error, &sign_in.host, &sign_in.tls_name, now.wall);
        if let (NetError::Certificate(CertificateError::Changed, Some(shown)), Some(pin)) = (error, sign_in.pin) {
            problem.detail = Some(format!("The server shows {shown}; you trusted {pin}."));
        }
        let Wish { ticket, draft, password, demo } = &sign_in.wish;
        // An agent is told, and asks again with the fingerprint in its line.
        let again = ticket.is_none().then(|| Wish {
            ticket: None,
            draft: draft.clone(),
            password: password.clone(),
            demo: demo.clone(),
        });
        self.sign_in_failed(now, problem);
        self.distrusted = again.zip(question);
        self.certificate_refused(now, id, error);
    }

    fn sign_in_chosen(&mut self, now: Now, flow: Flow) {
        let Some(sign_in) = &mut self.sign_in else { return };
        let chosen = flow.transport;
        if chosen != Transport::Tls && sign_in.replaced.as_ref().is_some_and(|before| before.record.trust.tls) {
            let (id, problem) = (sign_in.id, Problem::new(ProblemKind::WeakerTransport, &sign_in.host));
            self.sign_in_failed(now, problem);
            return self.raise_alarm(now, id, Alarm::NoTls);
        }
        if chosen != Transport::Tls && !sign_in.consented() {
            sign_in.phase = Phase::Asking(chosen);
            if sign_in.wish.ticket.is_some() {
                // An agent cannot be asked: it says so in its line, or goes without.
                let problem = Problem::new(ProblemKind::UnencryptedOnly, &sign_in.host);
                self.sign_in_failed(now, problem);
            }
            return;
        }
        let others = sign_in.tries.iter_mut().filter(|one| one.transport != chosen);
        let others: Vec<FlowId> = others.filter_map(Try::give_up).collect();
        sign_in.phase = Phase::Registering;
        if sign_in.tries.len() > 1 {
            sign_in.deadline = now.mono + REGISTERING;
        }
        let rest = sign_in.servers.iter().filter(|one| one.transport == chosen && one.addr != flow.remote);
        let rest = rest.cloned().collect();
        for other in others {
            self.close_flow(now, other);
        }
        let Some(mut account) = self.candidate_account(&flow) else { return };
        let id = account.id();
        account.link = Link::Up(flow, rest);
        self.accounts.push(account);
        self.begin_registration(now, id);
    }

    /// The account as it will be kept.
    fn candidate_account(&mut self, flow: &Flow) -> Option<Account> {
        let contact_user = self.entropy.token(12);
        let sign_in = self.sign_in.as_ref()?;
        let wish = &sign_in.wish;
        let mut draft = wish.draft.clone();
        draft.unencrypted_ok |= flow.transport != Transport::Tls;
        draft.trusted_certificate = sign_in.pin;
        let (id, uuid, transport) = (sign_in.id, sign_in.uuid.clone(), flow.transport);
        let mut record = Record::new(id, uuid, draft, transport);
        if let Some(replaced) = sign_in.replaced.as_ref().map(|before| &before.record) {
            // Signing in anew forgets nothing that the account was protected by.
            record.strongest.clone_from(&replaced.strongest);
            record.trust.clone_from(&replaced.trust);
            record.devices.clone_from(&replaced.devices);
            record.password = replaced.password;
        }
        let mut account = Account::new(record, sign_in.address.clone(), contact_user);
        account.servers = sign_in.servers.iter().map(|one| (one.transport, one.addr)).collect();
        account.set_password(&wish.password);
        account.unkept = Some(wish.password.clone());
        if let Demo::Yes(realms) = &wish.demo {
            account.demo = true;
            account.record.realms.clone_from(realms);
        }
        Some(account)
    }

    /// Whether this flow report belongs to the sign-in in progress.
    pub(super) fn sign_in_opened(&mut self, now: Now, target: &Target, flow: &Flow) -> bool {
        let Some(sign_in) = &mut self.sign_in else { return false };
        let only = sign_in.tries.len() == 1;
        let waiting = sign_in.tries.iter_mut().find(|one| matches!(&one.state, TryState::Opening(it) if it == target));
        let Some(one) = waiting else { return false };
        one.state = if only || flow.transport == Transport::Tls {
            TryState::Answers(flow.clone())
        } else {
            let key = self.endpoint.request(
                now,
                flow,
                probe::fetch(&sign_in.wish.draft, &sign_in.address, &mut self.entropy),
            );
            TryState::Probing(flow.clone(), key)
        };
        self.sign_in_go_on(now);
        true
    }

    pub(super) fn sign_in_open_failed(&mut self, now: Now, target: &Target, error: &NetError) -> bool {
        let Some(sign_in) = &mut self.sign_in else { return false };
        let to = sign_in.destination();
        let waiting = sign_in.tries.iter_mut().find(|one| matches!(&one.state, TryState::Opening(it) if it == target));
        let Some(one) = waiting else { return false };
        if matches!(error, NetError::Certificate(..)) {
            one.rest.clear();
        }
        one.open_next(&to, self.attempts.count(), error.clone(), &mut self.out);
        self.sign_in_go_on(now);
        true
    }

    /// A flow of the sign-in is gone before it was chosen.
    pub(super) fn sign_in_closed(&mut self, now: Now, id: FlowId, error: &NetError) -> bool {
        let Some(sign_in) = &mut self.sign_in else { return false };
        if !matches!(sign_in.phase, Phase::Trying | Phase::Asking(_)) {
            return false;
        }
        let to = sign_in.destination();
        let Some(one) = sign_in.tries.iter_mut().find(|one| one.flow().is_some_and(|flow| flow.id == id)) else {
            return false;
        };
        one.open_next(&to, self.attempts.count(), error.clone(), &mut self.out);
        sign_in.phase = Phase::Trying;
        sign_in.deadline = now.mono + PATIENCE;
        self.sign_in_go_on(now);
        true
    }

    /// Whether this request was the sign-in's probe; `answered` tells whether anything came back.
    pub(super) fn sign_in_probed(&mut self, now: Now, key: ClientKey, answered: bool) -> bool {
        let Some(sign_in) = &mut self.sign_in else { return false };
        let to = sign_in.destination();
        let probing = |one: &&mut Try| matches!(&one.state, TryState::Probing(_, it) if *it == key);
        let Some(one) = sign_in.tries.iter_mut().find(probing) else { return false };
        match std::mem::replace(&mut one.state, TryState::NotYet) {
            TryState::Probing(flow, _) if answered => one.state = TryState::Answers(flow),
            TryState::Probing(flow, _) => {
                self.out.push_back(Output::Net(Order::Close(flow.id)));
                // Its one transaction has just ended.
                one.open_next(&to, self.attempts.count(), NetError::TimedOut, &mut self.out);
            }
            other @ (TryState::NotYet | TryState::Opening(_) | TryState::Answers(_) | TryState::Failed(_)) => {
                one.state = other;
            }
        }
        self.sign_in_go_on(now);
        true
    }

    /// The person agrees to the transport that was asked about.
    pub(super) fn accept_unencrypted(&mut self, now: Now) -> bool {
        let Some(sign_in) = &mut self.sign_in else { return false };
        let Phase::Asking(_) = sign_in.phase else { return false };
        sign_in.wish.draft.unencrypted_ok = true;
        sign_in.phase = Phase::Trying;
        sign_in.began = now.mono;
        sign_in.deadline = now.mono + PATIENCE;
        let answering = sign_in.tries.iter().find_map(Try::answering).cloned();
        match answering {
            Some(flow) => self.sign_in_chosen(now, flow),
            None => self.sign_in_go_on(now),
        }
        true
    }

    /// The person gives up.
    pub(super) fn cancel_sign_in(&mut self, now: Now) {
        if self.sign_in.is_some() {
            let ticket = self.end_sign_in(now);
            self.answer_failure(ticket, Problem::new(ProblemKind::NotNow, ""));
        }
        self.view.sign_in = SignInView::Idle;
        self.distrusted = None;
        self.next_wish(now);
    }

    pub(super) fn sign_in_timeout(&mut self, now: Now) {
        let Some(sign_in) = &self.sign_in else { return };
        let over = now.mono >= sign_in.deadline;
        match &sign_in.phase {
            Phase::Trying => self.sign_in_go_on(now),
            Phase::Finding(_) if over => {
                let problem = missing_problem(Missing::OffLine, &sign_in.host);
                self.sign_in_failed(now, problem);
            }
            Phase::Registering if over => {
                let problem = Problem::new(ProblemKind::NoAnswer, &sign_in.host);
                self.sign_in_failed(now, problem);
            }
            Phase::Finding(_) | Phase::Registering | Phase::Asking(_) | Phase::Keeping => {}
        }
    }

    /// It did not work: say why, put back what was there before.
    pub(super) fn sign_in_failed(&mut self, now: Now, problem: Problem) {
        let steps = self.sign_in.as_ref().map(|sign_in| failed(sign_in.steps())).unwrap_or_default();
        let ticket = self.end_sign_in(now);
        self.view.sign_in = SignInView::Failed(steps, problem.clone());
        self.answer_failure(ticket, problem);
        self.next_wish(now);
    }

    fn end_sign_in(&mut self, now: Now) -> Option<Ticket> {
        let sign_in = self.sign_in.take()?;
        match sign_in.phase {
            // The chosen flow is the account's.
            Phase::Registering => self.drop_candidate(now, sign_in.id),
            Phase::Keeping => {}
            Phase::Finding(_) | Phase::Trying | Phase::Asking(_) => {
                for flow in sign_in.tries.into_iter().filter_map(|mut one| one.give_up()) {
                    self.close_flow(now, flow);
                }
            }
        }
        if let Some(before) = sign_in.replaced {
            self.put_back(now, *before);
        }
        sign_in.wish.ticket
    }

    /// The account of the sign-in is registered (or needs no registration): it is an account like others from now on.
    pub(super) fn signed_in(&mut self, now: Now, id: AccountId) {
        let Some(sign_in) = &mut self.sign_in else { return };
        if sign_in.hidden() != Some(id) {
            return;
        }
        sign_in.phase = Phase::Keeping;
        // The flow is the account's now.
        sign_in.replaced = None;
        let ticket = sign_in.wish.ticket.take();
        self.next_account = self.next_account.max(id.0.saturating_add(1));
        self.accounts.sort_by_key(Account::id);
        let keeps = self.keep_password(id);
        self.save_accounts();
        self.out.push_back(Output::Event(Event::SignedIn(id)));
        self.look_for_notices(now, id, crate::phone::notice::Why::SignedIn);
        self.answer(ticket, Ok(Done::Account(id)));
        if !keeps {
            self.sign_in_kept(id, PasswordPlace::Session);
            self.next_wish(now);
        }
    }

    /// The password is kept, or will not be.
    pub(super) fn sign_in_kept(&mut self, id: AccountId, _place: PasswordPlace) {
        let mine = self.sign_in.as_ref().is_some_and(|it| it.id == id && matches!(it.phase, Phase::Keeping));
        if mine {
            self.sign_in = None;
            self.view.sign_in = SignInView::Idle;
        }
    }

    /// What the screens draw of it; what was shown last stays until something new begins.
    pub(super) fn show_sign_in(&mut self) {
        if let Some(sign_in) = &self.sign_in {
            self.view.sign_in = sign_in.view();
        }
    }

    /// The demo provider runs, or does not.
    pub(super) fn demo_ready(&mut self, now: Now, demo: Result<DemoLine, String>) {
        let tickets = std::mem::take(&mut self.demo_wanted);
        let mut tickets = tickets.into_iter();
        let Some(first) = tickets.next() else { return };
        match demo {
            Ok(line) => {
                let demo = Demo::Yes(line.realms);
                self.sign_in(now, Wish { ticket: first, draft: line.draft, password: line.password, demo });
            }
            Err(why) => {
                let problem = Problem::new(ProblemKind::DemoFailed, why);
                self.view.sign_in = SignInView::Failed(Vec::new(), problem.clone());
                // Beside other lines nobody looks at the page that shows it.
                if first.is_some() || !self.accounts.is_empty() {
                    self.answer(first, Err(problem));
                }
            }
        }
        for ticket in tickets {
            self.answer_failure(ticket, Problem::new(ProblemKind::NotNow, ""));
        }
    }
}
