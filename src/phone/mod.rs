//! What the product *is*: registration, calls, history, settings as one pure, deterministic machine.
//!
//! [`Phone::handle`] takes one [`Input`] and gives back a [`Drain`] of [`Output`]s, the last of which says when to
//! come back. Nothing here waits, reads a clock or rolls dice. This file dispatches: one call per arm.

pub mod address;
pub mod call;
pub mod command;
pub mod documents;
pub mod event;
pub mod history;
pub mod input;
pub mod locate;
pub mod output;
pub mod problem;
pub mod registration;
pub mod settings;
pub mod view;

use std::collections::VecDeque;

use crate::base::{Entropy, Now};
pub use input::Input;
pub use output::Output;
use view::PhoneView;

/// What the phone is told when it is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Where passwords are kept.
    pub vault: VaultUse,
}

/// Where passwords are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum VaultUse {
    /// In the operating system's keyring.
    #[default]
    Keyring,
    /// In memory only (`--vault session`).
    Session,
}

/// The phone.
#[derive(Debug)]
pub struct Phone {
    view: PhoneView,
    out: VecDeque<Output>,
}

impl Phone {
    /// A phone that knows nothing yet: the first input is [`Input::Loaded`].
    #[must_use]
    pub fn new(_config: Config, _entropy: Entropy) -> Phone {
        Phone { view: PhoneView::default(), out: VecDeque::new() }
    }

    /// Takes one input. Everything that follows from it is in the drain.
    pub fn handle(&mut self, _now: Now, _input: Input) -> Drain<'_> {
        Drain { out: &mut self.out }
    }

    /// What the screens draw. Made anew by each [`Phone::handle`]; compare before publishing.
    #[must_use]
    pub fn view(&self) -> &PhoneView {
        &self.view
    }
}

/// What follows from one input. What is not taken is dropped with it, so take all.
#[must_use = "the phone asks for things: perform them"]
#[derive(Debug)]
pub struct Drain<'a> {
    out: &'a mut VecDeque<Output>,
}

impl Iterator for Drain<'_> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
}

impl Drop for Drain<'_> {
    fn drop(&mut self) {
        self.out.clear();
    }
}
