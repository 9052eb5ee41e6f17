//! INVITE server transaction: RFC 3261 figure 7 as RFC 6026 §8.7 corrects it. The 2xx retransmissions, which the RFC
//! leaves to the transaction user (§13.3.1.4), are done here too, where the other timers are. And an INVITE that our
//! own side forgets does not stay for ever: after ten minutes of Proceeding it is given up.
//!
//! ```text
//!                        | INVITE: 100 at once
//!         INVITE:        V
//!         resend   +------------+
//!            +-----| Proceeding |-- 2xx from user ------+
//!            +---->|            |                       |
//!                  +------------+                       V
//!                        | 300-699 from user      +----------+ 2xx timer: resend until ACK
//!   INVITE, timer G:     V                        | Accepted | INVITE: nothing
//!         resend   +------------+                 |          | ACK: pass up
//!            +-----| Completed  |                 +----------+
//!            +---->|            |                   |     | no ACK in 64*T1: gave up
//!                  +------------+                   |     |
//!              ACK |          | timer H: gave up    |     |
//!                  V          |                     |     |
//!            +-----------+    |                     |     |
//!            | Confirmed |    |             timer L |     |
//!            +-----------+    |                     |     |
//!          timer I |          |                     |     |
//!                  V          V                     V     V
//!            +--------------------------------------------+
//!            |                 Terminated                 |
//!            +--------------------------------------------+
//! ```

use std::time::Duration;

use super::{Act, Due, Timed, resend, sooner};
use crate::base::Mono;
use crate::sip::timers::{GIVE_UP, Retransmission, T2, T4};

/// How long an INVITE may ring: longer than any proxy lets it (timer C is three minutes).
const FORGOTTEN: Duration = Duration::from_secs(600);

/// The machine.
#[derive(Debug)]
pub(in crate::sip) struct ServerInvite {
    reliable: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Proceeding {
        end: Mono,
    },
    /// Retransmissions of the 2xx until an ACK has come, on every transport (RFC 3261 §13.3.1.4); timer L.
    Accepted {
        unacknowledged: Option<Retransmission>,
        l: Mono,
    },
    /// Timer G (none on reliable transports) and timer H.
    Completed {
        g: Option<Retransmission>,
        h: Mono,
    },
    /// Timer I.
    Confirmed {
        i: Mono,
    },
    Terminated,
}

/// What an ACK meant to the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::sip) enum Ack {
    /// It acknowledges a 2xx: the transaction user gets it.
    PassUp,
    /// It ends here: it acknowledges a refusal, or nothing.
    Absorbed,
}

impl ServerInvite {
    /// An INVITE has come, and 100 has been sent.
    pub(in crate::sip) fn new(now: Mono, reliable: bool) -> ServerInvite {
        ServerInvite { reliable, state: State::Proceeding { end: now + FORGOTTEN } }
    }

    /// The INVITE came again.
    pub(in crate::sip) const fn on_retransmission(&self) -> Act {
        match self.state {
            State::Proceeding { .. } | State::Completed { .. } => Act::Resend,
            State::Accepted { .. } | State::Confirmed { .. } | State::Terminated => Act::None,
        }
    }

    /// The transaction user answers. Returns whether the response is to be sent: not a second final one.
    pub(in crate::sip) fn respond(&mut self, now: Mono, status: u16) -> bool {
        match (&self.state, status) {
            (State::Proceeding { .. }, 100..=199) => true,
            (State::Proceeding { .. }, 200..=299) => {
                let unacknowledged = Some(Retransmission::new(now, Some(T2)));
                self.state = State::Accepted { unacknowledged, l: now + GIVE_UP };
                true
            }
            (State::Proceeding { .. }, _) => {
                let g = (!self.reliable).then(|| Retransmission::new(now, Some(T2)));
                self.state = State::Completed { g, h: now + GIVE_UP };
                true
            }
            (State::Accepted { .. } | State::Completed { .. } | State::Confirmed { .. } | State::Terminated, _) => {
                false
            }
        }
    }

    /// An ACK came.
    pub(in crate::sip) fn on_ack(&mut self, now: Mono) -> Ack {
        match &mut self.state {
            State::Accepted { unacknowledged, .. } => {
                *unacknowledged = None;
                Ack::PassUp
            }
            State::Completed { .. } => {
                self.state = if self.reliable { State::Terminated } else { State::Confirmed { i: now + T4 } };
                Ack::Absorbed
            }
            State::Proceeding { .. } | State::Confirmed { .. } | State::Terminated => Ack::Absorbed,
        }
    }

    /// Whether the transaction user has sent no final response yet.
    pub(in crate::sip) const fn is_pending(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }
}

impl Timed for ServerInvite {
    fn on_timeout(&mut self, now: Mono) -> Act {
        match &mut self.state {
            State::Accepted { unacknowledged, l } if *l <= now => {
                let act = if unacknowledged.is_some() { Act::GaveUp } else { Act::None };
                self.state = State::Terminated;
                act
            }
            State::Accepted { unacknowledged, .. } => resend(unacknowledged, now),
            State::Proceeding { end: h } | State::Completed { h, .. } if *h <= now => {
                self.state = State::Terminated;
                Act::GaveUp
            }
            State::Completed { g, .. } => resend(g, now),
            State::Confirmed { i } if *i <= now => {
                self.state = State::Terminated;
                Act::None
            }
            State::Proceeding { .. } | State::Confirmed { .. } | State::Terminated => Act::None,
        }
    }

    fn due(&self) -> Due {
        match &self.state {
            State::Accepted { unacknowledged, l } => {
                sooner(unacknowledged.map(|timer| (timer.at(), "2xx retransmission")), Some((*l, "timer L")))
            }
            State::Completed { g, h } => sooner(g.map(|g| (g.at(), "timer G")), Some((*h, "timer H"))),
            State::Confirmed { i } => Some((*i, "timer I")),
            State::Proceeding { end } => Some((*end, "forgotten INVITE")),
            State::Terminated => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Terminated)
    }
}
