//! Phones that do not exist: the views of the pictures, for tests and for the gallery.

use std::sync::Arc;

use ringfence::base::{AccountId, CallId, WallTime};
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{self, State, Updating};
use ringfence::phone::view::{
    AccountState, AccountView, CallDirection, CallState, CallView, Encryption, EndReason, HistoryRow, PasswordPlace,
    Peer, PhoneView, Quality, SignInView, Step, StepKind, StepState, VaultState,
};
use ringfence::port::media::{DeviceInfo, Stats};
use ringfence::port::net::Transport;

/// Sunday, 2026-11-22T11:00:00Z: what time it is in the pictures.
pub(crate) const NOW: WallTime = WallTime(1_795_345_200_000);
pub(crate) const HOME: AccountId = AccountId(1);
pub(crate) const CALL: CallId = CallId(7);

const MINUTE: i64 = 60_000;

pub(crate) fn home_line() -> AccountView {
    AccountView {
        id: HOME,
        name: "Home line".into(),
        address: "alice@voxline.example".into(),
        provider: "Voxline".into(),
        state: AccountState::Registered,
        transport: Some(Transport::Tls),
        tls: Some("TLS 1.3".into()),
        problem: None,
        demo: false,
        password: PasswordPlace::Keyring,
    }
}

pub(crate) fn anna() -> Peer {
    Peer { name: Some("Anna Berg".into()), address: "+442079460182".into() }
}

fn row(minutes_ago: i64, peer: Peer, direction: CallDirection, secs: Option<u32>, end: EndReason) -> HistoryRow {
    let quality = secs.map(|_| Quality::Good);
    let at = WallTime(NOW.0 - minutes_ago * MINUTE);
    HistoryRow { at, account: HOME, direction, peer, answered_secs: secs, end, quality }
}

pub(crate) fn history() -> Arc<[HistoryRow]> {
    use CallDirection::{Incoming, Outgoing};
    let number = Peer { name: None, address: "02079460182".into() };
    let office = Peer { name: Some("Main office".into()), address: "+442079460100".into() };
    let dev = Peer { name: Some("Dev Kapoor".into()), address: "dev@voxline.example".into() };
    Arc::new([
        row(18, anna(), Incoming, None, EndReason::Missed),
        row(105, number, Outgoing, Some(252), EndReason::HungUp),
        row(18 * 60 + 40, office, Incoming, Some(723), EndReason::PeerHungUp),
        row(21 * 60, dev, Outgoing, None, EndReason::Failed(Problem::new(ProblemKind::Busy, "dev").with_status(486))),
    ])
}

/// One line, ready; four recent calls.
pub(crate) fn ready() -> PhoneView {
    PhoneView { accounts: vec![home_line()], history: history(), vault: VaultState::Ok, ..PhoneView::default() }
}

pub(crate) fn talking() -> CallView {
    CallView {
        id: CALL,
        account: HOME,
        direction: CallDirection::Outgoing,
        peer: anna(),
        state: CallState::Established,
        since: Some(WallTime(NOW.0 - 252_000)),
        muted: false,
        held: false,
        held_by_peer: false,
        silenced: false,
        codec: Some("opus"),
        encryption: Encryption::ToProvider,
        stats: Some(Stats { received: 12_600, sent: 12_600, round_trip_ms: Some(31.0), ..Stats::default() }),
        quality: Some(Quality::Good),
        silent_secs: None,
        digits: String::new(),
    }
}

/// In a call with Anna.
pub(crate) fn in_call() -> PhoneView {
    PhoneView { calls: vec![talking()], ..ready() }
}

/// Anna calls.
pub(crate) fn incoming() -> PhoneView {
    let offered = CallView {
        state: CallState::Offered,
        direction: CallDirection::Incoming,
        since: None,
        quality: None,
        stats: None,
        codec: None,
        ..talking()
    };
    PhoneView { calls: vec![offered], ..ready() }
}

fn step(kind: StepKind, state: StepState) -> Step {
    Step { kind, state }
}

pub(crate) fn steps() -> Vec<Step> {
    vec![
        step(StepKind::Find("voxline.example".into()), StepState::Done),
        step(StepKind::Connect(Transport::Tls, Some("TLS 1.3".into())), StepState::Done),
        step(StepKind::SignIn, StepState::Doing),
    ]
}

/// First start, signing in.
pub(crate) fn signing_in() -> PhoneView {
    PhoneView { sign_in: SignInView::Trying(steps()), ..PhoneView::default() }
}

pub(crate) fn sign_in_failed() -> PhoneView {
    let mut list = steps();
    list.pop();
    list.push(step(StepKind::SignIn, StepState::Failed));
    let problem = Problem::new(ProblemKind::WrongPassword, "voxline.example").with_status(401);
    PhoneView { sign_in: SignInView::Failed(list, problem), ..PhoneView::default() }
}

pub(crate) fn ask_unencrypted() -> PhoneView {
    let list = vec![
        step(StepKind::Find("voxline.example".into()), StepState::Done),
        step(StepKind::Connect(Transport::Tls, None), StepState::Failed),
        step(StepKind::Connect(Transport::Tcp, None), StepState::Failed),
    ];
    PhoneView { sign_in: SignInView::AskUnencrypted(list, Transport::Udp), ..PhoneView::default() }
}

pub(crate) fn devices() -> Vec<DeviceInfo> {
    let device = |id: &str, name: &str, input, output| DeviceInfo { id: id.into(), name: name.into(), input, output };
    vec![
        device("pulse:mic", "Built-in microphone", true, false),
        device("pulse:jabra-in", "Jabra Evolve microphone", true, false),
        device("pulse:jabra-out", "Jabra Evolve", false, true),
        device("pulse:spk", "Built-in speakers", false, true),
    ]
}

/// A call that has just ended.
pub(crate) fn ended(end: EndReason) -> PhoneView {
    let call = CallView { state: CallState::Ended(end.clone()), ..talking() };
    let mut rows = vec![row(4, anna(), CallDirection::Outgoing, Some(252), end)];
    rows.extend(history().iter().cloned());
    PhoneView { calls: vec![call], history: rows.into(), ..ready() }
}

/// Ringfence 1.2.0 is available.
pub(crate) fn newer(unsafe_to_stay: bool) -> State {
    let fixes = vec!["Calls no longer drop after an hour.".into(), "Echo is shorter".into()];
    State::Newer { version: Version(1, 2, 0), fixes, unsafe_to_stay }
}

/// A build with a channel, in somebody's home directory.
pub(crate) fn updating(step: update::Step) -> Updating {
    Updating {
        asks: Some("updates.example".into()),
        confirmed: Some(WallTime(NOW.0 - 3 * 60 * MINUTE)),
        offer: Some((Version(1, 2, 0), 11_000_000)),
        step,
        ..Updating::default()
    }
}

/// The settings, which the disk does not take.
pub(crate) fn unsaved() -> Problem {
    let detail = "settings.json: No space left on device (os error 28)";
    Problem::new(ProblemKind::NotSaved, "Your settings").with_detail(detail)
}
