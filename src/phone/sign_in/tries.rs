//! One transport of a sign-in: its servers, one after the other.

use std::collections::VecDeque;

use crate::base::AccountId;
use crate::phone::locate::{Candidate, Missing};
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::port::net::{Flow, FlowId, NetError, Order, Target, Transport};
use crate::sip::endpoint::ClientKey;

/// One transport.
#[derive(Debug)]
pub(super) struct Try {
    pub(super) transport: Transport,
    pub(super) rest: VecDeque<Candidate>,
    pub(super) state: TryState,
}

#[derive(Debug)]
pub(super) enum TryState {
    NotYet,
    Opening(Target),
    Probing(Flow, ClientKey),
    Answers(Flow),
    Failed(NetError),
}

impl Try {
    pub(super) fn new(transport: Transport, candidates: &[Candidate]) -> Try {
        let rest = candidates.iter().filter(|one| one.transport == transport).cloned().collect();
        Try { transport, rest, state: TryState::NotYet }
    }

    /// Tries the next server, or fails with the error of the last one.
    pub(super) fn open_next(&mut self, id: AccountId, tls_name: &str, error: NetError, out: &mut VecDeque<Output>) {
        self.state = match self.rest.pop_front() {
            None => TryState::Failed(error),
            Some(candidate) => {
                let target = target(&candidate, tls_name, id);
                out.push_back(Output::Net(Order::Open(target.clone())));
                TryState::Opening(target)
            }
        };
    }

    pub(super) fn flow(&self) -> Option<&Flow> {
        match &self.state {
            TryState::Probing(flow, _) | TryState::Answers(flow) => Some(flow),
            TryState::NotYet | TryState::Opening(_) | TryState::Failed(_) => None,
        }
    }

    pub(super) fn answering(&self) -> Option<&Flow> {
        match &self.state {
            TryState::Answers(flow) => Some(flow),
            TryState::NotYet | TryState::Opening(_) | TryState::Probing(..) | TryState::Failed(_) => None,
        }
    }

    /// Not this one. Its flow, if there is one, is to be closed.
    pub(super) fn give_up(&mut self) -> Option<FlowId> {
        let flow = self.flow().map(|flow| flow.id);
        if !matches!(self.state, TryState::NotYet) {
            self.state = TryState::Failed(NetError::TimedOut);
        }
        flow
    }
}

/// What a transport's error means to a person.
pub(in crate::phone) fn problem_of(error: &NetError, host: &str, tls_name: &str) -> Problem {
    match error {
        NetError::Certificate(error) => Problem::of_certificate(error, tls_name),
        NetError::Tls(_) => Problem::new(ProblemKind::TlsFailed, host),
        NetError::Unreachable => Problem::new(ProblemKind::OffLine, host),
        NetError::Refused | NetError::TimedOut | NetError::Closed | NetError::Other(_) => {
            Problem::new(ProblemKind::NoAnswer, host)
        }
    }
}

/// Where a flow to this server leads.
pub(in crate::phone) fn target(candidate: &Candidate, tls_name: &str, id: AccountId) -> Target {
    let tls_name = (candidate.transport == Transport::Tls).then(|| tls_name.to_owned());
    Target { transport: candidate.transport, addr: candidate.addr, tls_name, account: Some(id) }
}

/// What became of the search for a server.
pub(in crate::phone) fn missing_problem(missing: Missing, host: &str) -> Problem {
    match missing {
        Missing::NoSuchName => Problem::new(ProblemKind::UnknownHost, host),
        Missing::OffLine => Problem::new(ProblemKind::OffLine, host),
    }
}
