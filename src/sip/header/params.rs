//! `;name=value` parameters: order and case are kept, names are compared without case.

use std::fmt;

use super::scan;

/// The parameters of a header value or a URI, as they stood there (quotes included).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// Parses `a;b=c;d="e"` (no leading `;`). Empty text is no parameters; an empty name is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Params> {
        if scan::trim(text).is_empty() {
            return Some(Params::default());
        }
        scan::split(text, b';')?.into_iter().map(one).collect::<Option<_>>().map(Params)
    }

    /// The value of `name` without its quotes and escapes; an empty string if it has none; `None` if it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name).map(|value| value.map(scan::unquote).unwrap_or_default())
    }

    /// The value of `name` as it stands: `None` if absent, `Some(None)` if it has no value.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<Option<&str>> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref())
    }

    /// Whether there is a parameter `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// Sets `name` to `value` (a token or an already quoted string; `None` for a flag) in its place, or adds it.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        let value = value.map(str::to_owned);
        match self.0.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// The same with `name` set.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Params {
        self.set(name, value);
        self
    }

    /// Removes `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// Names and raw values in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_deref()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One `name[=value]`, white space around `=` allowed (RFC 3261 §25.1 EQUAL).
fn one(part: &str) -> Option<(String, Option<String>)> {
    let (name, value) = match scan::find_unquoted(part, b'=') {
        Some(at) => (scan::trim(part.get(..at)?), Some(scan::trim(part.get(at + 1..)?))),
        None => (part, None),
    };
    let clean = |text: &str| !text.contains(|c: char| c.is_ascii_control() || matches!(c, ' ' | '<' | '>'));
    // A quoted value may hold anything; what is not quoted must be free of blanks and brackets.
    let value_is_fine =
        value.is_none_or(|v| scan::take_quoted(v).map_or_else(|| clean(v), |(_, rest)| rest.is_empty()));
    (!name.is_empty() && clean(name) && !name.contains('"') && value_is_fine)
        .then(|| (name.to_owned(), value.map(str::to_owned)))
}

impl fmt::Display for Params {
    /// Each parameter with its leading `;`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            match value {
                Some(value) => write!(f, ";{name}={value}")?,
                None => write!(f, ";{name}")?,
            }
        }
        Ok(())
    }
}
