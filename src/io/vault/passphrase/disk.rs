//! The passphrase file on the disk: always whole, with the generation before beside it.
//!
//! ```text
//! passwords.age.new       written, synced, read back
//! passwords.age.previous  a copy of passwords.age, made and synced before that is replaced
//! passwords.age           replaced by renaming passwords.age.new; then the directory is synced
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::port::vault::VaultError;

/// The file's name below the profile.
const NAME: &str = "passwords.age";
/// A longer file is none of ours.
const LONGEST: u64 = 8 * 1024 * 1024;

/// Where the file is.
#[derive(Debug)]
pub(super) struct Disk {
    dir: PathBuf,
}

impl Disk {
    pub(super) fn new(dir: &Path) -> Disk {
        Disk { dir: dir.to_owned() }
    }

    pub(super) fn path(&self, suffix: &str) -> PathBuf {
        self.dir.join(format!("{NAME}{suffix}"))
    }

    /// Whether there is a file, or what was left of one.
    pub(super) fn is_there(&self) -> Result<bool, VaultError> {
        let there = |suffix| self.path(suffix).try_exists().map_err(|error| failed(&error));
        Ok(there("")? || there(".previous")?)
    }

    pub(super) fn read_current(&self) -> Result<Option<Vec<u8>>, VaultError> {
        read(&self.path("")).map_err(|error| failed(&error))
    }

    pub(super) fn read_previous(&self) -> Result<Option<Vec<u8>>, VaultError> {
        read(&self.path(".previous")).map_err(|error| failed(&error))
    }

    /// Writes the next generation. Whenever this breaks off, the file or its previous generation is whole.
    pub(super) fn write(&self, bytes: &[u8]) -> Result<(), VaultError> {
        let done = self.write_new(bytes).and_then(|()| self.keep_previous()).and_then(|()| self.commit());
        done.map_err(|error| failed(&error))
    }

    /// The next generation, beside the present one.
    pub(super) fn write_new(&self, bytes: &[u8]) -> io::Result<()> {
        let new = self.path(".new");
        create(&new, bytes)?;
        // What a bad disk has made of it is noticed while the old generation is still there.
        if read(&new)?.as_deref() == Some(bytes) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::InvalidData, "what was written reads differently"))
        }
    }

    /// A copy of the present generation, before it goes.
    pub(super) fn keep_previous(&self) -> io::Result<()> {
        let Some(bytes) = read(&self.path(""))? else { return Ok(()) };
        let copy = self.path(".previous.new");
        create(&copy, &bytes)?;
        fs::rename(&copy, self.path(".previous"))
    }

    /// The next generation becomes the present one.
    pub(super) fn commit(&self) -> io::Result<()> {
        fs::rename(self.path(".new"), self.path(""))?;
        // The new name is on the disk only when the directory is. Windows does not let directories be opened so.
        if cfg!(unix) { File::open(&self.dir)?.sync_all() } else { Ok(()) }
    }

    /// Keeps a damaged file as `passwords.age.damaged-1` and so on.
    pub(super) fn set_aside(&self) -> Result<(), VaultError> {
        let aside = || -> io::Result<()> {
            let current = self.path("");
            if !current.try_exists()? {
                return Ok(());
            }
            let mut number = 1_u32;
            while self.path(&format!(".damaged-{number}")).try_exists()? {
                number += 1;
            }
            fs::rename(current, self.path(&format!(".damaged-{number}")))
        };
        aside().map_err(|error| failed(&error))
    }
}

/// A new file with this content, on the disk, readable by this person only.
fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // What broke off earlier may be in the way.
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn failed(error: &io::Error) -> VaultError {
    VaultError::Other(format!("the passphrase file: {error}"))
}
