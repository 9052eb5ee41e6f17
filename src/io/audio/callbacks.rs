//! What runs in the sound card's callbacks: convert, push or pop, zero-fill, count. Nothing here allocates, locks,
//! logs or waits; `tests/pure/callbacks.rs` proves it. Any callback size is taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cpal::{FromSample, Sample};
use rtrb::{Consumer, Producer};

use super::waker::Waker;

/// How much a ring holds: 200 ms at 48 kHz.
pub const RING: usize = 9600;

/// Over how many frames sound fades when the ring runs dry and when it comes back: 5 ms at 48 kHz.
const FADE: u32 = 240;

/// What a callback says about itself. Written by the callback, read by the keeper and the media thread.
#[derive(Debug, Default)]
pub struct Health {
    callbacks: AtomicU64,
    dropouts: AtomicU64,
}

impl Health {
    /// Callbacks so far. Standing still for 500 ms means that the device hangs.
    #[must_use]
    pub fn callbacks(&self) -> u64 {
        self.callbacks.load(Ordering::Relaxed)
    }

    /// How often a playback ring ran dry, or a capture ring was full.
    #[must_use]
    pub fn dropouts(&self) -> u64 {
        self.dropouts.load(Ordering::Relaxed)
    }

    fn ran(&self) {
        self.callbacks.fetch_add(1, Ordering::Relaxed);
    }

    fn dropped(&self) {
        self.dropouts.fetch_add(1, Ordering::Relaxed);
    }
}

/// Wakes the media thread once per so many frames, however the device slices them.
#[derive(Debug)]
struct Metronome {
    waker: Waker,
    every: usize,
    pending: usize,
}

impl Metronome {
    fn count(&mut self, frames: usize) {
        self.pending += frames;
        if self.pending >= self.every {
            self.pending %= self.every;
            self.waker.wake();
        }
    }
}

/// The capture callback: mixes to mono and pushes.
#[derive(Debug)]
pub struct CaptureTap {
    ring: Producer<f32>,
    channels: usize,
    health: Arc<Health>,
    metronome: Metronome,
}

impl CaptureTap {
    /// A tap for a device of `channels` interleaved channels, waking `waker` every `every` frames.
    #[must_use]
    pub fn new(ring: Producer<f32>, channels: u16, every: usize, waker: Waker, health: Arc<Health>) -> CaptureTap {
        let metronome = Metronome { waker, every: every.max(1), pending: 0 };
        CaptureTap { ring, channels: usize::from(channels.max(1)), health, metronome }
    }

    /// Takes what the device recorded. What does not fit is lost: the media thread is 200 ms late then.
    pub fn take<T>(&mut self, data: &[T])
    where
        T: Sample,
        f32: FromSample<T>,
    {
        self.health.ran();
        let frames = data.len() / self.channels;
        let room = self.ring.slots().min(frames);
        if room < frames {
            self.health.dropped();
        }
        #[expect(clippy::cast_precision_loss, reason = "a handful of channels")]
        let share = 1.0 / self.channels as f32;
        if let Ok(chunk) = self.ring.write_chunk_uninit(room) {
            let mono = data
                .chunks_exact(self.channels)
                .map(|frame| frame.iter().map(|&sample| f32::from_sample(sample)).sum::<f32>() * share);
            chunk.fill_from_iter(mono);
        }
        self.metronome.count(frames);
    }
}

/// The playback callback: pops mono and spreads it over the front channels.
#[derive(Debug)]
pub struct PlaybackTap {
    ring: Consumer<f32>,
    channels: usize,
    health: Arc<Health>,
    /// The last sample, from which an interruption fades.
    last: f32,
    /// 0 is silent, [`FADE`] is full.
    fade: u32,
    /// Whether silence has been reported already: an interruption counts once.
    dry: bool,
}

impl PlaybackTap {
    /// A tap for a device of `channels` interleaved channels.
    #[must_use]
    pub fn new(ring: Consumer<f32>, channels: u16, health: Arc<Health>) -> PlaybackTap {
        PlaybackTap { ring, channels: usize::from(channels.max(1)), health, last: 0.0, fade: 0, dry: true }
    }

    /// Fills `data`: sound while there is some, then a short fade, then silence.
    pub fn give<T>(&mut self, data: &mut [T])
    where
        T: Sample + FromSample<f32>,
    {
        self.health.ran();
        let frames = data.len() / self.channels;
        let available = self.ring.slots().min(frames);
        let (sound, silence) = data.split_at_mut(available * self.channels);
        if available > 0 {
            self.dry = false;
        }
        if let Ok(chunk) = self.ring.read_chunk(available) {
            for (frame, sample) in sound.chunks_exact_mut(self.channels).zip(chunk) {
                self.fade = (self.fade + 1).min(FADE);
                self.last = sample;
                spread(frame, sample * gain(self.fade));
            }
        }
        if available < frames && !self.dry {
            self.dry = true;
            self.health.dropped();
        }
        for frame in silence.chunks_exact_mut(self.channels) {
            self.fade = self.fade.saturating_sub(1);
            spread(frame, self.last * gain(self.fade));
        }
        let rest = data.len() - frames * self.channels;
        for sample in data.iter_mut().rev().take(rest) {
            *sample = T::EQUILIBRIUM;
        }
    }
}

/// The gain at `fade`, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "at most 240")]
fn gain(fade: u32) -> f32 {
    fade as f32 / FADE as f32
}

/// One mono sample on the two front channels; the others stay silent.
fn spread<T: Sample + FromSample<f32>>(frame: &mut [T], sample: f32) {
    for (index, channel) in frame.iter_mut().enumerate() {
        *channel = if index < 2 { T::from_sample(sample) } else { T::EQUILIBRIUM };
    }
}
