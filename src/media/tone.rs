//! Call-progress tones (ITU-T E.180 supplement 2), the ringtone and key feedback, synthesised.

use crate::port::media::Tone;

const RATE: f32 = 48_000.0;
/// Each beginning and end: 5 ms, so that nothing clicks.
const RAMP: usize = 240;
/// A progress tone: -13 dBm0 is about -19 dBFS for each of two sines.
const PROGRESS: f32 = 0.11;
/// A key under the finger: quieter.
const KEY: f32 = 0.06;
/// The ringtone: it is to be heard in the next room.
const RING: f32 = 0.22;

/// Whose tones to play.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Region {
    /// 425 Hz, as in Germany and most of Europe.
    #[default]
    Europe,
    /// 440+480 Hz, as in the United States and Canada.
    NorthAmerica,
    /// 400+450 Hz in pairs.
    UnitedKingdom,
    /// 440 Hz.
    France,
    /// 400 Hz, modulated by 16 Hz.
    Japan,
    /// 400 and 425 Hz in pairs.
    Australia,
}

/// One part of a cadence: these frequencies (0 for none) for so many ms, then nothing for so many.
#[derive(Clone, Copy, Debug)]
struct Part(f32, f32, u32, u32);

/// A cadence, from its first part on again.
type Cadence = &'static [Part];

/// Ringback, busy, congestion of each region.
const TABLE: &[(Region, Cadence, Cadence, Cadence)] = &[
    (Region::Europe, &[Part(425.0, 0.0, 1000, 4000)], &[Part(425.0, 0.0, 480, 480)], &[Part(425.0, 0.0, 240, 240)]),
    (
        Region::NorthAmerica,
        &[Part(440.0, 480.0, 2000, 4000)],
        &[Part(480.0, 620.0, 500, 500)],
        &[Part(480.0, 620.0, 250, 250)],
    ),
    (
        Region::UnitedKingdom,
        &[Part(400.0, 450.0, 400, 200), Part(400.0, 450.0, 400, 2000)],
        &[Part(400.0, 0.0, 375, 375)],
        &[Part(400.0, 0.0, 400, 350), Part(400.0, 0.0, 225, 525)],
    ),
    (Region::France, &[Part(440.0, 0.0, 1500, 3500)], &[Part(440.0, 0.0, 500, 500)], &[Part(440.0, 0.0, 250, 250)]),
    // 400 Hz modulated by 16 Hz is 384 and 416 Hz together.
    (Region::Japan, &[Part(384.0, 416.0, 1000, 2000)], &[Part(400.0, 0.0, 500, 500)], &[Part(400.0, 0.0, 250, 250)]),
    (
        Region::Australia,
        &[Part(400.0, 425.0, 400, 200), Part(400.0, 425.0, 400, 2000)],
        &[Part(425.0, 0.0, 375, 375)],
        &[Part(425.0, 0.0, 375, 375)],
    ),
];

/// Two falling steps: the call is gone, and not because somebody hung up.
const DROPPED: Cadence = &[Part(950.0, 0.0, 160, 20), Part(760.0, 0.0, 160, 20), Part(570.0, 0.0, 260, 400)];
/// Three rising notes of a chord, twice, then a pause.
const RINGTONE: Cadence = &[
    Part(659.3, 1_318.5, 140, 20),
    Part(830.6, 1_661.2, 140, 20),
    Part(987.8, 1_975.5, 300, 180),
    Part(659.3, 1_318.5, 140, 20),
    Part(830.6, 1_661.2, 140, 20),
    Part(987.8, 1_975.5, 300, 2_200),
];

/// A tone that is being played.
#[derive(Clone, Debug)]
pub struct TonePlayer {
    cadence: Vec<Part>,
    level: f32,
    /// Fades like a struck bell instead of standing.
    struck: bool,
    repeats: bool,
    part: usize,
    at: usize,
    phases: (f32, f32),
}

impl TonePlayer {
    /// Starts at the tone's beginning.
    #[must_use]
    pub fn new(tone: Tone, region: Region) -> TonePlayer {
        let row = TABLE.iter().find(|row| row.0 == region).or(TABLE.first());
        let of = |pick: fn(&(Region, Cadence, Cadence, Cadence)) -> Cadence| row.map_or(DROPPED, pick).to_vec();
        let (cadence, level, repeats) = match tone {
            Tone::Ringback => (of(|row| row.1), PROGRESS, true),
            Tone::Busy => (of(|row| row.2), PROGRESS, true),
            Tone::Congestion => (of(|row| row.3), PROGRESS, true),
            Tone::Ringtone => (RINGTONE.to_vec(), RING, true),
            Tone::Dropped => (DROPPED.to_vec(), PROGRESS, false),
            Tone::Key(key) => (keys(key).map(|(low, high)| Part(low, high, 120, 0)).into_iter().collect(), KEY, false),
        };
        let struck = tone == Tone::Ringtone;
        TonePlayer { cadence, level, struck, repeats, part: 0, at: 0, phases: (0.0, 0.0) }
    }

    /// Adds the next samples (48 kHz) to `out`. False when the tone has ended: keys and "dropped" end by themselves.
    pub fn mix(&mut self, out: &mut [f32]) -> bool {
        for sample in out {
            let Some(part) = self.cadence.get(self.part).copied() else { return false };
            *sample += self.sample(part);
            self.at += 1;
            if self.at >= samples(part.2 + part.3) {
                self.at = 0;
                self.part += 1;
                if self.repeats && self.part >= self.cadence.len() {
                    self.part = 0;
                }
            }
        }
        self.part < self.cadence.len()
    }

    fn sample(&mut self, Part(low, high, on, _): Part) -> f32 {
        let length = samples(on);
        if self.at >= length {
            self.phases = (0.0, 0.0);
            return 0.0;
        }
        self.phases.0 = (self.phases.0 + low / RATE).fract();
        self.phases.1 = (self.phases.1 + high / RATE).fract();
        let sine = |phase: f32| (std::f32::consts::TAU * phase).sin();
        let both = if high > 0.0 {
            sine(self.phases.0) + sine(self.phases.1) * if self.struck { 0.3 } else { 1.0 }
        } else {
            1.4 * sine(self.phases.0)
        };
        let edge = self.at.min(length - 1 - self.at);
        let ramp = (edge as f32 / RAMP as f32).min(1.0);
        let fade = if self.struck { (-3.0 * self.at as f32 / length as f32).exp() } else { 1.0 };
        both * self.level * ramp * fade
    }
}

const fn samples(ms: u32) -> usize {
    ms as usize * 48
}

/// The two frequencies of a key (ITU-T Q.23).
fn keys(key: char) -> Option<(f32, f32)> {
    let place = "123A456B789C*0#D".find(key.to_ascii_uppercase())?;
    let low = [697.0, 770.0, 852.0, 941.0].get(place / 4)?;
    let high = [1_209.0, 1_336.0, 1_477.0, 1_633.0].get(place % 4)?;
    Some((*low, *high))
}

#[cfg(test)]
mod tests {
    use super::{Region, TABLE, TonePlayer};
    use crate::port::media::Tone;

    fn play(tone: Tone, region: Region, ms: usize) -> (Vec<f32>, bool) {
        let mut player = TonePlayer::new(tone, region);
        let (mut out, mut goes_on) = (vec![0.0; ms * 48], true);
        out.chunks_mut(480).for_each(|frame| goes_on = player.mix(frame));
        (out, goes_on)
    }

    /// The power of one frequency (Goertzel's sum, written out).
    fn power(samples: &[f32], hertz: f32) -> f32 {
        let (mut re, mut im) = (0.0f32, 0.0f32);
        for (n, sample) in samples.iter().enumerate() {
            let angle = std::f32::consts::TAU * hertz * n as f32 / 48_000.0;
            re += sample * angle.cos();
            im += sample * angle.sin();
        }
        2.0 * (re * re + im * im).sqrt() / samples.len() as f32
    }

    #[test]
    fn ringback_has_the_regions_cadence_and_frequencies() {
        let (europe, goes_on) = play(Tone::Ringback, Region::Europe, 6_000);
        assert!(goes_on && power(&europe[4_800..43_200], 425.0) > 0.1);
        assert!(europe[48_480..239_000].iter().all(|sample| *sample == 0.0), "4 s of silence");
        assert!(power(&europe[244_800..283_000], 425.0) > 0.1, "and again");
        let (america, _) = play(Tone::Ringback, Region::NorthAmerica, 1_000);
        assert!(power(&america, 440.0) > 0.09 && power(&america, 480.0) > 0.09 && power(&america, 425.0) < 0.02);
    }

    #[test]
    fn every_region_has_every_tone_without_clicks_or_clipping() {
        for (region, ..) in TABLE {
            for tone in [Tone::Ringback, Tone::Busy, Tone::Congestion, Tone::Ringtone, Tone::Dropped, Tone::Key('5')] {
                let (out, _) = play(tone, *region, 5_000);
                let peak = out.iter().fold(0.0f32, |most, sample| most.max(sample.abs()));
                assert!((0.1..0.5).contains(&peak), "{region:?} {tone:?}: {peak}");
                let step = out.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
                assert!(step < 0.12, "{region:?} {tone:?}: a step of {step}");
            }
        }
    }

    #[test]
    fn keys_sound_their_two_frequencies_once() {
        let (out, goes_on) = play(Tone::Key('#'), Region::Europe, 300);
        assert!(!goes_on);
        assert!(power(&out[480..5_280], 941.0) > 0.04 && power(&out[480..5_280], 1_477.0) > 0.04);
        assert!(out[5_760..].iter().all(|sample| *sample == 0.0));
        assert!(!play(Tone::Key('x'), Region::Europe, 10).1, "no such key");
        assert!(!play(Tone::Dropped, Region::Europe, 1_100).1);
    }
}
