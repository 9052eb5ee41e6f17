//! The door on Unix: a socket in the profile.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::{PATIENCE, REPLY, hear, short_name};
use crate::io::instance::Visit;

/// Sockets have paths of at most 104 bytes on macOS and 108 on Linux; the final zero and `.new` must fit too.
const LONGEST: usize = 96;

/// The listening socket, removed when dropped.
#[derive(Debug)]
pub(crate) struct Door {
    path: PathBuf,
    listener: Option<UnixListener>,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Door {
    /// Opens the door of the profile below `dir`, whose lock must be ours: a socket that lies there is a dead one's.
    pub(crate) fn open(dir: &Path) -> io::Result<Door> {
        let path = path_for(dir)?;
        let new = path.with_extension("new");
        for old in [&path, &new] {
            match fs::remove_file(old) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // It gets its name only when nobody else can use it any more.
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        fs::rename(&new, &path)?;
        Ok(Door { path, listener: Some(listener), task: None })
    }

    /// Reports each request from now on. Must be called inside a tokio runtime.
    pub(crate) fn listen(&mut self, raised: mpsc::Sender<Visit>) {
        let Some(listener) = self.listener.take() else { return };
        match tokio::net::UnixListener::from_std(listener) {
            Ok(listener) => {
                #[expect(clippy::disallowed_methods, reason = "this is io")]
                let task = tokio::spawn(serve(listener, raised));
                self.task = Some(task);
            }
            Err(error) => tracing::warn!(%error, "a second start will not be able to show this window"),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the door was gone already");
        }
    }
}

async fn serve(listener: tokio::net::UnixListener, raised: mpsc::Sender<Visit>) {
    let me = rustix::process::getuid().as_raw();
    loop {
        let (mut stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "no more requests to show the window are taken");
                return;
            }
        };
        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == me) {
            continue;
        }
        if let Some(visit) = hear(&mut stream).await
            && raised.send(visit).await.is_err()
        {
            return;
        }
    }
}

/// Goes to the door.
pub(super) fn connect(dir: &Path) -> io::Result<UnixStream> {
    path_for(dir).and_then(UnixStream::connect)
}

/// Says what we want and hears the reply.
pub(super) fn exchange(mut stream: UnixStream, request: String) -> io::Result<[u8; REPLY.len()]> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut reply = [0; REPLY.len()];
    stream.read_exact(&mut reply)?;
    Ok(reply)
}

/// In the profile itself, or, where that makes too long a name for a socket, in the person's runtime directory.
fn path_for(dir: &Path) -> io::Result<PathBuf> {
    let path = dir.join("door");
    if path.as_os_str().len() <= LONGEST {
        return Ok(path);
    }
    let dirs = directories::BaseDirs::new();
    let runtime = dirs.as_ref().and_then(directories::BaseDirs::runtime_dir);
    let runtime =
        runtime.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidFilename, "the profile's path is too long"))?;
    Ok(runtime.join(short_name(dir)))
}
