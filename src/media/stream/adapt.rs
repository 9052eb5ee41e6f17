//! From the other end's reports to what we send: redundancy follows its loss, bit rate yields to congestion.

use std::time::Duration;

use crate::codec::Adaptation;

/// What we send at when all is well, and at least, bits per second (audio.md §8.4).
const MOST: u32 = 32_000;
const LEAST: u32 = 12_000;
const STEP: u32 = 8_000;
/// Below: well. Above: congested.
const LOSS: (f32, f32) = (0.02, 0.10);
/// A round trip that much above the best one means that a queue has filled.
const QUEUE: Duration = Duration::from_millis(100);

/// The state of one call's sending.
#[derive(Clone, Copy, Debug)]
pub(super) struct Adaptive {
    loss: f32,
    bitrate: u32,
    best_trip: Option<Duration>,
}

impl Default for Adaptive {
    fn default() -> Adaptive {
        Adaptive { loss: 0.0, bitrate: MOST, best_trip: None }
    }
}

impl Adaptive {
    /// What to send at now.
    pub(super) fn now(&self) -> Adaptation {
        Adaptation { loss: self.loss, bitrate: self.bitrate }
    }

    /// A report came: the share lost since the last one, and the round trip.
    pub(super) fn report(&mut self, loss: f32, trip: Option<Duration>) -> Adaptation {
        // Up at once, down slowly: redundancy that comes too late helps nobody.
        self.loss = if loss > self.loss { loss } else { self.loss + 0.3 * (loss - self.loss) };
        let best = match (self.best_trip, trip) {
            (Some(best), Some(trip)) => Some(best.min(trip)),
            (best, trip) => best.or(trip),
        };
        self.best_trip = best;
        let queued = best.zip(trip).is_some_and(|(best, trip)| trip > best + QUEUE);
        if self.loss > LOSS.1 || queued {
            self.bitrate = (self.bitrate / 5 * 4).max(LEAST);
        } else if self.loss < LOSS.0 {
            self.bitrate = (self.bitrate + STEP).min(MOST);
        }
        self.now()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Adaptive;

    #[test]
    fn redundancy_follows_loss_and_bit_rate_yields_and_recovers() {
        let mut adaptive = Adaptive::default();
        assert_eq!(adaptive.report(0.05, None).loss, 0.05);
        assert_eq!(adaptive.now().bitrate, 32_000, "moderate loss: hold");
        for _ in 0..10 {
            adaptive.report(0.2, None);
        }
        assert_eq!(adaptive.now().bitrate, 12_000);
        for _ in 0..20 {
            adaptive.report(0.0, None);
        }
        assert!(adaptive.now().loss < 0.005 && adaptive.now().bitrate == 32_000);
    }

    #[test]
    fn a_filling_queue_lowers_the_bit_rate_without_loss() {
        let mut adaptive = Adaptive::default();
        adaptive.report(0.0, Some(Duration::from_millis(40)));
        assert_eq!(adaptive.report(0.0, Some(Duration::from_millis(120))).bitrate, 32_000);
        assert!(adaptive.report(0.0, Some(Duration::from_millis(190))).bitrate < 32_000);
    }
}
