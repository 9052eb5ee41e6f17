//! Requests of others: what is sent again, for how long, and where to.

use ringfence::port::net::Transport;
use ringfence::sip::endpoint::Happening;

use super::bench::{Bench, incoming};

#[test]
fn an_invite_gets_100_without_a_tag_at_once_and_its_copies_the_last_response() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1").with("Timestamp", "54"));
    let trying = bench.last().clone();
    assert_eq!((trying.status(), trying.to_tag()), (Some(100), None));
    assert_eq!(trying.headers.get("Timestamp"), Some("54"));
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 180);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    assert_eq!(bench.statuses(), [100, 100, 180, 180]);
    assert_eq!(bench.events.len(), 1, "the user sees one request");
}

#[test]
fn a_refusal_is_sent_again_until_the_ack_and_the_user_never_sees_that_ack() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 486);
    bench.wait(8_000);
    assert_eq!(bench.times(|m| m.status() == Some(486)), [0, 500, 1500, 3500, 7500]);
    bench.receive(&incoming("ACK", "z9hG4bK1"));
    bench.wait(10_000);
    assert_eq!(bench.times(|m| m.status() == Some(486)).len(), 5);
    assert!(!bench.events.iter().any(|(_, event)| matches!(event, Happening::Ack { .. })));
    assert!(bench.is_empty());
}

#[test]
fn a_refusal_that_nobody_acknowledges_ends_after_32_s() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 486);
    bench.wait(100_000);
    assert_eq!(bench.events.last(), Some(&(32_000, Happening::ServerFailed { server })));
    let times = bench.times(|m| m.status() == Some(486));
    assert_eq!(times, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    assert!(bench.is_empty());
}

#[test]
fn a_2xx_is_sent_again_on_every_transport_until_its_ack_comes_with_another_branch() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut bench = Bench::new(transport);
        bench.receive(&incoming("INVITE", "z9hG4bK1"));
        let (server, invite) = bench.passed_up();
        bench.respond(server, &invite, 200);
        bench.wait(2_000);
        assert_eq!(bench.times(|m| m.status() == Some(200)), [0, 500, 1500]);
        bench.receive(&incoming("INVITE", "z9hG4bK1"));
        assert_eq!(bench.times(|m| m.status() == Some(200)).len(), 3, "a late copy of the INVITE gets nothing");
        let mut ack = incoming("ACK", "z9hG4bKack");
        ack.headers.set("To", "<sip:anna@example.org>;tag=ours");
        bench.receive(&ack);
        bench.receive(&ack);
        let acks = bench.events.iter().filter(|(_, event)| matches!(event, Happening::Ack { .. })).count();
        assert_eq!(acks, 2);
        bench.wait(60_000);
        assert_eq!(bench.times(|m| m.status() == Some(200)).len(), 3);
        assert!(!bench.events.iter().any(|(_, event)| matches!(event, Happening::ServerFailed { .. })));
        assert!(bench.is_empty());
    }
}

#[test]
fn a_2xx_without_an_ack_is_reported_after_32_s() {
    let mut bench = Bench::new(Transport::Tls);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 200);
    bench.wait(60_000);
    assert_eq!(bench.events.last(), Some(&(32_000, Happening::ServerFailed { server })));
    assert!(bench.is_empty());
}

#[test]
fn an_ack_of_another_dialog_does_not_stop_the_2xx() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 200);
    let mut ack = incoming("ACK", "z9hG4bKack");
    ack.headers.set("To", "<sip:anna@example.org>;tag=guessed");
    bench.receive(&ack);
    bench.wait(600);
    assert_eq!(bench.times(|m| m.status() == Some(200)), [0, 500]);
}

#[test]
fn any_other_request_is_absorbed_while_it_waits_and_answered_again_for_32_s() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("OPTIONS", "z9hG4bK1"));
    bench.receive(&incoming("OPTIONS", "z9hG4bK1"));
    assert_eq!((bench.sent.len(), bench.events.len()), (0, 1));
    let (server, request) = bench.passed_up();
    bench.respond(server, &request, 200);
    bench.respond(server, &request, 486);
    bench.receive(&incoming("OPTIONS", "z9hG4bK1"));
    assert_eq!(bench.statuses(), [200, 200], "a second final response is dropped");
    bench.wait(31_900);
    assert!(!bench.is_empty());
    bench.wait(200);
    assert!(bench.is_empty());
}

#[test]
fn a_request_without_the_cookie_is_matched_as_rfc_2543_had_it() {
    let mut bench = Bench::new(Transport::Udp);
    for branch in ["1", "1"] {
        bench.receive(&incoming("INVITE", branch));
    }
    assert_eq!((bench.events.len(), bench.statuses()), (1, vec![100, 100]));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 486);
    let mut ack = incoming("ACK", "1");
    ack.headers.set("To", "<sip:anna@example.org>;tag=ours");
    bench.receive(&ack);
    bench.wait(10_000);
    assert_eq!(bench.times(|m| m.status() == Some(486)), [0]);
}

#[test]
fn the_same_branch_of_another_sender_is_another_transaction() {
    let mut bench = Bench::new(Transport::Udp);
    let first = incoming("OPTIONS", "z9hG4bK1");
    let mut second = first.clone();
    second.headers.set("Via", "SIP/2.0/UDP other.example.org;branch=z9hG4bK1");
    second.headers.set("Call-ID", "another");
    bench.receive(&first);
    bench.receive(&second);
    assert_eq!(bench.events.len(), 2);
}

#[test]
fn a_response_follows_rport_or_the_senders_address_and_sent_bys_port() {
    let rows: [(&str, Option<&str>); 5] = [
        ("pc.example.org:5070;branch=z9hG4bK1;rport", None),
        ("pc.example.org:5070;branch=z9hG4bK1", Some("198.51.100.1:5070")),
        ("pc.example.org;branch=z9hG4bK1", None),
        ("203.0.113.5:5080;branch=z9hG4bK1", Some("198.51.100.1:5080")),
        ("198.51.100.1:9999;branch=z9hG4bK1;maddr=203.0.113.7", Some("198.51.100.1:9999")),
    ];
    for (via, to) in rows {
        let mut bench = Bench::new(Transport::Udp);
        let mut options = incoming("BREW", "z9hG4bK1");
        options.headers.set("Via", format!("SIP/2.0/UDP {via}"));
        bench.receive(&options);
        assert_eq!(bench.sent[0].1, to.map(|to| to.parse().unwrap()), "{via}");
    }
    let mut bench = Bench::new(Transport::Tcp);
    let mut options = incoming("BREW", "z9hG4bK1");
    options.headers.set("Via", "SIP/2.0/TCP 203.0.113.5:5080;branch=z9hG4bK1");
    bench.receive(&options);
    assert_eq!(bench.sent[0].1, None, "on a stream it goes back by the stream");
}

#[test]
fn the_response_carries_received_and_rport_and_every_via() {
    let mut bench = Bench::new(Transport::Udp);
    let mut options = incoming("BREW", "z9hG4bK1");
    options.headers.push("Via", "SIP/2.0/UDP first.example.org;branch=z9hG4bK0");
    bench.receive(&options);
    let vias = bench.last().vias();
    assert_eq!(vias.len(), 2);
    assert_eq!((vias[0].received(), vias[0].rport()), (Some("198.51.100.1".parse().unwrap()), Some(5060)));
}
