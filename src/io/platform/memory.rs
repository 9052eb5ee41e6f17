//! Memory that has been freed.

/// Gives what is free back to the operating system. glibc keeps it, whole pages amid what is in use included, for
/// whoever asks next; after a burst that does not come again (graphics driver's start, tables' loading) nobody does.
/// Takes less than a millisecond. Elsewhere than with glibc the system's own ways have to do.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "no crate among ours wraps malloc_trim")]
    // SAFETY: takes a number, no pointer; may be called by any thread at any time (malloc_trim(3): MT-safe).
    unsafe {
        libc::malloc_trim(0);
    }
}
