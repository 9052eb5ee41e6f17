//! UDP: one socket for each family of addresses, bound when it is first needed and closed with its last flow.
//! Datagrams of up to 64 KiB.
//!
//! Closed, so that the next flow comes from another port: routers are known to keep a dead mapping for as long as
//! something is sent by it (after they were restarted, or got another address), and then nobody answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Type};
use tokio::net::UdpSocket;
use tokio::task::{AbortHandle, JoinSet};

use super::Shared;
use crate::port::net::Report;

/// The longest datagram there can be.
const LONGEST: usize = 65_536;
/// How long a socket that cannot be read is left alone.
const PAUSE: Duration = Duration::from_millis(100);

/// The sockets that are bound.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    bound: Vec<(Arc<Socket>, AbortHandle)>,
}

/// One bound socket.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: UdpSocket,
    local: SocketAddr,
}

impl Sockets {
    /// The socket by which `remote` can be reached; bound now if it is the first of its family.
    pub(crate) fn get(
        &mut self,
        remote: SocketAddr,
        shared: &Arc<Shared>,
        tasks: &mut JoinSet<()>,
    ) -> io::Result<Arc<Socket>> {
        if let Some((socket, _)) = self.bound.iter().find(|(socket, _)| socket.local.is_ipv4() == remote.is_ipv4()) {
            return Ok(Arc::clone(socket));
        }
        let any = if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { IpAddr::from(Ipv6Addr::UNSPECIFIED) };
        Ok(self.adopt(Socket::bind((any, 0).into())?, shared, tasks))
    }

    /// Takes a socket over and reads from it from now on.
    pub(crate) fn adopt(&mut self, socket: Socket, shared: &Arc<Shared>, tasks: &mut JoinSet<()>) -> Arc<Socket> {
        let socket = Arc::new(socket);
        let reader = tasks.spawn(read(Arc::clone(&socket), Arc::clone(shared)));
        self.bound.push((Arc::clone(&socket), reader));
        socket
    }

    /// Gives a socket up: it is closed as soon as nobody else holds it.
    pub(crate) fn give_up(&mut self, socket: &Arc<Socket>) {
        for (_, reader) in self.bound.extract_if(.., |(bound, _)| Arc::ptr_eq(bound, socket)) {
            reader.abort();
        }
    }

    /// Reads no more.
    pub(crate) fn abort(&mut self) {
        for (_, reader) in self.bound.drain(..) {
            reader.abort();
        }
    }
}

impl Socket {
    /// A socket bound to `addr`.
    pub(crate) fn bind(addr: SocketAddr) -> io::Result<Socket> {
        let socket = socket2::Socket::new(Domain::for_address(addr), Type::DGRAM, Some(Protocol::UDP))?;
        if addr.is_ipv6() {
            // IPv4 has its own socket: no addresses like ::ffff:192.0.2.1 in Via.
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&addr.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        let local = socket.local_addr()?;
        Ok(Socket { socket, local })
    }

    /// The address that it is bound to, which may be 0.0.0.0.
    pub(crate) const fn local(&self) -> SocketAddr {
        self.local
    }

    /// The address that `remote` sees, unless there is a NAT between: what Via and Contact name. The routing table
    /// knows it; connecting a UDP socket asks the table and sends nothing.
    pub(crate) fn local_towards(&self, remote: SocketAddr) -> io::Result<SocketAddr> {
        if !self.local.ip().is_unspecified() {
            return Ok(self.local);
        }
        let probe = std::net::UdpSocket::bind((self.local.ip(), 0))?;
        probe.connect(remote)?;
        Ok(SocketAddr::new(probe.local_addr()?.ip(), self.local.port()))
    }

    /// Sends one datagram at once. If the kernel's buffer is full it is lost, as any datagram may be.
    pub(crate) fn send(&self, bytes: &[u8], to: SocketAddr) -> io::Result<()> {
        match SockRef::from(&self.socket).send_to(bytes, &to.into()) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }
}

async fn read(socket: Arc<Socket>, shared: Arc<Shared>) {
    let mut buffer = vec![0; LONGEST];
    loop {
        let (length, remote) = match socket.socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // An ICMP error for something sent earlier (Windows), or the interface went down.
                tracing::debug!(%error, "UDP");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        // Keep-alives of servers and proxies: blank lines, or four zero bytes.
        if bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b' ' | 0)) {
            continue;
        }
        let flow = shared.table.heard_udp(&socket, remote);
        if shared.reports.send(Report::Message(flow, bytes.to_vec())).await.is_err() {
            return;
        }
    }
}
