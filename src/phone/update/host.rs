//! Where the release channel meets the rest of the phone: HTTPS, the document, the timers, the view.

use super::document::{MAX_DOCUMENT, Version};
use super::install::{self, Install};
use super::{Fetched, Kept, Output as Out, Updates, Updating, Wanted};
use crate::base::{Mono, Now};
use crate::phone::commands::not_now;
use crate::phone::documents::Read;
use crate::phone::event::Event;
use crate::phone::https::Purpose;
use crate::phone::input::{Done, Found};
use crate::phone::output::Output;
use crate::phone::problem::Problem;
use crate::phone::{Config, Phone};
use crate::port::Installation;
use crate::port::http::{Accept, Outcome, Request};
use crate::port::release::Report;
use crate::port::store::{Document, Save};
use crate::provider_api::{MAX_SIGNATURE, Path};

/// The machines, and a document that waits for its signature.
#[derive(Debug)]
pub(in crate::phone) struct Host {
    updates: Updates,
    install: Install,
    installation: Installation,
    waiting: Option<(Wanted, Vec<u8>)>,
}

impl Host {
    pub(in crate::phone) fn new(config: &Config) -> Host {
        let installation = config.installation.clone();
        Host {
            updates: Updates::new(config.updates.clone(), super::running(), Kept::default()),
            install: Install::new(installation.clone()),
            installation,
            waiting: None,
        }
    }

    pub(in crate::phone) fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        self.updates.next_timeout().map(|at| (at, "look for a release"))
    }
}

impl Phone {
    /// What was kept is read; true if it was damaged.
    pub(in crate::phone) fn load_updates(&mut self, found: &Found) -> bool {
        let read: Read<Kept> = Read::json(found);
        let channel = self.releases.updates.channel().cloned();
        self.releases.updates = Updates::new(channel, super::running(), read.content);
        read.damaged
    }

    /// The person's choice is followed, and it asks when it is time.
    pub(in crate::phone) fn releases_due(&mut self, now: Now) {
        let on = self.quitting.is_none() && !self.settings.no_release_check;
        self.releases.updates.switch(now, on);
        if !on {
            self.releases.install.cancel();
        }
        self.releases.install.call(!self.calls.are_quiet());
        self.releases.updates.handle_timeout(now);
        self.releases_go_on(now);
    }

    /// What the screens show of it: last of all, when everything has moved.
    pub(in crate::phone) fn publish_releases(&mut self, now: Now) {
        let Host { updates, install, installation, .. } = &self.releases;
        let state = updates.state(now.wall);
        if self.view.release != state {
            self.view.release = state;
        }
        let offer = updates.offer(installation).map(|offer| (offer.version, offer.file.size));
        let updating = Updating { offer, step: install.step().clone(), ..updates.updating() };
        if self.view.updating != updating {
            self.view.updating = updating;
        }
    }

    /// Somebody pressed the button: ask now.
    pub(in crate::phone) fn look_for_release(&mut self, now: Now) -> Result<Done, Problem> {
        self.releases.updates.ask_now(now);
        Ok(Done::Ok)
    }

    /// Somebody pressed the button: install this one, if it is offered.
    pub(in crate::phone) fn install_release(&mut self, now: Now, version: Version) -> Result<Done, Problem> {
        let offer = self.releases.updates.offer(&self.releases.installation);
        if !self.releases.install.wish(version, offer.as_ref()) {
            return Err(not_now(""));
        }
        self.releases_go_on(now);
        Ok(Done::Ok)
    }

    /// Somebody changed their mind.
    pub(in crate::phone) fn cancel_install(&mut self, now: Now) -> Result<Done, Problem> {
        self.releases.install.cancel();
        self.releases_go_on(now);
        Ok(Done::Ok)
    }

    /// The driver that fetches and replaces reports.
    pub(in crate::phone) fn on_release(&mut self, now: Now, report: Report) {
        if let Report::Failed(_, trouble) = &report {
            tracing::warn!(%trouble, "a release was not installed");
        }
        let offer = self.releases.updates.offer(&self.releases.installation);
        self.releases.install.report(report, offer.as_ref());
        self.releases_go_on(now);
    }

    /// One of the four files came, or did not.
    pub(in crate::phone) fn on_release_http(&mut self, now: Now, wanted: Wanted, signature: bool, outcome: Outcome) {
        let body = match outcome {
            Outcome::Answer(answer) if answer.status == 200 => {
                Ok(answer.body.expose("a public document, or its signature").clone())
            }
            Outcome::Answer(answer) => Err(format!("status {}", answer.status)),
            Outcome::Failed(error) => Err(error.to_string()),
        };
        let fetched: Fetched = match (body, self.releases.waiting.take()) {
            (Ok(document), _) if !signature => {
                self.releases.waiting = Some((wanted, document));
                self.ask_for(wanted, true);
                return;
            }
            (Ok(text), Some((of, document))) if of == wanted => {
                String::from_utf8(text).map(|text| (document, text)).map_err(|_| "the signature is no text".into())
            }
            (Ok(_), _) => Err("a signature without its document".into()),
            (Err(error), _) => Err(error),
        };
        if let Err(error) = &fetched {
            tracing::info!(%error, path = wanted.path(), "no release document");
        }
        self.releases.updates.fetched(now, &mut self.entropy, wanted, &fetched);
        self.releases_go_on(now);
    }

    fn releases_go_on(&mut self, now: Now) {
        loop {
            self.look_goes_on();
            let Some(out) = self.releases.install.poll() else { return };
            match out {
                install::Output::Look => {
                    self.releases.updates.ask_now(now);
                    self.releases.updates.handle_timeout(now);
                }
                install::Output::Order(order) => self.out.push_back(Output::Release(order)),
            }
        }
    }

    fn look_goes_on(&mut self) {
        while let Some(out) = self.releases.updates.poll() {
            match out {
                Out::Fetch(wanted) => self.ask_for(wanted, false),
                Out::Save => match serde_json::to_vec(self.releases.updates.kept()) {
                    Ok(bytes) => self.out.push_back(Output::Save(Save(Document::Releases, bytes))),
                    Err(error) => tracing::error!(%error, "what is known of releases cannot be written down"),
                },
                Out::News => self.out.push_back(Output::Event(Event::ReleaseNews)),
                Out::Refused(wanted, why) => {
                    tracing::warn!(%why, path = wanted.path(), "a release document does not count");
                }
                Out::Looked(confirmed) => {
                    let offer = self.releases.updates.offer(&self.releases.installation);
                    self.releases.install.looked(confirmed, offer.as_ref());
                }
            }
        }
    }

    fn ask_for(&mut self, wanted: Wanted, signature: bool) {
        let Some(origin) = self.releases.updates.channel().map(|channel| channel.origin.clone()) else { return };
        let (end, accept, cap) =
            if signature { (".minisig", Accept::Signature, MAX_SIGNATURE) } else { ("", Accept::Json, MAX_DOCUMENT) };
        if let Some(path) = Path::parse(&format!("{}{end}", wanted.path())) {
            let request = Request { accept, cap, ..Request::get(origin, path) };
            self.ask_http(Purpose::Release(wanted, signature), request);
        }
    }
}
