//! The REGISTER requests.

use super::{Asking, Purpose, Registration, State};
use crate::base::Mono;
use crate::sip::digest::{Attempts, Case, Opened, Realms, may_foresee};
use crate::sip::invite::Tools;
use crate::sip::{Message, Method, NameAddr, SipUri};

/// Our requests go to the account's own server, in no dialog.
pub(super) const CASE: Case<'static> = Case { method: "REGISTER", opened: Opened::NoDialog, own_server: true };

/// The realms that may be answered: before one is pinned, whichever the server names.
pub(super) const fn realms(pinned: &[String]) -> Realms<'_> {
    if pinned.is_empty() { Realms::Any } else { Realms::Only(pinned) }
}

impl Registration {
    /// Sends a new REGISTER. One password is tried: servers count what they refuse, and so does the password change
    /// (account-security 3.3).
    pub(super) fn ask(&mut self, tools: &mut Tools<'_>, purpose: Purpose, since: Option<Mono>) {
        let mut request = self.build(purpose);
        let mut attempts = Attempts::with_one_password();
        if let Some(auth) = tools.auth.as_mut().filter(|_| may_foresee(CASE)) {
            auth.authenticator.prepare(&mut request, &mut attempts, realms(auth.realms));
        }
        self.send(tools, request, attempts, purpose, since);
    }

    /// Sends a REGISTER that is ready.
    pub(super) fn send(
        &mut self,
        tools: &mut Tools<'_>,
        request: Message,
        attempts: Attempts,
        purpose: Purpose,
        since: Option<Mono>,
    ) {
        let client = tools.endpoint.request(tools.now, &self.setup.flow, request);
        let contact = self.setup.contact.clone();
        self.state = State::Asking(Box::new(Asking { client, contact, attempts, purpose, since }));
    }

    /// A REGISTER with the next CSeq. A binding under another address than today's is removed with it.
    pub(super) fn build(&mut self, purpose: Purpose) -> Message {
        self.cseq = self.cseq.wrapping_add(1) & 0x7fff_ffff;
        let setup = &self.setup;
        let mut request = Message::request(Method::Register, setup.registrar.clone());
        for route in &setup.routes {
            request.headers.push("Route", route.to_string());
        }
        request.headers.push("From", setup.aor.clone().with_tag(&self.tag).to_string());
        request.headers.push("To", setup.aor.to_string());
        request.headers.push("Call-ID", self.call_id.as_str());
        request.headers.push("CSeq", format!("{} REGISTER", self.cseq));
        let expires = if purpose == Purpose::Bind { self.expires } else { 0 };
        // The old one first: a registrar that knows bindings by their instance (Kamailio) would otherwise take the new
        // one for an update of the old one, and remove that.
        if let Some(bound) = self.bound.as_ref().filter(|bound| !same_place(bound, &setup.contact)) {
            request.headers.push("Contact", self.contact_header(bound, 0));
        }
        request.headers.push("Contact", self.contact_header(&setup.contact, expires));
        request.headers.push("Expires", expires.to_string());
        request.headers.push("Supported", "path");
        request
    }

    fn contact_header(&self, contact: &SipUri, expires: u32) -> String {
        let mut contact = NameAddr::new(contact.clone());
        if let Some(instance) = &self.setup.instance {
            contact = contact.with_param("+sip.instance", Some(&format!("\"<{instance}>\"")));
        }
        contact.with_param("expires", Some(&expires.to_string())).to_string()
    }
}

/// Whether two Contacts of ours name the same place.
pub(super) fn same_place(a: &SipUri, b: &SipUri) -> bool {
    a.user == b.user && a.host.equivalent(&b.host) && a.port == b.port
}
