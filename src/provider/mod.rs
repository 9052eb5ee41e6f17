//! The provider's side, pure: a registrar and a few people to call. Written against RFC 3261 and not against the phone,
//! which it must never import: it is wrong or right on its own.
//!
//! * [`Provider`]: one domain with one account. Messages in, messages and [`LegOrder`]s out; `calls` holds its calls.
//! * [`registrar`]: bindings, challenges and expiry (RFC 3261 §10.3).
//! * [`people`]: who can be called. To add a person is to add a row.
//! * [`security`]: who may change a password, and what a change is.
//! * [`rehearsal`]: the day of a breach as a script.
//! * [`script`]: what a person plays. [`leg`]: the RTP of one call, for a driver to own.
#![deny(clippy::indexing_slicing)]

mod calls;
mod core;
pub mod leg;
pub mod people;
pub mod registrar;
pub mod rehearsal;
pub mod script;
pub mod security;

pub use self::core::{LegOrder, Output, Provider, Settings};
