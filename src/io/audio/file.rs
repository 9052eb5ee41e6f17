//! WAV files in the place of devices: one that is spoken, one that is recorded into. They have no clock of their own.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use crate::media::resample::Resampler;
use crate::media::{FRAME, Frame};

/// Frames of 10 ms between two flushes: a process that is killed leaves at most a second unreadable.
const FLUSH: u32 = 100;

/// Appends at most so many samples of a file; fewer at its end.
type Samples = Box<dyn FnMut(usize, &mut Vec<f32>) + Send>;

/// A WAV file as the microphone: any rate, any number of channels, played once, then silence.
pub struct WavSource {
    samples: Samples,
    channels: usize,
    resampler: Option<Resampler>,
    /// Samples that are read at once: 10 ms of the file, of all channels.
    piece: usize,
    /// What was read last: all channels, and mixed.
    read: Vec<f32>,
    mono: Vec<f32>,
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
        let samples: Samples = match spec.sample_format {
            SampleFormat::Int if spec.bits_per_sample == 16 => in_bulk(reader),
            SampleFormat::Float => one_by_one(reader.into_samples::<f32>().map_while(Result::ok)),
            SampleFormat::Int => {
                let scale = 1.0 / 2f32.powi(i32::from(spec.bits_per_sample) - 1);
                #[expect(clippy::cast_precision_loss, reason = "24 bits fit, and 32 lose what nobody hears")]
                let scaled = move |sample: i32| sample as f32 * scale;
                one_by_one(reader.into_samples::<i32>().map_while(Result::ok).map(scaled))
            }
        };
        let rate = spec.sample_rate.clamp(4_000, 384_000);
        let channels = usize::from(spec.channels.max(1));
        Ok(WavSource {
            samples,
            channels,
            resampler: (rate != 48_000).then(|| Resampler::new(rate, 48_000)),
            piece: usize::try_from(rate / 100).unwrap_or(FRAME).max(1) * channels,
            read: Vec::new(),
            mono: Vec::new(),
            waiting: Vec::new(),
            ended: false,
        })
    }

    /// Fills `frame` with the next 10 ms.
    pub fn read(&mut self, frame: &mut Frame) {
        while self.waiting.len() < FRAME && !self.ended {
            self.read_piece();
            match &mut self.resampler {
                Some(resampler) => resampler.process(&self.mono, &mut self.waiting),
                None => self.waiting.extend_from_slice(&self.mono),
            }
        }
        let count = self.waiting.len().min(FRAME);
        frame.fill(0.0);
        for (to, from) in frame.iter_mut().zip(self.waiting.drain(..count)) {
            *to = from;
        }
    }

    /// 10 ms of the file as mono.
    fn read_piece(&mut self) {
        self.read.clear();
        (self.samples)(self.piece, &mut self.read);
        self.ended = self.read.len() < self.piece;
        // What the resampler still holds comes out with a little silence behind it.
        self.read.resize(self.piece, 0.0);
        #[expect(clippy::cast_precision_loss, reason = "a handful of channels")]
        let share = 1.0 / self.channels as f32;
        self.mono.clear();
        self.mono.extend(self.read.chunks_exact(self.channels).map(|all| all.iter().sum::<f32>() * share));
    }
}

/// The usual kind, 16 bits: sample by sample, reading one costs more than encoding it does.
fn in_bulk(reader: WavReader<BufReader<File>>) -> Samples {
    let mut left = usize::try_from(reader.len()).unwrap_or(usize::MAX);
    let mut file = reader.into_inner();
    let mut bytes = Vec::new();
    Box::new(move |count, out| {
        bytes.resize(2 * count.min(left), 0);
        left -= bytes.len() / 2;
        // A file that is shorter than it says ends where it ends.
        if file.read_exact(&mut bytes).is_err() {
            (left, bytes) = (0, Vec::new());
        }
        let (samples, _) = bytes.as_chunks();
        out.extend(samples.iter().map(|sample| f32::from(i16::from_le_bytes(*sample)) / 32_768.0));
    })
}

fn one_by_one(mut samples: impl Iterator<Item = f32> + Send + 'static) -> Samples {
    Box::new(move |count, out| out.extend(samples.by_ref().take(count)))
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
    fn every_kind_of_sample_is_read_alike_and_a_file_that_was_cut_off_ends_in_silence() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in.wav");
        let (int, float) = (SampleFormat::Int, SampleFormat::Float);
        for (bits_per_sample, sample_format) in [(8, int), (16, int), (24, int), (32, int), (32, float)] {
            let spec = WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample, sample_format };
            let mut writer = WavWriter::create(&path, spec).unwrap();
            for _ in 0..600 {
                match sample_format {
                    SampleFormat::Int => writer.write_sample(1i32 << (bits_per_sample - 2)).unwrap(),
                    SampleFormat::Float => writer.write_sample(0.5f32).unwrap(),
                }
            }
            writer.finalize().unwrap();
            let mut source = WavSource::open(&path).unwrap();
            let mut heard = Vec::new();
            for _ in 0..3 {
                let mut frame = [9.0; FRAME];
                source.read(&mut frame);
                heard.extend_from_slice(&frame);
            }
            let (sound, silence) = heard.split_at(600);
            assert!(
                sound.iter().all(|sample| (sample - 0.5).abs() < 1e-6),
                "{bits_per_sample} bits: {:?}",
                &sound[..4]
            );
            assert!(silence.iter().all(|sample| *sample == 0.0), "{bits_per_sample} bits");
        }
        let spec = WavSpec { channels: 1, sample_rate: 48_000, bits_per_sample: 16, sample_format: int };
        wav(&path, spec, (0..960).map(|_| 16_384));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_len(44 + 2 * 600).unwrap();
        let mut source = WavSource::open(&path).unwrap();
        let mut frame = [9.0; FRAME];
        source.read(&mut frame);
        assert!(frame.iter().all(|sample| *sample == 0.5));
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
