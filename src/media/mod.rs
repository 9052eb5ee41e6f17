//! Media without sockets, clocks or threads: RTP and RTCP, SRTP, the jitter buffer, tones, levels, voice processing.
//!
//! `io::media` drives it: it owns the sockets and the device rings, tells the time, and moves 10 ms of 48 kHz mono sound
//! ([`Frame`]) at a time. One call is one [`stream::MediaStream`].
//!
//! A packet's way in: `receive` → [`rtp`] guard → [`srtp`] authenticates → `stream::latch` checks its source →
//! [`jitter`] → [`playout`] decodes, conceals, stretches → `speaker`.

pub mod dtmf;
pub mod fuzz;
pub mod jitter;
pub mod level;
mod noise;
pub mod playout;
pub mod quality;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod srtp;
pub mod stream;
mod stretch;
pub mod tone;
pub mod voice;

/// Samples in 10 ms of 48 kHz mono.
pub const FRAME: usize = 480;

/// 10 ms of 48 kHz mono sound, full scale is ±1.
pub type Frame = [f32; FRAME];
