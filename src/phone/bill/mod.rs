//! Check my bill: a provider's list of calls (CSV) against the calls that this computer has placed. What is on the list and
//! was not placed here was placed by somebody else, or by another telephone of the same line. Nothing of it leaves the
//! computer.
//!
//! `text` makes text of bytes, `list` rows of text, `values` dates, durations and numbers of cells, `guess` says which column
//! holds what, `compare` finds what was not placed here, `log` is the memory of our own calls, `host` the way in and out.

pub mod compare;
pub mod guess;
mod host;
pub mod list;
pub mod log;
pub mod text;
pub mod values;

pub(in crate::phone) use host::Bill;
pub use host::MOST_BYTES;
