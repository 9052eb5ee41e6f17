//! Everything that can happen next: what the machine waits for comes, fails, is lost, late or doubled; a process dies;
//! time passes; people do things.

use std::time::Duration;

use ringfence::phone::password_change::input::{
    JournalAnswer, Person, Place, PolicyAnswer, ProbeAnswer, SubmitAnswer, Tried, TxAnswer, VaultAnswer,
};
use ringfence::phone::password_change::output::{Order, Request};
use ringfence::phone::password_change::{Input, Kind, Status};
use ringfence::port::vault::VaultError;

use super::action::Action;
use super::device::{Awaits, CREATED, Device, NOT_AFTER, begin, number, secret, tx_id, tx_number};
use super::provider::{FOREIGN, Logged, Packet, Password, Provider, WRONG, Without};

/// What may go wrong, and how often.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct Faults {
    pub(super) crashes: u8,
    pub(super) keyring: u8,
    pub(super) network: u8,
    pub(super) foreign: u8,
}

/// What is explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Setting {
    pub(super) faults: Faults,
    pub(super) devices: usize,
    pub(super) kind: Kind,
    /// How often a change is begun on each device.
    pub(super) begins: u8,
    /// Whether changes have a `not_after`.
    pub(super) limited: bool,
    /// Whether the person acts at once, and once wrongly, and the computer sleeps for a fortnight now and then; else
    /// the person comes back after a day.
    pub(super) hasty: bool,
    /// How often the person gives up in between.
    pub(super) cancels: u8,
    pub(super) without: Without,
}

/// The whole situation.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct World {
    pub(super) provider: Provider,
    pub(super) devices: Vec<Device>,
    /// On their way, with nobody waiting for an answer.
    pub(super) late: Vec<Packet>,
    pub(super) left: Faults,
    pub(super) begins: Vec<u8>,
    pub(super) cancels: u8,
    pub(super) wrong_guesses: u8,
    /// Clocks that jump: how often they may.
    pub(super) jumps: u8,
}

const DAY: Duration = Duration::from_hours(24);

/// Collects what can come next.
pub(super) struct Next<'a> {
    pub(super) from: &'a World,
    pub(super) setting: &'a Setting,
    found: Vec<(Action, World)>,
}

impl World {
    pub(super) fn new(setting: &Setting) -> World {
        World {
            provider: Provider::new(),
            devices: (0..setting.devices).map(|_| Device::new()).collect(),
            late: Vec::new(),
            left: setting.faults,
            begins: vec![setting.begins; setting.devices],
            cancels: setting.cancels,
            wrong_guesses: u8::from(setting.hasty),
            jumps: u8::from(setting.limited),
        }
    }

    /// Everything that can come next.
    pub(super) fn successors(&self, setting: &Setting) -> Vec<(Action, World)> {
        let mut next = Next { from: self, setting, found: Vec::with_capacity(16) };
        for at in 0..self.devices.len() {
            next.replies(at);
            next.people(at);
            next.time(at);
            next.crash(at);
        }
        next.network();
        next.found
    }
}

impl Next<'_> {
    pub(super) fn add(&mut self, action: Action, change: impl FnOnce(&mut World)) {
        let mut world = self.from.clone();
        change(&mut world);
        // What can have no effect any more, whenever it arrives, makes no difference.
        let World { provider, late, .. } = &mut world;
        late.retain(|packet| provider.could_matter(*packet, self.setting.without));
        self.found.push((action, world));
    }

    /// The person closes something: then the line tries again.
    fn closes(&mut self, action: Action, at: usize, person: Person) {
        self.tell(action, at, |world| {
            world.devices[at].told = false;
            Input::Person(person)
        });
    }

    /// Something happens to one device, and its machine is told.
    pub(super) fn tell(&mut self, action: Action, at: usize, change: impl FnOnce(&mut World) -> Input) {
        self.add(action, |world| {
            let input = change(world);
            let device = &mut world.devices[at];
            if device.awaits_answer(&input) {
                device.awaits = Awaits::Nothing;
            }
            device.tell(Duration::ZERO, input);
        });
    }

    fn replies(&mut self, at: usize) {
        if !self.from.devices[at].saving.is_empty() {
            self.disk(at);
        }
        match self.from.devices[at].awaits.clone() {
            Awaits::Nothing | Awaits::Disk(_) => {}
            Awaits::Vault(order) => self.vault(at, &order),
            Awaits::Stuck(order) => self.wakes(at, &order),
            Awaits::Policy => self.policy(at),
            Awaits::Choice => self.choice(at),
            Awaits::Submit(request) => self.submit(at, &request),
            Awaits::Query(request) => self.question(at, &request, false),
            Awaits::Fence(request) => self.question(at, &request, true),
            Awaits::Probe(_, secret) => self.probe(at, number(&secret)),
        }
    }

    fn vault(&mut self, at: usize, order: &Order) {
        let without = self.setting.without;
        let n = id(at);
        // What hung before happens before, or never.
        let backlog = self.from.devices[at].backlog.clone();
        let histories = if backlog.is_some() { vec![None, backlog] } else { vec![None] };
        for before in histories {
            let first = |world: &mut World| {
                let device = &mut world.devices[at];
                if let Some(before) = &before {
                    device.obey(before, without);
                }
                device.backlog = None;
            };
            self.tell(Action::VaultDone(n), at, |world| {
                first(world);
                world.devices[at].obey(order, without);
                Input::Vault(VaultAnswer::Done)
            });
            if self.from.left.keyring == 0 {
                continue;
            }
            self.tell(Action::VaultFails(n), at, |world| {
                first(world);
                world.left.keyring -= 1;
                Input::Vault(VaultAnswer::Failed(VaultError::Locked))
            });
            if *order == Order::Check {
                continue;
            }
            self.tell(Action::VaultFailsButDidIt(n), at, |world| {
                first(world);
                world.left.keyring -= 1;
                world.devices[at].obey(order, without);
                Input::Vault(VaultAnswer::Failed(VaultError::Locked))
            });
            if matches!(order, Order::Put(..)) {
                self.tell(Action::VaultDestroys(n), at, |world| {
                    first(world);
                    world.left.keyring -= 1;
                    world.devices[at].spoil(order);
                    Input::Vault(VaultAnswer::Failed(VaultError::Corrupt))
                });
            }
            self.add(Action::VaultHangs(n), |world| {
                first(world);
                world.left.keyring -= 1;
                let device = &mut world.devices[at];
                device.awaits = Awaits::Stuck(order.clone());
                device.tell(Duration::ZERO, Input::Vault(VaultAnswer::Stuck));
            });
        }
    }

    fn wakes(&mut self, at: usize, order: &Order) {
        let without = self.setting.without;
        self.tell(Action::VaultWakesDone(id(at)), at, |world| {
            world.devices[at].obey(order, without);
            Input::Vault(VaultAnswer::Done)
        });
        self.tell(Action::VaultWakesFailed(id(at)), at, |_| Input::Vault(VaultAnswer::Failed(VaultError::Locked)));
    }

    /// The oldest save: the disk does one after the other.
    fn disk(&mut self, at: usize) {
        let forgets = self.setting.without == Without::Journal;
        self.tell(Action::DiskDone(id(at)), at, |world| {
            let (number, journal) = world.devices[at].saving.remove(0);
            if !forgets {
                world.devices[at].durable.journal = journal;
            }
            Input::Journal(number, JournalAnswer::Saved)
        });
        if self.from.left.keyring > 0 {
            self.tell(Action::DiskFails(id(at)), at, |world| {
                world.left.keyring -= 1;
                let (number, _) = world.devices[at].saving.remove(0);
                Input::Journal(number, JournalAnswer::Failed)
            });
            self.tell(Action::DiskFailsButDidIt(id(at)), at, |world| {
                world.left.keyring -= 1;
                let (number, journal) = world.devices[at].saving.remove(0);
                world.devices[at].durable.journal = journal;
                Input::Journal(number, JournalAnswer::Failed)
            });
        }
    }

    fn policy(&mut self, at: usize) {
        let generation = u64::from(self.from.provider.generation);
        self.tell(Action::Answered(id(at)), at, |_| Input::Policy(PolicyAnswer::Known { generation }));
        self.faulty(Action::AnswerLost(id(at)), at, |_| Input::Policy(PolicyAnswer::Unreachable { retry_after: None }));
    }

    fn choice(&mut self, at: usize) {
        let not_after = self.setting.limited.then_some(NOT_AFTER);
        let Some(made) = self.from.devices[at].made.checked_add(1).filter(|made| *made <= 2) else { return };
        let tx = id(at) * 2 + made;
        self.tell(Action::Choose(id(at)), at, |world| {
            world.devices[at].made = made;
            Input::Person(Person::Choose { tx: tx_id(tx), new: secret(tx), created: CREATED, not_after })
        });
    }

    /// Something goes wrong on the network.
    fn faulty(&mut self, action: Action, at: usize, change: impl FnOnce(&mut World) -> Input) {
        if self.from.left.network > 0 {
            self.tell(action, at, |world| {
                world.left.network -= 1;
                change(world)
            });
        }
    }

    fn submit(&mut self, at: usize, request: &Request) {
        let (n, without) = (id(at), self.setting.without);
        let tx = tx_number(&request.txn.tx);
        let packet = Packet::Submit {
            tx,
            generation: request.txn.generation.and_then(|generation| u8::try_from(generation).ok()),
            old: request.old.as_ref().map(number),
            limited: request.txn.not_after.is_some(),
        };
        let lost = || Input::Submit(SubmitAnswer::Unknown { retry_after: None });
        self.tell(Action::Answered(n), at, |world| Input::Submit(world.provider.submit(packet, without)));
        self.faulty(Action::AnsweredAndRepeated(n), at, |world| {
            world.delay(packet);
            Input::Submit(world.provider.submit(packet, without))
        });
        self.faulty(Action::AnswerLost(n), at, |world| {
            world.provider.submit(packet, without);
            lost()
        });
        self.faulty(Action::Delayed(n), at, |world| {
            world.delay(packet);
            lost()
        });
        self.faulty(Action::NotSent(n), at, |_| Input::Submit(SubmitAnswer::NotSent));
        self.faulty(Action::ProviderBusy(n), at, |_| Input::Submit(SubmitAnswer::RateLimited { retry_after: None }));
        self.faulty(Action::ApiRefuses(n), at, |_| Input::Submit(SubmitAnswer::Refused));
        let open = self.from.provider.log[usize::from(tx - 1)] == Logged::NeverSeen;
        let Packet::Submit { generation, .. } = packet else { return };
        if open && generation == Some(self.from.provider.generation) {
            self.faulty(Action::RefusedByPolicy(n), at, |world| {
                world.provider.log[usize::from(tx - 1)] = Logged::Rejected;
                Input::Submit(SubmitAnswer::Policy)
            });
            self.faulty(Action::AcceptedForLater(n), at, |world| {
                world.provider.log[usize::from(tx - 1)] = Logged::Pending(world.provider.generation);
                Input::Submit(SubmitAnswer::Pending { retry_after: None })
            });
            self.faulty(Action::AppliedWithLag(n), at, |world| {
                let registrar = world.provider.registrar;
                let answer = world.provider.submit(packet, without);
                world.provider.registrar = registrar;
                Input::Submit(answer)
            });
        }
    }

    fn question(&mut self, at: usize, request: &Request, fences: bool) {
        let (n, without) = (id(at), self.setting.without);
        let (tx, old) = (tx_number(&request.txn.tx), request.old.as_ref().map(number));
        let packet = if fences { Packet::Fence { tx, old } } else { Packet::Query { tx, old } };
        let lost = || Input::Tx(TxAnswer::Unreachable { retry_after: None });
        self.tell(Action::Answered(n), at, |world| Input::Tx(world.provider.ask(packet, without)));
        self.faulty(Action::AnswerLost(n), at, |world| {
            world.provider.ask(packet, without);
            lost()
        });
        self.faulty(Action::ApiRefuses(n), at, |_| Input::Tx(TxAnswer::Refused));
        if fences {
            self.faulty(Action::Delayed(n), at, |world| {
                world.delay(packet);
                lost()
            });
        }
    }

    fn probe(&mut self, at: usize, password: Password) {
        let n = id(at);
        let right = self.from.provider.registrar == password;
        let refused = |world: &mut World| {
            if !right {
                world.devices[at].refusals.push(Duration::ZERO);
            }
        };
        self.tell(Action::ProbeAnswered(n), at, |world| {
            refused(world);
            if right {
                world.devices[at].accepted[usize::from(password)] = true;
            }
            Input::Probe(if right { ProbeAnswer::Accepts } else { ProbeAnswer::Rejects })
        });
        self.faulty(Action::ProbeLost(n), at, |world| {
            refused(world);
            Input::Probe(ProbeAnswer::Inconclusive { retry_after: None, tried: Tried::Perhaps })
        });
        self.faulty(Action::ProbeUnsent(n), at, |_| {
            Input::Probe(ProbeAnswer::Inconclusive { retry_after: None, tried: Tried::No })
        });
        self.faulty(Action::ProbeBlocked(n), at, |world| {
            refused(world);
            Input::Probe(ProbeAnswer::Blocked { retry_after: None })
        });
        self.faulty(Action::ProbeStale(n), at, |_| Input::Probe(ProbeAnswer::Stale));
    }

    fn people(&mut self, at: usize) {
        let (n, device) = (id(at), &self.from.devices[at]);
        let status = device.machine.status();
        let rests = matches!(status, Status::Idle | Status::Aborted(_) | Status::Done { .. } | Status::Deferred { .. });
        let kind = self.setting.kind;
        if rests && self.from.begins[at] > 0 && device.made < 2 {
            self.tell(Action::Begin(n), at, |world| {
                world.begins[at] -= 1;
                Input::Person(begin(kind))
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
        let line = device_line(&self.from.devices[at]);
        let listens = matches!(
            self.from.devices[at].machine.status(),
            Status::Idle | Status::Aborted(_) | Status::Done { .. } | Status::Browser { .. } | Status::Waiting { .. }
        );
        if line != Some(self.from.provider.registrar) && !self.from.devices[at].told && listens {
            self.tell(Action::LineRefused(n), at, |world| {
                world.devices[at].told = true;
                Input::ActiveRefused
            });
        }
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

pub(super) fn id(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
}

fn device_line(device: &Device) -> Option<Password> {
    device.line.as_ref().map(number)
}

impl World {
    pub(super) fn pass(&mut self, at: usize, by: Duration) {
        self.devices[at].tell(by, Input::Timeout);
    }

    pub(super) fn delay(&mut self, packet: Packet) {
        if !self.late.contains(&packet) {
            self.late.push(packet);
            self.late.sort();
        }
    }

    pub(super) fn crash(&mut self, at: usize) {
        self.left.crashes -= 1;
        self.devices[at].boot();
    }
}
