//! [`Message`] to bytes, and to a text that may be logged.

use std::fmt;

use super::{Message, StartLine};
use crate::sip::header::scan;

impl fmt::Display for StartLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartLine::Request { method, uri } => write!(f, "{method} {uri} SIP/2.0"),
            StartLine::Response { status, reason } => write!(f, "SIP/2.0 {status:03} {reason}"),
        }
    }
}

impl Message {
    /// The message as it goes onto the wire. Content-Length is made true, everything else is as it is in the list.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1024 + self.body.len());
        out.extend_from_slice(self.start.to_string().as_bytes());
        out.extend_from_slice(b"\r\n");
        let mut announced = false;
        for header in self.headers.iter() {
            let is_length = header.is("Content-Length");
            if is_length && (announced || scan::number(header.value()) != Some(self.body.len())) {
                continue;
            }
            announced |= is_length;
            out.extend_from_slice(header.name().as_bytes());
            out.extend_from_slice(b": ");
            out.extend_from_slice(header.bytes());
            out.extend_from_slice(b"\r\n");
        }
        if !announced {
            out.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }

    /// The message as text for logs: credentials, media keys and ICE passwords are left out.
    #[must_use]
    pub fn redacted(&self) -> String {
        let mut out = format!("{}\n", self.start);
        for header in self.headers.iter() {
            out.push_str(&format!("{header:?}\n"));
        }
        if !self.body.is_empty() {
            out.push('\n');
            out.push_str(&redacted_body(&self.body));
        }
        out
    }
}

/// The lines of SDP that hold secrets (RFC 4568, RFC 4566 `k=`, RFC 8839).
const SECRET_LINES: [&str; 3] = ["a=crypto:", "k=", "a=ice-pwd:"];

/// A body for logs.
fn redacted_body(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let secret = |line: &str| {
        let line = line.trim_start();
        SECRET_LINES
            .iter()
            .find(|start| line.get(..start.len()).is_some_and(|l| l.eq_ignore_ascii_case(start)))
            .copied()
    };
    let line = |line: &str| match secret(line) {
        Some(start) => format!("{start}(redacted)\n"),
        None => format!("{line}\n"),
    };
    text.split(['\r', '\n']).filter(|l| !l.is_empty()).map(line).collect()
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}
