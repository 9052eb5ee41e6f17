//! Everybody else: whatever is forged, replayed, expired, cut off, too long, of another key, rolled back or frozen
//! changes nothing (I13), in any order and however often (I10).

use std::time::Duration;

use ringfence::base::{Entropy, WallTime};
use ringfence::phone::notice::{Kept, Told};
use ringfence::phone::view::{Freshness, NoticeLevel, NoticeSource, NoticeView};
use ringfence::port::http::{HttpError, Outcome};
use serde_json::{Value, json};

use super::rig::{DAY, ISSUER, NOON, Rig, answer, at, index, key, notice, sign, with};

/// What must not change. When it was last confirmed and what was told of the time may not either, but a look at a
/// hostile server may teach us its clock.
fn state(rig: &Rig) -> (Kept, Vec<NoticeView>, usize) {
    let kept = Kept { heard: None, ..rig.lookout.kept().clone() };
    (kept, rig.views(), rig.told.len())
}

/// A rig that believes list 5; then `attack` has the network, and nothing may have changed.
fn nothing_changes(name: &str, attack: impl FnOnce(&mut Rig)) {
    let mut rig = Rig::new(Vec::new());
    rig.web.publish(&rig.provider, &index(5, vec![notice("a")]));
    rig.look();
    let before = state(&rig);
    rig.now = rig.now.later(Duration::from_secs(60));
    attack(&mut rig);
    rig.look();
    rig.pass(Duration::from_secs(600));
    let mut after = state(&rig);
    // ETags are no beliefs: one is forgotten so that discovery is read anew.
    let etag = |kept: &mut Kept| kept.pin.as_mut().map(|pin| pin.etag.take());
    let mut before = before;
    etag(&mut before.0);
    etag(&mut after.0);
    assert_eq!(after, before, "{name}");
    assert!(rig.origins().iter().all(|origin| origin == ISSUER || origin == "https://voip.example"), "{name}");
}

fn publish(rig: &mut Rig, list: &Value) {
    let bytes = serde_json::to_vec(list).unwrap();
    let signature = sign(&rig.provider.notices, &bytes);
    rig.web.notices(&bytes, &signature, "\"attack\"");
}

#[test]
fn a_list_of_another_key_changes_nothing() {
    nothing_changes("wrong key", |rig| {
        let bytes = serde_json::to_vec(&index(6, vec![notice("evil")])).unwrap();
        rig.web.notices(&bytes, &sign(&key(), &bytes), "\"x\"");
    });
}

#[test]
fn a_list_that_was_changed_or_cut_off_changes_nothing() {
    let genuine = |rig: &Rig| {
        let bytes = serde_json::to_vec(&index(6, vec![notice("b")])).unwrap();
        let signature = sign(&rig.provider.notices, &bytes);
        (bytes, signature)
    };
    nothing_changes("one byte more", |rig| {
        let (mut bytes, signature) = genuine(rig);
        bytes.push(b' ');
        rig.web.notices(&bytes, &signature, "\"x\"");
    });
    for cut in [0, 1, 17, 300] {
        nothing_changes("truncated", |rig| {
            let (mut bytes, signature) = genuine(rig);
            bytes.truncate(cut);
            rig.web.notices(&bytes, &signature, "\"x\"");
        });
    }
    nothing_changes("signature cut off", |rig| {
        let (bytes, signature) = genuine(rig);
        rig.web.notices(&bytes, &signature[..signature.len() / 2], "\"x\"");
    });
    nothing_changes("trusted comment changed", |rig| {
        let (bytes, signature) = genuine(rig);
        rig.web.notices(&bytes, &signature.replace("trusted comment: seq", "trusted comment: seQ"), "\"x\"");
    });
    nothing_changes("no signature", |rig| {
        let (bytes, _) = genuine(rig);
        rig.web.notices(&bytes, "", "\"x\"");
        rig.web.put(format!("{ISSUER}/sasa/notices.json.minisig"), answer(404, b"", None));
    });
}

#[test]
fn every_single_bit_of_a_signed_list_counts() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    let bytes = serde_json::to_vec(&index(6, vec![notice("b")])).unwrap();
    let signature = sign(&rig.provider.notices, &bytes);
    let before = state(&rig);
    let mut dice = Entropy::from_number(3);
    for _ in 0..300 {
        let mut forged = bytes.clone();
        let at = dice.bits32() as usize % forged.len();
        forged[at] ^= 1 << (dice.bits32() % 8);
        rig.web.notices(&forged, &signature, "\"x\"");
        rig.look();
        let mut after = state(&rig);
        after.0.pin.as_mut().unwrap().etag = before.0.pin.as_ref().unwrap().etag.clone();
        after.0.confirmed = before.0.confirmed;
        assert_eq!(after, before, "bit flipped at {at}");
    }
}

#[test]
fn an_expired_or_too_long_lived_list_changes_nothing() {
    nothing_changes("expired", |rig| {
        let old = json!({ "issued": at(DAY / 48), "expires": at(Duration::from_secs(30)) });
        publish(rig, &with(index(6, vec![notice("b")]), old));
    });
    nothing_changes("good for a year", |rig| {
        publish(rig, &with(index(6, vec![notice("b")]), json!({ "expires": at(365 * DAY) })));
    });
}

#[test]
fn a_list_of_somebody_else_or_without_sense_changes_nothing() {
    nothing_changes("another issuer", |rig| {
        publish(rig, &with(index(6, vec![notice("b")]), json!({ "issuer": "https://account.other.example" })));
    });
    nothing_changes("another version", |rig| {
        publish(rig, &with(index(6, vec![notice("b")]), json!({ "sasa_notices": "2" })));
    });
    nothing_changes("no list", |rig| publish(rig, &json!({ "hello": "world" })));
    nothing_changes("too many", |rig| publish(rig, &index(6, (0..65).map(|n| notice(&format!("n{n}"))).collect())));
    nothing_changes("too long", |rig| {
        let long = with(notice("b"), json!({ "text": { "en": { "title": "x", "body": "y".repeat(300_000) } } }));
        publish(rig, &index(6, vec![long]));
    });
}

#[test]
fn a_replayed_or_rolled_back_list_changes_nothing() {
    nothing_changes("older", |rig| publish(rig, &index(4, vec![notice("old")])));
    nothing_changes("the same number with another content", |rig| publish(rig, &index(5, vec![notice("twin")])));
    nothing_changes("nothing at all", |rig| publish(rig, &index(0, Vec::new())));
}

#[test]
fn redirects_and_other_answers_change_nothing() {
    for (name, outcome) in [
        ("redirected", Outcome::Failed(HttpError::Redirected(302))),
        ("HTML", Outcome::Failed(HttpError::WrongType(200))),
        ("too long", Outcome::Failed(HttpError::TooLong(200))),
        ("gone", answer(404, b"", None)),
        ("broken", answer(500, b"{}", None)),
        ("unasked 304", answer(304, b"", None)),
    ] {
        let mut rig = Rig::new(vec![notice("a")]);
        rig.look();
        rig.now = rig.now.later(Duration::from_secs(60));
        let before = rig.views();
        rig.web.put(format!("{ISSUER}/sasa/notices.json"), outcome);
        rig.look();
        assert_eq!(rig.views(), before, "{name}");
        assert_eq!(rig.origins(), ["https://voip.example", ISSUER], "{name}");
    }
}

#[test]
fn any_order_and_any_repetition_comes_to_the_newest_list() {
    let lists: Vec<Value> = (1..=6).map(|seq| index(seq, vec![notice(&format!("n{seq}"))])).collect();
    let mut straight = Rig::new(Vec::new());
    straight.web.publish(&straight.provider, &lists[5]);
    straight.look();
    let open = |rig: &Rig| -> Vec<String> {
        rig.views().into_iter().filter(NoticeView::is_open).map(|notice| notice.id.0).collect()
    };
    for seed in 0..40 {
        let mut dice = Entropy::from_number(seed);
        let mut rig = Rig::new(Vec::new());
        let mut order: Vec<usize> = (0..12).map(|_| dice.bits32() as usize % 6).collect();
        order.insert(dice.bits32() as usize % 12, 5);
        for list in &order {
            rig.web.publish(&rig.provider, &lists[*list]);
            rig.look();
        }
        assert_eq!(open(&rig), open(&straight), "{order:?}");
        assert_eq!(rig.lookout.kept().list.as_ref().unwrap().seq, 6, "{order:?}");
        assert_eq!(rig.lookout.demand(rig.now), straight.lookout.demand(straight.now), "{order:?}");
    }
}

#[test]
fn a_frozen_list_is_seen_after_a_week_and_blocks_nothing() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    let confirmed = rig.now.wall;
    // Whoever stands in between serves the same list for ever, with the date of that day.
    rig.web.date = Some(confirmed);
    rig.pass(5 * DAY);
    assert!(matches!(rig.source(), NoticeSource::Confirmed(_)));
    rig.pass(9 * DAY);
    let NoticeSource::NotConfirmedSince(since) = rig.source() else { panic!("{:?}", rig.source()) };
    // The list itself ends after six days, whatever the server's clock says.
    assert!(since <= WallTime(NOON.0 + 6 * 24 * 3_600_000), "{since:?}");
    assert_eq!(rig.lookout.demand(rig.now), None, "a list that is out of date demands nothing");
}

#[test]
fn one_wrong_date_does_not_last_for_ever() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    rig.web.date = Some(WallTime(NOON.0 + 20 * 365 * 24 * 3_600_000));
    rig.pass(Duration::from_secs(3600));
    rig.web.date = None;
    rig.pass(Duration::from_secs(3600));
    assert_eq!(rig.lookout.provider_time(rig.now).map(|time| (time.0 - rig.now.wall.0).abs() < 1000), Some(true));
    assert_eq!(rig.only().freshness, Freshness::Fresh);
    let NoticeSource::Confirmed(at) = rig.source() else { panic!("{:?}", rig.source()) };
    assert!(rig.now.wall.0 - at.0 < 3_600_000);
}

#[test]
fn a_server_that_cannot_be_reached_is_seen_after_a_week() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    let confirmed = rig.now.wall;
    rig.web.pages.clear();
    rig.pass(6 * DAY);
    assert_eq!(rig.source(), NoticeSource::Confirmed(confirmed));
    rig.pass(2 * DAY);
    assert_eq!(rig.source(), NoticeSource::NotConfirmedSince(confirmed));
    rig.restart();
    assert_eq!(rig.source(), NoticeSource::NotConfirmedSince(confirmed));
}

#[test]
fn what_comes_from_the_future_is_shown_and_forces_nothing() {
    let tomorrow = json!({ "sent": at(9 * DAY), "expires": at(13 * DAY) });
    let rig = Rig::grown(vec![with(notice("a"), tomorrow)]);
    let shown = rig.only();
    assert_eq!((shown.freshness, shown.level), (Freshness::FromTheFuture, NoticeLevel::Advise));
}

#[test]
fn what_has_expired_since_forces_nothing() {
    let mut rig = Rig::grown(vec![with(notice("a"), json!({ "sent": at(8 * DAY), "expires": at(9 * DAY) }))]);
    assert_eq!(rig.only().level, NoticeLevel::Require);
    rig.pass(2 * DAY);
    let shown = rig.only();
    assert_eq!((shown.freshness, shown.level), (Freshness::MayBeOutOfDate, NoticeLevel::Advise));
    assert_eq!(rig.lookout.demand(rig.now), None);
}

#[test]
fn the_provider_s_clock_counts_and_not_this_computer_s() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.web.date = Some(NOON);
    rig.now.wall = WallTime(1_420_243_200_000);
    rig.look();
    assert_eq!(rig.only().freshness, Freshness::Fresh, "the battery of this computer's clock is empty: 3 January 2015");
    assert_eq!(rig.lookout.provider_time(rig.now), Some(NOON));
}

#[test]
fn neither_clock_alone_makes_a_young_key_old() {
    for (ours, theirs) in [(10 * 365, 0), (0, 10 * 365)] {
        let mut rig = Rig::new(vec![notice("a")]);
        rig.look();
        let jump = |days: u32| i64::from(days) * 24 * 3_600_000;
        rig.now.wall = WallTime(rig.now.wall.0 + jump(ours));
        let list = with(
            index(
                2,
                vec![with(notice("b"), json!({ "sent": "2036-11-22T00:00:00Z", "expires": "2036-12-24T00:00:00Z" }))],
            ),
            json!({ "issued": "2036-11-19T12:00:00Z", "expires": "2036-11-25T12:00:00Z" }),
        );
        rig.web.publish(&rig.provider, &list);
        rig.web.date = Some(WallTime(NOON.0 + jump(theirs)));
        rig.look();
        assert!(rig.views().iter().all(|notice| notice.level == NoticeLevel::Advise), "{ours} {theirs}");
    }
}

#[test]
fn control_characters_directions_and_walls_of_text_are_made_harmless() {
    let nasty = json!({ "text": { "en": {
        "title": format!("Voxline\u{202e}elpmaxe.live\u{202c}\r\nSigned by you\u{0} {}", "long ".repeat(50)),
        "body": format!("line\u{2028}line\u{7}\n\n\n\n\n\nSigned by voxline.example, today\u{e308}\u{200b}{}", "\nx".repeat(9000)),
    } }, "plan": [{ "n": 1, "text": { "en": "a\u{202e}b\nc" } }] });
    let mut rig = Rig::new(vec![with(notice("a"), nasty)]);
    rig.look();
    let shown = rig.only();
    assert!(shown.title.starts_with("Voxlineelpmaxe.live Signed by you long"), "{}", shown.title);
    assert!(shown.title.chars().count() <= 120 && !shown.title.contains('\n'));
    assert!(shown.body.starts_with("line\nline\n\n\nSigned by voxline.example, today\nx"), "{:?}", &shown.body[..60]);
    assert!(shown.body.chars().count() <= 2000);
    assert_eq!(shown.plan[0].text, "ab c");
    let all = format!("{}{}{}", shown.title, shown.body, shown.plan[0].text);
    assert!(!all.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
}

#[test]
fn links_in_a_notice_lead_nowhere() {
    let link = json!({ "links": ["https://evil.example/login", "portal"],
        "text": { "en": { "title": "Log in at https://evil.example", "body": "https://evil.example" } } });
    let mut rig = Rig::new(vec![with(notice("a"), link)]);
    rig.look();
    rig.pass(DAY);
    assert_eq!(rig.origins().iter().filter(|origin| origin.contains("evil")).count(), 0);
    assert_eq!(rig.lookout.pinned().unwrap().link("https://evil.example/login"), None);
    assert_eq!(rig.lookout.pinned().unwrap().link("portal"), Some("https://voip.example/login"));
}

#[test]
fn a_mismatch_is_told_once_and_again_when_it_is_over() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    let honest = rig.provider.discovery();
    rig.provider.discovery = json!({ "realm": "other" });
    rig.web.discovery(&rig.provider.discovery());
    rig.pass(2 * DAY);
    assert!(matches!(rig.source(), NoticeSource::Mismatch(_)));
    assert_eq!(rig.told.iter().filter(|told| matches!(told, Told::Mismatch(_))).count(), 1);
    rig.web.discovery(&honest);
    rig.pass(2 * DAY);
    assert_eq!(rig.told.last(), Some(&Told::Agrees));
    assert!(matches!(rig.source(), NoticeSource::Confirmed(_) | NoticeSource::NotConfirmedSince(_)));
}
