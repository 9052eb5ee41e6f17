//! Lockdown at a provider that has limits of its own: tightened, never loosened, and what came of it is said.

use ringfence::base::{AccountId, WallTime};
use ringfence::phone::command::{Command, SafetyCommand};
use ringfence::phone::view::{ChangePhase, LimitsThere};
use ringfence::provider::security::Write;
use ringfence::provider_api::guards::{Guards, International};

use super::api_provider::{Mishap, settings};
use super::changing::phase;
use super::world::World;

const LINE: AccountId = AccountId(1);

/// What the provider lets the line call.
fn there(world: &World) -> Guards {
    let facts = world.api.as_ref().expect("a provider").memory.facts("anna", None).expect("anna");
    facts.account.guards.map_or_else(Guards::default, |json| Guards::parse(json.as_bytes()).expect("limits"))
}

fn lock(world: &mut World) -> Option<LimitsThere> {
    world.command(Command::Safety(LINE, SafetyCommand::Lockdown));
    let view = &world.view().security[0];
    assert!(view.lockdown.is_some() && world.view().settings.guard.lockdown, "here it is tight whatever comes of it");
    assert!(matches!(phase(world), ChangePhase::Compose(_)), "and the change has begun: {:?}", phase(world));
    world.view().security[0].limits_there
}

fn logged(world: &World, words: &str) -> bool {
    world.view().security[0].log.iter().any(|row| row.words.contains(words))
}

#[test]
fn the_provider_is_asked_to_block_what_is_dear_and_never_to_allow_anything() {
    let mut world = World::at_api_provider(settings());
    // What it limits already stays limited.
    let before = Guards { max_concurrent: Some(1), ..Guards::default() };
    let json = serde_json::to_string(&before).expect("JSON");
    let api = world.api.as_mut().expect("a provider");
    api.memory.write(WallTime(0), "anna", &Write::Guards(json));
    assert_eq!(lock(&mut world), Some(LimitsThere::Tight));
    let after = Guards { international: International::Deny, premium: false, ..before };
    assert_eq!(there(&world), after);
    assert!(logged(&world, "blocks calls abroad and premium numbers, too, until you ask them"));
    world.command(Command::Safety(LINE, SafetyCommand::EndLockdown));
    assert_eq!((there(&world), world.view().security[0].limits_there), (after, None), "only they allow it again");
    // A second time there is nothing to ask for.
    let puts = |world: &World| world.requested.iter().filter(|(_, it)| it.method.as_str() == "PUT").count();
    let asked = puts(&world);
    world.command(Command::Safety(LINE, SafetyCommand::Lockdown));
    assert_eq!((world.view().security[0].limits_there, puts(&world)), (Some(LimitsThere::Tight), asked));
}

#[test]
fn a_provider_that_does_not_answer_is_said_not_to_and_nothing_waits_for_it() {
    let mut world = World::at_api_provider(settings());
    world.api.as_mut().expect("a provider").mishaps = vec![("PUT", Mishap::Lost)];
    assert_eq!(lock(&mut world), Some(LimitsThere::Unknown));
    assert_eq!(there(&world), Guards::default());
    assert!(logged(&world, "is not known: it did not answer"));
}

#[test]
fn where_the_provider_has_no_limits_nothing_is_claimed() {
    let mut world = World::signed_in(ringfence::phone::VaultUse::Keyring, ringfence::port::net::Transport::Tls);
    assert_eq!(lock(&mut world), None);
    assert!(world.requested.iter().all(|(_, it)| it.path.as_str() != "/sasa/guards"));
}
