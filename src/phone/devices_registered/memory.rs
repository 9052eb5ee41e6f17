//! What is kept of a line's devices, and how a new list of contacts changes it. Pure: no phone, no clock.

use serde::{Deserialize, Serialize};

use super::contact::{LONGEST, Seen, Told};
use super::list::Listed;
use super::words;
use crate::base::WallTime;
use crate::phone::view::{DeviceListing, SessionId};

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
    /// Whether the registrar has named contacts at least once: what comes later is new, what was there is not.
    listed: bool,
    /// The same of the provider's own list.
    listed_by_list: bool,
    /// The same of reg-event.
    listed_by_event: bool,
    /// Contacts of ours, the newest last: a registrar keeps those of a run that broke off until they expire.
    own: Vec<String>,
    /// The person wants the others to be ended with the next change.
    pub end_others: bool,
    /// The logins and keys that the provider's own list named last; none: they were never looked at.
    rows: Option<Vec<String>>,
    /// Those of them that came after the first list and that nobody has said are theirs.
    new_rows: Vec<String>,
    /// What it says now.
    #[serde(skip)]
    listing: DeviceListing,
    /// The rest of the provider's own list, as it was read last.
    #[serde(skip)]
    pub(super) rest: Listed,
    /// How many telephones the last answer named that there was no room for.
    #[serde(skip)]
    pub(super) more: usize,
}

/// Who names devices. Each may name all of them, some, or none but us.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// The registrar, in its answers to REGISTER.
    Register,
    /// The provider's own list (`GET sessions`).
    List,
    /// The registrar's reg-event (RFC 3680).
    Event,
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
    /// The person had the provider end it, and it was gone: if it comes back, that is news.
    #[serde(default)]
    pub ended: bool,
    #[serde(skip)]
    here: bool,
    /// Who has named it so far.
    #[serde(skip)]
    named_by: Vec<Source>,
    /// Where its packets come from, if that is elsewhere.
    #[serde(skip)]
    through: Option<std::net::IpAddr>,
    /// What the provider's own list told of it last; none if that does not name it now.
    #[serde(skip)]
    pub(super) told: Option<Told>,
}

/// What a list of contacts has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct News {
    /// Keys of devices that nobody has seen before.
    pub appeared: Vec<String>,
    /// Keys of devices that the person had ended, and that are back.
    pub back: Vec<String>,
    /// Whether there is something to keep.
    pub changed: bool,
}

impl Memory {
    /// Takes a list of the others. `says_something` is false for one that names nobody at all, not even us: it says
    /// nothing about anybody.
    ///
    /// Who is not on a list is gone if the same source has named it before; else the source may just not name it.
    pub fn take(&mut self, source: Source, others: &[Seen], says_something: bool, now: WallTime) -> News {
        if !says_something && others.is_empty() {
            // A registrar that names contacts at times is one that lists: its last list stays.
            if self.listing == DeviceListing::NotAsked && source == Source::Register {
                self.listing = DeviceListing::NotListed;
            }
            return News::default();
        }
        let before = self.kept();
        for known in self.known.iter_mut().filter(|known| known.named_by.contains(&source)) {
            known.here = false;
            if source == Source::List {
                known.told = None;
            }
        }
        let new = *self.listed_by(source);
        let (mut appeared, mut back, mut strangers) = (Vec::new(), Vec::new(), Vec::new());
        let mut taken: Vec<String> = Vec::new();
        // Those that are known first: none of them is forgotten to make room for another.
        for seen in others {
            let Some(known) = self.find(seen, &taken) else {
                strangers.push(seen);
                continue;
            };
            taken.push(known.key.clone());
            if known.see(seen, source) {
                back.push(known.key.clone());
            }
        }
        self.more = 0;
        for seen in strangers {
            if self.known.iter().any(|known| known.key == seen.key) {
                continue;
            }
            // Sixty-four devices at once are all there already; the rest is counted.
            if !self.has_room() {
                self.more += 1;
                continue;
            }
            let mut known = Known::new(seen, now, new);
            known.see(seen, source);
            self.known.push(known);
            if new {
                appeared.push(seen.key.clone());
            }
        }
        *self.listed_by(source) = true;
        self.listing = DeviceListing::At(now);
        News { appeared, back, changed: self.kept() != before }
    }

    const fn listed_by(&mut self, source: Source) -> &mut bool {
        match source {
            Source::Register => &mut self.listed,
            Source::List => &mut self.listed_by_list,
            Source::Event => &mut self.listed_by_event,
        }
    }

    /// What of it goes to the disk, so far as lists change it.
    fn kept(&self) -> impl PartialEq + use<> {
        let known = self.known.iter().map(|it| (it.key.clone(), it.place.clone(), it.new, it.ended));
        (known.collect::<Vec<_>>(), [self.listed, self.listed_by_list, self.listed_by_event])
    }

    /// Which known device that is. One without an instance is found by its address, too, if that is one device's only:
    /// different sources write the same contact in different ways.
    fn find(&mut self, seen: &Seen, taken: &[String]) -> Option<&mut Known> {
        let there = |known: &&Known| {
            known.place == seen.place || known.through.is_some_and(|through| through.to_string() == seen.place)
        };
        let free = |known: &&Known| !taken.contains(&known.key);
        let mut key = self.known.iter().find(|known| known.key == seen.key).map(|known| known.key.clone());
        if key.is_none() && seen.by_place && !seen.place.is_empty() {
            let mut all = self.known.iter().filter(free).filter(there);
            key = all.next().map(|known| known.key.clone()).filter(|_| all.next().is_none());
        }
        self.known.iter_mut().find(|known| Some(&known.key) == key.as_ref())
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

    /// Contacts of ours, the newest last.
    #[must_use]
    pub fn own(&self) -> &[String] {
        &self.own
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

    /// The line's password has changed: every other device needs the new one. Whoever wanted the others ended with it
    /// has had that; the next change asks again.
    pub fn password_changed(&mut self) {
        self.end_others = false;
        for known in self.known.iter_mut().filter(|known| known.here || known.name.is_some()) {
            known.needs_password = true;
        }
    }

    /// Whether the provider's own list names logins to its website.
    #[must_use]
    pub fn names_logins(&self) -> bool {
        !self.rest.logins.is_empty()
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

    /// Takes the logins and keys of the provider's own list. Those that are news come back: not ours, not there
    /// before, and not on the first list.
    pub(super) fn take_rest(&mut self, rest: Listed, own_key: Option<&str>) -> Vec<SessionId> {
        let ids: Vec<String> = rest.ids().cloned().collect();
        let news = |id: &&String| {
            let known = self.rows.as_ref().is_none_or(|rows| rows.contains(id));
            !known && own_key != Some(id.as_str())
        };
        let news: Vec<String> = ids.iter().filter(news).cloned().collect();
        self.new_rows.retain(|id| ids.contains(id));
        self.new_rows.extend(news.iter().cloned());
        self.rows = Some(ids);
        self.rest = rest;
        news.into_iter().map(SessionId).collect()
    }

    /// The logins and keys that were named last.
    #[must_use]
    pub fn rows(&self) -> Option<&[String]> {
        self.rows.as_deref()
    }

    /// Whether nobody has said whose this login or key is.
    #[must_use]
    pub fn is_new_row(&self, id: &str) -> bool {
        self.new_rows.iter().any(|row| row == id)
    }

    /// This login or key is the person's. False if it was no news.
    pub fn row_is_mine(&mut self, session: &SessionId) -> bool {
        let before = self.new_rows.len();
        self.new_rows.retain(|row| *row != session.0);
        self.new_rows.len() < before
    }

    /// The device that this row of the provider's list is.
    pub(super) fn of_session(&mut self, session: &SessionId) -> Option<&mut Known> {
        let is_it = |known: &&mut Known| known.session() == Some(session);
        self.known.iter_mut().find(is_it)
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
    fn new(seen: &Seen, now: WallTime, new: bool) -> Known {
        Known {
            key: seen.key.clone(),
            place: seen.place.clone(),
            name: None,
            since: now,
            new,
            needs_password: false,
            ended: false,
            here: false,
            named_by: Vec::new(),
            through: seen.through,
            told: None,
        }
    }

    /// It is named, in these words. True if it was ended and is back.
    fn see(&mut self, seen: &Seen, source: Source) -> bool {
        self.here = true;
        if !self.named_by.contains(&source) {
            self.named_by.push(source);
        }
        if self.key == seen.key && !seen.place.is_empty() {
            self.place.clone_from(&seen.place);
        }
        self.through = seen.through.or(self.through);
        if seen.told.is_some() {
            self.told.clone_from(&seen.told);
        }
        std::mem::take(&mut self.ended)
    }

    /// The provider says that it has ended it.
    pub(super) fn end(&mut self) {
        self.here = false;
        self.ended = true;
    }

    /// With what it can be ended.
    #[must_use]
    pub fn session(&self) -> Option<&SessionId> {
        self.told.as_ref()?.session.as_ref()
    }

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
}
