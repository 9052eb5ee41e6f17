//! A UDP line behind a router: under which address the server sees it (RFC 3581), and how soon it notices that this
//! has changed because the router was restarted or has forgotten it.
//!
//! Every response says from where its request came. So that there is one when nobody calls, the keep-alive of such a
//! line is an OPTIONS to the registrar instead of a CRLF: any answer will do, a refusal and a challenge (to which no
//! credentials are sent) too. A server that does not answer is asked once and then gets its CRLF.

use std::net::SocketAddr;

use super::{Change, MAX_MOVES, Registration, State};
use crate::port::net::Transport;
use crate::sip::endpoint::Failure;
use crate::sip::invite::Tools;
use crate::sip::{Host, Message, Method};

impl Registration {
    /// A response to any request on the flow: if the server sees us elsewhere than where it believes us to be, it is
    /// told at once. Nothing follows while a REGISTER is under way, whose own response will say the same.
    pub fn seen_by(&mut self, tools: &mut Tools<'_>, response: &Message) {
        // A server without RFC 3581 says nothing about us.
        let says = response.via().is_some_and(|via| via.rport().is_some());
        let asks = self.setup.flow.transport == Transport::Udp && matches!(self.state, State::Registered { .. });
        if says && asks && self.learn_public_address(response) {
            self.register(tools);
        }
    }

    /// The time for a keep-alive has come.
    pub(super) fn keep_open(&mut self, tools: &mut Tools<'_>) {
        let registered = matches!(self.state, State::Registered { .. });
        if registered && self.is_behind_nat() && self.keep_alive.may_ask() {
            let question = self.question(tools);
            let client = tools.endpoint.request(tools.now, &self.setup.flow, question);
            self.keep_alive.asked(client);
        } else {
            self.changes.push_back(Change::KeepAlive(self.setup.flow.id));
        }
    }

    pub(super) fn on_answer(&mut self, tools: &mut Tools<'_>, response: &Message) {
        if response.status().is_some_and(|status| status >= 200) {
            self.keep_alive.on_answer();
        }
        self.seen_by(tools, response);
    }

    pub(super) fn on_no_answer(&mut self, tools: &mut Tools<'_>, why: &Failure) {
        // A server that has always answered and now is silent: REGISTER finds out, and what follows from it.
        if self.keep_alive.on_no_answer() && *why == Failure::Timeout && matches!(self.state, State::Registered { .. })
        {
            self.register(tools);
        }
    }

    fn question(&self, tools: &mut Tools<'_>) -> Message {
        let setup = &self.setup;
        let mut request = Message::request(Method::Options, setup.registrar.clone());
        for route in &setup.routes {
            request.headers.push("Route", route.to_string());
        }
        request
            .with("From", setup.aor.clone().with_tag(&tools.entropy.tag()))
            .with("To", setup.aor.clone())
            .with("Call-ID", tools.entropy.call_id())
            .with("CSeq", "1 OPTIONS")
    }

    /// Whether a UDP line is seen under another address than its own.
    pub(super) fn is_behind_nat(&self) -> bool {
        self.setup.flow.transport == Transport::Udp && self.public().is_some_and(|seen| seen != self.setup.flow.local)
    }

    /// Whether nothing that could forget a datagram lies between us and a UDP server: it is on this very computer and
    /// says that it sees us just where we are, not at the address of a relay (a container's, a tunnel's).
    pub(super) fn is_face_to_face(&self, response: &Message) -> bool {
        let flow = &self.setup.flow;
        let says = response.via().is_some_and(|via| via.rport().is_some());
        let here = flow.transport == Transport::Udp && flow.remote.ip().to_canonical().is_loopback();
        here && says && self.public() == Some(flow.local)
    }

    /// Our address in our Contact.
    pub(super) fn public(&self) -> Option<SocketAddr> {
        let contact = &self.setup.contact;
        Some(SocketAddr::new(contact.host.ip()?, contact.port.unwrap_or(self.setup.flow.transport.default_port())))
    }

    /// Takes the address from which our request came into our Contact (RFC 3581). Returns whether it is another than
    /// the Contact named.
    pub(super) fn learn_public_address(&mut self, response: &Message) -> bool {
        let Some(via) = response.via() else { return false };
        // A request that was too large for UDP came by another transport, from a port that says nothing.
        if !via.transport.eq_ignore_ascii_case(self.setup.flow.transport.via()) {
            return false;
        }
        let Some(seen) = via.response_addr(self.setup.flow.transport.default_port()) else { return false };
        if self.public() == Some(seen) || seen.port() == 0 || self.moves >= MAX_MOVES {
            return false;
        }
        self.setup.contact.host = Host::Ip(seen.ip());
        self.setup.contact.port = Some(seen.port());
        true
    }
}
