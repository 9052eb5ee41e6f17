//! The names by which messages find their transaction, the messages that a transaction makes by itself, and where
//! responses go.

use std::net::SocketAddr;

use crate::port::net::Flow;
use crate::sip::message::{Message, Method};

/// What a request and its retransmissions have in common (§17.2.3); an ACK or CANCEL is asked for with the method
/// that it is about. Without RFC 3261's cookie in the branch it is what RFC 2543 says.
pub(super) fn server_id(request: &Message, method: &Method) -> String {
    let via = request.via();
    match via.as_ref().and_then(|via| via.branch()) {
        Some(branch) if branch.get(..7).is_some_and(|cookie| cookie.eq_ignore_ascii_case("z9hG4bK")) => {
            let sent_by = via.map(|via| via.sent_by().to_ascii_lowercase()).unwrap_or_default();
            format!("{branch}|{sent_by}|{method}")
        }
        Some(_) | None => {
            let uri = request.uri().map(ToString::to_string).unwrap_or_default();
            let tag = request.from_tag().unwrap_or_default();
            let number = request.cseq().map_or(0, |cseq| cseq.number);
            let via = request.headers.values("Via").first().copied().unwrap_or_default();
            format!("2543|{uri}|{tag}|{}|{number}|{via}|{method}", request.call_id())
        }
    }
}

/// What copies of one request share that came by different ways; `None` for requests within a dialog (§8.2.2.2).
pub(super) fn merge_id(request: &Message) -> Option<String> {
    if request.to_tag().is_some() {
        return None;
    }
    Some(format!("{}|{}|{}", request.from_tag()?, request.cseq()?, request.call_id()))
}

/// What a 2xx to INVITE and its ACK have in common.
pub(super) fn ack_id(message: &Message) -> String {
    let tags = (message.from_tag().unwrap_or_default(), message.to_tag().unwrap_or_default());
    let number = message.cseq().map_or(0, |cseq| cseq.number);
    format!("{}|{}|{number}|{}", tags.0, tags.1, message.call_id())
}

/// The ACK to a refusal: hop by hop, with the INVITE's branch, Request-URI and route (§17.1.1.3).
pub(super) fn ack_to_refusal(invite: &Message, response: &Message) -> Option<Message> {
    let mut ack = of_invite(invite, Method::Ack)?;
    ack.headers.copy("To", &response.headers);
    Some(ack)
}

/// The CANCEL of an INVITE: its branch, Request-URI, route and To without tag (§9.1).
pub(super) fn cancel_of(invite: &Message) -> Option<Message> {
    let mut cancel = of_invite(invite, Method::Cancel)?;
    cancel.headers.copy("To", &invite.headers);
    Some(cancel)
}

fn of_invite(invite: &Message, method: Method) -> Option<Message> {
    let number = invite.cseq()?.number;
    let mut message = Message::request(method.clone(), invite.uri()?.clone());
    message.push_via(&invite.via()?);
    for name in ["Route", "From", "Call-ID"] {
        message.headers.copy(name, &invite.headers);
    }
    message.headers.push("CSeq", format!("{number} {method}"));
    Some(message)
}

/// Where a response goes by UDP when that is not where the request came from (§18.2.2, RFC 3581 §4). `maddr` is not
/// followed: nobody multicasts, and it would let a stranger aim our responses at somebody else.
pub(super) fn destination(response: &Message, flow: &Flow) -> Option<SocketAddr> {
    if flow.transport.is_reliable() {
        return None;
    }
    let via = response.via()?;
    let port = via.rport().or(via.port).unwrap_or(flow.transport.default_port());
    let address = SocketAddr::new(flow.remote.ip(), port);
    (address != flow.remote).then_some(address)
}
