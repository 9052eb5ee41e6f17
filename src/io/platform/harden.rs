//! What keeps secrets in this process's memory from leaving it by accident: no core dumps, no debugger of another
//! process of the same person, and no words of a panic on stderr, which may quote what was being worked on.
//!
//! Only in release builds, for developers want their debuggers; a debug build does it when `RINGFENCE_HARDENED` is
//! set. Root can read everything all the same.

use std::io::Write as _;

/// Whether this process hides its memory.
fn wanted() -> bool {
    !cfg!(debug_assertions) || std::env::var_os("RINGFENCE_HARDENED").is_some()
}

/// At the start of the program, before there is a secret: panics are told without their words, and no core is dumped.
pub fn begin() {
    if !wanted() {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
        // Nowhere left to say that this could not be said.
        drop(writeln!(std::io::stderr(), "ringfence: internal error in thread {thread} at {place}"));
    }));
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
            tracing::warn!(%error, "core dumps are not switched off");
        }
    }
}

/// From now on no other process of this person can read our memory (ptrace, `/proc/PID/mem`). The settings portal
/// refuses to answer a process that it cannot look into, so that the window does this after its first question to it.
pub fn close() {
    #[cfg(target_os = "linux")]
    if wanted() {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!(%error, "other processes can read our memory");
        }
    }
}
