//! What is refused without asking anybody, and what a flood does.

use ringfence::port::net::Transport;
use ringfence::sip::endpoint::Config;
use ringfence::sip::{Method, Uri};

use super::bench::{Bench, incoming};

#[test]
fn what_needs_no_user_is_refused_and_leaves_nothing_behind() {
    let mut config = Config::new("");
    config.supported = vec!["replaces"];
    let rows = [
        ("MESSAGE", "", 405, Some(("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"))),
        ("REFER", "", 405, Some(("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"))),
        ("BREW", "", 501, Some(("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"))),
        ("invite", "", 501, None),
        ("INVITE", "Require: 100rel, replaces, x-y\r\n", 420, Some(("Unsupported", "100rel, x-y"))),
        ("OPTIONS", "Contact: <sip:\u{0}>\r\n", 400, None),
        ("OPTIONS", "Max-Forwards: 9999\r\n", 400, None),
    ];
    for (method, extra, status, header) in rows {
        let mut bench = Bench::with(Transport::Udp, config.clone());
        let text = String::from_utf8(incoming(method, "z9hG4bK1").to_bytes()).unwrap();
        let text =
            text.replace("Max-Forwards: 70\r\n", if extra.starts_with("Max") { extra } else { "Max-Forwards: 70\r\n" });
        let text = if extra.starts_with("Max") {
            text
        } else {
            text.replace("Content-Length", &format!("{extra}Content-Length"))
        };
        bench.receive_bytes(text.as_bytes());
        assert_eq!(bench.statuses(), [status], "{method} {extra}");
        assert!(bench.last().to_tag().is_some());
        if let Some((name, value)) = header {
            assert_eq!(bench.last().headers.get(name), Some(value));
        }
        let tag = bench.last().to_tag();
        bench.receive_bytes(text.as_bytes());
        assert_eq!(bench.last().to_tag(), tag, "the same request gets the same tag");
        assert_eq!(bench.events, []);
        assert!(bench.is_empty());
    }
}

#[test]
fn a_foreign_scheme_is_416_and_max_forwards_0_is_no_fault_at_its_goal() {
    let mut bench = Bench::new(Transport::Udp);
    let mut invite = incoming("INVITE", "z9hG4bK1");
    invite.set_uri(Uri::parse("tel:+4420123").unwrap());
    bench.receive(&invite);
    assert_eq!(bench.statuses(), [416]);
    let mut options = incoming("OPTIONS", "z9hG4bK2");
    options.headers.set("Max-Forwards", "0");
    bench.receive(&options);
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn a_request_that_forked_on_its_way_and_came_twice_is_482() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    bench.receive(&incoming("INVITE", "z9hG4bK2"));
    assert_eq!(bench.statuses(), [100, 482]);
    // Within a dialog nothing merges: two phones behind one proxy may look alike.
    let mut first = incoming("BYE", "z9hG4bK3");
    first.headers.set("To", "<sip:anna@example.org>;tag=ours");
    let mut second = first.clone();
    second.headers.set("Via", "SIP/2.0/UDP pc.example.org;branch=z9hG4bK4");
    bench.receive(&first);
    bench.receive(&second);
    assert_eq!(bench.events.len(), 3);
}

#[test]
fn garbage_is_dropped_and_an_ack_is_never_answered() {
    let mut bench = Bench::new(Transport::Udp);
    for garbage in
        [&b"\r\n\r\n"[..], b"\0\x01\0\x08\x21\x12\xa4\x42", b"GET / HTTP/1.1\r\n\r\n", b"SIP/2.0 999 X\r\n\r\n", b""]
    {
        bench.receive_bytes(garbage);
    }
    bench.receive(&incoming("ACK", "z9hG4bK9"));
    let broken = String::from_utf8(incoming("ACK", "z9hG4bK9").to_bytes()).unwrap().replace("CSeq: 1 ACK", "CSeq: x");
    bench.receive_bytes(broken.as_bytes());
    assert_eq!((bench.sent.len(), bench.events.len()), (0, 0));
    assert!(bench.is_empty());
}

#[test]
fn a_body_that_is_shorter_than_announced_is_400_and_not_a_dead_phone() {
    for length in ["100", "18446744073709551615", "99999999999999999999999", "-1"] {
        let mut bench = Bench::new(Transport::Udp);
        let text = String::from_utf8(incoming("OPTIONS", "z9hG4bK1").to_bytes()).unwrap();
        bench.receive_bytes(text.replace("Content-Length: 0", &format!("Content-Length: {length}")).as_bytes());
        assert_eq!(bench.statuses(), [400], "{length}");
        bench.receive(&incoming("OPTIONS", "z9hG4bK2"));
        assert_eq!(bench.events.len(), 1, "the next request is served");
    }
}

#[test]
fn a_flood_of_requests_fills_the_table_to_its_limit_and_no_further() {
    let mut config = Config::new("");
    config.max_servers = 50;
    let mut bench = Bench::with(Transport::Udp, config);
    for number in 0..5000 {
        let mut invite = incoming("INVITE", &format!("z9hG4bK{number}"));
        invite.headers.set("Call-ID", format!("call{number}"));
        bench.receive(&invite);
    }
    assert_eq!(bench.endpoint.len(), (0, 50));
    assert_eq!(bench.statuses().iter().filter(|status| **status == 503).count(), 4950);
    for (server, invite) in bench.requests() {
        bench.respond(server, &invite, 486);
    }
    bench.wait(40_000);
    assert!(bench.is_empty(), "and it empties again");
}

#[test]
fn requests_that_our_own_side_forgets_do_not_stay_for_ever() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    bench.receive(&incoming("OPTIONS", "z9hG4bK2"));
    bench.wait(700_000);
    assert!(bench.is_empty());
}

#[test]
fn too_many_requests_of_ours_fail_at_once() {
    let mut config = Config::new("");
    config.max_clients = 3;
    let mut bench = Bench::with(Transport::Udp, config);
    for _ in 0..5 {
        bench.request(Method::Options);
    }
    assert_eq!((bench.endpoint.len().0, bench.events.len(), bench.sent.len()), (3, 2, 3));
}

#[test]
fn a_request_that_is_ignored_is_gone() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("OPTIONS", "z9hG4bK1"));
    let (server, _) = bench.passed_up();
    bench.endpoint.ignore(server);
    assert!(bench.is_empty() && bench.sent.is_empty());
}
