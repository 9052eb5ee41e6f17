//! Messages of our own making.

use std::net::SocketAddr;

use super::{Message, Method, StartLine, reason_phrase};
use crate::sip::header::{Headers, Via};
use crate::sip::uri::Uri;

/// What a response repeats from its request (RFC 3261 §8.2.6.2), To aside.
const ECHOED: [&str; 4] = ["Via", "From", "Call-ID", "CSeq"];

impl Message {
    /// A request with nothing but its first line and `Max-Forwards: 70`.
    #[must_use]
    pub fn request(method: Method, uri: impl Into<Uri>) -> Message {
        let mut headers = Headers::default();
        headers.push("Max-Forwards", "70");
        Message { start: StartLine::Request { method, uri: uri.into() }, headers, body: Vec::new() }
    }

    /// A response to `request`: Via, From, To, Call-ID and CSeq are copied. `to_tag` goes into To unless it has a
    /// tag already or this is a 100; Record-Route is copied into provisional (but 100) and 2xx responses
    /// (RFC 3261 §12.1.1). An empty `reason` means the usual phrase.
    #[must_use]
    pub fn response_to(request: &Message, status: u16, reason: &str, to_tag: Option<&str>) -> Message {
        let reason = if reason.is_empty() { reason_phrase(status) } else { reason };
        let mut headers = Headers::default();
        for name in ECHOED {
            headers.copy(name, &request.headers);
        }
        match (request.to(), to_tag) {
            (Some(to), Some(tag)) if status != 100 && to.tag().is_none() => {
                // The text is kept as it came; only the tag is added.
                let text = request.headers.get("To").unwrap_or_default();
                headers.push(
                    "To",
                    if text.contains('<') { format!("{text};tag={tag}") } else { to.with_tag(tag).to_string() },
                );
            }
            _ => headers.copy("To", &request.headers),
        }
        if (101..300).contains(&status) {
            headers.copy("Record-Route", &request.headers);
        }
        let reason = reason.replace(|c: char| c.is_ascii_control(), " ");
        Message { start: StartLine::Response { status, reason }, headers, body: Vec::new() }
    }

    /// The same with a header at the end.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Message {
        self.headers.push(name, value.to_string());
        self
    }

    /// The same with this body.
    #[must_use]
    pub fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Message {
        self.set_body(content_type, body);
        self
    }

    /// Replaces the body.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.headers.set("Content-Type", content_type);
        self.body = body.into();
    }

    /// Puts a Via on top.
    pub fn push_via(&mut self, via: &Via) {
        self.headers.push_front("Via", via.to_string());
    }

    /// Removes the topmost Via value (of several in one line only the first).
    pub fn pop_via(&mut self) {
        let Some(line) = self.headers.get("Via") else { return };
        let rest = crate::sip::header::scan::split(line, b',').unwrap_or_default();
        let rest = rest.get(1..).unwrap_or_default().join(", ");
        if rest.is_empty() {
            self.headers.remove_first("Via");
        } else {
            self.headers.set_first("Via", rest);
        }
    }

    /// What a server does to a request from `source` first: fills in `received` and `rport` of the topmost Via
    /// (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp_received(&mut self, source: SocketAddr) {
        let Some(mut via) = self.via() else { return };
        let line = self.headers.get("Via").unwrap_or_default();
        let others = crate::sip::header::scan::split(line, b',').unwrap_or_default();
        let others: Vec<String> = others.iter().skip(1).map(|v| (*v).to_owned()).collect();
        via.stamp(source);
        let mut line = via.to_string();
        for other in others {
            line.push_str(", ");
            line.push_str(&other);
        }
        self.headers.set_first("Via", line);
    }

    /// Replaces the Request-URI.
    pub fn set_uri(&mut self, to: impl Into<Uri>) {
        if let StartLine::Request { uri, .. } = &mut self.start {
            *uri = to.into();
        }
    }
}
