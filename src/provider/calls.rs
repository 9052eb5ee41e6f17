//! The people's calls: one INVITE session and one media leg each, and those who call back.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use super::core::{LegOrder, Output};
use super::people::{Act, Person};
use super::script::Step;
use crate::base::{CallId, Mono};
use crate::codec::{ROWS, Row};
use crate::port::media::{Direction, Session as Media};
use crate::port::net::{Flow, FlowId};
use crate::sdp::{Agreed, Local, Srtp};
use crate::sip::endpoint::{Failure, Happening, ServerKey};
use crate::sip::invite::{Event, Session, Setup, Tools, Why};
use crate::sip::{Host, Message, NameAddr, SipUri, Uri};

/// From the end of a call until its person calls back.
pub(super) const CALL_BACK: Duration = Duration::from_secs(5);
/// A phone that rings as long as this is not answered.
const RING_FOR: Duration = Duration::from_secs(45);
/// A 180 is repeated so that no proxy gives up (RFC 3261 §13.3.1.1).
const RING_AGAIN: Duration = Duration::from_secs(60);
/// Calls at a time.
const MOST: usize = 16;

/// What the calls need to act, lent for one call.
pub(super) struct Desk<'a> {
    pub(super) tools: Tools<'a>,
    pub(super) out: &'a mut VecDeque<Output>,
}

/// One call.
#[derive(Debug)]
struct Call {
    session: Session,
    person: &'static Person,
    script: &'static [Step],
    /// Our end of the media, once its sockets are bound.
    local: Option<Local>,
    /// Whether the driver has sockets for it, or has been asked for them.
    has_leg: bool,
    /// Whether it is our person who called.
    outgoing: bool,
    /// Whether its person calls back when it is over.
    calls_back: bool,
    /// Something is due: to ring again, or to give up.
    due: Option<Mono>,
    /// The other end has gone, or we have: nothing is left but late answers.
    over: bool,
}

/// A call to be made: its sockets are being bound, since the INVITE names them.
#[derive(Debug)]
struct Planned {
    person: &'static Person,
    script: &'static [Step],
    setup: Setup,
    target: Uri,
}

/// All calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: BTreeMap<CallId, Call>,
    planned: BTreeMap<CallId, Planned>,
    /// Who calls back, and when.
    back: Vec<(Mono, &'static Person)>,
    counter: u32,
}

impl Calls {
    fn count(&mut self) -> CallId {
        self.counter += 1;
        CallId(self.counter)
    }

    /// Somebody calls `person`.
    pub(super) fn incoming(
        &mut self,
        desk: &mut Desk<'_>,
        person: &'static Person,
        server: ServerKey,
        request: &Message,
        flow: &Flow,
    ) {
        let refused = |desk: &mut Desk<'_>, status| {
            let response = Message::response_to(request, status, "", Some("people"));
            desk.tools.endpoint.respond(desk.tools.now, server, response);
        };
        if self.calls.len() + self.planned.len() >= MOST {
            return refused(desk, 480);
        }
        let Some(mut local) = request.to() else { return refused(desk, 400) };
        local.display = Some(person.name.to_owned());
        let setup = setup(person, flow, local);
        let Some(mut session) = Session::incoming(&mut desk.tools, setup, server, request) else {
            return refused(desk, 400);
        };
        session.ring(&mut desk.tools);
        let (script, rings): (&'static [Step], bool) = match person.act {
            Act::Talk(script) | Act::AskTwice(script) | Act::CallBack(script, _) => (script, false),
            Act::Ring | Act::Refuse(_) => (&[], true),
        };
        let id = self.count();
        if !rings {
            desk.out.push_back(Output::Leg(id, LegOrder::Open(flow.local.ip())));
        }
        let due = rings.then_some(desk.tools.now.mono + RING_AGAIN);
        let call = Call {
            session,
            person,
            script,
            local: None,
            has_leg: !rings,
            outgoing: false,
            calls_back: matches!(person.act, Act::CallBack(..)),
            due,
            over: false,
        };
        self.calls.insert(id, call);
    }

    /// The sockets of a call are bound: it is answered, or made.
    pub(super) fn leg_opened(&mut self, desk: &mut Desk<'_>, id: CallId, addr: Option<SocketAddr>) {
        if let Some(planned) = self.planned.remove(&id) {
            if let Some(addr) = addr {
                self.call(desk, id, planned, addr);
            }
            return;
        }
        let Some(call) = self.calls.get_mut(&id).filter(|call| !call.over) else {
            desk.out.push_back(Output::Leg(id, LegOrder::Close));
            return;
        };
        match addr {
            Some(addr) => call.answer(desk, id, addr),
            None => {
                call.has_leg = false;
                call.session.refuse(&mut desk.tools, 500, &[]);
                call.close(desk, id);
            }
        }
    }

    /// Makes a call that was planned.
    fn call(&mut self, desk: &mut Desk<'_>, id: CallId, planned: Planned, addr: SocketAddr) {
        let mut local = Local::new(addr, &rows(), Srtp::Offer, desk.tools.entropy);
        let offer = local.offer(Direction::SendRecv, desk.tools.entropy);
        let session = Session::call(&mut desk.tools, planned.setup, planned.target, Some(offer.as_bytes()));
        let call = Call {
            session,
            person: planned.person,
            script: planned.script,
            local: Some(local),
            has_leg: true,
            outgoing: true,
            calls_back: false,
            due: Some(desk.tools.now.mono + RING_FOR),
            over: false,
        };
        self.calls.insert(id, call);
    }

    /// A script is at its end.
    pub(super) fn leg_finished(&mut self, desk: &mut Desk<'_>, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id).filter(|call| !call.over) {
            call.session.hang_up(&mut desk.tools, Why::Normal);
            call.close(desk, id);
        }
        self.tidy(desk);
    }

    /// A flow is gone, and the calls on it with it.
    pub(super) fn flow_closed(&mut self, desk: &mut Desk<'_>, flow: FlowId) {
        for (id, call) in &mut self.calls {
            if call.session.flow().id == flow {
                call.close(desk, *id);
            }
        }
        self.calls.retain(|_, call| call.session.flow().id != flow);
        self.planned.retain(|_, planned| planned.setup.flow.id != flow);
    }

    /// What the endpoint says, new requests outside of dialogs aside.
    pub(super) fn on_happening(&mut self, desk: &mut Desk<'_>, happening: Happening) {
        match happening {
            Happening::Request { server, message, .. } => self.on_request(desk, server, &message),
            Happening::Ack { message, .. } => {
                if let Some((_, call)) = self.find(|s| s.owns_request(&message)) {
                    call.session.on_ack(&mut desk.tools, &message);
                }
            }
            Happening::Cancelled { server, message } => {
                if let Some((_, call)) = self.find(|s| s.owns_server(server)) {
                    call.session.on_cancelled(&mut desk.tools, server, &message);
                }
            }
            Happening::Response { client, message, .. } => {
                if let Some((_, call)) = self.find(|s| s.owns_client(client)) {
                    call.session.on_response(&mut desk.tools, client, &message);
                }
            }
            Happening::Failed { client, why } => {
                let status = match why {
                    Failure::Timeout => 408,
                    Failure::Transport(_) => 503,
                };
                if let Some((_, call)) = self.find(|s| s.owns_client(client)) {
                    call.session.on_failed(&mut desk.tools, client, status);
                }
            }
            Happening::ServerFailed { server } => {
                if let Some((_, call)) = self.find(|s| s.owns_server(server)) {
                    call.session.on_server_failed(&mut desk.tools, server);
                }
            }
        }
        self.after(desk);
    }

    fn on_request(&mut self, desk: &mut Desk<'_>, server: ServerKey, request: &Message) {
        match self.find(|s| s.owns_request(request)) {
            Some((_, call)) => call.session.on_request(&mut desk.tools, server, request),
            None => {
                let response = Message::response_to(request, 481, "", None);
                desk.tools.endpoint.respond(desk.tools.now, server, response);
            }
        }
    }

    fn find(&mut self, owns: impl Fn(&Session) -> bool) -> Option<(CallId, &mut Call)> {
        self.calls.iter_mut().find(|(_, call)| owns(&call.session)).map(|(id, call)| (*id, call))
    }

    /// Handles what has happened to the sessions.
    fn after(&mut self, desk: &mut Desk<'_>) {
        for (id, call) in &mut self.calls {
            while let Some(event) = call.session.poll() {
                call.on_event(desk, *id, event);
            }
        }
        self.tidy(desk);
    }

    /// Forgets what is finished, and remembers who calls back.
    fn tidy(&mut self, desk: &Desk<'_>) {
        for call in self.calls.values_mut().filter(|call| call.over) {
            if std::mem::take(&mut call.calls_back) {
                self.back.push((desk.tools.now.mono + CALL_BACK, call.person));
            }
        }
        self.calls.retain(|_, call| !call.session.finished());
    }

    /// Whether somebody's time to call back has come.
    pub(super) fn calls_back(&self, now: Mono) -> bool {
        self.back.iter().any(|(at, _)| *at <= now)
    }

    /// Time has passed. `newest` is where the account is registered: who calls back calls there, or not at all.
    pub(super) fn handle_timeout(&mut self, desk: &mut Desk<'_>, domain: &str, newest: Option<(Uri, Flow)>) {
        let now = desk.tools.now.mono;
        for (id, call) in &mut self.calls {
            if call.session.next_timeout().is_some_and(|(at, _)| at <= now) {
                call.session.handle_timeout(&mut desk.tools);
            }
            if call.due.is_some_and(|at| at <= now) && !call.over {
                call.on_due(desk, *id);
            }
        }
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.back).into_iter().partition(|(at, _)| *at <= now);
        self.back = later;
        for (_, person) in due {
            if let (Some((target, flow)), Act::CallBack(_, script)) = (&newest, person.act) {
                let local = NameAddr::new(SipUri::new(Some(person.user()), Host::Name(domain.to_owned())));
                let setup = setup(person, flow, local.with_display(person.name));
                let id = self.count();
                desk.out.push_back(Output::Leg(id, LegOrder::Open(flow.local.ip())));
                self.planned.insert(id, Planned { person, script, setup, target: target.clone() });
            }
        }
        self.after(desk);
    }

    /// When [`Calls::handle_timeout`] is due.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let calls = self.calls.values().filter_map(|call| {
            let due = call.due.filter(|_| !call.over);
            call.session.next_timeout().map(|(at, _)| at).into_iter().chain(due).min()
        });
        calls.chain(self.back.iter().map(|(at, _)| *at)).min()
    }
}

impl Call {
    /// Answers: with an answer, or with an offer if they made none.
    fn answer(&mut self, desk: &mut Desk<'_>, id: CallId, addr: SocketAddr) {
        let mut local = Local::new(addr, &rows(), Srtp::Offer, desk.tools.entropy);
        let Some(offer) = self.session.peer_offer() else {
            let offer = local.offer(Direction::SendRecv, desk.tools.entropy);
            self.local = Some(local);
            self.session.answer(&mut desk.tools, offer.as_bytes());
            return;
        };
        match local.answer(&offer, Direction::SendRecv, desk.tools.entropy) {
            Ok((answer, agreed)) => {
                self.local = Some(local);
                self.session.answer(&mut desk.tools, answer.as_bytes());
                self.play(desk, id, agreed.session);
            }
            Err(refused) => {
                self.session.refuse(&mut desk.tools, refused.status(), &[]);
                self.close(desk, id);
            }
        }
    }

    fn play(&self, desk: &mut Desk<'_>, id: CallId, media: Media) {
        desk.out.push_back(Output::Leg(id, LegOrder::Session(Box::new(media), self.script)));
    }

    /// Reads the other end's answer to an offer of ours.
    fn accept(&mut self, desk: &mut Desk<'_>, id: CallId, answer: &[u8]) {
        match self.local.as_mut().map(|local| local.accept(answer)) {
            Some(Ok(Agreed { session, .. })) => self.play(desk, id, session),
            Some(Err(_)) | None => {
                self.session.hang_up(&mut desk.tools, Why::NotAcceptable);
                self.close(desk, id);
            }
        }
    }

    fn on_event(&mut self, desk: &mut Desk<'_>, id: CallId, event: Event) {
        match event {
            Event::Accepted { body, offer: false } => {
                self.due = None;
                self.accept(desk, id, &body);
            }
            Event::Confirmed { answer: Some(body) } | Event::PeerAnswer(body) | Event::OfferAnswered(body) => {
                self.accept(desk, id, &body);
            }
            Event::PeerOffer { offer } => self.on_offer(desk, id, offer.as_deref()),
            Event::Failed(_) | Event::Cancelled { .. } | Event::Ended(_) => self.close(desk, id),
            // We always offer: an answer that is an offer is no answer.
            Event::Accepted { offer: true, .. } => {
                self.session.hang_up(&mut desk.tools, Why::NotAcceptable);
                self.close(desk, id);
            }
            Event::Trying
            | Event::Progress(_)
            | Event::Confirmed { answer: None }
            | Event::OfferRefused { .. }
            | Event::OfferAgain => {}
        }
    }

    /// They change the session: hold, resume, another address.
    fn on_offer(&mut self, desk: &mut Desk<'_>, id: CallId, offer: Option<&[u8]>) {
        let Some(local) = &mut self.local else { return self.session.refuse_offer(&mut desk.tools, 488) };
        let Some(offer) = offer else {
            let ours = local.offer(Direction::SendRecv, desk.tools.entropy);
            return self.session.answer_offer(&mut desk.tools, ours.as_bytes());
        };
        match local.answer(offer, Direction::SendRecv, desk.tools.entropy) {
            Ok((answer, agreed)) => {
                self.session.answer_offer(&mut desk.tools, answer.as_bytes());
                self.play(desk, id, agreed.session);
            }
            Err(refused) => self.session.refuse_offer(&mut desk.tools, refused.status()),
        }
    }

    /// It rings: again here, long enough there.
    fn on_due(&mut self, desk: &mut Desk<'_>, id: CallId) {
        if self.outgoing {
            self.session.hang_up(&mut desk.tools, Why::Normal);
            self.close(desk, id);
        } else {
            self.session.ring(&mut desk.tools);
            self.due = Some(desk.tools.now.mono + RING_AGAIN);
        }
    }

    /// It is over for our person.
    fn close(&mut self, desk: &mut Desk<'_>, id: CallId) {
        if std::mem::take(&mut self.has_leg) {
            desk.out.push_back(Output::Leg(id, LegOrder::Close));
        }
        (self.over, self.due) = (true, None);
    }
}

/// Every codec there is.
fn rows() -> Vec<&'static Row> {
    ROWS.iter().collect()
}

/// A person's end of a call on `flow`.
fn setup(person: &Person, flow: &Flow, mut local: NameAddr) -> Setup {
    local.params.remove("tag");
    let contact = SipUri::at(Some(person.user()), flow.local).with_param("transport", Some(flow.transport.param()));
    Setup { flow: flow.clone(), contact: contact.into(), local, routes: Vec::new(), own_server: false }
}
