//! The four transaction machines of RFC 3261 §17 with RFC 6026's Accepted states, one file per figure.
//!
//! They hold no message and send nothing: a machine is told what came and what time it is, and says which [`Act`]
//! follows. [`super::endpoint`] owns the messages, matches them to machines and does what they say.

mod client_invite;
mod client_other;
mod server_invite;
mod server_other;

pub(super) use client_invite::ClientInvite;
pub(super) use client_other::ClientOther;
pub(super) use server_invite::{Ack, ServerInvite};
pub(super) use server_other::ServerOther;

use super::timers::Retransmission;
use crate::base::Mono;

/// What follows from an input to a machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Act {
    /// Nothing.
    None,
    /// Send the request again (client) or the last response again (server).
    Resend,
    /// The transaction user gets the response.
    PassUp,
    /// The transaction user gets the response, and an ACK goes out.
    PassUpAndAck,
    /// An ACK goes out again.
    Ack,
    /// The transaction user is told that no answer (client) or no ACK (server) came.
    GaveUp,
}

/// When a machine wants to be asked again, and for which of its timers.
pub(super) type Due = Option<(Mono, &'static str)>;

/// What all machines have in common: their timers and their end.
pub(super) trait Timed {
    /// Time has passed.
    fn on_timeout(&mut self, now: Mono) -> Act;
    /// When to call [`Timed::on_timeout`].
    fn due(&self) -> Due;
    /// Whether it is over.
    fn is_over(&self) -> bool;
}

/// The machine of one transaction, of a client or of a server.
#[derive(Debug)]
pub(super) enum Machine<Invite, Other> {
    /// For an INVITE.
    Invite(Invite),
    /// For any other request.
    Other(Other),
}

impl<Invite: Timed, Other: Timed> Timed for Machine<Invite, Other> {
    fn on_timeout(&mut self, now: Mono) -> Act {
        match self {
            Machine::Invite(machine) => machine.on_timeout(now),
            Machine::Other(machine) => machine.on_timeout(now),
        }
    }

    fn due(&self) -> Due {
        match self {
            Machine::Invite(machine) => machine.due(),
            Machine::Other(machine) => machine.due(),
        }
    }

    fn is_over(&self) -> bool {
        match self {
            Machine::Invite(machine) => machine.is_over(),
            Machine::Other(machine) => machine.is_over(),
        }
    }
}

/// The sooner of two timers.
pub(super) fn sooner(a: Due, b: Due) -> Due {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
        (one, other) => one.or(other),
    }
}

/// Asks a retransmission timer, if there is one.
fn resend(timer: &mut Option<Retransmission>, now: Mono) -> Act {
    if timer.as_mut().is_some_and(|timer| timer.is_due(now)) { Act::Resend } else { Act::None }
}
