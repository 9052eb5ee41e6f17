//! New offers within a session (re-INVITE, RFC 3261 §14): ours and theirs, and what happens when they meet.

use std::time::Duration;

use super::auth;
use super::compose;
use super::session::Session;
use super::types::{End, Event, Sent, Tools, Why};
use crate::sip::digest::Opened;
use crate::sip::endpoint::{ClientKey, ServerKey};
use crate::sip::{Message, Method};

/// The longest Retry-After of a 500 that is waited for (RFC 3261 §14.1 says 0 to 10 s).
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long a final answer to an offer of ours may take: nobody has to walk to a telephone for it. Then CANCEL
/// (RFC 3261 §14.1 lets a re-INVITE be cancelled like the first one).
const ANSWER_WAIT: Duration = Duration::from_secs(32);

/// The change that is under way: one at a time.
#[derive(Debug)]
pub(super) enum Change {
    /// None.
    Stable,
    /// Our offer is to be answered.
    Ours(Box<Sent>),
    /// Their re-INVITE is to be answered by our owner.
    Theirs {
        /// Its transaction.
        server: ServerKey,
        /// The re-INVITE.
        request: Box<Message>,
    },
    /// Our 2xx to their re-INVITE is to be acknowledged.
    Unacknowledged {
        /// The transaction of the re-INVITE.
        server: ServerKey,
        /// Its CSeq number.
        cseq: u32,
        /// The 2xx held the offer.
        late: bool,
    },
}

impl Change {
    pub(super) const fn client(&self) -> Option<ClientKey> {
        match self {
            Change::Ours(sent) => Some(sent.client),
            Change::Stable | Change::Theirs { .. } | Change::Unacknowledged { .. } => None,
        }
    }

    pub(super) const fn server(&self) -> Option<ServerKey> {
        match self {
            Change::Theirs { server, .. } | Change::Unacknowledged { server, .. } => Some(*server),
            Change::Stable | Change::Ours(_) => None,
        }
    }
}

impl Session {
    /// Whether [`Session::offer`] may be called: nothing else is going on.
    #[must_use]
    pub const fn may_offer(&self) -> bool {
        self.is_established() && matches!(self.change, Change::Stable) && self.again.is_none()
    }

    /// [`Event::OfferAgain`] is wanted as soon as nothing else is going on.
    pub const fn offer_when_possible(&mut self) {
        self.wanted = self.again.is_none();
    }

    /// Offers a changed session. [`Event::OfferAnswered`], [`Event::OfferRefused`] or [`Event::OfferAgain`] follows.
    /// Does nothing unless [`Session::may_offer`].
    pub fn offer(&mut self, tools: &mut Tools<'_>, description: &[u8]) {
        if !self.may_offer() {
            return;
        }
        let Some(dialog) = &mut self.dialog else { return };
        let mut message = dialog.request(Method::Invite);
        compose::dress(&mut message, &self.setup, Some(description));
        self.change = Change::Ours(Box::new(auth::send(tools, &self.setup, self.opened, message)));
        self.offer_until = Some(tools.now.mono + ANSWER_WAIT);
    }

    pub(super) fn on_change_response(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let status = response.status().unwrap_or_default();
        match status {
            0..200 => {}
            200..300 => self.on_change_accepted(tools, response),
            401 | 407 => self.on_change_challenged(tools, response, status),
            408 | 481 => self.lose(tools),
            491 => {
                // RFC 3261 §14.1: in units of 10 ms; whoever made the Call-ID waits longer.
                let (least, most) = if self.opened == Opened::ByUs { (210, 400) } else { (0, 200) };
                let units = least + tools.entropy.bits32() % (most - least + 1);
                self.offer_later(tools, Duration::from_millis(u64::from(units) * 10));
            }
            500 if response.retry_after().is_some_and(|wait| wait <= LONGEST_WAIT) => {
                self.offer_later(tools, response.retry_after().unwrap_or_default());
            }
            300.. => self.on_change_refused(status),
        }
    }

    fn on_change_accepted(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let Change::Ours(sent) = std::mem::replace(&mut self.change, Change::Stable) else { return };
        let Some(dialog) = &mut self.dialog else { return };
        dialog.refresh_target(response);
        let ack = dialog.ack(sent.message.cseq().map_or(0, |cseq| cseq.number));
        let ack = tools.endpoint.ack(&self.setup.flow, ack);
        self.change_ack = Some((sent.client, ack));
        match compose::description(response) {
            Some(answer) => {
                self.say(Event::OfferAnswered(answer));
                self.settle();
            }
            None => {
                self.bye(tools, Why::NotAcceptable);
                self.say(Event::Ended(End::NoDescription));
            }
        }
    }

    fn on_change_challenged(&mut self, tools: &mut Tools<'_>, response: &Message, status: u16) {
        let (Change::Ours(sent), Some(dialog)) = (&self.change, &mut self.dialog) else { return };
        let cseq = dialog.next_cseq();
        match auth::send_again(tools, &self.setup, self.opened, sent, response, cseq) {
            Ok(again) => {
                self.change = Change::Ours(Box::new(again));
                self.offer_until = Some(tools.now.mono + ANSWER_WAIT);
            }
            Err(_) => self.on_change_refused(status),
        }
    }

    /// The session stays as it was (RFC 3261 §14.1).
    fn on_change_refused(&mut self, status: u16) {
        self.say(Event::OfferRefused { status });
        self.settle();
    }

    fn offer_later(&mut self, tools: &Tools<'_>, wait: Duration) {
        self.change = Change::Stable;
        self.wanted = false;
        self.again = Some(tools.now.mono + wait);
    }

    pub(super) fn on_change_failed(&mut self, tools: &mut Tools<'_>, status: u16) {
        match status {
            408 => self.lose(tools),
            other => self.on_change_refused(other),
        }
    }

    /// The other end does not know us any more, or does not answer (RFC 3261 §12.2.1.2).
    fn lose(&mut self, tools: &mut Tools<'_>) {
        self.bye(tools, Why::Normal);
        self.say(Event::Ended(End::Lost));
    }

    /// Their re-INVITE.
    pub(super) fn on_reinvite(&mut self, tools: &mut Tools<'_>, server: ServerKey, request: &Message) {
        let wait = || ("Retry-After", (u64::from(request.cseq().map_or(0, |c| c.number)) % 10 + 1).to_string());
        match &self.change {
            // Glare (RFC 3261 §14.2).
            Change::Ours(_) => self.respond(tools, server, request, 491, &[]),
            Change::Theirs { .. } => self.respond(tools, server, request, 500, &[wait()]),
            // Overlap with something of theirs that is not finished: the first INVITE, or an ACK on its way.
            Change::Stable | Change::Unacknowledged { .. } if !self.is_established() => {
                self.respond(tools, server, request, if self.is_offered() { 500 } else { 491 }, &[wait()]);
            }
            Change::Unacknowledged { .. } => self.respond(tools, server, request, 491, &[]),
            Change::Stable => {
                if let Some(dialog) = &mut self.dialog {
                    dialog.refresh_target(request);
                }
                self.change = Change::Theirs { server, request: Box::new(request.clone()) };
                self.say(Event::PeerOffer { offer: compose::description(request) });
            }
        }
    }

    /// Accepts their change: 200 with our answer, or our offer if theirs was `None`.
    pub fn answer_offer(&mut self, tools: &mut Tools<'_>, description: &[u8]) {
        let Change::Theirs { server, request } = &self.change else { return };
        let (server, late) = (*server, compose::description(request).is_none());
        let cseq = request.cseq().map_or(0, |cseq| cseq.number);
        let mut response = compose::reply(request, 200, &self.tag, &self.setup);
        response.set_body(compose::SDP, description);
        tools.endpoint.respond(tools.now, server, response);
        self.change = Change::Unacknowledged { server, cseq, late };
    }

    /// Refuses their change; the session stays as it was.
    pub fn refuse_offer(&mut self, tools: &mut Tools<'_>, status: u16) {
        let Change::Theirs { server, request } = &self.change else { return };
        let response = compose::reply(request, status, &self.tag, &self.setup);
        tools.endpoint.respond(tools.now, *server, response);
        self.settle();
    }

    /// The session ends while our offer is under way: whoever has it need not go on with it.
    pub(super) fn withdraw_offer(&mut self, tools: &mut Tools<'_>) {
        if let Change::Ours(sent) = &self.change {
            tools.endpoint.cancel(tools.now, sent.client);
        }
    }

    /// A provisional answer came to our offer and nothing more: it is cancelled, and the session stays as it was. The
    /// endpoint gives up by itself if not even the CANCEL is answered.
    pub(super) fn on_offer_timeout(&mut self, tools: &mut Tools<'_>) {
        if self.offer_until.is_some_and(|until| until <= tools.now.mono) {
            self.offer_until = None;
            self.withdraw_offer(tools);
        }
    }

    pub(super) fn on_change_ack(&mut self, tools: &mut Tools<'_>, ack: &Message) {
        let Change::Unacknowledged { cseq, late, .. } = self.change else { return };
        if ack.cseq().map(|cseq| cseq.number) != Some(cseq) {
            return;
        }
        if late {
            match compose::description(ack) {
                Some(answer) => self.say(Event::PeerAnswer(answer)),
                None => {
                    self.bye(tools, Why::NotAcceptable);
                    self.say(Event::Ended(End::NoDescription));
                    return;
                }
            }
        }
        self.settle();
    }

    /// No change is under way any more.
    fn settle(&mut self) {
        self.change = Change::Stable;
        if std::mem::take(&mut self.wanted) {
            self.say(Event::OfferAgain);
        }
    }
}
