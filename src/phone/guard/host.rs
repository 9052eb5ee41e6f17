//! The guard in the phone: every wish to call passes here. Questions wait for their answer in the view; nothing is sent
//! before it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::destination::{self, Class, Destination, Surroundings, classify};
use super::emergency::Emergency;
use super::home::{self, Home};
use super::judge::{self, Attempt, Guard, Verdict};
use super::state::{GuardEvent, GuardState, LongCall};
use super::table::Region;
use super::words;
use crate::base::{AccountId, CallId, Mono, Now};
use crate::phone::Phone;
use crate::phone::account::{Account, Link};
use crate::phone::address::Address;
use crate::phone::command::{Dialled, GuardCommand};
use crate::phone::commands::not_now;
use crate::phone::documents;
use crate::phone::event::Event;
use crate::phone::input::Done;
use crate::phone::output::Output;
use crate::phone::problem::{Problem, ProblemKind};
use crate::phone::view::{CallDirection, CallState, CallView, GuardFrom, GuardQuestion, GuardVerdict};

/// How long a missed call is remembered as one that somebody may be lured to return.
const LURE: Duration = Duration::from_secs(7 * 24 * 3600);
/// So many missed calls are looked at.
const MOST_MISSED: usize = 50;
/// So many calls are looked at to know whether a number was called before.
const MOST_CALLED: usize = 100;
/// So many links are remembered.
const MOST_LINKS: usize = 32;
/// A call is sent on at most so many times.
const MOST_HOPS: u8 = 3;

/// What the guard keeps in the phone.
#[derive(Debug, Default)]
pub(in crate::phone) struct Host {
    pub(super) guard: Guard,
    /// The question that waits.
    pending: Option<Pending>,
    /// The country that the computer's settings name.
    system: Option<Region>,
    /// Seconds that local time is ahead of UTC.
    utc_offset: i32,
    /// Emergency numbers that providers have named under their pinned keys.
    numbers: BTreeMap<AccountId, Vec<String>>,
    /// Calls that may be dear.
    dear: BTreeMap<CallId, Dear>,
    /// Where calls were sent on to, until it is judged.
    redirected: Vec<(AccountId, String)>,
    hops: u8,
    /// What links have named, oldest first: nobody typed these.
    links: VecDeque<String>,
    pub(super) emergency: Option<Emergency>,
    /// Accounts that are connected for an emergency call only, and what they were before.
    pub(super) quiet: BTreeMap<AccountId, Link>,
    pub(super) state: GuardState,
    /// For what `state.home` was found.
    home_of: (Option<Region>, Option<Address>, Option<Region>),
}

/// A call that waits for an answer.
#[derive(Debug)]
struct Pending {
    to: Dialled,
    question: GuardQuestion,
}

/// A call that may be dear.
#[derive(Debug)]
struct Dear {
    about: String,
    answered: Option<Mono>,
    told: bool,
}

impl Host {
    /// Whether the account is connected for an emergency call only: no REGISTER then.
    pub(in crate::phone) fn is_quiet(&self, account: AccountId) -> bool {
        self.quiet.contains_key(&account)
    }

    /// Seconds that local time is ahead of UTC.
    pub(in crate::phone) fn utc_offset(&self) -> i32 {
        self.utc_offset
    }

    /// A link names this. Whoever dials it as it stands did not type it.
    pub(in crate::phone) fn came_by_link(&mut self, text: &str) {
        self.links.retain(|known| known != text);
        self.links.push_back(text.to_owned());
        if self.links.len() > MOST_LINKS {
            self.links.pop_front();
        }
    }

    /// The question that waits, as the window draws it.
    pub(in crate::phone) fn question(&self) -> Option<GuardQuestion> {
        self.pending.as_ref().map(|pending| pending.question.clone())
    }
}

impl Phone {
    /// Places a call, unless the guard asks or blocks. Emergency numbers come before everything.
    pub(in crate::phone) fn place_call(
        &mut self,
        now: Now,
        id: AccountId,
        to: Dialled,
        confirmed: bool,
        from: GuardFrom,
    ) -> Result<Done, Problem> {
        let account = self.accounts.iter().find(|account| account.id() == id).ok_or_else(|| not_now(""))?;
        let destination = self.destination(account, &to);
        if destination.class == Class::Emergency {
            return self.emergency_call(now, id, to);
        }
        if self.is_barred(account, &to, &destination) {
            return Err(Problem::new(ProblemKind::Restricted, account.provider()));
        }
        if !account.is_ready() {
            return Err(Problem::new(ProblemKind::NotSignedIn, account.address.shown()));
        }
        if account.calls_would_look_like_an_attack(now.mono) {
            return Err(Problem::new(ProblemKind::WrongPassword, account.provider()));
        }
        if self.calls.are_live() {
            return Err(not_now(to.as_str()));
        }
        let from = if from == GuardFrom::Person { self.whose_wish(account, &to, &destination) } else { from };
        if from != GuardFrom::Redirect {
            self.host.hops = 0;
        }
        let verdict = self.judge(now, account, &to, &destination, from);
        match words::question(id, to.as_str(), &destination, from, &verdict) {
            Some(question) if !confirmed || question.verdict == GuardVerdict::Blocked => Err(self.raise(to, question)),
            asked => {
                if asked.is_some() && self.settings.guard.confirm(&destination) {
                    self.out.push_back(Output::Save(documents::save_settings(&self.settings)));
                }
                self.dial(now, id, &to, &destination).map(Done::Call)
            }
        }
    }

    /// A wish of the person's: whether they typed it, or only pressed the button on what a link had put there. The
    /// same number written differently is still the link's; another number is the person's own.
    fn whose_wish(&self, account: &Account, to: &Dialled, destination: &Destination) -> GuardFrom {
        let mut links = self.host.links.iter();
        let linked = links.any(|text| self.is_same(account, text, to, destination));
        if linked { GuardFrom::Link } else { GuardFrom::Person }
    }

    /// What would become of a call, without placing it.
    fn judge(&self, now: Now, account: &Account, to: &Dialled, destination: &Destination, from: GuardFrom) -> Verdict {
        if account.demo {
            return Verdict::Dial; // The demo's people cost nothing, and nobody else can be reached there.
        }
        let outgoing =
            |call: &&CallView| call.direction == CallDirection::Outgoing && !matches!(call.state, CallState::Ended(_));
        let domain = &account.address.domain;
        let attempt = Attempt {
            destination,
            from,
            live: self.calls.views().iter().filter(outgoing).count(),
            missed: judge::is_dear(destination) && self.was_missed(now, account, destination),
            known: from == GuardFrom::Link && self.was_called(account, to, destination),
            elsewhere: destination::host(to.as_str(), domain) != domain.to_ascii_lowercase(),
            hour: self.hour(now),
        };
        self.host.guard.judge(now, &self.settings.guard, &attempt)
    }

    /// What a number is for this account.
    fn destination(&self, account: &Account, to: &Dialled) -> Destination {
        let home = self.home(Some(&account.address));
        let emergency = self.host.numbers.get(&account.id()).map(Vec::as_slice).unwrap_or_default();
        let around = Surroundings {
            home: home.map(|home| home.region),
            chosen: self.settings.guard.home.is_some(),
            outside_prefix: &self.settings.guard.outside_prefix,
            domain: &account.address.domain,
            emergency,
        };
        classify(to.as_str(), &around)
    }

    fn home(&self, address: Option<&Address>) -> Option<Home> {
        home::find(self.settings.guard.home, address, self.host.system)
    }

    /// The country that numbers are dialled from, for whoever has no line in mind.
    pub(in crate::phone) fn home_country(&self) -> Option<Region> {
        self.host.state.home.map(|home| home.region)
    }

    /// Whether this number called within the last week and nobody answered.
    fn was_missed(&self, now: Now, account: &Account, destination: &Destination) -> bool {
        let week = i64::try_from(LURE.as_millis()).unwrap_or(i64::MAX);
        let since = now.wall.as_millis().saturating_sub(week);
        let rows = self.recents.rows();
        let mut missed = rows.iter().filter(|row| row.is_missed() && row.at.as_millis() >= since).take(MOST_MISSED);
        missed.any(|row| self.key(account, &row.peer.address).as_ref() == Some(&destination.key))
    }

    /// Whether this number is among the newest calls that were placed from here.
    fn was_called(&self, account: &Account, to: &Dialled, destination: &Destination) -> bool {
        let rows = self.recents.rows();
        let mut placed = rows.iter().filter(|row| row.direction == CallDirection::Outgoing).take(MOST_CALLED);
        placed.any(|row| self.is_same(account, &row.peer.address, to, destination))
    }

    /// Whether these words lead to the same number or address, at the same domain.
    pub(in crate::phone) fn is_same(
        &self,
        account: &Account,
        words: &str,
        to: &Dialled,
        destination: &Destination,
    ) -> bool {
        let host = |words: &str| destination::host(words, &account.address.domain);
        words == to.as_str()
            || (host(words) == host(to.as_str()) && self.key(account, words).as_ref() == Some(&destination.key))
    }

    /// What makes a number or address the same as another.
    fn key(&self, account: &Account, words: &str) -> Option<String> {
        Dialled::parse(words).ok().map(|to| self.destination(account, &to).key)
    }

    fn hour(&self, now: Now) -> u8 {
        let local = now.wall.as_millis().div_euclid(1000).saturating_add(i64::from(self.host.utc_offset));
        u8::try_from(local.div_euclid(3600).rem_euclid(24)).unwrap_or(0)
    }

    /// The question appears in the view, and the wish fails for now.
    fn raise(&mut self, to: Dialled, question: GuardQuestion) -> Problem {
        let kind = match question.verdict {
            GuardVerdict::Confirm | GuardVerdict::Type(_) => ProblemKind::GuardAsks,
            GuardVerdict::Blocked => ProblemKind::GuardBlocks,
        };
        let problem = Problem::new(kind, format!("{}. {}", words::about(&question), question.why));
        self.out.push_back(Output::Event(Event::Guard(Box::new(GuardEvent::Question(question.clone())))));
        self.host.pending = Some(Pending { to, question });
        problem
    }

    fn dial(&mut self, now: Now, id: AccountId, to: &Dialled, destination: &Destination) -> Result<CallId, Problem> {
        let account = self.accounts.iter().find(|account| account.id() == id).ok_or_else(|| not_now(""))?;
        let (line, demo) = (account.line(), account.demo);
        let line = line.ok_or_else(|| Problem::new(ProblemKind::NotSignedIn, account.address.shown()))?;
        let call = self.with_calls(now, |calls, env| calls.place(env, &line, to))?;
        self.host.pending = None;
        if !demo {
            self.host.guard.placed(now, destination);
            if judge::is_dear(destination) {
                let place = destination.place.as_deref().unwrap_or(destination.kind);
                let about = format!("{} ({place})", crate::phone::call::peer::printable(to.as_str()));
                self.host.dear.insert(call, Dear { about, answered: None, told: false });
            }
        }
        Ok(call)
    }

    /// The answer to the question that waits.
    pub(in crate::phone) fn answer_guard(&mut self, now: Now, answer: GuardCommand) -> Result<Done, Problem> {
        match answer {
            GuardCommand::Cancel => {
                self.host.pending = None;
                self.host.state.long_call = None;
                self.dismiss_emergency();
                Ok(Done::Ok)
            }
            GuardCommand::Dial(typed) => {
                let Some(pending) = self.host.pending.take() else { return Err(not_now("")) };
                let question = &pending.question;
                let typed = typed.unwrap_or_default();
                let good = match &question.verdict {
                    GuardVerdict::Confirm => true,
                    GuardVerdict::Type(word) => typed.trim().eq_ignore_ascii_case(word),
                    GuardVerdict::Blocked => false,
                };
                if !good {
                    return Err(self.raise(pending.to, pending.question));
                }
                let (account, from) = (question.account, question.from);
                self.place_call(now, account, pending.to, true, from)
            }
        }
    }

    /// The other end sent a call on (3xx): where to is judged like any other wish, and nobody goes there unasked
    /// where it may be dear.
    pub(in crate::phone) fn was_redirected(&mut self, account: AccountId, target: String) {
        self.host.redirected.push((account, target));
    }

    /// What follows from this input for redirected, emergency and long calls. True if there is something to send.
    pub(in crate::phone) fn guard_due(&mut self, now: Now) -> bool {
        let redirected = std::mem::take(&mut self.host.redirected);
        let mut acted = !redirected.is_empty();
        for (account, target) in redirected {
            self.follow(now, account, &target);
        }
        self.look_for_long_calls(now);
        acted |= self.emergency_due(now);
        acted
    }

    fn follow(&mut self, now: Now, account: AccountId, target: &str) {
        self.host.hops = self.host.hops.saturating_add(1);
        let to = Dialled::parse(target).map_err(|_| Problem::new(ProblemKind::BadAddress, target));
        let outcome = match to {
            Ok(_) if self.host.hops > MOST_HOPS => Err(Problem::new(ProblemKind::ServerTrouble, target)),
            Ok(to) => self.place_call(now, account, to, false, GuardFrom::Redirect),
            Err(problem) => Err(problem),
        };
        self.answer(None, outcome);
    }

    fn look_for_long_calls(&mut self, now: Now) {
        if self.host.dear.is_empty() {
            return;
        }
        let after = self.long_call_after();
        let views = self.calls.views();
        let live = |id: CallId| views.iter().find(|call| call.id == id && !matches!(call.state, CallState::Ended(_)));
        self.host.dear.retain(|id, _| live(*id).is_some());
        if self.host.state.long_call.as_ref().is_some_and(|long| live(long.call).is_none()) {
            self.host.state.long_call = None;
        }
        for (id, dear) in &mut self.host.dear {
            if live(*id).is_some_and(|call| call.since.is_some()) {
                dear.answered.get_or_insert(now.mono);
            }
            let due = dear.answered.zip(after).is_some_and(|(at, after)| at + after <= now.mono);
            if due && !dear.told {
                dear.told = true;
                let long =
                    LongCall { call: *id, minutes: self.settings.guard.long_call_minutes, about: dear.about.clone() };
                self.host.state.long_call = Some(long.clone());
                self.out.push_back(Output::Event(Event::Guard(Box::new(GuardEvent::LongCall(long)))));
            }
        }
    }

    fn long_call_after(&self) -> Option<Duration> {
        let minutes = self.settings.guard.long_call_minutes;
        (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
    }

    /// When [`Phone::guard_due`] has something to do.
    pub(in crate::phone) fn guard_next_timeout(&self) -> Option<(Mono, &'static str)> {
        let after = self.long_call_after();
        let long = self.host.dear.values().filter(|dear| !dear.told);
        let long = long.filter_map(|dear| Some((dear.answered? + after?, "a long call")));
        let emergency = self.emergency_next_timeout().map(|at| (at, "the next way to an emergency number"));
        long.chain(emergency).min()
    }

    /// Where this computer is, as far as its settings tell.
    pub(in crate::phone) fn surroundings(&mut self, utc_offset: i32, region: Option<&str>) {
        self.host.utc_offset = utc_offset;
        self.host.system = region.and_then(Region::parse);
    }

    /// Further emergency numbers of a provider, from its pinned discovery document. They add to those of the country.
    /// What is no short number is not taken: nothing dear may pass as an emergency.
    pub(in crate::phone) fn set_emergency_numbers(&mut self, account: AccountId, numbers: &[String]) {
        let short = |number: &&String| (3..=4).contains(&number.len()) && number.chars().all(|c| c.is_ascii_digit());
        self.host.numbers.insert(account, numbers.iter().filter(short).cloned().collect());
    }

    /// The numbers that are never asked about, for the security centre.
    pub(in crate::phone) fn emergency_numbers(&self, account: AccountId) -> Vec<String> {
        let address = self.accounts.iter().find(|one| one.id() == account).map(|one| &one.address);
        let mut numbers = vec!["112".to_owned()];
        if let Some(home) = self.home(address) {
            numbers.extend(super::table::emergency_numbers(home.region));
        }
        if self.settings.guard.home.is_none() {
            numbers.extend(super::destination::ANYWHERE.map(str::to_owned));
        }
        numbers.extend(self.host.numbers.get(&account).cloned().unwrap_or_default());
        numbers.sort();
        numbers.dedup();
        numbers
    }

    /// Tightens the guard, or goes back to the rules as they were: a part of Lockdown.
    pub(in crate::phone) fn tighten_guard(&mut self, on: bool) {
        if self.settings.guard.lockdown != on {
            self.settings.guard.lockdown = on;
            self.out.push_back(Output::Save(documents::save_settings(&self.settings)));
        }
    }

    /// What the screens draw of the guard.
    pub(in crate::phone) fn publish_guard(&mut self) {
        let address = self.accounts.iter().find(|account| !account.demo).map(|account| account.address.clone());
        let of = (self.settings.guard.home, address, self.host.system);
        if of != self.host.home_of {
            self.host.state.home = self.home(of.1.as_ref());
            self.host.home_of = of;
        }
        self.view.guard = self.host.question();
        if self.view.guard_state != self.host.state {
            self.view.guard_state.clone_from(&self.host.state);
        }
    }
}
