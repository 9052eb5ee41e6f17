//! The vocabulary that every other part speaks: time, dice, secrets, identifiers, units. Imports nothing of ours.

pub mod entropy;
pub mod envelope;
pub mod ids;
pub mod now;
pub mod secret;
pub mod units;

pub use entropy::Entropy;
pub use envelope::Envelope;
pub use ids::{AccountId, CallId};
pub use now::{Mono, Now, WallTime};
pub use secret::Secret;
