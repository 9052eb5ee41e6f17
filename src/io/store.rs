//! The documents of a profile: read at the start, written whole by a thread of its own, never half. A write goes to
//! a new file that is brought to the disk before it takes the old one's name. Only the newest content of a document
//! is written, so that nothing queues up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::port::store::{Document, Save};

/// The directory of a profile, made if need be: readable by this person only.
///
/// # Errors
/// If it cannot be made, or if the operating system names no home.
pub fn profile_dir(chosen: Option<&Path>) -> io::Result<PathBuf> {
    let dir = if let Some(dir) = chosen {
        dir.to_owned()
    } else {
        let dirs = directories::ProjectDirs::from("", "", "ringfence");
        dirs.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no home directory"))?.data_dir().to_owned()
    };
    if !dir.is_dir() {
        make_private(&dir)?;
    }
    dir.canonicalize()
}

#[cfg(unix)]
fn make_private(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn make_private(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

/// The documents of one profile. Dropping it waits until the last write is on the disk.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    queue: Arc<Queue>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Save>,
    closed: bool,
}

impl Store {
    /// Opens the documents below `dir` and starts the writing thread.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn open(dir: &Path) -> io::Result<Store> {
        let queue = Arc::new(Queue::default());
        let writer = std::thread::Builder::new().name("store".into()).spawn({
            let (dir, queue) = (dir.to_owned(), Arc::clone(&queue));
            move || write_all(&dir, &queue)
        })?;
        Ok(Store { dir: dir.to_owned(), queue, writer: Some(writer) })
    }

    /// Reads a document; `None` if there is none yet.
    ///
    /// # Errors
    /// If it is there but cannot be read.
    pub fn load(&self, document: Document) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.dir.join(document.file_name())) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a document, soon, on the store's own thread.
    pub fn perform(&self, save: Save) {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.retain(|waiting| waiting.0 != save.0);
        state.waiting.push(save);
        self.queue.changed.notify_one();
    }

    /// Moves a document that cannot be understood out of the way, as `NAME.damaged-1` and so on, and says where to.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub fn set_aside(&self, document: Document) -> io::Result<PathBuf> {
        let name = document.file_name();
        let mut number = 1_u32;
        loop {
            let aside = self.dir.join(format!("{name}.damaged-{number}"));
            if !aside.try_exists()? {
                fs::rename(self.dir.join(name), &aside)?;
                return Ok(aside);
            }
            number += 1;
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.queue.changed.notify_one();
        if self.writer.take().is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn write_all(dir: &Path, queue: &Queue) {
    loop {
        let mut state = queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.waiting.is_empty() && !state.closed {
            state = queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.waiting.is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for Save(document, bytes) in waiting {
            if let Err(error) = write(dir, document.file_name(), &bytes) {
                tracing::error!(document = document.file_name(), %error, "not saved");
            }
        }
    }
}

/// Either all of `bytes` is there under this name afterwards, also after a power cut, or the old content is.
fn write(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{name}.new"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&new, dir.join(name))?;
    // The new name is on the disk only when the directory is. Windows does not let directories be opened so.
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_last_is_loaded_after_the_store_was_closed() {
        let home = tempfile::tempdir().unwrap();
        let dir = profile_dir(Some(&home.path().join("a/b"))).unwrap();
        let store = Store::open(&dir).unwrap();
        assert_eq!(store.load(Document::Accounts).unwrap(), None);
        for number in 0..100 {
            store.perform(Save(Document::Accounts, format!("{number}").into_bytes()));
            store.perform(Save(Document::History, b"[]".to_vec()));
        }
        drop(store);
        let store = Store::open(&dir).unwrap();
        assert_eq!(store.load(Document::Accounts).unwrap().unwrap(), b"99");
        assert_eq!(store.load(Document::History).unwrap().unwrap(), b"[]");
        assert!(!dir.join("accounts.json.new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_a_profile() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        let dir = profile_dir(Some(&home.path().join("profile"))).unwrap();
        let store = Store::open(&dir).unwrap();
        store.perform(Save(Document::Settings, b"{}".to_vec()));
        drop(store);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join("settings.json")), 0o600);
    }

    #[test]
    fn damaged_documents_are_kept_beside_each_other() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path()).unwrap();
        for expected in ["accounts.json.damaged-1", "accounts.json.damaged-2"] {
            fs::write(home.path().join("accounts.json"), expected).unwrap();
            let aside = store.set_aside(Document::Accounts).unwrap();
            assert_eq!(aside.file_name().unwrap(), expected);
            assert_eq!(fs::read_to_string(aside).unwrap(), expected);
            assert_eq!(store.load(Document::Accounts).unwrap(), None);
        }
    }

    #[test]
    fn an_unreadable_document_is_not_an_absent_one() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("history.json")).unwrap();
        assert!(Store::open(home.path()).unwrap().load(Document::History).is_err());
    }
}
