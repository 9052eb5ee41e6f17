//! Requests within the dialog, in both directions: BYE (RFC 3261 §15), OPTIONS, and what is not taken.

use super::auth;
use super::compose;
use super::session::{Session, Stage};
use super::types::{End, Event, Tools, Why};
use crate::sip::endpoint::{ClientKey, ServerKey};
use crate::sip::{CSeq, Message, Method};

impl Session {
    /// A request that belongs here ([`Session::owns_request`]), but neither ACK nor CANCEL.
    pub fn on_request(&mut self, tools: &mut Tools<'_>, server: ServerKey, request: &Message) {
        let Some(method) = request.method().cloned() else { return };
        let known = match (&self.stage, &mut self.dialog) {
            // A BYE that crosses ours is answered as if we had waited for it.
            (Stage::Over, _) => {
                if method == Method::Bye {
                    Ok(())
                } else {
                    Err(481)
                }
            }
            // They cannot end or change what they have not answered.
            (_, None) => {
                if matches!(method, Method::Bye | Method::Invite) {
                    Err(481)
                } else {
                    Ok(())
                }
            }
            (_, Some(dialog)) => dialog.admit(request).map_err(|_| 500),
        };
        if let Err(status) = known {
            self.respond(tools, server, request, status, &[]);
            return;
        }
        if let Some((status, headers)) = compose::objection(request) {
            self.respond(tools, server, request, status, &headers);
            return;
        }
        match method {
            Method::Bye => self.on_bye(tools, server, request),
            Method::Invite => self.on_reinvite(tools, server, request),
            Method::Options => {
                let response = compose::capabilities(compose::reply(request, 200, &self.tag, &self.setup));
                tools.endpoint.respond(tools.now, server, response);
            }
            // Known and not taken: 405. Unheard of: 501 (RFC 3261 §8.2.1, §21.5.2).
            Method::Other(_) => self.respond(tools, server, request, 501, &[]),
            Method::Ack
            | Method::Cancel
            | Method::Register
            | Method::Info
            | Method::Prack
            | Method::Update
            | Method::Refer
            | Method::Notify
            | Method::Subscribe
            | Method::Message
            | Method::Publish => self.respond(tools, server, request, 405, &[]),
        }
    }

    fn on_bye(&mut self, tools: &mut Tools<'_>, server: ServerKey, bye: &Message) {
        self.respond(tools, server, bye, 200, &[]);
        match self.stage {
            Stage::Offered { .. } => self.bye_while_offered(tools, bye),
            Stage::Answering { hang_up, .. } => {
                self.over(tools.now.mono);
                if hang_up.is_none() {
                    self.say(Event::Ended(End::Bye));
                }
            }
            Stage::Unacknowledged { .. } | Stage::Established => {
                // Whatever they had asked before is not going to be answered otherwise (RFC 3261 §15.1.2).
                self.refuse_offer(tools, 487);
                self.withdraw_offer(tools);
                self.over(tools.now.mono);
                self.say(Event::Ended(End::Bye));
            }
            Stage::Calling { .. } | Stage::Over => {}
        }
    }

    /// Ends the session in whichever state: CANCEL, 603, or BYE. No event follows: it is over at once for whoever
    /// asked, whatever the other end says to it.
    pub fn hang_up(&mut self, tools: &mut Tools<'_>, why: Why) {
        match &mut self.stage {
            Stage::Calling { .. } => self.give_up(tools),
            Stage::Unacknowledged { cseq } => {
                let cseq = *cseq;
                self.send_ack(tools, cseq, None);
                self.bye(tools, why);
            }
            Stage::Offered { .. } => self.refuse(tools, 603, &[]),
            Stage::Answering { hang_up, .. } => *hang_up = Some(why),
            Stage::Established => {
                self.refuse_offer(tools, 487);
                self.bye(tools, why);
            }
            Stage::Over => {}
        }
    }

    /// Sends BYE. It is over whether or not anybody answers.
    pub(super) fn bye(&mut self, tools: &mut Tools<'_>, why: Why) {
        self.withdraw_offer(tools);
        let Some(dialog) = &mut self.dialog else { return };
        let mut bye = dialog.request(Method::Bye);
        match why {
            Why::Normal => {}
            Why::NotAcceptable => bye.headers.push("Reason", "SIP;cause=488;text=\"Not Acceptable Here\""),
            Why::Silence => bye.headers.push("Reason", "SIP;cause=408;text=\"No Media\""),
        }
        let sent = auth::send(tools, &self.setup, self.opened, bye);
        self.byes.push(sent);
        self.over(tools.now.mono);
    }

    /// BYE without an answer: it ended here when it was sent. The other end has not heard of it if the flow broke.
    pub(super) fn on_bye_failed(&mut self, client: ClientKey, status: u16) {
        let Some(at) = self.byes.iter().position(|sent| sent.client == client) else { return };
        let sent = self.byes.swap_remove(at);
        self.unsaid = (status == 503).then_some(sent.message);
    }

    /// There is another flow: what the old one may not have carried goes there, with the next CSeq.
    pub(super) fn say_bye_again(&mut self, tools: &mut Tools<'_>) {
        let unanswered = std::mem::take(&mut self.byes).into_iter().map(|sent| sent.message);
        for mut bye in unanswered.chain(self.unsaid.take()).collect::<Vec<_>>() {
            let number = bye.cseq().map_or(0, |cseq| cseq.number).saturating_add(1);
            bye.headers.set("CSeq", CSeq { number, method: Method::Bye }.to_string());
            let sent = auth::send(tools, &self.setup, self.opened, bye);
            self.byes.push(sent);
        }
    }

    pub(super) fn on_bye_response(&mut self, tools: &mut Tools<'_>, client: ClientKey, response: &Message) {
        if response.status().unwrap_or_default() < 200 {
            return;
        }
        let Some(at) = self.byes.iter().position(|sent| sent.client == client) else { return };
        let sent = self.byes.swap_remove(at);
        let before = sent.message.cseq().map_or(0, |cseq| cseq.number);
        let cseq = match &mut self.dialog {
            Some(dialog) if dialog.matches_response(response) => dialog.next_cseq(),
            // One of the branches that answered too late.
            Some(_) | None => before.saturating_add(1),
        };
        if let Ok(again) = auth::send_again(tools, &self.setup, self.opened, &sent, response, cseq) {
            self.byes.push(again);
        }
    }

    pub(super) fn respond(
        &self,
        tools: &mut Tools<'_>,
        server: ServerKey,
        request: &Message,
        status: u16,
        headers: &[(&str, String)],
    ) {
        let mut response = compose::reply(request, status, &self.tag, &self.setup);
        for (name, value) in headers {
            response.headers.push(name, value.clone());
        }
        tools.endpoint.respond(tools.now, server, response);
    }
}
