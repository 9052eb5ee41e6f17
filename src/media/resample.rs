//! Between the devices' rates and 48 kHz.

use audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction};

/// Taps of the windowed sinc: 0.7 ms of delay at 48 kHz (audio.md §5).
const TAPS: usize = 64;

/// Converts any rate to any other, in pieces of any length.
pub struct Resampler {
    /// None where there is nothing to convert.
    library: Option<Async<f32>>,
    input: Vec<Vec<f32>>,
    output: Vec<Vec<f32>>,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("converts", &self.library.is_some()).finish_non_exhaustive()
    }
}

impl Resampler {
    /// From and to, Hz; both 4 to 384 kHz. What cannot be converted passes as it is.
    #[must_use]
    pub fn new(from: u32, to: u32) -> Resampler {
        let range = 4_000..=384_000;
        let library = if from == to || !range.contains(&from) || !range.contains(&to) {
            None
        } else {
            let sinc = SincInterpolationParameters::new(TAPS, WindowFunction::BlackmanHarris2);
            // Pieces of 10 ms.
            let piece = (from / 100).max(1) as usize;
            Async::new_sinc(f64::from(to) / f64::from(from), 1.0, &sinc, piece, 1, FixedAsync::Input).ok()
        };
        let most = library.as_ref().map_or(0, |library| library.output_frames_max());
        Resampler { library, input: vec![Vec::new()], output: vec![vec![0.0; most]] }
    }

    /// Appends the converted `input` to `out`; what does not fill a piece of 10 ms waits for the next call.
    pub fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let Some(library) = &mut self.library else {
            out.extend_from_slice(input);
            return;
        };
        convert(library, &mut self.input, &mut self.output, input, out);
    }
}

/// Takes whole pieces out of `waiting` and `input` through `library`.
fn convert(
    library: &mut impl rubato::Resampler<f32>,
    waiting: &mut [Vec<f32>],
    scratch: &mut [Vec<f32>],
    input: &[f32],
    out: &mut Vec<f32>,
) {
    let Some(line) = waiting.first_mut() else { return };
    line.extend_from_slice(input);
    loop {
        let piece = library.input_frames_next();
        let room = scratch.first().map_or(0, Vec::len);
        if waiting.first().is_none_or(|line| line.len() < piece) {
            return;
        }
        let converted = {
            let from = SequentialSliceOfVecs::new(waiting, 1, piece);
            let to = SequentialSliceOfVecs::new_mut(scratch, 1, room);
            let (Ok(from), Ok(mut to)) = (from, to) else { return };
            library.process_into_buffer(&from, &mut to, None)
        };
        let (used, made) = converted.unwrap_or((piece, 0));
        if let (Some(line), Some(made)) =
            (waiting.first_mut(), scratch.first().and_then(|made_here| made_here.get(..made)))
        {
            line.drain(..used.clamp(1, piece.max(1)).min(line.len()));
            out.extend_from_slice(made);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Resampler;

    fn tone(rate: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| 0.5 * (std::f32::consts::TAU * 1_000.0 * n as f32 / rate).sin()).collect()
    }

    /// Zero crossings upwards: the frequency of a clean tone.
    fn cycles(samples: &[f32]) -> usize {
        samples.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count()
    }

    #[test]
    fn every_usual_rate_is_converted_both_ways() {
        for rate in [8_000u32, 16_000, 22_050, 32_000, 44_100, 96_000, 192_000] {
            let mut there = Resampler::new(rate, 48_000);
            let mut out = Vec::new();
            for piece in tone(rate as f32, rate as usize).chunks(171) {
                there.process(piece, &mut out);
            }
            assert!((out.len() as i64 - 48_000).abs() < 1_000, "{rate}: {}", out.len());
            assert!((cycles(&out) as i64 - 1_000).abs() < 25, "{rate}: {} Hz", cycles(&out));
            let peak = out[4_800..40_000].iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
            assert!((peak - 0.5).abs() < 0.02, "{rate}: {peak}");
            let (mut back, mut again) = (Resampler::new(48_000, rate), Vec::new());
            back.process(&out, &mut again);
            assert!((again.len() as i64 - i64::from(rate)).abs() < i64::from(rate) / 30, "{rate}: {}", again.len());
        }
    }

    #[test]
    fn equal_rates_and_nonsense_pass_unchanged() {
        for (from, to) in [(48_000, 48_000), (0, 48_000), (48_000, 7)] {
            let mut out = Vec::new();
            Resampler::new(from, to).process(&[0.1, 0.2], &mut out);
            assert_eq!(out, [0.1, 0.2]);
        }
    }
}
