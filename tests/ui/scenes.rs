//! The scenes of the gallery: a phone that does not exist, and the page on which the window opens.

use ringfence::phone::guard::{EmergencyView, LongCall};
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{self, Step};
use ringfence::phone::view::{
    AbortWhy, AccountState, AccountView, Alarm, BillState, BillView, CallState, CallView, ChangePhase, ChangeReason,
    ChangeWay, CheckState, Compose, ContactView, DeviceId, DeviceListing, DeviceView, DevicesView, EndReason, Ending,
    GuardFrom, GuardVerdict, KeptPasswords, KeptState, KeyView, KeyringTrouble, LoginView, NeedsPerson, NoticeLevel,
    NoticeSource, NoticeState, OldPassword, OwnView, PhoneView, Protection, ProviderList, RehearsalView, SecurityView,
    SessionId, Todo, TrustView, VaultQuestion, VaultState, WaitWhy, Weaker, WhyNot,
};
use ringfence::port::release::{Effect, Trouble};
use ringfence::ui::licences::Book;
use ringfence::ui::state::{LicencesPage, Page, Panel, SecurityPage, SignInForm, Tab, UiState};

use crate::breach::{self, ago, changing, security, with};
use crate::made_up::{self, HOME, NOW};

/// Every scene.
pub(crate) const NAMES: [&str; 98] = [
    "main",
    "keypad",
    "shortcuts",
    "settings",
    "settings-sign-out",
    "settings-forget",
    "settings-newer",
    "settings-fetching",
    "settings-installed",
    "settings-not-installed",
    "settings-not-saved",
    "licences",
    "licence",
    "empty",
    "demo",
    "call",
    "call-keypad",
    "call-audio",
    "muted",
    "ringing",
    "silent",
    "long-call",
    "emergency",
    "in-call-later",
    "ended",
    "failed",
    "incoming",
    "first-start",
    "first-start-advanced",
    "signing-in",
    "sign-in-failed",
    "ask-unencrypted",
    "rejected",
    "needs-password",
    "several-passwords",
    "not-saved",
    "keyring-locked",
    "newer",
    "release",
    "withdrawn",
    "composing",
    "composing-enforced",
    "composing-unlisted",
    "idle",
    "preparing",
    "saving",
    "changing",
    "checking-old",
    "uncertain",
    "undoing",
    "waiting",
    "aborted",
    "neither",
    "not-allowed",
    "not-changed-yet",
    "no-keyring",
    "elsewhere",
    "at-provider",
    "done",
    "still-accepted",
    "breach",
    "centre",
    "centre-calm",
    "centre-locked-down",
    "centre-troubled",
    "notice",
    "notice-done",
    "why",
    "told",
    "told-ticked",
    "devices",
    "devices-listed",
    "devices-naming",
    "devices-need-password",
    "devices-unlisted",
    "limits",
    "bill",
    "bill-unreadable",
    "bill-columns",
    "bill-result",
    "log",
    "contact",
    "contact-empty",
    "remove",
    "lockdown",
    "locked-down",
    "vault",
    "weaker",
    "guard",
    "guard-word",
    "guard-blocked",
    "guard-link",
    "guard-redirect",
    "certificate",
    "certificate-changed",
    "choose-vault",
    "unlock-vault",
    "rehearsal",
];

/// A scene by its name.
pub(crate) fn scene(name: &str) -> Option<(PhoneView, UiState)> {
    let of = |group: fn(&str) -> Option<PhoneView>, state: UiState| group(name).map(|view| (view, state));
    phone(name)
        .or_else(|| program(name))
        .or_else(|| of(change, on(SecurityPage::Change)))
        .or_else(|| centre(name))
        .or_else(|| of(questions, UiState::default()))
}

/// The window opens on this security page.
fn on(page: SecurityPage) -> UiState {
    let mut state = UiState { page: Page::Security, ..UiState::default() };
    state.security.path.push(page);
    state
}

fn call(change: impl FnOnce(&mut CallView)) -> PhoneView {
    let mut view = made_up::in_call();
    view.audio.devices = made_up::devices();
    change(&mut view.calls[0]);
    view
}

fn account(change: impl FnOnce(&mut AccountView)) -> PhoneView {
    let mut view = made_up::ready();
    change(&mut view.accounts[0]);
    view
}

/// What has to do with telephoning and signing in.
fn phone(name: &str) -> Option<(PhoneView, UiState)> {
    let main = || (made_up::ready(), UiState::default());
    let open = |panel| {
        let mut state = UiState::default();
        state.call.open = panel;
        state
    };
    let plain = |view| (view, UiState::default());
    Some(match name {
        "main" | "rings-later" => main(),
        "keypad" => {
            let state = UiState { tab: Tab::Keypad, dial: "+442079460182".into(), ..UiState::default() };
            (made_up::ready(), state)
        }
        "shortcuts" => (made_up::ready(), UiState { shortcuts: true, ..UiState::default() }),
        "empty" => plain(PhoneView { history: [].into(), ..made_up::ready() }),
        "demo" => plain(PhoneView { history: [].into(), ..demo() }),
        "call" => plain(call(|_| {})),
        "call-keypad" => (call(|c| c.digits = "42#".into()), open(Panel::Keypad)),
        "call-audio" => (call(|_| {}), open(Panel::Audio)),
        "muted" => plain(call(|c| (c.muted, c.held) = (true, true))),
        "ringing" => plain(call(|c| (c.state, c.since, c.quality) = (CallState::Ringing, None, None))),
        "silent" => plain(call(|c| c.silent_secs = Some(14))),
        "long-call" => plain(long_call()),
        "emergency" => plain(emergency()),
        "emergency-over" => plain(emergency_over()),
        "in-call-later" => plain(PhoneView { calls: vec![made_up::talking()], ..breach::breach() }),
        "ended" => plain(made_up::ended(EndReason::HungUp)),
        "failed" => {
            let problem = Problem::new(ProblemKind::NoSuchNumber, "+442079460182").with_status(404);
            plain(made_up::ended(EndReason::Failed(problem)))
        }
        "incoming" => plain(made_up::incoming()),
        "first-start" => plain(PhoneView::default()),
        "first-start-advanced" => {
            let sign_in = SignInForm { advanced: true, ..SignInForm::default() };
            (PhoneView::default(), UiState { sign_in, ..UiState::default() })
        }
        "signing-in" => plain(made_up::signing_in()),
        "sign-in-failed" => plain(made_up::sign_in_failed()),
        "ask-unencrypted" => plain(made_up::ask_unencrypted()),
        "rejected" => plain(account(|a| {
            a.state = AccountState::Rejected;
            a.problem = Some(Problem::new(ProblemKind::WrongPassword, "Voxline").with_status(401));
        })),
        "needs-password" => plain(account(|a| a.state = AccountState::NeedsPassword)),
        "several-passwords" => plain(breach::several(KeptState::Found)),
        "not-saved" => plain(PhoneView { unsaved: vec![made_up::unsaved()], ..made_up::ready() }),
        "keyring-locked" => plain(PhoneView { vault: VaultState::Locked, ..made_up::ready() }),
        _ => return None,
    })
}

/// The settings, licences and releases.
fn program(name: &str) -> Option<(PhoneView, UiState)> {
    let plain = |view| (view, UiState::default());
    let at_page = |page| UiState { page, ..UiState::default() };
    Some(match name {
        "settings"
        | "settings-sign-out"
        | "settings-forget"
        | "settings-newer"
        | "settings-fetching"
        | "settings-installed"
        | "settings-not-installed"
        | "settings-not-saved" => settings(name, at_page(Page::Settings)),
        "licences" => (made_up::ready(), licences(None)),
        "licence" => (made_up::ready(), licences(Some(0))),
        "newer" => plain(PhoneView { release: made_up::newer(false), ..made_up::ready() }),
        "release" => plain(release(Step::Fetching(Version(1, 2, 0), 4_400_000, 11_000_000))),
        "withdrawn" => {
            let release =
                update::State::Withdrawn { reason: "Calls to some numbers never ended.".into(), instead: None };
            plain(PhoneView { release, ..made_up::ready() })
        }
        _ => return None,
    })
}

fn demo() -> PhoneView {
    account(|a| (a.name, a.provider, a.demo) = ("Demo line".into(), "the demo provider".into(), true))
}

fn settings(name: &str, mut state: UiState) -> (PhoneView, UiState) {
    let mut view = made_up::ready();
    view.audio.devices = made_up::devices();
    match name {
        "settings-sign-out" => state.signing_out = Some(HOME),
        "settings-forget" => state.forgetting = true,
        "settings-newer" => view.release = made_up::newer(false),
        "settings-fetching" => view = releasing(view, Step::Fetching(Version(1, 2, 0), 4_400_000, 11_000_000)),
        "settings-installed" => view = releasing(view, Step::Placed(Version(1, 2, 0), Effect::NextStart)),
        "settings-not-installed" => view = releasing(view, Step::Failed(Version(1, 2, 0), Trouble::Unconfirmed)),
        "settings-not-saved" => view.unsaved = vec![made_up::unsaved()],
        _ => view.release = update::State::Newest(ago(0, 95)),
    }
    state.login.on = Some(false);
    (view, state)
}

fn release(step: Step) -> PhoneView {
    releasing(made_up::ready(), step)
}

fn releasing(view: PhoneView, step: Step) -> PhoneView {
    PhoneView { release: made_up::newer(false), updating: made_up::updating(step), ..view }
}

fn licences(open: Option<usize>) -> UiState {
    let licences = Some(LicencesPage { book: Book::open(), open });
    UiState { page: Page::Licences, licences, ..UiState::default() }
}

fn long_call() -> PhoneView {
    let mut view = call(|c| c.peer.address = "+37167001234".into());
    let about = "+371 67 001 234 (Latvia, landline abroad)".into();
    view.guard_state.long_call = Some(LongCall { call: made_up::CALL, minutes: 20, about });
    view
}

fn emergency() -> PhoneView {
    let mut view = call(|c| {
        (c.peer.name, c.peer.address) = (None, "999".into());
        (c.state, c.since, c.quality) = (CallState::Inviting, None, None);
    });
    view.guard_state.emergency = Some(EmergencyView { number: "999".into(), use_mobile: true, over: false });
    view
}

/// No way is left.
fn emergency_over() -> PhoneView {
    let mut view = made_up::ready();
    view.guard_state.emergency = Some(EmergencyView { number: "999".into(), use_mobile: true, over: true });
    view
}

/// The sheet of the password change in its phases.
fn change(name: &str) -> Option<PhoneView> {
    let soon = ago(0, -5);
    Some(match name {
        "composing" => breach::composing(),
        "composing-enforced" => {
            let mut view = breach::composing();
            view.security[0].restricted = true;
            view.security[0].change.can_wait = false;
            view
        }
        "composing-unlisted" => {
            let devices = DevicesView { listed: DeviceListing::NotListed, ..DevicesView::default() };
            let mut change = breach::change(ChangePhase::Compose(Compose::default()));
            (change.reason, change.way, change.deadline) = (ChangeReason::Wanted, ChangeWay::Person, None);
            with(SecurityView { change, devices, ..security() })
        }
        "idle" => changing(ChangePhase::Idle),
        "preparing" => changing(ChangePhase::Preparing),
        "saving" => changing(ChangePhase::Saving),
        "changing" => changing(ChangePhase::Testing),
        "checking-old" => changing(ChangePhase::CheckingOld),
        "uncertain" => changing(ChangePhase::Uncertain),
        "undoing" => changing(ChangePhase::Undoing),
        "waiting" => changing(ChangePhase::Wait { until: soon, why: WaitWhy::Provider }),
        "aborted" => changing(ChangePhase::Aborted(AbortWhy::Kept)),
        "neither" => changing(ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks)),
        "not-allowed" => changing(ChangePhase::NeedsPerson(NeedsPerson::NotAllowed)),
        "not-changed-yet" => by_hand(ChangePhase::NeedsPerson(NeedsPerson::NotChangedYet)),
        "no-keyring" => changing(ChangePhase::Keyring(KeyringTrouble::Missing)),
        "elsewhere" => changing(ChangePhase::SaveElsewhere),
        "at-provider" => breach::told(),
        "done" => breach::done(),
        "still-accepted" => changing(ChangePhase::Done { old: OldPassword::StillAccepted, at: NOW }),
        _ => return None,
    })
}

fn by_hand(phase: ChangePhase) -> PhoneView {
    let mut view = breach::told();
    view.security[0].change.phase = phase;
    view
}

/// The security centre and its pages.
fn centre(name: &str) -> Option<(PhoneView, UiState)> {
    let id = breach::notice().id;
    let at = |view, page| Some((view, on(page)));
    let all = breach::breach;
    match name {
        "breach" => Some((all(), UiState::default())),
        "centre" => at(all(), SecurityPage::Centre),
        "centre-calm" => at(breach::calm(), SecurityPage::Centre),
        "centre-locked-down" => {
            at(with(SecurityView { lockdown: Some(ago(0, 4)), ..security() }), SecurityPage::Centre)
        }
        "centre-troubled" => at(troubled(), SecurityPage::Centre),
        "notice" => at(all(), SecurityPage::Notice(id)),
        "notice-done" => at(over(), SecurityPage::Notice(id)),
        "why" => at(all(), SecurityPage::Why(id)),
        "told" => at(breach::told(), SecurityPage::Told),
        "told-ticked" => at(ticked(), SecurityPage::Told),
        "devices" => at(all(), SecurityPage::Devices),
        "devices-listed" => at(listed(), SecurityPage::Devices),
        "devices-naming" => naming(),
        "devices-need-password" => at(breach::done(), SecurityPage::Devices),
        "devices-unlisted" => {
            let devices = DevicesView { listed: DeviceListing::NotListed, ..DevicesView::default() };
            at(with(SecurityView { devices, ..security() }), SecurityPage::Devices)
        }
        "limits" => at(all(), SecurityPage::Limits),
        "bill" => at(all(), SecurityPage::Bill),
        "bill-unreadable" => {
            let state = BillState::Unreadable("This file is not a list of calls: it has no column with times.".into());
            at(PhoneView { bill: Some(BillView { account: HOME, state }), ..all() }, SecurityPage::Bill)
        }
        "bill-columns" => at(breach::columns(), SecurityPage::Bill),
        "bill-result" => at(breach::bill_result(), SecurityPage::Bill),
        "log" => at(all(), SecurityPage::Log),
        "contact" => at(all(), SecurityPage::Contact),
        "contact-empty" => {
            at(with(SecurityView { contact: ContactView::default(), ..security() }), SecurityPage::Contact)
        }
        "remove" => at(all(), SecurityPage::Remove),
        "lockdown" => at(all(), SecurityPage::Lockdown),
        "locked-down" => at(with(SecurityView { lockdown: Some(ago(0, 4)), ..security() }), SecurityPage::Lockdown),
        "vault" => at(PhoneView { vault_question: Some(VaultQuestion::Choose), ..breach::calm() }, SecurityPage::Vault),
        "weaker" => at(weaker(), SecurityPage::Weaker),
        _ => None,
    }
}

/// The provider does not answer, the sign-in has become weaker, the old password still works.
fn troubled() -> PhoneView {
    let weaker = Weaker { what: Protection::SignIn, before: "SHA-256".into(), now: "MD5".into(), refused: true };
    let mut all = security();
    all.todo = vec![
        Todo::FinishChange,
        Todo::Weaker(weaker),
        Todo::OldPasswordAccepted,
        Todo::SeveralPasswords(KeptPasswords { count: 3, state: KeptState::Works, can_be_tried: false, until: None }),
        Todo::DevicesNeedPassword(2),
        Todo::NoticesNotConfirmed(ago(9, 0)),
    ];
    all.source = NoticeSource::NotConfirmedSince(ago(9, 0));
    all.notices = Vec::new();
    all.change = breach::change(ChangePhase::Uncertain);
    with(all)
}

/// The notice was followed, and its plan is done.
fn over() -> PhoneView {
    let mut all = security();
    all.notices[0].state = NoticeState::Done;
    all.notices[0].level = NoticeLevel::Advise;
    with(all)
}

fn ticked() -> PhoneView {
    let mut view = breach::told();
    let list = &mut view.security[0].check_list;
    list[0].state = CheckState::Told(ago(0, 3));
    list[1].state = CheckState::Told(ago(0, 2));
    view.security[0].change.phase = ChangePhase::Idle;
    view
}

/// A provider that lists everything and ends what the person wants.
fn listed() -> PhoneView {
    let mut all = security();
    let mut kitchen = DeviceView { name: Some("Kitchen".into()), ..breach::desk_phone() };
    (kitchen.id, kitchen.place, kitchen.needs_password) = (DeviceId("k".into()), "192.168.1.21".into(), true);
    kitchen.ending = Ending::Possible;
    let stranger = DeviceView {
        place: "203.0.113.9".into(),
        country: Some("LV".into()),
        registered: Some(ago(0, 40)),
        expires: Some(ago(0, -20)),
        ending: Ending::Possible,
        ..breach::desk_phone()
    };
    all.devices.all = vec![stranger, kitchen];
    all.devices.list = ProviderList::Read { at: ago(0, 1), names_us: true };
    all.devices.own = Some(OwnView {
        place: "192.168.1.10".into(),
        registered: Some(ago(0, 90)),
        refreshed: None,
        expires: Some(ago(0, -30)),
    });
    let (id, software) = (SessionId("p1".into()), Some("Firefox".into()));
    let (country, since) = (Some("GB".into()), Some(ago(0, 30)));
    all.devices.logins = vec![LoginView { id, software, country, since, new: true, ending: Ending::Possible }];
    let (id, label) = (SessionId("d1".into()), "Ringfence on a computer".into());
    let key =
        KeyView { id, label, active: true, active_from: None, own: true, new: false, ending: Ending::No(WhyNot::Own) };
    let laptop = KeyView { label: "Laptop".into(), own: false, ending: Ending::Possible, ..key.clone() };
    all.devices.keys = vec![key, laptop];
    with(all)
}

fn naming() -> Option<(PhoneView, UiState)> {
    let mut state = on(SecurityPage::Devices);
    state.security.naming = Some((breach::desk_phone().id, "Kitchen".into()));
    Some((breach::breach(), state))
}

fn weaker() -> PhoneView {
    let refused = breach::certificate(false).certificate;
    let alarms = vec![(ago(1, 40), Alarm::WeakerDigest), (ago(0, 12), Alarm::CertificateChanged)];
    PhoneView { trust: vec![TrustView { account: HOME, alarms, pinned: None, refused }], ..breach::breach() }
}

/// Questions, banners and cards that come by themselves.
fn questions(name: &str) -> Option<PhoneView> {
    Some(match name {
        "guard" => breach::guard(GuardVerdict::Confirm),
        "guard-word" => breach::guard(GuardVerdict::Type("premium".into())),
        "guard-blocked" => breach::guard(GuardVerdict::Blocked),
        "guard-link" => from(GuardFrom::Link),
        "guard-redirect" => PhoneView {
            calls: call(|c| (c.state, c.since, c.quality) = (CallState::Inviting, None, None)).calls,
            ..from(GuardFrom::Redirect)
        },
        "certificate" => breach::certificate(true),
        "certificate-changed" => breach::certificate(false),
        "choose-vault" => PhoneView { vault_question: Some(VaultQuestion::Choose), ..breach::calm() },
        "unlock-vault" => PhoneView { vault_question: Some(VaultQuestion::Unlock(None)), ..breach::calm() },
        "rehearsal" => {
            let words = "Your provider has published a notice. Open it in the security centre.".into();
            let rehearsal = Some(RehearsalView { step: 2, of: 7, words, over: false });
            PhoneView { rehearsal, ..breach::breach() }
        }
        _ => return None,
    })
}

fn from(from: GuardFrom) -> PhoneView {
    let mut view = breach::guard(GuardVerdict::Confirm);
    if let Some(question) = &mut view.guard {
        question.from = from;
    }
    view
}
