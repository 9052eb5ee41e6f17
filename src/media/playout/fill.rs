//! What is played while a packet is missing or not yet due: redundancy, concealment, comfort noise, or time standing still.

use super::{FRAME, Gap, LONGEST, Next, Playout, STAND_STILL, STOPPED, TO_NOISE, TOO_LITTLE_MS};
use crate::base::Mono;

impl Playout {
    /// One packet before the first that is here was lost: restored or invented. What was invented while waiting counts.
    pub(super) fn fill_loss(&mut self, now: Mono, next: Next, sequence: i64, ahead: usize, missing: usize) {
        if ahead > STOPPED {
            // So much is not concealed: the stream begins anew where it is.
            self.restart();
            self.start(now);
            return;
        }
        let waited = self.gap.stood.min(ahead);
        self.gap.stood = 0;
        if waited > 0 {
            self.next = Some(Next { timestamp: next.timestamp + waited as i64, ..next });
            return;
        }
        let number = (next.sequence..sequence).find(|number| !self.others.contains(&(*number as u16)));
        let length = (ahead / missing).clamp(1, LONGEST);
        self.redundancy.lost();
        let restored = missing == 1 && self.restore(length);
        if !restored {
            self.invent(length);
        }
        let sequence = number.map_or(sequence, |number| number + 1);
        self.next = Some(Next { sequence, timestamp: next.timestamp + length as i64, ..next });
    }

    fn restore(&mut self, length: usize) -> bool {
        let (Some((_, first)), Some((kind, decoder))) = (self.queue.first(), &mut self.decoder) else { return false };
        let restored = first.payload_type == *kind && decoder.recover(&first.payload, length, &mut self.pcm);
        if restored {
            self.figures.restored += length as u64;
            self.gap = Gap::default();
        }
        restored
    }

    /// No packet is missing but its time has not come: the sender was silent. Its silence may be as long as suits us.
    pub(super) fn fill_silence(&mut self, now: Mono, next: Next, ahead: usize) {
        if !self.gap.announced {
            // What was invented so far was silence, not loss.
            let before = self.gap.invented.saturating_sub(self.concealed_now) as u64;
            self.figures.concealed = self.figures.concealed.saturating_sub(before);
            self.concealed_now = 0;
            self.forgive(before as usize);
            self.gap.announced = true;
        }
        let timestamp = next.timestamp + ahead as i64;
        let resumed = Next { timestamp, ..next };
        if self.excess(now, resumed) >= -TOO_LITTLE_MS || self.queue.span() >= LONGEST as i64 {
            self.next = Some(resumed);
            self.gap = Gap::default();
        } else {
            self.invent(FRAME);
        }
    }

    /// Takes the last `samples` of concealment out of the recent share.
    fn forgive(&mut self, mut samples: usize) {
        for concealed in self.lately.iter_mut().rev() {
            if samples == 0 {
                return;
            }
            samples = samples.saturating_sub(usize::from(*concealed));
            *concealed = 0;
        }
    }

    /// Nothing is here: time stands still for a while, then goes on.
    pub(super) fn stand_still(&mut self, next: Next) {
        // A key is sent in the place of sound: that is no loss.
        self.gap.announced |= self.others.contains(&(next.sequence as u16));
        self.invent(FRAME);
        if self.gap.stood < STAND_STILL && !self.gap.announced {
            self.gap.stood += FRAME;
        } else {
            self.next = Some(Next { timestamp: next.timestamp + FRAME as i64, ..next });
        }
    }

    /// Makes up `length` samples: the codec's concealment, then comfort noise.
    pub(super) fn invent(&mut self, length: usize) {
        let before = self.pcm.len();
        if let Some((_, decoder)) = self.decoder.as_mut().filter(|_| self.gap.invented < STOPPED / 2) {
            decoder.conceal(length, &mut self.pcm);
        } else {
            self.pcm.resize(before + length, 0.0);
        }
        let invented = self.gap.invented + length;
        if invented > TO_NOISE || self.gap.announced {
            let past = self.gap.invented.saturating_sub(if self.gap.announced { 0 } else { TO_NOISE });
            self.comfort.mix(self.pcm.get_mut(before..).unwrap_or_default(), (past, TO_NOISE));
        }
        if !self.gap.announced {
            self.concealed_now += length;
        }
        self.gap.invented = invented;
    }
}
