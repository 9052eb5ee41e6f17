//! The loop over all rows: what every codec owes the rest of the phone.

use super::{Adaptation, FRAME, LONGEST, ROWS, Row, row, row_of_static};
use crate::base::Entropy;

fn speechlike(samples: usize) -> Vec<f32> {
    // Harmonics of 150 Hz under a slow envelope: something that every codec of ours can carry.
    (0..samples)
        .map(|n| {
            let t = n as f32 / 48_000.0;
            let voice: f32 = (1..=12).map(|h| (std::f32::consts::TAU * 150.0 * h as f32 * t).sin() / h as f32).sum();
            0.15 * voice * (0.6 + 0.4 * (std::f32::consts::TAU * 3.0 * t).sin())
        })
        .collect()
}

fn encode(row: &Row, pcm: &[f32], frame: usize) -> Vec<Vec<u8>> {
    let mut encoder = row.encoder("useinbandfec=1").expect("encoder");
    encoder.adapt(Adaptation { loss: 0.2, bitrate: 32_000 });
    pcm.chunks_exact(frame)
        .map(|chunk| {
            let mut payload = Vec::new();
            encoder.encode(chunk, &mut payload).expect("encodes");
            payload
        })
        .collect()
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

/// Likeness of two signals at the best lag below 20 ms.
fn likeness(a: &[f32], b: &[f32]) -> f32 {
    (0..960)
        .map(|lag| {
            let product: f32 = a.iter().zip(&b[lag..]).map(|(x, y)| x * y).sum();
            product / (a.len().min(b.len() - lag) as f32 * rms(a) * rms(&b[lag..])).max(1e-9)
        })
        .fold(0.0, f32::max)
}

#[test]
fn every_row_carries_sound_both_ways() {
    for row in ROWS {
        let pcm = speechlike(FRAME * 50);
        let mut decoder = row.decoder().expect("decoder");
        let mut out = Vec::new();
        for payload in encode(row, &pcm, FRAME) {
            assert_eq!(decoder.duration(&payload), Some(FRAME), "{}", row.name);
            assert_eq!(decoder.decode(&payload, &mut out), Ok(FRAME), "{}", row.name);
        }
        assert_eq!(out.len(), pcm.len());
        let likeness = likeness(&pcm[4_800..40_000], &out[4_800..]);
        assert!(likeness > 0.9, "{}: likeness {likeness}", row.name);
        assert!((rms(&out) / rms(&pcm) - 1.0).abs() < 0.2, "{}: level", row.name);
    }
}

#[test]
fn every_row_takes_packets_of_10_to_60_ms_and_says_how_long_they_are() {
    for row in ROWS {
        for frame in [480, 960, 1_920, 2_880] {
            let mut decoder = row.decoder().expect("decoder");
            for payload in encode(row, &speechlike(frame * 10), frame) {
                let mut out = Vec::new();
                assert_eq!(decoder.decode(&payload, &mut out), Ok(frame), "{} {frame}", row.name);
                assert_eq!(out.len(), frame);
            }
        }
    }
}

#[test]
fn every_row_conceals_a_lost_packet_without_a_hole_or_a_blast() {
    for row in ROWS {
        let pcm = speechlike(FRAME * 30);
        let mut decoder = row.decoder().expect("decoder");
        let mut out = Vec::new();
        for (n, payload) in encode(row, &pcm, FRAME).iter().enumerate() {
            if n == 20 {
                decoder.conceal(FRAME, &mut out);
            } else {
                decoder.decode(payload, &mut out).expect("decodes");
            }
        }
        assert_eq!(out.len(), pcm.len());
        let (hole, whole) = (rms(&out[20 * FRAME..21 * FRAME]), rms(&out[15 * FRAME..20 * FRAME]));
        assert!((0.4..1.6).contains(&(hole / whole)), "{}: {hole} in {whole}", row.name);
    }
}

#[test]
fn every_row_falls_silent_when_nothing_comes_for_long() {
    for row in ROWS {
        let mut decoder = row.decoder().expect("decoder");
        let mut out = Vec::new();
        for payload in encode(row, &speechlike(FRAME * 20), FRAME) {
            decoder.decode(&payload, &mut out).expect("decodes");
        }
        let loud = rms(&out);
        out.clear();
        for _ in 0..100 {
            decoder.conceal(480, &mut out);
        }
        assert_eq!(out.len(), 48_000);
        assert!(rms(&out[38_400..]) < loud * 0.05, "{}: {} after {loud}", row.name, rms(&out[38_400..]));
    }
}

#[test]
fn no_row_panics_on_bytes_that_are_not_its_own() {
    let mut dice = Entropy::from_number(722);
    for row in ROWS {
        let mut decoder = row.decoder().expect("decoder");
        let mut out = Vec::new();
        for _ in 0..3_000 {
            let mut payload = vec![0; (dice.bits32() % 300) as usize];
            dice.fill(&mut payload);
            let before = out.len();
            match decoder.decode(&payload, &mut out) {
                Ok(samples) => assert_eq!(out.len() - before, samples, "{}", row.name),
                Err(_) => assert_eq!(out.len(), before, "{}: an error appends nothing", row.name),
            }
            if !decoder.recover(&payload, FRAME, &mut out) {
                decoder.conceal(480, &mut out);
            }
            assert!(decoder.duration(&payload).is_none_or(|samples| samples <= LONGEST));
            out.clear();
        }
    }
}

#[test]
fn opus_restores_a_lost_packet_from_the_next_one() {
    let pcm = speechlike(FRAME * 40);
    let packets = encode(&ROWS[0], &pcm, FRAME);
    let mut decoder = ROWS[0].decoder().expect("decoder");
    let mut out = Vec::new();
    let mut restored = 0;
    for (n, payload) in packets.iter().enumerate() {
        if n % 10 == 9 && n + 1 < packets.len() {
            let done = decoder.recover(&packets[n + 1], FRAME, &mut out);
            restored += usize::from(done);
            if !done {
                decoder.conceal(FRAME, &mut out);
            }
        } else {
            decoder.decode(payload, &mut out).expect("decodes");
        }
    }
    assert!(restored >= 2, "at 20 % loss packets carry their predecessors: {restored} of 3");
    assert_eq!(out.len(), pcm.len());
}

#[test]
fn opus_obeys_the_other_ends_wishes() {
    let size = |fmtp: &str, pcm: &[f32]| -> Vec<usize> {
        let mut encoder = ROWS[0].encoder(fmtp).expect("encoder");
        let mut payload = Vec::new();
        pcm.chunks_exact(FRAME)
            .map(|chunk| {
                encoder.encode(chunk, &mut payload).expect("encodes");
                payload.len()
            })
            .collect()
    };
    let pcm = speechlike(FRAME * 100);
    let mean = |sizes: &[usize]| sizes.iter().sum::<usize>() as f32 * 8.0 * 50.0 / sizes.len() as f32;
    assert!(mean(&size("", &pcm)) > 24_000.0);
    assert!(mean(&size("maxaveragebitrate=12000", &pcm)) < 14_000.0);
    let constant = size("cbr=1", &pcm);
    assert!(constant.iter().all(|size| *size == constant[0]), "constant bit rate");
    let silent = size("usedtx=1", &[0.0; FRAME * 100]);
    assert!(silent.iter().filter(|size| **size == 0).count() > 60, "DTX sends almost nothing in silence");
    let without = size("", &[0.0; FRAME * 100]);
    assert!(without.iter().all(|size| *size > 0), "without usedtx silence is sent");
}

#[test]
fn rows_are_found_by_name_and_by_static_payload_type() {
    assert_eq!(row("OPUS").map(|row| row.payload_type), Some(111));
    assert_eq!(row("g722").map(|row| row.clock_rate), Some(8_000));
    assert_eq!([9, 8, 0].map(|pt| row_of_static(pt).map(|row| row.name)), [Some("G722"), Some("PCMA"), Some("PCMU")]);
    assert!(row_of_static(111).is_none() && row("speex").is_none());
}
