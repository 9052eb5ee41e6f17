//! The session alone, as the provider's people use it: no policy, no media, and calls without an offer of ours.

use ringfence::base::{Entropy, Mono, Now, WallTime};
use ringfence::port::net::Transport;
use ringfence::sip::endpoint::{Config, Endpoint, Happening, Output};
use ringfence::sip::invite::{End, Event, Session, Setup, Tools, Why};
use ringfence::sip::{Message, Method, NameAddr, Uri};

use super::rig::{SDP, ack, answer, flow, invite};

struct End2End {
    endpoint: Endpoint,
    entropy: Entropy,
    now: Now,
    session: Option<Session>,
    sent: Vec<Message>,
}

fn setup() -> Setup {
    Setup {
        flow: flow(1, Transport::Tcp, None),
        contact: Uri::parse("sip:echo@192.0.2.1").unwrap(),
        local: NameAddr::parse("<sip:echo@demo.example>").unwrap(),
        routes: Vec::new(),
        own_server: false,
    }
}

impl End2End {
    fn new() -> End2End {
        let endpoint = Endpoint::new(Config::new("demo"), Entropy::from_number(1));
        let now = Now { mono: Mono::from_millis(1), wall: WallTime(1) };
        End2End { endpoint, entropy: Entropy::from_number(2), now, session: None, sent: Vec::new() }
    }

    fn act(&mut self, act: impl FnOnce(&mut Session, &mut Tools<'_>)) {
        let mut session = self.session.take().expect("there is a session");
        act(
            &mut session,
            &mut Tools { now: self.now, endpoint: &mut self.endpoint, entropy: &mut self.entropy, auth: None },
        );
        self.session = Some(session);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Send { bytes, .. } => self.sent.push(Message::parse(&bytes).unwrap()),
                Output::OpenStream { .. } => panic!("nobody asked for streams"),
                Output::Event(happening) => match *happening {
                    Happening::Response { client, message, .. } => {
                        self.act(|session, tools| session.on_response(tools, client, &message));
                    }
                    Happening::Ack { message, .. } => self.act(|session, tools| session.on_ack(tools, &message)),
                    Happening::Request { server, message, .. } if self.session.is_none() => {
                        let mut tools = Tools {
                            now: self.now,
                            endpoint: &mut self.endpoint,
                            entropy: &mut self.entropy,
                            auth: None,
                        };
                        self.session = Session::incoming(&mut tools, setup(), server, &message);
                    }
                    Happening::Request { server, message, .. } => {
                        self.act(|session, tools| session.on_request(tools, server, &message));
                    }
                    Happening::Cancelled { .. } | Happening::Failed { .. } | Happening::ServerFailed { .. } => {}
                },
            }
        }
    }

    fn receive(&mut self, message: &Message) {
        self.endpoint.receive(self.now, &flow(1, Transport::Tcp, None), &message.to_bytes());
        self.drain();
    }

    fn events(&mut self) -> Vec<Event> {
        let session = self.session.as_mut().unwrap();
        std::iter::from_fn(|| session.poll()).collect()
    }
}

#[test]
fn a_call_without_an_offer_answers_the_one_in_the_200_in_its_ack() {
    let mut end = End2End::new();
    let target = Uri::parse("sip:anna@demo.example").unwrap();
    let mut tools = Tools { now: end.now, endpoint: &mut end.endpoint, entropy: &mut end.entropy, auth: None };
    end.session = Some(Session::call(&mut tools, setup(), target, None));
    end.drain();
    let invite = end.sent.remove(0);
    assert!(invite.body.is_empty());
    let ok = answer(&invite, 200, "b").with_body("application/sdp", SDP);
    end.receive(&ok);
    assert_eq!(end.events(), [Event::Accepted { body: SDP.into(), offer: true }]);
    end.receive(&ok);
    assert!(end.sent.is_empty(), "no ACK before the answer");
    end.act(|session, tools| session.acknowledge(tools, b"v=0 answer"));
    let ack = end.sent.remove(0);
    assert_eq!((ack.method(), ack.body.as_slice()), (Some(&Method::Ack), b"v=0 answer".as_slice()));
    end.receive(&ok);
    assert_eq!(end.sent.remove(0), ack);
    end.act(|session, tools| session.hang_up(tools, Why::Normal));
    assert_eq!(end.sent.remove(0).method(), Some(&Method::Bye));
}

#[test]
fn whoever_is_called_answers_and_hears_the_end() {
    let mut end = End2End::new();
    let call = invite(1);
    end.receive(&call);
    assert_eq!(end.session.as_ref().unwrap().peer_offer().as_deref(), Some(SDP.as_bytes()));
    end.act(|session, tools| session.progress(tools, 183, Some(b"v=0 early")));
    end.act(|session, tools| session.answer(tools, b"v=0 answer"));
    let statuses: Vec<_> = end.sent.iter().filter_map(Message::status).collect();
    assert_eq!(statuses, [100, 183, 200]);
    let ok = end.sent.pop().unwrap();
    end.receive(&ack(&call, &ok));
    assert_eq!(end.events(), [Event::Confirmed { answer: None }]);
    assert!(end.session.as_ref().unwrap().is_established());
    end.receive(&super::rig::theirs(Method::Bye, 2, ok.to_tag().as_deref()));
    assert_eq!(end.events(), [Event::Ended(End::Bye)]);
    assert!(end.session.as_ref().unwrap().is_quiet());
}
