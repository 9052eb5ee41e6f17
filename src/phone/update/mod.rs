//! New releases of this program: whether there is one, whether the one that runs was withdrawn, and since when nobody
//! could tell.
//!
//! ```text
//!   Idle ──(a day, ±20 %)──► Asking releases ──► Asking withdrawals ──► Idle
//!                                 └── any failure: Idle, again after an hour; what is known stays
//! ```
//!
//! What is found is said; it is installed only if somebody presses the button, and only where no package manager owns
//! the files ([`install`]).
//!
//! It asks one origin that was fixed when the program was built, for four small files, and sends nothing about anybody.
//! A build without an origin never asks. Inputs: [`Updates::handle_timeout`] and [`Updates::fetched`], whose results are
//! drained with [`Updates::poll`].

pub mod document;
mod host;
pub mod install;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{Entropy, Mono, Now, WallTime};
use crate::port::Installation;
use crate::port::installation::PLATFORM;
use crate::port::release::File;
use crate::provider_api::minisign::PublicKey;
use crate::provider_api::{Origin, Path};

pub(super) use host::Host;

pub use install::{Offer, Step};

use document::{Refused, Release, Version, Withdrawal, Withdrawals};

/// How often it asks, in seconds, give or take a fifth.
const EVERY: f64 = 86_400.0;
/// How soon it asks again after a failure.
const AGAIN: Duration = Duration::from_secs(3600);
/// How soon after the start it asks first: not while the phone signs in.
const FIRST: Duration = Duration::from_secs(60);
/// After so many milliseconds without an answer that counts, that is said.
const UNCONFIRMED: i64 = 14 * 86_400 * 1000;

/// Where releases are published, and who signs them. Fixed when the program is built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// The only place that is asked.
    pub origin: Origin,
    /// Signs releases.
    pub releases: PublicKey,
    /// Signs withdrawals. Never the same key.
    pub withdrawals: PublicKey,
}

impl Channel {
    /// The channel that was chosen when this program was built (`RINGFENCE_UPDATE_ORIGIN`, `RINGFENCE_UPDATE_KEY`,
    /// `RINGFENCE_WITHDRAWAL_KEY`), or none.
    #[must_use]
    pub fn of_build() -> Option<Channel> {
        Channel::new(
            option_env!("RINGFENCE_UPDATE_ORIGIN")?,
            option_env!("RINGFENCE_UPDATE_KEY")?,
            option_env!("RINGFENCE_WITHDRAWAL_KEY")?,
        )
    }

    /// A channel from text. None unless all three are valid and the keys differ.
    #[must_use]
    pub fn new(origin: &str, releases: &str, withdrawals: &str) -> Option<Channel> {
        let (releases, withdrawals) = (PublicKey::parse(releases)?, PublicKey::parse(withdrawals)?);
        let two = !releases.same_key(&withdrawals);
        two.then_some(Channel { origin: Origin::parse(origin)?, releases, withdrawals })
    }
}

/// The version of this program.
#[must_use]
pub fn running() -> Version {
    Version::parse(env!("CARGO_PKG_VERSION")).unwrap_or(Version(0, 0, 0))
}

/// One of the two documents.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wanted {
    /// `releases.json` and its signature.
    Releases,
    /// `withdrawals.json` and its signature.
    Withdrawals,
}

impl Wanted {
    /// The path of the document below the origin; its signature has `.minisig` behind.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Wanted::Releases => "/releases.json",
            Wanted::Withdrawals => "/withdrawals.json",
        }
    }
}

/// What came of fetching one document: its bytes and the text of its signature, or why not, in words for the log.
pub type Fetched = Result<(Vec<u8>, String), String>;

/// What follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Fetch this document and its signature.
    Fetch(Wanted),
    /// What is kept has changed: save it.
    Save,
    /// A newer release, or a withdrawal, was heard of for the first time.
    News,
    /// A document was not taken: for the log.
    Refused(Wanted, Refused),
    /// It has asked. True: both documents came, and count.
    Looked(bool),
}

/// What is kept between starts (`updates.json`). Nothing about a person is in it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The highest `seq` of a release document that was taken.
    pub release_seq: u64,
    /// The highest `seq` of a list of withdrawals that was taken.
    pub withdrawals_seq: u64,
    /// When both were last taken.
    pub confirmed: Option<WallTime>,
    /// The newest release.
    pub release: Option<Release>,
    /// Withdrawn releases.
    pub withdrawn: Vec<Withdrawal>,
}

/// What is known, for people.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum State {
    /// This build has no release channel: it never asks.
    #[default]
    NoChannel,
    /// The person does not want it to ask.
    Off,
    /// Not asked yet.
    Unknown,
    /// This is the newest, as of then.
    Newest(WallTime),
    /// There is a newer one.
    Newer {
        /// Its version.
        version: Version,
        /// What it fixes.
        fixes: Vec<String>,
        /// The one that runs is unsafe to go on with.
        unsafe_to_stay: bool,
    },
    /// The one that runs was withdrawn.
    Withdrawn {
        /// Why.
        reason: String,
        /// What to use instead.
        instead: Option<Version>,
    },
    /// Nobody could confirm anything since then (never: nothing was ever confirmed).
    Unconfirmed(Option<WallTime>),
}

/// How it knows, and what this installation can do about it: beside the [`State`], for the settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Updating {
    /// Where it asks; `None`: this build has no channel.
    pub asks: Option<String>,
    /// It is asking right now.
    pub looking: bool,
    /// The last time that it asked, nobody could say.
    pub in_vain: bool,
    /// When both documents last came and counted.
    pub confirmed: Option<WallTime>,
    /// The version that this installation can put into its own place, and the bytes to fetch.
    pub offer: Option<(Version, u64)>,
    /// How far that is.
    pub step: Step,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Updates {
    channel: Option<Channel>,
    running: Version,
    on: bool,
    kept: Kept,
    asking: Option<Wanted>,
    next: Option<Mono>,
    /// Whether asking has failed, or gave nothing that counts, since the start.
    failed: bool,
    out: Vec<Output>,
}

impl Updates {
    /// Made with what was kept. It asks a minute after it is first switched on.
    #[must_use]
    pub fn new(channel: Option<Channel>, running: Version, kept: Kept) -> Updates {
        Updates { channel, running, on: false, kept, asking: None, next: None, failed: false, out: Vec::new() }
    }

    /// The person's choice. Switching off forgets nothing and asks nothing.
    pub fn switch(&mut self, now: Now, on: bool) {
        if self.on != on {
            self.on = on;
            self.asking = None;
            self.next = (on && self.channel.is_some()).then(|| now.mono + FIRST);
        }
    }

    /// Asks at once, because somebody pressed the button.
    pub fn ask_now(&mut self, now: Now) {
        if self.on && self.channel.is_some() && self.asking.is_none() {
            self.next = Some(now.mono);
        }
    }

    /// Where it asks; `None`: nowhere.
    #[must_use]
    pub const fn channel(&self) -> Option<&Channel> {
        self.channel.as_ref()
    }

    /// What to keep.
    #[must_use]
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// When [`Updates::handle_timeout`] wants to be called.
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Mono> {
        if self.asking.is_none() { self.next } else { None }
    }

    /// Asks if it is time.
    pub fn handle_timeout(&mut self, now: Now) {
        if self.next_timeout().is_some_and(|at| at <= now.mono) {
            self.next = None;
            self.ask(Wanted::Releases);
        }
    }

    /// What follows, one by one.
    pub fn poll(&mut self) -> Option<Output> {
        if self.out.is_empty() { None } else { Some(self.out.remove(0)) }
    }

    /// A document came, or did not. Those that nobody asked for are dropped.
    pub fn fetched(&mut self, now: Now, entropy: &mut Entropy, wanted: Wanted, fetched: &Fetched) {
        if self.asking != Some(wanted) {
            return;
        }
        self.asking = None;
        let before = self.state(now.wall);
        let taken = match fetched {
            Ok((bytes, signature)) => self.take(now.wall, wanted, bytes, signature),
            Err(_) => false,
        };
        if !taken {
            self.failed = true;
            self.next = Some(now.mono + AGAIN);
            self.out.push(Output::Looked(false));
        } else if wanted == Wanted::Releases {
            self.ask(Wanted::Withdrawals);
        } else {
            self.failed = false;
            self.kept.confirmed = Some(now.wall);
            self.next = Some(now.mono + Duration::from_secs_f64(EVERY * (0.8 + 0.4 * entropy.fraction())));
            self.out.push(Output::Looked(true));
        }
        if taken {
            self.out.push(Output::Save);
        }
        let after = self.state(now.wall);
        if after != before && matches!(after, State::Newer { .. } | State::Withdrawn { .. }) {
            self.out.push(Output::News);
        }
    }

    /// What is known, for people. A withdrawal goes before everything else: it holds where nothing newer is known, and
    /// after somebody has switched asking off.
    #[must_use]
    pub fn state(&self, now: WallTime) -> State {
        if self.channel.is_none() {
            return State::NoChannel;
        }
        if let Some(withdrawal) = self.withdrawal(self.running) {
            return State::Withdrawn { reason: withdrawal.reason.clone(), instead: withdrawal.instead };
        }
        if !self.on {
            return State::Off;
        }
        if let Some(release) = self.newer() {
            return State::Newer {
                version: release.version,
                fixes: release.fixes.clone(),
                unsafe_to_stay: release.floor.is_some_and(|floor| self.running < floor),
            };
        }
        match self.kept.confirmed {
            Some(at) if now.as_millis().saturating_sub(at.as_millis()) <= UNCONFIRMED => State::Newest(at),
            None if !self.failed => State::Unknown,
            confirmed => State::Unconfirmed(confirmed),
        }
    }

    /// What the settings show beside the state. Whether something can be installed, and how far that is, is added by
    /// whoever knows.
    #[must_use]
    pub fn updating(&self) -> Updating {
        Updating {
            asks: self.channel.as_ref().map(|channel| channel.origin.host().to_owned()),
            looking: self.asking.is_some(),
            in_vain: self.failed,
            confirmed: self.kept.confirmed,
            ..Updating::default()
        }
    }

    /// The release that is newer than the one that runs, unless it was withdrawn itself.
    #[must_use]
    pub fn newer(&self) -> Option<&Release> {
        let release = self.kept.release.as_ref()?;
        (release.version > self.running && self.withdrawal(release.version).is_none()).then_some(release)
    }

    /// What this installation can put into its own place. An older version only if both keys say so: the running one was
    /// withdrawn in favour of it, and it is what is released now.
    #[must_use]
    pub fn offer(&self, installation: &Installation) -> Option<Offer> {
        let channel = self.channel.as_ref().filter(|_| self.on)?;
        let instead = || {
            let version = self.withdrawal(self.running)?.instead?;
            let release = self.kept.release.as_ref().filter(|release| release.version == version)?;
            self.withdrawal(version).is_none().then_some(release)
        };
        let release = self.newer().or_else(instead)?;
        let file = release.file(installation.own_kind()?, PLATFORM)?;
        let file = File {
            origin: channel.origin.clone(),
            path: Path::parse(&format!("/{}", file.name))?,
            version: release.version.to_string(),
            size: file.size,
            sha256: file.sha256.clone(),
        };
        Some(Offer { version: release.version, file })
    }

    fn withdrawal(&self, version: Version) -> Option<&Withdrawal> {
        self.kept.withdrawn.iter().find(|withdrawal| withdrawal.version == version)
    }

    fn ask(&mut self, wanted: Wanted) {
        self.asking = Some(wanted);
        self.out.push(Output::Fetch(wanted));
    }

    fn take(&mut self, now: WallTime, wanted: Wanted, bytes: &[u8], signature: &str) -> bool {
        let Some(channel) = &self.channel else { return false };
        let taken = match wanted {
            Wanted::Releases => {
                Release::read(bytes, signature, &channel.releases, self.kept.release_seq, now).map(|release| {
                    self.kept.release_seq = release.seq;
                    self.kept.release = Some(release);
                })
            }
            Wanted::Withdrawals => {
                Withdrawals::read(bytes, signature, &channel.withdrawals, self.kept.withdrawals_seq, now).map(|list| {
                    self.kept.withdrawals_seq = list.seq;
                    self.kept.withdrawn = list.withdrawn;
                })
            }
        };
        if let Err(refused) = taken {
            self.out.push(Output::Refused(wanted, refused));
        }
        taken.is_ok()
    }
}
