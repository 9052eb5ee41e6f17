//! Making a new password, and judging one that was typed.

use crate::base::{Entropy, Secret};
use crate::provider_api::Rules;

/// Letters and digits that cannot be mistaken for each other, and that break in no form or file of a telephone.
const UNAMBIGUOUS: &[u8; 57] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
/// 24 of them are 140 bits.
const LENGTH: usize = 24;

/// A password that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) secret: Secret<String>,
    pub(super) bits: u16,
}

/// Makes one. Rejection sampling: each character is as likely as any other.
pub(super) fn make(_rules: &Rules, dice: &mut Entropy) -> Made {
    let mut text = String::with_capacity(LENGTH);
    while text.len() < LENGTH {
        let index = usize::try_from(dice.bits32() & 63).unwrap_or(0);
        if let Some(byte) = UNAMBIGUOUS.get(index) {
            text.push(char::from(*byte));
        }
    }
    Made { secret: Secret::new(text), bits: 139 }
}

/// Whether a typed one will do; else why not, in words.
pub(super) fn judge(rules: &Rules, typed: &Secret<String>, old: Option<&Secret<String>>) -> Result<(), String> {
    let text = typed.expose("it is judged");
    if old == Some(typed) {
        return Err("That is the password in use now.".into());
    }
    if text.chars().count() < 8 && rules.max_length.is_none_or(|max| max >= 8) {
        return Err("At least 8 characters, please.".into());
    }
    if text.chars().any(char::is_control) || text.len() > 256 {
        return Err("That cannot be a password.".into());
    }
    rules.check(text).map_err(|broken| format!("The provider's rules: {broken}."))
}
