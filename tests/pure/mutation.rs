//! A mutation fuzzer over valid and torture messages, streams and session descriptions. It looks for panics only, from
//! the same seed each time; to look elsewhere, set `RINGFENCE_FUZZ_SEED`.

use ringfence::base::Entropy;

use super::sip_torture;

/// Messages: what anybody can send us.
const MESSAGES: usize = 200_000;
/// Streams and descriptions, each.
const ROUNDS: usize = 70_000;

/// What parsers stumble over.
const WORDS: [&[u8]; 40] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\r",
    b" ",
    b"\t",
    b";",
    b",",
    b"<",
    b">",
    b"\"",
    b"\\",
    b":",
    b"@",
    b"=",
    b"?",
    b"%",
    b"%00",
    b"\0",
    b"\xff",
    b"\xc3",
    b"[",
    b"]",
    b"[::1]",
    b"*",
    b"|",
    b"/",
    b"0",
    b"-1",
    b"4294967296",
    b"18446744073709551615",
    b"SIP/2.0",
    b"Content-Length:",
    b"l :",
    b"Via: ",
    b"m=audio 1 RTP/AVP 0\r\n",
    b"a=crypto:1 ",
    b"inline:",
    b"a=rtcp:",
    b"c=IN IP4 0.0.0.0",
];

fn seed() -> u64 {
    std::env::var("RINGFENCE_FUZZ_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed)
}

/// A number below `bound`.
fn below(dice: &mut Entropy, bound: usize) -> usize {
    if bound == 0 { 0 } else { dice.bits32() as usize % bound }
}

/// Changes `data` in one to six places.
fn mutate(data: &mut Vec<u8>, other: &[u8], dice: &mut Entropy) {
    for _ in 0..=below(dice, 6) {
        let at = below(dice, data.len());
        let end = (at + 1 + below(dice, 24)).min(data.len());
        match below(dice, 8) {
            0 if !data.is_empty() => data[at] ^= 1 << below(dice, 8),
            1 if !data.is_empty() => data[at] = dice.bits32() as u8,
            2 => drop(data.drain(at..end)),
            3 => {
                let copy = data[at..end].to_vec();
                data.splice(at..at, copy);
            }
            4 => data.truncate(at.max(data.len() / 2)),
            5 => {
                let from = below(dice, other.len());
                let piece = &other[from..(from + below(dice, 80)).min(other.len())];
                data.splice(at..at, piece.iter().copied());
            }
            _ => {
                let word = WORDS[below(dice, WORDS.len())];
                data.splice(at..at, word.iter().copied());
            }
        }
    }
}

/// Feeds `target` with mutations of `corpus`, and says which input it was when it panics.
fn fuzz(rounds: usize, name: &str, corpus: &[Vec<u8>], target: fn(&[u8])) {
    let mut dice = Entropy::from_number(seed());
    for round in 0..rounds {
        let mut data = corpus[below(&mut dice, corpus.len())].clone();
        let other = &corpus[below(&mut dice, corpus.len())];
        mutate(&mut data, other, &mut dice);
        if std::panic::catch_unwind(|| target(&data)).is_err() {
            panic!("{name}, seed {}, round {round}: {:?}", seed(), String::from_utf8_lossy(&data));
        }
    }
}

fn messages() -> Vec<Vec<u8>> {
    let mut corpus = sip_torture::all();
    // Short messages are where a mutation hits something: each more than once.
    corpus.retain(|m| m.len() < 2_000);
    corpus.push(REGISTER.as_bytes().to_vec());
    corpus.push(CHALLENGE.as_bytes().to_vec());
    corpus
}

const REGISTER: &str = "REGISTER sips:example.com SIP/2.0\r\nVia: SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bKa;rport\r\n\
    From: \"A\" <sip:a@example.com>;tag=1\r\nTo: <sip:a@example.com>\r\nCall-ID: x\r\nCSeq: 2 REGISTER\r\n\
    Contact: <sip:a@[2001:db8::1]:5061;transport=tls;ob>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;expires=600\r\n\
    Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:example.com\", response=\"0\", qop=auth, nc=00000001\r\n\
    Supported: path, outbound\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
const CHALLENGE: &str = "SIP/2.0 407 Proxy Authentication Required\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa;received=192.0.2.9;rport=1\r\n\
    From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: x\r\nCSeq: 2 INVITE\r\n\
    Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth,auth-int\"\r\n\
    Retry-After: 5 (busy);duration=3\r\nReason: Q.850;cause=16;text=\"x\"\r\nWarning: 304 h \"t\"\r\nMin-Expires: 60\r\nContent-Length: 0\r\n\r\n";

#[test]
fn no_message_makes_the_parser_panic() {
    fuzz(MESSAGES, "message", &messages(), ringfence::sip::fuzz::message);
}

#[test]
fn no_stream_makes_the_framer_panic() {
    let mut corpus = Vec::new();
    for pair in messages().chunks(2) {
        corpus.push([b"\x40\r\n\r\n".as_slice(), &pair.concat(), b"\r\n"].concat());
    }
    fuzz(ROUNDS, "stream", &corpus, ringfence::sip::fuzz::stream);
}

#[test]
fn no_message_makes_an_endpoint_panic_or_leaves_a_transaction_behind() {
    // Each input is a minute and a half of an endpoint's life: fewer of them.
    fuzz(3_000, "transactions", &messages(), ringfence::sip::fuzz::transactions);
}

#[test]
fn no_description_makes_offer_and_answer_panic() {
    let corpus: Vec<Vec<u8>> = super::sdp::SAMPLES.iter().map(|s| s.replace('\n', "\r\n").into_bytes()).collect();
    fuzz(ROUNDS, "description", &corpus, ringfence::sdp::fuzz::description);
}
