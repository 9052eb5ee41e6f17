//! What is stored is one line of ASCII: a raw newline in a keyring file without a password once cost its whole
//! collection. An ordinary password is stored as it is, so that people find it again in their keyring's own window.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::base::Secret;

/// Marks what is not stored as it is.
const MARK: &str = "base64:";

/// What is stored for `secret`.
pub(super) fn encode(secret: &Secret<String>) -> Secret<String> {
    let text = secret.expose("the keyring is where it belongs");
    let ordinary = !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !text.starts_with(MARK);
    Secret::new(if ordinary { text.clone() } else { format!("{MARK}{}", STANDARD.encode(text)) })
}

/// The secret that was stored as `stored`; `None` if we never wrote that.
pub(super) fn decode(stored: String) -> Option<Secret<String>> {
    let stored = Zeroizing::new(stored);
    match stored.strip_prefix(MARK) {
        None => Some(Secret::new(stored.to_string())),
        Some(rest) => String::from_utf8(STANDARD.decode(rest).ok()?).ok().map(Secret::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_stored_is_one_line_of_ascii_and_comes_back() {
        for text in ["geheim", "two words", "zwei\nZeilen", "größer", "", "base64:AAAA", "tab\t", "\u{7f}"] {
            let stored = encode(&Secret::from(text));
            let line = stored.expose("test").clone();
            assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !line.is_empty(), "{line:?}");
            assert_eq!(decode(line).unwrap().expose("test"), text);
        }
    }

    #[test]
    fn an_ordinary_password_is_stored_as_it_is() {
        assert_eq!(encode(&Secret::from("x7#Kq9Lm2$")).expose("test"), "x7#Kq9Lm2$");
    }

    #[test]
    fn what_we_never_wrote_is_damaged() {
        assert_eq!(decode("base64:not base64!".into()), None);
        assert_eq!(decode("base64:/w==".into()), None);
    }
}
