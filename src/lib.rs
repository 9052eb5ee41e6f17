//! Ringfence: a desktop softphone with built-in account security.

pub mod agent;
pub mod base;
pub mod codec;
pub mod engine;
pub mod io;
pub mod media;
pub mod phone;
pub mod port;
pub mod provider;
pub mod sdp;
pub mod serve;
pub mod sip;
pub mod ui;
