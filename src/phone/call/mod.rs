//! The phone's calls: what a person and the other end can do to them, on top of [`crate::sip::invite`] (what SIP
//! wants) and [`crate::sdp`] (what media wants).
//!
//! ```text
//!  place()  ──► Preparing ─bound─► Inviting ─180─► Ringing ─183─► Early ─2xx─┐
//!                                     └───────────────┴────────────┴────────► Established ─► Ended
//!  INVITE   ──► Offered ─answer, bound─► Answering ─ACK─────────────────────►┘
//! ```
//! A 503 to the INVITE, if there is another server: Inviting ─► Moving ─connected there─► Inviting.
//! Holding is not a state of its own: each side's hold is a fact about an established call. Every state can go to
//! Ended at once; what SIP still has to say then is said by a session that lingers behind the scenes.
//!
//! Inputs: commands ([`Calls::place`], [`Calls::answer`], …), the endpoint ([`Calls::on_happening`]), the media thread
//! ([`Calls::on_media`]), the lines ([`Calls::flow_changed`]), time. `outgoing` and `incoming`
//! open calls, `session` hears what their sessions tell, `media` talks to the media thread.

#[expect(clippy::module_inception, reason = "one call, among the calls")]
mod call;
mod calls;
mod incoming;
mod media;
mod outgoing;
pub mod peer;
mod session;
mod target;
mod words;

pub use calls::Calls;
pub use target::target;

use crate::base::{AccountId, Entropy, Now};
use crate::phone::command::{AcceptFrom, Srtp};
use crate::phone::event::Event;
use crate::phone::problem::Problem;
use crate::phone::view::HistoryRow;
use crate::port;
use crate::port::net::{Flow, Transport};
use crate::sip::endpoint::Endpoint;
use crate::sip::invite::{Auth, Tools};
use crate::sip::{Host, NameAddr, SipUri, Uri};

/// What calls need of the phone, lent for one input. Drain the endpoint first, then `effects`: a 200 should be on the
/// wire before anybody makes a codec.
pub struct Env<'a> {
    /// What time it is.
    pub now: Now,
    /// All transactions.
    pub endpoint: &'a mut Endpoint,
    /// The dice.
    pub entropy: &'a mut Entropy,
    /// The accounts.
    pub lines: &'a mut dyn Lines,
    /// What is to be done, in order.
    pub effects: &'a mut Vec<Effect>,
}

impl std::fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Env").field("now", &self.now).finish_non_exhaustive()
    }
}

impl Env<'_> {
    /// What a session of this account needs.
    fn tools(&mut self, account: AccountId) -> Tools<'_> {
        Tools { now: self.now, endpoint: self.endpoint, entropy: self.entropy, auth: self.lines.auth(account) }
    }

    fn media(&mut self, order: port::media::Order) {
        self.effects.push(Effect::Media(order));
    }

    fn event(&mut self, event: Event) {
        self.effects.push(Effect::Event(event));
    }
}

/// How an outgoing call is placed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Reach {
    /// As the line wants it.
    #[default]
    Usual,
    /// An emergency: without encryption rather than not at all.
    Emergency,
    /// Likewise, and nobody's challenge is answered: for a provider that takes emergency calls of everybody.
    Unsigned,
}

/// The accounts, as calls see them.
pub trait Lines {
    /// Those that are connected, in the order of sign-in.
    fn lines(&self) -> Vec<Line>;
    /// Whoever answers challenges for an account, and for which realms; `None` without a password.
    fn auth(&mut self, account: AccountId) -> Option<Auth<'_>>;
    /// Whether an account knows of another server than the one that it is connected to, not tried yet.
    fn has_other_server(&self, account: AccountId) -> bool;
}

/// One account that is connected.
#[derive(Clone, Debug)]
pub struct Line {
    /// Which.
    pub account: AccountId,
    /// The user part of its address, as it is typed (not escaped).
    pub user: String,
    /// The domain of its address.
    pub domain: Host,
    /// The port of its address, if it has one.
    pub port: Option<u16>,
    /// The name that is shown to others.
    pub display_name: Option<String>,
    /// The flow to its server.
    pub flow: Flow,
    /// Where it can be reached (with the public address that the server sees).
    pub contact: Uri,
    /// Outbound proxy and Service-Route.
    pub routes: Vec<NameAddr>,
    /// Codecs by SDP name, best first; empty means the default order.
    pub codecs: Vec<String>,
    /// Media encryption.
    pub srtp: Srtp,
    /// From whom calls are taken.
    pub accept_from: AcceptFrom,
    /// Answer every call at once.
    pub auto_answer: bool,
}

impl Line {
    /// The address of record.
    #[must_use]
    pub fn address(&self) -> SipUri {
        let user = crate::sip::uri::escape_user(&self.user);
        SipUri { port: self.port, ..SipUri::new(Some(&user), self.domain.clone()) }
    }

    /// From of its requests.
    fn from(&self) -> NameAddr {
        NameAddr::new(self.address()).with_display(self.display_name.as_deref().unwrap_or_default())
    }

    fn is_encrypted(&self) -> bool {
        self.flow.transport == Transport::Tls
    }
}

/// What a call wants done. SIP messages are in the endpoint already.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// For the media thread.
    Media(port::media::Order),
    /// For whoever watches.
    Event(Event),
    /// A call has ended: a row of the recent calls.
    History(Box<HistoryRow>),
    /// This account's server sends us away: go on to its next one. Calls wait for [`Calls::flow_changed`].
    NextServer(AccountId, Problem),
    /// The other end sends a call of this account on to this address (3xx). Whether anybody goes there is not for
    /// calls to decide.
    Redirected(AccountId, String),
    /// The provider has refused the password of this account so often, in answer to one INVITE.
    PasswordRefused(AccountId, u8),
}
