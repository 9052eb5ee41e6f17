//! Challenges to the requests of a session: what may be answered is `digest::policy`'s word, how is the
//! authenticator's; here both are asked, and the request is sent again with a higher CSeq (RFC 3261 §22.2).

use super::types::{Challenged, Sent, Setup, Tools};
use crate::sip::digest::{Attempts, Case, Door, Opened, Realms, Refusal, may_answer, may_foresee};
use crate::sip::{CSeq, Message};

/// Sends a request for the first time: with credentials where this method was asked for them before.
pub(super) fn send(tools: &mut Tools<'_>, setup: &Setup, opened: Opened, mut message: Message) -> Sent {
    let mut attempts = Attempts::default();
    if let (Some(auth), Some(method)) = (tools.auth.as_mut(), message.method().cloned())
        && may_foresee(Case { method: method.as_str(), opened, own_server: setup.own_server })
    {
        auth.authenticator.prepare(&mut message, &mut attempts, Realms::Only(auth.realms));
    }
    let client = tools.endpoint.request(tools.now, &setup.flow, message.clone());
    Sent { client, message, attempts }
}

/// Answers the challenge in `response` by sending the request again, in a new transaction and with `cseq`.
///
/// # Errors
/// What became of the challenge, if it is not answered.
pub(super) fn send_again(
    tools: &mut Tools<'_>,
    setup: &Setup,
    opened: Opened,
    sent: &Sent,
    response: &Message,
    cseq: u32,
) -> Result<Sent, Challenged> {
    let door = match response.status() {
        Some(401) => Door::Server,
        Some(407) => Door::Proxy,
        Some(_) | None => return Err(Challenged::No),
    };
    let method = sent.message.method().cloned().ok_or(Challenged::No)?;
    let case = Case { method: method.as_str(), opened, own_server: setup.own_server };
    if !may_answer(case, door, &sent.attempts) {
        return Err(Challenged::NotAnswered);
    }
    let auth = tools.auth.as_mut().ok_or(Challenged::NotAnswered)?;
    let mut again = sent.clone();
    // What a stranger's 407 asks for beside the proxy is not answered either.
    let mut proxy_only = None;
    if opened == Opened::ByThem {
        proxy_only.insert(response.clone()).headers.remove(Door::Server.asks());
    }
    let asked = proxy_only.as_ref().unwrap_or(response);
    let realms = Realms::Only(auth.realms);
    auth.authenticator
        .answer(&mut again.message, asked, &mut again.attempts, realms, tools.entropy)
        .map_err(|refusal| what_became(&refusal))?;
    again.message.headers.set("CSeq", CSeq { number: cseq, method }.to_string());
    again.client = tools.endpoint.request(tools.now, &setup.flow, again.message.clone());
    Ok(again)
}

fn what_became(refusal: &Refusal) -> Challenged {
    match refusal {
        Refusal::Rejected(_) | Refusal::TooOften => Challenged::Refused,
        Refusal::ForeignRealm(_) | Refusal::Weaker(_) | Refusal::Unsupported | Refusal::NoChallenge => {
            Challenged::NotAnswered
        }
    }
}
