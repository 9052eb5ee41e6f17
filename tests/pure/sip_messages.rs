//! Parsing, printing and building of SIP messages: every parser defect that the survey found in other stacks
//! (design: sip.md §3) is a test here, and so are the headers that the phone lives by.

use ringfence::sip::framer::{Frame, Framer, FramingLost};
use ringfence::sip::header::{MediaType, Reason, RetryAfter, Warning};
use ringfence::sip::{Auth, Host, Message, Method, NameAddr, SipUri, Uri, Via};

const HEAD: &str = "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport\r\nFrom: <sip:a@example.com>;tag=1\r\n\
                    To: <sip:b@example.com>\r\nCall-ID: x\r\nMax-Forwards: 70\r\n";

/// A request with these further headers and this body.
fn request(method: &str, more: &str, body: &str) -> Vec<u8> {
    format!("{method} sip:b@example.com SIP/2.0\r\n{HEAD}CSeq: 1 {method}\r\n{more}\r\n{body}").into_bytes()
}

fn parse(bytes: &[u8]) -> Message {
    Message::parse(bytes).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(bytes)))
}

#[test]
fn a_huge_content_length_is_refused_and_panics_nowhere() {
    let bytes = request("OPTIONS", "Content-Length: 18446744073709551615\r\n", "");
    assert_eq!(Message::parse(&bytes).unwrap_err().status, 400);
    let mut framer = Framer::new();
    framer.push(&bytes);
    assert_eq!(framer.next_frame(), Err(FramingLost::TooLarge));
    let bytes = request("OPTIONS", "Content-Length: 99999999999999999999999999\r\n", "");
    assert_eq!(Message::parse(&bytes).unwrap_err().status, 400);
}

#[test]
fn without_content_length_the_rest_of_the_datagram_is_the_body() {
    let message = parse(&request("INVITE", "Content-Type: application/sdp\r\n", "v=0\r\n"));
    assert_eq!(message.body, b"v=0\r\n");
    let ok = format!("SIP/2.0 200 OK\r\n{HEAD}CSeq: 1 INVITE\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n");
    assert_eq!(parse(ok.as_bytes()).body, b"v=0\r\n");
}

#[test]
fn a_stray_line_end_behind_a_datagram_without_length_harms_nothing() {
    let message = parse(&request("OPTIONS", "", "\r\n"));
    assert!(!message.has_sdp());
}

#[test]
fn one_latin_1_byte_costs_nothing_but_its_own_readability() {
    let mut bytes =
        request("INVITE", "Subject: M?ller\r\nX-After: still here\r\nContent-Type: application/sdp\r\n", "v=0");
    let at = bytes.iter().position(|b| *b == b'?').unwrap();
    bytes[at] = 0xfc;
    let message = parse(&bytes);
    assert_eq!(message.headers.get("Subject"), Some("M\u{fffd}ller"));
    assert_eq!(message.headers.get("X-After"), Some("still here"));
    assert_eq!(message.body, b"v=0");
    let printed = message.to_bytes();
    assert!(printed.windows(6).any(|w| w == b"M\xfcller"), "the byte itself goes on");
}

#[test]
fn white_space_before_the_colon_does_not_hide_the_length_from_the_framer() {
    let first = request("INVITE", "Content-Type: a/b\r\nContent-Length : 4\r\n", "abcd");
    let second = request("OPTIONS", "l\t:0\r\n", "");
    let mut framer = Framer::new();
    framer.push(&[first.clone(), second.clone()].concat());
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(first))));
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(second))));
    assert_eq!(framer.next_frame(), Ok(None));
}

#[test]
fn a_folded_content_length_is_seen() {
    let first = request("INVITE", "Content-Type: a/b\r\nContent-Length:\r\n 4\r\n", "abcd");
    let mut framer = Framer::new();
    framer.push(&first);
    assert_eq!(framer.next_frame(), Ok(Some(Frame::Message(first))));
}

#[test]
fn an_unknown_method_is_a_request_like_any_other() {
    let message = parse(&request("FROBNICATE", "", ""));
    assert_eq!(message.method(), Some(&Method::Other("FROBNICATE".into())));
    assert_eq!(parse(&request("invite", "", "")).method(), Some(&Method::Other("invite".into())), "case matters");
}

#[test]
fn parameters_keep_their_case() {
    let uri = Uri::parse("sip:Alice@Example.COM:5070;transport=tcp;Foo=BaR").unwrap();
    assert_eq!(uri.to_string(), "sip:Alice@Example.COM:5070;transport=tcp;Foo=BaR");
    assert_eq!(uri.sip().unwrap().params.get("TRANSPORT").as_deref(), Some("tcp"));
    let contact = "\"A\" <sip:a@192.0.2.1;ob>;+sip.instance=\"<urn:uuid:F00>\";Expires=60";
    assert_eq!(NameAddr::parse(contact).unwrap().to_string(), contact);
}

#[test]
fn long_datagrams_and_many_headers_have_a_limit() {
    let body = "x".repeat(40_000);
    assert_eq!(parse(&request("MESSAGE", "Content-Type: text/plain\r\n", &body)).body.len(), 40_000);
    let body = "x".repeat(70_000);
    assert_eq!(Message::parse(&request("MESSAGE", "Content-Type: text/plain\r\n", &body)).unwrap_err().status, 513);
    let many = "X: y\r\n".repeat(122);
    assert_eq!(parse(&request("OPTIONS", &many, "")).headers.len(), 128);
    let many = "X: y\r\n".repeat(123);
    assert_eq!(Message::parse(&request("OPTIONS", &many, "")).unwrap_err().status, 400);
}

#[test]
fn the_framer_hands_out_pings_pongs_and_messages_however_they_arrive() {
    let message = request("OPTIONS", "Content-Length: 0\r\n", "");
    let malformed = String::from_utf8(message.clone()).unwrap().replace("CSeq: 1 ", "CSeq: 1 X").into_bytes();
    let stream = [b"\r\n\r\n".as_slice(), &message, b"\r\n\r\n", &malformed, &message, b"\r\n"].concat();
    for size in [1, 2, 3, 7, 100, stream.len()] {
        let mut framer = Framer::new();
        let mut frames = Vec::new();
        for piece in stream.chunks(size) {
            framer.push(piece);
            while let Some(frame) = framer.next_frame().unwrap() {
                frames.push(frame);
            }
        }
        let messages: Vec<&Frame> = frames.iter().filter(|f| !matches!(f, Frame::Ping | Frame::Pong)).collect();
        let (m, bad) = (Frame::Message(message.clone()), Frame::Malformed(malformed.clone()));
        assert_eq!(messages, [&m, &bad, &m], "in pieces of {size}");
        if size >= 4 {
            assert_eq!(frames.first(), Some(&Frame::Ping));
            assert_eq!(frames.last(), Some(&Frame::Pong));
        }
    }
}

#[test]
fn lost_framing_stays_lost() {
    let mut framer = Framer::new();
    framer.push(&request("OPTIONS", "", ""));
    assert_eq!(framer.next_frame(), Err(FramingLost::NoLength));
    framer.push(&request("OPTIONS", "l: 0\r\n", ""));
    assert_eq!(framer.next_frame(), Err(FramingLost::NoLength));
    let mut framer = Framer::new();
    framer.push(&vec![b'x'; 70_000]);
    assert_eq!(framer.next_frame(), Err(FramingLost::TooLarge));
}

#[test]
fn a_stream_that_trickles_costs_no_quadratic_time() {
    // 60 KiB of one header, byte by byte: each byte may be looked at a few times, not sixty thousand times.
    let mut framer = Framer::new();
    framer.push(b"OPTIONS sip:b@example.com SIP/2.0\r\nX: ");
    for _ in 0..60_000 {
        framer.push(b"x");
        assert_eq!(framer.next_frame(), Ok(None));
    }
    framer.push(b"\r\nl: 0\r\n\r\n");
    assert!(matches!(framer.next_frame(), Ok(Some(Frame::Malformed(_)))));
}

#[test]
fn credentials_and_keys_are_not_in_any_log() {
    let secret = "canary";
    let more = format!(
        "Authorization: Digest username=\"a\", response=\"{secret}\"\r\nPROXY-authorization : Basic {secret}\r\n\
         Content-Type: application/sdp\r\n"
    );
    let body = format!(
        "v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{secret}\r\nk=clear:{secret}\r\nA=CRYPTO:{secret}\r\n"
    );
    let message = parse(&request("INVITE", &more, &body));
    for text in [format!("{message:?}"), format!("{message}"), format!("{:?}", message.headers), message.redacted()] {
        assert!(!text.contains(secret), "{text}");
        assert!(text.to_ascii_lowercase().contains("authorization"), "{text}");
    }
    assert!(!format!("{:?}", message.auth("Authorization")).contains(secret));
    assert!(message.to_bytes().windows(6).any(|w| w == secret.as_bytes()), "but they are on the wire");
}

#[test]
fn a_value_of_ours_cannot_smuggle_a_line() {
    let message = Message::request(Method::Options, Uri::parse("sip:b@example.com").unwrap())
        .with("Subject", "x\r\nContact: <sip:evil@example.org>\r\n\r\nbody");
    let text = String::from_utf8(message.to_bytes()).unwrap();
    assert_eq!(text.matches("\r\n").count(), 5, "{text}");
    let response = Message::response_to(&parse(&request("OPTIONS", "", "")), 400, "no\r\nX: y", None);
    assert!(!response.headers.has("X"));
    assert!(String::from_utf8(response.to_bytes()).unwrap().starts_with("SIP/2.0 400 no  X: y\r\n"));
}

#[test]
fn responses_repeat_what_they_must() {
    let more = "Via: SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKb\r\nRecord-Route: <sip:p2.example.com;lr>\r\n\
                Record-Route: <sip:p1.example.com;lr>\r\nTimestamp: 5\r\n";
    let mut invite = parse(&request("INVITE", more, ""));
    invite.stamp_received("198.51.100.7:6000".parse().unwrap());
    let ok = Message::response_to(&invite, 200, "", Some("mine"));
    assert_eq!(ok.status(), Some(200));
    assert_eq!(ok.vias(), invite.vias());
    assert_eq!(ok.via().unwrap().response_addr(5060), Some("198.51.100.7:6000".parse().unwrap()));
    assert_eq!(ok.to_tag().as_deref(), Some("mine"));
    assert_eq!(ok.record_routes().len(), 2);
    assert_eq!((ok.call_id(), ok.cseq()), (invite.call_id(), invite.cseq()));
    let trying = Message::response_to(&invite, 100, "", Some("mine"));
    assert_eq!((trying.to_tag(), trying.record_routes().len()), (None, 0));
    let busy = Message::response_to(&invite, 486, "", Some("mine"));
    assert_eq!((busy.reason_phrase(), busy.record_routes().len()), ("Busy Here", 0));
    // A tag that is there already stays.
    let again = Message::response_to(&parse(&ok_as_request(&ok)), 200, "", Some("other"));
    assert_eq!(again.to_tag().as_deref(), Some("mine"));
}

/// A BYE within the dialog of `ok`.
fn ok_as_request(ok: &Message) -> Vec<u8> {
    let to = ok.headers.get("To").unwrap();
    format!("BYE sip:x@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKc\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: {to}\r\nCall-ID: x\r\nCSeq: 2 BYE\r\n\r\n").into_bytes()
}

#[test]
fn received_and_rport_are_filled_in_as_asked() {
    let stamp = |via: &str, from: &str| {
        let mut via = Via::parse(via).unwrap();
        via.stamp(from.parse().unwrap());
        via.to_string()
    };
    let asked = stamp("SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKa", "198.51.100.7:1024");
    assert_eq!(asked, "SIP/2.0/UDP 10.0.0.1:5060;rport=1024;branch=z9hG4bKa;received=198.51.100.7");
    let plain = stamp("SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa", "198.51.100.7:1024");
    assert_eq!(plain, "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKa");
    let named = stamp("SIP/2.0/UDP host.example.com;branch=z9hG4bKa", "[2001:db8::1]:1024");
    assert_eq!(named, "SIP/2.0/UDP host.example.com;branch=z9hG4bKa;received=2001:db8::1");
    let via = Via::parse(&named).unwrap();
    assert_eq!(via.response_addr(5060), Some("[2001:db8::1]:5060".parse().unwrap()));
    // Only the topmost of several in one line.
    let mut message = parse(&request("OPTIONS", "", ""));
    message.headers.set("Via", "SIP/2.0/UDP 10.0.0.1;rport;branch=z9hG4bKa, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKb");
    message.stamp_received("198.51.100.7:1024".parse().unwrap());
    assert_eq!(message.vias()[0].rport(), Some(1024));
    assert_eq!(message.vias()[1].received(), None);
    message.pop_via();
    assert_eq!(message.vias().len(), 1);
    assert_eq!(message.via().unwrap().branch().as_deref(), Some("z9hG4bKb"));
}

#[test]
fn several_values_are_split_at_the_right_commas() {
    let more =
        "Route: <sip:a,b@example.com;lr>, \"x, y\" <sip:c@example.com>;p=\"1,2\"\r\nroute: <sip:d@example.com>\r\n";
    let routes = parse(&request("OPTIONS", more, "")).routes();
    let uris: Vec<String> = routes.iter().map(|r| r.uri.to_string()).collect();
    assert_eq!(uris, ["sip:a,b@example.com;lr", "sip:c@example.com", "sip:d@example.com"]);
    assert_eq!(routes[1].display.as_deref(), Some("x, y"));
    assert_eq!(routes[1].params.get("p").as_deref(), Some("1,2"));
}

#[test]
fn challenges_are_read_one_by_one() {
    let more = "WWW-Authenticate: Digest realm=\"a, b\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth,auth-int\"\r\n\
                WWW-Authenticate: Digest realm=\"a, b\",nonce=\"n2\" , algorithm=MD5, stale=TRUE\r\n\
                WWW-Authenticate: Negotiate, Digest realm=\"c\", nonce=\"n3\"\r\n";
    let message = parse(format!("SIP/2.0 401 Unauthorized\r\n{HEAD}CSeq: 1 REGISTER\r\n{more}\r\n").as_bytes());
    let found = message.www_challenges();
    let nonces: Vec<Option<String>> = found.iter().map(|c| c.get("nonce")).collect();
    assert_eq!(nonces, [Some("n1".into()), Some("n2".into()), None, Some("n3".into())]);
    assert_eq!(found[0].get("REALM").as_deref(), Some("a, b"));
    assert_eq!(found[0].get("qop").as_deref(), Some("auth,auth-int"));
    assert_eq!(found[2].scheme, "Negotiate");
    let built = Auth::new("Digest").with_quoted("realm", "a \"b\"").with("nc", "00000001");
    assert_eq!(built.to_string(), "Digest realm=\"a \\\"b\\\"\", nc=00000001");
    assert_eq!(Auth::parse(&built.to_string()).unwrap().get("realm").as_deref(), Some("a \"b\""));
}

#[test]
fn uris_are_compared_as_the_rfc_says() {
    let same = |a: &str, b: &str| Uri::parse(a).unwrap().equivalent(&Uri::parse(b).unwrap());
    // RFC 3261 §19.1.4.
    assert!(same("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtlanTa.CoM;Transport=tcp"));
    assert!(same("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"));
    assert!(same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"));
    assert!(same(
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
    ));
    assert!(same(
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
    ));
    assert!(!same("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"));
    assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"));
    assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"));
    assert!(!same("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"));
    assert!(!same("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"));
    assert!(!same("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"));
    assert!(!same("sip:a@example.com", "sips:a@example.com"));
}

#[test]
fn addresses_of_both_families_are_hosts() {
    let uri = Uri::parse("sip:[2001:db8::1]:5070;lr").unwrap();
    assert_eq!(uri.sip().unwrap().host, Host::Ip("2001:db8::1".parse().unwrap()));
    assert_eq!((uri.sip().unwrap().port, uri.to_string()), (Some(5070), "sip:[2001:db8::1]:5070;lr".to_owned()));
    assert!(uri.sip().unwrap().is_loose_router());
    assert_eq!(SipUri::at(Some("a"), "[::1]:9".parse().unwrap()).to_string(), "sip:a@[::1]:9");
    for bad in [
        "sip:",
        "sip:@example.com",
        "sip:a@",
        "sip:a@b@c",
        "sip:a@ex ample.com",
        "sip:a@example.com:99999",
        "sip:a@[::1",
        "sip:a@example.com:",
        "no-scheme",
        "1x:y",
        "<sip:a@example.com>",
        "sip:a@example.com;=x",
    ] {
        assert!(Uri::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_small_headers_are_read() {
    let reason = Reason::parse("SIP ;cause=200 ;text=\"Call completed elsewhere\"").unwrap();
    assert_eq!((reason.cause, reason.text.as_deref()), (Some(200), Some("Call completed elsewhere")));
    assert_eq!(reason.to_string(), "SIP;cause=200;text=\"Call completed elsewhere\"");
    assert_eq!(RetryAfter::parse("18000;duration=3600").unwrap().seconds, 18_000);
    assert_eq!(RetryAfter::parse("120 (I'm in a meeting)").unwrap().seconds, 120);
    assert_eq!(RetryAfter::parse("949302838503028349304023988"), None);
    assert_eq!(Warning::parse("304 example.com \"Media type \\\"x\\\"\"").unwrap().text, "Media type \"x\"");
    assert_eq!(MediaType::parse("Application/SDP ;charset=utf-8").unwrap().essence, "application/sdp");
    let register = parse(&request("REGISTER", "Contact: *\r\nExpires: 0\r\n", ""));
    assert!(register.contact_is_star() && register.contacts().is_empty());
    assert_eq!(register.expires(), Some(0));
    let many = parse(&request(
        "REGISTER",
        "m: <sip:a@192.0.2.1>;expires=60, <sip:b@192.0.2.2>\r\nExpires: 99999999999\r\nk: path,gruu\r\n",
        "",
    ));
    let expires: Vec<Option<u32>> = many.contacts().iter().map(|c| many.contact_expires(c)).collect();
    assert_eq!(expires, [Some(60), Some(u32::MAX)]);
    assert!(many.supports("path") && many.supports("GRUU") && !many.supports("outbound"));
}

#[test]
fn headers_are_found_by_any_of_their_names_and_changed_in_place() {
    let mut message = parse(&request("OPTIONS", "f-x: 1\r\nALLOW: INVITE, ACK\r\nallow: BYE,,\r\n", ""));
    assert_eq!(message.allow(), [Method::Invite, Method::Ack, Method::Bye]);
    assert_eq!(message.headers.get("f"), message.headers.get("From"));
    message.headers.set("Allow", "INFO");
    assert_eq!(message.allow(), [Method::Info]);
    assert_eq!(message.headers.count("Allow"), 1);
    message.headers.remove("ALLOW");
    assert!(!message.headers.has("allow"));
}

#[test]
fn a_call_id_names_no_host_and_never_comes_again() {
    let mut dice = ringfence::base::Entropy::from_number(5);
    let ids: std::collections::HashSet<String> = (0..1_000).map(|_| dice.call_id()).collect();
    assert_eq!(ids.len(), 1_000);
    assert!(ids.iter().all(|id| id.len() >= 20 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())));
}
