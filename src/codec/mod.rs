//! Codecs: one trait pair, one table of rows. To add a codec, write its file and add its row; SDP lines come from the row,
//! and the test loop at the end of this file runs over all rows.
//!
//! Everything outside this module is 48 kHz mono `f32`; a codec with another rate resamples at its own edge
//! ([`polyphase`]). Nothing here knows RTP: a payload is bytes, a duration is a count of 48 kHz samples.

pub mod fmtp;
mod g711;
mod g722;
mod narrow;
mod opus;
mod plc;
pub mod polyphase;

/// The rate of all sound inside the phone, Hz.
pub const RATE: u32 = 48_000;
/// Samples in one packet as we send it: 20 ms.
pub const FRAME: usize = 960;
/// The longest packet that is accepted: 120 ms (RFC 6716 §2.1.4), in samples.
pub const LONGEST: usize = 5_760;

/// One codec: what SDP says of it, and how to make its two halves.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The encoding name of `a=rtpmap`; compared without regard to case.
    pub name: &'static str,
    /// What it is called in front of people.
    pub title: &'static str,
    /// The RTP clock, Hz. G.722's is 8000 although its sound is 16 kHz (RFC 3551 §4.5.2).
    pub clock_rate: u32,
    /// The channels that `a=rtpmap` names; opus must say 2 (RFC 7587 §7). We always send mono.
    pub channels: u8,
    /// The static payload type (RFC 3551 §6), or the dynamic one that we offer.
    pub payload_type: u8,
    /// What we want to receive, for `a=fmtp`; empty for none.
    pub fmtp: &'static str,
    /// Whether keys sent as sound are still keys at the other end: it codes waves, not a voice.
    pub carries_keys: bool,
    /// Equipment impairment and loss robustness for the E-model (G.113): `Ie`, `Bpl`.
    pub impairment: (f32, f32),
    encoder: fn(&fmtp::Wishes) -> Result<Box<dyn Encoder>, CodecError>,
    decoder: fn() -> Result<Box<dyn Decoder>, CodecError>,
}

/// All codecs, in the order in which they are offered.
pub const ROWS: &[Row] = &[
    Row {
        name: "opus",
        title: "Opus",
        clock_rate: 48_000,
        channels: 2,
        payload_type: 111,
        fmtp: "minptime=10;useinbandfec=1;usedtx=0;maxaveragebitrate=64000;maxplaybackrate=48000;stereo=0;sprop-stereo=0",
        carries_keys: false,
        impairment: (0.0, 25.0),
        encoder: opus::encoder,
        decoder: opus::decoder,
    },
    Row {
        name: "G722",
        title: "G.722",
        clock_rate: 8_000,
        channels: 1,
        payload_type: 9,
        fmtp: "",
        carries_keys: true,
        impairment: (5.0, 15.0),
        encoder: g722::encoder,
        decoder: g722::decoder,
    },
    Row {
        name: "PCMA",
        title: "G.711 A-law",
        clock_rate: 8_000,
        channels: 1,
        payload_type: 8,
        fmtp: "",
        carries_keys: true,
        impairment: (0.0, 25.1),
        encoder: g711::encoder_a,
        decoder: g711::decoder_a,
    },
    Row {
        name: "PCMU",
        title: "G.711 µ-law",
        clock_rate: 8_000,
        channels: 1,
        payload_type: 0,
        fmtp: "",
        carries_keys: true,
        impairment: (0.0, 25.1),
        encoder: g711::encoder_u,
        decoder: g711::decoder_u,
    },
];

/// The row of an encoding name, in any case.
#[must_use]
pub fn row(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name.eq_ignore_ascii_case(name))
}

/// The row of a static payload type that came without `a=rtpmap` (RFC 3551 §6).
#[must_use]
pub fn row_of_static(payload_type: u8) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.payload_type == payload_type && payload_type < 96)
}

impl Row {
    /// 48 kHz samples in one tick of the RTP clock: 1 for opus, 6 for the 8 kHz clocks.
    #[must_use]
    pub const fn samples_per_tick(&self) -> u32 {
        RATE / self.clock_rate
    }

    /// An encoder that obeys the other end's `a=fmtp` (empty for none).
    ///
    /// # Errors
    /// When the library cannot make one.
    pub fn encoder(&self, fmtp: &str) -> Result<Box<dyn Encoder>, CodecError> {
        (self.encoder)(&fmtp::Wishes::parse(fmtp))
    }

    /// A decoder.
    ///
    /// # Errors
    /// When the library cannot make one.
    pub fn decoder(&self) -> Result<Box<dyn Decoder>, CodecError> {
        (self.decoder)()
    }
}

/// What the network bears, as RTCP tells it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Adaptation {
    /// The share of packets that the other end loses, 0 to 1: how much redundancy to send.
    pub loss: f32,
    /// Bits per second to send at most. The other end's `maxaveragebitrate` is respected besides.
    pub bitrate: u32,
}

/// Sound to payloads.
pub trait Encoder: Send {
    /// Encodes `pcm`, 10 to 60 ms of 48 kHz mono (Opus knows 10, 20, 40 and 60 only), and puts the payload in the
    /// place of what `payload` held. An empty payload means that nothing is to be sent (DTX).
    ///
    /// # Errors
    /// When the library refuses; the call goes on with the next packet.
    fn encode(&mut self, pcm: &[f32], payload: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Takes the network's state into account, if the codec can.
    fn adapt(&mut self, adaptation: Adaptation);
}

/// Payloads to sound. All lengths are in 48 kHz samples; `out` is appended to.
pub trait Decoder: Send {
    /// Decodes one payload of any duration up to [`LONGEST`].
    ///
    /// # Errors
    /// When it is not a payload of this codec; nothing was appended.
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<usize, CodecError>;

    /// Invents `samples` for a packet that is missing: continues what was heard, then fades to silence.
    fn conceal(&mut self, samples: usize, out: &mut Vec<f32>);

    /// Restores the last `samples` before the packet `next` from the redundancy in it (Opus FEC). False, and nothing
    /// appended, if it holds none.
    fn recover(&mut self, next: &[u8], samples: usize, out: &mut Vec<f32>) -> bool;

    /// Whether a payload holds a copy of its predecessor, for [`recover`](Decoder::recover).
    fn is_redundant(&self, payload: &[u8]) -> bool;

    /// How many samples a payload will decode to; `None` if it is no payload of this codec.
    fn duration(&self, payload: &[u8]) -> Option<usize>;

    /// Forgets everything: the sound that follows is another's.
    fn reset(&mut self);
}

/// A codec does not work, in the library's words.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{codec}: {what}")]
pub struct CodecError {
    /// Which codec.
    pub codec: &'static str,
    /// What it said.
    pub what: String,
}

impl CodecError {
    fn new(codec: &'static str, what: impl std::fmt::Display) -> CodecError {
        CodecError { codec, what: what.to_string() }
    }
}

#[cfg(test)]
mod tests;
