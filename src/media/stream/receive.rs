//! The receiving half: a datagram is authenticated, its source judged, and its content put where it belongs.

use std::net::SocketAddr;

use super::{Happening, MediaStream, Port, Protection, Session};
use crate::base::{Mono, Now};
use crate::codec;
use crate::media::rtp::{self, Packet};

impl MediaStream {
    /// One datagram, and when it came. What is not believed is counted and forgotten.
    pub fn receive(&mut self, now: Now, port: Port, from: SocketAddr, datagram: &[u8]) {
        let Some(muxed) = self.session.as_ref().map(|session| session.rtcp_mux) else { return };
        if self.closed {
            return;
        }
        let taken = match port {
            Port::Rtp if muxed && rtp::is_rtcp(datagram) => self.receive_rtcp(now.mono, from, datagram, true),
            Port::Rtp => self.receive_rtp(now, from, datagram),
            Port::Rtcp => self.receive_rtcp(now.mono, from, datagram, false),
        };
        if taken.is_none() {
            self.stats.refused += 1;
        }
    }

    fn receive_rtp(&mut self, now: Now, from: SocketAddr, datagram: &[u8]) -> Option<()> {
        if self.rtp_latch.is_stranger(from) {
            return None;
        }
        let (packet, authentic) = match &mut self.srtp {
            Protection::Plain => (Packet::parse(datagram).ok()?, false),
            Protection::Keys(srtp) => (Packet::parse(&srtp.unprotect_rtp(datagram).ok()?).ok()?, true),
            Protection::Broken => return None,
        };
        // Only what we could play may convince us of a source.
        let clock = self.session.as_ref().and_then(|session| clock_of(session, packet.payload_type));
        let known = self.remote_ssrc == Some(packet.ssrc);
        if !self.rtp_latch.accept(from, authentic || (known && clock.is_some())) {
            return None;
        }
        if packet.ssrc == self.sender.ssrc() {
            self.collide(now);
            return None;
        }
        let clock = clock?;
        self.note_source(packet.ssrc);
        self.stats.received += 1;
        if self.stats.received == 1 {
            self.happened(Happening::FirstPacket);
        }
        if self.watch.heard(now.mono) {
            self.happened(Happening::Heard);
        }
        let is_event = self.is_event(packet.payload_type);
        let timing = (!is_event).then_some((packet.timestamp, clock));
        self.rtcp.received(now.mono, packet.ssrc, packet.sequence, timing);
        self.deliver(now.mono, packet);
        Some(())
    }

    /// Sound to the jitter buffer, keys to whoever waits for them.
    fn deliver(&mut self, now: Mono, packet: Packet) {
        if self.is_event(packet.payload_type) {
            self.playout.skip(packet.sequence);
            if let Some(key) = self.keys.receive(packet.timestamp, &packet.payload) {
                self.happened(Happening::Digit(key));
            }
        } else if self.session.as_ref().is_some_and(|session| session.direction.receives()) {
            // A duplicate is of no use, and no fault.
            self.playout.insert(now, packet);
        }
    }

    fn is_event(&self, payload_type: u8) -> bool {
        self.session.as_ref().is_some_and(|session| session.events.iter().any(|(kind, _)| *kind == payload_type))
    }

    fn note_source(&mut self, ssrc: u32) {
        if self.remote_ssrc != Some(ssrc) {
            self.remote_ssrc = Some(ssrc);
            self.keys.reset();
        }
    }

    /// Somebody has our SSRC: we leave it to them (RFC 3550 §8.2).
    fn collide(&mut self, now: Now) {
        let bye = self.rtcp.bye(now, self.timestamp());
        self.send_rtcp(bye);
        let ssrc = self.entropy.bits32();
        self.sender.set_ssrc(ssrc);
        self.rtcp.set_ssrc(ssrc);
    }

    fn receive_rtcp(&mut self, now: Mono, from: SocketAddr, datagram: &[u8], muxed: bool) -> Option<()> {
        let latch = if muxed { &self.rtp_latch } else { &self.rtcp_latch };
        if latch.is_stranger(from) {
            return None;
        }
        let opened;
        let (plain, authentic) = match &mut self.srtp {
            Protection::Plain => (datagram, false),
            Protection::Keys(srtp) => {
                opened = srtp.unprotect_rtcp(datagram).ok()?;
                (opened.as_slice(), true)
            }
            Protection::Broken => return None,
        };
        if !rtp::is_rtcp(plain) {
            return None;
        }
        // Reports alone say nothing about where sound comes from: on a shared port only RTP latches.
        let believed =
            if muxed { self.rtp_latch.remote() == Some(from) } else { self.rtcp_latch.accept(from, authentic) };
        if !believed {
            return None;
        }
        if self.rtcp.receive(now, plain).report {
            let loss = self.rtcp.remote_loss().unwrap_or(0.0);
            let adaptation = self.adaptive.report(loss, self.rtcp.round_trip());
            self.sender.adapt(adaptation);
        }
        Some(())
    }
}

/// The RTP clock of a payload type that the session knows; comfort noise has the 8 kHz one.
fn clock_of(session: &Session, payload_type: u8) -> Option<u32> {
    let sound = session.receive.iter().find(|codec| codec.payload_type == payload_type);
    if let Some(row) = sound.and_then(|codec| codec::row(codec.name)) {
        return Some(row.clock_rate);
    }
    let event = session.events.iter().find(|(kind, _)| *kind == payload_type);
    event.map(|(_, rate)| *rate).or((payload_type == 13).then_some(8_000))
}
