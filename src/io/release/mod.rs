//! Replaces this program by a newer release: fetches its file to a place beside the installation, compares it with what
//! was signed, tries whether it starts here, and only then lets it take the old one's place.
//!
//! Everything lies in one directory of its own until then (`staging`). Whatever goes wrong, or is killed, before the
//! last step of `place` leaves the old program as it was, and rubbish that the next start removes.

mod place;
mod staging;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::http::Http;
use crate::port::Installation;
use crate::port::release::{Effect, File, Order, Report, Trouble};
use staging::Staging;

/// The driver.
#[derive(Debug)]
pub struct Releases {
    http: Http,
    reports: mpsc::Sender<Report>,
    task: Option<JoinHandle<()>>,
    /// What was fetched and found good, until it is put into place.
    fetched: Arc<Mutex<Option<Fetched>>>,
    /// A setup program that runs when this program has ended.
    at_end: Arc<Mutex<Option<Fetched>>>,
}

/// A file that is what was signed.
#[derive(Debug)]
struct Fetched {
    number: u64,
    file: File,
    installation: Installation,
    staging: Staging,
}

impl Releases {
    /// Removes what an earlier try has left behind, on a thread of its own. Must be called inside a tokio runtime.
    #[must_use]
    pub fn new(http: Http, installation: Installation, reports: mpsc::Sender<Report>) -> Releases {
        let tidy = move || {
            if let Err(error) = Staging::tidy(&installation) {
                tracing::debug!(%error, "what an earlier update left behind is still there");
            }
        };
        drop(tokio::task::spawn_blocking(tidy));
        Releases { http, reports, task: None, fetched: Arc::default(), at_end: Arc::default() }
    }

    /// Takes an order; what becomes of it is reported with its number.
    pub fn perform(&mut self, order: Order) {
        match order {
            Order::Fetch(number, file, installation) => self.fetch(number, file, installation),
            Order::Place(number) => self.place(number),
            Order::Stop => {
                if let Some(task) = self.task.take() {
                    task.abort();
                }
                drop(take(&self.fetched));
            }
        }
    }

    fn fetch(&mut self, number: u64, file: File, installation: Installation) {
        let (http, reports, fetched) = (self.http.clone(), self.reports.clone(), Arc::clone(&self.fetched));
        let task = async move {
            let progress = Progress { number, size: file.size, told: 0, reports: reports.clone() };
            let report = match fetch(&http, number, file, installation, progress).await {
                Ok(good) => {
                    *fetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(good);
                    Report::Fetched(number)
                }
                Err(trouble) => Report::Failed(number, trouble),
            };
            // An engine that has ended wants no reports.
            drop(reports.send(report).await);
        };
        #[expect(clippy::disallowed_methods, reason = "this is io")]
        let task = tokio::spawn(task);
        self.task = Some(task);
    }

    /// What is begun here is not given up half-way.
    fn place(&mut self, number: u64) {
        self.task = None;
        let good = take(&self.fetched).filter(|fetched| fetched.number == number);
        let (reports, at_end) = (self.reports.clone(), Arc::clone(&self.at_end));
        let work = move || {
            let report = match good.ok_or(Trouble::Hash).and_then(|good| put(good, &at_end)) {
                Ok(effect) => Report::Placed(number, effect),
                Err(trouble) => Report::Failed(number, trouble),
            };
            drop(reports.blocking_send(report));
        };
        drop(tokio::task::spawn_blocking(work));
    }

    /// This program is about to end: what waited for that is started.
    pub fn close(self) {
        if let Some(Fetched { file, staging, .. }) = take(&self.at_end)
            && let Err(trouble) = place::run_setup(&file, &staging)
        {
            tracing::error!(%trouble, "the new version was not installed");
        }
    }
}

fn take(slot: &Mutex<Option<Fetched>>) -> Option<Fetched> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

fn put(good: Fetched, at_end: &Mutex<Option<Fetched>>) -> Result<Effect, Trouble> {
    match &good.installation {
        Installation::Archive(prefix) => place::archive(&good.file, &good.staging, prefix.as_ref())?,
        Installation::AppImage(image) => place::appimage(&good.file, &good.staging, image.as_ref())?,
        Installation::Windows => {
            *at_end.lock().unwrap_or_else(PoisonError::into_inner) = Some(good);
            return Ok(Effect::AtQuit);
        }
        Installation::Deb
        | Installation::Rpm
        | Installation::Arch
        | Installation::Flatpak
        | Installation::MacBundle
        | Installation::ByHand => return Err(Trouble::Os("somebody else owns these files".into())),
    }
    Ok(Effect::NextStart)
}

/// How much is there, told at each hundredth.
struct Progress {
    number: u64,
    size: u64,
    told: u64,
    reports: mpsc::Sender<Report>,
}

impl Progress {
    fn got(&mut self, bytes: u64) {
        let hundredth = bytes.saturating_mul(100) / self.size.max(1);
        if hundredth > self.told {
            self.told = hundredth;
            // One that does not fit is followed by another.
            drop(self.reports.try_send(Report::Got(self.number, bytes)));
        }
    }
}

async fn fetch(
    http: &Http,
    number: u64,
    file: File,
    installation: Installation,
    mut progress: Progress,
) -> Result<Fetched, Trouble> {
    let blocking = |error: tokio::task::JoinError| Trouble::Os(error.to_string());
    let open = move || Staging::open(&installation).map(|staging| (staging, installation));
    let (staging, installation) = tokio::task::spawn_blocking(open).await.map_err(blocking)??;
    http.download(&file, &staging.file(), |bytes| progress.got(bytes)).await?;
    let check = move || staging.check(&file).map(|()| Fetched { number, file, installation, staging });
    tokio::task::spawn_blocking(check).await.map_err(blocking)?
}
