//! Typed views of a message's headers, parsed on demand. Absent and malformed are both `None` (or left out).

use std::time::Duration;

use super::{Message, Method, StartLine};
use crate::sip::header::{Auth, CSeq, MediaType, NameAddr, Reason, RetryAfter, Via, Warning, scan};
use crate::sip::uri::Uri;

impl Message {
    /// Whether this is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        matches!(self.start, StartLine::Request { .. })
    }

    /// The method of a request.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            StartLine::Request { method, .. } => Some(method),
            StartLine::Response { .. } => None,
        }
    }

    /// The Request-URI.
    #[must_use]
    pub const fn uri(&self) -> Option<&Uri> {
        match &self.start {
            StartLine::Request { uri, .. } => Some(uri),
            StartLine::Response { .. } => None,
        }
    }

    /// The status of a response.
    #[must_use]
    pub const fn status(&self) -> Option<u16> {
        match self.start {
            StartLine::Response { status, .. } => Some(status),
            StartLine::Request { .. } => None,
        }
    }

    /// The reason phrase of a response, as it came.
    #[must_use]
    pub fn reason_phrase(&self) -> &str {
        match &self.start {
            StartLine::Response { reason, .. } => reason,
            StartLine::Request { .. } => "",
        }
    }

    /// The topmost Via.
    #[must_use]
    pub fn via(&self) -> Option<Via> {
        self.headers.values("Via").first().and_then(|v| Via::parse(v))
    }

    /// All Via values, topmost first.
    #[must_use]
    pub fn vias(&self) -> Vec<Via> {
        self.headers.values("Via").into_iter().filter_map(Via::parse).collect()
    }

    /// From.
    #[must_use]
    pub fn from(&self) -> Option<NameAddr> {
        self.headers.get("From").and_then(NameAddr::parse)
    }

    /// To.
    #[must_use]
    pub fn to(&self) -> Option<NameAddr> {
        self.headers.get("To").and_then(NameAddr::parse)
    }

    /// From's tag.
    #[must_use]
    pub fn from_tag(&self) -> Option<String> {
        self.from()?.tag()
    }

    /// To's tag.
    #[must_use]
    pub fn to_tag(&self) -> Option<String> {
        self.to()?.tag()
    }

    /// Call-ID; empty if there is none.
    #[must_use]
    pub fn call_id(&self) -> &str {
        self.headers.get("Call-ID").unwrap_or_default()
    }

    /// `CSeq`.
    #[must_use]
    pub fn cseq(&self) -> Option<CSeq> {
        self.headers.get("CSeq").and_then(CSeq::parse)
    }

    /// Contact values; `*` is not among them, see [`Message::contact_is_star`].
    #[must_use]
    pub fn contacts(&self) -> Vec<NameAddr> {
        self.addresses("Contact")
    }

    /// The first Contact: the remote target of a dialog.
    #[must_use]
    pub fn contact(&self) -> Option<NameAddr> {
        self.contacts().into_iter().next()
    }

    /// Whether Contact is `*` and nothing else (RFC 3261 §10.2.2).
    #[must_use]
    pub fn contact_is_star(&self) -> bool {
        self.headers.values("Contact") == ["*"]
    }

    /// Route, topmost first.
    #[must_use]
    pub fn routes(&self) -> Vec<NameAddr> {
        self.addresses("Route")
    }

    /// Record-Route, topmost first.
    #[must_use]
    pub fn record_routes(&self) -> Vec<NameAddr> {
        self.addresses("Record-Route")
    }

    /// The values of any header that holds addresses: Path, Service-Route, P-Asserted-Identity, Refer-To, …
    #[must_use]
    pub fn addresses(&self, name: &str) -> Vec<NameAddr> {
        self.headers.values(name).into_iter().filter_map(NameAddr::parse).collect()
    }

    /// Max-Forwards.
    #[must_use]
    pub fn max_forwards(&self) -> Option<u8> {
        self.headers.get("Max-Forwards").and_then(scan::number)
    }

    /// Expires in seconds; a number beyond 32 bits counts as the largest (RFC 4475 §3.1.2.4).
    #[must_use]
    pub fn expires(&self) -> Option<u32> {
        self.headers.get("Expires").and_then(seconds)
    }

    /// Min-Expires in seconds (RFC 3261 §20.23).
    #[must_use]
    pub fn min_expires(&self) -> Option<u32> {
        self.headers.get("Min-Expires").and_then(seconds)
    }

    /// The lifetime that a Contact got or asks for: its own `expires`, else the message's.
    #[must_use]
    pub fn contact_expires(&self, contact: &NameAddr) -> Option<u32> {
        contact.params.get("expires").as_deref().and_then(seconds).or_else(|| self.expires())
    }

    /// Content-Type.
    #[must_use]
    pub fn content_type(&self) -> Option<MediaType> {
        self.headers.get("Content-Type").and_then(MediaType::parse)
    }

    /// Whether the body is SDP.
    #[must_use]
    pub fn has_sdp(&self) -> bool {
        !self.body.is_empty() && self.content_type().is_some_and(|t| t.essence == "application/sdp")
    }

    /// The challenges of a 401 (WWW-Authenticate).
    #[must_use]
    pub fn www_challenges(&self) -> Vec<Auth> {
        self.auth("WWW-Authenticate")
    }

    /// The challenges of a 407 (Proxy-Authenticate).
    #[must_use]
    pub fn proxy_challenges(&self) -> Vec<Auth> {
        self.auth("Proxy-Authenticate")
    }

    /// Every value of an authentication header: `WWW-Authenticate`, `Proxy-Authenticate`, `Authorization`,
    /// `Proxy-Authorization`.
    #[must_use]
    pub fn auth(&self, name: &str) -> Vec<Auth> {
        self.headers.all(name).flat_map(Auth::parse_all).collect()
    }

    /// Allow.
    #[must_use]
    pub fn allow(&self) -> Vec<Method> {
        self.headers.values("Allow").into_iter().map(Method::from_token).collect()
    }

    /// The option tags of Supported, Require, Proxy-Require or Unsupported.
    #[must_use]
    pub fn option_tags(&self, name: &str) -> Vec<&str> {
        // `values` borrows the name too; option tags borrow the message only.
        self.headers
            .iter()
            .filter(|h| h.is(name))
            .flat_map(|h| h.value().split(','))
            .map(scan::trim)
            .filter(|t| !t.is_empty())
            .collect()
    }

    /// Whether Supported names `tag`.
    #[must_use]
    pub fn supports(&self, tag: &str) -> bool {
        self.option_tags("Supported").iter().any(|t| t.eq_ignore_ascii_case(tag))
    }

    /// Retry-After.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let value = RetryAfter::parse(self.headers.get("Retry-After")?)?;
        Some(Duration::from_secs(u64::from(value.seconds)))
    }

    /// Reason (RFC 3326).
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        self.headers.values("Reason").into_iter().filter_map(Reason::parse).collect()
    }

    /// Warning.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        self.headers.values("Warning").into_iter().filter_map(Warning::parse).collect()
    }
}

/// Seconds, capped at 32 bits; parameters and comments after the digits are ignored.
fn seconds(text: &str) -> Option<u32> {
    let digits = text.split([';', '(', ' ', '\t']).next()?;
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u32::MAX))
}
