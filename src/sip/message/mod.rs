//! One SIP message: start line, header list, body. Parsed from and printed to bytes, built from scratch or from a
//! request.
//!
//! [`Message::parse`] refuses what RFC 4475 §3.1.2 and §3.3 want refused, and hands back what it understood of a
//! request, so that a 400 (or 505) can be sent. Everything else is a typed view that is parsed on demand.

mod build;
mod check;
mod method;
mod parse;
mod print;
mod status;
mod views;

pub use method::Method;
pub use parse::{MAX_HEADERS, MAX_MESSAGE, ParseError};
pub use status::reason_phrase;

use super::{header::Headers, uri::Uri};

/// One request or response.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: StartLine,
    /// The header lines.
    pub headers: Headers,
    /// The body. Content-Length is set from it when the message is printed.
    pub body: Vec<u8>,
}

/// The first line of a message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum StartLine {
    /// `METHOD uri SIP/2.0`
    Request {
        /// What is asked.
        method: Method,
        /// Of whom.
        uri: Uri,
    },
    /// `SIP/2.0 status reason`
    Response {
        /// 100 to 699.
        status: u16,
        /// The phrase, for people.
        reason: String,
    },
}
