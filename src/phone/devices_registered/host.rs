//! The phone's side: answers of registrars in, views and alarms out.

use super::contact::{Seen, own};
use super::memory::Known;
use super::words;
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::command::DeviceCommand;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::registration::Registration;
use crate::phone::view::{DeviceId, DevicesView, Todo};
use crate::sip::NameAddr;

impl Phone {
    /// A registrar has answered a REGISTER or a contact-less probe with these contacts; `others` are those that are
    /// not the present binding of ours.
    pub(in crate::phone) fn saw_devices(&mut self, now: Now, id: AccountId, others: &[NameAddr], named_any: bool) {
        let signing_in = self.is_signing_in(id);
        let Some(account) = self.account(id).filter(|account| !account.demo) else { return };
        let instance = format!("urn:uuid:{}", account.record.uuid).to_ascii_lowercase();
        let present = account.registration.as_ref().map(|registration| own(registration.contact()));
        let memory = &mut account.record.devices;
        let moved = present.is_some_and(|present| memory.remember_own(present));
        // Bindings of ours from before a move or a crash go by themselves: they are no other device.
        let is_own = |contact: &NameAddr| contact.uri.sip().is_some_and(|uri| memory.is_own(&own(uri)));
        let foreign: Vec<&NameAddr> = others.iter().filter(|contact| !is_own(contact)).collect();
        let foreign: Vec<Seen> = foreign.into_iter().filter_map(|one| Seen::read(one, &instance)).collect();
        let mut news = memory.take(&foreign, named_any || !others.is_empty(), now.wall);
        news.changed |= moved;
        let known = memory.known().iter();
        let appeared: Vec<_> = known.filter(|known| news.appeared.contains(&known.key)).cloned().collect();
        for known in appeared {
            self.note(now, id, "device_appeared", format!("{} is on the line for the first time.", known.title()));
            self.out.push_back(Output::Event(Event::DeviceAppeared(id, Box::new(known.view()))));
        }
        if news.changed && !signing_in {
            self.save_accounts();
        }
    }

    /// What stops working when the password of a line changes: to be shown before the change begins.
    #[must_use]
    pub fn what_stops(&self, id: AccountId) -> Vec<String> {
        let account = self.accounts.iter().find(|account| account.id() == id);
        account.map_or_else(Vec::new, |account| {
            let devices = &account.record.devices;
            words::what_stops(devices.listing(), &account.provider(), devices.known())
        })
    }

    /// The password of a line has changed: its other devices need the new one, until they are ticked off.
    pub(in crate::phone) fn devices_need_password(&mut self, id: AccountId) {
        if let Some(account) = self.account(id) {
            account.record.devices.password_changed();
            self.save_accounts();
        }
    }

    /// The person says something about a device. False if there is no such device.
    pub(in crate::phone) fn device_command(&mut self, now: Now, id: AccountId, command: DeviceCommand) -> bool {
        let Some(account) = self.account(id) else { return false };
        let devices = &mut account.record.devices;
        let done = match command {
            DeviceCommand::Name(key, name) => devices.name(&key.0, &name),
            DeviceCommand::HasPassword(key) => devices.tick(&key.0, true),
            DeviceCommand::LacksPassword(key) => devices.tick(&key.0, false),
            DeviceCommand::Forget(key) => devices.forget(&key.0),
            DeviceCommand::EndOthers(end) => {
                devices.end_others = end;
                true
            }
            // A refresh names all contacts.
            DeviceCommand::Check => {
                let registered = account.registered;
                self.with_registration(now, id, Registration::refresh);
                return registered;
            }
        };
        if done {
            self.save_accounts();
        }
        done
    }
}

/// What the screens draw of an account's devices.
pub(in crate::phone) fn view(account: &Account) -> DevicesView {
    let devices = &account.record.devices;
    let all = devices.known().iter().map(Known::view).collect();
    DevicesView { listed: devices.listing(), all, end_others: devices.end_others }
}

/// What there is to do about them.
pub(in crate::phone) fn todo(account: &Account) -> impl Iterator<Item = Todo> + '_ {
    let known = account.record.devices.known();
    let unnamed = known.iter().filter(|known| known.name.is_none() && (known.is_here() || known.new));
    let unnamed = unnamed.map(|known| Todo::UnnamedDevice(DeviceId(known.key.clone())));
    let waiting = known.iter().filter(|known| known.needs_password).count();
    unnamed.chain((waiting > 0).then_some(Todo::DevicesNeedPassword(waiting)))
}
