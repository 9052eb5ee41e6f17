//! Bytes to [`Message`]. Works on bytes: one header in Latin-1 costs nothing but that header's readability.

use super::{Message, Method, StartLine, check};
use crate::sip::header::{Header, Headers, scan};
use crate::sip::uri::Uri;

/// The largest message that we take, in bytes.
pub const MAX_MESSAGE: usize = 65_536;
/// The most header lines that we take.
pub const MAX_HEADERS: usize = 128;

/// Why a message was refused.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct ParseError {
    /// The status to answer with if it was a request: 400, 505 or 513.
    pub status: u16,
    /// What is wrong, fit for a reason phrase.
    pub what: &'static str,
    /// What was understood of a request, so that it can be answered (its Request-URI may be [`Uri::Other`] with
    /// the malformed text). `None` for responses and for what is no SIP at all: to be dropped.
    pub partial: Option<Box<Message>>,
}

impl ParseError {
    pub(crate) const fn new(status: u16, what: &'static str) -> ParseError {
        ParseError { status, what, partial: None }
    }
}

/// A start line, and what is wrong with it.
struct Start {
    line: StartLine,
    fault: Option<ParseError>,
}

impl Message {
    /// Parses a datagram, or exactly one message of a stream. Without Content-Length the rest is the body
    /// (RFC 3261 §18.3); with it, what follows the body is dropped.
    ///
    /// # Errors
    /// Whatever RFC 3261 wants answered with 400 or 505, see [`ParseError`].
    pub fn parse(bytes: &[u8]) -> Result<Message, ParseError> {
        let bytes = skip_line_ends(bytes);
        let (line, mut rest) = take_line(bytes).ok_or(ParseError::new(400, "No Complete Line"))?;
        let start = start_line(line)?;
        let mut fault = start.fault;
        let is_request = matches!(start.line, StartLine::Request { .. });
        if bytes.len() > MAX_MESSAGE {
            fault = fault.or(Some(ParseError::new(513, "Message Too Large")));
        }
        let (headers, header_fault) = header_lines(&mut rest);
        fault = fault.or(header_fault);
        let mut message = Message { start: start.line, headers, body: Vec::new() };
        match body(&message.headers, rest) {
            Ok(body) => message.body = body.to_vec(),
            Err(bad) => fault = fault.or(Some(bad)),
        }
        match fault.or_else(|| check::fault(&message)) {
            None => Ok(message),
            Some(fault) => Err(ParseError { partial: is_request.then(|| Box::new(message)), ..fault }),
        }
    }
}

/// Messages may be preceded by empty lines (RFC 3261 §7.5).
pub(crate) fn skip_line_ends(bytes: &[u8]) -> &[u8] {
    let blank = bytes.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    bytes.get(blank..).unwrap_or_default()
}

/// One line without its end (CRLF; a bare LF is tolerated) and what follows.
pub(crate) fn take_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == b'\n')?;
    let line = bytes.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), bytes.get(end + 1..)?))
}

/// The start line. `Err` if this is not SIP at all.
fn start_line(line: &[u8]) -> Result<Start, ParseError> {
    let line = String::from_utf8_lossy(line);
    if let Some(rest) = line.strip_prefix("SIP/") {
        return status_line(rest);
    }
    request_line(&line).ok_or(ParseError::new(400, "Not a SIP Message"))
}

fn status_line(rest: &str) -> Result<Start, ParseError> {
    let bad = ParseError::new(400, "Malformed Status Line");
    let (version, rest) = rest.split_once(' ').ok_or_else(|| bad.clone())?;
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = (code.len() == 3).then(|| scan::number::<u16>(code)).flatten();
    match status.filter(|s| (100..=699).contains(s)) {
        Some(status) if version == "2.0" => {
            Ok(Start { line: StartLine::Response { status, reason: reason.to_owned() }, fault: None })
        }
        Some(_) | None => Err(bad),
    }
}

/// `None` if there is no method or no version word: then it is not a request of any SIP.
fn request_line(line: &str) -> Option<Start> {
    let (method, rest) = line.split_once(' ')?;
    let at = rest.rfind("SIP/")?;
    let (target, version) = rest.split_at_checked(at)?;
    scan::is_token(method).then_some(())?;
    let fault = if version.trim_end() != "SIP/2.0" {
        Some(ParseError::new(505, "Version Not Supported"))
    } else if version.len() != "SIP/2.0".len() {
        Some(ParseError::new(400, "White Space After the Request Line"))
    } else if target.strip_suffix(' ').is_none_or(|t| t.is_empty() || t.contains([' ', '\t'])) {
        Some(ParseError::new(400, "Malformed Request Line"))
    } else {
        None
    };
    let target = scan::trim(target);
    let (uri, uri_fault) = match Uri::parse(target) {
        Ok(uri) if uri.sip().is_some_and(|u| u.headers.is_some()) => {
            (uri, Some(ParseError::new(400, "Headers in the Request-URI")))
        }
        Ok(uri) => (uri, None),
        Err(_) => (Uri::Other(target.to_owned()), Some(ParseError::new(400, "Malformed Request-URI"))),
    };
    let line = StartLine::Request { method: Method::from_token(method), uri };
    Some(Start { line, fault: fault.or(uri_fault) })
}

/// Header lines up to and including the empty line; leaves the body in `rest`.
fn header_lines(rest: &mut &[u8]) -> (Headers, Option<ParseError>) {
    let mut headers = Headers::default();
    let mut fault = None;
    loop {
        let Some((first, mut after)) = take_line(rest) else {
            *rest = &[];
            return (headers, fault.or(Some(ParseError::new(400, "No End of Headers"))));
        };
        if first.is_empty() {
            *rest = after;
            return (headers, fault);
        }
        let mut length = first.len();
        while let Some((line, tail)) = take_line(after).filter(|(line, _)| matches!(line.first(), Some(b' ' | b'\t'))) {
            length = rest.len() - after.len() + line.len();
            after = tail;
        }
        match rest.get(..length).and_then(header) {
            Some(_) if headers.len() == MAX_HEADERS => fault = Some(ParseError::new(400, "Too Many Headers")),
            Some(header) => headers.push_header(header),
            None => fault = fault.or(Some(ParseError::new(400, "Malformed Header"))),
        }
        *rest = after;
    }
}

/// `name : value`, white space allowed before the colon.
fn header(line: &[u8]) -> Option<Header> {
    let colon = line.iter().position(|b| *b == b':')?;
    let name = std::str::from_utf8(line.get(..colon)?.trim_ascii_end()).ok()?;
    scan::is_token(name).then_some(())?;
    Some(Header::from_wire(name, line.get(colon + 1..)?))
}

/// The body as Content-Length says.
fn body<'a>(headers: &Headers, rest: &'a [u8]) -> Result<&'a [u8], ParseError> {
    match content_length(headers)? {
        None => Ok(rest),
        Some(length) => rest.get(..length).ok_or(ParseError::new(400, "Body Shorter Than Content-Length")),
    }
}

/// The announced length; more than one Content-Length, a sign, or a number beyond all bounds is a fault.
pub(crate) fn content_length(headers: &Headers) -> Result<Option<usize>, ParseError> {
    let mut lines = headers.all("Content-Length");
    match (lines.next(), lines.next()) {
        (None, _) => Ok(None),
        (Some(line), None) => match scan::number::<usize>(line) {
            Some(length) => Ok(Some(length)),
            None => Err(ParseError::new(400, "Malformed Content-Length")),
        },
        (Some(_), Some(_)) => Err(ParseError::new(400, "Several Content-Lengths")),
    }
}
