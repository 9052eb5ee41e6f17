//! When a frame was due: devices take them as they like, the jitter buffer thinks in frames 10 ms apart.

use std::time::Duration;

use crate::base::Mono;

/// When the frame that is asked for was due, and when it will be heard.
///
/// Of two frames asked for at once, the second one would seem to be due 10 ms early: the jitter buffer would conceal,
/// find itself 10 ms late, leave sound out, and so on for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turn {
    /// How long ago this frame would have been asked for, were they asked for one by one.
    pub behind: Duration,
    /// What the device still has to play before it.
    pub queued: Duration,
}

impl Turn {
    /// When the frame was due, if it is `now`.
    pub(super) fn due(self, now: Mono) -> Mono {
        now.before(self.behind)
    }

    /// From then until it is heard.
    pub(super) fn until_heard(self) -> Duration {
        self.behind + self.queued
    }
}

/// What the queue's highest level loses with each frame, so that it is found anew in some seconds.
const SINK: Duration = Duration::from_micros(20);

/// The turns of a device that drains a queue in pieces of any size.
///
/// A frame is heard when what is queued before it has been played: this tells its place among the others to the
/// sample. A frame that finds the queue at its highest level is in time; the others are late by what is missing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    highest: Duration,
}

impl Pace {
    /// The next frame's turn, if so much is queued before it.
    pub fn turn(&mut self, queued: Duration) -> Turn {
        self.highest = self.highest.saturating_sub(SINK).max(queued);
        Turn { behind: self.highest - queued, queued }
    }
}
