//! SDP (RFC 8866) as real SIP peers write it, and offer/answer (RFC 3264) for one audio stream.
//!
//! [`Description`] is a tolerant parser and a printer: it keeps the lines it does not know. [`Local`] is our side of
//! one session: it makes offers, answers them and reads answers, and says what media has to do as
//! [`crate::port::media::Session`]. [`crypto`] is SDES (RFC 4568).
#![deny(clippy::indexing_slicing)]

pub mod crypto;
mod description;
pub mod fuzz;
mod line;
mod offer_answer;

pub use crypto::Crypto;
pub use description::{Description, MAX_CANDIDATES, MAX_MEDIA, Media, NotSdp, Section};
pub use line::{Connection, Format, Line};
pub use offer_answer::{Agreed, Local, Refused, Srtp};
