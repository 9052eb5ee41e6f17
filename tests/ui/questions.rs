//! Questions that only a person can answer (the guard's, a certificate's, where passwords are kept), and the pages of
//! "Check my bill".

use egui_kittest::kittest::Queryable as _;
use ringfence::base::WallTime;
use ringfence::phone::command::{BillCommand, Command, GuardCommand, TrustCommand};
use ringfence::phone::guard::EmergencyView;
use ringfence::phone::view::{BillState, BillView, GuardFrom, GuardVerdict, PhoneView, VaultQuestion};
use ringfence::ui::state::SecurityPage;

use crate::breach::{self, ago};
use crate::made_up::{self, HOME};
use crate::rig::{Window, asked, press, says, sized, type_text};
use crate::security::{page, tall};

#[test]
fn the_guard_asks_before_it_dials() {
    let mut window = tall(breach::guard(GuardVerdict::Confirm));
    window.get_by_label("Call this number?");
    window.get_by_label("+371 6 123 4567. Latvia · landline abroad");
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
fn an_emergency_call_that_is_over_is_not_said_to_be_tried_and_can_be_dismissed() {
    let emergency = |over| {
        let mut view = made_up::ready();
        view.guard_state.emergency = Some(EmergencyView { number: "112".into(), use_mobile: true, over });
        tall(view)
    };
    let trying = emergency(false);
    trying.get_by_label("112 is being tried from here all the same.");
    assert!(trying.query_by_label("Dismiss").is_none(), "it stays while it is true");
    let mut over = emergency(true);
    assert!(says(&over, "Use a mobile phone now"));
    over.get_by_label("112 could not be reached from here. It is not being tried any more.");
    assert!(!says(&over, "is being tried"));
    assert_eq!(press(&mut over, "Dismiss"), [Command::Guard(GuardCommand::Cancel)]);
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
    // Shown as a heading, and said once when it comes.
    let result = "1 call was not made here. 41 calls since 22 Oct were compared";
    for role in [egui::Role::Heading, egui::Role::Status] {
        window.get_by_role_and_label(role, result);
    }
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
