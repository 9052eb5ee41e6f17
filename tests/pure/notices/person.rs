//! What a person does with notices, and when they are satisfied.

use std::time::Duration;

use ringfence::base::WallTime;
use ringfence::phone::command::NoticeCommand;
use ringfence::phone::notice::Told;
use ringfence::phone::notice::pin::Trust;
use ringfence::phone::view::{NoticeId, NoticeLevel, NoticeState};
use serde_json::json;

use super::rig::{DAY, Provider, Rig, at, index, notice, with};

fn named(id: &str) -> NoticeId {
    NoticeId(id.into())
}

/// The password change alone is asked for, and the key is trusted at once (as the demo's is).
fn required() -> Rig {
    let only = with(notice("a"), json!({ "actions": ["change_sip_password"] }));
    let mut rig = Rig::with(Provider::new(), vec![only], Default::default(), Trust::BuiltIn);
    rig.look();
    assert_eq!(rig.only().level, NoticeLevel::Require);
    rig
}

fn later(rig: &Rig, by: Duration) -> WallTime {
    rig.now.later(by).wall
}

#[test]
fn not_now_exists_until_the_deadline() {
    let mut rig = required();
    let tomorrow = later(&rig, DAY);
    assert!(rig.lookout.command(rig.now, &NoticeCommand::Snooze(named("a"), tomorrow)));
    assert_eq!(rig.only().state, NoticeState::Snoozed(tomorrow));
    assert!(!rig.only().is_open());
    let after = later(&rig, 4 * DAY);
    assert!(!rig.lookout.command(rig.now, &NoticeCommand::Snooze(named("a"), after)), "beyond the deadline");
    rig.pass(DAY + Duration::from_secs(1));
    assert!(rig.only().is_open(), "the banner returns");
    rig.pass(2 * DAY);
    let soon = later(&rig, Duration::from_secs(60));
    assert!(!rig.lookout.command(rig.now, &NoticeCommand::Snooze(named("a"), soon)), "after the deadline");
}

#[test]
fn the_banner_returns_by_a_timer_and_not_only_at_the_next_look() {
    let mut rig = required();
    rig.web.pages.clear();
    let soon = later(&rig, Duration::from_secs(90));
    assert!(rig.lookout.command(rig.now, &NoticeCommand::Snooze(named("a"), soon)));
    let wakes = rig.lookout.next_timeout().unwrap();
    assert!(wakes.since(rig.now.mono) <= Duration::from_secs(91));
}

#[test]
fn being_done_needs_a_new_password_where_one_is_required() {
    let mut rig = required();
    assert!(!rig.lookout.command(rig.now, &NoticeCommand::Done(named("a"))));
    assert!(rig.lookout.demand(rig.now).is_some());
    rig.now = rig.now.later(Duration::from_secs(60));
    rig.lookout.credential_changed(rig.now, Some(18));
    rig.settle();
    assert_eq!(rig.only().state, NoticeState::Done);
    assert_eq!(rig.lookout.demand(rig.now), None);
    assert!(matches!(rig.told.last(), Some(Told::Done(_))));
}

#[test]
fn a_password_that_was_changed_after_the_breach_is_not_asked_for_again() {
    let mut rig = Rig::with(Provider::new(), Vec::new(), Default::default(), Trust::BuiltIn);
    rig.look();
    rig.lookout.credential_changed(rig.now, None);
    let breach = with(
        notice("a"),
        json!({ "actions": ["change_sip_password"], "sent": at(DAY / 24),
                                           "credential_changed_before": at(Duration::ZERO) }),
    );
    rig.web.publish(&rig.provider, &index(2, vec![breach]));
    rig.now = rig.now.later(DAY / 12);
    rig.look();
    assert_eq!(rig.only().state, NoticeState::Done);
    assert_eq!(rig.lookout.demand(rig.now), None);
}

#[test]
fn a_generation_satisfies_where_the_notice_names_one() {
    let by_generation = json!({ "actions": ["change_sip_password"],
        "enforcement": { "level": "require", "satisfied_by_generation_after": 17 } });
    let mut rig =
        Rig::with(Provider::new(), vec![with(notice("a"), by_generation)], Default::default(), Trust::BuiltIn);
    rig.look();
    rig.lookout.generation(rig.now, 17, None);
    assert!(rig.lookout.demand(rig.now).is_some());
    rig.lookout.generation(rig.now, 18, None);
    assert_eq!(rig.lookout.demand(rig.now), None);
}

#[test]
fn a_change_made_here_is_the_next_generation_until_the_provider_tells_more() {
    let by_generation = json!({ "actions": ["change_sip_password"],
        "enforcement": { "level": "require", "satisfied_by_generation_after": 17 } });
    let list = vec![with(notice("a"), by_generation.clone())];
    let mut rig = Rig::with(Provider::new(), list, Default::default(), Trust::BuiltIn);
    rig.look();
    rig.lookout.generation(rig.now, 17, None);
    rig.now = rig.now.later(Duration::from_secs(60));
    rig.lookout.credential_changed(rig.now, None);
    rig.settle();
    assert_eq!((rig.only().state, rig.lookout.demand(rig.now)), (NoticeState::Done, None));
    // The next revision of the same notice, sent after the change, asks for nothing more.
    let revised = with(with(notice("a"), by_generation), json!({ "revision": 2, "sent": at(DAY / 24) }));
    rig.web.publish(&rig.provider, &index(2, vec![revised]));
    rig.now = rig.now.later(DAY / 12);
    rig.look();
    assert_eq!(rig.only().state, NoticeState::Done);
    // But one that names a later generation does.
    let later = json!({ "actions": ["change_sip_password"], "revision": 3,
        "enforcement": { "level": "require", "satisfied_by_generation_after": 18 } });
    rig.web.publish(&rig.provider, &index(3, vec![with(notice("a"), later)]));
    rig.now = rig.now.later(DAY / 12);
    rig.look();
    assert_eq!(rig.only().state, NoticeState::Open);
}

#[test]
fn what_is_asked_beside_the_line_password_is_the_person_s_word() {
    let mut rig = Rig::with(Provider::new(), vec![notice("a")], Default::default(), Trust::BuiltIn);
    rig.look();
    rig.lookout.credential_changed(rig.now, None);
    assert_eq!(rig.only().state, NoticeState::Open, "the website password is still asked for");
    assert!(rig.lookout.command(rig.now, &NoticeCommand::Done(named("a"))));
    assert_eq!(rig.only().state, NoticeState::Done);
    // A revision that asks for more is not done.
    let more = json!({ "revision": 2, "actions": ["change_sip_password", "change_portal_password", "review_sessions",
                                                  "change_voicemail_pin"] });
    rig.web.publish(&rig.provider, &index(2, vec![with(notice("a"), more)]));
    rig.look();
    assert_eq!(rig.only().state, NoticeState::Open);
}

#[test]
fn a_revision_is_announced_once_also_after_a_restart() {
    let mut rig = required();
    assert!(!rig.only().announced);
    assert!(rig.lookout.command(rig.now, &NoticeCommand::Announced(named("a"), 1)));
    rig.restart();
    assert!(rig.only().announced);
    let revised = with(notice("a"), json!({ "revision": 2 }));
    rig.web.publish(&rig.provider, &index(2, vec![revised]));
    rig.look();
    assert!(!rig.only().announced);
}

#[test]
fn what_was_read_is_no_news_any_more() {
    let mut rig = required();
    let moved = with(notice("a"), json!({ "plan": [{ "n": 1, "text": { "en": "x" }, "status": "dropped" }] }));
    rig.web.publish(&rig.provider, &index(2, vec![moved]));
    rig.look();
    assert!(rig.only().plan[0].news);
    assert!(rig.lookout.command(rig.now, &NoticeCommand::Seen(named("a"))));
    assert!(!rig.only().plan[0].news);
}

#[test]
fn a_notice_that_nobody_knows_cannot_be_handled() {
    let mut rig = required();
    assert!(!rig.lookout.command(rig.now, &NoticeCommand::Done(named("other"))));
}
