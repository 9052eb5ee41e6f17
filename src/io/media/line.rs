//! One call of the media thread: two sockets and a stream.

use super::Reporter;
use super::sockets::{self, Sockets};
use crate::base::{CallId, Entropy, Now};
use crate::io::clock::Clock;
use crate::media::stream::{Happening, MediaStream, Output, Port};
use crate::port::media::{Report, Session};

/// The largest datagram that is looked at; RTP is far smaller.
const DATAGRAM: usize = 2048;
/// Datagrams of one socket in one go: a flood must not keep sound from moving.
const FLOOD: usize = 64;
/// RTCP is looked at every so many times: a report is one in seconds, and the kernel notes when it came. Systems whose
/// kernel does not are asked each time.
const REPORTS: u32 = if cfg!(target_os = "linux") { 8 } else { 1 };

pub(super) struct Line {
    call: CallId,
    pub(super) sockets: Sockets,
    pub(super) stream: MediaStream,
    /// Whether there is a session: only then sound moves.
    pub(super) active: bool,
    /// How often it was looked for datagrams.
    looks: u32,
}

impl Line {
    pub(super) fn new(call: CallId, sockets: Sockets, now: Now, entropy: &mut Entropy) -> Line {
        Line { call, sockets, stream: MediaStream::new(now, entropy), active: false, looks: 0 }
    }

    pub(super) fn set_session(&mut self, now: Now, session: &Session) {
        self.active = true;
        self.stream.set_session(now, session);
    }

    /// Takes everything that has come, with the time at which it came.
    pub(super) fn receive(&mut self, clock: Clock) {
        self.receive_on(clock, Port::Rtp);
        self.looks = self.looks.wrapping_add(1);
        if self.looks.is_multiple_of(REPORTS) {
            self.receive_on(clock, Port::Rtcp);
        }
    }

    fn receive_on(&mut self, clock: Clock, port: Port) {
        let socket = match port {
            Port::Rtp => &self.sockets.rtp,
            Port::Rtcp => &self.sockets.rtcp,
        };
        let mut datagram = [0; DATAGRAM];
        for _ in 0..FLOOD {
            match sockets::receive(socket, &mut datagram) {
                Ok((length, from, age)) => {
                    let now = clock.now();
                    let came = Now { mono: now.mono.before(age), ..now };
                    self.stream.receive(came, port, from, datagram.get(..length).unwrap_or_default());
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                // What an earlier packet of ours met (ICMP on some systems); the next one may be better.
                Err(_) => {}
            }
        }
    }

    /// Does what the stream wants done.
    pub(super) fn flush(&mut self, report: &Reporter) {
        while let Some(output) = self.stream.poll() {
            match output {
                Output::Send { port, to, bytes } => {
                    let socket = match port {
                        Port::Rtp => &self.sockets.rtp,
                        Port::Rtcp => &self.sockets.rtcp,
                    };
                    // Lost like any other packet: the network says so by its statistics.
                    socket.send_to(&bytes, to).ok();
                }
                Output::Happened(happening) => report(reported(self.call, happening)),
            }
        }
    }
}

fn reported(call: CallId, happening: Happening) -> Report {
    match happening {
        Happening::FirstPacket => Report::FirstPacket(call),
        Happening::Silent(time) => Report::Silent(call, time),
        Happening::Heard => Report::Heard(call),
        Happening::Stats(stats) => Report::Stats(call, stats),
        Happening::Digit(digit) => Report::Digit(call, digit),
        Happening::DigitsSent => Report::DigitsSent(call),
        Happening::Trouble(words) => Report::Failed(call, words),
    }
}
