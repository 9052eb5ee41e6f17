//! All transactions of one user agent: bytes in, bytes and [`Happening`]s out.
//!
//! The `sip::transaction` machines decide *when*; here are the messages: Via, matching (RFC 3261 §17.1.3, §17.2.3),
//! where responses go (§18.2.2, RFC 3581), the ACK to a refusal, CANCEL, and the refusals that need no user
//! (`check`). Whoever owns an endpoint drains [`Endpoint::poll`] after each call and comes back at
//! [`Endpoint::next_timeout`].
//!
//! Everything is bounded: refusals are sent without keeping anything, and the tables have limits.

mod build;
mod check;
mod client;
mod large;
mod server;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use super::digest::Hash;
use super::message::{Message, Method};
use crate::base::{Entropy, Mono, Now};
use crate::port::net::{Flow, FlowId, NetError};

use client::Client;
use large::Large;
use server::Server;

/// One client transaction, counted by the endpoint and never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClientKey(u64);

/// One server transaction, counted by the endpoint and never used again.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServerKey(u64);

/// What a user agent can do, and how much it keeps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The methods that are taken (ACK and CANCEL always are): others get 405, unheard-of ones 501, both with Allow.
    pub allow: Vec<Method>,
    /// The option tags that are understood: others in Require get 420.
    pub supported: Vec<&'static str>,
    /// User-Agent and Server; empty for neither.
    pub agent: String,
    /// Whether requests that are too large for a datagram get a stream of their own ([`Output::OpenStream`]).
    pub streams: bool,
    /// Client transactions at most; more fail at once.
    pub max_clients: usize,
    /// Server transactions at most; more get 503.
    pub max_servers: usize,
}

impl Config {
    /// A user agent that takes calls and nothing else.
    #[must_use]
    pub fn new(agent: &str) -> Config {
        Config {
            allow: vec![Method::Invite, Method::Ack, Method::Cancel, Method::Bye, Method::Options],
            supported: Vec::new(),
            agent: agent.to_owned(),
            streams: false,
            max_clients: 1024,
            max_servers: 1024,
        }
    }

    /// The value of an Allow header.
    #[must_use]
    pub fn allow_value(&self) -> String {
        self.allow.iter().map(Method::as_str).collect::<Vec<_>>().join(", ")
    }
}

/// Why a request of ours got no answer.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// Nobody answered in 64*T1; treated as a 408 (RFC 3261 §8.1.3.1).
    #[error("no answer in time")]
    Timeout,
    /// The flow broke, or could not carry the request; treated as a 503.
    #[error("{0}")]
    Transport(NetError),
}

/// What the transaction user learns.
#[derive(Clone, PartialEq, Debug)]
pub enum Happening {
    /// A new request, sound and of a method that is allowed. Its Via is stamped with `received` and `rport`. An INVITE
    /// has been answered with 100. Answer with [`Endpoint::respond`].
    Request {
        /// To answer with.
        server: ServerKey,
        /// The request.
        message: Message,
        /// By which flow it came.
        flow: Flow,
    },
    /// The ACK to a 2xx of ours; each copy that comes.
    Ack {
        /// The ACK.
        message: Message,
        /// By which flow it came.
        flow: Flow,
    },
    /// An INVITE that has no final response yet was cancelled; the CANCEL has been answered with 200. Answer the
    /// INVITE with 487.
    Cancelled {
        /// The INVITE's transaction.
        server: ServerKey,
        /// The CANCEL, for its Reason (RFC 3326).
        message: Message,
    },
    /// A response: provisional (100 included), final, and every 2xx to an INVITE, of forks and again. A refused
    /// INVITE has been acknowledged.
    Response {
        /// To which request.
        client: ClientKey,
        /// The response.
        message: Message,
        /// By which flow it came.
        flow: Flow,
    },
    /// No final response came. Nothing more follows for this request.
    Failed {
        /// Which request.
        client: ClientKey,
        /// Why.
        why: Failure,
    },
    /// A final response to an INVITE was never acknowledged, or an INVITE was never answered by our own side.
    ServerFailed {
        /// Which request.
        server: ServerKey,
    },
}

/// What the endpoint wants done.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// Send one message: [`crate::port::net::Order::Send`].
    Send {
        /// On which flow.
        flow: FlowId,
        /// UDP only: to another address than the flow's.
        to: Option<SocketAddr>,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Open a TCP flow to where `flow` leads, for one request that is too large for a datagram (RFC 3261 §18.1.1);
    /// then [`Endpoint::stream_opened`] or [`Endpoint::stream_refused`]. Only with [`Config::streams`].
    OpenStream {
        /// For which request.
        client: ClientKey,
        /// The UDP flow that it would have taken.
        flow: Flow,
    },
    /// Tell the transaction user.
    Event(Box<Happening>),
}

/// Names a timer's owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Slot {
    Client(ClientKey),
    Large(ClientKey),
    Server(ServerKey),
}

/// All transactions of one user agent.
#[derive(Debug)]
pub struct Endpoint {
    config: Config,
    dice: Entropy,
    /// To-tags of refusals come from it, so that the same request gets the same tag without being kept (§8.2.7).
    tag_key: String,
    counter: u64,
    clients: BTreeMap<ClientKey, Client>,
    /// Requests that wait for a stream.
    large: BTreeMap<ClientKey, Large>,
    /// Servers that had none, until when that is believed.
    without_stream: Vec<(SocketAddr, Mono)>,
    servers: BTreeMap<ServerKey, Server>,
    /// Branch and method of a request of ours.
    by_branch: HashMap<(String, String), ClientKey>,
    /// What [`build::server_id`] makes of a request.
    by_request: HashMap<String, ServerKey>,
    /// What [`build::merge_id`] makes of a request without To tag (§8.2.2.2).
    by_merge: HashMap<String, ServerKey>,
    /// What [`build::ack_id`] makes of a 2xx to INVITE.
    by_ack: HashMap<String, ServerKey>,
    timers: BTreeMap<(Mono, Slot), &'static str>,
    out: VecDeque<Output>,
}

impl Endpoint {
    /// An endpoint without transactions. `dice` makes its branches and tags.
    #[must_use]
    pub fn new(config: Config, mut dice: Entropy) -> Endpoint {
        Endpoint {
            config,
            tag_key: dice.token(32),
            dice,
            counter: 0,
            clients: BTreeMap::new(),
            large: BTreeMap::new(),
            without_stream: Vec::new(),
            servers: BTreeMap::new(),
            by_branch: HashMap::new(),
            by_request: HashMap::new(),
            by_merge: HashMap::new(),
            by_ack: HashMap::new(),
            timers: BTreeMap::new(),
            out: VecDeque::new(),
        }
    }

    /// What this user agent can do.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// One datagram, or one whole message of a stream ([`crate::port::net::Report::Message`], and
    /// [`crate::port::net::Report::Malformed`] too: what is malformed gets its 400 here).
    pub fn receive(&mut self, now: Now, flow: &Flow, bytes: &[u8]) {
        match Message::parse(bytes) {
            Ok(message) if message.is_request() => self.on_request(now, flow, message),
            Ok(message) => self.on_response(now, flow, message),
            Err(error) => self.on_malformed(flow, error),
        }
    }

    /// A flow is gone ([`crate::port::net::Report::Closed`]): requests of ours that wait for an answer on it fail.
    /// Requests of others stay: their retransmission may come by another flow, and is answered there.
    pub fn flow_failed(&mut self, now: Now, flow: FlowId, error: &NetError) {
        self.fail_large(flow, error);
        self.fail_clients(now, flow, error);
    }

    /// The time of [`Endpoint::next_timeout`] has come, or may have.
    pub fn handle_timeout(&mut self, now: Now) {
        while let Some((&(at, slot), _)) = self.timers.first_key_value() {
            if at > now.mono {
                return;
            }
            match slot {
                Slot::Client(key) => self.on_client_timeout(now, key),
                Slot::Large(key) => self.stream_refused(now, key),
                Slot::Server(key) => self.on_server_timeout(now, key),
            }
            // A machine that did nothing must not keep us here.
            self.timers.remove(&(at, slot));
        }
    }

    /// When to call [`Endpoint::handle_timeout`], and for which timer.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        self.timers.first_key_value().map(|((at, _), why)| (*at, *why))
    }

    /// What is to be done next. Drain it after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// How many transactions there are, of us and of others.
    #[must_use]
    pub fn len(&self) -> (usize, usize) {
        (self.clients.len() + self.large.len(), self.servers.len())
    }

    /// Whether there is no transaction.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == (0, 0)
    }

    fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    fn send(&mut self, flow: FlowId, to: Option<SocketAddr>, bytes: Vec<u8>) {
        self.out.push_back(Output::Send { flow, to, bytes });
    }

    fn tell(&mut self, happening: Happening) {
        self.out.push_back(Output::Event(Box::new(happening)));
    }

    /// The To tag of refusals for which nothing is kept.
    fn tag_of(&self, request: &Message) -> String {
        let from = request.headers.get("From").unwrap_or_default();
        let parts = [self.tag_key.as_bytes(), request.call_id().as_bytes(), from.as_bytes()];
        let mut tag = Hash::Sha256.hex(&parts);
        tag.truncate(16);
        tag
    }
}
