//! Requests that are too large for a datagram: by a stream of their own, and by UDP if there is none.

use ringfence::port::net::{Flow, FlowId, NetError, Transport};
use ringfence::sip::endpoint::{ClientKey, Config, Failure, Happening};
use ringfence::sip::{Message, Method};

use super::bench::{Bench, flow, is, outgoing, response};

fn stream() -> Flow {
    Flow { id: FlowId(2), local: "192.0.2.10:40000".parse().unwrap(), ..flow(Transport::Tcp) }
}

fn large(method: Method) -> Message {
    outgoing(method).with_body("application/sdp", vec![b'x'; 1100])
}

/// One that has just been asked for its stream.
fn asked(method: Method) -> (Bench, ClientKey) {
    let mut bench = Bench::with(Transport::Udp, Config { streams: true, ..Config::new("Ringfence") });
    let flow = bench.flow.clone();
    let client = bench.endpoint.request(bench.now, &flow, large(method));
    bench.drain();
    assert_eq!((bench.streams.as_slice(), bench.sent.len()), ([client].as_slice(), 0));
    (bench, client)
}

fn open(bench: &mut Bench, client: ClientKey) -> bool {
    let wanted = bench.endpoint.stream_opened(bench.now, client, &stream());
    bench.drain();
    wanted
}

fn ways(bench: &Bench) -> Vec<String> {
    bench.sent.iter().map(|(_, _, message)| message.via().unwrap().transport).collect()
}

#[test]
fn a_large_request_of_any_method_goes_by_a_stream_and_is_sent_once() {
    for method in [Method::Invite, Method::Register, Method::Bye, Method::Options] {
        let (mut bench, client) = asked(method.clone());
        assert!(open(&mut bench, client));
        bench.wait(5_000);
        assert_eq!(ways(&bench), ["TCP"], "{method}");
        let request = bench.last().clone();
        assert_eq!(request.via().unwrap().port, Some(40_000), "the Via names the stream");
        bench.flow = stream();
        bench.receive(&response(&request, 200, "b"));
        assert_eq!(bench.responses(), [200]);
    }
}

#[test]
fn a_small_request_and_one_on_a_stream_wait_for_nothing() {
    let mut bench = Bench::with(Transport::Udp, Config { streams: true, ..Config::new("Ringfence") });
    bench.request(Method::Invite);
    let tcp = flow(Transport::Tcp);
    bench.endpoint.request(bench.now, &tcp, large(Method::Invite));
    bench.drain();
    assert_eq!(ways(&bench), ["UDP", "TCP"]);
    assert!(bench.streams.is_empty());
}

#[test]
fn without_a_stream_it_goes_by_udp_at_once_or_after_three_seconds() {
    let (mut bench, client) = asked(Method::Invite);
    bench.endpoint.stream_refused(bench.now, client);
    bench.drain();
    assert_eq!(ways(&bench), ["UDP"]);
    let (mut bench, client) = asked(Method::Invite);
    bench.wait(2_999);
    assert!(bench.sent.is_empty());
    bench.wait(1);
    assert_eq!(ways(&bench), ["UDP"]);
    assert!(!open(&mut bench, client), "a stream that comes late is closed again");
    bench.endpoint.stream_refused(bench.now, client);
    bench.drain();
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn a_server_without_streams_is_not_asked_again_for_ten_minutes() {
    let (mut bench, client) = asked(Method::Options);
    bench.endpoint.stream_refused(bench.now, client);
    let flow = bench.flow.clone();
    for (wait, asked) in [(599_000, 1), (2_000, 2)] {
        bench.wait(wait);
        bench.endpoint.request(bench.now, &flow, large(Method::Options));
        bench.drain();
        assert_eq!(bench.streams.len(), asked);
    }
}

#[test]
fn a_stream_that_breaks_before_anything_came_by_it_is_no_stream() {
    let (mut bench, client) = asked(Method::Invite);
    open(&mut bench, client);
    bench.endpoint.flow_failed(bench.now, FlowId(2), &NetError::Closed);
    bench.drain();
    assert_eq!(ways(&bench), ["TCP", "UDP"]);
    let again = bench.last().clone();
    assert_eq!(again.headers.values("Via").len(), 1);
    bench.receive(&response(&again, 486, "b"));
    let ours = |happening: &Happening| matches!(happening, Happening::Response { client: of, .. } if *of == client);
    assert!(bench.events.iter().any(|(_, happening)| ours(happening)), "it is the same request for its user");
}

#[test]
fn a_stream_that_breaks_after_an_answer_fails_the_request() {
    let (mut bench, client) = asked(Method::Invite);
    open(&mut bench, client);
    let request = bench.last().clone();
    bench.flow = stream();
    bench.receive(&response(&request, 180, "b"));
    bench.endpoint.flow_failed(bench.now, FlowId(2), &NetError::Closed);
    bench.drain();
    let why = Failure::Transport(NetError::Closed);
    assert_eq!(bench.events.last(), Some(&(0, Happening::Failed { client, why })));
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn cancel_and_the_ack_to_a_refusal_take_the_same_stream() {
    let (mut bench, client) = asked(Method::Invite);
    open(&mut bench, client);
    let invite = bench.last().clone();
    bench.flow = stream();
    bench.receive(&response(&invite, 180, "b"));
    bench.endpoint.cancel(bench.now, client);
    bench.drain();
    bench.receive(&response(&invite, 487, "b"));
    assert_eq!(ways(&bench), ["TCP", "TCP", "TCP"]);
    assert_eq!((bench.times(is("CANCEL")).len(), bench.times(is("ACK")).len()), (1, 1));
}

#[test]
fn one_that_is_given_up_while_it_waits_or_whose_flow_breaks_is_never_sent() {
    for cancelled in [true, false] {
        let (mut bench, client) = asked(Method::Invite);
        if cancelled {
            bench.endpoint.cancel(bench.now, client);
        } else {
            bench.endpoint.flow_failed(bench.now, FlowId(1), &NetError::Closed);
        }
        bench.drain();
        assert!(matches!(&bench.events[..], [(0, Happening::Failed { client: of, .. })] if *of == client));
        assert!(!open(&mut bench, client));
        assert!(bench.sent.is_empty() && bench.is_empty());
    }
}

#[test]
fn the_limit_is_1300_bytes_on_the_wire() {
    let config = || Config { streams: true, ..Config::new("Ringfence") };
    for body in 0..1_200 {
        let mut bench = Bench::with(Transport::Udp, config());
        let flow = bench.flow.clone();
        let request = outgoing(Method::Options).with_body("application/sdp", vec![b'x'; 100 + body]);
        bench.endpoint.request(bench.now, &flow, request);
        bench.drain();
        if bench.streams.is_empty() {
            assert!(bench.last().to_bytes().len() <= 1300);
        } else {
            let client = bench.streams[0];
            bench.endpoint.stream_refused(bench.now, client);
            bench.drain();
            assert_eq!(bench.last().to_bytes().len(), 1301, "the first one that is too large");
            return;
        }
    }
    panic!("none was too large");
}
