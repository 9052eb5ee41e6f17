//! Comfort noise: what stands in for the other end's background while nothing comes (RFC 3389's purpose).

/// Never louder than -45 dBFS, whatever the background was taken for.
const LOUDEST: f32 = 0.0056;

/// Follows the background's level, and makes noise of that level.
#[derive(Clone, Debug)]
pub(super) struct Comfort {
    floor: f32,
    state: u32,
    low: f32,
}

impl Default for Comfort {
    fn default() -> Comfort {
        Comfort { floor: 0.0, state: 0x9e37_79b9, low: 0.0 }
    }
}

impl Comfort {
    /// Takes note of 10 ms of real sound: quickly down to a quieter background, slowly up (1 dB a second).
    pub(super) fn heard(&mut self, frame: &[f32]) {
        let rms = (frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32).sqrt();
        self.floor =
            if self.floor == 0.0 || rms < self.floor { rms } else { self.floor * 1.001_15 + 1e-7 }.min(LOUDEST);
    }

    /// The other end says how loud its background is: -dBov (RFC 3389 §3).
    pub(super) fn told(&mut self, minus_dbov: u8) {
        self.floor = 10f32.powf(-f32::from(minus_dbov & 0x7f) / 20.0).min(LOUDEST);
    }

    /// Adds noise to `out`, growing from none to full over `ramp.1` samples, `ramp.0` of which are past.
    pub(super) fn mix(&mut self, out: &mut [f32], ramp: (usize, usize)) {
        for (n, sample) in out.iter_mut().enumerate() {
            self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (self.state >> 8) as f32 / 8_388_608.0 - 1.0;
            // One pole at about 3 kHz: hiss without its edge. The factor restores the level.
            self.low += 0.33 * (white - self.low);
            let gain = ((ramp.0 + n) as f32 / ramp.1.max(1) as f32).min(1.0);
            *sample += self.low * 3.9 * self.floor * gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Comfort;

    #[test]
    fn the_noise_has_the_backgrounds_level() {
        let mut comfort = Comfort::default();
        (0..50).for_each(|_| comfort.heard(&[0.001; 480]));
        comfort.heard(&[0.5; 480]);
        let mut out = vec![0.0; 48_000];
        comfort.mix(&mut out, (1, 1));
        let rms = (out.iter().map(|s| s * s).sum::<f32>() / 48_000.0).sqrt();
        assert!((0.0007..0.0014).contains(&rms), "{rms}");
        comfort.told(10);
        out.fill(0.0);
        comfort.mix(&mut out, (1, 1));
        assert!((out.iter().map(|s| s * s).sum::<f32>() / 48_000.0).sqrt() < 0.008, "bounded");
    }
}
