//! The list for one account alone: told beside everybody's, by the same rules; and everything that is not what the
//! provider has written to this very account, which changes nothing.

use std::time::Duration;

use ringfence::base::{Entropy, WallTime};
use ringfence::phone::notice::{Kept, Told};
use ringfence::phone::view::{NoticeLevel, NoticeSource, NoticeState, NoticeView, OwnNotices, OwnTrouble};
use ringfence::port::http::{HttpError, Outcome};
use ringfence::port::net::NetError;
use ringfence::provider_api::{NoticeId, read_back_code};
use serde_json::{Value, json};

use super::rig::{DAY, ISSUER, NOON, Proof, Rig, answer, at, index, key, notice, own_index, sign, with};

const MINUTE: Duration = Duration::from_secs(60);

fn trouble(rig: &Rig) -> Option<OwnTrouble> {
    if let OwnNotices::Failed { why, .. } = rig.lookout.own_source() { Some(why) } else { None }
}

fn id(text: &str) -> NoticeId {
    NoticeId::parse(text).expect("an id")
}

fn ids(rig: &Rig, state: NoticeState) -> Vec<String> {
    let mut all: Vec<String> =
        rig.views().into_iter().filter(|notice| notice.state == state).map(|notice| notice.id.0).collect();
    all.sort();
    all
}

#[test]
fn a_notice_to_this_line_alone_is_told_beside_everybody_s() {
    let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
    rig.look();
    assert_eq!(ids(&rig, NoticeState::Open), ["a", "mine"]);
    let views = rig.views();
    let mine = views.iter().find(|notice| notice.id.0 == "mine").unwrap();
    let list = serde_json::to_vec(&own_index(1, vec![notice("mine")])).unwrap();
    assert_eq!((mine.own, mine.code.as_str()), (true, read_back_code(&list).as_str()));
    assert!(views.iter().any(|notice| !notice.own));
    assert!(rig.told.contains(&Told::Arrived(id("mine"))) && rig.told.contains(&Told::Arrived(id("a"))));
    assert_eq!(rig.lookout.own_source(), OwnNotices::Confirmed(rig.now.wall));
    // Asked again once a look, and answered by 304.
    let told = rig.told.len();
    rig.pass(Duration::from_secs(3600));
    assert!((3..=5).contains(&(rig.own_asked() - 1)), "{}", rig.own_asked());
    let last = rig.web.asked.last().expect("asked");
    assert!(last.headers.contains(&("If-None-Match", "\"own 1\"".to_owned())), "{last:?}");
    assert!(matches!(rig.lookout.own_source(), OwnNotices::Confirmed(at) if at > NOON));
    assert_eq!(rig.told.len(), told, "once told is enough");
}

#[test]
fn a_provider_without_such_lists_is_never_asked_for_one() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    rig.pass(DAY);
    assert_eq!((rig.own_asked(), rig.lookout.own_source()), (0, OwnNotices::NotOffered));
}

#[test]
fn a_provider_may_publish_to_single_accounts_alone() {
    let mut rig = Rig::with_own(Vec::new(), vec![notice("mine")]);
    rig.provider.discovery = json!({ "endpoints": { "roots": "/sasa/roots", "notices_me": "/sasa/notices/me" } });
    rig.web.discovery(&rig.provider.discovery());
    rig.look();
    assert_eq!(rig.only().id.0, "mine");
    rig.pass(Duration::from_secs(3600));
    assert!(rig.own_asked() >= 4, "{}", rig.own_asked());
}

/// A rig that believes list 5 to itself; then `attack` gives out something else, and nothing of it is taken.
fn nothing_changes(name: &str, attack: impl FnOnce(&mut Rig)) {
    let mut rig = Rig::with_own(vec![notice("a")], Vec::new());
    rig.web.publish_own(&rig.provider, &own_index(5, vec![notice("mine")]));
    rig.look();
    let state = |rig: &Rig| {
        let kept = rig.lookout.kept();
        // When everybody's list was confirmed and what was heard of the time may change: it is genuine.
        let kept = Kept { heard: None, confirmed: None, pin: None, ..kept.clone() };
        (kept, rig.views(), rig.told.len())
    };
    let before = state(&rig);
    rig.now = rig.now.later(MINUTE);
    attack(&mut rig);
    rig.look();
    assert_eq!(trouble(&rig), Some(OwnTrouble::NotBelieved), "{name}");
    rig.pass(10 * MINUTE);
    assert_eq!(state(&rig), before, "{name}");
    assert!(matches!(rig.source(), NoticeSource::Confirmed(_)), "{name}");
    assert!(rig.origins().iter().all(|origin| origin == ISSUER || origin == "https://voip.example"), "{name}");
}

fn give(rig: &mut Rig, list: &Value) {
    let bytes = serde_json::to_vec(list).unwrap();
    let signature = sign(&rig.provider.notices, &bytes);
    rig.web.give_out(&bytes, &signature, "\"attack\"");
}

#[test]
fn the_list_of_another_account_or_of_everybody_changes_nothing() {
    for account in ["bert@voip.example", "anna@other.example", "Anna@voip.example", "anna"] {
        nothing_changes(account, |rig| {
            give(rig, &with(own_index(6, vec![notice("b")]), json!({ "account": account })));
        });
    }
    nothing_changes("everybody's", |rig| give(rig, &index(6, vec![notice("b")])));
    nothing_changes("no account", |rig| give(rig, &with(own_index(6, vec![notice("b")]), json!({ "account": null }))));
}

#[test]
fn the_list_of_one_account_is_not_everybody_s() {
    let mut rig = Rig::with_own(vec![notice("a")], Vec::new());
    rig.look();
    let before = rig.views();
    // Whoever has a list of their own puts it where everybody's is: it is well signed, and newer.
    rig.web.publish(&rig.provider, &own_index(9, vec![notice("mine")]));
    rig.look();
    assert_eq!((rig.views(), rig.lookout.kept().list.as_ref().unwrap().seq), (before, 1));
}

#[test]
fn what_is_forged_replayed_rolled_back_expired_or_too_long_lived_changes_nothing() {
    let good = || own_index(6, vec![notice("b")]);
    nothing_changes("another key", |rig| {
        let bytes = serde_json::to_vec(&good()).unwrap();
        rig.web.give_out(&bytes, &sign(&key(), &bytes), "\"x\"");
    });
    nothing_changes("one byte more", |rig| {
        let bytes = serde_json::to_vec(&good()).unwrap();
        let signature = sign(&rig.provider.notices, &bytes);
        rig.web.give_out(&[&bytes[..], b" "].concat(), &signature, "\"x\"");
    });
    nothing_changes("no signature", |rig| rig.web.give_out(&serde_json::to_vec(&good()).unwrap(), "", "\"x\""));
    nothing_changes("older", |rig| give(rig, &own_index(4, vec![notice("old")])));
    nothing_changes("the same number with another content", |rig| give(rig, &own_index(5, vec![notice("twin")])));
    nothing_changes("another issuer", |rig| {
        give(rig, &with(good(), json!({ "issuer": "https://account.other.example" })));
    });
    nothing_changes("expired", |rig| {
        give(rig, &with(good(), json!({ "expires": at(Duration::from_secs(30)) })));
    });
    nothing_changes("good for a year", |rig| give(rig, &with(good(), json!({ "expires": at(365 * DAY) }))));
    nothing_changes("no list", |rig| give(rig, &json!({ "hello": "world", "account": "anna@voip.example" })));
    nothing_changes("too many", |rig| {
        give(rig, &own_index(6, (0..65).map(|n| notice(&format!("n{n}"))).collect()));
    });
}

#[test]
fn answers_that_are_no_list_change_nothing_and_are_said_in_the_details() {
    let long = answer(200, "x".repeat(300_000).as_bytes(), None);
    let gone = Outcome::Failed(HttpError::NotSent(NetError::Refused));
    for (name, outcome, why) in [
        ("not found", answer(404, b"{}", None), OwnTrouble::Gone),
        ("not implemented", answer(501, b"{}", None), OwnTrouble::Gone),
        ("unauthorized", answer(401, b"{}", None), OwnTrouble::Refused),
        ("forbidden", answer(403, b"{}", None), OwnTrouble::Refused),
        ("redirected", Outcome::Failed(HttpError::Redirected(302)), OwnTrouble::Unreadable),
        ("HTML", Outcome::Failed(HttpError::WrongType(200)), OwnTrouble::Unreadable),
        ("too long", long, OwnTrouble::Unreadable),
        ("no envelope", answer(200, b"{}", None), OwnTrouble::Unreadable),
        ("not base64", answer(200, b"{\"signed\":\"!\",\"sig\":\"\"}", None), OwnTrouble::Unreadable),
        ("nobody", gone, OwnTrouble::Unreachable),
        ("broken", answer(500, b"{}", None), OwnTrouble::Unreachable),
    ] {
        let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
        rig.look();
        let (before, confirmed) = (rig.views(), rig.lookout.kept().own_confirmed);
        rig.now = rig.now.later(MINUTE);
        rig.web.put(format!("{ISSUER}/sasa/notices/me"), outcome);
        rig.look();
        assert_eq!(trouble(&rig), Some(why), "{name}");
        assert_eq!((rig.views(), rig.lookout.kept().own_confirmed), (before, confirmed), "{name}");
        assert_eq!(rig.source(), NoticeSource::Confirmed(rig.now.wall), "{name}: everybody's list is confirmed");
        assert_eq!(rig.origins(), ["https://voip.example", ISSUER], "{name}");
    }
}

#[test]
fn nothing_to_say_to_this_line_is_no_trouble() {
    let mut rig = Rig::with_own(vec![notice("a")], Vec::new());
    rig.web.put(format!("{ISSUER}/sasa/notices/me"), answer(404, b"{}", None));
    rig.look();
    assert_eq!(rig.lookout.own_source(), OwnNotices::None(rig.now.wall));
    assert!(matches!(rig.source(), NoticeSource::Confirmed(_)));
}

#[test]
fn a_proof_that_is_refused_is_not_tried_again_before_there_is_a_new_password_or_the_person_asks() {
    let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
    rig.proof = Proof::Refused;
    rig.look();
    assert_eq!(trouble(&rig), Some(OwnTrouble::Refused));
    rig.proof = Proof::Good;
    rig.pass(DAY);
    rig.lookout.own_can_be_asked(rig.now, false);
    rig.settle();
    assert_eq!(rig.own_asked(), 0, "each attempt counts against the line");
    rig.lookout.own_can_be_asked(rig.now, true);
    rig.settle();
    assert_eq!((rig.own_asked(), ids(&rig, NoticeState::Open).len()), (1, 2));
    rig.web.put(format!("{ISSUER}/sasa/notices/me"), answer(403, b"{}", None));
    rig.pass(DAY);
    let asked = rig.own_asked();
    rig.look();
    assert_eq!(rig.own_asked(), asked + 1, "the person asks");
}

#[test]
fn what_could_not_be_proven_is_asked_for_as_soon_as_it_can_be() {
    let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
    rig.proof = Proof::Impossible;
    rig.look();
    assert_eq!((ids(&rig, NoticeState::Open), rig.lookout.own_source()), (vec!["a".to_owned()], OwnNotices::NotAsked));
    rig.proof = Proof::Good;
    rig.lookout.own_can_be_asked(rig.now, false);
    rig.settle();
    assert_eq!(ids(&rig, NoticeState::Open), ["a", "mine"]);
    rig.lookout.own_can_be_asked(rig.now, false);
    rig.settle();
    assert_eq!(rig.own_asked(), 1, "a line that registers again asks nothing");
}

#[test]
fn a_busy_provider_is_left_alone_for_as_long_as_it_says_and_everybody_s_list_is_still_read() {
    let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
    let Outcome::Answer(mut busy) = answer(429, b"{}", None) else { panic!("an answer") };
    busy.retry_after = Some(Duration::from_secs(4 * 3600));
    rig.web.put(format!("{ISSUER}/sasa/notices/me"), Outcome::Answer(busy));
    rig.look();
    let everybody = rig.web.asked.len();
    rig.pass(3 * 60 * MINUTE);
    assert_eq!(rig.own_asked(), 1);
    assert!(rig.web.asked.len() > everybody + 6, "{}", rig.web.asked.len());
    rig.web.publish_own(&rig.provider, &own_index(2, vec![notice("mine")]));
    rig.pass(2 * 60 * MINUTE);
    assert_eq!(ids(&rig, NoticeState::Open), ["a", "mine"]);
}

#[test]
fn one_line_is_told_that_everybody_s_notice_does_not_concern_it() {
    // By a notice in its place …
    let instead = with(notice("mine"), json!({ "references": ["a"], "actions": [] }));
    let mut rig = Rig::with_own(vec![notice("a")], vec![instead]);
    rig.look();
    assert_eq!(
        (ids(&rig, NoticeState::Open), ids(&rig, NoticeState::Expired)),
        (vec!["mine".into()], vec!["a".into()])
    );
    assert_eq!(rig.lookout.demand(rig.now), None);
    // … by taking it back for this line …
    let back = with(notice("a"), json!({ "msgType": "Cancel", "revision": 2 }));
    rig.web.publish_own(&rig.provider, &own_index(2, vec![back]));
    rig.look();
    assert_eq!(ids(&rig, NoticeState::Withdrawn), ["a"]);
    let told = rig.told.iter().filter(|told| **told == Told::Withdrawn(id("a"))).count();
    rig.web.publish(&rig.provider, &index(2, vec![notice("a"), notice("c")]));
    rig.look();
    assert_eq!(rig.told.iter().filter(|told| **told == Told::Withdrawn(id("a"))).count(), told, "told once");
    assert_eq!(ids(&rig, NoticeState::Withdrawn), ["a"]);
    // … or in other words under the same id.
    let other = with(notice("c"), json!({ "revision": 7, "text": { "en": { "title": "To you", "body": "Well." } } }));
    rig.web.publish_own(&rig.provider, &own_index(3, vec![other]));
    rig.look();
    let shown = rig.views();
    let titles: Vec<&str> = shown.iter().filter(|it| it.id.0 == "c").map(|it| it.title.as_str()).collect();
    assert_eq!(titles, ["To you"]);
}

#[test]
fn both_lists_in_any_order_and_any_repetition_come_to_the_newest_of_each() {
    let everybody: Vec<Value> = (1..=4).map(|seq| index(seq, vec![notice("a"), notice(&format!("n{seq}"))])).collect();
    let own = |seq: u64| {
        let mine = with(notice("mine"), json!({ "revision": seq, "references": [format!("n{seq}")] }));
        own_index(seq, vec![mine, with(notice("a"), json!({ "msgType": if seq == 3 { "Cancel" } else { "Alert" } }))])
    };
    let own: Vec<Value> = (1..=4).map(own).collect();
    let end = |rig: &Rig| -> Vec<(String, NoticeState, u32)> {
        let mut all: Vec<_> = rig.views().into_iter().map(|it: NoticeView| (it.id.0, it.state, it.revision)).collect();
        // What is over was seen on the way, or not.
        all.retain(|(_, state, _)| *state != NoticeState::Expired);
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    };
    let mut straight = Rig::with_own(Vec::new(), Vec::new());
    straight.web.publish(&straight.provider, &everybody[3]);
    straight.web.publish_own(&straight.provider, &own[3]);
    straight.look();
    for seed in 0..40 {
        let mut dice = Entropy::from_number(seed);
        let mut rig = Rig::with_own(Vec::new(), Vec::new());
        rig.web.pages.remove(&format!("{ISSUER}/sasa/notices/me"));
        let mut order: Vec<usize> = (0..14).map(|_| dice.bits32() as usize % 8).collect();
        order.insert(dice.bits32() as usize % 14, 3);
        order.insert(dice.bits32() as usize % 14, 7);
        for step in &order {
            match step {
                0..4 => drop(rig.web.publish(&rig.provider, &everybody[*step])),
                _ => rig.web.publish_own(&rig.provider, &own[*step - 4]),
            }
            rig.look();
        }
        assert_eq!(end(&rig), end(&straight), "{order:?}");
        assert_eq!(rig.lookout.demand(rig.now), straight.lookout.demand(straight.now), "{order:?}");
    }
}

#[test]
fn a_young_key_can_only_advise_one_account_too_and_a_grown_one_can_ask_for_more() {
    let mut rig = Rig::with_own(Vec::new(), vec![notice("mine")]);
    rig.look();
    assert_eq!(rig.only().level, NoticeLevel::Advise);
    rig.pass(8 * DAY);
    // Both lists were signed anew meanwhile.
    let now = json!({ "issued": at(8 * DAY), "expires": at(14 * DAY) });
    rig.web.publish(&rig.provider, &with(index(2, Vec::new()), now.clone()));
    let later = with(notice("mine"), json!({ "sent": at(8 * DAY), "expires": at(13 * DAY), "revision": 2 }));
    rig.web.publish_own(&rig.provider, &with(own_index(2, vec![later]), now));
    rig.look();
    assert_eq!(rig.only().level, NoticeLevel::Require);
    assert_eq!(rig.lookout.demand(rig.now).and_then(|demand| demand.notice), Some(id("mine")));
    // Withheld for long enough, it forces nobody.
    rig.web.put(format!("{ISSUER}/sasa/notices/me"), answer(404, b"", None));
    rig.pass(7 * DAY);
    assert_eq!(rig.lookout.demand(rig.now), None);
}

#[test]
fn after_a_stolen_key_its_number_is_forgotten_for_one_account_too() {
    let mut rig = Rig::with_own(Vec::new(), Vec::new());
    rig.look();
    // The thief counts up to the end.
    rig.web.publish_own(&rig.provider, &own_index(u64::MAX, vec![notice("evil")]));
    rig.look();
    assert_eq!(rig.only().id.0, "evil");
    (rig.provider.notices, rig.provider.version) = (key(), 2);
    rig.web.discovery(&rig.provider.discovery());
    rig.web.publish_own(&rig.provider, &own_index(2, vec![notice("good")]));
    // Everybody's list has not changed: that the key is new, the one for this account has to find out.
    rig.look();
    assert_eq!(ids(&rig, NoticeState::Open), ["good"]);
    assert_eq!(rig.lookout.kept().own.as_ref().map(|list| list.seq), Some(2));
    // What the stolen key has signed counts no more.
    rig.web.give_out(b"{}", "", "\"x\"");
    rig.look();
    assert_eq!(ids(&rig, NoticeState::Open), ["good"]);
}

#[test]
fn what_was_believed_is_there_after_a_restart_and_no_older_list_is() {
    let mut rig = Rig::with_own(vec![notice("a")], Vec::new());
    rig.web.publish_own(&rig.provider, &own_index(5, vec![notice("mine")]));
    rig.look();
    rig.restart();
    assert_eq!(ids(&rig, NoticeState::Open), ["a", "mine"]);
    rig.web.publish_own(&rig.provider, &own_index(4, vec![notice("old")]));
    rig.look();
    assert_eq!(
        (trouble(&rig), ids(&rig, NoticeState::Open)),
        (Some(OwnTrouble::NotBelieved), vec!["a".into(), "mine".into()])
    );
}

#[test]
fn what_was_for_another_login_is_forgotten_with_its_number() {
    let mut rig = Rig::with_own(Vec::new(), Vec::new());
    rig.web.publish_own(&rig.provider, &own_index(9, vec![notice("mine")]));
    rig.look();
    rig.lookout.reads_as(rig.now, "bert@voip.example");
    assert_eq!(ids(&rig, NoticeState::Expired), ["mine"]);
    let bert = with(own_index(1, vec![notice("berts")]), json!({ "account": "bert@voip.example" }));
    rig.web.publish_own(&rig.provider, &bert);
    rig.look();
    assert_eq!(ids(&rig, NoticeState::Open), ["berts"]);
}

#[test]
fn a_list_that_contradicts_the_pin_is_asked_nothing() {
    let mut rig = Rig::with_own(vec![notice("a")], vec![notice("mine")]);
    rig.look();
    let asked = rig.own_asked();
    rig.provider.realm = "other".into();
    rig.web.discovery(&rig.provider.discovery());
    rig.pass(2 * DAY);
    assert!(matches!(rig.source(), NoticeSource::Mismatch(_)));
    let after = rig.own_asked();
    rig.pass(DAY);
    assert_eq!(rig.own_asked(), after, "nobody proves anything to whoever contradicts what was pinned ({asked})");
    assert!(rig.now.wall > WallTime(NOON.0));
}
