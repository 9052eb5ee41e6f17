//! What the pure parts ask of the world, and what comes back. Types only: the drivers are in `io`.
//!
//! A request carries a [`RequestId`]; its reply carries the same. A reply that nobody awaits any more is dropped
//! in one place (`phone::Phone::handle`).

pub mod dns;
pub mod http;
pub mod installation;
pub mod media;
pub mod net;
pub mod release;
pub mod store;
pub mod vault;

pub use installation::Installation;

/// Joins a reply to its request. Counted by whoever asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

impl RequestId {
    /// Counts on: the next one.
    pub const fn count(&mut self) -> RequestId {
        self.0 += 1;
        *self
    }
}
