//! Dial, ask or block: the rules, the caps, and what is remembered.

use ringfence::base::{Mono, Now};
use ringfence::phone::guard::destination::classify;
use ringfence::phone::guard::judge::{Attempt, Guard, Reason, Refusal, Verdict};
use ringfence::phone::guard::{Class, Destination, Night, Region, Rules, Surroundings};
use ringfence::phone::view::{GuardFrom, GuardRule};

fn number(text: &str) -> Destination {
    let home = Region::parse("GB");
    classify(text, &Surroundings { home, chosen: true, outside_prefix: "", domain: "voip.example", emergency: &[] })
}

fn now(secs: u64) -> Now {
    Now { mono: Mono::from_millis(secs * 1000), ..Now::default() }
}

fn attempt(destination: &Destination) -> Attempt<'_> {
    Attempt { destination, from: GuardFrom::Person, live: 0, missed: false, known: false, elsewhere: false, hour: 12 }
}

fn judged(rules: &Rules, text: &str) -> Verdict {
    let destination = number(text);
    Guard::default().judge(now(0), rules, &attempt(&destination))
}

fn reasons(verdict: Verdict) -> Vec<Reason> {
    let Verdict::Ask { reasons, .. } = verdict else { panic!("{verdict:?}") };
    reasons
}

#[test]
fn ordinary_calls_are_dialled_and_what_may_be_dear_asks_or_is_blocked() {
    let rules = Rules::default();
    for text in ["02079460958", "08001234567", "anna@elsewhere.example", "201", "*98", "999"] {
        assert_eq!(judged(&rules, text), Verdict::Dial, "{text}");
    }
    for (text, word) in [
        ("+33123456789", None),
        ("118118", None),
        ("**21*201#", None),
        ("09067012345", Some("premium")),
        ("07012345678", Some("personal")),
        ("+80812345678", Some("shared")),
        ("+448401234567", Some("unknown")),
    ] {
        let Verdict::Ask { word: wanted, .. } = judged(&rules, text) else { panic!("{text} is not asked about") };
        assert_eq!(wanted, word, "{text}");
    }
    assert_eq!(judged(&rules, "+881612345678"), Verdict::Block(Refusal::Rule));
    assert_eq!(judged(&rules, "+979123456789"), Verdict::Block(Refusal::Rule));
}

#[test]
fn a_confirmed_country_is_not_asked_about_again_but_its_premium_numbers_are() {
    let mut rules = Rules::default();
    assert!(rules.confirm(&number("+33123456789")));
    assert_eq!(judged(&rules, "+33612345678"), Verdict::Dial);
    assert_eq!(reasons(judged(&rules, "+37121234567")), [Reason::Rule]);
    assert_eq!(reasons(judged(&rules, "+33899123456")), [Reason::Rule]);
    assert!(!rules.confirm(&number("+33899123456")), "dear numbers are asked about each time");
    assert!(!rules.confirm(&number("09067012345")));
    assert!(rules.confirm(&number("118118")));
    assert_eq!(judged(&rules, "118118"), Verdict::Dial);
    assert_ne!(judged(&rules, "118500"), Verdict::Dial);
}

#[test]
fn what_the_person_sets_goes_before_the_defaults() {
    let mut rules = Rules::default();
    rules.classes.insert(Class::Premium, GuardRule::Block);
    rules.classes.insert(Class::Satellite, GuardRule::Ask);
    rules.classes.insert(Class::Abroad, GuardRule::Allow);
    rules.countries.insert(Region::parse("LV").unwrap(), GuardRule::Block);
    rules.countries.insert(Region::parse("FR").unwrap(), GuardRule::Ask);
    assert_eq!(judged(&rules, "09067012345"), Verdict::Block(Refusal::Rule));
    assert!(matches!(judged(&rules, "+881612345678"), Verdict::Ask { word: Some("satellite"), .. }));
    // Not even the person allows these for good.
    rules.classes.insert(Class::Satellite, GuardRule::Allow);
    assert!(matches!(judged(&rules, "+881612345678"), Verdict::Ask { word: Some("satellite"), .. }));
    assert_eq!(judged(&rules, "+34911234567"), Verdict::Dial);
    assert_eq!(judged(&rules, "+37121234567"), Verdict::Block(Refusal::Rule));
    assert_eq!(reasons(judged(&rules, "+33123456789")), [Reason::Rule]);
    // A blocked country blocks its premium numbers, too.
    rules.classes.insert(Class::Premium, GuardRule::Allow);
    assert_eq!(judged(&rules, "+37190012345"), Verdict::Block(Refusal::Rule));
    // Emergency numbers have no rule.
    rules.classes.insert(Class::Emergency, GuardRule::Block);
    assert_eq!(judged(&rules, "999"), Verdict::Dial);
}

#[test]
fn lockdown_leaves_ordinary_calls_and_emergency_calls() {
    let mut rules = Rules { lockdown: true, ..Rules::default() };
    rules.confirm(&number("+33123456789"));
    rules.classes.insert(Class::Premium, GuardRule::Allow);
    for text in ["+33123456789", "09067012345", "118118", "*21*02079460958#"] {
        assert_eq!(judged(&rules, text), Verdict::Block(Refusal::Lockdown), "{text}");
    }
    assert_eq!(judged(&rules, "+881612345678"), Verdict::Block(Refusal::Rule), "it was blocked before");
    for text in ["02079460958", "08001234567", "anna@voip.example", "999"] {
        assert_eq!(judged(&rules, text), Verdict::Dial, "{text}");
    }
}

#[test]
fn the_thirteenth_call_within_ten_minutes_waits_and_the_next_window_is_free() {
    let (rules, home) = (Rules::default(), number("02079460958"));
    let mut guard = Guard::default();
    for call in 0..12 {
        assert_eq!(guard.judge(now(call * 10), &rules, &attempt(&home)), Verdict::Dial, "{call}");
        guard.placed(now(call * 10), &home);
    }
    assert_eq!(guard.judge(now(200), &rules, &attempt(&home)), Verdict::Block(Refusal::TooMany(12, 401)));
    // What costs nothing is not counted, nor stopped, and emergency calls never are.
    for text in ["anna@voip.example", "201", "999"] {
        let free = number(text);
        assert_eq!(guard.judge(now(200), &rules, &attempt(&free)), Verdict::Dial, "{text}");
    }
    assert_eq!(guard.judge(now(600), &rules, &attempt(&home)), Verdict::Dial, "the first one is ten minutes old");
    guard.placed(now(600), &home);
    assert_eq!(guard.judge(now(601), &rules, &attempt(&home)), Verdict::Block(Refusal::TooMany(12, 10)));
    assert_eq!(guard.judge(now(5000), &rules, &attempt(&home)), Verdict::Dial);
}

#[test]
fn a_third_call_at_the_same_time_is_refused_unless_it_is_an_emergency() {
    let (rules, guard) = (Rules::default(), Guard::default());
    let with = |text: &str, live| {
        let destination = number(text);
        guard.judge(now(0), &rules, &Attempt { live, ..attempt(&destination) })
    };
    assert_eq!(with("02079460958", 1), Verdict::Dial);
    assert_eq!(with("02079460958", 2), Verdict::Block(Refusal::AtOnce(2)));
    assert_eq!(with("112", 9), Verdict::Dial);
}

#[test]
fn a_burst_of_numbers_that_begin_alike_wants_a_word() {
    let mut rules = Rules::default();
    rules.confirm(&number("+37121234567"));
    let mut guard = Guard::default();
    for (at, text) in [(0, "+37121234561"), (10, "+37121234562"), (20, "+37121234563")] {
        assert_eq!(guard.judge(now(at), &rules, &attempt(&number(text))), Verdict::Dial, "{text}");
        guard.placed(now(at), &number(text));
    }
    let fourth = number("+37121234564");
    let verdict = guard.judge(now(30), &rules, &attempt(&fourth));
    assert_eq!(verdict, Verdict::Ask { word: Some("abroad"), reasons: vec![Reason::Alike] });
    // The same number again is no burst, and a while later it is over.
    let again = number("+37121234563");
    assert_eq!(guard.judge(now(30), &rules, &attempt(&again)), Verdict::Dial);
    assert_eq!(guard.judge(now(640), &rules, &attempt(&fourth)), Verdict::Dial);
}

#[test]
fn a_missed_call_from_abroad_a_redirect_and_the_night_ask_though_the_country_is_confirmed() {
    let mut rules = Rules::default();
    let (latvia, home) = (number("+37121234567"), number("02079460958"));
    rules.confirm(&latvia);
    let guard = Guard::default();
    let judge = |attempt: Attempt<'_>| guard.judge(now(0), &rules, &attempt);
    assert_eq!(reasons(judge(Attempt { missed: true, ..attempt(&latvia) })), [Reason::ReturnsMissed]);
    assert_eq!(reasons(judge(Attempt { from: GuardFrom::Redirect, ..attempt(&latvia) })), [Reason::Redirected]);
    assert_eq!(reasons(judge(Attempt { hour: 23, ..attempt(&latvia) })), [Reason::Night]);
    assert_eq!(reasons(judge(Attempt { hour: 5, ..attempt(&latvia) })), [Reason::Night]);
    assert_eq!(judge(Attempt { hour: 6, ..attempt(&latvia) }), Verdict::Dial);
    let all = Attempt { missed: true, from: GuardFrom::Redirect, hour: 0, ..attempt(&home) };
    assert_eq!(judge(all), Verdict::Dial, "an ordinary call at home is one at night, too");
}

#[test]
fn what_a_link_named_is_asked_about_once_unless_it_is_an_ordinary_number_at_home() {
    let mut rules = Rules::default();
    rules.confirm(&number("+37121234567"));
    rules.confirm(&number("118118"));
    let guard = Guard::default();
    let linked = |text: &str, known, elsewhere| {
        let destination = number(text);
        guard.judge(now(0), &rules, &Attempt { from: GuardFrom::Link, known, elsewhere, ..attempt(&destination) })
    };
    // Confirmed, without a price, or never ruled: the link's word is not enough.
    for text in ["+37121234567", "118118", "anna@elsewhere.example", "201", "*98"] {
        assert_eq!(judged(&rules, text), Verdict::Dial, "typed: {text}");
        assert_eq!(linked(text, false, false), Verdict::Ask { word: None, reasons: vec![Reason::Linked] }, "{text}");
        assert_eq!(linked(text, true, false), Verdict::Dial, "called before: {text}");
    }
    for text in ["02079460958", "08001234567", "999"] {
        assert_eq!(linked(text, false, false), Verdict::Dial, "{text}");
    }
    assert_eq!(reasons(linked("02079460958", false, true)), [Reason::Linked], "by another provider's server");
    assert_eq!(linked("112", false, true), Verdict::Dial, "nothing is asked about an emergency number");
    // What is dear wants its word, known or not, and what is blocked stays blocked.
    let Verdict::Ask { word, reasons } = linked("09067012345", false, false) else { panic!("it is not asked about") };
    assert_eq!((word, reasons), (Some("premium"), vec![Reason::Rule, Reason::Linked]));
    assert!(matches!(linked("09067012345", true, false), Verdict::Ask { word: Some("premium"), .. }));
    assert_eq!(linked("+881612345678", false, false), Verdict::Block(Refusal::Rule));
    let lockdown = Rules { lockdown: true, ..Rules::default() };
    let latvia = number("+37121234567");
    let verdict = guard.judge(now(0), &lockdown, &Attempt { from: GuardFrom::Link, ..attempt(&latvia) });
    assert_eq!(verdict, Verdict::Block(Refusal::Lockdown));
}

#[test]
fn the_night_may_begin_before_midnight_or_not_be_there() {
    let hours = |night: Night| (0..24).filter(|hour| night.is(*hour)).collect::<Vec<u8>>();
    assert_eq!(hours(Night { on: true, from: 23, to: 2 }), [0, 1, 23]);
    assert_eq!(hours(Night { on: true, from: 1, to: 3 }), [1, 2]);
    assert!(hours(Night { on: false, from: 23, to: 6 }).is_empty());
    assert!(hours(Night { on: true, from: 5, to: 5 }).is_empty());
}

#[test]
fn rules_are_kept_and_settings_without_them_are_read_with_the_defaults() {
    let mut rules = Rules { home: Region::parse("GB"), ..Rules::default() };
    rules.confirm(&number("+33123456789"));
    rules.confirm(&number("118118"));
    rules.classes.insert(Class::Premium, GuardRule::Block);
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rules>(&text).unwrap(), rules, "{text}");
    let old: ringfence::phone::settings::Settings = serde_json::from_str(r#"{"theme":"dark"}"#).unwrap();
    assert_eq!(old.guard, Rules::default());
    assert_eq!(old.guard.rule(Class::Satellite), GuardRule::Block);
}
