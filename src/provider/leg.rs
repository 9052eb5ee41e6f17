//! The RTP of one call with a person: packets in, packets out. The driver owns the two sockets and the clock.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::script::{Player, Playing, Step};
use crate::base::{Entropy, Mono, Now};
use crate::codec::{self, Encoder, FRAME};
use crate::media::rtcp::Rtcp;
use crate::media::rtp::{Packet, is_rtcp};
use crate::media::srtp::Srtp;
use crate::port::media::Session;

/// One packet's time.
const PACKET: Duration = Duration::from_millis(20);
/// From the answer to the first word: nobody's loudspeaker is open at once.
const PAUSE: Duration = Duration::from_millis(300);

/// Which of the two sockets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Port {
    /// The even one, and the only one with RFC 5761 multiplexing.
    Rtp,
    /// The odd one.
    Rtcp,
}

/// What the driver is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send a datagram.
    Send {
        /// From which socket.
        port: Port,
        /// To whom.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// The script is at its end: hang up.
    Finished,
}

/// One call's media.
pub struct Leg {
    session: Session,
    srtp: Option<Srtp>,
    rtcp: Rtcp,
    player: Player,
    encoder: Option<Box<dyn Encoder>>,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    /// What to add to a returned packet's timestamp, and for which source.
    echo: Option<(u32, u32)>,
    /// Where accepted packets come from: where ours go (RFC 4961).
    latched: Option<SocketAddr>,
    next_packet: Mono,
    finished: bool,
    entropy: Entropy,
    out: VecDeque<Output>,
}

impl std::fmt::Debug for Leg {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Leg").field("session", &self.session).finish_non_exhaustive()
    }
}

impl Leg {
    /// A leg that plays `steps` within `session`.
    #[must_use]
    pub fn new(now: Now, session: Session, steps: &'static [Step], mut entropy: Entropy) -> Leg {
        let ssrc = entropy.bits32();
        Leg {
            srtp: session.srtp.as_ref().and_then(|keys| Srtp::new(keys).ok()),
            rtcp: Rtcp::new(now, ssrc, &mut entropy),
            player: Player::new(steps),
            encoder: None,
            ssrc,
            sequence: (entropy.bits32() & 0x7fff) as u16,
            timestamp: entropy.bits32(),
            echo: None,
            latched: None,
            next_packet: now.mono + PAUSE,
            finished: false,
            session,
            entropy,
            out: VecDeque::new(),
        }
    }

    /// A changed session: hold, resume, another codec.
    pub fn set_session(&mut self, session: Session) {
        let kept = match (&session.srtp, self.srtp.as_mut()) {
            (Some(keys), Some(srtp)) => srtp.rekey(keys).is_ok(),
            (Some(_), None) | (None, _) => false,
        };
        if !kept {
            self.srtp = session.srtp.as_ref().and_then(|keys| Srtp::new(keys).ok());
        }
        if session.send != self.session.send {
            self.encoder = None;
        }
        if session.remote_rtp != self.session.remote_rtp {
            self.latched = None;
        }
        self.session = session;
    }

    /// Whether packets are to be encrypted and cannot be: then nothing goes out and nothing is believed.
    const fn is_mute(&self) -> bool {
        self.session.srtp.is_some() && self.srtp.is_none()
    }

    /// One datagram.
    pub fn receive(&mut self, now: Now, port: Port, from: SocketAddr, datagram: &[u8]) {
        if self.is_mute() {
            return;
        }
        if port == Port::Rtcp || is_rtcp(datagram) {
            let clear = match &mut self.srtp {
                Some(srtp) => srtp.unprotect_rtcp(datagram).ok(),
                None => Some(datagram.to_vec()),
            };
            if let Some(clear) = clear {
                self.rtcp.receive(now.mono, &clear);
            }
            return;
        }
        let clear = match &mut self.srtp {
            Some(srtp) => srtp.unprotect_rtp(datagram).ok(),
            None => Some(datagram.to_vec()),
        };
        let Some(packet) = clear.and_then(|clear| Packet::parse(&clear).ok()) else { return };
        let Some(codec) = self.session.receive.iter().find(|c| c.payload_type == packet.payload_type) else { return };
        let clock = codec::row(codec.name).map_or(8_000, |row| row.clock_rate);
        self.rtcp.received(now.mono, packet.ssrc, packet.sequence, Some((packet.timestamp, clock)));
        self.latched = Some(from);
        if self.player.state() == Playing::Echo {
            self.echo(packet);
        }
    }

    /// Returns a packet as it came, under our own source, sequence numbers and timestamps.
    fn echo(&mut self, packet: Packet) {
        let (source, offset) = match self.echo {
            Some((source, offset)) if source == packet.ssrc => (source, offset),
            _ => (packet.ssrc, self.timestamp.wrapping_sub(packet.timestamp)),
        };
        self.echo = Some((source, offset));
        let timestamp = packet.timestamp.wrapping_add(offset);
        self.timestamp = timestamp;
        self.send(packet.marker, packet.payload_type, packet.payload);
    }

    /// Sends one packet of sound, if the session lets us.
    fn send(&mut self, marker: bool, payload_type: u8, payload: Vec<u8>) {
        let Some(to) = self.latched.or(self.session.remote_rtp) else { return };
        if !self.session.direction.sends() || self.session.remote_rtp.is_none() || self.is_mute() {
            return;
        }
        self.rtcp.sent(payload.len());
        let packet = Packet {
            marker,
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            payload,
        };
        self.sequence = self.sequence.wrapping_add(1);
        let bytes = packet.build();
        let bytes = match &mut self.srtp {
            Some(srtp) => srtp.protect_rtp(&bytes).ok(),
            None => Some(bytes),
        };
        if let Some(bytes) = bytes {
            self.out.push_back(Output::Send { port: Port::Rtp, to, bytes });
        }
    }

    /// Plays what is due, and reports.
    pub fn handle_timeout(&mut self, now: Now) {
        // A driver that was late by more than a few packets does not catch up: it goes on from now.
        if now.mono.since(self.next_packet) > PACKET * 5 {
            self.next_packet = now.mono;
        }
        while self.next_packet <= now.mono && self.player.state() != Playing::Echo && !self.finished {
            self.next_packet = self.next_packet + PACKET;
            self.play();
        }
        if self.rtcp.due() <= now.mono {
            let report = self.rtcp.report(now, self.timestamp, &mut self.entropy);
            self.send_rtcp(&report);
        }
    }

    /// The next 20 ms of the script.
    fn play(&mut self) {
        let mut frame = [0.0; FRAME];
        match self.player.next(&mut frame) {
            Playing::Sound => {}
            Playing::Echo => return,
            Playing::Over => {
                self.finished = true;
                self.out.push_back(Output::Finished);
                return;
            }
        }
        let Some(row) = codec::row(self.session.send.name) else { return };
        let first = self.encoder.is_none();
        if first {
            self.encoder = row.encoder(&self.session.send.fmtp).ok();
        }
        let Some(encoder) = &mut self.encoder else { return };
        let mut payload = Vec::new();
        if encoder.encode(&frame, &mut payload).is_ok() && !payload.is_empty() {
            self.send(first, self.session.send.payload_type, payload);
        }
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32 / row.samples_per_tick());
    }

    fn send_rtcp(&mut self, report: &[u8]) {
        let bytes = match &mut self.srtp {
            Some(srtp) => srtp.protect_rtcp(report).ok(),
            None => Some(report.to_vec()),
        };
        let port = if self.session.rtcp_mux { Port::Rtp } else { Port::Rtcp };
        if let (Some(to), Some(bytes), false) = (self.session.remote_rtcp, bytes, self.is_mute()) {
            self.out.push_back(Output::Send { port, to, bytes });
        }
    }

    /// The last word.
    pub fn close(&mut self, now: Now) {
        let bye = self.rtcp.bye(now, self.timestamp);
        self.send_rtcp(&bye);
    }

    /// When [`Leg::handle_timeout`] is due.
    #[must_use]
    pub fn next_timeout(&self) -> Mono {
        let plays = self.player.state() != Playing::Echo && !self.finished;
        if plays { self.next_packet.min(self.rtcp.due()) } else { self.rtcp.due() }
    }

    /// What is to be done; drain it after every other call.
    pub fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
}
