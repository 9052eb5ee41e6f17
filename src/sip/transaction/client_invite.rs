//! INVITE client transaction: RFC 3261 figure 5 as RFC 6026 §8.4 corrects it.
//!
//! ```text
//!                     | INVITE sent
//!        timer A      V                  timer B: gave up
//!       resend  +-----------+ -------------------------------+
//!          +----|  Calling  |                                |
//!          +--->|           |-- 2xx: pass up ---------+      |
//!               +-----------+                         |      |
//!     300-699:    |       | 1xx: pass up              |      |
//!     ACK,pass up |       V                           |      |
//!          +------+  +------------+ 2xx: pass up      |      |
//!          |         | Proceeding |-----------------> |      |
//!          |         +------------+                   V      |
//!          |     300-699: |    | cancelled,      +----------+|
//!          | ACK, pass up |    | nothing in 64T1 | Accepted ||  2xx: pass up, each one
//!          V              V    +---> gave up     |          ||
//!        +-----------------+                     +----------+|
//!        |    Completed    | 300-699: ACK          | timer M |
//!        +-----------------+                       |         |
//!              | timer D                           |         |
//!              V                                   V         V
//!        +----------------------------------------------------+
//!        |                     Terminated                     |
//!        +----------------------------------------------------+
//! ```

use super::{Act, Due, Timed, resend, sooner};
use crate::base::Mono;
use crate::sip::timers::{GIVE_UP, Retransmission, TIMER_D};

/// The machine.
#[derive(Debug)]
pub(in crate::sip) struct ClientInvite {
    reliable: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Timer A (none on reliable transports) and timer B.
    Calling {
        a: Option<Retransmission>,
        b: Mono,
    },
    /// Waits without limit, until it is cancelled.
    Proceeding {
        give_up: Option<Mono>,
    },
    /// Timer M.
    Accepted {
        m: Mono,
    },
    /// Timer D.
    Completed {
        d: Mono,
    },
    Terminated,
}

impl ClientInvite {
    /// The INVITE has just been sent.
    pub(in crate::sip) fn new(now: Mono, reliable: bool) -> ClientInvite {
        let a = (!reliable).then(|| Retransmission::new(now, None));
        ClientInvite { reliable, state: State::Calling { a, b: now + GIVE_UP } }
    }

    /// A response with this status came.
    pub(in crate::sip) fn on_response(&mut self, now: Mono, status: u16) -> Act {
        match (self.state, status) {
            (State::Calling { .. }, 100..=199) => {
                self.state = State::Proceeding { give_up: None };
                Act::PassUp
            }
            (State::Proceeding { .. }, 100..=199) => Act::PassUp,
            (State::Calling { .. } | State::Proceeding { .. }, 200..=299) => {
                self.state = State::Accepted { m: now + GIVE_UP };
                Act::PassUp
            }
            (State::Calling { .. } | State::Proceeding { .. }, _) => {
                let d = if self.reliable { now } else { now + TIMER_D };
                self.state = if self.reliable { State::Terminated } else { State::Completed { d } };
                Act::PassUpAndAck
            }
            (State::Accepted { .. }, 200..=299) => Act::PassUp,
            (State::Completed { .. }, 300..) => Act::Ack,
            (State::Accepted { .. } | State::Completed { .. } | State::Terminated, _) => Act::None,
        }
    }

    /// The INVITE has been cancelled: if nothing final comes within 64*T1, it is over (RFC 3261 §9.1).
    pub(in crate::sip) fn on_cancelled(&mut self, now: Mono) {
        if let State::Proceeding { give_up: give_up @ None } = &mut self.state {
            *give_up = Some(now + GIVE_UP);
        }
    }

    /// Whether a CANCEL could still change something: `Some(false)` means not before the first provisional.
    pub(in crate::sip) const fn may_cancel(&self) -> Option<bool> {
        match self.state {
            State::Calling { .. } => Some(false),
            State::Proceeding { .. } => Some(true),
            State::Accepted { .. } | State::Completed { .. } | State::Terminated => None,
        }
    }

    /// Whether the transaction user has had no final response yet.
    pub(in crate::sip) const fn is_pending(&self) -> bool {
        self.may_cancel().is_some()
    }

    fn give_up(&mut self) -> Act {
        self.state = State::Terminated;
        Act::GaveUp
    }
}

impl Timed for ClientInvite {
    fn on_timeout(&mut self, now: Mono) -> Act {
        match &mut self.state {
            State::Calling { b, .. } if *b <= now => self.give_up(),
            State::Calling { a, .. } => resend(a, now),
            State::Proceeding { give_up: Some(at) } if *at <= now => self.give_up(),
            State::Accepted { m: end } | State::Completed { d: end } if *end <= now => {
                self.state = State::Terminated;
                Act::None
            }
            State::Proceeding { .. } | State::Accepted { .. } | State::Completed { .. } | State::Terminated => {
                Act::None
            }
        }
    }

    fn due(&self) -> Due {
        match &self.state {
            State::Calling { a, b } => sooner(a.map(|a| (a.at(), "timer A")), Some((*b, "timer B"))),
            State::Proceeding { give_up } => give_up.map(|at| (at, "cancelled INVITE")),
            State::Accepted { m } => Some((*m, "timer M")),
            State::Completed { d } => Some((*d, "timer D")),
            State::Terminated => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Terminated)
    }
}
