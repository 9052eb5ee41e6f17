//! The caller's side until its INVITE is answered: RFC 3261 §13.2, CANCEL §9.1, forks §13.2.2.4.

use super::auth;
use super::compose;
use super::session::{Session, Stage};
use super::types::{Challenged, End, Event, Failure, Progress, Setup, Tools, Why};
use crate::base::Mono;
use crate::sip::dialog::{self, Dialog};
use crate::sip::digest::Opened;
use crate::sip::{CSeq, Message, Method, NameAddr, Uri};

/// Early dialogs that are kept: a hostile proxy could invent any number.
const MAX_FORKS: usize = 16;

impl Session {
    /// Calls `target`. `offer` is our session description; without one, the other end makes the offer.
    #[must_use]
    pub fn call(tools: &mut Tools<'_>, setup: Setup, target: Uri, offer: Option<&[u8]>) -> Session {
        let (call_id, tag) = (tools.entropy.call_id(), tools.entropy.tag());
        let to = NameAddr::new(target.clone());
        let (uri, routes) = dialog::through(target, &setup.routes);
        let mut message = Message::request(Method::Invite, uri);
        for route in routes {
            message.headers.push("Route", route.to_string());
        }
        message.headers.push("From", setup.local.clone().with_tag(&tag).to_string());
        message.headers.push("To", to.to_string());
        message.headers.push("Call-ID", call_id.clone());
        message.headers.push("CSeq", CSeq { number: 1, method: Method::Invite }.to_string());
        compose::dress(&mut message, &setup, offer);
        let stage = Stage::Calling { heard: false, giving_up: false, late: offer.is_none() };
        let sent = auth::send(tools, &setup, Opened::NoDialog, message);
        let mut session = Session::new(setup, call_id, tag, Opened::ByUs, stage);
        session.invite = Some(sent);
        session
    }

    pub(super) fn on_invite_response(&mut self, tools: &mut Tools<'_>, response: &Message) {
        match response.status().unwrap_or_default() {
            0..200 => self.on_provisional(response),
            200..300 => self.on_success(tools, response),
            300.. => self.on_refusal(tools, response),
        }
    }

    fn on_provisional(&mut self, response: &Message) {
        let Stage::Calling { heard, giving_up, .. } = &mut self.stage else { return };
        let first = !std::mem::replace(heard, true);
        if *giving_up {
            return;
        }
        if first {
            self.say(Event::Trying);
        }
        let status = response.status().unwrap_or_default();
        if status <= 100 {
            return;
        }
        let fork = response.to_tag().unwrap_or_default();
        let body = compose::description(response);
        let known = self.early.iter().any(|(tag, _)| *tag == fork);
        if let Some(body) = body.as_ref().filter(|_| !known && self.early.len() < MAX_FORKS) {
            self.early.push((fork.clone(), body.clone()));
        }
        self.say(Event::Progress(Progress { status, body, fork }));
    }

    /// A 2xx: the first makes the session, the same again gets its ACK again, one from another branch is
    /// acknowledged and ended.
    fn on_success(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let tag = response.to_tag().unwrap_or_default();
        if let Some((_, ack)) = self.acks.iter().find(|(known, _)| *known == tag) {
            tools.endpoint.ack(&self.setup.flow, ack.clone());
            return;
        }
        if self.dialog.as_ref().is_some_and(|dialog| dialog.id().remote_tag == tag) {
            return; // not acknowledged yet: its answer is awaited
        }
        let Some(invite) = &self.invite else { return };
        let Some(dialog) = Dialog::of_response(&invite.message, response) else { return };
        let cseq = dialog.local_cseq();
        match self.stage {
            Stage::Calling { giving_up: false, late, .. } => {
                self.linger(tools.now.mono);
                self.dialog = Some(dialog);
                let early = self.early.iter().find(|(known, _)| *known == tag).map(|(_, body)| body.clone());
                self.early.clear();
                // An answer may have come with a provisional response, if unreliably; some send it there only.
                let body = compose::description(response).or(if late { None } else { early });
                match (body, late) {
                    (Some(body), true) => {
                        self.stage = Stage::Unacknowledged { cseq };
                        self.say(Event::Accepted { body, offer: true });
                    }
                    (Some(body), false) => {
                        self.stage = Stage::Established;
                        self.send_ack(tools, cseq, None);
                        self.say(Event::Accepted { body, offer: false });
                    }
                    (None, _) => {
                        self.send_ack(tools, cseq, None);
                        self.bye(tools, Why::NotAcceptable);
                        self.say(Event::Ended(End::NoDescription));
                    }
                }
            }
            // CANCEL crossed the 2xx, or another branch has answered before: ACK, then BYE.
            Stage::Calling { .. } | Stage::Unacknowledged { .. } | Stage::Established | Stage::Over => {
                self.reject_fork(tools, dialog, tag);
                if let Stage::Calling { .. } = self.stage {
                    self.over(tools.now.mono);
                }
            }
            Stage::Offered { .. } | Stage::Answering { .. } => {}
        }
    }

    fn reject_fork(&mut self, tools: &mut Tools<'_>, mut dialog: Dialog, tag: String) {
        let ack = tools.endpoint.ack(&self.setup.flow, dialog.ack(dialog.local_cseq()));
        if self.acks.len() < MAX_FORKS {
            self.acks.push((tag, ack));
        }
        let bye = dialog.request(Method::Bye);
        let sent = auth::send(tools, &self.setup, Opened::ByUs, bye);
        self.byes.push(sent);
    }

    /// The answer to the offer that came with [`Event::Accepted`].
    pub fn acknowledge(&mut self, tools: &mut Tools<'_>, answer: &[u8]) {
        if let Stage::Unacknowledged { cseq } = self.stage {
            self.stage = Stage::Established;
            self.send_ack(tools, cseq, Some(answer));
        }
    }

    /// ACK for a 2xx in our dialog. It carries no credentials, against RFC 3261 §13.2.2.4 and on purpose: nobody
    /// can challenge an ACK, and proxies pass it on to whoever was called with all that is in it.
    pub(super) fn send_ack(&mut self, tools: &mut Tools<'_>, cseq: u32, answer: Option<&[u8]>) {
        let Some(dialog) = &self.dialog else { return };
        let mut ack = dialog.ack(cseq);
        if let Some(answer) = answer {
            ack.set_body(compose::SDP, answer);
        }
        let tag = dialog.id().remote_tag.clone();
        self.acks.retain(|(known, _)| *known != tag);
        let ack = tools.endpoint.ack(&self.setup.flow, ack);
        self.acks.push((tag, ack));
    }

    fn on_refusal(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let Stage::Calling { heard, giving_up, .. } = &mut self.stage else { return };
        if *giving_up {
            // 487, or whatever else ended it: nothing can follow.
            self.over(tools.now.mono);
            self.linger = None;
            return;
        }
        let Some(invite) = &self.invite else { return };
        let cseq = invite.message.cseq().map_or(1, |cseq| cseq.number) + 1;
        let challenge = match auth::send_again(tools, &self.setup, Opened::NoDialog, invite, response, cseq) {
            Ok(sent) => {
                *heard = false;
                self.early.clear();
                self.invite = Some(sent);
                return;
            }
            Err(challenge) => challenge,
        };
        let last = u8::from(challenge == Challenged::Refused);
        let refusals = invite.attempts.refusals().saturating_add(last);
        let warning = response.warnings().into_iter().next().map(|warning| warning.text);
        self.fail(
            tools.now.mono,
            Failure {
                status: response.status().unwrap_or_default(),
                responded: true,
                phrase: warning.unwrap_or_else(|| response.reason_phrase().to_owned()),
                contacts: response.contacts().into_iter().map(|contact| contact.uri).collect(),
                retry_after: response.retry_after(),
                challenge,
                refusals,
            },
        );
    }

    pub(super) fn on_invite_failed(&mut self, now: Mono, status: u16) {
        match self.stage {
            Stage::Calling { giving_up: true, .. } => self.over(now),
            Stage::Calling { .. } => {
                let phrase = if status == 408 { "no answer" } else { "not sent" }.to_owned();
                let challenge = Challenged::No;
                let (contacts, retry_after, responded) = (Vec::new(), None, false);
                self.fail(now, Failure { status, responded, phrase, contacts, retry_after, challenge, refusals: 0 });
            }
            // The endpoint forgets the INVITE: no more 2xx can come.
            Stage::Unacknowledged { .. } | Stage::Established | Stage::Over => self.invite = None,
            Stage::Offered { .. } | Stage::Answering { .. } => {}
        }
        if let Stage::Over = self.stage {
            self.linger = None;
        }
    }

    fn fail(&mut self, now: Mono, failure: Failure) {
        self.over(now);
        // A final response other than 2xx ends the INVITE everywhere: nothing can follow.
        self.linger = None;
        self.say(Event::Failed(failure));
    }

    /// Gives up an INVITE: CANCEL, which the endpoint remembers until a provisional response has come (RFC 3261
    /// §9.1). If neither 487 nor anything else comes, the endpoint ends it after 64·T1.
    pub(super) fn give_up(&mut self, tools: &mut Tools<'_>) {
        let (Stage::Calling { giving_up, .. }, Some(invite)) = (&mut self.stage, &self.invite) else { return };
        if !std::mem::replace(giving_up, true) {
            tools.endpoint.cancel(tools.now, invite.client);
        }
    }
}
