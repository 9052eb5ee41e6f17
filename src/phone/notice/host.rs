//! The look-outs inside the phone: one for each account, what is written down, who is told.

use std::collections::BTreeMap;

use super::pin::Trust;
use super::{Demand, Do, Kept, Lookout, Pinned, Told, Why, kept};
use crate::base::{AccountId, Mono, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::command::NoticeCommand;
use crate::phone::event::Event;
use crate::phone::https::Purpose;
use crate::phone::input::{Done, Found};
use crate::phone::output::Output;
use crate::phone::problem::Problem;
use crate::phone::security::api::Look;
use crate::phone::security::api::exchange::{Exchange, Next};
use crate::phone::view::{Link, LinkSource, NoticeSource, NoticeView, OwnNotices, Todo};
use crate::port::http::{Outcome, Request};
use crate::provider_api::{NoticeId, Origin, Policy, own};

/// The look-outs of all accounts.
#[derive(Debug, Default)]
pub(in crate::phone) struct Notices {
    /// What was read at the start, by UUID, until its account's look-out takes it.
    kept: BTreeMap<String, Kept>,
    lookouts: BTreeMap<AccountId, Watched>,
    /// What is shown of them, made anew when something may have changed.
    shown: BTreeMap<AccountId, Shown>,
}

/// What is shown of an account's notices.
#[derive(Clone, Debug, Default)]
pub(in crate::phone) struct Shown {
    pub(in crate::phone) notices: Vec<NoticeView>,
    pub(in crate::phone) source: NoticeSource,
    pub(in crate::phone) own: OwnNotices,
}

/// The look-out of one account. It stays when the account is signed in anew.
#[derive(Debug)]
struct Watched {
    uuid: String,
    /// The demo leaves nothing on the disk.
    demo: bool,
    lookout: Lookout,
    /// The request under way proves who asks.
    proving: Option<Exchange>,
}

impl Notices {
    fn lookout(&self, account: AccountId) -> Option<&Lookout> {
        self.lookouts.get(&account).map(|watched| &watched.lookout)
    }

    /// The provider as it was pinned.
    pub(in crate::phone) fn pinned(&self, account: AccountId) -> Option<&Pinned> {
        self.lookout(account)?.pinned()
    }

    fn lookout_mut(&mut self, account: AccountId) -> Option<&mut Lookout> {
        self.lookouts.get_mut(&account).map(|watched| &mut watched.lookout)
    }
}

impl Phone {
    /// `notices.json` was read. True if something of it was lost.
    pub(in crate::phone) fn load_notices(&mut self, found: &Found) -> bool {
        let read = kept::read(found);
        self.notices.kept = read.content;
        read.damaged
    }

    /// What a person does with a notice.
    pub(in crate::phone) fn notice(
        &mut self,
        now: Now,
        account: AccountId,
        command: &NoticeCommand,
    ) -> Result<Done, Problem> {
        let lookout = self.notices.lookout_mut(account);
        if lookout.is_some_and(|lookout| lookout.command(now, command)) {
            self.lookout_did(now, account);
            Ok(Done::Ok)
        } else {
            Err(crate::phone::commands::not_now(""))
        }
    }

    /// Look for notices of this account now, if the reason is good enough.
    pub(in crate::phone) fn look_for_notices(&mut self, now: Now, account: AccountId, why: Why) {
        self.watch_notices(now);
        if let Some(lookout) = self.notices.lookout_mut(account) {
            lookout.look(now, why);
            self.lookout_did(now, account);
        }
    }

    /// The machine woke or its network changed: everybody looks.
    pub(in crate::phone) fn look_for_all_notices(&mut self, now: Now) {
        let accounts: Vec<AccountId> = self.notices.lookouts.keys().copied().collect();
        for account in accounts {
            self.look_for_notices(now, account, Why::Woke);
        }
    }

    pub(in crate::phone) fn on_notices_http(&mut self, now: Now, account: AccountId, outcome: Outcome) {
        let Some(watched) = self.notices.lookouts.get_mut(&account) else { return };
        match watched.proving.take() {
            None => watched.lookout.on_outcome(now, outcome, &mut self.entropy),
            Some(exchange) => self.prove_on(now, account, exchange, Some(outcome)),
        }
        self.lookout_did(now, account);
    }

    /// The line has just proven who it is, with a new password perhaps: what is for it alone can be asked for.
    pub(in crate::phone) fn look_for_own_notices(&mut self, now: Now, account: AccountId, new_password: bool) {
        if let Some(lookout) = self.notices.lookout_mut(account) {
            lookout.own_can_be_asked(now, new_password);
            self.lookout_did(now, account);
        }
    }

    /// Sends a request of the look-out with proof of who asks, if that can be proven now.
    fn ask_with_proof(&mut self, now: Now, id: AccountId, request: Request) {
        let login = self.accounts.iter().find(|it| it.id() == id).map(|it| it.login().to_owned());
        if let (Some(login), Some(watched)) = (login, self.notices.lookouts.get_mut(&id)) {
            let lookout = &mut watched.lookout;
            let account = own::account(&login, lookout.sip_domain());
            lookout.reads_as(now, &account);
        }
        match self.prove(id, request) {
            Some(exchange) => self.prove_on(now, id, exchange, None),
            None => self.with_lookout(id, |lookout| lookout.own_not_asked(now)),
        }
    }

    /// The next leg of such a request, or what became of it.
    fn prove_on(&mut self, now: Now, id: AccountId, mut exchange: Exchange, outcome: Option<Outcome>) {
        match self.next_proof(id, &mut exchange, outcome) {
            Some(Next::Send(request)) => {
                self.ask_http(Purpose::Notices(id), *request);
                if let Some(watched) = self.notices.lookouts.get_mut(&id) {
                    watched.proving = Some(exchange);
                }
            }
            Some(Next::Over(outcome)) => {
                if let Some(lookout) = self.notices.lookout_mut(id) {
                    lookout.on_outcome(now, outcome, &mut self.entropy);
                }
            }
            Some(Next::WrongPassword | Next::NotAllowed) => self.with_lookout(id, |lookout| lookout.own_refused(now)),
            None => self.with_lookout(id, |lookout| lookout.own_not_asked(now)),
        }
    }

    fn with_lookout(&mut self, id: AccountId, act: impl FnOnce(&mut Lookout)) {
        if let Some(lookout) = self.notices.lookout_mut(id) {
            act(lookout);
        }
    }

    /// Timers, and accounts that have none yet.
    pub(in crate::phone) fn notices_due(&mut self, now: Now) {
        self.watch_notices(now);
        let due = |watched: &Watched| watched.lookout.next_timeout().is_some_and(|at| at <= now.mono);
        let accounts = self.notices.lookouts.iter().filter(|(_, watched)| due(watched)).map(|(id, _)| *id);
        for account in accounts.collect::<Vec<AccountId>>() {
            if let Some(lookout) = self.notices.lookout_mut(account) {
                lookout.on_timeout(now);
                self.lookout_did(now, account);
            }
        }
    }

    pub(in crate::phone) fn notices_next_timeout(&self) -> Option<(Mono, &'static str)> {
        self.notices
            .lookouts
            .values()
            .filter_map(|watched| watched.lookout.next_timeout())
            .min()
            .map(|at| (at, "notices"))
    }

    /// The account is gone, and all that is known of its notices.
    pub(in crate::phone) fn forget_notices(&mut self, account: AccountId) {
        self.forget_http(account);
        self.notices.shown.remove(&account);
        let Some(watched) = self.notices.lookouts.remove(&account) else { return };
        if watched.demo && self.view.rehearsal.take().is_some() {
            self.out.push_back(Output::Rehearse(false));
        }
        self.save_notices();
    }

    /// The notices of an account as they are drawn.
    pub(in crate::phone) fn notices_of(&self, account: AccountId) -> Shown {
        self.notices.shown.get(&account).cloned().unwrap_or_default()
    }

    /// What they ask the person to do.
    pub(in crate::phone) fn notices_todo(&self, account: AccountId) -> Vec<Todo> {
        let Some(Shown { notices, source, .. }) = self.notices.shown.get(&account) else { return Vec::new() };
        let open = || notices.iter().filter(|notice| notice.is_open());
        let change = open().find(|notice| notice.asks_for_change());
        let change = change.map(|notice| Todo::ChangePassword(notice.id.clone()));
        let others = open().filter(|notice| !notice.asks_for_change()).map(|notice| Todo::Notice(notice.id.clone()));
        let frozen = if let NoticeSource::NotConfirmedSince(since) | NoticeSource::Mismatch(since) = source {
            Some(Todo::NoticesNotConfirmed(*since))
        } else {
            None
        };
        change.into_iter().chain(others).chain(frozen).collect()
    }

    /// The provider as it was pinned: the only place from which to take an origin, a realm, an endpoint.
    pub(in crate::phone) fn pinned(&self, account: AccountId) -> Option<&Pinned> {
        self.notices.pinned(account)
    }

    /// The provider's clock, if it was heard.
    pub(in crate::phone) fn provider_time(&self, now: Now, account: AccountId) -> Option<crate::base::WallTime> {
        self.notices.lookout(account)?.provider_time(now)
    }

    /// A page of the provider by its symbolic name in the pinned discovery document.
    pub(in crate::phone) fn provider_link(&self, account: AccountId, name: &str) -> Option<Link> {
        let url = self.pinned(account)?.link(name)?;
        let host = Origin::of_url(url)?.host().to_owned();
        Some(Link { url: url.to_owned(), host, from: LinkSource::Discovery })
    }

    /// A telephone number of the provider by its symbolic name in the signed root: `fraud`, `support`.
    pub(in crate::phone) fn provider_number(&self, account: AccountId, name: &str) -> Option<String> {
        self.pinned(account)?.number(name).map(str::to_owned)
    }

    /// What the notices in force demand of the line password.
    pub(in crate::phone) fn demand(&self, now: Now, account: AccountId) -> Option<Demand> {
        self.notices.lookout(account)?.demand(now)
    }

    /// The line password was changed and the new one proved right: notices that asked for it are satisfied.
    pub(in crate::phone) fn satisfy_notices(&mut self, now: Now, account: AccountId, generation: Option<u64>) {
        if let Some(lookout) = self.notices.lookout_mut(account) {
            lookout.credential_changed(now, generation);
            self.lookout_did(now, account);
        }
    }

    /// The policy was read: which generation is in force, since when, and whether the provider asks for another.
    pub(in crate::phone) fn policy_told(&mut self, now: Now, account: AccountId, policy: &Policy) {
        let Some(lookout) = self.notices.lookout_mut(account) else { return };
        if lookout.policy(now, policy) {
            let provider = self.account(account).map(|account| account.provider()).unwrap_or_default();
            self.note(now, account, "asked", format!("{provider} asks for a new password of this line."));
        }
        self.lookout_did(now, account);
    }

    /// Every account that stays has a look-out; numeric domains have no web server to ask.
    fn watch_notices(&mut self, now: Now) {
        let new = |account: &&Account| {
            !self.is_signing_in(account.id()) && !self.notices.lookouts.contains_key(&account.id())
        };
        let new = self.accounts.iter().filter(new).filter(|it| Origin::of_host(&it.address.domain).is_some());
        let new: Vec<(AccountId, String, String, bool)> =
            new.map(|it| (it.id(), it.record.uuid.clone(), it.address.domain.clone(), it.demo)).collect();
        for (id, uuid, domain, demo) in new {
            let kept = self.notices.kept.remove(&uuid).unwrap_or_default();
            let trust = if demo { Trust::BuiltIn } else { Trust::FirstUse };
            let lookout = Lookout::new(now, &domain, trust, kept, &mut self.entropy);
            self.notices.lookouts.insert(id, Watched { uuid, demo, lookout, proving: None });
            self.pin_changed(id);
            self.show_notices(now, id);
        }
    }

    /// Does what a look-out asks for, and makes what is shown of it anew.
    fn lookout_did(&mut self, now: Now, account: AccountId) {
        let mut save = false;
        while let Some(wish) = self.notices.lookout_mut(account).and_then(Lookout::poll) {
            match wish {
                Do::Ask(request) => drop(self.ask_http(Purpose::Notices(account), *request)),
                Do::AskOwn(request) => self.ask_with_proof(now, account, *request),
                Do::Save => save = true,
                Do::Pinned => {
                    self.pin_changed(account);
                    self.look_at_sessions(now, account, Look::Registered);
                    self.look_at_policy(now, account);
                }
                Do::Tell(told) => self.tell_notice(now, account, &told),
            }
        }
        if save {
            self.save_notices();
        }
        self.show_notices(now, account);
        self.heed_notices(now, account);
    }

    fn show_notices(&mut self, now: Now, account: AccountId) {
        if let Some(lookout) = self.notices.lookout(account) {
            let (source, own) = (lookout.source(now), lookout.own_source());
            self.notices.shown.insert(account, Shown { notices: lookout.views(now), source, own });
        }
    }

    /// What the root lists of emergency numbers is added to ours.
    fn pin_changed(&mut self, account: AccountId) {
        let root = self.pinned(account).and_then(|pinned| pinned.root.as_ref());
        let numbers = root.map(|root| root.emergency_numbers.clone()).unwrap_or_default();
        self.set_emergency_numbers(account, &numbers);
    }

    fn tell_notice(&mut self, now: Now, account: AccountId, told: &Told) {
        let title = |phone: &Phone, id: &NoticeId| {
            let view = phone.notices.lookout(account).and_then(|lookout| lookout.view_of(now, id));
            view.map(|view| view.title).unwrap_or_default()
        };
        let (what, words, notice) = match told {
            Told::Arrived(id) => ("notice", format!("Notice of the provider: {}", title(self, id)), Some(id)),
            Told::Withdrawn(id) => ("notice_withdrawn", format!("Taken back: {}", title(self, id)), Some(id)),
            Told::Done(id) => ("notice_done", format!("Done: {}", title(self, id)), Some(id)),
            Told::PlanMoved(id) => ("plan_moved", format!("The plan moves on: {}", title(self, id)), Some(id)),
            Told::Mismatch(why) => ("notices_mismatch", (*why).to_owned(), None),
            Told::Agrees => ("notices_agree", "The provider's security information is as it was again.".into(), None),
        };
        self.note(now, account, what, words);
        let view = notice.and_then(|id| self.notices.lookout(account)?.view_of(now, id));
        match view {
            Some(view) => self.out.push_back(Output::Event(Event::Notice(account, Box::new(view)))),
            None => self.out.push_back(Output::Event(Event::NoticeSource(account))),
        }
    }

    /// Writes everything down but the demo's.
    fn save_notices(&mut self) {
        let own = self.notices.lookouts.values().filter(|watched| !watched.demo);
        let mut all: BTreeMap<&str, &Kept> =
            own.map(|watched| (watched.uuid.as_str(), watched.lookout.kept())).collect();
        // Those whose account has no look-out yet.
        all.extend(self.notices.kept.iter().map(|(uuid, kept)| (uuid.as_str(), kept)));
        let save = kept::save(&all);
        self.out.push_back(Output::Save(save));
    }
}
