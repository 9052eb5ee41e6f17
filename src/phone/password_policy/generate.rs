//! Makes passwords: 24 characters of 57 that are not mistaken for one another, 140 bits, or as near to that as the
//! provider's rules allow.

use zeroize::Zeroizing;

use crate::base::{Entropy, Secret};
use crate::provider_api::password_rules::{Class, Rules};

/// No `0`, `O`, `1`, `I`, `l`: letters and digits that survive a telephone call and a squint.
pub const UNAMBIGUOUS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/// What breaks configuration files, XML, and the web forms of telephone adapters.
const TROUBLE: &str = "\"\\;,:&<>'`%$ ";
/// How long, if the rules leave it to us.
const LENGTH: u32 = 24;
/// Below so many bits a password is weak.
pub const STRONG_BITS: u32 = 80;
/// Draws until one follows the rules. More are only needed where the rules are odd.
const DRAWS: u32 = 2_000;

/// A password and how hard it is to guess.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Generated {
    /// The password.
    pub password: Secret<String>,
    /// Its length in characters.
    pub length: u32,
    /// At least so many bits of dice are in it.
    pub bits: u32,
}

impl Generated {
    /// Whether the provider's rules made it weaker than it should be: then it is to be said.
    #[must_use]
    pub const fn is_weak(&self) -> bool {
        self.bits < STRONG_BITS
    }
}

/// No password follows these rules, or none was found.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
#[error("no password can be made that follows these rules")]
pub struct Impossible;

/// Makes a password that follows `rules`.
///
/// # Errors
/// If none was found: the rules contradict each other.
pub fn generate(rules: &Rules, dice: &mut Entropy) -> Result<Generated, Impossible> {
    let length = LENGTH.max(rules.min_length.unwrap_or(0)).min(rules.max_length.unwrap_or(u32::MAX));
    let required: Vec<Class> = rules.required.iter().map(|class| preferred(*class)).collect();
    let alphabet = required.iter().fold(preferred(rules.usable()), |all, class| all.or(*class));
    let letters: Vec<char> = alphabet.ascii().collect();
    if letters.is_empty() || length == 0 {
        return Err(Impossible);
    }
    let share = accepted(&required, alphabet, length);
    // Drawing until all is well makes each password equally likely; where that would take too long, one character
    // of each class is set first.
    let drawn = share > 16.0 / f64::from(DRAWS);
    for _ in 0..DRAWS {
        let mut draft = Zeroizing::new(Vec::with_capacity(length as usize));
        if !drawn {
            for class in required.iter().take(length as usize) {
                let members: Vec<char> = class.ascii().collect();
                draft.extend(pick(&members, dice));
            }
        }
        while draft.len() < length as usize {
            let next = pick(&letters, dice);
            // Of few letters, hardly any draw would be without repeats: they are left out as they come.
            if letters.len() < 2 || !repeats(&draft, next, rules.max_consecutive) {
                draft.extend(next);
            }
        }
        if !drawn {
            shuffle(&mut draft, dice);
        }
        let mut password = String::with_capacity(draft.len());
        password.extend(draft.iter());
        let password = Secret::new(password);
        if rules.check(password.expose("does it follow the rules?")).is_ok() {
            // At each place at most one letter is left out.
            let choices = letters.len() - usize::from(rules.max_consecutive.is_some() && letters.len() > 1);
            let bits = if drawn { bits(choices, length) + share.log2() } else { set_bits(&required, choices, length) };
            return Ok(Generated { password, length, bits: whole(bits) });
        }
    }
    Err(Impossible)
}

/// Of a class, the characters that are best to read; if there are none, those that break nothing; if there are none,
/// all.
fn preferred(class: Class) -> Class {
    let readable = class.and(Class::of(UNAMBIGUOUS));
    let harmless = class.and(Class::PRINTABLE).without(Class::of(TROUBLE));
    [readable, harmless].into_iter().find(|some| !some.is_empty()).unwrap_or(class.and(Class::PRINTABLE))
}

/// One of `letters`, each equally likely: what would favour the first ones is thrown away.
fn pick(letters: &[char], dice: &mut Entropy) -> Option<char> {
    let count = u32::try_from(letters.len()).ok().filter(|count| *count > 0)?;
    let fair = u32::MAX - u32::MAX % count;
    loop {
        let bits = dice.bits32();
        if bits < fair {
            return letters.get((bits % count) as usize).copied();
        }
    }
}

/// Whether one more of this letter would be one too many in a row.
fn repeats(draft: &[char], next: Option<char>, max: Option<u32>) -> bool {
    let Some(max) = max.and_then(|max| usize::try_from(max).ok()) else { return false };
    let run = draft.iter().rev().take_while(|letter| Some(**letter) == next).count();
    run >= max
}

/// Fisher and Yates'.
fn shuffle(letters: &mut [char], dice: &mut Entropy) {
    for last in (1..letters.len()).rev() {
        let places: Vec<char> = (0..=u32::try_from(last).unwrap_or(0)).filter_map(char::from_u32).collect();
        let other = pick(&places, dice).map_or(last, |place| place as usize);
        letters.swap(last, other);
    }
}

/// Bits of `length` characters of so many.
fn bits(letters: usize, length: u32) -> f64 {
    f64::from(u32::try_from(letters).unwrap_or(1)).log2() * f64::from(length)
}

/// Bits where one character of each class was set: what the shuffling adds is not counted.
fn set_bits(required: &[Class], letters: usize, length: u32) -> f64 {
    let set: f64 = required.iter().map(|class| f64::from(class.ascii_count().max(1)).log2()).sum();
    let free = length.saturating_sub(u32::try_from(required.len()).unwrap_or(length));
    set + bits(letters, free)
}

/// The share of all draws that has one of each class, by inclusion and exclusion. With more than eight classes the
/// other way is taken.
fn accepted(required: &[Class], alphabet: Class, length: u32) -> f64 {
    if required.len() > 8 {
        return 0.0;
    }
    let all = f64::from(alphabet.ascii_count());
    let subsets = 0_u32..1 << required.len();
    subsets
        .map(|subset| {
            let chosen = required.iter().enumerate().filter(|(at, _)| subset & (1 << at) != 0);
            let without = chosen.fold(Class::NONE, |union, (_, class)| union.or(*class));
            let rest = f64::from(alphabet.without(without).ascii_count()) / all;
            let sign = if subset.count_ones().is_multiple_of(2) { 1.0 } else { -1.0 };
            sign * rest.powi(i32::try_from(length).unwrap_or(i32::MAX))
        })
        .sum()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and some thousand")]
fn whole(bits: f64) -> u32 {
    bits.max(0.0).floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rules: &str, seed: u64) -> Generated {
        generate(&Rules::parse(rules).unwrap(), &mut Entropy::from_number(seed)).unwrap()
    }

    fn text(made: &Generated) -> &str {
        made.password.expose("in a test")
    }

    #[test]
    fn without_rules_it_has_24_characters_of_57_and_140_bits() {
        let made = made("", 1);
        assert_eq!((made.length, made.bits, made.is_weak()), (24, 139, false));
        assert_eq!(UNAMBIGUOUS.chars().count(), 57);
        assert!(text(&made).chars().all(|c| UNAMBIGUOUS.contains(c)));
    }

    #[test]
    fn nine_to_ten_characters_are_honoured_and_called_weak() {
        let rules = "minlength: 9; maxlength: 10; required: lower; required: upper; required: digit; required: [-!$*]; \
                     allowed: [A-HJ-NP-Za-km-z2-9]; max-consecutive: 2";
        for seed in 0..200 {
            let made = made(rules, seed);
            assert_eq!(made.length, 10);
            assert!((52..60).contains(&made.bits) && made.is_weak(), "{}", made.bits);
            assert_eq!(Rules::parse(rules).unwrap().check(text(&made)), Ok(()));
            assert!(!text(&made).contains('$'), "a character that breaks configuration files was not needed");
        }
    }

    #[test]
    fn digits_only_and_characters_that_we_would_avoid_are_made_where_nothing_else_is_allowed() {
        let pin = made("minlength: 4; maxlength: 6; allowed: digit", 3);
        assert!(text(&pin).chars().all(|c| c.is_ascii_digit()) && pin.length == 6 && pin.bits == 18, "{pin:?}");
        assert_eq!(text(&made("maxlength: 3; allowed: [\"]", 3)), "\"\"\"");
    }

    #[test]
    fn many_narrow_classes_are_set_and_not_waited_for() {
        let rules =
            "maxlength: 8; required: [!]; required: [#]; required: [+]; required: [=]; required: [?]; allowed: lower";
        let made = made(rules, 4);
        assert_eq!(Rules::parse(rules).unwrap().check(text(&made)), Ok(()));
        assert!((10..24).contains(&made.bits), "{}", made.bits);
    }

    #[test]
    fn rules_that_contradict_each_other_are_given_up() {
        let rules = Rules::parse("minlength: 5; allowed: [a]; max-consecutive: 1").unwrap();
        assert_eq!(generate(&rules, &mut Entropy::from_number(5)), Err(Impossible));
    }

    #[test]
    fn each_character_is_as_likely_as_the_others() {
        let (mut dice, mut counts) = (Entropy::from_number(6), std::collections::BTreeMap::new());
        let rules = Rules::default();
        for _ in 0..2_000 {
            for c in text(&generate(&rules, &mut dice).unwrap()).chars() {
                *counts.entry(c).or_insert(0_u32) += 1;
            }
        }
        // 48,000 characters of 57: 842 each, standard deviation 29. Six of them are a one in 10⁸ event; the seed is fixed.
        assert_eq!(counts.len(), 57);
        assert!(counts.values().all(|count| (842 - 174..842 + 174).contains(count)), "{counts:?}");
    }
}
