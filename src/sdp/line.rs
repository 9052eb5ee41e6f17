//! The single lines of a description and their values.

use std::fmt;
use std::net::IpAddr;

/// One `k=value` line.
#[derive(Clone, PartialEq, Eq)]
pub struct Line {
    /// The letter.
    pub kind: char,
    /// Everything after `=`, without blanks at the end.
    pub value: String,
}

impl Line {
    /// A line of our own.
    #[must_use]
    pub fn new(kind: char, value: impl Into<String>) -> Line {
        Line { kind, value: value.into() }
    }

    /// Parses one line; `None` if it is none (to be skipped).
    #[must_use]
    pub fn parse(text: &str) -> Option<Line> {
        let (kind, value) = text.trim_start().split_once('=')?;
        let mut letters = kind.chars();
        match (letters.next(), letters.next()) {
            (Some(kind), None) if kind.is_ascii_alphabetic() => {
                Some(Line::new(kind.to_ascii_lowercase(), value.trim_end()))
            }
            _ => None,
        }
    }

    /// The value of attribute `name` if this is one: empty for a flag. The name's case does not matter.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        if self.kind != 'a' {
            return None;
        }
        let (key, value) = self.value.split_once(':').unwrap_or((&self.value, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    }

    /// Whether the line must not be logged.
    fn is_secret(&self) -> bool {
        self.kind == 'k' || self.attribute("crypto").is_some() || self.attribute("ice-pwd").is_some()
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.kind, if self.is_secret() { "(redacted)" } else { &self.value })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}\r\n", self.kind, self.value)
    }
}

/// A `c=` line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// An address.
    At(IpAddr),
    /// `0.0.0.0` or `::`: "send me nothing", the hold of RFC 2543.
    Nowhere,
}

impl Connection {
    /// Parses `IN IP4 192.0.2.1`; names and multicast groups are not understood. The network and address type are
    /// not believed where the address itself says more.
    #[must_use]
    pub fn parse(value: &str) -> Option<Connection> {
        let ip: IpAddr = value.split_ascii_whitespace().nth(2)?.parse().ok()?;
        let ip = ip.to_canonical();
        if ip.is_unspecified() {
            return Some(Connection::Nowhere);
        }
        let unusable = ip.is_multicast() || matches!(ip, IpAddr::V4(v4) if v4.is_broadcast());
        (!unusable).then_some(Connection::At(ip))
    }

    /// The value of the line for `ip`.
    #[must_use]
    pub fn value(ip: IpAddr) -> String {
        format!("IN {} {ip}", if ip.is_ipv4() { "IP4" } else { "IP6" })
    }
}

/// One payload type of an m-line, with its `a=rtpmap` and `a=fmtp`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Format {
    /// RTP payload type.
    pub payload_type: u8,
    /// Encoding name, as written; empty for a static type without `a=rtpmap`.
    pub name: String,
    /// Clock rate, Hz; 0 without `a=rtpmap`.
    pub clock_rate: u32,
    /// Channels; 1 if not said.
    pub channels: u8,
    /// Parameters; empty for none.
    pub fmtp: String,
}

impl Format {
    /// Parses the `opus/48000/2` of an rtpmap.
    pub(super) fn encoding(payload_type: u8, text: &str, fmtp: &str) -> Option<Format> {
        let mut parts = text.trim().split('/').map(str::trim);
        let (name, clock_rate) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?);
        let channels = parts.next().and_then(|c| c.parse().ok()).unwrap_or(1);
        Some(Format { payload_type, name, clock_rate, channels, fmtp: fmtp.to_owned() })
    }
}
