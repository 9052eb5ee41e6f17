//! Which flows there are. Locked for moments only: by the engine when it sends, by tasks when something arrives.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::udp::Socket;
use crate::base::AccountId;
use crate::port::net::{Flow, FlowId, Transport};

/// How many strangers' addresses are remembered over UDP: the least recently heard is forgotten first.
const UDP_STRANGERS: usize = 256;
/// How many connections strangers may hold.
const STREAM_STRANGERS: usize = 32;

/// All flows of one engine.
#[derive(Debug, Default)]
pub(crate) struct Table(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    flows: BTreeMap<FlowId, Entry>,
    /// UDP: which flow a datagram from this address belongs to.
    from: BTreeMap<SocketAddr, FlowId>,
    udp_strangers: usize,
    stream_strangers: usize,
    streams_running: usize,
}

#[derive(Debug)]
struct Entry {
    flow: Flow,
    path: Path,
    /// Strangers over UDP only: when it was last heard, counted in datagrams.
    heard: Option<u64>,
}

/// How to send on a flow.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    /// By this socket to this address.
    Udp(Arc<Socket>, SocketAddr),
    /// Into the connection's queue. When the last sender is dropped, the connection ends.
    Stream(mpsc::Sender<Vec<u8>>),
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a UDP flow of ours. Datagrams from `remote` belong to it from now on.
    pub(crate) fn open_udp(
        &self,
        socket: Arc<Socket>,
        local: SocketAddr,
        remote: SocketAddr,
        account: Option<AccountId>,
    ) -> Flow {
        let mut inner = self.lock();
        if let Some(id) = inner.from.get(&remote).copied() {
            inner.forget_stranger(id);
        }
        let opened = inner.add_udp(socket, local, remote, account);
        drop(inner);
        opened
    }

    /// The flow that a datagram from `remote` belongs to: one of ours, or a stranger's, old or new.
    pub(crate) fn heard_udp(&self, socket: &Arc<Socket>, remote: SocketAddr) -> Flow {
        let mut inner = self.lock();
        inner.last += 1;
        let now = inner.last;
        if let Some(id) = inner.from.get(&remote).copied()
            && let Some(entry) = inner.flows.get_mut(&id)
        {
            entry.heard = entry.heard.map(|_| now);
            return entry.flow.clone();
        }
        if inner.udp_strangers >= UDP_STRANGERS {
            inner.forget_oldest_stranger();
        }
        inner.udp_strangers += 1;
        // What cannot be reached could hardly have sent this; the answer will fail, if it comes to one.
        let local = socket.local_towards(remote).unwrap_or_else(|_| socket.local());
        let flow = inner.add_udp(Arc::clone(socket), local, remote, None);
        if let Some(entry) = inner.flows.get_mut(&flow.id) {
            entry.heard = Some(now);
        }
        flow
    }

    /// Adds a connection; `None` if strangers hold too many already.
    pub(crate) fn open_stream(
        &self,
        queue: mpsc::Sender<Vec<u8>>,
        flow_of: impl FnOnce(FlowId) -> Flow,
        stranger: bool,
    ) -> Option<Flow> {
        let mut inner = self.lock();
        if stranger {
            if inner.stream_strangers >= STREAM_STRANGERS {
                return None;
            }
            inner.stream_strangers += 1;
        }
        inner.streams_running += 1;
        inner.last += 1;
        let flow = flow_of(FlowId(inner.last));
        inner.flows.insert(flow.id, Entry { flow: flow.clone(), path: Path::Stream(queue), heard: None });
        Some(flow)
    }

    /// A connection's task has ended. True if the flow was still wanted: then its end is news.
    pub(crate) fn stream_ended(&self, id: FlowId, stranger: bool) -> bool {
        let mut inner = self.lock();
        inner.streams_running -= 1;
        if stranger {
            inner.stream_strangers -= 1;
        }
        inner.flows.remove(&id).is_some()
    }

    /// How many connections' tasks have not ended.
    pub(crate) fn streams_running(&self) -> usize {
        self.lock().streams_running
    }

    /// How to send on a flow, if there is such a flow.
    pub(crate) fn path(&self, id: FlowId) -> Option<Path> {
        self.lock().flows.get(&id).map(|entry| entry.path.clone())
    }

    /// Removes a flow, and tells how it sent. For a connection, what is in its queue still leaves.
    pub(crate) fn remove(&self, id: FlowId) -> Option<Path> {
        self.lock().remove(id).map(|entry| entry.path)
    }

    /// If no flow of ours goes by this socket: forgets the strangers that were heard by it. True if so.
    pub(crate) fn is_done_with(&self, socket: &Arc<Socket>) -> bool {
        let mut inner = self.lock();
        let by_it: Vec<(FlowId, bool)> = inner
            .flows
            .iter()
            .filter(|(_, entry)| matches!(&entry.path, Path::Udp(of, _) if Arc::ptr_eq(of, socket)))
            .map(|(id, entry)| (*id, entry.heard.is_some()))
            .collect();
        let strangers_only = by_it.iter().all(|(_, stranger)| *stranger);
        if strangers_only {
            for (id, _) in by_it {
                drop(inner.remove(id));
            }
        }
        strangers_only
    }

    /// Removes all flows.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        inner.flows.clear();
        inner.from.clear();
        inner.udp_strangers = 0;
    }
}

impl Inner {
    fn add_udp(
        &mut self,
        socket: Arc<Socket>,
        local: SocketAddr,
        remote: SocketAddr,
        account: Option<AccountId>,
    ) -> Flow {
        self.last += 1;
        let id = FlowId(self.last);
        let flow = Flow { id, transport: Transport::Udp, local, remote, account, tls: None };
        self.from.insert(remote, id);
        self.flows.insert(id, Entry { flow: flow.clone(), path: Path::Udp(socket, remote), heard: None });
        flow
    }

    fn remove(&mut self, id: FlowId) -> Option<Entry> {
        let entry = self.flows.remove(&id)?;
        if let Path::Udp(_, remote) = entry.path {
            self.udp_strangers -= usize::from(entry.heard.is_some());
            if self.from.get(&remote) == Some(&id) {
                // Another flow of ours to the same server hears what comes from there.
                let heir =
                    self.flows.values().rev().find(|other| matches!(other.path, Path::Udp(_, to) if to == remote));
                match heir.map(|other| other.flow.id) {
                    Some(other) => self.from.insert(remote, other),
                    None => self.from.remove(&remote),
                };
            }
        }
        Some(entry)
    }

    fn forget_stranger(&mut self, id: FlowId) {
        if self.flows.get(&id).is_some_and(|entry| entry.heard.is_some()) {
            drop(self.remove(id));
        }
    }

    fn forget_oldest_stranger(&mut self) {
        let strangers = self.flows.values().filter(|entry| entry.heard.is_some());
        if let Some(id) = strangers.min_by_key(|entry| entry.heard).map(|entry| entry.flow.id) {
            drop(self.remove(id));
        }
    }
}
