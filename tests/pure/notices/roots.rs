//! The root: who may sign, and how one follows another.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ringfence::phone::notice::pin::Trust;
use ringfence::phone::notice::{Kept, Told};
use ringfence::phone::view::{NoticeLevel, NoticeSource};
use ringfence::provider_api::Signed;
use ringfence::provider_api::root::{Root, RootError};
use serde_json::{Value, json};

use super::rig::{DAY, DOMAIN, ISSUER, Provider, Rig, answer, at, index, key, notice, public, sign, with};

/// The list that follows, published with whatever key the provider has now.
fn publish(rig: &mut Rig, seq: u64, id: &str) {
    let list = with(index(seq, vec![notice(id)]), json!({}));
    rig.web.publish(&rig.provider, &list);
}

fn mismatch(rig: &Rig) -> bool {
    matches!(rig.source(), NoticeSource::Mismatch(_)) && rig.told.iter().any(|told| matches!(told, Told::Mismatch(_)))
}

/// A day later, discovery is read again.
fn next_day(rig: &mut Rig) {
    rig.now = rig.now.later(DAY);
    rig.look();
}

#[test]
fn a_new_root_signed_by_the_old_one_brings_a_new_key_of_notices() {
    let mut rig = Rig::new(Vec::new());
    publish(&mut rig, 900, "a");
    rig.look();
    let before = std::mem::replace(&mut rig.provider.roots, [("k2".to_owned(), key())].into());
    rig.provider.notices = key();
    rig.provider.version = 2;
    rig.web.discovery(&rig.provider.discovery_with(&rig.provider.signed_root(&before)));
    // The old key may have counted up to the end of the world: the new one begins anew.
    publish(&mut rig, 1, "b");
    next_day(&mut rig);
    assert_eq!(rig.lookout.pinned().unwrap().root.as_ref().unwrap().version, 2);
    assert!(rig.views().iter().any(|notice| notice.id.0 == "b"));
    assert!(!mismatch(&rig));
}

#[test]
fn a_new_key_of_notices_is_found_at_once_and_not_a_day_later() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.provider.notices = key();
    rig.provider.version = 2;
    rig.web.discovery(&rig.provider.discovery());
    rig.web.pages.get_mut("https://voip.example/.well-known/sip-account-security").unwrap();
    publish(&mut rig, 2, "b");
    rig.look();
    assert!(rig.views().iter().any(|notice| notice.id.0 == "b"));
}

#[test]
fn several_roots_are_walked_one_after_the_other() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    for version in 2..=5 {
        let before = std::mem::replace(&mut rig.provider.roots, [(format!("k{version}"), key())].into());
        rig.provider.version = version;
        let signed = rig.provider.signed_root(&before);
        let page = serde_json::to_vec(&signed).unwrap();
        rig.web.put(format!("{ISSUER}/sasa/roots/{version}.json"), answer(200, &page, None));
        rig.web.discovery(&rig.provider.discovery_with(&signed));
    }
    next_day(&mut rig);
    assert_eq!(rig.lookout.pinned().unwrap().root.as_ref().unwrap().version, 5);
    let walked: Vec<&str> = rig.web.asked.iter().map(|it| it.path.as_str()).filter(|it| it.contains("roots")).collect();
    assert_eq!(walked, ["/sasa/roots/2.json", "/sasa/roots/3.json", "/sasa/roots/4.json"]);
}

#[test]
fn a_root_that_the_old_one_has_not_signed_is_not_taken() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    let before = rig.lookout.pinned().cloned();
    rig.provider.roots = [("k1".to_owned(), key())].into();
    rig.provider.version = 2;
    rig.web.discovery(&rig.provider.discovery());
    publish(&mut rig, 2, "evil");
    next_day(&mut rig);
    assert!(mismatch(&rig));
    assert_eq!(rig.lookout.pinned().cloned(), before);
    assert!(rig.views().iter().all(|notice| notice.id.0 != "evil"));
}

#[test]
fn a_walk_that_breaks_off_or_skips_changes_nothing() {
    for broken in [true, false] {
        let mut rig = Rig::new(Vec::new());
        rig.look();
        let mut pages = Vec::new();
        for version in 2..=3 {
            let before = std::mem::replace(&mut rig.provider.roots, [(format!("k{version}"), key())].into());
            rig.provider.version = version;
            let signed = rig.provider.signed_root(&before);
            pages.push(serde_json::to_vec(&signed).unwrap());
            rig.web.discovery(&rig.provider.discovery_with(&signed));
        }
        // Once it is missing, once the third stands in the place of the second.
        if !broken {
            rig.web.put(format!("{ISSUER}/sasa/roots/2.json"), answer(200, &pages[1], None));
        }
        next_day(&mut rig);
        assert_eq!(rig.lookout.pinned().unwrap().root.as_ref().unwrap().version, 1);
    }
}

#[test]
fn a_root_does_not_go_back_and_does_not_vanish() {
    for attack in 0..3 {
        let mut rig =
            Rig::with(Provider { version: 3, ..Provider::new() }, Vec::new(), Default::default(), Default::default());
        rig.look();
        match attack {
            0 => rig.provider.version = 2,
            1 => rig.provider.root = json!({ "numbers": { "fraud": "+1 900 555 0100" } }),
            _ => rig.provider.discovery = json!({ "root": null }),
        }
        rig.web.discovery(&rig.provider.discovery());
        next_day(&mut rig);
        assert!(mismatch(&rig), "{attack}");
        assert_eq!(rig.lookout.pinned().unwrap().number("fraud"), Some("+44 20 7946 0999"), "{attack}");
    }
}

#[test]
fn two_of_three_are_two_different_keys() {
    let keys: BTreeMap<String, minisign::KeyPair> = (1..=3).map(|n| (format!("k{n}"), key())).collect();
    let provider = Provider { roots: keys, threshold: 2, ..Provider::new() };
    let mut signed = provider.signed_root(&BTreeMap::new());
    let good = ringfence::provider_api::Root::first(&signed);
    assert!(good.is_ok());
    let one = signed.sigs["k1"].clone();
    signed.sigs = [("k1".to_owned(), one.clone()), ("k2".to_owned(), one)].into();
    assert!(ringfence::provider_api::Root::first(&signed).is_err(), "one key under two names");
    signed.sigs.remove("k2");
    assert!(ringfence::provider_api::Root::first(&signed).is_err(), "one of three");
}

#[test]
fn an_expired_root_is_a_lapse_and_not_an_attack() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.provider.root = json!({ "expires": at(2 * DAY) });
    rig.web.discovery(&rig.provider.discovery());
    rig.look();
    assert_eq!(rig.views().len(), 1);
    rig.pass(12 * DAY);
    assert!(matches!(rig.source(), NoticeSource::NotConfirmedSince(_)), "{:?}", rig.source());
    assert!(!rig.told.iter().any(|told| matches!(told, Told::Mismatch(_))));
}

#[test]
fn discovery_that_points_elsewhere_pins_nothing_and_moves_nothing() {
    let elsewhere = json!({ "issuer": "https://account.evil.example" });
    let mut fresh = Rig::new(Vec::new());
    fresh.provider.issuer = "https://account.evil.example".into();
    fresh.web.discovery(&fresh.provider.discovery());
    fresh.look();
    assert!(fresh.lookout.pinned().is_none());
    assert_eq!(fresh.origins(), ["https://voip.example"]);

    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.provider.discovery = elsewhere;
    rig.web.discovery(&rig.provider.discovery());
    next_day(&mut rig);
    assert!(mismatch(&rig));
    assert_eq!(rig.lookout.pinned().unwrap().discovery.issuer.to_string(), ISSUER);
    assert_eq!(rig.origins(), ["https://voip.example", ISSUER, "https://voip.example"]);
}

#[test]
fn an_issuer_can_move_within_its_registrant_when_the_root_says_so() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.provider.issuer = "https://secure.voip.example".into();
    rig.provider.version = 2;
    rig.web.discovery(&rig.provider.discovery());
    next_day(&mut rig);
    assert_eq!(rig.lookout.pinned().unwrap().discovery.issuer.host(), "secure.voip.example");
    // Without a new root, the same is a mismatch.
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.provider.discovery = json!({ "issuer": "https://secure.voip.example" });
    rig.web.discovery(&rig.provider.discovery());
    next_day(&mut rig);
    assert!(mismatch(&rig));
}

#[test]
fn a_key_that_the_root_no_longer_lists_forces_nothing_more() {
    let mut rig = Rig::grown(vec![with(notice("a"), json!({ "sent": at(8 * DAY), "expires": at(13 * DAY) }))]);
    assert_eq!(rig.only().level, NoticeLevel::Require);
    rig.provider.notices = key();
    rig.provider.version = 2;
    rig.web.discovery(&rig.provider.discovery());
    next_day(&mut rig);
    assert_eq!(rig.only().level, NoticeLevel::Advise);
}

/// The same key and signature under another name: the name stands in both, and neither signs it.
fn renamed(text: &str) -> String {
    let mut bytes = BASE64.decode(text).expect("base64");
    bytes[5] ^= 1;
    BASE64.encode(bytes)
}

#[test]
fn one_key_under_two_names_is_one_key() {
    let provider = Provider::new();
    let one = key();
    let root = |keys: Value| {
        json!({ "sasa": "1", "version": 1, "issuer": ISSUER, "sip_domains": [DOMAIN], "realm": DOMAIN, "threshold": 2,
            "keys": keys, "notices": {}, "expires": at(400 * DAY) })
    };
    let (first, second) = (public(&one), renamed(&public(&one)));
    let bytes = serde_json::to_vec(&root(json!({ "k1": first, "k2": second }))).unwrap();
    let signature = sign(&one, &bytes);
    let line = signature.lines().nth(1).expect("a signature");
    let again = signature.replace(line, &renamed(line));
    let parsed = ringfence::provider_api::minisign::PublicKey::parse(&second).expect("a key");
    assert!(parsed.verify(&bytes, &again).is_ok(), "the renamed signature is the renamed key's");
    let signed = Signed::wrap(&bytes, [("k1".to_owned(), signature), ("k2".to_owned(), again)].into());
    assert_eq!(Root::first(&signed), Err(RootError::OwnKeys));
    assert!(Root::first(&provider.signed_root(&[].into())).is_ok());
}

#[test]
fn a_key_of_notices_that_is_to_live_for_more_than_a_year_signs_nothing() {
    for (days, taken) in [(300, 1), (366, 1), (400, 0)] {
        let mut provider = Provider::new();
        let notices = json!({ "n1": { "key": public(&provider.notices), "expires": at(days * DAY) } });
        provider.root = json!({ "notices": notices });
        let mut rig = Rig::with(provider, vec![notice("a")], Kept::default(), Trust::FirstUse);
        rig.look();
        assert_eq!(rig.views().len(), taken, "{days} days");
    }
}

#[test]
fn no_provider_makes_its_customers_ask_every_second() {
    let mut provider = Provider::new();
    provider.discovery = json!({ "poll_s": 5 });
    let mut rig = Rig::with(provider, vec![notice("a")], Kept::default(), Trust::FirstUse);
    rig.look();
    let asked = rig.web.asked.len();
    rig.pass(10 * Duration::from_secs(30));
    assert!((8..=13).contains(&(rig.web.asked.len() - asked)), "{}", rig.web.asked.len() - asked);
}
