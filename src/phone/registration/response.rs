//! What a registrar's answer means.

use std::time::Duration;

use super::request::{CASE, realms, same_place};
use super::{Asking, Change, Granted, MAX_MOVES, Purpose, Registration, State};
use crate::base::Mono;
use crate::phone::problem::{Problem, ProblemKind};
use crate::sip::digest::{Door, Refusal, may_answer};
use crate::sip::invite::Tools;
use crate::sip::{Message, NameAddr, SipUri};

/// A server that wants more than this by 423 is out of its mind.
const MAX_EXPIRES: u32 = 86_400;
/// Behind a NAT a UDP registration is refreshed at least this often if nothing else tells of a new mapping: the server
/// lets questions lie (`mapping`), or was not asked yet.
const NAT_REFRESH: Duration = Duration::from_secs(120);

impl Registration {
    pub(super) fn on_response(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let Some(status) = response.status().filter(|status| *status >= 200) else { return };
        let State::Asking(asking) = &self.state else { return };
        let (purpose, since) = (asking.purpose, asking.since);
        let realms = asking.attempts.realms();
        let was_bound = self.bound.clone();
        if purpose == Purpose::Bind && (200..300).contains(&status) {
            self.bound = Some(asking.contact.clone());
        }
        let moved = self.learn_public_address(response);
        match status {
            401 | 407 => self.on_challenge(tools, response),
            200..=299 if purpose == Purpose::Bind => {
                self.on_granted(tools, response, moved, (since, realms), was_bound.as_ref());
            }
            // Whatever the answer is: we are gone.
            _ if purpose == Purpose::Unbind => self.end(),
            423 if self.too_brief < 2 => {
                self.too_brief += 1;
                let longer = self.expires.saturating_mul(2).max(60);
                self.expires = response.min_expires().unwrap_or(longer).clamp(self.expires, MAX_EXPIRES);
                self.ask(tools, Purpose::Bind, since);
            }
            403 | 404 | 604 => {
                let problem = Problem::new(ProblemKind::LoginBlocked, &*self.setup.about).with_status(status);
                self.reject(Change::Refused(problem));
            }
            _ => {
                let problem = Problem::new(ProblemKind::RegistrarTrouble, &*self.setup.about).with_status(status);
                self.strand(tools.now, problem, response.retry_after().unwrap_or_default());
            }
        }
    }

    fn on_challenge(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let State::Asking(asking) = std::mem::replace(&mut self.state, State::Off) else { return };
        let Asking { purpose, since, mut attempts, .. } = *asking;
        let status = response.status().unwrap_or_default();
        let door = if status == Door::Proxy.status() { Door::Proxy } else { Door::Server };
        // Built anew: our own address as the server sees it may just have been learnt.
        let mut request = self.build(purpose);
        let Some(auth) = tools.auth.as_mut() else { return self.reject(Change::NeedsPassword) };
        let answer = if may_answer(CASE, door, &attempts) {
            let realms = realms(auth.realms);
            auth.authenticator.answer(&mut request, response, &mut attempts, realms, tools.entropy)
        } else {
            Err(Refusal::Unsupported)
        };
        match answer {
            Ok(()) => self.send(tools, request, attempts, purpose, since),
            Err(_) if purpose == Purpose::Unbind => self.end(),
            Err(why) => {
                let last = u8::from(matches!(why, Refusal::Rejected(_)));
                self.refusals = attempts.refusals().saturating_add(last);
                let kind = match why {
                    Refusal::Rejected(_) => ProblemKind::WrongPassword,
                    Refusal::ForeignRealm(_) => ProblemKind::ForeignRealm,
                    Refusal::Weaker(_) => ProblemKind::WeakerDigest,
                    Refusal::Unsupported | Refusal::NoChallenge | Refusal::TooOften => ProblemKind::RegistrarTrouble,
                };
                let problem = Problem::new(kind, &*self.setup.about).with_status(status);
                self.reject(Change::Refused(problem));
            }
        }
    }

    fn on_granted(
        &mut self,
        tools: &mut Tools<'_>,
        response: &Message,
        moved: bool,
        (since, realms): (Option<Mono>, Vec<String>),
        was_bound: Option<&SipUri>,
    ) {
        if moved && self.moves < MAX_MOVES {
            self.moves += 1;
            return self.ask(tools, Purpose::Bind, since);
        }
        let now = tools.now.mono;
        let (ours, bindings) = self.split(response.contacts(), was_bound);
        if ours.is_empty() && !bindings.is_empty() {
            return self.on_unlisted(tools, since);
        }
        let listed = !ours.is_empty() || !bindings.is_empty();
        let expires = ours.first().and_then(|ours| response.contact_expires(ours)).or_else(|| response.expires());
        let expires = expires.unwrap_or(self.expires).min(MAX_EXPIRES);
        if expires == 0 {
            let problem = Problem::new(ProblemKind::RegistrarTrouble, &*self.setup.about).with_status(200);
            return self.strand(tools.now, problem, Duration::ZERO);
        }
        let public = self.public().filter(|public| *public != self.setup.flow.local);
        let refresh = now + self.refresh_after(expires, tools);
        if self.moves >= MAX_MOVES {
            self.keep_alive.ask_no_more();
        }
        self.moves = if moved { self.moves } else { 0 };
        (self.too_brief, self.unlisted) = (0, false);
        if !self.is_face_to_face(response) {
            self.keep_alive.start(now, self.setup.flow.transport, tools.entropy);
        }
        self.state = State::Registered { refresh, since: since.unwrap_or(now) };
        self.changes.push_back(Change::Registered(Granted {
            expires,
            service_route: response.addresses("Service-Route"),
            public,
            realms,
            bindings,
            listed,
            date: response.headers.get("Date").map(str::to_owned),
        }));
    }

    /// The bindings that a registrar lists: ours, and those of others. Some registrars write the address from which we
    /// came into ours: the user part, which nobody else knows, still names it, unless it is the binding of before.
    fn split(&self, listed: Vec<NameAddr>, was_bound: Option<&SipUri>) -> (Vec<NameAddr>, Vec<NameAddr>) {
        let Some(bound) = &self.bound else { return (Vec::new(), listed) };
        let is_ours = |contact: &NameAddr| {
            contact.uri.sip().is_some_and(|theirs| {
                let old = was_bound.is_some_and(|old| same_place(theirs, old));
                same_place(theirs, bound) || (theirs.user == bound.user && !old)
            })
        };
        listed.into_iter().partition(is_ours)
    }

    /// A 200 that lists where this address is registered (RFC 3261 §10.3, 8), but not here: nobody would reach us.
    /// Asked once more, since a registrar may have taken the removal of the old binding for that of the new one.
    fn on_unlisted(&mut self, tools: &mut Tools<'_>, since: Option<Mono>) {
        self.bound = None;
        if !self.unlisted {
            self.unlisted = true;
            return self.ask(tools, Purpose::Bind, since);
        }
        self.unlisted = false;
        let problem = Problem::new(ProblemKind::RegistrarTrouble, &*self.setup.about).with_status(200);
        self.strand(tools.now, problem, Duration::ZERO);
    }

    /// 80 to 90 % of the lifetime, and 30 s before its end if it is long enough for that.
    fn refresh_after(&self, expires: u32, tools: &mut Tools<'_>) -> Duration {
        let lifetime = Duration::from_secs(u64::from(expires));
        let share = lifetime.mul_f64(0.8 + 0.1 * tools.entropy.fraction());
        let after = if lifetime >= Duration::from_secs(60) {
            share.min(lifetime.saturating_sub(Duration::from_secs(30)))
        } else {
            share.min(lifetime / 2)
        };
        if self.is_behind_nat() && !self.keep_alive.is_answered() { after.min(NAT_REFRESH) } else { after }
    }
}
