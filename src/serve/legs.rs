//! The sockets of the people's calls: for each call a pair of ports, and the [`Leg`] that speaks through them.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::host::Event;
use crate::base::{CallId, Mono, Now};
use crate::provider::leg::{Leg, Output, Port};

/// Attempts to find an even port whose successor is free.
const ATTEMPTS: usize = 50;

/// The media of one call.
struct Line {
    rtp: Arc<UdpSocket>,
    rtcp: Arc<UdpSocket>,
    leg: Option<Leg>,
    readers: [AbortHandle; 2],
}

/// All of them.
#[derive(Default)]
pub(super) struct Legs(BTreeMap<CallId, Line>);

impl Legs {
    /// Binds a pair and begins to read from it.
    pub(super) async fn open(
        &mut self,
        call: CallId,
        ip: IpAddr,
        tasks: &mut tokio::task::JoinSet<()>,
        events: &mpsc::Sender<Event>,
    ) -> io::Result<SocketAddr> {
        let (rtp, rtcp) = pair(ip).await?;
        let addr = rtp.local_addr()?;
        let (rtp, rtcp) = (Arc::new(rtp), Arc::new(rtcp));
        let readers = [
            tasks.spawn(read(call, Port::Rtp, Arc::clone(&rtp), events.clone())),
            tasks.spawn(read(call, Port::Rtcp, Arc::clone(&rtcp), events.clone())),
        ];
        self.0.insert(call, Line { rtp, rtcp, leg: None, readers });
        Ok(addr)
    }

    /// Gives a call its session: `make` makes the leg if it has none yet.
    pub(super) fn session(&mut self, call: CallId, change: impl FnOnce(&mut Option<Leg>)) {
        if let Some(line) = self.0.get_mut(&call) {
            change(&mut line.leg);
        }
    }

    /// Says goodbye and closes the sockets.
    pub(super) fn close(&mut self, now: Now, call: CallId) {
        let Some(mut line) = self.0.remove(&call) else { return };
        if let Some(leg) = &mut line.leg {
            leg.close(now);
        }
        line.flush();
        line.readers.iter().for_each(AbortHandle::abort);
    }

    /// A datagram came. True if the call's script is at its end.
    pub(super) fn receive(&mut self, now: Now, call: CallId, port: Port, from: SocketAddr, bytes: &[u8]) -> bool {
        let Some(line) = self.0.get_mut(&call) else { return false };
        if let Some(leg) = &mut line.leg {
            leg.receive(now, port, from, bytes);
        }
        line.flush()
    }

    /// Does what is due, and names the calls whose script is at its end.
    pub(super) fn handle_timeout(&mut self, now: Now) -> Vec<CallId> {
        let mut finished = Vec::new();
        for (call, line) in &mut self.0 {
            if let Some(leg) = line.leg.as_mut().filter(|leg| leg.next_timeout() <= now.mono) {
                leg.handle_timeout(now);
                if line.flush() {
                    finished.push(*call);
                }
            }
        }
        finished
    }

    /// When [`Legs::handle_timeout`] is due.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        self.0.values().filter_map(|line| line.leg.as_ref().map(Leg::next_timeout)).min()
    }
}

impl Line {
    /// Sends what is to be sent. True if the script is at its end. What does not fit the socket is lost, as on any
    /// network.
    fn flush(&mut self) -> bool {
        let mut finished = false;
        while let Some(output) = self.leg.as_mut().and_then(Leg::poll) {
            match output {
                Output::Send { port, to, bytes } => {
                    let socket = if port == Port::Rtp { &self.rtp } else { &self.rtcp };
                    if let Err(error) = socket.try_send_to(&bytes, to) {
                        tracing::trace!(%error, "demo provider: a packet was not sent");
                    }
                }
                Output::Finished => finished = true,
            }
        }
        finished
    }
}

/// An even port and the next one (RFC 3550 §11).
async fn pair(ip: IpAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    for _ in 0..ATTEMPTS {
        let rtp = UdpSocket::bind((ip, 0)).await?;
        let port = rtp.local_addr()?.port();
        if port % 2 == 0
            && let Ok(rtcp) = UdpSocket::bind((ip, port + 1)).await
        {
            return Ok((rtp, rtcp));
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// Hands on what one socket receives.
async fn read(call: CallId, port: Port, socket: Arc<UdpSocket>, events: mpsc::Sender<Event>) {
    let mut buffer = [0; 2048];
    loop {
        // An error is somebody's ICMP: the next datagram may come all the same.
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else { continue };
        let bytes = buffer.get(..length).unwrap_or_default().to_vec();
        if events.send(Event::Packet(call, port, from, bytes)).await.is_err() {
            return;
        }
    }
}
