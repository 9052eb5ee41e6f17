//! `GET policy`: what a new password must be like, and which generation is in force.

use serde::{Deserialize, Serialize};

use super::password_rules::Rules;
use super::time::Stamp;
use super::{MAX_BODY, ReadError, ensure, read};

/// The rules of one account. Its ETag is the generation in quotes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// Counts every change of the credential, by whomever.
    pub generation: u64,
    /// Apple's `passwordrules`; see [`Policy::rules`].
    #[serde(default)]
    pub rules: String,
    /// In which form the provider wants the new secret: `ha1` or `plain`.
    #[serde(default)]
    pub secret_form: SecretForm,
    /// The person must change the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub must_change: Option<MustChange>,
    /// The longest time between now and a change's `not_after`, in seconds.
    #[serde(default = "ten_minutes")]
    pub not_after_max_s: u32,
    /// When the credential in force was set, if the provider knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Stamp>,
}

const fn ten_minutes() -> u32 {
    600
}

/// In which form the new secret is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretForm {
    /// Only its hashes: the provider never learns the password.
    #[default]
    Ha1,
    /// The password itself.
    Plain,
    /// A form that we do not know: ask the provider.
    #[serde(other)]
    Unknown,
}

/// A change that the provider wants of this account.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct MustChange {
    /// How strongly.
    pub kind: super::notices::Level,
    /// Until when, if there is a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Stamp>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// If it is too long, malformed, or its rules are too long.
    pub fn parse(bytes: &[u8]) -> Result<Policy, ReadError> {
        let policy: Policy = read(bytes, MAX_BODY)?;
        ensure(policy.rules.len() <= super::password_rules::MAX_LENGTH, "rules")?;
        ensure((1..=86_400).contains(&policy.not_after_max_s), "not_after_max_s")?;
        Ok(policy)
    }

    /// The rules of the new password.
    ///
    /// # Errors
    /// If they cannot be understood: better no change than one that the provider refuses or that is weaker than it
    /// seems.
    pub fn rules(&self) -> Result<Rules, super::password_rules::RulesError> {
        Rules::parse(&self.rules)
    }

    /// The ETag, and what `If-Match` carries.
    #[must_use]
    pub fn etag(&self) -> String {
        etag(self.generation)
    }
}

/// A generation as an ETag: `"17"`.
#[must_use]
pub fn etag(generation: u64) -> String {
    format!("\"{generation}\"")
}

/// The generation that an ETag names.
#[must_use]
pub fn generation_of(etag: &str) -> Option<u64> {
    etag.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_with_what_is_missing_and_what_is_new() {
        let policy = Policy::parse(br#"{"generation":17,"later":{"x":1},"secret_form":"quantum"}"#).unwrap();
        assert_eq!((policy.generation, policy.secret_form, policy.not_after_max_s), (17, SecretForm::Unknown, 600));
        assert_eq!(policy.must_change, None);
        let strict = br#"{"generation":1,"must_change":{"kind":"require","deadline":"2026-11-22T14:10:00Z"}}"#;
        assert!(Policy::parse(strict).unwrap().must_change.unwrap().deadline.is_some());
        assert_eq!(generation_of(&policy.etag()), Some(17));
        assert!(Policy::parse(b"{}").is_err() && Policy::parse(&vec![b' '; MAX_BODY + 1]).is_err());
    }
}
