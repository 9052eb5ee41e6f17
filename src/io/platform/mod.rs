//! What differs between operating systems.

pub mod appearance;
#[cfg(target_os = "linux")]
pub(super) mod arrival;
pub mod autostart;
pub(crate) mod datagram;
pub mod harden;
pub mod installation;
#[cfg(target_os = "linux")]
pub(super) mod linux;
pub mod notification;
#[cfg(target_os = "linux")]
pub(super) mod priority;
#[cfg(unix)]
pub(super) mod raise;
