//! Encryption by SDES: only over TLS, and what "require" means.

use super::rig::*;
use ringfence::phone::command::Srtp;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{CallState, Encryption, EndReason};
use ringfence::port::media::Order;
use ringfence::port::net::Transport;
use ringfence::sip::{Message, Method};

const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";

fn ua(transport: Transport, srtp: Srtp) -> Ua {
    let mut ua = Ua::new(transport, 1);
    ua.account.line.srtp = srtp;
    ua
}

fn body(message: &Message) -> String {
    String::from_utf8_lossy(&message.body).into_owned()
}

fn keys(ua: &Ua) -> bool {
    let has = |order: &Order| matches!(order, Order::Session(_, session) if session.srtp.is_some());
    ua.orders.iter().any(has)
}

#[test]
fn keys_are_offered_over_tls_and_never_in_the_clear() {
    let mut open = ua(Transport::Tcp, Srtp::Offer);
    open.place("30");
    assert!(!body(&open.request(Method::Invite)).contains("a=crypto"));
    let mut closed = ua(Transport::Tls, Srtp::Offer);
    closed.place("30");
    let invite = closed.request(Method::Invite);
    assert!(body(&invite).contains("a=crypto") && body(&invite).contains("RTP/AVP"));
    let offered = body(&invite);
    let line = offered.lines().find(|line| line.contains("AES_CM_128_HMAC_SHA1_80")).unwrap();
    let tag = line["a=crypto:".len()..].split(' ').next().unwrap();
    let key = KEY.replace("crypto:1", &format!("crypto:{tag}"));
    closed.receive(&answer(&invite, 200, "b").with_body("application/sdp", format!("{SDP}{key}")));
    closed.request(Method::Ack);
    assert_eq!(closed.view().encryption, Encryption::ToProvider);
    assert!(keys(&closed));
}

#[test]
fn an_offer_of_keys_that_is_not_taken_up_is_a_call_in_the_clear_and_says_so() {
    let mut ua = ua(Transport::Tls, Srtp::Offer);
    ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    assert_eq!((ua.state(), ua.view().encryption), (CallState::Established, Encryption::None));
    assert!(!keys(&ua));
}

#[test]
fn required_encryption_ends_a_call_that_has_none() {
    let mut ua = ua(Transport::Tls, Srtp::Require);
    ua.place("30");
    let invite = ua.request(Method::Invite);
    assert!(body(&invite).contains("RTP/SAVP"));
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    ua.request(Method::Bye);
    assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::EncryptionRequired));
}

#[test]
fn required_encryption_refused_with_488_says_what_is_missing() {
    let mut ua = ua(Transport::Tls, Srtp::Require);
    ua.place("30");
    let invite = ua.request(Method::Invite);
    ua.receive(&answer(&invite, 488, "b"));
    assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::EncryptionRequired));
}

#[test]
fn an_incoming_call_without_the_required_encryption_does_not_ring() {
    let mut ua = ua(Transport::Tls, Srtp::Require);
    ua.receive(&invite(1));
    ua.response(100);
    ua.response(488);
    assert!(ua.calls.views().is_empty());
    let offer = format!("{SDP}{KEY}").replace("RTP/AVP", "RTP/SAVP");
    ua.receive(&bare_invite(2).with_body("application/sdp", offer));
    ua.response(100);
    ua.response(180);
    let id = ua.view().id;
    ua.act(|calls, env| calls.answer(env, id)).unwrap();
    assert!(body(&ua.response(200)).contains("a=crypto:1"));
    assert_eq!(ua.view().encryption, Encryption::ToProvider);
}

#[test]
fn keys_in_an_offer_over_an_open_transport_are_not_taken() {
    let mut ua = ua(Transport::Tcp, Srtp::Offer);
    ua.account.line.auto_answer = true;
    ua.receive(&bare_invite(1).with_body("application/sdp", format!("{SDP}{KEY}")));
    ua.response(100);
    assert!(!body(&ua.response(200)).contains("a=crypto"));
    assert_eq!(ua.view().encryption, Encryption::None);
}
