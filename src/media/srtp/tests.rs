//! Each clause of the wrapping, and a mutation fuzz over both directions.

use super::{MOST_SOURCES, Srtp, SrtpError};
use crate::base::{Entropy, Secret};
use crate::media::rtp::Packet;
use crate::port::media::{SrtpKeys, Suite};

const SUITES: [(Suite, usize); 5] = [
    (Suite::AesCm128Sha1_80, 30),
    (Suite::AesCm128Sha1_32, 30),
    (Suite::AesCm256Sha1_80, 46),
    (Suite::AeadAes128Gcm, 28),
    (Suite::AeadAes256Gcm, 44),
];

fn keys(suite: Suite, length: usize) -> (SrtpKeys, SrtpKeys) {
    let key = |fill: u8| Secret::new((0..length).map(|n| n as u8 ^ fill).collect::<Vec<u8>>());
    let ours = SrtpKeys { suite, send: key(0x11), receive: key(0x77) };
    let theirs = SrtpKeys { suite, send: key(0x77), receive: key(0x11) };
    (ours, theirs)
}

fn pair(suite: Suite, length: usize) -> (Srtp, Srtp) {
    let (ours, theirs) = keys(suite, length);
    (Srtp::new(&ours).expect("keys"), Srtp::new(&theirs).expect("keys"))
}

fn rtp(ssrc: u32, sequence: u16) -> Vec<u8> {
    Packet { payload_type: 0, sequence, timestamp: 160, ssrc, payload: vec![0x55; 160], marker: false }.build()
}

/// A receiver report with one block: 32 bytes.
fn rtcp(ssrc: u32) -> Vec<u8> {
    let mut bytes = vec![0x81, 201, 0, 7];
    bytes.extend(ssrc.to_be_bytes());
    bytes.extend([7; 24]);
    bytes
}

#[test]
fn every_suite_carries_both_kinds_across_a_sequence_wrap() {
    for (suite, length) in SUITES {
        let (mut a, mut b) = pair(suite, length);
        for n in 0..40u16 {
            let packet = rtp(9, 65_520u16.wrapping_add(n));
            let wire = a.protect_rtp(&packet).expect("protects");
            assert_ne!(&wire[12..20], &packet[12..20], "{suite:?} encrypts");
            assert_eq!(b.unprotect_rtp(&wire).as_deref(), Ok(&*packet), "{suite:?} {n}");
            let wire = a.protect_rtcp(&rtcp(9)).expect("protects");
            assert_eq!(b.unprotect_rtcp(&wire).as_deref(), Ok(&*rtcp(9)), "{suite:?} {n}");
        }
    }
}

#[test]
fn a_packet_is_accepted_once() {
    for (suite, length) in SUITES {
        let (mut a, mut b) = pair(suite, length);
        for sequence in 0..100 {
            let (one, two) = (a.protect_rtp(&rtp(9, sequence)).expect("rtp"), a.protect_rtcp(&rtcp(9)).expect("rtcp"));
            assert!(b.unprotect_rtp(&one).is_ok() && b.unprotect_rtcp(&two).is_ok());
            assert_eq!(b.unprotect_rtp(&one), Err(SrtpError::Forged), "{suite:?} replayed RTP");
            assert_eq!(b.unprotect_rtcp(&two), Err(SrtpError::Forged), "{suite:?} replayed RTCP");
        }
    }
}

#[test]
fn srtcp_below_twelve_bytes_and_tag_is_refused_without_a_panic() {
    for (suite, length) in SUITES {
        let (mut a, mut b) = pair(suite, length);
        let wire = a.protect_rtcp(&rtcp(9)).expect("protects");
        let least = 12 + super::rtcp_tag(suite);
        for length in 0..least {
            assert_eq!(b.unprotect_rtcp(&wire[..length]), Err(SrtpError::Malformed), "{suite:?} {length}");
        }
    }
}

#[test]
fn a_forged_bye_with_the_e_bit_clear_is_refused() {
    for (suite, length) in SUITES {
        let (_, mut b) = pair(suite, length);
        let mut bye = vec![0x81, 203, 0, 1, 0, 0, 0, 9];
        bye.extend([0, 0, 0, 1]); // E = 0, index 1
        bye.extend([0xaa; 20]); // any tag
        let at = bye.len() - super::rtcp_tag(suite) - 4;
        bye[at] = 0;
        let last = bye.len() - 4;
        bye[last] &= 0x7f;
        assert_eq!(b.unprotect_rtcp(&bye), Err(SrtpError::Clear), "{suite:?}");
    }
}

#[test]
fn an_authentic_srtcp_packet_with_its_e_bit_cleared_is_refused() {
    for (suite, length) in SUITES {
        let (mut a, mut b) = pair(suite, length);
        let mut wire = a.protect_rtcp(&rtcp(9)).expect("protects");
        let index = wire.len() - if super::is_gcm(suite) { 4 } else { 4 + super::rtcp_tag(suite) };
        assert_eq!(wire[index] & 0x80, 0x80);
        wire[index] &= 0x7f;
        assert_eq!(b.unprotect_rtcp(&wire), Err(SrtpError::Clear), "{suite:?}");
    }
}

#[test]
fn a_flood_of_forged_sources_leaves_nothing_behind() {
    let (mut a, mut b) = pair(Suite::AesCm128Sha1_80, 30);
    let mut forged = a.protect_rtp(&rtp(9, 1)).expect("protects");
    let mut report = a.protect_rtcp(&rtcp(9)).expect("protects");
    for ssrc in 10..3_000u32 {
        forged[8..12].copy_from_slice(&ssrc.to_be_bytes());
        report[4..8].copy_from_slice(&ssrc.to_be_bytes());
        assert_eq!(b.unprotect_rtp(&forged), Err(SrtpError::Forged));
        assert_eq!(b.unprotect_rtcp(&report), Err(SrtpError::Forged));
        assert!(b.receive.sources.is_empty() && b.receive.failures < super::MOST_FAILURES);
    }
    let real = a.protect_rtp(&rtp(9, 2)).expect("protects");
    assert!(b.unprotect_rtp(&real).is_ok(), "the real source is still heard");
    assert_eq!(b.receive.sources.len(), 1);
}

#[test]
fn a_forged_packet_does_not_move_a_known_sources_window() {
    let (mut a, mut b) = pair(Suite::AesCm128Sha1_80, 30);
    assert!(b.unprotect_rtp(&a.protect_rtp(&rtp(9, 1)).expect("protects")).is_ok());
    let mut forged = a.protect_rtp(&rtp(9, 2)).expect("protects");
    forged[2..4].copy_from_slice(&30_000u16.to_be_bytes());
    assert_eq!(b.unprotect_rtp(&forged), Err(SrtpError::Forged));
    assert!(b.unprotect_rtp(&a.protect_rtp(&rtp(9, 3)).expect("protects")).is_ok());
}

#[test]
fn authentic_sources_are_bounded() {
    let (mut a, mut b) = pair(Suite::AesCm128Sha1_80, 30);
    for ssrc in 0..MOST_SOURCES as u32 {
        assert!(b.unprotect_rtp(&a.protect_rtp(&rtp(ssrc, 1)).expect("protects")).is_ok());
    }
    let wire = a.protect_rtp(&rtp(999, 1)).expect("protects");
    assert_eq!(b.unprotect_rtp(&wire), Err(SrtpError::Sources));
    let wire = a.protect_rtp(&rtp(0, 2)).expect("protects");
    assert!(b.unprotect_rtp(&wire).is_ok(), "the known ones go on");
}

#[test]
fn a_direction_whose_key_stays_keeps_its_counters() {
    let (ours, theirs) = keys(Suite::AesCm128Sha1_80, 30);
    let (mut a, mut b) = (Srtp::new(&ours).expect("keys"), Srtp::new(&theirs).expect("keys"));
    let old = a.protect_rtp(&rtp(9, 1)).expect("protects");
    assert!(b.unprotect_rtp(&old).is_ok());
    let report = a.protect_rtcp(&rtcp(9)).expect("protects");
    b.rekey(&theirs).expect("same keys");
    a.rekey(&ours).expect("same keys");
    assert_eq!(b.unprotect_rtp(&old), Err(SrtpError::Forged), "still a replay");
    assert_ne!(a.protect_rtcp(&rtcp(9)).expect("protects"), report, "the SRTCP index went on");
    let fresh = SrtpKeys { receive: Secret::new(vec![3; 30]), ..theirs };
    b.rekey(&fresh).expect("a new key");
    assert_eq!(b.unprotect_rtp(&a.protect_rtp(&rtp(9, 2)).expect("protects")), Err(SrtpError::Forged));
}

#[test]
fn keys_of_the_wrong_length_are_refused_and_not_shown() {
    let (mut ours, _) = keys(Suite::AesCm128Sha1_80, 29);
    assert_eq!(Srtp::new(&ours).err(), Some(SrtpError::Key));
    ours.send = Secret::new(vec![0x41; 5]);
    assert_eq!(Srtp::new(&ours).err(), Some(SrtpError::Key));
    assert!(!format!("{ours:?} {:?}", pair(Suite::AeadAes128Gcm, 28).0).contains("65"));
}

#[test]
fn mutated_packets_are_refused_without_a_panic() {
    let mut dice = Entropy::from_number(3711);
    for (suite, length) in SUITES {
        let (mut a, mut b) = pair(suite, length);
        for n in 0..4_000u16 {
            let is_rtp = dice.bits32() & 1 == 0;
            let good = if is_rtp { a.protect_rtp(&rtp(9, n)) } else { a.protect_rtcp(&rtcp(9)) }.expect("protects");
            let mut bad = good.clone();
            for _ in 0..1 + dice.bits32() % 4 {
                let at = dice.bits32() as usize % bad.len();
                bad[at] ^= 1 << (dice.bits32() % 8);
            }
            bad.truncate(bad.len() - (dice.bits32() % 3 * (dice.bits32() % 80)) as usize % bad.len());
            if bad != good {
                assert!(if is_rtp { b.unprotect_rtp(&bad) } else { b.unprotect_rtcp(&bad) }.is_err(), "{suite:?} {n}");
            }
        }
    }
}
