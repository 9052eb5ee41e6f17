//! What differs between operating systems.

pub mod appearance;
#[cfg(target_os = "linux")]
pub(super) mod arrival;
pub mod autostart;
pub mod console;
pub(crate) mod datagram;
pub mod graphics;
pub mod harden;
pub mod installation;
#[cfg(target_os = "linux")]
pub(super) mod linux;
pub mod memory;
pub mod notification;
#[cfg(target_os = "linux")]
pub(super) mod priority;
pub(super) mod raise;
#[cfg(windows)]
mod session;
pub(crate) mod signals;
#[cfg(windows)]
mod toast;
