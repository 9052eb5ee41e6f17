//! The demo provider against a caller made of the same SIP parts, in virtual time: every person, and the registrar.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::{CallId, Entropy, Now, Secret};
use ringfence::codec::ROWS;
use ringfence::port::media::{Direction, Session as Media};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::provider::registrar::{LONGEST, SHORTEST};
use ringfence::provider::script::Step;
use ringfence::provider::security::Hashes;
use ringfence::provider::{LegOrder, Output, Provider, Settings};
use ringfence::sdp::{Local, Srtp};
use ringfence::sip::digest::{Attempts, Authenticator, Realms};
use ringfence::sip::endpoint::{Config, Endpoint, Happening, Output as Wire};
use ringfence::sip::invite::{Event, Session, Setup, Tools, Why};
use ringfence::sip::{Message, Method, NameAddr, Uri};

const DOMAIN: &str = "demo.example.invalid";
const SECOND: &str = "second.example.invalid";
const CALLER: &str = "127.0.0.1:40000";
const SERVER: &str = "127.0.0.1:5061";

/// A provider, a caller, and the connection between them.
struct World {
    now: Now,
    provider: Provider,
    endpoint: Endpoint,
    dice: Entropy,
    auth: Authenticator,
    realms: Vec<String>,
    /// What the caller's endpoint told, and nobody has taken yet.
    told: Vec<Happening>,
    /// Everything that went from the caller to the provider and back.
    wire: Vec<Message>,
    /// What the provider's media was told.
    orders: Vec<(CallId, LegOrder)>,
    sessions: BTreeMap<CallId, (Media, &'static [Step])>,
    call_id: u32,
}

fn flow(id: u64, local: &str, remote: &str) -> Flow {
    let (local, remote) = (local.parse().unwrap(), remote.parse().unwrap());
    Flow { id: FlowId(id), transport: Transport::Tls, local, remote, account: None, tls: None }
}

impl World {
    fn new() -> World {
        let settings = Settings {
            domain: DOMAIN.into(),
            second_realm: SECOND.into(),
            user: "visitor".into(),
            password: Secret::from("pw"),
        };
        World {
            now: Now::default(),
            provider: Provider::new(settings, Entropy::from_number(1)),
            endpoint: Endpoint::new(Config::new("caller"), Entropy::from_number(2)),
            dice: Entropy::from_number(3),
            auth: Authenticator::new("visitor", Secret::from("pw")),
            realms: vec![DOMAIN.into(), SECOND.into()],
            told: Vec::new(),
            wire: Vec::new(),
            orders: Vec::new(),
            sessions: BTreeMap::new(),
            call_id: 0,
        }
    }

    /// Carries messages until both are silent, and binds sockets as they are asked for.
    fn settle(&mut self) {
        loop {
            if let Some(output) = self.endpoint.poll() {
                match output {
                    Wire::Send { bytes, .. } => {
                        self.wire.push(Message::parse(&bytes).unwrap());
                        self.provider.message(self.now, &flow(7, SERVER, CALLER), &bytes);
                    }
                    Wire::OpenStream { .. } => panic!("nobody asked for streams"),
                    Wire::Event(happening) => self.told.push(*happening),
                }
            } else if let Some(output) = self.provider.poll() {
                match output {
                    Output::Send(id, bytes) => {
                        assert_eq!(id, FlowId(7));
                        self.wire.push(Message::parse(&bytes).unwrap());
                        self.endpoint.receive(self.now, &flow(1, CALLER, SERVER), &bytes);
                    }
                    Output::Leg(call, order) => self.order(call, order),
                }
            } else {
                return;
            }
        }
    }

    fn order(&mut self, call: CallId, order: LegOrder) {
        self.orders.push((call, order.clone()));
        match order {
            LegOrder::Open(_) => self.provider.leg_opened(self.now, call, Some("127.0.0.1:20000".parse().unwrap())),
            LegOrder::Session(media, script) => drop(self.sessions.insert(call, (*media, script))),
            LegOrder::Close => drop(self.sessions.remove(&call)),
        }
    }

    /// Lets time pass, stopping wherever somebody has something to do.
    fn wait(&mut self, time: Duration) {
        let end = self.now.later(time);
        loop {
            let next = self.provider.next_timeout().into_iter().chain(self.endpoint.next_timeout().map(|t| t.0)).min();
            let Some(next) = next.filter(|at| *at <= end.mono) else { break };
            self.now = self.now.later(next.since(self.now.mono));
            self.provider.handle_timeout(self.now);
            self.endpoint.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    /// Sends a request outside of calls, answering challenges, and gives the final response.
    fn ask(&mut self, mut request: Message, answering: bool) -> Message {
        let mut attempts = Attempts::default();
        loop {
            self.endpoint.request(self.now, &flow(1, CALLER, SERVER), request.clone());
            self.settle();
            let response = self.told.drain(..).find_map(|happening| {
                let Happening::Response { message, .. } = happening else { return None };
                (message.status().unwrap() >= 200).then_some(message)
            });
            let response = response.expect("a final response");
            let realms = Realms::Only(&self.realms);
            let challenged = matches!(response.status(), Some(401 | 407)) && answering;
            if !challenged || self.auth.answer(&mut request, &response, &mut attempts, realms, &mut self.dice).is_err()
            {
                return response;
            }
            let cseq = request.cseq().unwrap();
            request.headers.set("CSeq", format!("{} {}", cseq.number + 1, cseq.method));
        }
    }

    /// A REGISTER with these further headers.
    fn register(&mut self, more: &[(&str, &str)]) -> Message {
        let request = self.bare(Method::Register, &format!("sip:{DOMAIN}"), more);
        self.ask(request, true)
    }

    fn bare(&mut self, method: Method, uri: &str, more: &[(&str, &str)]) -> Message {
        self.call_id += 1;
        let cseq = format!("1 {method}");
        let mut request = Message::request(method, Uri::parse(uri).unwrap())
            .with("From", format!("<sip:visitor@{DOMAIN}>;tag=t{}", self.call_id))
            .with("To", format!("<sip:visitor@{DOMAIN}>"))
            .with("Call-ID", format!("c{}", self.call_id))
            .with("CSeq", cseq);
        for (name, value) in more {
            request.headers.push(name, *value);
        }
        request
    }

    /// Calls somebody with a usual offer.
    fn call(&mut self, user: &str) -> Caller {
        let mut local = local(Srtp::Require);
        let offer = local.offer(Direction::SendRecv, &mut Entropy::from_number(5));
        let target = Uri::parse(&format!("sip:{user}@{DOMAIN}")).unwrap();
        let setup = setup();
        let mut tools = Tools {
            now: self.now,
            endpoint: &mut self.endpoint,
            entropy: &mut self.dice,
            auth: Some(ringfence::sip::invite::Auth { authenticator: &mut self.auth, realms: &self.realms }),
        };
        let session = Session::call(&mut tools, setup, target, Some(offer.as_bytes()));
        let mut caller = Caller { session, local, events: Vec::new() };
        caller.run(self);
        caller
    }

    /// The methods and statuses that went over the wire, 100 aside.
    fn script(&self) -> Vec<String> {
        let word = |m: &Message| m.method().map_or_else(|| m.status().unwrap().to_string(), |m| m.to_string());
        self.wire.iter().map(word).filter(|w| w != "100").collect()
    }
}

/// The caller's end of a call's media.
pub(crate) fn local(srtp: Srtp) -> Local {
    let addr: SocketAddr = "127.0.0.1:30000".parse().unwrap();
    Local::new(addr, &ROWS.iter().collect::<Vec<_>>(), srtp, &mut Entropy::from_number(4))
}

fn setup() -> Setup {
    Setup {
        flow: flow(1, CALLER, SERVER),
        contact: Uri::parse("sip:visitor@127.0.0.1:40000;transport=tls").unwrap(),
        local: NameAddr::new(Uri::parse(&format!("sip:visitor@{DOMAIN}")).unwrap()),
        routes: Vec::new(),
        own_server: true,
    }
}

/// The caller's end of a call.
struct Caller {
    session: Session,
    local: Local,
    events: Vec<Event>,
}

impl Caller {
    /// Does something with the session, then carries messages and happenings until all is quiet.
    fn act(&mut self, world: &mut World, act: impl FnOnce(&mut Session, &mut Tools<'_>)) {
        let mut tools = Tools {
            now: world.now,
            endpoint: &mut world.endpoint,
            entropy: &mut world.dice,
            auth: Some(ringfence::sip::invite::Auth { authenticator: &mut world.auth, realms: &world.realms }),
        };
        act(&mut self.session, &mut tools);
        while let Some(event) = self.session.poll() {
            self.events.push(event);
        }
    }

    fn run(&mut self, world: &mut World) {
        world.settle();
        while !world.told.is_empty() {
            match world.told.remove(0) {
                Happening::Response { client, message, .. } => {
                    self.act(world, |session, tools| session.on_response(tools, client, &message));
                }
                Happening::Request { server, message, .. } => {
                    self.act(world, |session, tools| session.on_request(tools, server, &message));
                }
                Happening::Ack { message, .. } => self.act(world, |session, tools| session.on_ack(tools, &message)),
                other @ (Happening::Cancelled { .. } | Happening::Failed { .. } | Happening::ServerFailed { .. }) => {
                    panic!("{other:?}")
                }
            }
            world.settle();
        }
    }

    fn wait(&mut self, world: &mut World, time: Duration) {
        world.wait(time);
        self.run(world);
    }

    /// What the answer to our offer agreed on.
    fn media(&mut self) -> Media {
        let body = self
            .events
            .iter()
            .find_map(|e| if let Event::Accepted { body, .. } = e { Some(body.clone()) } else { None });
        self.local.accept(&body.expect("answered")).unwrap().session
    }

    fn refused_with(&self) -> Option<u16> {
        self.events.iter().find_map(|e| if let Event::Failed(failure) = e { Some(failure.status) } else { None })
    }
}

#[test]
fn a_register_is_challenged_with_sha_256_and_md5_and_either_will_do() {
    let mut world = World::new();
    let request = world.bare(Method::Register, &format!("sip:{DOMAIN}"), &[("Contact", "<sip:v@127.0.0.1:1>")]);
    let challenge = world.ask(request, false);
    let asked: Vec<String> = challenge.www_challenges().iter().filter_map(|c| c.get("algorithm")).collect();
    assert_eq!((challenge.status(), asked), (Some(401), vec!["SHA-256".to_owned(), "MD5".to_owned()]));
    assert_eq!(challenge.www_challenges()[0].get("realm").as_deref(), Some(DOMAIN));
    assert_eq!(world.provider.registered(), 0);
    assert_eq!(world.register(&[("Contact", "<sip:v@127.0.0.1:1>")]).status(), Some(200));
    assert_eq!(world.provider.registered(), 1);
    // A client of the old kind sees the MD5 line only.
    let mut old = challenge;
    let md5 = old.headers.all("WWW-Authenticate").find(|v| v.contains("MD5")).unwrap().to_owned();
    old.headers.set("WWW-Authenticate", md5);
    let mut request = world.bare(Method::Register, &format!("sip:{DOMAIN}"), &[]);
    let mut auth = Authenticator::new("visitor", Secret::from("pw"));
    auth.answer(&mut request, &old, &mut Attempts::default(), Realms::Any, &mut Entropy::from_number(1)).unwrap();
    assert!(request.headers.get("Authorization").unwrap().contains("MD5"));
    assert_eq!(world.ask(request, false).status(), Some(200));
}

#[test]
fn after_a_change_the_old_password_is_refused_the_new_one_taken_and_others_are_gone() {
    let mut world = World::new();
    for number in 1..=2 {
        let contact = format!("<sip:v@127.0.0.1:{number}>;+sip.instance=\"<urn:uuid:{number}>\"");
        assert_eq!(world.register(&[("Contact", &contact)]).status(), Some(200));
    }
    world.provider.password_changed(Hashes::of("visitor", DOMAIN, &Secret::from("new")));
    assert_eq!(world.register(&[]).status(), Some(401));
    world.auth = Authenticator::new("visitor", Secret::from("new"));
    assert_eq!(world.register(&[]).contacts().len(), 2, "a change alone ends no registration");
    world.provider.end_others("urn:uuid:2");
    let left = world.register(&[]).contacts();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].params.get("+sip.instance").as_deref(), Some("<urn:uuid:2>"));
    // Nobody knows what the new password hashes to in the other realm: one question must do.
    let caller = world.call("asks-twice");
    assert!(caller.session.is_established(), "{:?}", world.script());
}

#[test]
fn a_wrong_password_registers_nothing() {
    let mut world = World::new();
    world.auth = Authenticator::new("visitor", Secret::from("other"));
    assert_eq!(world.register(&[("Contact", "<sip:v@127.0.0.1:1>")]).status(), Some(401));
    world.auth = Authenticator::new("somebody", Secret::from("pw"));
    assert_eq!(world.register(&[("Contact", "<sip:v@127.0.0.1:1>")]).status(), Some(401));
    assert_eq!(world.provider.registered(), 0);
}

#[test]
fn bindings_come_are_listed_run_out_and_go() {
    let mut world = World::new();
    let ok =
        world.register(&[("Contact", "<sip:v@127.0.0.1:1;ob>;+sip.instance=\"<urn:uuid:1>\""), ("Expires", "99999")]);
    assert_eq!(ok.contact_expires(&ok.contact().unwrap()), Some(LONGEST));
    assert_eq!(ok.contact().unwrap().params.get("+sip.instance").as_deref(), Some("<urn:uuid:1>"));
    world.wait(Duration::from_secs(600));
    let fetched = world.register(&[]);
    assert_eq!(fetched.contacts().len(), 1);
    assert_eq!(fetched.contact_expires(&fetched.contact().unwrap()), Some(LONGEST - 600));
    let short = world.register(&[("Contact", "<sip:w@127.0.0.1:1>;expires=30")]);
    assert_eq!((short.status(), short.min_expires()), (Some(423), Some(SHORTEST)));
    assert_eq!(world.register(&[("Contact", "<sip:w@127.0.0.1:1>;expires=60")]).contacts().len(), 2);
    world.wait(Duration::from_secs(61));
    assert_eq!(world.register(&[]).contacts().len(), 1, "one has run out");
    assert_eq!(world.register(&[("Contact", "<sip:v@127.0.0.1:1;ob>;expires=0")]).contacts().len(), 0);
    world.register(&[("Contact", "<sip:v@127.0.0.1:1>, <sip:w@127.0.0.1:2>")]);
    assert_eq!(world.provider.registered(), 2);
    assert_eq!(world.register(&[("Contact", "*")]).status(), Some(400), "`*` wants Expires: 0");
    assert_eq!(world.register(&[("Contact", "*"), ("Expires", "0")]).status(), Some(200));
    assert_eq!(world.provider.registered(), 0);
}

#[test]
fn an_outbound_binding_is_replaced_by_its_instance_and_goes_with_its_flow() {
    let mut world = World::new();
    let contact = |port| format!("<sip:v@127.0.0.1:{port}>;+sip.instance=\"<urn:uuid:1>\";reg-id=1");
    world.register(&[("Contact", &contact(1)), ("Supported", "outbound")]);
    let ok = world.register(&[("Contact", &contact(2)), ("Supported", "path, outbound")]);
    assert_eq!((ok.contacts().len(), ok.option_tags("Require")), (1, vec!["outbound"]));
    world.provider.flow_closed(world.now, FlowId(7));
    assert_eq!(world.provider.registered(), 0);
}

#[test]
fn a_call_wants_the_password_and_an_address_that_exists() {
    let mut world = World::new();
    world.auth = Authenticator::new("visitor", Secret::from("other"));
    assert_eq!(world.call("echo").refused_with(), Some(407));
    assert!(world.orders.is_empty(), "nothing is opened for strangers");
    let mut world = World::new();
    assert_eq!(world.call("nobody").refused_with(), Some(404));
    assert_eq!(world.script(), ["INVITE", "407", "ACK", "INVITE", "404", "ACK"]);
}

#[test]
fn busy_and_declines_say_so() {
    for (user, status) in [("busy", 486), ("declines", 603)] {
        let mut world = World::new();
        assert_eq!(world.call(user).refused_with(), Some(status));
        assert!(world.orders.is_empty());
    }
}

#[test]
fn never_answers_rings_again_each_minute_until_the_caller_gives_up() {
    let mut world = World::new();
    let mut caller = world.call("never-answers");
    caller.wait(&mut world, Duration::from_secs(170));
    assert_eq!(world.script().iter().filter(|w| *w == "180").count(), 3);
    caller.act(&mut world, |session, tools| session.hang_up(tools, Why::Normal));
    caller.run(&mut world);
    let script = world.script();
    assert!(script.contains(&"CANCEL".to_owned()) && script.contains(&"487".to_owned()), "{script:?}");
    world.wait(Duration::from_secs(60));
    assert_eq!(world.provider.next_timeout(), None, "nothing is left");
}

#[test]
fn echo_answers_encrypted_with_the_callers_best_codec() {
    let mut world = World::new();
    let mut caller = world.call("echo");
    assert!(caller.session.is_established(), "{:?}", world.script());
    let media = caller.media();
    assert_eq!((media.send.name, media.direction), ("opus", Direction::SendRecv));
    let (theirs, script) = world.sessions.values().next().unwrap();
    assert_eq!(*script, [Step::Echo]);
    let (a, b) = (media.srtp.unwrap(), theirs.srtp.clone().unwrap());
    assert_eq!((a.send, a.receive), (b.receive, b.send));
    caller.act(&mut world, |session, tools| session.hang_up(tools, Why::Normal));
    caller.run(&mut world);
    assert!(world.sessions.is_empty() && matches!(world.orders.last(), Some((_, LegOrder::Close))));
}

#[test]
fn a_call_can_be_held_and_resumed() {
    let mut world = World::new();
    let mut caller = world.call("echo");
    caller.media();
    for (direction, theirs) in [(Direction::SendOnly, Direction::RecvOnly), (Direction::SendRecv, Direction::SendRecv)]
    {
        let offer = caller.local.offer(direction, &mut Entropy::from_number(6));
        caller.act(&mut world, |session, tools| session.offer(tools, offer.as_bytes()));
        caller.run(&mut world);
        assert!(matches!(caller.events.last(), Some(Event::OfferAnswered(_))), "{:?}", caller.events);
        assert_eq!(world.sessions.values().next().unwrap().0.direction, theirs);
    }
}

#[test]
fn announcement_hangs_up_when_it_has_spoken() {
    let mut world = World::new();
    let mut caller = world.call("announcement");
    let call = *world.sessions.keys().next().unwrap();
    world.provider.leg_finished(world.now, call);
    caller.run(&mut world);
    assert!(caller.events.iter().any(|e| matches!(e, Event::Ended(_))), "{:?}", caller.events);
    assert!(world.sessions.is_empty());
}

#[test]
fn asks_twice_wants_two_realms_in_one_request() {
    let mut world = World::new();
    let caller = world.call("asks-twice");
    assert!(caller.session.is_established(), "{:?}", world.script());
    assert_eq!(world.script()[..6], ["INVITE", "407", "ACK", "INVITE", "401", "ACK"]);
    let last = world.wire.iter().rfind(|m| m.method() == Some(&Method::Invite)).unwrap();
    assert_eq!((last.headers.count("Proxy-Authorization"), last.headers.count("Authorization")), (1, 1));
    // Whoever may answer one realm only does not get through, and sends nothing to the other.
    let mut world = World::new();
    world.realms.truncate(1);
    assert_eq!(world.call("asks-twice").refused_with(), Some(401));
    assert!(world.wire.iter().all(|m| !m.headers.has("Authorization")));
}

#[test]
fn calls_you_back_does_so_after_five_seconds() {
    let mut world = World::new();
    world.register(&[("Contact", "<sip:visitor@127.0.0.1:40000;transport=tls>")]);
    let mut caller = world.call("calls-you-back");
    let call = *world.sessions.keys().next().unwrap();
    world.provider.leg_finished(world.now, call);
    caller.run(&mut world);
    world.wait(Duration::from_millis(4_900));
    assert!(world.told.is_empty(), "not yet");
    world.wait(Duration::from_millis(200));
    let Some(Happening::Request { server, message, .. }) = world.told.pop() else { panic!("{:?}", world.told) };
    assert_eq!(message.uri().unwrap().to_string(), "sip:visitor@127.0.0.1:40000;transport=tls");
    assert_eq!(message.from().unwrap().display.as_deref(), Some("Calls you back"));
    let mut tools = Tools { now: world.now, endpoint: &mut world.endpoint, entropy: &mut world.dice, auth: None };
    let mut session = Session::incoming(&mut tools, setup(), server, &message).unwrap();
    let mut local = local(Srtp::Require);
    let (answer, _) = local.answer(&session.peer_offer().unwrap(), Direction::SendRecv, tools.entropy).unwrap();
    session.answer(&mut tools, answer.as_bytes());
    let mut called = Caller { session, local, events: Vec::new() };
    called.run(&mut world);
    assert!(called.session.is_established(), "{:?}", world.script());
    assert_eq!(world.sessions.len(), 1);
    called.act(&mut world, |session, tools| session.hang_up(tools, Why::Normal));
    called.run(&mut world);
    called.wait(&mut world, Duration::from_secs(60));
    assert!(world.sessions.is_empty());
    assert_eq!(world.provider.next_timeout(), None, "and not again");
}

#[test]
fn who_is_not_registered_is_not_called_back() {
    let mut world = World::new();
    let mut caller = world.call("callback");
    caller.act(&mut world, |session, tools| session.hang_up(tools, Why::Normal));
    caller.run(&mut world);
    world.wire.clear();
    caller.wait(&mut world, Duration::from_secs(60));
    assert!(!world.script().contains(&"INVITE".to_owned()), "{:?}", world.script());
}

#[test]
fn a_closed_connection_ends_its_calls() {
    let mut world = World::new();
    world.call("echo");
    world.provider.flow_closed(world.now, FlowId(7));
    world.settle();
    assert!(world.sessions.is_empty());
}
