//! Whether this program starts when the person logs in. Each system keeps that in a place of its own, which people
//! can see and change there too.

#[cfg(any(test, not(any(windows, target_os = "macos"))))]
#[cfg_attr(any(windows, target_os = "macos"), expect(dead_code, reason = "there for its tests alone"))]
mod desktop_file;
#[cfg(any(test, target_os = "macos"))]
mod launch_agent;
#[cfg(windows)]
mod run_key;

#[cfg(not(any(windows, target_os = "macos")))]
use desktop_file as system;
#[cfg(target_os = "macos")]
use launch_agent as system;
#[cfg(windows)]
use run_key as system;

/// Whether it starts at login; `None` where this computer does not know such a thing.
#[must_use]
pub fn is_on() -> Option<bool> {
    system::is_on()
}

/// Switches it.
///
/// # Errors
/// In words, if the system does not let it be written down.
pub fn switch(on: bool) -> Result<(), String> {
    let program = super::installation::program().map_err(|error| error.to_string())?;
    system::switch(&program, on).map_err(|error| error.to_string())
}

/// Makes `file` hold this text and nothing less, or removes it. Where a system keeps a file, it is kept like that.
#[cfg(any(test, not(windows)))]
fn keep(file: &std::path::Path, text: Option<String>) -> std::io::Result<()> {
    let Some(text) = text else {
        return match std::fs::remove_file(file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        };
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let fresh = file.with_extension("new");
    std::fs::write(&fresh, text)?;
    std::fs::rename(&fresh, file)
}
