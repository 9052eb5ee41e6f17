//! A call and the media thread: what was negotiated becomes orders, reports become facts about the call.

use std::time::Duration;

use super::Env;
use super::call::{Call, Stage};
use crate::base::Mono;
use crate::codec::row;
use crate::phone::command::Digits;
use crate::phone::event::Event;
use crate::phone::view::EndReason;
use crate::port::media::{Direction, Order, Report};
use crate::sdp::Agreed;
use crate::sip::invite::Why;

/// Silence of this length is said.
const SILENCE_SAID: Duration = Duration::from_secs(10);
/// Silence of this length ends the call.
const SILENCE_ENDS: Duration = Duration::from_secs(60);
/// Digits that the view keeps.
const DIGITS_SHOWN: usize = 64;

impl Call {
    /// What offer and answer have agreed on is what media does from now on.
    pub(super) fn apply(&mut self, env: &mut Env<'_>, agreed: Agreed) {
        self.held_by_peer = !agreed.remote.receives();
        self.set_microphone(env);
        if self.agreed.as_ref() != Some(&agreed.session) {
            env.media(Order::Session(self.id, Box::new(agreed.session.clone())));
            self.agreed = Some(agreed.session);
        }
        self.set_expectation(env);
    }

    /// Tells the media thread whether the other end should be heard: from the answer on, while nobody holds. The time
    /// of silence counts from there, however long it rang with a description or was held before.
    fn set_expectation(&mut self, env: &mut Env<'_>) {
        let receives = self.agreed.as_ref().is_some_and(|session| session.direction.receives());
        let expected = self.is_answered() && receives && !self.held_by_peer && !self.hold.held;
        if expected != self.sound_expected {
            self.sound_expected = expected;
            self.heard();
            env.media(Order::Expect(self.id, expected));
        }
    }

    const fn is_answered(&self) -> bool {
        matches!(self.stage, Stage::Answering | Stage::Established)
    }

    /// Tells the media thread about the microphone: off while muted, while we hold, and before the call is answered.
    /// Nobody's room is heard by whoever merely rings.
    pub(super) fn set_microphone(&mut self, env: &mut Env<'_>) {
        let off = self.muted || self.hold.wanted || self.hold.held || !self.is_answered();
        if off != self.microphone_off {
            self.microphone_off = off;
            env.media(Order::Mute(self.id, off));
        }
    }

    /// The direction of our next offer (RFC 3264 §8.4): a hold of both sides is `inactive`.
    pub(super) const fn offered_direction(&self) -> Direction {
        match (self.hold.wanted, self.held_by_peer) {
            (true, true) => Direction::Inactive,
            (true, false) => Direction::SendOnly,
            (false, _) => Direction::SendRecv,
        }
    }

    /// One report about this call.
    pub(super) fn on_media(&mut self, env: &mut Env<'_>, report: &Report) {
        match report {
            Report::Bound(_, addr) => {
                if matches!(self.stage, Stage::Preparing { .. }) {
                    self.invite(env, *addr);
                } else {
                    self.on_bound(env, *addr);
                }
            }
            Report::Failed(_, _) => self.no_media(env),
            Report::FirstPacket(_) => {
                if let Stage::Inviting(progress) = &mut self.stage {
                    progress.heard = true;
                }
                self.heard();
            }
            Report::Heard(_) => self.heard(),
            Report::Silent(_, silence) => self.on_silence(env, *silence),
            Report::Stats(_, stats) => {
                self.stats = Some(*stats);
                self.count_silence(env.now.mono);
            }
            Report::Digit(_, digit) => env.event(Event::DigitReceived(self.id, *digit)),
            Report::DigitsSent(_) | Report::Devices(_) | Report::DeviceTrouble(_) | Report::DevicesInUse(_, _) => {}
        }
    }

    fn heard(&mut self) {
        self.silent_since = None;
        self.silent_secs = None;
    }

    /// Nothing has been heard for a while: said after ten seconds, the end after sixty. A report that was on its way
    /// when somebody held is none.
    fn on_silence(&mut self, env: &mut Env<'_>, silence: Duration) {
        if !self.sound_expected {
            return;
        }
        if silence >= SILENCE_ENDS {
            self.hang_up(env, Why::Silence, EndReason::Silent);
        } else if silence >= SILENCE_SAID {
            let ago = u64::try_from(silence.as_micros()).unwrap_or(u64::MAX);
            self.silent_since = Some(Mono::from_micros(env.now.mono.as_micros().saturating_sub(ago)));
            self.count_silence(env.now.mono);
        }
    }

    fn count_silence(&mut self, now: Mono) {
        self.silent_secs = self.silent_since.map(|since| u32::try_from(now.since(since).as_secs()).unwrap_or(u32::MAX));
    }

    /// Sends digits: as events, if the other end takes those (RFC 4733), else as sound where that comes out right.
    pub(super) fn send_digits(&mut self, env: &mut Env<'_>, digits: &Digits) -> Option<()> {
        let as_sound = |name| row(name).is_some_and(|row| row.carries_keys);
        let agreed = self.agreed.as_ref();
        let can = agreed.is_some_and(|session| !session.events.is_empty() || as_sound(session.send.name));
        if !can || !self.is_answered() {
            return None;
        }
        self.digits.push_str(digits.as_str());
        let extra = self.digits.len().saturating_sub(DIGITS_SHOWN);
        // Digits are ASCII, so that every position is a boundary.
        self.digits.drain(..extra);
        env.media(Order::Digits(self.id, digits.as_str().to_owned()));
        Some(())
    }
}
