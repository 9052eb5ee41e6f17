//! The watch for a silent other end: said after 10 s, and again after 60.

use std::time::Duration;

use crate::base::Mono;

/// When it is said.
const LIMITS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// Watches one call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    /// Since when something should come; none while nothing should.
    since: Option<Mono>,
    /// How many limits have been said.
    said: usize,
}

impl Watch {
    /// Whether something should come from now on.
    pub(super) fn expect(&mut self, now: Mono, expected: bool) {
        if expected != self.since.is_some() {
            *self = Watch { since: expected.then_some(now), said: 0 };
        }
    }

    /// Something came. True if silence had been said.
    pub(super) fn heard(&mut self, now: Mono) -> bool {
        if self.since.is_some() {
            self.since = Some(now);
        }
        std::mem::take(&mut self.said) > 0
    }

    /// When the next limit is reached.
    pub(super) fn due(&self) -> Option<Mono> {
        Some(self.since? + *LIMITS.get(self.said)?)
    }

    /// The limit that is reached now, once.
    pub(super) fn check(&mut self, now: Mono) -> Option<Duration> {
        if self.due()? > now {
            return None;
        }
        let limit = LIMITS.get(self.said).copied();
        self.said += 1;
        limit
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Watch;
    use crate::base::Mono;

    #[test]
    fn silence_is_said_twice_and_its_end_once() {
        let at = Mono::from_millis;
        let mut watch = Watch::default();
        assert_eq!((watch.check(at(99_000)), watch.due()), (None, None), "nothing is expected");
        watch.expect(at(1_000), true);
        assert_eq!(watch.check(at(10_999)), None);
        assert_eq!(watch.check(at(11_000)), Some(Duration::from_secs(10)));
        assert_eq!(watch.check(at(11_001)), None);
        assert_eq!(watch.check(at(61_000)), Some(Duration::from_secs(60)));
        assert_eq!((watch.check(at(200_000)), watch.due()), (None, None));
        assert!(watch.heard(at(200_000)) && !watch.heard(at(200_020)));
        watch.expect(at(200_020), false);
        assert_eq!(watch.due(), None, "on hold nothing is expected");
    }
}
