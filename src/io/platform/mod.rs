//! What differs between operating systems.

#[cfg(target_os = "linux")]
pub(super) mod linux;
#[cfg(unix)]
pub(super) mod raise;
