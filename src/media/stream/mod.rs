//! One call's media: microphone and packets in, packets and sound out. No socket, no clock, no thread.
//!
//! The driver (`io::media`), for each call:
//! * every 10 ms of microphone: [`MediaStream::microphone`]; every 10 ms that the device wants: [`MediaStream::speaker`];
//! * every datagram, with the time at which it came: [`MediaStream::receive`];
//! * at [`MediaStream::next_timeout`] at the latest (also while no device runs): [`MediaStream::handle_timeout`];
//! * after each of these: [`MediaStream::poll`] until it is empty.
//!
//! SSRC and sequence numbers live as long as the stream; sessions come and go.

use std::net::SocketAddr;
use std::time::Duration;

use super::{FRAME, Frame};
use crate::base::units::Decibels;
use crate::base::{Entropy, Mono, Now};
use crate::port::media::{Session, Stats};

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

/// One call's media.
pub struct MediaStream {
    _entropy: Entropy,
}

impl MediaStream {
    /// A stream without a session: it sends and expects nothing. `entropy` is only drawn from here.
    #[must_use]
    pub fn new(_now: Now, entropy: &mut Entropy) -> MediaStream {
        MediaStream { _entropy: entropy.clone() }
    }

    /// The negotiated session, new or changed. Makes nothing yet: codecs are made when they are first needed.
    pub fn set_session(&mut self, _now: Now, _session: &Session) {}

    /// Whether encoded silence goes out instead of the microphone.
    pub fn mute(&mut self, _muted: bool) {}

    /// Sends `digits` (`0`–`9`, `*`, `#`, `A`–`D`; others are skipped) one after the other as RFC 4733 events.
    pub fn digits(&mut self, _digits: &str) {}

    /// 10 ms of processed microphone: what a call sends. To be called also while muted or held.
    pub fn microphone(&mut self, _now: Now, _frame: &Frame) {}

    /// One datagram, and when it came.
    pub fn receive(&mut self, _now: Now, _port: Port, _from: SocketAddr, _datagram: &[u8]) {}

    /// Fills `frame` with the next 10 ms of the other end's sound (silence if there is none). `queued` is what the
    /// device still has to play before it.
    pub fn speaker(&mut self, _now: Now, _queued: Duration, frame: &mut Frame) {
        *frame = [0.0; FRAME];
    }

    /// Does what is due: RTCP, statistics, keep-alive, the watch for silence.
    pub fn handle_timeout(&mut self, _now: Now) {}

    /// When [`handle_timeout`](Self::handle_timeout) is due next, and why.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        None
    }

    /// What is to be done now; `None` when that was all.
    pub fn poll(&mut self) -> Option<Output> {
        None
    }

    /// Ends the stream: an RTCP BYE is the last thing to poll.
    pub fn close(&mut self, _now: Now) {}

    /// The levels of what is sent and of what is heard, for the meters.
    #[must_use]
    pub fn levels(&self) -> (Decibels, Decibels) {
        (Decibels::SILENCE, Decibels::SILENCE)
    }
}
