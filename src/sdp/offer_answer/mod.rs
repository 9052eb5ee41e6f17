//! Offer and answer (RFC 3264) for sessions with one audio stream: ours. Other streams that a peer offers are refused
//! in their place, and stay refused in every later offer of ours.

mod answer;
mod formats;
mod offer;
mod read;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

use super::crypto::Crypto;
use super::description::{Description, Media};
use crate::base::Entropy;
use crate::codec::Row;
use crate::port::media::{Direction, Session};

/// Whether the call's sound is to be encrypted by SDES.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Srtp {
    /// Plain RTP only; an offer that insists on SRTP is refused.
    #[default]
    Off,
    /// If the other end can: `RTP/AVP` with crypto lines (RFC 8643).
    Offer,
    /// `RTP/SAVP` or nothing.
    Require,
}

/// What offer and answer agreed on.
#[derive(Clone, PartialEq, Debug)]
pub struct Agreed {
    /// What media has to do.
    pub session: Session,
    /// The direction as the other end stated it, from its side: it holds us if this does not receive.
    pub remote: Direction,
}

/// Why there is no agreement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// It is no session description.
    #[error("malformed session description")]
    Malformed,
    /// It has no audio stream that RTP can carry, or the answer declined ours.
    #[error("no audio stream")]
    NoAudio,
    /// No codec in common.
    #[error("no common codec")]
    NoCommonCodec,
    /// We require encryption and the other end has none that we know.
    #[error("no common encryption")]
    NoEncryption,
    /// The other end requires encryption, and ours is off.
    #[error("encryption is off")]
    EncryptionIsOff,
    /// Its address is a name, a multicast group, or missing.
    #[error("no usable media address")]
    NoAddress,
}

impl Refused {
    /// The response to an offer that is refused so.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Refused::Malformed => 400,
            Refused::NoAudio
            | Refused::NoCommonCodec
            | Refused::NoEncryption
            | Refused::EncryptionIsOff
            | Refused::NoAddress => 488,
        }
    }
}

/// Our side of one session, from the first offer to the last answer.
#[derive(Clone, Debug)]
pub struct Local {
    addr: SocketAddr,
    rows: Vec<&'static Row>,
    srtp: Srtp,
    session_id: u64,
    version: u64,
    /// What we said last, without its o-line: the version goes up only when it changes.
    said: Option<Description>,
    /// The streams of the session in their order: ours, and those that we refused.
    slots: Vec<Slot>,
    /// The keys that we encrypt with, one for each suite that we ever named; tags as in our offers.
    keys: Vec<Crypto>,
    /// Which payload type means what, in this session: it may not change (RFC 3264 §8.3.2).
    bound: Vec<formats::Bound>,
    /// The profile that the session has settled on.
    profile: Option<String>,
    /// Whether it has settled on plain RTP.
    plain: bool,
    /// What our last offer wanted.
    direction: Direction,
}

/// One m-line of the session.
#[derive(Clone, Debug)]
enum Slot {
    Ours,
    Refused(Media),
}

impl Local {
    /// Our side, receiving at `addr` (RTCP at the next port) with the codecs `rows`, best first.
    #[must_use]
    pub fn new(addr: SocketAddr, rows: &[&'static Row], srtp: Srtp, entropy: &mut Entropy) -> Local {
        Local {
            addr,
            rows: rows.to_vec(),
            srtp,
            // RFC 8866 wants a number; 63 bits keep signed readers happy.
            session_id: entropy.bits64() >> 1,
            version: 0,
            said: None,
            slots: Vec::new(),
            keys: Vec::new(),
            bound: Vec::new(),
            profile: None,
            plain: false,
            direction: Direction::SendRecv,
        }
    }

    /// Moves our end to another address of the same family, after a change of address and before the next offer: the
    /// port stays.
    pub fn move_to(&mut self, addr: IpAddr) {
        if addr.is_ipv4() == self.addr.is_ipv4() {
            self.addr.set_ip(addr);
        }
    }

    /// An offer: the first, or one that changes the session (hold, resume, a new address). `direction` is ours.
    pub fn offer(&mut self, direction: Direction, entropy: &mut Entropy) -> String {
        offer::make(self, direction, entropy)
    }

    /// Answers `offer`. `wanted` is what we would like; the answer's direction is what both allow (RFC 3264 §6.1).
    ///
    /// # Errors
    /// See [`Refused`]; nothing of the session has changed then, so that a refused re-INVITE leaves it as it was.
    pub fn answer(
        &mut self,
        offer: &[u8],
        wanted: Direction,
        entropy: &mut Entropy,
    ) -> Result<(String, Agreed), Refused> {
        let mut next = self.clone();
        let done = answer::make(&mut next, offer, wanted, entropy)?;
        *self = next;
        Ok(done)
    }

    /// Reads the answer to our last offer. May be called again for another answer (a fork, early media).
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn accept(&mut self, answer: &[u8]) -> Result<Agreed, Refused> {
        read::answer(self, answer)
    }

    /// Our key for `suite`, made when it is first wanted.
    fn key(&mut self, suite: crate::port::media::Suite, entropy: &mut Entropy) -> Crypto {
        if let Some(key) = self.keys.iter().find(|k| k.suite == suite) {
            return key.clone();
        }
        let tag = u32::try_from(self.keys.len()).unwrap_or(0) + 1;
        let key = Crypto::generate(tag, suite, entropy);
        self.keys.push(key.clone());
        key
    }

    /// Puts the o-line in front of `description` and counts the version up if anything is new.
    fn say(&mut self, description: Description) -> String {
        if self.said.as_ref().is_some_and(|said| *said != description) {
            self.version += 1;
        }
        let origin =
            format!("v=0\r\no=- {} {} {}\r\n", self.session_id, self.version, super::Connection::value(self.addr.ip()));
        let text = format!("{origin}{description}");
        self.said = Some(description);
        text
    }
}
