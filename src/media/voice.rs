//! Voice processing behind one trait: echo cancellation, noise suppression, gain control, high-pass filter.
//!
//! `sonora` allocates some 54 times in 10 ms, so this runs on the media thread, never in an audio callback.

use sonora::config::{
    AdaptiveDigital, EchoCanceller, GainController2, HighPassFilter, MaxProcessingRate, NoiseSuppression,
    NoiseSuppressionLevel, Pipeline,
};
use sonora::{AudioProcessing, Config, StreamConfig};

use super::{FRAME, Frame};
use crate::port::media::VoiceProcessing;

/// What stands between the microphone and the encoder. In each 10 ms: [`capture`](VoiceProcessor::capture), then
/// [`render`](VoiceProcessor::render). How long a sample takes from there to here the canceller finds out itself: cpal
/// reports no latency that could be believed on all hosts. In this order an echo that is back after 10 ms is not found,
/// one after 30 ms is; the playback ring and the capture callback keep it from being sooner.
pub trait VoiceProcessor: Send {
    /// Exactly what goes to the loudspeaker.
    fn render(&mut self, frame: &Frame);

    /// The microphone's sound, processed in place.
    fn capture(&mut self, frame: &mut Frame);
}

/// The processor that a setting asks for.
#[must_use]
pub fn processor(wanted: VoiceProcessing) -> Box<dyn VoiceProcessor> {
    match wanted {
        VoiceProcessing::On => Box::new(Sonora::new()),
        VoiceProcessing::Off => Box::new(Off),
    }
}

/// The microphone as it is.
#[derive(Clone, Copy, Debug)]
pub struct Off;

impl VoiceProcessor for Off {
    fn render(&mut self, _: &Frame) {}
    fn capture(&mut self, _: &mut Frame) {}
}

/// `sonora` 0.2, a port of WebRTC's audio processing, at 48 kHz throughout.
pub struct Sonora {
    library: AudioProcessing,
    scratch: Vec<f32>,
}

impl Sonora {
    /// All on: echo canceller, moderate noise suppression, adaptive gain, high-pass filter.
    #[must_use]
    pub fn new() -> Sonora {
        let config = Config {
            pipeline: Pipeline {
                maximum_internal_processing_rate: MaxProcessingRate::Rate48kHz,
                multi_channel_render: false,
                multi_channel_capture: false,
                ..Pipeline::default()
            },
            high_pass_filter: Some(HighPassFilter::default()),
            echo_canceller: Some(EchoCanceller::default()),
            noise_suppression: Some(NoiseSuppression {
                level: NoiseSuppressionLevel::Moderate,
                ..NoiseSuppression::default()
            }),
            gain_controller2: Some(GainController2 {
                adaptive_digital: Some(AdaptiveDigital::default()),
                ..GainController2::default()
            }),
            ..Config::default()
        };
        let format = StreamConfig::new(48_000, 1);
        let library = AudioProcessing::builder().config(config).capture_config(format).render_config(format).build();
        Sonora { library, scratch: vec![0.0; FRAME] }
    }
}

impl Default for Sonora {
    fn default() -> Sonora {
        Sonora::new()
    }
}

impl VoiceProcessor for Sonora {
    fn render(&mut self, frame: &Frame) {
        // Only a wrong length or rate is refused, and both are fixed by type.
        let _refused = self.library.process_render_f32(&[frame], &mut [&mut self.scratch]).is_err();
    }

    fn capture(&mut self, frame: &mut Frame) {
        if self.library.process_capture_f32(&[&*frame], &mut [&mut self.scratch]).is_ok() {
            frame.copy_from_slice(&self.scratch);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Off, Sonora, VoiceProcessor};
    use crate::base::Entropy;
    use crate::media::level::level;
    use crate::media::{FRAME, Frame};

    /// Far-end "speech": noise in syllables, so that the canceller has pauses to see.
    fn far(dice: &mut Entropy, seconds: usize) -> Vec<f32> {
        let mut low = 0.0f32;
        (0..seconds * 48_000)
            .map(|n| {
                low += 0.3 * (dice.fraction() as f32 - 0.5 - low);
                let syllable = (std::f32::consts::TAU * 3.0 * n as f32 / 48_000.0).sin().max(0.05);
                1.2 * low * syllable
            })
            .collect()
    }

    /// A small room: 4 ms away, then reflections that decay by 60 dB in 250 ms.
    fn room(dice: &mut Entropy) -> Vec<(usize, f32)> {
        (0..60)
            .map(|n| {
                let at = 192 + if n == 0 { 0 } else { (dice.bits32() % 6_000) as usize };
                let decay = 10f32.powf(-3.0 * (at - 192) as f32 / 12_000.0);
                (at, if n == 0 { 0.4 } else { 0.1 * decay * (dice.fraction() as f32 - 0.5) })
            })
            .collect()
    }

    /// Echo return loss enhancement (ITU-T G.168) in dB after convergence, of whatever is shown 10 ms of the far end and
    /// then takes its echo, which comes back so many frames later, out of 10 ms of the microphone.
    pub(crate) fn erle(later: usize, mut cancel: impl FnMut(&Frame, &mut Frame)) -> f32 {
        let mut dice = Entropy::from_number(48);
        let (far, mut room) = (far(&mut dice, 8), room(&mut dice));
        room.iter_mut().for_each(|(at, _)| *at += later * FRAME);
        let (mut echo, mut left) = (Vec::new(), Vec::new());
        for (n, frame) in far.chunks_exact(FRAME).enumerate() {
            let mut mic = [0.0; FRAME];
            for (i, sample) in mic.iter_mut().enumerate() {
                let t = n * FRAME + i;
                *sample = room.iter().filter(|(at, _)| *at <= t).map(|(at, gain)| far[t - at] * gain).sum::<f32>()
                    + 0.0005 * (dice.fraction() as f32 - 0.5);
            }
            let before = mic;
            cancel(frame.try_into().expect("480"), &mut mic);
            if n > 500 {
                echo.extend_from_slice(&before);
                left.extend_from_slice(&mic);
            }
        }
        level(&echo).0 - level(&left).0
    }

    #[test]
    fn the_echo_is_30_db_lower_after_convergence() {
        let mut sonora = Sonora::new();
        let erle = erle(0, |far, mic| {
            sonora.render(far);
            sonora.capture(mic);
        });
        assert!(erle >= 30.0, "{erle} dB");
    }

    #[test]
    fn off_changes_nothing() {
        let mut frame = [0.25; FRAME];
        Off.render(&frame.clone());
        Off.capture(&mut frame);
        assert_eq!(frame, [0.25; FRAME]);
    }
}
