//! Incoming calls: ringing, answers, refusals, what is not for us.

use super::rig::*;
use ringfence::phone::command::AcceptFrom;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{CallState, EndReason};
use ringfence::port::media::{Order, Tone};
use ringfence::port::net::Transport;
use ringfence::sip::{Message, Method};

fn rings(ua: &mut Ua) -> Message {
    let invite = invite(1);
    ua.receive(&invite);
    ua.response(100);
    ua.response(180);
    assert_eq!(ua.state(), CallState::Offered);
    invite
}

#[test]
fn a_call_rings_with_one_tag_is_answered_and_ended_by_the_caller() {
    let mut ua = Ua::tcp();
    let invite = invite(1);
    ua.receive(&invite);
    assert_eq!(ua.response(100).to_tag(), None);
    let ringing = ua.response(180);
    assert!(ringing.to_tag().is_some() && ringing.contact().is_some());
    assert!(ua.orders.contains(&Order::Tone(Some(Tone::Ringtone))));
    assert_eq!((ua.view().peer.name.as_deref(), ua.view().peer.address.as_str()), (Some("Carl"), "31"));
    let id = ua.view().id;
    ua.act(|calls, env| calls.answer(env, id)).unwrap();
    let ok = ua.response(200);
    assert_eq!(ok.to_tag(), ringing.to_tag());
    assert!(ok.has_sdp() && ok.contact().is_some());
    assert_eq!(ua.state(), CallState::Answering);
    ua.receive(&ack(&invite, &ok));
    assert_eq!(ua.state(), CallState::Established);
    ua.receive(&theirs(Method::Bye, 2, ok.to_tag().as_deref()));
    ua.response(200);
    assert_eq!(ua.end(), EndReason::PeerHungUp);
    assert!(ua.orders.contains(&Order::Close(id)));
    ua.quiet();
}

#[test]
fn a_line_that_answers_by_itself_answers_within_the_same_input() {
    let mut ua = Ua::tcp();
    ua.account.line.auto_answer = true;
    ua.receive(&invite(1));
    ua.response(100);
    ua.response(200);
    assert!(!ua.orders.contains(&Order::Tone(Some(Tone::Ringtone))));
}

#[test]
fn a_caller_who_gives_up_leaves_a_missed_call() {
    let mut ua = Ua::tcp();
    let invite = rings(&mut ua);
    let mut cancel = theirs(Method::Cancel, 1, None);
    cancel.headers.set("Via", invite.headers.get("Via").unwrap());
    ua.receive(&cancel);
    ua.response(200);
    ua.response(487);
    assert_eq!(ua.end(), EndReason::Missed);
    assert!(ua.history[0].is_missed());
    assert_eq!(ua.orders.last(), Some(&Order::Tone(None)));
}

#[test]
fn a_call_that_another_phone_took_is_not_missed() {
    let mut ua = Ua::tcp();
    let invite = rings(&mut ua);
    let mut cancel = theirs(Method::Cancel, 1, None).with("Reason", "SIP;cause=200;text=\"Call completed elsewhere\"");
    cancel.headers.set("Via", invite.headers.get("Via").unwrap());
    ua.receive(&cancel);
    assert_eq!(ua.end(), EndReason::AnsweredElsewhere);
    assert!(!ua.history[0].is_missed());
}

#[test]
fn declining_is_603_and_silencing_is_nothing_that_the_caller_hears() {
    let mut ua = Ua::tcp();
    rings(&mut ua);
    let id = ua.view().id;
    ua.act(|calls, env| calls.silence(env, id)).unwrap();
    assert_eq!(ua.orders.last(), Some(&Order::Tone(None)));
    ua.quiet();
    ua.act(|calls, env| calls.decline(env, id)).unwrap();
    ua.response(603);
    assert_eq!(ua.end(), EndReason::Declined);
}

#[test]
fn a_second_call_gets_486_and_a_row_among_the_missed() {
    let mut ua = Ua::tcp();
    ua.talk();
    ua.receive(&invite(1));
    ua.response(100);
    ua.response(486);
    assert_eq!(ua.calls.views().len(), 1);
    assert_eq!(ua.history[0].end, EndReason::MissedBusy);
    assert!(ua.history[0].is_missed());
    assert_eq!(ua.state(), CallState::Established);
}

#[test]
fn a_late_offer_is_made_in_the_200_and_answered_in_the_ack() {
    let mut ua = Ua::tcp();
    let invite = bare_invite(1);
    ua.receive(&invite);
    ua.response(100);
    ua.response(180);
    let id = ua.view().id;
    ua.act(|calls, env| calls.answer(env, id)).unwrap();
    let ok = ua.response(200);
    assert!(ok.has_sdp());
    assert!(!ua.orders.iter().any(|order| matches!(order, Order::Session(..))));
    ua.receive(&ack(&invite, &ok).with_body("application/sdp", SDP));
    assert_eq!((ua.state(), ua.view().codec), (CallState::Established, Some("PCMU")));
}

#[test]
fn a_late_offer_that_is_not_answered_ends_the_call() {
    let mut ua = Ua::tcp();
    ua.account.line.auto_answer = true;
    let invite = bare_invite(1);
    ua.receive(&invite);
    ua.response(100);
    let ok = ua.response(200);
    ua.receive(&ack(&invite, &ok));
    ua.request(Method::Bye);
    assert!(matches!(ua.end(), EndReason::Failed(_)));
}

#[test]
fn a_200_is_sent_again_until_its_ack_and_then_the_call_is_given_up() {
    let mut ua = Ua::tcp();
    ua.account.line.auto_answer = true;
    ua.receive(&invite(1));
    ua.response(100);
    ua.response(200);
    ua.advance(seconds(4));
    assert_eq!(ua.sent.drain(..).filter(|m| m.status() == Some(200)).count(), 3, "after 0.5, 1.5, 3.5 s");
    ua.advance(seconds(30));
    let bye = ua.sent.pop_back().unwrap();
    assert_eq!(bye.method(), Some(&Method::Bye));
    assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::ConnectionLost));
}

#[test]
fn hanging_up_before_the_ack_sends_bye_after_it() {
    let mut ua = Ua::tcp();
    ua.account.line.auto_answer = true;
    let invite = invite(1);
    ua.receive(&invite);
    ua.response(100);
    let ok = ua.response(200);
    let id = ua.view().id;
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    assert_eq!(ua.end(), EndReason::HungUp);
    ua.quiet();
    ua.receive(&ack(&invite, &ok));
    ua.request(Method::Bye);
}

#[test]
fn an_offer_without_a_common_codec_does_not_ring() {
    let mut ua = Ua::tcp();
    let alien =
        SDP.replace("RTP/AVP 0 101", "RTP/AVP 18").replace("a=rtpmap:0 PCMU/8000\r\n", "a=rtpmap:18 G729/8000\r\n");
    ua.receive(&bare_invite(1).with_body("application/sdp", alien));
    ua.response(100);
    ua.response(488);
    assert!(ua.calls.views().is_empty());
    assert!(ua.history[0].is_missed());
}

#[test]
fn an_offer_inside_a_multipart_body_is_found() {
    let mut ua = Ua::tcp();
    let body = format!(
        "--x\r\nContent-Type: application/isup\r\n\r\n1\r\n--x\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n--x--\r\n"
    );
    ua.receive(&bare_invite(1).with_body("multipart/mixed;boundary=x", body));
    ua.response(100);
    ua.response(180);
}

#[test]
fn a_body_that_nobody_understands_is_415_and_a_missing_contact_400() {
    let mut ua = Ua::tcp();
    ua.receive(&bare_invite(1).with_body("text/plain", "hello"));
    ua.response(100);
    assert_eq!(ua.response(415).headers.get("Accept"), Some("application/sdp"));
    let mut bare = invite(2);
    bare.headers.remove("Contact");
    ua.receive(&bare);
    ua.response(100);
    ua.response(400);
    ua.receive(&invite(3).with("Require", "100rel"));
    let refused = ua.response(420);
    assert_eq!(refused.headers.get("Unsupported"), Some("100rel"));
}

#[test]
fn a_stranger_is_not_answered_at_all_unless_the_line_listens_to_anybody() {
    let mut ua = Ua::tcp();
    let stranger = flow(9, Transport::Tcp, None);
    ua.receive_on(&stranger, &invite(1));
    ua.response(100); // the transaction's, before anybody looked at who it is
    assert!(ua.calls.views().is_empty());
    ua.advance(seconds(60));
    ua.quiet();
    ua.account.line.accept_from = AcceptFrom::Any;
    ua.receive_on(&stranger, &invite(2));
    ua.response(100);
    let ringing = ua.response(180);
    assert_eq!(ringing.contact().unwrap().uri.to_string(), "sip:anna@192.0.2.1:5060;transport=tcp");
}

#[test]
fn the_dialog_is_kept_in_order() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let tag = ok.to_tag();
    ua.receive(&theirs(Method::Options, 7, tag.as_deref()));
    assert!(ua.response(200).headers.has("Allow"));
    ua.receive(&theirs(Method::Options, 5, tag.as_deref()));
    ua.response(500);
    for (method, status) in [
        (Method::Info, 405),
        (Method::Update, 405),
        (Method::Refer, 405),
        (Method::Message, 405),
        (Method::Other("FROBNICATE".into()), 501),
    ] {
        ua.receive(&theirs(method, 8, tag.as_deref()));
        assert!(ua.response(status).headers.has("Allow"));
    }
    ua.receive(&theirs(Method::Bye, 9, Some("another")));
    ua.response(481);
    assert_eq!(ua.state(), CallState::Established);
    ua.receive(&theirs(Method::Bye, 9, tag.as_deref()));
    ua.response(200);
    assert_eq!(ua.end(), EndReason::PeerHungUp);
}

#[test]
fn a_bye_that_crosses_ours_is_answered() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let id = ua.view().id;
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    ua.receive(&theirs(Method::Bye, 2, ok.to_tag().as_deref()));
    ua.response(200);
    ua.receive(&answer(&bye, 481, "c"));
    assert_eq!(ua.end(), EndReason::HungUp);
    assert!(ua.calls.are_quiet());
    ua.quiet();
}

#[test]
fn what_the_server_asserts_of_a_caller_counts_and_names_are_made_harmless() {
    let mut ua = Ua::tcp();
    let mut call = invite(1).with("P-Asserted-Identity", "<tel:+49-30-55>");
    call.headers.set("From", "\"Anna\u{202e} \\\"Bank\\\"\" <sip:evil@elsewhere.example>;tag=c");
    ua.receive(&call);
    assert_eq!(ua.view().peer.address, "+49-30-55");
    let mut ua = Ua::tcp();
    let mut call = invite(1);
    call.headers.set("From", "\"Anna\u{202e} Bank\" <sip:evil@elsewhere.example>;tag=c");
    ua.receive(&call);
    assert_eq!(ua.view().peer.name.as_deref(), Some("Anna Bank"));
    assert_eq!(ua.view().peer.address, "evil@elsewhere.example");
}

#[test]
fn options_outside_of_a_call_are_answered_and_a_bye_there_is_481() {
    let mut ua = Ua::tcp();
    ua.receive(&theirs(Method::Options, 1, None));
    let capable = ua.response(200);
    assert!(capable.headers.has("Accept") && capable.headers.has("Allow"));
    ua.receive(&theirs(Method::Bye, 2, None));
    ua.response(481);
    ua.receive(&theirs(Method::Bye, 3, Some("gone")));
    ua.response(481);
}
