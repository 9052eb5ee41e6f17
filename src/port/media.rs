//! Orders to the media thread and its reports. Everything about a call's sound that signalling decides.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::units::Decibels;
use crate::base::{CallId, Secret};

/// What signalling asks of the media thread.
#[derive(Clone, PartialEq, Debug)]
pub enum Order {
    /// Bind a pair of RTP and RTCP sockets (even and next odd port, RFC 3550 §11) on this address. Answered at once
    /// by [`Report::Bound`] or [`Report::Failed`].
    Bind {
        /// For which call.
        call: CallId,
        /// The address that the call's SDP will name.
        local: IpAddr,
    },
    /// The negotiated session, new or changed. SSRC and sequence numbers survive a change.
    Session(CallId, Box<Session>),
    /// Send encoded silence instead of the microphone (never nothing: it keeps the path open).
    Mute(CallId, bool),
    /// Whether somebody should be heard from now on: only then is silence reported, and its time begins now.
    Expect(CallId, bool),
    /// Send these as RFC 4733 events, one after the other.
    Digits(CallId, String),
    /// Play a call-progress tone to the person, or stop it.
    Tone(Option<Tone>),
    /// End a call's media (RTCP BYE) and close its sockets.
    Close(CallId),
    /// Use these devices from now on.
    Devices(Devices),
    /// Report the list of devices now, and again when it changes, or stop doing so.
    WatchDevices(bool),
}

/// A tone that the person hears locally (ITU-T E.180).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tone {
    /// The other end rings.
    Ringback,
    /// The other end is busy.
    Busy,
    /// The call could not be connected.
    Congestion,
    /// Somebody calls us: on the ringing device.
    Ringtone,
    /// The call was cut off (not ended by either side).
    Dropped,
    /// The feedback for one pressed key: `0`–`9`, `*`, `#`, `A`–`D`.
    Key(char),
}

/// A negotiated media session, as offer and answer (RFC 3264) left it.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// Where our RTP goes; `None` while the other end takes none.
    pub remote_rtp: Option<SocketAddr>,
    /// Where our RTCP goes (the next port, `a=rtcp`, or the same port when multiplexed).
    pub remote_rtcp: Option<SocketAddr>,
    /// Whether RTP and RTCP share a port (RFC 5761).
    pub rtcp_mux: bool,
    /// Which way sound flows, from our side.
    pub direction: Direction,
    /// What we send with.
    pub send: Codec,
    /// Every payload type that we must be able to receive.
    pub receive: Vec<Codec>,
    /// telephone-event payload types: (payload type, clock rate), best first.
    pub events: Vec<(u8, u32)>,
    /// Packet time that the other end asks for.
    pub ptime: Duration,
    /// SRTP keys of both directions; `None` is plain RTP.
    pub srtp: Option<SrtpKeys>,
}

/// One payload type of one session.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Codec {
    /// Which row of the codec table (`codec::ROWS`), by its SDP name.
    pub name: &'static str,
    /// RTP payload type.
    pub payload_type: u8,
    /// The other end's wishes, as `a=fmtp` gave them.
    pub fmtp: String,
}

/// The direction attribute of RFC 3264 §5.1, from our side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Both ways.
    #[default]
    SendRecv,
    /// We send only.
    SendOnly,
    /// We receive only.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// Whether we send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::SendOnly)
    }

    /// Whether we receive.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Direction::SendRecv | Direction::RecvOnly)
    }
}

/// An SDES crypto suite (RFC 4568 §6.2, RFC 7714 §14).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Suite {
    /// `AES_CM_128_HMAC_SHA1_80`
    AesCm128Sha1_80,
    /// `AES_CM_128_HMAC_SHA1_32`
    AesCm128Sha1_32,
    /// `AES_256_CM_HMAC_SHA1_80`
    AesCm256Sha1_80,
    /// `AEAD_AES_128_GCM`
    AeadAes128Gcm,
    /// `AEAD_AES_256_GCM`
    AeadAes256Gcm,
}

/// Master keys of both directions: key followed by salt, as SDES carries them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SrtpKeys {
    /// Suite of both directions.
    pub suite: Suite,
    /// What we encrypt with.
    pub send: Secret<Vec<u8>>,
    /// What the other end encrypts with.
    pub receive: Secret<Vec<u8>>,
}

/// Which devices to use.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Devices {
    /// Microphone.
    pub input: Device,
    /// Loudspeaker or headset.
    pub output: Device,
    /// Where it rings.
    pub ring: Device,
    /// Echo cancellation, noise suppression and gain control.
    pub voice_processing: VoiceProcessing,
}

/// Whether the microphone's sound is processed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VoiceProcessing {
    /// Echo cancellation, noise suppression, gain control.
    #[default]
    On,
    /// The microphone as it is: for headsets.
    Off,
}

/// One audio device.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    /// Whatever the operating system's default is; a virtual 10 ms device when there is none.
    #[default]
    Default,
    /// A device by its stable id, e.g. `pulseaudio:spk`.
    Id(String),
    /// A WAV file: read as the microphone, or written as the loudspeaker.
    File(std::path::PathBuf),
    /// Silence as the microphone, or nowhere as the loudspeaker, on a virtual 10 ms clock.
    Null,
}

/// What the media thread reports.
#[derive(Clone, PartialEq, Debug)]
pub enum Report {
    /// The sockets of a call are bound: the RTP address (RTCP is the next port).
    Bound(CallId, SocketAddr),
    /// A call has no media, and why.
    Failed(CallId, String),
    /// The first RTP packet that was accepted (authenticated, if SRTP).
    FirstPacket(CallId),
    /// Nothing has been received for so long although it should be ([`Order::Expect`]). Repeated at 10 s and at 60 s.
    Silent(CallId, Duration),
    /// Sound arrives again.
    Heard(CallId),
    /// Figures, once a second.
    Stats(CallId, Stats),
    /// The other end pressed a key (RFC 4733).
    Digit(CallId, char),
    /// The digits of an order have all been sent.
    DigitsSent(CallId),
    /// The devices there are.
    Devices(Vec<DeviceInfo>),
    /// A device does not work, in words; calls go on with a virtual one.
    DeviceTrouble(String),
    /// The devices in use, input and output, by name. `None`: there is none; silence is in its place.
    DevicesInUse(Option<String>, Option<String>),
}

/// One device of the machine.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct DeviceInfo {
    /// Stable id for [`Device::Id`].
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Whether it records.
    pub input: bool,
    /// Whether it plays.
    pub output: bool,
}

/// Figures of one call, since its start where they are counts.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Stats {
    /// RTP packets sent.
    pub sent: u64,
    /// RTP packets accepted.
    pub received: u64,
    /// RTP packets that never came (RFC 3550 A.3).
    pub lost: u64,
    /// RTP packets refused: wrong source, failed authentication, replayed, malformed.
    pub refused: u64,
    /// Share of the last 5 s of playout that was concealed, 0 to 1.
    pub concealed: f32,
    /// Interarrival jitter (RFC 3550 §6.4.1), ms.
    pub jitter_ms: f32,
    /// Time that sound waits in the jitter buffer, ms.
    pub playout_delay_ms: f32,
    /// Round trip by RTCP (RFC 3550 §6.4.1), ms; none before the first.
    pub round_trip_ms: Option<f32>,
    /// What the other end says it lost of ours in its last interval, 0 to 1.
    pub remote_loss: Option<f32>,
    /// Estimated listening quality, R of ITU-T G.107 (0 to 93).
    pub r_factor: f32,
}

/// The levels of both directions: written by the media thread, read while the call screen is drawn.
#[derive(Debug)]
pub struct Meters {
    input: AtomicU32,
    output: AtomicU32,
}

impl Default for Meters {
    fn default() -> Meters {
        let silence = Decibels::SILENCE.0.to_bits();
        Meters { input: AtomicU32::new(silence), output: AtomicU32::new(silence) }
    }
}

impl Meters {
    /// Sets the microphone's level.
    pub fn set_input(&self, level: Decibels) {
        self.input.store(level.0.to_bits(), Ordering::Relaxed);
    }

    /// Sets the loudspeaker's level.
    pub fn set_output(&self, level: Decibels) {
        self.output.store(level.0.to_bits(), Ordering::Relaxed);
    }

    /// The microphone's level.
    #[must_use]
    pub fn input(&self) -> Decibels {
        Decibels(f32::from_bits(self.input.load(Ordering::Relaxed)))
    }

    /// The loudspeaker's level.
    #[must_use]
    pub fn output(&self) -> Decibels {
        Decibels(f32::from_bits(self.output.load(Ordering::Relaxed)))
    }
}
