//! Where tests make the process die, as if by `kill -9`: `RINGFENCE_PROVIDER_DIES_AT=2` in the environment of a
//! development build. A release build has none of it.

/// The durable steps of a change, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// The owner has proven to be the owner; nothing is written.
    Admitted = 1,
    /// The transaction is open, and nobody else writes.
    Locked = 2,
    /// The SIP server's row has its new hash, inside the transaction.
    Written = 3,
    /// Everything is written, and nothing is committed.
    Complete = 4,
    /// It is committed, and nobody has been told.
    Committed = 5,
    /// The others' registrations are ended, and that is not yet noted down.
    Ended = 6,
}

/// Dies here if a test wants it to.
#[cfg(all(debug_assertions, unix))]
pub(crate) fn reach(step: Step) {
    let wanted = std::env::var("RINGFENCE_PROVIDER_DIES_AT").ok().and_then(|text| text.parse::<i32>().ok());
    if wanted == Some(step as i32) {
        tracing::warn!(?step, "dying, as a test wants it");
        let _never_returns = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing.
#[cfg(not(all(debug_assertions, unix)))]
pub(crate) const fn reach(_: Step) {}
