//! Challenges and credentials: WWW-Authenticate, Proxy-Authenticate, Authorization, Proxy-Authorization
//! (RFC 3261 §20.7, RFC 7616 §3). Only their shape; what to answer is `sip::digest`'s business.

use std::fmt;

use super::scan;

/// A scheme and its comma-separated parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct Auth {
    /// `Digest`, or another scheme, as written.
    pub scheme: String,
    /// Names and raw values (quotes included) in their order.
    params: Vec<(String, String)>,
}

impl Auth {
    /// No parameters yet.
    #[must_use]
    pub fn new(scheme: &str) -> Auth {
        Auth { scheme: scheme.to_owned(), params: Vec::new() }
    }

    /// The same with `name=value`, value a token.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Auth {
        self.params.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with `name="value"`.
    #[must_use]
    pub fn with_quoted(self, name: &str, value: &str) -> Auth {
        let quoted = scan::quote(value);
        self.with(name, &quoted)
    }

    /// Parses one header line. RFC 7235 allows several challenges in a line; a parameter that begins with another
    /// word begins the next. Parameters that make no sense are dropped, and so is an empty value.
    #[must_use]
    pub fn parse_all(line: &str) -> Vec<Auth> {
        let mut found: Vec<Auth> = Vec::new();
        for part in scan::split(line, b',').unwrap_or_default() {
            let (scheme, param) = scheme_and_param(part);
            if let Some(scheme) = scheme {
                found.push(Auth::new(scheme));
            }
            if let (Some(auth), Some((name, value))) = (found.last_mut(), param) {
                auth.params.push((name.to_owned(), value.to_owned()));
            }
        }
        found
    }

    /// Parses one challenge or one set of credentials.
    #[must_use]
    pub fn parse(line: &str) -> Option<Auth> {
        Auth::parse_all(line).into_iter().next()
    }

    /// The value of a parameter, without quotes and escapes.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.params.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| scan::unquote(v))
    }

    /// Whether the scheme is Digest.
    #[must_use]
    pub fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// Names and raw values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(n, v)| (n.as_str(), v.as_str()))
    }
}

/// `Digest realm="x"` begins a challenge; `realm="x"` goes on with one; a lone word is a scheme without parameters.
fn scheme_and_param(part: &str) -> (Option<&str>, Option<(&str, &str)>) {
    if let Some(pair) = pair(part) {
        return (None, Some(pair));
    }
    let (scheme, rest) = part.split_once([' ', '\t']).unwrap_or((part, ""));
    if scan::is_token(scheme) { (Some(scheme), pair(rest)) } else { (None, None) }
}

/// `name=value`
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = scan::trim(name);
    scan::is_token(name).then_some((name, scan::trim(value)))
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (index, (name, value)) in self.params.iter().enumerate() {
            write!(f, "{}{name}={value}", if index == 0 { " " } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Auth {
    /// What may be logged: never a response, a nonce or a cnonce.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        for (name, value) in &self.params {
            let open = ["realm", "algorithm", "qop", "stale", "nc"].iter().any(|n| n.eq_ignore_ascii_case(name));
            write!(f, " {name}={}", if open { value } else { "…" })?;
        }
        Ok(())
    }
}
