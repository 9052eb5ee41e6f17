//! What is bound, for how long, and under which address.

use ringfence::phone::problem::ProblemKind;
use ringfence::phone::registration::{Change, Registration};
use ringfence::port::net::Transport;

use super::bench::{Bench, DIGEST, LOCAL, seconds};

#[test]
fn the_first_register_names_the_contact_its_lifetime_and_the_instance() {
    let mut bench = Bench::new(Transport::Tls);
    bench.act(Registration::register);
    let register = bench.last();
    assert_eq!(register.uri().unwrap().to_string(), "sip:example.org");
    assert_eq!(register.from().unwrap().uri, register.to().unwrap().uri);
    assert!(register.from_tag().is_some() && register.to_tag().is_none());
    let contact = register.contact().unwrap();
    assert_eq!(contact.uri.to_string(), format!("sip:rf-1@{LOCAL}"));
    assert_eq!(contact.params.get("+sip.instance").as_deref(), Some("<urn:uuid:00000000-0000-4000-8000-000000000001>"));
    assert_eq!((contact.params.get("expires").as_deref(), register.expires()), (Some("600"), Some(600)));
    assert_eq!(bench.credentials(), 0);
}

#[test]
fn a_challenge_is_answered_once_and_the_200_registers() {
    let bench = Bench::registered(Transport::Udp);
    assert_eq!((bench.requests(), bench.credentials()), (2, 1));
    assert_eq!(bench.sent[0].1.call_id(), bench.sent[1].1.call_id());
    let numbers: Vec<_> = bench.sent.iter().map(|(_, message)| message.cseq().unwrap().number).collect();
    assert_eq!(numbers[1], numbers[0] + 1);
    let granted = bench.granted();
    assert_eq!(
        (granted.expires, granted.realms.as_slice(), granted.public),
        (600, &["example.org".to_owned()][..], None)
    );
}

#[test]
fn the_realms_that_were_answered_are_told_and_no_others() {
    let mut bench = Bench::new(Transport::Tls);
    bench.act(Registration::register);
    bench.reply(407, &[("Proxy-Authenticate", "Digest realm=\"proxy\", nonce=\"p\", qop=\"auth\"")]);
    bench.reply(401, &[("WWW-Authenticate", "Basic realm=\"web\""), ("WWW-Authenticate", DIGEST)]);
    bench.grant(600);
    assert_eq!(bench.granted().realms, ["example.org", "proxy"]);
    // They are still those at a refresh that nobody challenges.
    bench.act(Registration::refresh);
    bench.grant(600);
    assert_eq!(bench.granted().realms, ["example.org", "proxy"]);
}

#[test]
fn credentials_that_are_refused_end_it_for_good() {
    let mut bench = Bench::new(Transport::Udp);
    bench.act(Registration::register);
    bench.reply(401, &[("WWW-Authenticate", DIGEST)]);
    bench.reply(401, &[("WWW-Authenticate", &DIGEST.replace("n1", "n2"))]);
    assert_eq!(bench.problem(), (ProblemKind::WrongPassword, Some(401)));
    bench.wait(seconds(100_000));
    assert_eq!((bench.requests(), bench.changes.len()), (2, 1), "the account is not locked out by us");
}

#[test]
fn a_403_is_a_blocked_login_and_is_not_tried_again() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    bench.reply(403, &[]);
    assert_eq!(bench.problem(), (ProblemKind::LoginBlocked, Some(403)));
    bench.wait(seconds(100_000));
    assert_eq!(bench.requests(), 1);
}

#[test]
fn a_realm_that_is_not_pinned_gets_no_credentials() {
    let mut bench = Bench::new(Transport::Tls);
    bench.realms = vec!["other.example".into()];
    bench.act(Registration::register);
    bench.reply(401, &[("WWW-Authenticate", DIGEST)]);
    assert_eq!(bench.problem(), (ProblemKind::ForeignRealm, Some(401)));
    assert_eq!((bench.requests(), bench.credentials()), (1, 0));
}

#[test]
fn without_a_password_the_challenge_asks_the_person() {
    let mut bench = Bench::new(Transport::Tls);
    bench.authenticator = None;
    bench.act(Registration::register);
    bench.reply(401, &[("WWW-Authenticate", DIGEST)]);
    assert_eq!(bench.last_change(), &Change::NeedsPassword);
}

#[test]
fn too_brief_is_answered_with_the_time_that_the_server_wants() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    bench.reply(423, &[("Min-Expires", "1800")]);
    assert_eq!(bench.last().expires(), Some(1800));
    bench.grant(1800);
    assert_eq!(bench.granted().expires, 1800);
    // A server that is never content is left.
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    for _ in 0..3 {
        bench.reply(423, &[("Min-Expires", "4294967295")]);
    }
    assert_eq!((bench.requests(), bench.problem()), (3, (ProblemKind::RegistrarTrouble, Some(423))));
}

#[test]
fn it_is_refreshed_before_it_ends_with_the_nonce_that_is_known() {
    let mut bench = Bench::registered(Transport::Tls);
    bench.wait(seconds(479));
    assert_eq!(bench.requests(), 2);
    bench.wait(seconds(62));
    assert_eq!((bench.requests(), bench.credentials()), (3, 1), "between 80 and 90 % of 600 s, no 401 in between");
    assert!(bench.last().headers.get("Authorization").unwrap().contains("nc=00000002"));
    bench.grant(600);
    bench.wait(seconds(541));
    assert_eq!(bench.requests(), 4);
}

#[test]
fn what_the_server_grants_counts_and_not_what_was_asked() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    bench.grant(60);
    bench.wait(seconds(23));
    assert_eq!(bench.requests(), 1);
    bench.wait(seconds(8));
    assert_eq!(bench.requests(), 2, "30 s before the end");
    // Only an Expires header, and no Contact at all.
    bench.reply(200, &[("Expires", "100")]);
    assert_eq!(bench.granted().expires, 100);
    // Nothing at all: what was asked for.
    bench.wait(seconds(91));
    bench.reply(200, &[]);
    assert_eq!(bench.granted().expires, 600);
}

#[test]
fn other_devices_service_route_and_date_are_passed_on() {
    let mut bench = Bench::new(Transport::Tcp);
    bench.act(Registration::register);
    let own = format!("<sip:rf-1@{LOCAL}>;expires=300");
    bench.reply(
        200,
        &[
            ("Contact", "<sip:anna@203.0.113.77:5060>;expires=55"),
            ("Contact", &own),
            ("Service-Route", "<sip:a.example.org;lr>, <sip:b.example.org;lr>"),
            ("Date", "Sat, 13 Nov 2010 23:29:00 GMT"),
        ],
    );
    let granted = bench.granted();
    assert_eq!(granted.expires, 300, "that of our own binding");
    let others: Vec<_> = granted.bindings.iter().map(|contact| contact.uri.to_string()).collect();
    assert_eq!(others, ["sip:anna@203.0.113.77:5060"]);
    let route: Vec<_> = granted.service_route.iter().map(|route| route.uri.to_string()).collect();
    assert_eq!(route, ["sip:a.example.org;lr", "sip:b.example.org;lr"]);
    assert_eq!(granted.date.as_deref(), Some("Sat, 13 Nov 2010 23:29:00 GMT"));
}

#[test]
fn a_200_that_lists_others_but_not_us_is_no_registration() {
    let elsewhere = [("Contact", "<sip:anna@203.0.113.77:5060>;expires=55"), ("Expires", "600")];
    let mut bench = Bench::new(Transport::Udp);
    bench.act(Registration::register);
    bench.reply(200, &elsewhere);
    assert_eq!((bench.requests(), bench.changes.len()), (2, 0), "asked once more");
    // Now it does.
    bench.grant(600);
    assert_eq!(bench.granted().expires, 600);
    // A refresh that loses the binding: asked once more, and then another server is looked for.
    bench.act(Registration::refresh);
    bench.reply(200, &elsewhere);
    bench.reply(200, &elsewhere);
    assert_eq!((bench.requests(), bench.problem()), (4, (ProblemKind::RegistrarTrouble, Some(200))));
    bench.wait(seconds(1000));
    assert_eq!(bench.requests(), 4);
}

#[test]
fn a_registrar_that_writes_into_our_contact_where_we_came_from_still_lists_us() {
    let mut bench = Bench::new(Transport::Tls);
    bench.act(Registration::register);
    bench.reply(200, &[("Contact", "<sip:rf-1@203.0.113.9:1024;transport=tls>;expires=300")]);
    assert_eq!((bench.granted().expires, bench.granted().bindings.len()), (300, 0));
    // The binding of before, which our request was to remove, is not ours.
    let new = ringfence::sip::SipUri::at(Some("rf-1"), "10.0.0.7:50000".parse().unwrap());
    let old = format!("<sip:rf-1@{LOCAL}>;expires=300");
    bench.act(|registration, tools| registration.set_flow(tools, super::bench::flow(2, Transport::Tls), new));
    bench.reply(200, &[("Contact", &old)]);
    assert_eq!((bench.requests(), bench.changes.len()), (3, 1), "asked once more");
}
