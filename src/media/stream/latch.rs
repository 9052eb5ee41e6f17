//! Symmetric RTP: whose packets are taken, and where ours go (audio.md §8.8).
//!
//! The signalled address is always believed. Another source is believed after some packets in a row while nothing comes
//! from the signalled one; at once if it proves to be the stream that we know. Under SRTP only authentic packets
//! count, and one is enough. Once a source is believed, third parties are ignored until signalling names another.

use std::net::SocketAddr;

/// RTP packets in a row from elsewhere.
pub(super) const RTP_PROBATION: u32 = 10;
/// RTCP packets in a row from elsewhere.
pub(super) const RTCP_PROBATION: u32 = 3;

/// Who the other end of one port is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latch {
    probation: u32,
    signalled: Option<SocketAddr>,
    latched: Option<SocketAddr>,
    candidate: Option<(SocketAddr, u32)>,
}

impl Latch {
    pub(super) const fn new(probation: u32) -> Latch {
        Latch { probation, signalled: None, latched: None, candidate: None }
    }

    /// Signalling says where the other end is. Only another address than before undoes what was learnt.
    pub(super) fn signalled(&mut self, remote: Option<SocketAddr>) {
        if remote != self.signalled {
            *self = Latch { signalled: remote, ..Latch::new(self.probation) };
        }
    }

    /// Where to send.
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        // No address in signalling means that the other end takes nothing, whatever it sends.
        self.signalled.map(|signalled| self.latched.unwrap_or(signalled))
    }

    /// Whether a packet from there can be refused without looking at it.
    pub(super) fn is_stranger(&self, from: SocketAddr) -> bool {
        self.latched.is_some_and(|latched| from != latched) && self.signalled != Some(from)
    }

    /// Whether to take a packet. `proven` says that it is authentic, or of the stream that we know.
    pub(super) fn accept(&mut self, from: SocketAddr, proven: bool) -> bool {
        if self.signalled == Some(from) {
            self.latched = Some(from);
            self.candidate = None;
            return true;
        }
        if let Some(latched) = self.latched {
            return from == latched;
        }
        let count = match self.candidate {
            Some((candidate, count)) if candidate == from => count + 1,
            _ => 1,
        };
        self.candidate = Some((from, count));
        if proven || count >= self.probation {
            self.latched = Some(from);
        }
        self.latched.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::Latch;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    fn latch() -> Latch {
        let mut latch = Latch::new(3);
        latch.signalled(Some(at(1)));
        latch
    }

    #[test]
    fn the_signalled_address_is_believed_at_once_and_third_parties_are_not() {
        let mut latch = latch();
        assert!(latch.accept(at(1), false));
        assert!((0..20).all(|_| !latch.accept(at(2), true)) && latch.is_stranger(at(2)));
        assert_eq!(latch.remote(), Some(at(1)));
    }

    #[test]
    fn another_address_is_believed_after_probation_and_then_followed() {
        let mut latch = latch();
        assert!(!latch.accept(at(2), false) && !latch.accept(at(3), false) && !latch.accept(at(2), false));
        assert_eq!(latch.remote(), Some(at(1)), "not yet");
        assert!(!latch.accept(at(2), false) && latch.accept(at(2), false));
        assert_eq!(latch.remote(), Some(at(2)));
        assert!(!latch.accept(at(3), false));
        assert!(latch.accept(at(1), false), "but the signalled one takes over");
        assert_eq!(latch.remote(), Some(at(1)));
    }

    #[test]
    fn proof_replaces_probation() {
        let mut latch = latch();
        assert!(latch.accept(at(2), true));
        assert_eq!(latch.remote(), Some(at(2)));
    }

    #[test]
    fn only_another_signalled_address_undoes_it() {
        let mut latch = latch();
        assert!(latch.accept(at(2), true));
        latch.signalled(Some(at(1)));
        assert_eq!(latch.remote(), Some(at(2)), "the same answer again");
        latch.signalled(Some(at(9)));
        assert_eq!(latch.remote(), Some(at(9)));
        latch.signalled(None);
        assert_eq!(latch.remote(), None);
    }
}
