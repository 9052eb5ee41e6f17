//! One endpoint on a virtual clock, and messages for it.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Mono, Now};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::sip::endpoint::{ClientKey, Config, Endpoint, Happening, Output, ServerKey};
use ringfence::sip::{Message, Method, Uri};

/// One endpoint, its clock, and what came out of it.
pub(super) struct Bench {
    pub(super) endpoint: Endpoint,
    pub(super) now: Now,
    pub(super) flow: Flow,
    /// When each message was sent, where to if not along the flow, and what it was.
    pub(super) sent: Vec<(u64, Option<SocketAddr>, Message)>,
    pub(super) events: Vec<(u64, Happening)>,
    /// The requests that want a stream.
    pub(super) streams: Vec<ClientKey>,
}

pub(super) fn flow(transport: Transport) -> Flow {
    let (local, remote) = ("192.0.2.10:5062".parse().unwrap(), "198.51.100.1:5060".parse().unwrap());
    Flow { id: FlowId(1), transport, local, remote, account: None, tls: None }
}

impl Bench {
    pub(super) fn new(transport: Transport) -> Bench {
        Bench::with(transport, Config::new("Ringfence"))
    }

    pub(super) fn with(transport: Transport, config: Config) -> Bench {
        let endpoint = Endpoint::new(config, Entropy::from_number(1));
        let now = Now { mono: Mono::from_millis(1_000_000), ..Now::default() };
        Bench { endpoint, now, flow: flow(transport), sent: Vec::new(), events: Vec::new(), streams: Vec::new() }
    }

    pub(super) fn millis(&self) -> u64 {
        self.now.mono.as_micros() / 1000 - 1_000_000
    }

    pub(super) fn drain(&mut self) {
        let at = self.millis();
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Send { to, bytes, .. } => self.sent.push((at, to, Message::parse(&bytes).expect("ours"))),
                Output::OpenStream { client, .. } => self.streams.push(client),
                Output::Event(event) => self.events.push((at, *event)),
            }
        }
    }

    pub(super) fn receive(&mut self, message: &Message) {
        self.receive_bytes(&message.to_bytes());
    }

    pub(super) fn receive_bytes(&mut self, bytes: &[u8]) {
        let flow = self.flow.clone();
        self.endpoint.receive(self.now, &flow, bytes);
        self.drain();
    }

    /// Lets time pass exactly as an engine would: from deadline to deadline.
    pub(super) fn wait(&mut self, millis: u64) {
        let end = self.now.later(Duration::from_millis(millis));
        while let Some((at, _)) = self.endpoint.next_timeout().filter(|(at, _)| *at <= end.mono) {
            self.now = self.now.later(at.since(self.now.mono));
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = self.now.later(end.mono.since(self.now.mono));
    }

    /// The moments at which a request or response of this kind was sent.
    pub(super) fn times(&self, of: impl Fn(&Message) -> bool) -> Vec<u64> {
        self.sent.iter().filter(|(_, _, message)| of(message)).map(|(at, _, _)| *at).collect()
    }

    pub(super) fn last(&self) -> &Message {
        &self.sent.last().expect("something was sent").2
    }

    pub(super) fn request(&mut self, method: Method) -> ClientKey {
        let flow = self.flow.clone();
        let key = self.endpoint.request(self.now, &flow, outgoing(method));
        self.drain();
        key
    }

    pub(super) fn respond(&mut self, server: ServerKey, request: &Message, status: u16) {
        self.endpoint.respond(self.now, server, Message::response_to(request, status, "", Some("ours")));
        self.drain();
    }

    pub(super) fn statuses(&self) -> Vec<u16> {
        self.sent.iter().filter_map(|(_, _, message)| message.status()).collect()
    }

    /// The request that was passed up last.
    pub(super) fn passed_up(&self) -> (ServerKey, Message) {
        self.requests().pop().expect("a request")
    }

    /// All requests that were passed up.
    pub(super) fn requests(&self) -> Vec<(ServerKey, Message)> {
        let mut requests = Vec::new();
        for (_, happening) in &self.events {
            if let Happening::Request { server, message, .. } = happening {
                requests.push((*server, message.clone()));
            }
        }
        requests
    }

    /// The statuses that were passed up.
    pub(super) fn responses(&self) -> Vec<u16> {
        let mut statuses = Vec::new();
        for (_, happening) in &self.events {
            if let Happening::Response { message, .. } = happening {
                statuses.extend(message.status());
            }
        }
        statuses
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.endpoint.is_empty() && self.endpoint.next_timeout().is_none()
    }
}

pub(super) fn outgoing(method: Method) -> Message {
    Message::request(method.clone(), Uri::parse("sip:bob@example.org").unwrap())
        .with("Route", "<sip:proxy.example.org;lr>")
        .with("From", "<sip:anna@example.org>;tag=anna")
        .with("To", "<sip:bob@example.org>")
        .with("Call-ID", "call")
        .with("CSeq", format!("7 {method}"))
}

pub(super) fn incoming(method: &str, branch: &str) -> Message {
    let text = format!(
        "{method} sip:anna@192.0.2.10:5062 SIP/2.0\r\n\
         Via: SIP/2.0/UDP pc.example.org:5070;branch={branch};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:bob@example.org>;tag=bob\r\nTo: <sip:anna@example.org>\r\n\
         Call-ID: theirs\r\nCSeq: 1 {method}\r\nContact: <sip:bob@198.51.100.1>\r\nContent-Length: 0\r\n\r\n"
    );
    Message::parse(text.as_bytes()).expect("a request")
}

pub(super) fn response(request: &Message, status: u16, tag: &str) -> Message {
    Message::response_to(request, status, "", Some(tag))
}

pub(super) fn is(method: &'static str) -> impl Fn(&Message) -> bool {
    move |message| message.method().is_some_and(|of| of.as_str() == method)
}
