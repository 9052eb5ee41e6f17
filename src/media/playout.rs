//! The adaptive jitter buffer: what comes irregularly is played regularly, as early as the network's jitter allows.
//!
//! In the manner of NetEQ. The measure of all decisions is the *slack*: how long after its earliest possible arrival a
//! sample is played. `Delays` says how much is wanted; more is played away by leaving out pitch periods, less is gained
//! by repeating some. When a packet is missing at its time: from its successor's redundancy, else concealed; when
//! nothing is there at all, time stands still for up to 100 ms (a stall becomes delay), then goes on.

use std::collections::{BTreeSet, VecDeque};

use super::jitter::{Delays, Inserted, Queue};
use super::noise::Comfort;
use super::rtp::Packet;
use super::{FRAME, Frame, stretch};
use crate::base::Mono;
use crate::codec::{Decoder, FRAME as PACKET, LONGEST, Row};

/// What stands between the network and the loudspeaker. A better one may take [`Playout`]'s place.
pub trait JitterBuffer: Send {
    /// Which payload types to expect. What waits is kept, and so is all that was learnt.
    fn configure(&mut self, formats: &[(u8, &'static Row)]);

    /// A packet came. False if it is of no use: unknown payload type, or a duplicate.
    fn insert(&mut self, arrival: Mono, packet: Packet) -> bool;

    /// A packet of the same stream came that is not sound (an RFC 4733 event): its number is not missing.
    fn skip(&mut self, sequence: u16);

    /// The next 10 ms. To be called once for each 10 ms that the device plays. `due` is when it would have been asked for
    /// by a device that takes 10 ms at a time: consecutive ones are 10 ms apart, whatever the device does.
    fn pull(&mut self, due: Mono, frame: &mut Frame);

    /// Forgets what waits and what was learnt.
    fn reset(&mut self);

    /// Figures so far.
    fn figures(&self) -> Figures;
}

/// How playout went. Counts are in samples since the start.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Figures {
    /// Played while a stream was there.
    pub played: u64,
    /// Of these, invented: not from a packet, not from redundancy, not a sender's own silence.
    pub concealed: u64,
    /// Restored from redundancy.
    pub restored: u64,
    /// Left out to be quicker.
    pub left_out: u64,
    /// Put in to be slower.
    pub put_in: u64,
    /// Packets that came too late or could not be decoded.
    pub late: u64,
    /// The share concealed in the last 5 s, 0 to 1.
    pub concealed_lately: f32,
    /// How long sound waits here, ms: from the earliest possible arrival until it is played.
    pub delay_ms: f32,
    /// How long it should wait, ms.
    pub target_ms: f32,
}

/// Time stands still for so long, in samples: 100 ms.
const STAND_STILL: usize = 4_800;
/// After so much of nothing the stream counts as stopped, and is buffered anew: 1 s.
const STOPPED: usize = 48_000;
/// Concealment turns into comfort noise from here on: 120 ms.
const TO_NOISE: usize = 5_760;
/// Of a change of speed, the next one is so many pulls away: 80 ms, or 30 ms when far too late.
const PACE: (u32, u32) = (8, 2);
/// Slower only if off by more, ms.
const TOO_LITTLE_MS: f32 = 3.0;
/// A packet that late means a stall; then this much is put in at a time, samples.
const STALLED_MS: f32 = 40.0;
const STRETCH: usize = 480;
/// Less is not worth leaving out: 2 ms.
const LEAST: usize = 96;
/// 10 ms.
const PULL_MS: f32 = 10.0;
/// What the pitch search needs, samples.
const AHEAD: usize = 1_200;
/// Comfort noise of RFC 3389 has this static payload type.
const COMFORT: u8 = 13;

/// The first adaptive jitter buffer.
pub struct Playout {
    formats: Vec<(u8, &'static Row)>,
    decoder: Option<(u8, Box<dyn Decoder>)>,
    queue: Queue,
    delays: Delays,
    /// Numbers of packets that are not sound.
    others: BTreeSet<u16>,
    /// What is to be decoded next; none while nothing plays.
    next: Option<Next>,
    pcm: Vec<f32>,
    comfort: Comfort,
    gap: Gap,
    since_change: u32,
    figures: Figures,
    lately: VecDeque<u16>,
    concealed_now: usize,
    delay_ms: f32,
    redundancy: Redundancy,
}

/// Whether it is worth waiting for the packet after a lost one.
#[derive(Clone, Copy, Debug, Default)]
struct Redundancy {
    /// The share of packets that were lost, of the last 500 or so.
    loss: f32,
    /// The share of packets that held a copy of their predecessor, of the last 50 or so.
    held: f32,
}

#[derive(Clone, Copy, Debug)]
struct Next {
    sequence: i64,
    /// In samples.
    timestamp: i64,
    /// Samples in the last packet: what a lost one is taken for.
    length: usize,
}

/// The gap that we are in.
#[derive(Clone, Copy, Debug, Default)]
struct Gap {
    /// Samples invented since the last packet.
    invented: usize,
    /// Of these, while time stood still.
    stood: usize,
    /// The sender said that it falls silent.
    announced: bool,
}

impl Default for Playout {
    fn default() -> Playout {
        Playout {
            formats: Vec::new(),
            decoder: None,
            queue: Queue::default(),
            delays: Delays::default(),
            others: BTreeSet::new(),
            next: None,
            pcm: Vec::with_capacity(2 * LONGEST),
            comfort: Comfort::default(),
            gap: Gap::default(),
            since_change: 0,
            figures: Figures::default(),
            lately: VecDeque::with_capacity(500),
            concealed_now: 0,
            delay_ms: 0.0,
            redundancy: Redundancy::default(),
        }
    }
}

impl Redundancy {
    fn packet(&mut self, held: bool) {
        self.loss *= 0.998;
        self.held += 0.02 * (f32::from(u8::from(held)) - self.held);
    }

    fn lost(&mut self) {
        self.loss = self.loss * 0.998 + 0.002;
    }

    /// Two losses in 10 s, and redundancy in some packets.
    fn is_worth_waiting(self) -> bool {
        self.loss > 0.003 && self.held > 0.1
    }
}

impl JitterBuffer for Playout {
    fn configure(&mut self, formats: &[(u8, &'static Row)]) {
        self.formats = formats.to_vec();
        if self.decoder.as_ref().is_some_and(|(known, _)| !formats.iter().any(|(format, _)| format == known)) {
            self.decoder = None;
        }
    }

    fn insert(&mut self, arrival: Mono, packet: Packet) -> bool {
        let Some(scale) = self.scale(packet.payload_type) else { return false };
        let sequence = packet.sequence;
        let (inserted, timestamp) = self.queue.insert(arrival, packet, scale);
        match inserted {
            Inserted::Kept | Inserted::Suspect => {}
            Inserted::Dropped => return false,
            Inserted::Restarted => {
                self.restart();
                self.others.clear();
            }
        }
        self.others.remove(&sequence);
        if let Some(timestamp) = timestamp {
            self.delays.add(arrival, timestamp);
        }
        true
    }

    fn skip(&mut self, sequence: u16) {
        if self.others.len() > 500 {
            self.others.clear();
        }
        self.others.insert(sequence);
    }

    fn pull(&mut self, now: Mono, frame: &mut Frame) {
        self.concealed_now = 0;
        if self.next.is_none() && !self.start(now) {
            frame.fill(0.0);
            return;
        }
        self.change_speed(now);
        while self.pcm.len() < FRAME {
            self.produce(now);
        }
        if let Some(next) = self.next {
            self.delay_ms = self.delays.slack(now, next.timestamp) + self.pcm.len() as f32 / 48.0;
        }
        for (sample, played) in frame.iter_mut().zip(self.pcm.drain(..FRAME)) {
            *sample = played;
        }
        self.figures.played += FRAME as u64;
        self.figures.concealed += self.concealed_now as u64;
        if self.gap.invented == 0 {
            self.comfort.heard(frame);
        }
        if self.lately.len() >= 500 {
            self.lately.pop_front();
        }
        self.lately.push_back(self.concealed_now.min(usize::from(u16::MAX)) as u16);
        if self.gap.invented >= STOPPED {
            self.restart();
        }
    }

    fn reset(&mut self) {
        self.queue.clear();
        self.delays = Delays::default();
        self.others.clear();
        self.restart();
    }

    fn figures(&self) -> Figures {
        let concealed: u64 = self.lately.iter().map(|samples| u64::from(*samples)).sum();
        Figures {
            concealed_lately: concealed as f32 / (self.lately.len().max(1) * FRAME) as f32,
            delay_ms: self.delay_ms,
            target_ms: self.target(),
            ..self.figures
        }
    }
}

impl Playout {
    /// 48 kHz samples in a tick of a payload type's clock.
    fn scale(&self, payload_type: u8) -> Option<u32> {
        let of = |row: &&Row| row.samples_per_tick();
        if let Some((_, row)) = self.formats.iter().find(|(format, _)| *format == payload_type) {
            return Some(of(row));
        }
        // Comfort noise has the 8 kHz clock: it fits only where the codec has it too.
        let first = self.formats.first().map(|(_, row)| of(row))?;
        (payload_type == COMFORT && first == 6).then_some(first)
    }

    /// Nothing plays from here on, until enough waits.
    fn restart(&mut self) {
        self.next = None;
        self.pcm.clear();
        self.gap = Gap::default();
        if let Some((_, decoder)) = &mut self.decoder {
            decoder.reset();
        }
    }

    /// Begins to play if the first packet has waited long enough.
    fn start(&mut self, now: Mono) -> bool {
        let Some((sequence, first)) = self.queue.first() else { return false };
        if self.delays.slack(now, first.timestamp) < self.target().max(START_MS) && self.queue.span() < LONGEST as i64 {
            return false;
        }
        self.next = Some(Next { sequence, timestamp: first.timestamp, length: PACKET });
        true
    }

    /// How much slack is wanted, ms.
    fn target(&self) -> f32 {
        let jitter = self.delays.target();
        let packet = self.next.map_or(PACKET, |next| next.length) as f32 / 48.0;
        if self.redundancy.is_worth_waiting() { jitter.max(packet + jitter.min(PULL_MS)) } else { jitter }
    }

    /// What the slack of `next` will be when it is needed, beyond what is wanted; ms. It is needed when less than a whole
    /// pull is left, so what is left over then only delays.
    fn excess(&self, now: Mono, next: Next) -> f32 {
        let until_needed = self.pcm.len() - self.pcm.len() % FRAME;
        self.delays.slack(now, next.timestamp) + until_needed as f32 / 48.0 - self.target()
    }

    /// A little faster or slower, if the slack is not what it should be.
    fn change_speed(&mut self, now: Mono) {
        self.since_change = self.since_change.saturating_add(1);
        let Some(next) = self.next else { return };
        let excess = self.excess(now, next);
        let stalled = self.overdue(now, next) > STALLED_MS;
        let pace = if stalled || excess > self.target() + 40.0 { PACE.1 } else { PACE.0 };
        if self.since_change < pace || self.gap.invented > 0 {
            return;
        }
        // Whole pulls of excess, and what is left over at the next need, may go.
        let too_much = self.pcm.len() % FRAME + (excess / PULL_MS).max(0.0) as usize * FRAME;
        let changed = if stalled {
            // Nothing comes: make what is left last longer.
            while self.pcm.len() < AHEAD && self.next_is_here() {
                self.produce(now);
            }
            let put_in = stretch::lengthen(&mut self.pcm, STRETCH);
            self.figures.put_in += put_in as u64;
            put_in
        } else if excess >= 0.0 && too_much >= LEAST {
            while self.pcm.len() < AHEAD && self.next_is_here() {
                self.produce(now);
            }
            let left_out = stretch::shorten(&mut self.pcm, too_much);
            self.figures.left_out += left_out as u64;
            left_out
        } else if excess < -TOO_LITTLE_MS && self.pcm.len() >= FRAME {
            let put_in = stretch::lengthen(&mut self.pcm, (-excess * 48.0) as usize);
            self.figures.put_in += put_in as u64;
            put_in
        } else {
            return;
        };
        self.since_change = if changed > 0 { 0 } else { pace / 2 };
    }

    /// How late the packet is that should have come by now, ms.
    fn overdue(&self, now: Mono, next: Next) -> f32 {
        let newest = self.queue.newest().map_or(0.0, |newest| self.delays.slack(now, newest + next.length as i64));
        if self.gap.announced { 0.0 } else { newest }
    }

    fn next_is_here(&self) -> bool {
        match (self.queue.first(), self.next) {
            (Some((sequence, waiting)), Some(next)) => {
                sequence == next.sequence && waiting.timestamp == next.timestamp && waiting.payload_type != COMFORT
            }
            _ => false,
        }
    }

    /// Puts more sound into `pcm`, from wherever it can be had. Called again until there is enough.
    fn produce(&mut self, now: Mono) {
        let Some(next) = self.next else {
            self.pcm.resize(FRAME, 0.0);
            return;
        };
        let Some((sequence, first)) = self.queue.first() else {
            self.stand_still(next);
            return;
        };
        let ahead = first.timestamp - next.timestamp;
        if sequence < next.sequence || ahead < 0 {
            self.drop_late(next);
            return;
        }
        let missing = (next.sequence..sequence).filter(|number| !self.others.contains(&(*number as u16))).count();
        if missing > 0 && ahead > 0 {
            self.fill_loss(now, next, sequence, ahead as usize, missing);
        } else if ahead > 0 {
            self.fill_silence(now, next, ahead as usize);
        } else {
            self.play_first(next);
        }
    }

    fn drop_late(&mut self, next: Next) {
        if let Some((sequence, _)) = self.queue.take() {
            self.figures.late += 1;
            self.next = Some(Next { sequence: next.sequence.max(sequence + 1), ..next });
        }
    }

    /// The packet that is due is here.
    fn play_first(&mut self, next: Next) {
        let Some((sequence, waiting)) = self.queue.take() else { return };
        let mut length = 0;
        if waiting.payload_type == COMFORT {
            self.comfort.told(waiting.payload.first().copied().unwrap_or(127));
            self.gap = Gap { announced: true, ..Gap::default() };
        } else {
            let before = self.pcm.len();
            self.choose(waiting.payload_type);
            let decoded = self.decoder.as_mut().map(|(_, decoder)| {
                self.redundancy.packet(decoder.is_redundant(&waiting.payload));
                decoder.decode(&waiting.payload, &mut self.pcm)
            });
            if let Some(Ok(samples)) = decoded {
                length = samples;
                // An Opus packet of one or two bytes announces silence (DTX).
                self.gap = Gap { announced: waiting.payload.len() <= 2, ..Gap::default() };
            } else {
                self.pcm.truncate(before);
                self.figures.late += 1;
                length = next.length;
                self.invent(length);
            }
        }
        let timestamp = waiting.timestamp + length as i64;
        let length = if length == 0 { next.length } else { length };
        self.next = Some(Next { sequence: sequence + 1, timestamp, length });
    }

    /// The decoder of a payload type; another one than before starts fresh.
    fn choose(&mut self, payload_type: u8) {
        if self.decoder.as_ref().is_some_and(|(known, _)| *known == payload_type) {
            return;
        }
        let row = self.formats.iter().find(|(format, _)| *format == payload_type).map(|(_, row)| *row);
        self.decoder = row.and_then(|row| row.decoder().ok()).map(|decoder| (payload_type, decoder));
    }
}

/// A stream begins with at least this much slack: the first packet says nothing about the second.
const START_MS: f32 = 40.0;

mod fill;

#[cfg(test)]
mod tests;
