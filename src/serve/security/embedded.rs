//! The same API in memory, for the demo: one account, on loopback, at once and without formalities.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use super::listener;
use super::published::{Files, Published};
use super::service::Service;
use super::web::{self, Site, Sky, Weather};
use crate::base::{Entropy, Secret, WallTime};
use crate::io::clock::{Clock, wall};
use crate::provider::security::account::{Hashes, MustChange};
use crate::provider::security::memory::Memory;
use crate::provider::security::policy::{Exposed, PasswordAlone};
use crate::provider::security::{Desk, Settings, Write};
use crate::provider_api::notices::Level;
use crate::provider_api::{Discovery, Origin, own};
use crate::sip::digest::Hash;

/// The most registrations that wait to be ended.
const QUEUE: usize = 16;
/// A rehearsal has no quarter of an hour to wait.
const POLL_S: u32 = 5;

/// What a rehearsal does to the demo's provider. Clones are the same provider.
#[derive(Clone, Debug)]
pub struct Control {
    user: String,
    memory: Arc<Mutex<Memory>>,
    published: Files,
    own: Files,
    weather: Weather,
}

impl Control {
    /// Publishes a file by its name: `notices.json`, `notices.json.minisig`, `roots/1.json`.
    pub fn publish(&self, name: &str, bytes: Vec<u8>) {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), bytes);
    }

    /// Publishes the signed list for this account alone.
    pub fn publish_own(&self, account: &str, bytes: Vec<u8>) {
        let name = format!("{}.json", own::file_name(account));
        self.own.lock().unwrap_or_else(PoisonError::into_inner).insert(name, bytes);
    }

    /// The account's login.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Asks the account to change its password, or no longer to.
    pub fn must_change(&self, asked: Option<(Level, Option<WallTime>)>) {
        let asked = asked.map(|(urgency, deadline)| MustChange { urgency, deadline });
        self.memory().write(wall(), &self.user, &Write::MustChange(asked));
    }

    /// What goes wrong from now on.
    pub fn set_weather(&self, sky: Sky) {
        self.weather.set(sky);
    }

    /// The generation of the account's password, and what it hashes to.
    #[must_use]
    pub fn password(&self) -> Option<(u64, Hashes)> {
        let facts = self.memory().facts(&self.user, None)?;
        Some((facts.account.generation, facts.account.hashes))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that is made before the runtime runs.
pub(in crate::serve) struct Embedded {
    pub(in crate::serve) control: Control,
    /// Whose registrations are to be ended: the instance to spare.
    pub(in crate::serve) ended: mpsc::Receiver<String>,
    listener: std::net::TcpListener,
    site: Site<Arc<Mutex<Memory>>, mpsc::Sender<String>>,
}

impl Embedded {
    /// Opens the account, and a port of 127.0.0.1.
    pub(in crate::serve) fn open(
        domain: &str,
        user: &str,
        password: &Secret<String>,
        clock: Clock,
        dice: Entropy,
    ) -> std::io::Result<Embedded> {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let issuer = Origin::of_host(domain).ok_or(std::io::ErrorKind::InvalidInput)?;
        let settings = settings(domain);
        let mut memory = Memory::default();
        memory.open(user, Hashes::of(user, domain, password).only(&settings.kept));
        let memory = Arc::new(Mutex::new(memory));
        let (to_lines, ended) = mpsc::channel(QUEUE);
        let (published, own, weather) = (Files::default(), Files::default(), Weather::default());
        let [to_all, to_one] = [&published, &own].map(|files| Published::Memory(Arc::clone(files)));
        let discovery = Discovery { poll_s: POLL_S, ..web::discovery(&settings, issuer, &to_all, &to_one) };
        let desk = Desk::new(settings, clock.now().mono, dice);
        let site = Site {
            service: Service::new(desk, Arc::clone(&memory), to_lines, to_one, clock),
            discovery,
            published: to_all,
            behind_proxy: false,
            weather: weather.clone(),
        };
        let control = Control { user: user.to_owned(), memory, published, own, weather };
        Ok(Embedded { control, ended, listener, site })
    }

    /// Where it listens.
    pub(in crate::serve) fn addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` is dropped. Also gives what the host of the SIP side needs.
    pub(in crate::serve) fn split(
        self,
        tls: TlsAcceptor,
        stop: watch::Receiver<()>,
    ) -> (impl Future<Output = std::io::Result<()>>, Control, mpsc::Receiver<String>) {
        let Embedded { control, ended, listener, site } = self;
        let serving = async move {
            let listener = TcpListener::from_std(listener)?;
            listener::serve(listener, Some(tls), web::router(Arc::new(site)), stop).await;
            Ok(())
        };
        (serving, control, ended)
    }
}

fn settings(domain: &str) -> Settings {
    Settings {
        domain: domain.to_owned(),
        realm: domain.to_owned(),
        kept: vec![Hash::Sha256, Hash::Md5],
        rules: "minlength: 12; maxlength: 64; allowed: ascii-printable".to_owned(),
        not_after_max: Duration::from_secs(600),
        exposed: Exposed::No,
        password_alone: PasswordAlone::After(Duration::ZERO),
        cooling_off: Duration::ZERO,
        confirm_devices: false,
        ends_registrations: true,
        changes_per_second: 10.0,
    }
}
