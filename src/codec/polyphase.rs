//! Exact sample rate conversion between 48 kHz and a whole fraction of it (16 or 8 kHz): a polyphase windowed sinc.
//!
//! Cheaper than a general resampler because the ratio is an integer, and it takes any number of samples at a time.

/// Filter taps at the low rate. The delay is half of them: 1 ms at 16 kHz, 2 ms at 8 kHz.
const TAPS: usize = 32;
/// The shape of the Kaiser window: 60 dB of stop band.
const BETA: f64 = 5.65;

/// The modified Bessel function of order zero, by its power series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..30 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

/// The prototype low-pass for a ratio, `TAPS * ratio` long, with unity gain at 0 Hz.
fn prototype(ratio: usize) -> Vec<f32> {
    let length = TAPS * ratio;
    let middle = (length as f64 - 1.0) / 2.0;
    // Cut a little below the low rate's Nyquist frequency: the transition band ends just above it.
    let cut = 0.95 / ratio as f64;
    let mut taps: Vec<f64> = (0..length)
        .map(|n| {
            let x = n as f64 - middle;
            let sinc =
                if x.abs() < 1e-9 { cut } else { (std::f64::consts::PI * cut * x).sin() / (std::f64::consts::PI * x) };
            let edge = x / (middle + 0.5);
            sinc * bessel(BETA * (1.0 - edge * edge).max(0.0).sqrt())
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap /= sum);
    taps.into_iter().map(|tap| tap as f32).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Eight partial sums, so that the compiler may use vector instructions without reordering one sum.
    let mut sums = [0.0f32; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a8.zip(b8) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// From 48 kHz down.
#[derive(Clone, Debug)]
pub struct Down {
    ratio: usize,
    taps: Vec<f32>,
    line: Vec<f32>,
}

impl Down {
    /// To 48 kHz divided by `ratio`.
    #[must_use]
    pub fn new(ratio: usize) -> Down {
        let taps = prototype(ratio.max(1));
        Down { ratio: ratio.max(1), line: vec![0.0; taps.len() - 1], taps }
    }

    /// Appends the low-rate version of `input` to `out`. What does not fill a low-rate sample waits for the next call.
    pub fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.line.extend_from_slice(input);
        let mut used = 0;
        while let Some(window) = self.line.get(used..used + self.taps.len()) {
            out.push(dot(window, &self.taps));
            used += self.ratio;
        }
        self.line.drain(..used.min(self.line.len()));
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.line.clear();
        self.line.resize(self.taps.len() - 1, 0.0);
    }
}

/// Up to 48 kHz.
#[derive(Clone, Debug)]
pub struct Up {
    /// One filter a phase, each `TAPS` long and reversed for [`dot`].
    phases: Vec<Vec<f32>>,
    line: Vec<f32>,
}

impl Up {
    /// From 48 kHz divided by `ratio`.
    #[must_use]
    pub fn new(ratio: usize) -> Up {
        let ratio = ratio.max(1);
        let taps = prototype(ratio);
        let phases = (0..ratio)
            .map(|p| taps.iter().skip(p).step_by(ratio).rev().map(|tap| tap * ratio as f32).collect())
            .collect();
        Up { phases, line: vec![0.0; TAPS - 1] }
    }

    /// Appends the 48 kHz version of `input` to `out`: exactly `ratio` samples for each.
    pub fn process(&mut self, input: &[f32], out: &mut Vec<f32>) {
        self.line.extend_from_slice(input);
        out.reserve(input.len() * self.phases.len());
        for window in self.line.windows(TAPS) {
            out.extend(self.phases.iter().map(|phase| dot(window, phase)));
        }
        let keep = self.line.len().saturating_sub(TAPS - 1);
        self.line.drain(..keep);
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        self.line.clear();
        self.line.resize(TAPS - 1, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::{Down, Up};

    fn tone(hertz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| 0.5 * (std::f32::consts::TAU * hertz * n as f32 / 48_000.0).sin()).collect()
    }

    fn power(samples: &[f32]) -> f32 {
        10.0 * (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).log10()
    }

    fn round_trip(ratio: usize, hertz: f32) -> f32 {
        let input = tone(hertz, 48_000);
        let (mut low, mut out) = (Vec::new(), Vec::new());
        let (mut down, mut up) = (Down::new(ratio), Up::new(ratio));
        for piece in input.chunks(137) {
            low.clear();
            down.process(piece, &mut low);
            up.process(&low, &mut out);
        }
        power(&out[9_600..]) - power(&input[9_600..])
    }

    #[test]
    fn the_pass_band_is_flat_and_the_stop_band_is_gone() {
        for (ratio, inside, outside) in [(3, 7_000.0, 9_500.0), (6, 3_300.0, 4_800.0)] {
            assert!(
                round_trip(ratio, 1_000.0).abs() < 0.1,
                "1 kHz through 1/{ratio}: {} dB",
                round_trip(ratio, 1_000.0)
            );
            assert!(
                round_trip(ratio, inside).abs() < 1.5,
                "{inside} Hz through 1/{ratio}: {} dB",
                round_trip(ratio, inside)
            );
            assert!(
                round_trip(ratio, outside) < -50.0,
                "{outside} Hz through 1/{ratio}: {} dB",
                round_trip(ratio, outside)
            );
        }
    }

    #[test]
    fn lengths_are_exact() {
        let (mut low, mut out) = (Vec::new(), Vec::new());
        Down::new(6).process(&[0.0; 960], &mut low);
        Up::new(6).process(&low, &mut out);
        assert_eq!((low.len(), out.len()), (160, 960));
    }
}
