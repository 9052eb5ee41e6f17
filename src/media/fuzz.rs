//! Entries for `cargo fuzz` (tests/fuzz): whatever arrives on a call's two ports must not panic.

use super::playout::{JitterBuffer as _, Playout};
use super::rtcp::Rtcp;
use super::rtp::Packet;
use super::srtp::Srtp;
use super::{FRAME, dtmf};
use crate::base::{Entropy, Mono, Now, Secret};
use crate::codec::ROWS;
use crate::port::media::{SrtpKeys, Suite};

/// Plain RTP and RTCP, and what follows from them: `data` is cut into datagrams, each with a length before it.
pub fn rtp_rtcp(data: &[u8]) {
    let mut rtcp = Rtcp::new(Now::default(), 1, &mut Entropy::from_number(1));
    let mut playout = Playout::default();
    let formats: Vec<_> = ROWS.iter().map(|row| (row.payload_type, row)).collect();
    playout.configure(&formats);
    let (mut keys, mut rest, mut now, mut frame) = (dtmf::Receiver::default(), data, 0, [0.0; FRAME]);
    while let [length, after @ ..] = rest {
        let (datagram, later) = after.split_at(usize::from(*length).min(after.len()));
        rest = later;
        now += u64::from(*length % 32);
        rtcp.receive(Mono::from_millis(now), datagram);
        if let Ok(packet) = Packet::parse(datagram) {
            rtcp.received(Mono::from_millis(now), packet.ssrc, packet.sequence, Some((packet.timestamp, 8_000)));
            keys.receive(packet.timestamp, &packet.payload);
            if packet.marker {
                playout.skip(packet.sequence);
            } else {
                playout.insert(Mono::from_millis(now), packet);
            }
        }
        playout.pull(Mono::from_millis(now), &mut frame);
    }
}

/// Protected RTP and RTCP of every suite: the first byte chooses.
pub fn srtp_srtcp(data: &[u8]) {
    let [choice, datagram @ ..] = data else { return };
    let (suite, length) = match choice % 5 {
        0 => (Suite::AesCm128Sha1_80, 30),
        1 => (Suite::AesCm128Sha1_32, 30),
        2 => (Suite::AesCm256Sha1_80, 46),
        3 => (Suite::AeadAes128Gcm, 28),
        _ => (Suite::AeadAes256Gcm, 44),
    };
    let key = |fill| Secret::new(vec![fill; length]);
    let Ok(mut srtp) = Srtp::new(&SrtpKeys { suite, send: key(1), receive: key(1) }) else { return };
    // What is no packet is refused, what is one of ours is read back.
    let forged = (srtp.unprotect_rtp(datagram), srtp.unprotect_rtcp(datagram));
    // A tag of 32 bits could be guessed, in years.
    assert!(choice % 5 == 1 || forged.0.is_err(), "nobody guesses a tag");
    assert!(forged.1.is_err(), "nobody guesses a tag");
    if let Ok(protected) = srtp.protect_rtp(datagram) {
        assert_eq!(srtp.unprotect_rtp(&protected).as_deref(), Ok(datagram));
    }
}

#[cfg(test)]
mod tests {
    use crate::base::Entropy;
    use crate::media::rtp::Packet;

    #[test]
    fn random_and_nearly_good_bytes_do_not_panic() {
        let mut dice = Entropy::from_number(8285);
        for n in 0..3_000u16 {
            let mut data = Vec::new();
            for sequence in 0..dice.bits32() as u16 % 12 {
                let kind = [111, 9, 8, 0, 13, 101][(dice.bits32() % 6) as usize];
                let mut payload = vec![0; (dice.bits32() % 180) as usize];
                dice.fill(&mut payload);
                let sequence = sequence.wrapping_mul(if n % 7 == 0 { 4_001 } else { 1 });
                let timestamp = u32::from(sequence) * 160;
                let packet = Packet {
                    payload_type: kind,
                    sequence,
                    timestamp,
                    payload,
                    ssrc: u32::from(n % 2),
                    ..Packet::default()
                };
                let mut bytes = packet.build();
                if dice.bits32().is_multiple_of(4) {
                    let at = dice.bits32() as usize % bytes.len();
                    bytes[at] = dice.bits32() as u8;
                }
                data.push(bytes.len() as u8);
                data.extend(bytes);
            }
            super::rtp_rtcp(&data);
            super::srtp_srtcp(&data);
        }
    }
}
