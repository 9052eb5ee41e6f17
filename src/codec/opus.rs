//! Opus (RFC 6716, RFC 7587) by libopus: redundancy, concealment and bandwidth are its own business, ours is to obey the
//! other end's wishes and to ask.

use ::opus::{Application, Bandwidth, Bitrate, Channels};

use super::fmtp::Wishes;
use super::{Adaptation, CodecError, Decoder, Encoder, LONGEST, RATE};

const NAME: &str = "opus";
/// What we send when nobody asks for less. Measured in audio.md §1: more is hardly heard on speech.
const BITRATE: u32 = 32_000;
/// WebRTC's choice for desktops: 205 µs for 20 ms, 1 % of a core.
const COMPLEXITY: i32 = 9;
/// Redundancy is never quite off: the first loss comes before the first report of it.
const LEAST_LOSS_PERCENT: i32 = 3;
/// What redundancy is sized for at most; beyond it, it harms more than it helps.
const MOST_LOSS_PERCENT: i32 = 25;
/// The longest packet that one frame of 60 ms may take; RFC 6716 §3.2.1 bounds one frame at 1275 bytes.
const MOST_BYTES: usize = 1_275;

struct OpusEncoder {
    library: ::opus::Encoder,
    wishes: Wishes,
}

pub(super) fn encoder(wishes: &Wishes) -> Result<Box<dyn Encoder>, CodecError> {
    let mut library = ::opus::Encoder::new(RATE, Channels::Mono, Application::Voip).map_err(error)?;
    library.set_complexity(COMPLEXITY).map_err(error)?;
    library.set_vbr(!wishes.cbr).map_err(error)?;
    library.set_vbr_constraint(true).map_err(error)?;
    library.set_inband_fec(wishes.inband_fec).map_err(error)?;
    library.set_dtx(wishes.dtx).map_err(error)?;
    library.set_max_bandwidth(bandwidth(wishes.max_rate)).map_err(error)?;
    let mut encoder = OpusEncoder { library, wishes: *wishes };
    encoder.try_adapt(Adaptation { loss: 0.0, bitrate: BITRATE })?;
    Ok(Box::new(encoder))
}

/// The bandwidth that a playback rate can make use of (RFC 7587 §3.1.1 table 1).
fn bandwidth(max_rate: Option<u32>) -> Bandwidth {
    match max_rate.unwrap_or(RATE) {
        0..=8_000 => Bandwidth::Narrowband,
        8_001..=12_000 => Bandwidth::Mediumband,
        12_001..=16_000 => Bandwidth::Wideband,
        16_001..=24_000 => Bandwidth::Superwideband,
        _ => Bandwidth::Fullband,
    }
}

impl OpusEncoder {
    fn try_adapt(&mut self, adaptation: Adaptation) -> Result<(), CodecError> {
        let bitrate = adaptation.bitrate.min(self.wishes.max_bitrate.unwrap_or(u32::MAX)).clamp(6_000, 510_000);
        self.library.set_bitrate(Bitrate::Bits(i32::try_from(bitrate).unwrap_or(32_000))).map_err(error)?;
        let percent = (adaptation.loss.clamp(0.0, 1.0) * 100.0).round() as i32;
        self.library.set_packet_loss_perc(percent.clamp(LEAST_LOSS_PERCENT, MOST_LOSS_PERCENT)).map_err(error)
    }
}

impl Encoder for OpusEncoder {
    fn encode(&mut self, pcm: &[f32], payload: &mut Vec<u8>) -> Result<(), CodecError> {
        payload.resize(MOST_BYTES, 0);
        let length = self.library.encode_float(pcm, payload).inspect_err(|_| payload.clear()).map_err(error)?;
        // With DTX, one or two bytes mean that the packet need not be sent.
        payload.truncate(if self.wishes.dtx && length <= 2 { 0 } else { length });
        Ok(())
    }

    fn adapt(&mut self, adaptation: Adaptation) {
        // A refused setting leaves the last one, which is as good as any.
        drop(self.try_adapt(adaptation));
    }
}

struct OpusDecoder {
    library: ::opus::Decoder,
}

pub(super) fn decoder() -> Result<Box<dyn Decoder>, CodecError> {
    // A mono decoder mixes stereo packets down by itself.
    Ok(Box::new(OpusDecoder { library: ::opus::Decoder::new(RATE, Channels::Mono).map_err(error)? }))
}

impl OpusDecoder {
    fn run(&mut self, payload: &[u8], samples: usize, fec: bool, out: &mut Vec<f32>) -> Result<usize, CodecError> {
        let before = out.len();
        out.resize(before + samples, 0.0);
        let room = out.get_mut(before..).unwrap_or_default();
        let decoded = self.library.decode_float(payload, room, fec).map_err(error);
        out.truncate(before + decoded.as_ref().map_or(0, |count| *count));
        decoded
    }
}

impl Decoder for OpusDecoder {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<usize, CodecError> {
        if payload.is_empty() {
            // The library would take it for a request to conceal.
            return Err(CodecError::new(NAME, "empty payload"));
        }
        self.run(payload, LONGEST, false, out)
    }

    fn conceal(&mut self, samples: usize, out: &mut Vec<f32>) {
        let end = out.len() + samples;
        while out.len() < end {
            // The library conceals whole multiples of 2.5 ms.
            let piece = (end - out.len()).div_ceil(120).saturating_mul(120).min(LONGEST);
            if !matches!(self.run(&[], piece, false, out), Ok(1..)) {
                break;
            }
        }
        out.resize(end, 0.0);
    }

    fn recover(&mut self, next: &[u8], samples: usize, out: &mut Vec<f32>) -> bool {
        let samples = samples.min(LONGEST);
        samples > 0 && samples.is_multiple_of(120) && has_redundancy(next) && self.run(next, samples, true, out).is_ok()
    }

    fn is_redundant(&self, payload: &[u8]) -> bool {
        has_redundancy(payload)
    }

    fn duration(&self, payload: &[u8]) -> Option<usize> {
        ::opus::packet::get_nb_samples(payload, RATE).ok().filter(|samples| (1..=LONGEST).contains(samples))
    }

    fn reset(&mut self) {
        // Only an impossible state is refused, and then the old memory fades by itself.
        drop(self.library.reset_state());
    }
}

/// Whether a packet carries a copy of its predecessor: the LBRR flags of RFC 6716 §4.2.3 and §4.2.4, in the first byte of
/// the first frame, after one VAD flag for each 20 ms.
fn has_redundancy(payload: &[u8]) -> bool {
    let Some(toc) = payload.first() else { return false };
    let silk_frames = match toc >> 3 {
        0..=11 if (toc >> 3) % 4 == 3 => 3,
        0..=11 if (toc >> 3) % 4 == 2 => 2,
        0..=15 => 1,
        _ => return false, // CELT only
    };
    let Ok(packet) = ::opus::packet::parse(payload) else { return false };
    let Some(flags) = packet.frames.first().and_then(|frame| frame.first()) else { return false };
    let middle = flags >> (7 - silk_frames) & 1 == 1;
    let side = toc & 4 != 0 && flags >> (6 - 2 * silk_frames).max(0) & 1 == 1;
    middle || side
}

fn error(error: ::opus::Error) -> CodecError {
    CodecError::new(NAME, error)
}
