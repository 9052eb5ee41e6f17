//! The called side until its answer is acknowledged: RFC 3261 §13.3, CANCEL §9.2.

use super::compose;
use super::session::{Session, Stage};
use super::types::{End, Event, Setup, Tools, Why};
use crate::sip::Message;
use crate::sip::dialog::Dialog;
use crate::sip::digest::Opened;
use crate::sip::endpoint::ServerKey;

impl Session {
    /// Somebody calls: `request` is an INVITE without To tag to which [`super::objection`] has none. Nothing is
    /// answered yet; [`Session::ring`], [`Session::answer`] or [`Session::refuse`] follow.
    ///
    /// `None` if the INVITE lacks what a dialog needs (answer 400).
    #[must_use]
    pub fn incoming(tools: &mut Tools<'_>, setup: Setup, server: ServerKey, request: &Message) -> Option<Session> {
        let tag = tools.entropy.tag();
        let dialog = Dialog::of_request(request, &tag)?;
        let stage = Stage::Offered { server, request: Box::new(request.clone()) };
        let mut session = Session::new(setup, request.call_id().to_owned(), tag, Opened::ByThem, stage);
        session.dialog = Some(dialog);
        Some(session)
    }

    /// The offer in their INVITE; `None` if they want ours in the answer.
    #[must_use]
    pub fn peer_offer(&self) -> Option<Vec<u8>> {
        match &self.stage {
            Stage::Offered { request, .. } => compose::description(request),
            Stage::Calling { .. }
            | Stage::Unacknowledged { .. }
            | Stage::Answering { .. }
            | Stage::Established
            | Stage::Over => None,
        }
    }

    /// Says that it rings: 180.
    pub fn ring(&mut self, tools: &mut Tools<'_>) {
        self.progress(tools, 180, None);
    }

    /// A provisional response, with a description for early media.
    pub fn progress(&mut self, tools: &mut Tools<'_>, status: u16, description: Option<&[u8]>) {
        let Stage::Offered { server, request } = &self.stage else { return };
        let mut response = compose::reply(request, status, &self.tag, &self.setup);
        if let Some(description) = description {
            response.set_body(compose::SDP, description);
        }
        tools.endpoint.respond(tools.now, *server, response);
    }

    /// Answers: 200 with `description`, our answer, or our offer if [`Session::peer_offer`] is `None`.
    /// [`Event::Confirmed`] follows. Does nothing if there is nothing to answer.
    pub fn answer(&mut self, tools: &mut Tools<'_>, description: &[u8]) {
        let Stage::Offered { server, request } = &self.stage else { return };
        let late = compose::description(request).is_none();
        let mut response = compose::reply(request, 200, &self.tag, &self.setup);
        response.set_body(compose::SDP, description);
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let server = *server;
        tools.endpoint.respond(tools.now, server, response);
        if let Some(dialog) = &mut self.dialog {
            dialog.confirm();
        }
        self.stage = Stage::Answering { server, cseq, late, hang_up: None };
    }

    /// Refuses: a final status from 300 up, with further headers.
    pub fn refuse(&mut self, tools: &mut Tools<'_>, status: u16, headers: &[(&str, String)]) {
        let Stage::Offered { server, request } = &self.stage else { return };
        let mut response = compose::reply(request, status, &self.tag, &self.setup);
        for (name, value) in headers {
            response.headers.push(name, value.clone());
        }
        tools.endpoint.respond(tools.now, *server, response);
        self.over(tools.now.mono);
        self.linger = None;
    }

    /// They sent CANCEL (the endpoint has answered it with 200): 487 to the INVITE.
    pub fn on_cancelled(&mut self, tools: &mut Tools<'_>, server: ServerKey, cancel: &Message) {
        if self.change.server() == Some(server) {
            self.refuse_offer(tools, 487);
            return;
        }
        if matches!(&self.stage, Stage::Offered { server: own, .. } if *own == server) {
            self.refuse(tools, 487, &[]);
            self.say(Event::Cancelled { elsewhere: compose::answered_elsewhere(cancel) });
        }
    }

    /// An ACK to a 2xx of ours.
    pub fn on_ack(&mut self, tools: &mut Tools<'_>, ack: &Message) {
        let number = ack.cseq().map(|cseq| cseq.number);
        let Stage::Answering { cseq, late, hang_up, .. } = self.stage else {
            self.on_change_ack(tools, ack);
            return;
        };
        if number != Some(cseq) {
            return;
        }
        self.stage = Stage::Established;
        let answer = if late { compose::description(ack) } else { None };
        match hang_up {
            Some(why) => self.bye(tools, why),
            None if late && answer.is_none() => {
                self.bye(tools, Why::NotAcceptable);
                self.say(Event::Ended(End::NoDescription));
            }
            None => self.say(Event::Confirmed { answer }),
        }
    }

    /// No ACK came for a 2xx of ours (RFC 3261 §13.3.1.4, §14.2): BYE.
    pub fn on_server_failed(&mut self, tools: &mut Tools<'_>, server: ServerKey) {
        if !self.owns_server(server) {
            return;
        }
        let ended_here = match &self.stage {
            Stage::Answering { hang_up, .. } => hang_up.is_some(),
            // Nobody answered in all that time: whoever called has given up without a word.
            Stage::Offered { .. } => {
                self.over(tools.now.mono);
                self.say(Event::Cancelled { elsewhere: false });
                return;
            }
            Stage::Calling { .. } | Stage::Unacknowledged { .. } | Stage::Established | Stage::Over => false,
        };
        self.bye(tools, Why::Normal);
        if !ended_here {
            self.say(Event::Ended(End::NoAck));
        }
    }

    /// The offered INVITE is over because they sent BYE for it.
    pub(super) fn bye_while_offered(&mut self, tools: &mut Tools<'_>, bye: &Message) {
        self.refuse(tools, 487, &[]);
        self.say(Event::Cancelled { elsewhere: compose::answered_elsewhere(bye) });
    }

    /// Whether their INVITE waits for our answer.
    #[must_use]
    pub const fn is_offered(&self) -> bool {
        matches!(self.stage, Stage::Offered { .. })
    }
}
