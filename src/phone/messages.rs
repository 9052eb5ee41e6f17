//! What the network sends: who is listened to, and whose business it is.

use super::Phone;
use super::account::Account;
use crate::base::{AccountId, Now};
use crate::phone::command::AcceptFrom;
use crate::phone::output::Output;
use crate::phone::registration::Registration;
use crate::port::net::{Flow, FlowId, Order};
use crate::sip::endpoint::{self, ClientKey, Happening};

impl Phone {
    /// A message, or what was none. From strangers nothing is taken, not even to refuse it: whoever scans the
    /// network for telephones does not find this one.
    pub(super) fn on_bytes(&mut self, now: Now, flow: &Flow, bytes: &[u8]) {
        if self.listens_to(flow) {
            trace("in", bytes);
            self.endpoint.receive(now, flow, bytes);
        } else {
            tracing::debug!(remote = %flow.remote, "a message from a stranger is dropped");
        }
    }

    /// Flows that we opened lead to a server of ours; others are taken from any of its addresses, or from anybody
    /// if an account says so.
    fn listens_to(&self, flow: &Flow) -> bool {
        let trusts = |account: &Account| {
            account.record.draft.accept_from == AcceptFrom::Any
                || account.servers.contains(&(flow.transport, flow.remote))
        };
        flow.account.is_some() || self.accounts.iter().any(trusts)
    }

    /// Moves messages between endpoint, calls, registrations and wire until all is quiet.
    pub(super) fn pump(&mut self, now: Now) {
        loop {
            while let Some(output) = self.endpoint.poll() {
                match output {
                    endpoint::Output::Send { flow, to, bytes } => {
                        trace("out", &bytes);
                        self.out.push_back(Output::Net(Order::Send { flow, to, bytes }));
                    }
                    endpoint::Output::OpenStream { client, flow } => self.open_stream(client, &flow),
                    endpoint::Output::Event(happening) => self.on_happening(now, *happening),
                }
            }
            if self.effects.is_empty() {
                return;
            }
            self.perform_effects(now);
        }
    }

    fn on_happening(&mut self, now: Now, happening: Happening) {
        let client = match &happening {
            Happening::Response { client, message, .. } => {
                let answered = message.status().is_some_and(|status| status >= 200);
                if answered && self.sign_in_probed(now, *client, true) {
                    return;
                }
                Some(*client)
            }
            Happening::Failed { client, .. } => {
                if self.sign_in_probed(now, *client, false) {
                    return;
                }
                Some(*client)
            }
            Happening::Request { server, message, flow } => {
                if self.watch_notified(now, *server, message, flow) {
                    return;
                }
                self.hinted(now, message, flow);
                None
            }
            Happening::Ack { .. } | Happening::Cancelled { .. } | Happening::ServerFailed { .. } => None,
        };
        if let Some(client) = client {
            if let Some(id) = self.registration_of(client) {
                return self.with_registration(now, id, |it, tools| it.on_happening(tools, &happening));
            }
            self.seen_by(now, &happening);
            if self.realm_happening(client, &happening) {
                return;
            }
            if self.probe_happening(now, client, &happening) || self.watch_happening(now, client, &happening) {
                return;
            }
            if self.leaving_happening(now, client, &happening) {
                return;
            }
        }
        // What comes back answers requests that nobody waits for any more.
        drop(self.with_calls(now, |calls, env| calls.on_happening(env, happening)));
    }

    /// A NOTIFY on the flow of a line's own server is a hint to look for notices now. What it says is not read, and it
    /// is answered as any other.
    fn hinted(&mut self, now: Now, message: &crate::sip::Message, flow: &Flow) {
        if message.method().is_some_and(|method| method.as_str() == "NOTIFY")
            && let Some(account) = flow.account
        {
            self.look_for_notices(now, account, crate::phone::notice::Why::Hint);
        }
    }

    /// Whatever was answered: from where our request was seen to come concerns the registration.
    fn seen_by(&mut self, now: Now, happening: &Happening) {
        let Happening::Response { message, flow, .. } = happening else { return };
        let on_it = |account: &&Account| account.flow().is_some_and(|used| used.id == flow.id);
        if let Some(id) = self.accounts.iter().find(on_it).map(Account::id) {
            self.with_registration(now, id, |registration, tools| registration.seen_by(tools, message));
        }
    }

    fn registration_of(&self, client: ClientKey) -> Option<AccountId> {
        let owns = |account: &&Account| account.registration.as_ref().is_some_and(|it| it.owns_client(client));
        self.accounts.iter().find(owns).map(Account::id)
    }

    pub(super) fn on_pong(&mut self, now: Now, flow: FlowId) {
        let id = self.accounts.iter().find(|account| account.flow().is_some_and(|it| it.id == flow)).map(Account::id);
        if let Some(id) = id {
            self.with_registration(now, id, |registration: &mut Registration, _| registration.on_pong(flow));
        }
    }
}

/// A message in the log: without what is secret in it, and only for those who ask.
fn trace(way: &str, bytes: &[u8]) {
    if tracing::enabled!(tracing::Level::TRACE)
        && let Ok(message) = crate::sip::Message::parse(bytes)
    {
        tracing::trace!("{way}: {message:?}");
    }
}
