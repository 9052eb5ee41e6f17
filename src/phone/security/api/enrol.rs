//! This computer's key (Ed25519), enrolled at the provider while things are calm: later a stolen password alone cannot
//! change the password (account-security 4.3, level A). The key is in the vault before the provider hears of it.

use super::What;
use super::exchange::{Exchange, Next};
use crate::base::{AccountId, Now, Secret, WallTime};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::password_change::Status;
use crate::phone::view::PasswordPlace;
use crate::port::http::{Method, Outcome};
use crate::port::vault::{Key, Reply, Request, Slot};
use crate::provider_api::devices::{Device, DeviceState, Enrolment};
use crate::provider_api::ed25519::DeviceKey;

/// Whether enrolling was tried in this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Tried {
    #[default]
    No,
    /// The key is being read from the vault, or put there.
    Vault,
    Yes,
}

impl Phone {
    /// The line is registered: if its provider enrols devices, this computer is.
    pub(in crate::phone) fn enrol_in_peace(&mut self, id: AccountId) {
        let Some(discovery) = self.pinned(id).map(|pinned| &pinned.discovery) else { return };
        let calm = !discovery.incident.credentials_exposed && discovery.endpoints.enrol.is_some();
        let kept = |account: &&Account| !account.demo && account.record.password != PasswordPlace::Session;
        let durable = self.accounts.iter().filter(|account| account.id() == id).any(|account| kept(&account));
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        if !durable || !calm || hosted.api.enrolled != Tried::No || hosted.status() != Status::Idle {
            return;
        }
        hosted.api.enrolled = Tried::Vault;
        self.ask_vault_to_read(id, Slot::DeviceKey);
    }

    /// The vault has said whether there is a key.
    pub(in crate::phone) fn device_key_read(&mut self, id: AccountId, reply: &Reply) {
        let uuid = self.account(id).map(|account| account.record.uuid.clone()).unwrap_or_default();
        let known = self.security.memory.accounts.get(&uuid).is_some_and(|it| it.device.is_some());
        let found = if let Reply::Found(text) = reply { DeviceKey::from_text(text) } else { None };
        let absent = *reply == Reply::Absent;
        match found {
            Some(key) => {
                if let Some(hosted) = self.security.changes.get_mut(&id) {
                    hosted.api.key = Some(key);
                }
                if !known {
                    self.enrol(id);
                }
            }
            None if absent => {
                let key = DeviceKey::generate(&mut self.entropy);
                let entry = Key { account: uuid, slot: Slot::DeviceKey };
                let put = Request::Put(entry, key.to_text());
                if let Some(hosted) = self.security.changes.get_mut(&id) {
                    hosted.api.key = Some(key);
                }
                self.put_device_key(id, put);
            }
            // A vault that does not answer: at the next start.
            None => {}
        }
    }

    /// The new key is in the vault, or is not: then it is nobody's.
    pub(in crate::phone) fn device_key_kept(&mut self, id: AccountId, reply: &Reply) {
        if *reply == Reply::Done {
            self.enrol(id);
        } else if let Some(hosted) = self.security.changes.get_mut(&id) {
            hosted.api.key = None;
        }
    }

    fn enrol(&mut self, id: AccountId) {
        let Some(discovery) = self.pinned(id).map(|pinned| &pinned.discovery) else { return };
        let (origin, path) = (discovery.issuer.clone(), discovery.endpoints.enrol.clone());
        let Some(password) = self.account(id).and_then(|it| it.auth.as_ref().map(|auth| auth.password().clone()))
        else {
            return;
        };
        let Some(hosted) = self.security.changes.get_mut(&id) else { return };
        hosted.api.enrolled = Tried::Yes;
        let public = hosted.api.key.as_ref().and_then(DeviceKey::public);
        let (Some(path), Some(public)) = (path, public) else { return };
        let enrolment = Enrolment { public, label: "Ringfence on a computer".to_owned() };
        let Ok(body) = serde_json::to_vec(&enrolment) else { return };
        let mut exchange = Exchange::new(origin, Method::Post, path, vec![password]);
        exchange.body = Some(Secret::new(body));
        if hosted.status() == Status::Idle {
            self.ask_api(id, What::Enrol, exchange);
        }
    }

    /// The provider has answered.
    pub(super) fn enrolled(&mut self, now: Now, id: AccountId, next: &Next) {
        let Next::Over(Outcome::Answer(answer)) = next else { return };
        let device = Device::parse(answer.body.expose("an answer is read")).ok();
        let Some(device) = device.filter(|_| (200..300).contains(&answer.status)) else {
            tracing::info!(status = answer.status, "this computer was not enrolled");
            return;
        };
        let Some(account) = self.account(id) else { return };
        let (uuid, provider) = (account.record.uuid.clone(), account.provider());
        let remembered = self.security.memory.of(&uuid);
        remembered.counts_from = counts_from(&device, None, now.wall);
        remembered.device = Some(device.id);
        remembered.enrolled = Some(now.wall);
        self.save_memory();
        self.note(now, id, "enrolled", format!("This computer was enrolled at {provider}."));
    }

    /// The provider has named its keys: whether ours counts by now.
    pub(in crate::phone) fn own_key_named(&mut self, now: Now, id: AccountId, keys: &[Device]) {
        let uuid = self.account(id).map(|account| account.record.uuid.clone()).unwrap_or_default();
        let Some(remembered) = self.security.memory.accounts.get_mut(&uuid) else { return };
        let Some(own) = keys.iter().find(|key| remembered.device.as_ref() == Some(&key.id)) else { return };
        let from = counts_from(own, remembered.counts_from, now.wall);
        if remembered.counts_from != from {
            remembered.counts_from = from;
            self.save_memory();
        }
    }
}

/// From when on a key's signature counts, if the provider says so; `before` is what it said last.
fn counts_from(key: &Device, before: Option<WallTime>, now: WallTime) -> Option<WallTime> {
    match key.state {
        DeviceState::Active => Some(before.map_or(now, |from| from.min(now))),
        DeviceState::CoolingOff => key.active_from.map(|from| from.0),
        DeviceState::Removed | DeviceState::Unknown => None,
    }
}
