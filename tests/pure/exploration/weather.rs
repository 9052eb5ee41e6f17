//! What happens without anybody doing it: time passes, processes die, what was late arrives, somebody else changes the
//! password.

use std::time::Duration;

use ringfence::base::WallTime;
use ringfence::phone::password_change::Input;
use ringfence::phone::password_change::output::Order;

use super::action::Action;
use super::device::{Awaits, CREATED, TOO_LATE, number, tx_number};
use super::provider::{FOREIGN, Logged, Packet, Password, Without};
use super::world::{Next, World, id};

/// Where time is abstract, each timer fires late by so much.
const LATE: Duration = Duration::from_hours(1);
const FORTNIGHT: Duration = Duration::from_hours(24 * 14);
const DECADE: i64 = 3653 * 24 * 60 * 60 * 1000;

impl Next<'_> {
    pub(super) fn time(&mut self, at: usize) {
        let n = id(at);
        if let Some(left) = self.from.devices[at].machine.timeout() {
            let passed = if self.setting.hasty { left } else { left.max(LATE) };
            self.add(Action::TimerFires(n), |world| world.pass(at, passed));
            if self.setting.hasty {
                self.add(Action::Fortnight(n), |world| world.pass(at, FORTNIGHT));
            }
        }
        if !self.setting.limited {
            return;
        }
        let provider = if self.from.provider.expired { TOO_LATE } else { CREATED };
        self.tell(Action::DateHeard(n), at, |world| {
            world.devices[at].late |= provider == TOO_LATE;
            Input::Clocks { provider, ours: provider }
        });
        for by in [-DECADE, DECADE] {
            if self.from.jumps > 0 {
                self.tell(Action::ClockJumps(n), at, |world| {
                    world.jumps -= 1;
                    Input::Clocks { provider, ours: WallTime(provider.0 + by) }
                });
            }
        }
    }

    pub(super) fn crash(&mut self, at: usize) {
        if self.from.left.crashes == 0 {
            return;
        }
        let without = self.setting.without;
        self.dies(at, Action::CrashBefore(id(at)), |_| {});
        let backlog = self.from.devices[at].backlog.clone();
        let after = Action::CrashAfter(id(at));
        match self.from.devices[at].awaits.clone() {
            Awaits::Vault(order) | Awaits::Stuck(order) if order != Order::Check => self.dies(at, after, |world| {
                if let Some(before) = &backlog {
                    world.devices[at].obey(before, without);
                }
                world.devices[at].obey(&order, without);
            }),
            Awaits::Submit(request) => self.dies(at, after, |world| {
                world.delay(Packet::Submit {
                    tx: tx_number(&request.txn.tx),
                    generation: request.txn.generation.and_then(|generation| u8::try_from(generation).ok()),
                    old: request.old.as_ref().map(number),
                    limited: request.txn.not_after.is_some(),
                });
            }),
            Awaits::Fence(request) => self.dies(at, after, |world| {
                let (tx, old) = (tx_number(&request.txn.tx), request.old.as_ref().map(number));
                world.delay(Packet::Fence { tx, old });
            }),
            Awaits::Probe(_, secret) => self.dies(at, after, |world| {
                if world.provider.registrar != number(&secret) {
                    world.devices[at].refused();
                }
            }),
            Awaits::Nothing
            | Awaits::Vault(_)
            | Awaits::Stuck(_)
            | Awaits::Disk(_)
            | Awaits::Policy
            | Awaits::Choice
            | Awaits::Query(_) => {}
        }
    }

    /// The process dies, after this; and what the disk was about to write is on it up to some point.
    fn dies(&mut self, at: usize, action: Action, effect: impl Fn(&mut World)) {
        let saving = self.from.devices[at].saving.len();
        let most = if self.setting.without == Without::Journal { 0 } else { saving };
        for some in 0..=most {
            let action = if some == 0 { action } else { Action::CrashAfter(id(at)) };
            self.add(action, |world| {
                effect(world);
                for _ in 0..some {
                    world.devices[at].write(true);
                }
                world.crash(at);
            });
        }
    }

    pub(super) fn network(&mut self) {
        let without = self.setting.without;
        for (place, packet) in self.from.late.iter().copied().enumerate() {
            let n = id(place);
            self.add(Action::LateArrives(n), |world| {
                world.late.remove(place);
                world.provider.arrive(packet, without);
            });
            self.add(Action::LateDropped(n), |world| {
                world.late.remove(place);
            });
        }
        for tx in 1..=4 {
            if matches!(self.from.provider.log[usize::from(tx - 1)], Logged::Pending(_)) {
                self.add(Action::PendingApplied, |world| world.provider.finish(tx, without));
            }
        }
        if self.from.provider.registrar != self.from.provider.password {
            self.add(Action::RegistrarCatchesUp, |world| world.provider.registrar = world.provider.password);
        }
        let back = self.from.provider.before.filter(|before| *before != self.from.provider.registrar);
        if let Some(before) = back.filter(|_| self.from.left.network > 0) {
            self.add(Action::RegistrarFallsBack, |world| {
                world.left.network -= 1;
                world.provider.registrar = before;
            });
        }
        if self.from.left.foreign > 0 {
            self.add(Action::ForeignChange, |world| {
                world.left.foreign -= 1;
                world.provider.set(FOREIGN);
            });
        }
        if self.setting.limited && !self.from.provider.expired {
            self.add(Action::NotAfterPasses, |world| world.provider.expired = true);
        }
        let shown: Vec<Password> = self.from.devices.iter().filter_map(|device| device.shown).collect();
        for new in shown {
            if self.from.provider.password != new {
                self.add(Action::ChangesAtPortal(new), |world| world.provider.set(new));
            }
        }
    }
}
