//! Non-INVITE server transaction: RFC 3261 figure 8.
//!
//! ```text
//!                    | request: pass up
//!                    V
//!              +------------+ request: nothing
//!              |   Trying   |-- 200-699 from user --+
//!              +------------+                       |
//!                    | 1xx from user                |
//!     request:       V                              |
//!     resend   +------------+                       |
//!        +-----| Proceeding |-- 200-699 from user ->|
//!        +---->|            |                       V
//!              +------------+                 +-----------+ request: resend
//!                    | nobody answers         | Completed |
//!                    | in 64*T1               +-----------+
//!                    |                 timer J      |
//!                    V                              V
//!              +------------------------------------------+
//!              |                Terminated                |
//!              +------------------------------------------+
//! ```
//!
//! Not in the figure: a request that our own side never answers ends after 64*T1 as well, when its sender has given
//! up. Otherwise one forgotten request would stay for ever.

use super::{Act, Due, Timed};
use crate::base::Mono;
use crate::sip::timers::GIVE_UP;

/// The machine.
#[derive(Debug)]
pub(in crate::sip) struct ServerOther {
    reliable: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Trying {
        end: Mono,
    },
    Proceeding {
        end: Mono,
    },
    /// Timer J.
    Completed {
        j: Mono,
    },
    Terminated,
}

impl ServerOther {
    /// A request has come.
    pub(in crate::sip) fn new(now: Mono, reliable: bool) -> ServerOther {
        ServerOther { reliable, state: State::Trying { end: now + GIVE_UP } }
    }

    /// The request came again.
    pub(in crate::sip) const fn on_retransmission(&self) -> Act {
        match self.state {
            State::Proceeding { .. } | State::Completed { .. } => Act::Resend,
            State::Trying { .. } | State::Terminated => Act::None,
        }
    }

    /// The transaction user answers. Returns whether the response is to be sent: not a second final one.
    pub(in crate::sip) fn respond(&mut self, now: Mono, status: u16) -> bool {
        match (self.state, status) {
            (State::Trying { end } | State::Proceeding { end }, 100..=199) => {
                self.state = State::Proceeding { end };
                true
            }
            (State::Trying { .. } | State::Proceeding { .. }, _) => {
                self.state = if self.reliable { State::Terminated } else { State::Completed { j: now + GIVE_UP } };
                true
            }
            (State::Completed { .. } | State::Terminated, _) => false,
        }
    }
}

impl Timed for ServerOther {
    fn on_timeout(&mut self, now: Mono) -> Act {
        if let State::Trying { end } | State::Proceeding { end } | State::Completed { j: end } = self.state
            && end <= now
        {
            self.state = State::Terminated;
        }
        Act::None
    }

    fn due(&self) -> Due {
        match self.state {
            State::Trying { end } | State::Proceeding { end } => Some((end, "unanswered request")),
            State::Completed { j } => Some((j, "timer J")),
            State::Terminated => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Terminated)
    }
}
