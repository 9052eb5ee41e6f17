//! The servers of a scripted world: who takes connections, who answers, and a registrar that asks for passwords.

use std::net::SocketAddr;

use ringfence::base::Secret;
use ringfence::phone::Input;
use ringfence::port::net::{Flow, FlowId, NetError, Order, Report, Target, Transport};
use ringfence::sip::digest::{Door, Verdict};
use ringfence::sip::{Message, Method};

use super::world::{PASSWORD, World};

/// What the far end of a call says it wants.
const DESCRIPTION: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
     m=audio 30000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";

/// How a server takes connections.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Entry {
    Open,
    Fails(NetError),
    Silent,
}

/// What a server says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Talk {
    /// Challenges, and knows the password.
    Registrar,
    /// Like the registrar, and somebody there takes every call.
    Answers,
    /// The same, with encrypted sound where it is offered.
    Encrypts,
    /// Like the registrar, and answers every INVITE with this.
    Invites(u16),
    /// Like the registrar, and sends every call but those to this address on to it.
    SendsOn(&'static str),
    /// Like the registrar, and somebody there takes every call of whom it knows: it asks by 407.
    AsksWhoCalls,
    /// Answers every request with this.
    Status(u16),
    Silent,
}

/// What a server says to SUBSCRIBE.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Subscribes {
    /// This, to everybody.
    Refuses(u16),
    /// Challenges, and grants so many seconds.
    Grants(u32),
    /// Somebody else's challenge.
    Foreign,
}

#[derive(Clone, Debug)]
pub(super) struct Server {
    pub(super) door: Entry,
    pub(super) talk: Talk,
}

impl World {
    pub(super) fn net(&mut self, order: Order) {
        match order {
            Order::Open(target) => self.open(target),
            Order::Send { flow, bytes, .. } => {
                let flow = self.flows.get(&flow.0).cloned().expect("nothing is sent on a closed flow");
                let message = Message::parse(&bytes).expect("we send what can be read");
                if message.is_request() {
                    self.sent.push((self.now.mono, flow.clone(), message.clone()));
                    self.answer(&flow, &message);
                } else {
                    self.responses.push(message);
                }
            }
            Order::KeepAlive(_) => {}
            Order::Close(flow) => {
                self.flows.remove(&flow.0);
            }
        }
    }

    fn open(&mut self, target: Target) {
        self.opened.push((self.now.mono, target.clone()));
        let server = self.servers.get(&(target.transport, target.addr));
        let door = server.map_or(Entry::Fails(NetError::Refused), |server| server.door.clone());
        match door {
            Entry::Silent => {}
            Entry::Fails(error) => self.inputs.push_back(Input::Net(Report::OpenFailed(target, error))),
            Entry::Open => {
                self.next_flow += 1;
                let flow = Flow {
                    id: FlowId(self.next_flow),
                    transport: target.transport,
                    local: local(self.here, self.next_flow),
                    remote: target.addr,
                    account: target.account,
                    tls: (target.transport == Transport::Tls).then(|| "TLS 1.3".to_owned()),
                };
                self.flows.insert(self.next_flow, flow.clone());
                self.inputs.push_back(Input::Net(Report::Opened(target, flow)));
            }
        }
    }

    fn answer(&mut self, flow: &Flow, request: &Message) {
        if let Some(asked) = self.ask_at_the_proxy(request) {
            return self.inputs.push_back(Input::Net(Report::Message(flow.clone(), asked.to_bytes())));
        }
        let server = self.servers.get(&(flow.transport, flow.remote));
        let response = match server.map_or(Talk::Silent, |server| server.talk) {
            Talk::Silent => return,
            Talk::Status(status) => Message::response_to(request, status, "", Some("srv")),
            talk @ (Talk::Registrar
            | Talk::Answers
            | Talk::Encrypts
            | Talk::Invites(_)
            | Talk::SendsOn(_)
            | Talk::AsksWhoCalls) => match (request.method(), talk) {
                (Some(Method::Ack), _) => return,
                (Some(Method::Register), _) => self.register(request),
                (Some(Method::Subscribe), _) => self.subscribe(request),
                (Some(Method::Invite), Talk::Invites(status)) => Message::response_to(request, status, "", Some("b")),
                (Some(Method::Invite), Talk::SendsOn(target)) => {
                    if request.uri().expect("a request").to_string() == target {
                        Message::response_to(request, 486, "", Some("b"))
                    } else {
                        Message::response_to(request, 302, "", Some("b"))
                            .with("Contact", format!("<{target};x=1?Subject=a>"))
                    }
                }
                (Some(Method::Invite), Talk::Answers) => taken(request),
                (Some(Method::Invite), Talk::Encrypts) => taken_with_keys(request),
                (Some(Method::Invite), Talk::AsksWhoCalls) => self.ask_who_calls(request),
                _ => Message::response_to(request, 200, "", Some("srv")),
            },
        };
        self.inputs.push_back(Input::Net(Report::Message(flow.clone(), response.to_bytes())));
    }

    /// The 407 of the proxy, if there is one and it does not know who asks.
    fn ask_at_the_proxy(&mut self, request: &Message) -> Option<Message> {
        let proxy = self.proxy.as_mut().filter(|_| request.method() != Some(&Method::Ack))?;
        let whose = &self.login;
        let known = |login: &str| (login == whose).then(|| Secret::new(PASSWORD.to_owned()));
        if matches!(proxy.verify(request, Door::Proxy, self.now.mono, known), Verdict::Good(_)) {
            return None;
        }
        let mut response = Message::response_to(request, 407, "", Some("proxy"));
        proxy.challenge(&mut response, Door::Proxy, self.now.mono, false, &mut self.dice);
        Some(response)
    }

    fn ask_who_calls(&mut self, invite: &Message) -> Message {
        let (whose, beside) = (&self.login, &self.beside);
        let known = |login: &str| (login == whose).then(|| Secret::new(beside.clone()));
        match self.verifier.verify(invite, Door::Proxy, self.now.mono, known) {
            Verdict::Good(_) => return taken(invite),
            Verdict::Bad => self.refusals.push(self.now.mono),
            Verdict::Stale | Verdict::Missing => {}
        }
        let mut response = Message::response_to(invite, 407, "", Some("srv"));
        self.verifier.challenge(&mut response, Door::Proxy, self.now.mono, false, &mut self.dice);
        response
    }

    fn subscribe(&mut self, request: &Message) -> Message {
        let mut refused = Message::response_to(request, 401, "", Some("srv"));
        let granted = match self.subscribes {
            Subscribes::Refuses(status) => return Message::response_to(request, status, "", Some("srv")),
            Subscribes::Foreign => {
                let challenge = r#"Digest realm="evil.example", nonce="n", algorithm=SHA-256, qop="auth""#;
                return refused.with("WWW-Authenticate", challenge);
            }
            Subscribes::Grants(seconds) => request.expires().map_or(seconds, |wanted| wanted.min(seconds)),
        };
        let (whose, beside) = (&self.login, &self.beside);
        let known = |login: &str| (login == whose).then(|| Secret::new(beside.clone()));
        let verdict = self.verifier.verify(request, Door::Server, self.now.mono, known);
        if verdict == Verdict::Bad {
            self.refusals.push(self.now.mono);
        }
        if matches!(verdict, Verdict::Good(_)) {
            let good = Message::response_to(request, 200, "", Some("srv"));
            return good.with("Expires", granted).with("Contact", "<sip:srv@192.0.2.2>");
        }
        self.verifier.challenge(&mut refused, Door::Server, self.now.mono, false, &mut self.dice);
        refused
    }

    fn register(&mut self, request: &Message) -> Message {
        let also = self.also_takes.clone().into_iter();
        let takes: Vec<String> = match &self.api {
            Some(api) => self.known.iter().filter(|password| api.takes(password)).cloned().collect(),
            None => std::iter::once(self.password.clone()).chain(also).collect(),
        };
        // Nobody's password, so that credentials are judged even if none is known.
        let mut verdict = self.verifier.verify(request, Door::Server, self.now.mono, |_| Some(Secret::from("\u{0}")));
        for password in takes {
            let known = |login: &str| (*login == self.login).then(|| Secret::new(password.clone()));
            verdict = self.verifier.verify(request, Door::Server, self.now.mono, known);
            if matches!(verdict, Verdict::Good(_)) {
                break;
            }
        }
        if verdict == Verdict::Bad {
            self.refusals.push(self.now.mono);
        }
        if matches!(verdict, Verdict::Good(_)) {
            let all = request.expires() == Some(0);
            let contacts: Vec<String> = request.headers.values("Contact").into_iter().map(str::to_owned).collect();
            // Without a Contact it asks who is registered (RFC 3261 §10.2.3).
            if !contacts.is_empty() {
                let kept = contacts.into_iter().filter(|contact| !all && !contact.contains("expires=0"));
                self.bindings = kept.collect();
            }
            let granted = Message::response_to(request, 200, "", Some("srv")).with("Expires", 600);
            let granted = self.date.into_iter().fold(granted, |granted, date| granted.with("Date", date));
            let named = self.bindings.iter().chain(&self.others).filter(|_| self.names_contacts);
            return named.fold(granted, |granted, contact| granted.with("Contact", contact));
        }
        let mut response = Message::response_to(request, 401, "", Some("srv"));
        self.verifier.challenge(&mut response, Door::Server, self.now.mono, false, &mut self.dice);
        response
    }
}

fn local(here: [u8; 4], number: u64) -> SocketAddr {
    SocketAddr::from((here, 40_000 + u16::try_from(number).expect("few flows")))
}

/// Somebody takes the call.
fn taken(invite: &Message) -> Message {
    Message::response_to(invite, 200, "", Some("b"))
        .with("Contact", "<sip:bob@192.0.2.2>")
        .with_body("application/sdp", DESCRIPTION)
}

/// The key that goes with the first suite that was offered (RFC 4568).
fn taken_with_keys(invite: &Message) -> Message {
    let offer = String::from_utf8_lossy(&invite.body).into_owned();
    let wanted = offer.lines().find(|line| line.contains("AES_CM_128_HMAC_SHA1_80"));
    let tag = wanted.and_then(|line| line.strip_prefix("a=crypto:")?.split(' ').next()).expect("keys are offered");
    let key = format!("a=crypto:{tag} AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n");
    let taken = Message::response_to(invite, 200, "", Some("b")).with("Contact", "<sip:bob@192.0.2.2>");
    taken.with_body("application/sdp", format!("{DESCRIPTION}{key}"))
}
