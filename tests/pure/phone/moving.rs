//! The machine gets another address: the line registers from there, and a call goes on there.

use std::time::Duration;

use ringfence::base::AccountId;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Command, Dialled};
use ringfence::phone::view::{AccountState, CallState};
use ringfence::port::net::{Report, Transport};
use ringfence::sip::Method;

use super::world::{Talk, World, server};

#[test]
fn a_call_is_told_the_new_address_in_contact_and_description() {
    for transport in [Transport::Udp, Transport::Tcp, Transport::Tls] {
        let mut world = World::signed_in(VaultUse::Keyring, transport);
        let port = if transport == Transport::Tls { 5061 } else { 5060 };
        let at = (transport, server(&format!("192.0.2.2:{port}")));
        world.servers.get_mut(&at).unwrap().talk = Talk::Answers;
        world.command(Command::PlaceCall(AccountId(1), Dialled::parse("bob").unwrap()));
        assert_eq!(world.view().calls[0].state, CallState::Established);
        world.here = [198, 51, 100, 77];
        let before = world.sent.len();
        world.net_report(Report::AddressesChanged);
        world.pass(Duration::from_secs(5));
        assert_eq!(world.state(), Some(AccountState::Registered));
        let invites: Vec<_> =
            world.sent[before..].iter().filter(|(_, _, it)| it.method() == Some(&Method::Invite)).collect();
        let [(_, flow, invite)] = invites.as_slice() else { panic!("one re-INVITE: {invites:?}") };
        assert!(invite.to_tag().is_some());
        assert_eq!(flow.local.ip(), server("198.51.100.77:0").ip());
        assert_eq!(invite.contact().unwrap().uri.sip().unwrap().host.ip(), Some(flow.local.ip()));
        let description = String::from_utf8_lossy(&invite.body).into_owned();
        assert!(
            description.contains("c=IN IP4 198.51.100.77") && description.contains("m=audio 4000 "),
            "{description}"
        );
        assert_eq!(world.view().calls[0].state, CallState::Established);
        let before = world.sent.len();
        let (here, call) = (flow.local.ip(), world.view().calls[0].id);
        world.command(Command::HangUp(call));
        let (_, bye_flow, bye) = &world.sent[before];
        assert_eq!((bye.method(), bye_flow.local.ip()), (Some(&Method::Bye), here));
    }
}
