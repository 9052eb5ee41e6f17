//! What the product *is*: registration, calls, history, settings as one pure, deterministic machine.
//!
//! [`Phone::handle`] takes one [`Input`] and gives back a [`Drain`] of [`Output`]s, the last of which says when to
//! come back. Nothing here waits, reads a clock or rolls dice. This file dispatches: one call per arm.
//!
//! `sign_in` finds a server and makes an [`account`], `connect` keeps it connected, `passwords` talks to the vault,
//! `messages` sorts what the network sends, [`call`] is about calls, `publish` says what the screens draw.

pub mod account;
pub mod address;
pub mod bill;
pub mod call;
pub mod command;
mod commands;
mod connect;
pub mod devices_registered;
pub mod documents;
pub mod event;
pub mod fuzz;
pub mod guard;
pub mod history;
mod https;
pub mod input;
mod leave;
mod lines;
pub mod link;
pub mod locate;
mod messages;
pub mod notice;
pub mod output;
pub mod password_change;
pub mod password_policy;
mod passwords;
mod probe;
pub mod problem;
mod publish;
pub mod registration;
mod rehearsal;
pub mod security;
pub mod settings;
mod sign_in;
mod start;
mod streams;
pub mod trust;
mod unregistered;
pub mod update;
pub mod view;

use std::collections::VecDeque;

use account::Account;
use call::{Calls, Effect};
use history::Recents;
use https::Https;
pub use input::Input;
use input::Ticket;
use leave::{Leaving, Quitting};
pub use output::Output;
use passwords::Passwords;
use publish::Shown;
use security::Security;
use settings::Settings;
use sign_in::{SignIn, Wish};
use streams::Streams;
use view::{AudioView, PhoneView};

use crate::base::{Entropy, Mono, Now};
use crate::port::{Installation, RequestId, media, net};
use crate::sip::Method;
use crate::sip::endpoint::{self, Endpoint};

/// What the phone is told when it is made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Config {
    /// Where passwords are kept.
    pub vault: VaultUse,
    /// Where new releases are published; none: it never asks.
    pub updates: Option<update::Channel>,
    /// How this program came onto this computer.
    pub installation: Installation,
}

/// Where passwords are kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum VaultUse {
    /// In the operating system's keyring.
    #[default]
    Keyring,
    /// In a file under a passphrase (`--vault passphrase`).
    Passphrase,
    /// In memory only (`--vault session`).
    Session,
}

/// The phone.
#[derive(Debug)]
pub struct Phone {
    entropy: Entropy,
    endpoint: Endpoint,
    accounts: Vec<Account>,
    next_account: u32,
    leaving: Vec<Leaving>,
    quitting: Option<Quitting>,
    /// Those who wait for their turn to sign in.
    wishes: VecDeque<Wish>,
    sign_in: Option<SignIn>,
    /// The sign-in that ended because nobody vouches for the server, while the person may still decide otherwise.
    distrusted: Option<(Wish, view::CertificateQuestion)>,
    /// Those who wait for the demo provider to run.
    demo_wanted: Vec<Option<Ticket>>,
    /// The last look-up or attempt to connect.
    attempts: RequestId,
    streams: Streams,
    calls: Calls,
    /// What calls want done, until it is performed.
    effects: Vec<Effect>,
    recents: Recents,
    /// The check of a provider's list of calls.
    bill: bill::Bill,
    /// The guard against the large bill.
    host: guard::Host,
    settings: Settings,
    passwords: Passwords,
    security: Security,
    https: Https,
    notices: notice::Notices,
    releases: update::Host,
    audio: AudioView,
    view: PhoneView,
    shown: Shown,
    out: VecDeque<Output>,
}

impl Phone {
    /// A phone that knows nothing yet: the first input is [`Input::Loaded`].
    #[must_use]
    pub fn new(config: Config, mut entropy: Entropy) -> Phone {
        let mut seed = [0; 32];
        entropy.fill(&mut seed);
        let agent = concat!("Ringfence/", env!("CARGO_PKG_VERSION"));
        let mut config_of_endpoint = endpoint::Config { streams: true, ..endpoint::Config::new(agent) };
        // Of subscriptions of ours (RFC 3680), and hints to look for notices; any other gets 481.
        config_of_endpoint.allow.push(Method::Notify);
        let view = PhoneView { installation: config.installation.clone(), ..PhoneView::default() };
        Phone {
            entropy,
            endpoint: Endpoint::new(config_of_endpoint, Entropy::from_seed(seed)),
            accounts: Vec::new(),
            next_account: 1,
            leaving: Vec::new(),
            quitting: None,
            wishes: VecDeque::new(),
            sign_in: None,
            distrusted: None,
            demo_wanted: Vec::new(),
            attempts: RequestId(0),
            streams: Streams::default(),
            calls: Calls::new(),
            effects: Vec::new(),
            recents: Recents::default(),
            bill: bill::Bill::default(),
            host: guard::Host::default(),
            settings: Settings::default(),
            passwords: Passwords::new(config.vault),
            security: Security::default(),
            https: Https::default(),
            notices: notice::Notices::default(),
            releases: update::Host::new(&config),
            audio: AudioView::default(),
            view,
            shown: Shown::default(),
            out: VecDeque::new(),
        }
    }

    /// Takes one input. Everything that follows from it is in the drain.
    pub fn handle(&mut self, now: Now, input: Input) -> Drain<'_> {
        match input {
            Input::Loaded(documents) => {
                self.loaded(documents);
                self.start_call_log(now);
            }
            Input::Command(ticket, command) => self.command(now, ticket, command),
            Input::Net(report) => self.on_net(now, report),
            Input::Dns(id, answer) => self.on_dns(now, id, &answer),
            Input::Http(id, outcome) => self.on_http(now, id, outcome),
            Input::Vault(id, reply) => self.on_vault(now, id, reply),
            Input::Saved(document, outcome) => self.on_saved(now, document, &outcome),
            Input::LogExported(outcome) => self.on_log_exported(outcome),
            Input::Media(report) => self.on_media(now, report),
            Input::Demo(demo) => self.demo_ready(now, demo),
            Input::Release(report) => self.on_release(now, report),
            Input::Rehearsal(scene) => self.on_rehearsal(now, scene),
            Input::Surroundings { utc_offset, region } => self.surroundings(utc_offset, region.as_deref()),
            Input::FileRead(content) => self.file_read(content),
            Input::Link(text) => self.link_arrived(&text),
            Input::Raise => self.out.push_back(Output::Event(event::Event::RaiseWindow)),
            Input::ToTheDemo => self.go_to_demo(),
            Input::Timeout => {}
        }
        self.due(now);
        self.pump(now);
        while self.guard_due(now) {
            self.pump(now);
        }
        self.go_on_quitting(now);
        self.watch_encryption(now);
        self.publish_releases(now);
        self.publish();
        let timeout = self.next_timeout();
        self.out.push_back(Output::Timeout(timeout));
        Drain { out: &mut self.out }
    }

    /// What the screens draw. Made anew by each [`Phone::handle`]; compare before publishing.
    #[must_use]
    pub fn view(&self) -> &PhoneView {
        &self.view
    }

    fn on_net(&mut self, now: Now, report: net::Report) {
        match report {
            net::Report::Opened(target, flow) => self.on_opened(now, &target, flow),
            net::Report::OpenFailed(target, error) => self.on_open_failed(now, &target, &error),
            net::Report::Message(flow, bytes) | net::Report::Malformed(flow, bytes) => {
                self.on_bytes(now, &flow, &bytes);
            }
            net::Report::Pong(flow) => self.on_pong(now, flow),
            net::Report::Closed(flow, error) => self.on_closed(now, flow, &error),
            net::Report::AddressesChanged | net::Report::Woke => self.network_changed(now),
        }
    }

    fn on_media(&mut self, now: Now, report: media::Report) {
        match report {
            media::Report::Devices(devices) => self.audio.devices = devices,
            media::Report::DevicesInUse(input, output) => {
                if input.is_some() && output.is_some() {
                    self.audio.trouble = None;
                }
                self.audio.in_use = Some((input, output));
            }
            media::Report::DeviceTrouble(trouble) => self.audio.trouble = Some(trouble),
            report @ (media::Report::Bound(..)
            | media::Report::Failed(..)
            | media::Report::FirstPacket(_)
            | media::Report::Silent(..)
            | media::Report::Heard(_)
            | media::Report::Stats(..)
            | media::Report::Digit(..)
            | media::Report::DigitsSent(_)) => self.with_calls(now, |calls, env| calls.on_media(env, &report)),
        }
    }

    /// Every timer that is due, whatever the input was: after a sleep, timers are late.
    fn due(&mut self, now: Now) {
        self.endpoint.handle_timeout(now);
        self.sign_in_timeout(now);
        self.next_wish(now);
        self.connect_timeout(now);
        self.probes_go_on(now);
        self.change_timeouts(now);
        self.vault_timeout(now);
        self.watches_due(now);
        self.leave_timeout(now);
        self.notices_due(now);
        self.releases_due(now);
        self.with_calls(now, |calls, env| calls.handle_timeout(env));
    }

    fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        let sign_in = self.sign_in.as_ref().and_then(SignIn::next_timeout).map(|at| (at, "sign-in"));
        [
            self.endpoint.next_timeout(),
            sign_in,
            self.connect_next_timeout(),
            self.probes_next_timeout(),
            self.changes_next_timeout(),
            self.vault_next_timeout(),
            self.watches_next_timeout(),
            self.leave_next_timeout(),
            self.notices_next_timeout(),
            self.releases.next_timeout(),
            self.calls.next_timeout(),
            self.guard_next_timeout(),
        ]
        .into_iter()
        .flatten()
        .min_by_key(|(at, _)| *at)
    }
}

/// What follows from one input. What is not taken is dropped with it, so take all.
#[must_use = "the phone asks for things: perform them"]
#[derive(Debug)]
pub struct Drain<'a> {
    out: &'a mut VecDeque<Output>,
}

impl Iterator for Drain<'_> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.out.pop_front()
    }
}

impl Drop for Drain<'_> {
    fn drop(&mut self) {
        self.out.clear();
    }
}
