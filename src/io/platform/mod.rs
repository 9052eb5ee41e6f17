//! What differs between operating systems.

#[cfg(target_os = "linux")]
pub(super) mod linux;
#[cfg(target_os = "linux")]
pub(super) mod priority;
#[cfg(unix)]
pub(super) mod raise;
