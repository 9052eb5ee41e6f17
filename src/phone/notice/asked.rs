//! A new password that the provider asks of this account itself, in its policy. It comes from the pinned origin in answer
//! to our own proof, and is weakened like a notice is: by a young pin, and by having been read too long ago.

use super::{Asked, Demand, FROZEN, Lookout, YOUNG_KEY, between, later};
use crate::base::{Now, WallTime};
use crate::phone::notice::pin::Trust;
use crate::provider_api::Policy;
use crate::provider_api::notices::Level;

impl Lookout {
    /// The policy was read. True if it asks for a new password, and did not before.
    pub fn policy(&mut self, now: Now, policy: &Policy) -> bool {
        let news = policy.must_change.is_some() && self.asked.is_none();
        self.asked = policy.must_change.clone().map(|what| Asked { what, read: now.wall });
        self.generation(now, policy.generation, policy.changed_at.map(|at| at.0));
        self.arrange(now);
        news
    }

    /// What the policy demands, after everything that weakens it.
    pub(super) fn asked(&self, now: Now) -> Option<Demand> {
        let asked = self.asked.as_ref()?;
        let fresh = between(asked.read, now.wall) <= FROZEN;
        let pin = self.kept.pin.as_ref()?;
        let grown = pin.trust == Trust::BuiltIn || between(pin.since, now.wall) >= YOUNG_KEY;
        let level = if fresh && grown { asked.what.kind } else { Level::Advise };
        Some(Demand { level, deadline: asked.what.deadline.map(|deadline| deadline.0), notice: None })
    }

    /// When that changes by itself, by our clock.
    pub(super) fn asked_changes(&self) -> impl Iterator<Item = WallTime> {
        let asked = self.asked.as_ref();
        let grown = self.kept.pin.as_ref().map(|pin| later(pin.since, YOUNG_KEY));
        let deadline = asked.and_then(|asked| asked.what.deadline).map(|deadline| deadline.0);
        let stale = asked.map(|asked| later(asked.read, FROZEN));
        [deadline, stale, grown.filter(|_| asked.is_some())].into_iter().flatten()
    }
}
