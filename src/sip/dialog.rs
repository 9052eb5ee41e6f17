//! Dialogs (RFC 3261 §12): who is at the other end, by which route, and in which order requests come.
//!
//! A dialog knows nothing of what it is used for; [`super::invite`] does. It is made from a request and the response
//! that opened it, on the caller's side by [`Dialog::of_response`], on the called side by [`Dialog::of_request`].

use super::digest::Opened;
use super::message::{Message, Method};
use super::{CSeq, NameAddr, Uri};

/// What names a dialog at one end (RFC 3261 §12: Call-ID, local tag, remote tag).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// Theirs; empty if they are an RFC 2543 implementation without tags.
    pub remote_tag: String,
}

/// Whether a dialog is there to stay.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Stage {
    /// Opened by a provisional response.
    Early,
    /// Opened, or confirmed, by a 2xx.
    Confirmed,
}

/// One dialog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dialog {
    id: DialogId,
    stage: Stage,
    opened: Opened,
    /// From of our requests, with tag.
    local: NameAddr,
    /// To of our requests, with tag.
    remote: NameAddr,
    /// Where the other end is: their last Contact.
    target: Uri,
    /// Route, first hop first.
    routes: Vec<NameAddr>,
    local_cseq: u32,
    remote_cseq: Option<u32>,
}

/// Why a request within a dialog is refused before anybody looks at what it wants.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OutOfOrder {
    /// Its CSeq is lower than the last one's: 500 (RFC 3261 §12.2.2).
    Stale,
}

impl Dialog {
    /// The caller's side (RFC 3261 §12.1.2), from our request and a response to it that has a To tag (or, from an
    /// RFC 2543 implementation, has none). The route set is the response's Record-Route *reversed*.
    ///
    /// `None` if the response lacks what a dialog needs: To, Call-ID, and a Contact in a 2xx.
    #[must_use]
    pub fn of_response(request: &Message, response: &Message) -> Option<Dialog> {
        let (local, remote) = (request.from()?, response.to()?);
        let confirmed = response.status().is_some_and(|status| status >= 200);
        // A provisional response should have a Contact; if not, the request's own target serves until the 2xx.
        let target = match response.contact() {
            Some(contact) => contact.uri,
            None => request.uri()?.clone(),
        };
        let mut routes = response.record_routes();
        routes.reverse();
        Some(Dialog {
            id: DialogId {
                call_id: request.call_id().to_owned(),
                local_tag: local.tag()?,
                remote_tag: remote.tag().unwrap_or_default(),
            },
            stage: if confirmed { Stage::Confirmed } else { Stage::Early },
            opened: Opened::ByUs,
            local,
            remote,
            target,
            routes,
            local_cseq: request.cseq()?.number,
            remote_cseq: None,
        })
    }

    /// The called side (RFC 3261 §12.1.1), from their request and the tag that our responses carry. The route set
    /// is the request's Record-Route *in order*. Confirm it with [`Dialog::confirm`] when the 2xx is sent.
    ///
    /// `None` if the request lacks From, To, Call-ID, CSeq or Contact.
    #[must_use]
    pub fn of_request(request: &Message, local_tag: &str) -> Option<Dialog> {
        let (remote, local) = (request.from()?, request.to()?.with_tag(local_tag));
        Some(Dialog {
            id: DialogId {
                call_id: request.call_id().to_owned(),
                local_tag: local_tag.to_owned(),
                remote_tag: remote.tag().unwrap_or_default(),
            },
            stage: Stage::Early,
            opened: Opened::ByThem,
            local,
            remote,
            target: request.contact()?.uri,
            routes: request.record_routes(),
            // Any value below 2³¹ may begin our side (RFC 3261 §8.1.1.5); one makes traces easy to read.
            local_cseq: 0,
            remote_cseq: Some(request.cseq()?.number),
        })
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &DialogId {
        &self.id
    }

    /// Early or confirmed.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        self.stage
    }

    /// Who opened it: decides which challenges may be answered.
    #[must_use]
    pub const fn opened(&self) -> Opened {
        self.opened
    }

    /// The other end, with tag.
    #[must_use]
    pub const fn remote(&self) -> &NameAddr {
        &self.remote
    }

    /// Where the other end is.
    #[must_use]
    pub const fn target(&self) -> &Uri {
        &self.target
    }

    /// The route, first hop first.
    #[must_use]
    pub fn routes(&self) -> &[NameAddr] {
        &self.routes
    }

    /// A 2xx has been sent.
    pub const fn confirm(&mut self) {
        self.stage = Stage::Confirmed;
    }

    /// A request or 2xx that refreshes the target (INVITE, UPDATE: RFC 3261 §12.2.1.2, §12.2.2): takes its Contact.
    pub fn refresh_target(&mut self, message: &Message) {
        if let Some(contact) = message.contact() {
            self.target = contact.uri;
        }
    }

    /// Whether a request from the other end belongs here: Call-ID, To tag ours, From tag theirs.
    #[must_use]
    pub fn matches_request(&self, request: &Message) -> bool {
        request.call_id() == self.id.call_id
            && request.to_tag().unwrap_or_default() == self.id.local_tag
            && request.from_tag().unwrap_or_default() == self.id.remote_tag
    }

    /// Whether a response of ours belongs here: Call-ID, From tag ours, To tag theirs.
    #[must_use]
    pub fn matches_response(&self, response: &Message) -> bool {
        response.call_id() == self.id.call_id
            && response.from_tag().unwrap_or_default() == self.id.local_tag
            && response.to_tag().unwrap_or_default() == self.id.remote_tag
    }

    /// Notes the CSeq of a request that belongs here (RFC 3261 §12.2.2). Not for ACK and CANCEL, which carry the
    /// number of what they belong to.
    ///
    /// # Errors
    /// [`OutOfOrder::Stale`] if it is lower than one seen before.
    pub fn admit(&mut self, request: &Message) -> Result<(), OutOfOrder> {
        let number = request.cseq().map_or(0, |cseq| cseq.number);
        if self.remote_cseq.is_some_and(|last| number < last) {
            return Err(OutOfOrder::Stale);
        }
        self.remote_cseq = Some(number);
        Ok(())
    }

    /// The CSeq number of our last request.
    #[must_use]
    pub const fn local_cseq(&self) -> u32 {
        self.local_cseq
    }

    /// The next CSeq number: one higher than any before.
    pub const fn next_cseq(&mut self) -> u32 {
        self.local_cseq += 1;
        self.local_cseq
    }

    /// A request within the dialog (RFC 3261 §12.2.1.1) with the next CSeq: everything but Via, Contact and body.
    #[must_use]
    pub fn request(&mut self, method: Method) -> Message {
        let number = self.next_cseq();
        self.numbered(method, number)
    }

    /// The ACK for a 2xx to our INVITE with this CSeq number (RFC 3261 §13.2.2.4).
    ///
    /// Without the INVITE's credentials, although that section wants them: it goes end to end, and a proxy that does
    /// not check it does not take them off, so that whoever answered could guess the password at leisure. Nobody may
    /// challenge an ACK (§22.1), so nobody misses them.
    #[must_use]
    pub fn ack(&self, invite_cseq: u32) -> Message {
        self.numbered(Method::Ack, invite_cseq)
    }

    fn numbered(&self, method: Method, number: u32) -> Message {
        let (uri, routes) = self.way();
        let mut message = Message::request(method.clone(), uri);
        for route in routes {
            message.headers.push("Route", route.to_string());
        }
        message.headers.push("From", self.local.to_string());
        message.headers.push("To", self.remote.to_string());
        message.headers.push("Call-ID", self.id.call_id.clone());
        message.headers.push("CSeq", CSeq { number, method }.to_string());
        message
    }

    /// Request-URI and Route (RFC 3261 §12.2.1.1). A first hop without `lr` is a strict router: it becomes the
    /// Request-URI, and the target goes to the end of the route.
    fn way(&self) -> (Uri, Vec<NameAddr>) {
        through(self.target.clone(), &self.routes)
    }
}

/// Request-URI and Route of a request to `target` that is to pass these hops (RFC 3261 §12.2.1.1; for the preloaded
/// route of a request outside of any dialog, §8.1.2).
#[must_use]
pub fn through(target: Uri, routes: &[NameAddr]) -> (Uri, Vec<NameAddr>) {
    match routes.split_first() {
        Some((first, rest)) if !is_loose(&first.uri) => {
            let mut routes = rest.to_vec();
            routes.push(NameAddr::new(target));
            (as_request_uri(first.uri.clone()), routes)
        }
        Some(_) | None => (target, routes.to_vec()),
    }
}

fn is_loose(uri: &Uri) -> bool {
    // What is no SIP URI cannot be a strict router either.
    uri.sip().is_none_or(crate::sip::SipUri::is_loose_router)
}

/// A URI without what no Request-URI may have (RFC 3261 §19.1.1: the method parameter, headers).
fn as_request_uri(mut uri: Uri) -> Uri {
    if let Some(sip) = uri.sip_mut() {
        sip.headers = None;
        sip.params.remove("method");
    }
    uri
}
