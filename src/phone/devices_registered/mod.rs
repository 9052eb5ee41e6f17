//! Who else is on the line: the contacts that the registrar names in its answers to REGISTER (RFC 3261 §10.3 step 8),
//! without our own.
//!
//! A registrar may name all of them, only ours, or nobody; so "none" is never said. What is remembered of a device is
//! its name, if the person gave it one, and since when it is known: a device that nobody has seen before is an alarm
//! that stays until the person says whose it is. [`contact`] reads a contact, [`memory`] is what is kept, [`words`] is
//! what people are told; `host` joins them to the phone.

pub mod contact;
pub(super) mod host;
pub mod memory;
pub mod words;

pub use memory::{Known, Memory};
