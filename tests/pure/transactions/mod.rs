//! Transactions on a virtual clock: each row of RFC 3261 §17 and RFC 6026, and each defect that was seen in others.

mod bench;
mod cancel;
mod client;
mod large;
mod refusals;
mod server;
