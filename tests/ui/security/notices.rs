//! A provider's notice: its banner, its page, and why one should believe it.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::phone::command::{Begin, ChangeCommand, Command, NoticeCommand};
use ringfence::phone::view::{
    Asked, ChangePhase, ChangeReason, ChangeView, Compose, Freshness, NoticeLevel, NoticeState, SecurityView, Todo,
};
use ringfence::ui::state::SecurityPage;

use super::{page, tall};
use crate::breach::{self, ago, security, with};
use crate::made_up::HOME;
use crate::rig::{asked, opened_by, press, says};

#[test]
fn what_the_provider_asks_of_one_line_is_treated_like_a_notice() {
    let asked = Asked { level: NoticeLevel::Require, deadline: Some(breach::deadline()) };
    let line = SecurityView { todo: vec![Todo::Asked(asked)], asked: Some(asked), notices: Vec::new(), ..security() };
    let mut window = tall(with(line.clone()));
    window.get_by_label("Voxline asks you to change your line password");
    window.get_by_label("Asked of this line · outgoing calls pause 3 Dec");
    let begin = Command::Change(HOME, ChangeCommand::Begin(Begin::Notice));
    assert_eq!(press(&mut window, "Review"), std::slice::from_ref(&begin));
    let mut window = page(with(line.clone()), SecurityPage::Centre);
    let row = "Change: Voxline asks for a new password";
    assert_eq!(press(&mut window, row), [begin]);
    let compose = ChangePhase::Compose(Compose::default());
    let change = ChangeView { reason: ChangeReason::Asked, ..breach::change(compose) };
    let window = page(with(SecurityView { change, ..line }), SecurityPage::Change);
    assert!(says(&window, "Voxline asks for a new password of this line by"));
    assert!(says(&window, "outgoing calls pause until it is done"));
}

#[test]
fn the_banner_stays_until_the_notice_is_done_snoozed_or_withdrawn() {
    let title = "Voxline asks you to change your line password";
    let state = |state| {
        let mut view = breach::breach();
        view.security[0].notices[0].state = state;
        view
    };
    let mut open = tall(state(NoticeState::Open));
    open.get_by_label(title);
    open.get_by_label("Signed notice · yesterday 09:12 · by 3 Dec");
    press(&mut open, "Keypad");
    open.get_by_label(title);
    for over in [NoticeState::Snoozed(ago(-1, 0)), NoticeState::Done, NoticeState::Withdrawn, NoticeState::Expired] {
        let window = tall(state(over));
        assert!(window.query_by_label(title).is_none(), "{over:?}");
        let mut window = window;
        press(&mut window, "Security, 2 things to do");
        window.get_by_label("Read: We saw attempts to get at customer data");
    }
}

#[test]
fn a_notice_is_shown_whole_with_what_ringfence_says_outside_of_it() {
    let id = breach::notice().id;
    let mut window = page(breach::breach(), SecurityPage::Notice(id.clone()));
    window.get_by_label_contains("Our monitoring saw external attempts");
    window.get_by_label("Signed by voxline.example, 21 Nov 09:12");
    window.get_by_label("Voxline has not confirmed that data was taken.");
    window.get_by_label("Good: Calls abroad are limited for everybody. Done");
    window.get_by_label("In progress: All line passwords are changed. Under way · by 3 Dec · new");
    window.get_by_label("Ask them: this version does not know what they mean");
    let plan = window
        .get_all_by_label("Voxline's plan: 1 of 3 done")
        .any(|node| node.accesskit_node().data().live() == Some(egui::accesskit::Live::Polite));
    assert!(plan, "the plan's progress is announced");
    let snooze = Command::Notice(HOME, NoticeCommand::Snooze(id, ago(-1, 0)));
    assert_eq!(press(&mut window, "Not now"), [snooze]);
}

#[test]
fn nothing_in_a_notice_is_markup_or_a_link() {
    let mut view = breach::breach();
    let words = "**Voxline** [click](https://evil.example) https://evil.example +44 900 1";
    view.security[0].notices[0].body = words.into();
    let mut window = page(view, SecurityPage::Notice(breach::notice().id));
    assert_eq!(opened_by(&mut window, words), Vec::<String>::new());
    assert_eq!(asked(&mut window), []);
}

#[test]
fn an_enforced_notice_cannot_be_put_off_and_an_old_one_says_so() {
    let mut view = breach::breach();
    view.security[0].notices[0].level = ringfence::phone::view::NoticeLevel::Enforced;
    view.security[0].notices[0].freshness = Freshness::MayBeOutOfDate;
    let window = page(view, SecurityPage::Notice(breach::notice().id));
    assert!(window.query_by_label("Not now").is_none());
    window.get_by_label("This notice has expired and may be out of date. It cannot hold your calls back.");
}

#[test]
fn why_trust_this_explains_the_key_and_shows_the_code() {
    let window = page(breach::breach(), SecurityPage::Why(breach::notice().id));
    window.get_by_label("Nothing in this message can be pressed. An address that it spells out is not to be used.");
    window.get_by_label_contains("It is signed with the key that voxline.example gave this app on 4 May.");
    window.get_by_label("Your new password goes to voxline.example only.");
    window.get_by_label("HAZEL 42 RIVER");
    let mut view = breach::breach();
    view.security[0].notices[0].key_since = ago(3, 0);
    let window = page(view, SecurityPage::Why(breach::notice().id));
    window.get_by_label_contains("so it may advise, but not hold your calls back");
}
