//! Who else is on the line. Three sources name them: the registrar in its answers to REGISTER (RFC 3261 §10.3 step 8);
//! reg-event (RFC 3680), where the server has it; and the provider's own list (`GET sessions`) where its
//! account-security API has one.
//!
//! Each may name all of them, only us, or nobody; so "none" is never said. What is remembered of a device is its name,
//! if the person gave it one, and since when it is known: a device that nobody has seen before is an alarm that stays
//! until the person says whose it is. [`contact`] reads a contact, [`list`] the provider's list, [`memory`] is what is
//! kept and how the sources are merged, [`words`] is what people are told; `host` joins them to the phone.
//! Asking for the list and ending rows of it is `security::api`'s. [`watch`] is the subscription to reg-event,
//! [`reginfo`] its documents, [`xml`] how they are written; `watching` joins them to the phone.

pub mod contact;
pub(super) mod host;
pub mod list;
pub mod memory;
pub mod reginfo;
pub mod view;
pub mod watch;
mod watching;
pub mod words;
pub mod xml;

pub use memory::{Known, Memory, Source};
pub use view::Asking;
