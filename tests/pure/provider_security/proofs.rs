//! Who may change what: passwords, enrolled devices, and proofs that were used, guessed or overtaken.

use std::net::IpAddr;
use std::time::Duration;

use ringfence::base::{Entropy, Secret};
use ringfence::provider::security::policy::{Exposed, Level};
use ringfence::provider::security::{Desk, Proof, Reply, Request, Route, Settings};
use ringfence::provider_api::devices::{Device, DeviceState, Enrolment};
use ringfence::provider_api::ed25519::DeviceKey;
use ringfence::provider_api::policy::Policy;
use ringfence::provider_api::sessions::{Registration, Sessions};
use ringfence::provider_api::{Problem, Urn};
use ringfence::sip::digest::{Asked, Credentials, Qop, Verdict, Verifier};
use ringfence::sip::header::Auth;
use serde_json::json;

use super::site::{Ask, Phone, Site, answer, applied, challenge, get, phone, settings, urn};

#[test]
fn while_credentials_are_exposed_the_password_alone_changes_nothing_and_an_enrolled_device_does() {
    let mut site = Site::new(settings());
    let key = DeviceKey::generate(&mut Entropy::from_number(9));
    let enrolment = Enrolment { public: key.public().unwrap(), label: "Desk".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let device = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    assert_eq!(device.state, DeviceState::CoolingOff);
    let again = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    assert_eq!(again.id, device.id, "enrolling twice is enrolling once");
    let owner = Phone { device: Some((device.id.clone(), key)), ..phone("old") };

    let exposed = Settings { exposed: Exposed::Unknown, ..settings() };
    site.desk = Desk::new(exposed.clone(), site.now.mono, Entropy::from_number(3));
    let change = site.change(1, "the-new-password", 1);
    let reply = site.ask(&phone("old"), &change);
    assert_eq!(urn(&reply), (403, Urn::SecondFactor));
    assert_eq!(Problem::parse(&reply.body).unwrap().methods, ["device-key+digest"]);
    assert_eq!(urn(&site.ask(&owner, &change)), (403, Urn::SecondFactor), "it has not cooled off");

    // A thief enrols too: during an incident somebody must confirm that, however long it waits.
    let thief = DeviceKey::generate(&mut Entropy::from_number(10));
    let enrolment = Enrolment { public: thief.public().unwrap(), label: "Mine".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let stolen = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    site.later(24 * 3600);
    let change = site.change(2, "the-new-password", 1);
    let thief = Phone { device: Some((stolen.id, thief)), ..phone("old") };
    assert_eq!(urn(&site.ask(&thief, &change)), (403, Urn::SecondFactor));
    let mut forger = owner.clone();
    forger.device = Some((device.id.clone(), DeviceKey::generate(&mut Entropy::from_number(11))));
    assert_eq!(urn(&site.ask(&forger, &change)), (401, Urn::Auth), "a signature must be right");
    assert_eq!(site.generation(), 1);
    applied(&site.ask(&owner, &change), 2);
}

#[test]
fn guards_are_tightened_by_the_password_and_loosened_by_an_enrolled_device_only() {
    let mut site = Site::new(Settings { cooling_off: Duration::ZERO, ..settings() });
    let put = |value: serde_json::Value| Ask {
        method: "PUT",
        body: serde_json::to_vec(&value).unwrap(),
        ..get("/sasa/guards")
    };
    let tight = put(json!({"international": "deny", "premium": false, "daily_cap": {"GBP": 5}}));
    assert_eq!(site.ask(&phone("old"), &tight).status, 200);
    let loose = put(json!({"international": "allow", "premium": false, "daily_cap": {"GBP": 5}}));
    assert_eq!(urn(&site.ask(&phone("old"), &loose)), (403, Urn::SecondFactor));
    let shown: serde_json::Value = serde_json::from_slice(&site.ask(&phone("old"), &get("/sasa/guards")).body).unwrap();
    assert_eq!(shown["international"], "deny");
    let key = DeviceKey::generate(&mut Entropy::from_number(9));
    let enrolment = Enrolment { public: key.public().unwrap(), label: "Desk".into() };
    let enrol = Ask { method: "POST", body: serde_json::to_vec(&enrolment).unwrap(), ..get("/sasa/devices") };
    let device = Device::parse(&site.ask(&phone("old"), &enrol).body).unwrap();
    let owner = Phone { device: Some((device.id.clone(), key)), ..phone("old") };
    assert_eq!(site.ask(&owner, &loose).status, 200);
    let end = Ask { method: "DELETE", ..get(&format!("/sasa/sessions/{}", device.id)) };
    assert_eq!(urn(&site.ask(&phone("old"), &end)), (403, Urn::SecondFactor), "a thief cannot take the device away");
    assert_eq!(site.ask(&owner, &end).status, 204);
    let looser = put(json!({"international": "allow", "premium": true}));
    assert_eq!(urn(&site.ask(&owner, &looser)), (403, Urn::SecondFactor), "its signature no longer counts");
}

#[test]
fn a_proof_by_a_password_that_has_just_been_changed_is_worth_nothing_any_more() {
    let mut site = Site::new(settings());
    let (owner, ask) = (phone("old"), get("/sasa/guards"));
    let ask = Ask { method: "PUT", body: b"{\"international\":\"deny\"}".to_vec(), ..ask };
    let challenge = challenge(&site.send(&owner, &ask, None, None)).unwrap();
    let answered = answer(&challenge, "anna", "old", &ask, &mut Entropy::from_number(5));
    let request = Request {
        method: ask.method,
        path: &ask.path,
        authorization: Some(&answered),
        idempotency_key: None,
        if_match: None,
        device: None,
        signature: None,
        instance: None,
        body: &ask.body,
        from: owner.from,
    };
    let route = Route::parse(&request).unwrap();
    let facts = site.memory.facts("anna", None).unwrap();
    let proof = site.desk.admit(site.now, &request, &route, Some(&facts)).unwrap();
    // Between the look at the facts and the transaction, another device changes the password.
    let change = site.change(1, "the-new-password", 1);
    applied(&site.ask(&phone("old"), &change), 2);
    let facts = site.memory.facts("anna", None).unwrap();
    let decision = site.desk.decide(site.now, &request, &route, &proof, &facts, Vec::new());
    assert_eq!((decision.reply.status, decision.writes.len()), (401, 0));
}

#[test]
fn wrong_passwords_are_counted_and_look_the_same_whether_or_not_there_is_such_an_account() {
    let mut site = Site::new(settings());
    let stranger = Phone { from: IpAddr::from([198, 51, 100, 7]), ..phone("guess") };
    let ask = get("/sasa/policy");
    let strip = |reply: &Reply| (reply.status, reply.kind, reply.body.clone(), reply.headers.len());
    let nobody = {
        let challenge = challenge(&site.send(&stranger, &ask, None, None)).unwrap();
        let answer = answer(&challenge, "nobody", "guess", &ask, &mut Entropy::from_number(5));
        site.send(&stranger, &ask, Some(&answer), None)
    };
    let wrong = site.ask(&stranger, &ask);
    assert_eq!(strip(&nobody), strip(&wrong));
    for _ in 0..4 {
        assert_eq!(site.ask(&stranger, &ask).status, 401);
    }
    let told = site.ask(&stranger, &ask);
    assert_eq!(urn(&told), (429, Urn::Rate));
    assert!(told.headers.iter().any(|(name, value)| *name == "Retry-After" && value.parse::<u64>().unwrap() > 500));
    assert!(site.takes("old"), "the owner elsewhere is not locked out");
    site.later(600);
    assert_eq!(site.ask(&stranger, &ask).status, 401);
}

#[test]
fn an_answer_cannot_be_played_back_and_fits_one_method_and_target_only() {
    let mut site = Site::new(settings());
    let (owner, ask) = (phone("old"), get("/sasa/policy"));
    let challenge = challenge(&site.send(&owner, &ask, None, None)).unwrap();
    let answered = answer(&challenge, "anna", "old", &ask, &mut Entropy::from_number(5));
    assert_eq!(site.send(&owner, &get("/sasa/guards"), Some(&answered), None).status, 401);
    let reply = site.send(&owner, &ask, Some(&answered), None);
    assert_eq!(Policy::parse(&reply.body).unwrap().generation, 1);
    let again = site.send(&owner, &ask, Some(&answered), None);
    assert!(again.status == 401 && again.headers.iter().any(|(_, value)| value.contains("stale=true")), "{again:?}");
}

#[test]
fn a_verifier_that_forgets_how_often_a_nonce_was_used_takes_it_no_more() {
    let mut dice = Entropy::from_number(6);
    let md5 = ringfence::sip::digest::Algorithm::MD5;
    let mut verifier = Verifier::new("r", &[md5], &[Qop::Auth], Duration::from_secs(60), &mut dice).with_capacity(2);
    let ask = get("/x");
    let mut now = ringfence::base::Mono::from_millis(1000);
    let mut verdicts = Vec::new();
    let answers: Vec<_> = (0..3)
        .map(|_| {
            now = now + Duration::from_millis(1);
            let challenge = verifier.challenges(now, false, &mut dice).remove(0);
            Credentials::from_auth(&Auth::parse(&answer(&challenge, "anna", "p", &ask, &mut dice)).unwrap()).unwrap()
        })
        .collect();
    for given in answers.iter().chain(&answers[..1]) {
        let asked = Asked { given, method: "GET", uri: "/x", body: b"" };
        verdicts.push(
            verifier.judge(now, &asked, |user, hash| {
                vec![ringfence::sip::digest::ha1(hash, user, "r", &Secret::from("p"))]
            }),
        );
    }
    let good = || Verdict::Good("anna".to_owned());
    assert_eq!(verdicts, [good(), good(), good(), Verdict::Stale]);
}

#[test]
fn whoever_asks_for_the_list_finds_its_own_row_by_its_instance() {
    let mut site = Site::new(settings());
    let ask = get("/sasa/sessions");
    let challenge = challenge(&site.send(&phone("old"), &ask, None, None)).unwrap();
    let answered = answer(&challenge, "anna", "old", &ask, &mut Entropy::from_number(6));
    let rows = ["Mine", "desk"].map(|one| Registration {
        id: one.into(),
        instance: Some(format!("urn:uuid:{one}")),
        ..Registration::default()
    });
    let nobody = Registration { id: "without".into(), ..Registration::default() };
    let rows: Vec<Registration> = rows.into_iter().chain([nobody]).collect();
    let facts = site.memory.facts("anna", None).unwrap();
    for (instance, own) in [(Some("urn:uuid:mine"), vec!["Mine"]), (Some(""), Vec::new()), (None, Vec::new())] {
        let request = Request {
            method: ask.method,
            path: &ask.path,
            authorization: Some(&answered),
            idempotency_key: None,
            if_match: None,
            device: None,
            signature: None,
            instance,
            body: &ask.body,
            from: phone("old").from,
        };
        let route = Route::parse(&request).unwrap();
        let proof = Proof { level: Level::Password, present: true, generation: 1 };
        let decision = site.desk.decide(site.now, &request, &route, &proof, &facts, rows.clone());
        let list = Sessions::parse(&decision.reply.body).unwrap();
        let marked: Vec<&str> = list.registrations.iter().filter(|row| row.own).map(|row| row.id.as_str()).collect();
        assert_eq!(marked, own, "{instance:?}");
    }
}
