//! The subscription to who is registered (RFC 3680 over RFC 6665), of one line, at its own server.
//!
//! ```text
//!   Resting -- its time has come --> Asking -- 2xx --> Active -- refresh due, a gap --> Asking
//!      ^                              |  ^ |            |
//!      |             401/407: once a  |  | |            +-- NOTIFY terminated --> Resting, or Off
//!      |             nonce; 423       +--+ |
//!      +-- 5xx, 408, silence, 481 ---------+-- anything else --> Off   (until the next sign-in)
//! ```
//!
//! Most providers have no such thing: they are asked once, and nobody hears of it. Inputs from the owner:
//! [`Watch::set_flow`], [`Watch::on_happening`], [`Watch::on_notify`], [`Watch::handle_timeout`], [`Watch::unsubscribe`].
//! Out: [`Watch::poll`].

use std::collections::VecDeque;
use std::time::Duration;

use super::reginfo::{RegInfo, TYPE, Table, Took};
use crate::base::{Entropy, Mono};
use crate::port::net::Flow;
use crate::sip::dialog::{Dialog, through};
use crate::sip::digest::{Attempts, Case, Door, Opened, Realms, Refusal, may_answer, may_foresee};
use crate::sip::endpoint::{ClientKey, Happening, ServerKey};
use crate::sip::invite::Tools;
use crate::sip::{Message, Method, NameAddr, Uri};

/// The line settles first: calls come before curiosity.
const SETTLE: Duration = Duration::from_secs(2);
/// Seconds that are asked for.
const EXPIRES: u32 = 3600;
/// A server that wants more than this by 423 is out of its mind.
const MAX_EXPIRES: u32 = 86_400;
/// When to begin anew after the subscription was lost.
const AGAIN: Duration = Duration::from_secs(60);
/// When to ask a server again that was in trouble.
const LATER: Duration = Duration::from_secs(1800);
/// How often the whole is asked for because a document was lost.
const GAPS: Duration = Duration::from_secs(60);

/// By which way, and whom to ask about.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    /// The line's own flow.
    pub flow: Flow,
    /// Its address.
    pub aor: Uri,
    /// The user in it.
    pub user: String,
    /// Where we can be reached on the flow.
    pub contact: NameAddr,
    /// Outbound proxy, or Service-Route.
    pub routes: Vec<NameAddr>,
}

#[derive(Debug)]
enum State {
    /// Until its time comes.
    Resting,
    /// A SUBSCRIBE is under way.
    Asking(Box<Asking>),
    Active,
    /// Not asked any more.
    Off,
}

#[derive(Debug)]
struct Asking {
    client: ClientKey,
    request: Message,
    attempts: Attempts,
}

/// One subscription.
#[derive(Debug)]
pub struct Watch {
    setup: Setup,
    state: State,
    /// When to ask, or ask again.
    due: Option<Mono>,
    call_id: String,
    tag: String,
    cseq: u32,
    dialog: Option<Dialog>,
    table: Table,
    expires: u32,
    too_brief: bool,
    last_gap: Option<Mono>,
    news: VecDeque<Vec<NameAddr>>,
    /// How often the password was refused.
    refusals: u8,
}

impl Watch {
    /// A subscription that will be asked for in a moment.
    #[must_use]
    pub fn new(setup: Setup, now: Mono, dice: &mut Entropy) -> Watch {
        Watch {
            setup,
            state: State::Resting,
            due: Some(now + SETTLE),
            call_id: dice.call_id(),
            tag: dice.tag(),
            cseq: dice.bits32() & 0xffff,
            dialog: None,
            table: Table::default(),
            expires: EXPIRES,
            too_brief: false,
            last_gap: None,
            news: VecDeque::new(),
            refusals: 0,
        }
    }

    /// The line is registered by this way now. A subscription that was made by another is moved here.
    pub fn set_flow(&mut self, now: Mono, setup: Setup) {
        if setup == self.setup || matches!(self.state, State::Off) {
            return;
        }
        self.setup = setup;
        self.state = State::Resting;
        self.due = Some(now + SETTLE);
    }

    /// The flow that it speaks by.
    #[must_use]
    pub const fn flow(&self) -> &Flow {
        &self.setup.flow
    }

    /// Whether a request of the endpoint's is this one's.
    #[must_use]
    pub fn owns_client(&self, client: ClientKey) -> bool {
        matches!(&self.state, State::Asking(asking) if asking.client == client)
    }

    /// Whether a NOTIFY is for this subscription: its Call-ID and tag are known to the two ends only.
    #[must_use]
    pub fn owns_notify(&self, request: &Message) -> bool {
        request.method() == Some(&Method::Notify)
            && request.call_id() == self.call_id
            && request.to_tag().as_deref() == Some(&*self.tag)
    }

    /// Something happened to its request.
    pub fn on_happening(&mut self, tools: &mut Tools<'_>, happening: &Happening) {
        match happening {
            Happening::Response { client, message, .. } if self.owns_client(*client) => {
                self.on_response(tools, message);
            }
            Happening::Failed { client, .. } if self.owns_client(*client) => self.rest(tools.now.mono, LATER),
            Happening::Response { .. }
            | Happening::Failed { .. }
            | Happening::Request { .. }
            | Happening::Ack { .. }
            | Happening::Cancelled { .. }
            | Happening::ServerFailed { .. } => {}
        }
    }

    fn on_response(&mut self, tools: &mut Tools<'_>, response: &Message) {
        let Some(status) = response.status().filter(|status| *status >= 200) else { return };
        let State::Asking(asking) = std::mem::replace(&mut self.state, State::Off) else { return };
        let now = tools.now.mono;
        match status {
            401 | 407 => self.on_challenge(tools, response, asking.attempts),
            200..=299 => {
                if self.dialog.is_none() {
                    self.dialog = Dialog::of_response(&asking.request, response);
                }
                let granted = response.expires().unwrap_or(self.expires);
                // Without a dialog, or for no time at all, nothing would ever come.
                if self.dialog.is_some() && granted > 0 {
                    self.state = State::Active;
                    self.due = Some(now + refresh_after(granted));
                } else {
                    self.end();
                }
            }
            423 if !self.too_brief => {
                self.too_brief = true;
                let wanted = response.min_expires().unwrap_or(MAX_EXPIRES);
                self.expires = wanted.clamp(self.expires, MAX_EXPIRES);
                self.ask(tools);
            }
            // The server has forgotten it.
            481 if self.dialog.is_some() => self.rest(now, AGAIN),
            408 | 429 | 500 | 503 | 504 => self.rest(now, response.retry_after().unwrap_or(LATER).clamp(AGAIN, LATER)),
            _ => {
                tracing::debug!(status, "this server does not tell who is registered");
                self.end();
            }
        }
    }

    fn on_challenge(&mut self, tools: &mut Tools<'_>, response: &Message, mut attempts: Attempts) {
        let door = if response.status() == Some(407) { Door::Proxy } else { Door::Server };
        let may = may_answer(self.case(), door, &attempts);
        let mut again = self.build(self.expires);
        let answered = tools.auth.as_mut().filter(|_| may).map(|auth| {
            let realms = Realms::Only(auth.realms);
            auth.authenticator.answer(&mut again, response, &mut attempts, realms, tools.entropy)
        });
        match answered {
            Some(Ok(())) => self.send(tools, again, attempts),
            Some(Err(Refusal::Rejected(_))) => {
                self.refusals = attempts.refusals().saturating_add(1);
                self.end();
            }
            Some(Err(_)) | None => self.end(),
        }
    }

    fn case(&self) -> Case<'static> {
        let opened = if self.dialog.is_some() { Opened::ByUs } else { Opened::NoDialog };
        Case { method: "SUBSCRIBE", opened, own_server: true }
    }

    fn ask(&mut self, tools: &mut Tools<'_>) {
        let mut request = self.build(self.expires);
        let mut attempts = Attempts::default();
        self.foresee(tools, &mut request, &mut attempts);
        self.send(tools, request, attempts);
    }

    fn foresee(&self, tools: &mut Tools<'_>, request: &mut Message, attempts: &mut Attempts) {
        if let Some(auth) = tools.auth.as_mut().filter(|_| may_foresee(self.case())) {
            auth.authenticator.prepare(request, attempts, Realms::Only(auth.realms));
        }
    }

    fn send(&mut self, tools: &mut Tools<'_>, request: Message, attempts: Attempts) {
        let client = tools.endpoint.request(tools.now, &self.setup.flow, request.clone());
        self.due = None;
        self.state = State::Asking(Box::new(Asking { client, request, attempts }));
    }

    fn build(&mut self, expires: u32) -> Message {
        let request = match &mut self.dialog {
            Some(dialog) => dialog.request(Method::Subscribe),
            None => {
                self.cseq = self.cseq.wrapping_add(1) & 0x7fff_ffff;
                let (uri, routes) = through(self.setup.aor.clone(), &self.setup.routes);
                let who = NameAddr::new(self.setup.aor.clone());
                let request = routes
                    .iter()
                    .fold(Message::request(Method::Subscribe, uri), |request, route| request.with("Route", route));
                request
                    .with("From", who.clone().with_tag(&self.tag))
                    .with("To", who)
                    .with("Call-ID", &self.call_id)
                    .with("CSeq", format!("{} SUBSCRIBE", self.cseq))
            }
        };
        request.with("Contact", &self.setup.contact).with("Event", "reg").with("Accept", TYPE).with("Expires", expires)
    }

    /// A NOTIFY that is for this subscription: read, and answered.
    pub fn on_notify(&mut self, tools: &mut Tools<'_>, server: ServerKey, request: &Message) {
        let status = self.notified(tools, request);
        let mut response = Message::response_to(request, status, "", None);
        if status == 415 {
            response = response.with("Accept", TYPE);
        }
        tools.endpoint.respond(tools.now, server, response);
        if matches!(self.state, State::Active) && self.due.is_some_and(|due| due <= tools.now.mono) {
            self.ask(tools);
        }
    }

    fn notified(&mut self, tools: &Tools<'_>, request: &Message) -> u16 {
        match &mut self.dialog {
            _ if matches!(self.state, State::Off) => return 481,
            Some(dialog) if !dialog.matches_request(request) => return 481,
            Some(dialog) => {
                if dialog.admit(request).is_err() {
                    return 500;
                }
            }
            // It may overtake the answer to the SUBSCRIBE (RFC 6665 §4.4.1).
            None if matches!(self.state, State::Asking(_)) => {}
            None => return 481,
        }
        let word = |name: &str| {
            let value = request.headers.get(name).unwrap_or_default();
            value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
        };
        if word("Event") != "reg" {
            return 489;
        }
        let now = tools.now.mono;
        if !request.body.is_empty() {
            if request.content_type().is_none_or(|kind| kind.essence != TYPE) {
                return 415;
            }
            match RegInfo::parse(&request.body) {
                Ok(info) => self.take(now, &info),
                Err(error) => {
                    tracing::info!(%error, "who is registered was told in a way that makes no sense");
                    return 400;
                }
            }
        }
        let state = request.headers.get("Subscription-State").unwrap_or_default();
        if word("Subscription-State") == "terminated" {
            self.terminated(now, param(state, "reason"), param(state, "retry-after"));
        } else if let (State::Active, Some(left)) =
            (&self.state, param(state, "expires").and_then(|it| it.parse().ok()))
        {
            let sooner = now + refresh_after(left);
            self.due = Some(self.due.map_or(sooner, |due| due.min(sooner)));
        }
        200
    }

    fn take(&mut self, now: Mono, info: &RegInfo) {
        match self.table.take(info, &self.setup.user) {
            Took::News => self.news.push_back(self.table.contacts()),
            Took::Old => {}
            // A refresh brings the whole.
            Took::Gap => {
                if self.last_gap.is_none_or(|last| now.since(last) >= GAPS) {
                    self.last_gap = Some(now);
                    self.due = Some(now);
                }
            }
        }
    }

    fn terminated(&mut self, now: Mono, reason: Option<&str>, retry_after: Option<&str>) {
        let wanted = retry_after.and_then(|text| text.parse().ok()).map(Duration::from_secs);
        match reason.unwrap_or_default().to_ascii_lowercase().as_str() {
            "rejected" | "noresource" | "invariant" => self.end(),
            "deactivated" | "timeout" => self.rest(now, AGAIN),
            _ => self.rest(now, wanted.unwrap_or(LATER).clamp(AGAIN, LATER)),
        }
    }

    /// Begins anew after a while, with a dialog of its own.
    fn rest(&mut self, now: Mono, wait: Duration) {
        self.dialog = None;
        self.table = Table::default();
        self.state = State::Resting;
        self.due = Some(now + wait);
    }

    fn end(&mut self) {
        self.dialog = None;
        self.state = State::Off;
        self.due = None;
    }

    /// The line leaves. Whatever the server answers, nothing is taken any more; if it insists on a new password proof,
    /// the subscription ends by its own time.
    pub fn unsubscribe(&mut self, tools: &mut Tools<'_>) {
        if self.dialog.is_some() {
            let mut request = self.build(0);
            self.foresee(tools, &mut request, &mut Attempts::default());
            tools.endpoint.request(tools.now, &self.setup.flow, request);
        }
        self.end();
    }

    /// The time of [`Watch::next_timeout`] has come, or may have.
    pub fn handle_timeout(&mut self, tools: &mut Tools<'_>) {
        if self.due.is_some_and(|due| due <= tools.now.mono) {
            self.ask(tools);
        }
    }

    /// When to call [`Watch::handle_timeout`].
    #[must_use]
    pub const fn next_timeout(&self) -> Option<Mono> {
        self.due
    }

    /// How often the password was refused since this was asked last.
    pub fn take_refusals(&mut self) -> u8 {
        std::mem::take(&mut self.refusals)
    }

    /// Who is registered, ourselves included, each time that this changes.
    pub fn poll(&mut self) -> Option<Vec<NameAddr>> {
        self.news.pop_front()
    }
}

/// When to refresh what was granted for so many seconds.
fn refresh_after(seconds: u32) -> Duration {
    let lifetime = Duration::from_secs(u64::from(seconds.min(MAX_EXPIRES)));
    let early = if lifetime >= Duration::from_secs(60) { lifetime.mul_f64(0.85) } else { lifetime / 2 };
    early.max(Duration::from_secs(5))
}

/// `name=value` behind the first semicolon.
fn param<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let pairs = value.split(';').skip(1).filter_map(|pair| pair.split_once('='));
    pairs.map(|(key, value)| (key.trim(), value.trim())).find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|it| it.1)
}
