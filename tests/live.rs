//! Tests with real parts: the program itself, Kamailio, baresip, PulseAudio, gnome-keyring. One line a topic.
#![cfg(test)]
#![expect(clippy::disallowed_methods, reason = "live tests live in real time")]

#[path = "live/canary.rs"]
mod canary;
#[path = "live/interop.rs"]
mod interop;
#[path = "live/rig/mod.rs"]
mod rig;
