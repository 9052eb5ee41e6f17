//! G.711 A-law and µ-law (RFC 3551 §4.5.14): a logarithmic byte for each sample at 8 kHz.

use audio_codec::{pcma, pcmu};

use super::fmtp::Wishes;
use super::narrow::{Narrow, NarrowDecoder, NarrowEncoder};
use super::{CodecError, Decoder, Encoder};

const A: Narrow = Narrow { name: "PCMA", ratio: 6, bytes_per_samples: (1, 1) };
const U: Narrow = Narrow { name: "PCMU", ratio: 6, bytes_per_samples: (1, 1) };

pub(super) fn encoder_a(_: &Wishes) -> Result<Box<dyn Encoder>, CodecError> {
    Ok(Box::new(NarrowEncoder::new(A, pcma::PcmaEncoder::new())))
}

pub(super) fn decoder_a() -> Result<Box<dyn Decoder>, CodecError> {
    Ok(Box::new(NarrowDecoder::new(A, pcma::PcmaDecoder::new)))
}

pub(super) fn encoder_u(_: &Wishes) -> Result<Box<dyn Encoder>, CodecError> {
    Ok(Box::new(NarrowEncoder::new(U, pcmu::PcmuEncoder::new())))
}

pub(super) fn decoder_u() -> Result<Box<dyn Decoder>, CodecError> {
    Ok(Box::new(NarrowDecoder::new(U, pcmu::PcmuDecoder::new)))
}
