//! The directory beside an installation where an update lies until it is put into place: on the same file system, so
//! that its last step is one rename. One process at a time has it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::port::Installation;
use crate::port::release::{self, Trouble};

const LOCK: &str = "lock";

/// The directory, emptied when dropped.
#[derive(Debug)]
pub(super) struct Staging {
    dir: PathBuf,
    /// Where the fetched file lies.
    file: PathBuf,
    _lock: File,
}

impl Staging {
    /// Takes the directory of an installation, and empties it.
    pub(super) fn open(installation: &Installation) -> Result<Staging, Trouble> {
        let os = |error: io::Error| Trouble::Os(error.to_string());
        let dir = place(installation).map_err(os)?;
        fs::create_dir_all(&dir).map_err(os)?;
        let lock = File::options().write(true).create(true).truncate(false).open(dir.join(LOCK)).map_err(os)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(Trouble::Taken),
            Err(fs::TryLockError::Error(error)) => return Err(os(error)),
        }
        empty(&dir).map_err(os)?;
        // Windows asks more of a file whose name does not say that it is a program.
        let name = if *installation == Installation::Windows { "ringfence-setup.exe" } else { "release" };
        Ok(Staging { file: dir.join(name), dir, _lock: lock })
    }

    /// Empties the directory, if there is one that nobody uses.
    pub(super) fn tidy(installation: &Installation) -> Result<(), Trouble> {
        let there = place(installation).is_ok_and(|dir| dir.is_dir());
        if there && installation.own_kind().is_some() { Staging::open(installation).map(drop) } else { Ok(()) }
    }

    /// Where the fetched file goes.
    pub(super) fn file(&self) -> PathBuf {
        self.file.clone()
    }

    /// The directory itself.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the file on the disk is the one that was signed.
    pub(super) fn check(&self, wanted: &release::File) -> Result<(), Trouble> {
        let os = |error: io::Error| Trouble::Os(error.to_string());
        let mut file = File::open(&self.file).map_err(os)?;
        if file.metadata().map_err(os)?.len() != wanted.size {
            return Err(Trouble::Size);
        }
        let (mut hash, mut piece) = (Sha256::new(), vec![0; 64 * 1024]);
        loop {
            let got = file.read(&mut piece).map_err(os)?;
            let Some(bytes) = piece.get(..got).filter(|bytes| !bytes.is_empty()) else { break };
            hash.update(bytes);
        }
        let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        if hex == wanted.sha256 { Ok(()) } else { Err(Trouble::Hash) }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if let Err(error) = empty(&self.dir) {
            tracing::debug!(%error, "the next start removes what is left of an update");
        }
    }
}

/// Removes everything but the lock.
fn empty(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    Ok(())
}

fn place(installation: &Installation) -> io::Result<PathBuf> {
    let nowhere = || io::Error::from(io::ErrorKind::NotFound);
    match installation {
        Installation::Archive(prefix) => Ok(Path::new(prefix).join("lib/ringfence/update")),
        Installation::AppImage(image) => {
            let image = Path::new(image);
            let name = image.file_name().ok_or_else(nowhere)?.to_string_lossy().into_owned();
            Ok(image.with_file_name(format!(".{name}.update")))
        }
        Installation::Windows => Ok(std::env::current_exe()?.with_file_name("update")),
        Installation::Deb
        | Installation::Rpm
        | Installation::Arch
        | Installation::Flatpak
        | Installation::MacBundle
        | Installation::ByHand => Err(nowhere()),
    }
}
