//! The addresses of an account on the wire, and the one message that the phone makes itself: the probe of sign-in.

use super::address::{Address, Place};
use crate::base::Entropy;
use crate::phone::command::AccountDraft;
use crate::sip::uri::SipUri;
use crate::sip::{Message, Method, NameAddr, Uri};

/// `sip:user@domain`
#[must_use]
pub(super) fn address_of_record(address: &Address) -> Uri {
    let text = format!("sip:{}@{}", address.user, address.domain);
    Uri::parse(&text).unwrap_or(Uri::Other(text))
}

/// `sip:domain`: whom a REGISTER is for.
#[must_use]
pub(super) fn registrar(address: &Address) -> Uri {
    let text = format!("sip:{}", address.domain);
    Uri::parse(&text).unwrap_or(Uri::Other(text))
}

/// Where we can be reached on a flow.
#[must_use]
pub(super) fn contact(user: &str, at: std::net::SocketAddr, transport: crate::port::net::Transport) -> SipUri {
    let uri = SipUri::at(Some(user), at);
    match transport {
        crate::port::net::Transport::Udp => uri,
        other @ (crate::port::net::Transport::Tcp | crate::port::net::Transport::Tls) => {
            uri.with_param("transport", Some(other.param()))
        }
    }
}

/// The route of every request that no route was learned for (RFC 3261 §8.1.2): the outbound proxy and, where a server was
/// named too, that server behind it. None for a server alone: a request goes there, and where else it should go is the
/// domain's business. A server that is the proxy itself, or what the address says anyway, is no hop of its own.
#[must_use]
pub(super) fn routes(draft: &AccountDraft, address: &Address) -> Vec<NameAddr> {
    if draft.proxy().is_none() {
        return Vec::new();
    }
    let mut way: Vec<Place> = draft.way().filter_map(Place::parse).collect();
    way.dedup();
    if way.len() > 1 && way.last() == Some(&address.place()) {
        way.pop();
    }
    let uri = |place: Place| match place.port {
        Some(port) => format!("sip:{}:{port};lr", place.host),
        None => format!("sip:{};lr", place.host),
    };
    way.into_iter().filter_map(|place| Uri::parse(&uri(place)).ok()).map(NameAddr::new).collect()
}

/// A REGISTER that binds nothing (RFC 3261 §10.2.3): any answer shows that a SIP server is there.
#[must_use]
pub(super) fn fetch(draft: &AccountDraft, address: &Address, dice: &mut Entropy) -> Message {
    let who = NameAddr::new(address_of_record(address));
    let fetch = Message::request(Method::Register, registrar(address))
        .with("From", who.clone().with_tag(&dice.tag()))
        .with("To", who)
        .with("Call-ID", dice.call_id())
        .with("CSeq", "1 REGISTER");
    routes(draft, address).into_iter().fold(fetch, |fetch, route| fetch.with("Route", route))
}
