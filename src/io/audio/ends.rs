//! What the media thread holds of the devices: a [`Mic`] that gives 10 ms frames and a [`Speaker`] that takes them,
//! whatever is behind. A ring's other end is in a device's callback; files and silence have no clock of their own.

use std::sync::Arc;
use std::time::Duration;

use rtrb::{Consumer, Producer};

use super::callbacks::{Health, RING};
use super::file::{WavSink, WavSource};
use crate::base::Mono;
use crate::media::resample::Resampler;
use crate::media::stream::{Pace, Turn};
use crate::media::{FRAME, Frame};

/// How much waits in a playback ring: 20 ms, and 10 ms more after each time it ran dry, up to 60 ms.
const TARGET: (Duration, Duration, Duration) =
    (Duration::from_millis(20), Duration::from_millis(10), Duration::from_millis(60));

/// A playback device that drains nothing for so long stands still: longer than any usual callback.
const STALL: Duration = Duration::from_millis(120);

/// Where 10 ms frames come from.
pub enum Mic {
    /// Nothing, on whoever's clock.
    Silence,
    /// A file, on whoever's clock.
    File(Box<WavSource>),
    /// A device, on its own clock.
    Device(Box<Captured>),
}

/// The media thread's end of a capture ring.
pub struct Captured {
    ring: Consumer<f32>,
    resampler: Option<Resampler>,
    /// Samples of 10 ms at the device's rate.
    piece: usize,
    waiting: Vec<f32>,
}

impl Captured {
    /// The end of a ring that a device fills at `rate` Hz.
    #[must_use]
    pub fn new(ring: Consumer<f32>, rate: u32) -> Captured {
        let resampler = (rate != 48_000).then(|| Resampler::new(rate, 48_000));
        let piece = usize::try_from(rate / 100).unwrap_or(FRAME).max(1);
        Captured { ring, resampler, piece, waiting: Vec::with_capacity(2 * FRAME) }
    }

    /// Fills `frame` if the device has recorded 10 ms.
    pub fn take(&mut self, frame: &mut Frame) -> bool {
        while self.waiting.len() < FRAME {
            let Ok(chunk) = self.ring.read_chunk(self.piece) else { return false };
            let (first, second) = chunk.as_slices();
            match &mut self.resampler {
                Some(resampler) => {
                    resampler.process(first, &mut self.waiting);
                    resampler.process(second, &mut self.waiting);
                }
                None => {
                    self.waiting.extend_from_slice(first);
                    self.waiting.extend_from_slice(second);
                }
            }
            chunk.commit_all();
        }
        for (to, from) in frame.iter_mut().zip(self.waiting.drain(..FRAME)) {
            *to = from;
        }
        true
    }

    /// Drops what is older than the last 20 ms: after a stall nobody wants to hear the past.
    pub fn catch_up(&mut self) {
        let old = self.ring.slots().saturating_sub(2 * self.piece);
        if let Ok(chunk) = self.ring.read_chunk(old) {
            chunk.commit_all();
        }
    }
}

/// Where 10 ms frames go.
pub enum Speaker {
    /// Nowhere, on whoever's clock.
    Discard,
    /// A file, on whoever's clock.
    File(Box<WavSink>),
    /// A device, on its own clock.
    Device(Box<Played>),
}

/// The media thread's end of a playback ring.
pub struct Played {
    ring: Producer<f32>,
    rate: u32,
    resampler: Option<Resampler>,
    converted: Vec<f32>,
    health: Arc<Health>,
    dropouts: u64,
    target: Duration,
    pace: Pace,
    /// How many callbacks there had been, and when there was a new one.
    moved: (u64, Option<Mono>),
}

impl Played {
    /// The end of a ring that a device drains at `rate` Hz.
    #[must_use]
    pub fn new(ring: Producer<f32>, rate: u32, health: Arc<Health>) -> Played {
        let resampler = (rate != 48_000).then(|| Resampler::new(48_000, rate));
        let dropouts = health.dropouts();
        Played {
            ring,
            rate,
            resampler,
            converted: Vec::new(),
            health,
            dropouts,
            target: TARGET.0,
            pace: Pace::default(),
            moved: (0, None),
        }
    }

    /// How much the device still has to play before what is written now.
    #[must_use]
    pub fn queued(&self) -> Duration {
        let samples = RING.saturating_sub(self.ring.slots());
        let micros = u64::try_from(samples).unwrap_or(0) * 1_000_000 / u64::from(self.rate.max(1));
        Duration::from_micros(micros)
    }

    /// Whether the device has not drained anything for a while. What arrives is old when it goes on, so nobody should
    /// keep it: an idle sink of PulseAudio's first plays up to 2 s of silence that it has prepared.
    pub fn is_stalled(&mut self, now: Mono) -> bool {
        let callbacks = self.health.callbacks();
        let since = match self.moved {
            (before, Some(since)) if before == callbacks => since,
            _ => now,
        };
        self.moved = (callbacks, Some(since));
        now.since(since) > STALL
    }

    /// Whether the device wants 10 ms more now. Learns from interruptions.
    pub fn is_hungry(&mut self) -> bool {
        let dropouts = self.health.dropouts();
        if dropouts != self.dropouts {
            self.dropouts = dropouts;
            self.target = (self.target + TARGET.1).min(TARGET.2);
        }
        !self.ring.is_abandoned() && self.queued() < self.target
    }

    /// The turn of the frame that is given next.
    pub fn turn(&mut self) -> Turn {
        self.pace.turn(self.queued())
    }

    /// Hands over 10 ms. What does not fit is lost.
    pub fn give(&mut self, frame: &Frame) {
        self.converted.clear();
        match &mut self.resampler {
            Some(resampler) => resampler.process(frame, &mut self.converted),
            None => self.converted.extend_from_slice(frame),
        }
        let room = self.ring.slots().min(self.converted.len());
        if let Ok(chunk) = self.ring.write_chunk_uninit(room) {
            chunk.fill_from_iter(self.converted.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use rtrb::RingBuffer;

    use super::*;
    use crate::io::audio::callbacks::PlaybackTap;

    #[test]
    fn a_device_stands_still_from_120_ms_without_a_callback_until_the_next_one() {
        let health = Arc::new(Health::default());
        let (producer, consumer) = RingBuffer::new(RING);
        let mut tap = PlaybackTap::new(consumer, 1, Arc::clone(&health));
        let mut played = Played::new(producer, 48_000, health);
        assert!(!played.is_stalled(Mono::from_millis(1_000)));
        assert!(!played.is_stalled(Mono::from_millis(1_120)));
        assert!(played.is_stalled(Mono::from_millis(1_130)));
        tap.give(&mut [0f32; FRAME]);
        assert!(!played.is_stalled(Mono::from_millis(3_000)));
        assert!(!played.is_stalled(Mono::from_millis(3_110)));
        assert!(played.is_stalled(Mono::from_millis(3_130)));
    }
}
