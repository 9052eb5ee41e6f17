//! Playing a little faster or slower without changing the pitch (WSOLA): one pitch period is left out or repeated where
//! the sound resembles itself, or any length where it is silent.

/// Shortest and longest period, in 48 kHz samples: 400 and 80 Hz.
const PERIODS: (usize, usize) = (120, 600);
/// A cross-fade shorter than 1 ms would click even in silence.
const SHORTEST: usize = 48;
/// What is compared: 10 ms at most.
const WINDOW: usize = 480;
/// The search goes in steps of this, then in single samples.
const COARSE: usize = 4;
/// Below this likeness, leaving out would be heard.
const LIKENESS: f32 = 0.85;
/// Below this power per sample (-50 dBFS), nothing is heard anyway.
const SILENT: f32 = 1e-5;

/// Leaves out at most `most` samples at the beginning of `pcm`; says how many.
pub(super) fn shorten(pcm: &mut Vec<f32>, most: usize) -> usize {
    let most = most.min(pcm.len() / 2);
    let Some(lag) = period(pcm, most) else { return 0 };
    // The first period turns into the second.
    let (first, rest) = pcm.split_at_mut(lag);
    for (n, (a, b)) in first.iter().zip(rest.iter_mut()).enumerate() {
        let part = (n as f32 + 0.5) / lag as f32;
        *b = a * (1.0 - part) + *b * part;
    }
    pcm.drain(..lag);
    lag
}

/// Puts in at most `most` samples after the beginning of `pcm`; says how many.
pub(super) fn lengthen(pcm: &mut Vec<f32>, most: usize) -> usize {
    let most = most.min(pcm.len() / 2);
    let Some(lag) = period(pcm, most) else { return 0 };
    // After the first period comes a blend of the second into the first, which leads into the second.
    let first = pcm.get(..lag).unwrap_or_default();
    let second = pcm.get(lag..2 * lag).unwrap_or_default();
    let blend: Vec<f32> = first
        .iter()
        .zip(second)
        .enumerate()
        .map(|(n, (a, b))| {
            let part = (n as f32 + 0.5) / lag as f32;
            b * (1.0 - part) + a * part
        })
        .collect();
    pcm.splice(lag..lag, blend);
    lag
}

/// How far the beginning of `pcm` may be moved to lie on itself: the longest way if it is silent, a multiple of the pitch
/// period if it is voiced, none if it would be heard.
fn period(pcm: &[f32], most: usize) -> Option<usize> {
    let longest = most.min(PERIODS.1);
    let head = pcm.get(..longest * 2).filter(|head| head.len() >= 2 * SHORTEST)?;
    if head.iter().map(|s| s * s).sum::<f32>() < SILENT * head.len() as f32 {
        return Some(longest);
    }
    if longest < PERIODS.0 {
        return None;
    }
    let window = WINDOW.min(pcm.len().checked_sub(longest)?);
    let template = pcm.get(..window)?;
    let score = |lag: usize, step: usize| -> f32 {
        let Some(other) = pcm.get(lag..lag + window) else { return -1.0 };
        let (mut product, mut a2, mut b2) = (0.0f32, 1e-9f32, 1e-9f32);
        for (a, b) in template.iter().step_by(step).zip(other.iter().step_by(step)) {
            product += a * b;
            a2 += a * a;
            b2 += b * b;
        }
        product / (a2 * b2).sqrt()
    };
    let best = |lags: &mut dyn Iterator<Item = usize>, step: usize| -> (usize, f32) {
        lags.map(|lag| (lag, score(lag, step))).fold((0, -1.0), |best, new| if new.1 > best.1 { new } else { best })
    };
    let (rough, _) = best(&mut (PERIODS.0..=longest).step_by(COARSE), COARSE);
    let (lag, likeness) = best(&mut (rough.saturating_sub(COARSE).max(PERIODS.0)..=(rough + COARSE).min(longest)), 1);
    (likeness > LIKENESS).then_some(lag)
}

#[cfg(test)]
mod tests {
    use super::{lengthen, shorten};
    use crate::base::Entropy;

    fn tone(samples: usize) -> Vec<f32> {
        (0..samples).map(|n| 0.5 * (std::f32::consts::TAU * 150.0 * n as f32 / 48_000.0).sin()).collect()
    }

    /// The greatest step between neighbours: a click would show.
    fn step(pcm: &[f32]) -> f32 {
        pcm.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_voiced_sound_loses_or_gains_whole_periods_without_a_click() {
        let mut shorter = tone(1_920);
        let left_out = shorten(&mut shorter, 480);
        assert_eq!((left_out, shorter.len()), (320, 1_600));
        assert!(step(&shorter) < step(&tone(1_920)) * 1.1, "{}", step(&shorter));
        let mut longer = tone(1_920);
        let put_in = lengthen(&mut longer, 480);
        assert_eq!((put_in, longer.len()), (320, 2_240));
        assert!(step(&longer) < step(&tone(1_920)) * 1.1, "{}", step(&longer));
    }

    #[test]
    fn silence_goes_freely_and_noise_stays() {
        let mut silence = vec![0.0; 1_200];
        assert_eq!(shorten(&mut silence, 500), 500);
        let mut dice = Entropy::from_number(3);
        let mut noise: Vec<f32> = (0..1_920).map(|_| dice.fraction() as f32 - 0.5).collect();
        assert_eq!((shorten(&mut noise, 600), lengthen(&mut noise, 600)), (0, 0));
        assert_eq!(shorten(&mut tone(100), 600), 0, "too short to say");
    }
}
