//! `account require-change`: a new password that the provider asks of one line, in its policy.

use std::time::Duration;

use ringfence::base::{AccountId, Secret, WallTime};
use ringfence::phone::command::{ChangeCommand, Command, Dialled};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{Asked, ChangePhase, NoticeLevel, SecurityView, Todo};
use ringfence::provider::security::{MustChange, Write};
use ringfence::provider_api::notices::Level;

use super::api_provider::settings;
use super::changing::{NEW, change, phase};
use super::world::World;

const LINE: AccountId = AccountId(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
const HALF_AN_HOUR: Duration = Duration::from_secs(1800 + 600);

fn security(world: &World) -> &SecurityView {
    &world.view().security[0]
}

/// The provider asks it of this line.
fn require(world: &mut World, asked: Option<(Level, Option<WallTime>)>) {
    let now = world.now.wall;
    let asked = asked.map(|(urgency, deadline)| MustChange { urgency, deadline });
    world.api.as_mut().expect("a provider").memory.write(now, "anna", &Write::MustChange(asked));
}

/// Known for eight days.
fn known() -> World {
    let mut world = World::at_api_provider(settings());
    world.now = world.now.later(8 * DAY);
    world.pass(HALF_AN_HOUR);
    assert_eq!(security(&world).todo, []);
    world
}

fn call(world: &mut World) -> Result<(), ProblemKind> {
    let ticket = 7000 + u64::try_from(world.requested.len()).unwrap();
    world.ask(ticket, Command::PlaceConfirmed(LINE, Dialled::parse("anna2").unwrap()));
    world.outcome(ticket).expect("an answer").map(|_| ()).map_err(|problem| problem.kind)
}

#[test]
fn what_the_provider_asks_of_a_line_is_said_until_the_password_is_new() {
    let mut world = known();
    // It is told in whole seconds.
    let deadline = Some(WallTime((world.now.wall.0 / 1000 + 3 * 86_400) * 1000));
    require(&mut world, Some((Level::Require, deadline)));
    world.pass(HALF_AN_HOUR);
    let asked = Asked { level: NoticeLevel::Require, deadline };
    assert_eq!((security(&world).asked, &security(&world).todo[..]), (Some(asked), &[Todo::Asked(asked)][..]));
    assert_eq!(security(&world).change.deadline, deadline);
    assert!(security(&world).log.iter().any(|row| row.words.contains("asks for a new password of this line")));
    assert!(!security(&world).restricted, "the deadline has not come");
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert!(matches!(phase(&world), ChangePhase::Done { .. }), "{:?}", phase(&world));
    assert_eq!(security(&world).asked, None);
    change(&mut world, ChangeCommand::Finish);
    world.pass(HALF_AN_HOUR);
    assert_eq!((security(&world).asked, world.api.as_ref().map(|it| it.takes(NEW))), (None, Some(true)));
}

#[test]
fn the_provider_can_take_it_back() {
    let mut world = known();
    require(&mut world, Some((Level::Require, None)));
    world.pass(HALF_AN_HOUR);
    assert!(security(&world).asked.is_some());
    require(&mut world, None);
    world.pass(HALF_AN_HOUR);
    assert_eq!((security(&world).asked, &security(&world).todo[..]), (None, &[][..]));
}

#[test]
fn what_is_enforced_holds_calls_back_unless_the_provider_is_new_or_silent() {
    let mut world = known();
    require(&mut world, Some((Level::Enforced, None)));
    world.pass(HALF_AN_HOUR);
    assert!(security(&world).restricted);
    assert_eq!(call(&mut world), Err(ProblemKind::Restricted));
    // The policy cannot be read any more: after a week it is advice.
    let provider = world.api.as_mut().expect("a provider");
    provider.mishaps = vec![("GET", super::api_provider::Mishap::Lost); 4096];
    world.now = world.now.later(8 * DAY);
    world.pass(HALF_AN_HOUR);
    assert_eq!(security(&world).asked.map(|asked| asked.level), Some(NoticeLevel::Advise));
    assert!(!security(&world).restricted);

    let mut world = World::at_api_provider(settings());
    require(&mut world, Some((Level::Enforced, None)));
    world.pass(HALF_AN_HOUR);
    assert_eq!(security(&world).asked.map(|asked| asked.level), Some(NoticeLevel::Advise), "known for an hour");
    assert!(!security(&world).restricted);
    world.pass(8 * DAY);
    assert!(security(&world).restricted, "known for a week");
}
