//! The phone's side: answers of registrars in, views and alarms out.

use super::contact::{Seen, own};
use super::list::{self, Us};
use super::memory::{Known, News, Source};
use super::{view, words};
use crate::base::{AccountId, Now};
use crate::phone::Phone;
use crate::phone::account::Account;
use crate::phone::command::DeviceCommand;
use crate::phone::event::Event;
use crate::phone::output::Output;
use crate::phone::registration::Registration;
use crate::phone::security::api::Look;
use crate::phone::view::{DeviceId, DeviceView, EndTrouble, Ending, ProviderList, SessionId, Todo};
use crate::provider_api::sessions::Sessions;
use crate::sip::NameAddr;

impl Phone {
    /// A registrar has answered a REGISTER or a contact-less probe with these contacts; `others` are those that are
    /// not the present binding of ours.
    pub(in crate::phone) fn saw_devices(&mut self, now: Now, id: AccountId, others: &[NameAddr], named_any: bool) {
        self.heard_contacts(now, id, Source::Register, others, named_any);
    }

    /// Somebody has named contacts; ours may be among them.
    pub(super) fn heard_contacts(
        &mut self,
        now: Now,
        id: AccountId,
        source: Source,
        others: &[NameAddr],
        named_any: bool,
    ) {
        let Some(account) = self.account(id).filter(|account| !account.demo) else { return };
        let instance = format!("urn:uuid:{}", account.record.uuid).to_ascii_lowercase();
        let present = account.registration.as_ref().map(|registration| own(registration.contact()));
        let memory = &mut account.record.devices;
        let moved = present.is_some_and(|present| memory.remember_own(present));
        // Bindings of ours from before a move or a crash go by themselves: they are no other device.
        let is_own = |contact: &NameAddr| contact.uri.sip().is_some_and(|uri| memory.is_own(&own(uri)));
        let foreign: Vec<&NameAddr> = others.iter().filter(|contact| !is_own(contact)).collect();
        let foreign: Vec<Seen> = foreign.into_iter().filter_map(|one| Seen::read(one, &instance)).collect();
        let mut news = memory.take(source, &foreign, named_any || !others.is_empty(), now.wall);
        news.changed |= moved;
        self.heard_of_devices(now, id, &news);
    }

    /// The provider's own list was read.
    pub(in crate::phone) fn read_sessions(&mut self, now: Now, id: AccountId, sessions: &Sessions) {
        let own_key = self.own_key(id);
        let Some(account) = self.account(id) else { return };
        let instance = format!("urn:uuid:{}", account.record.uuid).to_ascii_lowercase();
        let present = account.registration.as_ref().map(Registration::contact);
        let mut hosts: Vec<String> = present.iter().map(|contact| contact.host.to_string()).collect();
        hosts.extend(account.flow().map(|flow| flow.local.ip().to_string()));
        let us = Us { instance: &instance, contacts: account.record.devices.own().to_vec(), hosts };
        let (others, rest) = list::read(sessions, &us);
        let names_us = rest.own.is_some();
        let memory = &mut account.record.devices;
        for session in std::mem::take(&mut account.asking.told_ended) {
            let of_device =
                |seen: &Seen| seen.told.as_ref().is_some_and(|told| told.session.as_ref() == Some(&session));
            if others.iter().any(of_device) || rest.names(&session) {
                if let Some(known) = memory.of_session(&session) {
                    known.ended = false;
                }
                account.asking.endings.insert(session, Ending::Failed(EndTrouble::StillNamed));
            }
        }
        let rows = memory.rows().map(<[String]>::to_vec);
        let appeared = memory.take_rest(rest, own_key.as_deref());
        let rows_changed = rows.as_deref() != memory.rows();
        account.asking.list = ProviderList::Read { at: now.wall, names_us };
        account.asking.names_any |= !sessions.registrations.is_empty();
        let mut news = memory.take(Source::List, &others, account.asking.names_any, now.wall);
        news.changed |= rows_changed;
        account.asking.forget_gone(memory);
        let words: Vec<String> = appeared.iter().map(|row| words::of_row(&memory.rest, row)).collect();
        let provider = account.provider();
        for words in words {
            let words = format!("New at {provider}: {words}.");
            self.note(now, id, "session_appeared", words.clone());
            self.out.push_back(Output::Event(Event::SessionAppeared(id, words)));
        }
        self.heard_of_devices(now, id, &news);
        self.own_key_named(now, id, &sessions.devices);
    }

    /// Tells who is new or back, and keeps what there is to keep.
    pub(super) fn heard_of_devices(&mut self, now: Now, id: AccountId, news: &News) {
        let signing_in = self.is_signing_in(id);
        let Some(account) = self.account(id) else { return };
        let known = account.record.devices.known().iter();
        let told: Vec<(Known, bool, DeviceView)> = known
            .filter(|known| news.appeared.contains(&known.key) || news.back.contains(&known.key))
            .map(|known| (known.clone(), news.back.contains(&known.key), view::of_known(known, &account.asking)))
            .collect();
        for (known, back, view) in told {
            let (what, words) = if back {
                ("device_back", format!("{} is on the line again, although it was ended.", known.title()))
            } else {
                ("device_appeared", format!("{} is on the line for the first time.", known.title()))
            };
            self.note(now, id, what, words);
            self.out.push_back(Output::Event(Event::DeviceAppeared(id, Box::new(view))));
        }
        if news.changed && !signing_in {
            self.save_accounts();
        }
    }

    /// The provider says that it has ended this: so it is, until it is named again.
    pub(in crate::phone) fn session_ended(&mut self, now: Now, id: AccountId, session: &SessionId) {
        let Some(account) = self.account(id) else { return };
        let provider = account.provider();
        let memory = &mut account.record.devices;
        let title = match memory.of_session(session) {
            Some(known) => {
                known.end();
                known.title()
            }
            None => words::of_row(&memory.rest, session),
        };
        memory.rest.logins.retain(|login| login.id != session.0);
        memory.rest.keys.retain(|key| key.id != session.0);
        account.asking.endings.remove(session);
        account.asking.told_ended.push(session.clone());
        self.note(now, id, "device_ended", format!("{provider} ended what you told it to: {title}."));
        self.save_accounts();
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
            DeviceCommand::Mine(session) => devices.row_is_mine(&session),
            DeviceCommand::EndOthers(end) => {
                devices.end_others = end;
                true
            }
            DeviceCommand::End(key) => {
                let session = devices.known().iter().find(|known| known.key == key.0).and_then(Known::session).cloned();
                return session.is_some_and(|session| self.end_session(now, id, session));
            }
            DeviceCommand::EndSession(session) => return self.end_session(now, id, session),
            // A refresh names all contacts.
            DeviceCommand::Check => {
                let registered = account.registered;
                self.look_at_sessions(now, id, Look::Person);
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

/// What there is to do about them.
pub(in crate::phone) fn todo(account: &Account) -> impl Iterator<Item = Todo> + '_ {
    let known = account.record.devices.known();
    let unnamed = known.iter().filter(|known| known.name.is_none() && (known.is_here() || known.new));
    let unnamed = unnamed.map(|known| Todo::UnnamedDevice(DeviceId(known.key.clone())));
    let rest = &account.record.devices.rest;
    let new = rest.ids().filter(|id| account.record.devices.is_new_row(id));
    let new = new.map(|id| Todo::NewSession(SessionId(id.clone())));
    let waiting = known.iter().filter(|known| known.needs_password).count();
    unnamed.chain(new).chain((waiting > 0).then_some(Todo::DevicesNeedPassword(waiting)))
}
