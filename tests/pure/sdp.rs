//! Session descriptions as peers write them, and offer and answer with each of them.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::Entropy;
use ringfence::codec::{ROWS, Row};
use ringfence::port::media::{Direction, Suite};
use ringfence::sdp::{Agreed, Description, Local, Refused, Srtp};

/// Descriptions of other phones (their shape, not their bytes); the fuzzer's corpus too.
pub(crate) const SAMPLES: [&str; 5] = [PLAIN, SECURE, TWO_STREAMS, BARE, WEBRTC];

/// A desk phone.
const PLAIN: &str = "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=call\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 4000 RTP/AVP 9 8 0 101\n\
a=rtpmap:9 G722/8000\na=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n\
a=ptime:30\na=sendrecv\n";
/// SAVP, several suites, one of which nobody can use.
const SECURE: &str = "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 4000 RTP/SAVP 96 0 97\n\
a=rtpmap:96 opus/48000/2\na=fmtp:96 useinbandfec=1;maxaveragebitrate=20000\na=rtpmap:97 telephone-event/48000\n\
a=crypto:1 F8_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm\n\
a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4\n\
a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm KDR=1\n\
a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^31\n\
a=rtcp:4321 IN IP4 192.0.2.8\n";
/// Video first, then two audio streams.
const TWO_STREAMS: &str = "v=0\no=- 1 1 IN IP6 2001:db8::7\ns=-\nt=0 0\nm=video 5000 RTP/AVP 31\nc=IN IP6 2001:db8::7\n\
m=audio 6000 RTP/AVP 0\nc=IN IP6 2001:db8::7\na=rtcp-mux\nm=audio 7000 RTP/AVP 8\nc=IN IP6 2001:db8::7\nm=image 0 udptl t38\n";
/// No s=, no t=, blanks at the ends, lines that nobody knows, the old hold.
const BARE: &str =
    "v=0 \no=x 1 1 IN IP4 192.0.2.7\t\ny=what\nc=IN IP4 0.0.0.0 \nm=audio 4000 RTP/AVP 0 \nnonsense\na=unknown:1\n";
/// What a browser says.
const WEBRTC: &str = "v=0\no=- 1 2 IN IP4 127.0.0.1\ns=-\nt=0 0\na=group:BUNDLE 0\nm=audio 9 UDP/TLS/RTP/SAVPF 111\n\
c=IN IP4 0.0.0.0\na=ice-ufrag:x\na=ice-pwd:secretsecretsecretsecret\na=fingerprint:sha-256 AA\na=setup:actpass\na=mid:0\n\
a=rtpmap:111 opus/48000/2\na=candidate:1 1 udp 1 192.0.2.1 4000 typ host\n";

fn rows() -> Vec<&'static Row> {
    ROWS.iter().collect()
}

fn dice() -> Entropy {
    Entropy::from_number(7)
}

fn local(srtp: Srtp) -> Local {
    Local::new(SocketAddr::from(([198, 51, 100, 1], 30_000)), &rows(), srtp, &mut dice())
}

fn answer(local: &mut Local, offer: &str, wanted: Direction) -> Result<(Description, Agreed), Refused> {
    let (text, agreed) = local.answer(offer.as_bytes(), wanted, &mut Entropy::from_number(8))?;
    Ok((Description::parse(text.as_bytes()).unwrap(), agreed))
}

/// Two of ours, agreed: what the offerer and the answerer have to do.
fn meet(offerer: &mut Local, answerer: &mut Local, direction: Direction) -> Result<(Agreed, Agreed), Refused> {
    let offer = offerer.offer(direction, &mut dice());
    let (answer, theirs) = answerer.answer(offer.as_bytes(), Direction::SendRecv, &mut Entropy::from_number(9))?;
    Ok((offerer.accept(answer.as_bytes())?, theirs))
}

#[test]
fn an_offer_names_every_row_and_events_at_both_clock_rates() {
    let text = local(Srtp::Off).offer(Direction::SendRecv, &mut dice());
    let media = &Description::parse(text.as_bytes()).unwrap().media[0];
    let names: Vec<(String, u32, u8)> =
        media.encodings().into_iter().map(|f| (f.name, f.clock_rate, f.payload_type)).collect();
    for row in ROWS {
        assert!(names.contains(&(row.name.to_owned(), row.clock_rate, row.payload_type)), "{names:?}");
    }
    assert!(
        names.contains(&("telephone-event".into(), 48_000, 110))
            && names.contains(&("telephone-event".into(), 8_000, 101))
    );
    assert!(text.contains("a=rtpmap:111 opus/48000/2\r\n"), "{text}");
    assert!(text.contains("a=fmtp:111 minptime=10;useinbandfec=1;"), "{text}");
    assert!(text.contains("a=ptime:20\r\na=maxptime:60\r\n") && text.contains("c=IN IP4 198.51.100.1\r\n"), "{text}");
    assert!(text.starts_with("v=0\r\no=- ") && text.contains("m=audio 30000 RTP/AVP 111 9 8 0 110 101\r\n"), "{text}");
    assert!(!text.contains("crypto"), "no keys in the clear unless asked: {text}");
}

#[test]
fn the_offerers_order_decides_and_unknown_formats_are_left_out() {
    let (description, agreed) = answer(&mut local(Srtp::Off), PLAIN, Direction::SendRecv).unwrap();
    assert_eq!(description.media[0].formats, ["9", "8", "0", "101"]);
    assert_eq!((agreed.session.send.name, agreed.session.send.payload_type), ("G722", 9));
    assert_eq!(agreed.session.events, [(101, 8_000)]);
    assert_eq!(agreed.session.ptime, Duration::from_millis(30));
    assert_eq!(agreed.session.remote_rtp, Some("192.0.2.7:4000".parse().unwrap()));
    assert_eq!(agreed.session.remote_rtcp, Some("192.0.2.7:4001".parse().unwrap()));
    assert!(!agreed.session.rtcp_mux && agreed.session.srtp.is_none());
}

#[test]
fn payload_types_are_the_offerers_and_its_wishes_reach_the_codec() {
    let (description, agreed) = answer(&mut local(Srtp::Require), SECURE, Direction::SendRecv).unwrap();
    assert_eq!(description.media[0].formats, ["96", "0", "97"]);
    let send = &agreed.session.send;
    assert_eq!(
        (send.name, send.payload_type, send.fmtp.as_str()),
        ("opus", 96, "useinbandfec=1;maxaveragebitrate=20000")
    );
    assert_eq!(agreed.session.events, [(97, 48_000)]);
    assert_eq!(agreed.session.remote_rtcp, Some("192.0.2.8:4321".parse().unwrap()));
}

#[test]
fn crypto_lines_that_want_more_than_we_do_are_passed_over() {
    let (description, agreed) = answer(&mut local(Srtp::Require), SECURE, Direction::SendRecv).unwrap();
    let media = &description.media[0];
    assert_eq!(media.profile, "RTP/SAVP");
    let ours = media.cryptos();
    assert_eq!((ours.len(), ours[0].tag, ours[0].suite), (1, 4, Suite::AesCm128Sha1_32));
    let keys = agreed.session.srtp.unwrap();
    assert_eq!(keys.send.expose("test"), ours[0].key.expose("test"));
    assert_eq!(keys.receive.expose("test").as_slice(), b"123456789ABCDE0123456789ABcdef");
    assert!(!format!("{description:?}{keys:?}").contains("inline:"), "not in Debug");
}

#[test]
fn encryption_is_agreed_on_or_refused_as_both_ends_want() {
    let cases = [
        (Srtp::Off, Srtp::Off, Ok(false)),
        (Srtp::Off, Srtp::Offer, Ok(false)),
        (Srtp::Off, Srtp::Require, Err(Refused::NoEncryption)),
        (Srtp::Offer, Srtp::Off, Ok(false)),
        (Srtp::Offer, Srtp::Offer, Ok(true)),
        (Srtp::Offer, Srtp::Require, Ok(true)),
        (Srtp::Require, Srtp::Off, Err(Refused::EncryptionIsOff)),
        (Srtp::Require, Srtp::Offer, Ok(true)),
        (Srtp::Require, Srtp::Require, Ok(true)),
    ];
    for (offers, answers, expected) in cases {
        let met = meet(
            &mut local(offers),
            &mut Local::new(SocketAddr::from(([192, 0, 2, 2], 40_000)), &rows(), answers, &mut Entropy::from_number(1)),
            Direction::SendRecv,
        );
        let encrypted = met.map(|(a, b)| match (&a.session.srtp, &b.session.srtp) {
            (Some(a), Some(b)) => {
                assert_eq!(
                    (a.suite, a.send.expose("test"), a.receive.expose("test")),
                    (b.suite, b.receive.expose("test"), b.send.expose("test"))
                );
                assert_ne!(a.send.expose("test"), a.receive.expose("test"));
                true
            }
            (None, None) => false,
            _ => panic!("{offers:?} {answers:?}: only one side encrypts"),
        });
        assert_eq!(encrypted, expected, "{offers:?} offers, {answers:?} answers");
    }
}

#[test]
fn an_answer_without_our_key_is_not_taken_for_encrypted() {
    let mut ours = local(Srtp::Require);
    let offer = ours.offer(Direction::SendRecv, &mut dice());
    assert!(offer.contains("m=audio 30000 RTP/SAVP "), "{offer}");
    for suite in [
        "AEAD_AES_256_GCM",
        "AEAD_AES_128_GCM",
        "AES_256_CM_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_80",
        "AES_CM_128_HMAC_SHA1_32",
    ] {
        assert!(offer.contains(&format!(" {suite} inline:")), "{suite}: {offer}");
    }
    let no_key = PLAIN.replace("RTP/AVP", "RTP/SAVP");
    assert_eq!(ours.accept(no_key.as_bytes()), Err(Refused::NoEncryption));
    assert_eq!(ours.accept(PLAIN.as_bytes()), Err(Refused::NoEncryption), "nor a fall to RTP/AVP");
    // Tag 1 is our first suite, not this one.
    let wrong = format!("{no_key}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm\n");
    assert_eq!(ours.accept(wrong.as_bytes()), Err(Refused::NoEncryption));
    let mut offered = local(Srtp::Offer);
    offered.offer(Direction::SendRecv, &mut dice());
    let wrong = format!("{PLAIN}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm\n");
    assert_eq!(offered.accept(wrong.as_bytes()), Err(Refused::NoEncryption), "a broken yes is not a no");
}

#[test]
fn more_streams_than_one_keep_their_places_and_are_refused() {
    let mut ours = local(Srtp::Off);
    let (description, agreed) = answer(&mut ours, TWO_STREAMS, Direction::SendRecv).unwrap();
    let streams: Vec<(&str, u16)> = description.media.iter().map(|m| (m.kind.as_str(), m.port)).collect();
    assert_eq!(streams, [("video", 0), ("audio", 30_000), ("audio", 0), ("image", 0)]);
    assert_eq!(agreed.session.remote_rtp, Some("[2001:db8::7]:6000".parse().unwrap()));
    assert!(agreed.session.rtcp_mux && agreed.session.remote_rtcp == agreed.session.remote_rtp);
    assert!(description.media[1].section.attribute("rtcp-mux").is_some());
    // And so it stays in an offer of ours.
    let again = Description::parse(ours.offer(Direction::SendOnly, &mut dice()).as_bytes()).unwrap();
    let streams: Vec<(&str, u16)> = again.media.iter().map(|m| (m.kind.as_str(), m.port)).collect();
    assert_eq!(streams, [("video", 0), ("audio", 30_000), ("audio", 0), ("image", 0)]);
    assert_eq!(again.media[3].profile, "udptl");
}

#[test]
fn hold_is_mirrored_in_every_direction() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let cases = [
        (SendRecv, SendRecv, SendRecv),
        (SendOnly, SendRecv, RecvOnly),
        (RecvOnly, SendRecv, SendOnly),
        (Inactive, SendRecv, Inactive),
        (SendRecv, SendOnly, SendOnly),
        (SendOnly, SendOnly, Inactive),
        (RecvOnly, SendOnly, SendOnly),
        (SendRecv, Inactive, Inactive),
    ];
    for (offered, wanted, expected) in cases {
        let offer = local(Srtp::Off).offer(offered, &mut dice());
        let (_, agreed) = answer(&mut local(Srtp::Off), &offer, wanted).unwrap();
        assert_eq!(
            (agreed.session.direction, agreed.remote),
            (expected, offered),
            "offered {offered:?}, wanted {wanted:?}"
        );
    }
}

#[test]
fn the_old_hold_address_means_send_nothing() {
    let (description, agreed) = answer(&mut local(Srtp::Off), BARE, Direction::SendRecv).unwrap();
    assert_eq!((agreed.session.remote_rtp, agreed.session.direction), (None, Direction::RecvOnly));
    assert!(!agreed.remote.receives(), "we are held");
    assert!(description.to_string().contains("a=recvonly"));
    let back = BARE.replace("0.0.0.0", "192.0.2.7");
    let (_, agreed) = answer(&mut local(Srtp::Off), &back, Direction::SendRecv).unwrap();
    assert_eq!((agreed.session.direction, agreed.session.send.name), (Direction::SendRecv, "PCMU"));
}

#[test]
fn a_call_is_held_and_resumed_and_its_version_counts_changes_only() {
    let version = |text: &str| {
        text.lines().find_map(|l| l.strip_prefix("o=- ")).unwrap().split(' ').nth(1).unwrap().parse::<u32>().unwrap()
    };
    let (mut ours, mut theirs) = (local(Srtp::Offer), local(Srtp::Offer));
    let first = ours.offer(Direction::SendRecv, &mut dice());
    let (reply, _) = theirs.answer(first.as_bytes(), Direction::SendRecv, &mut Entropy::from_number(9)).unwrap();
    let start = ours.accept(reply.as_bytes()).unwrap();
    let same = ours.offer(Direction::SendRecv, &mut dice());
    assert_eq!(version(&same), version(&first), "nothing changed");
    let held = ours.offer(Direction::SendOnly, &mut dice());
    assert_eq!(version(&held), version(&first) + 1);
    let (reply, at_theirs) = theirs.answer(held.as_bytes(), Direction::SendRecv, &mut Entropy::from_number(9)).unwrap();
    let hold = ours.accept(reply.as_bytes()).unwrap();
    assert_eq!((hold.session.direction, at_theirs.session.direction), (Direction::SendOnly, Direction::RecvOnly));
    assert!(!at_theirs.remote.receives());
    assert_eq!(hold.session.srtp, start.session.srtp, "the keys stay");
    let (resumed, _) = meet(&mut ours, &mut theirs, Direction::SendRecv).unwrap();
    assert_eq!(resumed.session, start.session);
}

#[test]
fn a_refused_re_offer_changes_nothing() {
    let mut ours = local(Srtp::Off);
    let (before, _) = answer(&mut ours, PLAIN, Direction::SendRecv).unwrap();
    let no_codec = PLAIN.replace("9 8 0 101", "3");
    assert_eq!(answer(&mut ours, &no_codec, Direction::SendRecv).unwrap_err(), Refused::NoCommonCodec);
    assert_eq!(answer(&mut ours, "hello", Direction::SendRecv).unwrap_err(), Refused::Malformed);
    let (after, _) = answer(&mut ours, PLAIN, Direction::SendRecv).unwrap();
    assert_eq!(before, after);
}

#[test]
fn what_cannot_be_is_refused_for_the_right_reason() {
    let refused = |srtp, offer: &str| answer(&mut local(srtp), offer, Direction::SendRecv).unwrap_err();
    assert_eq!(refused(Srtp::Offer, WEBRTC), Refused::NoAudio, "DTLS is not spoken");
    assert_eq!(refused(Srtp::Off, SECURE), Refused::EncryptionIsOff);
    assert_eq!(refused(Srtp::Off, &PLAIN.replace("audio 4000", "audio 0")), Refused::NoAudio);
    assert_eq!(refused(Srtp::Off, &PLAIN.replace("c=IN IP4 192.0.2.7", "c=IN IP4 224.2.1.1/127")), Refused::NoAddress);
    assert_eq!(
        refused(Srtp::Off, &PLAIN.replace("c=IN IP4 192.0.2.7", "c=IN IP4 phone.example.com")),
        Refused::NoAddress
    );
    let many = format!("v=0\n{}", "m=audio 4000 RTP/AVP 0\n".repeat(33));
    assert_eq!(refused(Srtp::Off, &many), Refused::Malformed);
    assert_eq!(Refused::NoCommonCodec.status(), 488);
    let mut ours = local(Srtp::Off);
    ours.offer(Direction::SendRecv, &mut dice());
    assert_eq!(ours.accept(PLAIN.replace("audio 4000", "audio 0").as_bytes()), Err(Refused::NoAudio));
    assert_eq!(ours.accept(PLAIN.replace("9 8 0 101", "101").as_bytes()), Err(Refused::NoCommonCodec));
}

#[test]
fn an_answer_may_renumber_and_both_numbers_are_received() {
    let mut ours = local(Srtp::Off);
    ours.offer(Direction::SendRecv, &mut dice());
    let reply = "v=0\no=- 1 1 IN IP4 192.0.2.7\ns=-\nc=IN IP4 192.0.2.7\nt=0 0\nm=audio 4000 RTP/AVP 97 98\na=rtpmap:97 OPUS/48000/2\na=rtpmap:98 telephone-event/48000\n";
    let session = ours.accept(reply.as_bytes()).unwrap().session;
    assert_eq!((session.send.name, session.send.payload_type), ("opus", 97));
    let opus: Vec<u8> = session.receive.iter().filter(|c| c.name == "opus").map(|c| c.payload_type).collect();
    assert_eq!(opus, [111, 97]);
    assert_eq!(session.events[0], (98, 48_000), "what they understand comes first");
}

#[test]
fn feedback_profiles_are_tolerated() {
    let (description, _) =
        answer(&mut local(Srtp::Off), &PLAIN.replace("RTP/AVP", "RTP/AVPF"), Direction::SendRecv).unwrap();
    assert_eq!(description.media[0].profile, "RTP/AVPF");
    let (description, agreed) =
        answer(&mut local(Srtp::Offer), &SECURE.replace("RTP/SAVP", "RTP/SAVPF"), Direction::SendRecv).unwrap();
    assert!(description.media[0].profile == "RTP/SAVPF" && agreed.session.srtp.is_some());
}

#[test]
fn lines_that_nobody_knows_are_kept_and_candidates_are_counted() {
    let description = Description::parse(BARE.as_bytes()).unwrap();
    assert!(description.to_string().contains("y=what\r\n") && description.to_string().contains("a=unknown:1\r\n"));
    let many = format!("{WEBRTC}{}", "a=candidate:1 1 udp 1 192.0.2.1 4000 typ host\n".repeat(100));
    let description = Description::parse(many.as_bytes()).unwrap();
    assert_eq!(description.media[0].section.attributes("candidate").count(), 64);
    assert!(!format!("{description:?}").contains("secretsecret"));
    assert!(Description::parse(b"").is_err() && Description::parse(b"m=audio x RTP/AVP 0\n").is_err());
}

#[test]
fn a_number_that_the_session_has_used_keeps_its_meaning() {
    // The peer's 111 is telephone-event; ours must not offer opus as 111 afterwards.
    let offer = PLAIN.replace("101", "111");
    let mut ours = local(Srtp::Off);
    answer(&mut ours, &offer, Direction::SendRecv).unwrap();
    let text = ours.offer(Direction::SendRecv, &mut dice());
    assert!(text.contains("a=rtpmap:111 telephone-event/8000") && text.contains("a=rtpmap:96 opus/48000/2"), "{text}");
}

#[test]
fn more_than_32_media_lines_are_no_description() {
    let with = |count: usize| format!("v=0\r\n{}", "m=audio 4000 RTP/AVP 0\r\n".repeat(count));
    assert_eq!(Description::parse(with(32).as_bytes()).unwrap().media.len(), 32);
    assert!(Description::parse(with(33).as_bytes()).is_err());
}
