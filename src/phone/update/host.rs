//! Where the release channel meets the rest of the phone: HTTPS, the document, the timers, the view.

use super::document::MAX_DOCUMENT;
use super::{Fetched, Kept, Output as Out, Updates, Wanted};
use crate::base::{Mono, Now};
use crate::phone::documents::Read;
use crate::phone::event::Event;
use crate::phone::https::Purpose;
use crate::phone::input::Found;
use crate::phone::output::Output;
use crate::phone::{Config, Phone};
use crate::port::http::{Accept, Outcome, Request};
use crate::port::store::{Document, Save};
use crate::provider_api::{MAX_SIGNATURE, Path};

/// The machine, and a document that waits for its signature.
#[derive(Debug)]
pub(in crate::phone) struct Host {
    updates: Updates,
    waiting: Option<(Wanted, Vec<u8>)>,
}

impl Host {
    pub(in crate::phone) fn new(config: &Config) -> Host {
        Host { updates: Updates::new(config.updates.clone(), super::running(), Kept::default()), waiting: None }
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
        self.releases.updates.switch(now, self.quitting.is_none() && !self.settings.no_release_check);
        self.releases.updates.handle_timeout(now);
        self.releases_go_on();
        let state = self.releases.updates.state(now.wall);
        if self.view.release != state {
            self.view.release = state;
        }
    }

    /// Somebody pressed the button.
    pub(in crate::phone) fn look_for_release(&mut self, now: Now) {
        self.releases.updates.ask_now(now);
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
        self.releases_go_on();
    }

    fn releases_go_on(&mut self) {
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
