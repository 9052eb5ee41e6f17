//! RTP packets (RFC 3550 §5.1), through the `rtp` crate but behind a guard.
//!
//! The crate's parser panics on a header extension whose elements overrun it, so its shape is measured here first
//! (`measure`), and extensions, of which we use none, never reach it.

use rtp::header::Header;
use webrtc_util::marshal::{Marshal as _, MarshalSize as _, Unmarshal as _};

/// One packet, without CSRCs, extensions and padding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Packet {
    /// The marker bit: for sound, the first after a silence (RFC 3551 §4.1).
    pub marker: bool,
    /// Payload type, 7 bits.
    pub payload_type: u8,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp, in ticks of the payload's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload.
    pub payload: Vec<u8>,
}

/// It is no RTP packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not an RTP packet")]
pub struct Malformed;

/// Where the parts of a packet are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shape {
    /// Where the payload begins: fixed header, CSRCs and extension.
    pub(super) header: usize,
    /// Where the extension begins, if there is one.
    pub(super) extension: Option<usize>,
    pub(super) ssrc: u32,
    pub(super) sequence: u16,
}

/// Measures a packet's header without believing any of its lengths.
pub(super) fn measure(datagram: &[u8]) -> Option<Shape> {
    let [first, _, s1, s0, _, _, _, _, a, b, c, d, ..] = datagram else { return None };
    if first >> 6 != 2 {
        return None;
    }
    let fixed = 12 + 4 * usize::from(first & 15);
    let has_extension = first & 0x10 != 0;
    let header = if has_extension {
        let length = datagram.get(fixed + 2..fixed + 4)?;
        fixed + 4 + 4 * usize::from(u16::from_be_bytes(length.try_into().ok()?))
    } else {
        fixed
    };
    (header <= datagram.len()).then_some(Shape {
        header,
        extension: has_extension.then_some(fixed),
        ssrc: u32::from_be_bytes([*a, *b, *c, *d]),
        sequence: u16::from_be_bytes([*s1, *s0]),
    })
}

impl Packet {
    /// Reads a datagram.
    ///
    /// # Errors
    /// When it is not RTP version 2, or shorter than it says.
    pub fn parse(datagram: &[u8]) -> Result<Packet, Malformed> {
        let shape = measure(datagram).ok_or(Malformed)?;
        let bare;
        let mut bytes = match shape.extension {
            None => datagram,
            Some(at) => {
                bare = without_extension(datagram, at, shape.header).ok_or(Malformed)?;
                &bare
            }
        };
        let packet = rtp::packet::Packet::unmarshal(&mut bytes).map_err(|_| Malformed)?;
        Ok(Packet {
            marker: packet.header.marker,
            payload_type: packet.header.payload_type,
            sequence: packet.header.sequence_number,
            timestamp: packet.header.timestamp,
            ssrc: packet.header.ssrc,
            payload: packet.payload.to_vec(),
        })
    }

    /// The datagram.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let header = Header {
            version: 2,
            marker: self.marker,
            payload_type: self.payload_type & 0x7f,
            sequence_number: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
            ..Header::default()
        };
        let packet = rtp::packet::Packet { header, payload: self.payload.clone().into() };
        // Only a buffer that is too small is refused, and this one is made to measure.
        let mut datagram = vec![0; packet.marshal_size()];
        packet.marshal_to(&mut datagram).map(|_| datagram).unwrap_or_default()
    }
}

fn without_extension(datagram: &[u8], at: usize, payload: usize) -> Option<Vec<u8>> {
    let mut bare = datagram.get(..at)?.to_vec();
    *bare.first_mut()? &= !0x10;
    bare.extend_from_slice(datagram.get(payload..)?);
    Some(bare)
}

/// Whether a datagram on a multiplexed port is RTCP (RFC 5761 §4): its second byte is 192 to 223.
#[must_use]
pub fn is_rtcp(datagram: &[u8]) -> bool {
    matches!(datagram, [first, 192..=223, ..] if first >> 6 == 2)
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Packet, is_rtcp};
    use crate::base::Entropy;

    fn sample() -> Packet {
        Packet {
            marker: true,
            payload_type: 111,
            sequence: 65_535,
            timestamp: 0xffff_fff0,
            ssrc: 7,
            payload: vec![1, 2, 3],
        }
    }

    #[test]
    fn what_is_built_is_parsed() {
        assert_eq!(Packet::parse(&sample().build()), Ok(sample()));
        assert_eq!(sample().build().len(), 15);
    }

    #[test]
    fn extensions_csrcs_and_padding_are_skipped() {
        let mut bytes = sample().build();
        bytes[0] |= 0x32; // padding, extension, two CSRCs
        // Two CSRCs; a one-byte extension whose element claims 16 bytes of 4: the crate alone would panic.
        bytes.splice(12..12, [0, 0, 0, 1, 0, 0, 0, 2, 0xbe, 0xde, 0, 1, 0x1f, 9, 9, 9]);
        bytes.extend([0, 0, 3]);
        assert_eq!(Packet::parse(&bytes), Ok(sample()));
    }

    #[test]
    fn what_is_too_short_or_of_another_version_is_refused() {
        let bytes = sample().build();
        for length in 0..12 {
            assert_eq!(Packet::parse(&bytes[..length]), Err(Malformed), "{length}");
        }
        for first in [0x00, 0x40, 0xc0, 0x9f, 0x8f] {
            let mut other = bytes.clone();
            other[0] = first;
            assert_eq!(Packet::parse(&other), Err(Malformed), "{first:#x}");
        }
        let mut padded = bytes;
        padded[0] |= 0x20;
        *padded.last_mut().expect("payload") = 200;
        assert_eq!(Packet::parse(&padded), Err(Malformed), "more padding than payload");
    }

    #[test]
    fn rtcp_is_told_from_rtp_by_its_second_byte() {
        assert!(is_rtcp(&[0x80, 200, 0, 0]) && is_rtcp(&[0x81, 201]));
        assert!(!is_rtcp(&sample().build()) && !is_rtcp(&[0x80]) && !is_rtcp(b"\x00\xc8"));
    }

    #[test]
    fn a_hundred_thousand_mutations_do_not_panic() {
        let mut dice = Entropy::from_number(3550);
        for _ in 0..100_000 {
            let mut bytes = sample().build();
            bytes.resize(12 + (dice.bits32() % 60) as usize, 0xbe);
            for _ in 0..1 + dice.bits32() % 6 {
                let at = dice.bits32() as usize % bytes.len();
                bytes[at] = dice.bits32() as u8;
            }
            bytes.truncate(bytes.len() - (dice.bits32() % 8) as usize % bytes.len());
            if let Ok(packet) = Packet::parse(&bytes) {
                assert_eq!(Packet::parse(&packet.build()), Ok(packet));
            }
        }
    }
}
