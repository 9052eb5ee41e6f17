//! The refusals that need no transaction user and leave nothing behind (RFC 3261 §8.2.1, §8.2.2, §8.2.7).
//!
//! Max-Forwards is not looked at: a request with 0 has arrived where it was going (RFC 4475 §3.3.11).

use super::{Config, Endpoint, build};
use crate::port::net::Flow;
use crate::sip::message::{Message, Method, ParseError};
use crate::sip::uri::Uri;

/// A refusal: status, reason phrase if not the usual one, and one header field.
pub(super) struct Refusal {
    status: u16,
    reason: &'static str,
    header: Option<(&'static str, String)>,
}

impl Refusal {
    pub(super) const fn new(status: u16) -> Refusal {
        Refusal { status, reason: "", header: None }
    }

    pub(super) fn with(self, name: &'static str, value: String) -> Refusal {
        Refusal { header: Some((name, value)), ..self }
    }
}

/// Why a sound request is refused whatever its user would say; `None` if it is not. Never asked for ACK and CANCEL.
pub(super) fn refusal(config: &Config, request: &Message) -> Option<Refusal> {
    let method = request.method()?;
    if !config.allow.contains(method) {
        let status = if matches!(method, Method::Other(_)) { 501 } else { 405 };
        return Some(Refusal::new(status).with("Allow", config.allow_value()));
    }
    if matches!(request.uri(), Some(Uri::Other(_))) {
        return Some(Refusal::new(416));
    }
    let known = |tag: &&str| config.supported.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let unknown: Vec<&str> = request.option_tags("Require").into_iter().filter(|tag| !known(tag)).collect();
    if !unknown.is_empty() {
        return Some(Refusal::new(420).with("Unsupported", unknown.join(", ")));
    }
    None
}

impl Endpoint {
    /// What could not be parsed: a request is answered, anything else is dropped.
    pub(super) fn on_malformed(&mut self, flow: &Flow, error: ParseError) {
        let Some(mut request) = error.partial else { return };
        if request.method() == Some(&Method::Ack) || request.via().is_none() {
            return;
        }
        request.stamp_received(flow.remote);
        self.refuse(flow, &request, Refusal { status: error.status, reason: error.what, header: None });
    }

    /// Answers without keeping anything.
    pub(super) fn refuse(&mut self, flow: &Flow, request: &Message, refusal: Refusal) {
        let tag = self.tag_of(request);
        let mut response = Message::response_to(request, refusal.status, refusal.reason, Some(&tag));
        if let Some((name, value)) = refusal.header {
            response.headers.push(name, value);
        }
        self.sign_response(&mut response);
        let to = build::destination(&response, flow);
        self.send(flow.id, to, response.to_bytes());
    }

    /// Says who we are.
    pub(super) fn sign_response(&self, response: &mut Message) {
        if !self.config.agent.is_empty() && !response.headers.has("Server") {
            response.headers.push("Server", self.config.agent.as_str());
        }
    }
}
