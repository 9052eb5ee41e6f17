//! Challenges from whoever is at the other end (account-security T4, T5): counted in bytes of Authorization.

use super::rig::*;
use ringfence::phone::command::AcceptFrom;
use ringfence::phone::view::{CallState, EndReason};
use ringfence::port::net::Transport;
use ringfence::sip::Method;

/// Both challenges in one response, with the pinned realm, as a stranger who knows our provider would forge them.
fn greedy(request: &ringfence::sip::Message, status: u16) -> ringfence::sip::Message {
    let digest = "Digest realm=\"voip.example\", nonce=\"mine\", algorithm=MD5, qop=\"auth\"";
    answer(request, status, "c").with("WWW-Authenticate", digest).with("Proxy-Authenticate", digest)
}

#[test]
fn a_bye_that_a_caller_challenges_is_not_answered_and_the_call_is_over() {
    for status in [401, 407] {
        let mut ua = Ua::tcp();
        ua.taken();
        let id = ua.view().id;
        ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
        let bye = ua.request(Method::Bye);
        ua.receive(&greedy(&bye, status));
        ua.quiet();
        assert_eq!((ua.end(), ua.authorizations()), (EndReason::HungUp, 0));
        assert!(ua.calls.are_quiet());
    }
}

#[test]
fn a_re_invite_in_a_call_of_theirs_is_answered_once_to_the_proxy_and_never_to_the_caller() {
    let mut ua = Ua::tcp();
    ua.taken();
    let id = ua.view().id;
    ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
    let offer = ua.request(Method::Invite);
    ua.receive(&greedy(&offer, 401));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!((ua.state(), ua.authorizations()), (CallState::Established, 0));
    ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
    let offer = ua.request(Method::Invite);
    ua.receive(&greedy(&offer, 407));
    ua.request(Method::Ack);
    let again = ua.request(Method::Invite);
    assert!(again.headers.has("Proxy-Authorization") && !again.headers.has("Authorization"));
    ua.receive(&greedy(&again, 407));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!(ua.authorizations(), 1);
}

#[test]
fn a_foreign_realm_gets_nothing_even_from_a_re_invite() {
    let mut ua = Ua::tcp();
    ua.taken();
    let id = ua.view().id;
    ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
    let offer = ua.request(Method::Invite);
    ua.receive(&challenge(&offer, 407, "evil.example", "n"));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!(ua.authorizations(), 0);
}

#[test]
fn a_stranger_who_calls_directly_gets_nothing_by_any_method() {
    for status in [401, 407] {
        let mut ua = Ua::tcp();
        ua.account.line.accept_from = AcceptFrom::Any;
        let stranger = flow(9, Transport::Tcp, None);
        let call = invite(1);
        ua.receive_on(&stranger, &call);
        ua.response(100);
        ua.response(180);
        let id = ua.view().id;
        ua.act(|calls, env| calls.answer(env, id)).unwrap();
        let ok = ua.response(200);
        ua.receive_on(&stranger, &ack(&call, &ok));
        ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
        let offer = ua.request(Method::Invite);
        ua.receive_on(&stranger, &greedy(&offer, status));
        ua.request(Method::Ack);
        ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
        let bye = ua.request(Method::Bye);
        ua.receive_on(&stranger, &greedy(&bye, status));
        ua.quiet();
        assert_eq!(ua.authorizations(), 0);
    }
}

#[test]
fn what_our_server_has_learnt_to_expect_is_not_sent_ahead_to_a_caller() {
    let mut ua = Ua::tcp();
    // Our own call makes the authenticator remember a nonce for INVITE and BYE.
    ua.place("30");
    let first = ua.request(Method::Invite);
    ua.receive(&challenge(&first, 407, "voip.example", "n1"));
    ua.request(Method::Ack);
    let second = ua.request(Method::Invite);
    ua.receive(&answer(&second, 200, "b").with_body("application/sdp", SDP));
    ua.request(Method::Ack);
    let id = ua.view().id;
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    ua.receive(&challenge(&bye, 407, "voip.example", "n1"));
    let bye = ua.request(Method::Bye);
    ua.receive(&answer(&bye, 200, "b"));
    let before = ua.authorizations();
    assert_eq!(before, 2);
    ua.taken();
    let id = ua.view().id;
    ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
    ua.request(Method::Invite);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    ua.request(Method::Bye);
    assert_eq!(ua.authorizations(), before);
}

#[test]
fn nobody_hears_from_us_in_a_dialog_from_another_place() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let stranger = flow(9, Transport::Tcp, None);
    ua.receive_on(&stranger, &theirs(Method::Bye, 2, ok.to_tag().as_deref()));
    ua.quiet();
    assert_eq!(ua.state(), CallState::Established);
}

#[test]
fn while_a_password_is_being_changed_a_caller_gets_one_answer_and_none_with_the_other_password() {
    let mut ua = Ua::tcp();
    ua.account.authenticator.set_alternate(Some("canary-alternate".into()));
    ua.taken();
    let id = ua.view().id;
    ua.act(|calls, env| calls.set_held(env, id, true)).unwrap();
    let offer = ua.request(Method::Invite);
    ua.receive(&greedy(&offer, 407));
    ua.request(Method::Ack);
    let again = ua.request(Method::Invite);
    // A line of ours would be tried with the other password now.
    ua.receive(&greedy(&again, 407));
    ua.request(Method::Ack);
    ua.quiet();
    assert_eq!(ua.authorizations(), 1);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    ua.receive(&greedy(&bye, 407));
    ua.quiet();
    assert_eq!(ua.authorizations(), 1);
}
