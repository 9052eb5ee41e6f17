//! How a secret reaches the screen: not in a view, an event or a log, but in an envelope that whoever wants to see it
//! hands over and waits for. The phone puts the secret in and forgets the envelope; the window drops it when its
//! dialog closes, and with the last copy the secret is wiped.

use std::sync::{Arc, OnceLock};

use super::Secret;

/// An envelope for one secret. Copies are the same envelope.
#[derive(Clone, Default)]
pub struct Envelope(Arc<OnceLock<Secret<String>>>);

impl Envelope {
    /// Puts the secret in. Only the first one counts: an envelope is never reused.
    pub fn fill(&self, secret: Secret<String>) {
        // The second secret is dropped, and wiped, here.
        drop(self.0.set(secret));
    }

    /// What is in it, once it was filled.
    #[must_use]
    pub fn look(&self) -> Option<&Secret<String>> {
        self.0.get()
    }
}

/// The same envelope, not the same secret.
impl PartialEq for Envelope {
    fn eq(&self, other: &Envelope) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Envelope {}

impl std::fmt::Debug for Envelope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.look().is_some() { "Envelope(…)" } else { "Envelope(empty)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_copy_is_given_the_other_shows_and_no_log_does() {
        let envelope = Envelope::default();
        let copy = envelope.clone();
        assert!(copy.look().is_none());
        envelope.fill("kT7mWq2v".into());
        envelope.fill("another".into());
        assert_eq!(copy.look().map(|secret| secret.expose("a test").as_str()), Some("kT7mWq2v"));
        assert_eq!(format!("{copy:?}"), "Envelope(…)");
        assert!(copy == envelope && copy != Envelope::default());
    }
}
