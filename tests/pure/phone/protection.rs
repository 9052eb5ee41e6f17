//! What was strong once stays strong: digest, TLS, certificates; and what a person may allow, where.

use std::time::Duration;

use ringfence::base::{AccountId, WallTime};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{AccountDraft, Alarm, Command, Dialled, Protection, TrustCommand};
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{AccountState, CallState, Encryption, Fact, SignInView, Todo};
use ringfence::port::net::{CertificateError, Fingerprint, FlowId, NetError, Report, Transport};

use super::world::{Entry, PASSWORD, Talk, World, numeric, server};

const LINE: AccountId = AccountId(1);
const THEIRS: Fingerprint = Fingerprint([0xab; 32]);
const OTHER: Fingerprint = Fingerprint([0x17; 32]);

/// The server shows a certificate that is wrong in this way; or a good one.
fn shows(world: &mut World, wrong: Option<(CertificateError, Fingerprint)>) {
    let tls = world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("the server");
    tls.door = match wrong {
        Some((why, shown)) => Entry::Fails(NetError::Certificate(why, Some(shown))),
        None => Entry::Open,
    };
}

fn restarted(before: &World) -> World {
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world
}

fn alarms(world: &World) -> Vec<Alarm> {
    world.view().trust[0].alarms.iter().map(|(_, alarm)| *alarm).collect()
}

fn told(world: &World, alarm: Alarm) -> usize {
    world.events.iter().filter(|event| **event == Event::Weakened(LINE, alarm)).count()
}

fn trust(world: &mut World, command: TrustCommand) {
    world.command(Command::Trust(command));
}

/// The flow breaks: the account connects anew.
fn broken(world: &mut World) {
    let flow = *world.flows.keys().next().expect("a flow");
    world.net_report(Report::Closed(FlowId(flow), NetError::Closed));
}

/// Signed in to a private server whose certificate the person trusts.
fn trusting() -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    shows(&mut world, Some((CertificateError::UnknownIssuer, THEIRS)));
    world.sign_in(numeric(None));
    let question = world.view().certificate.clone().expect("the person is asked");
    assert!(question.may_trust && question.trusted.is_none() && world.credentials() == 0);
    assert_eq!(question.fingerprint, THEIRS.to_string());
    shows(&mut world, None);
    trust(&mut world, TrustCommand::TrustCertificate(question.fingerprint));
    assert_eq!(world.state(), Some(AccountState::Registered));
    assert_eq!(world.view().certificate, None);
    world
}

#[test]
fn a_certificate_that_the_person_trusts_is_demanded_of_every_later_connection() {
    let mut world = trusting();
    assert_eq!(world.opened.last().expect("opened").1.pin, Some(THEIRS));
    let fact = Fact::PinnedCertificate { fingerprint: THEIRS.to_string(), since: world.now.wall };
    assert!(world.view().security[0].facts.contains(&fact), "{:?}", world.view().security[0].facts);
    broken(&mut world);
    assert_eq!(world.opened.last().expect("opened").1.pin, Some(THEIRS));
    let mut world = restarted(&world);
    world.load();
    assert_eq!((world.state(), world.opened[0].1.pin), (Some(AccountState::Registered), Some(THEIRS)));
}

#[test]
fn only_the_fingerprint_that_was_shown_can_be_trusted_and_refusing_forgets_it() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    shows(&mut world, Some((CertificateError::WrongName, THEIRS)));
    world.sign_in(numeric(None));
    shows(&mut world, None);
    trust(&mut world, TrustCommand::TrustCertificate(OTHER.to_string()));
    assert!(world.view().accounts.is_empty());
    trust(&mut world, TrustCommand::RefuseCertificate);
    assert_eq!(world.view().certificate, None);
    trust(&mut world, TrustCommand::TrustCertificate(THEIRS.to_string()));
    assert!(world.view().accounts.is_empty(), "there is nothing to trust any more");
    assert_eq!(world.credentials(), 0);
}

#[test]
fn another_certificate_than_the_trusted_one_is_refused_with_both_fingerprints_and_replaced_only_in_the_settings() {
    let mut world = trusting();
    shows(&mut world, Some((CertificateError::Changed, OTHER)));
    let sent = world.sent.len();
    broken(&mut world);
    let account = &world.view().accounts[0];
    assert_eq!(account.problem.as_ref().expect("a problem").kind, ProblemKind::CertificateChanged);
    let refused = world.view().trust[0].refused.clone().expect("shown");
    assert_eq!((refused.fingerprint.clone(), refused.trusted), (OTHER.to_string(), Some(THEIRS.to_string())));
    assert_eq!((alarms(&world), told(&world, Alarm::CertificateChanged)), (vec![Alarm::CertificateChanged], 1));
    // Signing in anew is no way around it.
    world.sign_in(numeric(None));
    let question = world.view().certificate.clone().expect("both are shown");
    assert!(!question.may_trust && question.trusted == Some(THEIRS.to_string()));
    trust(&mut world, TrustCommand::TrustCertificate(OTHER.to_string()));
    assert_eq!(world.sent.len(), sent, "nothing was sent to whoever that is");
    trust(&mut world, TrustCommand::ReplaceCertificate(LINE, "nonsense".into()));
    trust(&mut world, TrustCommand::ReplaceCertificate(LINE, THEIRS.to_string()));
    assert_eq!(alarms(&world), [Alarm::CertificateChanged], "that is not the one that was shown");
    shows(&mut world, None);
    trust(&mut world, TrustCommand::ReplaceCertificate(LINE, OTHER.to_string()));
    assert_eq!(alarms(&world), []);
    world.command(Command::GivePassword(LINE, PASSWORD.into()));
    assert_eq!(
        (world.state(), world.opened.last().expect("opened").1.pin),
        (Some(AccountState::Registered), Some(OTHER))
    );
}

#[test]
fn a_wrong_date_is_about_the_clock_and_never_a_matter_of_trust() {
    for (why, kind) in [
        (CertificateError::NotYetValid, ProblemKind::ClockWrong),
        (CertificateError::Expired, ProblemKind::CertificateExpired),
    ] {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        world.now.wall = WallTime(1_420_243_200_000);
        shows(&mut world, Some((why.clone(), THEIRS)));
        world.sign_in(numeric(None));
        assert_eq!((world.failure(), world.view().certificate.clone()), (Some(kind), None), "{why:?}");
        let SignInView::Failed(_, problem) = &world.view().sign_in else { panic!("{why:?}") };
        let words = format!("{} {}", problem.title(), problem.advice());
        assert!(words.contains("This computer's clock says 3 Jan 2015"), "{words}");
        assert_eq!(world.credentials(), 0);
    }
}

#[test]
fn a_server_that_somebody_vouched_for_once_is_never_trusted_by_its_fingerprint() {
    for again in [false, true] {
        let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
        shows(&mut world, Some((CertificateError::UnknownIssuer, THEIRS)));
        if again {
            world.sign_in(numeric(None));
            assert_eq!(world.failure(), Some(ProblemKind::CertificateIssuer));
        } else {
            broken(&mut world);
        }
        assert_eq!(world.view().certificate, None, "{again}");
        assert_eq!((alarms(&world), told(&world, Alarm::NotVouched)), (vec![Alarm::NotVouched], 1), "{again}");
        trust(&mut world, TrustCommand::ReplaceCertificate(LINE, THEIRS.to_string()));
        assert_eq!(world.view().trust[0].pinned, None, "{again}");
    }
}

#[test]
fn a_line_that_was_encrypted_is_not_signed_in_without_before_the_settings_allow_it() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let udp = world.servers.get_mut(&(Transport::Udp, server("192.0.2.2:5060"))).expect("a server");
    udp.door = Entry::Open;
    let careless = || AccountDraft { unencrypted_ok: true, ..numeric(Some(Transport::Udp)) };
    world.sign_in(careless());
    assert_eq!(world.failure(), Some(ProblemKind::WeakerTransport));
    assert_eq!((alarms(&world), told(&world, Alarm::NoTls)), (vec![Alarm::NoTls], 1));
    let in_the_clear = world.sent.iter().filter(|(_, flow, _)| flow.transport == Transport::Udp);
    let leaks = in_the_clear.filter(|(_, _, message)| message.headers.iter().any(|header| header.is("Authorization")));
    assert_eq!(leaks.count(), 0, "not even an answer to a challenge");
    trust(&mut world, TrustCommand::AllowWeaker(LINE, Protection::Transport));
    assert_eq!(alarms(&world), []);
    world.sign_in(careless());
    assert_eq!(world.state(), Some(AccountState::Registered));
}

#[test]
fn weaker_authentication_is_refused_within_a_run_and_after_a_restart_and_said() {
    for restart in [false, true] {
        let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
        if restart {
            world = restarted(&world);
            world.ask_weakly();
            world.load();
        } else {
            world.ask_weakly();
            world.pass(Duration::from_secs(600));
        }
        let account = &world.view().accounts[0];
        assert_eq!(account.state, AccountState::Rejected, "{restart}");
        assert_eq!(account.problem.as_ref().expect("a problem").kind, ProblemKind::WeakerDigest);
        assert_eq!((alarms(&world), told(&world, Alarm::WeakerDigest)), (vec![Alarm::WeakerDigest], 1));
        let weaker = world.view().security[0].todo.iter().find_map(|todo| {
            let Todo::Weaker(weaker) = todo else { return None };
            Some(weaker.clone())
        });
        let weaker = weaker.expect("to be done");
        assert_eq!((weaker.what, weaker.before.as_str(), weaker.refused), (Protection::SignIn, "SHA-256", true));
        trust(&mut world, TrustCommand::AllowWeaker(LINE, Protection::SignIn));
        assert_eq!((world.state(), alarms(&world)), (Some(AccountState::Registered), vec![]), "{restart}");
    }
}

#[test]
fn a_server_that_leaves_qop_out_is_refused_like_one_that_asks_with_a_weaker_algorithm() {
    let world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    let kept = String::from_utf8(world.disk["accounts.json"].clone()).expect("text");
    assert!(kept.contains("\"qop\": true"), "{kept}");
    let mut world = restarted(&world);
    world.ask_without_qop();
    world.load();
    let account = &world.view().accounts[0];
    assert_eq!(account.problem.as_ref().expect("a problem").kind, ProblemKind::WeakerDigest);
    assert_eq!((world.credentials(), alarms(&world)), (0, vec![Alarm::WeakerDigest]));
    trust(&mut world, TrustCommand::AllowWeaker(LINE, Protection::SignIn));
    assert_eq!((world.state(), alarms(&world)), (Some(AccountState::Registered), vec![]));
}

#[test]
fn signing_in_anew_does_not_forget_what_was_strong() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.ask_weakly();
    world.sign_in(numeric(None));
    assert_eq!(world.failure(), Some(ProblemKind::WeakerDigest));
    assert_eq!(alarms(&world), [Alarm::WeakerDigest]);
}

#[test]
fn an_alarm_stays_through_restarts_until_it_is_dismissed() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.ask_weakly();
    world.pass(Duration::from_secs(600));
    let mut world = restarted(&world);
    world.load();
    assert_eq!(alarms(&world), [Alarm::WeakerDigest]);
    trust(&mut world, TrustCommand::Dismiss(LINE, Alarm::WeakerDigest));
    let mut world = restarted(&world);
    world.load();
    assert_eq!(alarms(&world), []);
}

/// A call that somebody takes; whether its sound was encrypted.
fn call(world: &mut World, talk: Talk) -> Encryption {
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).expect("the server").talk = talk;
    world.command(Command::PlaceConfirmed(LINE, Dialled::parse("bob").expect("a name")));
    let call = world.view().calls.last().expect("a call").clone();
    assert_eq!(call.state, CallState::Established);
    world.command(Command::HangUp(call.id));
    world.pass(Duration::from_secs(6));
    call.encryption
}

/// Whether the line is said to have encrypted sound.
fn srtp(world: &World) -> bool {
    world.view().security[0].facts.iter().any(|fact| matches!(fact, Fact::Connection { srtp: true, .. }))
}

#[test]
fn a_call_in_the_clear_after_an_encrypted_one_is_an_alarm_and_only_then_was_anything_claimed() {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    assert!(!srtp(&world), "no call has shown it");
    assert_eq!(call(&mut world, Talk::Answers), Encryption::None);
    assert_eq!((srtp(&world), alarms(&world)), (false, vec![]), "nothing was better before");
    assert_eq!(call(&mut world, Talk::Encrypts), Encryption::ToProvider);
    assert_eq!((srtp(&world), alarms(&world)), (true, vec![]));
    let mut world = restarted(&world);
    world.load();
    assert_eq!(call(&mut world, Talk::Answers), Encryption::None);
    assert_eq!((srtp(&world), alarms(&world), told(&world, Alarm::NoSrtp)), (false, vec![Alarm::NoSrtp], 1));
    let todo = world.view().security[0].todo.clone();
    let [Todo::Weaker(weaker)] = todo.as_slice() else { panic!("{todo:?}") };
    assert_eq!((weaker.what, weaker.refused), (Protection::Sound, false), "it was not refused, and nobody allowed it");
    call(&mut world, Talk::Answers);
    assert_eq!(told(&world, Alarm::NoSrtp), 1, "once");
    trust(&mut world, TrustCommand::AllowWeaker(LINE, Protection::Sound));
    call(&mut world, Talk::Answers);
    assert_eq!((alarms(&world), told(&world, Alarm::NoSrtp)), (vec![], 1), "nothing is expected any more");
}
