//! WAV files for ears that measure: tones written, tones found.

use std::path::Path;

/// Writes `seconds` of a sine at −10 dBFS.
pub fn write_tone(path: &Path, rate: u32, channels: u32, hertz: f64, seconds: u32) {
    let channels = u16::try_from(channels).expect("few channels");
    let spec =
        hound::WavSpec { channels, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).expect("WAV");
    for n in 0..rate * seconds {
        let phase = f64::from(n) * hertz * std::f64::consts::TAU / f64::from(rate);
        let sample = (phase.sin() * 0.316 * 32767.0) as i16;
        for _ in 0..channels {
            writer.write_sample(sample).expect("sample");
        }
    }
    writer.finalize().expect("WAV");
}

/// Writes something that costs a codec what speech costs it: a buzz with moving formants and pauses.
pub fn write_speech(path: &Path, rate: u32, seconds: u32) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::create(path, spec).expect("WAV");
    for n in 0..rate * seconds {
        let t = f64::from(n) / f64::from(rate);
        let talking = if (t * 0.4).fract() < 0.7 { (t * 3.7 * std::f64::consts::TAU).sin().max(0.0) } else { 0.0 };
        let pitch = 120.0 + 30.0 * (t * 1.3).sin();
        let formant = 6.0 + 4.0 * (t * 2.1).sin();
        let voice: f64 = (1..30)
            .map(|h| {
                (t * pitch * f64::from(h) * std::f64::consts::TAU).sin() / (1.0 + (f64::from(h) - formant).powi(2))
            })
            .sum();
        writer.write_sample((voice * talking * 9000.0).clamp(-32767.0, 32767.0) as i16).expect("sample");
    }
    writer.finalize().expect("WAV");
}

/// The first channel and its rate. Tolerates a file whose writer was killed.
pub fn read_mono(path: &Path) -> (Vec<f32>, u32) {
    let mut reader = hound::WavReader::open(path).expect("WAV");
    let (channels, rate) = (usize::from(reader.spec().channels), reader.spec().sample_rate);
    let samples =
        reader.samples::<i16>().map_while(Result::ok).map(|s| f32::from(s) / 32768.0).step_by(channels).collect();
    (samples, rate)
}

/// The share of the signal's power that is within the tone at `hertz` (Goertzel), over the best whole second: 0 to 1.
pub fn tone_share(samples: &[f32], rate: u32, hertz: f64) -> f64 {
    let second = rate as usize;
    (0..samples.len().saturating_sub(second))
        .step_by(second / 4)
        .map(|at| goertzel(&samples[at..at + second], rate, hertz))
        .fold(0.0, f64::max)
}

/// The level of the loudest whole second, RMS in dBFS.
pub fn loudest(samples: &[f32], rate: u32) -> f64 {
    let power = |s: &[f32]| s.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / s.len().max(1) as f64;
    10.0 * samples.chunks(rate as usize).map(power).fold(1e-12, f64::max).log10()
}

/// The longest quiet stretch (below −50 dBFS, in steps of 100 ms) between two sounds.
pub fn longest_pause(samples: &[f32], rate: u32) -> std::ops::Range<usize> {
    let step = rate as usize / 10;
    let loud = |piece: &&[f32]| piece.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / step as f64 > 1e-5;
    let sounds: Vec<usize> = samples.chunks(step).enumerate().filter(|(_, it)| loud(it)).map(|(at, _)| at).collect();
    let pauses = sounds.windows(2).map(|pair| (pair[0] + 1) * step..pair[1] * step);
    pauses.max_by_key(ExactSizeIterator::len).unwrap_or_default()
}

fn goertzel(samples: &[f32], rate: u32, hertz: f64) -> f64 {
    let coefficient = 2.0 * (std::f64::consts::TAU * hertz / f64::from(rate)).cos();
    let (mut s1, mut s2, mut power) = (0.0, 0.0, 0.0);
    for sample in samples {
        let x = f64::from(*sample);
        power += x * x;
        (s1, s2) = (x + coefficient * s1 - s2, s1);
    }
    let tone = (s1 * s1 + s2 * s2 - coefficient * s1 * s2) * 2.0 / samples.len() as f64;
    if power < 1e-6 { 0.0 } else { tone / power }
}

#[test]
fn the_ear_finds_the_tone_and_only_the_tone() {
    let tone = |hertz: f64| {
        (0..48000).map(|n| (f64::from(n) * hertz * std::f64::consts::TAU / 48000.0).sin() as f32).collect::<Vec<_>>()
    };
    let twice: Vec<f32> = tone(1000.0).into_iter().chain(tone(1000.0)).collect();
    assert!(tone_share(&twice, 48000, 1000.0) > 0.99);
    assert!(tone_share(&twice, 48000, 600.0) < 0.01);
    assert_eq!(tone_share(&vec![0.0; 96000], 48000, 1000.0), 0.0);
}

#[test]
fn the_ear_finds_the_pause_between_two_sounds_and_none_at_the_ends() {
    let piece = |level: f32, tenths: usize| vec![level; tenths * 800];
    let heard =
        [piece(0.0, 30), piece(0.5, 5), piece(0.001, 7), piece(0.5, 1), piece(0.0, 2), piece(0.5, 3), piece(0.0, 9)];
    assert_eq!(longest_pause(&heard.concat(), 8000), 35 * 800..42 * 800);
    assert!(longest_pause(&piece(0.0, 20), 8000).is_empty());
}
