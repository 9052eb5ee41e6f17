//! What the Security centre shows of each line: assembled from what the phone has seen itself. A fact is there only if
//! it was seen, and promises no more.

use super::links;
use super::memory::Remembered;
use crate::base::AccountId;
use crate::phone::Phone;
use crate::phone::account::{Account, Link as Connection};
use crate::phone::command::{Alarm, Srtp};
use crate::phone::guard::Class;
use crate::phone::notice::show::level;
use crate::phone::problem::ProblemKind;
use crate::phone::view::{
    Asked, ChangePhase, ChangeView, CheckItem, CheckRow, CheckState, ContactView, Fact, Link, LinkSource, OldPassword,
    PasswordPlace, SecurityView, Todo,
};
use crate::phone::{devices_registered, trust};
use crate::provider_api::Discovery;
use crate::provider_api::discovery::AuthLevel;
use crate::sip::digest::Hash;

/// The check list in its order: whoever has the website's password can undo everything else, and the bill grows while
/// one is busy with the rest.
const CHECK_LIST: [CheckItem; 7] = [
    CheckItem::TopUp,
    CheckItem::Website,
    CheckItem::Line,
    CheckItem::Voicemail,
    CheckItem::Forwarding,
    CheckItem::OtherPhones,
    CheckItem::Bill,
];

impl Phone {
    /// The safety of each line that is shown.
    pub(in crate::phone) fn security_views(&self) -> Vec<SecurityView> {
        let shown = self.accounts.iter().filter(|account| !self.is_signing_in(account.id()));
        shown.map(|account| self.security_view(account)).collect()
    }

    fn security_view(&self, account: &Account) -> SecurityView {
        let nothing = Remembered::default();
        let remembered = self.security.memory.accounts.get(&account.record.uuid).unwrap_or(&nothing);
        let change = self.change_view(account);
        let told = self.notices_of(account.id());
        SecurityView {
            account: account.id(),
            todo: self.todo(account, remembered, &change),
            asked: self.asked(account.id()),
            facts: self.facts(account, remembered),
            check_list: check_list(remembered),
            log: self.security.log.of(account.id()),
            log_saved_at: self.security.log_saved_at.clone(),
            lockdown: remembered.lockdown,
            limits_there: remembered.limits_there.filter(|_| remembered.lockdown.is_some()),
            restricted: self.is_restricted(account.id()),
            kept: self.kept_passwords(account),
            contact: self.contact(account),
            devices: devices_registered::view::view(account, remembered.device.as_deref()),
            change,
            notices: told.notices,
            source: told.source,
            own_notices: told.own,
            emergency: self.emergency_numbers(account.id()),
        }
    }

    /// What was seen, and what the guard does.
    fn facts(&self, account: &Account, remembered: &Remembered) -> Vec<Fact> {
        let mut facts = facts(account, remembered);
        if self.kept_passwords(account).is_some() {
            // The next start cannot read it, wherever it is.
            let place = facts.iter_mut().find_map(|fact| match fact {
                Fact::Password { place, .. } => Some(place),
                Fact::Connection { .. }
                | Fact::Limits { .. }
                | Fact::Emergency
                | Fact::OldPassword(..)
                | Fact::PinnedCertificate { .. }
                | Fact::Enrolled { .. }
                | Fact::Devices(_) => None,
            });
            if let Some(place) = place {
                *place = PasswordPlace::Session;
            }
        }
        let rules = &self.settings.guard;
        let (abroad, premium) = (rules.rule(Class::Abroad), rules.rule(Class::Premium));
        let before = facts.iter().position(|fact| *fact == Fact::Emergency).unwrap_or(facts.len());
        facts.insert(before, Fact::Limits { abroad, premium });
        if let Some(since) = remembered.enrolled {
            let needed = self.pinned(account.id()).is_some_and(|pinned| needs_a_key(&pinned.discovery));
            facts.push(Fact::Enrolled { since, counts_from: remembered.counts_from, needed });
        }
        facts
    }

    /// What the person should do, most urgent first: what the provider asks for before everything.
    fn todo(&self, account: &Account, remembered: &Remembered, change: &ChangeView) -> Vec<Todo> {
        let (by_notices, of_notices): (Vec<Todo>, Vec<Todo>) =
            self.notices_todo(account.id()).into_iter().partition(Todo::is_asked);
        let twice = by_notices.iter().any(|todo| matches!(todo, Todo::ChangePassword(_)));
        let asked = self.asked(account.id()).filter(|_| !twice).map(Todo::Asked);
        let mut todo: Vec<Todo> = asked.into_iter().chain(by_notices).collect();
        let refused = |problem: &crate::phone::problem::Problem| problem.kind == ProblemKind::WrongPassword;
        if account.link == Connection::Rejected && account.problem.as_ref().is_some_and(refused) {
            todo.push(Todo::PasswordRefused);
        }
        todo.extend(self.kept_passwords(account).map(Todo::SeveralPasswords));
        if change.is_going() && !matches!(change.phase, ChangePhase::Done { .. } | ChangePhase::Aborted(_)) {
            todo.push(Todo::FinishChange);
        }
        if remembered.old_password == OldPassword::StillAccepted {
            todo.push(Todo::OldPasswordAccepted);
        }
        todo.extend(of_notices);
        todo.extend(trust::host::todo(account));
        todo.extend(devices_registered::host::todo(account));
        todo
    }

    /// What the provider asks of this line itself.
    fn asked(&self, id: AccountId) -> Option<Asked> {
        let demand = self.security.changes.get(&id)?.demand.as_ref().filter(|demand| demand.notice.is_none())?;
        Some(Asked { level: level(demand.level), deadline: demand.deadline })
    }

    /// How to reach the provider.
    pub(super) fn contact(&self, account: &Account) -> ContactView {
        let remembered = self.security.memory.accounts.get(&account.record.uuid);
        let typed = remembered.and_then(|remembered| remembered.support.clone());
        let portal = self.portal_of(account);
        let change = self.security.pages.get(&account.id()).and_then(super::pages::Look::page).cloned();
        ContactView {
            support: typed.or_else(|| self.provider_number(account.id(), "support")),
            fraud: self.provider_number(account.id(), "fraud"),
            change: self.provider_link(account.id(), "change").or(change).or_else(|| portal.clone()),
            portal,
        }
    }
}

impl Phone {
    /// The provider's website: what the person typed, else what the provider has published where it was pinned, else
    /// what came with this program.
    pub(super) fn portal_of(&self, account: &Account) -> Option<Link> {
        let remembered = self.security.memory.accounts.get(&account.record.uuid);
        let typed = remembered.and_then(|remembered| remembered.portal.as_deref());
        let typed = typed.and_then(|url| links::link(url, LinkSource::Person));
        let published = || self.provider_link(account.id(), "portal");
        typed.or_else(published).or_else(|| links::preset(&account.address.domain).map(|preset| preset.portal))
    }
}

/// What was seen. Not here: limits, devices, pins; they are their owners'.
fn facts(account: &Account, remembered: &Remembered) -> Vec<Fact> {
    let characters = account.auth.as_ref().map(|auth| auth.password().expose("its length is shown").chars().count());
    let mut facts = vec![Fact::Password {
        place: account.view().password,
        characters: characters.filter(|_| !account.demo).and_then(|count| u16::try_from(count).ok()),
        since: remembered.since,
        changed: remembered.changed,
    }];
    if let Some(flow) = account.flow() {
        let trust = &account.record.trust;
        let unlike_before = trust.alarms.iter().any(|(_, alarm)| *alarm == Alarm::NoSrtp);
        facts.push(Fact::Connection {
            tls: flow.tls.clone(),
            srtp: trust.srtp && !unlike_before && account.record.draft.srtp != Srtp::Off,
            digest: account.registered.then(|| algorithm(account)).flatten().map(str::to_owned),
        });
    }
    facts.extend(trust::host::fact(account));
    facts.push(Fact::Emergency);
    if let Some(at) = remembered.old_password_at
        && remembered.old_password != OldPassword::NotChecked
    {
        facts.push(Fact::OldPassword(remembered.old_password, at));
    }
    facts
}

/// Whether the provider publishes that the password alone changes nothing.
fn needs_a_key(discovery: &Discovery) -> bool {
    discovery.auth.contains(&AuthLevel::DeviceKey) && !discovery.auth.contains(&AuthLevel::Digest)
}

/// The hash of the last sign-in, by its usual name.
fn algorithm(account: &Account) -> Option<&'static str> {
    let strongest = account.record.realms.iter().filter_map(|realm| account.auth.as_ref()?.strongest(realm)).max()?;
    Some(match strongest.hash {
        Hash::Md5 => "MD5",
        Hash::Sha256 => "SHA-256",
        Hash::Sha512_256 => "SHA-512/256",
    })
}

fn check_list(remembered: &Remembered) -> Vec<CheckRow> {
    let state = |item: CheckItem| match item {
        CheckItem::Line => remembered.changed.map(CheckState::Proven),
        CheckItem::TopUp
        | CheckItem::Website
        | CheckItem::Voicemail
        | CheckItem::Forwarding
        | CheckItem::OtherPhones
        | CheckItem::Bill => remembered.ticked.get(&item).map(|at| CheckState::Told(*at)),
    };
    CHECK_LIST.into_iter().map(|item| CheckRow { item, state: state(item).unwrap_or_default() }).collect()
}
