//! Digest authentication: the RFCs' vectors, and what a client does with the challenges of a difficult server.

use std::time::Duration;

use ringfence::base::{Entropy, Mono, Secret};
use ringfence::sip::digest::algorithm::Terms;
use ringfence::sip::digest::{
    Algorithm, Attempts, Authenticator, Challenge, Credentials, Door, Hash, Qop, Realms, Refusal, Strength, Verdict,
    Verifier, realms_of,
};
use ringfence::sip::{Auth, Message, Method, Uri};

fn password(text: &str) -> Secret<String> {
    Secret::from(text)
}

fn dice() -> Entropy {
    Entropy::from_number(7)
}

fn request(method: Method) -> Message {
    Message::request(method, Uri::parse("sip:bob@example.org").unwrap())
        .with("From", "<sip:anna@example.org>;tag=a")
        .with("To", "<sip:bob@example.org>")
        .with("Call-ID", "c")
        .with("CSeq", "1 INVITE")
        .with("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx")
}

fn challenged(challenges: &[(Door, &str)]) -> Message {
    let status = challenges.first().map_or(401, |(door, _)| door.status());
    let mut response = Message::response_to(&request(Method::Invite), status, "", Some("t"));
    for (door, challenge) in challenges {
        response.headers.push(door.asks(), *challenge);
    }
    response
}

/// The credentials that a request carries for one door.
fn carried(request: &Message, door: Door) -> Vec<Credentials> {
    request.auth(door.answers()).iter().map(|auth| Credentials::from_auth(auth).expect("well formed")).collect()
}

fn answer(
    authenticator: &mut Authenticator,
    request: &mut Message,
    attempts: &mut Attempts,
    challenges: &[(Door, &str)],
) -> Result<(), Refusal> {
    authenticator.answer(request, &challenged(challenges), attempts, Realms::Any, &mut dice())
}

/// The values that RFC 7616 §3.9.1 is computed from, with one algorithm.
fn http_auth(algorithm: Algorithm) -> Terms<'static> {
    Terms {
        algorithm,
        username: "Mufasa",
        realm: "http-auth@example.org",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        count: 1,
        qop: Some(Qop::Auth),
        method: "GET",
        uri: "/dir/index.html",
        body: b"",
    }
}

fn algorithm(name: &str) -> Algorithm {
    Algorithm::parse(name).expect("an algorithm that we know")
}

#[test]
fn the_example_of_rfc_2617_and_its_form_without_qop_come_out_right() {
    let mut terms = Terms {
        algorithm: Algorithm::MD5,
        username: "Mufasa",
        realm: "testrealm@host.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        cnonce: "0a4f113b",
        count: 1,
        qop: Some(Qop::Auth),
        method: "GET",
        uri: "/dir/index.html",
        body: b"",
    };
    assert_eq!(terms.response(&password("Circle Of Life")), "6629fae49393a05397450978507c4ef1");
    terms.qop = None;
    assert_eq!(terms.response(&password("Circle Of Life")), "670fd8c2df070c60b045671b8b24ff02");
}

#[test]
fn the_examples_of_rfc_7616_section_3_9_1_come_out_right() {
    let md5 = http_auth(algorithm("MD5")).response(&password("Circle of Life"));
    assert_eq!(md5, "8ca523f5e9506fed4657c9700eebdbec");
    let sha256 = http_auth(algorithm("SHA-256")).response(&password("Circle of Life"));
    assert_eq!(sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

/// RFC 7616 §3.9.2 as erratum 4897 corrects it: the RFC printed SHA-512 cut short, which is another function.
#[test]
fn the_example_of_rfc_7616_section_3_9_2_comes_out_right_with_its_erratum() {
    let terms = Terms {
        algorithm: algorithm("SHA-512-256"),
        username: "J\u{e4}s\u{f8}n Doe",
        realm: "api@example.org",
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
        count: 1,
        qop: Some(Qop::Auth),
        method: "GET",
        uri: "/doe.json",
        body: b"",
    };
    let response = terms.response(&password("Secret, or not?"));
    assert_eq!(response, "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5");
    let userhash = Hash::Sha512_256.hex(&[terms.username.as_bytes(), terms.realm.as_bytes()]);
    assert_eq!(userhash, "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
}

/// Computed by an implementation of its own (Python's hashlib), since no RFC has them.
#[test]
fn sess_and_auth_int_come_out_right_for_every_algorithm() {
    let rows = [
        ("MD5", "e98be0bc9c475d71f896330e1817a8b0", "149bc0c1dc43c8e476c552f0c2c35ac2"),
        (
            "SHA-256",
            "964b8280122bf1fd8b38057929aea45743d00a823c5c83bc1873e8846cbd1082",
            "6245492e9f9ef6023d5335a8a4b5d746f1be3549317df2c7da6fc4b20c48ba8d",
        ),
        (
            "SHA-512-256",
            "b95a85b4a1edbae860d5b23c2f33ae05a5172971a4f1b256d26a1b548abb6315",
            "ef0b7a448490d87204938017f58e28bc1ff65c698717877f58be4ac11b658d56",
        ),
    ];
    for (name, sess, integrity) in rows {
        let mut terms = http_auth(algorithm(&format!("{name}-sess")));
        (terms.method, terms.uri, terms.body) = ("INVITE", "sip:bob@example.org", b"v=0\r\n");
        assert_eq!(terms.response(&password("Circle of Life")), sess, "{name}-sess");
        terms.algorithm = algorithm(name);
        terms.qop = Some(Qop::AuthInt);
        assert_eq!(terms.response(&password("Circle of Life")), integrity, "{name} auth-int");
    }
}

#[test]
fn of_several_algorithms_the_strongest_is_answered_whatever_their_order() {
    let one = |name: &str| format!("Digest realm=\"r\", nonce=\"n-{name}\", algorithm={name}, qop=\"auth\"");
    let (md5, sha256, sha512) = (one("MD5"), one("SHA-256"), one("SHA-512-256"));
    let unknown = one("SHA3-999");
    for challenges in [[&unknown, &md5, &sha256, &sha512], [&sha512, &sha256, &unknown, &md5]] {
        let challenges = challenges.map(|text| (Door::Server, text.as_str()));
        let mut invite = request(Method::Invite);
        let mut authenticator = Authenticator::new("anna", password("p"));
        answer(&mut authenticator, &mut invite, &mut Attempts::default(), &challenges).unwrap();
        let credentials = carried(&invite, Door::Server);
        assert_eq!(credentials.len(), 1);
        assert_eq!(credentials[0].nonce, "n-SHA-512-256");
        assert_eq!(credentials[0].algorithm, Some(algorithm("SHA-512-256")));
    }
}

#[test]
fn two_challenges_in_one_header_line_are_both_seen() {
    let line = "Digest realm=\"r\", nonce=\"m\", algorithm=MD5, Digest realm=\"r\", nonce=\"s\", algorithm=SHA-256";
    let mut invite = request(Method::Invite);
    let mut authenticator = Authenticator::new("anna", password("p"));
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, line)]).unwrap();
    assert_eq!(carried(&invite, Door::Server)[0].nonce, "s");
}

#[test]
fn auth_comes_before_auth_int_and_no_qop_is_rfc_2069() {
    let cases = [
        ("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int,auth\"", Some(Qop::Auth)),
        ("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", Some(Qop::AuthInt)),
        ("Digest realm=\"r\", nonce=\"n\", qop=auth", Some(Qop::Auth)),
        ("Digest realm=\"r\", nonce=\"n\"", None),
    ];
    for (challenge, qop) in cases {
        let mut invite = request(Method::Invite);
        let mut authenticator = Authenticator::new("anna", password("p"));
        answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, challenge)]).unwrap();
        let credentials = &carried(&invite, Door::Server)[0];
        assert_eq!(credentials.qop.as_ref().map(|(qop, _)| *qop), qop, "{challenge}");
        assert!(!credentials.named, "no algorithm was named, none is answered");
    }
    let mut invite = request(Method::Invite);
    let mut authenticator = Authenticator::new("anna", password("p"));
    let unknown = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", qop=\"token\"")];
    let refused = answer(&mut authenticator, &mut invite, &mut Attempts::default(), &unknown);
    assert_eq!(refused, Err(Refusal::Unsupported));
}

#[test]
fn a_407_and_then_a_401_of_another_realm_leave_both_credentials_on_the_request() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let (mut invite, mut attempts) = (request(Method::Invite), Attempts::default());
    let proxy = "Digest realm=\"proxy\", nonce=\"n1\", qop=\"auth\"";
    let callee = "Digest realm=\"callee\", nonce=\"n2\", qop=\"auth\"";
    answer(&mut authenticator, &mut invite, &mut attempts, &[(Door::Proxy, proxy)]).unwrap();
    answer(&mut authenticator, &mut invite, &mut attempts, &[(Door::Server, callee)]).unwrap();
    assert_eq!(carried(&invite, Door::Proxy)[0].realm, "proxy");
    assert_eq!(carried(&invite, Door::Proxy)[0].qop.as_ref().map(|(_, count)| *count), Some(2), "nonce used again");
    assert_eq!(carried(&invite, Door::Server)[0].realm, "callee");
}

#[test]
fn two_realms_in_one_response_are_both_answered() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let mut invite = request(Method::Invite);
    let challenges = [
        (Door::Proxy, "Digest realm=\"a\", nonce=\"1\", qop=\"auth\""),
        (Door::Proxy, "Digest realm=\"b\", nonce=\"2\", qop=\"auth\""),
    ];
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &challenges).unwrap();
    let realms: Vec<_> = carried(&invite, Door::Proxy).into_iter().map(|credentials| credentials.realm).collect();
    assert_eq!(realms, ["a", "b"]);
}

#[test]
fn the_realms_of_a_challenge_are_those_that_can_be_answered() {
    let unknown = "Digest realm=\"b\", nonce=\"1\", algorithm=SHA-999";
    let all = [
        (Door::Proxy, "Basic realm=\"web\""),
        (Door::Proxy, unknown),
        (Door::Proxy, "Digest realm=\"z\", nonce=\"1\""),
        (Door::Proxy, "Digest realm=\"a\", nonce=\"1\", algorithm=MD5"),
        (Door::Proxy, "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256"),
    ];
    assert_eq!(realms_of(&challenged(&all)), ["a", "z"]);
    let mut refused = Message::response_to(&request(Method::Invite), 404, "", None);
    refused.headers.push(Door::Proxy.asks(), all[2].1);
    assert!(realms_of(&refused).is_empty(), "that is no challenge");
}

#[test]
fn a_known_nonce_is_used_ahead_with_a_growing_count_and_a_response_of_its_own_each_time() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let challenge = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", opaque=\"o\"")];
    let mut first = request(Method::Register);
    answer(&mut authenticator, &mut first, &mut Attempts::default(), &challenge).unwrap();
    let mut seen = vec![carried(&first, Door::Server)[0].response.clone()];
    for count in 2..5 {
        let mut again = request(Method::Register);
        again.set_uri(Uri::parse(&format!("sip:host{count}.example.org")).unwrap());
        authenticator.prepare(&mut again, &mut Attempts::default(), Realms::Any);
        let credentials = &carried(&again, Door::Server)[0];
        assert_eq!(credentials.qop.as_ref().map(|(_, count)| *count), Some(count));
        assert_eq!(credentials.uri, format!("sip:host{count}.example.org"), "A2 is made anew for each request");
        assert_eq!(credentials.opaque.as_deref(), Some("o"));
        assert!(!seen.contains(&credentials.response));
        seen.push(credentials.response.clone());
    }
}

#[test]
fn a_method_that_was_never_challenged_carries_no_credentials_ahead() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let challenge = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")];
    answer(&mut authenticator, &mut request(Method::Register), &mut Attempts::default(), &challenge).unwrap();
    for method in [Method::Invite, Method::Bye, Method::Options, Method::Message] {
        let mut other = request(method.clone());
        authenticator.prepare(&mut other, &mut Attempts::default(), Realms::Any);
        assert!(!other.headers.iter().any(|header| header.is_secret()), "{method}");
    }
}

#[test]
fn credentials_that_were_refused_are_not_sent_a_second_time() {
    let mut authenticator = Authenticator::new("anna", password("wrong"));
    let (mut register, mut attempts) = (request(Method::Register), Attempts::default());
    let first = [(Door::Server, "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"")];
    answer(&mut authenticator, &mut register, &mut attempts, &first).unwrap();
    let same = answer(&mut authenticator, &mut register, &mut attempts, &first);
    assert_eq!(same, Err(Refusal::Rejected("r".into())));
    let new = [(Door::Server, "Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"")];
    let new = answer(&mut authenticator, &mut register, &mut attempts, &new);
    assert_eq!(new, Err(Refusal::Rejected("r".into())), "a new nonce without stale is a refusal too");
}

#[test]
fn a_nonce_that_aged_is_replaced_with_or_without_stale() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let first = [(Door::Server, "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"")];
    answer(&mut authenticator, &mut request(Method::Register), &mut Attempts::default(), &first).unwrap();
    // Credentials sent ahead are refused with a new nonce, without a word about stale.
    let (mut register, mut attempts) = (request(Method::Register), Attempts::default());
    authenticator.prepare(&mut register, &mut attempts, Realms::Any);
    let silent = [(Door::Server, "Digest realm=\"r\", nonce=\"n2\", qop=\"auth\"")];
    answer(&mut authenticator, &mut register, &mut attempts, &silent).unwrap();
    // And an answer is refused because its nonce aged under way.
    let stale = [(Door::Server, "Digest realm=\"r\", nonce=\"n3\", qop=\"auth\", stale=TRUE")];
    answer(&mut authenticator, &mut register, &mut attempts, &stale).unwrap();
    let credentials = &carried(&register, Door::Server)[0];
    assert_eq!((credentials.nonce.as_str(), credentials.qop.as_ref().map(|qop| qop.1)), ("n3", Some(1)));
}

#[test]
fn a_server_that_says_stale_for_ever_is_left() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let (mut register, mut attempts) = (request(Method::Register), Attempts::default());
    let mut outcome = Ok(());
    let mut rounds = 0;
    while outcome.is_ok() && rounds < 50 {
        let challenge = format!("Digest realm=\"r\", nonce=\"n{rounds}\", qop=\"auth\", stale=true");
        outcome = answer(&mut authenticator, &mut register, &mut attempts, &[(Door::Server, &challenge)]);
        rounds += 1;
    }
    assert_eq!(outcome, Err(Refusal::TooOften));
    assert!(rounds <= 6, "{rounds} rounds");
}

#[test]
fn a_realm_that_is_not_pinned_gets_not_one_byte_of_credentials() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let mut invite = request(Method::Invite);
    let response = challenged(&[(Door::Proxy, "Digest realm=\"stranger\", nonce=\"n\", qop=\"auth\"")]);
    let pinned = ["ours".to_owned()];
    let realms = Realms::Only(&pinned);
    let refused = authenticator.answer(&mut invite, &response, &mut Attempts::default(), realms, &mut dice());
    assert_eq!(refused, Err(Refusal::ForeignRealm("stranger".into())));
    assert!(!invite.headers.iter().any(|header| header.is_secret()));
    // Beside ours, the stranger's challenge is passed over.
    let both = challenged(&[
        (Door::Proxy, "Digest realm=\"stranger\", nonce=\"n\", qop=\"auth\""),
        (Door::Proxy, "Digest realm=\"ours\", nonce=\"n\", qop=\"auth\""),
    ]);
    authenticator.answer(&mut invite, &both, &mut Attempts::default(), realms, &mut dice()).unwrap();
    assert_eq!(carried(&invite, Door::Proxy).len(), 1);
}

#[test]
fn weaker_than_demanded_is_refused() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    authenticator.demand("r", Strength { hash: Hash::Sha256, qop: true });
    let md5 = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\"")];
    let refused = answer(&mut authenticator, &mut request(Method::Register), &mut Attempts::default(), &md5);
    assert_eq!(refused, Err(Refusal::Weaker("r".into())));
    assert_eq!(authenticator.strongest("r"), None, "a refused challenge is not remembered");
    let sha = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256, qop=\"auth\"")];
    answer(&mut authenticator, &mut request(Method::Register), &mut Attempts::default(), &sha).unwrap();
    assert_eq!(authenticator.strongest("r"), Some(Strength { hash: Hash::Sha512_256, qop: true }));
}

#[test]
fn a_realm_that_has_asked_with_qop_gets_no_answer_without() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    let with = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")];
    answer(&mut authenticator, &mut request(Method::Register), &mut Attempts::default(), &with).unwrap();
    let seen = authenticator.strongest("r").expect("it has asked");
    assert_eq!(seen, Strength { hash: Hash::Md5, qop: true });
    authenticator.demand("r", seen);
    for stripped in ["", ", qop=\"\"", ", algorithm=SHA-256"] {
        let challenge = format!("Digest realm=\"r\", nonce=\"n2\"{stripped}");
        let mut register = request(Method::Register);
        let refused =
            answer(&mut authenticator, &mut register, &mut Attempts::default(), &[(Door::Server, &challenge)]);
        assert_eq!(refused, Err(Refusal::Weaker("r".into())), "{stripped}");
        assert!(!register.headers.iter().any(|header| header.is_secret()), "{stripped}");
    }
    // Beside one with qop it is passed over, and `auth-int` is no less.
    let both = [
        (Door::Server, "Digest realm=\"r\", nonce=\"n3\""),
        (Door::Server, "Digest realm=\"r\", nonce=\"n4\", qop=\"auth-int\""),
    ];
    let mut register = request(Method::Register);
    answer(&mut authenticator, &mut register, &mut Attempts::default(), &both).unwrap();
    assert_eq!(carried(&register, Door::Server)[0].nonce, "n4");
}

#[test]
fn what_was_kept_of_a_realms_strength_is_read_in_both_forms() {
    let read = |json: &str| serde_json::from_str::<Strength>(json).expect(json);
    assert_eq!(read("\"sha256\""), Strength { hash: Hash::Sha256, qop: false });
    let strength = Strength { hash: Hash::Sha512_256, qop: true };
    assert_eq!(read(&serde_json::to_string(&strength).expect("JSON")), strength);
}

#[test]
fn the_login_is_hashed_on_request_and_written_in_utf_8_otherwise() {
    let mut authenticator = Authenticator::new("J\u{e4}s\u{f8}n Doe", password("p"));
    let mut invite = request(Method::Invite);
    let hashed = "Digest realm=\"api@example.org\", nonce=\"n\", qop=\"auth\", algorithm=SHA-512-256, userhash=true";
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, hashed)]).unwrap();
    let credentials = &carried(&invite, Door::Server)[0];
    assert_eq!(credentials.username, "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
    assert!(credentials.userhash);
    let plain = "Digest realm=\"other\", nonce=\"n\", qop=\"auth\", charset=UTF-8";
    let mut invite = request(Method::Invite);
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, plain)]).unwrap();
    let text = invite.headers.get("Authorization").unwrap();
    assert!(text.contains("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"), "{text}");
    assert_eq!(carried(&invite, Door::Server)[0].username, "J\u{e4}s\u{f8}n Doe");
}

#[test]
fn quotes_and_backslashes_survive_and_qop_and_count_stand_without_quotes() {
    let challenge = r#"Digest realm="a \"b\" \\c", nonce="n", qop="auth", algorithm=MD5"#;
    let mut authenticator = Authenticator::new(r#"an"na"#, password("p"));
    let mut invite = request(Method::Invite);
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, challenge)]).unwrap();
    let text = invite.headers.get("Authorization").unwrap();
    for part in [r#"username="an\"na""#, r#"realm="a \"b\" \\c""#, "qop=auth,", "nc=00000001", "algorithm=MD5,"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(carried(&invite, Door::Server)[0].realm, r#"a "b" \c"#);
}

#[test]
fn challenges_that_contradict_themselves_or_are_huge_are_not_answered() {
    let long = format!("Digest realm=\"r\", nonce=\"{}\"", "n".repeat(5000));
    let many = format!("Digest realm=\"r\", nonce=\"n\"{}", (0..40).map(|n| format!(", x{n}=1")).collect::<String>());
    for bad in ["Digest realm=\"r\", nonce=\"n\", nonce=\"m\"", "Basic realm=\"r\"", "Digest nonce=\"n\"", &long, &many]
    {
        let auth = Auth::parse(bad).expect("some scheme");
        assert_eq!(Challenge::from_auth(&auth), None, "{bad:.60}");
        let mut invite = request(Method::Invite);
        let mut authenticator = Authenticator::new("anna", password("p"));
        let refused = answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Server, bad)]);
        assert_eq!(refused, Err(Refusal::Unsupported));
    }
}

#[test]
fn a_thousand_realms_do_not_grow_the_memory_or_the_request() {
    let mut authenticator = Authenticator::new("anna", password("p"));
    for realm in 0..1000 {
        let challenge = format!("Digest realm=\"r{realm}\", nonce=\"n\", qop=\"auth\"");
        let mut invite = request(Method::Invite);
        answer(&mut authenticator, &mut invite, &mut Attempts::default(), &[(Door::Proxy, &challenge)]).unwrap();
    }
    let mut invite = request(Method::Invite);
    authenticator.prepare(&mut invite, &mut Attempts::default(), Realms::Any);
    assert_eq!(invite.headers.count("Proxy-Authorization"), 16);
}

#[test]
fn nothing_of_password_or_credentials_shows_in_debug_output() {
    let mut authenticator = Authenticator::new("anna", password("CANARY-password"));
    let mut invite = request(Method::Invite);
    let challenge = [(Door::Server, "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"")];
    answer(&mut authenticator, &mut invite, &mut Attempts::default(), &challenge).unwrap();
    let credentials = carried(&invite, Door::Server).remove(0);
    for text in [format!("{authenticator:?}"), format!("{credentials:?}"), format!("{invite:?}")] {
        assert!(!text.contains("CANARY") && !text.contains(&credentials.response), "{text}");
    }
}

/// A server and a client of ours, each algorithm and quality, over the real header fields.
#[test]
fn our_verifier_accepts_our_authenticator_and_nobody_else() {
    for algorithm in Algorithm::ALL {
        for qop in [&[Qop::Auth][..], &[Qop::AuthInt], &[]] {
            let mut verifier = Verifier::new("r", &[algorithm], qop, Duration::from_secs(60), &mut dice());
            let now = Mono::from_millis(5_000);
            let mut response = Message::response_to(&request(Method::Invite), 407, "", None);
            verifier.challenge(&mut response, Door::Proxy, now, false, &mut dice());
            let right = |login: &str| (login == "anna").then(|| password("right"));
            for (given, verdict) in [("right", Verdict::Good("anna".into())), ("wrong", Verdict::Bad)] {
                let mut invite = request(Method::Invite).with_body("application/sdp", "v=0\r\n");
                assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), Verdict::Missing);
                let mut client = Authenticator::new("anna", password(given));
                let attempts = &mut Attempts::default();
                client.answer(&mut invite, &response, attempts, Realms::Any, &mut dice()).unwrap();
                assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), verdict, "{algorithm:?} {qop:?}");
                if qop == [Qop::AuthInt] {
                    invite.set_body("application/sdp", "v=0\r\nforged");
                    assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), Verdict::Bad, "the body is signed");
                }
            }
        }
    }
}

#[test]
fn a_recorded_answer_and_an_old_nonce_are_stale_and_a_forged_nonce_too() {
    let lifetime = Duration::from_secs(60);
    let mut verifier = Verifier::new("r", &[Algorithm::MD5], &[Qop::Auth], lifetime, &mut dice());
    let now = Mono::from_millis(5_000);
    let mut response = Message::response_to(&request(Method::Invite), 407, "", None);
    verifier.challenge(&mut response, Door::Proxy, now, false, &mut dice());
    let right = |_: &str| Some(password("right"));
    let mut client = Authenticator::new("anna", password("right"));
    let mut invite = request(Method::Invite);
    client.answer(&mut invite, &response, &mut Attempts::default(), Realms::Any, &mut dice()).unwrap();
    assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), Verdict::Good("anna".into()));
    assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), Verdict::Stale, "played back");
    let mut next = request(Method::Invite);
    client.prepare(&mut next, &mut Attempts::default(), Realms::Any);
    assert_eq!(verifier.verify(&next, Door::Proxy, now + lifetime * 2, right), Verdict::Stale, "too old");
    assert_eq!(verifier.verify(&next, Door::Proxy, now + lifetime, right), Verdict::Good("anna".into()));
    let forged = challenged(&[(Door::Proxy, "Digest realm=\"r\", nonce=\"4c4b40.x.y\", qop=\"auth\"")]);
    let mut other = Authenticator::new("anna", password("right"));
    let mut invite = request(Method::Invite);
    other.answer(&mut invite, &forged, &mut Attempts::default(), Realms::Any, &mut dice()).unwrap();
    assert_eq!(verifier.verify(&invite, Door::Proxy, now, right), Verdict::Stale, "not a nonce of ours");
}
