//! Sound devices. `keeper` is the only thread that opens, closes and lists them; `callbacks` is what runs in theirs;
//! `ends` is what the media thread holds: a source of 10 ms frames and a sink for them, whatever is behind.

pub mod callbacks;
mod config;
pub mod ends;
pub mod file;
pub mod host;
pub mod keeper;
pub mod waker;
