//! WAV files in the place of devices: one that is spoken, one that is recorded into. They have no clock of their own.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::media::resample::Resampler;
use crate::media::{FRAME, Frame};

/// Frames of 10 ms between two flushes: a process that is killed leaves at most a second unreadable.
const FLUSH: u32 = 100;

/// A WAV file as the microphone: any rate, any number of channels, played once, then silence.
pub struct WavSource {
    samples: Box<dyn Iterator<Item = f32> + Send>,
    channels: usize,
    resampler: Option<Resampler>,
    /// Samples that are read at once: 10 ms of the file.
    piece: usize,
    waiting: Vec<f32>,
    ended: bool,
}

impl WavSource {
    /// Opens `path` at its beginning.
    ///
    /// # Errors
    /// If it cannot be read or is no WAV file of integer or 32-bit float samples.
    pub fn open(path: &Path) -> Result<WavSource, hound::Error> {
        let reader = WavReader::new(BufReader::new(File::open(path)?))?;
        let spec = reader.spec();
        let samples: Box<dyn Iterator<Item = f32> + Send> = match spec.sample_format {
            SampleFormat::Float => Box::new(reader.into_samples::<f32>().map_while(Result::ok)),
            SampleFormat::Int => {
                let scale = 1.0 / 2f32.powi(i32::from(spec.bits_per_sample) - 1);
                #[expect(clippy::cast_precision_loss, reason = "24 bits fit, and 32 lose what nobody hears")]
                let scaled = move |sample: i32| sample as f32 * scale;
                Box::new(reader.into_samples::<i32>().map_while(Result::ok).map(scaled))
            }
        };
        let rate = spec.sample_rate.clamp(4_000, 384_000);
        let resampler = (rate != 48_000).then(|| Resampler::new(rate, 48_000));
        let channels = usize::from(spec.channels.max(1));
        let piece = usize::try_from(rate / 100).unwrap_or(FRAME).max(1);
        Ok(WavSource { samples, channels, resampler, piece, waiting: Vec::new(), ended: false })
    }

    /// Fills `frame` with the next 10 ms.
    pub fn read(&mut self, frame: &mut Frame) {
        while self.waiting.len() < FRAME && !self.ended {
            let mono = self.read_piece();
            match &mut self.resampler {
                Some(resampler) => resampler.process(&mono, &mut self.waiting),
                None => self.waiting.extend_from_slice(&mono),
            }
        }
        let count = self.waiting.len().min(FRAME);
        frame.fill(0.0);
        for (to, from) in frame.iter_mut().zip(self.waiting.drain(..count)) {
            *to = from;
        }
    }

    /// 10 ms of the file as mono; fewer at its end.
    fn read_piece(&mut self) -> Vec<f32> {
        let mut mono = Vec::with_capacity(self.piece);
        #[expect(clippy::cast_precision_loss, reason = "a handful of channels")]
        let share = 1.0 / self.channels as f32;
        while mono.len() < self.piece {
            let mut sum = 0.0;
            for _ in 0..self.channels {
                match self.samples.next() {
                    Some(sample) => sum += sample * share,
                    None => self.ended = true,
                }
            }
            if self.ended {
                // What the resampler still holds comes out with a little silence behind it.
                mono.resize(self.piece, 0.0);
                break;
            }
            mono.push(sum);
        }
        mono
    }
}

/// A WAV file as the loudspeaker: 48 kHz, mono, 16 bits.
pub struct WavSink {
    writer: WavWriter<BufWriter<File>>,
    since_flush: u32,
}

impl WavSink {
    /// Creates or replaces `path`.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path) -> Result<WavSink, hound::Error> {
        let spec = WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::create(path, spec)?;
        writer.flush()?;
        Ok(WavSink { writer, since_flush: 0 })
    }

    /// Appends 10 ms. A full disk is silence, not the end of the call.
    pub fn write(&mut self, frame: &Frame) {
        for &sample in frame {
            #[expect(clippy::cast_possible_truncation, reason = "clamped to 16 bits")]
            let sample = (sample.clamp(-1.0, 1.0) * 32_767.0).round() as i16;
            self.writer.write_sample(sample).ok();
        }
        self.since_flush += 1;
        if self.since_flush >= FLUSH {
            self.flush();
        }
    }

    /// Brings the header and the samples to the disk.
    pub fn flush(&mut self) {
        self.since_flush = 0;
        self.writer.flush().ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(path: &Path, spec: WavSpec, samples: impl Iterator<Item = i32>) {
        let mut writer = WavWriter::create(path, spec).unwrap();
        samples.for_each(|sample| writer.write_sample(sample).unwrap());
        writer.finalize().unwrap();
    }

    #[test]
    fn a_stereo_file_is_mixed_and_played_once_and_then_there_is_silence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.wav");
        let spec = WavSpec { channels: 2, sample_rate: 48_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
        wav(&path, spec, (0..480).flat_map(|_| [16_384, 0]));
        let mut source = WavSource::open(&path).unwrap();
        let mut frame = [9.0; FRAME];
        source.read(&mut frame);
        assert!(frame.iter().all(|sample| (sample - 0.25).abs() < 1e-4), "{:?}", &frame[..4]);
        source.read(&mut frame);
        assert_eq!(frame, [0.0; FRAME]);
        source.read(&mut frame);
        assert_eq!(frame, [0.0; FRAME]);
    }

    #[test]
    fn a_file_of_another_rate_keeps_its_duration_and_level() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.wav");
        let spec = WavSpec { channels: 1, sample_rate: 8_000, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let sine = |n: i32| (16_384.0 * (f64::from(n) * std::f64::consts::TAU * 500.0 / 8_000.0).sin()) as i32;
        wav(&path, spec, (0..8_000).map(sine));
        let mut source = WavSource::open(&path).unwrap();
        let mut all = Vec::new();
        for _ in 0..110 {
            let mut frame = [0.0; FRAME];
            source.read(&mut frame);
            all.extend_from_slice(&frame);
        }
        let loud = all.iter().filter(|sample| sample.abs() > 0.01).count();
        assert!((46_000..49_500).contains(&loud), "{loud} samples above nothing");
        let peak = all.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
        assert!((0.48..0.53).contains(&peak), "peak {peak}");
    }

    #[test]
    fn a_recording_can_be_read_although_nobody_finished_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.wav");
        let mut sink = WavSink::create(&path).unwrap();
        for _ in 0..250 {
            sink.write(&[0.5; FRAME]);
        }
        std::mem::forget(sink);
        let mut reader = WavReader::open(&path).unwrap();
        assert_eq!(reader.duration(), 200 * 480);
        assert!(reader.samples::<i16>().all(|sample| sample.unwrap() == 16_384));
    }
}
