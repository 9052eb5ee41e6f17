//! The loop: wait for one thing, give it to the phone, perform what follows, publish the view if it changed.

use std::path::Path;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::drivers::{Drivers, Reports};
use super::failpoint::Failpoint;
use super::tables::Tables;
use super::{FarEnd, Options, StartError, Wake};
use crate::base::Mono;
use crate::io::clock::Clock;
use crate::io::entropy;
use crate::io::instance::{Instance, Visit};
use crate::io::place;
use crate::io::signals::Signals;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::phone::guard::home;
use crate::phone::input::Found;
use crate::phone::{Config, Input, Output, Phone};
use crate::port::store::Document;

/// Longer than this, and one input held up all others.
const TOO_LONG: Duration = Duration::from_millis(5);

/// The phone, its drivers and its audience.
pub(super) struct Engine {
    clock: Clock,
    phone: Phone,
    drivers: Drivers,
    reports: Reports,
    far: FarEnd,
    wake: Wake,
    signals: Signals,
    timeout: Option<(Mono, &'static str)>,
    /// What the phone was told of local time.
    utc_offset: Option<i32>,
    stopped: bool,
    tables: Tables,
    failpoint: Failpoint,
    /// Held as long as the profile is ours; last, so that everything is written when it is given back.
    _instance: Instance,
}

impl Engine {
    /// Opens everything. The phone has not been told anything yet.
    pub(super) fn start(
        options: Options,
        profile: &Path,
        mut instance: Instance,
        far: FarEnd,
        wake: Wake,
    ) -> Result<(Runtime, Engine), StartError> {
        let os = |what: &str, error| StartError::Os(what.to_owned(), error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| os("the engine", error))?;
        let entered = runtime.enter();
        let mut dice = entropy::from_system().map_err(|error| os("random numbers", std::io::Error::other(error)))?;
        let mut seed = [0; 32];
        dice.fill(&mut seed);
        let (vault, updates) = (options.vault, options.updates.clone());
        let installation = options.installation.clone();
        let installation = installation.unwrap_or_else(crate::io::installation::of_this_program);
        let config = Config { vault, updates, installation: installation.clone() };
        let phone = Phone::new(config, crate::base::Entropy::from_seed(seed));
        let (drivers, reports) = Drivers::start(
            Options { installation: Some(installation), ..options },
            profile,
            dice,
            &far.meters,
            &mut instance,
        )?;
        let signals = Signals::listen().map_err(|error| os("signals", error))?;
        drop(entered);
        let (clock, timeout, stopped) = (Clock::start(), None, false);
        let engine = Engine {
            clock,
            phone,
            drivers,
            reports,
            far,
            wake,
            signals,
            timeout,
            utc_offset: None,
            stopped,
            tables: Tables::default(),
            failpoint: Failpoint::default(),
            _instance: instance,
        };
        Ok((runtime, engine))
    }

    /// The first input: what the profile holds.
    pub(super) fn load(&mut self) {
        let found = Document::ALL.into_iter().map(|document| (document, self.drivers.load(document))).collect();
        self.look_around();
        self.handle(Input::Loaded(found));
    }

    /// What this start is for.
    pub(super) fn begin(&mut self, visit: Visit) {
        match visit {
            Visit::Raise => {}
            Visit::Link(link) => self.handle(Input::Link(link)),
            Visit::Demo => self.handle(Input::ToTheDemo),
        }
    }

    /// Tells the phone where the computer is, if that is news.
    fn look_around(&mut self) {
        let utc_offset = place::utc_offset(self.clock.now().wall);
        if self.utc_offset != Some(utc_offset) {
            self.utc_offset = Some(utc_offset);
            let region = home::of_locale(&place::locale()).map(|region| region.as_str().to_owned());
            self.handle(Input::Surroundings { utc_offset, region });
        }
    }

    /// Until everything has ended.
    pub(super) async fn run(mut self) {
        while !self.stopped {
            let input = self.next().await;
            self.handle(input);
        }
        self.reports.hear_no_more_of_the_store();
        self.drivers.close().await;
    }

    /// Waits for whatever comes first.
    async fn next(&mut self) -> Input {
        let wait = self.timeout.map(|(at, _)| at.since(self.clock.now().mono));
        let timer = async {
            match wait {
                Some(wait) => tokio::time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = self.reports.next() => input,
            command = self.far.commands.recv() => match command {
                Some((ticket, command)) => Input::Command(ticket, command),
                None => Input::Command(None, Command::Quit),
            },
            () = self.signals.recv() => Input::Command(None, Command::Quit),
            () = timer => Input::Timeout,
        }
    }

    fn handle(&mut self, input: Input) {
        if let Input::Command(_, command) = &input {
            tracing::debug!(?command);
            // Summer time may have begun: the guard has hours.
            self.look_around();
        }
        self.failpoint.comes(&input);
        let now = self.clock.now();
        let (mut events, reason) = (Vec::new(), self.timeout.map(|(_, why)| why));
        for output in self.phone.handle(now, input) {
            self.failpoint.goes(&output);
            match output {
                Output::Event(event) => events.push(event),
                Output::Timeout(timeout) => self.timeout = timeout,
                other @ (Output::Net(_)
                | Output::Dns(..)
                | Output::Http(..)
                | Output::Vault(..)
                | Output::Media(_)
                | Output::Save(_)
                | Output::Append(_)
                | Output::ExportLog
                | Output::ReadFile(..)
                | Output::SetAside(_)
                | Output::Release(_)
                | Output::Rehearse(_)
                | Output::StartDemo) => self.drivers.perform(other),
            }
        }
        let new = self.phone.view();
        let changed = self.far.view.send_if_modified(|old| {
            let differs = old != new;
            if differs {
                old.clone_from(new);
            }
            differs
        });
        let told = !events.is_empty();
        // After the view: whoever hears that an account is signed in finds it there.
        for event in events {
            self.tell(event);
        }
        if changed || told {
            (self.wake)();
        }
        if changed {
            self.tables.look(self.phone.view());
        }
        let took = self.clock.now().mono.since(now.mono);
        if took > TOO_LONG {
            tracing::warn!(?took, ?reason, "one input took long");
        }
    }

    fn tell(&mut self, event: Event) {
        tracing::debug!(?event);
        self.stopped |= event == Event::Stopped;
        if let Err(error) = self.far.events.tell(event) {
            tracing::error!(%error, "an event is lost: nobody takes them");
        }
    }
}

/// A document as the store found it.
pub(super) fn found(loaded: std::io::Result<Option<Vec<u8>>>) -> Found {
    match loaded {
        Ok(Some(bytes)) => Found::Content(bytes),
        Ok(None) => Found::Absent,
        Err(error) => Found::Unreadable(error.to_string()),
    }
}
