//! Concealment for codecs that have none (after the idea of G.711 Appendix I): repeat the last pitch period, fade after
//! 60 ms, be silent after 200 ms, and cross-fade into what comes next.

/// Lowest and highest pitch that is looked for, Hz.
const PITCH: (usize, usize) = (66, 400);
/// Full level until then, ms.
const HOLD_MS: usize = 60;
/// Silent from then on, ms.
const MUTE_MS: usize = 200;
/// Cross-fade into the sound that comes after a gap, ms.
const MERGE_MS: usize = 5;

/// Remembers what was heard, and goes on with it.
#[derive(Clone, Debug)]
pub(super) struct Concealer {
    rate: usize,
    /// The last 45 ms: three of the longest periods.
    history: Vec<f32>,
    /// The period that is being repeated; empty while nothing is missing.
    period: Vec<f32>,
    /// Samples invented since the last real one.
    invented: usize,
}

impl Concealer {
    pub(super) fn new(rate: usize) -> Concealer {
        Concealer { rate, history: vec![0.0; rate * 45 / 1000], period: Vec::new(), invented: 0 }
    }

    pub(super) fn reset(&mut self) {
        self.history.fill(0.0);
        self.period.clear();
        self.invented = 0;
    }

    /// Takes note of decoded sound; after a gap, its beginning is cross-faded with what was invented.
    pub(super) fn heard(&mut self, samples: &mut [f32]) {
        if !self.period.is_empty() {
            let merge = (self.rate * MERGE_MS / 1000).min(samples.len()).max(1);
            for (n, sample) in samples.iter_mut().take(merge).enumerate() {
                let part = (n as f32 + 1.0) / (merge as f32 + 1.0);
                *sample = *sample * part + self.next_invented() * (1.0 - part);
            }
            self.period.clear();
            self.invented = 0;
        }
        self.remember(samples);
    }

    /// Appends `count` invented samples to `out`.
    pub(super) fn conceal(&mut self, count: usize, out: &mut Vec<f32>) {
        if self.period.is_empty() {
            self.start();
        }
        let before = out.len();
        for _ in 0..count {
            let sample = self.next_invented();
            out.push(sample);
        }
        let invented = out.get(before..).unwrap_or_default().to_vec();
        self.remember(&invented);
    }

    fn remember(&mut self, samples: &[f32]) {
        let keep = self.history.len();
        self.history.extend_from_slice(samples);
        let surplus = self.history.len() - keep;
        self.history.drain(..surplus);
    }

    /// Takes the last pitch period, its end blended with the sound one period earlier so that it repeats without a click.
    fn start(&mut self) {
        let length = self.pitch();
        let end = self.history.len();
        self.period = self.history.get(end - length..).unwrap_or_default().to_vec();
        let overlap = length / 4;
        let earlier = self.history.get(end - length - overlap..end - length).unwrap_or_default();
        let tail = self.period.get_mut(length - overlap..).unwrap_or_default();
        for (n, (sample, before)) in tail.iter_mut().zip(earlier).enumerate() {
            let part = (n as f32 + 1.0) / (overlap as f32 + 1.0);
            *sample = *sample * (1.0 - part) + before * part;
        }
        self.invented = 0;
    }

    fn next_invented(&mut self) -> f32 {
        let length = self.period.len().max(1);
        let sample = self.period.get(self.invented % length).copied().unwrap_or(0.0);
        let (hold, mute) = (self.rate * HOLD_MS / 1000, self.rate * MUTE_MS / 1000);
        let gain = 1.0 - (self.invented.saturating_sub(hold) as f32 / (mute - hold) as f32).min(1.0);
        self.invented = self.invented.saturating_add(1);
        sample * gain
    }

    /// The lag at which the last 15 ms resemble their past most, in samples.
    fn pitch(&self) -> usize {
        let (shortest, longest) = (self.rate / PITCH.1, self.rate / PITCH.0);
        let window = self.rate * 15 / 1000;
        let end = self.history.len();
        let recent = self.history.get(end - window..).unwrap_or_default();
        let mut best = (longest, 0.0f32);
        for lag in shortest..=longest {
            let past = self.history.get(end - window - lag..end - lag).unwrap_or_default();
            let (mut product, mut power) = (0.0f32, 1e-6f32);
            for (a, b) in recent.iter().zip(past) {
                product += a * b;
                power += b * b;
            }
            let likeness = product.max(0.0) * product / power;
            if likeness > best.1 {
                best = (lag, likeness);
            }
        }
        best.0
    }
}

#[cfg(test)]
mod tests {
    use super::Concealer;

    fn sine(from: usize, count: usize) -> Vec<f32> {
        (from..from + count).map(|n| 0.5 * (std::f32::consts::TAU * 200.0 * n as f32 / 8_000.0).sin()).collect()
    }

    #[test]
    fn a_lost_packet_of_a_steady_tone_is_not_noticed() {
        let mut concealer = Concealer::new(8_000);
        concealer.heard(&mut sine(0, 800));
        let mut out = Vec::new();
        concealer.conceal(160, &mut out);
        let worst = out.iter().zip(sine(800, 160)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.02, "deviation {worst}");
        let mut next = sine(960, 160);
        concealer.heard(&mut next);
        let worst = next.iter().zip(sine(960, 160)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 0.02, "deviation after the gap {worst}");
    }

    #[test]
    fn a_long_gap_fades_and_ends_in_silence() {
        let mut concealer = Concealer::new(8_000);
        concealer.heard(&mut sine(0, 800));
        let mut out = Vec::new();
        concealer.conceal(8 * 300, &mut out);
        let peak =
            |ms: std::ops::Range<usize>| out[ms.start * 8..ms.end * 8].iter().fold(0.0f32, |m, s| m.max(s.abs()));
        assert!(peak(0..60) > 0.45, "full level at first");
        assert!((0.2..0.35).contains(&peak(120..140)), "half way {}", peak(120..140));
        assert_eq!(peak(201..300), 0.0, "then silence");
    }
}
