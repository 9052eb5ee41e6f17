//! name-addr and addr-spec with parameters: From, To, Contact, Route, Record-Route, Refer-To (RFC 3261 §20.10).

use std::fmt;

use super::{Params, scan};
use crate::sip::uri::Uri;

/// `"Display name" <uri>;param=value`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct NameAddr {
    /// The display name in plain text (no quotes, no escapes).
    pub display: Option<String>,
    /// The URI.
    pub uri: Uri,
    /// The header's parameters (those outside the angle brackets).
    pub params: Params,
}

impl NameAddr {
    /// `<uri>` without name and parameters.
    #[must_use]
    pub fn new(uri: impl Into<Uri>) -> NameAddr {
        NameAddr { display: None, uri: uri.into(), params: Params::default() }
    }

    /// The same with a display name.
    #[must_use]
    pub fn with_display(mut self, display: &str) -> NameAddr {
        self.display = (!display.is_empty()).then(|| display.to_owned());
        self
    }

    /// The same with a parameter.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> NameAddr {
        self.params.set(name, value);
        self
    }

    /// The same with this tag.
    #[must_use]
    pub fn with_tag(self, tag: &str) -> NameAddr {
        self.with_param("tag", Some(tag))
    }

    /// Parses one value. Without angle brackets, `;` begins the header's parameters, and `?` and `,` are refused
    /// (RFC 3261 §20).
    #[must_use]
    pub fn parse(text: &str) -> Option<NameAddr> {
        let text = scan::trim(text);
        if let Some((inner, rest)) = scan::take_quoted(text) {
            return bracketed(Some(scan::unescape(inner)), scan::trim(rest));
        }
        match text.find('<') {
            Some(at) => bracketed(plain_display(text.get(..at)?)?, text.get(at..)?),
            None => {
                let (uri, params) = text.split_once(';').unwrap_or((text, ""));
                if uri.contains(['?', ',']) {
                    return None;
                }
                let uri = Uri::parse(scan::trim(uri)).ok()?;
                Some(NameAddr { display: None, uri, params: Params::parse(params)? })
            }
        }
    }

    /// The tag parameter.
    #[must_use]
    pub fn tag(&self) -> Option<String> {
        self.params.get("tag")
    }
}

/// A display name without quotes: words. More than tokens are let through, but not what would be ambiguous.
fn plain_display(text: &str) -> Option<Option<String>> {
    let text = scan::trim(text);
    if text.contains([',', ';', '"', '>', '\\']) {
        return None;
    }
    Some((!text.is_empty()).then(|| text.to_owned()))
}

/// `<uri>;params`
fn bracketed(display: Option<String>, text: &str) -> Option<NameAddr> {
    let (uri, rest) = text.strip_prefix('<')?.split_once('>')?;
    let rest = scan::trim(rest);
    let params = if rest.is_empty() { "" } else { rest.strip_prefix(';')? };
    Some(NameAddr { display, uri: Uri::parse(uri).ok()?, params: Params::parse(params)? })
}

impl From<Uri> for NameAddr {
    fn from(uri: Uri) -> NameAddr {
        NameAddr::new(uri)
    }
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            write!(f, "{} ", scan::quote(display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}
