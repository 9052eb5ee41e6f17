//! Outgoing calls: challenges, forks, CANCEL and its races, refusals.

use super::rig::*;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{CallState, EndReason};
use ringfence::port::media::{Order, Report, Tone};
use ringfence::sip::Method;

fn failed(reason: &EndReason) -> (ProblemKind, Option<u16>) {
    let EndReason::Failed(problem) = reason else { panic!("not a failure: {reason:?}") };
    (problem.kind, problem.status)
}

#[test]
fn a_call_rings_is_answered_and_ends() {
    let mut ua = Ua::tcp();
    let id = ua.place("+49 30 123");
    assert_eq!(ua.state(), CallState::Inviting);
    let invite = ua.request(Method::Invite);
    assert_eq!(invite.uri().unwrap().to_string(), "sip:+4930123@voip.example");
    assert!(!invite.call_id().contains('@') && invite.has_sdp());
    ua.receive(&answer(&invite, 180, "b"));
    assert_eq!(ua.state(), CallState::Ringing);
    assert!(ua.orders.contains(&Order::Tone(Some(Tone::Ringback))));
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    let ack = ua.request(Method::Ack);
    assert_eq!(ack.uri().unwrap().to_string(), "sip:b@192.0.2.9:5070");
    assert_eq!(ack.cseq().unwrap().number, 1);
    assert_ne!(branch(&ack), branch(&invite), "an ACK to a 2xx is a transaction of its own");
    assert_eq!(ua.view().codec, Some("PCMU"));
    assert_eq!(ua.orders.iter().rfind(|order| matches!(order, Order::Tone(_))), Some(&Order::Tone(None)));
    ua.advance(seconds(5));
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.cseq().unwrap().number, 2);
    assert_eq!(ua.end(), EndReason::HungUp);
    ua.receive(&answer(&bye, 200, "b"));
    assert!(ua.calls.are_quiet());
    assert_eq!(ua.history[0].answered_secs, Some(5));
    ua.advance(seconds(40));
    assert!(ua.calls.views().is_empty() && ua.calls.next_timeout().is_none());
    ua.quiet();
}

#[test]
fn a_cancel_waits_for_the_first_provisional_response() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    assert_eq!(ua.end(), EndReason::Cancelled);
    ua.quiet();
    ua.receive(&answer(&invite, 180, "b"));
    let cancel = ua.request(Method::Cancel);
    assert_eq!(branch(&cancel), branch(&invite));
    assert_eq!((cancel.uri(), cancel.to_tag(), cancel.cseq().unwrap().number), (invite.uri(), None, 1));
    ua.receive(&answer(&cancel, 200, "b"));
    ua.receive(&answer(&invite, 487, "b"));
    let ack = ua.request(Method::Ack);
    assert_eq!(branch(&ack), branch(&invite));
    assert!(ua.calls.are_quiet());
    ua.quiet();
}

#[test]
fn a_200_that_crosses_our_cancel_is_acknowledged_and_ended() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 180, "b"));
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    ua.request(Method::Cancel);
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.to_tag().as_deref(), Some("b"));
    assert_eq!(ua.end(), EndReason::Cancelled);
    assert!(!ua.orders.iter().any(|order| matches!(order, Order::Session(..))));
}

#[test]
fn a_cancel_that_nobody_answers_is_over_after_64_t1() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 180, "b"));
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    ua.request(Method::Cancel);
    assert!(!ua.calls.are_quiet());
    ua.advance(seconds(33));
    assert!(ua.calls.are_quiet() && ua.endpoint.is_empty());
}

#[test]
fn of_two_forks_that_answer_the_second_is_acknowledged_and_ended() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 180, "b"));
    ua.receive(&answer(&invite, 180, "d"));
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    assert_eq!(ua.request(Method::Ack).to_tag().as_deref(), Some("b"));
    let second = answer(&invite, 200, "d").with_body("application/sdp", SDP);
    ua.receive(&second);
    let ack = ua.request(Method::Ack);
    assert_eq!(ack.to_tag().as_deref(), Some("d"));
    let bye = ua.request(Method::Bye);
    assert_eq!((bye.to_tag().as_deref(), bye.uri().unwrap().to_string().as_str()), (Some("d"), "sip:d@192.0.2.9:5070"));
    ua.receive(&second);
    assert_eq!(ua.request(Method::Ack), ack, "the same ACK again, and no second BYE");
    ua.quiet();
    assert_eq!(ua.state(), CallState::Established);
}

#[test]
fn a_200_that_comes_again_gets_the_same_ack_again() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let invite = ua.request(Method::Invite);
    let ok = answer(&invite, 200, "b").with_body("application/sdp", SDP);
    ua.receive(&ok);
    let ack = ua.request(Method::Ack);
    ua.receive(&ok);
    assert_eq!(ua.request(Method::Ack), ack);
    ua.quiet();
}

#[test]
fn a_200_whose_ack_got_lost_is_acknowledged_even_after_the_call() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    let ok = answer(&invite, 200, "b").with_body("application/sdp", SDP);
    ua.receive(&ok);
    let ack = ua.request(Method::Ack);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    ua.request(Method::Bye);
    ua.receive(&ok);
    assert_eq!(ua.request(Method::Ack), ack);
    ua.quiet();
}

#[test]
fn an_answer_without_a_description_ends_the_call_at_once() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 200, "b"));
    ua.request(Method::Ack);
    ua.request(Method::Bye);
    assert_eq!(failed(&ua.end()).0, ProblemKind::NoCommonFormat);
}

#[test]
fn an_answer_that_came_early_counts_if_the_200_has_none() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 183, "b").with_body("application/sdp", SDP));
    ua.receive(&answer(&invite, 200, "b"));
    ua.request(Method::Ack);
    assert_eq!(ua.state(), CallState::Established);
}

#[test]
fn an_answer_that_we_cannot_use_is_acknowledged_and_ended() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let invite = ua.request(Method::Invite);
    let alien =
        SDP.replace("RTP/AVP 0 101", "RTP/AVP 18").replace("a=rtpmap:0 PCMU/8000\r\n", "a=rtpmap:18 G729/8000\r\n");
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", alien));
    ua.request(Method::Ack);
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.reasons()[0].cause, Some(488));
    assert_eq!(failed(&ua.end()).0, ProblemKind::NoCommonFormat);
}

#[test]
fn a_challenge_of_the_proxy_and_then_one_of_the_server_are_both_answered() {
    let mut ua = Ua::tcp();
    ua.account.realms.push("people.example".into());
    ua.place("30");
    let first = ua.request(Method::Invite);
    assert!(!first.headers.has("Proxy-Authorization"));
    ua.receive(&challenge(&first, 407, "voip.example", "n1"));
    ua.request(Method::Ack);
    let second = ua.request(Method::Invite);
    assert!(second.headers.has("Proxy-Authorization"));
    ua.receive(&challenge(&second, 401, "people.example", "n2"));
    ua.request(Method::Ack);
    let third = ua.request(Method::Invite);
    assert!(third.headers.has("Proxy-Authorization") && third.headers.has("Authorization"));
    let numbers: Vec<u32> = [&first, &second, &third].iter().map(|m| m.cseq().unwrap().number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(branch(&first) != branch(&second) && branch(&second) != branch(&third));
    assert!(first.call_id() == third.call_id() && first.from_tag() == third.from_tag());
    assert_eq!(third.auth("Proxy-Authorization")[0].get("nonce").unwrap(), "n1");
    ua.receive(&answer(&third, 200, "b").with_body("application/sdp", SDP));
    let ack = ua.request(Method::Ack);
    assert_eq!(ack.cseq().unwrap().number, 3);
    assert!(!ack.headers.has("Authorization") && !ack.headers.has("Proxy-Authorization"));
    let id = ua.view().id;
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.cseq().unwrap().number, 4);
    ua.receive(&challenge(&bye, 407, "voip.example", "n3"));
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.cseq().unwrap().number, 5);
    assert!(bye.headers.has("Proxy-Authorization"));
}

#[test]
fn a_refused_password_is_not_tried_again() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let first = ua.request(Method::Invite);
    ua.receive(&challenge(&first, 407, "voip.example", "n1"));
    ua.request(Method::Ack);
    let second = ua.request(Method::Invite);
    ua.receive(&challenge(&second, 407, "voip.example", "n2"));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!(failed(&ua.end()), (ProblemKind::WrongPassword, Some(407)));
    assert_eq!(ua.authorizations(), 1);
}

#[test]
fn a_realm_that_was_not_pinned_gets_nothing() {
    let mut ua = Ua::tcp();
    ua.place("30");
    let first = ua.request(Method::Invite);
    ua.receive(&challenge(&first, 407, "evil.example", "n1"));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!(failed(&ua.end()).0, ProblemKind::ForeignRealm);
    assert_eq!(ua.authorizations(), 0);
}

#[test]
fn refusals_are_told_by_their_status_and_nothing_is_followed() {
    let expected = [
        (302, ProblemKind::SentOn),
        (403, ProblemKind::NotAllowed),
        (404, ProblemKind::NoSuchNumber),
        (480, ProblemKind::NotReachable),
        (486, ProblemKind::Busy),
        (488, ProblemKind::NoCommonFormat),
        (503, ProblemKind::ServerTrouble),
        (600, ProblemKind::Busy),
        (603, ProblemKind::Declined),
        (606, ProblemKind::NoCommonFormat),
    ];
    for (status, kind) in expected {
        let mut ua = Ua::tcp();
        ua.place("30");
        let invite = ua.request(Method::Invite);
        ua.receive(&answer(&invite, status, "b").with("Retry-After", "5"));
        assert_eq!(branch(&ua.request(Method::Ack)), branch(&invite));
        assert_eq!(failed(&ua.end()), (kind, Some(status)));
        ua.advance(seconds(60));
        ua.quiet();
        assert!(ua.endpoint.is_empty() && ua.calls.next_timeout().is_none());
    }
}

#[test]
fn silence_to_the_invite_fails_after_64_t1() {
    let mut ua = Ua::tcp();
    ua.place("30");
    ua.advance(seconds(31));
    assert_eq!(ua.state(), CallState::Inviting);
    ua.advance(seconds(2));
    assert_eq!(failed(&ua.end()).0, ProblemKind::NoAnswer);
}

#[test]
fn early_media_that_arrives_silences_the_ringback() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 183, "b").with_body("application/sdp", SDP));
    assert_eq!(ua.state(), CallState::Early);
    let muted = ua.orders.iter().position(|order| *order == Order::Mute(id, true)).unwrap();
    let session = ua.orders.iter().position(|order| matches!(order, Order::Session(..))).unwrap();
    assert!(muted < session, "nobody hears the room before the call is answered");
    ua.receive(&answer(&invite, 180, "b"));
    assert_eq!(ua.orders.last(), Some(&Order::Tone(Some(Tone::Ringback))));
    ua.report(&Report::FirstPacket(id));
    assert_eq!(ua.orders.last(), Some(&Order::Tone(None)));
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    assert!(ua.orders.contains(&Order::Mute(id, false)));
}

#[test]
fn a_second_call_is_not_placed_beside_the_first() {
    let mut ua = Ua::tcp();
    ua.talk();
    let (line, other) = (ua.account.line.clone(), ringfence::phone::command::Dialled::parse("31").unwrap());
    let refused = ua.act(|calls, env| calls.place(env, &line, &other)).unwrap_err();
    assert_eq!(refused.kind, ProblemKind::NotNow);
    ua.quiet();
}

#[test]
fn sips_is_not_called_in_the_clear_and_encryption_that_is_required_wants_tls() {
    let mut ua = Ua::tcp();
    let dialled = |text| ringfence::phone::command::Dialled::parse(text).unwrap();
    let line = ua.account.line.clone();
    let refused = ua.act(|calls, env| calls.place(env, &line, &dialled("sips:bob@voip.example"))).unwrap_err();
    assert_eq!(refused.kind, ProblemKind::TlsFailed);
    let mut line = line;
    line.srtp = ringfence::phone::command::Srtp::Require;
    let refused = ua.act(|calls, env| calls.place(env, &line, &dialled("30"))).unwrap_err();
    assert_eq!(refused.kind, ProblemKind::EncryptionRequired);
    ua.quiet();
}

#[test]
fn an_ordinary_call_fits_a_datagram_with_its_credentials() {
    let mut ua = Ua::tcp();
    ua.place("02071234567");
    let first = ua.request(Method::Invite);
    ua.receive(&challenge(&first, 407, "voip.example", &"n".repeat(64)));
    ua.request(Method::Ack);
    let length = ua.request(Method::Invite).to_bytes().len();
    assert!(length < 1300, "{length} bytes");
}
