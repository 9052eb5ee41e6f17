//! What goes into a [`Session`](super::Session) and what comes out.

use crate::base::{Entropy, Now};
use crate::port::net::Flow;
use crate::sip::digest::{Attempts, Authenticator};
use crate::sip::endpoint::{ClientKey, Endpoint};
use crate::sip::{Message, NameAddr, Uri};

/// What a session needs to act, lent for one call.
#[derive(Debug)]
pub struct Tools<'a> {
    /// What time it is.
    pub now: Now,
    /// The transactions of this user agent.
    pub endpoint: &'a mut Endpoint,
    /// The dice.
    pub entropy: &'a mut Entropy,
    /// Whoever answers challenges; `None`: nobody does.
    pub auth: Option<Auth<'a>>,
}

/// Whoever answers challenges for an account.
#[derive(Debug)]
pub struct Auth<'a> {
    /// The account's credentials.
    pub authenticator: &'a mut Authenticator,
    /// The realms that may be answered: those pinned at sign-in.
    pub realms: &'a [String],
}

/// One end of a session: who we are and by which way we speak.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The flow of every request. May change later: [`Session::set_flow`](super::Session::set_flow).
    pub flow: Flow,
    /// Where we can be reached on it (RFC 3261 §8.1.1.8).
    pub contact: Uri,
    /// From of what we send, without tag.
    pub local: NameAddr,
    /// The route of the first INVITE: outbound proxy, Service-Route (RFC 3608). Outgoing sessions only.
    pub routes: Vec<NameAddr>,
    /// Whether the flow leads to the account's own server: nobody else's challenges are answered.
    pub own_server: bool,
}

/// What happened to a session. Apart from the state of its dialog: losing one of these harms no dialog.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// Outgoing: somebody has the INVITE.
    Trying,
    /// Outgoing: a provisional response above 100.
    Progress(Progress),
    /// Outgoing: answered. The ACK is sent, unless `offer` is set: then the body is an offer, and
    /// [`Session::acknowledge`](super::Session::acknowledge) is due at once.
    Accepted {
        /// The session description.
        body: Vec<u8>,
        /// Whether the body is an offer (our INVITE had none).
        offer: bool,
    },
    /// Outgoing: it did not become a call.
    Failed(Failure),
    /// Incoming: the caller gave up before we answered.
    Cancelled {
        /// Another phone has answered (RFC 3326).
        elsewhere: bool,
    },
    /// Incoming: our 200 was acknowledged; with the answer if the 200 held an offer.
    Confirmed {
        /// The answer to a late offer.
        answer: Option<Vec<u8>>,
    },
    /// They change the session. [`Session::answer_offer`](super::Session::answer_offer) or
    /// [`Session::refuse_offer`](super::Session::refuse_offer) is due at once.
    PeerOffer {
        /// Their offer; `None` if they want ours.
        offer: Option<Vec<u8>>,
    },
    /// The answer to an offer that they asked for, in the ACK.
    PeerAnswer(Vec<u8>),
    /// The answer to our offer.
    OfferAnswered(Vec<u8>),
    /// Our offer was refused: the session stays as it was.
    OfferRefused {
        /// The status: 488, 403, …; 503 if the flow broke.
        status: u16,
    },
    /// Make your offer again if you still want it: there was glare (491), or something else was going on.
    OfferAgain,
    /// It is over, and it was not us who ended it.
    Ended(End),
}

/// A provisional response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Progress {
    /// 180, 183, …
    pub status: u16,
    /// Its session description, if it has one: early media.
    pub body: Option<Vec<u8>>,
    /// Which branch of a forked INVITE: the To tag.
    pub fork: String,
}

/// Why an outgoing INVITE did not become a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// The final status.
    pub status: u16,
    /// Whether it was a response. Otherwise 408 stands for silence and 503 for a flow that broke.
    pub responded: bool,
    /// Its phrase, or that of Warning, for the details.
    pub phrase: String,
    /// Where a 3xx pointed. Nobody goes there by itself.
    pub contacts: Vec<Uri>,
    /// Retry-After.
    pub retry_after: Option<std::time::Duration>,
    /// What became of a challenge.
    pub challenge: Challenged,
    /// How many of our answers to challenges were refused.
    pub refusals: u8,
}

/// What became of the challenges to an INVITE.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Challenged {
    /// There was none that mattered.
    #[default]
    No,
    /// Our answer was refused: the password is wrong.
    Refused,
    /// It was for a realm, or came from a place, that is not to be answered.
    NotAnswered,
}

/// How a session ended that we did not end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum End {
    /// They sent BYE.
    Bye,
    /// Our 200 was never acknowledged (RFC 3261 §13.3.1.4).
    NoAck,
    /// The other end knows of no dialog (481), or does not answer a request in it (408): RFC 3261 §12.2.1.2.
    Lost,
    /// A session description was missing where one must be.
    NoDescription,
}

/// Why we hang up: becomes the Reason header (RFC 3326).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Why {
    /// A person did.
    #[default]
    Normal,
    /// No answer that we can use: `SIP;cause=488`.
    NotAcceptable,
    /// Nothing has been heard for too long.
    Silence,
}

/// A request of ours that a challenge may make us send again.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Names its transaction.
    pub(super) client: ClientKey,
    /// The message as it was given to the endpoint, without Via.
    pub(super) message: Message,
    /// What it went through.
    pub(super) attempts: Attempts,
}
