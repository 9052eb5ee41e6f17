//! The security centre and the pages that hang on it.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::base::{AccountId, WallTime};
use ringfence::phone::command::{
    Begin, BillCommand, ChangeCommand, Command, DeviceCommand, GuardCommand, NoticeCommand, SafetyCommand, TrustCommand,
};
use ringfence::phone::guard::{Class, Rules};
use ringfence::phone::settings::Settings;
use ringfence::phone::view::{
    AccountView, BillState, BillView, CheckItem, CheckState, DeviceListing, DevicesView, Fact, Freshness, GuardFrom,
    GuardRule, GuardVerdict, NoticeSource, NoticeState, PasswordPlace, PhoneView, RehearsalView, SecurityView, Todo,
    VaultQuestion,
};
use ringfence::ui::state::{LoginStart, Page, SecurityPage, Tab};

use crate::breach::{self, ago, security, with};
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, opened_by, press, says, sized, type_text};

/// A window tall enough to show whole pages.
fn tall(view: PhoneView) -> Window {
    sized(view, [360.0, 1400.0])
}

fn page(view: PhoneView, page: SecurityPage) -> Window {
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
        Fact::Password { place: PasswordPlace::Session, characters: None, since: None },
        Fact::Connection { tls: None, srtp: false, digest: Some("MD5".into()) },
        Fact::Limits { abroad: GuardRule::Allow, premium: GuardRule::Ask },
    ];
    let window = page(with(SecurityView { facts, ..security() }), SecurityPage::Centre);
    window.get_by_label("Attention: Password kept only until you quit");
    window.get_by_label("Attention: Not encrypted: others on the way can listen. MD5 sign-in");
    window.get_by_label("Attention: Calls abroad allowed, premium ask first. In this app only");
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
    window.get_by_label("Voxline: It has not confirmed that data was taken.");
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
    window.get_by_label("This message contains no link.");
    window.get_by_label_contains("It is signed with the key that voxline.example gave this app on 4 May.");
    window.get_by_label("Your new password goes to voxline.example only.");
    window.get_by_label("HAZEL 42 RIVER");
    let mut view = breach::breach();
    view.security[0].notices[0].key_since = ago(3, 0);
    let window = page(view, SecurityPage::Why(breach::notice().id));
    window.get_by_label_contains("so it may advise, but not hold your calls back");
}

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
fn told_without_a_change_under_way_starts_one_or_takes_the_password_that_counts() {
    let mut view = breach::told();
    view.security[0].change = ringfence::phone::view::ChangeView::default();
    let mut window = page(view.clone(), SecurityPage::Told);
    let begin = Command::Change(HOME, ChangeCommand::Begin(Begin::Told));
    assert_eq!(press(&mut window, "Start: Line password"), [begin]);
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
    window.get_by_label("Good: Website password. You told us, 22 Nov");
    assert_eq!(press(&mut window, "Undo: Website password"), [tick(false)]);
}

#[test]
fn other_devices_are_named_once_and_ticked_off_one_by_one() {
    let mut view = breach::breach();
    view.security[0].devices.all[0].needs_password = true;
    let mut window = page(view, SecurityPage::Devices);
    let id = breach::desk_phone().id;
    press(&mut window, "Name it");
    window.get_by_label("Name of this device").click();
    window.run();
    type_text(&mut window, "Kitchen");
    let name = Command::Device(HOME, DeviceCommand::Name(id.clone(), "Kitchen".into()));
    assert_eq!(press(&mut window, "Keep"), [name]);
    let has = Command::Device(HOME, DeviceCommand::HasPassword(id));
    assert_eq!(press(&mut window, "It has it: Needs the new password"), [has]);
    assert_eq!(press(&mut window, "Ask Voxline now"), [Command::Device(HOME, DeviceCommand::Check)]);
}

#[test]
fn a_provider_that_lists_no_devices_is_never_said_to_have_none() {
    let devices = DevicesView { listed: DeviceListing::NotListed, ..DevicesView::default() };
    let window = page(with(SecurityView { devices, ..security() }), SecurityPage::Devices);
    window.get_by_label_contains("Voxline does not list devices.");
    let devices = DevicesView { listed: DeviceListing::At(ago(0, 0)), ..DevicesView::default() };
    let window = page(with(SecurityView { devices, ..security() }), SecurityPage::Devices);
    window.get_by_label_contains("One that is switched off is not named.");
}

#[test]
fn the_others_are_ended_only_by_the_person_s_choice() {
    let mut window = page(breach::composing(), SecurityPage::Change);
    let end = Command::Device(HOME, DeviceCommand::EndOthers(true));
    assert_eq!(press(&mut window, "The others: End them"), [end]);
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
}

fn capital(words: &str) -> String {
    words[..1].to_uppercase() + &words[1..]
}

#[test]
fn the_guard_asks_before_it_dials() {
    let mut window = tall(breach::guard(GuardVerdict::Confirm));
    window.get_by_label("Call +371 6 123 4567?");
    window.get_by_label("Latvia · landline abroad");
    window.get_by_label("This is the first call to Latvia from this computer.");
    assert_eq!(press(&mut window, "Call it"), [Command::Guard(GuardCommand::Dial(None))]);
    assert_eq!(press(&mut window, "Do not call"), [Command::Guard(GuardCommand::Cancel)]);
}

#[test]
fn a_dear_number_wants_its_word() {
    let mut window = tall(breach::guard(GuardVerdict::Type("premium".into())));
    assert_eq!(press(&mut window, "Call it"), []);
    window.get_by_label("Type premium to call").click();
    window.run();
    type_text(&mut window, "premiu");
    assert_eq!(press(&mut window, "Call it"), []);
    window.get_by_label("Type premium to call").click();
    window.run();
    type_text(&mut window, "m");
    assert_eq!(press(&mut window, "Call it"), [Command::Guard(GuardCommand::Dial(Some("premium".into())))]);
}

#[test]
fn a_blocked_number_leads_to_the_limits_and_never_to_a_call() {
    let mut window = tall(breach::guard(GuardVerdict::Blocked));
    assert!(window.query_by_label("Call it").is_none());
    assert_eq!(press(&mut window, "Limits"), [Command::Guard(GuardCommand::Cancel)]);
    assert_eq!(window.state().state.security.page(), SecurityPage::Limits);
}

#[test]
fn a_redirect_is_asked_about_during_the_call_attempt_and_end_stays() {
    let mut view = breach::guard(GuardVerdict::Confirm);
    view.calls = vec![made_up::talking()];
    view.guard.as_mut().expect("made up").from = GuardFrom::Redirect;
    let mut window = sized(view, [360.0, 600.0]);
    window.get_by_label("You did not dial this: the other end sends your call there.");
    assert_eq!(press(&mut window, "End"), [Command::HangUp(made_up::CALL)]);
}

#[test]
fn a_private_certificate_is_trusted_by_its_fingerprint_and_a_changed_one_is_not() {
    let view = breach::certificate(true);
    let fingerprint = view.certificate.clone().expect("made up").fingerprint;
    let mut window = tall(view);
    window.get_by_label_contains("03 28 4D 72");
    let trust = Command::Trust(TrustCommand::TrustCertificate(fingerprint));
    assert_eq!(press(&mut window, "Trust this one"), [trust]);
    assert_eq!(press(&mut window, "Stop here"), [Command::Trust(TrustCommand::RefuseCertificate)]);
    let mut window = tall(breach::certificate(false));
    window.get_by_label("You trusted");
    assert!(window.query_by_label("Trust this one").is_none());
    assert_eq!(press(&mut window, "Close"), [Command::Trust(TrustCommand::RefuseCertificate)]);
}

#[test]
fn without_a_keyring_the_passphrase_file_comes_first_and_wants_the_same_twice() {
    let view = PhoneView { vault_question: Some(VaultQuestion::Choose), ..breach::breach() };
    let mut window = tall(view);
    press(&mut window, "Choose");
    let file = window.get_by_label("A file under a passphrase").rect();
    let memory = window.get_by_label("Memory only").rect();
    assert!(file.top() < memory.top());
    let type_into = |window: &mut Window, name: &str, words: &str| {
        window.get_by_label(name).click();
        window.run();
        type_text(window, words);
    };
    type_into(&mut window, "Passphrase", "four plain words");
    assert_eq!(press(&mut window, "Use this passphrase"), []);
    type_into(&mut window, "The same again", "four plain word");
    window.get_by_label("The two are not the same.");
    assert_eq!(press(&mut window, "Use this passphrase"), []);
    type_into(&mut window, "The same again", "s");
    let chosen = Command::Trust(TrustCommand::UsePassphrase("four plain words".into()));
    assert_eq!(press(&mut window, "Use this passphrase"), [chosen]);
    assert!(window.state().state.security.passphrase.is_empty() && window.state().state.security.repeated.is_empty());
    assert_eq!(press(&mut window, "Keep passwords in memory only"), [Command::Trust(TrustCommand::UseSession)]);
}

#[test]
fn the_passphrase_is_asked_for_on_the_main_page_and_a_wrong_one_is_said() {
    let wrong = VaultQuestion::Unlock(Some("That is not its passphrase.".into()));
    let view = PhoneView { vault_question: Some(wrong), ..breach::calm() };
    let mut window = tall(view);
    assert!(says(&window, "That is not its passphrase."));
    window.get_by_label("Passphrase").click();
    window.run();
    type_text(&mut window, "mine");
    window.key_press(egui::Key::Enter);
    window.run();
    assert_eq!(asked(&mut window), [Command::Trust(TrustCommand::Unlock("mine".into()))]);
}

#[test]
fn a_bill_is_opened_its_columns_confirmed_and_foreign_calls_listed() {
    let mut window = page(breach::breach(), SecurityPage::Bill);
    window.get_by_label("File").click();
    window.run();
    type_text(&mut window, "calls.csv");
    let open = Command::Bill(HOME, BillCommand::Open("calls.csv".into()));
    assert_eq!(press(&mut window, "Open this file"), [open]);
    let mut window = page(breach::columns(), SecurityPage::Bill);
    window.get_by_label("41 rows. Is this what its columns say?");
    press(&mut window, "Look back: A week");
    let since = WallTime(ago(7, 0).0);
    let compare = BillCommand::Compare { when: 0, number: 1, duration: Some(2), cost: None, since };
    assert_eq!(press(&mut window, "Compare"), [Command::Bill(HOME, compare)]);
    let window = page(breach::bill_result(), SecurityPage::Bill);
    window.get_by_label("1 call since 22 Oct was not made here. 41 calls of the list were compared");
    window.get_by_label("Attention: +371 67 001 234. 20 Nov 03:11 · 20 min 40 s · 14.20");
    window.get_by_label("2 rows could not be read. Look at them yourself.");
    window.get_by_label_contains("This computer's own list begins on 2 November.");
    let unreadable = BillState::Unreadable("This is not a list of calls.".into());
    let view = PhoneView { bill: Some(BillView { account: HOME, state: unreadable }), ..breach::breach() };
    assert!(says(&page(view, SecurityPage::Bill), "This is not a list of calls."));
}

#[test]
fn a_pasted_list_is_taken_as_a_list() {
    let mut window = page(breach::breach(), SecurityPage::Bill);
    let list = "Date,Called\n2026-11-20,+37167001234\n";
    window.event(egui::Event::Paste(list.into()));
    window.run();
    assert_eq!(asked(&mut window), [Command::Bill(HOME, BillCommand::Paste(list.into()))]);
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
    let words = "Attention: Your line password is 412 days old. You asked to be reminded after a year";
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
            window.get_by_label("Start when I log in. A closed phone warns nobody");
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
        let mut reached = Vec::new();
        for _ in 0..2 {
            window.key_press(egui::Key::Tab);
            window.run();
            let focused = window.root().children_recursive().find(egui_kittest::Node::is_focused);
            reached.extend(focused.and_then(|node| node.accesskit_node().label()));
        }
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
