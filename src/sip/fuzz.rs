//! Entry points for fuzzing: each takes any bytes and must return. Used by the mutation fuzzer of the unit tests and
//! by the `cargo fuzz` targets in `tests/fuzz`.

use super::framer::Framer;
use super::message::Message;

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
