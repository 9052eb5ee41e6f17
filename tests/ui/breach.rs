//! A made-up breach day at a made-up provider: the views of pictures 3, 4, 4b, 4c, 9 and 10, and of the pages that
//! hang on them.

use ringfence::base::WallTime;
use ringfence::phone::guard::{GuardState, Home, HomeFrom, Region};
use ringfence::phone::view::{
    AccountState, BillColumns, BillResult, BillRow, BillState, BillView, Certainty, CertificateQuestion, ChangePhase,
    ChangeReason, ChangeView, ChangeWay, CheckItem, CheckRow, CheckState, Compose, ContactView, DeviceId,
    DeviceListing, DeviceView, DevicesView, Ending, Fact, Freshness, GuardFrom, GuardQuestion, GuardRule, GuardVerdict,
    KeptPasswords, KeptState, Link, LinkSource, LogRow, NewPassword, NoticeAction, NoticeId, NoticeLevel, NoticeSource,
    NoticeState, NoticeView, OldPassword, OwnNotices, PasswordPlace, PhoneView, PlanPoint, PlanState, SecurityView,
    Todo, WhyNot,
};

use crate::made_up::{self, HOME, NOW};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// So many days and minutes before the pictures' now.
pub(crate) fn ago(days: i64, minutes: i64) -> WallTime {
    WallTime(NOW.0 - days * DAY - minutes * MINUTE)
}

/// 3 December, midnight.
pub(crate) fn deadline() -> WallTime {
    WallTime(NOW.0 + 11 * DAY - 11 * 60 * MINUTE)
}

pub(crate) fn notice() -> NoticeView {
    let point = |n, text: &str, state, due| PlanPoint { n, text: text.into(), state, due, news: n == 2 };
    NoticeView {
        id: NoticeId("2026-11-21-01".into()),
        revision: 1,
        sent: ago(1, 108),
        title: "We saw attempts to get at customer data".into(),
        body: "Our monitoring saw external attempts to get at customer data.\n\nPlease change your passwords.".into(),
        certainty: Certainty::NotConfirmed,
        actions: vec![
            NoticeAction::ChangeLinePassword,
            NoticeAction::ChangeWebsitePassword,
            NoticeAction::ReviewDevices,
            NoticeAction::AskProvider,
        ],
        level: NoticeLevel::Require,
        deadline: Some(deadline()),
        plan: vec![
            point(1, "Calls abroad are limited for everybody", PlanState::Done, None),
            point(2, "All line passwords are changed", PlanState::Doing, Some(deadline())),
            point(3, "An outside firm looks at our systems", PlanState::Planned, Some(ago(-30, 0))),
        ],
        signed_by: "voxline.example".into(),
        signed_at: ago(1, 108),
        key_since: ago(202, 0),
        freshness: Freshness::Fresh,
        code: "HAZEL 42 RIVER".into(),
        own: false,
        state: NoticeState::Open,
        announced: true,
    }
}

pub(crate) fn maintenance() -> NoticeView {
    NoticeView {
        id: NoticeId("2026-11-14-01".into()),
        sent: ago(8, 0),
        title: "Planned work Sunday 02:00".into(),
        body: "Calls may drop for a minute.".into(),
        certainty: Certainty::NothingTaken,
        actions: Vec::new(),
        level: NoticeLevel::Advise,
        deadline: None,
        plan: Vec::new(),
        ..notice()
    }
}

pub(crate) fn desk_phone() -> DeviceView {
    DeviceView {
        id: DeviceId("urn:uuid:1".into()),
        name: None,
        place: "192.168.1.20".into(),
        software: Some("Yealink T54".into()),
        country: None,
        first_seen: ago(0, 527),
        registered: None,
        refreshed: None,
        expires: None,
        present: true,
        needs_password: false,
        ending: Ending::No(WhyNot::NoList),
    }
}

pub(crate) fn list(state: CheckState) -> Vec<CheckRow> {
    use CheckItem::{Bill, Forwarding, Line, OtherPhones, TopUp, Voicemail, Website};
    [TopUp, Website, Line, Voicemail, Forwarding, OtherPhones, Bill].map(|item| CheckRow { item, state }).into()
}

pub(crate) fn security() -> SecurityView {
    let link = Link {
        url: "https://www.voxline.example/account".into(),
        host: "www.voxline.example".into(),
        from: LinkSource::Person,
    };
    SecurityView {
        account: HOME,
        todo: vec![Todo::ChangePassword(notice().id), Todo::UnnamedDevice(desk_phone().id)],
        facts: vec![
            Fact::Password {
                place: PasswordPlace::Keyring,
                characters: Some(24),
                since: Some(ago(500, 0)),
                changed: Some(ago(412, 0)),
            },
            Fact::Connection { tls: Some("TLS 1.3".into()), srtp: true, digest: Some("SHA-256".into()) },
            Fact::Limits { abroad: GuardRule::Ask, premium: GuardRule::Block },
            Fact::Emergency,
        ],
        notices: vec![notice(), maintenance()],
        source: NoticeSource::Confirmed(ago(0, 12)),
        own_notices: OwnNotices::default(),
        change: ChangeView::default(),
        check_list: list(CheckState::Open),
        devices: DevicesView {
            listed: DeviceListing::At(ago(0, 3)),
            all: vec![desk_phone()],
            ..DevicesView::default()
        },
        log: vec![
            LogRow { at: ago(0, 527), words: "A phone at 192.168.1.20 appeared on this line.".into() },
            LogRow { at: ago(1, 100), words: "A signed notice from Voxline arrived.".into() },
        ]
        .into(),
        log_saved_at: None,
        lockdown: None,
        limits_there: None,
        restricted: false,
        kept: None,
        asked: None,
        contact: ContactView {
            support: Some("0800 111 222".into()),
            fraud: None,
            portal: Some(link.clone()),
            change: Some(link),
        },
        emergency: vec!["999".into(), "112".into()],
    }
}

/// The line of the pictures with this safety.
pub(crate) fn with(security: SecurityView) -> PhoneView {
    let home = Region::parse("GB").map(|region| Home { region, from: HomeFrom::Chosen });
    let guard_state = GuardState { home, ..GuardState::default() };
    PhoneView { security: vec![security], guard_state, ..made_up::ready() }
}

/// Picture 3, and the banner of picture 1.
pub(crate) fn breach() -> PhoneView {
    with(security())
}

/// A change in this phase, asked for by the notice and done by the phone.
pub(crate) fn changing(phase: ChangePhase) -> PhoneView {
    with(SecurityView { change: change(phase), ..security() })
}

pub(crate) fn change(phase: ChangePhase) -> ChangeView {
    ChangeView {
        phase,
        reason: ChangeReason::Notice(notice().id),
        way: ChangeWay::Phone,
        new: Some(NewPassword { made: true, characters: 24, bits: Some(140), can_be_shown: true }),
        deadline: Some(deadline()),
        can_wait: true,
        can_cancel: true,
        can_be_given: true,
        can_test_old: false,
    }
}

/// Picture 4.
pub(crate) fn composing() -> PhoneView {
    changing(ChangePhase::Compose(Compose::default()))
}

/// Picture 4c.
pub(crate) fn done() -> PhoneView {
    let mut view = changing(ChangePhase::Done { old: OldPassword::Refused, at: NOW });
    view.security[0].devices.all[0].needs_password = true;
    view
}

/// Picture 9: no notices, and the person changes the password at the website.
pub(crate) fn told() -> PhoneView {
    with(SecurityView {
        todo: Vec::new(),
        notices: Vec::new(),
        source: NoticeSource::None,
        change: ChangeView {
            reason: ChangeReason::Told,
            way: ChangeWay::Person,
            deadline: None,
            ..change(ChangePhase::AtProvider)
        },
        ..security()
    })
}

/// The keyring holds two passwords for the line.
pub(crate) fn several(state: KeptState) -> PhoneView {
    let kept = KeptPasswords { count: 2, state, can_be_tried: state == KeptState::Found, until: None };
    let mut view = with(SecurityView { todo: vec![Todo::SeveralPasswords(kept)], kept: Some(kept), ..security() });
    view.security[0].notices.clear();
    if matches!(state, KeptState::Found | KeptState::Trying) {
        view.accounts[0].state = AccountState::NeedsPassword;
    }
    view
}

/// Nothing to do.
pub(crate) fn calm() -> PhoneView {
    with(SecurityView { todo: Vec::new(), notices: vec![maintenance()], ..security() })
}

pub(crate) fn guard(verdict: GuardVerdict) -> PhoneView {
    let question = GuardQuestion {
        account: HOME,
        number: "+371 6 123 4567".into(),
        place: Some("Latvia".into()),
        kind: "landline abroad".into(),
        why: "This is the first call to Latvia from this computer.".into(),
        verdict,
        from: GuardFrom::Person,
    };
    PhoneView { guard: Some(question), ..made_up::ready() }
}

pub(crate) fn certificate(may_trust: bool) -> PhoneView {
    let print = |seed: u8| {
        let pairs: Vec<String> = (0..32_u8).map(|i| format!("{:02X}", i.wrapping_mul(37).wrapping_add(seed))).collect();
        pairs.join(":")
    };
    let question = CertificateQuestion {
        host: "sip.office.example".into(),
        what: "Nobody whom this computer trusts vouches for it.".into(),
        fingerprint: print(3),
        trusted: (!may_trust).then(|| print(11)),
        names: vec!["sip.office.example".into()],
        until: Some(ago(-300, 0)),
        may_trust,
    };
    PhoneView { certificate: Some(question), ..made_up::ready() }
}

fn bill(state: BillState) -> PhoneView {
    PhoneView { bill: Some(BillView { account: HOME, state }), ..breach() }
}

pub(crate) fn columns() -> PhoneView {
    bill(BillState::Columns(BillColumns {
        titles: ["Date", "Called", "Seconds", "Price"].map(str::to_owned).into(),
        sample: vec![["2026-11-20 03:11", "+37167001234", "1240", "14.20"].map(str::to_owned).into()],
        when: Some(0),
        number: Some(1),
        duration: Some(2),
        cost: None,
        rows: 41,
    }))
}

pub(crate) fn bill_result() -> PhoneView {
    let row = BillRow {
        at: ago(2, 469),
        number: "+371 67 001 234".into(),
        secs: Some(1240),
        cost: Some("14.20".into()),
        direction: None,
    };
    bill(BillState::Result(BillResult {
        since: ago(31, 0),
        compared: 41,
        foreign: vec![row].into(),
        unreadable: 2,
        log_begins: Some(ago(20, 0)),
    }))
}
