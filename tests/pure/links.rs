//! T16: links fill the field and never dial, whatever they hold.

use ringfence::base::Entropy;
use ringfence::phone::command::{Command, Dialled};
use ringfence::phone::event::Event;
use ringfence::phone::link::{Link, LinkError, looks_like_link};
use ringfence::phone::{Config, Input, Output, Phone, VaultUse, fuzz};

#[test]
fn a_link_is_read_as_the_standards_say() {
    for (link, text, cut) in [
        ("tel:+442079460958", "+442079460958", false),
        ("TEL:+44-20-7946.0958", "+442079460958", false),
        ("tel:+44(20)79460958", "+442079460958", false),
        ("tel:%2B442079460958", "+442079460958", false),
        ("tel:02079460958", "02079460958", false),
        ("tel:7042;phone-context=example.com", "7042", true),
        ("tel:863-1234;phone-context=+1-914-555", "+19145558631234", true),
        ("tel:+1-201-555-0123;ext=12;isub=4", "+12015550123", true),
        ("tel:+358-555-1234567;postd=pp22", "+3585551234567", true),
        ("tel:112", "112", false),
        ("sip:anna@example.org", "anna@example.org", false),
        ("SIP:anna.b@EXAMPLE.org:5080", "anna.b@example.org:5080", false),
        ("sips:anna@example.org", "sips:anna@example.org", false),
        ("sip:+442079460958@voip.example;user=phone", "+442079460958@voip.example", true),
        ("sip:%61nna@example.org", "anna@example.org", false),
        ("sip:anna:secret@example.org", "anna@example.org", true),
        ("sip:anna@example.org?Subject=x&Replaces=1", "anna@example.org", true),
        ("sip:anna@[2001:db8::1]", "anna@[2001:db8::1]", false),
        ("callto:+442079460958", "+442079460958", false),
        ("callto://+442079460958/", "+442079460958", true),
        ("callto:anna@example.org", "anna@example.org", false),
    ] {
        assert!(looks_like_link(link), "{link}");
        assert_eq!(Link::parse(link), Ok(Link { text: text.into(), cut }), "{link}");
    }
}

/// What a page could hand over. `None`: refused; otherwise all that may be left of it.
const HOSTILE: [(&str, Option<&str>); 104] = [
    // Not links, or not ours.
    ("", None),
    (" ", None),
    ("tel", None),
    ("http://evil.example/", None),
    ("javascript:alert(1)", None),
    ("file:///etc/passwd", None),
    ("--profile", None),
    ("--profile=/tmp/evil", None),
    ("-h", None),
    ("--", None),
    ("agent", None),
    ("demo", None),
    ("telx:123", None),
    ("tel 123", None),
    (";tel:123", None),
    ("x-tel:123", None),
    // Lines, controls, text that turns around, other scripts.
    ("tel:123\n", None),
    ("tel:123\r\nContact: <sip:evil@x>", None),
    ("tel:12\t3", None),
    ("tel:12\u{0}3", None),
    ("tel:123\u{202e}321", None),
    ("tel:١٢٣", None),
    ("tel:１２３", None),
    ("sip:ann\u{430}@example.org", None),
    ("sip:anna@ex\u{e4}mple.org", None),
    ("tel:1 23\u{a0}4", None),
    ("tel:%0a123", None),
    ("tel:123%0d%0aVia:", None),
    ("tel:123%00", None),
    ("sip:anna%0d%0aX:y@example.org", None),
    ("sip:anna%20b@example.org", None),
    ("sip:%22anna%22@example.org", None),
    ("sip:a%3cscript%3e@example.org", None),
    ("sip:anna%40evil.example@example.org", None),
    ("sip:anna%00@example.org", None),
    ("sip:an%na@example.org", None),
    // Codes that forward calls, hide the caller or wipe telephones.
    ("tel:*21*09067012345#", None),
    ("tel:**21*09067012345%23", None),
    ("tel:*%2321%23", None),
    ("tel:%2A2767%2A3855%23", None),
    ("tel:*72", None),
    ("tel:#31#02079460958", None),
    ("tel:*#06#", None),
    ("tel:02079460958*21*123#", Some("02079460958")),
    ("tel:02079460958#", Some("02079460958")),
    ("tel:02079460958%23123", Some("02079460958")),
    ("sip:*98@example.org", None),
    ("sip:%2a21%2a123%23@example.org", None),
    ("sip:100*21@example.org", Some("100@example.org")),
    ("callto:*72", None),
    ("callto://*21*123#", None),
    // Digits that would be sent after the answer.
    ("tel:+442079460958,,1234", Some("+442079460958")),
    ("tel:+442079460958;postd=09067012345", Some("+442079460958")),
    ("tel:+442079460958p1234", None),
    ("tel:+442079460958w1234", None),
    ("tel:+442079460958;POSTD=1;ext=*72", Some("+442079460958")),
    ("sip:100;postd=99@example.org", Some("100@example.org")),
    ("sip:100,,99@example.org", Some("100@example.org")),
    ("callto:+442079460958,99", Some("+442079460958")),
    // Headers, parameters, passwords.
    ("sip:x?Replaces=1", None),
    ("sip:anna@example.org?Replaces=a%3Bto-tag%3Db", Some("anna@example.org")),
    ("sip:anna@example.org?Call-Info=answer-after%3D0", Some("anna@example.org")),
    ("sip:anna@example.org;method=REFER", Some("anna@example.org")),
    ("sip:anna@example.org;maddr=evil.example", Some("anna@example.org")),
    ("sip:anna@example.org;transport=udp", Some("anna@example.org")),
    ("sip:anna@example.org;lr;x=<y>", None),
    ("sip:anna@example.org?body=%0d%0a", Some("anna@example.org")),
    ("sip:anna@example.org?Subject=a@b", Some("anna@example.org")),
    ("sip:anna:pa@ss@example.org", None),
    ("sip:anna:secret@evil.example@example.org", None),
    ("sip:@example.org", None),
    ("sip::secret@example.org", None),
    ("sip:;x@example.org", None),
    ("sips:anna", None),
    ("sip:", None),
    ("sips:", None),
    ("sip:anna@", None),
    ("sip:anna@example.org:0", None),
    ("sip:anna@example.org:99999", None),
    ("sip:anna@example.org:50a", None),
    ("sip:anna@exa mple.org", None),
    ("sip:anna@..", None),
    ("sip:anna@-evil", None),
    ("sip:anna@[::1", None),
    ("sip:anna@[zz]", None),
    ("sip:anna@example.org/../../x", None),
    ("sip://anna@example.org", None),
    ("sip:anna@example.org%00.evil", None),
    ("sip:<sip:anna@example.org>", None),
    ("sip:\"x\"<sip:anna@example.org>", None),
    ("sip:anna@example.org,bob@example.org", None),
    // Numbers that are none.
    ("tel:", None),
    ("tel:+", None),
    ("tel:-", None),
    ("tel:()", None),
    ("tel:++44", None),
    ("tel:44+20", None),
    ("tel:anna", None),
    ("tel://+442079460958", None),
    ("tel:+44207946095812345678901234567890123", None),
    ("tel:123;phone-context=+", None),
    ("tel:123;phone-context=+44*21", Some("+44123")),
    ("tel:123;phone-context=+%0a", None),
    ("callto:", None),
];

#[test]
fn of_a_hundred_hostile_links_nothing_is_left_that_does_more_than_fill_the_field() {
    for (link, left) in HOSTILE {
        let parsed = Link::parse(link);
        assert_eq!(parsed.as_ref().ok().map(|link| link.text.as_str()), left, "{link:?}: {parsed:?}");
        assert!(parsed.is_err() || parsed.unwrap().cut, "{link:?}: it is said that something is missing");
    }
    let long = format!("tel:{}", "1".repeat(100_000));
    assert_eq!(Link::parse(&long), Err(LinkError::NotALink));
}

#[test]
fn what_is_left_of_a_link_is_what_the_field_would_dial() {
    for (_, left) in HOSTILE {
        let Some(left) = left else { continue };
        let dialled = Dialled::parse(left).unwrap();
        assert_eq!(dialled.as_str(), left);
    }
}

#[test]
fn a_link_makes_an_event_and_nothing_else() {
    let mut phone = Phone::new(Config { vault: VaultUse::Session, ..Config::default() }, Entropy::from_number(1));
    let now = ringfence::base::Now::default();
    let _loaded: Vec<Output> = phone.handle(now, Input::Loaded(Vec::new())).collect();
    for (link, _) in HOSTILE.into_iter().chain([("tel:112", None), ("sip:anna@example.org", None)]) {
        for input in [Input::Link(link.to_owned()), Input::Command(None, Command::OpenLink(link.to_owned()))] {
            let outputs: Vec<Output> = phone.handle(now, input).collect();
            let (events, others): (Vec<_>, Vec<_>) =
                outputs.into_iter().partition(|output| matches!(output, Output::Event(_)));
            assert!(matches!(others.as_slice(), [Output::Timeout(None)]), "{link:?}: {others:?}");
            assert!(matches!(
                events.as_slice(),
                [Output::Event(Event::LinkArrived(_)), Output::Event(Event::RaiseWindow)]
            ));
            assert!(phone.view().calls.is_empty() && phone.view().guard.is_none());
        }
    }
}

#[test]
fn of_a_hundred_links_the_one_in_the_field_is_still_a_link_when_it_is_dialled() {
    // The newest are remembered, and nothing grows with what a page sends.
    let mut phone = Phone::new(Config { vault: VaultUse::Session, ..Config::default() }, Entropy::from_number(1));
    let now = ringfence::base::Now::default();
    let _loaded: Vec<Output> = phone.handle(now, Input::Loaded(Vec::new())).collect();
    for number in 0..10_000 {
        let outputs = phone.handle(now, Input::Link(format!("tel:+3712100{number:04}")));
        assert_eq!(outputs.filter(|output| !matches!(output, Output::Event(_) | Output::Timeout(None))).count(), 0);
    }
    let debug = format!("{phone:?}");
    assert!(debug.contains("+37121009999") && !debug.contains("+37121000000"), "only the newest links are kept");
}

#[test]
fn only_arguments_that_begin_like_a_link_are_taken_for_one() {
    for argument in ["--profile", "-h", "agent", "demo", "telephone", "sip", "", "./tel:1", "http://x"] {
        assert!(!looks_like_link(argument), "{argument}");
    }
    for argument in ["tel:1", "SIP:a@b", "sips:a@b", "CallTo:1", "tel:--profile"] {
        assert!(looks_like_link(argument), "{argument}");
    }
}

#[test]
fn mutated_links_and_numbers_keep_their_promises() {
    let mut dice = Entropy::from_number(16);
    let pieces = [
        "tel:",
        "sip:",
        "sips:",
        "callto:",
        "+44",
        "anna",
        "@",
        "example.org",
        ";",
        "=",
        "?",
        "*",
        "#",
        "%23",
        "%0a",
        "%",
        ",",
        "-",
        "(0)",
        "999",
        "09067012345",
        "[::1]",
        ":5060",
        "\u{202e}",
        "٩",
        " ",
        "phone-context=+1",
        "//",
        "\n",
        "<",
        "00881",
    ];
    for _ in 0..100_000 {
        let mut text = String::new();
        for _ in 0..(1 + dice.bits32() % 8) {
            text.push_str(pieces[usize::try_from(dice.bits32()).unwrap() % pieces.len()]);
        }
        fuzz::link(text.as_bytes());
        fuzz::number(text.as_bytes());
    }
}
