//! Notices of an account's provider: fetched from its pinned origin, believed only if signed, and shown as plain text.
//!
//! One [`Lookout`] for each account, pure. It goes through the same cycle again and again:
//!
//! ```text
//!   Idle ── due, asked, hint, 401/403, woke ──► Discovery ── 304, same root ────────────────► Index
//!    ▲   (Index at once, if discovery is fresh)   │  └── newer root ──► Root N+1 … ──────────► │
//!    │                                            │ 404 and nothing pinned: provider has none   │ 304: confirmed
//!    │◄── anything that is not as it must be ─────┴──────────── (nothing changes) ──────────────┤
//!    │                                                                                          ▼ 200
//!    └◄── judged: newer and well signed: taken; the same: confirmed; else nothing changes ── Signature
//! ```
//!
//! Before it rests it asks for the list for this account alone, if the provider has such lists (`own`).
//!
//! Inputs by sender: the host gives [`Lookout::look`] (why) and [`Lookout::on_outcome`] (what HTTPS brought), the clock
//! [`Lookout::on_timeout`], the person [`Lookout::command`], the password change [`Lookout::credential_changed`]. Out
//! comes [`Lookout::poll`].
//!
//! What holds, and is tested: no URL, host or link of a notice is ever used ([`pin`] knows the only origin); time is
//! fixed by the first answer of a cycle; a sequence number never goes back; what is forged, expired, replayed or of
//! another key changes nothing (I13); taking the same list twice, or older lists in any order, changes nothing (I10).

mod asked;
mod board;
mod cycle;
mod host;
pub mod judge;
pub mod kept;
mod own;
pub mod pin;
pub(super) mod show;

use std::collections::VecDeque;
use std::time::Duration;

pub(super) use host::Notices;
pub use kept::Kept;
pub use pin::Pinned;

use crate::base::{Entropy, Mono, Now, WallTime};
use crate::port::http::Request;
use crate::provider_api::NoticeId;
use crate::provider_api::notices::Level;
use crate::provider_api::policy::MustChange;

/// A key that was seen for the first time less than this ago can advise, but force nothing.
pub const YOUNG_KEY: Duration = Duration::from_secs(7 * 24 * 3600);
/// Not confirmed for longer than this: it is said.
pub const FROZEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// Discovery is asked for again after this, or when something does not fit.
const DISCOVERY_EVERY: Duration = DAY;
/// Between two looks that somebody else can cause.
const HINTS: Duration = Duration::from_secs(60);
/// The first wait after a look that brought nothing; doubled each time, up to the provider's own interval.
const RETRY: Duration = Duration::from_secs(60);
/// A day.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How far apart clocks may be before a time is called a time of the future.
pub const SLACK: Duration = Duration::from_secs(600);

/// Why to look now.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Why {
    /// The account was just set up.
    SignedIn,
    /// The person asks.
    Asked,
    /// The machine woke, or its network changed.
    Woke,
    /// The provider refused a REGISTER.
    Refused,
    /// A NOTIFY on the account's own flow. What it says is not read.
    Hint,
}

/// What the host is to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Do {
    /// Send this; the outcome is awaited.
    Ask(Box<Request>),
    /// Send this with proof of who asks, and bring what comes of it in the end; or say that it cannot be.
    AskOwn(Box<Request>),
    /// What is kept has changed: write it down.
    Save,
    /// Tell whoever watches.
    Tell(Told),
    /// Discovery or root were taken for the first time, or are new.
    Pinned,
}

/// What happened, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A notice is new, or has a new revision.
    Arrived(NoticeId),
    /// The provider took a notice back.
    Withdrawn(NoticeId),
    /// A notice is satisfied: the password was changed, or the person is done with it.
    Done(NoticeId),
    /// Points of its plan have moved on.
    PlanMoved(NoticeId),
    /// What the provider publishes contradicts what was pinned: why, in words for the log.
    Mismatch(&'static str),
    /// It does not contradict any more.
    Agrees,
}

/// What the notices in force, or the provider's policy of this account, demand of the line password.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Demand {
    /// How strongly, after everything that weakens it.
    pub level: Level,
    /// Until when it can be put off.
    pub deadline: Option<WallTime>,
    /// Which notice says so; none: the policy.
    pub notice: Option<NoticeId>,
}

/// What the policy of this account asked for when it was read last.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Asked {
    what: MustChange,
    read: WallTime,
}

/// The look-out of one account.
#[derive(Debug)]
pub struct Lookout {
    /// The account's SIP domain: discovery's own host.
    sip_domain: String,
    /// On whose word the provider is pinned, when it is.
    trust: pin::Trust,
    /// What survives a restart.
    kept: Kept,
    /// The same, ready for use.
    pinned: Option<Pinned>,
    /// Where in the cycle we are.
    stage: cycle::Stage,
    /// When to look next.
    due: Mono,
    /// Look once more when this look is over.
    again: bool,
    /// Looks in a row that brought nothing.
    failures: u32,
    /// When somebody else last made us look.
    hinted: Option<Mono>,
    /// Discovery was last taken or confirmed then, in this process.
    discovered: Option<Mono>,
    /// The list was last confirmed then, in this process, or the process began.
    confirmed: Mono,
    /// The provider's clock at a point of ours.
    clock: Option<(WallTime, Mono)>,
    /// How asking for the list for this account alone goes.
    own: own::Asking,
    /// When a banner returns or a deadline passes.
    wakes: Option<Mono>,
    /// What the provider asks of this account itself.
    asked: Option<Asked>,
    out: VecDeque<Do>,
}

impl Lookout {
    /// A look-out that begins with what was kept. It looks for the first time after some seconds, or when told to.
    #[must_use]
    pub fn new(now: Now, sip_domain: &str, trust: pin::Trust, kept: Kept, dice: &mut Entropy) -> Lookout {
        let pinned = kept.pin.as_ref().and_then(Pinned::from_kept);
        let mut lookout = Lookout {
            sip_domain: sip_domain.to_owned(),
            trust,
            pinned,
            kept,
            stage: cycle::Stage::Idle,
            due: now.mono + Duration::from_secs(2) + Duration::from_secs(4).mul_f64(dice.fraction()),
            again: false,
            failures: 0,
            hinted: None,
            discovered: None,
            confirmed: now.mono,
            clock: None,
            own: own::Asking::default(),
            wakes: None,
            asked: None,
            out: VecDeque::new(),
        };
        lookout.arrange(now);
        lookout
    }

    /// Look now, if this reason is good enough.
    pub fn look(&mut self, now: Now, why: Why) {
        match why {
            Why::Asked => self.own_by_hand(),
            Why::SignedIn | Why::Woke => {}
            Why::Refused | Why::Hint => {
                if self.hinted.is_some_and(|last| now.mono.since(last) < HINTS) {
                    return;
                }
                self.hinted = Some(now.mono);
            }
        }
        self.due = now.mono;
        // A look under way may have asked already: what is new since would wait a quarter of an hour.
        self.again = !matches!(self.stage, cycle::Stage::Idle);
        self.on_timeout(now);
    }

    /// The time of [`Lookout::next_timeout`] has come, or may have.
    pub fn on_timeout(&mut self, now: Now) {
        if self.due <= now.mono && matches!(self.stage, cycle::Stage::Idle) {
            self.begin(now);
        }
        if self.wakes.is_some_and(|at| at <= now.mono) {
            self.arrange(now);
        }
    }

    /// When to call [`Lookout::on_timeout`]. While an answer is awaited, only banners and deadlines count: HTTPS has
    /// its own bound.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        let due = matches!(self.stage, cycle::Stage::Idle).then_some(self.due);
        [due, self.wakes].into_iter().flatten().min()
    }

    /// What is to be done.
    pub fn poll(&mut self) -> Option<Do> {
        self.out.pop_front()
    }

    /// What is to be written down.
    #[must_use]
    pub const fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The account's SIP domain.
    #[must_use]
    pub fn sip_domain(&self) -> &str {
        &self.sip_domain
    }

    /// What is known of the provider's API.
    #[must_use]
    pub const fn pinned(&self) -> Option<&Pinned> {
        self.pinned.as_ref()
    }

    /// The provider's clock now, if it was heard in this process.
    #[must_use]
    pub fn provider_time(&self, now: Now) -> Option<WallTime> {
        let (at, mono) = self.clock?;
        Some(later(at, now.mono.since(mono)))
    }

    /// The provider has told its time. It is never earlier than what was heard before and the time that has passed
    /// since: a server that turns its clock back, or a cache in between, cannot make an old list young again. But what
    /// was heard is forgotten if it lies a day ahead of our own clock: one wrong date must not last for ever.
    fn heard(&mut self, now: Now, date: WallTime) -> WallTime {
        let sane = later(now.wall, DAY);
        let before = [self.provider_time(now), self.kept.heard].into_iter().flatten().filter(|time| *time <= sane);
        let time = before.chain([date]).max().unwrap_or(date);
        self.clock = Some((time, now.mono));
        self.kept.heard = Some(time);
        time
    }
}

/// So much later.
fn later(time: WallTime, by: Duration) -> WallTime {
    WallTime(time.0.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// From one time to a later one; zero if it is not later.
fn between(from: WallTime, to: WallTime) -> Duration {
    Duration::from_millis(u64::try_from(to.0.saturating_sub(from.0)).unwrap_or(0))
}
