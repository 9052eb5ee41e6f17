//! The order and the timing of what comes: packets sorted by an unwrapped sequence number, and how late they tend to be.

use std::collections::BTreeMap;
use std::time::Duration;

use super::rtp::Packet;
use crate::base::Mono;

/// More than this ahead or behind, and it is not the same stream (audio.md §4).
const MOST_JUMP: i64 = 3_000;
/// A timestamp that far from what the clock says is not the same stream either.
const MOST_SHIFT_MS: f64 = 3_000.0;
/// More packets than this are not kept: 120 ms packets of 10 s, or 20 ms packets of 10 s many times over.
const MOST_PACKETS: usize = 600;

/// One packet in its place.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Waiting {
    /// Which payload type.
    pub(super) payload_type: u8,
    /// When it was captured, in 48 kHz samples on the sender's clock, unwrapped.
    pub(super) timestamp: i64,
    pub(super) payload: Vec<u8>,
}

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inserted {
    /// It is in its place.
    Kept,
    /// It was here already, or there is no room.
    Dropped,
    /// It may be the beginning of another stream: the next one decides.
    Suspect,
    /// Another stream has begun; everything before it is gone.
    Restarted,
}

/// Packets in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    packets: BTreeMap<i64, Waiting>,
    newest: Option<Newest>,
    suspect: Option<(Packet, Mono)>,
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    ssrc: u32,
    /// 48 kHz samples in a tick of the RTP clock.
    scale: i64,
    sequence: i64,
    /// In ticks.
    timestamp: i64,
    arrival: Mono,
}

impl Queue {
    /// Puts a packet in its place. `scale` is the number of 48 kHz samples in a tick of its clock. With it comes its key
    /// and its timestamp in samples, for [`Delays::add`].
    pub(super) fn insert(&mut self, arrival: Mono, packet: Packet, scale: u32) -> (Inserted, Option<i64>) {
        let Some(newest) = self.newest else { return self.restart(arrival, packet, scale) };
        // Another source, or another clock: nothing to compare with.
        if newest.ssrc != packet.ssrc || newest.scale != i64::from(scale) {
            return self.restart(arrival, packet, scale);
        }
        let sequence = newest.sequence + i64::from(packet.sequence.wrapping_sub(newest.sequence as u16) as i16);
        let ticks = i64::from(packet.timestamp.wrapping_sub(newest.timestamp as u32) as i32);
        let shift_ms = ticks as f64 * newest.scale as f64 / 48.0 - millis(newest.arrival, arrival);
        if (sequence - newest.sequence).abs() > MOST_JUMP || shift_ms.abs() > MOST_SHIFT_MS {
            return self.doubt(arrival, packet, scale);
        }
        self.suspect = None;
        let timestamp = newest.timestamp + ticks;
        if sequence > newest.sequence {
            self.newest = Some(Newest { sequence, timestamp, arrival, ..newest });
        }
        let samples = timestamp * newest.scale;
        if self.packets.contains_key(&sequence) || self.packets.len() >= MOST_PACKETS {
            return (Inserted::Dropped, None);
        }
        self.keep(sequence, samples, packet);
        (Inserted::Kept, Some(samples))
    }

    /// A packet that does not fit the stream: two in a row make a new stream.
    fn doubt(&mut self, arrival: Mono, packet: Packet, scale: u32) -> (Inserted, Option<i64>) {
        match self.suspect.take() {
            Some((first, at)) if packet.sequence == first.sequence.wrapping_add(1) => {
                self.restart(at, first, scale);
                let (_, samples) = self.insert(arrival, packet, scale);
                (Inserted::Restarted, samples)
            }
            _ => {
                self.suspect = Some((packet, arrival));
                (Inserted::Suspect, None)
            }
        }
    }

    fn restart(&mut self, arrival: Mono, packet: Packet, scale: u32) -> (Inserted, Option<i64>) {
        self.packets.clear();
        self.suspect = None;
        // Counted from the middle, so that reordered predecessors stay positive.
        let (sequence, timestamp) = (i64::from(packet.sequence) + (1 << 32), i64::from(packet.timestamp) + (1 << 40));
        let scale = i64::from(scale.max(1));
        self.newest = Some(Newest { ssrc: packet.ssrc, scale, sequence, timestamp, arrival });
        self.keep(sequence, timestamp * scale, packet);
        (Inserted::Restarted, Some(timestamp * scale))
    }

    fn keep(&mut self, sequence: i64, timestamp: i64, packet: Packet) {
        let waiting = Waiting { payload_type: packet.payload_type, timestamp, payload: packet.payload };
        self.packets.insert(sequence, waiting);
    }

    /// The earliest packet.
    pub(super) fn first(&self) -> Option<(i64, &Waiting)> {
        self.packets.first_key_value().map(|(sequence, waiting)| (*sequence, waiting))
    }

    /// Takes the earliest packet out.
    pub(super) fn take(&mut self) -> Option<(i64, Waiting)> {
        self.packets.pop_first()
    }

    /// How far the latest packet reaches beyond the earliest, in samples, without its own length.
    pub(super) fn span(&self) -> i64 {
        match (self.packets.first_key_value(), self.packets.last_key_value()) {
            (Some((_, first)), Some((_, last))) => last.timestamp - first.timestamp,
            _ => 0,
        }
    }

    /// When the newest packet was captured, in samples.
    pub(super) fn newest(&self) -> Option<i64> {
        self.newest.map(|newest| newest.timestamp * newest.scale)
    }

    pub(super) fn clear(&mut self) {
        *self = Queue::default();
    }
}

/// Histogram buckets of 1 ms.
const BUCKETS: usize = 500;
/// The share of packets that are to come in time. Higher than NetEQ's 0.97: measured on wifi stalls it halves concealment.
const QUANTILE: f32 = 0.985;
/// What a packet's share in the histogram keeps from one packet to the next: a memory of 1,400 packets.
const FORGET: f32 = 0.9993;
/// Before anything is known.
const START_MS: usize = 36;
/// Short delays are cheap to wait for: up to this, the worst of the last seconds counts.
const CHEAP_MS: f32 = 30.0;
/// On top of everything: a quarter of it, between these.
const MARGIN_MS: (f32, f32) = (2.0, 5.0);
/// The fastest packet, and the worst delay, of so many slots of half a second.
const SLOTS: usize = 8;
const SLOT: Duration = Duration::from_millis(500);

/// How late packets are, compared with the fastest of the last seconds.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    histogram: Vec<f32>,
    count: u32,
    /// (fastest transit, greatest delay) of each slot; transit is arrival minus capture, in ms on mixed clocks.
    slots: [(f64, f32); SLOTS],
    slot: usize,
    slot_began: Mono,
}

impl Default for Delays {
    fn default() -> Delays {
        let mut histogram = vec![0.0; BUCKETS];
        histogram.iter_mut().skip(START_MS).take(1).for_each(|bucket| *bucket = 1.0);
        Delays { histogram, count: 0, slots: [(f64::INFINITY, 0.0); SLOTS], slot: 0, slot_began: Mono::ZERO }
    }
}

impl Delays {
    /// Takes note of a packet captured at `timestamp` (samples) that came at `arrival`.
    pub(super) fn add(&mut self, arrival: Mono, timestamp: i64) {
        if self.count == 0 {
            self.slot_began = arrival;
        }
        while arrival.since(self.slot_began) >= SLOT {
            self.slot_began =
                if arrival.since(self.slot_began) > SLOT * SLOTS as u32 { arrival } else { self.slot_began + SLOT };
            self.slot = (self.slot + 1) % SLOTS;
            // A fresh slot does not know yet: it inherits nothing, the others speak for it.
            self.set_slot((f64::INFINITY, 0.0));
        }
        let transit = arrival.as_micros() as f64 / 1000.0 - timestamp as f64 / 48.0;
        let current = self.slots.get(self.slot).copied().unwrap_or((f64::INFINITY, 0.0));
        self.set_slot((current.0.min(transit), current.1));
        let delay = (transit - self.fastest()) as f32;
        self.set_slot((current.0.min(transit), current.1.max(delay)));
        self.count = self.count.saturating_add(1);
        let forget = FORGET.min(1.0 - 2.0 / (self.count as f32 + 2.0));
        self.histogram.iter_mut().for_each(|bucket| *bucket *= forget);
        if let Some(bucket) = self.histogram.get_mut((delay.max(0.0) as usize).min(BUCKETS - 1)) {
            *bucket += 1.0 - forget;
        }
    }

    fn set_slot(&mut self, value: (f64, f32)) {
        if let Some(slot) = self.slots.get_mut(self.slot) {
            *slot = value;
        }
    }

    fn fastest(&self) -> f64 {
        self.slots.iter().map(|slot| slot.0).fold(f64::INFINITY, f64::min)
    }

    /// How long after the earliest possible arrival a sample captured at `timestamp` is played, if at `when`; ms.
    pub(super) fn slack(&self, when: Mono, timestamp: i64) -> f32 {
        let fastest = self.fastest();
        if fastest.is_finite() {
            (when.as_micros() as f64 / 1000.0 - timestamp as f64 / 48.0 - fastest) as f32
        } else {
            0.0
        }
    }

    /// How much slack is wanted, ms.
    pub(super) fn target(&self) -> f32 {
        let mut late = 1.0 - QUANTILE;
        let mut bucket = BUCKETS;
        // From the latest down: few buckets hold anything there.
        while bucket > 0 {
            late -= self.histogram.get(bucket - 1).copied().unwrap_or(0.0);
            if late < 0.0 {
                break;
            }
            bucket -= 1;
        }
        let worst = self.slots.iter().map(|slot| slot.1).fold(0.0, f32::max);
        let wanted = (bucket as f32).max(worst.min(CHEAP_MS));
        wanted + (wanted / 4.0).clamp(MARGIN_MS.0, MARGIN_MS.1)
    }
}

fn millis(from: Mono, to: Mono) -> f64 {
    (to.as_micros() as f64 - from.as_micros() as f64) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::{Delays, Inserted, Queue};
    use crate::base::Mono;
    use crate::media::rtp::Packet;

    fn packet(sequence: u16, timestamp: u32) -> Packet {
        Packet { sequence, timestamp, ssrc: 1, payload: vec![1], ..Packet::default() }
    }

    fn order(queue: &mut Queue) -> Vec<i64> {
        std::iter::from_fn(|| queue.take()).map(|(_, waiting)| waiting.timestamp / 160).collect()
    }

    #[test]
    fn packets_are_sorted_across_the_wrap_of_both_counters() {
        let mut queue = Queue::default();
        let first = u32::MAX - 100;
        for n in [0u32, 2, 1, 4, 4, 3] {
            let packet = packet(65_534u16.wrapping_add(n as u16), first.wrapping_add(n * 160));
            queue.insert(Mono::from_millis(u64::from(n) * 20), packet, 1);
        }
        let got = order(&mut queue);
        assert_eq!(got.iter().map(|t| t - got[0]).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn one_stray_packet_is_ignored_and_two_in_a_row_are_a_new_stream() {
        let mut queue = Queue::default();
        queue.insert(Mono::from_millis(0), packet(10, 0), 6);
        assert_eq!(queue.insert(Mono::from_millis(20), packet(30_000, 0), 6).0, Inserted::Suspect);
        assert_eq!(queue.insert(Mono::from_millis(20), packet(11, 160), 6).0, Inserted::Kept);
        assert_eq!(
            queue.insert(Mono::from_millis(40), packet(12, 8_000_000), 6).0,
            Inserted::Suspect,
            "a jump in time"
        );
        assert_eq!(queue.insert(Mono::from_millis(60), packet(13, 8_000_160), 6).0, Inserted::Restarted);
        assert_eq!(std::iter::from_fn(|| queue.take()).count(), 2, "the old ones are gone");
    }

    #[test]
    fn another_source_or_another_clock_starts_anew_at_once() {
        let mut queue = Queue::default();
        queue.insert(Mono::ZERO, packet(10, 0), 6);
        let other = Packet { ssrc: 2, ..packet(50_000, 7) };
        assert_eq!(queue.insert(Mono::from_millis(5), other.clone(), 6).0, Inserted::Restarted);
        assert_eq!(queue.insert(Mono::from_millis(5), Packet { sequence: 50_001, ..other }, 1).0, Inserted::Restarted);
    }

    #[test]
    fn a_long_pause_with_an_honest_clock_is_the_same_stream() {
        let mut queue = Queue::default();
        queue.insert(Mono::ZERO, packet(10, 0), 6);
        assert_eq!(queue.insert(Mono::from_millis(60_000), packet(11, 480_000), 6).0, Inserted::Kept);
    }

    #[test]
    fn the_target_follows_the_jitter_up_and_down() {
        let mut delays = Delays::default();
        let run = |from: u64, jitter: u64, delays: &mut Delays| {
            for n in from..from + 500 {
                let late = if n % 10 == 0 { jitter } else { 0 };
                delays.add(Mono::from_millis(1_000 + n * 20 + late), n as i64 * 960);
            }
            delays.target()
        };
        assert!(run(0, 1, &mut delays) < 8.0);
        let high = run(500, 60, &mut delays);
        assert!((58.0..70.0).contains(&high), "{high}");
        for from in (1_000..10_000).step_by(500) {
            run(from, 1, &mut delays);
        }
        assert!(delays.target() < 10.0, "{}", delays.target());
        let slack = delays.slack(Mono::from_millis(1_000 + 10_500 * 20 + 25), 10_500 * 960);
        assert!((slack - 25.0).abs() < 1.5, "{slack}");
    }
}
