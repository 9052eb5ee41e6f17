//! What differs between operating systems.

pub mod appearance;
pub mod installation;
#[cfg(target_os = "linux")]
pub(super) mod arrival;
#[cfg(target_os = "linux")]
pub(super) mod linux;
#[cfg(target_os = "linux")]
pub(super) mod priority;
#[cfg(unix)]
pub(super) mod raise;
