//! A line behind a router: under which address it is bound, and how soon a new one is noticed.

use std::net::SocketAddr;

use ringfence::phone::registration::{Change, Registration};
use ringfence::port::net::{Flow, FlowId, Transport};
use ringfence::sip::Message;

use super::bench::{Bench, DIGEST, LOCAL, flow, seconds};

/// Registered by UDP from behind a router.
fn behind_a_router() -> Bench {
    let mut bench = Bench::new(Transport::Udp);
    bench.seen_as = Some("203.0.113.9:61000".parse().unwrap());
    bench.act(Registration::register);
    bench.grant(600);
    bench.grant(600);
    bench
}

/// Lets time pass until something is sent to keep the path open; when that was.
fn until_asked(bench: &mut Bench) -> u64 {
    let before = bench.questions.len();
    for _ in 0..26 {
        bench.wait(seconds(1));
        if bench.questions.len() > before {
            return bench.millis();
        }
    }
    panic!("nothing is asked in 26 s");
}

#[test]
fn behind_a_nat_the_contact_becomes_the_address_that_the_server_sees() {
    let mut bench = Bench::new(Transport::Udp);
    bench.seen_as = Some("203.0.113.9:61000".parse().unwrap());
    bench.act(Registration::register);
    bench.reply(401, &[("WWW-Authenticate", DIGEST)]);
    // Learnt from the 401 already: the private address is never bound.
    assert_eq!(bench.contacts(), [("sip:rf-1@203.0.113.9:61000".into(), "600".into())]);
    bench.grant(600);
    assert_eq!(bench.granted().public, bench.seen_as);
    assert_eq!(bench.requests(), 2);
    assert_eq!(bench.registration.contact().to_string(), "sip:rf-1@203.0.113.9:61000");
}

#[test]
fn a_200_that_reveals_a_nat_is_followed_by_a_register_that_removes_the_old_binding() {
    let mut bench = Bench::new(Transport::Udp);
    bench.seen_as = Some("203.0.113.9:61000".parse().unwrap());
    bench.act(Registration::register);
    bench.grant(600);
    assert_eq!(bench.requests(), 2);
    assert_eq!(
        bench.contacts(),
        [(format!("sip:rf-1@{LOCAL}"), "0".into()), ("sip:rf-1@203.0.113.9:61000".into(), "600".into())]
    );
    bench.grant(600);
    assert_eq!(bench.changes.len(), 1, "told once, when it is right");
    assert_eq!(bench.granted().public, bench.seen_as);
}

#[test]
fn a_new_mapping_is_noticed_within_two_minutes_by_a_server_that_lets_questions_lie() {
    let mut bench = behind_a_router();
    let before = bench.requests();
    bench.seen_as = Some("203.0.113.9:62000".parse().unwrap());
    bench.wait(seconds(120));
    assert_eq!(bench.requests(), before + 1);
    bench.grant(600);
    assert_eq!(
        bench.contacts(),
        [("sip:rf-1@203.0.113.9:61000".into(), "0".into()), ("sip:rf-1@203.0.113.9:62000".into(), "600".into())]
    );
    bench.grant(600);
    assert_eq!(bench.granted().public, bench.seen_as);
}

#[test]
fn a_nat_with_a_new_port_for_every_request_does_not_make_us_register_for_ever() {
    let mut bench = Bench::new(Transport::Udp);
    bench.act(Registration::register);
    for port in 0..20 {
        bench.seen_as = Some(SocketAddr::new("203.0.113.9".parse().unwrap(), 61_000 + port));
        bench.grant(600);
    }
    assert!(bench.requests() <= 5, "{}", bench.requests());
    assert!(matches!(bench.last_change(), Change::Registered(_)));
}

#[test]
fn a_new_mapping_is_noticed_by_the_answer_to_the_next_keep_alive_whatever_that_answer_is() {
    for status in [200, 404, 407, 483] {
        let mut bench = behind_a_router();
        let before = bench.requests();
        bench.seen_as = Some("203.0.113.9:62000".parse().unwrap());
        until_asked(&mut bench);
        assert!(bench.millis() <= 25_000);
        assert_eq!(bench.requests(), before);
        bench.answer_question(status);
        assert_eq!(
            bench.contacts(),
            [("sip:rf-1@203.0.113.9:61000".into(), "0".into()), ("sip:rf-1@203.0.113.9:62000".into(), "600".into())]
        );
        bench.grant(600);
        assert_eq!((bench.requests(), bench.granted().public), (before + 1, bench.seen_as));
        // No credentials for a question, however it is answered.
        assert!(bench.questions.iter().all(|(_, question)| question.headers.iter().all(|one| !one.is_secret())));
    }
}

#[test]
fn a_server_that_answers_questions_is_not_refreshed_every_two_minutes_but_asked_in_time_for_the_router() {
    let mut bench = behind_a_router();
    let (mut asked, mut at_most) = (bench.millis(), 0);
    // The next REGISTER comes when?
    let mut until_refreshed = |bench: &mut Bench| {
        let (before, began) = (bench.requests(), bench.millis());
        while bench.requests() == before {
            let questions = bench.questions.len();
            bench.wait(seconds(1));
            if bench.questions.len() > questions {
                at_most = at_most.max(bench.millis() - asked);
                asked = bench.millis();
                bench.answer_question(404);
            }
        }
        (bench.millis() - began) / 1000
    };
    // The first refresh comes early: when it was granted, nobody knew whether questions are answered.
    assert_eq!(until_refreshed(&mut bench), 120);
    bench.grant(600);
    let second = until_refreshed(&mut bench);
    assert!((480..=541).contains(&second), "{second}");
    assert!(at_most <= 26_000, "{at_most} ms between two questions");
}

#[test]
fn a_server_that_lets_a_question_lie_is_not_asked_again_and_gets_its_crlf() {
    let mut bench = behind_a_router();
    bench.wait(seconds(110));
    let call_ids: std::collections::BTreeSet<_> = bench.questions.iter().map(|(_, one)| one.call_id()).collect();
    assert_eq!(call_ids.len(), 1);
    let crlf = bench.changes.iter().filter(|(_, change)| matches!(change, Change::KeepAlive(FlowId(1)))).count();
    assert!(crlf >= 3, "{crlf}");
}

#[test]
fn a_server_that_has_always_answered_and_falls_silent_is_registered_with_at_once() {
    let mut bench = behind_a_router();
    until_asked(&mut bench);
    bench.answer_question(200);
    let before = bench.requests();
    until_asked(&mut bench);
    bench.wait(seconds(31));
    assert_eq!(bench.requests(), before);
    bench.wait(seconds(2));
    assert!(bench.requests() > before, "32 s of silence are enough");
    bench.wait(seconds(33));
    assert!(matches!(bench.last_change(), Change::NextServer(_)), "{:?}", bench.last_change());
}

#[test]
fn without_a_router_and_on_streams_nothing_is_asked() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut bench = Bench::new(transport);
        if transport != Transport::Udp {
            bench.seen_as = Some("203.0.113.9:61000".parse().unwrap());
        }
        bench.act(Registration::register);
        bench.grant(600);
        if transport != Transport::Udp {
            bench.grant(600);
        }
        bench.wait(seconds(400));
        assert_eq!(bench.questions.len(), 0, "{transport:?}");
    }
}

#[test]
fn any_response_on_the_flow_tells_of_a_new_mapping() {
    // Say, the answer to an INVITE.
    let response = |via: &str| {
        let text = format!(
            "SIP/2.0 180 Ringing\r\nVia: {via};branch=z9hG4bKx\r\n\
             From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        Message::parse(text.as_bytes()).expect("a response")
    };
    for (via, asks) in [
        ("SIP/2.0/UDP 192.168.1.20:40000;received=203.0.113.9;rport=62000", 1),
        ("SIP/2.0/UDP 192.168.1.20:40000;received=203.0.113.10;rport=61000", 1),
        ("SIP/2.0/UDP 192.168.1.20:40000;received=203.0.113.9;rport=61000", 0),
        // Too large for UDP: that port says nothing.
        ("SIP/2.0/TCP 192.168.1.20:40000;received=203.0.113.9;rport=62000", 0),
        // A server without RFC 3581.
        ("SIP/2.0/UDP 192.168.1.20:40000", 0),
        ("SIP/2.0/UDP 192.168.1.20:40000;received=203.0.113.9;rport", 0),
    ] {
        let mut bench = behind_a_router();
        let before = bench.requests();
        bench.act(|registration, tools| registration.seen_by(tools, &response(via)));
        assert_eq!(bench.requests() - before, asks, "{via}");
        // While it asks, nothing more is asked.
        bench.act(|registration, tools| registration.seen_by(tools, &response(via)));
        assert_eq!(bench.requests() - before, asks, "{via}");
    }
}

#[test]
fn a_nat_with_a_new_port_for_every_request_is_not_asked_for_ever() {
    let mut bench = Bench::new(Transport::Udp);
    bench.act(Registration::register);
    let mut port = 61_000;
    let mut elsewhere = |bench: &mut Bench| {
        port += 1;
        bench.seen_as = Some(SocketAddr::new("203.0.113.9".parse().unwrap(), port));
    };
    for _ in 0..5 {
        elsewhere(&mut bench);
        bench.grant(600);
    }
    assert!(matches!(bench.last_change(), Change::Registered(_)));
    bench.wait(seconds(110));
    assert_eq!(bench.questions.len(), 0);
}

#[test]
fn a_server_that_sees_us_face_to_face_on_this_computer_needs_no_keep_alive() {
    let (here, there): (SocketAddr, SocketAddr) =
        ("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:5060".parse().unwrap());
    let (relay, router): (SocketAddr, SocketAddr) =
        ("172.17.0.1:41000".parse().unwrap(), "192.168.1.1:5060".parse().unwrap());
    for (transport, remote, seen_as, kept) in [
        (Transport::Udp, there, Some(here), false),
        // A container's or a tunnel's relay lies between, and forgets.
        (Transport::Udp, there, Some(relay), true),
        // A server that does not say how it sees us.
        (Transport::Udp, there, None, true),
        // A server that hangs is noticed.
        (Transport::Tcp, there, Some(here), true),
        // A neighbour: this computer's own firewall forgets, too.
        (Transport::Udp, router, Some(here), true),
    ] {
        let mut bench = Bench::on(Flow { local: here, remote, ..flow(1, transport) });
        bench.seen_as = seen_as;
        bench.act(Registration::register);
        bench.grant(600);
        if bench.requests() == 2 {
            bench.grant(600);
        }
        bench.wait(seconds(125));
        let bytes = bench.changes.iter().any(|(_, change)| matches!(change, Change::KeepAlive(_)));
        assert_eq!(bytes || !bench.questions.is_empty(), kept, "{transport:?} to {remote}, seen as {seen_as:?}");
    }
}
