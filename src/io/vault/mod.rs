//! Where passwords rest: the operating system's keyring, or a file under a passphrase, each on a thread of its own; or
//! this process's memory.
//!
//! Keyrings block: while a prompt is open, for good when the daemon hangs; and a passphrase file takes half a second
//! on purpose. So nobody ever waits for the threads. After 2 s a request is reported as stuck, which is an unknown
//! outcome and not a failure; the outcome follows when there is one after all.
//!
//! Requests name an account and not a place: `routes` knows which place is whose, and moves accounts.

mod age;
mod classify;
mod encoding;
mod keyring;
mod passphrase;
mod routes;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::base::Secret;
use crate::port::RequestId;
use crate::port::vault::{Key, Place, Reply, Request, VaultError};
use keyring::Keyring;
use passphrase::PassphraseFile;
use routes::Routes;

/// How long a request may take before it is reported as stuck.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long the connection to the keyring is kept when nobody asks anything.
const IDLE: Duration = Duration::from_secs(20);
/// How many requests may wait.
const QUEUE: usize = 64;

/// The vault of one engine. Dropping it waits for nothing.
#[derive(Debug)]
pub struct Vault {
    routes: Routes,
    reports: mpsc::Sender<(RequestId, Reply)>,
}

/// The places, as far as they were needed.
#[derive(Debug)]
struct Places {
    profile: PathBuf,
    keyring: Option<SyncSender<Job>>,
    passphrase: Option<SyncSender<Job>>,
    session: HashMap<Key, Secret<String>>,
}

#[derive(Debug)]
struct Job {
    request: Request,
    reply: oneshot::Sender<Reply>,
}

impl Vault {
    /// Opens the vault. `usual` is the place of accounts that nobody assigned; a keyring is connected to in parallel,
    /// from now on. The passphrase file is below `profile`.
    pub fn start(usual: Place, profile: &Path, reports: mpsc::Sender<(RequestId, Reply)>) -> Vault {
        let keyring = if usual == Place::Keyring { spawn(run_keyring) } else { None };
        let (profile, passphrase, session) = (profile.to_owned(), None, HashMap::new());
        Vault { routes: Routes::new(usual, Places { profile, keyring, passphrase, session }), reports }
    }

    /// Asks; the reply is reported with the same number. Must be called inside a tokio runtime. If there is no reply
    /// within 2 s, [`VaultError::Stuck`] is reported, and the true outcome later, if it ever comes.
    pub fn perform(&mut self, id: RequestId, request: Request) {
        let outcome = self.routes.perform(request);
        #[expect(clippy::disallowed_methods, reason = "this is io")]
        tokio::spawn(watch_over(id, outcome, self.reports.clone()));
    }
}

/// Reports the outcome, and before it that it takes long. That nobody wants to know any more is no error.
async fn watch_over(id: RequestId, mut outcome: oneshot::Receiver<Reply>, reports: mpsc::Sender<(RequestId, Reply)>) {
    let gone = || Reply::Failed(VaultError::Other("the vault's thread has ended".into()));
    let reply = match tokio::time::timeout(PATIENCE, &mut outcome).await {
        Ok(reply) => reply,
        Err(_) if reports.send((id, Reply::Failed(VaultError::Stuck))).await.is_err() => return,
        Err(_) => outcome.await,
    };
    drop(reports.send((id, reply.unwrap_or_else(|_| gone()))).await);
}

impl Places {
    /// Asks one place.
    fn ask(&mut self, place: Place, request: Request) -> oneshot::Receiver<Reply> {
        let (reply, outcome) = oneshot::channel();
        let job = Job { request, reply };
        match place {
            Place::Keyring => submit(&mut self.keyring, job, || spawn(run_keyring)),
            Place::Passphrase => {
                let profile = &self.profile;
                submit(&mut self.passphrase, job, || {
                    let profile = profile.clone();
                    spawn(move |jobs| run_passphrase(jobs, &profile))
                });
            }
            // Nobody but us holds the other end.
            Place::Session => drop(job.reply.send(remember(&mut self.session, job.request))),
        }
        outcome
    }
}

/// Hands a job to a thread, to a new one if there is none yet or it has panicked.
fn submit(thread: &mut Option<SyncSender<Job>>, job: Job, spawn: impl FnOnce() -> Option<SyncSender<Job>>) {
    let job = match thread.take() {
        None => job,
        Some(running) => match running.try_send(job) {
            Err(TrySendError::Disconnected(job)) => job,
            Err(TrySendError::Full(job)) => {
                *thread = Some(running);
                return drop(job.reply.send(Reply::Failed(VaultError::Other("too many requests wait".into()))));
            }
            Ok(()) => return *thread = Some(running),
        },
    };
    *thread = spawn();
    // Without a thread the job is dropped, and with it the sender: whoever waits hears that the thread has ended.
    if let Some(Err(error)) = thread.as_ref().map(|thread| thread.try_send(job)) {
        tracing::error!(%error, "no vault thread");
    }
}

fn spawn(body: impl FnOnce(&Receiver<Job>) + Send + 'static) -> Option<SyncSender<Job>> {
    let (sender, jobs) = sync_channel(QUEUE);
    match std::thread::Builder::new().name("vault".into()).spawn(move || body(&jobs)) {
        Ok(_) => Some(sender),
        Err(error) => {
            tracing::error!(%error, "no vault thread");
            None
        }
    }
}

/// The keyring's thread: ends when the vault is dropped, or with the process, whatever it is stuck in.
fn run_keyring(jobs: &Receiver<Job>) {
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
        answer(job.reply, keyring.perform(&job.request));
    }
}

/// The passphrase file's thread.
fn run_passphrase(jobs: &Receiver<Job>, profile: &Path) {
    let mut file = PassphraseFile::new(profile, passphrase::WORK);
    while let Ok(job) = jobs.recv() {
        answer(job.reply, file.perform(&job.request));
    }
}

fn answer(to: oneshot::Sender<Reply>, reply: Reply) {
    if let Reply::Failed(why) = &reply {
        tracing::debug!(%why, "vault");
    }
    // The engine may have ended in the meantime.
    drop(to.send(reply));
}

/// The session's entries.
fn remember(entries: &mut HashMap<Key, Secret<String>>, request: Request) -> Reply {
    match request {
        Request::Check | Request::CheckFor(_) => Reply::Done,
        Request::Get(key) => entries.get(&key).map_or(Reply::Absent, |secret| Reply::Found(secret.clone())),
        Request::Put(key, secret) => {
            entries.insert(key, secret);
            Reply::Done
        }
        Request::Delete(key) => {
            entries.remove(&key);
            Reply::Done
        }
        // Memory holds one entry under each name.
        Request::List(_) => Reply::Several(Vec::new()),
        Request::Unlock(_)
        | Request::Assign(..)
        | Request::Move { .. }
        | Request::Erase { .. }
        | Request::Settle { .. } => Reply::Failed(VaultError::Other("that is not the business of memory".into())),
    }
}
