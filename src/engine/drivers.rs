//! Everything that does something, started together; and their reports, waited for together.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::demo::{self, Started};
use super::rehearsal::{Theatre, Told};
use super::run::found;
use super::{Options, StartError};
use crate::base::Entropy;
use crate::io::connect_to::Rules;
use crate::io::dns::Dns;
use crate::io::http::Http;
use crate::io::instance::{Instance, Visit};
use crate::io::media::{self, MediaHandle};
use crate::io::net::{self, Net};
use crate::io::person_file;
use crate::io::release::Releases;
use crate::io::store::{self, Store};
use crate::io::tls::Trust;
use crate::io::vault::Vault;
use crate::phone::input::Found;
use crate::phone::{Input, Output, VaultUse};
use crate::port::media::{Device, Devices, Meters, Order};
use crate::port::store::Document;
use crate::port::vault::Place;
use crate::port::{RequestId, dns, http, media as media_port, net as net_port, release, vault};
use crate::serve::Demo;

/// How many reports of one driver may wait.
const BOUND: usize = 256;

/// The drivers of one engine.
pub(super) struct Drivers {
    net: Net,
    dns: Dns,
    http: Http,
    vault: Vault,
    media: MediaHandle,
    releases: Releases,
    store: Store,
    /// Where copies for the person go.
    exports: PathBuf,
    /// Where files of the person's are reported to.
    files: Sender<Result<Vec<u8>, String>>,
    trust: Trust,
    demo: Sender<Started>,
    theatre: Theatre,
    input: Option<Device>,
    output: Option<Device>,
}

/// What the drivers report.
pub(super) struct Reports {
    net: Receiver<net_port::Report>,
    dns: Receiver<(RequestId, dns::Answer)>,
    http: Receiver<(RequestId, http::Outcome)>,
    vault: Receiver<(RequestId, vault::Reply)>,
    media: Receiver<media_port::Report>,
    releases: Receiver<release::Report>,
    store: Receiver<store::Told>,
    raised: Receiver<Visit>,
    files: Receiver<Result<Vec<u8>, String>>,
    demo: Receiver<Started>,
    rehearsal: Receiver<Told>,
    /// Runs until it is dropped.
    running_demo: Option<Demo>,
}

impl Drivers {
    /// Starts them. Must be called inside a tokio runtime.
    pub(super) fn start(
        options: Options,
        profile: &Path,
        entropy: Entropy,
        meters: &Arc<Meters>,
        instance: &mut Instance,
    ) -> Result<(Drivers, Reports), StartError> {
        let (to_net, net_reports) = channel(BOUND);
        let (to_dns, dns_reports) = channel(BOUND);
        let (to_http, http_reports) = channel(BOUND);
        let (to_vault, vault_reports) = channel(BOUND);
        let (to_media, media_reports) = channel(BOUND);
        let (to_releases, release_reports) = channel(BOUND);
        let (to_store, store_reports) = channel(BOUND);
        let (to_raised, raised) = channel(1);
        let (to_files, files) = channel(1);
        let (to_demo, demo_reports) = channel(1);
        let (to_rehearsal, rehearsal_reports) = channel(8);
        instance.listen(to_raised);
        let exports = if options.profile.is_some() { profile.to_owned() } else { store::documents_dir(profile) };
        let store = store_of(profile, to_store)?;
        let trust = Trust::new(options.ca);
        let rules = Rules::new(options.connect_to);
        let net = net::Options { bind: options.bind, trust: trust.clone(), connect_to: rules.clone() };
        let net = Net::start(net, to_net)
            .map_err(|error| StartError::Os("the address of --bind".into(), std::io::Error::other(error)))?;
        let (input, output) = (options.input, options.output);
        let devices = chosen(Devices::default(), input.as_ref(), output.as_ref());
        let media = spawn_media(devices, entropy, meters, to_media);
        let dns = Dns::new(options.dns, rules.clone(), to_dns);
        let http = Http::new(trust.clone(), dns.clone(), rules, to_http);
        let releases = Releases::new(http.clone(), options.installation.unwrap_or_default(), to_releases);
        let vault = Vault::start(usual_place(options.vault), profile, to_vault);
        let theatre = Theatre::new(to_rehearsal);
        let reports = Reports {
            net: net_reports,
            dns: dns_reports,
            http: http_reports,
            vault: vault_reports,
            media: media_reports,
            releases: release_reports,
            store: store_reports,
            raised,
            files,
            demo: demo_reports,
            rehearsal: rehearsal_reports,
            running_demo: None,
        };
        let drivers = Drivers {
            net,
            dns,
            http,
            vault,
            media,
            releases,
            store,
            exports,
            files: to_files,
            trust,
            demo: to_demo,
            theatre,
            input,
            output,
        };
        Ok((drivers, reports))
    }

    /// Reads a document.
    pub(super) fn load(&self, document: Document) -> Found {
        found(self.store.load(document))
    }

    /// Performs what the phone asks for. Events and time-outs are the loop's business.
    pub(super) fn perform(&mut self, output: Output) {
        match output {
            Output::Net(order) => self.net.perform(order),
            Output::Dns(id, query) => self.dns.perform(id, query),
            Output::Http(id, request) => self.http.perform(id, request),
            Output::Vault(id, request) => self.vault.perform(id, request),
            Output::Media(Order::Devices(devices)) => {
                let devices = chosen(devices, self.input.as_ref(), self.output.as_ref());
                self.media.perform(Order::Devices(devices));
            }
            Output::Media(order) => self.media.perform(order),
            Output::Save(save) => self.store.perform(save),
            Output::Append(append) => self.store.append(append),
            Output::ReadFile(path, most) => person_file::read(path, most, self.files.clone()),
            Output::ExportLog => self.store.export(Document::EventLog, self.exports.clone()),
            Output::SetAside(document) => self.set_aside(document),
            Output::StartDemo => {
                demo::start(self.trust.clone(), self.http.clone(), self.theatre.stage(), self.demo.clone());
            }
            Output::Release(order) => self.releases.perform(order),
            Output::Rehearse(on) => self.theatre.perform(on),
            Output::Event(_) | Output::Timeout(_) => {}
        }
    }

    /// The last messages leave, the last documents are written, media ends.
    pub(super) async fn close(self) {
        self.net.close().await;
        self.releases.close();
    }

    fn set_aside(&self, document: Document) {
        match self.store.set_aside(document) {
            Ok(path) => tracing::warn!(path = %path.display(), "damaged, set aside"),
            Err(error) => tracing::error!(%error, document = document.file_name(), "damaged, and not set aside"),
        }
    }
}

/// The media thread; its reports are told.
fn spawn_media(
    devices: Devices,
    entropy: Entropy,
    meters: &Arc<Meters>,
    told: Sender<media_port::Report>,
) -> MediaHandle {
    let media = media::Options { devices, entropy, meters: Arc::clone(meters) };
    MediaHandle::spawn(media, move |report| {
        if let Err(error) = told.try_send(report) {
            tracing::error!(%error, "a report of the media thread is lost");
        }
    })
}

/// Where passwords go unless an account's are elsewhere.
const fn usual_place(chosen: VaultUse) -> Place {
    match chosen {
        VaultUse::Keyring => Place::Keyring,
        VaultUse::Passphrase => Place::Passphrase,
        VaultUse::Session => Place::Session,
    }
}

/// The documents of a profile; the outcome of each write is reported.
fn store_of(profile: &Path, to_store: Sender<store::Told>) -> Result<Store, StartError> {
    let store = Store::open(profile, move |told| {
        if let Err(error) = to_store.blocking_send(told) {
            tracing::debug!(told = ?error.0, "written after the engine's end");
        }
    });
    store.map_err(|error| StartError::Os("the profile".into(), error))
}

/// The command line's devices go before those of the settings.
fn chosen(devices: Devices, input: Option<&Device>, output: Option<&Device>) -> Devices {
    Devices {
        input: input.unwrap_or(&devices.input).clone(),
        ring: output.unwrap_or(&devices.ring).clone(),
        output: output.unwrap_or(&devices.output).clone(),
        ..devices
    }
}

impl Reports {
    /// The loop has ended: the store writes what is left, and nobody waits for its word.
    pub(super) fn hear_no_more_of_the_store(&mut self) {
        self.store.close();
    }

    /// Waits for the next one. The drivers live as long as the engine: an end of theirs is never seen.
    pub(super) async fn next(&mut self) -> Input {
        tokio::select! {
            Some(report) = self.net.recv() => Input::Net(report),
            Some((id, answer)) = self.dns.recv() => Input::Dns(id, answer),
            Some((id, outcome)) = self.http.recv() => Input::Http(id, outcome),
            Some((id, reply)) = self.vault.recv() => Input::Vault(id, reply),
            Some(report) = self.media.recv() => Input::Media(report),
            Some(report) = self.releases.recv() => Input::Release(report),
            Some(told) = self.store.recv() => match told {
                store::Told::Saved(document, outcome) => Input::Saved(document, outcome),
                store::Told::Exported(outcome) => Input::LogExported(outcome),
            },
            Some(content) = self.files.recv() => Input::FileRead(content),
            Some(visit) = self.raised.recv() => match visit {
                Visit::Raise => Input::Raise,
                Visit::Link(link) => Input::Link(link),
                Visit::Demo => Input::ToTheDemo,
            },
            Some(told) = self.rehearsal.recv() => Input::Rehearsal(told),
            Some(started) = self.demo.recv() => Input::Demo(started.map(|(demo, line)| {
                self.running_demo = Some(demo);
                line
            })),
            else => std::future::pending().await,
        }
    }
}
