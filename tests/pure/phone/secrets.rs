//! The canary password: in no `Debug` of anything that goes in, comes out, or stays.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Command, Dialled};
use ringfence::port::net::Transport;

use super::world::{PASSWORD, Vault, World, numeric};

#[test]
fn no_input_output_or_state_shows_the_password() {
    for vault in [Vault::Works, Vault::Stuck] {
        for transport in [Transport::Tls, Transport::Udp] {
            let mut world = World::at_the_door(VaultUse::Keyring, &[transport]);
            world.vault = vault.clone();
            world.sign_in(numeric(Some(transport)));
            world.command(Command::PlaceCall(AccountId(1), Dialled::parse("bob").expect("a name")));
            world.command(Command::GivePassword(AccountId(1), Secret::from(PASSWORD)));
            world.pass(Duration::from_secs(700));
            world.command(Command::SignOut(AccountId(1)));
            world.command(Command::Quit);
            world.pass(Duration::from_secs(3));
            assert!(world.credentials() > 0, "the password was used");
            assert!(world.debug.len() > 10_000, "everything was written down");
            assert!(!world.debug.contains(PASSWORD));
            let view = format!("{:?} {:?}", world.view(), world.events);
            assert!(!view.contains(PASSWORD));
            let bytes = PASSWORD.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(", ");
            assert!(!world.debug.contains(&bytes), "nor as a list of numbers");
        }
    }
}
