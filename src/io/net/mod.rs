//! SIP transports: UDP, TCP and TLS flows, and the news that the network changed or the machine slept.
//!
//! `table` knows which flows there are; `udp` has one socket for each family of addresses, while it is needed; `stream` has one task for
//! each connection; `watch` listens to the operating system. Nothing here wakes up unless something comes in.

mod stream;
mod table;
mod udp;
mod watch;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::connect_to::Rules;
use super::tls::Trust;
use crate::port::net::{FlowId, NetError, Order, Report, Target, Transport};
use crate::sip::framer::PING;
use table::{Path, Table};

/// How long closing waits for the last messages to leave.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the transports are started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen for UDP and TCP; connections start from this address too. Without it, UDP has an ephemeral
    /// port and nothing listens for TCP.
    pub bind: Option<SocketAddr>,
    /// Whom TLS trusts.
    pub trust: Trust,
    /// Connect elsewhere than targets say.
    pub connect_to: Rules,
}

/// All transports of one engine. Dropping it breaks every connection off; [`Net::close`] is the polite way.
#[derive(Debug)]
pub struct Net {
    shared: Arc<Shared>,
    udp: udp::Sockets,
    listening: Option<SocketAddr>,
    tasks: JoinSet<()>,
}

/// What the tasks share.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    table: Table,
    /// Told at the end of each connection's task.
    stream_ended: Notify,
    reports: mpsc::Sender<Report>,
}

impl Net {
    /// Starts the transports. Must be called inside a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// If the address of `bind` is not to be had.
    pub fn start(options: Options, reports: mpsc::Sender<Report>) -> Result<Net, NetError> {
        let bind = options.bind;
        let shared = Arc::new(Shared { options, table: Table::default(), stream_ended: Notify::new(), reports });
        let mut net = Net { shared, udp: udp::Sockets::default(), listening: None, tasks: JoinSet::new() };
        if let Some(bind) = bind {
            net.listening = Some(net.listen(bind).map_err(|failed| error(&failed))?);
        }
        watch::start(&mut net.tasks, &net.shared.reports);
        Ok(net)
    }

    /// Does it, or begins to. Never blocks; what comes of it is reported.
    pub fn perform(&mut self, order: Order) {
        while self.tasks.try_join_next().is_some() {}
        match order {
            Order::Open(target) if target.transport == Transport::Udp => self.open_udp(target),
            Order::Open(target) => {
                self.tasks.spawn(stream::open(Arc::clone(&self.shared), target));
            }
            Order::Send { flow, to, bytes } => self.send(flow, to, bytes),
            Order::KeepAlive(flow) => self.keep_alive(flow),
            Order::Close(flow) => {
                self.remove(flow);
            }
        }
    }

    /// Where UDP and TCP listen, if `bind` was given.
    #[must_use]
    pub const fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Closes every flow, but lets what was already handed over leave first: waits at most a second.
    pub async fn close(mut self) {
        self.shared.table.clear();
        self.udp.abort();
        let farewells =
            async { while self.shared.table.streams_running() > 0 && self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, farewells).await.is_err() {
            tracing::debug!("a connection did not take the last messages");
        }
    }

    fn listen(&mut self, bind: SocketAddr) -> std::io::Result<SocketAddr> {
        // With port 0, the port that UDP was given may be taken for TCP: then take another.
        let mut tries = if bind.port() == 0 { 16 } else { 1 };
        loop {
            tries -= 1;
            let socket = udp::Socket::bind(bind)?;
            let addr = socket.local();
            match std::net::TcpListener::bind(addr) {
                Ok(listener) => {
                    listener.set_nonblocking(true)?;
                    let listener = tokio::net::TcpListener::from_std(listener)?;
                    self.tasks.spawn(stream::listen(Arc::clone(&self.shared), listener));
                    self.udp.adopt(socket, &self.shared, &mut self.tasks);
                    return Ok(addr);
                }
                Err(error) if tries > 0 && error.kind() == std::io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn open_udp(&mut self, target: Target) {
        let remote = self.shared.options.connect_to.redirect(&target);
        let opened = self.udp.get(remote, &self.shared, &mut self.tasks).and_then(|socket| {
            let local = socket.local_towards(remote)?;
            Ok(self.shared.table.open_udp(socket, local, remote, target.account))
        });
        self.report(match opened {
            Ok(flow) => Report::Opened(target, flow),
            Err(failed) => Report::OpenFailed(target, error(&failed)),
        });
    }

    fn send(&mut self, id: FlowId, to: Option<SocketAddr>, bytes: Vec<u8>) {
        match self.shared.table.path(id) {
            Some(Path::Udp(socket, remote)) => {
                if let Err(failed) = socket.send(&bytes, to.unwrap_or(remote)) {
                    self.broken(id, error(&failed));
                }
            }
            Some(Path::Stream(queue)) => {
                if queue.try_send(bytes).is_err() {
                    self.broken(id, NetError::Other("the connection takes no more".into()));
                }
            }
            None => self.report(Report::Closed(id, NetError::Closed)),
        }
    }

    fn keep_alive(&mut self, id: FlowId) {
        let ping: &[u8] = match self.shared.table.path(id) {
            Some(Path::Udp(..)) => b"\r\n",
            Some(Path::Stream(_)) => PING,
            None => b"",
        };
        self.send(id, None, ping.to_vec());
    }

    fn broken(&mut self, id: FlowId, why: NetError) {
        if self.remove(id) {
            self.report(Report::Closed(id, why));
        }
    }

    /// Removes a flow, and with the last one its UDP socket, unless its port was asked for. False if there is no such
    /// flow.
    fn remove(&mut self, id: FlowId) -> bool {
        let Some(path) = self.shared.table.remove(id) else { return false };
        if let Path::Udp(socket, _) = path
            && self.shared.options.bind.is_none()
            && self.shared.table.is_done_with(&socket)
        {
            self.udp.give_up(&socket);
        }
        true
    }

    /// Reports from within the engine's own thread, which cannot wait for itself.
    fn report(&mut self, report: Report) {
        if let Err(mpsc::error::TrySendError::Full(report)) = self.shared.reports.try_send(report) {
            let reports = self.shared.reports.clone();
            self.tasks.spawn(async move {
                // An engine that has ended wants no reports.
                drop(reports.send(report).await);
            });
        }
    }
}

/// The operating system's error in our words.
pub(crate) fn error(error: &std::io::Error) -> NetError {
    use std::io::ErrorKind;
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error.kind() {
        ErrorKind::ConnectionRefused => NetError::Refused,
        ErrorKind::TimedOut => NetError::TimedOut,
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => NetError::Unreachable,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => NetError::Closed,
        _ => NetError::Other(error.to_string()),
    }
}
