//! Route sets of both sides, loose and strict (RFC 3261 §12, §16.12.1.1).

use super::rig::*;
use ringfence::sip::{Message, Method, NameAddr};

fn routes(message: &Message) -> Vec<String> {
    message.headers.values("Route").into_iter().map(str::to_owned).collect()
}

#[test]
fn the_caller_reverses_record_route_in_ack_and_bye() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    // Each proxy put itself in front, so the one next to the callee is first in the response.
    let ok = answer(&invite, 200, "b")
        .with("Record-Route", "<sip:p2.example;lr>, <sip:p1.example;lr;x=1>")
        .with_body("application/sdp", SDP);
    ua.receive(&ok);
    let expected = ["<sip:p1.example;lr;x=1>", "<sip:p2.example;lr>"];
    assert_eq!(routes(&ua.request(Method::Ack)), expected);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(routes(&bye), expected);
    assert_eq!(bye.uri().unwrap().to_string(), "sip:b@192.0.2.9:5070");
}

#[test]
fn the_called_side_keeps_record_route_in_order_and_repeats_it() {
    let mut ua = Ua::tcp();
    let call = invite(1).with("Record-Route", "<sip:p1.example;lr>").with("Record-Route", "<sip:p2.example;lr>");
    ua.receive(&call);
    ua.response(100);
    let ringing = ua.response(180);
    let expected = ["<sip:p1.example;lr>", "<sip:p2.example;lr>"];
    assert_eq!(ringing.headers.values("Record-Route"), expected);
    let id = ua.view().id;
    ua.act(|calls, env| calls.answer(env, id)).unwrap();
    let ok = ua.response(200);
    assert_eq!(ok.headers.values("Record-Route"), expected);
    ua.receive(&ack(&call, &ok));
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(routes(&bye), expected);
    assert_eq!(bye.uri().unwrap().to_string(), "sip:31@192.0.2.9:5070");
    assert_eq!((bye.from_tag(), bye.to_tag().as_deref()), (ok.to_tag(), Some("c")));
}

#[test]
fn a_strict_router_becomes_the_request_uri() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    let ok = answer(&invite, 200, "b")
        .with("Record-Route", "<sip:loose.example;lr>, <sip:strict.example;method=INVITE?x=y>")
        .with_body("application/sdp", SDP);
    ua.receive(&ok);
    ua.request(Method::Ack);
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.uri().unwrap().to_string(), "sip:strict.example");
    assert_eq!(routes(&bye), ["<sip:loose.example;lr>", "<sip:b@192.0.2.9:5070>"]);
}

#[test]
fn a_service_route_is_on_the_invite_but_not_in_the_dialog() {
    let mut ua = Ua::tcp();
    ua.account.line.routes = vec![NameAddr::parse("<sip:edge.example;lr>").unwrap()];
    let id = ua.place("30");
    let invite = ua.request(Method::Invite);
    assert_eq!(routes(&invite), ["<sip:edge.example;lr>"]);
    assert_eq!(invite.uri().unwrap().to_string(), "sip:30@voip.example");
    ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
    assert!(routes(&ua.request(Method::Ack)).is_empty());
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    assert!(routes(&ua.request(Method::Bye)).is_empty());
}

#[test]
fn the_target_follows_the_last_contact_and_the_route_does_not() {
    let mut ua = Ua::tcp();
    let (_, ok) = ua.taken();
    let mut again = theirs(Method::Invite, 2, ok.to_tag().as_deref()).with_body("application/sdp", SDP);
    again.headers.set("Contact", "<sip:31@192.0.2.10:5090>");
    ua.receive(&again.clone().with("Record-Route", "<sip:late.example;lr>"));
    ua.response(100);
    let answered = ua.response(200);
    ua.receive(&ack(&again, &answered));
    let id = ua.view().id;
    ua.act(|calls, env| calls.hang_up(env, id)).unwrap();
    let bye = ua.request(Method::Bye);
    assert_eq!(bye.uri().unwrap().to_string(), "sip:31@192.0.2.10:5090");
    assert!(routes(&bye).is_empty());
}
