//! The torture messages of RFC 4475: which must be accepted and which refused, as datagrams and in a stream.

use ringfence::sip::framer::{Frame, Framer};
use ringfence::sip::{Message, Method, Uri};

/// What is to become of a message.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fate {
    /// It parses.
    Accept,
    /// It is a request to be answered with this status.
    Answer(u16),
    /// It is dropped: a response that cannot be understood.
    Drop,
}
use Fate::{Accept, Answer, Drop};

/// All 49, in the order of the RFC.
const TABLE: [(&str, &str, Fate); 49] = [
    ("3.1.1.1", "wsinv", Accept),
    ("3.1.1.2", "intmeth", Accept),
    ("3.1.1.3", "esc01", Accept),
    ("3.1.1.4", "escnull", Accept),
    ("3.1.1.5", "esc02", Accept),
    ("3.1.1.6", "lwsdisp", Accept),
    ("3.1.1.7", "longreq", Accept),
    ("3.1.1.8", "dblreq", Accept),
    ("3.1.1.9", "semiuri", Accept),
    ("3.1.1.10", "transports", Accept),
    ("3.1.1.11", "mpart01", Accept),
    ("3.1.1.12", "unreason", Accept),
    ("3.1.1.13", "noreason", Accept),
    ("3.1.2.1", "badinv01", Answer(400)),
    ("3.1.2.2", "clerr", Answer(400)),
    ("3.1.2.3", "ncl", Answer(400)),
    ("3.1.2.4", "scalar02", Answer(400)),
    ("3.1.2.5", "scalarlg", Drop),
    ("3.1.2.6", "quotbal", Answer(400)),
    ("3.1.2.7", "ltgtruri", Answer(400)),
    ("3.1.2.8", "lwsruri", Answer(400)),
    ("3.1.2.9", "lwsstart", Answer(400)),
    ("3.1.2.10", "trws", Answer(400)),
    ("3.1.2.11", "escruri", Answer(400)),
    ("3.1.2.12", "baddate", Answer(400)),
    ("3.1.2.13", "regbadct", Answer(400)),
    ("3.1.2.14", "badaspec", Answer(400)),
    ("3.1.2.15", "baddn", Answer(400)),
    ("3.1.2.16", "badvers", Answer(505)),
    ("3.1.2.17", "mismatch01", Answer(400)),
    ("3.1.2.18", "mismatch02", Answer(400)),
    ("3.1.2.19", "bigcode", Drop),
    ("3.2.1", "badbranch", Accept),
    ("3.3.1", "insuf", Answer(400)),
    // 416, 420, 415, 483: refused by whoever handles the request, not by the parser.
    ("3.3.2", "unkscm", Accept),
    ("3.3.3", "novelsc", Accept),
    ("3.3.4", "unksm2", Accept),
    ("3.3.5", "bext01", Accept),
    ("3.3.6", "invut", Accept),
    ("3.3.7", "regaut01", Accept),
    ("3.3.8", "multi01", Answer(400)),
    ("3.3.9", "mcl01", Answer(400)),
    // Dropped by the transaction layer: its topmost Via is not ours.
    ("3.3.10", "bcast", Accept),
    ("3.3.11", "zeromf", Accept),
    ("3.3.12", "cparam01", Accept),
    ("3.3.13", "cparam02", Accept),
    ("3.3.14", "regescrt", Accept),
    ("3.3.15", "sdp01", Accept),
    ("3.4.1", "inv2543", Accept),
];

/// The bytes of one of them.
pub(crate) fn torture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/rfc4475/{name}.sip", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// All of them.
pub(crate) fn all() -> Vec<Vec<u8>> {
    TABLE.iter().map(|(_, name, _)| torture(name)).collect()
}

fn parse(name: &str) -> Message {
    Message::parse(&torture(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_torture_message_meets_its_fate() {
    for (section, name, expected) in TABLE {
        let (fate, why) = match Message::parse(&torture(name)) {
            Ok(_) => (Accept, String::new()),
            Err(e) if e.partial.is_some() => (Answer(e.status), e.to_string()),
            Err(e) => (Drop, e.to_string()),
        };
        assert_eq!(fate, expected, "{section} {name}: {why}");
    }
}

#[test]
fn a_refused_request_can_be_answered_with_what_was_understood() {
    for (_, name, fate) in TABLE {
        let Answer(status) = fate else { continue };
        let partial = Message::parse(&torture(name)).unwrap_err().partial.unwrap();
        let response = Message::response_to(&partial, status, "", Some("tag"));
        let text = String::from_utf8(response.to_bytes()).unwrap();
        assert!(text.starts_with(&format!("SIP/2.0 {status} ")), "{name}: {text}");
        assert_eq!(response.headers.count("Via"), partial.headers.count("Via"), "{name}");
    }
}

#[test]
fn what_is_accepted_survives_being_printed() {
    for (_, name, fate) in TABLE {
        if fate == Accept {
            let message = parse(name);
            let again = Message::parse(&message.to_bytes()).unwrap_or_else(|e| panic!("{name} again: {e}"));
            assert_eq!(again.start, message.start, "{name}");
            assert_eq!(again.body, message.body, "{name}");
            let values =
                |m: &Message| m.headers.iter().filter(|h| !h.is("l")).map(|h| h.bytes().to_vec()).collect::<Vec<_>>();
            assert_eq!(values(&again), values(&message), "{name}: headers are kept byte for byte");
        }
    }
}

/// In a stream each of them, whatever is wrong inside, must leave the message behind it intact, unless nobody can say
/// where it ends: no Content-Length at all, a negative one, two that differ, one that reaches into what follows, or
/// octets behind it.
#[test]
fn a_malformed_message_does_not_cost_the_stream() {
    let unframable = ["inv2543", "ncl", "mcl01", "clerr", "dblreq"];
    let sentinel = torture("lwsdisp");
    for (_, name, fate) in TABLE {
        if unframable.contains(&name) {
            continue;
        }
        let bytes = torture(name);
        let mut framer = Framer::new();
        framer.push(&bytes);
        framer.push(&sentinel);
        let first = framer.next_frame().unwrap_or_else(|e| panic!("{name}: {e}")).unwrap();
        let expected = if fate == Accept { Frame::Message(bytes) } else { Frame::Malformed(bytes) };
        assert_eq!(first, expected, "{name}");
        assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(sentinel.clone()))), "{name}");
    }
}

#[test]
fn the_short_tortuous_invite_is_understood() {
    let message = parse("wsinv");
    assert_eq!(message.method(), Some(&Method::Invite));
    assert_eq!(message.to_tag().as_deref(), Some("1918181833n"));
    let from = message.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag().as_deref()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!((message.max_forwards(), message.cseq().unwrap().number), (Some(68), 9));
    let vias = message.vias();
    assert_eq!(vias.len(), 3);
    assert_eq!(vias[0].branch().as_deref(), Some("390skdjuw"));
    assert_eq!((vias[1].transport.as_str(), vias[1].sent_by()), ("TCP", "spindle.example.com".to_owned()));
    assert_eq!(vias[2].branch().as_deref(), Some("z9hG4bK30239"));
    assert_eq!(message.headers.get("NewFangledHeader"), Some("newfangled value continued newfangled value"));
    assert_eq!(message.headers.get("UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    let contact = message.contact().unwrap();
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(
        (contact.params.get("newparam"), contact.params.get("q")),
        (Some("newvalue".into()), Some("0.33".into()))
    );
    assert!(contact.params.has("secondparam"));
    assert_eq!(message.body.len(), 150);
}

#[test]
fn unusual_characters_stay_where_they_are() {
    let message = parse("intmeth");
    assert_eq!(message.method(), Some(&Method::Other("!interesting-Method0123456789_*+`.%indeed'~".into())));
    let uri = message.uri().unwrap().sip().unwrap().clone();
    assert_eq!(uri.user.as_deref(), Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(uri.password.as_deref(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(message.to().unwrap().display.as_deref(), Some("BEL:\x07 NUL:\0 DEL:\x7f"));
    assert_eq!(message.from().unwrap().params.get("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
    assert_eq!(parse("unreason").reason_phrase(), "= 2**3 * 5**2 но сто девяносто девять - простое");
    assert_eq!((parse("noreason").reason_phrase(), parse("noreason").status()), ("", Some(100)));
}

#[test]
fn escapes_are_kept_and_resolved_only_when_asked() {
    let uri = parse("esc01").uri().unwrap().sip().unwrap().clone();
    assert_eq!(uri.user.as_deref(), Some("sips%3Auser%40example.com"));
    assert_eq!(uri.user_text().as_deref(), Some("sips:user@example.com"));
    let to = parse("esc01").to().unwrap().uri;
    assert!(to.equivalent(&Uri::parse("sip:user@example.com").unwrap()));
    assert!(parse("esc01").contact().unwrap().uri.sip().unwrap().params.has("%6C%72"), "not the lr parameter");
    // An escaped method or header name is not the method or the header.
    assert_eq!(parse("esc02").method(), Some(&Method::Other("RE%47IST%45R".into())));
    assert_eq!(parse("esc02").contacts().len(), 2);
    assert_eq!(parse("escnull").contacts()[1].uri.sip().unwrap().user_text().as_deref(), Some("\0\0"));
    assert_eq!(parse("semiuri").uri().unwrap().sip().unwrap().user.as_deref(), Some("user;par=u%40example.net"));
}

#[test]
fn what_follows_the_body_of_a_datagram_is_dropped() {
    let message = parse("dblreq");
    assert_eq!((message.method(), message.body.len()), (Some(&Method::Register), 0));
    // And without Content-Length the rest of the datagram is the body.
    assert_eq!(parse("inv2543").body.len(), 105);
}

#[test]
fn unknown_schemes_and_transports_are_kept() {
    assert_eq!(parse("unkscm").uri(), Some(&Uri::Other("nobodyKnowsThisScheme:totallyopaquecontent".into())));
    assert_eq!(parse("novelsc").uri(), Some(&Uri::Other("soap.beep://192.0.2.103:3002".into())));
    assert_eq!(parse("unksm2").to().unwrap().uri, Uri::Other("isbn:2983792873".into()));
    let transports: Vec<String> = parse("transports").vias().into_iter().map(|v| v.transport).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    assert_eq!(parse("bext01").option_tags("Require"), ["nothingSupportsThis", "nothingSupportsThisEither"]);
    assert_eq!(parse("regaut01").auth("Authorization")[0].scheme, "NoOneKnowsThisScheme");
}

#[test]
fn parameters_belong_to_the_header_or_to_the_uri() {
    let (outside, inside) = (parse("cparam01").contact().unwrap(), parse("cparam02").contact().unwrap());
    assert!(outside.params.has("unknownparam") && !outside.uri.sip().unwrap().params.has("unknownparam"));
    assert!(!inside.params.has("unknownparam") && inside.uri.sip().unwrap().params.has("unknownparam"));
    let headers = parse("regescrt").contact().unwrap().uri.sip().unwrap().headers.clone();
    assert_eq!(headers.as_deref(), Some("Route=%3Csip:sip.example.com%3E"));
}
