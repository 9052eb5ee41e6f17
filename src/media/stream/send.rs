//! The sending half: microphone to packets. Timestamps follow the microphone's time, whether or not anything is sent.

use crate::base::Entropy;
use crate::codec::{self, Adaptation, Encoder, FRAME as PACKET, Row};
use crate::media::rtp::Packet;
use crate::media::tone::{Region, TonePlayer};
use crate::media::{FRAME, Frame, dtmf};
use crate::port::media::{Session, Tone};

/// In-band keys are sent louder than key feedback is played: -10 dBFS for both frequencies together.
const IN_BAND_GAIN: f32 = 3.0;

/// What the sending half has made of 10 ms.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) packets: Vec<Packet>,
    pub(super) digits_sent: bool,
    pub(super) trouble: Option<String>,
}

pub(super) struct Sender {
    ssrc: u32,
    sequence: u16,
    /// Where the timestamps begin.
    offset: u32,
    /// The microphone's time, in samples.
    elapsed: u64,
    encoder: Option<Box<dyn Encoder>>,
    /// An encoder could not be made: said once.
    troubled: bool,
    adaptation: Option<Adaptation>,
    pcm: Vec<f32>,
    payload: Vec<u8>,
    /// Nothing was sent just before: the next packet is the first of a talkspurt.
    silent_before: bool,
    keys: dtmf::Sender,
    key_down: bool,
    in_band: Option<TonePlayer>,
    pub(super) muted: bool,
}

/// What of a session the sending half needs.
pub(super) struct Format<'a> {
    pub(super) session: &'a Session,
    pub(super) row: &'static Row,
}

impl Sender {
    pub(super) fn new(entropy: &mut Entropy) -> Sender {
        Sender {
            ssrc: entropy.bits32(),
            sequence: entropy.bits32() as u16,
            offset: entropy.bits32(),
            elapsed: 0,
            encoder: None,
            troubled: false,
            adaptation: None,
            pcm: Vec::with_capacity(6 * FRAME),
            payload: Vec::with_capacity(1_500),
            silent_before: true,
            keys: dtmf::Sender::default(),
            key_down: false,
            in_band: None,
            muted: false,
        }
    }

    pub(super) const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    pub(super) fn set_ssrc(&mut self, ssrc: u32) {
        self.ssrc = ssrc;
    }

    /// The timestamp of this moment on a codec's clock.
    pub(super) fn timestamp(&self, row: &Row) -> u32 {
        self.offset.wrapping_add((self.elapsed / u64::from(row.samples_per_tick())) as u32)
    }

    /// The codec or its parameters changed.
    pub(super) fn forget_encoder(&mut self) {
        self.encoder = None;
        self.troubled = false;
        self.pcm.clear();
    }

    pub(super) fn adapt(&mut self, adaptation: Adaptation) {
        self.adaptation = Some(adaptation);
        if let Some(encoder) = &mut self.encoder {
            encoder.adapt(adaptation);
        }
    }

    pub(super) fn press(&mut self, digits: &str) {
        self.keys.press(digits);
    }

    /// 10 ms pass without sending (hold).
    pub(super) fn pause(&mut self) {
        self.elapsed += FRAME as u64;
        self.pcm.clear();
        self.silent_before = true;
    }

    /// An empty packet of a payload type that nobody negotiated: it keeps the path open (RFC 6263 §4.6).
    pub(super) fn keep_alive(&mut self, session: &Session, row: &Row) -> Packet {
        let taken = |kind: u8| {
            session.receive.iter().any(|codec| codec.payload_type == kind)
                || session.send.payload_type == kind
                || session.events.iter().any(|(event, _)| *event == kind)
        };
        let payload_type = (96..=127).rev().find(|kind| !taken(*kind)).unwrap_or(127);
        self.packet(payload_type, self.timestamp(row), false, Vec::new())
    }

    /// 10 ms of microphone.
    pub(super) fn microphone(&mut self, format: &Format<'_>, frame: &Frame, made: &mut Made) {
        let before = self.pcm.len();
        self.pcm.extend_from_slice(frame);
        if self.muted {
            self.pcm.get_mut(before..).unwrap_or_default().fill(0.0);
        }
        if let Some(player) = &mut self.in_band {
            let room = self.pcm.get_mut(before..).unwrap_or_default();
            room.fill(0.0);
            player.mix(room);
            room.iter_mut().for_each(|sample| *sample *= IN_BAND_GAIN);
        }
        self.elapsed += FRAME as u64;
        if self.elapsed.is_multiple_of(PACKET as u64) {
            self.key_unit(format, made);
        }
        if self.key_down {
            self.pcm.clear();
        }
        let length = packet_length(format);
        while self.pcm.len() >= length {
            self.sound(format, length, made);
            self.pcm.drain(..length);
        }
    }

    /// 20 ms have passed: what the keys want of them.
    fn key_unit(&mut self, format: &Format<'_>, made: &mut Made) {
        let clock = format.row.clock_rate;
        let events = &format.session.events;
        // The event clock is the sound's clock (RFC 4733 §2.5.1.2 wants them equal within one source).
        let kind = events.iter().find(|(_, rate)| *rate == clock).map(|(kind, _)| *kind);
        self.key_down = false;
        loop {
            match self.keys.unit() {
                dtmf::Turn::Sound => self.in_band = None,
                dtmf::Turn::Done => {
                    self.in_band = None;
                    made.digits_sent = true;
                }
                dtmf::Turn::Event(event) => {
                    let Some(kind) = kind else {
                        self.sing(event);
                        if event.again {
                            continue;
                        }
                        return;
                    };
                    self.key_down = true;
                    let ticks = clock / 50;
                    let began = self
                        .timestamp(format.row)
                        .wrapping_sub(u32::from(event.since_start).wrapping_add(1).wrapping_mul(ticks));
                    let payload = event.payload(u16::try_from(ticks).unwrap_or(960)).to_vec();
                    let packet = self.packet(kind, began, event.marker, payload);
                    made.packets.push(packet);
                    if event.again {
                        continue;
                    }
                }
            }
            return;
        }
    }

    /// A key as sound, where the other end knows no events.
    fn sing(&mut self, event: dtmf::EventPacket) {
        if event.marker {
            self.in_band = dtmf::key(event.event).map(|key| TonePlayer::new(Tone::Key(key), Region::default()));
        }
    }

    fn sound(&mut self, format: &Format<'_>, length: usize, made: &mut Made) {
        if self.encoder.is_none() && !self.troubled {
            match format.row.encoder(&format.session.send.fmtp) {
                Ok(mut encoder) => {
                    if let Some(adaptation) = self.adaptation {
                        encoder.adapt(adaptation);
                    }
                    self.encoder = Some(encoder);
                }
                Err(error) => {
                    self.troubled = true;
                    made.trouble = Some(error.to_string());
                }
            }
        }
        let Some(encoder) = &mut self.encoder else { return };
        let pcm = self.pcm.get(..length).unwrap_or_default();
        if encoder.encode(pcm, &mut self.payload).is_err() || self.payload.is_empty() {
            self.silent_before = true;
            return;
        }
        let began = self.timestamp(format.row).wrapping_sub((length as u32) / format.row.samples_per_tick());
        let marker = std::mem::take(&mut self.silent_before);
        let payload = self.payload.clone();
        let packet = self.packet(format.session.send.payload_type, began, marker, payload);
        made.packets.push(packet);
    }

    fn packet(&mut self, payload_type: u8, timestamp: u32, marker: bool, payload: Vec<u8>) -> Packet {
        let sequence = self.sequence;
        self.sequence = sequence.wrapping_add(1);
        Packet { marker, payload_type, sequence, timestamp, ssrc: self.ssrc, payload }
    }
}

/// What the other end asks for, in a length that the codec can do: 10, 20, 40 or 60 ms.
fn packet_length(format: &Format<'_>) -> usize {
    match format.session.ptime.as_millis() {
        0 => codec::FRAME,
        1..=10 => FRAME,
        11..=39 => 2 * FRAME,
        40..=59 => 4 * FRAME,
        _ => 6 * FRAME,
    }
}
