//! A provider that does what it should.

use std::time::Duration;

use ringfence::phone::notice::{Told, Why};
use ringfence::phone::view::{Certainty, NoticeAction, NoticeLevel, NoticeSource, NoticeState, PlanState};
use ringfence::provider_api::{NoticeId, read_back_code};
use serde_json::json;

use super::rig::{DAY, ISSUER, Rig, at, index, notice, with};

fn id(text: &str) -> NoticeId {
    NoticeId::parse(text).unwrap()
}

#[test]
fn the_first_look_pins_the_provider_and_shows_its_notices_as_advice() {
    let mut rig = Rig::new(vec![notice("a")]);
    assert_eq!(rig.source(), NoticeSource::Unknown);
    rig.look();
    assert_eq!(rig.origins(), ["https://voip.example", ISSUER]);
    let shown = rig.only();
    assert_eq!(
        (shown.title.as_str(), shown.signed_by.as_str()),
        ("Please change your password", "account.voip.example")
    );
    // The key was never seen before: it can advise, not force, nor ask for passwords that the phone does not change.
    assert_eq!(shown.level, NoticeLevel::Advise);
    assert_eq!(shown.actions, [NoticeAction::ChangeLinePassword, NoticeAction::ReviewDevices]);
    assert_eq!(shown.certainty, Certainty::NotConfirmed);
    assert_eq!(rig.told, [Told::Arrived(id("a"))]);
    assert_eq!(rig.source(), NoticeSource::Confirmed(rig.now.wall));
    assert_eq!(rig.lookout.pinned().unwrap().number("fraud"), Some("+44 20 7946 0999"));
}

#[test]
fn a_key_that_is_a_week_old_can_require() {
    let rig = Rig::grown(vec![with(notice("a"), json!({ "sent": at(8 * DAY), "expires": at(13 * DAY) }))]);
    let shown = rig.only();
    assert_eq!(shown.level, NoticeLevel::Require);
    assert!(shown.actions.contains(&NoticeAction::ChangeWebsitePassword));
    assert_eq!(rig.lookout.demand(rig.now).unwrap().notice, Some(id("a")));
}

#[test]
fn the_code_to_read_back_is_that_of_the_exact_bytes() {
    let mut rig = Rig::new(Vec::new());
    let bytes = rig.web.publish(&rig.provider, &index(7, vec![notice("a")]));
    rig.look();
    assert_eq!(rig.only().code, read_back_code(&bytes));
}

#[test]
fn what_has_not_changed_is_not_fetched_again_and_is_confirmed() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    let before = (rig.web.asked.len(), rig.views());
    rig.now = rig.now.later(Duration::from_secs(3600));
    rig.look();
    assert_eq!(rig.web.asked.len(), before.0 + 1, "one conditional request");
    assert_eq!(rig.web.asked.last().unwrap().headers, [("If-None-Match", "\"1\"".to_owned())]);
    assert_eq!(rig.views(), before.1);
    assert_eq!(rig.source(), NoticeSource::Confirmed(rig.now.wall));
    assert_eq!(rig.told.len(), 1);
}

#[test]
fn it_looks_every_quarter_of_an_hour_one_fifth_more_or_less() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.web.asked.clear();
    let mut last = rig.now.mono;
    for _ in 0..50 {
        let next = rig.lookout.next_timeout().unwrap();
        let wait = next.since(last).as_secs();
        assert!((720..=1080).contains(&wait), "{wait} s");
        rig.pass(next.since(rig.now.mono));
        last = rig.now.mono;
    }
    assert_eq!(rig.web.asked.len(), 50);
}

#[test]
fn discovery_is_asked_for_once_a_day() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.pass(5 * DAY);
    let looks = rig.web.asked.iter().filter(|request| request.path.as_str().starts_with("/.well-known")).count();
    assert!((5..=6).contains(&looks), "{looks}");
}

#[test]
fn a_refused_register_and_a_notify_make_it_look_at_most_once_a_minute() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.web.asked.clear();
    for why in [Why::Refused, Why::Hint, Why::Hint, Why::Refused] {
        rig.now = rig.now.later(Duration::from_secs(10));
        rig.lookout.look(rig.now, why);
        rig.settle();
    }
    assert_eq!(rig.web.asked.len(), 1);
    rig.now = rig.now.later(Duration::from_secs(60));
    rig.lookout.look(rig.now, Why::Hint);
    rig.settle();
    assert_eq!(rig.web.asked.len(), 2);
}

#[test]
fn a_provider_without_the_api_is_asked_again_the_next_day() {
    let mut rig = Rig::new(Vec::new());
    rig.web.pages.clear();
    rig.web.put("https://voip.example/.well-known/sip-account-security", super::rig::answer(404, b"", None));
    rig.look();
    assert_eq!(rig.source(), NoticeSource::None);
    assert!(rig.lookout.pinned().is_none());
    rig.web.asked.clear();
    rig.pass(Duration::from_secs(19 * 3600));
    assert_eq!(rig.web.asked.len(), 0);
    rig.pass(Duration::from_secs(10 * 3600));
    assert_eq!(rig.web.asked.len(), 1);
}

#[test]
fn a_new_revision_is_told_once_and_the_progress_of_the_plan_is_news() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    assert!(rig.only().plan.iter().all(|point| !point.news));
    let moved = with(
        notice("a"),
        json!({ "plan": [{ "n": 1, "text": { "en": "Bar calls abroad" }, "status": "done" },
                         { "n": 2, "text": { "en": "Change all passwords" }, "status": "in_progress" }] }),
    );
    rig.web.publish(&rig.provider, &index(2, vec![moved.clone()]));
    rig.look();
    assert_eq!(rig.told.last(), Some(&Told::PlanMoved(id("a"))));
    let plan = rig.only().plan;
    assert_eq!((plan[0].news, plan[1].news, plan[1].state), (false, true, PlanState::Doing));
    rig.web.publish(&rig.provider, &index(3, vec![with(moved, json!({ "revision": 2 }))]));
    rig.look();
    assert_eq!(rig.told, [Told::Arrived(id("a")), Told::PlanMoved(id("a")), Told::Arrived(id("a"))]);
    rig.look();
    assert_eq!(rig.told.len(), 3, "the same list again is no news");
}

#[test]
fn what_is_taken_back_replaced_or_gone_stays_readable() {
    let mut rig = Rig::new(vec![notice("a"), notice("b"), notice("c")]);
    rig.look();
    let cancel = json!({ "id": "a", "msgType": "Cancel", "sent": at(DAY / 24), "expires": at(DAY),
                         "text": { "en": { "title": "Taken back", "body": "" } } });
    let update = with(notice("d"), json!({ "msgType": "Update", "references": ["b"] }));
    rig.web.publish(&rig.provider, &index(2, vec![cancel, update]));
    rig.look();
    let state = |wanted: &str| rig.views().into_iter().find(|it| it.id.0 == wanted).map(|it| (it.state, it.title));
    assert_eq!(state("a"), Some((NoticeState::Withdrawn, "Please change your password".into())));
    assert_eq!(state("b").unwrap().0, NoticeState::Expired);
    assert_eq!(state("c").unwrap().0, NoticeState::Expired);
    assert_eq!(state("d").unwrap().0, NoticeState::Open);
    assert!(rig.told.contains(&Told::Withdrawn(id("a"))));
}

#[test]
fn a_notice_for_other_domains_is_not_ours() {
    let theirs = with(notice("a"), json!({ "audience": { "all": false, "sip_domains": ["other.example"] } }));
    let mut rig = Rig::new(vec![theirs]);
    rig.look();
    assert_eq!(rig.views(), []);
}

#[test]
fn unknown_words_degrade_and_unknown_members_are_ignored() {
    let odd = with(
        notice("a"),
        json!({ "actions": ["change_sip_password", "send_money"], "enforcement": { "level": "annihilate" },
                "severity": "Apocalyptic", "msgType": "Poem", "later": { "deep": [1, 2, 3] } }),
    );
    let rig = Rig::grown(vec![with(odd, json!({ "sent": at(8 * DAY), "expires": at(13 * DAY) }))]);
    let shown = rig.only();
    assert_eq!(shown.actions, [NoticeAction::ChangeLinePassword, NoticeAction::AskProvider]);
    assert_eq!(shown.level, NoticeLevel::Advise);
}

#[test]
fn everything_survives_a_restart() {
    let mut rig = Rig::new(vec![notice("a")]);
    rig.look();
    let before = (rig.views(), rig.source(), rig.lookout.pinned().cloned());
    rig.restart();
    assert_eq!((rig.views(), rig.source(), rig.lookout.pinned().cloned()), before);
    rig.look();
    assert_eq!(rig.told.len(), 1, "it is not new a second time");
}

#[test]
fn a_server_that_asks_for_patience_gets_it() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    let busy = ringfence::port::http::Answer {
        status: 503,
        retry_after: Some(Duration::from_secs(7200)),
        ..Default::default()
    };
    rig.web.put(format!("{ISSUER}/sasa/notices.json"), ringfence::port::http::Outcome::Answer(busy));
    rig.look();
    rig.web.asked.clear();
    rig.pass(Duration::from_secs(7199));
    assert_eq!(rig.web.asked.len(), 0);
    rig.pass(Duration::from_secs(2));
    assert_eq!(rig.web.asked.len(), 1);
}

#[test]
fn what_is_published_while_it_looks_is_seen_at_once_and_not_a_quarter_of_an_hour_later() {
    let mut rig = Rig::new(Vec::new());
    rig.look();
    rig.lookout.look(rig.now, Why::Asked);
    // The first answer is on its way when the next list comes out, and somebody asks again.
    let asked = rig.answer_one();
    rig.web.publish(&rig.provider, &index(2, vec![notice("a")]));
    rig.lookout.look(rig.now, Why::Asked);
    asked(&mut rig);
    rig.settle();
    assert_eq!(rig.only().id.0, "a");
}
