//! Requests of ours: retransmission schedules, matching, forks, broken flows.

use std::time::Duration;

use ringfence::port::net::{FlowId, NetError, Transport};
use ringfence::sip::Method;
use ringfence::sip::endpoint::{Failure, Happening};

use super::bench::{Bench, is, outgoing, response};

#[test]
fn an_invite_by_udp_goes_out_at_0_500_1500_3500_7500_15500_31500_and_is_given_up_at_32000() {
    let mut bench = Bench::new(Transport::Udp);
    let key = bench.request(Method::Invite);
    bench.wait(100_000);
    assert_eq!(bench.times(is("INVITE")), [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
    assert_eq!(bench.events, [(32_000, Happening::Failed { client: key, why: Failure::Timeout })]);
    assert!(bench.is_empty());
}

#[test]
fn any_other_request_by_udp_doubles_up_to_four_seconds_and_is_given_up_at_32000() {
    for method in [Method::Register, Method::Options, Method::Bye] {
        let mut bench = Bench::new(Transport::Udp);
        let key = bench.request(method);
        bench.wait(100_000);
        let times: Vec<_> = bench.sent.iter().map(|(at, _, _)| *at).collect();
        assert_eq!(times, [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
        assert_eq!(bench.events, [(32_000, Happening::Failed { client: key, why: Failure::Timeout })]);
        assert!(bench.is_empty());
    }
}

#[test]
fn after_a_provisional_response_other_requests_go_on_every_four_seconds() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Register);
    bench.wait(600);
    let trying = response(bench.last(), 100, "");
    bench.receive(&trying);
    bench.wait(20_000);
    assert_eq!(bench.times(is("REGISTER")), [0, 500, 1500, 5500, 9500, 13_500, 17_500]);
}

#[test]
fn nothing_is_sent_twice_on_a_reliable_transport() {
    for transport in [Transport::Tcp, Transport::Tls] {
        for method in [Method::Invite, Method::Register] {
            let mut bench = Bench::new(transport);
            bench.request(method);
            bench.wait(100_000);
            assert_eq!(bench.sent.len(), 1);
            assert_eq!(bench.events.len(), 1, "but it is given up all the same");
            assert_eq!(bench.events[0].0, 32_000);
        }
    }
}

#[test]
fn a_provisional_response_ends_the_retransmissions_of_an_invite_and_it_may_ring_for_minutes() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Invite);
    let ringing = response(bench.last(), 180, "bob");
    bench.wait(700);
    bench.receive(&ringing);
    bench.wait(170_000);
    assert_eq!(bench.times(is("INVITE")), [0, 500]);
    bench.receive(&ringing);
    assert_eq!(bench.responses(), [180, 180]);
}

#[test]
fn a_refusal_is_acknowledged_with_the_branch_uri_and_route_of_the_invite_and_again_for_32_s() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Invite);
    let invite = bench.last().clone();
    let busy = response(&invite, 486, "bob");
    for _ in 0..3 {
        bench.receive(&busy);
    }
    assert_eq!(bench.responses(), [486], "the user hears it once");
    let acks: Vec<_> = bench.sent.iter().filter(|(_, _, m)| is("ACK")(m)).map(|(_, _, m)| m.clone()).collect();
    assert_eq!(acks.len(), 3);
    let ack = &acks[0];
    assert_eq!(ack.via(), invite.via());
    assert_eq!(ack.headers.count("Via"), 1);
    assert_eq!(ack.uri(), invite.uri());
    assert_eq!(ack.headers.get("Route"), invite.headers.get("Route"));
    assert_eq!(ack.headers.get("From"), invite.headers.get("From"));
    assert_eq!(ack.to_tag().as_deref(), Some("bob"));
    assert_eq!(ack.headers.get("CSeq"), Some("7 ACK"));
    bench.wait(31_900);
    assert!(!bench.is_empty(), "timer D");
    bench.wait(200);
    assert!(bench.is_empty());
}

#[test]
fn every_2xx_of_a_forked_invite_reaches_the_user_for_32_s_and_none_is_acknowledged_here() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Invite);
    let invite = bench.last().clone();
    bench.receive(&response(&invite, 200, "one"));
    bench.wait(1000);
    bench.receive(&response(&invite, 200, "two"));
    bench.receive(&response(&invite, 200, "one"));
    bench.receive(&response(&invite, 486, "three"));
    assert_eq!(bench.responses(), [200, 200, 200], "a refusal after a 2xx is nothing");
    assert_eq!(bench.times(is("ACK")), [0; 0]);
    bench.wait(30_900);
    bench.receive(&response(&invite, 200, "late"));
    assert_eq!(bench.responses().len(), 4);
    bench.wait(200);
    bench.receive(&response(&invite, 200, "too late"));
    assert_eq!(bench.responses().len(), 4, "timer M");
    assert!(bench.is_empty());
}

#[test]
fn the_ack_to_a_2xx_has_a_branch_of_its_own_and_the_same_one_when_it_is_sent_again() {
    let mut bench = Bench::new(Transport::Udp);
    let flow = bench.flow.clone();
    let first = bench.endpoint.ack(&flow, outgoing(Method::Ack));
    let second = bench.endpoint.ack(&flow, first.clone());
    bench.drain();
    assert_eq!(first, second);
    assert_eq!(bench.sent[0].2.via(), bench.sent[1].2.via());
    assert_eq!(bench.sent[0].2.headers.count("Via"), 1);
    assert!(bench.is_empty(), "no transaction");
}

#[test]
fn a_final_response_reaches_the_user_once_and_its_copies_are_absorbed_for_timer_k() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Register);
    let ok = response(bench.last(), 200, "t");
    bench.receive(&ok);
    bench.receive(&ok);
    assert_eq!(bench.responses(), [200]);
    bench.wait(4_900);
    assert!(!bench.is_empty());
    bench.wait(200);
    assert!(bench.is_empty());
    let mut bench = Bench::new(Transport::Tls);
    bench.request(Method::Register);
    let ok = response(bench.last(), 200, "t");
    bench.receive(&ok);
    assert!(bench.is_empty(), "no timer K on a stream");
}

#[test]
fn responses_of_a_foreign_branch_method_or_with_two_vias_are_dropped() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Register);
    let ours = bench.last().clone();
    let mut foreign = response(&ours, 200, "t");
    foreign.headers.set("Via", "SIP/2.0/UDP 192.0.2.10:5062;branch=z9hG4bKforeign");
    bench.receive(&foreign);
    let mut other = response(&ours, 200, "t");
    other.headers.set("CSeq", "7 INVITE");
    bench.receive(&other);
    let mut two = response(&ours, 200, "t");
    two.headers.push("Via", "SIP/2.0/UDP 203.0.113.1;branch=z9hG4bKx");
    bench.receive(&two);
    assert_eq!(bench.responses(), [0; 0]);
    // A home router that rewrote sent-by and forgot to put it back does no harm.
    let branch = ours.via().unwrap().branch().unwrap();
    let mut rewritten = response(&ours, 200, "t");
    rewritten.headers.set("Via", format!("SIP/2.0/UDP 203.0.113.9:1024;branch={branch}"));
    bench.receive(&rewritten);
    assert_eq!(bench.responses(), [200]);
}

#[test]
fn our_via_names_the_flow_and_asks_for_rport() {
    for (transport, word) in [(Transport::Udp, "UDP"), (Transport::Tcp, "TCP"), (Transport::Tls, "TLS")] {
        let mut bench = Bench::new(transport);
        bench.request(Method::Options);
        let via = bench.last().via().unwrap();
        assert_eq!((via.transport.as_str(), via.sent_by().as_str()), (word, "192.0.2.10:5062"));
        assert!(via.wants_rport() && via.branch().unwrap().starts_with("z9hG4bK"));
        assert_eq!(bench.last().headers.get("User-Agent"), Some("Ringfence"));
    }
}

#[test]
fn when_a_flow_breaks_only_its_unanswered_requests_fail() {
    let mut bench = Bench::new(Transport::Tcp);
    let invite = bench.request(Method::Invite);
    let register = bench.request(Method::Register);
    let ok = response(bench.last(), 200, "t");
    bench.receive(&ok);
    bench.events.clear();
    bench.endpoint.flow_failed(bench.now, FlowId(99), &NetError::Closed);
    bench.drain();
    assert_eq!(bench.events, []);
    bench.endpoint.flow_failed(bench.now, FlowId(1), &NetError::Closed);
    bench.drain();
    let why = Failure::Transport(NetError::Closed);
    assert_eq!(bench.events, [(0, Happening::Failed { client: invite, why })]);
    assert_ne!(invite, register);
    assert!(bench.is_empty());
}

#[test]
fn a_caller_who_slept_sends_one_retransmission_and_not_a_burst() {
    let mut bench = Bench::new(Transport::Udp);
    bench.request(Method::Register);
    bench.now = bench.now.later(Duration::from_secs(20));
    bench.endpoint.handle_timeout(bench.now);
    bench.drain();
    assert_eq!(bench.sent.len(), 2);
}

#[test]
fn what_no_datagram_can_hold_fails_at_once_instead_of_never() {
    let mut bench = Bench::new(Transport::Udp);
    let huge = outgoing(Method::Message).with_body("text/plain", vec![b'x'; 66_000]);
    let flow = bench.flow.clone();
    let client = bench.endpoint.request(bench.now, &flow, huge);
    bench.drain();
    assert!(matches!(&bench.events[..], [(0, Happening::Failed { client: of, .. })] if *of == client));
}
