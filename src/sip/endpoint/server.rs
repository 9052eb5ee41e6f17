//! The server half: requests of others.

use super::{Endpoint, Happening, ServerKey, Slot, build, check};
use crate::base::{Mono, Now};
use crate::port::net::Flow;
use crate::sip::message::{Message, Method};
use crate::sip::transaction::{self, Ack, Act, ServerInvite, ServerOther, Timed};

/// One server transaction.
#[derive(Debug)]
pub(super) struct Server {
    machine: Machine,
    request: Message,
    /// The last response, to be sent again.
    response: Option<Message>,
    /// By which the request came last.
    flow: Flow,
    id: String,
    merge_id: Option<String>,
    ack_id: Option<String>,
    scheduled: Option<Mono>,
}

type Machine = transaction::Machine<ServerInvite, ServerOther>;

impl Machine {
    fn on_retransmission(&self) -> Act {
        match self {
            Machine::Invite(machine) => machine.on_retransmission(),
            Machine::Other(machine) => machine.on_retransmission(),
        }
    }

    fn respond(&mut self, now: Mono, status: u16) -> bool {
        match self {
            Machine::Invite(machine) => machine.respond(now, status),
            Machine::Other(machine) => machine.respond(now, status),
        }
    }
}

impl Endpoint {
    /// Answers a request ([`Message::response_to`] makes the response). A second final response, or one to a
    /// transaction that is over, is dropped. A 2xx to INVITE is sent again until its ACK comes.
    pub fn respond(&mut self, now: Now, server: ServerKey, mut response: Message) {
        let Some(status) = response.status() else { return };
        self.sign_response(&mut response);
        let Some(entry) = self.servers.get_mut(&server) else { return };
        if !entry.machine.respond(now.mono, status) {
            return;
        }
        if matches!(entry.machine, Machine::Invite(_)) && (200..300).contains(&status) {
            let id = build::ack_id(&response);
            entry.ack_id = Some(id.clone());
            self.by_ack.insert(id, server);
        }
        entry.response = Some(response);
        self.send_response(server);
        self.settle_server(server);
    }

    /// Drops a request without an answer: its sender is nobody whom this user agent listens to.
    pub fn ignore(&mut self, server: ServerKey) {
        self.remove_server(server);
    }

    pub(super) fn on_request(&mut self, now: Now, flow: &Flow, mut message: Message) {
        let Some(method) = message.method().cloned() else { return };
        message.stamp_received(flow.remote);
        if method == Method::Ack {
            return self.on_ack(now, flow, message);
        }
        let id = build::server_id(&message, &method);
        if let Some(&key) = self.by_request.get(&id) {
            return self.on_retransmission(key, flow);
        }
        if method == Method::Cancel {
            return self.on_cancel(now, flow, message, id);
        }
        if let Some(refusal) = check::refusal(&self.config, &message) {
            return self.refuse(flow, &message, refusal);
        }
        let merge_id = build::merge_id(&message);
        if merge_id.as_ref().is_some_and(|id| self.by_merge.contains_key(id)) {
            return self.refuse(flow, &message, check::Refusal::new(482));
        }
        let Some(server) = self.admit(now, flow, &message, id, merge_id) else { return };
        if method == Method::Invite {
            self.respond(now, server, trying(&message));
        }
        self.tell(Happening::Request { server, message, flow: flow.clone() });
    }

    /// Makes a transaction for a request; `None` if there are too many, which has been answered.
    fn admit(
        &mut self,
        now: Now,
        flow: &Flow,
        message: &Message,
        id: String,
        merge_id: Option<String>,
    ) -> Option<ServerKey> {
        if self.servers.len() >= self.config.max_servers {
            self.refuse(flow, message, check::Refusal::new(503).with("Retry-After", "32".to_owned()));
            return None;
        }
        let reliable = flow.transport.is_reliable();
        let machine = if message.method() == Some(&Method::Invite) {
            Machine::Invite(ServerInvite::new(now.mono, reliable))
        } else {
            Machine::Other(ServerOther::new(now.mono, reliable))
        };
        let key = ServerKey(self.count());
        self.by_request.insert(id.clone(), key);
        if let Some(merge_id) = &merge_id {
            self.by_merge.insert(merge_id.clone(), key);
        }
        let (request, flow) = (message.clone(), flow.clone());
        let entry = Server { machine, request, response: None, flow, id, merge_id, ack_id: None, scheduled: None };
        self.servers.insert(key, entry);
        self.settle_server(key);
        Some(key)
    }

    fn on_retransmission(&mut self, key: ServerKey, flow: &Flow) {
        let Some(entry) = self.servers.get_mut(&key) else { return };
        // The sender may have come by a new connection after the old one broke.
        entry.flow.clone_from(flow);
        if entry.machine.on_retransmission() == Act::Resend {
            self.send_response(key);
        }
    }

    /// An ACK belongs to a refusal by its branch, to a 2xx by its dialog and CSeq (its branch is its own).
    fn on_ack(&mut self, now: Now, flow: &Flow, message: Message) {
        let by_branch = self.by_request.get(&build::server_id(&message, &Method::Invite));
        // After a 2xx the branch proves nothing: an ACK with other tags is not what its user waits for.
        let refused = |key: &&ServerKey| self.servers.get(key).is_some_and(|entry| entry.ack_id.is_none());
        let by_dialog = self.by_ack.get(&build::ack_id(&message));
        let Some(&key) = by_dialog.or_else(|| by_branch.filter(refused)) else { return };
        let Some(Server { machine: Machine::Invite(machine), .. }) = self.servers.get_mut(&key) else { return };
        match machine.on_ack(now.mono) {
            Ack::PassUp => self.tell(Happening::Ack { message, flow: flow.clone() }),
            Ack::Absorbed => {}
        }
        self.settle_server(key);
    }

    /// CANCEL is a transaction of its own, with the INVITE's branch (§9.2). It gets 200 whether or not it comes too
    /// late, and 481 if there is nothing to cancel.
    fn on_cancel(&mut self, now: Now, flow: &Flow, message: Message, id: String) {
        let invite = self.by_request.get(&build::server_id(&message, &Method::Invite)).copied();
        let Some((invite, entry)) = invite.and_then(|key| self.servers.get_key_value(&key)) else {
            return self.refuse(flow, &message, check::Refusal::new(481));
        };
        let invite = *invite;
        let pending = matches!(&entry.machine, Machine::Invite(machine) if machine.is_pending());
        // The same To tag as the INVITE's responses, if they have one.
        let tag = entry.response.as_ref().and_then(Message::to_tag).unwrap_or_else(|| self.tag_of(&entry.request));
        let Some(server) = self.admit(now, flow, &message, id, None) else { return };
        self.respond(now, server, Message::response_to(&message, 200, "", Some(&tag)));
        if pending {
            self.tell(Happening::Cancelled { server: invite, message });
        }
    }

    pub(super) fn on_server_timeout(&mut self, now: Now, key: ServerKey) {
        let Some(entry) = self.servers.get_mut(&key) else { return };
        match entry.machine.on_timeout(now.mono) {
            Act::Resend => self.send_response(key),
            Act::GaveUp => self.tell(Happening::ServerFailed { server: key }),
            Act::None | Act::PassUp | Act::PassUpAndAck | Act::Ack => {}
        }
        self.settle_server(key);
    }

    fn send_response(&mut self, key: ServerKey) {
        let Some(entry) = self.servers.get(&key) else { return };
        let Some(response) = &entry.response else { return };
        let (flow, to, bytes) = (entry.flow.id, build::destination(response, &entry.flow), response.to_bytes());
        self.send(flow, to, bytes);
    }

    /// Puts the transaction's next timer into the table, or takes it out of all tables when it is over.
    fn settle_server(&mut self, key: ServerKey) {
        let Some(entry) = self.servers.get_mut(&key) else { return };
        if entry.machine.is_over() {
            self.remove_server(key);
            return;
        }
        if let Some(at) = entry.scheduled.take() {
            self.timers.remove(&(at, Slot::Server(key)));
        }
        if let Some((at, why)) = entry.machine.due() {
            entry.scheduled = Some(at);
            self.timers.insert((at, Slot::Server(key)), why);
        }
    }

    fn remove_server(&mut self, key: ServerKey) {
        let Some(entry) = self.servers.remove(&key) else { return };
        if let Some(at) = entry.scheduled {
            self.timers.remove(&(at, Slot::Server(key)));
        }
        self.by_request.remove(&entry.id);
        if let Some(id) = &entry.merge_id {
            self.by_merge.remove(id);
        }
        if let Some(id) = &entry.ack_id {
            self.by_ack.remove(id);
        }
    }
}

/// 100 Trying at once: it stops the retransmissions of the INVITE, whatever its user does (§17.2.1).
fn trying(request: &Message) -> Message {
    let mut trying = Message::response_to(request, 100, "", None);
    trying.headers.copy("Timestamp", &request.headers);
    trying
}
