//! The client half: requests of ours.

use super::{ClientKey, Endpoint, Failure, Happening, Slot, build};
use crate::base::{Mono, Now};
use crate::port::net::{Flow, FlowId, NetError};
use crate::sip::header::Via;
use crate::sip::message::{Message, Method};
use crate::sip::transaction::{self, Act, ClientInvite, ClientOther, Timed};

/// What fits into a UDP datagram.
const MAX_DATAGRAM: usize = 65_507;

/// One client transaction.
#[derive(Debug)]
pub(super) struct Client {
    machine: Machine,
    request: Message,
    bytes: Vec<u8>,
    flow: Flow,
    /// The flow to fall back to if the stream of this request breaks before anybody has answered by it.
    datagrams: Option<Flow>,
    branch: String,
    cancel: Cancel,
    /// CANCEL is ours alone: nobody waits for its answer.
    silent: bool,
    scheduled: Option<Mono>,
}

type Machine = transaction::Machine<ClientInvite, ClientOther>;

/// How far a cancellation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cancel {
    No,
    /// To be sent when the first provisional response comes: before, the server may not know the INVITE (§9.1).
    Remembered,
    Sent,
}

impl Machine {
    fn new(method: &Method, now: Mono, reliable: bool) -> Machine {
        if *method == Method::Invite {
            Machine::Invite(ClientInvite::new(now, reliable))
        } else {
            Machine::Other(ClientOther::new(now, reliable))
        }
    }

    fn on_response(&mut self, now: Mono, status: u16) -> Act {
        match self {
            Machine::Invite(machine) => machine.on_response(now, status),
            Machine::Other(machine) => machine.on_response(now, status),
        }
    }

    const fn is_pending(&self) -> bool {
        match self {
            Machine::Invite(machine) => machine.is_pending(),
            Machine::Other(machine) => machine.is_pending(),
        }
    }
}

impl Endpoint {
    /// Sends a request (any but ACK and CANCEL) and starts its transaction. A Via with a new branch goes on top, and
    /// User-Agent at the end if it is missing.
    pub fn request(&mut self, now: Now, flow: &Flow, message: Message) -> ClientKey {
        let key = ClientKey(self.count());
        if let Some(message) = self.put_off(now, key, flow, message) {
            self.begin(now, key, flow, message, None);
        }
        key
    }

    /// Sends a request that [`Endpoint::request`] was given.
    pub(super) fn begin(
        &mut self,
        now: Now,
        key: ClientKey,
        flow: &Flow,
        mut message: Message,
        datagrams: Option<Flow>,
    ) {
        let branch = self.dice.branch();
        message.push_via(&Via::new(flow.transport.via(), flow.local, &branch));
        self.sign_request(&mut message);
        self.start(now, key, flow, message, branch, false);
        if let Some(entry) = self.clients.get_mut(&key) {
            entry.datagrams = datagrams;
        }
    }

    /// Cancels an INVITE. Before its first provisional response that is remembered, after its final one it is too
    /// late and nothing happens: then send BYE. A 487 follows as a [`Happening::Response`], or a 2xx that was faster.
    pub fn cancel(&mut self, now: Now, client: ClientKey) {
        if self.cancel_large(client) {
            return;
        }
        let Some(entry) = self.clients.get_mut(&client) else { return };
        let Machine::Invite(machine) = &entry.machine else { return };
        match (entry.cancel, machine.may_cancel()) {
            (Cancel::No, Some(false)) => entry.cancel = Cancel::Remembered,
            (Cancel::No, Some(true)) => self.send_cancel(now, client),
            (Cancel::Remembered | Cancel::Sent, _) | (Cancel::No, None) => {}
        }
    }

    /// Sends the ACK to a 2xx: end to end, hence no transaction. Returns it as it was sent, to be sent again with
    /// this same call when the 2xx comes again; a message that has a Via is sent as it is.
    pub fn ack(&mut self, flow: &Flow, mut message: Message) -> Message {
        if !message.headers.has("Via") {
            let branch = self.dice.branch();
            message.push_via(&Via::new(flow.transport.via(), flow.local, &branch));
            self.sign_request(&mut message);
        }
        self.send(flow.id, None, message.to_bytes());
        message
    }

    pub(super) fn sign_request(&self, message: &mut Message) {
        if !self.config.agent.is_empty() && !message.headers.has("User-Agent") {
            message.headers.push("User-Agent", self.config.agent.as_str());
        }
    }

    fn start(&mut self, now: Now, key: ClientKey, flow: &Flow, request: Message, branch: String, silent: bool) {
        let bytes = request.to_bytes();
        let reliable = flow.transport.is_reliable();
        if self.clients.len() >= self.config.max_clients || (!reliable && bytes.len() > MAX_DATAGRAM) {
            if !silent {
                let why = Failure::Transport(NetError::Other("too many requests, or too large a one".to_owned()));
                self.tell(Happening::Failed { client: key, why });
            }
            return;
        }
        let method = request.method().cloned().unwrap_or(Method::Options);
        let machine = Machine::new(&method, now.mono, reliable);
        self.by_branch.insert((branch.clone(), method.as_str().to_owned()), key);
        self.send(flow.id, None, bytes.clone());
        let flow = flow.clone();
        let entry = Client {
            machine,
            request,
            bytes,
            flow,
            branch,
            cancel: Cancel::No,
            silent,
            scheduled: None,
            datagrams: None,
        };
        self.clients.insert(key, entry);
        self.settle_client(key);
    }

    /// A response came. Matched by branch and method alone: home routers rewrite sent-by in requests and forget to
    /// put it back, and nobody can guess a branch.
    pub(super) fn on_response(&mut self, now: Now, flow: &Flow, message: Message) {
        let Some((branch, method)) = matching(&message) else { return };
        let Some(&key) = self.by_branch.get(&(branch, method)) else { return };
        let (Some(entry), Some(status)) = (self.clients.get_mut(&key), message.status()) else { return };
        entry.datagrams = None;
        let act = entry.machine.on_response(now.mono, status);
        let remembered = entry.cancel == Cancel::Remembered;
        match act {
            Act::PassUp => self.pass_up(key, message, flow),
            Act::PassUpAndAck => {
                self.acknowledge(key, &message);
                self.pass_up(key, message, flow);
            }
            Act::Ack => self.acknowledge(key, &message),
            Act::None | Act::Resend | Act::GaveUp => {}
        }
        if remembered && status < 200 {
            self.send_cancel(now, key);
        }
        self.settle_client(key);
    }

    fn pass_up(&mut self, client: ClientKey, message: Message, flow: &Flow) {
        if self.clients.get(&client).is_some_and(|entry| !entry.silent) {
            self.tell(Happening::Response { client, message, flow: flow.clone() });
        }
    }

    fn acknowledge(&mut self, key: ClientKey, response: &Message) {
        let Some(entry) = self.clients.get(&key) else { return };
        if let Some(ack) = build::ack_to_refusal(&entry.request, response) {
            self.send(entry.flow.id, None, ack.to_bytes());
        }
    }

    fn send_cancel(&mut self, now: Now, key: ClientKey) {
        let Some(entry) = self.clients.get_mut(&key) else { return };
        entry.cancel = Cancel::Sent;
        if let Machine::Invite(machine) = &mut entry.machine {
            machine.on_cancelled(now.mono);
        }
        let (flow, branch) = (entry.flow.clone(), entry.branch.clone());
        if let Some(mut cancel) = build::cancel_of(&entry.request) {
            self.sign_request(&mut cancel);
            let key = ClientKey(self.count());
            self.start(now, key, &flow, cancel, branch, true);
        }
        self.settle_client(key);
    }

    pub(super) fn on_client_timeout(&mut self, now: Now, key: ClientKey) {
        let Some(entry) = self.clients.get_mut(&key) else { return };
        match entry.machine.on_timeout(now.mono) {
            Act::Resend => {
                let (flow, bytes) = (entry.flow.id, entry.bytes.clone());
                self.send(flow, None, bytes);
            }
            Act::GaveUp if !entry.silent => self.tell(Happening::Failed { client: key, why: Failure::Timeout }),
            Act::GaveUp | Act::None | Act::PassUp | Act::PassUpAndAck | Act::Ack => {}
        }
        self.settle_client(key);
    }

    pub(super) fn fail_clients(&mut self, now: Now, flow: FlowId, error: &NetError) {
        let on_flow = |entry: &&Client| entry.flow.id == flow && entry.machine.is_pending();
        let keys: Vec<_> = self.clients.iter().filter(|(_, entry)| on_flow(entry)).map(|(key, _)| *key).collect();
        for key in keys {
            let Some(mut entry) = self.remove_client(key) else { continue };
            if let Some(datagrams) = entry.datagrams.take().filter(|_| entry.cancel == Cancel::No) {
                // Whoever takes connections but nothing on them (RFC 3261 §18.1.1 speaks of a reset).
                entry.request.pop_via();
                self.begin(now, key, &datagrams, entry.request, None);
            } else if !entry.silent {
                self.tell(Happening::Failed { client: key, why: Failure::Transport(error.clone()) });
            }
        }
    }

    /// Puts the transaction's next timer into the table, or takes it out of all tables when it is over.
    fn settle_client(&mut self, key: ClientKey) {
        let Some(entry) = self.clients.get_mut(&key) else { return };
        if entry.machine.is_over() {
            self.remove_client(key);
            return;
        }
        if let Some(at) = entry.scheduled.take() {
            self.timers.remove(&(at, Slot::Client(key)));
        }
        if let Some((at, why)) = entry.machine.due() {
            entry.scheduled = Some(at);
            self.timers.insert((at, Slot::Client(key)), why);
        }
    }

    fn remove_client(&mut self, key: ClientKey) -> Option<Client> {
        let entry = self.clients.remove(&key)?;
        if let Some(at) = entry.scheduled {
            self.timers.remove(&(at, Slot::Client(key)));
        }
        let method = entry.request.method().map(|method| method.as_str().to_owned()).unwrap_or_default();
        self.by_branch.remove(&(entry.branch.clone(), method));
        Some(entry)
    }
}

/// Branch and method of a response that can be ours: with more than our own Via it is not (§8.1.3.3).
fn matching(response: &Message) -> Option<(String, String)> {
    if response.headers.values("Via").len() != 1 {
        return None;
    }
    let branch = response.via()?.branch()?;
    let method = response.cseq()?.method.as_str().to_owned();
    Some((branch, method))
}
