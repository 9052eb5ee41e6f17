//! Registration on a virtual clock.

mod bench;
mod binding;
mod nat;
mod trouble;
