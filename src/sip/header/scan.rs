//! The lexical rules that header values share (RFC 3261 §25.1): quoted strings, tokens, separators.

/// Whether `text` is a token: what method names, header names and parameter names are made of.
#[must_use]
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Whether `byte` may stand in a token.
#[must_use]
pub const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// White space as it stands inside a line.
const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];

/// `text` without white space at either end.
#[must_use]
pub fn trim(text: &str) -> &str {
    text.trim_matches(BLANK)
}

/// Where we are while walking over a header value.
#[derive(Clone, Copy, Default)]
struct Walk {
    quoted: bool,
    escaped: bool,
    angle: bool,
}

impl Walk {
    /// Takes `byte`; true if it stands outside quotes and angle brackets.
    fn outside(&mut self, byte: u8) -> bool {
        if self.escaped {
            self.escaped = false;
            return false;
        }
        match byte {
            b'\\' if self.quoted => self.escaped = true,
            b'"' if !self.angle => self.quoted = !self.quoted,
            b'<' if !self.quoted => self.angle = true,
            b'>' if !self.quoted => self.angle = false,
            _ => return !self.quoted && !self.angle,
        }
        false
    }

    /// Whether nothing is left open.
    const fn closed(self) -> bool {
        !self.quoted && !self.angle && !self.escaped
    }
}

/// Splits at each `separator` that is outside quotes and angle brackets; the parts are trimmed and may be empty.
/// `None` if a quote or an angle bracket is left open.
#[must_use]
pub fn split(text: &str, separator: u8) -> Option<Vec<&str>> {
    let mut walk = Walk::default();
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if walk.outside(byte) && byte == separator {
            parts.push(trim(text.get(start..at)?));
            start = at + 1;
        }
    }
    parts.push(trim(text.get(start..)?));
    walk.closed().then_some(parts)
}

/// The position of the first `wanted` outside quoted strings, angle brackets being nothing special.
#[must_use]
pub fn find_unquoted(text: &str, wanted: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted && byte == b'\\' {
            escaped = true;
        } else if byte == wanted && (!quoted || wanted == b'"') {
            return Some(at);
        } else if byte == b'"' {
            quoted = !quoted;
        }
    }
    None
}

/// Takes a quoted string from the beginning of `text`: its content as it stands (escapes and all) and what follows.
#[must_use]
pub fn take_quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, byte) in inner.bytes().enumerate() {
        if escaped {
            escaped = false;
        } else if byte == b'\\' {
            escaped = true;
        } else if byte == b'"' {
            return Some((inner.get(..at)?, inner.get(at + 1..)?));
        }
    }
    None
}

/// The meaning of a parameter value: without quotes and escapes if it is a quoted string, else as it is.
#[must_use]
pub fn unquote(text: &str) -> String {
    let Some((inner, _)) = take_quoted(text) else { return text.to_owned() };
    unescape(inner)
}

/// Resolves the quoted pairs of a quoted string's content.
#[must_use]
pub fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if !escaped && c == '\\' {
            escaped = true;
        } else {
            escaped = false;
            out.push(c);
        }
    }
    out
}

/// `text` as a quoted string. Line ends cannot be quoted in SIP and become spaces.
#[must_use]
pub fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\r' | '\n' => out.push(' '),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A decimal number without sign; `None` for anything else and for what does not fit.
#[must_use]
pub fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let text = trim(text);
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}
