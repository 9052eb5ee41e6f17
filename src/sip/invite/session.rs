//! The state of a session and who handles what. Inputs come from its owner (methods) and from the endpoint
//! ([`Session::on_request`], [`Session::on_response`], …); each is handled in one call, then events are drained.

use std::collections::VecDeque;
use std::time::Duration;

use super::change::Change;
use super::types::{Event, Sent, Setup, Tools, Why};
use crate::base::Mono;
use crate::port::net::Flow;
use crate::sip::dialog::Dialog;
use crate::sip::digest::Opened;
use crate::sip::endpoint::{ClientKey, ServerKey};
use crate::sip::{Message, Uri};

/// For how long after its end a session listens for stray answers to its INVITE: 64·T1 (RFC 3261 §9.1, §13.2.2.4).
const LINGER: Duration = Duration::from_secs(32);

/// One call, seen from one end.
#[derive(Debug)]
pub struct Session {
    pub(super) setup: Setup,
    pub(super) call_id: String,
    /// Our tag.
    pub(super) tag: String,
    pub(super) opened: Opened,
    pub(super) stage: Stage,
    /// The dialog in which everything happens once there is one.
    pub(super) dialog: Option<Dialog>,
    /// Outgoing: the INVITE, kept beyond its answer since forks may answer it again.
    pub(super) invite: Option<Sent>,
    /// Outgoing: descriptions that came early, by To tag.
    pub(super) early: Vec<(String, Vec<u8>)>,
    /// Outgoing: what acknowledged a 2xx, by To tag, to be sent again when the 2xx comes again.
    pub(super) acks: Vec<(String, Message)>,
    pub(super) byes: Vec<Sent>,
    /// A BYE whose flow broke under it: said again by the next one.
    pub(super) unsaid: Option<Message>,
    pub(super) change: Change,
    /// The owner wanted to make an offer while something else was going on.
    pub(super) wanted: bool,
    /// What acknowledged the answer to our last offer, to be sent again when that answer comes again.
    pub(super) change_ack: Option<(ClientKey, Message)>,
    /// When a refused or delayed offer may be made again.
    pub(super) again: Option<Mono>,
    /// When our offer is given up if it has no final answer.
    pub(super) offer_until: Option<Mono>,
    pub(super) linger: Option<Mono>,
    pub(super) events: VecDeque<Event>,
}

/// Where a session stands. What each needs is inside.
#[derive(Debug)]
pub(super) enum Stage {
    /// Our INVITE is under way.
    Calling {
        /// A provisional response has come.
        heard: bool,
        /// We gave up: a 2xx that comes all the same is acknowledged and ended.
        giving_up: bool,
        /// The INVITE had no offer.
        late: bool,
    },
    /// The 2xx to our INVITE held an offer, whose answer goes into the ACK.
    Unacknowledged {
        /// The CSeq number of the INVITE.
        cseq: u32,
    },
    /// Their INVITE is to be answered.
    Offered {
        /// Its transaction.
        server: ServerKey,
        /// The INVITE.
        request: Box<Message>,
    },
    /// Our 2xx is to be acknowledged.
    Answering {
        /// The transaction of the INVITE.
        server: ServerKey,
        /// Its CSeq number.
        cseq: u32,
        /// The 2xx held the offer: the ACK must hold the answer.
        late: bool,
        /// BYE is due as soon as the ACK is there (RFC 3261 §15: not before).
        hang_up: Option<Why>,
    },
    /// There is a session.
    Established,
    /// There is none any more, or there will be none.
    Over,
}

impl Session {
    pub(super) fn new(setup: Setup, call_id: String, tag: String, opened: Opened, stage: Stage) -> Session {
        Session {
            setup,
            call_id,
            tag,
            opened,
            stage,
            dialog: None,
            invite: None,
            early: Vec::new(),
            acks: Vec::new(),
            byes: Vec::new(),
            unsaid: None,
            change: Change::Stable,
            wanted: false,
            change_ack: None,
            again: None,
            offer_until: None,
            linger: None,
            events: VecDeque::new(),
        }
    }

    /// The next thing that happened.
    pub fn poll(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Call-ID.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// The dialog, once there is one: for an outgoing session, from the first 2xx on.
    #[must_use]
    pub const fn dialog(&self) -> Option<&Dialog> {
        self.dialog.as_ref()
    }

    /// Whether there is an answered session.
    #[must_use]
    pub const fn is_established(&self) -> bool {
        matches!(self.stage, Stage::Established)
    }

    /// Whether it has ended, or was given up.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over | Stage::Calling { giving_up: true, .. })
    }

    /// Whether it can be forgotten: it is over, and nothing of it is under way any more.
    #[must_use]
    pub fn finished(&self) -> bool {
        matches!(self.stage, Stage::Over) && self.byes.is_empty() && self.linger.is_none()
    }

    /// Whether nothing of it waits for an answer any more.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        matches!(self.stage, Stage::Over) && self.byes.is_empty()
    }

    /// The flow that requests are sent on.
    #[must_use]
    pub const fn flow(&self) -> &Flow {
        &self.setup.flow
    }

    /// Goes on by another flow, since the old one broke or the address changed. The other end learns of the new
    /// Contact with the next offer; a BYE that the old flow did not carry is said again.
    pub fn set_flow(&mut self, tools: &mut Tools<'_>, flow: Flow, contact: Uri) {
        let moved = std::mem::replace(&mut self.setup.flow, flow).id != self.setup.flow.id;
        self.setup.contact = contact;
        if moved {
            self.say_bye_again(tools);
        }
    }

    /// Whether a request belongs here: to our dialog, or to the INVITE that opened it.
    #[must_use]
    pub fn owns_request(&self, request: &Message) -> bool {
        if request.call_id() != self.call_id {
            return false;
        }
        match &self.dialog {
            Some(dialog) => dialog.matches_request(request),
            // Ours is not answered yet; whoever has a To tag of ours speaks from an early dialog.
            None => request.to_tag().as_deref() == Some(self.tag.as_str()),
        }
    }

    /// Whether a transaction of ours belongs here.
    #[must_use]
    pub fn owns_client(&self, client: ClientKey) -> bool {
        self.invite.as_ref().is_some_and(|sent| sent.client == client)
            || self.byes.iter().any(|sent| sent.client == client)
            || self.change.client() == Some(client)
            || self.change_ack.as_ref().is_some_and(|(known, _)| *known == client)
    }

    /// Whether a transaction of theirs belongs here.
    #[must_use]
    pub fn owns_server(&self, server: ServerKey) -> bool {
        let opening = match &self.stage {
            Stage::Offered { server, .. } | Stage::Answering { server, .. } => Some(*server),
            Stage::Calling { .. } | Stage::Unacknowledged { .. } | Stage::Established | Stage::Over => None,
        };
        opening == Some(server) || self.change.server() == Some(server)
    }

    /// A response to one of our requests; of an INVITE, every 2xx.
    pub fn on_response(&mut self, tools: &mut Tools<'_>, client: ClientKey, response: &Message) {
        if self.invite.as_ref().is_some_and(|sent| sent.client == client) {
            self.on_invite_response(tools, response);
        } else if self.change.client() == Some(client) {
            self.on_change_response(tools, response);
        } else if let Some((_, ack)) = self.change_ack.as_ref().filter(|(known, _)| *known == client) {
            if response.status().is_some_and(|status| (200..300).contains(&status)) {
                tools.endpoint.ack(&self.setup.flow, ack.clone());
            }
        } else {
            self.on_bye_response(tools, client, response);
        }
    }

    /// A request of ours got no final response, or could not be sent: as RFC 3261 §8.1.3.1 has it, 408 or 503.
    pub fn on_failed(&mut self, tools: &mut Tools<'_>, client: ClientKey, status: u16) {
        if self.invite.as_ref().is_some_and(|sent| sent.client == client) {
            self.on_invite_failed(tools.now.mono, status);
        } else if self.change.client() == Some(client) {
            self.on_change_failed(tools, status);
        } else {
            self.on_bye_failed(client, status);
        }
    }

    /// When [`Session::handle_timeout`] is due, and why.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        let again = self.again.map(|at| (at, "offer again"));
        let linger = self.linger.map(|at| (at, "forget session"));
        let offer = self.offer_until.filter(|_| self.change.client().is_some()).map(|at| (at, "answer to an offer"));
        again.into_iter().chain(linger).chain(offer).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, tools: &mut Tools<'_>) {
        let now = tools.now.mono;
        self.on_offer_timeout(tools);
        if self.again.is_some_and(|at| at <= now) {
            self.again = None;
            match self.change {
                Change::Stable if self.is_established() => self.events.push_back(Event::OfferAgain),
                // Something of theirs is going on: when it is done.
                Change::Stable | Change::Ours(_) | Change::Theirs { .. } | Change::Unacknowledged { .. } => {
                    self.wanted = true;
                }
            }
        }
        if self.linger.is_some_and(|at| at <= now) {
            self.linger = None;
            self.invite = None;
            self.acks.clear();
            if let Stage::Over = self.stage {
                self.byes.clear();
            }
        }
    }

    /// It ends here. What is still under way is listened to for a while.
    pub(super) fn over(&mut self, now: Mono) {
        self.stage = Stage::Over;
        self.change = Change::Stable;
        self.again = None;
        self.linger = Some(now + LINGER);
    }

    pub(super) fn linger(&mut self, now: Mono) {
        self.linger = Some(now + LINGER);
    }

    pub(super) fn say(&mut self, event: Event) {
        self.events.push_back(event);
    }
}
