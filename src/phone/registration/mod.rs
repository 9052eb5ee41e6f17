//! One account's registration (RFC 3261 §10, RFC 5626 §4.5), without opening anything: who owns it gives it a flow.
//!
//! ```text
//!   Off -- register --> Asking -- 200 --> Registered -- refresh due, woke, set_flow --> Asking
//!                        |  ^ |                |
//!    401/407: once per   |  | |                +-- flow lost, no pong --> Stranded
//!    nonce; 423: longer; +--+ |
//!    new NAT mapping          +-- 403, refused again --> Rejected          (until the person acts)
//!                             +-- no credentials     --> Rejected
//!                             +-- 5xx, 408, nothing  --> Stranded -- set_flow --> Asking
//!                             +-- unregister, any    --> Off         \-- wait --> Waiting -- Reconnect --> Stranded
//! ```
//!
//! Inputs from the owner: [`Registration::register`], [`Registration::refresh`], [`Registration::set_flow`],
//! [`Registration::wait`], [`Registration::unregister`], [`Registration::flow_lost`], [`Registration::on_pong`]. From the
//! endpoint: [`Registration::on_happening`], [`Registration::seen_by`]. From the clock: [`Registration::handle_timeout`]. Out: [`Registration::poll`].

mod keep_alive;
mod mapping;
mod request;
mod response;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use crate::base::{Entropy, Mono, Now};
use crate::phone::problem::{Problem, ProblemKind};
use crate::port::net::{Flow, FlowId};
use crate::sip::digest::Attempts;
use crate::sip::endpoint::{ClientKey, Failure, Happening};
use crate::sip::invite::Tools;
use crate::sip::{NameAddr, SipUri, Uri};

use keep_alive::KeepAlive;

/// RFC 5626 §4.5: the longest wait, and the base of the others.
const MAX_WAIT: Duration = Duration::from_secs(1800);
const BASE_WAIT: Duration = Duration::from_secs(30);
/// A registration that lived this long was a success: the next failure is a first one.
const SETTLED: Duration = Duration::from_secs(60);
/// How often in a row the Contact follows a mapping that is new each time.
const MAX_MOVES: u8 = 3;

/// What a registration is for.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The open flow to the account's server.
    pub flow: Flow,
    /// Request-URI: `sip:domain`.
    pub registrar: Uri,
    /// The address of record, in From and To.
    pub aor: NameAddr,
    /// Where we can be reached on this flow: with the flow's local address, which is replaced by what the server
    /// sees. Its user part names the account.
    pub contact: SipUri,
    /// Routes of the REGISTER: an outbound proxy, if there is one.
    pub routes: Vec<NameAddr>,
    /// The lifetime that is asked for, in seconds.
    pub expires: u32,
    /// `urn:uuid:…`, for `+sip.instance` (RFC 5626 §4.1).
    pub instance: Option<String>,
    /// The provider's name in [`Problem`]s.
    pub about: String,
}

/// What a server granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Granted {
    /// For how long, in seconds.
    pub expires: u32,
    /// The route of requests from now on (RFC 3608).
    pub service_route: Vec<NameAddr>,
    /// Our address as the server sees it, if it is not the flow's own.
    pub public: Option<SocketAddr>,
    /// The realms whose challenges were answered: a proxy's and the registrar's may be two.
    pub realms: Vec<String>,
    /// The other places where this address is registered.
    pub bindings: Vec<NameAddr>,
    /// Whether the answer named any contact, ours included.
    pub listed: bool,
    /// The server's Date, as it stands.
    pub date: Option<String>,
}

/// What the owner is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Registered, for the first time or again.
    Registered(Granted),
    /// Refused. Nothing more is tried, so that the account is not locked out.
    Refused(Problem),
    /// The server wants a password and there is none.
    NeedsPassword,
    /// This server is no use now. Close its flow; give another by [`Registration::set_flow`], or
    /// [`Registration::wait`] at the end of the list.
    NextServer(Problem),
    /// Waits until then.
    Waiting(Mono, Problem),
    /// The wait is over: open a flow (begin with the first server again) and [`Registration::set_flow`].
    Reconnect,
    /// Send a keep-alive: [`crate::port::net::Order::KeepAlive`].
    KeepAlive(FlowId),
    /// Not registered any more, on our wish.
    Unregistered,
}

#[derive(Debug)]
enum State {
    Off,
    Asking(Box<Asking>),
    Registered {
        refresh: Mono,
        since: Mono,
    },
    /// The owner looks for another flow.
    Stranded {
        problem: Problem,
        retry_after: Duration,
    },
    Waiting {
        until: Mono,
        problem: Problem,
    },
    Rejected,
}

/// A REGISTER under way.
#[derive(Debug)]
struct Asking {
    client: ClientKey,
    /// The Contact in it.
    contact: SipUri,
    attempts: Attempts,
    purpose: Purpose,
    /// Registered since then, if this is a refresh.
    since: Option<Mono>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    Bind,
    Unbind,
}

/// One account's registration.
#[derive(Debug)]
pub struct Registration {
    setup: Setup,
    state: State,
    call_id: String,
    tag: String,
    cseq: u32,
    /// What the registrar has bound for us: [`Setup::contact`] as it was then.
    bound: Option<SipUri>,
    /// The lifetime asked for: longer after a 423.
    expires: u32,
    failures: u32,
    moves: u8,
    too_brief: u8,
    /// The last 200 did not list us.
    unlisted: bool,
    /// How often the password of the last request was refused.
    refusals: u8,
    keep_alive: KeepAlive,
    changes: VecDeque<Change>,
}

impl Registration {
    /// A registration that has not begun.
    #[must_use]
    pub fn new(setup: Setup, dice: &mut Entropy) -> Registration {
        Registration {
            expires: setup.expires,
            keep_alive: KeepAlive::new(),
            setup,
            state: State::Off,
            call_id: dice.call_id(),
            tag: dice.tag(),
            cseq: dice.bits32() & 0xffff,
            bound: None,
            failures: 0,
            moves: 0,
            too_brief: 0,
            unlisted: false,
            refusals: 0,
            changes: VecDeque::new(),
        }
    }

    /// Registers now.
    pub fn register(&mut self, tools: &mut Tools<'_>) {
        let since = match &self.state {
            State::Registered { since, .. } => Some(*since),
            State::Asking(asking) => asking.since,
            State::Off | State::Stranded { .. } | State::Waiting { .. } | State::Rejected => None,
        };
        self.ask(tools, Purpose::Bind, since);
    }

    /// Registers again at once if it is registered: the machine woke, or its addresses changed. By TCP and TLS rather
    /// open a new flow and [`Registration::set_flow`]: a request on a dead connection costs 32 s.
    pub fn refresh(&mut self, tools: &mut Tools<'_>) {
        if matches!(self.state, State::Registered { .. }) {
            self.register(tools);
        }
    }

    /// Another flow from now on; registers on it at once. The binding of the old one is removed with the same request.
    pub fn set_flow(&mut self, tools: &mut Tools<'_>, flow: Flow, contact: SipUri) {
        self.setup.flow = flow;
        self.setup.contact = contact;
        self.moves = 0;
        self.keep_alive = KeepAlive::new();
        self.register(tools);
    }

    /// No other server is left: waits (RFC 5626 §4.5), longer after each failure, and not in step with others.
    pub fn wait(&mut self, now: Now, dice: &mut Entropy) {
        let State::Stranded { problem, retry_after } = &self.state else { return };
        let grown = BASE_WAIT.saturating_mul(1 << self.failures.min(10)).min(MAX_WAIT);
        let jittered = grown.mul_f64(0.5 + 0.5 * dice.fraction());
        let until = now.mono + jittered.max((*retry_after).min(MAX_WAIT));
        let problem = problem.clone();
        self.changes.push_back(Change::Waiting(until, problem.clone()));
        self.state = State::Waiting { until, problem };
    }

    /// Removes the binding: sign-out, or the end of the program. [`Change::Unregistered`] follows in any case, but
    /// up to 32 s later if nobody answers.
    pub fn unregister(&mut self, tools: &mut Tools<'_>) {
        let asked = matches!(self.state, State::Registered { .. } | State::Asking(_));
        self.keep_alive = KeepAlive::new();
        if asked {
            self.ask(tools, Purpose::Unbind, None);
        } else {
            self.end();
        }
    }

    /// The flow is gone, for this reason.
    pub fn flow_lost(&mut self, now: Now, problem: Problem) {
        match &self.state {
            State::Asking(asking) if asking.purpose == Purpose::Unbind => self.end(),
            State::Asking(_) | State::Registered { .. } => self.strand(now, problem, Duration::ZERO),
            State::Off | State::Stranded { .. } | State::Waiting { .. } | State::Rejected => {}
        }
    }

    /// The answer to a keep-alive came.
    pub fn on_pong(&mut self, flow: FlowId) {
        if flow == self.setup.flow.id {
            self.keep_alive.on_pong();
        }
    }

    /// Whether a request of the endpoint's is this registration's.
    #[must_use]
    pub fn owns_client(&self, client: ClientKey) -> bool {
        let register = matches!(&self.state, State::Asking(asking) if asking.client == client);
        register || self.keep_alive.is_question(client)
    }

    /// Something happened to a request of ours; what is not ours is ignored.
    pub fn on_happening(&mut self, tools: &mut Tools<'_>, happening: &Happening) {
        match happening {
            Happening::Response { client, message, .. } if self.keep_alive.is_question(*client) => {
                self.on_answer(tools, message);
            }
            Happening::Failed { client, why } if self.keep_alive.is_question(*client) => {
                self.on_no_answer(tools, why);
            }
            Happening::Response { client, message, .. } if self.owns_client(*client) => {
                self.on_response(tools, message);
            }
            Happening::Failed { client, why } if self.owns_client(*client) => self.on_failure(tools.now, why),
            Happening::Response { .. }
            | Happening::Failed { .. }
            | Happening::Request { .. }
            | Happening::Ack { .. }
            | Happening::Cancelled { .. }
            | Happening::ServerFailed { .. } => {}
        }
    }

    /// The time of [`Registration::next_timeout`] has come, or may have.
    pub fn handle_timeout(&mut self, tools: &mut Tools<'_>) {
        let now = tools.now;
        match &self.state {
            State::Registered { refresh, .. } if *refresh <= now.mono => self.register(tools),
            State::Waiting { until, problem } if *until <= now.mono => {
                let problem = problem.clone();
                self.state = State::Stranded { problem, retry_after: Duration::ZERO };
                self.changes.push_back(Change::Reconnect);
            }
            State::Off
            | State::Asking(_)
            | State::Registered { .. }
            | State::Stranded { .. }
            | State::Waiting { .. }
            | State::Rejected => {}
        }
        match self.keep_alive.on_timeout(now.mono, self.setup.flow.transport, tools.entropy) {
            keep_alive::Act::None => {}
            keep_alive::Act::Send => self.keep_open(tools),
            keep_alive::Act::NoPong => {
                self.flow_lost(now, Problem::new(ProblemKind::ConnectionLost, &*self.setup.about));
            }
        }
    }

    /// When to call [`Registration::handle_timeout`], and why.
    #[must_use]
    pub fn next_timeout(&self) -> Option<(Mono, &'static str)> {
        let own = match &self.state {
            State::Registered { refresh, .. } => Some((*refresh, "refresh of a registration")),
            State::Waiting { until, .. } => Some((*until, "next attempt to register")),
            State::Off | State::Asking(_) | State::Stranded { .. } | State::Rejected => None,
        };
        [own, self.keep_alive.next_timeout()].into_iter().flatten().min()
    }

    /// What has changed since the last call.
    pub fn poll(&mut self) -> Option<Change> {
        self.changes.pop_front()
    }

    /// How often the registrar has refused the password of the request that ended in [`Change::Refused`]: twice if it
    /// was sent ahead as well.
    #[must_use]
    pub const fn refusals(&self) -> u8 {
        self.refusals
    }

    /// Where we can be reached: with our address as the server sees it, once that is known.
    #[must_use]
    pub const fn contact(&self) -> &SipUri {
        &self.setup.contact
    }

    /// The flow in use.
    #[must_use]
    pub const fn flow(&self) -> &Flow {
        &self.setup.flow
    }

    fn on_failure(&mut self, now: Now, why: &Failure) {
        if matches!(&self.state, State::Asking(asking) if asking.purpose == Purpose::Unbind) {
            return self.end();
        }
        let kind = match why {
            Failure::Timeout => ProblemKind::NoAnswer,
            Failure::Transport(_) => ProblemKind::ConnectionLost,
        };
        self.strand(now, Problem::new(kind, &*self.setup.about), Duration::ZERO);
    }

    /// This server is no use now.
    fn strand(&mut self, now: Now, problem: Problem, retry_after: Duration) {
        let since = match &self.state {
            State::Registered { since, .. } => Some(*since),
            State::Asking(asking) => asking.since,
            State::Off | State::Stranded { .. } | State::Waiting { .. } | State::Rejected => None,
        };
        if since.is_some_and(|since| now.mono.since(since) >= SETTLED) {
            self.failures = 0;
        }
        self.failures = self.failures.saturating_add(1);
        self.keep_alive = KeepAlive::new();
        self.changes.push_back(Change::NextServer(problem.clone()));
        self.state = State::Stranded { problem, retry_after };
    }

    /// Nothing is tried until the person acts.
    fn reject(&mut self, change: Change) {
        self.keep_alive = KeepAlive::new();
        self.state = State::Rejected;
        self.changes.push_back(change);
    }

    fn end(&mut self) {
        self.bound = None;
        self.keep_alive = KeepAlive::new();
        self.state = State::Off;
        self.changes.push_back(Change::Unregistered);
    }
}
