//! Level meters in dBFS: root mean square with a quick rise and a slow fall.

use crate::base::units::Decibels;

/// How much a meter falls in 10 ms, dB: 20 dB in half a second.
const FALL: f32 = 0.4;

/// One meter, fed with 10 ms at a time.
#[derive(Clone, Copy, Debug)]
pub struct Meter {
    shown: f32,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { shown: Decibels::SILENCE.0 }
    }
}

impl Meter {
    /// Takes note of 10 ms of sound and says what to show.
    pub fn add(&mut self, samples: &[f32]) -> Decibels {
        self.shown = level(samples).0.max(self.shown - FALL).max(Decibels::SILENCE.0);
        self.level()
    }

    /// What to show.
    #[must_use]
    pub const fn level(&self) -> Decibels {
        Decibels(self.shown)
    }
}

/// The level of some sound: root mean square relative to a full-scale square wave.
#[must_use]
pub fn level(samples: &[f32]) -> Decibels {
    let power = samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32;
    Decibels((10.0 * power.max(1e-12).log10()).max(Decibels::SILENCE.0))
}

#[cfg(test)]
mod tests {
    use super::{Meter, level};
    use crate::base::units::Decibels;

    #[test]
    fn a_full_scale_square_is_0_and_a_sine_is_3_below() {
        assert!(level(&[1.0, -1.0, 1.0, -1.0]).0.abs() < 0.01);
        let sine: Vec<f32> = (0..480).map(|n| (std::f32::consts::TAU * n as f32 / 48.0).sin()).collect();
        assert!((level(&sine).0 + 3.01).abs() < 0.05);
        assert_eq!(level(&[0.0; 480]), Decibels::SILENCE);
        assert_eq!(level(&[]), Decibels::SILENCE);
    }

    #[test]
    fn a_meter_rises_at_once_and_falls_slowly() {
        let mut meter = Meter::default();
        assert!(meter.add(&[0.5; 480]).0 > -6.1);
        let after = meter.add(&[0.0; 480]);
        assert!((-6.6..-6.2).contains(&after.0), "{after:?}");
        for _ in 0..300 {
            meter.add(&[0.0; 480]);
        }
        assert_eq!(meter.level(), Decibels::SILENCE);
    }
}
