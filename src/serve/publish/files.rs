//! Files written whole or not at all: a web server never serves half a list.

#[cfg(unix)]
use std::fs::File;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

/// Who may read a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readers {
    /// Everybody: it is published.
    All,
    /// Whoever serves: its group.
    Group,
    /// Nobody but its owner.
    Owner,
}

/// Writes a file beside its place, syncs it, and renames it into place.
///
/// # Errors
/// In words, which file and why.
pub fn write(path: &Path, bytes: &[u8], readers: Readers) -> Result<(), String> {
    let words = |error: std::io::Error| format!("{}: {error}", path.display());
    let folder = path.parent().ok_or_else(|| format!("{}: no place for a file", path.display()))?;
    std::fs::create_dir_all(folder).map_err(words)?;
    let beside = path.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        let mode = match readers {
            Readers::All => 0o644,
            Readers::Group => 0o640,
            Readers::Owner => 0o600,
        };
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    }
    #[cfg(not(unix))]
    let _: Readers = readers;
    let mut file = options.open(&beside).map_err(words)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(words)?;
    std::fs::rename(&beside, path).map_err(words)?;
    // The name is only safe once the folder is.
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(words)?;
    Ok(())
}

/// Reads a file; `None` if there is none.
///
/// # Errors
/// In words, which file and why.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}
