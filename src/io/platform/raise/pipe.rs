//! The door on Windows: a named pipe. Windows gives it to whoever made it, to administrators and to the system; others
//! on this computer cannot write into it, and it cannot be reached through the network.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};

use tokio::io::AsyncReadExt as _;
use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
use tokio::sync::mpsc;

use super::{PATIENCE, REPLY, hear, short_name};
use crate::io::instance::Visit;

/// `SECURITY_IDENTIFICATION`: whoever made the pipe may learn who we are, but not act in our name.
const IDENTIFICATION: u32 = 0x0001_0000;

/// The pipe, gone when dropped.
#[derive(Debug)]
pub(crate) struct Door {
    name: String,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Door {
    /// The door of the profile below `dir`, whose lock must be ours. It opens with [`Door::listen`].
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
    pub(crate) fn open(dir: &Path) -> io::Result<Door> {
        Ok(Door { name: name_for(dir), task: None })
    }

    /// Reports each request from now on. Must be called inside a tokio runtime.
    pub(crate) fn listen(&mut self, raised: mpsc::Sender<Visit>) {
        match end(&self.name, true) {
            Ok(first) => {
                #[expect(clippy::disallowed_methods, reason = "this is io")]
                let task = tokio::spawn(serve(self.name.clone(), first, raised));
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
    }
}

/// Our end for one visitor. The first one must be the first of this name: another process that has taken the name
/// would otherwise share our visitors.
fn end(name: &str, first: bool) -> io::Result<NamedPipeServer> {
    ServerOptions::new().first_pipe_instance(first).reject_remote_clients(true).create(name)
}

async fn serve(name: String, mut door: NamedPipeServer, raised: mpsc::Sender<Visit>) {
    loop {
        // The next visitor finds a door while this one is heard.
        let next = door.connect().await.and_then(|()| end(&name, false));
        let mut visitor = match next {
            Ok(next) => std::mem::replace(&mut door, next),
            Err(error) => {
                tracing::warn!(%error, "no more requests to show the window are taken");
                return;
            }
        };
        let Some(visit) = hear(&mut visitor).await else { continue };
        // What a visitor has not read when we close is lost: they hang up when they have heard. Either way we go on.
        drop(tokio::time::timeout(PATIENCE, visitor.read_u8()).await);
        if raised.send(visit).await.is_err() {
            return;
        }
    }
}

/// Goes to the door.
pub(super) fn connect(dir: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).security_qos_flags(IDENTIFICATION).open(name_for(dir))
}

/// Says what we want and hears the reply. A pipe opened as a file knows no time-out: it is waited for from outside.
pub(super) fn exchange(mut pipe: File, request: String) -> io::Result<[u8; REPLY.len()]> {
    let (tell, told) = sync_channel(1);
    let talk = move || {
        let mut reply = [0; REPLY.len()];
        let heard = pipe.write_all(request.as_bytes()).and_then(|()| pipe.read_exact(&mut reply));
        // Nobody waits any more if this took too long.
        drop(tell.send(heard.map(|()| reply)));
    };
    std::thread::Builder::new().name("knock".into()).spawn(talk)?;
    told.recv_timeout(PATIENCE).unwrap_or_else(|error| {
        Err(match error {
            RecvTimeoutError::Timeout => io::ErrorKind::TimedOut.into(),
            RecvTimeoutError::Disconnected => io::Error::other("the talk with the first start broke off"),
        })
    })
}

fn name_for(dir: &Path) -> String {
    format!(r"\\.\pipe\{}", short_name(dir))
}
