//! Everything that the phone asks of the world.

use crate::base::Mono;
use crate::phone::event::Event;
use crate::port::{RequestId, dns, http, media, net, release, store, vault};

/// One thing to do. The engine performs them in order.
#[derive(Clone, PartialEq, Debug)]
pub enum Output {
    /// SIP transports.
    Net(net::Order),
    /// Name service; the answer comes with the query.
    Dns(RequestId, dns::Query),
    /// HTTPS; the outcome comes with the number.
    Http(RequestId, http::Request),
    /// The vault; the reply comes with the number.
    Vault(RequestId, vault::Request),
    /// The media thread.
    Media(media::Order),
    /// Write a document; [`super::input::Input::Saved`] answers.
    Save(store::Save),
    /// Add lines to a document; [`super::input::Input::Saved`] answers.
    Append(store::Append),
    /// Copy the event log to a file of the person's; [`super::input::Input::LogExported`] answers.
    ExportLog,
    /// A document cannot be understood: move it aside before it is written again.
    SetAside(store::Document),
    /// Read a file of the person's, up to so many bytes; [`super::input::Input::FileRead`] answers.
    ReadFile(std::path::PathBuf, usize),
    /// Install a release; [`super::input::Input::Release`] reports.
    Release(release::Order),
    /// Begin the rehearsal with the demo provider, or end it; [`super::input::Input::Rehearsal`] tells each step.
    Rehearse(bool),
    /// Start the demo provider in this process; [`super::input::Input::Demo`] answers.
    StartDemo,
    /// Tell whoever watches.
    Event(Event),
    /// Come back at this time with [`super::input::Input::Timeout`], and why. Last of each drain; replaces the
    /// one before. None: only something new wakes the phone.
    Timeout(Option<(Mono, &'static str)>),
}
