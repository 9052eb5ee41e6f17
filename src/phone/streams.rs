//! Streams for requests of UDP accounts that are too large for a datagram (RFC 3261 §18.1.1). Opened for one request
//! each, to the server that the account has already, so nothing goes to anybody else; kept for a while, since a server
//! may send what follows by the same way.

use std::collections::VecDeque;

use super::Phone;
use crate::base::{AccountId, Now};
use crate::phone::output::Output;
use crate::port::net::{Flow, FlowId, Order, Target, Transport};
use crate::sip::endpoint::ClientKey;

/// Streams that are kept; the oldest is closed for a new one.
const MAX_STREAMS: usize = 8;

/// Streams beside the accounts' flows.
#[derive(Debug, Default)]
pub(super) struct Streams {
    opening: Vec<(Target, ClientKey)>,
    open: VecDeque<Flow>,
}

impl Phone {
    /// The endpoint wants a stream for a request.
    pub(super) fn open_stream(&mut self, client: ClientKey, flow: &Flow) {
        let attempt = self.attempts.count();
        let (transport, addr, account) = (Transport::Tcp, flow.remote, flow.account);
        let target = Target { transport, addr, tls_name: None, account, pin: None, attempt };
        self.streams.opening.push((target.clone(), client));
        self.out.push_back(Output::Net(Order::Open(target)));
    }

    /// Whether this flow is one of these streams.
    pub(super) fn stream_opened(&mut self, now: Now, target: &Target, flow: &Flow) -> bool {
        let Some(client) = self.take_opening(target) else { return false };
        if !self.endpoint.stream_opened(now, client, flow) {
            // It took too long, or the call was given up.
            self.close_flow(now, flow.id);
            return true;
        }
        self.streams.open.push_back(flow.clone());
        if self.streams.open.len() > MAX_STREAMS
            && let Some(oldest) = self.streams.open.pop_front()
        {
            self.close_flow(now, oldest.id);
        }
        true
    }

    pub(super) fn stream_refused(&mut self, now: Now, target: &Target) -> bool {
        let Some(client) = self.take_opening(target) else { return false };
        self.endpoint.stream_refused(now, client);
        true
    }

    fn take_opening(&mut self, target: &Target) -> Option<ClientKey> {
        let at = self.streams.opening.iter().position(|(wanted, _)| wanted == target)?;
        Some(self.streams.opening.remove(at).1)
    }

    pub(super) fn stream_closed(&mut self, flow: FlowId) {
        self.streams.open.retain(|open| open.id != flow);
    }

    /// An account goes: its streams with it.
    pub(super) fn close_streams(&mut self, now: Now, account: AccountId) {
        let (its, others) =
            std::mem::take(&mut self.streams.open).into_iter().partition(|it| it.account == Some(account));
        self.streams.open = others;
        let its: VecDeque<Flow> = its;
        for flow in its {
            self.close_flow(now, flow.id);
        }
    }
}
