//! `cargo bench --bench null_engine`: what one minute of a call costs without sockets, devices and voice processing:
//! encoding, RTP, jitter buffer, decoding, RTCP, and SRTP where named. Exact scheduler time of this thread.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Mono, Now, Secret, WallTime};
use ringfence::codec::ROWS;
use ringfence::media::stream::{MediaStream, Output, Port, Turn};
use ringfence::media::voice::{Sonora, VoiceProcessor as _};
use ringfence::media::{FRAME, Frame};
use ringfence::port::media::{Codec, Direction, Session, SrtpKeys, Suite};

const SECONDS: u64 = 60;

fn main() {
    let speech = speech();
    for row in ROWS {
        for protected in [false, true] {
            let (sent, _) = call(row, &speech, protected, &[]);
            let (_, cpu) = call(row, &speech, protected, &sent);
            report(&format!("{}{}", row.name, if protected { " with SRTP" } else { "" }), cpu);
        }
    }
    report("voice processing alone", voice(&speech));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints")]
fn report(what: &str, cpu: Duration) {
    println!(
        "{what}: {:.3} CPU seconds per call minute, {:.1} µs per 10 ms",
        cpu.as_secs_f64(),
        cpu.as_secs_f64() * 1e6 / 6_000.0
    );
}

/// One end of a call of a minute: what it sent, and what it cost. `incoming` is what comes, with its time.
fn call(
    row: &ringfence::codec::Row,
    speech: &[f32],
    protected: bool,
    incoming: &[(u64, Vec<u8>)],
) -> (Vec<(u64, Vec<u8>)>, Duration) {
    let first = incoming.is_empty();
    let (us, them) = (SocketAddr::from(([127, 0, 0, 1], 1)), SocketAddr::from(([127, 0, 0, 1], 2)));
    let codec = Codec { name: row.name, payload_type: row.payload_type, fmtp: "useinbandfec=1".into() };
    let (one, two) = (Secret::new(vec![1; 30]), Secret::new(vec![2; 30]));
    let (send, receive) = if first { (one, two) } else { (two, one) };
    let session = Session {
        remote_rtp: Some(if first { us } else { them }),
        remote_rtcp: None,
        rtcp_mux: true,
        direction: Direction::SendRecv,
        send: codec.clone(),
        receive: vec![codec],
        events: vec![],
        ptime: Duration::from_millis(20),
        srtp: protected.then_some(SrtpKeys { suite: Suite::AesCm128Sha1_80, send, receive }),
    };
    let mut stream = MediaStream::new(at(0), &mut Entropy::from_number(u64::from(first)));
    stream.set_session(at(0), &session);
    let (mut sent, mut next, mut frame) = (Vec::new(), 0, [0.0; FRAME]);
    let mut dice = Entropy::from_number(1);
    let before = cpu();
    for (tick, mic) in (0u64..).zip(speech.chunks_exact(FRAME)) {
        let now = tick * 10_000 + 10_000;
        while let Some((at_us, bytes)) = incoming.get(next).filter(|(at_us, _)| *at_us <= now) {
            stream.receive(at(*at_us), Port::Rtp, them, bytes);
            next += 1;
        }
        if let Ok(mic) = <&Frame>::try_from(mic) {
            stream.microphone(at(now), mic);
        }
        stream.speaker(at(now), Turn::default(), &mut frame);
        if stream.next_timeout().is_some_and(|(due, _)| due.as_micros() <= now) {
            stream.handle_timeout(at(now));
        }
        while let Some(output) = stream.poll() {
            if let Output::Send { bytes, .. } = output {
                // 3 ms of jitter on average, so that the jitter buffer has something to do.
                let late = (-(1.0 - dice.fraction()).ln() * 3_000.0) as u64;
                sent.push((now + 30_000 + late, bytes));
            }
        }
    }
    let spent = cpu().saturating_sub(before);
    sent.sort_by_key(|(when, _)| *when);
    (sent, spent)
}

fn voice(speech: &[f32]) -> Duration {
    let mut sonora = Sonora::new();
    let before = cpu();
    for mic in speech.chunks_exact(FRAME) {
        if let Ok(mic) = <&Frame>::try_from(mic) {
            sonora.render(mic);
            let mut mic = *mic;
            sonora.capture(&mut mic);
        }
    }
    cpu().saturating_sub(before)
}

fn at(micros: u64) -> Now {
    Now { mono: Mono::from_micros(micros), wall: WallTime(1_800_000_000_000 + (micros / 1_000).cast_signed()) }
}

/// What the scheduler has given this thread.
fn cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(text.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0))
}

/// Syllables of voice and noise, and pauses.
fn speech() -> Vec<f32> {
    let mut dice = Entropy::from_number(99);
    let (mut out, mut phase) = (Vec::new(), 0.0f32);
    while out.len() < SECONDS as usize * 48_000 {
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
    out.truncate(SECONDS as usize * 48_000);
    out
}
