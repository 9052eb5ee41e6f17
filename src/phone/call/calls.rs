//! All calls: finds the one that an input is for, and after each input settles what follows for all of them.

use std::time::Duration;

use super::call::{Call, Progress, Stage};
use super::{Env, incoming};
use crate::base::{AccountId, CallId, Mono};
use crate::phone::command::Digits;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallDirection, CallView, EndReason};
use crate::port::media::{Order, Report, Tone};
use crate::port::net::FlowId;
use crate::sip::endpoint::{self, Happening, ServerKey};
use crate::sip::invite::{Session, Why, capabilities};
use crate::sip::{Message, Method};

/// For how long an ended call stays on the screen, and its tone is heard.
pub(super) const ENDED_STAYS: Duration = Duration::from_secs(4);

/// All calls of the phone.
#[derive(Debug, Default)]
pub struct Calls {
    pub(super) calls: Vec<Call>,
    /// Sessions of calls that have ended: they still have something to say, or to hear.
    pub(super) leaving: Vec<(AccountId, Session)>,
    last: u32,
    tone: Option<Tone>,
}

impl Calls {
    /// No calls.
    #[must_use]
    pub fn new() -> Calls {
        Calls::default()
    }

    /// What the screens draw: oldest first; an ended call stays for 4 s.
    #[must_use]
    pub fn views(&self) -> Vec<CallView> {
        self.calls.iter().map(Call::view).collect()
    }

    /// Whether there is a call that has not ended.
    #[must_use]
    pub fn are_live(&self) -> bool {
        self.calls.iter().any(Call::is_live)
    }

    /// Whether somebody has the INVITE of this call, though nobody may be ringing yet.
    #[must_use]
    pub fn is_tried(&self, id: CallId) -> bool {
        let call = self.calls.iter().find(|call| call.id == id);
        call.is_some_and(|call| {
            !matches!(&call.stage, Stage::Preparing { .. } | Stage::Inviting(Progress { tried: false, .. }))
        })
    }

    /// Whether nothing is left to be said either: the phone may stop.
    #[must_use]
    pub fn are_quiet(&self) -> bool {
        !self.are_live() && self.leaving.iter().all(|(_, session)| session.is_quiet())
    }

    /// When [`Calls::handle_timeout`] is due, and why.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        let own = self.calls.iter().filter_map(|call| match &call.stage {
            Stage::Preparing { until, .. } => Some((*until, "media did not answer")),
            Stage::Moving { until, .. } => Some((*until, "no other server")),
            Stage::Ended { until, .. } => Some((*until, "ended call disappears")),
            Stage::Inviting(_) | Stage::Offered { .. } | Stage::Answering | Stage::Established => None,
        });
        let sessions = self.calls.iter().filter_map(|call| call.session.as_ref());
        let leaving = self.leaving.iter().map(|(_, session)| session);
        own.chain(sessions.chain(leaving).filter_map(Session::next_timeout)).min()
    }

    /// Time has passed.
    pub fn handle_timeout(&mut self, env: &mut Env<'_>) {
        let now = env.now.mono;
        for call in &mut self.calls {
            if matches!(&call.stage, Stage::Preparing { until, .. } if *until <= now) {
                call.end(env, EndReason::Failed(Problem::new(ProblemKind::NoMedia, call.provider.clone())));
            }
            if matches!(&call.stage, Stage::Moving { until, .. } if *until <= now) {
                call.end(env, EndReason::Failed(call.unavailable()));
            }
            if let Some(session) = &mut call.session {
                session.handle_timeout(&mut env.tools(call.account));
            }
        }
        for (account, session) in &mut self.leaving {
            session.handle_timeout(&mut env.tools(*account));
        }
        self.calls.retain(|call| !matches!(&call.stage, Stage::Ended { until, .. } if *until <= now));
        self.settle(env);
    }

    /// What the endpoint tells. Gives back what belongs to no call: responses to requests of others.
    pub fn on_happening(&mut self, env: &mut Env<'_>, happening: Happening) -> Option<Happening> {
        let rest = match happening {
            Happening::Request { server, message, flow } => {
                if let Some((account, session)) = self.session_of(|session| session.owns_request(&message)) {
                    if incoming::is_trusted(env, account, session, &flow) {
                        session.on_request(&mut env.tools(account), server, &message);
                    } else {
                        env.endpoint.ignore(server);
                    }
                } else if message.to_tag().is_some() {
                    // A dialog that we know nothing of (RFC 3261 §12.2.2).
                    respond(env, server, &message, 481);
                } else {
                    self.on_new_request(env, server, &message, &flow);
                }
                None
            }
            Happening::Ack { message, .. } => {
                if let Some((account, session)) = self.session_of(|session| session.owns_request(&message)) {
                    session.on_ack(&mut env.tools(account), &message);
                }
                None
            }
            Happening::Cancelled { server, message } => {
                if let Some((account, session)) = self.session_of(|session| session.owns_server(server)) {
                    session.on_cancelled(&mut env.tools(account), server, &message);
                }
                None
            }
            Happening::ServerFailed { server } => {
                if let Some((account, session)) = self.session_of(|session| session.owns_server(server)) {
                    session.on_server_failed(&mut env.tools(account), server);
                }
                None
            }
            Happening::Response { client, message, flow } => {
                match self.session_of(|session| session.owns_client(client)) {
                    Some((account, session)) => {
                        session.on_response(&mut env.tools(account), client, &message);
                        None
                    }
                    None => Some(Happening::Response { client, message, flow }),
                }
            }
            Happening::Failed { client, why } => match self.session_of(|session| session.owns_client(client)) {
                Some((account, session)) => {
                    let status = if why == endpoint::Failure::Timeout { 408 } else { 503 };
                    session.on_failed(&mut env.tools(account), client, status);
                    None
                }
                None => Some(Happening::Failed { client, why }),
            },
        };
        self.settle(env);
        rest
    }

    /// The session that `wanted` says yes to, be its call alive or not.
    fn session_of(&mut self, wanted: impl Fn(&Session) -> bool) -> Option<(AccountId, &mut Session)> {
        let of_calls = self.calls.iter_mut().filter_map(|call| Some((call.account, call.session.as_mut()?)));
        let leaving = self.leaving.iter_mut().map(|(account, session)| (*account, session));
        of_calls.chain(leaving).find(|(_, session)| wanted(session))
    }

    fn on_new_request(
        &mut self,
        env: &mut Env<'_>,
        server: ServerKey,
        message: &Message,
        flow: &crate::port::net::Flow,
    ) {
        let Some(line) = incoming::line_for(env, message, flow) else {
            // Nobody whom we listen to: not even a refusal tells them that we are here.
            env.endpoint.ignore(server);
            return;
        };
        match message.method() {
            Some(Method::Invite) => self.on_invite(env, &line, server, message, flow),
            Some(Method::Options) => {
                let tag = env.entropy.tag();
                let response = capabilities(Message::response_to(message, 200, "", Some(&tag)));
                env.endpoint.respond(env.now, server, response);
            }
            // BYE and the like outside of any dialog.
            Some(_) | None => respond(env, server, message, 481),
        }
    }

    /// What the media thread reports. What is about no call is not for us.
    pub fn on_media(&mut self, env: &mut Env<'_>, report: &Report) {
        let id = match report {
            Report::Bound(id, _)
            | Report::Failed(id, _)
            | Report::FirstPacket(id)
            | Report::Silent(id, _)
            | Report::Heard(id)
            | Report::Stats(id, _)
            | Report::Digit(id, _)
            | Report::DigitsSent(id) => *id,
            Report::Devices(_) | Report::DeviceTrouble(_) | Report::DevicesInUse(_, _) => return,
        };
        if let Some(call) = self.calls.iter_mut().find(|call| call.id == id && call.is_live()) {
            call.on_media(env, report);
        }
        self.settle(env);
    }

    /// Answers an incoming call.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if it is not there to be answered.
    pub fn answer(&mut self, env: &mut Env<'_>, id: CallId) -> Result<(), Problem> {
        self.with(env, id, |call, env| call.answer(env))
    }

    /// Declines an incoming call: 603.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if it does not ring.
    pub fn decline(&mut self, env: &mut Env<'_>, id: CallId) -> Result<(), Problem> {
        self.with(env, id, |call, env| {
            matches!(call.stage, Stage::Offered { .. }).then(|| call.hang_up(env, Why::Normal, EndReason::Declined))
        })
    }

    /// Stops the ringing; the caller hears nothing of it.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if it does not ring.
    pub fn silence(&mut self, env: &mut Env<'_>, id: CallId) -> Result<(), Problem> {
        self.with(env, id, |call, _| matches!(call.stage, Stage::Offered { .. }).then(|| call.silenced = true))
    }

    /// Ends a call in whichever state.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if there is no such call.
    pub fn hang_up(&mut self, env: &mut Env<'_>, id: CallId) -> Result<(), Problem> {
        self.with(env, id, |call, env| {
            let reason = match call.stage {
                Stage::Preparing { .. } | Stage::Inviting(_) | Stage::Moving { .. } => EndReason::Cancelled,
                Stage::Offered { .. } => EndReason::Declined,
                Stage::Answering | Stage::Established => EndReason::HungUp,
                Stage::Ended { .. } => return None,
            };
            call.hang_up(env, Why::Normal, reason);
            Some(())
        })
    }

    /// Ends all calls.
    pub fn hang_up_all(&mut self, env: &mut Env<'_>) {
        let live: Vec<CallId> = self.calls.iter().filter(|call| call.is_live()).map(|call| call.id).collect();
        for id in live {
            // It is there: its id was just read.
            self.hang_up(env, id).unwrap_or_default();
        }
    }

    /// Ends the calls of one account: it signs out.
    pub fn hang_up_account(&mut self, env: &mut Env<'_>, account: AccountId) {
        let its = |call: &&Call| call.is_live() && call.account == account;
        let live: Vec<CallId> = self.calls.iter().filter(its).map(|call| call.id).collect();
        for id in live {
            self.hang_up(env, id).unwrap_or_default();
        }
    }

    /// Holds or resumes. The view shows it when the other end has agreed.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if the call is not established.
    pub fn set_held(&mut self, env: &mut Env<'_>, id: CallId, held: bool) -> Result<(), Problem> {
        self.with(env, id, |call, env| {
            matches!(call.stage, Stage::Answering | Stage::Established).then(|| call.set_held(env, held))
        })
    }

    /// Mutes or unmutes the microphone, in every state before the end.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if there is no such call.
    pub fn set_muted(&mut self, env: &mut Env<'_>, id: CallId, muted: bool) -> Result<(), Problem> {
        self.with(env, id, |call, env| {
            call.muted = muted;
            call.set_microphone(env);
            Some(())
        })
    }

    /// Sends digits.
    ///
    /// # Errors
    /// [`ProblemKind::NotNow`] if the call is not established, or if the other end takes no events (RFC 4733)
    /// and its codec would spoil keys sent as sound.
    pub fn send_digits(&mut self, env: &mut Env<'_>, id: CallId, digits: &Digits) -> Result<(), Problem> {
        self.with(env, id, |call, env| call.send_digits(env, digits))
    }

    /// The call's sound and state are what `act` makes of it; `None` from it is "not now".
    fn with(
        &mut self,
        env: &mut Env<'_>,
        id: CallId,
        act: impl FnOnce(&mut Call, &mut Env<'_>) -> Option<()>,
    ) -> Result<(), Problem> {
        let call = self.calls.iter_mut().find(|call| call.id == id && call.is_live());
        let done = call.and_then(|call| act(call, env));
        self.settle(env);
        done.ok_or_else(|| Problem::new(ProblemKind::NotNow, String::new()))
    }

    /// An account speaks by another flow than `old` now, or by the same with another Contact: its calls go on there.
    pub fn flow_changed(&mut self, env: &mut Env<'_>, account: AccountId, old: FlowId) {
        let Some(line) = env.lines.lines().into_iter().find(|line| line.account == account) else { return };
        for call in self.calls.iter_mut().filter(|call| call.account == account) {
            call.flow_changed(env, &line, old);
        }
        for (_, session) in self.leaving.iter_mut().filter(|(its, session)| *its == account && session.flow().id == old)
        {
            session.set_flow(&mut env.tools(account), line.flow.clone(), line.contact.clone());
        }
        self.settle(env);
    }

    pub(super) fn next_id(&mut self) -> CallId {
        self.last += 1;
        CallId(self.last)
    }

    /// Hears what all sessions tell, lets ended calls' sessions linger, and plays the tone that is due.
    pub(super) fn settle(&mut self, env: &mut Env<'_>) {
        for call in &mut self.calls {
            while let Some(event) = call.session.as_mut().and_then(Session::poll) {
                call.on_session(env, event);
            }
            if !call.is_live()
                && let Some(session) = call.session.take()
            {
                self.leaving.push((call.account, session));
            }
        }
        for (_, session) in &mut self.leaving {
            while session.poll().is_some() {}
        }
        self.leaving.retain(|(_, session)| !session.finished());
        let tone = self.wanted_tone();
        if tone != self.tone {
            self.tone = tone;
            env.media(Order::Tone(tone));
        }
    }

    /// Call-progress tones: those of living calls first.
    fn wanted_tone(&self) -> Option<Tone> {
        let of_living = self.calls.iter().find_map(|call| match &call.stage {
            Stage::Inviting(progress) if progress.rings && !progress.heard => Some(Tone::Ringback),
            Stage::Offered { answer: false, .. } if !call.silenced => Some(Tone::Ringtone),
            Stage::Preparing { .. }
            | Stage::Inviting(_)
            | Stage::Moving { .. }
            | Stage::Offered { .. }
            | Stage::Answering
            | Stage::Established
            | Stage::Ended { .. } => None,
        });
        if of_living.is_some() || self.are_live() {
            return of_living;
        }
        self.calls.last().and_then(|call| match &call.stage {
            Stage::Ended { reason, .. } => tone_of(reason, call),
            Stage::Preparing { .. }
            | Stage::Inviting(_)
            | Stage::Moving { .. }
            | Stage::Offered { .. }
            | Stage::Answering
            | Stage::Established => None,
        })
    }
}

/// The tone with which a call ends.
fn tone_of(reason: &EndReason, call: &Call) -> Option<Tone> {
    match reason {
        EndReason::Failed(problem) if problem.kind == ProblemKind::ConnectionLost => Some(Tone::Dropped),
        EndReason::Silent => Some(Tone::Dropped),
        EndReason::Failed(_) if call.direction == CallDirection::Incoming => None,
        EndReason::Failed(problem) if problem.kind == ProblemKind::Busy => Some(Tone::Busy),
        EndReason::Failed(_) => Some(Tone::Congestion),
        EndReason::HungUp
        | EndReason::PeerHungUp
        | EndReason::Declined
        | EndReason::Missed
        | EndReason::MissedBusy
        | EndReason::AnsweredElsewhere
        | EndReason::Cancelled => None,
    }
}

/// Refuses a request that no session answers.
pub(super) fn respond(env: &mut Env<'_>, server: ServerKey, request: &Message, status: u16) {
    let tag = env.entropy.tag();
    env.endpoint.respond(env.now, server, Message::response_to(request, status, "", Some(&tag)));
}
