//! Every generated password follows the rules that it was made for: thousands of rules, none of them chosen by us.

use ringfence::base::Entropy;
use ringfence::phone::password_policy::{Generated, generate};
use ringfence::provider_api::password_rules::Rules;

const CLASSES: [&str; 9] =
    ["lower", "upper", "digit", "special", "[-!$*]", "[A-HJ-NP-Za-km-z2-9]", "[#]", "lower, digit", "ascii-printable"];

/// Rules as providers might write them, and some as nobody would.
fn some_rules(dice: &mut Entropy) -> String {
    let mut parts = Vec::new();
    let mut number = |below: u32| dice.bits32() % below;
    let min = number(20);
    if number(2) == 0 {
        parts.push(format!("minlength: {min};"));
    }
    if number(2) == 0 {
        parts.push(format!("maxlength: {};", min + number(20)));
    }
    for _ in 0..number(5) {
        parts.push(format!("required: {};", CLASSES[number(9) as usize]));
    }
    if number(2) == 0 {
        parts.push(format!("allowed: {};", CLASSES[number(9) as usize]));
    }
    if number(3) == 0 {
        parts.push(format!("max-consecutive: {};", 1 + number(3)));
    }
    parts.join(" ")
}

#[test]
fn every_generated_password_follows_its_rules() {
    let mut dice = Entropy::from_number(2026);
    let (mut made, mut impossible) = (0, Vec::new());
    for _ in 0..4_000 {
        let text = some_rules(&mut dice);
        let Ok(rules) = Rules::parse(&text) else { continue };
        assert_eq!(Rules::parse(&rules.to_string()).as_ref(), Ok(&rules), "{text}");
        match generate(&rules, &mut dice) {
            Ok(Generated { password, length, .. }) => {
                let password = password.expose("in a test");
                assert_eq!(rules.check(password), Ok(()), "{text}");
                assert_eq!(password.chars().count(), length as usize, "{text}");
                made += 1;
            }
            Err(_) => impossible.push(text),
        }
    }
    assert!(made > 3_000, "only {made} of 4,000 rules gave a password");
    // What cannot be done: one character only, but never twice in a row.
    for text in impossible {
        let narrow = text.contains("[#]") && text.contains("max-consecutive");
        assert!(narrow, "no password was found for: {text}");
    }
}

#[test]
fn no_two_passwords_are_the_same() {
    let mut dice = Entropy::from_number(7);
    let rules = Rules::default();
    let all: std::collections::BTreeSet<String> =
        (0..1_000).map(|_| generate(&rules, &mut dice).unwrap().password.expose("in a test").clone()).collect();
    assert_eq!(all.len(), 1_000);
}
