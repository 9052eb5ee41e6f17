//! The door of a running process: a Unix socket in the profile, which only this person can open, on which a second
//! start says `raise`, or `link` and a link, and hears `ok`.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::io::instance::Visit;

const RAISE: &str = "raise";
const LINK: &str = "link ";
/// A request is one line, and no longer than this.
const LONGEST_REQUEST: usize = 4096;
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
        let exchange = async {
            let visit = visit(&read_line(&mut stream).await?);
            if visit.is_some() {
                stream.write_all(REPLY).await?;
            }
            io::Result::Ok(visit)
        };
        if let Ok(Ok(Some(visit))) = tokio::time::timeout(PATIENCE, exchange).await
            && raised.send(visit).await.is_err()
        {
            return;
        }
    }
}

/// Reads up to the end of the line, which is not in it.
async fn read_line(stream: &mut tokio::net::UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let byte = stream.read_u8().await?;
        if byte == b'\n' {
            return Ok(line);
        }
        if line.len() == LONGEST_REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(byte);
    }
}

/// What a request asks for.
fn visit(line: &[u8]) -> Option<Visit> {
    let line = std::str::from_utf8(line).ok()?;
    match line.strip_prefix(LINK) {
        Some(link) => Some(Visit::Link(link.to_owned())),
        None => (line == RAISE).then_some(Visit::Raise),
    }
}

/// The request for a visit. A link that does not fit into a line is none, and is refused like any other that is none.
fn request(visit: &Visit) -> String {
    match visit {
        Visit::Raise => format!("{RAISE}\n"),
        Visit::Link(link) if link.len() > LONGEST_REQUEST / 2 || link.contains('\n') => format!("{LINK}\n"),
        Visit::Link(link) => format!("{LINK}{link}\n"),
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

/// Asks the process behind the door to show its window, and to take a link.
pub(crate) fn knock(dir: &Path, visit: &Visit) -> Knock {
    let Ok(stream) = path_for(dir).and_then(UnixStream::connect) else { return Knock::Nobody };
    let ask = |mut stream: UnixStream| {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request(visit).as_bytes())?;
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
