//! What becomes of a change: applied once, refused, fenced, waiting, late or in two copies.

use std::time::Duration;

use ringfence::base::{Secret, WallTime};
use ringfence::provider::security::policy::PasswordAlone;
use ringfence::provider::security::{End, Hashes, Settings};
use ringfence::provider_api::changes::{Calls, ChangeReply, ChangeState, Terminate, Whose};
use ringfence::provider_api::secret::Ha1Algorithm;
use ringfence::provider_api::{ChangeRequest, Credential, Problem, Stamp, Urn};
use serde_json::json;

use super::site::{Ask, REALM, Site, applied, fence, phone, post, settings, tx, urn};

#[test]
fn a_change_is_applied_once_and_every_copy_of_it_gets_the_same_answer() {
    let mut site = Site::new(settings());
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    assert!(!site.takes("old") && site.takes("the-new-password"));
    // The reply was lost: the phone asks again, with the password that it knows to have worked, or with the new one.
    applied(&site.ask(&phone("old"), &change), 2);
    applied(&site.ask(&phone("the-new-password"), &change), 2);
    assert_eq!((site.generation(), site.state("old", 1)), (2, ChangeState::Applied));
    assert_eq!(site.state("the-new-password", 1), ChangeState::Applied);
    assert_eq!(urn(&site.ask(&phone("a third"), &change)), (401, Urn::Auth));
}

#[test]
fn the_same_transaction_with_another_body_is_a_mismatch() {
    let mut site = Site::new(settings());
    let first = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &first), 2);
    let other = site.change(1, "another-password", 2);
    assert_eq!(urn(&site.ask(&phone("the-new-password"), &other)), (409, Urn::TxMismatch));
    assert!(site.takes("the-new-password"));
}

#[test]
fn of_two_devices_one_wins_and_the_other_is_told_the_generation() {
    let mut site = Site::new(settings());
    let (one, other) = (site.change(1, "password-of-one", 1), site.change(2, "password-of-other", 1));
    applied(&site.ask(&phone("old"), &one), 2);
    // The loser still proves itself with the old password, which is nobody's now.
    assert_eq!(urn(&site.ask(&phone("old"), &other)), (401, Urn::Auth));
    let reply = site.ask(&phone("password-of-one"), &other);
    assert_eq!(urn(&reply), (412, Urn::Generation));
    assert_eq!(Problem::parse(&reply.body).unwrap().generation, Some(2));
    assert_eq!(site.state("password-of-one", 2), ChangeState::Rejected);
    assert!(site.takes("password-of-one") && !site.takes("password-of-other"));
}

#[test]
fn a_fence_holds_before_the_request_arrives() {
    let mut site = Site::new(settings());
    let late = site.change(1, "the-new-password", 1);
    let reply = site.ask(&phone("old"), &fence(1));
    assert_eq!(ChangeReply::parse(&reply.body).unwrap().state, ChangeState::Cancelled);
    let reply = site.ask(&phone("old"), &late);
    assert_eq!(urn(&reply), (410, Urn::TxExpired));
    assert_eq!(Problem::parse(&reply.body).unwrap().state, Some(ChangeState::Cancelled));
    assert!(site.takes("old") && !site.takes("the-new-password"));
    assert_eq!((site.generation(), site.state("old", 1)), (1, ChangeState::Cancelled));
}

#[test]
fn a_fence_that_comes_too_late_says_so() {
    let mut site = Site::new(settings());
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    let reply = site.ask(&phone("old"), &fence(1));
    assert_eq!(ChangeReply::parse(&reply.body).unwrap().state, ChangeState::Applied);
    assert!(site.takes("the-new-password"));
}

#[test]
fn a_late_request_is_refused_for_good_and_so_is_one_that_wants_to_live_too_long() {
    let mut site = Site::new(settings());
    let late = site.change(1, "the-new-password", 1);
    site.later(300);
    assert_eq!(urn(&site.ask(&phone("old"), &late)), (410, Urn::TxExpired));
    assert_eq!(site.state("old", 1), ChangeState::Rejected);
    // Even if the server's clock goes back afterwards.
    site.now.wall = WallTime(site.now.wall.0 - 3_600_000);
    assert_eq!(urn(&site.ask(&phone("old"), &late)), (410, Urn::TxExpired));
    let early = site.change(2, "the-new-password", 1);
    site.now.wall = WallTime(site.now.wall.0 - 3_600_000);
    assert_eq!(urn(&site.ask(&phone("old"), &early)), (410, Urn::TxExpired), "its not_after is an hour away");
    assert_eq!(site.generation(), 1);
}

#[test]
fn secrets_that_cannot_be_used_are_refused_each_with_its_reason() {
    let mut site = Site::new(settings());
    let asked = site.change(1, "the-new-password", 1);
    let with = |number: u32, secret: serde_json::Value| {
        let mut body: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
        body["secret"] = secret;
        body["tx"] = json!(tx(number).as_str());
        Ask { tx: Some(tx(number).to_string()), body: serde_json::to_vec(&body).unwrap(), ..asked.clone() }
    };
    let md5 = Credential::ha1("anna", REALM, &Secret::from("x"), &[Ha1Algorithm::Md5]);
    let same = Credential::ha1("anna", REALM, &Secret::from("old"), &Ha1Algorithm::ALL);
    let other = Credential::ha1("anna", "other", &Secret::from("x"), &Ha1Algorithm::ALL);
    let cases = [
        (json!(md5), (422, Urn::Policy), "SHA-256 is missing"),
        (json!(same), (422, Urn::Policy), "the old one again"),
        (json!(other), (409, Urn::RealmChanged), "another realm"),
        (json!({"form": "plain", "value": "short"}), (422, Urn::Policy), "too short"),
        (json!({"form": "ha1", "realm": REALM, "MD5": "zz"}), (400, Urn::BadRequest), "no hash"),
        (json!({"form": "plain", "value": "long enough, and in clear"}), (0, Urn::Other), "good"),
    ];
    for (at, (secret, expected, what)) in cases.into_iter().enumerate() {
        let reply = site.ask(&phone("old"), &with(u32::try_from(at).unwrap() + 10, secret));
        if expected.0 == 0 {
            applied(&reply, 2);
        } else {
            assert_eq!(urn(&reply), expected, "{what}");
            let rules = Problem::parse(&reply.body).unwrap().rules;
            assert_eq!(rules.is_some(), expected.1 == Urn::Policy, "{what}");
        }
    }
    assert!(site.takes("long enough, and in clear"));
}

#[test]
fn the_password_alone_may_be_made_to_wait_and_a_waiting_change_can_be_cancelled() {
    let delay = Duration::from_secs(60);
    let mut site = Site::new(Settings { password_alone: PasswordAlone::After(delay), ..settings() });
    for (number, cancelled) in [(1, true), (2, false)] {
        let change = site.change(number, "the-new-password", 1);
        let reply = site.ask(&phone("old"), &change);
        assert_eq!((reply.status, ChangeReply::parse(&reply.body).unwrap().state), (202, ChangeState::Pending));
        site.later(59);
        site.due();
        assert_eq!((site.generation(), site.state("old", number)), (1, ChangeState::Pending));
        assert_eq!(site.ask(&phone("old"), &change).status, 202, "asked again");
        if cancelled {
            site.ask(&phone("old"), &fence(number));
        }
        site.later(1);
        site.due();
        site.due();
    }
    assert_eq!((site.state("old", 1), site.state("old", 2)), (ChangeState::Cancelled, ChangeState::Applied));
    assert!(site.generation() == 2 && site.takes("the-new-password"));
    // One that would be done after its own end is refused at once.
    let mut short: ChangeRequest = serde_json::from_slice(&site.change(3, "password-three", 2).body).unwrap();
    short.not_after = Stamp(site.now.later(delay).wall);
    assert_eq!(urn(&site.ask(&phone("the-new-password"), &post(&short, 2))), (410, Urn::TxExpired));
}

#[test]
fn a_waiting_change_gives_way_to_a_change_by_somebody_else() {
    let delay = Duration::from_secs(60);
    let mut site = Site::new(Settings { password_alone: PasswordAlone::After(delay), ..settings() });
    let change = site.change(1, "the-new-password", 1);
    site.ask(&phone("old"), &change);
    let mut entry = site.memory.facts("anna", None).unwrap();
    entry.account.generation = 2;
    let write = ringfence::provider::security::Write::Credential {
        secret: ringfence::provider::security::policy::NewSecret {
            hashes: Hashes::of("anna", REALM, &Secret::from("by the support desk")),
            plain: None,
        },
        generation: 2,
        at: site.now.wall,
    };
    site.memory.write(site.now.wall, "anna", &write);
    site.later(60);
    site.due();
    assert!(site.takes("by the support desk"));
    assert_eq!(site.state("by the support desk", 1), ChangeState::Rejected);
}

#[test]
fn changes_come_at_the_provider_s_pace_and_replays_are_free() {
    let mut site = Site::new(Settings { changes_per_second: 1.0, ..settings() });
    let first = site.change(1, "password-one", 1);
    applied(&site.ask(&phone("old"), &first), 2);
    let second = site.change(2, "password-two", 2);
    let reply = site.ask(&phone("password-one"), &second);
    assert_eq!(urn(&reply), (429, Urn::Rate));
    assert!(reply.headers.iter().any(|(name, _)| *name == "Retry-After"));
    applied(&site.ask(&phone("old"), &first), 2);
    site.later(1);
    applied(&site.ask(&phone("password-one"), &second), 3);
}

#[test]
fn ending_other_registrations_is_asked_once_with_the_one_to_spare() {
    let mut site = Site::new(settings());
    let mut request: ChangeRequest = serde_json::from_slice(&site.change(1, "the-new-password", 1).body).unwrap();
    request.terminate.registrations = Whose::Others;
    request.terminate.keep = Some("urn:uuid:me".into());
    let ask = post(&request, 1);
    applied(&site.ask(&phone("old"), &ask), 2);
    applied(&site.ask(&phone("old"), &ask), 2);
    let expected = ringfence::provider::security::transaction::Flush { keep: "urn:uuid:me".into() };
    assert_eq!(site.ended, [End::Others(expected)]);
}

#[test]
fn what_cannot_be_ended_is_refused_and_nothing_is_changed_or_remembered() {
    let settled = Settings { ends_registrations: false, ..settings() };
    let none = Terminate::default;
    for (what, terminate, settings) in [
        ("tokens", Terminate { tokens: Whose::Others, ..none() }, settings()),
        ("calls", Terminate { calls: Calls::Suspicious, ..none() }, settings()),
        ("all calls", Terminate { calls: Calls::AllButMine, ..none() }, settings()),
        ("registrations", Terminate { registrations: Whose::Others, ..none() }, settled),
    ] {
        let mut site = Site::new(settings);
        let plain = site.change(1, "the-new-password", 1);
        let mut request: ChangeRequest = serde_json::from_slice(&plain.body).unwrap();
        request.terminate = terminate;
        let reply = site.ask(&phone("old"), &post(&request, 1));
        assert_eq!(urn(&reply), (501, Urn::NotSupported), "{what}");
        let title = ringfence::provider_api::Problem::parse(&reply.body).unwrap().title.unwrap_or_default();
        assert!(title.contains("not ended here"), "{what}: {title}");
        assert!(site.takes("old") && site.ended.is_empty() && site.memory.audit().is_empty(), "{what}");
        // The same transaction without it: nothing of the refusal was kept.
        applied(&site.ask(&phone("old"), &plain), 2);
    }
}

#[test]
fn the_audit_log_tells_what_happened_and_no_secret() {
    let mut site = Site::new(settings());
    let change = site.change(1, "CANARY-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    site.ask(&phone("CANARY-new-password"), &fence(2));
    let what: Vec<_> = site.memory.audit().iter().map(|line| line.what).collect();
    assert_eq!(what, ["password changed", "change fenced"]);
    let hash = Ha1Algorithm::Md5.ha1("anna", REALM, &Secret::from("CANARY-new-password"));
    let all = format!("{:?} {:?}", site.memory, site.desk);
    assert!(!all.contains("CANARY") && !all.contains(hash.expose("test").as_str()));
}
