//! Ways through account-security 3.4, one by one: what is scripted happens, then what happens by itself. Each way is
//! walked again with a crash at every step of it, before and after whatever was under way, and has to end as well (I12).

use ringfence::phone::password_change::status::{Abort, Need, OldPassword};
use ringfence::phone::password_change::{Kind, Status};

use super::action::Action::{self, *};
use super::invariants::{broken, is_end};
use super::world::{Setting, World};
use super::{FEW, Faults};

/// More than any way is long.
const LONGEST: usize = 200;

/// Everything may go wrong, as often as a script says.
const ROOM: Setting =
    Setting { faults: Faults { crashes: 9, keyring: 9, network: 9, foreign: 9 }, cancels: 9, begins: 9, ..FEW };

/// From the button to the request.
const SENDS: [Action; 7] = [Begin(0), VaultDone(0), Answered(0), Choose(0), DiskDone(0), VaultDone(0), DiskDone(0)];
/// From the button to the provider's page.
const SHOWS: [Action; 6] = [Begin(0), VaultDone(0), Choose(0), DiskDone(0), VaultDone(0), DiskDone(0)];

fn step(world: &World, setting: &Setting, action: Action) -> Option<World> {
    world.successors(setting).into_iter().find(|(possible, _)| *possible == action).map(|(_, next)| next)
}

fn walk(world: World, setting: &Setting, script: &[Action]) -> World {
    script.iter().fold(world, |world, action| {
        let next = step(&world, setting, *action)
            .unwrap_or_else(|| panic!("{action:?} cannot happen when it is {:?}", world.devices[0].machine.status()));
        assert_eq!(broken(&next), None, "after {action:?} of {script:?}");
        next
    })
}

/// What happens by itself, the person doing nothing but to look, in this order of precedence.
fn settle(mut world: World, setting: &Setting) -> World {
    let by_itself = [
        VaultDone(0),
        VaultWakesDone(0),
        DiskDone(0),
        Choose(0),
        GivesUpChoosing(0),
        Answered(0),
        ProbeAnswered(0),
        PendingApplied,
        RegistrarCatchesUp,
        LateArrives(0),
        LineRefused(0),
        TimerFires(0),
    ];
    for _ in 0..LONGEST {
        let Some(next) = by_itself.iter().find_map(|action| step(&world, setting, *action)) else { return world };
        assert_eq!(broken(&next), None);
        world = next;
    }
    panic!("it never ends: {:?}", world.devices[0].machine.status())
}

/// Walks the way, and again with a crash at each step.
fn ends(setting: &Setting, script: &[Action], expected: &Status) {
    let whole = settle(walk(World::new(setting), setting, script), setting);
    assert_eq!(whole.devices[0].machine.status(), *expected, "{script:?}");
    assert!(is_end(&whole) || matches!(expected, Status::NeedsUser(_) | Status::KeyringUnavailable(_)), "{script:?}");
    for length in 0..=script.len() {
        let before = walk(World::new(setting), setting, &script[..length]);
        for crash in [CrashBefore(0), CrashAfter(0)] {
            let Some(crashed) = step(&before, setting, crash) else { continue };
            let end = settle(crashed, setting);
            let good =
                is_end(&end) || step(&end, setting, TryAgain(0)).is_some_and(|next| is_end(&settle(next, setting)));
            assert!(good, "{crash:?} after {:?}: {:?}", &script[..length], end.devices[0].machine.status());
        }
    }
}

fn after(begin: &[Action], rest: &[Action]) -> Vec<Action> {
    [begin, rest].concat()
}

const DONE: Status = Status::Done { old: OldPassword::Refused };
const NOT_APPLIED: Status = Status::Aborted(Abort::NotApplied);

#[test]
fn the_plain_way_ends_with_the_old_password_refused() {
    ends(&ROOM, &SENDS, &DONE);
}

#[test]
fn a_lost_answer_is_found_out() {
    ends(&ROOM, &after(&SENDS, &[AnswerLost(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[AnswerLost(0), AnswerLost(0)]), &DONE);
}

#[test]
fn a_lost_request_is_sent_again_and_a_late_copy_of_it_changes_nothing() {
    ends(&ROOM, &after(&SENDS, &[Delayed(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[Delayed(0), Answered(0), LateArrives(0), Answered(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[AnsweredAndRepeated(0)]), &DONE);
}

#[test]
fn a_request_that_is_late_comes_to_nothing_behind_the_fence() {
    let script = [Delayed(0), AnswerLost(0), DiskDone(0), ProbeAnswered(0), DiskDone(0), ProbeAnswered(0), Answered(0)];
    ends(&ROOM, &after(&SENDS, &script), &NOT_APPLIED);
}

#[test]
fn the_provider_may_take_its_time() {
    ends(&ROOM, &after(&SENDS, &[AcceptedForLater(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[ProviderBusy(0), TimerFires(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[NotSent(0), TimerFires(0)]), &DONE);
    ends(&ROOM, &after(&SENDS, &[AppliedWithLag(0)]), &DONE);
}

#[test]
fn a_request_that_never_left_can_be_called_off() {
    ends(&ROOM, &after(&SENDS, &[NotSent(0), Cancel(0)]), &Status::Aborted(Abort::Cancelled));
}

#[test]
fn rules_that_refuse_the_password_ask_for_another() {
    ends(&ROOM, &after(&SENDS, &[RefusedByPolicy(0)]), &DONE);
}

#[test]
fn a_proof_that_is_not_accepted_leaves_the_password_in_the_attic() {
    ends(&ROOM, &after(&SENDS, &[ApiRefuses(0)]), &Status::NeedsUser(Need::NotAllowed));
}

/// The provider has taken the change, its registrar not yet: the line goes on with the old password, and finds the new
/// one in the attic when the registrar knows it.
const LAGS: [Action; 23] = [
    AppliedWithLag(0),
    DiskDone(0),
    ProbeAnswered(0),
    TimerFires(0),
    DiskDone(0),
    ProbeAnswered(0),
    DiskDone(0),
    ProbeAnswered(0),
    VaultDone(0),
    VaultDone(0),
    DiskDone(0),
    RegistrarCatchesUp,
    LineRefused(0),
    TimerFires(0),
    DiskDone(0),
    ProbeAnswered(0),
    VaultDone(0),
    VaultDone(0),
    VaultDone(0),
    VaultDone(0),
    VaultDone(0),
    DiskDone(0),
    Finish(0),
];

#[test]
fn a_registrar_that_falls_back_finds_the_password_from_before_and_then_the_new_one() {
    for notice in [false, true] {
        let setting = Setting { notice, falls_back: true, ..ROOM };
        let world = walk(World::new(&setting), &setting, &after(&SENDS, &LAGS));
        assert!(world.devices[0].uses(1) && world.devices[0].holds(0), "what may come back is kept");
        // The line repairs itself with the one from before, and back again.
        let tries = [RegistrarFallsBack, LineRefused(0), TimerFires(0), DiskDone(0), ProbeAnswered(0)];
        let keeps = [VaultDone(0), VaultDone(0), VaultDone(0), VaultDone(0), VaultDone(0), DiskDone(0)];
        let world = walk(world, &setting, &after(&tries, &keeps));
        assert!(world.devices[0].uses(0) && world.devices[0].holds(1), "the provider will want the new one again");
        let world = settle(world, &setting);
        assert!(world.devices[0].uses(1) && is_end(&world), "{:?}", world.devices[0].machine.status());
    }
}

#[test]
fn what_a_notice_says_that_others_may_have_is_kept_until_the_provider_is_seen_to_refuse_it() {
    let leak = Setting { notice: true, ..ROOM };
    let proven = after(&SENDS, &[Answered(0), DiskDone(0), ProbeAnswered(0)]);
    let promoted = after(&proven, &[VaultDone(0), VaultDone(0), VaultDone(0), DiskDone(0)]);
    let world = walk(World::new(&leak), &leak, &promoted);
    assert!(world.devices[0].uses(1) && world.devices[0].holds(0), "the old one may still be wanted");
    let world = settle(world, &leak);
    assert_eq!(world.devices[0].machine.status(), DONE);
    assert!(!world.devices[0].holds(0), "it is refused: nobody needs it");
    ends(&leak, &promoted, &DONE);
    ends(&leak, &after(&promoted, &[DiskDone(0), ProbeLost(0)]), &Status::Done { old: OldPassword::NotChecked });
    // Pasted at the provider's page: nobody knows what the one before was to the provider.
    let portal = Setting { kind: Kind::Portal, ..leak };
    let pasted = walk(World::new(&portal), &portal, &after(&SHOWS, &[ForeignChange, EnterCurrent(0)]));
    let world = settle(pasted, &portal);
    assert!(world.devices[0].uses(9) && world.devices[0].holds(0) && world.devices[0].holds(1));
}

#[test]
fn an_old_password_is_called_accepted_where_the_registrar_took_it_and_nowhere_else() {
    let setting = Setting { notice: true, falls_back: true, ..ROOM };
    let proven = [Answered(0), DiskDone(0), ProbeAnswered(0), VaultDone(0), VaultDone(0), VaultDone(0), DiskDone(0)];
    let asks = walk(World::new(&setting), &setting, &after(&SENDS, &proven));
    let mut world = walk(asks.clone(), &setting, &[RegistrarFallsBack, DiskDone(0), ProbeAnswered(0), VaultDone(0)]);
    assert_eq!(world.devices[0].machine.status(), Status::Done { old: OldPassword::StillAccepted });
    // It took it a moment ago and does not now: what was said is said of the moment of the test.
    let world_now = walk(world.clone(), &setting, &[RegistrarCatchesUp]);
    assert_eq!(world_now.devices[0].machine.status(), Status::Done { old: OldPassword::StillAccepted });
    let catches_up = [RegistrarFallsBack, DiskDone(0), RegistrarCatchesUp, ProbeAnswered(0)];
    assert_eq!(settle(walk(asks, &setting, &catches_up), &setting).devices[0].machine.status(), DONE);
    // The invariant would see it.
    world.devices[0].old_taken = false;
    assert_eq!(broken(&world), Some("an old password is called accepted, and was not"));
}

#[test]
fn another_device_was_faster() {
    let elsewhere = after(&SENDS, &[ForeignChange]);
    let mut world = settle(walk(World::new(&ROOM), &ROOM, &elsewhere), &ROOM);
    assert!(matches!(world.devices[0].machine.status(), Status::NeedsUser(_)));
    world = settle(walk(world, &ROOM, &[EnterCurrent(0)]), &ROOM);
    assert!(matches!(world.devices[0].machine.status(), Status::Done { .. }) && is_end(&world));
}

#[test]
fn a_keyring_that_fails_hangs_or_lies_before_the_request_keeps_it_here() {
    let staging = [Begin(0), VaultDone(0), Answered(0), Choose(0), DiskDone(0)];
    for fault in [VaultFails(0), VaultFailsButDidIt(0), VaultDestroys(0)] {
        let world = walk(World::new(&ROOM), &ROOM, &after(&staging, &[fault]));
        assert!(matches!(world.devices[0].machine.status(), Status::KeyringUnavailable(_)), "{fault:?}");
        ends(&ROOM, &after(&staging, &[fault, TryAgain(0)]), &DONE);
    }
    ends(&ROOM, &after(&staging, &[VaultHangs(0)]), &DONE);
    ends(&ROOM, &after(&staging, &[VaultHangs(0), Cancel(0)]), &Status::Aborted(Abort::Cancelled));
}

#[test]
fn a_keyring_that_fails_after_the_change_is_asked_until_it_works() {
    let proven = after(&SENDS, &[Answered(0), DiskDone(0), ProbeAnswered(0)]);
    for fault in [VaultFails(0), VaultFailsButDidIt(0), VaultDestroys(0), VaultHangs(0)] {
        ends(&ROOM, &after(&proven, &[fault]), &DONE);
        ends(&ROOM, &after(&proven, &[VaultDone(0), fault]), &DONE);
    }
    for fault in [VaultFails(0), VaultFailsButDidIt(0), VaultHangs(0)] {
        ends(&ROOM, &after(&proven, &[VaultDone(0), VaultDone(0), fault]), &DONE);
    }
}

#[test]
fn a_disk_that_is_full_sends_nothing() {
    let staging = [Begin(0), VaultDone(0), Answered(0), Choose(0)];
    ends(&ROOM, &after(&staging, &[DiskFails(0)]), &Status::Aborted(Abort::Disk));
    ends(&ROOM, &after(&staging, &[DiskDone(0), VaultDone(0), DiskFails(0)]), &Status::Aborted(Abort::Disk));
}

#[test]
fn an_acknowledgement_that_comes_after_the_attempt_was_given_up_is_nobodys() {
    // Given up while the disk is busy, with the same disk still to write that nothing goes on any more.
    let given_up = [Begin(0), VaultDone(0), Answered(0), Choose(0), Cancel(0), VaultDone(0)];
    let world = walk(World::new(&ROOM), &ROOM, &given_up);
    assert_eq!(world.devices[0].saving.len(), 2, "the disk has both before it");
    let world = walk(world, &ROOM, &[DiskDone(0)]);
    assert_eq!(world.devices[0].machine.status(), Status::Withdrawing, "the first one says nothing of the second");
    let failed = walk(world.clone(), &ROOM, &[DiskFails(0)]);
    assert_eq!(failed.devices[0].machine.status(), Status::Withdrawing, "it is tried again");
    let world = walk(world, &ROOM, &[DiskDone(0)]);
    assert_eq!(world.devices[0].machine.status(), Status::Aborted(Abort::Cancelled));
    ends(&ROOM, &given_up, &Status::Aborted(Abort::Cancelled));
}

#[test]
fn at_the_page_of_a_provider_without_an_api_every_order_ends_well() {
    let portal = Setting { kind: Kind::Portal, ..ROOM };
    ends(&portal, &after(&SHOWS, &[ChangesAtPortal(1), SaysChanged(0)]), &DONE);
    ends(&portal, &after(&SHOWS, &[SaysChanged(0)]), &Status::Browser { not_yet: true });
    ends(&portal, &after(&SHOWS, &[SaysChanged(0), DiskDone(0), ChangesAtPortal(1)]), &DONE);
    // Nobody says so: the line finds out at the next 401.
    ends(&portal, &after(&SHOWS, &[ChangesAtPortal(1), LineRefused(0)]), &DONE);
    // Given up, and changed all the same.
    ends(&portal, &after(&SHOWS, &[Cancel(0)]), &Status::Aborted(Abort::Kept));
    ends(&portal, &after(&SHOWS, &[ChangesAtPortal(1), Cancel(0)]), &DONE);
    // The provider gives one.
    ends(&portal, &after(&SHOWS, &[ForeignChange, EnterCurrent(0)]), &DONE);
}
