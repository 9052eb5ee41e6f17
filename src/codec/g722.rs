//! G.722 at 64 kbit/s: 16 kHz sound, two samples in a byte, on an RTP clock of 8000 (RFC 3551 §4.5.2).

use audio_codec::g722::{G722Decoder, G722Encoder};

use super::fmtp::Wishes;
use super::narrow::{Narrow, NarrowDecoder, NarrowEncoder};
use super::{CodecError, Decoder, Encoder};

const G722: Narrow = Narrow { name: "G722", ratio: 3, bytes_per_samples: (1, 2) };

pub(super) fn encoder(_: &Wishes) -> Result<Box<dyn Encoder>, CodecError> {
    Ok(Box::new(NarrowEncoder::new(G722, G722Encoder::new())))
}

pub(super) fn decoder() -> Result<Box<dyn Decoder>, CodecError> {
    Ok(Box::new(NarrowDecoder::new(G722, G722Decoder::new)))
}
