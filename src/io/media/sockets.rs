//! The two UDP sockets of a call.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// Expedited forwarding (RFC 3246): DSCP 46, in the upper six bits of the traffic class.
const EXPEDITED: u32 = 46 << 2;
/// What the kernel may keep while the media thread is late.
const RECEIVE_BUFFER: usize = 256 * 1024;
/// Pairs that are tried before giving up: every other attempt fails on an odd port, some on a neighbour in use.
const ATTEMPTS: usize = 64;

/// RTP on an even port, RTCP on the next odd one (RFC 3550 §11).
#[derive(Debug)]
pub(super) struct Sockets {
    pub(super) rtp: UdpSocket,
    pub(super) rtcp: UdpSocket,
}

impl Sockets {
    /// Binds a pair that the operating system chooses. Takes some 30 µs. Not to `local` alone: a call outlives a
    /// change of address, and its sockets with it. What is on this computer stays on it, though.
    ///
    /// # Errors
    /// If no ports are left.
    pub(super) fn bind(local: IpAddr) -> io::Result<Sockets> {
        let local = match local {
            local if local.is_loopback() => local,
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let mut last = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..ATTEMPTS {
            let one = bind(SocketAddr::new(local, 0))?;
            let port = one.local_addr()?.port();
            let even = port % 2 == 0;
            match bind(SocketAddr::new(local, if even { port.wrapping_add(1) } else { port - 1 })) {
                Ok(other) if even => return Ok(Sockets { rtp: one, rtcp: other }),
                Ok(other) => return Ok(Sockets { rtp: other, rtcp: one }),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// Takes a datagram without waiting: its length, who sent it, and how long ago it came, if the system says so.
///
/// # Errors
/// The operating system's; [`io::ErrorKind::WouldBlock`] if there is none.
pub(super) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, Duration)> {
    #[cfg(target_os = "linux")]
    return crate::io::platform::arrival::receive(socket, buffer);
    #[cfg(not(target_os = "linux"))]
    return socket.recv_from(buffer).map(|(length, from)| (length, from, Duration::ZERO));
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Both are wishes: a container may forbid the one, a limit the other.
    mark(&socket, address);
    socket.set_recv_buffer_size(RECEIVE_BUFFER).ok();
    #[cfg(target_os = "linux")]
    crate::io::platform::arrival::note(&socket);
    socket.bind(&SockAddr::from(address))?;
    Ok(socket.into())
}

/// Asks routers to forward the voice first.
fn mark(socket: &Socket, address: SocketAddr) {
    let marked = match address {
        SocketAddr::V4(_) => socket.set_tos_v4(EXPEDITED),
        #[cfg(unix)]
        SocketAddr::V6(_) => socket.set_tclass_v6(EXPEDITED),
        // Windows takes such marks from its own quality-of-service API only.
        #[cfg(not(unix))]
        SocketAddr::V6(_) => Ok(()),
    };
    if let Err(error) = marked {
        tracing::debug!(%error, "packets are not marked for expedited forwarding");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_an_even_port_and_the_next_one_marked_for_expedited_forwarding() {
        for _ in 0..20 {
            let pair = Sockets::bind(IpAddr::from([127, 0, 0, 1])).unwrap();
            let (rtp, rtcp) = (pair.rtp.local_addr().unwrap().port(), pair.rtcp.local_addr().unwrap().port());
            assert_eq!(rtp % 2, 0);
            assert_eq!(rtcp, rtp + 1);
            assert_eq!(socket2::SockRef::from(&pair.rtp).tos_v4().unwrap(), 0xB8);
        }
    }

    #[test]
    fn a_pair_outlives_its_address_but_loopback_stays_loopback() {
        let bound = |ip: [u8; 4]| Sockets::bind(IpAddr::from(ip)).unwrap().rtp.local_addr().unwrap().ip();
        assert!(bound([192, 0, 2, 1]).is_unspecified());
        assert!(bound([127, 0, 0, 1]).is_loopback());
    }
}
