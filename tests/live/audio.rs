//! The media thread and real sound: a private PulseAudio on one side, a PCMU peer on loopback on the other.

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ringfence::base::{CallId, Entropy};
use ringfence::io::media::{MediaHandle, Options};
use ringfence::port::media::{
    Codec, Device, Devices, Direction, Meters, Order, Report, Session, Tone, VoiceProcessing,
};

use crate::rig::agent::BOUND;
use crate::rig::pulse::{Pulse, alone, pause};
use crate::rig::{wait_until, wav};

const CALL: CallId = CallId(1);

/// The media thread and what it reports.
struct Phone {
    media: MediaHandle,
    reports: Receiver<Report>,
    meters: Arc<Meters>,
}

impl Phone {
    fn new(devices: Devices) -> Phone {
        let (sender, reports) = sync_channel(1000);
        let meters = Arc::new(Meters::default());
        let options = Options { devices, entropy: Entropy::from_number(7), meters: Arc::clone(&meters) };
        let media = MediaHandle::spawn(options, move |report| {
            sender.try_send(report).ok();
        });
        Phone { media, reports, meters }
    }

    /// The first report that `wanted` makes something of.
    fn report<T>(&self, what: &str, mut wanted: impl FnMut(&Report) -> Option<T>) -> T {
        let until = Instant::now() + BOUND;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left).unwrap_or_else(|_| panic!("no report: {what}"));
            if let Some(found) = wanted(&report) {
                return found;
            }
        }
    }

    /// A call with `peer`.
    fn call(&self, peer: &mut Peer) {
        self.media.perform(Order::Bind { call: CALL, local: [127, 0, 0, 1].into() });
        let ours = self.report("the sockets are bound", |report| match report {
            Report::Bound(_, address) => Some(*address),
            _ => None,
        });
        let remote = peer.start(ours);
        let codec = Codec { name: "PCMU", payload_type: 0, fmtp: String::new() };
        let session = Session {
            remote_rtp: Some(remote),
            remote_rtcp: None,
            rtcp_mux: false,
            direction: Direction::SendRecv,
            send: codec.clone(),
            receive: vec![codec],
            events: Vec::new(),
            ptime: Duration::from_millis(20),
            srtp: None,
        };
        self.media.perform(Order::Session(CALL, Box::new(session)));
    }
}

/// The other end: says 440 Hz in PCMU, keeps what it hears.
#[derive(Default)]
struct Peer {
    heard: Arc<Mutex<Vec<f32>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Peer {
    fn start(&mut self, to: SocketAddr) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("socket");
        socket.set_read_timeout(Some(Duration::from_millis(100))).expect("timeout");
        let address = socket.local_addr().expect("bound");
        let sender = socket.try_clone().expect("socket");
        let stop = Arc::clone(&self.stop);
        self.threads.push(std::thread::spawn(move || speak(&sender, to, &stop)));
        let (stop, heard) = (Arc::clone(&self.stop), Arc::clone(&self.heard));
        self.threads.push(std::thread::spawn(move || listen(&socket, &heard, &stop)));
        address
    }

    fn packets(&self) -> usize {
        self.heard.lock().expect("heard").len() / 160
    }

    /// Waits until the tone is what comes.
    fn hears(&self, hertz: f64) {
        wait_until(&format!("the peer hears {hertz} Hz"), || {
            let heard = self.heard.lock().expect("heard").clone();
            let last = heard.len().saturating_sub(16_000);
            wav::tone_share(&heard[last..], 8_000, hertz) > 0.9
        });
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().expect("a peer's thread"));
    }
}

fn speak(socket: &UdpSocket, to: SocketAddr, stop: &AtomicBool) {
    let begin = Instant::now();
    for packet in 0u32.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut bytes = vec![0x80, 0];
        bytes.extend((packet as u16).to_be_bytes());
        bytes.extend((packet * 160).to_be_bytes());
        bytes.extend(0x1234_5678u32.to_be_bytes());
        for n in packet * 160..(packet + 1) * 160 {
            let phase = f64::from(n) * 440.0 * std::f64::consts::TAU / 8_000.0;
            bytes.push(mulaw(phase.sin() as f32 * 0.5));
        }
        socket.send_to(&bytes, to).ok();
        let due = begin + Duration::from_millis(20) * (packet + 1);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

fn listen(socket: &UdpSocket, heard: &Mutex<Vec<f32>>, stop: &AtomicBool) {
    let mut bytes = [0; 2048];
    while !stop.load(Ordering::Relaxed) {
        if let Ok((length, _)) = socket.recv_from(&mut bytes)
            && length == 172
        {
            heard.lock().expect("heard").extend(bytes[12..length].iter().map(|byte| linear(*byte)));
        }
    }
}

/// ITU-T G.711 µ-law, written again here so that our codec is not its own judge.
fn mulaw(sample: f32) -> u8 {
    let value = (sample * 32_767.0) as i32;
    let (sign, magnitude) = if value < 0 { (0x80, -value) } else { (0, value) };
    let biased = magnitude.min(32_635) + 132;
    let exponent = (31 - biased.leading_zeros()) as i32 - 7;
    let mantissa = (biased >> (exponent + 3)) & 15;
    !(sign | (exponent << 4) as u8 | mantissa as u8)
}

fn linear(byte: u8) -> f32 {
    let byte = !byte;
    let (exponent, mantissa) = (i32::from(byte >> 4 & 7), i32::from(byte & 15));
    let magnitude = (((mantissa << 3) + 132) << exponent) - 132;
    (if byte & 0x80 == 0 { magnitude } else { -magnitude }) as f32 / 32_768.0
}

fn plain() -> Devices {
    Devices { voice_processing: VoiceProcessing::Off, ..Devices::default() }
}

#[test]
fn sound_goes_both_ways_between_a_call_and_the_sound_server() {
    alone("audio::sound_goes_both_ways_between_a_call_and_the_sound_server", |folder| {
        let pulse = Pulse::start(folder);
        let _talk = pulse.speak(1000.0);
        let (phone, mut peer) = (Phone::new(plain()), Peer::default());
        phone.call(&mut peer);
        pulse.hears("spk.monitor", 440.0);
        peer.hears(1000.0);
        assert!(phone.meters.input().0 > -30.0, "{:?}", phone.meters.input());
        assert!(phone.meters.output().0 > -30.0, "{:?}", phone.meters.output());
        let names = phone.report("the devices are named", |report| match report {
            Report::DevicesInUse(Some(input), Some(output)) => Some((input.clone(), output.clone())),
            _ => None,
        });
        assert!(!names.0.is_empty() && !names.1.is_empty(), "{names:?}");
    });
}

#[test]
fn with_voice_processing_the_far_end_is_still_heard() {
    alone("audio::with_voice_processing_the_far_end_is_still_heard", |folder| {
        let pulse = Pulse::start(folder);
        let (phone, mut peer) = (Phone::new(Devices::default()), Peer::default());
        phone.call(&mut peer);
        pulse.hears("spk.monitor", 440.0);
        wait_until("packets are sent", || peer.packets() > 50);
    });
}

#[test]
fn when_the_sound_server_dies_the_call_goes_on_and_the_devices_come_back() {
    alone("audio::when_the_sound_server_dies_the_call_goes_on_and_the_devices_come_back", |folder| {
        let mut pulse = Pulse::start(folder);
        let (phone, mut peer) = (Phone::new(plain()), Peer::default());
        phone.call(&mut peer);
        pulse.hears("spk.monitor", 440.0);
        pulse.kill();
        let trouble = phone.report("trouble is told", |report| match report {
            Report::DeviceTrouble(words) => Some(words.clone()),
            _ => None,
        });
        assert!(trouble.starts_with("The microphone") || trouble.starts_with("The loudspeaker"), "{trouble}");
        let before = peer.packets();
        wait_until("packets go on without any device", || peer.packets() > before + 100);
        pulse.restart();
        let _talk = pulse.speak(1000.0);
        pulse.hears("spk.monitor", 440.0);
        peer.hears(1000.0);
    });
}

#[test]
fn without_any_sound_server_a_call_is_silent_but_alive() {
    alone("audio::without_any_sound_server_a_call_is_silent_but_alive", |_| {
        let (phone, mut peer) = (Phone::new(plain()), Peer::default());
        phone.call(&mut peer);
        phone.report("trouble is told", |report| matches!(report, Report::DeviceTrouble(_)).then_some(()));
        wait_until("packets are sent", || peer.packets() > 100);
        assert!(peer.heard.lock().expect("heard").iter().all(|sample| sample.abs() < 0.001), "silence");
    });
}

#[test]
fn a_chosen_device_is_used_and_the_default_one_while_it_is_away() {
    alone("audio::a_chosen_device_is_used_and_the_default_one_while_it_is_away", |folder| {
        let pulse = Pulse::start(folder);
        let output = Device::Id("pulseaudio:headset".to_owned());
        let (phone, mut peer) = (Phone::new(Devices { output, ..plain() }), Peer::default());
        phone.call(&mut peer);
        pulse.hears("headset.monitor", 440.0);
        assert!(wav::loudest(&pulse.hear("spk.monitor", 1), 48_000) < -60.0, "nothing on the default device");
        let away = Device::Id("pulseaudio:elsewhere".to_owned());
        phone.media.perform(Order::Devices(Devices { output: away, ..plain() }));
        pulse.hears("spk.monitor", 440.0);
        let load = ["load-module", "module-null-sink", "sink_name=elsewhere", "rate=44100", "channels=2"];
        pulse.control(&load).expect("another sink");
        pulse.hears("elsewhere.monitor", 440.0);
    });
}

#[test]
fn the_default_device_is_followed() {
    alone("audio::the_default_device_is_followed", |folder| {
        let pulse = Pulse::start(folder);
        let (phone, mut peer) = (Phone::new(plain()), Peer::default());
        phone.call(&mut peer);
        pulse.hears("spk.monitor", 440.0);
        pulse.control(&["set-default-sink", "headset"]).expect("another default");
        pulse.hears("headset.monitor", 440.0);
    });
}

#[test]
fn the_list_of_devices_is_reported_while_it_is_watched() {
    alone("audio::the_list_of_devices_is_reported_while_it_is_watched", |folder| {
        let pulse = Pulse::start(folder);
        let phone = Phone::new(plain());
        phone.media.perform(Order::WatchDevices(true));
        let list = |report: &Report| match report {
            Report::Devices(list) => Some(list.iter().map(|device| device.id.clone()).collect::<Vec<_>>()),
            _ => None,
        };
        let ids = phone.report("the list", list);
        assert_eq!(ids, ["pulseaudio:spk", "pulseaudio:headset", "pulseaudio:micbus", "pulseaudio:mic"]);
        pulse.control(&["load-module", "module-null-sink", "sink_name=another"]).expect("another sink");
        let ids = phone.report("the new list", list);
        assert!(ids.contains(&"pulseaudio:another".to_owned()), "{ids:?}");
    });
}

#[test]
fn the_ringtone_is_on_the_ringing_device_and_nothing_records_while_it_rings() {
    alone("audio::the_ringtone_is_on_the_ringing_device_and_nothing_records_while_it_rings", |folder| {
        let pulse = Pulse::start(folder);
        let ring = Device::Id("pulseaudio:headset".to_owned());
        let phone = Phone::new(Devices { ring, ..plain() });
        phone.media.perform(Order::Tone(Some(Tone::Ringtone)));
        wait_until("it rings on the headset", || wav::loudest(&pulse.hear("headset.monitor", 1), 48_000) > -40.0);
        assert_eq!(pulse.control(&["list", "short", "source-outputs"]).unwrap_or_default().lines().count(), 1);
        assert!(wav::loudest(&pulse.hear("spk.monitor", 1), 48_000) < -60.0, "nothing on the loudspeaker");
        phone.media.perform(Order::Tone(None));
        wait_until("it stops", || pulse.streams() == 0);
    });
}

/// How often each thread of this process has slept of its own accord.
fn sleeps() -> Vec<(String, u64)> {
    let mut all = Vec::new();
    for task in std::fs::read_dir("/proc/self/task").expect("tasks").flatten() {
        let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().to_owned()
        };
        all.push((field("Name:"), field("voluntary_ctxt_switches:").parse().unwrap_or(0)));
    }
    all.retain(|(name, _)| !name.starts_with("audio::"));
    all.sort();
    all
}

#[test]
fn after_a_call_nothing_is_open_and_nothing_wakes_up() {
    alone("audio::after_a_call_nothing_is_open_and_nothing_wakes_up", |folder| {
        let pulse = Pulse::start(folder);
        let phone = Phone::new(plain());
        {
            let mut peer = Peer::default();
            phone.call(&mut peer);
            pulse.hears("spk.monitor", 440.0);
            assert!(pulse.streams() >= 2);
            phone.media.perform(Order::Close(CALL));
        }
        wait_until("the devices are closed", || pulse.streams() == 0);
        wait_until("only our own threads are left", || sleeps().len() <= 3);
        let quiet = |before: &[(String, u64)]| {
            (0..50).for_each(|_| pause());
            sleeps() == before
        };
        // Threads that end may still be at it; what sleeps for good sleeps a whole second without a wake-up.
        wait_until("nothing wakes up for a second", || quiet(&sleeps()));
        assert!(phone.meters.output().0 < -90.0);
    });
}
