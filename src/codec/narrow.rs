//! What G.711 and G.722 have in common: 16-bit samples at 8 or 16 kHz, a fixed number of bytes for them, no concealment of
//! their own. Resampled here, concealed by [`super::plc`].

use super::plc::Concealer;
use super::polyphase::{Down, Up};
use super::{Adaptation, CodecError, Decoder, Encoder, LONGEST, RATE};

/// One such codec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Narrow {
    pub(super) name: &'static str,
    /// 48 kHz divided by this is its rate.
    pub(super) ratio: usize,
    /// So many bytes hold so many samples.
    pub(super) bytes_per_samples: (usize, usize),
}

pub(super) struct NarrowEncoder<E> {
    codec: Narrow,
    library: E,
    down: Down,
    low: Vec<f32>,
    pcm: Vec<i16>,
}

impl<E: audio_codec::Encoder> NarrowEncoder<E> {
    pub(super) fn new(codec: Narrow, library: E) -> NarrowEncoder<E> {
        NarrowEncoder { codec, library, down: Down::new(codec.ratio), low: Vec::new(), pcm: Vec::new() }
    }
}

impl<E: audio_codec::Encoder> Encoder for NarrowEncoder<E> {
    fn encode(&mut self, pcm: &[f32], payload: &mut Vec<u8>) -> Result<(), CodecError> {
        self.low.clear();
        self.down.process(pcm, &mut self.low);
        self.pcm.clear();
        // Rounded by hand: `round` is a function of the C library where SSE 4.1 may not be taken for granted.
        let rounded = |sample: &f32| (sample * 32_768.0 + 0.5f32.copysign(*sample)) as i16;
        self.pcm.extend(self.low.iter().map(rounded));
        payload.resize(self.library.max_encode_bytes(self.pcm.len()), 0);
        let length = self
            .library
            .encode_into(&self.pcm, payload)
            .inspect_err(|_| payload.clear())
            .map_err(|error| CodecError::new(self.codec.name, error))?;
        payload.truncate(length);
        Ok(())
    }

    fn adapt(&mut self, _: Adaptation) {}
}

pub(super) struct NarrowDecoder<D> {
    codec: Narrow,
    make: fn() -> D,
    library: D,
    up: Up,
    concealer: Concealer,
    pcm: Vec<i16>,
    low: Vec<f32>,
}

impl<D: audio_codec::Decoder> NarrowDecoder<D> {
    pub(super) fn new(codec: Narrow, make: fn() -> D) -> NarrowDecoder<D> {
        NarrowDecoder {
            codec,
            make,
            library: make(),
            up: Up::new(codec.ratio),
            concealer: Concealer::new(RATE as usize / codec.ratio),
            pcm: Vec::new(),
            low: Vec::new(),
        }
    }
}

impl<D: audio_codec::Decoder> Decoder for NarrowDecoder<D> {
    fn decode(&mut self, payload: &[u8], out: &mut Vec<f32>) -> Result<usize, CodecError> {
        let Some(samples) = self.duration(payload) else {
            return Err(CodecError::new(self.codec.name, "empty or over 120 ms"));
        };
        self.pcm.resize(samples / self.codec.ratio, 0);
        let decoded = self
            .library
            .decode_into(payload, &mut self.pcm)
            .map_err(|error| CodecError::new(self.codec.name, error))?;
        self.low.clear();
        self.low.extend(self.pcm.iter().take(decoded).map(|sample| f32::from(*sample) / 32_768.0));
        self.concealer.heard(&mut self.low);
        self.up.process(&self.low, out);
        Ok(self.low.len() * self.codec.ratio)
    }

    fn conceal(&mut self, samples: usize, out: &mut Vec<f32>) {
        let end = out.len() + samples;
        self.low.clear();
        self.concealer.conceal(samples.div_ceil(self.codec.ratio), &mut self.low);
        self.up.process(&self.low, out);
        out.truncate(end);
    }

    fn recover(&mut self, _: &[u8], _: usize, _: &mut Vec<f32>) -> bool {
        false
    }

    fn is_redundant(&self, _: &[u8]) -> bool {
        false
    }

    fn duration(&self, payload: &[u8]) -> Option<usize> {
        let (bytes, samples) = self.codec.bytes_per_samples;
        Some(payload.len() / bytes * samples * self.codec.ratio).filter(|samples| (1..=LONGEST).contains(samples))
    }

    fn reset(&mut self) {
        self.library = (self.make)();
        self.up.reset();
        self.concealer.reset();
    }
}
