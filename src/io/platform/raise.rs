//! The door of a running process: a Unix socket in the profile, which only this person can open, on which a second
//! start says `raise` and hears `ok`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

const REQUEST: &[u8; 6] = b"raise\n";
const REPLY: &[u8; 3] = b"ok\n";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);
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

    /// Reports each request from now on.
    pub(crate) fn listen(&mut self, raised: mpsc::Sender<()>) {
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

async fn serve(listener: tokio::net::UnixListener, raised: mpsc::Sender<()>) {
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
        let exchange = async {
            let mut request = *REQUEST;
            stream.read_exact(&mut request).await?;
            if &request == REQUEST {
                stream.write_all(REPLY).await?;
            }
            io::Result::Ok(&request == REQUEST)
        };
        if matches!(tokio::time::timeout(PATIENCE, exchange).await, Ok(Ok(true))) && raised.send(()).await.is_err() {
            return;
        }
    }
}

/// What came of a knock.
pub(crate) enum Knock {
    /// The process will show its window.
    Heard,
    /// There is a process, and it does not react.
    Silence,
    /// There is no door.
    Nobody,
}

/// Asks the process behind the door to show its window.
pub(crate) fn knock(dir: &Path) -> Knock {
    let Ok(stream) = path_for(dir).and_then(UnixStream::connect) else { return Knock::Nobody };
    let ask = |mut stream: UnixStream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(REQUEST)?;
        let mut reply = [0; REPLY.len()];
        stream.read_exact(&mut reply)?;
        io::Result::Ok(&reply == REPLY)
    };
    match ask(stream) {
        Ok(true) => Knock::Heard,
        // It closed the door in our face: it is about to end.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Knock::Nobody,
        Ok(false) | Err(_) => Knock::Silence,
    }
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
    let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    Ok(runtime.join(format!("ringfence-{short}")))
}
