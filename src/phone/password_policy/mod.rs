//! New line passwords: [`generate`] makes one by the provider's rules, [`check`] judges one that was typed.
//!
//! The rules are the provider's (`passwordrules`). Of our own there are only a length, a list of common passwords, the
//! words that anybody would guess, and the old password; never "one capital letter and one digit".

pub mod common;
mod generate;
mod typed;

pub use generate::{Generated, Impossible, STRONG_BITS, UNAMBIGUOUS, generate};
pub use typed::{Complaint, Context, MIN_TYPED, check};
