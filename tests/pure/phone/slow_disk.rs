//! The disk takes its time: what it acknowledges late belongs to what was written then, not to what is awaited now.

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::phone::command::ChangeCommand;
use ringfence::phone::view::{AbortWhy, AccountState, ChangePhase};
use ringfence::port::net::Transport;
use ringfence::port::store::Document;

use super::changing::{NEW, change, phase};
use super::world::World;

#[test]
fn an_attempt_that_was_given_up_is_over_when_the_disk_says_so_and_not_when_it_says_something_older() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.slow_disk = true;
    change(&mut world, ChangeCommand::Now(Some(Secret::from(NEW))));
    assert_eq!(phase(&world), ChangePhase::Saving);
    change(&mut world, ChangeCommand::Cancel);
    assert_eq!(phase(&world), ChangePhase::Undoing, "the vault has forgotten it, the disk has not heard of it");
    let mut journals = 0;
    while phase(&world) == ChangePhase::Undoing {
        let spoken = world.disk_speaks().expect("it has something to say before it is over");
        journals += usize::from(spoken == Document::Journal);
    }
    assert_eq!(phase(&world), ChangePhase::Aborted(AbortWhy::Cancelled));
    assert_eq!(journals, 2, "what was given up, and that it was");
    assert_eq!(world.state(), Some(AccountState::Registered));
}
