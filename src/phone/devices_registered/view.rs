//! What the screens draw of an account's devices: what is remembered, what the provider's list says, what can be ended.

use std::collections::BTreeMap;

use super::memory::{Known, Memory};
use crate::phone::account::Account;
use crate::phone::view::{
    DeviceId, DeviceView, DevicesView, Ending, KeyView, LoginView, ProviderList, SessionId, WhyNot,
};
use crate::provider_api::devices::DeviceState;

/// How asking the provider's own list goes. Not kept: each sign-in begins anew.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asking {
    /// What is known of the list.
    pub list: ProviderList,
    /// It is being asked for.
    pub under_way: bool,
    /// It has named a registered telephone, us perhaps: so it knows them, and can end them.
    pub names_any: bool,
    /// Rows that are being ended, or could not be.
    pub endings: BTreeMap<SessionId, Ending>,
    /// Rows that the provider says it has ended, until the list is read again.
    pub told_ended: Vec<SessionId>,
}

impl Asking {
    /// Forgets what was tried with rows that are not on the list any more.
    pub(super) fn forget_gone(&mut self, memory: &Memory) {
        self.endings.retain(|session, _| {
            memory.known().iter().any(|known| known.session() == Some(session)) || memory.rest.names(session)
        });
    }

    /// Whether a row of the list can be ended.
    fn ending(&self, session: &SessionId) -> Ending {
        if session.0.is_empty() {
            return Ending::No(WhyNot::NoId);
        }
        self.endings.get(session).copied().unwrap_or(Ending::Possible)
    }

    /// Why the others cannot be ended with a change; none: they can. A provider that has never named a telephone does
    /// not know them, and would refuse the whole change.
    #[must_use]
    pub const fn others_stay(&self) -> Option<WhyNot> {
        match self.list {
            _ if self.names_any => None,
            ProviderList::NotOffered => Some(WhyNot::NoList),
            ProviderList::NotRead | ProviderList::Failed { .. } => Some(WhyNot::NotRead),
            ProviderList::Read { .. } => Some(WhyNot::NotNamed),
        }
    }
}

/// What the screens draw; `own_key` is the name of this computer's key at the provider.
pub(in crate::phone) fn view(account: &Account, own_key: Option<&str>) -> DevicesView {
    let (devices, asking) = (&account.record.devices, &account.asking);
    let logins = devices.rest.logins.iter().map(|login| {
        let id = SessionId(login.id.clone());
        let ending = asking.ending(&id);
        let (software, country) = (login.user_agent.clone(), login.country.clone());
        let new = devices.is_new_row(&login.id);
        LoginView { software, country, since: login.since.map(|at| at.0), new, ending, id }
    });
    let keys = devices.rest.keys.iter().map(|key| {
        let id = SessionId(key.id.clone());
        let own = own_key == Some(key.id.as_str());
        let ending = if own { Ending::No(WhyNot::Own) } else { asking.ending(&id) };
        let active = key.state == DeviceState::Active;
        let (label, active_from) = (key.label.clone(), key.active_from.map(|at| at.0));
        KeyView { label, active, active_from, own, new: devices.is_new_row(&key.id), ending, id }
    });
    DevicesView {
        listed: devices.listing(),
        all: devices.known().iter().map(|known| of_known(known, asking)).collect(),
        end_others: devices.end_others,
        others_stay: asking.others_stay(),
        list: asking.list,
        asking: asking.under_way,
        more: devices.more,
        own: devices.rest.own.clone(),
        logins: logins.collect(),
        keys: keys.collect(),
    }
}

/// One device.
pub(super) fn of_known(known: &Known, asking: &Asking) -> DeviceView {
    let told = known.told.as_ref();
    let ending = match (told, known.session(), asking.list) {
        _ if !known.is_here() => Ending::No(WhyNot::NotThere),
        (_, Some(session), _) => asking.ending(session),
        (Some(_), None, _) => Ending::No(WhyNot::NoId),
        (None, None, ProviderList::NotOffered) => Ending::No(WhyNot::NoList),
        (None, None, ProviderList::NotRead | ProviderList::Failed { .. }) => Ending::No(WhyNot::NotRead),
        (None, None, ProviderList::Read { .. }) => Ending::No(WhyNot::NotNamed),
    };
    DeviceView {
        id: DeviceId(known.key.clone()),
        name: known.name.clone(),
        place: known.place.clone(),
        software: told.and_then(|told| told.software.clone()),
        country: told.and_then(|told| told.country.clone()),
        first_seen: known.since,
        registered: told.and_then(|told| told.registered),
        refreshed: told.and_then(|told| told.refreshed),
        expires: told.and_then(|told| told.expires),
        present: known.is_here(),
        needs_password: known.needs_password,
        ending,
    }
}
