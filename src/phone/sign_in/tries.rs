//! One transport of a sign-in: its servers, one after the other.

use std::collections::VecDeque;

use crate::base::{AccountId, WallTime};
use crate::phone::locate::{Candidate, Missing};
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::trust::certificate::day;
use crate::port::RequestId;
use crate::port::net::{CertificateError, Fingerprint, Flow, FlowId, NetError, Order, Target, Transport};
use crate::sip::endpoint::ClientKey;

/// What all transports of a sign-in have in common.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) account: AccountId,
    pub(super) tls_name: String,
    /// The certificate that the person trusts, if they trust one.
    pub(super) pin: Option<Fingerprint>,
}

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
    pub(super) fn open_next(
        &mut self,
        to: &Destination,
        attempt: RequestId,
        error: NetError,
        out: &mut VecDeque<Output>,
    ) {
        self.state = match self.rest.pop_front() {
            None => TryState::Failed(error),
            Some(candidate) => {
                let target = target(&candidate, &to.tls_name, to.account, to.pin, attempt);
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
pub(in crate::phone) fn problem_of(error: &NetError, host: &str, tls_name: &str, now: WallTime) -> Problem {
    match error {
        NetError::Certificate(why, shown) => {
            let problem = Problem::new(ProblemKind::of_certificate(why), tls_name);
            match (why, shown) {
                (CertificateError::Expired | CertificateError::NotYetValid, _) => problem.with_detail(day(now)),
                (_, Some(shown)) => problem.with_detail(format!("The server shows {shown}.")),
                (_, None) => problem,
            }
        }
        NetError::Tls(_) => Problem::new(ProblemKind::TlsFailed, host),
        NetError::Unreachable => Problem::new(ProblemKind::OffLine, host),
        NetError::Refused | NetError::TimedOut | NetError::Closed | NetError::Other(_) => {
            Problem::new(ProblemKind::NoAnswer, host)
        }
    }
}

/// Where a flow to this server leads.
pub(in crate::phone) fn target(
    candidate: &Candidate,
    tls_name: &str,
    id: AccountId,
    pin: Option<Fingerprint>,
    attempt: RequestId,
) -> Target {
    let tls_name = (candidate.transport == Transport::Tls).then(|| tls_name.to_owned());
    let pin = pin.filter(|_| candidate.transport == Transport::Tls);
    Target { transport: candidate.transport, addr: candidate.addr, tls_name, account: Some(id), pin, attempt }
}

/// What became of the search for a server.
pub(in crate::phone) fn missing_problem(missing: Missing, host: &str) -> Problem {
    match missing {
        Missing::NoSuchName => Problem::new(ProblemKind::UnknownHost, host),
        Missing::OffLine => Problem::new(ProblemKind::OffLine, host),
    }
}
