//! Requests that are too large for a datagram (RFC 3261 §18.1.1): they wait for a stream to the same server, and go by
//! UDP all the same if there is none to be had. Every such request has a stream of its own: nobody has to guess
//! whether one that was idle is still alive.

use std::time::Duration;

use super::{ClientKey, Endpoint, Failure, Happening, Output, Slot};
use crate::base::{Mono, Now};
use crate::port::net::{Flow, FlowId, NetError, Transport};
use crate::sip::header::Via;
use crate::sip::message::Message;

/// Above this a request goes by a stream if it can (RFC 3261 §18.1.1).
const MAX_DATAGRAM_REQUEST: usize = 1300;
/// As long as a branch of ours.
const SOME_BRANCH: &str = "z9hG4bK01234567890123456789";
/// How long a stream may take to open. Fragments may arrive, too.
const STREAM_WAIT: Duration = Duration::from_secs(3);
/// For how long a server that had no stream is not asked for one again.
const WITHOUT: Duration = Duration::from_secs(600);
/// Servers without streams that are remembered.
const MAX_WITHOUT: usize = 64;

/// One request that waits for its stream.
#[derive(Debug)]
pub(super) struct Large {
    request: Message,
    flow: Flow,
    until: Mono,
}

impl Endpoint {
    /// Takes a request that has to wait for a stream; gives back any other.
    pub(super) fn put_off(&mut self, now: Now, key: ClientKey, flow: &Flow, request: Message) -> Option<Message> {
        let full = self.clients.len() + self.large.len() >= self.config.max_clients;
        if !self.config.streams || !self.is_large(flow, &request) {
            return Some(request);
        }
        self.without_stream.retain(|(_, until)| *until > now.mono);
        let without = self.without_stream.iter().any(|(addr, _)| *addr == flow.remote);
        if full || without {
            return Some(request);
        }
        let until = now.mono + STREAM_WAIT;
        self.timers.insert((until, Slot::Large(key)), "stream for a large request");
        self.large.insert(key, Large { request, flow: flow.clone(), until });
        self.out.push_back(Output::OpenStream { client: key, flow: flow.clone() });
        None
    }

    /// Whether it would be too large for a datagram, with all that is still to be put on it.
    fn is_large(&self, flow: &Flow, request: &Message) -> bool {
        if flow.transport != Transport::Udp {
            return false;
        }
        let mut whole = request.clone();
        whole.push_via(&Via::new(flow.transport.via(), flow.local, SOME_BRANCH));
        self.sign_request(&mut whole);
        whole.to_bytes().len() > MAX_DATAGRAM_REQUEST
    }

    /// The stream that [`Output::OpenStream`] asked for is open. False if it is not wanted any more: close it.
    #[must_use]
    pub fn stream_opened(&mut self, now: Now, client: ClientKey, stream: &Flow) -> bool {
        self.without_stream.retain(|(addr, _)| *addr != stream.remote);
        let Some(large) = self.take_large(client) else { return false };
        self.begin(now, client, stream, large.request, Some(large.flow));
        true
    }

    /// There is no stream: the request goes by UDP, in fragments.
    pub fn stream_refused(&mut self, now: Now, client: ClientKey) {
        if let Some(large) = self.take_large(client) {
            if self.without_stream.len() < MAX_WITHOUT {
                self.without_stream.push((large.flow.remote, now.mono + WITHOUT));
            }
            self.begin(now, client, &large.flow, large.request, None);
        }
    }

    /// Forgets a request that still waits: it was cancelled. False if none waits.
    pub(super) fn cancel_large(&mut self, client: ClientKey) -> bool {
        let waited = self.take_large(client).is_some();
        if waited {
            self.tell(Happening::Failed { client, why: Failure::Transport(NetError::Closed) });
        }
        waited
    }

    /// The flow of these requests is gone, and their account's server with it.
    pub(super) fn fail_large(&mut self, flow: FlowId, error: &NetError) {
        let on_flow = self.large.iter().filter(|(_, large)| large.flow.id == flow);
        let keys: Vec<ClientKey> = on_flow.map(|(key, _)| *key).collect();
        for client in keys {
            self.take_large(client);
            self.tell(Happening::Failed { client, why: Failure::Transport(error.clone()) });
        }
    }

    fn take_large(&mut self, client: ClientKey) -> Option<Large> {
        let large = self.large.remove(&client)?;
        self.timers.remove(&(large.until, Slot::Large(client)));
        Some(large)
    }
}
