//! Two streams and the wire between them, on a virtual clock.

use std::net::SocketAddr;
use std::time::Duration;

use super::{Happening, MediaStream, Output, Pace, Port, Turn};
use crate::base::{Entropy, Mono, Now, Secret, WallTime};
use crate::codec::ROWS;
use crate::media::rtp::Packet;
use crate::media::{FRAME, Frame};
use crate::port::media::{Codec, Direction, Session, SrtpKeys, Suite};

fn at(millis: u64) -> Now {
    Now { mono: Mono::from_millis(millis), wall: WallTime(1_800_000_000_000 + millis as i64) }
}

fn addr(port: u16) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 7], port))
}

fn session(row: usize, remote: u16) -> Session {
    let row = &ROWS[row];
    let codec = Codec { name: row.name, payload_type: row.payload_type, fmtp: "useinbandfec=1".into() };
    Session {
        remote_rtp: Some(addr(remote)),
        remote_rtcp: Some(addr(remote + 1)),
        rtcp_mux: false,
        direction: Direction::SendRecv,
        send: codec.clone(),
        receive: vec![codec],
        events: vec![(101, row.clock_rate)],
        ptime: Duration::from_millis(20),
        srtp: None,
    }
}

fn keys(send: u8, receive: u8) -> SrtpKeys {
    let key = |fill| Secret::new(vec![fill; 30]);
    SrtpKeys { suite: Suite::AesCm128Sha1_80, send: key(send), receive: key(receive) }
}

/// One end: its stream, where it is, and what it said.
struct End {
    stream: MediaStream,
    port: u16,
    sent: Vec<(Port, SocketAddr, Vec<u8>)>,
    said: Vec<Happening>,
    heard: Vec<f32>,
    phase: f32,
    hertz: f32,
}

impl End {
    fn new(port: u16, hertz: f32) -> End {
        let stream = MediaStream::new(at(0), &mut Entropy::from_number(u64::from(port)));
        End { stream, port, sent: vec![], said: vec![], heard: vec![], phase: 0.0, hertz }
    }

    fn tick(&mut self, now: Now) {
        let mut frame: Frame = [0.0; FRAME];
        for sample in &mut frame {
            self.phase = (self.phase + self.hertz / 48_000.0).fract();
            *sample = 0.3 * (std::f32::consts::TAU * self.phase).sin();
        }
        self.stream.microphone(now, &frame);
        self.stream.speaker(now, Turn::default(), &mut frame);
        self.heard.extend_from_slice(&frame);
        if self.stream.next_timeout().is_some_and(|(due, _)| due <= now.mono) {
            self.stream.handle_timeout(now);
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.stream.poll() {
            match output {
                Output::Send { port, to, bytes } => self.sent.push((port, to, bytes)),
                Output::Happened(happening) => self.said.push(happening),
            }
        }
    }

    fn rtp(&self) -> Vec<Packet> {
        self.sent.iter().filter(|sent| sent.0 == Port::Rtp).filter_map(|sent| Packet::parse(&sent.2).ok()).collect()
    }

    fn count(&self, of: fn(&Happening) -> bool) -> usize {
        self.said.iter().filter(|happening| of(happening)).count()
    }
}

/// Both ends live from `from` to `until` ms; what they send arrives 20 ms later.
fn run(a: &mut End, b: &mut End, from: u64, until: u64) {
    let mut wire: Vec<(u64, bool, u16, Port, Vec<u8>)> = Vec::new();
    for millis in (from..until).step_by(10) {
        let arrived: Vec<_> = wire.iter().filter(|item| item.0 <= millis).cloned().collect();
        wire.retain(|item| item.0 > millis);
        for (_, to_b, source, port, bytes) in arrived {
            if to_b { &mut *b } else { &mut *a }.stream.receive(at(millis), port, addr(source), &bytes);
        }
        let (port_a, port_b) = (a.port, b.port);
        for (end, other, to_b) in [(&mut *a, port_b, true), (&mut *b, port_a, false)] {
            let before = end.sent.len();
            end.tick(at(millis));
            for (port, to, bytes) in &end.sent[before..] {
                let offset = u16::from(*port == Port::Rtcp);
                assert_eq!(*to, addr(other + offset));
                wire.push((millis + 20, to_b, end.port + offset, *port, bytes.clone()));
            }
        }
    }
    for (_, to_b, source, port, bytes) in wire {
        if to_b { &mut *b } else { &mut *a }.stream.receive(at(until), port, addr(source), &bytes);
    }
}

fn power(samples: &[f32], hertz: f32) -> f32 {
    let (mut re, mut im) = (0.0f32, 0.0f32);
    for (n, sample) in samples.iter().enumerate() {
        let angle = std::f32::consts::TAU * hertz * n as f32 / 48_000.0;
        re += sample * angle.cos();
        im += sample * angle.sin();
    }
    2.0 * (re * re + im * im).sqrt() / samples.len() as f32
}

fn pair() -> (End, End) {
    (End::new(1_000, 440.0), End::new(2_000, 900.0))
}

#[test]
fn two_ends_hear_each_other_with_every_codec_plain_and_protected() {
    for (row, codec) in ROWS.iter().enumerate() {
        for srtp in [false, true] {
            let (mut a, mut b) = pair();
            let (mut one, mut two) = (session(row, 2_000), session(row, 1_000));
            if srtp {
                (one.srtp, two.srtp) = (Some(keys(1, 2)), Some(keys(2, 1)));
            }
            a.stream.set_session(at(0), &one);
            b.stream.set_session(at(0), &two);
            run(&mut a, &mut b, 0, 3_000);
            for (end, hertz, own) in [(&a, 900.0, 440.0), (&b, 440.0, 900.0)] {
                let last = &end.heard[96_000..];
                assert!(power(last, hertz) > 0.2, "{} {srtp}: {}", codec.name, power(last, hertz));
                assert!(power(last, own) < 0.02, "{} {srtp}", codec.name);
                assert_eq!(end.count(|it| *it == Happening::FirstPacket), 1);
                let stats = end.stream.stats();
                assert!(stats.received > 140 && stats.lost == 0 && stats.refused == 0, "{stats:?}");
                assert!(stats.r_factor > 70.0 && stats.playout_delay_ms < 60.0, "{stats:?}");
            }
        }
    }
}

#[test]
fn the_first_packet_leaves_after_the_first_20_ms_and_has_the_marker() {
    let (mut a, _) = pair();
    a.stream.set_session(at(0), &session(0, 2_000));
    a.tick(at(0));
    assert!(a.sent.is_empty());
    a.tick(at(10));
    assert!(a.rtp().len() == 1 && a.rtp()[0].marker);
}

#[test]
fn numbers_and_timestamps_live_through_hold_mute_and_a_change_of_codec() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    b.stream.set_session(at(0), &session(3, 1_000));
    run(&mut a, &mut b, 0, 1_000);
    a.stream.mute(true);
    run(&mut a, &mut b, 1_000, 2_000);
    assert_eq!(a.rtp().len(), 100, "mute goes on sending");
    assert!(a.rtp()[90].payload.iter().all(|byte| byte & 0x7f > 0x7a), "silence: {:?}", a.rtp()[90].payload);
    a.stream.mute(false);
    a.stream.set_session(at(2_000), &Session { direction: Direction::Inactive, ..session(3, 2_000) });
    run(&mut a, &mut b, 2_000, 4_000);
    assert_eq!(a.rtp().len(), 100, "hold sends nothing");
    a.stream.set_session(at(4_000), &session(3, 2_000));
    run(&mut a, &mut b, 4_000, 5_000);
    a.stream.set_session(at(5_000), &session(1, 2_000));
    b.stream.set_session(at(5_000), &session(1, 1_000));
    run(&mut a, &mut b, 5_000, 6_000);
    let packets = a.rtp();
    assert_eq!(packets.len(), 200);
    assert!(
        packets.windows(2).all(|two| two[1].sequence == two[0].sequence.wrapping_add(1) && two[1].ssrc == two[0].ssrc)
    );
    assert_eq!(packets[100].timestamp.wrapping_sub(packets[99].timestamp), 160 + 2 * 8_000, "2 s passed");
    assert!(packets[100].marker && !packets[101].marker);
    assert_eq!(packets[199].payload_type, 9);
    assert!(power(&b.heard[5 * 48_000 + 24_000..], 440.0) > 0.2, "and it is heard again");
}

#[test]
fn on_hold_the_path_is_kept_open_and_rtcp_goes_on() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &Session { direction: Direction::RecvOnly, ..session(0, 2_000) });
    b.stream.set_session(at(0), &session(0, 1_000));
    run(&mut a, &mut b, 0, 61_000);
    let packets = a.rtp();
    assert_eq!(packets.len(), 4, "every 15 s");
    assert!(packets.iter().all(|packet| packet.payload.is_empty() && packet.payload_type == 127));
    let reports = a.sent.iter().filter(|sent| sent.0 == Port::Rtcp).count();
    assert!((8..=24).contains(&reports), "{reports} reports in a minute");
    assert_eq!(b.stream.stats().refused, 4, "the other end knows no such payload type, and does no harm");
}

#[test]
fn digits_arrive_in_order_and_once() {
    for (row, codec) in ROWS.iter().enumerate() {
        let (mut a, mut b) = pair();
        a.stream.set_session(at(0), &session(row, 2_000));
        b.stream.set_session(at(0), &session(row, 1_000));
        run(&mut a, &mut b, 0, 500);
        a.stream.digits("15#5");
        run(&mut a, &mut b, 500, 2_000);
        let digits: String = b
            .said
            .iter()
            .filter_map(|said| if let Happening::Digit(digit) = said { Some(*digit) } else { None })
            .collect();
        assert_eq!(digits, "15#5", "{}", codec.name);
        assert_eq!(a.count(|it| *it == Happening::DigitsSent), 1);
        let events: Vec<Packet> = a.rtp().into_iter().filter(|packet| packet.payload_type == 101).collect();
        assert_eq!(events.len(), 4 * 8);
        assert!(events[..8].iter().all(|packet| packet.timestamp == events[0].timestamp));
        assert_eq!(events[7].payload[2..], ((6 * codec.clock_rate / 50) as u16).to_be_bytes());
        assert_eq!(b.stream.stats().lost, 0, "{}", codec.name);
        assert!(b.stream.stats().concealed < 0.001, "keys are not loss: {:?}", b.stream.stats());
    }
}

#[test]
fn digits_are_sung_where_the_other_end_knows_no_events() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &Session { events: vec![], ..session(2, 2_000) });
    b.stream.set_session(at(0), &Session { events: vec![], ..session(2, 1_000) });
    run(&mut a, &mut b, 0, 1_000);
    a.stream.digits("5");
    run(&mut a, &mut b, 1_000, 2_000);
    let loudest =
        b.heard[48_000..].chunks(2_400).map(|part| power(part, 770.0).min(power(part, 1_336.0))).fold(0.0, f32::max);
    assert!(loudest > 0.1, "{loudest}");
    assert_eq!(a.count(|it| *it == Happening::DigitsSent), 1);
}

#[test]
fn silence_is_said_after_10_and_60_seconds_and_its_end_too() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    a.stream.expect(at(0), true);
    for millis in (0..65_000).step_by(10) {
        a.tick(at(millis));
    }
    let silent: Vec<&Happening> = a.said.iter().filter(|said| matches!(said, Happening::Silent(_))).collect();
    assert_eq!(silent, [&Happening::Silent(Duration::from_secs(10)), &Happening::Silent(Duration::from_secs(60))]);
    b.stream.set_session(at(65_000), &session(3, 1_000));
    run(&mut a, &mut b, 65_000, 66_000);
    assert_eq!(a.count(|it| *it == Happening::Heard), 1);
    assert!((60..=67).contains(&a.count(|it| matches!(it, Happening::Stats(_)))), "figures once a second");
}

#[test]
fn silence_counts_from_the_moment_at_which_something_is_expected_whatever_session_comes_again() {
    let (mut a, _) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    for (from, held) in [(90_000, false), (190_000, true)] {
        a.stream.expect(at(from), !held);
        for millis in (from..from + 90_000).step_by(1_000) {
            a.stream.set_session(at(millis), &session(3, 2_000));
            a.tick(at(millis));
            let said = std::mem::take(&mut a.said).into_iter().find(|it| matches!(it, Happening::Silent(_)));
            let due = [10, 60].map(Duration::from_secs).into_iter().find(|it| at(millis).mono == at(from).mono + *it);
            assert_eq!(said, due.filter(|_| !held).map(Happening::Silent), "{millis} ms");
        }
    }
}

#[test]
fn third_parties_are_ignored_once_somebody_is_believed() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    b.stream.set_session(at(0), &session(3, 1_000));
    run(&mut a, &mut b, 0, 500);
    let before = a.stream.stats();
    let forged = Packet { ssrc: 66, payload: vec![0; 160], ..Packet::default() };
    for sequence in 0..50 {
        a.stream.receive(at(500), Port::Rtp, addr(6_666), &Packet { sequence, ..forged.clone() }.build());
    }
    let after = a.stream.stats();
    assert_eq!((after.received, after.refused), (before.received, before.refused + 50));
    run(&mut a, &mut b, 500, 600); // asserts that packets still go to b
}

#[test]
fn an_unsignalled_source_is_believed_after_ten_packets_and_answered() {
    let (mut a, _) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    for n in 0..12u16 {
        let packet = Packet {
            ssrc: 5,
            sequence: n,
            timestamp: u32::from(n) * 160,
            payload: vec![0xd5; 160],
            ..Packet::default()
        };
        a.stream.receive(at(u64::from(n) * 20), Port::Rtp, addr(4_000), &packet.build());
    }
    assert_eq!((a.stream.stats().received, a.stream.stats().refused), (3, 9));
    a.tick(at(300));
    a.tick(at(310));
    assert_eq!(a.sent[0].1, addr(4_000), "our packets follow");
}

#[test]
fn under_srtp_nothing_forged_latches_or_counts_and_one_authentic_packet_does() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &Session { srtp: Some(keys(1, 2)), ..session(3, 2_000) });
    b.stream.set_session(at(0), &Session { srtp: Some(keys(2, 1)), ..session(3, 1_000) });
    let forged = Packet { ssrc: 66, payload: vec![0; 170], ..Packet::default() };
    for sequence in 0..50 {
        a.stream.receive(at(0), Port::Rtp, addr(6_666), &Packet { sequence, ..forged.clone() }.build());
        a.stream.receive(at(0), Port::Rtp, addr(2_000), &Packet { sequence, ..forged.clone() }.build());
    }
    a.drain();
    assert_eq!((a.stream.stats().received, a.stream.stats().refused, a.said.len()), (0, 100, 0));
    b.tick(at(10));
    b.tick(at(20));
    let real = b.sent[0].2.clone();
    a.stream.receive(at(30), Port::Rtp, addr(7_000), &real);
    assert_eq!(a.stream.stats().received, 1, "authentic, from behind a NAT");
    a.stream.receive(at(30), Port::Rtp, addr(7_000), &real);
    assert_eq!((a.stream.stats().received, a.stream.stats().refused), (1, 101), "but not twice");
}

#[test]
fn keys_that_do_not_work_send_nothing_in_clear() {
    let (mut a, _) = pair();
    let broken = SrtpKeys { send: Secret::new(vec![1; 3]), ..keys(1, 2) };
    a.stream.set_session(at(0), &Session { srtp: Some(broken), ..session(3, 2_000) });
    for millis in (0..20_000).step_by(10) {
        a.tick(at(millis));
    }
    a.stream.close(at(20_000));
    a.drain();
    assert!(a.sent.is_empty());
    assert_eq!(a.count(|it| matches!(it, Happening::Trouble(_))), 1);
}

#[test]
fn the_end_is_an_rtcp_bye_and_then_nothing() {
    for srtp in [None, Some(keys(1, 2))] {
        let (mut a, _) = pair();
        let plain = srtp.is_none();
        a.stream.set_session(at(0), &Session { srtp, ..session(3, 2_000) });
        a.tick(at(0));
        a.stream.close(at(10));
        a.tick(at(10));
        a.tick(at(9_000));
        let (port, to, bytes) = a.sent.last().expect("a BYE");
        assert_eq!((*port, *to, a.sent.len()), (Port::Rtcp, addr(2_001), 1));
        assert_eq!(bytes.windows(2).any(|two| two == [0x81, 203] || two == [0xa1, 203]), plain);
        assert_eq!(a.stream.next_timeout(), None);
    }
}

#[test]
fn multiplexed_rtcp_shares_the_port() {
    let (mut a, mut b) = pair();
    a.stream.set_session(at(0), &Session { rtcp_mux: true, ..session(3, 2_000) });
    b.stream.set_session(at(0), &Session { rtcp_mux: true, ..session(3, 1_000) });
    run(&mut a, &mut b, 0, 20_000);
    assert!(a.sent.iter().all(|sent| sent.0 == Port::Rtp));
    let trip = a.stream.stats().round_trip_ms.expect("a round trip");
    assert!((35.0..65.0).contains(&trip), "{trip}");
    assert_eq!(a.stream.stats().refused, 0);
}

#[test]
fn a_source_with_our_own_number_gets_it() {
    let (mut a, _) = pair();
    a.stream.set_session(at(0), &session(3, 2_000));
    a.tick(at(0));
    a.tick(at(10));
    let ours = a.rtp()[0].ssrc;
    a.stream.receive(
        at(20),
        Port::Rtp,
        addr(2_000),
        &Packet { ssrc: ours, payload: vec![0; 160], ..Packet::default() }.build(),
    );
    a.tick(at(20));
    a.tick(at(30));
    assert_ne!(a.rtp().last().expect("a packet").ssrc, ours);
    assert!(a.sent.iter().any(|sent| sent.0 == Port::Rtcp), "and a BYE for the old one");
}

#[test]
fn random_datagrams_do_no_harm() {
    let mut dice = Entropy::from_number(17);
    for srtp in [None, Some(keys(1, 2))] {
        let (mut a, _) = pair();
        a.stream.set_session(at(0), &Session { srtp, rtcp_mux: true, ..session(0, 2_000) });
        let mut frame = [0.0; FRAME];
        for n in 0..20_000u64 {
            let mut bytes = vec![0; (dice.bits32() % 90) as usize];
            dice.fill(&mut bytes);
            if let [first, second, ..] = bytes.as_mut_slice() {
                *first = *first & 0x3f | 0x80;
                *second = if n % 3 == 0 { 192 + (*second & 31) } else { 111 };
            }
            let port = if n % 2 == 0 { Port::Rtp } else { Port::Rtcp };
            a.stream.receive(at(n), port, addr(2_000 + (n % 2) as u16), &bytes);
            if n % 10 == 0 {
                a.stream.speaker(at(n), Turn::default(), &mut frame);
                a.drain();
            }
        }
    }
}

/// What a device asks for.
#[derive(Debug)]
enum Device {
    /// So many frames at once, none queued.
    Virtual(usize),
    /// Drains so many samples of a queue at once, which is kept at 20 ms or what it takes.
    Drains(usize),
}

/// A perfect network whose first packet comes after 300 ms and `phase` µs: the figures after 6 s, and the share of silence
/// in what was heard after the first second.
fn perfect(device: &Device, phase: u64) -> (crate::port::media::Stats, f32) {
    let (mut a, _) = pair();
    a.stream.set_session(at(0), &session(0, 2_000));
    let mut encoder = ROWS[0].encoder("").expect("encoder");
    let tone: Vec<f32> = (0..960).map(|n| 0.3 * (std::f32::consts::TAU * n as f32 / 96.0).sin()).collect();
    let (mut sent, mut drained, mut payload, mut frame) = (0u16, 0, Vec::new(), [0.0; FRAME]);
    let (mut pace, mut queued, mut wanted) = (Pace::default(), 0, 2 * FRAME);
    for micros in (0..6_000_000u64).step_by(100) {
        let now = Now { mono: Mono::from_micros(micros), ..at(0) };
        if micros == 300_000 + phase + u64::from(sent) * 20_000 {
            encoder.encode(&tone, &mut payload).expect("encodes");
            let (payload_type, payload) = (ROWS[0].payload_type, payload.clone());
            let timestamp = u32::from(sent) * 960;
            let packet = Packet { payload_type, sequence: sent, timestamp, payload, ..Packet::default() };
            a.stream.receive(now, Port::Rtp, addr(2_000), &packet.build());
            sent += 1;
        }
        let piece = match device {
            Device::Virtual(frames) => frames * FRAME,
            Device::Drains(samples) => *samples,
        };
        if micros * 48 / 1_000 < drained {
            continue;
        }
        drained += piece as u64;
        let time = |samples: usize| Duration::from_micros(samples as u64 * 1_000 / 48);
        let turns: Vec<Turn> = match device {
            Device::Virtual(frames) => {
                (0..*frames).map(|n| Turn { behind: time((frames - 1 - n) * FRAME), queued: time(n * FRAME) }).collect()
            }
            Device::Drains(_) => {
                wanted = if queued < piece { (wanted + FRAME).min(6 * FRAME) } else { wanted };
                queued = queued.saturating_sub(piece);
                let missing = wanted.saturating_sub(queued).div_ceil(FRAME);
                queued += missing * FRAME;
                (0..missing).rev().map(|n| pace.turn(time(queued - (n + 1) * FRAME))).collect()
            }
        };
        for turn in turns {
            a.stream.speaker(now, turn, &mut frame);
            a.heard.extend_from_slice(&frame);
        }
    }
    let quiet = a.heard[48_000..].chunks(96).filter(|cycle| cycle.iter().all(|sample| sample.abs() < 0.1)).count();
    (a.stream.stats(), quiet as f32 * 96.0 / (a.heard.len() - 48_000) as f32)
}

#[test]
fn a_perfect_network_is_good_however_many_frames_the_device_takes_at_once() {
    let drains = [441, 480, 512, 960, 1_024, 2_048].map(Device::Drains);
    for device in [1, 2, 4].map(Device::Virtual).iter().chain(&drains) {
        for phase in (0..20_000).step_by(2_500) {
            let (stats, quiet) = perfect(device, phase);
            let about = format!("{device:?}, phase {phase} µs: {stats:?}, quiet {quiet}");
            assert!(stats.received > 280 && stats.concealed == 0.0 && quiet == 0.0, "{about}");
            assert!(stats.r_factor > 80.0, "{about}");
            let own = match device {
                Device::Virtual(frames) => *frames as f32 * 10.0,
                Device::Drains(samples) => *samples as f32 / 48.0 + 20.0,
            };
            assert!(stats.playout_delay_ms < 20.0 + own, "{about}");
        }
    }
}
