//! One process per profile: the first holds a lock and has a door that only this person can reach; a second
//! start asks there for its window to be shown.

use std::fs::File;
use std::io;
use std::path::Path;

use super::platform::raise;

/// The hold on a profile, until it is dropped.
#[derive(Debug)]
pub struct Instance {
    /// The operating system gives the lock back when the file is closed, however the process ends.
    _lock: File,
    door: Option<raise::Door>,
}

/// Whose the profile is.
#[derive(Debug)]
pub enum Claim {
    /// Ours.
    First(Instance),
    /// Another process's, and it was asked to show its window.
    Raised,
    /// Another process's, and it did not take the request.
    Taken,
}

/// What a second start wants of the first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Visit {
    /// Show your window.
    Raise,
    /// Likewise, with this link in the field.
    Link(String),
    /// Likewise, with the demo's line in it.
    Demo,
}

/// Claims the profile below `dir`, which must exist. A second start waits at most about 2 s for the first.
///
/// # Errors
/// If the profile cannot be locked for another reason than that it is taken.
pub fn claim(dir: &Path, visit: &Visit) -> io::Result<Claim> {
    let lock = File::options().write(true).create(true).truncate(false).open(dir.join("lock"))?;
    // The other process may be about to open its door, or about to end: then ask again.
    for _ in 0..20 {
        match lock.try_lock() {
            Ok(()) => return first(dir, lock).map(Claim::First),
            Err(std::fs::TryLockError::WouldBlock) => {}
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        match raise::knock(dir, visit) {
            raise::Knock::Heard => return Ok(Claim::Raised),
            raise::Knock::Silence => return Ok(Claim::Taken),
            raise::Knock::Nobody => {}
        }
        std::thread::park_timeout(std::time::Duration::from_millis(50));
    }
    Ok(Claim::Taken)
}

fn first(dir: &Path, lock: File) -> io::Result<Instance> {
    let door = match raise::Door::open(dir) {
        Ok(door) => Some(door),
        Err(error) => {
            tracing::warn!(%error, "a second start will not be able to show this window");
            None
        }
    };
    Ok(Instance { _lock: lock, door })
}

impl Instance {
    /// From now on, a second start reports here. Must be called inside a tokio runtime.
    pub fn listen(&mut self, raised: tokio::sync::mpsc::Sender<Visit>) {
        if let Some(door) = &mut self.door {
            door.listen(raised);
        }
    }
}
