//! Signing in: which transport, what is said when it does not work, and how long it may take.

use std::time::Duration;

use ringfence::base::{AccountId, Mono, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Command, Dialled};
use ringfence::phone::event::Event;
use ringfence::phone::input::Done;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, CallState, SignInView, Step, StepKind, StepState};
use ringfence::port::dns::{Answer, Query};
use ringfence::port::net::{CertificateError, NetError, Report, Transport};

use super::world::{Entry, PASSWORD, Server, Talk, World, draft, numeric, server, srv};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_server_with_tls_is_signed_in_to_and_hears_nothing_in_the_clear() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls, Transport::Tcp, Transport::Udp]);
    world.sign_in(numeric(None));
    world.pass(10 * SECOND);
    let account = &world.view().accounts[0];
    assert_eq!((account.state, account.transport), (AccountState::Registered, Some(Transport::Tls)));
    assert_eq!(account.tls.as_deref(), Some("TLS 1.3"));
    assert_eq!((world.sent_by(Transport::Tcp), world.sent_by(Transport::Udp)), (0, 0));
    assert_eq!(world.opened.len(), 1);
    assert!(world.events.contains(&Event::SignedIn(AccountId(1))));
    assert_eq!(world.view().sign_in, SignInView::Idle);
}

#[test]
fn each_step_is_shown() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[]);
    world.sign_in(numeric(None));
    let step = |kind, state| Step { kind, state };
    let find = || step(StepKind::Find("192.0.2.2".into()), StepState::Done);
    let tls = |state| step(StepKind::Connect(Transport::Tls, None), state);
    assert_eq!(world.view().sign_in, SignInView::Trying(vec![find(), tls(StepState::Doing)]));
    world.pass(2 * SECOND);
    let tcp = step(StepKind::Connect(Transport::Tcp, None), StepState::Doing);
    assert_eq!(world.view().sign_in, SignInView::Trying(vec![find(), tls(StepState::Doing), tcp]));
    world.pass(5 * SECOND);
    let SignInView::Failed(steps, problem) = &world.view().sign_in else { panic!("{:?}", world.view().sign_in) };
    assert_eq!(problem.kind, ProblemKind::NoAnswer);
    let failed = steps.iter().filter(|step| step.state == StepState::Failed).count();
    assert_eq!((steps.len(), failed), (4, 3), "{steps:?}");
}

#[test]
fn it_is_over_after_six_seconds_when_nobody_answers() {
    for transport in [None, Some(Transport::Tls), Some(Transport::Tcp), Some(Transport::Udp)] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[]);
        if transport == Some(Transport::Udp) {
            let udp = world.servers.get_mut(&(Transport::Udp, server("192.0.2.2:5060"))).unwrap();
            *udp = Server { door: Entry::Open, talk: Talk::Silent };
        }
        world.sign_in(numeric(transport));
        world.pass(Duration::from_millis(5900));
        assert!(matches!(world.view().sign_in, SignInView::Trying(_)), "{transport:?}");
        world.pass(Duration::from_millis(200));
        assert_eq!(world.failure(), Some(ProblemKind::NoAnswer), "{transport:?}");
        assert!(world.view().accounts.is_empty(), "{transport:?}");
        world.pass(2 * SECOND);
        assert!(world.flows.is_empty(), "what a silent server may have bound is un-bound, but not for ever");
        assert_eq!(world.credentials(), 0);
    }
}

/// Signing in by name; the name service takes as long as it may for each of its two rounds, 3.8 s together.
fn after_slow_names(open: &[Transport]) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, open);
    world.names.insert(Query::Addresses("voip.example".into()), Answer::Addresses(vec!["192.0.2.2".parse().unwrap()]));
    world.slow_names = Some(Vec::new());
    world.sign_in(draft());
    for _ in 0..2 {
        world.pass(Duration::from_millis(1900));
        assert!(world.opened.is_empty());
        world.names_speak();
    }
    world
}

#[test]
fn every_transport_is_tried_however_long_the_name_service_took_and_it_is_over_six_seconds_after_that() {
    let mut world = after_slow_names(&[Transport::Udp]);
    world.pass(5 * SECOND);
    let SignInView::AskUnencrypted(_, Transport::Udp) = world.view().sign_in else {
        panic!("{:?}", world.view().sign_in)
    };
    let tried: Vec<(u128, Transport)> =
        world.opened.iter().map(|(at, target)| (at.since(Mono::ZERO).as_millis(), target.transport)).collect();
    assert_eq!(tried, [(3800, Transport::Tls), (5300, Transport::Tcp), (6800, Transport::Udp)]);
    let mut world = after_slow_names(&[]);
    world.pass(Duration::from_millis(5900));
    assert!(matches!(world.view().sign_in, SignInView::Trying(_)), "{:?}", world.view().sign_in);
    world.pass(Duration::from_millis(200));
    assert_eq!((world.failure(), world.opened.len()), (Some(ProblemKind::NoAnswer), 3));
}

#[test]
fn a_name_service_that_says_nothing_is_waited_for_six_seconds() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.slow_names = Some(Vec::new());
    world.sign_in(draft());
    world.pass(Duration::from_millis(5900));
    assert!(matches!(world.view().sign_in, SignInView::Trying(_)));
    world.pass(Duration::from_millis(200));
    assert_eq!(world.failure(), Some(ProblemKind::OffLine));
    world.names_speak();
    assert!(world.opened.is_empty(), "an answer that comes later begins nothing");
}

#[test]
fn a_person_is_asked_before_anything_goes_unencrypted_and_can_agree() {
    for transport in [Transport::Tcp, Transport::Udp] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[transport]);
        world.sign_in(numeric(None));
        world.pass(5 * SECOND);
        let SignInView::AskUnencrypted(_, asked) = world.view().sign_in else { panic!("{:?}", world.view().sign_in) };
        assert_eq!(asked, transport);
        world.pass(60 * SECOND);
        assert_eq!(world.credentials(), 0, "no credentials before the person agrees");
        world.command(Command::AcceptUnencrypted);
        assert_eq!(world.state(), Some(AccountState::Registered));
        assert_eq!(world.view().accounts[0].transport, Some(transport));
    }
}

#[test]
fn a_person_can_decline_an_unencrypted_transport() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Udp]);
    world.sign_in(numeric(None));
    world.pass(5 * SECOND);
    world.command(Command::CancelSignIn);
    assert_eq!(world.view().sign_in, SignInView::Idle);
    assert!(world.view().accounts.is_empty() && world.flows.is_empty());
    assert_eq!(world.credentials(), 0);
}

#[test]
fn an_agent_is_told_that_only_an_unencrypted_transport_answers() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Udp]);
    world.ask(1, Command::SignIn(Box::new(numeric(None)), Secret::from(PASSWORD)));
    world.pass(6 * SECOND);
    assert_eq!(world.outcome(1).unwrap().unwrap_err().kind, ProblemKind::UnencryptedOnly);
    assert_eq!(world.credentials(), 0);
    let consent = AccountDraft { unencrypted_ok: true, ..numeric(None) };
    world.ask(2, Command::SignIn(Box::new(consent), Secret::from(PASSWORD)));
    world.pass(6 * SECOND);
    assert_eq!(world.outcome(2), Some(Ok(Done::Account(AccountId(1)))));
}

#[test]
fn an_agent_that_names_a_transport_is_signed_in_at_once() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Udp]);
    world.ask(1, Command::SignIn(Box::new(numeric(Some(Transport::Udp))), Secret::from(PASSWORD)));
    assert_eq!(world.outcome(1), Some(Ok(Done::Account(AccountId(1)))));
    assert_eq!(world.sent_by(Transport::Udp), 2, "a REGISTER and its answer to the challenge, no probe");
    assert_eq!((world.asked.len(), world.opened.len()), (0, 1), "no name service for an address");
}

#[test]
fn a_wrong_certificate_ends_the_attempt_and_is_named() {
    let cases = [
        (CertificateError::WrongName, ProblemKind::CertificateName),
        (CertificateError::Expired, ProblemKind::CertificateExpired),
        (CertificateError::UnknownIssuer, ProblemKind::CertificateIssuer),
    ];
    for (error, kind) in cases {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tcp, Transport::Udp]);
        let tls = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap();
        tls.door = Entry::Fails(NetError::Certificate(error, None));
        world.sign_in(numeric(None));
        assert_eq!(world.failure(), Some(kind));
        world.pass(60 * SECOND);
        assert_eq!((world.sent.len(), world.opened.len()), (0, 1), "nothing else is tried");
    }
}

#[test]
fn a_certificate_must_be_valid_for_what_the_person_named() {
    let name = |draft: AccountDraft| {
        let mut world = World::at_the_door(VaultUse::Keyring, &[]);
        world.names.insert(
            Query::Addresses("sip.other.example".into()),
            Answer::Addresses(vec!["192.0.2.2".parse().unwrap()]),
        );
        world.names.insert(Query::Srv("_sips._tcp.voip.example".into()), srv(5061, "edge.hoster.example"));
        world.names.insert(
            Query::Addresses("edge.hoster.example".into()),
            Answer::Addresses(vec!["192.0.2.2".parse().unwrap()]),
        );
        world.sign_in(draft);
        world.opened[0].1.tls_name.clone().unwrap()
    };
    assert_eq!(name(draft()), "voip.example", "not what DNS led to");
    assert_eq!(name(AccountDraft { server: Some("sip.other.example".into()), ..draft() }), "sip.other.example");
    assert_eq!(name(numeric(None)), "voip.example", "an address is a way to the domain");
}

#[test]
fn a_wrong_password_stops_at_the_second_refusal() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.command(Command::SignIn(Box::new(numeric(None)), Secret::from("wrong")));
    assert_eq!(world.failure(), Some(ProblemKind::WrongPassword));
    world.pass(Duration::from_secs(7200));
    assert_eq!(world.credentials(), 1, "an account is not locked out by trying again");
    assert!(world.view().accounts.is_empty() && world.kept.is_empty());
    world.sign_in(numeric(None));
    assert_eq!(world.state(), Some(AccountState::Registered), "the right one works afterwards");
}

#[test]
fn a_blocked_login_is_said() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    let tls = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap();
    tls.talk = Talk::Status(403);
    world.sign_in(numeric(None));
    assert_eq!(world.failure(), Some(ProblemKind::LoginBlocked));
}

#[test]
fn a_registrar_in_trouble_is_said_in_words_about_signing_in_then_and_later() {
    for later in [false, true] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        if later {
            world.sign_in(numeric(None));
        }
        let tls = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap();
        tls.talk = Talk::Status(500);
        let problem = if later {
            world.pass(600 * SECOND);
            world.view().accounts[0].problem.clone().expect("a problem")
        } else {
            world.sign_in(numeric(None));
            let SignInView::Failed(_, problem) = &world.view().sign_in else { panic!("{:?}", world.view().sign_in) };
            problem.clone()
        };
        assert_eq!((problem.kind, problem.status), (ProblemKind::RegistrarTrouble, Some(500)), "{later}");
        assert_eq!(problem.title(), "voip.example could not sign this line in.", "{later}");
    }
}

#[test]
fn what_is_no_address_is_refused_without_touching_the_network() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.ask(1, Command::SignIn(Box::new(AccountDraft { address: "anna".into(), ..draft() }), Secret::from(PASSWORD)));
    assert_eq!(world.outcome(1).unwrap().unwrap_err().kind, ProblemKind::BadAddress);
    assert!(world.opened.is_empty() && world.asked.is_empty());
}

#[test]
fn a_codec_that_there_is_not_is_refused_and_those_that_there_are_are_named() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Tls]);
    let wants =
        |codecs: &[&str]| AccountDraft { codecs: codecs.iter().map(|name| (*name).into()).collect(), ..numeric(None) };
    for (ticket, codecs) in [(1, &["G729"][..]), (2, &["opus", "G729"])] {
        world.ask(ticket, Command::SignIn(Box::new(wants(codecs)), Secret::from(PASSWORD)));
        let problem = world.outcome(ticket).unwrap().unwrap_err();
        assert_eq!((problem.kind, problem.code().as_str()), (ProblemKind::UnknownCodec, "unknown_codec"));
        assert_eq!(problem.advice(), "It has opus, G722, PCMA, PCMU.");
        assert!(world.opened.is_empty());
    }
    world.ask(3, Command::SignIn(Box::new(wants(&["Opus", "pcmu"])), Secret::from(PASSWORD)));
    assert_eq!(world.outcome(3), Some(Ok(Done::Account(AccountId(1)))));
}

#[test]
fn an_unknown_domain_and_a_dead_name_service_are_told_apart() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[]);
    world.sign_in(draft());
    assert_eq!(world.failure(), Some(ProblemKind::UnknownHost));
    world.names.insert(Query::Addresses("voip.example".into()), Answer::Failed("SERVFAIL".into()));
    world.sign_in(draft());
    assert_eq!(world.failure(), Some(ProblemKind::OffLine));
}

#[test]
fn sips_means_tls_or_nothing() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tcp, Transport::Udp]);
    world.sign_in(AccountDraft { address: "sips:anna@voip.example".into(), ..numeric(None) });
    world.pass(10 * SECOND);
    assert!(world.failure().is_some());
    assert!(world.opened.iter().all(|(_, target)| target.transport == Transport::Tls));
    let opened = world.opened.len();
    world.sign_in(AccountDraft { address: "sips:anna@voip.example".into(), ..numeric(Some(Transport::Udp)) });
    let SignInView::Failed(_, problem) = &world.view().sign_in else { panic!("{:?}", world.view().sign_in) };
    assert_eq!(problem.title(), "A sips: address is for TLS only.");
    assert_eq!(world.opened.len(), opened);
}

#[test]
fn a_port_that_was_named_with_its_transport_is_kept_and_one_without_is_the_same_after_a_lost_connection() {
    for (server, transport, reached) in [
        ("192.0.2.2:5060", Some(Transport::Tls), "192.0.2.2:5060"),
        ("192.0.2.2:5061", Some(Transport::Tcp), "192.0.2.2:5061"),
        ("192.0.2.2:5060", None, "192.0.2.2:5061"),
    ] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[]);
        let open = Server { door: Entry::Open, talk: Talk::Registrar };
        world.servers.insert((transport.unwrap_or(Transport::Tls), super::world::server(reached)), open);
        world.sign_in(AccountDraft { server: Some(server.into()), transport, ..draft() });
        assert_eq!(world.state(), Some(AccountState::Registered), "{server} {transport:?}");
        let flow = world.flows.pop_first().expect("a flow").1.id;
        world.net_report(Report::Closed(flow, NetError::Closed));
        let to: Vec<String> = world.opened.iter().map(|(_, target)| target.addr.to_string()).collect();
        assert_eq!(to, [reached, reached], "{server} {transport:?}");
    }
}

#[test]
fn two_sign_ins_at_once_take_turns() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Udp]);
    let udp = world.servers.get_mut(&(Transport::Udp, server("192.0.2.2:5060"))).unwrap();
    udp.talk = Talk::Silent;
    let second = AccountDraft { server: Some("192.0.2.3:5070".into()), ..numeric(Some(Transport::Udp)) };
    let open = Server { door: Entry::Open, talk: Talk::Registrar };
    world.servers.insert((Transport::Udp, server("192.0.2.3:5070")), open);
    world.ask(1, Command::SignIn(Box::new(numeric(Some(Transport::Udp))), Secret::from(PASSWORD)));
    world.ask(2, Command::SignIn(Box::new(second), Secret::from(PASSWORD)));
    assert_eq!((world.outcome(1), world.outcome(2)), (None, None));
    world.pass(7 * SECOND);
    assert_eq!(world.outcome(1).unwrap().unwrap_err().kind, ProblemKind::NoAnswer);
    assert_eq!(world.outcome(2), Some(Ok(Done::Account(AccountId(1)))));
}

#[test]
fn signing_in_again_under_the_same_address_keeps_the_number_and_the_place_in_the_vault() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let kept: Vec<String> = world.kept.keys().cloned().collect();
    world.sign_in(numeric(None));
    world.pass(SECOND);
    assert_eq!(world.view().accounts.len(), 1);
    assert_eq!((world.state(), world.id()), (Some(AccountState::Registered), AccountId(1)));
    assert_eq!(world.kept.keys().cloned().collect::<Vec<_>>(), kept);
}

#[test]
fn a_proxy_and_the_registrar_behind_it_are_both_answered_at_sign_in_at_the_refresh_and_for_a_call() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.put_a_proxy_before();
    world.sign_in(numeric(None));
    assert_eq!(world.state(), Some(AccountState::Registered));
    for restart in [false, true] {
        // The proxy asks anew; the registrar still knows its nonce, or not after a restart.
        world.put_a_proxy_before();
        if restart {
            let before = world;
            world = World::with_disk(VaultUse::Keyring, before.disk, before.kept);
            world.servers = before.servers;
            world.put_a_proxy_before();
            world.load();
        } else {
            world.pass(Duration::from_secs(600));
        }
        assert_eq!(world.view().accounts[0].problem, None, "{restart}");
        assert_eq!(world.state(), Some(AccountState::Registered), "{restart}");
    }
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("a server").talk = Talk::Answers;
    let id = world.id();
    world.command(Command::PlaceCall(id, Dialled::parse("bob").expect("a name")));
    assert_eq!(world.view().calls[0].state, CallState::Established);
}

#[test]
fn a_line_goes_on_working_when_signing_in_again_under_its_address_fails() {
    for usage in [VaultUse::Keyring, VaultUse::Session] {
        for gives_up in [false, true] {
            let mut world = World::signed_in(usage, Transport::Tls);
            if gives_up {
                let nowhere = AccountDraft { server: Some("192.0.2.9".into()), ..draft() };
                world.servers.insert(
                    (Transport::Tls, server("192.0.2.9:5061")),
                    Server { door: Entry::Silent, talk: Talk::Silent },
                );
                world.sign_in(nowhere);
                world.pass(SECOND);
                world.command(Command::CancelSignIn);
            } else {
                world.command(Command::SignIn(Box::new(numeric(None)), Secret::from("wrong")));
                assert_eq!(world.failure(), Some(ProblemKind::WrongPassword));
            }
            assert_eq!((world.state(), world.id()), (Some(AccountState::Registered), AccountId(1)), "{usage:?}");
            assert_eq!(world.bindings.len(), 1);
            let mut kept = world.kept.iter().filter(|(name, _)| !name.contains('/'));
            assert!(kept.all(|(_, kept)| kept == PASSWORD), "the wrong one is not kept");
            world.pass(600 * SECOND);
            assert_eq!(world.state(), Some(AccountState::Registered), "{usage:?}");
        }
    }
}

#[test]
fn a_line_whose_password_was_refused_is_not_tried_again_when_the_next_one_is_refused_too() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.password = "another".into();
    world.pass(600 * SECOND);
    assert_eq!(world.state(), Some(AccountState::Rejected));
    let before = world.credentials();
    world.command(Command::SignIn(Box::new(numeric(None)), Secret::from("wrong")));
    world.pass(3600 * SECOND);
    assert_eq!((world.state(), world.credentials()), (Some(AccountState::Rejected), before + 1));
}

#[test]
fn a_line_without_registration_is_ready_and_sends_no_register() {
    let mut world = World::at_the_door(VaultUse::Session, &[Transport::Udp]);
    let line = AccountDraft { no_registration: true, ..numeric(Some(Transport::Udp)) };
    world.ask(1, Command::SignIn(Box::new(line), Secret::from("")));
    assert_eq!(world.outcome(1), Some(Ok(Done::Account(AccountId(1)))));
    assert_eq!((world.state(), world.sent.len()), (Some(AccountState::Registered), 0));
}
