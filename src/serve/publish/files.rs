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
    // Often root's hand in a folder of the service's: what lies there under this name is not written through.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(words(error)),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
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
    #[cfg(unix)]
    if readers == Readers::Group {
        share(&file, folder).map_err(words)?;
    }
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(words)?;
    std::fs::rename(&beside, path).map_err(words)?;
    // The name is only safe once the folder is.
    #[cfg(unix)]
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(words)?;
    Ok(())
}

/// Makes a folder that only the service is to read, if it is not there. Whoever makes it, often root: it gets the group
/// of the folder around it, which is the service's.
///
/// # Errors
/// In words, which folder and why.
pub fn make_private(folder: &Path) -> Result<(), String> {
    if folder.exists() {
        return Ok(());
    }
    // The folder alone: one that is missing around it would be made for root only.
    let made = std::fs::create_dir(folder).and_then(|()| close(folder));
    made.map_err(|error| format!("{}: {error}", folder.display()))
}

/// 2750, whatever the umask (the service's own would leave its group nothing), so that what is copied into it gets its
/// group. Inside the service's walls nobody may set the 2 (systemd's `RestrictSUIDSGID`); [`write`] does without.
#[cfg(unix)]
fn close(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    // By its handle: the name could lead elsewhere by now.
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::DIRECTORY;
    let made = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(folder)?;
    share(&made, around(folder))?;
    let set = |mode| made.set_permissions(std::fs::Permissions::from_mode(mode));
    set(0o2750).or_else(|_| set(0o750))
}

/// There are no such bits here.
#[cfg(not(unix))]
fn close(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Gives what root made to the group of the folder around it. Who is neither root nor of that group cannot: then it stays
/// the maker's, and `serve` says so if it must.
#[cfg(unix)]
fn share(made: &File, around: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let group = std::fs::metadata(around)?.gid();
    if made.metadata()?.gid() == group {
        return Ok(());
    }
    match fchown(made, None, Some(group)) {
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(()),
        given => given,
    }
}

/// The folder that a name is in.
#[cfg(unix)]
fn around(path: &Path) -> &Path {
    path.parent().filter(|around| !around.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_private_folder_is_made_for_the_service_and_one_that_is_there_is_left_alone() {
        let around = tempfile::tempdir().unwrap();
        let own = around.path().join("own");
        make_private(&own).unwrap();
        assert_eq!(mode(&own), 0o2750);
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o700)).unwrap();
        make_private(&own).unwrap();
        assert_eq!(mode(&own), 0o700, "the operator's own choice");
    }

    /// Only root can play root.
    #[test]
    fn what_root_writes_the_service_s_group_can_read() {
        let around = tempfile::tempdir().unwrap();
        if std::os::unix::fs::chown(around.path(), None, Some(4_242)).is_err() {
            return;
        }
        let own = around.path().join("own");
        make_private(&own).unwrap();
        // As the service makes it inside its walls: without the bit that hands the group on.
        std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o750)).unwrap();
        for (readers, group) in [(Readers::Group, 4_242), (Readers::Owner, std::fs::metadata("/").unwrap().gid())] {
            let file = own.join("a.json");
            write(&file, b"{}", readers).unwrap();
            assert_eq!(std::fs::metadata(&file).unwrap().gid(), group, "{readers:?}");
        }
        assert_eq!(std::fs::metadata(&own).unwrap().gid(), 4_242);
    }
}
