//! One look after the other: what is asked, and what follows from the answers. Whatever is not as it must be ends the
//! look and changes nothing.

use std::time::Duration;

use super::judge::{self, Refusal, Verdict};
use super::pin::{self, Disbelief, FirstSeen, Pin, Pinned, Step, Trust};
use super::{DISCOVERY_EVERY, Do, Lookout, RETRY, Told};
use crate::base::{Entropy, Now, WallTime};
use crate::port::http::{Accept, Answer, HttpError, Outcome, Request};
use crate::provider_api::{Discovery, MAX_DISCOVERY, MAX_SIGNATURE, Origin, Path, Root, Signed, WELL_KNOWN};

/// The longest wait that a provider can ask for by Retry-After.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// No provider is asked more often than this.
const SHORTEST_POLL: Duration = Duration::from_secs(30);
/// A provider without the API is asked again after this.
const HAS_NONE: Duration = Duration::from_secs(24 * 3600);
/// The longest walk from root to root in one look.
const LONGEST_WALK: u8 = 32;

/// Where in the cycle we are: which answer is awaited.
#[derive(Debug)]
pub(super) enum Stage {
    /// None.
    Idle,
    /// The discovery document.
    Discovery,
    /// A root on the way to the newest.
    Root(Box<Walking>),
    /// The list.
    Index(Look),
    /// Its signature.
    Signature(Box<Unsigned>),
    /// The list for this account alone.
    Own(Look),
}

/// What all stages of one look know.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Look {
    /// The time that the first answer has fixed.
    pub(super) time: Option<WallTime>,
    /// Discovery was asked for in this look.
    pub(super) discovered: bool,
}

/// Between two roots.
#[derive(Debug)]
pub(super) struct Walking {
    look: Look,
    doc: Discovery,
    etag: Option<String>,
    reached: Root,
    steps: u8,
}

/// A list whose signature is not here yet.
#[derive(Debug)]
pub(super) struct Unsigned {
    look: Look,
    bytes: Vec<u8>,
    etag: Option<String>,
}

impl Lookout {
    /// Begins a look.
    pub(super) fn begin(&mut self, now: Now) {
        let stale = self.discovered.is_none_or(|at| now.mono.since(at) >= DISCOVERY_EVERY);
        self.own.wanted = None;
        if stale || self.notices_at().is_none() { self.ask_discovery() } else { self.ask_index(now, Look::default()) }
    }

    pub(super) fn ask_discovery(&mut self) {
        let (Some(origin), Some(path)) = (Origin::of_host(&self.sip_domain), Path::parse(WELL_KNOWN)) else { return };
        let mut request = Request { cap: MAX_DISCOVERY, ..Request::get(origin, path) };
        if let Some(etag) = self.kept.pin.as_ref().filter(|_| self.pinned.is_some()).and_then(|pin| pin.etag.clone()) {
            request = request.with("If-None-Match", etag);
        }
        self.stage = Stage::Discovery;
        self.out.push_back(Do::Ask(Box::new(request)));
    }

    fn ask_index(&mut self, now: Now, look: Look) {
        let Some((origin, path)) = self.notices_at() else { return self.rest(now) };
        let mut request = Request::get(origin, path);
        if let Some(etag) = self.kept.list.as_ref().and_then(|list| list.etag.clone()) {
            request = request.with("If-None-Match", etag);
        }
        self.stage = Stage::Index(look);
        self.out.push_back(Do::Ask(Box::new(request)));
    }

    fn notices_at(&self) -> Option<(Origin, Path)> {
        let pinned = self.pinned.as_ref()?;
        Some((pinned.discovery.issuer.clone(), pinned.notices()?.clone()))
    }

    /// What HTTPS brought.
    pub fn on_outcome(&mut self, now: Now, outcome: Outcome, dice: &mut Entropy) {
        let stage = std::mem::replace(&mut self.stage, Stage::Idle);
        if let Stage::Own(look) = stage {
            self.on_own(now, look, outcome);
            return self.own_is_over(now);
        }
        let answer = match outcome {
            Outcome::Answer(answer) => answer,
            Outcome::Failed(error) => {
                self.again = false;
                return self.no_answer(now, &stage, &error, dice);
            }
        };
        if let Some(wait) = answer.retry_after.filter(|_| answer.status == 429 || answer.status == 503) {
            self.again = false;
            self.due = now.mono + wait.min(LONGEST_WAIT).max(RETRY);
            self.failures = self.failures.saturating_add(1);
            return;
        }
        let date = answer.date.map_or(now.wall, |date| date.0);
        match stage {
            Stage::Idle | Stage::Own(_) => {}
            Stage::Discovery => self.on_discovery(now, answer, date, dice),
            Stage::Root(walking) => self.on_root(now, *walking, &answer, dice),
            Stage::Index(mut look) => {
                if look.time.is_none() {
                    look.time = Some(self.heard(now, date));
                }
                self.on_index(now, look, answer, dice);
            }
            Stage::Signature(unsigned) => self.on_signature(now, *unsigned, &answer, dice),
        }
        self.rest_if_idle(now, dice);
    }

    fn on_discovery(&mut self, now: Now, answer: Answer, date: WallTime, dice: &mut Entropy) {
        let time = self.heard(now, date);
        let look = Look { time: Some(time), discovered: true };
        match answer.status {
            304 if self.pinned.is_some() => {
                if self.root_expired(time) {
                    return self.disbelieve(now, Disbelief::RootExpired, dice);
                }
                self.discovered = Some(now.mono);
                self.go_on(now, look, dice);
            }
            200 => match Discovery::parse(answer.body.expose("it is a public document")) {
                Ok(doc) => self.see(now, look, doc, answer.etag, None, 0, dice),
                Err(error) => {
                    tracing::info!(%error, domain = %self.sip_domain, "discovery makes no sense");
                    self.fail(now, dice);
                }
            },
            404 | 410 => self.absent(now, dice),
            _ => self.fail(now, dice),
        }
    }

    /// A discovery document was read. `reached` is where the walk has come to.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that the walk carries along")]
    fn see(
        &mut self,
        now: Now,
        look: Look,
        doc: Discovery,
        etag: Option<String>,
        reached: Option<Root>,
        steps: u8,
        dice: &mut Entropy,
    ) {
        let time = look.time.unwrap_or(now.wall);
        let step = match &self.pinned {
            None => pin::first_sight(&doc, &self.sip_domain, time).map(Step::Holds),
            Some(pinned) => {
                let reached = reached.as_ref().or(pinned.root.as_ref());
                pin::next_sight(&doc, pinned, reached, &self.sip_domain, time)
            }
        };
        match step {
            Ok(Step::Holds(root)) => {
                self.take_pin(now, time, doc, root, etag);
                self.go_on(now, look, dice);
            }
            Ok(Step::Fetch(origin, path, _)) if steps < LONGEST_WALK => {
                let pinned = self.pinned.as_ref().and_then(|pinned| pinned.root.clone());
                let Some(reached) = reached.or(pinned) else { return self.fail(now, dice) };
                self.stage = Stage::Root(Box::new(Walking { look, doc, etag, reached, steps }));
                self.out.push_back(Do::Ask(Box::new(Request { cap: MAX_DISCOVERY, ..Request::get(origin, path) })));
            }
            Ok(Step::Fetch(..)) => self.fail(now, dice),
            Err(why) => self.disbelieve(now, why, dice),
        }
    }

    fn on_root(&mut self, now: Now, walking: Walking, answer: &Answer, dice: &mut Entropy) {
        let Walking { look, doc, etag, reached, steps } = walking;
        if answer.status != 200 {
            return self.fail(now, dice);
        }
        let signed = Signed::parse(answer.body.expose("it is a public document"));
        match signed.map_err(|_| Disbelief::RootBroken).and_then(|signed| pin::walk(&reached, &signed)) {
            Ok(next) => self.see(now, look, doc, etag, Some(next), steps + 1, dice),
            Err(why) => self.disbelieve(now, why, dice),
        }
    }

    fn take_pin(&mut self, now: Now, time: WallTime, discovery: Discovery, root: Option<Root>, etag: Option<String>) {
        let seen = FirstSeen { theirs: time, ours: now.wall };
        let old = self.kept.pin.take();
        let (since, trust, known) = match old {
            Some(old) => (old.since, old.trust, old.keys),
            None => (now.wall, self.trust, std::collections::BTreeMap::new()),
        };
        let listed = root.iter().flat_map(|root| root.notices.values().map(|it| it.key.clone()));
        let keys = listed.map(|key| {
            let first = known.get(&key).copied().unwrap_or(seen);
            (key, first)
        });
        let pin = Pin { discovery: discovery.clone(), etag, since, trust, keys: keys.collect() };
        self.kept.pin = Some(pin);
        self.kept.has_none = false;
        self.pinned = Some(Pinned { discovery, root, since });
        self.discovered = Some(now.mono);
        self.out.extend([Do::Pinned, Do::Save]);
    }

    /// Discovery is well: the list, if there is one.
    fn go_on(&mut self, now: Now, look: Look, dice: &mut Entropy) {
        if self.kept.mismatch.take().is_some() {
            self.out.extend([Do::Tell(Told::Agrees), Do::Save]);
        }
        self.own.wanted = Some(look);
        if self.notices_at().is_some() {
            self.ask_index(now, look);
        } else {
            self.wait(now, dice);
        }
    }

    fn on_index(&mut self, now: Now, look: Look, answer: Answer, dice: &mut Entropy) {
        let Some((origin, path)) = self.notices_at() else { return };
        let time = look.time.unwrap_or(now.wall);
        self.own.wanted = Some(look);
        if self.root_expired(time) {
            self.discovered = None;
            return self.disbelieve(now, Disbelief::RootExpired, dice);
        }
        match answer.status {
            304 => match self.kept.list.as_ref().is_some_and(|list| list.expires > time) {
                true => self.confirm(now, time, dice),
                false => self.fail(now, dice),
            },
            200 => {
                let Some(path) = path.with_suffix(".minisig") else { return self.fail(now, dice) };
                let request = Request { accept: Accept::Signature, cap: MAX_SIGNATURE, ..Request::get(origin, path) };
                let bytes = answer.body.expose("it is a public document").clone();
                self.stage = Stage::Signature(Box::new(Unsigned { look, bytes, etag: answer.etag }));
                self.out.push_back(Do::Ask(Box::new(request)));
            }
            _ => self.fail(now, dice),
        }
    }

    fn on_signature(&mut self, now: Now, unsigned: Unsigned, answer: &Answer, dice: &mut Entropy) {
        let Unsigned { look, bytes, etag } = unsigned;
        let text = std::str::from_utf8(answer.body.expose("it is a public document")).unwrap_or_default();
        let Some(root) = self.pinned.as_ref().and_then(|pinned| pinned.root.as_ref()) else { return };
        if answer.status != 200 {
            return self.fail(now, dice);
        }
        let time = look.time.unwrap_or(now.wall);
        match judge::judge(&bytes, text, etag, root, None, self.kept.list.as_ref(), time) {
            Ok(Verdict::Same) => self.confirm(now, time, dice),
            Ok(Verdict::Newer(list)) => {
                self.take_list(now, false, *list);
                self.confirm(now, time, dice);
            }
            // The key may be a new one that discovery knows of; asked once in a look.
            Err(Refusal::NotSigned) if !look.discovered => {
                self.ask_discovery_anew();
            }
            Err(why) => {
                tracing::warn!(%why, domain = %self.sip_domain, "notices are not believed");
                self.fail(now, dice);
            }
        }
    }

    /// Discovery whole, whether or not it has changed.
    pub(super) fn ask_discovery_anew(&mut self) {
        if let Some(pin) = &mut self.kept.pin {
            pin.etag = None;
        }
        self.ask_discovery();
    }

    /// Nothing that it lists counts any more.
    pub(super) fn root_expired(&self, time: WallTime) -> bool {
        let root = self.pinned.as_ref().and_then(|pinned| pinned.root.as_ref());
        root.is_some_and(|root| root.in_force(time).is_err())
    }

    /// The list in force is the provider's, now.
    fn confirm(&mut self, now: Now, time: WallTime, dice: &mut Entropy) {
        self.confirmed = now.mono;
        self.kept.confirmed = Some(time.min(now.wall));
        self.out.push_back(Do::Save);
        self.wait(now, dice);
    }

    /// A look that brought what it was for: the next one in the provider's interval, one fifth more or less.
    fn wait(&mut self, now: Now, dice: &mut Entropy) {
        self.failures = 0;
        // Whoever publishes none may begin to: discovery would say so.
        let publishes = self.notices_at().is_some() || self.own_at().is_some();
        let interval = if publishes { self.interval() } else { HAS_NONE };
        self.due = now.mono + interval.mul_f64(0.8 + 0.4 * dice.fraction());
    }

    /// What the provider wants; not so often that its customers' phones are a burden. The demo's may be asked at once.
    fn interval(&self) -> Duration {
        let least = if self.trust == Trust::BuiltIn { Duration::ZERO } else { SHORTEST_POLL };
        let wanted = self.pinned.as_ref().map_or(900, |pinned| u64::from(pinned.discovery.poll_s));
        Duration::from_secs(wanted).max(least)
    }

    /// A look that brought nothing: again soon, then less soon.
    fn fail(&mut self, now: Now, dice: &mut Entropy) {
        let longest = if self.pinned.is_some() { self.interval() } else { HAS_NONE };
        let wait = RETRY.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures = self.failures.saturating_add(1);
        self.due = now.mono + wait.mul_f64(0.8 + 0.4 * dice.fraction());
    }

    /// There is no such document. If there was one, that is no news to believe.
    fn absent(&mut self, now: Now, dice: &mut Entropy) {
        if self.pinned.is_some() {
            return self.fail(now, dice);
        }
        if !self.kept.has_none {
            self.kept.has_none = true;
            self.out.push_back(Do::Save);
        }
        self.failures = 0;
        self.due = now.mono + HAS_NONE.mul_f64(0.8 + 0.4 * dice.fraction());
    }

    fn disbelieve(&mut self, now: Now, why: Disbelief, dice: &mut Entropy) {
        tracing::warn!(%why, domain = %self.sip_domain, "discovery is not believed");
        if why.contradicts() && self.pinned.is_some() && self.kept.mismatch.is_none() {
            self.kept.mismatch = Some(now.wall);
            self.out.extend([Do::Tell(Told::Mismatch(words(why))), Do::Save]);
        }
        self.fail(now, dice);
    }

    fn no_answer(&mut self, now: Now, stage: &Stage, error: &HttpError, dice: &mut Entropy) {
        let discovery = matches!(stage, Stage::Discovery);
        match error {
            // Web servers that know nothing of this answer with pages and send everybody elsewhere.
            HttpError::WrongType(_) | HttpError::Redirected(_) | HttpError::TooLong(_) if discovery => {
                self.absent(now, dice);
            }
            HttpError::WrongType(_)
            | HttpError::Redirected(_)
            | HttpError::TooLong(_)
            | HttpError::NotSent(_)
            | HttpError::Unknown(_) => self.fail(now, dice),
        }
    }

    /// Whatever was forgotten, the next look comes. Before this one ends, the list for this account alone.
    fn rest_if_idle(&mut self, now: Now, dice: &mut Entropy) {
        if !matches!(self.stage, Stage::Idle) {
            return;
        }
        if std::mem::take(&mut self.again) {
            return self.begin(now);
        }
        if self.due <= now.mono {
            self.fail(now, dice);
        }
        if let Some(look) = self.own.wanted.take() {
            self.ask_own(now, look);
        }
    }

    /// Nothing to ask for now.
    fn rest(&mut self, now: Now) {
        self.due = now.mono + self.interval();
    }
}

fn words(why: Disbelief) -> &'static str {
    match why {
        Disbelief::Foreign => "The provider's security information names somebody else.",
        Disbelief::Moved => "The provider's security information names another address, and nobody has signed that.",
        Disbelief::RootGone => "The provider's signing keys are missing.",
        Disbelief::RootBack => "The provider's signing keys went back to older ones.",
        Disbelief::RootBroken => "The provider's signing keys were changed, and the old ones have not signed that.",
        Disbelief::RootExpired => "The provider's signing keys have expired.",
    }
}
