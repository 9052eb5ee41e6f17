//! Outgoing calls until they are answered.

use std::net::SocketAddr;
use std::time::Duration;

use super::call::{self, Asked, Call, Progress, Stage};
use super::{Calls, Effect, Env, Line, Reach, peer, target, words};
use crate::base::CallId;
use crate::phone::command::{Dialled, Srtp};
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallDirection, EndReason, Peer};
use crate::port::media::{Direction, Order};
use crate::sdp::{self, Local};
use crate::sip::invite::{self, Challenged, Failure, Session, Setup, Why};
use crate::sip::{SipUri, Uri};

/// How long the media thread may take to bind two sockets. It answers at once, or it is broken.
const BIND_WAIT: Duration = Duration::from_secs(3);
/// How long a call waits for another server after a 503: to open a flow and to register on it.
const MOVE_WAIT: Duration = Duration::from_secs(8);
/// Service Unavailable (RFC 3261 §21.5.4).
const UNAVAILABLE: u16 = 503;

impl Calls {
    /// Places a call.
    ///
    /// # Errors
    /// In words, if the address cannot be called, encryption is required and cannot be had, or another call is there.
    pub fn place(&mut self, env: &mut Env<'_>, line: &Line, dialled: &Dialled) -> Result<CallId, Problem> {
        self.reach(env, line, dialled, Reach::Usual)
    }

    /// Places a call, if need be by all means.
    ///
    /// # Errors
    /// As [`Calls::place`]; where encryption cannot be had, an emergency call goes without.
    pub fn reach(
        &mut self,
        env: &mut Env<'_>,
        line: &Line,
        dialled: &Dialled,
        reach: Reach,
    ) -> Result<CallId, Problem> {
        let target = target(dialled, line)?;
        let mut line = line.clone();
        if reach != Reach::Usual && line.srtp == Srtp::Require {
            line.srtp = Srtp::Offer;
        }
        let line = &line;
        if call::srtp(line) == sdp::Srtp::Require && !line.is_encrypted() {
            return Err(Problem::new(ProblemKind::EncryptionRequired, line.domain.to_string()));
        }
        if self.are_live() {
            return Err(Problem::new(ProblemKind::NotNow, dialled.as_str()));
        }
        let id = self.next_id();
        let shown = shown(&target, dialled, line);
        let stage = Stage::Preparing { line: Box::new(line.clone()), target, until: env.now.mono + BIND_WAIT };
        let mut call = Call::new(id, line, CallDirection::Outgoing, shown, env.now, stage);
        dialled.as_str().clone_into(&mut call.about);
        call.unsigned = reach == Reach::Unsigned;
        self.calls.push(call);
        env.media(Order::Bind { call: id, local: line.flow.local.ip() });
        self.settle(env);
        Ok(id)
    }
}

/// Where a 3xx sends a call, as somebody would have dialled it: without parameters and headers, which could make the
/// INVITE say anything.
fn redirect_target(contact: &Uri) -> String {
    match contact.sip() {
        Some(sip) => {
            SipUri { port: sip.port, user: sip.user.clone(), ..SipUri::new(None, sip.host.clone()) }.to_string()
        }
        None => contact.to_string(),
    }
}

fn shown(target: &Uri, dialled: &Dialled, line: &Line) -> Peer {
    let home = line.domain.to_string();
    match target.sip() {
        Some(sip) => peer::peer(None, sip.user_text().as_deref(), &sip.host.to_string(), &home),
        None => peer::peer(None, Some(dialled.as_str()), &home, &home),
    }
}

impl Call {
    /// The sockets are bound: INVITE.
    pub(super) fn invite(&mut self, env: &mut Env<'_>, addr: SocketAddr) {
        let Stage::Preparing { line, target, .. } =
            std::mem::replace(&mut self.stage, Stage::Inviting(Progress::default()))
        else {
            return;
        };
        self.ask(env, *line, Asked { target, sound: addr });
    }

    /// The account has found another server: INVITE there.
    pub(super) fn invite_elsewhere(&mut self, env: &mut Env<'_>, line: &Line) {
        let Stage::Moving { asked, from, .. } = &self.stage else { return };
        if *from == line.flow.id {
            return;
        }
        let mut asked = asked.clone();
        if asked.sound.is_ipv4() == line.flow.local.is_ipv4() {
            asked.sound.set_ip(line.flow.local.ip());
        }
        self.stage = Stage::Inviting(Progress::default());
        self.ask(env, line.clone(), asked);
    }

    fn ask(&mut self, env: &mut Env<'_>, line: Line, asked: Asked) {
        let target = asked.target.clone();
        let mut local = Local::new(asked.sound, &self.codecs, self.srtp, env.entropy);
        self.asked = Some(asked);
        let offer = local.offer(Direction::SendRecv, env.entropy);
        let own_server = line.flow.account == Some(line.account) && !self.unsigned;
        let setup =
            Setup { local: line.from(), flow: line.flow, contact: line.contact, routes: line.routes, own_server };
        let session = Session::call(&mut env.tools(self.account), setup, target, Some(offer.as_bytes()));
        self.session = Some(session);
        self.local = Some(local);
    }

    /// A provisional response: it rings, or there is sound already.
    pub(super) fn on_progress(&mut self, env: &mut Env<'_>, news: &invite::Progress) {
        let Stage::Inviting(progress) = &mut self.stage else { return };
        match news.status {
            180 => progress.rings = true,
            183 if news.body.is_some() => progress.announced = true,
            _ => {}
        }
        // Early media comes with any of them. A fork's description replaces the one before: the last one that
        // speaks is heard.
        let Some(local) = &mut self.local else { return };
        if let Some(agreed) = news.body.as_ref().and_then(|body| local.accept(body).ok()) {
            self.apply(env, agreed);
        }
    }

    /// Answered.
    pub(super) fn on_accepted(&mut self, env: &mut Env<'_>, body: &[u8]) {
        let Some(local) = &mut self.local else { return };
        match local.accept(body) {
            Ok(agreed) => {
                self.stage = Stage::Established;
                self.answered = Some(env.now);
                self.apply(env, agreed);
                self.set_microphone(env);
                self.offer_if_wanted(env);
            }
            Err(refused) => {
                let reason = self.no_agreement(refused);
                self.hang_up(env, Why::NotAcceptable, reason);
            }
        }
    }

    /// The server sends us away: another one gets the call (RFC 3263 §4.3), and all that follows too (RFC 3261
    /// §21.5.4). False if there is no other.
    fn move_on(&mut self, env: &mut Env<'_>) -> bool {
        let from = self.session.as_ref().map(|session| session.flow().id);
        let others = env.lines.has_other_server(self.account);
        let (Some(from), Some(asked), true) = (from, self.asked.clone(), others) else { return false };
        (self.session, self.local) = (None, None);
        self.stage = Stage::Moving { asked, from, until: env.now.mono + MOVE_WAIT };
        env.effects.push(Effect::NextServer(self.account, self.unavailable()));
        true
    }

    /// What a server that sends us away comes to.
    pub(super) fn unavailable(&self) -> Problem {
        Problem::new(ProblemKind::ServerTrouble, self.provider.clone()).with_status(UNAVAILABLE)
    }

    /// It did not become a call.
    pub(super) fn on_failure(&mut self, env: &mut Env<'_>, failure: &Failure) {
        if failure.responded && failure.status == UNAVAILABLE && self.move_on(env) {
            return;
        }
        if failure.refusals > 0 && !self.unsigned {
            env.effects.push(Effect::PasswordRefused(self.account, failure.refusals));
        }
        let provider = self.provider.clone();
        let problem = |kind, about: &str| EndReason::Failed(Problem::new(kind, about).with_status(failure.status));
        let reason = match (failure.responded, failure.challenge, failure.status) {
            (false, _, 408) => EndReason::Failed(Problem::new(ProblemKind::NoAnswer, provider)),
            (false, _, _) => EndReason::Failed(Problem::new(ProblemKind::ConnectionLost, provider)),
            (true, Challenged::NotAnswered, _) => problem(ProblemKind::ForeignRealm, &provider),
            (true, Challenged::Refused, _) => problem(ProblemKind::WrongPassword, &provider),
            (true, Challenged::No, 488 | 606) if self.srtp == sdp::Srtp::Require => {
                problem(ProblemKind::EncryptionRequired, &self.about)
            }
            (true, Challenged::No, 300..400) if !failure.contacts.is_empty() => {
                let target = failure.contacts.first().map(redirect_target).unwrap_or_default();
                env.effects.push(Effect::Redirected(self.account, target.clone()));
                problem(ProblemKind::SentOn, &peer::printable(&target))
            }
            (true, Challenged::No, status) => words::refused(status, &self.about, &provider),
        };
        self.end(env, reason);
    }

    /// Why offer and answer do not meet, in the words of an end.
    pub(super) fn no_agreement(&self, refused: sdp::Refused) -> EndReason {
        let kind = match refused {
            sdp::Refused::NoEncryption => ProblemKind::EncryptionRequired,
            sdp::Refused::Malformed
            | sdp::Refused::NoAudio
            | sdp::Refused::NoCommonCodec
            | sdp::Refused::EncryptionIsOff
            | sdp::Refused::NoAddress => ProblemKind::NoCommonFormat,
        };
        EndReason::Failed(Problem::new(kind, self.about.clone()).with_status(refused.status()))
    }
}
