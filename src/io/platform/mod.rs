//! What differs between operating systems.

#[cfg(unix)]
pub(super) mod raise;
