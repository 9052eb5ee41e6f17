//! Entry points for fuzzing: each takes any bytes and must return. Used by the mutation fuzzer of the unit tests and
//! by the `cargo fuzz` targets in `tests/fuzz`.

use super::digest::{Attempts, Authenticator, Door, Realms, Verifier};
use super::endpoint::{Config, Endpoint, Happening, Output};
use super::framer::Framer;
use super::message::{Message, Method};
use super::uri::Uri;
use crate::base::{Entropy, Mono, Now, Secret};
use crate::port::net::{Flow, FlowId, Transport};

/// Parses `data` as a datagram, asks for every view, prints it, and parses that again.
pub fn message(data: &[u8]) {
    let parsed = match Message::parse(data) {
        Ok(message) => message,
        Err(error) => match error.partial {
            Some(partial) => *partial,
            None => return,
        },
    };
    views(&parsed);
    let again = parsed.to_bytes();
    drop(Message::parse(&again));
    if parsed.is_request() {
        let response = Message::response_to(&parsed, 400, "", Some("tag"));
        drop(Message::parse(&response.to_bytes()));
    }
}

/// Asks for everything that a message can be asked for.
fn views(message: &Message) {
    let source = std::net::SocketAddr::from(([192, 0, 2, 1], 5060));
    let mut stamped = message.clone();
    stamped.stamp_received(source);
    stamped.pop_via();
    for name in ["Contact", "Route", "Record-Route", "P-Asserted-Identity", "Refer-To"] {
        for address in message.addresses(name) {
            asked((address.uri.equivalent(&address.uri), message.contact_expires(&address), address.to_string()));
        }
    }
    for via in message.vias() {
        asked((via.response_addr(5060), via.sent_by(), via.to_string()));
    }
    asked((message.from_tag(), message.to_tag(), message.cseq(), message.contact_is_star(), message.max_forwards()));
    asked((message.www_challenges(), message.proxy_challenges(), message.auth("Authorization")));
    asked((message.allow(), message.option_tags("Require"), message.supports("path"), message.retry_after()));
    asked((message.reasons(), message.warnings(), message.content_type(), message.min_expires()));
    asked((message.redacted(), message.expires()));
}

/// Keeps the compiler from leaving the question out.
fn asked<T>(answer: T) {
    drop(std::hint::black_box(answer));
}

/// Frames `data` as a stream, in pieces whose sizes its first byte decides.
pub fn stream(data: &[u8]) {
    let Some((first, data)) = data.split_first() else { return };
    let mut framer = Framer::new();
    for piece in data.chunks(usize::from(*first).max(1)) {
        framer.push(piece);
        while let Ok(Some(_)) = framer.next_frame() {}
    }
}

/// Gives `data` to an endpoint with requests under way, as it is and as an answer to them; lets the user refuse what
/// is passed up, and a minute and a half go by. Nothing may be left then.
pub fn transactions(data: &[u8]) {
    let now = Now::default();
    let transport = if data.len().is_multiple_of(2) { Transport::Udp } else { Transport::Tls };
    let (local, remote) = (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
    let flow = Flow { id: FlowId(1), transport, local, remote, account: None, tls: None };
    let mut endpoint = Endpoint::new(Config::new("fuzz"), Entropy::from_number(1));
    let Ok(uri) = Uri::parse("sip:a@example.com") else { return };
    for method in [Method::Invite, Method::Register] {
        let request = Message::request(method.clone(), uri.clone())
            .with("From", "<sip:a@example.com>;tag=1")
            .with("To", "<sip:a@example.com>")
            .with("Call-ID", "x")
            .with("CSeq", format!("2 {method}"));
        let key = endpoint.request(now, &flow, request.clone());
        endpoint.receive(now, &flow, data);
        endpoint.cancel(now, key);
        challenge(data, request);
        answer_all(&mut endpoint, now, &flow, data);
    }
    // Not a fuzz target's panic but a failure all the same: something stays for ever.
    let mut at = Mono::ZERO;
    for _ in 0..10_000 {
        answer_all(&mut endpoint, Now { mono: at, ..now }, &flow, b"");
        match endpoint.next_timeout() {
            Some((next, _)) => at = next,
            None => break,
        }
        endpoint.handle_timeout(Now { mono: at, ..now });
    }
    assert!(endpoint.is_empty(), "{:?} transactions are left", endpoint.len());
}

/// Refuses every request that is passed up, and answers our own with the headers of `data`.
fn answer_all(endpoint: &mut Endpoint, now: Now, flow: &Flow, data: &[u8]) {
    while let Some(output) = endpoint.poll() {
        match output {
            Output::OpenStream { client, .. } => endpoint.stream_refused(now, client),
            Output::Send { bytes, .. } => {
                if let (Ok(sent), Ok(mut response)) = (Message::parse(&bytes), Message::parse(data))
                    && sent.method().is_some_and(|method| *method != Method::Ack)
                    && !response.is_request()
                {
                    response.headers.remove("Via");
                    response.headers.copy("Via", &sent.headers);
                    endpoint.receive(now, flow, &response.to_bytes());
                }
            }
            Output::Event(happening) => {
                if let Happening::Request { server, message, .. } = *happening {
                    endpoint.respond(now, server, Message::response_to(&message, 486, "", Some("tag")));
                }
            }
        }
    }
}

/// Takes `data` as a challenge and as credentials.
fn challenge(data: &[u8], mut request: Message) {
    let Ok(message) = Message::parse(data) else { return };
    let mut dice = Entropy::from_number(2);
    let mut authenticator = Authenticator::new("a", Secret::from("b"));
    asked(authenticator.answer(&mut request, &message, &mut Attempts::default(), Realms::Any, &mut dice));
    let mut verifier = Verifier::new("r", &[], &[], std::time::Duration::ZERO, &mut dice);
    asked(verifier.verify(&message, Door::Server, Mono::ZERO, |_| Some(Secret::from("b"))));
}
