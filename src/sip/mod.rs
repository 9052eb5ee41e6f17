//! The SIP machinery of RFC 3261, without sockets, clock or dice: bytes in, messages and operations out.
//!
//! From the wire upwards: [`framer`] cuts a stream into messages, [`message`] parses and prints one, [`uri`] and
//! [`header`] hold its parts. Nothing here panics on what the network sends: [`fuzz`] is where that is tried.
#![deny(clippy::indexing_slicing)]

pub mod dialog;
pub mod digest;
pub mod endpoint;
pub mod framer;
pub mod fuzz;
pub mod header;
pub mod invite;
pub mod message;
pub mod timers;
mod transaction;
pub mod uri;

pub use header::{Auth, CSeq, Header, Headers, NameAddr, Params, Via};
pub use message::{Message, Method, ParseError, StartLine};
pub use uri::{Host, SipUri, Uri};
