//! One user agent with everything that a call needs but the network: what it sends is looked at, what it receives is
//! made up by the test. Its media thread binds at once and remembers its orders.

use std::collections::VecDeque;
use std::time::Duration;

use ringfence::base::{AccountId, CallId, Entropy, Mono, Now, Secret, WallTime};
use ringfence::phone::call::{Calls, Effect, Env, Line, Lines};
use ringfence::phone::command::{AcceptFrom, Dialled, Srtp};
use ringfence::phone::view::{CallState, CallView, EndReason, HistoryRow};
use ringfence::port::media::{Order, Report};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::sip::digest::Authenticator;
use ringfence::sip::endpoint::{Config, Endpoint, Output};
use ringfence::sip::invite::Auth;
use ringfence::sip::{Host, Message, Method, Uri};

pub(super) const SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\
    m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
pub(super) const PASSWORD: &str = "correct horse";

pub(super) struct Account {
    pub(super) line: Line,
    pub(super) authenticator: Authenticator,
    pub(super) realms: Vec<String>,
}

impl Lines for Account {
    fn lines(&self) -> Vec<Line> {
        vec![self.line.clone()]
    }

    fn auth(&mut self, _: AccountId) -> Option<Auth<'_>> {
        Some(Auth { authenticator: &mut self.authenticator, realms: &self.realms })
    }

    fn has_other_server(&self, _: AccountId) -> bool {
        false
    }
}

pub(super) struct Ua {
    pub(super) now: Now,
    pub(super) endpoint: Endpoint,
    pub(super) entropy: Entropy,
    pub(super) calls: Calls,
    pub(super) account: Account,
    /// Sent and not yet looked at.
    pub(super) sent: VecDeque<Message>,
    /// Everything ever sent, as bytes.
    pub(super) wire: Vec<Vec<u8>>,
    pub(super) orders: Vec<Order>,
    pub(super) history: Vec<HistoryRow>,
    pub(super) effects: Vec<Effect>,
}

pub(super) fn flow(id: u64, transport: Transport, account: Option<AccountId>) -> Flow {
    let host = if account.is_some() { 2 } else { 66 };
    Flow {
        id: FlowId(id),
        transport,
        local: ([192, 0, 2, 1], 5060).into(),
        remote: ([192, 0, 2, host], 5060).into(),
        account,
        tls: None,
    }
}

impl Ua {
    pub(super) fn new(transport: Transport, seed: u64) -> Ua {
        let account = AccountId(1);
        let line = Line {
            account,
            user: "anna".into(),
            domain: Host::Name("voip.example".into()),
            port: None,
            display_name: None,
            flow: flow(1, transport, Some(account)),
            contact: Uri::parse("sip:anna@192.0.2.1:5060").unwrap(),
            routes: Vec::new(),
            codecs: Vec::new(),
            srtp: Srtp::Off,
            accept_from: AcceptFrom::Server,
            auto_answer: false,
        };
        let mut entropy = Entropy::from_number(seed);
        let authenticator = Authenticator::new("anna", Secret::from(PASSWORD));
        let endpoint = Endpoint::new(Config::new("ringfence"), Entropy::from_number(entropy.bits64()));
        Ua {
            now: Now { mono: Mono::from_millis(1000), wall: WallTime(1_000_000) },
            endpoint,
            entropy,
            calls: Calls::new(),
            account: Account { line, authenticator, realms: vec!["voip.example".into()] },
            sent: VecDeque::new(),
            wire: Vec::new(),
            orders: Vec::new(),
            history: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// By a reliable transport: nothing is sent twice but 2xx.
    pub(super) fn tcp() -> Ua {
        Ua::new(Transport::Tcp, 1)
    }

    pub(super) fn act<R>(&mut self, act: impl FnOnce(&mut Calls, &mut Env<'_>) -> R) -> R {
        let mut env = Env {
            now: self.now,
            endpoint: &mut self.endpoint,
            entropy: &mut self.entropy,
            lines: &mut self.account,
            effects: &mut self.effects,
        };
        let result = act(&mut self.calls, &mut env);
        self.drain();
        result
    }

    fn drain(&mut self) {
        loop {
            if let Some(output) = self.endpoint.poll() {
                match output {
                    Output::Send { bytes, .. } => {
                        self.sent.push_back(Message::parse(&bytes).expect("we send sound messages"));
                        self.wire.push(bytes);
                    }
                    Output::OpenStream { .. } => panic!("nobody asked for streams"),
                    Output::Event(happening) => {
                        self.act(|calls, env| calls.on_happening(env, *happening));
                    }
                }
            } else if !self.effects.is_empty() {
                match self.effects.remove(0) {
                    Effect::Media(Order::Bind { call, local }) => {
                        let bound = Report::Bound(call, (local, 40_000).into());
                        self.orders.push(Order::Bind { call, local });
                        self.act(|calls, env| calls.on_media(env, &bound));
                    }
                    Effect::Media(order) => self.orders.push(order),
                    Effect::History(row) => self.history.push(*row),
                    Effect::Event(_)
                    | Effect::NextServer(..)
                    | Effect::Redirected(..)
                    | Effect::PasswordRefused(..) => {}
                }
            } else {
                return;
            }
        }
    }

    pub(super) fn receive(&mut self, message: &Message) {
        let flow = self.account.line.flow.clone();
        self.receive_on(&flow, message);
    }

    pub(super) fn receive_on(&mut self, flow: &Flow, message: &Message) {
        self.endpoint.receive(self.now, flow, &message.to_bytes());
        self.drain();
    }

    /// A flow is gone.
    pub(super) fn flow_breaks(&mut self, flow: ringfence::port::net::FlowId) {
        self.endpoint.flow_failed(self.now, flow, &ringfence::port::net::NetError::Closed);
        self.drain();
    }

    /// Lets time pass, timer by timer.
    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.now.later(by);
        loop {
            let due =
                [self.endpoint.next_timeout(), self.calls.next_timeout()].into_iter().flatten().map(|(at, _)| at).min();
            let Some(at) = due.filter(|at| *at <= end.mono) else { break };
            if at > self.now.mono {
                self.now = self.now.later(at.since(self.now.mono));
            }
            self.endpoint.handle_timeout(self.now);
            self.act(|calls, env| calls.handle_timeout(env));
        }
        self.now = end;
    }

    pub(super) fn place(&mut self, to: &str) -> CallId {
        let (line, dialled) = (self.account.line.clone(), Dialled::parse(to).unwrap());
        self.act(|calls, env| calls.place(env, &line, &dialled)).expect("can be called")
    }

    /// The next message, which must be this request.
    pub(super) fn request(&mut self, method: Method) -> Message {
        let message = self.sent.pop_front().unwrap_or_else(|| panic!("{method} should have been sent"));
        assert_eq!(message.method(), Some(&method), "{message:?}");
        message
    }

    /// The next message, which must be this response.
    pub(super) fn response(&mut self, status: u16) -> Message {
        let message = self.sent.pop_front().unwrap_or_else(|| panic!("{status} should have been sent"));
        assert_eq!(message.status(), Some(status), "{message:?}");
        message
    }

    pub(super) fn quiet(&self) {
        assert!(self.sent.is_empty(), "nothing more should have been sent: {:?}", self.sent);
    }

    pub(super) fn view(&self) -> CallView {
        self.calls.views().pop().expect("there is a call")
    }

    pub(super) fn state(&self) -> CallState {
        self.view().state
    }

    /// Why the last call ended.
    pub(super) fn end(&self) -> EndReason {
        let state = self.state();
        let CallState::Ended(reason) = state else { panic!("not ended: {state:?}") };
        reason
    }

    pub(super) fn report(&mut self, report: &Report) {
        self.act(|calls, env| calls.on_media(env, report));
    }

    /// Places a call that is answered by tag `b`, and returns the INVITE.
    pub(super) fn talk(&mut self) -> Message {
        self.place("30");
        let invite = self.request(Method::Invite);
        self.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
        self.request(Method::Ack);
        assert_eq!(self.state(), CallState::Established);
        invite
    }

    /// Takes a call from tag `c`, answers it, and returns the INVITE and our 200.
    pub(super) fn taken(&mut self) -> (Message, Message) {
        let invite = invite(1);
        self.receive(&invite);
        self.response(100);
        self.response(180);
        let id = self.view().id;
        self.act(|calls, env| calls.answer(env, id)).unwrap();
        let ok = self.response(200);
        self.receive(&ack(&invite, &ok));
        assert_eq!(self.state(), CallState::Established);
        (invite, ok)
    }

    pub(super) fn authorizations(&self) -> usize {
        self.wire
            .iter()
            .filter(|bytes| String::from_utf8_lossy(bytes).to_ascii_lowercase().contains("authorization:"))
            .count()
    }
}

/// A response to a request of ours with this To tag.
pub(super) fn answer(request: &Message, status: u16, tag: &str) -> Message {
    Message::response_to(request, status, "", Some(tag)).with("Contact", format!("<sip:{tag}@192.0.2.9:5070>"))
}

/// A challenge to a request of ours.
pub(super) fn challenge(request: &Message, status: u16, realm: &str, nonce: &str) -> Message {
    let header = if status == 401 { "WWW-Authenticate" } else { "Proxy-Authenticate" };
    Message::response_to(request, status, "", Some("proxy"))
        .with(header, format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=MD5, qop=\"auth\""))
}

/// Their INVITE, from tag `c`, with an offer.
pub(super) fn invite(cseq: u32) -> Message {
    bare_invite(cseq).with_body("application/sdp", SDP)
}

/// Their INVITE without an offer.
pub(super) fn bare_invite(cseq: u32) -> Message {
    theirs(Method::Invite, cseq, None)
}

/// A request of theirs; in the dialog that has this tag of ours if there is one.
pub(super) fn theirs(method: Method, cseq: u32, our_tag: Option<&str>) -> Message {
    let tag = our_tag.map(|tag| format!(";tag={tag}")).unwrap_or_default();
    Message::request(method.clone(), Uri::parse("sip:anna@192.0.2.1:5060").unwrap())
        .with("Via", format!("SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK{method}{cseq}"))
        .with("From", "\"Carl\" <sip:31@voip.example>;tag=c")
        .with("To", format!("<sip:anna@voip.example>{tag}"))
        .with("Call-ID", "call-of-carl")
        .with("CSeq", format!("{cseq} {method}"))
        .with("Contact", "<sip:31@192.0.2.9:5070>")
}

/// Their ACK to our 200.
pub(super) fn ack(invite: &Message, ok: &Message) -> Message {
    let number = invite.cseq().unwrap().number;
    let mut ack = theirs(Method::Ack, number, ok.to_tag().as_deref());
    ack.headers.set("Via", format!("SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKack{number}"));
    ack.headers.set("Call-ID", invite.call_id());
    ack
}

/// A request of the far end of a call that *we* placed, in its dialog with tag `b`.
pub(super) fn from_callee(invite: &Message, method: Method, cseq: u32) -> Message {
    Message::request(method.clone(), invite.contact().unwrap().uri)
        .with("Via", format!("SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bKb{method}{cseq}"))
        .with("From", format!("{};tag=b", invite.headers.get("To").unwrap()))
        .with("To", invite.headers.get("From").unwrap())
        .with("Call-ID", invite.call_id())
        .with("CSeq", format!("{cseq} {method}"))
        .with("Contact", "<sip:b@192.0.2.9:5070>")
}

pub(super) fn branch(message: &Message) -> String {
    message.via().unwrap().branch().unwrap()
}

pub(super) fn held(direction: &str) -> String {
    format!("{SDP}a={direction}\r\n").replace("o=- 1 1", "o=- 1 2")
}

pub(super) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
