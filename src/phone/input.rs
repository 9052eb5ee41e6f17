//! Everything that can happen to the phone.

use crate::base::{AccountId, Secret};
use crate::phone::command::{AccountDraft, Command};
use crate::phone::view::RehearsalView;
use crate::port::{RequestId, dns, http, media, net, release, store::Document, vault};

/// One thing that happened. The phone is driven by these alone.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// The documents of the profile as they were found; first of all inputs. Accounts start from here.
    Loaded(Vec<(Document, Found)>),
    /// A person, or an agent, asked for something. With a ticket, [`super::event::Event::Answered`] follows once.
    Command(Option<Ticket>, Command),
    /// SIP transports.
    Net(net::Report),
    /// The name service's answer to the look-up of this number. Those that nobody waits for any more are dropped.
    Dns(RequestId, dns::Answer),
    /// What became of the HTTPS request of this number. Those that nobody waits for any more are dropped.
    Http(RequestId, http::Outcome),
    /// The vault's reply to the request of this number. Those that nobody waits for any more are dropped.
    Vault(RequestId, vault::Reply),
    /// A [`crate::port::store::Save`] or [`crate::port::store::Append`] of this document is on the disk, or why not.
    /// One for each, in order.
    Saved(Document, Result<(), String>),
    /// The event log was copied: where to, for people; or why not.
    LogExported(Result<String, String>),
    /// The media thread.
    Media(media::Report),
    /// The demo provider runs ([`super::output::Output::StartDemo`]), or could not be started.
    Demo(Result<DemoLine, String>),
    /// Where this computer is as far as its settings tell: seconds that local time is ahead of UTC, and the two letters
    /// of a country. Comes first, and again when it changes.
    Surroundings {
        /// Seconds ahead of UTC.
        utc_offset: i32,
        /// ISO 3166-1 alpha-2.
        region: Option<String>,
    },
    /// The driver that installs a release ([`super::output::Output::Release`]) reports.
    Release(release::Report),
    /// The rehearsal has reached a step, or could not be played, in words.
    Rehearsal(Result<RehearsalView, String>),
    /// A second start of the program wants this window in front.
    Raise,
    /// The file that [`super::output::Output::ReadFile`] asked for, or in words why there is none.
    FileRead(Result<Vec<u8>, String>),
    /// A second start of the program brings a link. Not to be trusted: whoever made it wants something to be called.
    Link(String),
    /// This start of the program, or a second one, is for the demo: its line is shown, and added first if there is none.
    ToTheDemo,
    /// The time of the last [`super::output::Output::Timeout`] has come.
    Timeout,
}

/// How a document was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// With this content.
    Content(Vec<u8>),
    /// Not at all: the first start.
    Absent,
    /// It could not be read, in the operating system's words.
    Unreadable(String),
}

/// The account that the demo provider holds ready.
#[derive(Clone, PartialEq, Debug)]
pub struct DemoLine {
    /// Address and server; the transport is TLS.
    pub draft: AccountDraft,
    /// Its password, made up at each start.
    pub password: Secret<String>,
    /// The realms that its people ask from: all of them may be answered.
    pub realms: Vec<String>,
}

/// Names one command whose outcome somebody waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ticket(pub u64);

/// What came of a command that carried a ticket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Done {
    /// It is done, or on its way.
    Ok,
    /// This account is signed in.
    Account(AccountId),
    /// This call is on its way.
    Call(crate::base::CallId),
}
