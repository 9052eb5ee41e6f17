//! The guard against the large bill: every call is judged before anything is sent, **in this app only**. It cannot stop
//! somebody who has the password and another phone; only the provider can.
//!
//! ```text
//!  Dialled ─► digits ─► destination (numbers, table, home) ─► judge (rules, what was placed) ─► dial | ask | block
//!                 └─ emergency number: exact match, before everything, never asked about ──────► dial
//! ```
//! `host` sits in [`crate::phone::Phone::handle`]'s way to the calls; `emergency` places the calls that nothing may hold up.
//! The same judgement is made again where a call is redirected (3xx). REFER is not accepted at all (405), and headers
//! that ask a telephone to answer by itself are not looked at: only the account's own setting answers calls.

pub mod destination;
pub mod digits;
mod emergency;
pub mod home;
mod host;
pub mod judge;
pub mod numbers;
pub mod rules;
mod state;
pub mod table;
pub mod words;

pub use destination::{Class, Destination, Surroundings};
pub use home::{Home, HomeFrom};
pub(in crate::phone) use host::Host;
pub use rules::{Night, Rules};
pub use state::{EmergencyView, GuardEvent, GuardState, LongCall};
pub use table::Region;
