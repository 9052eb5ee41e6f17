//! "I was told to change my password": the check list for a message that nobody can verify.

use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::{Begin, ChangeCommand, Command, SafetyCommand};
use ringfence::phone::view::{CheckItem, CheckState, NoticeAction, NoticeId, NoticeSource, NoticeState, NoticeView};
use ringfence::ui::state::SecurityPage;

use super::page;
use crate::breach::{self, ago};
use crate::made_up::HOME;
use crate::rig::{opened_by, press, says, type_text};

#[test]
fn told_to_change_it_one_gets_a_list_in_the_right_order_and_no_claim_about_the_message() {
    let mut window = page(breach::told(), SecurityPage::Told);
    window.get_by_label(
        "Voxline publishes no signed notices, so Ringfence cannot tell whether that message is genuine. Do not use \
         its links. Changing from here is sensible either way.",
    );
    let top = |name: &str| window.query_all_by_label_contains(name).next().expect("a row").rect().top();
    let tops = ["Stop top-up", "Website password", "Line password. New", "Voicemail PIN", "Forwarding", "Other phones"];
    assert!(tops.map(top).is_sorted(), "the money first, then the passwords");
    assert_eq!(press(&mut window, "I've changed it"), [Command::Change(HOME, ChangeCommand::ChangedIt)]);
    let mut calm = breach::calm();
    calm.security[0].source = NoticeSource::Confirmed(ago(0, 1));
    page(calm, SecurityPage::Told).get_by_label_contains("none of them asks for this. That message may be false.");
}

#[test]
fn a_request_that_a_notice_in_force_makes_too_is_never_called_false() {
    let told = |state, other: Option<NoticeView>| {
        let mut view = breach::breach();
        view.security[0].notices = other.into_iter().chain([NoticeView { state, ..breach::notice() }]).collect();
        page(view, SecurityPage::Told)
    };
    let advice =
        NoticeView { id: NoticeId("other".into()), actions: vec![NoticeAction::ReviewCalls], ..breach::notice() };
    let in_force = [
        (NoticeState::Open, None),
        (NoticeState::Open, Some(advice)),
        (NoticeState::Snoozed(ago(-1, 0)), None),
        (NoticeState::Done, None),
    ];
    for (state, other) in in_force {
        let window = told(state, other);
        window.get_by_label_contains("Voxline asks for it in this app, too.");
        assert!(!says(&window, "may be false"), "{state:?}");
    }
    for state in [NoticeState::Withdrawn, NoticeState::Expired] {
        assert!(says(&told(state, None), "none of them asks for this. That message may be false."), "{state:?}");
    }
}

#[test]
fn told_without_a_change_under_way_starts_one_or_takes_the_password_that_counts() {
    let mut view = breach::told();
    view.security[0].change = ringfence::phone::view::ChangeView::default();
    let mut window = page(view.clone(), SecurityPage::Told);
    let begin = Command::Change(HOME, ChangeCommand::Begin(Begin::Told));
    assert_eq!(press(&mut window, "Start: Line password"), [begin]);
    view.security[0].change.can_be_given = true;
    let mut window = page(view, SecurityPage::Told);
    assert_eq!(press(&mut window, "I've changed it"), [], "nothing is staged that could be tested");
    window.get_by_label("Line (SIP) password").click();
    window.run();
    type_text(&mut window, "x9");
    let give = Command::Change(HOME, ChangeCommand::GaveMeOne("x9".into()));
    assert_eq!(press(&mut window, "Test this one"), [give]);
}

#[test]
fn what_the_app_cannot_test_is_ticked_off_by_the_person_and_said_to_be_so() {
    let mut window = page(breach::told(), SecurityPage::Told);
    let site = "https://www.voxline.example/account";
    assert_eq!(opened_by(&mut window, "Open: Website password"), [site]);
    window.run();
    let tick = |done| Command::Safety(HOME, SafetyCommand::Tick(CheckItem::Website, done));
    assert_eq!(press(&mut window, "Done: Website password"), [tick(true)]);
    let mut view = breach::told();
    view.security[0].check_list = breach::list(CheckState::Told(ago(0, 1)));
    let mut window = page(view, SecurityPage::Told);
    window.get_by_label("Good: Website password. You told us, today 10:59");
    assert_eq!(press(&mut window, "Undo: Website password"), [tick(false)]);
}
