//! Non-INVITE client transaction: RFC 3261 figure 6.
//!
//! ```text
//!                     | request sent
//!        timer E      V                  timer F: gave up
//!       resend  +-----------+ -------------------------------+
//!          +----|  Trying   |                                |
//!          +--->|           |-- 200-699: pass up --+         |
//!               +-----------+                      |         |
//!                     | 1xx: pass up               |         |
//!        timer E      V                            |         |
//!       resend  +------------+ timer F: gave up    |         |
//!          +----| Proceeding |---------------------|-------> |
//!          +--->|            |-- 200-699: pass up->|         |
//!               +------------+                     V         |
//!                                           +-----------+    |
//!                                           | Completed |    |
//!                                           +-----------+    |
//!                                      timer K     |         |
//!                                                  V         V
//!                                           +-------------------+
//!                                           |     Terminated    |
//!                                           +-------------------+
//! ```

use super::{Act, Due, Timed, resend, sooner};
use crate::base::Mono;
use crate::sip::timers::{GIVE_UP, Retransmission, T2, T4};

/// The machine.
#[derive(Debug)]
pub(in crate::sip) struct ClientOther {
    reliable: bool,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Trying and Proceeding differ in timer E's pace only, which timer E knows itself.
    Waiting {
        e: Option<Retransmission>,
        f: Mono,
    },
    /// Timer K.
    Completed {
        k: Mono,
    },
    Terminated,
}

impl ClientOther {
    /// The request has just been sent.
    pub(in crate::sip) fn new(now: Mono, reliable: bool) -> ClientOther {
        let e = (!reliable).then(|| Retransmission::new(now, Some(T2)));
        ClientOther { reliable, state: State::Waiting { e, f: now + GIVE_UP } }
    }

    /// A response with this status came.
    pub(in crate::sip) fn on_response(&mut self, now: Mono, status: u16) -> Act {
        match (&mut self.state, status) {
            (State::Waiting { e, .. }, 100..=199) => {
                if let Some(e) = e {
                    e.slow_down();
                }
                Act::PassUp
            }
            (State::Waiting { .. }, _) => {
                self.state = if self.reliable { State::Terminated } else { State::Completed { k: now + T4 } };
                Act::PassUp
            }
            (State::Completed { .. } | State::Terminated, _) => Act::None,
        }
    }

    /// Whether the transaction user has had no final response yet.
    pub(in crate::sip) const fn is_pending(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }
}

impl Timed for ClientOther {
    fn on_timeout(&mut self, now: Mono) -> Act {
        match &mut self.state {
            State::Waiting { f, .. } if *f <= now => {
                self.state = State::Terminated;
                Act::GaveUp
            }
            State::Waiting { e, .. } => resend(e, now),
            State::Completed { k } if *k <= now => {
                self.state = State::Terminated;
                Act::None
            }
            State::Completed { .. } | State::Terminated => Act::None,
        }
    }

    fn due(&self) -> Due {
        match &self.state {
            State::Waiting { e, f } => sooner(e.map(|e| (e.at(), "timer E")), Some((*f, "timer F"))),
            State::Completed { k } => Some((*k, "timer K")),
            State::Terminated => None,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.state, State::Terminated)
    }
}
