//! The sound card's callbacks, whatever the device does: no allocation, nothing lost, and an empty ring is silence.

use std::sync::Arc;
use std::time::Duration;

use assert_no_alloc::assert_no_alloc;
use ringfence::io::audio::callbacks::{CaptureTap, Health, PlaybackTap, RING};
use ringfence::io::audio::ends::{Captured, Played};
use ringfence::io::audio::waker::{self, Sleeper};
use ringfence::io::clock::Clock;
use ringfence::media::{FRAME, Frame};
use rtrb::{Consumer, Producer, RingBuffer};

/// Callback sizes that real hosts have been seen to use, and some that none does.
const SIZES: [usize; 14] = [24, 1, 480, 320, 256, 960, 441, 7, 479, 481, 2048, 64, 128, 4800];

fn capture(channels: u16) -> (CaptureTap, Consumer<f32>, Arc<Health>, Sleeper) {
    let (producer, consumer) = RingBuffer::new(RING);
    let (waker, sleeper) = waker::pair().unwrap();
    let health = Arc::new(Health::default());
    (CaptureTap::new(producer, channels, FRAME, waker, Arc::clone(&health)), consumer, health, sleeper)
}

fn playback(channels: u16) -> (PlaybackTap, Producer<f32>, Arc<Health>) {
    let (producer, consumer) = RingBuffer::new(RING);
    let health = Arc::new(Health::default());
    (PlaybackTap::new(consumer, channels, Arc::clone(&health)), producer, health)
}

fn fill(ring: &mut Producer<f32>, samples: impl Iterator<Item = f32>) {
    samples.for_each(|sample| ring.push(sample).unwrap());
}

#[test]
fn capture_of_any_size_and_layout_allocates_nothing_and_loses_nothing() {
    for channels in [1u16, 2, 6] {
        let (mut tap, mut ring, health, _sleeper) = capture(channels);
        let mut counter = 0;
        for size in SIZES {
            let data: Vec<f32> = (0..size * usize::from(channels))
                .map(|n| ((counter + n / usize::from(channels)) % 1000) as f32)
                .collect();
            assert_no_alloc(|| tap.take(&data));
            for frame in 0..size {
                let sample = ring.pop().expect("a sample for each frame");
                assert!((sample - ((counter + frame) % 1000) as f32).abs() < 1e-2, "{channels} channels, size {size}");
            }
            assert!(ring.pop().is_err());
            counter += size;
        }
        assert_eq!((health.callbacks(), health.dropouts()), (SIZES.len() as u64, 0));
    }
}

#[test]
fn integer_samples_arrive_at_the_same_level() {
    let (mut tap, mut ring, _health, _sleeper) = capture(2);
    let (bytes, shorts, longs) = ([192u8, 192], [16_384i16, 16_384], [1 << 30, 1i32 << 30]);
    assert_no_alloc(|| {
        tap.take(&bytes);
        tap.take(&shorts);
        tap.take(&longs);
    });
    for _ in 0..3 {
        assert!((ring.pop().unwrap() - 0.5).abs() < 0.01);
    }
}

#[test]
fn a_full_capture_ring_drops_what_is_new_and_counts_it() {
    let (mut tap, mut ring, health, _sleeper) = capture(1);
    let data: Vec<f32> = (0..RING + 100).map(|n| n as f32).collect();
    assert_no_alloc(|| tap.take(&data));
    assert_eq!(health.dropouts(), 1);
    assert!((ring.pop().unwrap()).abs() < f32::EPSILON);
    assert_eq!(ring.slots(), RING - 1);
}

#[test]
fn the_media_thread_is_woken_once_it_can_do_something() {
    let (mut tap, _ring, _health, sleeper) = capture(1);
    let clock = Clock::start();
    let wait = |at_most| {
        let before = clock.now().mono;
        sleeper.wait(std::iter::empty(), Some(at_most));
        clock.now().mono.since(before)
    };
    let brief = Duration::from_millis(5);
    // 19 callbacks of 24 frames are less than 10 ms; the 20th completes them.
    (0..19).for_each(|_| assert_no_alloc(|| tap.take(&[0.0f32; 24])));
    assert!(wait(brief) >= brief);
    assert_no_alloc(|| tap.take(&[0.0f32; 24]));
    let long = Duration::from_secs(30);
    assert!(wait(long) < long);
}

#[test]
fn playback_of_any_size_and_layout_allocates_nothing_and_plays_everything() {
    for channels in [1u16, 2, 8] {
        let (mut tap, mut ring, health) = playback(channels);
        // The fade-in at the start is over after 240 frames.
        fill(&mut ring, std::iter::repeat_n(0.5, 240));
        tap.give(&mut vec![9.0f32; 240 * usize::from(channels)]);
        for size in SIZES {
            fill(&mut ring, (0..size).map(|n| (n % 100) as f32 / 100.0));
            let mut data = vec![9.0f32; size * usize::from(channels)];
            assert_no_alloc(|| tap.give(&mut data));
            for (n, frame) in data.chunks(usize::from(channels)).enumerate() {
                for (channel, sample) in frame.iter().enumerate() {
                    let wanted = if channel < 2 { (n % 100) as f32 / 100.0 } else { 0.0 };
                    assert!((sample - wanted).abs() < 1e-6, "{channels} channels, size {size}, frame {n}");
                }
            }
        }
        assert_eq!(health.dropouts(), 0);
    }
}

#[test]
fn an_underrun_is_a_short_fade_and_then_silence_and_counts_once() {
    let (mut tap, mut ring, health) = playback(2);
    fill(&mut ring, std::iter::repeat_n(0.8, 1000));
    let mut data = [9.0f32; 2 * 2000];
    assert_no_alloc(|| tap.give(&mut data));
    let left: Vec<f32> = data.chunks(2).map(|frame| frame[0]).collect();
    assert!((left[999] - 0.8).abs() < 1e-6);
    assert!(left.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 0.01), "no click anywhere");
    assert!(left[1300..].iter().all(|sample| *sample == 0.0), "silence after the fade");
    let mut more = [9i16; 960];
    (0..50).for_each(|_| assert_no_alloc(|| tap.give(&mut more)));
    assert!(more.iter().all(|sample| *sample == 0));
    assert_eq!(health.dropouts(), 1, "one interruption, however long");
    fill(&mut ring, std::iter::repeat_n(0.8, 480));
    let mut back = [9.0f32; 2 * 480];
    assert_no_alloc(|| tap.give(&mut back));
    assert!(back[0].abs() < 0.01 && (back[958] - 0.8).abs() < 1e-6, "it comes back with a fade");
}

#[test]
fn a_device_that_has_never_had_anything_to_play_has_not_been_interrupted() {
    let (mut tap, _ring, health) = playback(1);
    assert_no_alloc(|| tap.give(&mut [9.0f32; 480]));
    assert_eq!((health.callbacks(), health.dropouts()), (1, 0));
}

/// Runs a card whose clock is off by `ppm` for ten minutes beside a media thread that looks every 10 ms.
fn drifting_card(ppm: i64) -> (u64, Duration, u64) {
    let (mut tap, ring, health) = playback(1);
    let mut played = Played::new(ring, 48_000, Arc::clone(&health));
    let (mut pulled, mut drained, mut longest) = (0, 0u64, Duration::ZERO);
    let mut data = [0.0f32; FRAME];
    for tick in 1..=60_000u64 {
        while played.is_hungry() {
            played.give(&[0.1; FRAME]);
            pulled += 1;
        }
        longest = longest.max(played.queued());
        let due = tick * 480 * u64::try_from(1_000_000 + ppm).unwrap() / 1_000_000;
        while drained + 480 <= due {
            tap.give(&mut data);
            drained += 480;
        }
    }
    (pulled * 480 - drained, longest, health.dropouts())
}

#[test]
fn a_card_with_a_wrong_clock_is_played_by_its_own_clock() {
    for ppm in [-500, -100, 0, 100, 500] {
        let (waiting, longest, dropouts) = drifting_card(ppm);
        assert!(waiting <= 1440, "{ppm} ppm: {waiting} samples wait at the end");
        assert!(longest <= Duration::from_millis(30), "{ppm} ppm: {longest:?} waited");
        assert_eq!(dropouts, 0, "{ppm} ppm");
    }
}

#[test]
fn interruptions_make_the_ring_deeper_but_not_without_end() {
    let (mut tap, ring, health) = playback(1);
    let mut played = Played::new(ring, 48_000, Arc::clone(&health));
    let top_up = |played: &mut Played| {
        while played.is_hungry() {
            played.give(&[0.1; FRAME]);
        }
        played.queued()
    };
    assert_eq!(top_up(&mut played), Duration::from_millis(20));
    tap.give(&mut [0.0f32; 5 * FRAME]);
    assert_eq!(top_up(&mut played), Duration::from_millis(30));
    for _ in 0..20 {
        tap.give(&mut [0.0f32; RING]);
        top_up(&mut played);
    }
    assert_eq!(top_up(&mut played), Duration::from_millis(60));
}

#[test]
fn after_a_stall_only_the_last_20_ms_are_sent() {
    let (mut tap, ring, _health, _sleeper) = capture(1);
    let mut captured = Captured::new(ring, 48_000);
    let data: Vec<f32> = (0..9 * FRAME).map(|n| (n / FRAME) as f32).collect();
    tap.take(&data);
    captured.catch_up();
    let mut frame: Frame = [9.0; FRAME];
    assert!(captured.take(&mut frame) && frame == [7.0; FRAME]);
    assert!(captured.take(&mut frame) && frame == [8.0; FRAME]);
    assert!(!captured.take(&mut frame));
}

#[test]
fn a_card_of_another_rate_gives_as_much_time_as_it_took() {
    let (producer, ring) = RingBuffer::new(RING);
    let (waker, _sleeper) = waker::pair().unwrap();
    let mut tap = CaptureTap::new(producer, 2, 441, waker, Arc::default());
    let mut captured = Captured::new(ring, 44_100);
    let (mut frames, mut frame) = (0, [0.0; FRAME]);
    for _ in 0..1000 {
        tap.take(&[0.25f32; 2 * 441]);
        while captured.take(&mut frame) {
            frames += 1;
        }
    }
    assert!((990..=1000).contains(&frames), "{frames} frames of 10 ms in 10 s");
    assert!(frame.iter().all(|sample| (sample - 0.25).abs() < 0.01));
}
