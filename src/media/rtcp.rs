//! RTCP (RFC 3550 §6): sender and receiver reports, a random CNAME, BYE; loss (A.3), jitter (A.8) and round trip.
//!
//! Compound packets are split here; only SR, RR and BYE reach the crate's parsers, everything else is skipped.

use std::time::Duration;

use rtcp::goodbye::Goodbye;
use rtcp::packet::Packet;
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use rtcp::source_description::{SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem};
use webrtc_util::marshal::Unmarshal as _;

use crate::base::{Entropy, Mono, Now};

/// Seconds from 1900, where NTP counts from, to 1970.
const NTP_EPOCH: u64 = 2_208_988_800;
/// RFC 3550 §6.2: 5 s on average, half of it for the first, each time between half and one and a half of it.
const INTERVAL: Duration = Duration::from_secs(5);
/// A larger jump of the sequence number is a new stream (RFC 3550 A.1, MAX_DROPOUT).
const MOST_DROPOUT: u16 = 3_000;

/// What we know of the other end's stream.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Reception {
    ssrc: u32,
    base: u32,
    highest: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    /// In seconds: the clock rate may change.
    jitter: f64,
    transit: Option<f64>,
    /// Of earlier streams of this call.
    lost_before: u64,
}

impl Reception {
    fn new(ssrc: u32, sequence: u16, lost_before: u64) -> Reception {
        let sequence = u32::from(sequence);
        Reception {
            ssrc,
            base: sequence,
            highest: sequence,
            received: 0,
            expected_before: 0,
            received_before: 0,
            jitter: 0.0,
            transit: None,
            lost_before,
        }
    }

    fn expected(&self) -> u32 {
        self.highest.wrapping_sub(self.base).wrapping_add(1)
    }

    /// Packets that never came (RFC 3550 A.3), never below zero.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost_before + u64::from(self.expected().saturating_sub(self.received))
    }

    fn packet(&mut self, now: Mono, sequence: u16, timing: Option<(u32, u32)>) {
        let ahead = sequence.wrapping_sub(self.highest as u16);
        if ahead != 0 && ahead < MOST_DROPOUT {
            self.highest = self.highest.wrapping_add(u32::from(ahead));
        }
        self.received = self.received.wrapping_add(1);
        let Some((timestamp, clock)) = timing else { return };
        // RFC 3550 A.8, with the difference taken modulo 2^32 ticks.
        let ticks = f64::from(clock.max(1));
        let arrival = now.as_micros() as f64 * 1e-6;
        let transit = arrival - f64::from(timestamp) / ticks;
        if let Some(before) = self.transit {
            let wrap = 4_294_967_296.0 / ticks;
            let difference = (transit - before) - ((transit - before) / wrap).round() * wrap;
            self.jitter += (difference.abs() - self.jitter) / 16.0;
        }
        self.transit = Some(transit);
    }

    fn block(&mut self, clock: u32, last_report: Option<(u32, Mono)>, now: Mono) -> ReceptionReport {
        let expected = self.expected().wrapping_sub(self.expected_before);
        let received = self.received.wrapping_sub(self.received_before);
        self.expected_before = self.expected();
        self.received_before = self.received;
        let lost = expected.saturating_sub(received);
        let fraction = if expected == 0 { 0 } else { (u64::from(lost) * 256 / u64::from(expected)).min(255) };
        let (last_sender_report, delay) = last_report.map_or((0, 0), |(middle, at)| {
            (middle, (now.since(at).as_secs_f64() * 65_536.0).min(f64::from(u32::MAX)) as u32)
        });
        ReceptionReport {
            ssrc: self.ssrc,
            fraction_lost: fraction as u8,
            total_lost: self.expected().saturating_sub(self.received).min(0x7f_ffff),
            last_sequence_number: self.highest,
            jitter: (self.jitter * f64::from(clock)) as u32,
            last_sender_report,
            delay,
        }
    }
}

/// What a received compound packet said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Heard {
    /// It held a report on what we send.
    pub report: bool,
    /// The other end leaves.
    pub bye: bool,
}

/// One call's RTCP.
pub struct Rtcp {
    ssrc: u32,
    cname: String,
    /// NTP time (32.32) at the monotonic clock's zero: wall-clock jumps do not disturb the round trip.
    ntp_zero: u64,
    due: Mono,
    reception: Option<Reception>,
    clock: u32,
    packets: u32,
    octets: u32,
    sent_since_report: bool,
    last_report: Option<(u32, Mono)>,
    round_trip: Option<Duration>,
    remote_loss: Option<f32>,
}

impl Rtcp {
    /// The first report is due in 2.5 s on average. The CNAME is random: it names nobody (RFC 7022 §4.2).
    #[must_use]
    pub fn new(now: Now, ssrc: u32, entropy: &mut Entropy) -> Rtcp {
        let millis = u64::try_from(now.wall.as_millis()).unwrap_or(0);
        let seconds = (millis / 1000).wrapping_add(NTP_EPOCH);
        let wall = (seconds << 32) | (((millis % 1000) << 32) / 1000);
        Rtcp {
            ssrc,
            cname: entropy.token(16),
            ntp_zero: wall.wrapping_sub(ntp_length(now.mono)),
            due: now.mono + spread(INTERVAL / 2, entropy),
            reception: None,
            clock: 48_000,
            packets: 0,
            octets: 0,
            sent_since_report: false,
            last_report: None,
            round_trip: None,
            remote_loss: None,
        }
    }

    /// When the next report is due.
    #[must_use]
    pub const fn due(&self) -> Mono {
        self.due
    }

    /// Our source has another identifier from now on (a collision, RFC 3550 §8.2).
    pub fn set_ssrc(&mut self, ssrc: u32) {
        self.ssrc = ssrc;
        (self.packets, self.octets) = (0, 0);
    }

    /// Takes note of a packet that we sent.
    pub fn sent(&mut self, payload: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload as u32);
        self.sent_since_report = true;
    }

    /// Takes note of a packet that came. `timing` is its timestamp and its clock rate; none for packets whose timestamp
    /// does not say when they were sent (RFC 4733 events).
    pub fn received(&mut self, now: Mono, ssrc: u32, sequence: u16, timing: Option<(u32, u32)>) {
        self.clock = timing.map_or(self.clock, |(_, clock)| clock);
        let stale = self.reception.is_none_or(|known| {
            let ahead = sequence.wrapping_sub(known.highest as u16);
            known.ssrc != ssrc || (MOST_DROPOUT..=u16::MAX - 1_000).contains(&ahead)
        });
        if stale {
            let lost_before = self.reception.map_or(0, |known| known.lost());
            self.reception = Some(Reception::new(ssrc, sequence, lost_before));
            self.last_report = None;
        }
        if let Some(reception) = &mut self.reception {
            reception.packet(now, sequence, timing);
        }
    }

    /// Packets that never came.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.reception.map_or(0, |known| known.lost())
    }

    /// Interarrival jitter.
    #[must_use]
    pub fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.reception.map_or(0.0, |known| known.jitter.clamp(0.0, 60.0)))
    }

    /// The last round trip, if there was one.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// The share of our packets that the other end lost in its last interval, 0 to 1.
    #[must_use]
    pub const fn remote_loss(&self) -> Option<f32> {
        self.remote_loss
    }

    /// The report that is due now: SR if we sent since the last one, else RR, and SDES.
    pub fn report(&mut self, now: Now, rtp_time: u32, entropy: &mut Entropy) -> Vec<u8> {
        self.due = now.mono + spread(INTERVAL, entropy);
        let packets = [self.first(now, rtp_time), self.description()];
        marshal(&packets)
    }

    /// The last word: a report and BYE.
    pub fn bye(&mut self, now: Now, rtp_time: u32) -> Vec<u8> {
        let bye = Goodbye { sources: vec![self.ssrc], ..Goodbye::default() };
        let packets = [self.first(now, rtp_time), self.description(), Box::new(bye)];
        marshal(&packets)
    }

    fn first(&mut self, now: Now, rtp_time: u32) -> Box<dyn Packet + Send + Sync> {
        let (clock, last) = (self.clock, self.last_report);
        let reports: Vec<ReceptionReport> =
            self.reception.iter_mut().map(|known| known.block(clock, last, now.mono)).collect();
        if !std::mem::take(&mut self.sent_since_report) {
            return Box::new(ReceiverReport { ssrc: self.ssrc, reports, ..ReceiverReport::default() });
        }
        Box::new(SenderReport {
            ssrc: self.ssrc,
            ntp_time: self.ntp(now.mono),
            rtp_time,
            packet_count: self.packets,
            octet_count: self.octets,
            reports,
            ..SenderReport::default()
        })
    }

    fn description(&self) -> Box<dyn Packet + Send + Sync> {
        let item = SourceDescriptionItem { sdes_type: SdesType::SdesCname, text: self.cname.clone().into() };
        Box::new(SourceDescription { chunks: vec![SourceDescriptionChunk { source: self.ssrc, items: vec![item] }] })
    }

    fn ntp(&self, now: Mono) -> u64 {
        self.ntp_zero.wrapping_add(ntp_length(now))
    }

    /// Reads a compound packet. What is not understood is skipped.
    pub fn receive(&mut self, now: Mono, datagram: &[u8]) -> Heard {
        let mut heard = Heard::default();
        let mut rest = datagram;
        while let [first, kind, l1, l0, ..] = rest {
            let length = 4 + 4 * usize::from(u16::from_be_bytes([*l1, *l0]));
            let Some((mut packet, after)) = rest.split_at_checked(length) else { break };
            if first >> 6 != 2 {
                break;
            }
            match kind {
                200 => {
                    if let Ok(report) = SenderReport::unmarshal(&mut packet) {
                        self.last_report = Some(((report.ntp_time >> 16) as u32, now));
                        heard.report |= self.blocks(now, &report.reports);
                    }
                }
                201 => {
                    if let Ok(report) = ReceiverReport::unmarshal(&mut packet) {
                        heard.report |= self.blocks(now, &report.reports);
                    }
                }
                203 => heard.bye |= Goodbye::unmarshal(&mut packet).is_ok(),
                _ => {}
            }
            rest = after;
        }
        heard
    }

    fn blocks(&mut self, now: Mono, blocks: &[ReceptionReport]) -> bool {
        let Some(block) = blocks.iter().find(|block| block.ssrc == self.ssrc) else { return false };
        self.remote_loss = Some(f32::from(block.fraction_lost) / 256.0);
        if block.last_sender_report != 0 {
            let middle = (self.ntp(now) >> 16) as u32;
            let trip = middle.wrapping_sub(block.last_sender_report).wrapping_sub(block.delay);
            // A negative result is a lie or a rounding error; above half a minute is a lie.
            if trip < 30 << 16 {
                self.round_trip = Some(Duration::from_secs_f64(f64::from(trip) / 65_536.0));
            }
        }
        true
    }
}

fn ntp_length(mono: Mono) -> u64 {
    let micros = mono.as_micros();
    ((micros / 1_000_000) << 32) | (((micros % 1_000_000) << 32) / 1_000_000)
}

fn spread(mean: Duration, entropy: &mut Entropy) -> Duration {
    mean.mul_f64(0.5 + entropy.fraction())
}

fn marshal(packets: &[Box<dyn Packet + Send + Sync>]) -> Vec<u8> {
    // Only too many reports are refused, and there is at most one.
    rtcp::packet::marshal(packets).map(|bytes| bytes.to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Heard, Rtcp};
    use crate::base::{Entropy, Mono, Now, WallTime};

    fn at(millis: u64) -> Now {
        Now { mono: Mono::from_millis(millis), wall: WallTime(1_700_000_000_000 + millis as i64) }
    }

    fn pair() -> (Rtcp, Rtcp, Entropy) {
        let mut dice = Entropy::from_number(1);
        (Rtcp::new(at(0), 1, &mut dice), Rtcp::new(at(0), 2, &mut dice), dice)
    }

    #[test]
    fn two_ends_measure_loss_jitter_and_round_trip() {
        let (mut a, mut b, mut dice) = pair();
        for n in 0..100u32 {
            a.sent(160);
            if n % 10 != 3 {
                // Every other packet is 4 ms late.
                let arrival = Mono::from_millis(u64::from(20 * n + 30 + 4 * (n % 2)));
                b.received(arrival, 1, 65_500u16.wrapping_add(n as u16), Some((n * 160, 8_000)));
            }
        }
        assert_eq!(b.lost(), 10);
        assert!((b.jitter().as_secs_f64() - 0.004).abs() < 0.001, "{:?}", b.jitter());
        let report = a.report(at(2_000), 0, &mut dice);
        b.receive(Mono::from_millis(2_030), &report);
        let answer = b.report(at(3_030), 0, &mut dice);
        assert_eq!(a.receive(Mono::from_millis(3_070), &answer), Heard { report: true, bye: false });
        let trip = a.round_trip().expect("a round trip");
        assert!(trip.abs_diff(Duration::from_millis(70)) < Duration::from_millis(1), "{trip:?}");
        assert!((a.remote_loss().expect("loss") - 0.1).abs() < 0.005);
    }

    #[test]
    fn reports_come_every_five_seconds_give_or_take_half_and_the_first_sooner() {
        let mut dice = Entropy::from_number(5);
        let (mut sum, mut first) = (0.0, 0.0);
        for _ in 0..200 {
            let mut rtcp = Rtcp::new(at(0), 1, &mut dice);
            first += rtcp.due().since(Mono::ZERO).as_secs_f64();
            rtcp.report(at(10_000), 0, &mut dice);
            let next = rtcp.due().since(Mono::from_millis(10_000)).as_secs_f64();
            assert!((2.5..=7.5).contains(&next), "{next}");
            sum += next;
        }
        assert!((sum / 200.0 - 5.0).abs() < 0.3 && (first / 200.0 - 2.5).abs() < 0.2, "{sum} {first}");
    }

    #[test]
    fn who_sends_reports_as_a_sender_and_who_does_not_as_a_receiver() {
        let (mut a, _, mut dice) = pair();
        assert_eq!(a.report(at(1), 0, &mut dice)[1], 201);
        a.sent(10);
        assert_eq!(a.report(at(2), 0, &mut dice)[1], 200);
        assert_eq!(a.report(at(3), 0, &mut dice)[1], 201);
    }

    #[test]
    fn a_bye_is_heard_and_names_nobody() {
        let (mut a, mut b, _) = pair();
        let bye = a.bye(at(1), 0);
        assert!(b.receive(Mono::from_millis(2), &bye).bye);
        assert!(bye.windows(a.cname.len()).any(|part| part == a.cname.as_bytes()) && !a.cname.contains('@'));
        assert_eq!(bye.len() % 4, 0);
    }

    #[test]
    fn a_new_source_or_a_great_jump_starts_the_count_anew() {
        let (_, mut b, _) = pair();
        b.received(Mono::from_millis(0), 1, 100, Some((0, 8_000)));
        b.received(Mono::from_millis(40), 1, 102, Some((320, 8_000)));
        b.received(Mono::from_millis(60), 7, 9, Some((0, 8_000)));
        assert_eq!(b.lost(), 1);
        b.received(Mono::from_millis(80), 7, 20_000, Some((160, 8_000)));
        assert_eq!(b.lost(), 1);
    }

    #[test]
    fn mutated_reports_do_not_panic() {
        let (mut a, mut b, mut dice) = pair();
        b.received(Mono::ZERO, 1, 1, Some((0, 8_000)));
        b.sent(1);
        for _ in 0..100_000 {
            let mut bytes = b.bye(at(5), 7);
            b.sent(1);
            for _ in 0..1 + dice.bits32() % 6 {
                let at = dice.bits32() as usize % bytes.len();
                bytes[at] = dice.bits32() as u8;
            }
            bytes.truncate(bytes.len() - (dice.bits32() % 9) as usize);
            a.receive(Mono::from_millis(9), &bytes);
        }
    }
}
