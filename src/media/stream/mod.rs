//! One call's media: microphone and packets in, packets and sound out. No socket, no clock, no thread.
//!
//! The driver (`io::media`), for each call:
//! * every 10 ms of microphone: [`MediaStream::microphone`]; every 10 ms that the device wants: [`MediaStream::speaker`];
//! * every datagram, with the time at which it came: [`MediaStream::receive`];
//! * at [`MediaStream::next_timeout`] at the latest (also while no device runs): [`MediaStream::handle_timeout`];
//! * after each of these: [`MediaStream::poll`] until it is empty.
//!
//! SSRC and sequence numbers live as long as the stream; sessions come and go.

mod adapt;
mod latch;
mod send;
mod turn;
mod watch;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::level::Meter;
use super::playout::{JitterBuffer, Playout};
use super::rtcp::Rtcp;
use super::rtp::Packet;
use super::srtp::Srtp;
use super::{FRAME, Frame, dtmf, quality};
use crate::base::units::Decibels;
use crate::base::{Entropy, Mono, Now};
use crate::codec::{self, Row};
use crate::port::media::{Session, Stats};
use adapt::Adaptive;
use latch::{Latch, RTCP_PROBATION, RTP_PROBATION};
use send::{Format, Made, Sender};
pub use turn::{Pace, Turn};
use watch::Watch;

/// Which of a call's two sockets. With RFC 5761 multiplexing everything is on [`Port::Rtp`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Port {
    /// The even one.
    Rtp,
    /// The odd one.
    Rtcp,
}

/// What the driver is to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// Send this datagram from this socket.
    Send {
        /// From which socket.
        port: Port,
        /// To whom.
        to: SocketAddr,
        /// What.
        bytes: Vec<u8>,
    },
    /// Tell signalling.
    Happened(Happening),
}

/// What signalling is told.
#[derive(Clone, PartialEq, Debug)]
pub enum Happening {
    /// The first RTP packet was accepted (authenticated, if SRTP).
    FirstPacket,
    /// Nothing came for so long (10 s, then 60 s) although it should.
    Silent(Duration),
    /// Something came again.
    Heard,
    /// Figures, once a second.
    Stats(Stats),
    /// The other end pressed a key.
    Digit(char),
    /// All digits have been sent.
    DigitsSent,
    /// A codec or the keys do not work: the call is silent, and why.
    Trouble(String),
}

/// A path with nothing on it is kept open every 15 s (RFC 6263 §4.1).
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Figures come every second.
const SECOND: Duration = Duration::from_secs(1);

/// One call's media.
pub struct MediaStream {
    entropy: Entropy,
    session: Option<Session>,
    /// The row of what we send with.
    row: Option<&'static Row>,
    srtp: Protection,
    rtp_latch: Latch,
    rtcp_latch: Latch,
    sender: Sender,
    rtcp: Rtcp,
    playout: Box<dyn JitterBuffer>,
    keys: dtmf::Receiver,
    remote_ssrc: Option<u32>,
    adaptive: Adaptive,
    watch: Watch,
    sent_level: Meter,
    heard_level: Meter,
    stats: Stats,
    stats_due: Mono,
    keep_alive_due: Mono,
    queued: Duration,
    outputs: VecDeque<Output>,
    closed: bool,
}

/// Whether and how packets are protected.
#[derive(Debug)]
enum Protection {
    Plain,
    Keys(Box<Srtp>),
    /// Keys were negotiated that do not work: nothing is sent, and nothing believed.
    Broken,
}

impl std::fmt::Debug for MediaStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MediaStream").field("ssrc", &self.sender.ssrc()).finish_non_exhaustive()
    }
}

impl MediaStream {
    /// A stream without a session: it sends and expects nothing. `entropy` is only drawn from here.
    #[must_use]
    pub fn new(now: Now, entropy: &mut Entropy) -> MediaStream {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        let mut entropy = Entropy::from_seed(seed);
        let sender = Sender::new(&mut entropy);
        MediaStream {
            rtcp: Rtcp::new(now, sender.ssrc(), &mut entropy),
            sender,
            entropy,
            session: None,
            row: None,
            srtp: Protection::Plain,
            rtp_latch: Latch::new(RTP_PROBATION),
            rtcp_latch: Latch::new(RTCP_PROBATION),
            playout: Box::new(Playout::default()),
            keys: dtmf::Receiver::default(),
            remote_ssrc: None,
            adaptive: Adaptive::default(),
            watch: Watch::default(),
            sent_level: Meter::default(),
            heard_level: Meter::default(),
            stats: Stats::default(),
            stats_due: now.mono + SECOND,
            keep_alive_due: now.mono + KEEP_ALIVE,
            queued: Duration::ZERO,
            outputs: VecDeque::new(),
            closed: false,
        }
    }

    /// The negotiated session, new or changed. Makes nothing yet: codecs are made when they are first needed.
    pub fn set_session(&mut self, now: Now, session: &Session) {
        self.protect(session);
        self.rtp_latch.signalled(session.remote_rtp);
        self.rtcp_latch.signalled(session.remote_rtcp);
        let before = self.session.replace(session.clone());
        if before.as_ref().is_none_or(|before| before.send != session.send) {
            self.row = codec::row(session.send.name);
            self.sender.forget_encoder();
            if self.row.is_none() {
                self.happened(Happening::Trouble(format!("unknown codec {}", session.send.name)));
            }
        }
        let formats: Vec<(u8, &'static Row)> =
            session.receive.iter().filter_map(|codec| Some((codec.payload_type, codec::row(codec.name)?))).collect();
        self.playout.configure(&formats);
        if !session.direction.receives() {
            self.playout.reset();
        }
        if before.is_none() {
            (self.stats_due, self.keep_alive_due) = (now.mono + SECOND, now.mono + KEEP_ALIVE);
        }
    }

    /// Whether somebody should be heard from now on. Signalling knows: a description that allows it is not yet an
    /// answer, and whoever holds may be silent.
    pub fn expect(&mut self, now: Now, expected: bool) {
        self.watch.expect(now.mono, expected);
    }

    fn protect(&mut self, session: &Session) {
        let protection = std::mem::replace(&mut self.srtp, Protection::Broken);
        let result = match (protection, &session.srtp) {
            (_, None) => Ok(Protection::Plain),
            (Protection::Keys(mut srtp), Some(keys)) => srtp.rekey(keys).map(|()| Protection::Keys(srtp)),
            (Protection::Plain | Protection::Broken, Some(keys)) => {
                Srtp::new(keys).map(|srtp| Protection::Keys(Box::new(srtp)))
            }
        };
        match result {
            Ok(protection) => self.srtp = protection,
            Err(error) => self.happened(Happening::Trouble(format!("SRTP: {error}"))),
        }
    }

    /// Whether encoded silence goes out instead of the microphone.
    pub fn mute(&mut self, muted: bool) {
        self.sender.muted = muted;
    }

    /// Sends `digits` (`0`–`9`, `*`, `#`, `A`–`D`; others are skipped) one after the other as RFC 4733 events; as sound
    /// where the other end knows no events.
    pub fn digits(&mut self, digits: &str) {
        self.sender.press(digits);
    }

    /// 10 ms of processed microphone: what a call sends. To be called also while muted or held.
    pub fn microphone(&mut self, now: Now, frame: &Frame) {
        let (Some(session), Some(row)) = (&self.session, self.row) else { return };
        if self.closed || !session.direction.sends() || self.rtp_latch.remote().is_none() {
            self.sender.pause();
            self.sent_level.add(&[0.0]);
            return;
        }
        self.sent_level.add(if self.sender.muted { &[0.0] } else { frame });
        let mut made = Made::default();
        self.sender.microphone(&Format { session, row }, frame, &mut made);
        for packet in made.packets {
            self.send(now, &packet);
        }
        if made.digits_sent {
            self.happened(Happening::DigitsSent);
        }
        if let Some(trouble) = made.trouble {
            self.happened(Happening::Trouble(trouble));
        }
    }

    fn send(&mut self, now: Now, packet: &Packet) {
        let Some(to) = self.rtp_latch.remote() else { return };
        let plain = packet.build();
        let bytes = match &mut self.srtp {
            Protection::Plain => plain,
            Protection::Keys(srtp) => match srtp.protect_rtp(&plain) {
                Ok(bytes) => bytes,
                Err(_) => return,
            },
            Protection::Broken => return,
        };
        self.rtcp.sent(packet.payload.len());
        self.stats.sent += 1;
        self.keep_alive_due = now.mono + KEEP_ALIVE;
        self.outputs.push_back(Output::Send { port: Port::Rtp, to, bytes });
    }

    fn send_rtcp(&mut self, plain: Vec<u8>) {
        let muxed = self.session.as_ref().is_some_and(|session| session.rtcp_mux);
        let to = if muxed { self.rtp_latch.remote() } else { self.rtcp_latch.remote() };
        let Some(to) = to else { return };
        let bytes = match &mut self.srtp {
            Protection::Plain => plain,
            Protection::Keys(srtp) => match srtp.protect_rtcp(&plain) {
                Ok(bytes) => bytes,
                Err(_) => return,
            },
            Protection::Broken => return,
        };
        self.outputs.push_back(Output::Send { port: if muxed { Port::Rtp } else { Port::Rtcp }, to, bytes });
    }

    /// Fills `frame` with the next 10 ms of the other end's sound (silence if there is none).
    pub fn speaker(&mut self, now: Now, turn: Turn, frame: &mut Frame) {
        self.queued = turn.until_heard();
        if self.session.as_ref().is_some_and(|session| session.direction.receives()) {
            self.playout.pull(turn.due(now.mono), frame);
        } else {
            *frame = [0.0; FRAME];
        }
        self.heard_level.add(frame);
    }

    /// Does what is due: RTCP, statistics, keep-alive, the watch for silence.
    pub fn handle_timeout(&mut self, now: Now) {
        if self.closed || self.session.is_none() {
            return;
        }
        if now.mono >= self.rtcp.due() {
            let time = self.timestamp();
            let report = self.rtcp.report(now, time, &mut self.entropy);
            self.send_rtcp(report);
        }
        if now.mono >= self.keep_alive_due {
            self.keep_alive_due = now.mono + KEEP_ALIVE;
            if let (Some(session), Some(row)) = (&self.session, self.row) {
                let packet = self.sender.keep_alive(session, row);
                self.send(now, &packet);
            }
        }
        if let Some(limit) = self.watch.check(now.mono) {
            self.happened(Happening::Silent(limit));
        }
        if now.mono >= self.stats_due {
            // Late is late: no burst of figures after the machine slept.
            self.stats_due = now.mono + SECOND;
            let stats = self.stats();
            self.happened(Happening::Stats(stats));
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due next, and why.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        if self.closed || self.session.is_none() {
            return None;
        }
        [
            Some((self.rtcp.due(), "RTCP report")),
            Some((self.stats_due, "figures")),
            Some((self.keep_alive_due, "RTP keep-alive")),
            self.watch.due().map(|due| (due, "silent other end")),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What is to be done now; `None` when that was all.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Ends the stream: an RTCP BYE is the last thing to poll.
    pub fn close(&mut self, now: Now) {
        if self.session.is_some() && !self.closed {
            let time = self.timestamp();
            let bye = self.rtcp.bye(now, time);
            self.send_rtcp(bye);
        }
        self.closed = true;
    }

    /// The levels of what is sent and of what is heard, for the meters.
    #[must_use]
    pub fn levels(&self) -> (Decibels, Decibels) {
        (self.sent_level.level(), self.heard_level.level())
    }

    /// Figures up to now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let figures = self.playout.figures();
        let playout_delay_ms = figures.delay_ms.max(0.0) + self.queued.as_secs_f32() * 1_000.0;
        let trip = self.rtcp.round_trip().map(|trip| trip.as_secs_f32() * 1_000.0);
        // One way: half the round trip, 20 ms of packet, 10 ms of codec and filters.
        let delay = trip.unwrap_or(0.0) / 2.0 + playout_delay_ms + 30.0;
        let impairment = self.row.map_or((0.0, 25.0), |row| row.impairment);
        Stats {
            lost: self.rtcp.lost(),
            concealed: figures.concealed_lately,
            jitter_ms: self.rtcp.jitter().as_secs_f32() * 1_000.0,
            playout_delay_ms,
            round_trip_ms: trip,
            remote_loss: self.rtcp.remote_loss(),
            r_factor: quality::r_factor(delay, figures.concealed_lately, impairment),
            ..self.stats
        }
    }

    fn timestamp(&self) -> u32 {
        self.row.map_or(0, |row| self.sender.timestamp(row))
    }

    fn happened(&mut self, happening: Happening) {
        self.outputs.push_back(Output::Happened(happening));
    }
}

mod receive;

#[cfg(test)]
mod tests;
