//! What must hold in every situation (account-security 3.7).

use ringfence::phone::password_change::input::Level;
use ringfence::phone::password_change::status::{OldPassword, Why};
use ringfence::phone::password_change::{Status, Txn};

use super::device::{Awaits, Device, Slot, number, tx_number};
use super::provider::{FOREIGN, Logged, Packet};
use super::world::World;

/// The first invariant that does not hold.
pub(super) fn broken(world: &World) -> Option<&'static str> {
    world.devices.iter().enumerate().find_map(|(at, device)| {
        durable(world, at, device)
            .or(device.fault)
            .or_else(|| one_at_a_time(world, device))
            .or_else(|| no_dead_end(device))
            .or_else(|| heeds(device))
            .or_else(|| done_is_true(world, device))
    })
}

/// Whether the device has made this password.
fn is_own(at: usize, password: u8) -> bool {
    (1..=4).contains(&password) && usize::from((password - 1) / 2) == at
}

/// I1 and I2.
fn durable(world: &World, at: usize, device: &Device) -> Option<&'static str> {
    for accepted in [world.provider.password, world.provider.registrar] {
        if is_own(at, accepted) && !device.knows(accepted) {
            return Some("I1: the provider accepts a password that we have set and do not hold");
        }
        if accepted == 0 && !device.knows(0) {
            return Some("I2: the provider accepts the password from before, and we do not hold it");
        }
    }
    None
}

/// I4: while one change may still be applied, no other is sent.
fn one_at_a_time(world: &World, device: &Device) -> Option<&'static str> {
    let Awaits::Submit(request) = &device.awaits else { return None };
    let sent = tx_number(&request.txn.tx);
    let open = world.late.iter().any(|packet| match packet {
        Packet::Submit { tx, generation, limited, .. } => {
            // Two of one device, and the other could still win.
            *tx != sent && (tx - 1) / 2 == (sent - 1) / 2 && world.provider.could_apply(*tx, *generation, *limited)
        }
        Packet::Query { .. } | Packet::Fence { .. } => false,
    });
    open.then_some("I4: two changes are open")
}

/// I9: something is awaited, or time, or the person; and "idle" is the only place where the person is not asked.
fn no_dead_end(device: &Device) -> Option<&'static str> {
    let waits = device.awaits != Awaits::Nothing || device.machine.timeout().is_some();
    let of_person = match device.machine.status() {
        Status::Idle
        | Status::Notified { .. }
        | Status::Restricted
        | Status::KeyringUnavailable(_)
        | Status::ProveCopy { .. }
        | Status::Choosing { .. }
        | Status::NeedsUser(_)
        | Status::Browser { .. }
        | Status::Aborted(_)
        | Status::Done { .. } => true,
        Status::Starting
        | Status::Deferred { .. }
        | Status::Preflight
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
        | Status::CheckingOld => false,
    };
    (!waits && !of_person).then_some("I9: a dead end")
}

/// What a notice demands is said wherever nothing is going on, and is put off only as long as it may be.
fn heeds(device: &Device) -> Option<&'static str> {
    let can_wait = match device.demand {
        None | Some(Level::Advise) => true,
        Some(Level::Require) => !device.late,
        Some(Level::Enforced) => false,
    };
    match (device.machine.status(), device.demand) {
        (Status::Idle, Some(_)) | (Status::Notified { .. }, None | Some(Level::Enforced)) => {
            Some("another demand than that of the notice is said")
        }
        (Status::Restricted, None | Some(Level::Advise | Level::Require)) => Some("barred without reason"),
        (Status::Notified { can_wait: said }, _) if said != can_wait => Some("\"not now\" at the wrong time"),
        (Status::Deferred { why: Why::Asked, .. }, _) if !can_wait => Some("put off beyond its time"),
        _ => None,
    }
}

/// I15, and "done" in general: it is said only of a password that was accepted, and of an old one what is so.
fn done_is_true(world: &World, device: &Device) -> Option<&'static str> {
    let Status::Done { old } = device.machine.status() else { return None };
    let Some(active) = device.machine.active().map(number) else { return Some("done, with no password") };
    if !device.accepted[usize::from(active)] {
        return Some("I15: done with a password that was never accepted");
    }
    if !device.uses(active) {
        return Some("done, and the keyring has another password in use");
    }
    if device.durable.txn != Slot::Absent && !device.holds(active) {
        return Some("done, and not tidied up");
    }
    let applied =
        (1..=4).contains(&active) && matches!(world.provider.log[usize::from(active - 1)], Logged::Applied(_));
    let at_portal = world.provider.log.iter().all(|logged| *logged == Logged::NeverSeen);
    if !(applied || at_portal || active == 0 || active == FOREIGN) {
        return Some("I15: done with a change that the provider has not made");
    }
    if old == OldPassword::StillAccepted && !device.old_taken {
        return Some("an old password is called accepted, and was not");
    }
    (old == OldPassword::Refused && !device.was_refused).then_some("an old password is called refused, untried")
}

/// Where things may come to rest: everything that was begun has ended, the line works with the one password in use,
/// nothing is left in `txn`; or somebody else has changed the password, and the person is asked.
pub(super) fn is_end(world: &World) -> bool {
    let provider = &world.provider;
    provider.registrar == provider.password
        && world.devices.iter().enumerate().all(|(at, device)| {
            let ours = provider.password == 0 || is_own(at, provider.password);
            let works = device.uses(provider.password);
            match device.machine.status() {
                Status::Idle
                | Status::Notified { .. }
                | Status::Restricted
                | Status::Aborted(_)
                | Status::Done { .. }
                | Status::Deferred { .. } => nothing_sent_is_left(device) && (works || !ours),
                Status::NeedsUser(_) => !ours,
                Status::Browser { .. } => works,
                Status::Starting
                | Status::Preflight
                | Status::KeyringUnavailable(_)
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
                | Status::CheckingOld => false,
            }
        })
}

/// Whether `txn` holds nothing that was sent, or nothing that the attic does not hold too.
fn nothing_sent_is_left(device: &Device) -> bool {
    match &device.durable.txn {
        Slot::Absent => true,
        Slot::Line(line) => Txn::from_line(line)
            .is_ok_and(|txn| !device.sent[usize::from(tx_number(&txn.tx))] || device.attic_holds(&txn.new)),
        // What is damaged was never read back, and so never sent.
        Slot::Garbage => true,
    }
}
