//! The security centre and the pages that hang on it.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::base::AccountId;
use ringfence::phone::command::{Begin, ChangeCommand, Command, DeviceCommand, NoticeCommand, SafetyCommand};
use ringfence::phone::guard::{Class, Rules};
use ringfence::phone::settings::Settings;
use ringfence::phone::view::{
    AccountView, Asked, ChangePhase, ChangeReason, ChangeView, CheckItem, CheckState, Compose, DeviceListing,
    DevicesView, EndTrouble, Ending, Fact, Freshness, GuardRule, KeyView, LimitsThere, ListTrouble, LoginView,
    NoticeAction, NoticeId, NoticeLevel, NoticeSource, NoticeState, NoticeView, PasswordPlace, PhoneView, Protection,
    ProviderList, RehearsalView, SecurityView, SessionId, Todo, Weaker, WhyNot,
};
use ringfence::ui::state::{LoginStart, Page, SecurityPage, Tab};

use crate::breach::{self, ago, security, with};
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, opened_by, press, says, sized, type_text};

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
    later.get_by_label("Good: Password in the system keyring. 24 characters · changed yesterday");
    later.get_by_label("Good: Encrypted as far as Voxline. TLS 1.3 · SRTP");
    let (before, now) = ("encrypted sound".into(), "sound that is not encrypted".into());
    let weaker = Todo::Weaker(Weaker { what: Protection::Sound, before, now, refused: false });
    let window = page(with(SecurityView { todo: vec![weaker], ..security() }), SecurityPage::Centre);
    assert!(says(&window, "It was used all the same.") && !says(&window, "You allowed"), "nobody did");
}

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
fn what_the_provider_tells_of_a_device_is_said_and_what_it_does_not_is_left_out() {
    let mut view = breach::breach();
    let device = &mut view.security[0].devices.all[0];
    device.refreshed = Some(ago(0, 3));
    let window = page(view.clone(), SecurityPage::Devices);
    window.get_by_label_contains("calls itself Yealink T54 · last signed in");
    assert!(window.query_by_label_contains("signed in since").is_none());
    view.security[0].devices.all[0].registered = Some(ago(0, 90));
    let window = page(view, SecurityPage::Devices);
    window.get_by_label_contains("calls itself Yealink T54 · signed in since");
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
    assert_eq!(press(&mut window, "Sign the others out: Yes"), [end]);
    let mut view = breach::composing();
    view.security[0].devices.others_stay = Some(WhyNot::NotNamed);
    let window = page(view, SecurityPage::Change);
    window.get_by_label_contains("does not name the phones on this line, so it cannot be asked to end them");
    assert!(window.query_by_label("Sign the others out: Yes").is_none());
}

#[test]
fn a_device_can_be_ended_or_it_is_said_why_not() {
    let mut listed = security();
    listed.devices.all[0].ending = Ending::Possible;
    let mut window = page(with(listed), SecurityPage::Devices);
    let end = Command::Device(HOME, DeviceCommand::End(breach::desk_phone().id));
    assert_eq!(press(&mut window, "End this one"), [end]);
    for (ending, words) in [
        (Ending::No(WhyNot::NotNamed), "Voxline's list does not name it"),
        (Ending::No(WhyNot::NoList), "Voxline has no way to do it"),
        (Ending::Failed(EndTrouble::StillNamed), "said that it ended it, and still names it"),
        (Ending::UnderWay, "Voxline was asked to end it"),
    ] {
        let mut listed = security();
        listed.devices.all[0].ending = ending;
        let window = page(with(listed), SecurityPage::Devices);
        assert!(says(&window, words), "{words}");
        let offered = window.query_by_label("End this one").is_some();
        assert_eq!(offered, matches!(ending, Ending::Failed(_)), "{ending:?}");
    }
}

#[test]
fn a_list_that_could_not_be_read_is_said_and_logins_and_keys_are_what_they_are() {
    let mut listed = security();
    listed.devices.list = ProviderList::Failed { why: ListTrouble::Unreachable, at: ago(0, 1) };
    let window = page(with(listed.clone()), SecurityPage::Devices);
    // Drawn, and spoken once.
    assert!(window.query_all_by_label_contains("Voxline's list could not be read: nobody answered.").count() >= 1);
    listed.devices.list = ProviderList::Read { at: ago(0, 1), names_us: true };
    listed.devices.logins = vec![LoginView {
        id: SessionId("p1".into()),
        software: Some("Firefox".into()),
        country: Some("GB".into()),
        since: Some(ago(0, 30)),
        new: false,
        ending: Ending::Possible,
    }];
    let key = KeyView {
        id: SessionId("d1".into()),
        label: "Ringfence on a computer".into(),
        active: true,
        active_from: None,
        own: true,
        new: false,
        ending: Ending::No(WhyNot::Own),
    };
    listed.devices.keys =
        vec![key.clone(), KeyView { label: "Laptop".into(), own: false, ending: Ending::Possible, ..key }];
    let mut window = page(with(listed), SecurityPage::Devices);
    window.get_by_label_contains("this computer · may do it now");
    let end = Command::Device(HOME, DeviceCommand::EndSession(SessionId("p1".into())));
    assert_eq!(press(&mut window, "End this one: Firefox"), [end]);
    let end = Command::Device(HOME, DeviceCommand::EndSession(SessionId("d1".into())));
    assert_eq!(press(&mut window, "End this one: Laptop"), [end]);
    assert!(window.query_by_label("End this one: Ringfence on a computer").is_none());
}

#[test]
fn a_new_key_or_login_is_a_thing_to_do_until_it_is_the_person_s() {
    let mut listed = security();
    let ending = Ending::Possible;
    let id = |id: &str| SessionId(id.into());
    listed.devices.keys = vec![KeyView {
        id: id("d2"),
        label: "Laptop".into(),
        active: false,
        active_from: None,
        own: false,
        new: true,
        ending,
    }];
    let software = Some("Firefox".into());
    listed.devices.logins = vec![LoginView { id: id("p2"), software, country: None, since: None, new: true, ending }];
    listed.todo = vec![Todo::NewSession(id("d2")), Todo::NewSession(id("p2"))];
    let mut window = page(with(listed.clone()), SecurityPage::Centre);
    window.get_by_label("Attention: A new key may change your line password. Laptop · may not do it yet");
    window.get_by_label("Attention: A new login to Voxline's website. Firefox · a login to the website");
    press(&mut window, "Review: A new key may change your line password");
    let mine: Vec<_> = window.get_all_by_label("That is mine").collect();
    assert_eq!(mine.len(), 2);
    mine[1].click();
    window.run();
    let command = |wish: fn(SessionId) -> DeviceCommand, id| Command::Device(HOME, wish(id));
    assert_eq!(asked(&mut window), [command(DeviceCommand::Mine, id("d2"))]);
    assert_eq!(press(&mut window, "End this one: Laptop"), [command(DeviceCommand::EndSession, id("d2"))]);
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
