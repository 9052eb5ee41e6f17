//! The jitter buffer on a virtual clock: generated networks, real Opus, and what a person would hear.

use super::{Figures, JitterBuffer as _, Playout};
use crate::base::{Entropy, Mono};
use crate::codec::{Adaptation, ROWS, Row};
use crate::media::FRAME;
use crate::media::rtp::Packet;

const SECONDS: usize = 30;
const FIRST_MS: u64 = 1_000;
const START: u32 = 0xffff_0000;

/// Something like speech: syllables of voice with changing pitch, consonants of noise, pauses.
fn speech(seconds: usize) -> Vec<f32> {
    let mut dice = Entropy::from_number(99);
    let (mut out, mut phase) = (Vec::with_capacity(seconds * 48_000), 0.0f32);
    while out.len() < seconds * 48_000 {
        let pitch = 100.0 + 80.0 * dice.fraction() as f32;
        let (length, kind) = (4_800 + dice.bits32() as usize % 9_600, dice.bits32() % 5);
        for n in 0..length {
            phase = (phase + pitch / 48_000.0).fract();
            let envelope = (std::f32::consts::PI * n as f32 / length as f32).sin();
            let voice: f32 = (1..=15).map(|h| (std::f32::consts::TAU * phase * h as f32).sin() / h as f32).sum();
            out.push(match kind {
                0 => 0.0002 * (dice.fraction() as f32 - 0.5),
                1 => 0.05 * envelope * (dice.fraction() as f32 - 0.5),
                _ => 0.12 * envelope * voice,
            });
        }
    }
    out.truncate(seconds * 48_000);
    out
}

fn packets(row: &Row, pcm: &[f32]) -> Vec<Packet> {
    let mut encoder = row.encoder("useinbandfec=1").expect("encoder");
    encoder.adapt(Adaptation { loss: 0.05, bitrate: 32_000 });
    let tick = 960 / row.samples_per_tick();
    pcm.chunks_exact(960)
        .enumerate()
        .map(|(n, chunk)| {
            let mut payload = Vec::new();
            encoder.encode(chunk, &mut payload).expect("encodes");
            Packet {
                payload_type: row.payload_type,
                sequence: 65_000u16.wrapping_add(n as u16),
                timestamp: START.wrapping_add(n as u32 * tick),
                ssrc: 1,
                payload,
                marker: n == 0,
            }
        })
        .collect()
}

/// When each packet comes, in µs after it was sent; none if it does not.
type Network = fn(&mut Entropy, usize) -> Vec<Option<u64>>;

fn exponential(dice: &mut Entropy, mean_us: f64) -> u64 {
    (-(1.0 - dice.fraction()).ln() * mean_us) as u64
}

fn clean(dice: &mut Entropy, count: usize) -> Vec<Option<u64>> {
    (0..count).map(|_| Some(30_000 + (dice.fraction() * 1_000.0) as u64)).collect()
}

fn lan(dice: &mut Entropy, count: usize) -> Vec<Option<u64>> {
    (0..count).map(|_| Some(30_000 + exponential(dice, 3_000.0))).collect()
}

/// About every 2 s nothing passes for 60 to 180 ms, then everything at once; 1 % is lost.
fn wifi(dice: &mut Entropy, count: usize) -> Vec<Option<u64>> {
    let (mut from, mut until) = (1_500_000u64, 1_500_000u64);
    (0..count as u64)
        .map(|n| {
            let sent = n * 20_000;
            let mut at = sent + 30_000 + exponential(dice, 1_000.0);
            while at >= until {
                from = until + 1_500_000 + (dice.fraction() * 1_000_000.0) as u64;
                until = from + 60_000 + (dice.fraction() * 120_000.0) as u64;
            }
            if at >= from {
                at = until + (dice.fraction() * 500.0) as u64;
            }
            (dice.fraction() >= 0.01).then_some(at - sent)
        })
        .collect()
}

struct Outcome {
    mean_ms: f64,
    figures: Figures,
    concealed: f64,
    sound: Vec<f32>,
}

/// Plays `packets` through `network`, a pull every 10 ms at a phase that depends on the seed.
fn play(row: &'static Row, packets: &[Packet], network: Network, seed: u64) -> Outcome {
    let mut dice = Entropy::from_number(seed);
    let mut arrivals: Vec<(u64, usize)> = network(&mut dice, packets.len())
        .into_iter()
        .enumerate()
        .filter_map(|(n, delay)| Some((FIRST_MS * 1_000 + n as u64 * 20_000 + delay?, n)))
        .collect();
    arrivals.sort_unstable();
    let mut playout = Playout::default();
    playout.configure(&[(row.payload_type, row)]);
    let phase = u64::from(dice.bits32() % 10_000);
    let (mut coming, mut sum, mut pulls, mut sound) = (arrivals.into_iter().peekable(), 0.0, 0, Vec::new());
    for tick in 0..(packets.len() as u64 * 2 - 20) {
        let now = FIRST_MS * 1_000 + tick * 10_000 + phase;
        while let Some((at, n)) = coming.next_if(|(at, _)| *at <= now) {
            playout.insert(Mono::from_micros(at), packets[n].clone());
        }
        let mut frame = [0.0; FRAME];
        playout.pull(Mono::from_micros(now), &mut frame);
        sound.extend_from_slice(&frame);
        if let Some(next) = playout.next {
            let origin = (i64::from(START) + (1 << 40)) * i64::from(row.samples_per_tick());
            let sent_ms = FIRST_MS as f64 + (next.timestamp - origin) as f64 / 48.0;
            // What comes next will be played when all that is decoded has been played.
            sum += (now + 10_000) as f64 / 1_000.0 + playout.pcm.len() as f64 / 48.0 - sent_ms;
            pulls += 1;
        }
    }
    let figures = playout.figures();
    Outcome {
        mean_ms: sum / f64::from(pulls),
        concealed: figures.concealed as f64 / figures.played as f64,
        figures,
        sound,
    }
}

fn check(name: &str, network: Network, most_ms: f64, most_concealed: f64) {
    let packets = packets(&ROWS[0], &speech(SECONDS));
    let mut worst = (0.0f64, 0.0f64);
    let (mut sum_ms, mut sum_concealed) = (0.0, 0.0);
    for seed in 1..=8 {
        let outcome = play(&ROWS[0], &packets, network, seed);
        println!(
            "{name} seed {seed}: mean {:.1} ms, concealed {:.2} %, {:?}",
            outcome.mean_ms,
            outcome.concealed * 100.0,
            outcome.figures
        );
        worst = (worst.0.max(outcome.mean_ms), worst.1.max(outcome.concealed));
        sum_ms += outcome.mean_ms / 8.0;
        sum_concealed += outcome.concealed / 8.0;
    }
    println!(
        "{name}: mean {sum_ms:.1} ms, concealed {:.3} %; worst {:.1} ms, {:.3} %",
        sum_concealed * 100.0,
        worst.0,
        worst.1 * 100.0
    );
    assert!(sum_ms <= most_ms, "{name}: mean delay {sum_ms:.1} ms");
    assert!(sum_concealed <= most_concealed, "{name}: concealed {:.2} %", sum_concealed * 100.0);
    // One network is luckier than another, but none may be far off.
    assert!(worst.0 <= most_ms * 1.1, "{name}: mean delay of the worst seed {:.1} ms", worst.0);
    assert!(worst.1 <= most_concealed * 1.25, "{name}: concealed by the worst seed {:.2} %", worst.1 * 100.0);
}

#[test]
fn a_clean_network_costs_15_ms_and_no_concealment() {
    check("clean", clean, 45.0, 0.0);
}

#[test]
fn a_lan_costs_30_ms_and_hardly_any_concealment() {
    check("lan", lan, 60.0, 0.003);
}

#[test]
fn wifi_stalls_cost_110_ms_and_2_percent_of_concealment() {
    check("wifi", wifi, 140.0, 0.02);
}

#[test]
fn the_sound_comes_out_when_the_figures_say() {
    // A click in silence through A-law: codec and resampler delay it by some 4 ms, the buffer by what it says.
    let row = &ROWS[2];
    let mut pcm = vec![0.0; 48_000 * 4];
    pcm[144_000..144_048].fill(0.8);
    let outcome = play(row, &packets(row, &pcm), clean, 3);
    let loudest = outcome.sound.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).expect("sound").0;
    // Captured at 3 s of the recording, whose first packet was sent 20 ms after its first sample.
    let delay_ms = (loudest as f64 - 144_000.0) / 48.0 + 20.0;
    let expected = f64::from(outcome.figures.delay_ms) + 30.0 + 20.0 + 4.0;
    assert!((delay_ms - expected).abs() < 12.0, "{delay_ms} ms, expected {expected}");
}

#[test]
fn redundancy_restores_more_than_half_of_ten_percent_loss() {
    fn lossy(dice: &mut Entropy, count: usize) -> Vec<Option<u64>> {
        (0..count).map(|_| (dice.fraction() >= 0.1).then_some(30_000)).collect()
    }
    let pcm = speech(10);
    let opus = play(&ROWS[0], &packets(&ROWS[0], &pcm), lossy, 5);
    assert!(opus.figures.restored > opus.figures.concealed, "{:?}", opus.figures);
    let pcma = play(&ROWS[2], &packets(&ROWS[2], &pcm), lossy, 5);
    assert!((0.08..0.14).contains(&pcma.concealed), "G.711 conceals all of it: {}", pcma.concealed);
    assert_eq!(pcma.figures.restored, 0);
}

#[test]
fn a_sender_that_falls_silent_is_not_concealed() {
    // Silence suppression: packets 100 to 199 are never sent, the numbers go on, the timestamps jump.
    let row = &ROWS[3];
    let all = packets(row, &speech(8));
    let mut sent: Vec<Packet> = all.iter().take(100).chain(all.iter().skip(150)).cloned().collect();
    let first = sent[0].sequence;
    for (n, packet) in sent.iter_mut().enumerate() {
        packet.sequence = first.wrapping_add(n as u16);
    }
    let mut playout = Playout::default();
    playout.configure(&[(0, row)]);
    for tick in 0..800u64 {
        let now = 1_000 + tick * 10;
        for packet in &sent {
            let at = 1_030 + u64::from(packet.timestamp.wrapping_sub(START)) / 8;
            if at > now - 10 && at <= now {
                playout.insert(Mono::from_millis(at), packet.clone());
            }
        }
        playout.pull(Mono::from_millis(now), &mut [0.0; FRAME]);
    }
    let figures = playout.figures();
    assert_eq!(figures.concealed, 0, "{figures:?}");
    assert_eq!(figures.late, 0);
}

#[test]
fn another_source_is_heard_soon_and_keeps_nothing_of_the_first() {
    let row = &ROWS[3];
    let all = packets(row, &speech(4));
    let mut playout = Playout::default();
    playout.configure(&[(0, row)]);
    let mut loud = 0;
    for tick in 0..400u64 {
        let now = 1_000 + tick * 10;
        if tick % 2 == 0 {
            let mut packet = all[tick as usize / 2].clone();
            if tick >= 200 {
                packet = Packet {
                    ssrc: 9,
                    sequence: packet.sequence ^ 0x5555,
                    timestamp: packet.timestamp ^ 0x1234_5678,
                    ..packet
                };
                packet.sequence = (tick / 2) as u16;
                packet.timestamp = 77_000 + tick as u32 * 80;
            }
            assert!(playout.insert(Mono::from_millis(now), packet));
        }
        let mut frame = [0.0; FRAME];
        playout.pull(Mono::from_millis(now), &mut frame);
        loud += usize::from(tick > 215 && frame.iter().any(|sample| sample.abs() > 0.001));
    }
    assert!(loud > 100, "the second source is heard: {loud}");
    assert!(playout.figures().concealed < 4_800, "{:?}", playout.figures());
    assert!(
        !playout.insert(Mono::from_millis(9), Packet { payload_type: 77, ..Packet::default() }),
        "unknown payload type"
    );
}

#[test]
fn packets_of_any_length_play_without_concealment() {
    for samples in [480usize, 960, 1_920, 2_880] {
        let row = &ROWS[3];
        let pcm = speech(6);
        let mut encoder = row.encoder("").expect("encoder");
        let mut playout = Playout::default();
        playout.configure(&[(0, row)]);
        let (mut sent, mut payload) = (0usize, Vec::new());
        for tick in 0..500u64 {
            let now = 1_000 + tick * 10;
            while (sent + 1) * samples <= tick as usize * 480 {
                encoder.encode(&pcm[sent * samples..(sent + 1) * samples], &mut payload).expect("encodes");
                let timestamp = (sent * samples / 6) as u32;
                let packet = Packet { sequence: sent as u16, timestamp, payload: payload.clone(), ..Packet::default() };
                playout.insert(Mono::from_millis(now), packet);
                sent += 1;
            }
            playout.pull(Mono::from_millis(now), &mut [0.0; FRAME]);
        }
        assert_eq!(playout.figures().concealed, 0, "{samples}: {:?}", playout.figures());
    }
}
