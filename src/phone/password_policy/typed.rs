//! Judges a password that a person typed or pasted.

use super::common;
use crate::base::Secret;
use crate::provider_api::password_rules::{Broken, Rules};

/// At least so many characters, unless the provider allows fewer (NIST SP 800-63B-4 for a password alone).
pub const MIN_TYPED: u32 = 15;
/// Longer ones than this are judged by their beginning: nobody types them, and judging takes time.
const MAX_JUDGED: usize = 100;
/// Words of others are looked for from this length on.
const MIN_WORD: usize = 4;

/// What anybody would try who knows whose line it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Context {
    /// User part of the address, login, telephone number, display name.
    pub own: Vec<String>,
    /// The provider's domain and name.
    pub provider: Vec<String>,
}

/// Why a typed password is not taken. The words name nothing of it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Complaint {
    /// Nothing was typed.
    #[error("Type a password first.")]
    Empty,
    /// Shorter than it should be.
    #[error("At least {0} characters, please. A sentence of some words is easy to remember.")]
    TooShort(u32),
    /// It breaks a rule of the provider.
    #[error("Your provider does not take it: {0}.")]
    Rule(Broken),
    /// Everybody's.
    #[error("This password, or one very much like it, is on the lists that thieves try first.")]
    Common,
    /// Guessable from the line itself.
    #[error("Your name, number or address is in it. That is tried first.")]
    OwnWord,
    /// Guessable from the provider's name.
    #[error("Your provider's name is in it. That is tried first.")]
    ProviderWord,
    /// The one that is to be replaced.
    #[error("This is the password that you have now.")]
    Old,
}

/// Judges a password. `old` are those that it must not be: the current one, and those that were before it.
///
/// # Errors
/// The most important complaint.
pub fn check(
    typed: &Secret<String>,
    rules: &Rules,
    context: &Context,
    old: &[&Secret<String>],
) -> Result<(), Complaint> {
    let typed = typed.expose("it is judged");
    if typed.is_empty() {
        return Err(Complaint::Empty);
    }
    if old.iter().any(|old| old.expose("it must not be used again").eq_ignore_ascii_case(typed)) {
        return Err(Complaint::Old);
    }
    let min = MIN_TYPED.min(rules.max_length.unwrap_or(MIN_TYPED)).max(rules.min_length.unwrap_or(0));
    if u32::try_from(typed.chars().count()).unwrap_or(u32::MAX) < min {
        return Err(Complaint::TooShort(min));
    }
    rules.check(typed).map_err(Complaint::Rule)?;
    let judged = zeroize::Zeroizing::new(typed.chars().take(MAX_JUDGED).collect::<String>().to_lowercase());
    if common::is_common(&judged) {
        return Err(Complaint::Common);
    }
    if words(&context.own).any(|word| judged.contains(&word)) {
        return Err(Complaint::OwnWord);
    }
    if words(&context.provider).any(|word| judged.contains(&word)) {
        return Err(Complaint::ProviderWord);
    }
    Ok(())
}

/// The words of some texts, and the texts without what is between their words: `+44 20 7946 0000` is also a number.
fn words(texts: &[String]) -> impl Iterator<Item = String> + '_ {
    let together = |text: &String| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let parts = texts.iter().flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
    let all = parts.chain(texts.iter().map(together)).map(|word| word.to_lowercase());
    all.filter(|word| word.chars().count() >= MIN_WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(typed: &str, rules: &str) -> Result<(), Complaint> {
        let context = Context {
            own: vec!["anna.berg".into(), "+44 20 7946 0123".into()],
            provider: vec!["voxline.example".into(), "Voxline Telecom".into()],
        };
        let old = Secret::from("Correct horse battery");
        check(&Secret::from(typed), &Rules::parse(rules).unwrap(), &context, &[&old])
    }

    #[test]
    fn a_phrase_of_some_words_is_taken() {
        assert_eq!(judge("the heron waits for rain", ""), Ok(()));
        assert_eq!(judge("ein Häher wartet auf Regen", "allowed: unicode"), Ok(()));
    }

    #[test]
    fn each_complaint_has_its_reason() {
        assert_eq!(judge("", ""), Err(Complaint::Empty));
        assert_eq!(judge("heron waits", ""), Err(Complaint::TooShort(15)));
        assert_eq!(judge("correct HORSE battery", ""), Err(Complaint::Old));
        assert_eq!(judge("monkeybaseball1", ""), Err(Complaint::Common));
        assert_eq!(judge("heron Berg waits rain", ""), Err(Complaint::OwnWord));
        assert_eq!(judge("heron 442079460123 rain", ""), Err(Complaint::OwnWord));
        assert_eq!(judge("heron VOXLINE waits", ""), Err(Complaint::ProviderWord));
        assert!(matches!(
            judge("the heron waits for rain", "required: digit; allowed: lower, special"),
            Err(Complaint::Rule(_))
        ));
    }

    #[test]
    fn a_provider_that_allows_less_gets_what_it_allows_and_one_that_wants_more_gets_it() {
        assert_eq!(judge("hx7Kq9Lm2R", "maxlength: 10"), Ok(()));
        assert_eq!(judge("hx7Kq9Lm2", "maxlength: 10"), Err(Complaint::TooShort(10)));
        assert_eq!(judge("the heron waits", "minlength: 20"), Err(Complaint::TooShort(20)));
    }

    #[test]
    fn there_is_no_rule_of_composition() {
        assert_eq!(judge("heronwaitsforrainagain", ""), Ok(()));
    }

    #[test]
    fn a_very_long_one_is_judged_quickly() {
        assert_eq!(judge(&"the heron waits for rain, ".repeat(9), ""), Ok(()));
    }
}
