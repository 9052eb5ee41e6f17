//! The addresses of an account on the wire, and the one message that the phone makes itself: the probe of sign-in.

use super::address::Address;
use crate::base::Entropy;
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

/// The outbound proxy that the person named, as a route.
#[must_use]
pub(super) fn proxy(draft: &crate::phone::command::AccountDraft) -> Vec<NameAddr> {
    let typed = draft.outbound_proxy.as_deref().map(str::trim).filter(|typed| !typed.is_empty());
    let place = typed.and_then(super::address::Place::parse);
    let uri = place.map(|place| match place.port {
        Some(port) => format!("sip:{}:{port};lr", place.host),
        None => format!("sip:{};lr", place.host),
    });
    uri.and_then(|uri| Uri::parse(&uri).ok()).map(NameAddr::new).into_iter().collect()
}

/// A REGISTER that binds nothing (RFC 3261 §10.2.3): any answer shows that a SIP server is there.
#[must_use]
pub(super) fn fetch(address: &Address, dice: &mut Entropy) -> Message {
    let who = NameAddr::new(address_of_record(address));
    Message::request(Method::Register, registrar(address))
        .with("From", who.clone().with_tag(&dice.tag()))
        .with("To", who)
        .with("Call-ID", dice.call_id())
        .with("CSeq", "1 REGISTER")
}
