//! What the product *is*: registration, calls, history, settings as one pure, deterministic machine.

pub mod command;
pub mod event;
pub mod problem;
pub mod settings;
pub mod view;
