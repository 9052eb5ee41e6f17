//! SIP and SIPS URIs (RFC 3261 §19.1) and, untouched, every other scheme. Case and escapes are kept as they came.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::header::{Params, scan};

/// A URI. What is not `sip:` or `sips:` is kept verbatim, so that it can be answered with 416 instead of silence.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Any other scheme (`tel:`, `urn:`, …), whole.
    Other(String),
}

/// A `sip:` or `sips:` URI.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SipUri {
    /// Whether the scheme is `sips`.
    pub secure: bool,
    /// The user part as it stands (percent escapes and all), without password.
    pub user: Option<String>,
    /// The password that RFC 3261 allows here and advises against.
    pub password: Option<String>,
    /// Host name or address.
    pub host: Host,
    /// Port, if one is named.
    pub port: Option<u16>,
    /// URI parameters.
    pub params: Params,
    /// Everything after `?`, as it stands.
    pub headers: Option<String>,
}

/// The host of a SIP URI or a Via.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Host {
    /// A name, case kept.
    Name(String),
    /// An address (IPv6 stands in brackets on the wire).
    Ip(IpAddr),
}

/// A URI that cannot be understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed URI")]
pub struct BadUri;

impl Uri {
    /// Parses a URI that stands alone (no angle brackets, no display name).
    ///
    /// # Errors
    /// No scheme, white space or brackets inside, or a malformed `sip:` URI.
    pub fn parse(text: &str) -> Result<Uri, BadUri> {
        let forbidden = |c: char| c.is_ascii_control() || matches!(c, ' ' | '<' | '>' | '"');
        let (scheme, rest) = text.split_once(':').ok_or(BadUri)?;
        let scheme_is_fine = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        if !scheme_is_fine || text.contains(forbidden) {
            return Err(BadUri);
        }
        match scheme.to_ascii_lowercase().as_str() {
            "sip" => SipUri::after_scheme(false, rest).map(Uri::Sip),
            "sips" => SipUri::after_scheme(true, rest).map(Uri::Sip),
            _ => Ok(Uri::Other(text.to_owned())),
        }
    }

    /// The SIP URI, if it is one.
    #[must_use]
    pub const fn sip(&self) -> Option<&SipUri> {
        match self {
            Uri::Sip(uri) => Some(uri),
            Uri::Other(_) => None,
        }
    }

    /// The SIP URI for changing, if it is one.
    #[must_use]
    pub const fn sip_mut(&mut self) -> Option<&mut SipUri> {
        match self {
            Uri::Sip(uri) => Some(uri),
            Uri::Other(_) => None,
        }
    }

    /// Whether both mean the same (RFC 3261 §19.1.4; other schemes: the same text without regard to case).
    #[must_use]
    pub fn equivalent(&self, other: &Uri) -> bool {
        match (self, other) {
            (Uri::Sip(a), Uri::Sip(b)) => a.equivalent(b),
            (Uri::Other(a), Uri::Other(b)) => a.eq_ignore_ascii_case(b),
            (Uri::Sip(_), Uri::Other(_)) | (Uri::Other(_), Uri::Sip(_)) => false,
        }
    }
}

impl From<SipUri> for Uri {
    fn from(uri: SipUri) -> Uri {
        Uri::Sip(uri)
    }
}

impl FromStr for Uri {
    type Err = BadUri;

    fn from_str(text: &str) -> Result<Uri, BadUri> {
        Uri::parse(text)
    }
}

impl SipUri {
    /// `sip:user@host` without anything else.
    #[must_use]
    pub fn new(user: Option<&str>, host: Host) -> SipUri {
        SipUri {
            secure: false,
            user: user.map(str::to_owned),
            password: None,
            host,
            port: None,
            params: Params::default(),
            headers: None,
        }
    }

    /// `sip:user@address:port`, as in a Contact.
    #[must_use]
    pub fn at(user: Option<&str>, addr: SocketAddr) -> SipUri {
        SipUri { port: Some(addr.port()), ..SipUri::new(user, Host::Ip(addr.ip())) }
    }

    /// The same with a URI parameter.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: Option<&str>) -> SipUri {
        self.params.set(name, value);
        self
    }

    /// The user part with its percent escapes resolved (lossily, if it is not UTF-8).
    #[must_use]
    pub fn user_text(&self) -> Option<String> {
        self.user.as_deref().map(unescape)
    }

    /// Whether the URI has the `lr` parameter: a loose router (RFC 3261 §16.12).
    #[must_use]
    pub fn is_loose_router(&self) -> bool {
        self.params.has("lr")
    }

    fn after_scheme(secure: bool, rest: &str) -> Result<SipUri, BadUri> {
        // The user part may hold `;` and `?` (§25.1 user-unreserved), so `@` comes first.
        let (user, rest) = match rest.split_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (user, password) = match user.map(|u| u.split_once(':').map_or((u, None), |(u, p)| (u, Some(p)))) {
            Some(("", _)) => return Err(BadUri),
            Some((user, password)) => (Some(user.to_owned()), password.map(str::to_owned)),
            None => (None, None),
        };
        let (rest, headers) = rest.split_once('?').map_or((rest, None), |(r, h)| (r, Some(h.to_owned())));
        let (host_port, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = host_and_port(host_port).ok_or(BadUri)?;
        Ok(SipUri { secure, user, password, host, port, params: uri_params(params).ok_or(BadUri)?, headers })
    }

    /// Whether both mean the same (RFC 3261 §19.1.4).
    #[must_use]
    pub fn equivalent(&self, other: &SipUri) -> bool {
        let user = |uri: &SipUri| uri.user.as_deref().map(unescape);
        let text = |v: Option<Option<&str>>| v.map(|v| v.map(|v| unescape(v).to_ascii_lowercase()));
        // A parameter that only one side has is ignored, except these.
        let params_agree = |a: &SipUri, b: &SipUri| {
            a.params.iter().all(|(name, value)| match b.params.raw(name) {
                Some(theirs) => text(Some(value)) == text(Some(theirs)),
                None => !["user", "ttl", "method", "maddr", "transport"].iter().any(|n| n.eq_ignore_ascii_case(name)),
            })
        };
        let header_set = |uri: &SipUri| {
            let mut parts: Vec<String> =
                uri.headers.iter().flat_map(|h| h.split('&')).map(|h| unescape(h).to_ascii_lowercase()).collect();
            parts.sort_unstable();
            parts
        };
        self.secure == other.secure
            && user(self) == user(other)
            && self.password == other.password
            && self.host.equivalent(&other.host)
            && self.port == other.port
            && params_agree(self, other)
            && params_agree(other, self)
            && header_set(self) == header_set(other)
    }
}

/// Parameters after the host: here nothing is quoted, and empty ones (`;;`) are dropped.
fn uri_params(text: &str) -> Option<Params> {
    let mut params = Params::default();
    for part in text.split(';').filter(|p| !p.is_empty()) {
        match part.split_once('=') {
            Some(("", _)) => return None,
            Some((name, value)) => params.set(name, Some(value)),
            None => params.set(part, None),
        }
    }
    Some(params)
}

/// Resolves percent escapes; what is not one stays as it is.
#[must_use]
pub fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high * 16 + low);
            rest = after;
        } else {
            out.push(first);
        }
    }
    String::from_utf8(out).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

/// Percent-escapes whatever may not stand in a user part (RFC 3261 §25.1 user).
#[must_use]
pub fn escape_user(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// `host[:port]`, white space around the colon allowed (Via, RFC 3261 §25.1 COLON).
#[must_use]
pub fn host_and_port(text: &str) -> Option<(Host, Option<u16>)> {
    let text = scan::trim(text);
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (inner, after) = rest.split_once(']')?;
        let after = scan::trim(after);
        let port = if after.is_empty() { None } else { Some(after.strip_prefix(':')?) };
        (Host::Ip(IpAddr::V6(inner.parse::<Ipv6Addr>().ok()?)), port)
    } else {
        let (host, port) = text.split_once(':').map_or((text, None), |(h, p)| (h, Some(p)));
        (Host::parse(scan::trim(host))?, port)
    };
    match port {
        Some(port) => Some((host, Some(scan::number(port)?))),
        None => Some((host, None)),
    }
}

impl Host {
    /// A name or an address; IPv6 with or without brackets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Host> {
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Some(Host::Ip(IpAddr::V4(ip)));
        }
        let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = inner.parse::<Ipv6Addr>() {
            return Some(Host::Ip(IpAddr::V6(ip)));
        }
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        (!text.is_empty() && text.bytes().all(fine)).then(|| Host::Name(text.to_owned()))
    }

    /// The address, if it is one.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match self {
            Host::Ip(ip) => Some(*ip),
            Host::Name(_) => None,
        }
    }

    /// Whether both name the same host: names without regard to case.
    #[must_use]
    pub fn equivalent(&self, other: &Host) -> bool {
        match (self, other) {
            (Host::Name(a), Host::Name(b)) => a.eq_ignore_ascii_case(b),
            (Host::Ip(a), Host::Ip(b)) => a == b,
            (Host::Name(_), Host::Ip(_)) | (Host::Ip(_), Host::Name(_)) => false,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(IpAddr::V4(ip)) => ip.fmt(f),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            f.write_str("@")?;
        }
        self.host.fmt(f)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        self.params.fmt(f)?;
        if let Some(headers) = &self.headers {
            write!(f, "?{headers}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Uri::Sip(uri) => uri.fmt(f),
            Uri::Other(text) => f.write_str(text),
        }
    }
}
