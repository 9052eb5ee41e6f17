//! The security centre and the pages that hang on it.

mod devices;
mod notices;
mod told;

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::base::AccountId;
use ringfence::phone::command::{Begin, ChangeCommand, Command, NoticeCommand, SafetyCommand};
use ringfence::phone::guard::{Class, Rules};
use ringfence::phone::settings::Settings;
use ringfence::phone::view::{
    AccountView, Fact, GuardRule, KeptPasswords, KeptState, LimitsThere, PasswordPlace, PhoneView, Protection,
    RehearsalView, SecurityView, Todo, Weaker,
};
use ringfence::ui::state::{LoginStart, Page, SecurityPage, Tab};

use crate::breach::{self, ago, security, with};
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, press, says, sized, tab_through, type_text};

/// A window tall enough to show whole pages.
pub(crate) fn tall(view: PhoneView) -> Window {
    sized(view, [360.0, 1400.0])
}

pub(crate) fn page(view: PhoneView, page: SecurityPage) -> Window {
    let mut window = tall(view);
    window.state_mut().state.page = Page::Security;
    window.state_mut().state.security.go(page);
    window.run();
    asked(&mut window);
    window
}

fn all_pages() -> Vec<SecurityPage> {
    use SecurityPage::{
        Bill, Centre, Change, Contact, Devices, Limits, Lockdown, Log, Notice, Remove, Told, Vault, Weaker, Why,
    };
    let id = breach::notice().id;
    vec![
        Centre,
        Notice(id.clone()),
        Why(id),
        Change,
        Told,
        Devices,
        Limits,
        Bill,
        Log,
        Contact,
        Remove,
        Lockdown,
        Vault,
        Weaker,
    ]
}

#[test]
fn the_shield_opens_a_page_that_says_what_there_is_to_do() {
    let mut window = tall(breach::breach());
    press(&mut window, "Security, 2 things to do");
    window.get_by_label("2 things to do. Nothing else to do here");
    window.get_by_label(
        "Attention: Voxline asks for a new password. Signed notice of 21 Nov · outgoing calls pause 3 Dec",
    );
    window.get_by_label("Attention: A phone you have not named. 192.168.1.20 · first seen today 02:13");
    window.get_by_label("Good: Password in the system keyring. 24 characters · changed 412 days ago");
    window.get_by_label("Good: Encrypted as far as Voxline. TLS 1.3 · SRTP · SHA-256 sign-in");
    window.get_by_label("Good: Calls abroad ask first, premium blocked. In this app only");
    window.get_by_label("Good: Emergency calls never blocked here. Voxline must connect them");
    window.get_by_label("Planned work Sunday 02:00. Signed · 14 Nov");
}

#[test]
fn several_passwords_in_the_keyring_are_tried_at_a_press_and_the_others_deleted_at_another() {
    let mut window = tall(breach::several(KeptState::Found));
    assert!(says(&window, "The keyring holds 2 passwords for this line"));
    assert!(says(&window, "Nothing is deleted"));
    assert_eq!(press(&mut window, "Use the one that works"), [Command::Safety(HOME, SafetyCommand::TryKept)]);
    let mut window = page(breach::several(KeptState::Found), SecurityPage::Centre);
    let row = "Try them: The keyring holds 2 passwords for this line";
    assert_eq!(press(&mut window, row), [Command::Safety(HOME, SafetyCommand::TryKept)]);
    let window = page(breach::several(KeptState::Trying), SecurityPage::Centre);
    assert!(window.query_by_label_contains("Try them").is_none(), "that goes on by itself");
    let mut window = page(breach::several(KeptState::Works), SecurityPage::Centre);
    assert!(says(&window, "Delete them?"));
    let row = "Delete others: The keyring holds 2 passwords for this line";
    assert_eq!(press(&mut window, row), [Command::Safety(HOME, SafetyCommand::DeleteOthers)]);
    let mut window = page(breach::several(KeptState::NoneWorks), SecurityPage::Centre);
    assert!(says(&window, "accepts none of them"));
    press(&mut window, "Enter: The keyring holds 2 passwords for this line");
    assert_eq!(window.state().state.page, Page::Main, "where it is typed");
    let mut window = tall(breach::several(KeptState::Works));
    press(&mut window, "Show");
    assert_eq!(window.state().state.page, Page::Security);
}

#[test]
fn passwords_in_the_keyring_that_would_not_be_tried_now_are_not_offered() {
    let mut view = breach::several(KeptState::Found);
    let kept = KeptPasswords { count: 2, state: KeptState::Found, can_be_tried: false, until: None };
    (view.security[0].kept, view.security[0].todo) = (Some(kept), vec![Todo::SeveralPasswords(kept)]);
    let window = tall(view.clone());
    assert!(says(&window, "The keyring holds 2 passwords for this line") && says(&window, "Nothing is deleted"));
    assert!(window.query_by_label("Use the one that works").is_none());
    assert!(window.query_by_label("Enter").is_some(), "it can be typed");
    let window = page(view, SecurityPage::Centre);
    assert!(says(&window, "only while the line has no password that may be right"));
    assert!(window.query_by_label_contains("Try them").is_none());
}

#[test]
fn with_nothing_to_do_it_promises_no_more_than_it_sees() {
    let mut window = tall(breach::calm());
    press(&mut window, "Security");
    window.get_by_label("Nothing to do. As far as Ringfence can see");
}

#[test]
fn a_line_that_nothing_is_known_of_yet_claims_nothing() {
    let mut window = tall(made_up::ready());
    press(&mut window, "Security");
    window.get_by_label("Not asked yet");
    assert!(window.query_by_label_contains("Good:").is_none());
}

#[test]
fn what_the_provider_asks_for_stands_first_on_a_card_of_its_own() {
    let todo =
        vec![Todo::Notice(breach::notice().id), Todo::PasswordRefused, Todo::UnnamedDevice(breach::desk_phone().id)];
    let mut window = page(with(SecurityView { todo, ..security() }), SecurityPage::Centre);
    let row = |name: &str| window.get_by_label_contains(name).rect();
    let first = row("Attention: A notice from Voxline: We saw attempts to get at customer data");
    let (second, third) = (row("Attention: Voxline refuses"), row("Attention: A phone you have not named"));
    assert!(first.bottom() < second.top() && second.bottom() < third.top());
    assert!(second.top() - first.bottom() > third.top() - second.bottom() + 4.0, "{first} {second} {third}");
    let read = Command::Notice(HOME, NoticeCommand::Seen(breach::notice().id));
    assert_eq!(press(&mut window, "Read: A notice from Voxline: We saw attempts to get at customer data"), [read]);
    assert_eq!(window.state().state.security.page(), SecurityPage::Notice(breach::notice().id));
}

#[test]
fn things_to_do_lead_where_they_are_done() {
    let mut window = page(breach::breach(), SecurityPage::Centre);
    let begin = Command::Change(HOME, ChangeCommand::Begin(Begin::Notice));
    assert_eq!(press(&mut window, "Change: Voxline asks for a new password"), [begin]);
    assert_eq!(window.state().state.security.page(), SecurityPage::Change);
    let mut window = page(breach::breach(), SecurityPage::Centre);
    press(&mut window, "Review: A phone you have not named");
    assert_eq!(window.state().state.security.page(), SecurityPage::Devices);
    let since = ago(9, 0);
    let stale = with(SecurityView { todo: vec![Todo::NoticesNotConfirmed(since)], ..security() });
    let mut window = page(stale, SecurityPage::Centre);
    let ask = press(&mut window, "Ask again: Security status not confirmed since 13 Nov");
    assert_eq!(ask, [Command::Notice(HOME, NoticeCommand::Check)]);
}

#[test]
fn facts_that_are_not_good_are_not_ticked() {
    let facts = vec![
        Fact::Password { place: PasswordPlace::Session, characters: None, since: None, changed: None },
        Fact::Connection { tls: None, srtp: false, digest: Some("MD5".into()) },
        Fact::Limits { abroad: GuardRule::Allow, premium: GuardRule::Ask },
    ];
    let window = page(with(SecurityView { facts, ..security() }), SecurityPage::Centre);
    window.get_by_label("Attention: Password kept only until you quit");
    window.get_by_label("Attention: Not encrypted: others on the way can listen. MD5 sign-in");
    window.get_by_label("Attention: Calls abroad allowed, premium ask first. In this app only");
}

#[test]
fn an_enrolled_key_protects_only_where_it_counts_and_nothing_else_does() {
    let says = |counts_from, needed| {
        let facts = vec![Fact::Enrolled { since: ago(3, 0), counts_from, needed }];
        page(with(SecurityView { facts, ..security() }), SecurityPage::Centre)
    };
    let enrolled = "Good: This computer is enrolled at Voxline. Since 19 Nov. ";
    let alone = format!("{enrolled}A stolen password alone cannot change the password.");
    let cases = [
        (Some(ago(2, 0)), true, alone.clone()),
        (Some(ago(2, 0)), false, format!("{enrolled}Voxline takes a change with the password alone, too.")),
        (Some(ago(-1, 0)), true, format!("{enrolled}Its signature counts from tomorrow 11:00.")),
        (None, true, format!("{enrolled}It waits until Voxline confirms it.")),
    ];
    for (counts_from, needed, words) in cases {
        let window = says(counts_from, needed);
        window.get_by_label(&words);
        assert!(words == alone || window.query_by_label(&alone).is_none());
    }
}

#[test]
fn facts_say_no_more_than_was_seen() {
    let password = |changed| Fact::Password {
        place: PasswordPlace::Keyring,
        characters: Some(24),
        since: Some(ago(0, 5)),
        changed,
    };
    let connection = |srtp| Fact::Connection { tls: Some("TLS 1.3".into()), srtp, digest: None };
    let window = |facts| page(with(SecurityView { facts, ..security() }), SecurityPage::Centre);
    let fresh = window(vec![password(None), connection(false)]);
    fresh.get_by_label("Good: Password in the system keyring. 24 characters · not changed here yet");
    fresh.get_by_label("Good: Connection encrypted as far as Voxline. TLS 1.3 · sound not known to be encrypted");
    let later = window(vec![password(Some(ago(1, 0))), connection(true)]);
    later.get_by_label("Good: Password in the system keyring. 24 characters · changed yesterday 11:00");
    later.get_by_label("Good: Encrypted as far as Voxline. TLS 1.3 · SRTP");
    let (before, now) = ("encrypted sound".into(), "sound that is not encrypted".into());
    let weaker = Todo::Weaker(Weaker { what: Protection::Sound, before, now, refused: false });
    let window = page(with(SecurityView { todo: vec![weaker], ..security() }), SecurityPage::Centre);
    assert!(says(&window, "It was used all the same.") && !says(&window, "You allowed"), "nobody did");
}

#[test]
fn limits_are_changed_on_purpose_and_said_to_hold_here_only() {
    let mut window = page(breach::breach(), SecurityPage::Limits);
    window.get_by_label_contains("These limits hold in this app only.");
    let mut guard = Rules::default();
    guard.classes.insert(Class::Abroad, GuardRule::Block);
    let settings = Settings { guard, ..Settings::default() };
    let words = format!("{}: Block", capital(Class::Abroad.words()));
    assert_eq!(press(&mut window, &words), [Command::SetSettings(Box::new(settings))]);
    let satellite = capital(Class::Satellite.words());
    assert!(window.query_by_label(&format!("{satellite}: Ask")).is_some());
    assert!(window.query_by_label(&format!("{satellite}: Allow")).is_none(), "never for good");
}

fn capital(words: &str) -> String {
    words[..1].to_uppercase() + &words[1..]
}

#[test]
fn locking_down_and_removing_a_line_are_asked_about_once_more() {
    let mut window = page(breach::breach(), SecurityPage::Centre);
    assert_eq!(press(&mut window, "Lock down: Lock down"), []);
    let lockdown = Command::Safety(HOME, SafetyCommand::Lockdown);
    assert_eq!(press(&mut window, "Lock down now"), [lockdown]);
    let mut locked = security();
    locked.lockdown = Some(ago(0, 1));
    let mut window = page(with(locked), SecurityPage::Centre);
    assert!(says(&window, "Locked down. Calls abroad"));
    assert_eq!(press(&mut window, "End it: Locked down"), [Command::Safety(HOME, SafetyCommand::EndLockdown)]);
    let mut locked = security();
    (locked.lockdown, locked.limits_there) = (Some(ago(0, 1)), Some(LimitsThere::Unknown));
    let window = page(with(locked), SecurityPage::Lockdown);
    assert!(says(&window, "Whether Voxline blocks these calls, too, is not known: it did not answer."));
    let mut window = page(breach::breach(), SecurityPage::Centre);
    assert_eq!(press(&mut window, "Remove: Remove this line"), []);
    assert_eq!(press(&mut window, "Keep it"), []);
    press(&mut window, "Remove: Remove this line");
    assert_eq!(press(&mut window, "Remove it for good"), [Command::Safety(HOME, SafetyCommand::Remove)]);
    assert_eq!(window.state().state.page, Page::Main);
}

#[test]
fn the_event_log_is_read_and_saved() {
    let mut view = breach::breach();
    view.security[0].log_saved_at = Some("Documents/ringfence-events.txt".into());
    let mut window = page(view, SecurityPage::Log);
    window.get_by_label("A phone at 192.168.1.20 appeared on this line.. Today, 02:13");
    assert!(says(&window, "Saved as Documents/ringfence-events.txt"));
    assert_eq!(press(&mut window, "Save it as a file"), [Command::Safety(HOME, SafetyCommand::ExportLog)]);
}

#[test]
fn the_provider_s_website_and_number_are_typed_once() {
    let mut view = breach::breach();
    view.security[0].contact.portal = None;
    view.security[0].contact.support = None;
    let mut window = page(view, SecurityPage::Contact);
    for (name, words) in [("Their website", "voxline.example"), ("Their number for help", "0800 1")] {
        window.get_by_label(name).click();
        window.run();
        type_text(&mut window, words);
    }
    let kept = [
        Command::Safety(HOME, SafetyCommand::SetPortal("voxline.example".into())),
        Command::Safety(HOME, SafetyCommand::SetSupport("0800 1".into())),
    ];
    assert_eq!(press(&mut window, "Keep these"), kept);
}

#[test]
fn a_breach_day_is_rehearsed_on_the_demo_s_line_only() {
    let demo = AccountView { demo: true, ..made_up::home_line() };
    let mut window = page(PhoneView { accounts: vec![demo], ..breach::breach() }, SecurityPage::Centre);
    assert_eq!(press(&mut window, "Start: Rehearse a breach day"), [Command::Rehearse(true)]);
    let mut window = page(breach::breach(), SecurityPage::Centre);
    assert_eq!(press(&mut window, "Go there: Rehearse a breach day"), [Command::SignInDemo]);
    let rehearsal = RehearsalView { step: 2, of: 6, words: "A signed notice arrives.".into(), over: false };
    let mut window = tall(PhoneView { rehearsal: Some(rehearsal), ..breach::breach() });
    assert!(says(&window, "Rehearsal, step 2 of 6. A signed notice arrives."));
    assert_eq!(press(&mut window, "Stop: Rehearsal, step 2 of 6"), [Command::Rehearse(false)]);
}

#[test]
fn the_reminder_is_off_until_it_is_wanted() {
    let mut view = breach::calm();
    let words =
        "Attention: Your line password was not changed here for 412 days. You asked to be reminded after a year";
    assert!(page(view.clone(), SecurityPage::Centre).query_by_label(words).is_none());
    view.settings.remind_yearly = true;
    page(view, SecurityPage::Centre).get_by_label(words);
    let mut window = tall(breach::calm());
    window.state_mut().state.page = Page::Settings;
    window.run();
    asked(&mut window);
    let settings = Settings { remind_yearly: true, ..Settings::default() };
    assert_eq!(press(&mut window, "Remind me yearly: On"), [Command::SetSettings(Box::new(settings))]);
}

#[test]
fn starting_at_login_is_offered_with_its_reason_and_only_where_it_is_off() {
    let row = "Turn on: Start when I log in";
    for (on, offered) in [(Some(false), true), (Some(true), false), (None, false)] {
        let mut window = page(breach::calm(), SecurityPage::Centre);
        window.state_mut().state.login = LoginStart { on, ..LoginStart::default() };
        window.run();
        assert_eq!(window.query_by_label(row).is_some(), offered, "{on:?}");
        if offered {
            window.get_by_label("Start when I log in. Closed, it warns nobody");
            press(&mut window, row);
            assert_eq!(window.state().state.login.wish, Some(true));
        }
    }
}

#[test]
fn with_two_lines_each_has_its_own_page() {
    let mut view = breach::breach();
    view.accounts.push(AccountView { id: AccountId(2), name: "Office".into(), ..made_up::home_line() });
    let mut window = page(view, SecurityPage::Centre);
    assert!(says(&window, "2 things to do"));
    window.state_mut().state.line = Some(AccountId(2));
    window.run();
    assert!(!says(&window, "2 things to do"));
}

#[test]
fn from_every_page_the_keypad_is_two_presses_of_tab_away_and_escape_leads_back() {
    for start in all_pages() {
        let mut window = page(breach::breach(), start.clone());
        let reached = tab_through(&mut window, 2);
        assert!(reached.iter().any(|name| name == "Keypad"), "{start:?}: {reached:?}");
        let mut window = page(breach::breach(), start.clone());
        press(&mut window, "Keypad");
        assert_eq!((window.state().state.page, window.state().state.tab), (Page::Main, Tab::Keypad), "{start:?}");
        let mut window = page(breach::breach(), start.clone());
        window.key_press(egui::Key::Escape);
        window.run();
        let (now, inner) = (window.state().state.page, window.state().state.security.page());
        assert!(now == Page::Main || inner == SecurityPage::Centre, "{start:?} leads to {now:?} {inner:?}");
    }
}

#[test]
fn every_page_can_be_hit_without_aiming_and_asks_for_no_frame() {
    let hit = [egui::Role::Button, egui::Role::RadioButton, egui::Role::ComboBox, egui::Role::TextInput];
    for start in all_pages() {
        let window = page(breach::breach(), start.clone());
        let small: Vec<_> = window
            .root()
            .children_recursive()
            .filter(|node| hit.contains(&node.accesskit_node().role()))
            .filter(|node| node.rect().height() < 35.9 || node.rect().width() < 35.9)
            .map(|node| format!("{:?} {:?}", node.accesskit_node().label(), node.rect()))
            .collect();
        assert_eq!(small, Vec::<String>::new(), "{start:?}");
        let delay = window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        assert_eq!(delay, std::time::Duration::MAX, "{start:?}");
    }
}
