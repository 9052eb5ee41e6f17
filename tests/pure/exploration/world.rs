//! Everything that can happen next: what the machine waits for comes, fails, is lost, late or doubled; a process dies;
//! time passes; people do things (`people`, `weather`).

use std::time::Duration;

use ringfence::phone::password_change::input::{
    JournalAnswer, Person, Place, PolicyAnswer, ProbeAnswer, SubmitAnswer, Tried, TxAnswer, VaultAnswer,
};
use ringfence::phone::password_change::output::{Order, Request};
use ringfence::phone::password_change::{Input, Kind, Status};
use ringfence::port::vault::VaultError;

use super::action::Action;
use super::device::{Awaits, CREATED, Device, NOT_AFTER, number, secret, tx_id, tx_number};
use super::provider::{Logged, Packet, Password, Provider, Without};

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
    /// Whether the line may be refused at any time, and not only where nothing is under way.
    pub(super) line: bool,
    /// Whether changes are begun for a notice.
    pub(super) notice: bool,
    /// Whether the registrar may fall back to what it accepted before.
    pub(super) falls_back: bool,
    /// How often what notices demand changes. Deadlines pass together with `not_after`.
    pub(super) demands: u8,
    /// Where secrets are kept.
    pub(super) place: Place,
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
    /// How often the notices' demand still changes.
    pub(super) demands: u8,
}

/// Collects what can come next.
pub(super) struct Next<'a> {
    pub(super) from: &'a World,
    pub(super) setting: &'a Setting,
    found: Vec<(Action, World)>,
}

impl World {
    pub(super) fn new(setting: &Setting) -> World {
        World {
            provider: Provider::new(setting.falls_back),
            devices: (0..setting.devices).map(|_| Device::new(setting.place)).collect(),
            late: Vec::new(),
            left: setting.faults,
            begins: vec![setting.begins; setting.devices],
            cancels: setting.cancels,
            wrong_guesses: u8::from(setting.hasty),
            jumps: u8::from(setting.limited && setting.demands == 0),
            demands: setting.demands,
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
            Input::Journal(world.devices[at].write(!forgets), JournalAnswer::Saved)
        });
        if self.from.left.keyring > 0 {
            self.tell(Action::DiskFails(id(at)), at, |world| {
                world.left.keyring -= 1;
                Input::Journal(world.devices[at].write(false), JournalAnswer::Failed)
            });
            self.tell(Action::DiskFailsButDidIt(id(at)), at, |world| {
                world.left.keyring -= 1;
                Input::Journal(world.devices[at].write(true), JournalAnswer::Failed)
            });
        }
    }

    fn policy(&mut self, at: usize) {
        let generation = u64::from(self.from.provider.generation);
        let right = self.from.devices[at].machine.active().map(number) == Some(self.from.provider.password);
        let answer = if right { PolicyAnswer::Known { generation } } else { PolicyAnswer::WrongPassword };
        self.tell(Action::Answered(id(at)), at, |_| Input::Policy(answer));
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
                world.devices[at].refused();
            }
        };
        self.tell(Action::ProbeAnswered(n), at, |world| {
            refused(world);
            let device = &mut world.devices[at];
            let other = device.machine.active().map(number) != Some(password);
            device.old_taken = right && other && device.machine.status() == Status::CheckingOld;
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
}

pub(super) fn id(at: usize) -> u8 {
    u8::try_from(at).unwrap_or(u8::MAX)
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
        self.devices[at].die();
    }
}
