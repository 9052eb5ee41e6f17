//! What sessions tell their call: answers, changes, ends. And hold, which is an offer like any other.

use super::call::{Call, Stage};
use super::calls::ENDED_STAYS;
use super::{Effect, Env, Line};
use crate::phone::event::Event;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::EndReason;
use crate::port::media::Order;
use crate::port::net::FlowId;
use crate::sip::invite::{self, End, Why};

impl Call {
    /// One event of the session.
    pub(super) fn on_session(&mut self, env: &mut Env<'_>, event: invite::Event) {
        if !self.is_live() {
            return;
        }
        match event {
            invite::Event::Trying => {
                if let Stage::Inviting(progress) = &mut self.stage {
                    progress.tried = true;
                }
            }
            invite::Event::Progress(progress) => self.on_progress(env, &progress),
            invite::Event::Accepted { body, .. } => self.on_accepted(env, &body),
            invite::Event::Failed(failure) => self.on_failure(env, &failure),
            invite::Event::Cancelled { elsewhere } => self.on_cancelled(env, elsewhere),
            invite::Event::Confirmed { answer } => self.on_confirmed(env, answer.as_deref()),
            invite::Event::PeerOffer { offer } => self.on_peer_offer(env, offer.as_deref()),
            invite::Event::PeerAnswer(answer) | invite::Event::OfferAnswered(answer) => {
                if let Some(held) = self.hold.offered.take() {
                    self.hold.held = held;
                }
                self.accept(env, &answer);
                self.set_microphone(env);
                self.offer_if_wanted(env);
            }
            invite::Event::OfferRefused { status } => {
                let was_hold = self.hold.offered.take().is_some_and(|offered| offered != self.hold.held);
                self.hold.wanted = self.hold.held;
                self.set_microphone(env);
                if was_hold {
                    env.event(Event::Refused(
                        Problem::new(ProblemKind::NotNow, self.about.clone()).with_status(status),
                    ));
                }
            }
            invite::Event::OfferAgain => {
                // Not answered: what was offered is still due.
                self.hold.refresh |= self.hold.offered.take().is_some_and(|offered| offered == self.hold.held);
                self.offer_if_wanted(env);
            }
            invite::Event::Ended(end) => self.on_end(env, end),
        }
    }

    fn on_end(&mut self, env: &mut Env<'_>, end: End) {
        let failed = |kind| EndReason::Failed(Problem::new(kind, self.provider.clone()));
        let reason = match end {
            End::Bye => EndReason::PeerHungUp,
            End::NoAck | End::Lost => failed(ProblemKind::ConnectionLost),
            End::NoDescription => failed(ProblemKind::NoCommonFormat),
        };
        self.end(env, reason);
    }

    /// They change the session: hold, resume, another address, other codecs.
    fn on_peer_offer(&mut self, env: &mut Env<'_>, offer: Option<&[u8]>) {
        let wanted = self.wanted_direction();
        let (Some(local), Some(session)) = (&mut self.local, &mut self.session) else { return };
        match offer {
            None => {
                let text = local.offer(wanted, env.entropy);
                session.answer_offer(&mut env.tools(self.account), text.as_bytes());
                self.hold.offered = Some(self.hold.wanted);
            }
            Some(offer) => match local.answer(offer, wanted, env.entropy) {
                Ok((text, agreed)) => {
                    session.answer_offer(&mut env.tools(self.account), text.as_bytes());
                    // Our answer has said whether we hold.
                    self.hold.held = self.hold.wanted;
                    self.apply(env, agreed);
                }
                Err(refused) => session.refuse_offer(&mut env.tools(self.account), refused.status()),
            },
        }
    }

    /// Reads an answer to an offer of ours. One that cannot be used ends the call (RFC 3261 §14.1: the session would
    /// be in a state that nobody knows).
    pub(super) fn accept(&mut self, env: &mut Env<'_>, answer: &[u8]) {
        let Some(local) = &mut self.local else { return };
        match local.accept(answer) {
            Ok(agreed) => self.apply(env, agreed),
            Err(refused) => {
                let reason = self.no_agreement(refused);
                self.hang_up(env, Why::NotAcceptable, reason);
            }
        }
    }

    /// Holds or resumes: at once if it can be, else as soon as what is going on is done.
    pub(super) fn set_held(&mut self, env: &mut Env<'_>, held: bool) {
        self.hold.wanted = held;
        // The microphone is off as soon as the person wants it: it is not for the other end to agree.
        self.set_microphone(env);
        self.offer_if_wanted(env);
    }

    /// Makes the offer that is due, if one is.
    pub(super) fn offer_if_wanted(&mut self, env: &mut Env<'_>) {
        let due = self.hold.refresh || self.hold.wanted != self.hold.held;
        if !due || self.hold.offered.is_some() || !matches!(self.stage, Stage::Established) {
            return;
        }
        let direction = self.offered_direction();
        let (Some(local), Some(session)) = (&mut self.local, &mut self.session) else { return };
        if session.may_offer() {
            let offer = local.offer(direction, env.entropy);
            session.offer(&mut env.tools(self.account), offer.as_bytes());
            self.hold.offered = Some(self.hold.wanted);
            self.hold.refresh = false;
        } else {
            session.offer_when_possible();
        }
    }

    /// The account speaks by another flow.
    pub(super) fn flow_changed(&mut self, env: &mut Env<'_>, line: &Line, old: FlowId) {
        if let Stage::Preparing { line: own, .. } = &mut self.stage {
            **own = line.clone();
        }
        self.invite_elsewhere(env, line);
        let here = line.flow.local.ip();
        if let Stage::Offered { bound: Some(bound), .. } = &mut self.stage
            && bound.is_ipv4() == here.is_ipv4()
        {
            bound.set_ip(here);
        }
        let Some(session) = self.session.as_mut().filter(|session| session.flow().id == old) else { return };
        session.set_flow(&mut env.tools(self.account), line.flow.clone(), line.contact.clone());
        // The other end has to learn where we are now.
        if let Some(local) = &mut self.local {
            local.move_to(here);
        }
        self.hold.refresh = true;
        self.offer_if_wanted(env);
    }

    /// Ends the call from our side.
    pub(super) fn hang_up(&mut self, env: &mut Env<'_>, why: Why, reason: EndReason) {
        if let Some(session) = &mut self.session {
            session.hang_up(&mut env.tools(self.account), why);
        }
        self.end(env, reason);
    }

    /// The call is over for the person.
    pub(super) fn end(&mut self, env: &mut Env<'_>, reason: EndReason) {
        if !self.is_live() {
            return;
        }
        env.media(Order::Close(self.id));
        env.effects.push(Effect::History(Box::new(self.history(reason.clone(), env.now.mono))));
        env.event(Event::CallEnded(self.id));
        self.silent_secs = None;
        self.stage = Stage::Ended { reason, until: env.now.mono + ENDED_STAYS };
    }
}
