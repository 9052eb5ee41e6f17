//! Incoming calls until they are answered: whom we listen to, who is shown, and when it does not ring at all.

use std::net::{Ipv4Addr, SocketAddr};

use super::call::{self, Call, Stage};
use super::calls::respond;
use super::{Calls, Effect, Env, Line, peer};
use crate::base::AccountId;
use crate::phone::command::AcceptFrom;
use crate::phone::event::Event;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallDirection, EndReason, Peer};
use crate::port::media::{Direction, Order};
use crate::port::net::{Flow, Transport};
use crate::sdp::{self, Local};
use crate::sip::endpoint::ServerKey;
use crate::sip::invite::{self, Session, Setup};
use crate::sip::uri::unescape;
use crate::sip::{Message, NameAddr, SipUri, Uri};

/// The line that a request is for; `None` if it comes from somebody whom nobody listens to.
pub(super) fn line_for(env: &Env<'_>, request: &Message, flow: &Flow) -> Option<Line> {
    let lines = env.lines.lines();
    if let Some(account) = flow.account {
        return lines.into_iter().find(|line| line.account == account);
    }
    let user = request.uri().and_then(Uri::sip).and_then(SipUri::user_text);
    let listens = |line: &&Line| line.accept_from == AcceptFrom::Any || comes_from_server(line, flow);
    let mut listening: Vec<&Line> = lines.iter().filter(listens).collect();
    // For whom is the Request-URI's user's business; whoever calls the bare address gets the first line.
    listening.sort_by_key(|line| user.as_deref() != Some(line.user.as_str()));
    listening.first().map(|line| (*line).clone())
}

/// A server may send from another port than we send to (or by a connection of its own), but from no other host.
fn comes_from_server(line: &Line, flow: &Flow) -> bool {
    flow.remote.ip() == line.flow.remote.ip()
}

/// Whether a request in a dialog comes by a way that its account listens to.
pub(super) fn is_trusted(env: &Env<'_>, account: AccountId, session: &Session, flow: &Flow) -> bool {
    if flow.id == session.flow().id || flow.account == Some(account) || flow.remote.ip() == session.flow().remote.ip() {
        return true;
    }
    let mut lines = env.lines.lines().into_iter().filter(|line| line.account == account);
    lines.any(|line| line.accept_from == AcceptFrom::Any || comes_from_server(&line, flow))
}

/// Who calls. What the account's own server asserts counts more than what the caller says (RFC 3325).
fn caller(request: &Message, line: &Line, own_server: bool) -> Peer {
    let asserted = if own_server { request.addresses("P-Asserted-Identity").into_iter().next() } else { None };
    let home = line.domain.to_string();
    let Some(from) = asserted.or_else(|| request.from()) else { return peer::peer(None, None, "", &home) };
    let NameAddr { display, uri, .. } = from;
    match &uri {
        Uri::Sip(sip) => peer::peer(display.as_deref(), sip.user_text().as_deref(), &sip.host.to_string(), &home),
        Uri::Other(text) => {
            let number = text.split_once(':').map_or(text.as_str(), |(_, rest)| rest);
            let number = unescape(number.split(';').next().unwrap_or_default());
            peer::peer(display.as_deref(), Some(&number), &home, &home)
        }
    }
}

impl Calls {
    /// An INVITE that opens a dialog.
    pub(super) fn on_invite(
        &mut self,
        env: &mut Env<'_>,
        line: &Line,
        server: ServerKey,
        request: &Message,
        flow: &Flow,
    ) {
        if let Some((status, headers)) = invite::objection(request) {
            let tag = env.entropy.tag();
            let mut response = Message::response_to(request, status, "", Some(&tag));
            for (name, value) in headers {
                response.headers.push(name, value);
            }
            env.endpoint.respond(env.now, server, response);
            return;
        }
        let own_server = flow.account == Some(line.account);
        let shown = caller(request, line, own_server);
        let stage = Stage::Offered { bound: None, answer: line.auto_answer };
        let busy = self.are_live();
        let id = self.next_id();
        let mut call = Call::new(id, line, CallDirection::Incoming, shown, env.now, stage);
        call.srtp = call::srtp(&Line { flow: flow.clone(), ..line.clone() });
        if busy {
            respond(env, server, request, 486);
            return missed(env, &call, EndReason::MissedBusy);
        }
        let setup = Setup {
            flow: flow.clone(),
            contact: contact(line, flow),
            local: line.from(),
            routes: Vec::new(),
            own_server,
        };
        let Some(mut session) = Session::incoming(&mut env.tools(line.account), setup, server, request) else {
            return respond(env, server, request, 400);
        };
        // What cannot become a call does not ring.
        if let Err(refused) = rehearse(env, &call, flow.transport == Transport::Tls, session.peer_offer().as_deref()) {
            session.refuse(&mut env.tools(line.account), refused.status(), &[]);
            return missed(env, &call, call.no_agreement(refused));
        }
        if !line.auto_answer {
            session.ring(&mut env.tools(line.account));
        }
        call.session = Some(session);
        self.calls.push(call);
        env.media(Order::Bind { call: id, local: flow.local.ip() });
        env.event(Event::CallArrived(id));
    }
}

/// Whether their offer can be answered at all. Encryption that is required cannot be had without encrypted signalling.
fn rehearse(env: &mut Env<'_>, call: &Call, encrypted: bool, offer: Option<&[u8]>) -> Result<(), sdp::Refused> {
    if call.srtp == sdp::Srtp::Require && !encrypted {
        return Err(sdp::Refused::NoEncryption);
    }
    let Some(offer) = offer else { return Ok(()) };
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
    let mut local = Local::new(nowhere, &call.codecs, call.srtp, env.entropy);
    local.answer(offer, Direction::SendRecv, env.entropy).map(|_| ())
}

/// A call that did not even ring leaves a row.
fn missed(env: &mut Env<'_>, call: &Call, reason: EndReason) {
    env.effects.push(Effect::History(Box::new(call.history(reason, env.now.mono))));
}

/// Where we are for whoever sent this: by another flow than our own it is that flow's end.
fn contact(line: &Line, flow: &Flow) -> Uri {
    if flow.id == line.flow.id || flow.account == Some(line.account) {
        return line.contact.clone();
    }
    let user = crate::sip::uri::escape_user(&line.user);
    SipUri::at(Some(&user), flow.local).with_param("transport", Some(flow.transport.param())).into()
}

impl Call {
    /// A person answers, or the line does by itself.
    pub(super) fn answer(&mut self, env: &mut Env<'_>) -> Option<()> {
        let Stage::Offered { bound, answer } = &mut self.stage else { return None };
        *answer = true;
        if let Some(addr) = *bound {
            self.answer_at(env, addr);
        }
        Some(())
    }

    /// The sockets of an incoming call are bound.
    pub(super) fn on_bound(&mut self, env: &mut Env<'_>, addr: SocketAddr) {
        let Stage::Offered { bound, answer } = &mut self.stage else { return };
        *bound = Some(addr);
        if *answer {
            self.answer_at(env, addr);
        }
    }

    fn answer_at(&mut self, env: &mut Env<'_>, addr: SocketAddr) {
        let Some(session) = &mut self.session else { return };
        let mut local = Local::new(addr, &self.codecs, self.srtp, env.entropy);
        let answer = match session.peer_offer() {
            Some(offer) => {
                local.answer(&offer, Direction::SendRecv, env.entropy).map(|(text, agreed)| (text, Some(agreed)))
            }
            None => Ok((local.offer(Direction::SendRecv, env.entropy), None)),
        };
        match answer {
            Ok((text, agreed)) => {
                session.answer(&mut env.tools(self.account), text.as_bytes());
                self.local = Some(local);
                self.stage = Stage::Answering;
                self.answered = Some(env.now);
                if let Some(agreed) = agreed {
                    self.apply(env, agreed);
                    self.set_microphone(env);
                }
            }
            Err(refused) => {
                session.refuse(&mut env.tools(self.account), refused.status(), &[]);
                self.end(env, self.no_agreement(refused));
            }
        }
    }

    /// Our 200 is acknowledged, with their answer if it held our offer.
    pub(super) fn on_confirmed(&mut self, env: &mut Env<'_>, answer: Option<&[u8]>) {
        self.stage = Stage::Established;
        if let Some(answer) = answer {
            self.accept(env, answer);
        }
        self.set_microphone(env);
        self.offer_if_wanted(env);
    }

    /// The caller gave up.
    pub(super) fn on_cancelled(&mut self, env: &mut Env<'_>, elsewhere: bool) {
        let reason = if elsewhere { EndReason::AnsweredElsewhere } else { EndReason::Missed };
        self.end(env, reason);
    }

    /// No sound can be set up.
    pub(super) fn no_media(&mut self, env: &mut Env<'_>) {
        let reason = EndReason::Failed(Problem::new(ProblemKind::NoMedia, self.provider.clone()));
        if let (Stage::Offered { .. }, Some(session)) = (&self.stage, &mut self.session) {
            session.refuse(&mut env.tools(self.account), 500, &[]);
        }
        self.hang_up(env, invite::Why::Normal, reason);
    }
}
