//! Two passwords at once: the current one first, the alternate one once where that is refused, never a third time.

use ringfence::base::{Entropy, Secret};
use ringfence::sip::digest::algorithm::Terms;
use ringfence::sip::digest::{Attempts, Authenticator, Case, Credentials, Door, Opened, Realms, Refusal, may_answer};
use ringfence::sip::{Message, Method, Uri};

struct Bench {
    authenticator: Authenticator,
    attempts: Attempts,
    request: Message,
    dice: Entropy,
}

impl Bench {
    fn new(current: &str, alternate: Option<&str>) -> Bench {
        let mut authenticator = Authenticator::new("anna", Secret::from("to be replaced"));
        authenticator.set_passwords(Secret::from(current), alternate.map(Secret::from));
        let request = Message::request(Method::Invite, Uri::parse("sip:bob@example.org").unwrap());
        Bench { authenticator, attempts: Attempts::default(), request, dice: Entropy::from_number(7) }
    }

    /// Challenged with this nonce.
    fn challenged(&mut self, nonce: &str, stale: bool) -> Result<(), Refusal> {
        let stale = if stale { ", stale=true" } else { "" };
        let asks = format!("Digest realm=\"r\", nonce=\"{nonce}\", algorithm=SHA-256, qop=\"auth\"{stale}");
        let response = Message::response_to(&self.request, 407, "", None).with(Door::Proxy.asks(), asks);
        self.authenticator.answer(&mut self.request, &response, &mut self.attempts, Realms::Any, &mut self.dice)
    }

    /// Whether the request carries the credentials of this password.
    fn carries(&self, password: &str) -> bool {
        let auth = self.request.auth(Door::Proxy.answers());
        let given = auth.first().and_then(Credentials::from_auth).expect("credentials");
        let (qop, count) = given.qop.expect("qop");
        let terms = Terms {
            algorithm: given.algorithm.expect("an algorithm"),
            username: "anna",
            realm: "r",
            nonce: &given.nonce,
            cnonce: given.cnonce.as_deref().unwrap_or_default(),
            count,
            qop: Some(qop),
            method: "INVITE",
            uri: &given.uri,
            body: b"",
        };
        terms.response(&Secret::from(password)) == given.response
    }
}

#[test]
fn where_the_current_password_is_refused_the_alternate_one_is_tried_once() {
    let mut bench = Bench::new("new", Some("old"));
    bench.challenged("1", false).unwrap();
    assert!(bench.carries("new"));
    bench.challenged("2", false).unwrap();
    assert!(bench.carries("old"));
    assert_eq!(bench.attempts.refusals(), 1);
    assert_eq!(bench.challenged("3", false), Err(Refusal::Rejected("r".into())), "never a third time");
}

#[test]
fn a_request_of_one_password_never_tries_the_other() {
    let mut bench = Bench::new("new", Some("old"));
    bench.attempts = Attempts::with_one_password();
    bench.challenged("1", false).unwrap();
    bench.challenged("2", true).unwrap();
    assert!(bench.carries("new"), "a nonce may age");
    assert_eq!(bench.challenged("3", false), Err(Refusal::Rejected("r".into())));
}

#[test]
fn without_an_alternate_password_the_first_refusal_is_the_last() {
    let mut bench = Bench::new("new", None);
    bench.challenged("1", false).unwrap();
    assert_eq!(bench.challenged("2", false), Err(Refusal::Rejected("r".into())));
}

#[test]
fn a_nonce_that_aged_is_no_reason_for_the_other_password() {
    let mut bench = Bench::new("new", Some("old"));
    bench.challenged("1", false).unwrap();
    bench.challenged("2", true).unwrap();
    assert!(bench.carries("new"));
    assert_eq!(bench.attempts.refusals(), 0);
    bench.challenged("3", false).unwrap();
    assert!(bench.carries("old"));
    bench.challenged("4", true).unwrap();
    assert!(bench.carries("old"), "the same password with the new nonce");
}

#[test]
fn a_request_that_is_under_way_at_the_cut_over_is_answered_with_the_new_password() {
    let mut bench = Bench::new("old", None);
    bench.challenged("1", false).unwrap();
    assert!(bench.carries("old"));
    bench.authenticator.set_passwords(Secret::from("new"), Some(Secret::from("old")));
    bench.challenged("2", false).unwrap();
    assert!(bench.carries("new"), "the old one was refused: it is not the one to try again");
    bench.challenged("3", false).unwrap();
    assert!(bench.carries("old"));
    assert!(bench.challenged("4", false).is_err());
}

#[test]
fn whoever_called_us_gets_one_answer_and_never_a_second_password() {
    let mut bench = Bench::new("new", Some("old"));
    let case = Case { method: "INVITE", opened: Opened::ByThem, own_server: true };
    assert!(may_answer(case, Door::Proxy, &bench.attempts));
    bench.challenged("1", false).unwrap();
    assert!(!may_answer(case, Door::Proxy, &bench.attempts));
}
