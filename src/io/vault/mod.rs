//! Where passwords rest: the operating system's keyring on a thread of its own, or this process's memory.
//!
//! Keyrings block: while a prompt is open, for good when the daemon hangs. So nobody ever waits for the thread. After
//! 2 s a request is reported as stuck, which is an unknown outcome and not a failure; the outcome follows when the
//! keyring answers after all.

mod classify;
mod encoding;
mod keyring;

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::base::Secret;
use crate::port::RequestId;
use crate::port::vault::{Key, Reply, Request, VaultError};
use keyring::Keyring;

/// How long a request may take before it is reported as stuck.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long the connection to the keyring is kept when nobody asks anything.
const IDLE: Duration = Duration::from_secs(20);
/// How many requests may wait.
const QUEUE: usize = 64;

/// Which vault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Kind {
    /// The operating system's keyring.
    #[default]
    Keyring,
    /// This process's memory: gone at its end.
    Session,
}

/// The vault of one engine. Dropping it waits for nothing.
#[derive(Debug)]
pub struct Vault {
    backend: Backend,
    reports: mpsc::Sender<(RequestId, Reply)>,
}

#[derive(Debug)]
enum Backend {
    Keyring(Option<SyncSender<Job>>),
    Session(HashMap<Key, Secret<String>>),
}

#[derive(Debug)]
struct Job {
    request: Request,
    reply: oneshot::Sender<Reply>,
}

impl Vault {
    /// Opens the vault; the keyring is connected to in parallel, from now on.
    #[must_use]
    pub fn start(kind: Kind, reports: mpsc::Sender<(RequestId, Reply)>) -> Vault {
        let backend = match kind {
            Kind::Keyring => Backend::Keyring(spawn()),
            Kind::Session => Backend::Session(HashMap::new()),
        };
        Vault { backend, reports }
    }

    /// Asks; the reply is reported with the same number. Must be called inside a tokio runtime. If there is no reply
    /// within 2 s, [`VaultError::Stuck`] is reported, and the true outcome later, if it ever comes.
    pub fn perform(&mut self, id: RequestId, request: Request) {
        let (reply, outcome) = oneshot::channel();
        match &mut self.backend {
            Backend::Keyring(thread) => submit(thread, Job { request, reply }),
            // Nobody but us holds the other end.
            Backend::Session(entries) => drop(reply.send(remember(entries, request))),
        }
        #[expect(clippy::disallowed_methods, reason = "this is io")]
        tokio::spawn(watch_over(id, outcome, self.reports.clone()));
    }
}

/// Reports the outcome, and before it that it takes long. That nobody wants to know any more is no error.
async fn watch_over(id: RequestId, mut outcome: oneshot::Receiver<Reply>, reports: mpsc::Sender<(RequestId, Reply)>) {
    let gone = || Reply::Failed(VaultError::Other("the keyring's thread has ended".into()));
    let reply = match tokio::time::timeout(PATIENCE, &mut outcome).await {
        Ok(reply) => reply,
        Err(_) if reports.send((id, Reply::Failed(VaultError::Stuck))).await.is_err() => return,
        Err(_) => outcome.await,
    };
    drop(reports.send((id, reply.unwrap_or_else(|_| gone()))).await);
}

/// Hands a job to the thread, to a new one if the old one has panicked.
fn submit(thread: &mut Option<SyncSender<Job>>, job: Job) {
    let job = match thread.as_ref().map(|thread| thread.try_send(job)) {
        Some(Ok(())) => return,
        Some(Err(TrySendError::Disconnected(job))) => job,
        Some(Err(TrySendError::Full(job))) => {
            return drop(job.reply.send(Reply::Failed(VaultError::Other("too many requests wait".into()))));
        }
        None => return,
    };
    *thread = spawn();
    if let Some(Err(error)) = thread.as_ref().map(|thread| thread.try_send(job)) {
        tracing::error!(%error, "no keyring thread");
    }
}

fn spawn() -> Option<SyncSender<Job>> {
    let (sender, jobs) = sync_channel(QUEUE);
    match std::thread::Builder::new().name("vault".into()).spawn(move || run(&jobs)) {
        Ok(_) => Some(sender),
        Err(error) => {
            tracing::error!(%error, "no keyring thread");
            None
        }
    }
}

/// The thread: ends when the vault is dropped, or with the process, whatever it is stuck in.
fn run(jobs: &Receiver<Job>) {
    let mut keyring = Keyring::connected();
    loop {
        let job = match jobs.recv_timeout(IDLE) {
            Ok(job) => job,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                // The connection costs threads and memory, and a daemon may be restarted until the next request.
                keyring = Keyring::default();
                match jobs.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                }
            }
        };
        let reply = keyring.perform(&job.request);
        if let Reply::Failed(why) = &reply {
            tracing::debug!(%why, "vault");
        }
        // The engine may have ended in the meantime.
        drop(job.reply.send(reply));
    }
}

/// The session's vault.
fn remember(entries: &mut HashMap<Key, Secret<String>>, request: Request) -> Reply {
    match request {
        Request::Check | Request::Assign(..) => Reply::Done,
        Request::Unlock(_) | Request::Move { .. } | Request::Erase { .. } => {
            Reply::Failed(VaultError::Other("there is no passphrase file here".into()))
        }
        Request::Get(key) => entries.get(&key).map_or(Reply::Absent, |secret| Reply::Found(secret.clone())),
        Request::Put(key, secret) => {
            entries.insert(key, secret);
            Reply::Done
        }
        Request::Delete(key) => {
            entries.remove(&key);
            Reply::Done
        }
    }
}
