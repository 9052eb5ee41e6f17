//! Changes of an established session: hold and resume from both sides, glare, refusals, challenges.

use std::time::Duration;

use super::rig::*;
use ringfence::base::CallId;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{CallState, EndReason};
use ringfence::port::media::{Direction, Order};
use ringfence::sip::{Message, Method};

fn hold(ua: &mut Ua, held: bool) {
    let id = ua.view().id;
    ua.act(|calls, env| calls.set_held(env, id, held)).unwrap();
}

fn body(message: &Message) -> String {
    String::from_utf8_lossy(&message.body).into_owned()
}

fn origin(message: &Message) -> String {
    body(message).lines().find(|line| line.starts_with("o=")).unwrap().to_owned()
}

fn direction(ua: &Ua) -> Direction {
    let session = ua
        .orders
        .iter()
        .rev()
        .find_map(|order| if let Order::Session(_, session) = order { Some(session.direction) } else { None });
    session.expect("media runs")
}

#[test]
fn hold_is_shown_when_the_other_end_agreed_and_the_microphone_is_off_at_once() {
    let mut ua = Ua::tcp();
    let invite = ua.talk();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    assert!(body(&offer).contains("a=sendonly"));
    assert_ne!(origin(&offer), origin(&invite), "the version goes up");
    assert_eq!((offer.cseq().unwrap().number, offer.to_tag().as_deref()), (2, Some("b")));
    assert!(!ua.view().held);
    assert!(ua.orders.contains(&Order::Mute(CallId(1), true)));
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", held("recvonly")));
    assert_eq!(ua.request(Method::Ack).cseq().unwrap().number, 2);
    assert!(ua.view().held);
    assert_eq!(direction(&ua), Direction::SendOnly);
    hold(&mut ua, false);
    let offer = ua.request(Method::Invite);
    assert!(!body(&offer).contains("a=sendonly"));
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    assert!(!ua.view().held);
    assert_eq!(direction(&ua), Direction::SendRecv);
    let microphone = ua.orders.iter().rfind(|order| matches!(order, Order::Mute(..)));
    assert_eq!(microphone, Some(&Order::Mute(CallId(1), false)));
}

#[test]
fn an_answer_to_our_offer_that_comes_again_gets_its_ack_again() {
    let mut ua = Ua::tcp();
    ua.talk();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    let ok = answer(&offer, 200, "b").with_body("application/sdp", held("recvonly"));
    ua.receive(&ok);
    let ack = ua.request(Method::Ack);
    ua.receive(&ok);
    assert_eq!(ua.request(Method::Ack), ack);
    ua.quiet();
}

#[test]
fn the_other_end_holds_and_resumes() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let tag = ok.to_tag();
    let again = theirs(Method::Invite, 2, tag.as_deref()).with_body("application/sdp", held("sendonly"));
    ua.receive(&again);
    ua.response(100);
    let answer = ua.response(200);
    assert!(body(&answer).contains("a=recvonly"));
    assert!(ua.view().held_by_peer);
    ua.receive(&ack(&again, &answer));
    let again =
        theirs(Method::Invite, 3, tag.as_deref()).with_body("application/sdp", SDP.replace("o=- 1 1", "o=- 1 3"));
    ua.receive(&again);
    ua.response(100);
    ua.response(200);
    assert!(!ua.view().held_by_peer);
    assert_eq!(direction(&ua), Direction::SendRecv);
}

#[test]
fn a_hold_of_both_sides_is_inactive() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let again = theirs(Method::Invite, 2, ok.to_tag().as_deref()).with_body("application/sdp", held("sendonly"));
    ua.receive(&again);
    ua.response(100);
    let answered = ua.response(200);
    ua.receive(&ack(&again, &answered));
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    assert!(body(&offer).contains("a=inactive"));
    assert_eq!(offer.cseq().unwrap().number, 1, "our side counts for itself");
}

#[test]
fn a_re_invite_without_an_offer_gets_ours() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let again = theirs(Method::Invite, 2, ok.to_tag().as_deref());
    ua.receive(&again);
    ua.response(100);
    let offer = ua.response(200);
    assert!(offer.has_sdp());
    ua.receive(&ack(&again, &offer).with_body("application/sdp", held("sendonly")));
    assert!(ua.view().held_by_peer);
    assert_eq!(ua.state(), CallState::Established);
}

#[test]
fn an_offer_that_cannot_be_taken_is_488_and_changes_nothing() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let before = ua.view();
    let alien =
        SDP.replace("RTP/AVP 0 101", "RTP/AVP 18").replace("a=rtpmap:0 PCMU/8000\r\n", "a=rtpmap:18 G729/8000\r\n");
    ua.receive(&theirs(Method::Invite, 2, ok.to_tag().as_deref()).with_body("application/sdp", alien));
    ua.response(100);
    ua.response(488);
    assert_eq!(ua.view(), before);
}

#[test]
fn our_offer_refused_with_488_keeps_the_session() {
    let mut ua = Ua::tcp();
    ua.talk();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    ua.receive(&answer(&offer, 488, "b"));
    ua.request(Method::Ack);
    assert!(!ua.view().held);
    assert_eq!((ua.state(), ua.orders.last()), (CallState::Established, Some(&Order::Mute(CallId(1), false))));
    ua.advance(seconds(10));
    ua.quiet();
}

#[test]
fn glare_refuses_theirs_and_repeats_ours_after_a_while() {
    let mut ua = Ua::tcp();
    let invite = ua.talk();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    ua.receive(&from_callee(&invite, Method::Invite, 1).with_body("application/sdp", SDP));
    ua.response(100);
    ua.response(491);
    ua.receive(&answer(&offer, 491, "b"));
    ua.request(Method::Ack);
    ua.advance(Duration::from_millis(2090));
    ua.quiet();
    ua.advance(Duration::from_millis(1920));
    let again = ua.request(Method::Invite);
    assert!(body(&again).contains("a=sendonly") && again.cseq().unwrap().number == 3);
    ua.receive(&answer(&again, 200, "b").with_body("application/sdp", held("recvonly")));
    ua.request(Method::Ack);
    assert!(ua.view().held);
}

#[test]
fn glare_in_a_call_that_they_opened_is_repeated_within_two_seconds() {
    let mut ua = Ua::tcp();
    ua.taken();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    ua.receive(&answer(&offer, 491, "c"));
    ua.request(Method::Ack);
    ua.advance(Duration::from_millis(2000));
    ua.request(Method::Invite);
}

#[test]
fn a_person_who_changes_their_mind_during_the_offer_gets_what_they_want_in_the_end() {
    let mut ua = Ua::tcp();
    ua.talk();
    hold(&mut ua, true);
    let offer = ua.request(Method::Invite);
    hold(&mut ua, false);
    ua.quiet();
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", held("recvonly")));
    ua.request(Method::Ack);
    let offer = ua.request(Method::Invite);
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    assert!(!ua.view().held);
    ua.quiet();
}

#[test]
fn a_second_re_invite_before_the_ack_of_the_first_is_put_off() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let tag = ok.to_tag();
    ua.receive(&theirs(Method::Invite, 2, tag.as_deref()).with_body("application/sdp", SDP));
    ua.response(100);
    ua.response(200);
    ua.receive(&theirs(Method::Invite, 3, tag.as_deref()).with_body("application/sdp", SDP));
    ua.response(100);
    ua.response(491);
    hold(&mut ua, true);
    ua.quiet();
}

#[test]
fn an_unacknowledged_answer_to_a_re_invite_ends_the_call() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    ua.receive(&theirs(Method::Invite, 2, ok.to_tag().as_deref()).with_body("application/sdp", SDP));
    ua.advance(seconds(33));
    assert_eq!(ua.sent.pop_back().unwrap().method(), Some(&Method::Bye));
    assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::ConnectionLost));
}

#[test]
fn silence_or_481_to_our_offer_ends_the_call() {
    for answered in [true, false] {
        let mut ua = Ua::tcp();
        ua.talk();
        hold(&mut ua, true);
        let offer = ua.request(Method::Invite);
        if answered {
            ua.receive(&answer(&offer, 481, "b"));
            ua.request(Method::Ack);
        } else {
            ua.advance(seconds(33));
        }
        ua.request(Method::Bye);
        assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::ConnectionLost));
    }
}

#[test]
fn a_challenged_re_invite_in_our_own_call_is_answered_each_time() {
    let mut ua = Ua::tcp();
    ua.talk();
    for (round, wanted) in [(1, true), (2, false)] {
        hold(&mut ua, wanted);
        let offer = ua.request(Method::Invite);
        ua.receive(&challenge(&offer, 407, "voip.example", &format!("n{round}")));
        ua.request(Method::Ack);
        let again = ua.request(Method::Invite);
        assert!(again.headers.has("Proxy-Authorization"));
        assert_eq!(again.cseq().unwrap().number, offer.cseq().unwrap().number + 1);
        assert_eq!(again.body, offer.body);
        ua.receive(
            &answer(&again, 200, "b").with_body("application/sdp", held(if wanted { "recvonly" } else { "sendrecv" })),
        );
        ua.request(Method::Ack);
        assert_eq!(ua.view().held, wanted);
    }
}

#[test]
fn a_new_flow_is_told_to_the_other_end() {
    let mut ua = Ua::tcp();
    ua.talk();
    let old = ua.account.line.flow.id;
    ua.account.line.flow.id = ringfence::port::net::FlowId(77);
    ua.account.line.contact = ringfence::sip::Uri::parse("sip:anna@198.51.100.7:1234").unwrap();
    ua.act(|calls, env| calls.flow_changed(env, ringfence::base::AccountId(1), old));
    let offer = ua.request(Method::Invite);
    assert_eq!(offer.contact().unwrap().uri.to_string(), "sip:anna@198.51.100.7:1234");
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    assert!(!ua.view().held);
}

#[test]
fn an_offer_that_gets_only_a_provisional_answer_is_given_up_after_32_s() {
    for answered in [true, false] {
        let mut ua = Ua::tcp();
        ua.talk();
        hold(&mut ua, true);
        let offer = ua.request(Method::Invite);
        ua.receive(&answer(&offer, 100, "b"));
        ua.advance(seconds(31));
        ua.quiet();
        ua.advance(seconds(2));
        let cancel = ua.request(Method::Cancel);
        assert_eq!(cancel.via().unwrap().branch(), offer.via().unwrap().branch());
        if answered {
            ua.receive(&answer(&cancel, 200, "b"));
            ua.receive(&answer(&offer, 487, "b"));
            ua.request(Method::Ack);
            assert!(!ua.view().held && ua.view().state == CallState::Established, "as it was before");
            hold(&mut ua, true);
            ua.request(Method::Invite);
        } else {
            ua.advance(seconds(33));
            ua.request(Method::Bye);
            assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::ConnectionLost));
        }
    }
}

#[test]
fn a_bye_that_a_broken_flow_did_not_carry_is_said_again_by_the_next() {
    for reported in [true, false] {
        let mut ua = Ua::tcp();
        ua.talk();
        let (id, old) = (ua.view().id, ua.account.line.flow.id);
        ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
        let bye = ua.request(Method::Bye);
        if reported {
            ua.flow_breaks(old);
        }
        ua.account.line.flow.id = ringfence::port::net::FlowId(77);
        ua.act(|calls, env| calls.flow_changed(env, ringfence::base::AccountId(1), old));
        let again = ua.request(Method::Bye);
        assert_eq!(again.cseq().unwrap().number, bye.cseq().unwrap().number + 1);
        assert_eq!((again.uri(), again.to_tag(), again.call_id()), (bye.uri(), bye.to_tag(), bye.call_id()));
        ua.receive(&answer(&again, 200, "b"));
        ua.act(|calls, env| calls.flow_changed(env, ringfence::base::AccountId(1), ringfence::port::net::FlowId(77)));
        ua.quiet();
        assert!(ua.calls.are_quiet());
    }
}
