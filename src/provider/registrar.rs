//! The registrar (RFC 3261 §10.3) of one account: bindings with expiry, and the flows that they came by (RFC 5626).

use std::time::Duration;

use crate::base::Mono;
use crate::port::net::{Flow, FlowId};
use crate::sip::{Message, NameAddr, Uri};

/// A binding lives no shorter, or the answer is 423.
pub const SHORTEST: u32 = 60;
/// And no longer, whatever was asked for.
pub const LONGEST: u32 = 3600;
/// When nothing was asked for.
const USUAL: u32 = 600;
/// Bindings at most.
const MOST: usize = 16;

/// One place where the account can be reached.
#[derive(Clone, Debug)]
struct Binding {
    contact: NameAddr,
    /// `+sip.instance` and `reg-id`: they, not the URI, name an outbound binding.
    outbound: Option<(String, String)>,
    flow: Flow,
    until: Mono,
    call_id: String,
    cseq: u32,
}

/// The bindings of one account.
#[derive(Debug, Default)]
pub struct Registrar {
    bindings: Vec<Binding>,
}

/// Why a REGISTER changed nothing: a status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused(pub u16);

impl Registrar {
    /// Does what an authenticated REGISTER asks, all of it or nothing, and makes the response.
    #[must_use]
    pub fn register(&mut self, now: Mono, flow: &Flow, request: &Message) -> Message {
        self.expire(now);
        let status = match self.apply(now, flow, request) {
            Ok(()) => 200,
            Err(Refused(status)) => status,
        };
        let mut response = Message::response_to(request, status, "", Some("registrar"));
        if status == 423 {
            response.headers.push("Min-Expires", SHORTEST.to_string());
        }
        if status == 200 {
            self.list(now, &mut response);
            if request.supports("outbound") && request.contacts().iter().any(|c| outbound(c).is_some()) {
                response.headers.push("Require", "outbound");
            }
        }
        response
    }

    fn apply(&mut self, now: Mono, flow: &Flow, request: &Message) -> Result<(), Refused> {
        let (call_id, cseq) = (request.call_id().to_owned(), request.cseq().ok_or(Refused(400))?.number);
        let contacts = request.contacts();
        // RFC 3261 §10.3 step 6: `*` removes everything, and nothing else may stand beside it.
        if request.headers.values("Contact").contains(&"*") {
            if !request.contact_is_star() || request.expires() != Some(0) {
                return Err(Refused(400));
            }
            self.bindings.clear();
            return Ok(());
        }
        let lifetime = |contact: &NameAddr| request.contact_expires(contact).unwrap_or(USUAL);
        if contacts.iter().map(lifetime).any(|seconds| seconds != 0 && seconds < SHORTEST) {
            return Err(Refused(423));
        }
        let is_old = |b: &Binding| b.call_id == call_id && b.cseq >= cseq;
        if contacts.iter().any(|c| self.bindings.iter().any(|b| b.is_for(c) && is_old(b))) {
            return Err(Refused(500));
        }
        let mut bindings = self.bindings.clone();
        for contact in contacts {
            bindings.retain(|b| !b.is_for(&contact));
            let seconds = lifetime(&contact).min(LONGEST);
            if seconds > 0 {
                let until = now + Duration::from_secs(u64::from(seconds));
                let outbound = outbound(&contact);
                bindings.push(Binding { contact, outbound, flow: flow.clone(), until, call_id: call_id.clone(), cseq });
            }
        }
        if bindings.len() > MOST {
            return Err(Refused(503));
        }
        self.bindings = bindings;
        Ok(())
    }

    /// Adds the bindings to a response, with what is left of their lives.
    fn list(&self, now: Mono, response: &mut Message) {
        for binding in &self.bindings {
            let left = binding.until.since(now).as_secs_f64().ceil();
            let contact = binding.contact.clone().with_param("expires", Some(&format!("{left:.0}")));
            response.headers.push("Contact", contact.to_string());
        }
    }

    fn expire(&mut self, now: Mono) {
        self.bindings.retain(|b| b.until > now);
    }

    /// The newest binding: its URI and the flow to it.
    #[must_use]
    pub fn newest(&mut self, now: Mono) -> Option<(Uri, Flow)> {
        self.expire(now);
        self.bindings.last().map(|b| (b.contact.uri.clone(), b.flow.clone()))
    }

    /// A flow is gone, and with it the bindings that can be reached by it only: all of them are streams here.
    pub fn flow_closed(&mut self, flow: FlowId) {
        self.bindings.retain(|b| b.flow.id != flow);
    }

    /// Ends all bindings but those of one `+sip.instance`; all, if it is empty.
    pub fn end_others(&mut self, keep: &str) {
        let is_kept = |b: &Binding| {
            let instance = b.contact.params.get("+sip.instance");
            instance.is_some_and(|instance| instance.trim_matches(['<', '>']) == keep)
        };
        self.bindings.retain(is_kept);
    }

    /// How many bindings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bindings.len()
    }

    /// Whether the account is registered nowhere.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bindings.is_empty()
    }
}

impl Binding {
    fn is_for(&self, contact: &NameAddr) -> bool {
        match (&self.outbound, outbound(contact)) {
            (Some(ours), Some(theirs)) => *ours == theirs,
            _ => self.contact.uri.equivalent(&contact.uri),
        }
    }
}

/// What names an outbound binding (RFC 5626 §6).
fn outbound(contact: &NameAddr) -> Option<(String, String)> {
    contact.params.get("+sip.instance").zip(contact.params.get("reg-id"))
}
