//! What every message must have before anybody looks at its meaning (RFC 3261 §8.1.1, RFC 4475 §3.1.2 and §3.3).

use super::{Message, ParseError, StartLine};
use crate::sip::header::{CSeq, NameAddr, Via, date_is_valid, scan};

/// The first fault of `message`, if it has one.
pub(super) fn fault(message: &Message) -> Option<ParseError> {
    let what = single_headers(message).or_else(|| match &message.start {
        StartLine::Request { .. } => request(message),
        StartLine::Response { .. } => None,
    });
    what.map(|what| ParseError::new(400, what))
}

/// From, To, Call-ID, CSeq: exactly one of each, and well formed. At least one Via, all of them well formed.
fn single_headers(message: &Message) -> Option<&'static str> {
    let headers = &message.headers;
    let once = |name| headers.count(name) == 1;
    if !once("Call-ID") || headers.get("Call-ID").is_none_or(|id| id.is_empty() || id.contains([' ', '\t'])) {
        return Some("Missing or Malformed Call-ID");
    }
    if !once("CSeq") || message.cseq().is_none() {
        return Some("Missing or Malformed CSeq");
    }
    if !once("From") || message.from().is_none() {
        return Some("Missing or Malformed From");
    }
    if !once("To") || message.to().is_none() {
        return Some("Missing or Malformed To");
    }
    let vias = headers.values("Via");
    if vias.is_empty() || !vias.iter().all(|v| Via::parse(v).is_some()) || empty_element(message, "Via") {
        return Some("Missing or Malformed Via");
    }
    None
}

/// What a request must not get wrong; a response is taken as it is, since nobody can be told.
fn request(message: &Message) -> Option<&'static str> {
    let headers = &message.headers;
    let cseq_names_method = |cseq: CSeq| message.method() == Some(&cseq.method);
    if !message.cseq().is_some_and(cseq_names_method) {
        return Some("CSeq Names Another Method");
    }
    let max_forwards = headers.get("Max-Forwards");
    if headers.count("Max-Forwards") > 1 || max_forwards.is_some_and(|v| scan::number::<u8>(v).is_none()) {
        return Some("Malformed Max-Forwards");
    }
    let addresses_are_fine = |name| headers.values(name).iter().all(|v| *v == "*" || NameAddr::parse(v).is_some());
    if !addresses_are_fine("Contact") {
        return Some("Malformed Contact");
    }
    if !addresses_are_fine("Route") || !addresses_are_fine("Record-Route") {
        return Some("Malformed Route");
    }
    if !headers.all("Date").all(date_is_valid) {
        return Some("Malformed Date");
    }
    None
}

/// Whether a comma-separated header has an element with nothing in it but separators' remains.
fn empty_element(message: &Message, name: &'static str) -> bool {
    message.headers.all(name).any(|line| scan::split(line, b',').is_none_or(|v| v.iter().any(|e| e.is_empty())))
}
