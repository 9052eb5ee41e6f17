//! Servers that fail, flows that break, machines that sleep, and the end.

use std::time::Duration;

use ringfence::base::Entropy;
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::registration::{Change, Registration};
use ringfence::port::net::{FlowId, NetError, Transport};
use ringfence::sip::{Message, SipUri};

use super::bench::{Bench, DIGEST, LOCAL, contact, flow, seconds};

#[test]
fn trouble_asks_for_the_next_server_and_then_waits_longer_each_time() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    bench.reply(503, &[]);
    assert_eq!(bench.problem(), (ProblemKind::RegistrarTrouble, Some(503)));
    let mut longest = Duration::ZERO;
    for round in 0..12 {
        let (now, mut dice) = (bench.now, Entropy::from_number(round));
        bench.registration.wait(now, &mut dice);
        bench.drain();
        let Change::Waiting(until, _) = bench.last_change() else { panic!("{:?}", bench.changes) };
        let until = until.since(bench.now.mono);
        let full = seconds((30 << (round + 1).min(10)).min(1800));
        assert!(until >= full / 2 && until <= full, "round {round}: {until:?} of {full:?}");
        longest = longest.max(until);
        bench.wait(until);
        assert_eq!(bench.last_change(), &Change::Reconnect);
        bench.act(|registration, tools| registration.set_flow(tools, flow(2 + round, Transport::Tcp), contact()));
        bench.reply(500, &[]);
    }
    assert!(longest >= seconds(900));
    // Success forgets the failures, once it has lasted.
    let (now, mut dice) = (bench.now, Entropy::from_number(0));
    bench.registration.wait(now, &mut dice);
    bench.act(|registration, tools| registration.set_flow(tools, flow(50, Transport::Tcp), contact()));
    bench.grant(600);
    bench.wait(seconds(61));
    bench.registration.flow_lost(bench.now, Problem::new(ProblemKind::ConnectionLost, "x"));
    let (now, mut dice) = (bench.now, Entropy::from_number(0));
    bench.registration.wait(now, &mut dice);
    bench.drain();
    let Change::Waiting(until, _) = bench.last_change() else { panic!("waiting") };
    assert!(until.since(bench.now.mono) <= seconds(60));
}

#[test]
fn retry_after_is_a_lower_bound_within_reason() {
    for (value, least, most) in [("200", 200, 200), ("999999999", 1800, 1800)] {
        let mut bench = Bench::new(Transport::Tcp);
        bench.act(Registration::register);
        bench.reply(503, &[("Retry-After", value)]);
        let (now, mut dice) = (bench.now, Entropy::from_number(0));
        bench.registration.wait(now, &mut dice);
        bench.drain();
        let Change::Waiting(until, _) = bench.last_change() else { panic!("waiting") };
        let wait = until.since(bench.now.mono);
        assert!(wait >= seconds(least) && wait <= seconds(most), "{wait:?}");
    }
}

#[test]
fn silence_for_32_s_is_no_answer_and_another_flow_registers_again() {
    let mut bench = Bench::new(Transport::Udp);
    bench.act(Registration::register);
    bench.wait(seconds(33));
    assert_eq!(bench.problem(), (ProblemKind::NoAnswer, None));
    bench.act(|registration, tools| registration.set_flow(tools, flow(2, Transport::Udp), contact()));
    bench.grant(600);
    assert!(matches!(bench.last_change(), Change::Registered(_)));
}

#[test]
fn a_new_flow_registers_at_once_and_removes_the_binding_of_the_old_one() {
    let mut bench = Bench::registered(Transport::Tls);
    let new = SipUri::at(Some("rf-1"), "10.0.0.7:50000".parse().unwrap());
    let mut other = flow(2, Transport::Tls);
    other.local = "10.0.0.7:50000".parse().unwrap();
    bench.seen_as = Some(other.local);
    bench.act(|registration, tools| registration.set_flow(tools, other, new));
    assert_eq!(
        bench.contacts(),
        [(format!("sip:rf-1@{LOCAL}"), "0".into()), ("sip:rf-1@10.0.0.7:50000".into(), "600".into())]
    );
    bench.grant(600);
    assert_eq!(bench.contacts().len(), 2);
    bench.act(Registration::refresh);
    assert_eq!(bench.contacts().len(), 1, "the old one is gone");
}

#[test]
fn waking_up_registers_at_once_by_udp() {
    let mut bench = Bench::registered(Transport::Udp);
    let before = bench.requests();
    bench.now = bench.now.later(seconds(8 * 3600));
    bench.act(Registration::refresh);
    assert_eq!(bench.requests(), before + 1);
}

#[test]
fn the_flow_is_kept_open_every_25_s_by_udp_and_every_two_minutes_on_a_stream() {
    for (transport, least, most) in [(Transport::Udp, 20, 25), (Transport::Tls, 96, 120)] {
        let mut bench = Bench::registered(transport);
        let since = bench.changes.len();
        bench.wait(seconds(450));
        let sent: Vec<_> = bench.changes[since..]
            .iter()
            .filter(|(_, change)| matches!(change, Change::KeepAlive(FlowId(1))))
            .map(|(at, _)| *at)
            .collect();
        assert!(sent.len() >= 3, "{sent:?}");
        for pair in sent.windows(2) {
            let gap = pair[1] - pair[0];
            assert!(gap >= least * 1000 && gap <= most * 1000, "{gap} ms");
        }
    }
}

#[test]
fn a_server_that_once_answered_a_keep_alive_and_then_does_not_is_gone_after_10_s() {
    let mut bench = Bench::registered(Transport::Tls);
    bench.wait(seconds(125));
    bench.wait(seconds(125));
    assert!(matches!(bench.last_change(), Change::KeepAlive(_)), "one that never answered is no sign");
    bench.registration.on_pong(FlowId(1));
    let (at, _) = bench.registration.next_timeout().expect("a keep-alive");
    bench.wait(at.since(bench.now.mono));
    assert!(matches!(bench.last_change(), Change::KeepAlive(_)));
    bench.registration.on_pong(FlowId(7));
    bench.wait(seconds(9));
    assert!(matches!(bench.last_change(), Change::KeepAlive(_)));
    bench.wait(seconds(1));
    assert_eq!(bench.problem(), (ProblemKind::ConnectionLost, None));
}

#[test]
fn a_broken_flow_asks_for_another_once() {
    let mut bench = Bench::registered(Transport::Tcp);
    bench.act(Registration::refresh);
    let (now, error) = (bench.now, NetError::Closed);
    bench.endpoint.flow_failed(now, FlowId(1), &error);
    bench.drain();
    bench.registration.flow_lost(now, Problem::new(ProblemKind::ConnectionLost, "x"));
    bench.drain();
    let asked = bench.changes.iter().filter(|(_, change)| matches!(change, Change::NextServer(_))).count();
    assert_eq!(asked, 1);
    assert_eq!(bench.registration.next_timeout(), None, "nothing is sent on a dead flow");
}

#[test]
fn signing_out_removes_the_binding_with_credentials_and_says_so() {
    let mut bench = Bench::registered(Transport::Tls);
    bench.act(Registration::unregister);
    assert_eq!((bench.contacts(), bench.last().expires()), (vec![(format!("sip:rf-1@{LOCAL}"), "0".into())], Some(0)));
    assert_eq!(bench.credentials(), 1);
    bench.reply(200, &[]);
    assert_eq!(bench.last_change(), &Change::Unregistered);
    bench.wait(seconds(10_000));
    assert_eq!(bench.requests(), 3);
}

#[test]
fn signing_out_ends_whatever_the_server_says_or_does_not() {
    for status in [Some(401), Some(403), Some(500), Some(481), None] {
        let mut bench = Bench::registered(Transport::Tcp);
        bench.act(Registration::unregister);
        match status {
            Some(401) => {
                bench.reply(401, &[("WWW-Authenticate", &DIGEST.replace("n1", "n2"))]);
                bench.reply(401, &[("WWW-Authenticate", &DIGEST.replace("n1", "n3"))]);
            }
            Some(status) => bench.reply(status, &[]),
            None => bench.wait(seconds(33)),
        }
        assert_eq!(bench.last_change(), &Change::Unregistered, "{status:?}");
    }
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::unregister);
    assert_eq!((bench.last_change(), bench.requests()), (&Change::Unregistered, 0));
}

#[test]
fn a_late_answer_to_an_old_request_changes_nothing() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    let old = bench.last().clone();
    bench.act(|registration, tools| registration.set_flow(tools, flow(2, Transport::Tcp), contact()));
    let late = Message::response_to(&old, 403, "", Some("t"));
    let flow = flow(1, Transport::Tcp);
    bench.endpoint.receive(bench.now, &flow, &late.to_bytes());
    bench.drain();
    assert_eq!(bench.changes, []);
}
