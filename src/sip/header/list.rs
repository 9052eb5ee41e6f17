//! The header list of a message: raw and lossless, looked up without regard to case and compact forms.

use std::fmt;

use super::scan;

/// One header line (several if it was folded).
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    name: String,
    value: String,
    /// The value's bytes when `value` does not say it all: folded, or not UTF-8.
    raw: Option<Vec<u8>>,
}

/// Header lines in their order.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Headers(Vec<Header>);

/// The compact forms of RFC 3261 §7.3.3 and its extensions.
const COMPACT: [(&str, &str); 19] = [
    ("a", "Accept-Contact"),
    ("b", "Referred-By"),
    ("c", "Content-Type"),
    ("d", "Request-Disposition"),
    ("e", "Content-Encoding"),
    ("f", "From"),
    ("i", "Call-ID"),
    ("j", "Reject-Contact"),
    ("k", "Supported"),
    ("l", "Content-Length"),
    ("m", "Contact"),
    ("n", "Identity-Info"),
    ("o", "Event"),
    ("r", "Refer-To"),
    ("s", "Subject"),
    ("t", "To"),
    ("u", "Allow-Events"),
    ("v", "Via"),
    ("x", "Session-Expires"),
];

/// The long form of a header name.
fn long(name: &str) -> &str {
    if name.len() != 1 {
        return name;
    }
    COMPACT.iter().find(|(short, _)| short.eq_ignore_ascii_case(name)).map_or(name, |(_, long)| long)
}

impl Header {
    /// A header of our own. Control characters in `value` become spaces: a value can never add a line.
    #[must_use]
    pub fn new(name: &str, value: impl Into<String>) -> Header {
        let value = value.into();
        let value = if value.contains(|c: char| c.is_ascii_control()) {
            value.replace(|c: char| c.is_ascii_control(), " ")
        } else {
            value
        };
        Header { name: name.to_owned(), value, raw: None }
    }

    /// A header from the wire: `raw` may be folded and need not be UTF-8.
    #[must_use]
    pub(crate) fn from_wire(name: &str, raw: &[u8]) -> Header {
        let raw = raw.trim_ascii();
        let text = String::from_utf8_lossy(raw);
        let value = if raw.contains(&b'\n') {
            text.split('\n').map(scan::trim).collect::<Vec<_>>().join(" ")
        } else {
            text.into_owned()
        };
        let raw = (value.as_bytes() != raw).then(|| raw.to_vec());
        Header { name: name.to_owned(), value, raw }
    }

    /// The name as it was written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value: unfolded, trimmed, decoded lossily.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The value's bytes as they go onto the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.value.as_bytes())
    }

    /// Whether this is header `name`, whatever the case and the form.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        long(&self.name).eq_ignore_ascii_case(long(name))
    }

    /// Whether the value must not be logged.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.is("Authorization") || self.is("Proxy-Authorization")
    }

    /// The value for logs.
    #[must_use]
    pub fn loggable(&self) -> &str {
        if self.is_secret() { "(redacted)" } else { &self.value }
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.loggable())
    }
}

impl Headers {
    /// The value of the first header `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|h| h.is(name)).map(Header::value)
    }

    /// The values of all headers `name`, one for each line.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |h| h.is(name)).map(Header::value)
    }

    /// The values of all headers `name`, lines split at commas outside quotes and angle brackets; empty elements
    /// are dropped. A line with an open quote counts as one element, for the view to refuse.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&str> {
        let split = |line| scan::split(line, b',').unwrap_or_else(|| vec![line]);
        self.all(name).flat_map(split).filter(|v| !v.is_empty()).collect()
    }

    /// How many lines `name` has.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    /// Whether there is a header `name`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Adds a header at the end.
    pub fn push(&mut self, name: &str, value: impl Into<String>) {
        self.0.push(Header::new(name, value));
    }

    /// Adds a header in front of all others: where a Via goes.
    pub fn push_front(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(0, Header::new(name, value));
    }

    /// Adds a header from the wire.
    pub(crate) fn push_header(&mut self, header: Header) {
        self.0.push(header);
    }

    /// Replaces the first header `name` and removes its other lines, or adds it at the end.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let header = Header::new(name, value);
        let Some(at) = self.0.iter().position(|h| h.is(name)) else {
            self.0.push(header);
            return;
        };
        let mut index = 0;
        self.0.retain(|h| {
            index += 1;
            index - 1 == at || !h.is(name)
        });
        if let Some(slot) = self.0.get_mut(at) {
            *slot = header;
        }
    }

    /// Replaces the value of the first line of `name`, leaving its other lines alone.
    pub fn set_first(&mut self, name: &str, value: impl Into<String>) {
        if let Some(slot) = self.0.iter_mut().find(|h| h.is(name)) {
            *slot = Header::new(name, value);
        }
    }

    /// Removes the first line of `name`.
    pub fn remove_first(&mut self, name: &str) {
        if let Some(at) = self.0.iter().position(|h| h.is(name)) {
            self.0.remove(at);
        }
    }

    /// Removes all lines of `name`.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|h| !h.is(name));
    }

    /// Copies all lines of `name` from `other`, in their order.
    pub fn copy(&mut self, name: &str, other: &Headers) {
        self.0.extend(other.0.iter().filter(|h| h.is(name)).cloned());
    }

    /// All headers in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Header> {
        self.0.iter()
    }

    /// How many lines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
