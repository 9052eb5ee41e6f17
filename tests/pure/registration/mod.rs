//! Registration on a virtual clock.

mod bench;
mod binding;
mod trouble;
