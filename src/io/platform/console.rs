//! The terminal that the program was started from. A program with a window has none on Windows, and `--help` would
//! be said to nobody.

/// Joins the terminal of whoever started us, if they have one and our output goes nowhere else.
#[cfg(windows)]
#[expect(unsafe_code, reason = "no crate among ours wraps AttachConsole")]
pub fn join() {
    use std::os::windows::io::AsRawHandle as _;

    use windows_sys::Win32::System::Console::{ATTACH_PARENT_PROCESS, AttachConsole};
    if std::io::stdout().as_raw_handle().is_null() {
        // Fails where there is no terminal, and then nothing is different.
        // SAFETY: it takes a number; nothing has used the standard handles yet.
        unsafe { AttachConsole(ATTACH_PARENT_PROCESS) };
    }
}

/// Elsewhere that is the terminal anyway.
#[cfg(not(windows))]
pub const fn join() {}
