//! CANCEL from both sides, and what it crosses on its way.

use ringfence::port::net::Transport;
use ringfence::sip::Method;
use ringfence::sip::endpoint::{Failure, Happening};

use super::bench::{Bench, incoming, is, response};

#[test]
fn cancel_has_the_invites_branch_uri_and_route_and_no_tag_and_is_retransmitted_on_its_own() {
    let mut bench = Bench::new(Transport::Udp);
    let key = bench.request(Method::Invite);
    let invite = bench.last().clone();
    bench.receive(&response(&invite, 180, "bob"));
    bench.endpoint.cancel(bench.now, key);
    bench.endpoint.cancel(bench.now, key);
    bench.drain();
    let cancel = bench.last().clone();
    assert!(is("CANCEL")(&cancel));
    assert_eq!(cancel.headers.values("Via"), invite.headers.values("Via"));
    assert_eq!((cancel.uri(), cancel.to_tag()), (invite.uri(), None));
    assert_eq!(cancel.headers.get("Route"), invite.headers.get("Route"));
    assert_eq!(cancel.headers.get("CSeq"), Some("7 CANCEL"));
    assert!(!cancel.headers.has("Require"));
    bench.wait(600);
    assert_eq!(bench.times(is("CANCEL")), [0, 500], "asked for twice, sent as one transaction");
    bench.receive(&response(&cancel, 200, "x"));
    bench.receive(&response(&invite, 487, "bob"));
    assert_eq!(bench.responses(), [180, 487], "the answer to CANCEL is nobody's business");
    assert!(is("ACK")(bench.last()));
    bench.wait(40_000);
    assert!(bench.is_empty());
}

#[test]
fn cancel_before_the_first_provisional_response_is_remembered_and_sent_with_it() {
    let mut bench = Bench::new(Transport::Udp);
    let key = bench.request(Method::Invite);
    let invite = bench.last().clone();
    bench.endpoint.cancel(bench.now, key);
    bench.drain();
    bench.wait(700);
    assert_eq!(bench.times(is("CANCEL")), [0; 0]);
    bench.receive(&response(&invite, 100, ""));
    assert_eq!(bench.times(is("CANCEL")), [700]);
    bench.receive(&response(&invite, 180, "bob"));
    assert_eq!(bench.times(is("CANCEL")), [700]);
}

#[test]
fn a_200_that_crosses_our_cancel_reaches_the_user() {
    let mut bench = Bench::new(Transport::Udp);
    let key = bench.request(Method::Invite);
    let invite = bench.last().clone();
    bench.receive(&response(&invite, 180, "bob"));
    bench.endpoint.cancel(bench.now, key);
    bench.drain();
    bench.receive(&response(&invite, 200, "bob"));
    assert_eq!(bench.responses(), [180, 200]);
    // Too late for another one.
    bench.endpoint.cancel(bench.now, key);
    bench.drain();
    assert_eq!(bench.times(is("CANCEL")).len(), 1);
}

#[test]
fn a_cancelled_invite_that_nobody_ends_is_given_up_after_32_s() {
    let mut bench = Bench::new(Transport::Udp);
    let key = bench.request(Method::Invite);
    let invite = bench.last().clone();
    bench.receive(&response(&invite, 180, "bob"));
    bench.wait(10_000);
    bench.endpoint.cancel(bench.now, key);
    bench.drain();
    bench.wait(60_000);
    let gave_up = (42_000, Happening::Failed { client: key, why: Failure::Timeout });
    assert_eq!(bench.events.last(), Some(&gave_up));
    assert!(bench.is_empty());
}

#[test]
fn their_cancel_gets_200_and_is_reported_once_and_481_without_an_invite() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("CANCEL", "z9hG4bK1"));
    assert_eq!(bench.statuses(), [481]);
    bench.sent.clear();
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 180);
    bench.receive(&incoming("CANCEL", "z9hG4bK1"));
    bench.receive(&incoming("CANCEL", "z9hG4bK1"));
    assert_eq!(bench.statuses(), [100, 180, 200, 200]);
    assert_eq!(bench.last().headers.get("CSeq"), Some("1 CANCEL"));
    assert_eq!(bench.last().to_tag().as_deref(), Some("ours"), "the tag of the 180");
    let cancelled = bench.events.iter().filter(|(_, event)| matches!(event, Happening::Cancelled { .. })).count();
    assert_eq!(cancelled, 1);
    bench.respond(server, &invite, 487);
    bench.receive(&incoming("ACK", "z9hG4bK1"));
    bench.wait(40_000);
    assert!(bench.is_empty());
}

#[test]
fn their_cancel_that_crosses_our_200_gets_200_and_changes_nothing() {
    let mut bench = Bench::new(Transport::Udp);
    bench.receive(&incoming("INVITE", "z9hG4bK1"));
    let (server, invite) = bench.passed_up();
    bench.respond(server, &invite, 200);
    bench.events.clear();
    bench.receive(&incoming("CANCEL", "z9hG4bK1"));
    assert_eq!(bench.statuses(), [100, 200, 200]);
    assert_eq!(bench.events, []);
}
