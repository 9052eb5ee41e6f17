//! Who gets credentials at all: bytes of Authorization, counted for every method, in and out of dialogs, from the own
//! server and from elsewhere, for the pinned realm and for another (account-security T4, T5).

use ringfence::base::{Entropy, Secret};
use ringfence::sip::digest::{Attempts, Authenticator, Case, Door, Opened, Realms, may_answer, may_foresee};
use ringfence::sip::{Message, Method, Uri};

const METHODS: [&str; 15] = [
    "INVITE",
    "ACK",
    "BYE",
    "CANCEL",
    "REGISTER",
    "OPTIONS",
    "PRACK",
    "SUBSCRIBE",
    "NOTIFY",
    "PUBLISH",
    "INFO",
    "REFER",
    "MESSAGE",
    "UPDATE",
    "FROBNICATE",
];
const PINNED: &str = "voip.example";

fn request(method: &str) -> Message {
    Message::request(Method::from_token(method), Uri::parse("sip:bob@example.org").unwrap())
        .with("From", "<sip:anna@voip.example>;tag=a")
        .with("To", "<sip:bob@example.org>;tag=b")
        .with("Call-ID", "c")
        .with("CSeq", format!("1 {method}"))
        .with("Via", "SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bKx")
}

fn challenge(request: &Message, door: Door, realm: &str, nonce: &str) -> Message {
    let digest = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm=SHA-256, qop=\"auth\"");
    Message::response_to(request, door.status(), "", Some("b")).with(door.asks(), digest)
}

/// The bytes of credentials on a request.
fn bytes(request: &Message) -> usize {
    let text = String::from_utf8(request.to_bytes()).unwrap().to_ascii_lowercase();
    let lines =
        text.lines().filter(|line| line.starts_with("authorization:") || line.starts_with("proxy-authorization:"));
    lines.map(str::len).sum()
}

/// Sends one request as sessions and registrations do: ahead if that may be, then once more after a challenge.
/// Returns the bytes of credentials of both.
fn exchange(case: Case<'_>, door: Door, realm: &str) -> (usize, usize) {
    let pinned = [PINNED.to_owned()];
    let realms = Realms::Only(&pinned);
    let mut dice = Entropy::from_number(3);
    let mut authenticator = Authenticator::new("anna", Secret::from("canary"));
    // It has answered this method's challenges before, when any realm was right.
    let mut earlier = request(case.method);
    let asked = challenge(&earlier, door, realm, "n1");
    authenticator.answer(&mut earlier, &asked, &mut Attempts::default(), Realms::Any, &mut dice).unwrap();
    let (mut message, mut attempts) = (request(case.method), Attempts::default());
    if may_foresee(case) {
        authenticator.prepare(&mut message, &mut attempts, realms);
    }
    let ahead = bytes(&message);
    let asked = challenge(&message, door, realm, "n2");
    let mut again = request(case.method);
    if may_answer(case, door, &attempts) {
        let answered = authenticator.answer(&mut again, &asked, &mut attempts, realms, &mut dice);
        assert_eq!(answered.is_ok(), realm == PINNED);
    }
    (ahead, bytes(&again))
}

#[test]
fn credentials_are_counted_for_every_method_in_every_circumstance() {
    let mut answered = 0;
    for method in METHODS {
        for opened in [Opened::NoDialog, Opened::ByUs, Opened::ByThem] {
            for own_server in [true, false] {
                for door in Door::ALL {
                    for realm in [PINNED, "evil.example"] {
                        let (ahead, after) = exchange(Case { method, opened, own_server }, door, realm);
                        let ours = own_server && realm == PINNED && !["ACK", "CANCEL"].contains(&method);
                        let theirs = door == Door::Proxy && ["INVITE", "UPDATE"].contains(&method);
                        let what = format!("{method} {opened:?} {own_server} {door:?} {realm}");
                        assert_eq!(ahead > 0, ours && opened != Opened::ByThem, "ahead: {what}");
                        assert_eq!(after > 0, ours && (opened != Opened::ByThem || theirs), "answer: {what}");
                        answered += usize::from(after > 0);
                    }
                }
            }
        }
    }
    assert_eq!(answered, 13 * 2 * 2 + 2);
}
