//! The headers that a session's messages have in common, and what is looked at before a request is taken.

use super::types::Setup;
use crate::sip::{Message, Method, header};

/// The methods that a session takes. The others are answered with 405 (known) or 501 (unknown).
pub const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS";

/// The only body that a session understands.
pub const SDP: &str = "application/sdp";

/// Contact and Allow on a request that opens or changes a session.
pub(super) fn dress(message: &mut Message, setup: &Setup, description: Option<&[u8]>) {
    message.headers.push("Contact", header::NameAddr::new(setup.contact.clone()).to_string());
    message.headers.push("Allow", ALLOW);
    if let Some(description) = description {
        message.set_body(SDP, description);
    }
}

/// A response of a session, with our tag in To, and with Contact where it opens or keeps a dialog.
pub(super) fn reply(request: &Message, status: u16, tag: &str, setup: &Setup) -> Message {
    let mut response = Message::response_to(request, status, "", Some(tag));
    if (101..300).contains(&status) && matches!(request.method(), Some(Method::Invite | Method::Update)) {
        response.headers.push("Contact", header::NameAddr::new(setup.contact.clone()).to_string());
    }
    if matches!(status, 200..=299 | 405 | 501) || (101..200).contains(&status) {
        response.headers.push("Allow", ALLOW);
    }
    response
}

/// The answer to OPTIONS (RFC 3261 §11.2).
#[must_use]
pub fn capabilities(mut response: Message) -> Message {
    for (name, value) in [("Allow", ALLOW), ("Accept", SDP), ("Accept-Encoding", "identity"), ("Supported", "")] {
        if !response.headers.has(name) {
            response.headers.push(name, value);
        }
    }
    response
}

/// The session description of a message, also out of a `multipart/mixed` body as gateways send it.
#[must_use]
pub fn description(message: &Message) -> Option<Vec<u8>> {
    if message.body.is_empty() {
        return None;
    }
    let Some(kind) = message.content_type() else {
        // Without Content-Type a body should not be there; from an INVITE's peer it can only be SDP.
        return message.body.starts_with(b"v=").then(|| message.body.clone());
    };
    match kind.essence.as_str() {
        SDP => Some(message.body.clone()),
        "multipart/mixed" | "multipart/alternative" => part(&message.body, &kind.params.get("boundary")?),
        _ => None,
    }
}

/// The first SDP part of a multipart body (RFC 2046 §5.1.1). Nested ones are not looked into.
fn part(body: &[u8], boundary: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let delimiter = format!("--{boundary}");
    text.split(delimiter.as_str()).skip(1).take(16).find_map(|part| {
        let (head, content) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
        let is_sdp = head.lines().any(|line| {
            let (name, value) = line.split_once(':').unwrap_or((line, ""));
            name.trim().eq_ignore_ascii_case("Content-Type") && value.trim().to_ascii_lowercase().starts_with(SDP)
        });
        is_sdp.then(|| content.strip_suffix("\r\n").or_else(|| content.strip_suffix('\n')).unwrap_or(content).into())
    })
}

/// Why an INVITE or another request is refused whatever it wants: status and headers. (Method, scheme and Require are
/// the endpoint's business.)
#[must_use]
pub fn objection(request: &Message) -> Option<(u16, Vec<(&'static str, String)>)> {
    let encoded = request.headers.values("Content-Encoding").iter().any(|e| !e.eq_ignore_ascii_case("identity"));
    if encoded {
        return Some((415, vec![("Accept-Encoding", "identity".into())]));
    }
    if matches!(request.method(), Some(Method::Invite)) {
        if request.contact().is_none() {
            return Some((400, Vec::new()));
        }
        if !request.body.is_empty() && description(request).is_none() && is_required(request) {
            return Some((415, vec![("Accept", SDP.into())]));
        }
    }
    None
}

/// Whether a body must be understood (RFC 3261 §20.11: handling is required unless it says optional).
fn is_required(request: &Message) -> bool {
    let disposition = request.headers.get("Content-Disposition").unwrap_or_default().to_ascii_lowercase();
    !disposition.contains("handling=optional")
}

/// Whether a Reason header says that another phone has answered (RFC 3326).
#[must_use]
pub fn answered_elsewhere(message: &Message) -> bool {
    message.reasons().iter().any(|reason| {
        let sip = reason.protocol.eq_ignore_ascii_case("SIP") && reason.cause == Some(200);
        sip || reason.text.as_deref().is_some_and(|text| text.to_ascii_lowercase().contains("completed elsewhere"))
    })
}
