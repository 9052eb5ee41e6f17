//! What people do: begin, choose, give up, type, look away; and what the line does by itself, which is refused sometimes.

use std::time::Duration;

use ringfence::phone::password_change::input::{Demand, Level, Person, Place};
use ringfence::phone::password_change::{Input, Status};
use ringfence::port::vault::VaultError;

use super::action::Action;
use super::device::{Device, NOT_AFTER, begin, number, secret};
use super::provider::{FOREIGN, Password, WRONG};
use super::world::{Next, Setting, id};

/// After so long the person comes back.
const DAY: Duration = Duration::from_hours(24);

impl Next<'_> {
    pub(super) fn people(&mut self, at: usize) {
        let (n, device) = (id(at), &self.from.devices[at]);
        let status = device.machine.status();
        let rests = matches!(
            status,
            Status::Idle
                | Status::Notified { .. }
                | Status::Restricted
                | Status::Aborted(_)
                | Status::Done { .. }
                | Status::Deferred { .. }
        );
        let Setting { kind, notice, .. } = *self.setting;
        if rests && self.from.begins[at] > 0 && device.made < 2 {
            self.tell(Action::Begin(n), at, |world| {
                world.begins[at] -= 1;
                Input::Person(begin(kind, notice))
            });
        }
        self.as_asked(at);
        if self.from.cancels > 0 && !rests {
            self.tell(Action::Cancel(n), at, |world| {
                world.cancels -= 1;
                world.devices[at].told = false;
                Input::Person(Person::Cancel)
            });
        }
        self.copy(at, rests);
        self.demands(at);
        let line = device_line(&self.from.devices[at]);
        let listens = matches!(
            self.from.devices[at].machine.status(),
            Status::Idle
                | Status::Notified { .. }
                | Status::Restricted
                | Status::Aborted(_)
                | Status::Done { .. }
                | Status::Browser { .. }
                | Status::Waiting { .. }
        );
        let machine = &self.from.devices[at].machine;
        // Held while it is found out which password is right, and given up where the person is asked.
        let signs_in = !machine.holds_line() && !matches!(machine.status(), Status::NeedsUser(_));
        let listens = listens || (self.setting.line && signs_in);
        // With credentials that were sent ahead it is refused twice.
        let times = if machine.is_in_doubt() { 1 } else { 2 };
        if line != Some(self.from.provider.registrar) && !self.from.devices[at].told && listens {
            self.tell(Action::LineRefused(n), at, |world| {
                world.devices[at].line_refused(times);
                world.devices[at].told = true;
                Input::ActiveRefused(times)
            });
        }
    }

    /// Where secrets end with the process, the person has copies.
    fn copy(&mut self, at: usize, rests: bool) {
        let (n, device, right) = (id(at), &self.from.devices[at], self.from.provider.registrar);
        let status = device.machine.status();
        if let (Status::ProveCopy { .. }, Some(txn)) = (&status, device.machine.txn()) {
            let new = number(&txn.new);
            self.tell(Action::ProvesCopy(n), at, |world| {
                world.devices[at].copies[usize::from(new)] = true;
                Input::Person(Person::Proof(secret(new)))
            });
        }
        let asked = device.told && (rests || matches!(status, Status::NeedsUser(_)));
        if asked && device.copies[usize::from(right)] && device_line(device) != Some(right) {
            let after = if self.setting.hasty { Duration::ZERO } else { DAY };
            self.add(Action::EntersCopy(n), |world| {
                world.devices[at].tell(after, Input::Person(Person::Current(secret(right))));
            });
        }
    }

    /// Notices come and go, and the person puts them off.
    fn demands(&mut self, at: usize) {
        let (n, device) = (id(at), &self.from.devices[at]);
        if matches!(device.machine.status(), Status::Notified { .. } | Status::Restricted | Status::Choosing { .. }) {
            let hour = Duration::from_hours(1);
            self.tell(Action::Snoozes(n), at, |_| Input::Person(Person::Snooze(hour)));
        }
        if self.from.demands == 0 {
            return;
        }
        let before = device.demand;
        let levels = [None, Some(Level::Advise), Some(Level::Require), Some(Level::Enforced)];
        for level in levels.into_iter().filter(|level| *level != before) {
            self.tell(Action::Demanded(n, level), at, |world| {
                world.demands -= 1;
                world.devices[at].demand = level;
                Input::Demand(level.map(|level| Demand { level, deadline: Some(NOT_AFTER) }))
            });
        }
    }

    /// The person closes something: then the line tries again.
    fn closes(&mut self, action: Action, at: usize, person: Person) {
        self.tell(action, at, |world| {
            world.devices[at].told = false;
            Input::Person(person)
        });
    }

    /// What the state asks the person for.
    fn as_asked(&mut self, at: usize) {
        let (n, device) = (id(at), &self.from.devices[at]);
        let say = |next: &mut Self, action, person: Person| next.tell(action, at, |_| Input::Person(person));
        match device.machine.status() {
            Status::Aborted(_) | Status::Done { .. } => self.closes(Action::Finish(n), at, Person::Finish),
            Status::KeyringUnavailable(VaultError::Stuck) => {}
            Status::KeyringUnavailable(_) => say(self, Action::TryAgain(n), Person::TryAgain(Place::Durable)),
            Status::NeedsUser(_) => self.in_need(at),
            Status::Browser { .. } => self.at_portal(at),
            Status::Choosing { .. } if device.made >= 2 => say(self, Action::GivesUpChoosing(n), Person::Cancel),
            Status::Starting
            | Status::Idle
            | Status::Notified { .. }
            | Status::Restricted
            | Status::Deferred { .. }
            | Status::Preflight
            | Status::ProveCopy { .. }
            | Status::Choosing { .. }
            | Status::Staging { .. }
            | Status::Staged
            | Status::Submitting
            | Status::Waiting { .. }
            | Status::Unknown
            | Status::Fencing
            | Status::Verifying
            | Status::Trying
            | Status::Repairing
            | Status::Promoting { .. }
            | Status::Withdrawing
            | Status::CheckingOld => {}
        }
    }

    fn in_need(&mut self, at: usize) {
        let n = id(at);
        let current = self.from.provider.password;
        let after = if self.setting.hasty { Duration::ZERO } else { DAY };
        let say = |next: &mut Self, action, person: Person| {
            next.add(action, |world| {
                world.wrong_guesses -= u8::from(action == Action::EnterWrong(n));
                world.devices[at].tell(after, Input::Person(person));
            });
        };
        if current == FOREIGN || self.setting.devices > 1 {
            say(self, Action::EnterCurrent(n), Person::Current(secret(current)));
        }
        if self.from.wrong_guesses > 0 {
            say(self, Action::EnterWrong(n), Person::Current(secret(WRONG)));
        }
        self.closes(Action::Finish(n), at, Person::Finish);
        if self.from.late.is_empty() {
            self.add(Action::TryAgain(n), |world| {
                world.devices[at].tell(DAY, Input::Person(Person::TryAgain(Place::Durable)));
            });
        }
    }

    fn at_portal(&mut self, at: usize) {
        let n = id(at);
        self.tell(Action::SaysChanged(n), at, |_| Input::Person(Person::ChangedIt));
        let given = self.from.provider.password;
        if given == FOREIGN {
            self.tell(Action::EnterCurrent(n), at, |_| Input::Person(Person::Current(secret(given))));
        }
    }
}

fn device_line(device: &Device) -> Option<Password> {
    device.line.as_ref().map(number)
}
