//! The documents of a profile: read at the start, written whole by a thread of its own, never half. A write goes to
//! a new file that is brought to the disk before it takes the old one's name. Only the newest content of a document
//! is written, so that nothing queues up; what is added to the event log is never left out. The outcome of each is
//! told, in order.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::port::store::{Append, Document, Save};

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

/// Where copies for the person go: their documents, or beside the profile where the system names no such place.
#[must_use]
pub fn documents_dir(profile: &Path) -> PathBuf {
    let dirs = directories::UserDirs::new();
    let theirs = dirs.as_ref().and_then(directories::UserDirs::document_dir).filter(|dir| dir.is_dir());
    theirs.map_or_else(|| profile.to_owned(), Path::to_owned)
}

/// What the writing thread tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A document is on the disk, or why not: once for each request.
    Saved(Document, Result<(), String>),
    /// A copy for the person is there: where; or why not.
    Exported(Result<String, String>),
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
    waiting: Vec<Job>,
    closed: bool,
}

#[derive(Debug)]
struct Job {
    document: Document,
    way: Way,
    bytes: Vec<u8>,
    /// How many requests this is the outcome of.
    requests: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Way {
    Whole,
    Append,
    /// Copy it below this directory.
    Export(PathBuf),
}

impl Store {
    /// Opens the documents below `dir` and starts the writing thread, which calls `tell` with the outcome of each
    /// request: it is on the disk, or why not.
    ///
    /// # Errors
    /// If there can be no thread.
    pub fn open(dir: &Path, tell: impl Fn(Told) + Send + 'static) -> io::Result<Store> {
        let queue = Arc::new(Queue::default());
        let writer = std::thread::Builder::new().name("store".into()).spawn({
            let (dir, queue) = (dir.to_owned(), Arc::clone(&queue));
            move || write_all(&dir, &queue, &tell)
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
    pub fn perform(&self, Save(document, bytes): Save) {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        let overtaken = |job: &&Job| job.document == document && job.way == Way::Whole;
        let requests = state.waiting.iter().filter(overtaken).map(|job| job.requests).sum::<usize>() + 1;
        state.waiting.retain(|job| job.document != document || job.way != Way::Whole);
        state.waiting.push(Job { document, way: Way::Whole, bytes, requests });
        self.queue.changed.notify_one();
    }

    /// Adds lines to a document, soon, likewise.
    pub fn append(&self, Append(document, bytes): Append) {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.waiting.iter_mut().find(|job| job.document == document && job.way == Way::Append) {
            Some(job) => {
                job.bytes.extend(bytes);
                job.requests += 1;
            }
            None => state.waiting.push(Job { document, way: Way::Append, bytes, requests: 1 }),
        }
        self.queue.changed.notify_one();
    }

    /// Copies a document below `to`, after all that was written to it before.
    pub fn export(&self, document: Document, to: PathBuf) {
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.push(Job { document, way: Way::Export(to), bytes: Vec::new(), requests: 0 });
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

fn write_all(dir: &Path, queue: &Queue, tell: &impl Fn(Told)) {
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
        for job in waiting {
            let name = job.document.file_name();
            let outcome = match &job.way {
                Way::Whole => write(dir, name, &job.bytes),
                Way::Append => add(dir, name, &job.bytes),
                Way::Export(to) => {
                    let copied = copy(&dir.join(name), to, name);
                    tell(Told::Exported(copied.map_err(|error| error.to_string())));
                    continue;
                }
            };
            if let Err(error) = &outcome {
                tracing::error!(document = name, %error, "not saved");
            }
            let outcome = outcome.map_err(|error| error.to_string());
            for _ in 0..job.requests {
                tell(Told::Saved(job.document, outcome.clone()));
            }
        }
    }
}

/// Adds lines. One that a power cut has torn is ended first, so that it costs no other.
fn add(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let path = dir.join(name);
    let is_new = !path.try_exists()?;
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path)?;
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let mut lines = Vec::with_capacity(bytes.len() + 1);
    if last != [b'\n'] {
        lines.push(b'\n');
    }
    lines.extend_from_slice(bytes);
    file.write_all(&lines)?;
    file.sync_all()?;
    drop(file);
    if is_new { sync_dir(dir) } else { Ok(()) }
}

/// A copy under a name that is not taken yet; where it is. What is not there yet is copied as empty.
fn copy(from: &Path, to: &Path, name: &str) -> io::Result<String> {
    let bytes = match fs::read(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    let mut number = 1_u32;
    loop {
        let path = to.join(format!("ringfence-{number}-{name}"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(&bytes)?;
                file.sync_all()?;
                return Ok(path.display().to_string());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
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
    sync_dir(dir)
}

/// A new name is on the disk only when the directory is. Windows does not let directories be opened so.
fn sync_dir(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_last_is_loaded_after_the_store_was_closed() {
        let home = tempfile::tempdir().unwrap();
        let dir = profile_dir(Some(&home.path().join("a/b"))).unwrap();
        let store = Store::open(&dir, |_| {}).unwrap();
        assert_eq!(store.load(Document::Accounts).unwrap(), None);
        for number in 0..100 {
            store.perform(Save(Document::Accounts, format!("{number}").into_bytes()));
            store.perform(Save(Document::History, b"[]".to_vec()));
        }
        drop(store);
        let store = Store::open(&dir, |_| {}).unwrap();
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
        let store = Store::open(&dir, |_| {}).unwrap();
        store.perform(Save(Document::Settings, b"{}".to_vec()));
        drop(store);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&dir), 0o700);
        assert_eq!(mode(&dir.join("settings.json")), 0o600);
    }

    #[test]
    fn damaged_documents_are_kept_beside_each_other() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(home.path(), |_| {}).unwrap();
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
        assert!(Store::open(home.path(), |_| {}).unwrap().load(Document::History).is_err());
    }

    #[test]
    fn every_request_is_answered_once_and_after_its_content_is_there() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().to_owned();
        let (sender, told) = std::sync::mpsc::sync_channel(256);
        let store = Store::open(home.path(), move |told| {
            let Told::Saved(document, outcome) = told else { panic!("{told:?}") };
            let there = fs::read_to_string(dir.join(document.file_name())).unwrap_or_default();
            sender.send((document, outcome, there)).unwrap();
        })
        .unwrap();
        for number in 0..50 {
            store.perform(Save(Document::Journal, number.to_string().into_bytes()));
            store.append(Append(Document::EventLog, format!("{number}\n").into_bytes()));
        }
        drop(store);
        let told: Vec<_> = told.iter().collect();
        let of = |which: Document| told.iter().filter(move |(document, ..)| *document == which);
        assert_eq!((of(Document::Journal).count(), of(Document::EventLog).count()), (50, 50));
        for (nth, (_, outcome, there)) in of(Document::Journal).enumerate() {
            assert_eq!(*outcome, Ok(()));
            assert!(there.parse::<usize>().unwrap() >= nth, "request {nth} was told before it was there: {there}");
        }
        let all: String = (0..50).map(|number| format!("{number}\n")).collect();
        assert_eq!(of(Document::EventLog).next_back().unwrap().2, all);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("journal.json")).unwrap();
        fs::create_dir(home.path().join("events.jsonl")).unwrap();
        let (sender, told) = std::sync::mpsc::sync_channel(256);
        let store = Store::open(home.path(), move |told| sender.send(told).unwrap()).unwrap();
        store.perform(Save(Document::Journal, b"{}".to_vec()));
        store.append(Append(Document::EventLog, b"{}\n".to_vec()));
        drop(store);
        let told: Vec<_> = told.iter().collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|told| matches!(told, Told::Saved(_, Err(_)))), "{told:?}");
    }

    #[test]
    fn a_line_that_was_torn_costs_no_other() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("events.jsonl"), "{\"a\":1}\n{\"b\":").unwrap();
        let store = Store::open(home.path(), |_| {}).unwrap();
        store.append(Append(Document::EventLog, b"{\"c\":3}\n".to_vec()));
        drop(store);
        let text = fs::read_to_string(home.path().join("events.jsonl")).unwrap();
        assert_eq!(text, "{\"a\":1}\n{\"b\":\n{\"c\":3}\n");
    }

    #[test]
    fn a_copy_holds_what_was_written_before_and_never_takes_another_ones_place() {
        let home = tempfile::tempdir().unwrap();
        let (sender, told) = std::sync::mpsc::sync_channel(256);
        let store = Store::open(home.path(), move |told| sender.send(told).unwrap()).unwrap();
        store.append(Append(Document::EventLog, b"{}\n".to_vec()));
        store.export(Document::EventLog, home.path().to_owned());
        store.export(Document::EventLog, home.path().to_owned());
        store.export(Document::EventLog, home.path().join("not there"));
        drop(store);
        let told: Vec<Told> = told.iter().collect();
        let [Told::Saved(..), Told::Exported(Ok(one)), Told::Exported(Ok(two)), Told::Exported(Err(_))] = &told[..]
        else {
            panic!("{told:?}")
        };
        assert_ne!(one, two);
        assert_eq!(fs::read_to_string(one).unwrap(), "{}\n");
    }
}
