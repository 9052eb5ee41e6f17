//! Notices in the whole phone: fetched after sign-in, shown, told, logged, kept, forgotten.

use std::time::Duration;

use ringfence::base::{AccountId, Secret};
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Begin, ChangeCommand, Command, Dialled, NoticeCommand, SafetyCommand};
use ringfence::phone::event::Event;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{ChangePhase, NoticeSource, NoticeState, OwnNotices, OwnTrouble, Todo};
use ringfence::port::net::Transport;
use ringfence::provider_api::SignedList;
use serde_json::{Value, json};

use super::api_provider::{ApiProvider, settings};
use super::world::{PASSWORD, Talk, World, draft, numeric};
use crate::notices::rig::{DAY, ISSUER, NOON, Provider, at, index, notice, sign, with};

const FIRST: AccountId = AccountId(1);

fn signed_in(list: &Value) -> (World, Provider) {
    let provider = Provider::new();
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.now.wall = NOON;
    world.publish(&provider, list, NOON);
    world.sign_in(numeric(Some(Transport::Tls)));
    (world, provider)
}

/// Gives a command; whether it was carried out.
fn does(world: &mut World, command: Command) -> bool {
    let ticket = 1000 + world.events.len() as u64;
    world.ask(ticket, command);
    world.outcome(ticket).expect("an answer").is_ok()
}

fn told(world: &World) -> usize {
    world.events.iter().filter(|event| matches!(event, Event::Notice(..))).count()
}

#[test]
fn a_notice_is_fetched_after_sign_in_shown_told_logged_and_kept() {
    let (world, _) = signed_in(&index(1, vec![notice("a")]));
    let security = world.view().security_of(FIRST).expect("its security").clone();
    assert_eq!(security.open_notice().unwrap().title, "Please change your password");
    assert_eq!(security.source, NoticeSource::Confirmed(NOON));
    assert!(matches!(security.todo.first(), Some(Todo::ChangePassword(id)) if id.0 == "a"), "{:?}", security.todo);
    assert_eq!(security.contact.fraud.as_deref(), Some("+44 20 7946 0999"));
    assert_eq!(security.contact.portal.unwrap().host, "voip.example");
    assert_eq!(told(&world), 1);
    assert!(security.log.iter().any(|row| row.words.contains("Please change your password")), "{:?}", security.log);
    let kept = String::from_utf8(world.disk["notices.json"].clone()).unwrap();
    assert!(kept.contains("Please change your password") && !kept.contains(PASSWORD));
}

#[test]
fn no_request_for_notices_carries_anything_of_the_account() {
    let (mut world, _) = signed_in(&index(1, vec![notice("a")]));
    world.pass(Duration::from_secs(3 * 3600));
    assert!(world.requested.len() > 10, "{}", world.requested.len());
    for (_, request) in &world.requested {
        assert!([ISSUER, "https://voip.example"].contains(&request.origin.to_string().as_str()), "{request:?}");
        assert!(request.body.is_none() && request.authorization.is_none(), "{request:?}");
        assert!(!format!("{request:?}").contains("anna"), "{request:?}");
    }
}

/// Signed in where the provider has something to say to this line alone.
fn with_own(list: &Value) -> World {
    let mut provider = Provider::new();
    provider.discovery = json!({ "endpoints": { "notices": "/lists/notices.json", "roots": "/lists/roots",
        "notices_me": "/sasa/notices/me" } });
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.now.wall = NOON;
    world.publish(&provider, &index(1, Vec::new()), NOON);
    for name in ["notices.json", "notices.json.minisig"] {
        let page = world.web.remove(&format!("{ISSUER}/sasa/{name}")).unwrap();
        world.web.insert(format!("{ISSUER}/lists/{name}"), page);
    }
    let mut api = ApiProvider::new(world.now, settings());
    let bytes = serde_json::to_vec(list).unwrap();
    let signature = sign(&provider.notices, &bytes);
    api.own_notices = Some((200, serde_json::to_vec(&SignedList::wrap(&bytes, signature)).unwrap()));
    world.api = Some(api);
    world.sign_in(numeric(Some(Transport::Tls)));
    world.pass(Duration::from_secs(30));
    world
}

fn asked_for_own(world: &World) -> Vec<bool> {
    let all = world.requested.iter().filter(|(_, request)| request.path.as_str() == "/sasa/notices/me");
    all.map(|(_, request)| request.authorization.is_some()).collect()
}

#[test]
fn a_notice_to_this_line_alone_is_asked_for_with_proof_shown_and_told() {
    let world = with_own(&with(index(1, vec![notice("mine")]), json!({ "account": "anna@voip.example" })));
    let security = world.view().security_of(FIRST).expect("its security").clone();
    assert_eq!(security.open_notice().map(|notice| (notice.id.0.as_str(), notice.own)), Some(("mine", true)));
    assert!(matches!(security.own_notices, OwnNotices::Confirmed(_)), "{:?}", security.own_notices);
    assert_eq!((asked_for_own(&world), told(&world)), (vec![false, true], 1));
    for (_, request) in world.requested.iter().filter(|(_, request)| request.authorization.is_some()) {
        assert_eq!(request.origin.to_string(), ISSUER);
        assert!(!format!("{request:?}").contains(PASSWORD));
    }
    assert!(!String::from_utf8_lossy(&world.disk["notices.json"]).contains(PASSWORD));
}

#[test]
fn the_list_of_another_account_is_not_shown_although_the_provider_itself_gives_it_out() {
    let world = with_own(&with(index(1, vec![notice("mine")]), json!({ "account": "bert@voip.example" })));
    let security = world.view().security_of(FIRST).expect("its security").clone();
    assert!(security.notices.is_empty() && told(&world) == 0);
    assert!(matches!(security.own_notices, OwnNotices::Failed { why: OwnTrouble::NotBelieved, .. }));
    assert!(matches!(security.source, NoticeSource::Confirmed(_)), "everybody's list is another matter");
}

#[test]
fn a_password_that_the_api_refuses_is_tried_once() {
    let mut world = with_own(&with(index(1, vec![notice("mine")]), json!({ "account": "anna@voip.example" })));
    world.api.as_mut().unwrap().own_notices = Some((401, b"{}".to_vec()));
    world.pass(Duration::from_secs(4 * 3600));
    let security = world.view().security_of(FIRST).expect("its security").clone();
    assert!(matches!(security.own_notices, OwnNotices::Failed { why: OwnTrouble::Refused, .. }), "{security:?}");
    let refused = world.api.as_ref().unwrap().seen.iter().filter(|(what, _)| what == "GET /sasa/notices/me");
    let refused: Vec<u16> = refused.map(|(_, status)| *status).collect();
    // Its challenge; the first list; a nonce that had aged, and the refusal.
    assert_eq!(refused, [401, 200, 401, 401]);
    assert_eq!(security.open_notice().map(|notice| notice.id.0.as_str()), Some("mine"), "what was told stays");
}

#[test]
fn a_line_that_is_not_registered_proves_nothing_to_anybody() {
    let mut world = with_own(&with(index(1, vec![notice("mine")]), json!({ "account": "anna@voip.example" })));
    let (now, asked) = (world.now, asked_for_own(&world).len());
    world.api.as_mut().unwrap().change_elsewhere(now, "set by somebody else");
    world.pass(Duration::from_secs(4 * 3600));
    assert_eq!(asked_for_own(&world).len(), asked, "the registrar refuses the password: it is tried nowhere else");
}

#[test]
fn notices_are_there_at_the_next_start_before_anybody_is_asked() {
    let (mut world, _) = signed_in(&index(1, vec![notice("a")]));
    assert!(does(&mut world, Command::Notice(FIRST, NoticeCommand::Announced(named("a"), 1))));
    let mut again = World::with_disk(VaultUse::Keyring, world.disk.clone(), world.kept.clone());
    again.now.wall = NOON;
    again.load();
    again.pass(Duration::from_millis(1));
    let security = again.view().security_of(FIRST).expect("its security");
    assert!(security.open_notice().is_some_and(|notice| notice.announced));
    assert!(again.requested.is_empty());
    assert_eq!(told(&again), 0);
}

fn named(id: &str) -> ringfence::phone::view::NoticeId {
    ringfence::phone::view::NoticeId(id.into())
}

#[test]
fn a_refused_register_makes_the_phone_look() {
    let (mut world, provider) = signed_in(&index(1, Vec::new()));
    world.pass(Duration::from_secs(120));
    world.publish(&provider, &index(2, vec![notice("a")]), NOON);
    let before = world.requested.len();
    for server in world.servers.values_mut() {
        server.talk = Talk::Status(403);
    }
    world.command(Command::Retry(FIRST));
    assert!(world.requested.len() > before);
    assert_eq!(told(&world), 1);
}

#[test]
fn a_person_handles_a_notice_and_the_view_follows() {
    let (mut world, _) = signed_in(&index(1, vec![notice("a")]));
    assert!(does(&mut world, Command::Notice(FIRST, NoticeCommand::Done(named("a")))), "advice can be laid aside");
    let state = |world: &World| world.view().security_of(FIRST).unwrap().notices[0].state;
    assert_eq!(state(&world), NoticeState::Done);
    assert!(!does(&mut world, Command::Notice(FIRST, NoticeCommand::Done(named("nobody")))));
}

#[test]
fn signing_out_forgets_the_provider() {
    let (mut world, _) = signed_in(&index(1, vec![notice("a")]));
    world.command(Command::SignOut(FIRST));
    world.pass(Duration::from_secs(5));
    let kept = String::from_utf8(world.disk["notices.json"].clone()).unwrap();
    assert!(!kept.contains("change your password"), "{kept}");
    let before = world.requested.len();
    world.pass(Duration::from_secs(3 * 3600));
    assert_eq!(world.requested.len(), before, "nobody is asked for an account that is gone");
}

#[test]
fn the_end_of_the_program_leaves_what_is_kept() {
    let (mut world, _) = signed_in(&index(1, vec![notice("a")]));
    world.command(Command::Quit);
    world.pass(Duration::from_secs(3));
    assert!(String::from_utf8(world.disk["notices.json"].clone()).unwrap().contains("change your password"));
}

#[test]
fn a_domain_that_is_an_address_has_no_web_server_to_ask() {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    let draft = ringfence::phone::command::AccountDraft { address: "anna@192.0.2.2".into(), ..draft() };
    world.sign_in(draft);
    world.pass(Duration::from_secs(3600));
    assert!(world.requested.is_empty());
    let security = world.view().security_of(FIRST).expect("its security");
    assert_eq!(security.source, NoticeSource::Unknown);
}

#[test]
fn an_enforced_notice_holds_calls_back_until_the_password_is_new_but_neither_help_nor_emergency_calls() {
    let (mut world, provider) = signed_in(&index(1, Vec::new()));
    // The key is known for long enough to enforce something.
    world.now = world.now.later(8 * DAY);
    let enforced = json!({
        "sent": at(8 * DAY), "expires": at(13 * DAY), "enforcement": { "level": "enforced" },
    });
    let list =
        with(index(2, vec![with(notice("a"), enforced)]), json!({ "issued": at(8 * DAY), "expires": at(14 * DAY) }));
    let date = world.now.wall;
    world.publish(&provider, &list, date);
    world.command(Command::Notice(FIRST, NoticeCommand::Check));
    world.pass(Duration::from_secs(60));
    for server in world.servers.values_mut() {
        server.talk = Talk::Answers;
    }
    world.command(Command::Retry(FIRST));
    let restricted = |world: &World| world.view().security_of(FIRST).unwrap().restricted;
    assert!(restricted(&world), "{:?}", world.view().security_of(FIRST).unwrap().notices);
    let call = |world: &mut World, to: &str| {
        let ticket = 5000 + world.events.len() as u64;
        world.ask(ticket, Command::PlaceConfirmed(FIRST, Dialled::parse(to).unwrap()));
        let outcome = world.outcome(ticket).expect("an answer");
        let calls: Vec<_> = world.view().calls.iter().map(|call| call.id).collect();
        for call in calls {
            world.command(Command::HangUp(call));
        }
        world.pass(Duration::from_secs(6));
        outcome.map(|_| ()).map_err(|problem| problem.kind)
    };
    assert_eq!(call(&mut world, "anna2"), Err(ProblemKind::Restricted));
    assert_eq!(call(&mut world, "+442079460018"), Err(ProblemKind::Restricted));
    assert_eq!(call(&mut world, "112"), Ok(()));
    world.command(Command::Safety(FIRST, SafetyCommand::SetSupport("+44 20 7946 0018".into())));
    assert_eq!(call(&mut world, "+442079460018"), Ok(()), "the provider's own number");
    // The one that it has signed, and both however they are written.
    assert_eq!(world.view().security_of(FIRST).unwrap().contact.fraud.as_deref(), Some("+44 20 7946 0999"));
    let mut settings = world.view().settings.clone();
    settings.guard.home = ringfence::phone::guard::Region::parse("GB");
    world.command(Command::SetSettings(Box::new(settings)));
    for own in ["+442079460999", "020 7946 0999", "020 7946 0018"] {
        assert_eq!(call(&mut world, own), Ok(()), "{own}");
    }
    assert_eq!(call(&mut world, "sip:+442079460999@elsewhere.example"), Err(ProblemKind::Restricted));
    assert_eq!(call(&mut world, "020 7946 0998"), Err(ProblemKind::Restricted));
    // What is enforced cannot be put off, also while a new password is being chosen.
    world.command(Command::Change(FIRST, ChangeCommand::Begin(Begin::Notice)));
    let change = world.view().security_of(FIRST).unwrap().change.clone();
    assert!(matches!(change.phase, ChangePhase::Compose(_)) && !change.can_wait && change.can_cancel, "{change:?}");
    world.command(Command::Change(FIRST, ChangeCommand::Cancel));
    // The change, on the website of a provider without a policy resource.
    world.command(Command::Change(FIRST, ChangeCommand::Now(Some(Secret::from(super::changing::NEW)))));
    world.password = super::changing::NEW.into();
    world.command(Command::Change(FIRST, ChangeCommand::ChangedIt));
    world.pass(Duration::from_secs(3));
    assert!(!restricted(&world), "{:?}", world.view().security_of(FIRST).unwrap().change);
    assert_eq!(call(&mut world, "anna2"), Ok(()));
}

#[test]
fn a_notice_that_asks_for_something_else_is_a_thing_to_do_and_comes_before_everything() {
    let review = with(notice("b"), json!({ "actions": ["review_calls"] }));
    let (mut world, _) = signed_in(&index(1, vec![review]));
    let todo = |world: &World| world.view().security_of(FIRST).unwrap().todo.clone();
    assert_eq!(todo(&world), [Todo::Notice(named("b"))]);
    // Whatever else there is: the password was changed somewhere else.
    world.password = "another".into();
    world.pass(Duration::from_secs(900));
    let all = todo(&world);
    assert!(all.len() > 1 && all[0] == Todo::Notice(named("b")), "{all:?}");
    assert!(does(&mut world, Command::Notice(FIRST, NoticeCommand::Done(named("b")))));
    assert_eq!(todo(&world), all[1..]);
}
