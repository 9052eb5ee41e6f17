//! Keys as RFC 4733 events: sending them, and telling a received one from its repetitions.

use std::collections::VecDeque;

/// How long a key sounds, and the pause after it, in packets of 20 ms.
const HOLD: u16 = 6;
const PAUSE: u8 = 4;
/// The last packet is sent so many times (RFC 4733 §2.5.1.4).
const ENDS: u8 = 3;
/// -10 dBm0.
const VOLUME: u8 = 10;
/// More digits than this do not wait.
const MOST: usize = 256;

/// The event code of a key (RFC 4733 §3.2).
#[must_use]
pub fn event(key: char) -> Option<u8> {
    match key.to_ascii_uppercase() {
        digit @ '0'..='9' => Some(digit as u8 - b'0'),
        '*' => Some(10),
        '#' => Some(11),
        letter @ 'A'..='D' => Some(letter as u8 - b'A' + 12),
        _ => None,
    }
}

/// The key of an event code.
#[must_use]
pub fn key(event: u8) -> Option<char> {
    b"0123456789*#ABCD".get(usize::from(event)).map(|byte| char::from(*byte))
}

/// One packet to send instead of sound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventPacket {
    /// First of its event (RFC 4733 §2.5.1.2).
    pub marker: bool,
    /// How many 20 ms units ago the event began: its timestamp is that much earlier than now.
    pub since_start: u16,
    /// Whether the next packet is due at once: the end is repeated without waiting.
    pub again: bool,
    /// The event's code.
    pub event: u8,
    /// The E bit.
    pub end: bool,
    /// How long it has lasted, in 20 ms units.
    pub duration: u16,
}

impl EventPacket {
    /// The payload, with the duration in ticks of a clock at `ticks_per_unit` ticks in 20 ms.
    #[must_use]
    pub fn payload(&self, ticks_per_unit: u16) -> [u8; 4] {
        let [high, low] = self.duration.saturating_mul(ticks_per_unit).to_be_bytes();
        [self.event, u8::from(self.end) << 7 | VOLUME, high, low]
    }
}

/// What [`Sender::unit`] wants sent in a unit of 20 ms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Sound as ever.
    Sound,
    /// An event packet in its place.
    Event(EventPacket),
    /// Sound, and the last digit has been sent.
    Done,
}

/// Keys that wait to be sent, each for 120 ms, with 80 ms in between.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    waiting: VecDeque<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Idle,
    Held {
        event: u8,
        units: u16,
        ends: u8,
    },
    Pause(u8),
}

impl Sender {
    /// Adds keys; what is no key is skipped.
    pub fn press(&mut self, keys: &str) {
        let room = MOST.saturating_sub(self.waiting.len());
        self.waiting.extend(keys.chars().filter_map(event).take(room));
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        *self = Sender::default();
    }

    /// The next 20 ms, or with [`EventPacket::again`] the next packet of the same 20 ms.
    pub fn unit(&mut self) -> Turn {
        match self.state {
            State::Idle => match self.waiting.pop_front() {
                None => Turn::Sound,
                Some(event) => {
                    self.state = State::Held { event, units: 1, ends: 0 };
                    self.packet(event, 1, 0)
                }
            },
            State::Held { event, units, ends } => {
                // The end repeats the last duration and does not grow any more.
                let (units, ends) = if units < HOLD { (units + 1, 0) } else { (units, ends) };
                let ends = if units == HOLD { ends + 1 } else { 0 };
                self.state = if ends == ENDS { State::Pause(PAUSE) } else { State::Held { event, units, ends } };
                self.packet(event, units, ends)
            }
            State::Pause(0) => {
                self.state = State::Idle;
                if self.waiting.is_empty() { Turn::Done } else { self.unit() }
            }
            State::Pause(left) => {
                self.state = State::Pause(left - 1);
                Turn::Sound
            }
        }
    }

    fn packet(&self, event: u8, units: u16, ends: u8) -> Turn {
        Turn::Event(EventPacket {
            marker: units == 1 && ends == 0,
            since_start: units - 1,
            again: ends > 0 && ends < ENDS,
            event,
            end: ends > 0,
            duration: units,
        })
    }
}

/// Tells keys from their repetitions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Receiver {
    /// RTP timestamp of the event that was told last: all packets of one event carry the same.
    told: Option<(u32, u8)>,
}

impl Receiver {
    /// The key of an event packet, once for each event, at its first packet: so a lost end does not matter.
    pub fn receive(&mut self, timestamp: u32, payload: &[u8]) -> Option<char> {
        let [event, _, _, _, ..] = payload else { return None };
        let key = key(*event)?;
        let stale = self.told.is_some_and(|(at, _)| timestamp == at || timestamp.wrapping_sub(at) > u32::MAX / 2);
        if stale {
            return None;
        }
        self.told = Some((timestamp, *event));
        Some(key)
    }

    /// Another source: its timestamps have nothing to do with the old ones.
    pub fn reset(&mut self) {
        self.told = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{EventPacket, Receiver, Sender, Turn, event, key};

    #[test]
    fn keys_and_codes_are_one_to_one() {
        for (code, name) in "0123456789*#ABCD".chars().enumerate() {
            assert_eq!((event(name), key(code as u8)), (Some(code as u8), Some(name)));
        }
        assert_eq!((event('x'), key(16)), (None, None));
    }

    #[test]
    fn a_key_grows_for_120_ms_ends_three_times_and_is_followed_by_80_ms_of_sound() {
        let mut sender = Sender::default();
        sender.press("5x#");
        let turns: Vec<Turn> = (0..13).map(|_| sender.unit()).collect();
        let packets: Vec<EventPacket> =
            turns.iter().filter_map(|turn| if let Turn::Event(packet) = turn { Some(*packet) } else { None }).collect();
        let first = &packets[..8];
        assert_eq!(first.iter().map(|p| p.duration).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 6, 6]);
        assert_eq!(
            first.iter().map(|p| p.end).collect::<Vec<_>>(),
            [false, false, false, false, false, true, true, true]
        );
        assert_eq!(
            first.iter().map(|p| p.again).collect::<Vec<_>>(),
            [false, false, false, false, false, true, true, false]
        );
        assert!(first[0].marker && first[1..].iter().all(|packet| !packet.marker));
        assert!(first.iter().all(|packet| packet.since_start == packet.duration - 1));
        assert_eq!(first[5].payload(160), [5, 0x8a, 3, 0xc0]);
        assert_eq!(&turns[8..12], [Turn::Sound; 4]);
        assert!(matches!(turns[12], Turn::Event(EventPacket { event: 11, marker: true, .. })));
        let rest: Vec<Turn> = (0..20).map(|_| sender.unit()).collect();
        assert_eq!(rest.iter().filter(|turn| **turn == Turn::Done).count(), 1);
    }

    #[test]
    fn a_key_is_told_once_even_if_its_beginning_or_end_is_lost() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.receive(800, &[7, 10, 1, 0]), Some('7'));
        assert_eq!(receiver.receive(800, &[7, 10, 2, 0]), None);
        assert_eq!(receiver.receive(800, &[7, 0x8a, 3, 0]), None);
        assert_eq!(receiver.receive(2_400, &[7, 0x8a, 3, 0]), Some('7'), "the same key again, only its end came");
        assert_eq!(receiver.receive(800, &[7, 0x8a, 3, 0]), None, "an old one, reordered");
        assert_eq!(receiver.receive(9_000, &[200, 0, 0, 0]), None, "no key");
        assert_eq!(receiver.receive(9_000, &[1]), None);
        receiver.reset();
        assert_eq!(receiver.receive(5, &[1, 0, 0, 0]), Some('1'));
    }
}
