//! Losing the server, the network, the night's sleep; and who is listened to at all.

use std::time::Duration;

use ringfence::phone::command::{AcceptFrom, AccountDraft, Command};
use ringfence::phone::view::AccountState;
use ringfence::phone::{Input, VaultUse};
use ringfence::port::dns::{Answer, Query};
use ringfence::port::net::{Flow, FlowId, NetError, Report, Transport};
use ringfence::sip::{Message, Method, Uri};

use super::world::{Entry, Talk, World, draft, numeric, server};

fn tls(world: &mut World) -> &mut super::world::Server {
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap()
}

fn flow(world: &World) -> Flow {
    world.flows.values().next_back().expect("a flow").clone()
}

#[test]
fn a_lost_connection_is_made_again_at_once() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let old = flow(&world);
    world.flows.remove(&old.id.0);
    world.net_report(Report::Closed(old.id, NetError::Closed));
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_ne!(flow(&world).id, old.id);
    assert_eq!(world.bindings.len(), 1);
}

#[test]
fn a_server_that_is_away_is_tried_again_less_and_less_often() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).door = Entry::Fails(NetError::Refused);
    let old = flow(&world);
    world.flows.remove(&old.id.0);
    world.net_report(Report::Closed(old.id, NetError::Closed));
    assert!(matches!(world.state(), Some(AccountState::Waiting(_))), "{:?}", world.state());
    world.pass(Duration::from_secs(24 * 3600));
    let times: Vec<u64> = world.opened.iter().map(|(at, _)| at.as_micros() / 1_000_000).collect();
    assert!(times.len() > 20 && times.len() < 120, "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 1800), "{times:?}");
    tls(&mut world).door = Entry::Open;
    world.pass(Duration::from_secs(1801));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_change_of_address_or_a_sleep_registers_again_within_five_seconds() {
    for report in [Report::AddressesChanged, Report::Woke] {
        for transport in [Transport::Tls, Transport::Tcp, Transport::Udp] {
            let mut world = World::signed_in(VaultUse::Keyring, transport);
            let (old, sent) = (flow(&world), world.sent.len());
            world.net_report(report.clone());
            world.pass(Duration::from_secs(5));
            assert_eq!(world.state(), Some(AccountState::Registered), "{report:?} {transport:?}");
            assert!(world.sent.len() > sent && flow(&world).id != old.id);
            assert_eq!(world.flows.len(), 1, "the old flow is closed");
        }
    }
}

#[test]
fn a_change_of_address_while_connecting_starts_over_at_once_and_nothing_is_heard_of_the_attempt_before() {
    for report in [Report::AddressesChanged, Report::Woke] {
        let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
        let numbered = |world: &World, id| Flow { id: FlowId(id), ..flow(world) };
        let (late, good) = (numbered(&world, 98), numbered(&world, 99));
        tls(&mut world).door = Entry::Silent;
        world.net_report(report.clone());
        world.pass(Duration::from_secs(3));
        let before = world.opened.len();
        world.net_report(report.clone());
        assert_eq!(world.opened.len(), before + 1, "{report:?}");
        let (lost, wanted) = (world.opened[before - 1].1.clone(), world.opened[before].1.clone());
        world.pass(Duration::from_secs(1));
        world.net_report(Report::OpenFailed(lost.clone(), NetError::TimedOut));
        assert_eq!(world.state(), Some(AccountState::Registering), "nobody waits because of the old network");
        world.flows.insert(98, late.clone());
        world.net_report(Report::Opened(lost, late));
        assert_eq!((world.state(), world.flows.len()), (Some(AccountState::Registering), 0));
        world.flows.insert(99, good.clone());
        world.net_report(Report::Opened(wanted, good));
        assert_eq!((world.state(), flow(&world).id), (Some(AccountState::Registered), FlowId(99)));
    }
}

#[test]
fn a_change_of_address_while_looking_for_the_server_asks_anew() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    let (query, answer) =
        (Query::Addresses("voip.example".into()), Answer::Addresses(vec!["192.0.2.2".parse().unwrap()]));
    world.names.insert(query, answer);
    world.sign_in(draft());
    assert_eq!(world.state(), Some(AccountState::Registered));
    world.slow_names = Some(Vec::new());
    world.net_report(Report::AddressesChanged);
    let lost = world.slow_names.replace(Vec::new()).unwrap();
    assert!(!lost.is_empty());
    world.pass(Duration::from_secs(1));
    world.net_report(Report::AddressesChanged);
    let again = world.slow_names.take().unwrap();
    assert!(again.iter().map(|(_, query)| query).eq(lost.iter().map(|(_, query)| query)), "by the new network");
    for (id, _) in lost {
        world.input(Input::Dns(id, Answer::Failed("no answer in time".into())));
    }
    assert_eq!(world.state(), Some(AccountState::Registering), "nobody waits because of the old network");
    for (id, _) in again {
        world.input(Input::Dns(id, Answer::NotFound));
    }
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_burst_of_changes_ends_with_one_connection_and_no_request_for_each() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).door = Entry::Silent;
    let (opened, sent) = (world.opened.len(), world.sent.len());
    for _ in 0..20 {
        world.net_report(Report::AddressesChanged);
        world.pass(Duration::from_millis(300));
    }
    assert_eq!((world.opened.len(), world.sent.len()), (opened + 20, sent));
    tls(&mut world).door = Entry::Open;
    world.net_report(Report::AddressesChanged);
    assert_eq!(world.state(), Some(AccountState::Registered));
    for at in opened..opened + 20 {
        let lost = world.opened[at].1.clone();
        world.net_report(Report::OpenFailed(lost, NetError::TimedOut));
    }
    world.pass(Duration::from_secs(60));
    assert_eq!((world.state(), world.opened.len()), (Some(AccountState::Registered), opened + 21));
    assert_eq!((world.flows.len(), world.bindings.len()), (1, 1));
}

#[test]
fn a_person_need_not_wait() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).door = Entry::Fails(NetError::Refused);
    let old = flow(&world);
    world.flows.remove(&old.id.0);
    world.net_report(Report::Closed(old.id, NetError::Closed));
    tls(&mut world).door = Entry::Open;
    let id = world.id();
    world.command(Command::Retry(id));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_registrar_in_trouble_is_waited_for_without_a_storm() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).talk = Talk::Status(503);
    let sent = world.sent.len();
    world.pass(Duration::from_secs(24 * 3600));
    assert!((5..200).contains(&(world.sent.len() - sent)), "{}", world.sent.len() - sent);
    tls(&mut world).talk = Talk::Registrar;
    world.pass(Duration::from_secs(1801));
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn a_password_that_is_refused_later_stops_everything_until_the_person_acts() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    tls(&mut world).talk = Talk::Status(403);
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.state(), Some(AccountState::Rejected));
    let sent = world.sent.len();
    world.pass(Duration::from_secs(24 * 3600));
    assert_eq!(world.sent.len(), sent);
}

fn options(world: &World, from: &Flow) -> Message {
    let contact = world.bindings.first().cloned().unwrap_or_else(|| "<sip:anna@192.0.2.1>".into());
    let uri = contact.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
    Message::request(Method::Options, Uri::parse(&uri).unwrap())
        .with("Via", format!("SIP/2.0/{} {};branch=z9hG4bKx", from.transport.via(), from.remote))
        .with("From", "<sip:scanner@198.51.100.9>;tag=1")
        .with("To", "<sip:anna@voip.example>")
        .with("Call-ID", "scan")
        .with("CSeq", "1 OPTIONS")
}

#[test]
fn strangers_are_not_even_refused_and_the_own_server_is_answered() {
    let mut world = World::signed_in(VaultUse::Session, Transport::Udp);
    let own = flow(&world);
    let stranger = Flow { id: FlowId(77), remote: server("198.51.100.9:5060"), account: None, ..own.clone() };
    world.flows.insert(77, stranger.clone());
    world.debug.clear();
    let scan = options(&world, &stranger);
    world.net_report(Report::Message(stranger.clone(), scan.to_bytes()));
    world.net_report(Report::Malformed(stranger.clone(), b"OPTIONS\r\n\r\n".to_vec()));
    assert!(!world.debug.contains("Send {"), "nothing goes to a stranger");
    let asked = options(&world, &own);
    world.net_report(Report::Message(own, asked.to_bytes()));
    assert!(world.debug.contains("Send {"), "the server is answered");
}

#[test]
fn a_line_that_takes_calls_from_anybody_answers_strangers() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Udp]);
    world.sign_in(AccountDraft { accept_from: AcceptFrom::Any, ..numeric(Some(Transport::Udp)) });
    let own = flow(&world);
    let stranger = Flow { id: FlowId(77), remote: server("198.51.100.9:5060"), account: None, ..own };
    world.flows.insert(77, stranger.clone());
    world.debug.clear();
    let asked = options(&world, &stranger);
    world.net_report(Report::Message(stranger, asked.to_bytes()));
    assert!(world.debug.contains("Send {"));
}
