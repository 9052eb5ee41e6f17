//! What is kept of a line's devices, and how a new list of contacts changes it. Pure: no phone, no clock.

use serde::{Deserialize, Serialize};

use super::contact::{LONGEST, Seen};
use super::words;
use crate::base::WallTime;
use crate::phone::view::{DeviceId, DeviceListing, DeviceView};

/// How many devices are remembered. Those that are neither there nor named go first.
pub const MOST: usize = 64;
/// How many contacts of ours are remembered.
const MOST_OWN: usize = 16;

/// The devices of one line, as they are kept beside the account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// In the order in which they were seen first.
    known: Vec<Known>,
    /// Whether the provider has named contacts at least once: what comes later is new, what was there is not.
    listed: bool,
    /// Contacts of ours, the newest last: a registrar keeps those of a run that broke off until they expire.
    own: Vec<String>,
    /// The person wants the others to be ended with the next change.
    pub end_others: bool,
    /// What it says now.
    #[serde(skip)]
    listing: DeviceListing,
}

/// One device that was seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Known {
    /// How it is recognised.
    pub key: String,
    /// Where it was last.
    #[serde(default)]
    pub place: String,
    /// The name that the person gave it.
    #[serde(default)]
    pub name: Option<String>,
    /// When it was seen first.
    #[serde(default)]
    pub since: WallTime,
    /// It appeared after the first list, and nobody has said whose it is.
    #[serde(default)]
    pub new: bool,
    /// The password was changed; it has not been ticked off.
    #[serde(default)]
    pub needs_password: bool,
    #[serde(skip)]
    here: bool,
}

/// What a list of contacts has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct News {
    /// Keys of devices that nobody has seen before.
    pub appeared: Vec<String>,
    /// Whether there is something to keep.
    pub changed: bool,
}

impl Memory {
    /// Takes the others' contacts of a registrar's answer. `named_any` tells whether it had any contact at all, ours
    /// included: one without says nothing about anybody.
    pub fn take(&mut self, others: &[Seen], named_any: bool, now: WallTime) -> News {
        let before = self.clone();
        if !named_any && others.is_empty() {
            // A registrar that names contacts at times is one that lists: its last list stays.
            if self.listing == DeviceListing::NotAsked {
                self.listing = DeviceListing::NotListed;
            }
            return News::default();
        }
        for known in &mut self.known {
            known.here = false;
        }
        let mut appeared = Vec::new();
        for seen in others {
            if let Some(known) = self.known.iter_mut().find(|known| known.key == seen.key) {
                known.here = true;
                known.place.clone_from(&seen.place);
            // Sixty-four devices at once are all there already; the list says so much.
            } else if self.has_room() {
                let (key, place, new) = (seen.key.clone(), seen.place.clone(), self.listed);
                if new {
                    appeared.push(key.clone());
                }
                let (name, needs_password) = (None, false);
                self.known.push(Known { key, place, name, since: now, new, needs_password, here: true });
            }
        }
        self.listed = true;
        self.listing = DeviceListing::At(now);
        let kept = |memory: &Memory| (memory.known.clone(), memory.listed);
        News { appeared, changed: kept(self) != kept(&before) }
    }

    /// Remembers a contact of ours. True if that is news.
    pub fn remember_own(&mut self, contact: String) -> bool {
        let news = !self.own.contains(&contact);
        if news {
            self.own.push(contact);
            let surplus = self.own.len().saturating_sub(MOST_OWN);
            self.own.drain(..surplus);
        }
        news
    }

    /// Whether this was a contact of ours.
    #[must_use]
    pub fn is_own(&self, contact: &str) -> bool {
        self.own.iter().any(|own| own == contact)
    }

    /// Makes room by forgetting the oldest that is not there and that the person has not named; those that are alarms
    /// last.
    fn has_room(&mut self) -> bool {
        if self.known.len() < MOST {
            return true;
        }
        let gone = |known: &Known| !known.here && known.name.is_none();
        let silent = self.known.iter().position(|known| gone(known) && !known.new);
        let oldest = silent.or_else(|| self.known.iter().position(gone));
        oldest.map(|index| self.known.remove(index)).is_some()
    }

    /// The line's password has changed: every other device needs the new one.
    pub fn password_changed(&mut self) {
        for known in self.known.iter_mut().filter(|known| known.here || known.name.is_some()) {
            known.needs_password = true;
        }
    }

    /// It is the person's, and this is its name; an empty one means: mine, call it by where it is. False if there is
    /// no such device.
    pub fn name(&mut self, key: &str, name: &str) -> bool {
        let Some(known) = self.known.iter_mut().find(|known| known.key == key) else { return false };
        let name: String = name.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        known.name = Some(if name.is_empty() { words::unnamed(&known.key, &known.place) } else { name });
        known.new = false;
        true
    }

    /// It has the new password, or it does not after all. False if there is no such device.
    pub fn tick(&mut self, key: &str, has_password: bool) -> bool {
        let found = self.known.iter_mut().find(|known| known.key == key);
        found.map(|known| known.needs_password = !has_password).is_some()
    }

    /// It is new again if it comes back. False if there is no such device.
    pub fn forget(&mut self, key: &str) -> bool {
        let before = self.known.len();
        self.known.retain(|known| known.key != key);
        self.known.len() < before
    }

    /// Whether the provider lists devices.
    #[must_use]
    pub const fn listing(&self) -> DeviceListing {
        self.listing
    }

    /// The devices in the order in which they were seen first.
    #[must_use]
    pub fn known(&self) -> &[Known] {
        &self.known
    }
}

impl Known {
    /// It was registered when the provider named the contacts last.
    #[must_use]
    pub const fn is_here(&self) -> bool {
        self.here
    }

    /// Its name for people: the person's, else where it is.
    #[must_use]
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| words::unnamed(&self.key, &self.place))
    }

    /// What the screens draw.
    #[must_use]
    pub fn view(&self) -> DeviceView {
        DeviceView {
            id: DeviceId(self.key.clone()),
            name: self.name.clone(),
            place: self.place.clone(),
            // A registrar does not say what a device calls itself.
            software: None,
            first_seen: self.since,
            present: self.here,
            needs_password: self.needs_password,
        }
    }
}
