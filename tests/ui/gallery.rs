//! The window with a made-up phone behind it: `gallery SCENE [light|dark]`. Shows one screen of the design, for
//! `packaging/screenshots` and for whoever works on a screen. With the scene `rings-later` it waits for a line on its
//! standard input and then pretends that Anna calls.

use std::io::BufRead as _;

use ringfence::base::WallTime;
use ringfence::base::units::Decibels;
use ringfence::engine::{FarEnd, PhoneHandle};
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::phone::event::Event;
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::settings::Theme;
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{State, Step};
use ringfence::phone::view::{
    AccountState, AccountView, CallState, CallView, ChangePhase, EndReason, GuardVerdict, KeyringTrouble, NeedsPerson,
    PhoneView, VaultQuestion, VaultState,
};
use ringfence::ui;

#[path = "breach.rs"]
mod breach;
#[path = "made_up.rs"]
mod made_up;

#[expect(clippy::too_many_lines, reason = "a list of scenes, one line each")]
fn view(scene: &str) -> Option<PhoneView> {
    let call = |change: fn(&mut CallView)| {
        let mut view = made_up::in_call();
        change(&mut view.calls[0]);
        view
    };
    let account = |change: fn(&mut AccountView)| {
        let mut view = made_up::ready();
        change(&mut view.accounts[0]);
        view
    };
    Some(match scene {
        "main" | "keypad" | "settings" | "typed" | "rings-later" | "shortcuts" => {
            let mut view = made_up::ready();
            view.audio.devices = made_up::devices();
            view
        }
        "release" => {
            let mut view = made_up::ready();
            view.release = made_up::newer(false);
            view.updating = made_up::updating(Step::Fetching(Version(1, 2, 0), 4_400_000, 11_000_000));
            view
        }
        "withdrawn" => PhoneView {
            release: State::Withdrawn { reason: "Calls to some numbers never ended.".into(), instead: None },
            ..made_up::ready()
        },
        "empty" => PhoneView { history: [].into(), ..made_up::ready() },
        "demo" => PhoneView { history: [].into(), ..account(|a| (a.name, a.demo) = ("Demo line".into(), true)) },
        "call" | "call-keypad" | "call-audio" => {
            let mut view = made_up::in_call();
            view.audio.devices = made_up::devices();
            view
        }
        "muted" => call(|c| (c.muted, c.held) = (true, true)),
        "ringing" => call(|c| (c.state, c.since, c.quality) = (CallState::Ringing, None, None)),
        "silent" => call(|c| c.silent_secs = Some(14)),
        "ended" => made_up::ended(EndReason::HungUp),
        "failed" => {
            made_up::ended(EndReason::Failed(Problem::new(ProblemKind::NoSuchNumber, "+442079460182").with_status(404)))
        }
        "incoming" => made_up::incoming(),
        "first-start" => PhoneView::default(),
        "signing-in" => made_up::signing_in(),
        "sign-in-failed" => made_up::sign_in_failed(),
        "ask-unencrypted" => made_up::ask_unencrypted(),
        "rejected" => account(|a| {
            a.state = AccountState::Rejected;
            a.problem = Some(Problem::new(ProblemKind::WrongPassword, "Voxline").with_status(401));
        }),
        "breach" | "centre" | "notice" | "devices" | "log" | "bill" | "contact" | "remove" | "lockdown" => {
            breach::breach()
        }
        "calm" => breach::calm(),
        "composing" => breach::composing(),
        "changing" => breach::changing(ChangePhase::Testing),
        "uncertain" => breach::changing(ChangePhase::Uncertain),
        "neither" => breach::changing(ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks)),
        "no-keyring" => breach::changing(ChangePhase::Keyring(KeyringTrouble::Missing)),
        "elsewhere" => breach::changing(ChangePhase::SaveElsewhere),
        "done" => breach::done(),
        "told" => breach::told(),
        "in-call-later" => PhoneView { calls: vec![made_up::talking()], ..breach::breach() },
        "guard" => breach::guard(GuardVerdict::Confirm),
        "guard-word" => breach::guard(GuardVerdict::Type("premium".into())),
        "certificate" => breach::certificate(true),
        "certificate-changed" => breach::certificate(false),
        "choose-vault" => PhoneView { vault_question: Some(VaultQuestion::Choose), ..breach::breach() },
        "unlock-vault" => PhoneView { vault_question: Some(VaultQuestion::Unlock(None)), ..breach::breach() },
        "columns" => breach::columns(),
        "bill-result" => breach::bill_result(),
        "vault" => PhoneView { vault: VaultState::Locked, ..made_up::ready() },
        _ => return None,
    })
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let scene = arguments.next().unwrap_or_else(|| "main".into());
    let dark = arguments.next().as_deref() == Some("dark");
    let Some(mut view) = view(&scene) else { panic!("no scene {scene}") };
    view.settings.theme = if dark { Theme::Dark } else { Theme::Light };
    let (handle, far) = PhoneHandle::pair();
    let waker = ui::Waker::default();
    far.view.send_replace(view.clone());
    let wake = waker.callback();
    std::thread::spawn(move || pretend(far, view, &scene, &*wake));
    #[expect(clippy::disallowed_methods, reason = "a gallery has no io::clock")]
    let started = std::time::Instant::now();
    let elapsed = move || i64::try_from(started.elapsed().as_millis()).unwrap_or(0);
    let clock = ui::Clock::utc(move || WallTime(made_up::NOW.0 + elapsed()));
    let options =
        ui::Options { demo: false, clock, system_theme: ui::SystemTheme::unknown(), desktop: ui::Desktop::none() };
    if let Err(error) = ui::run(handle, waker, options) {
        panic!("{error}");
    }
}

/// The engine that is not there: lively meters, a call on demand, a farewell.
fn pretend(mut far: FarEnd, mut view: PhoneView, scene: &str, wake: &dyn Fn()) {
    if scene == "rings-later" {
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line).is_ok_and(|n| n > 0) {
            view.calls = made_up::incoming().calls;
            far.view.send_replace(view.clone());
            drop(far.events.try_send(Event::CallArrived(made_up::CALL)));
            wake();
        }
    }
    let meters = std::sync::Arc::clone(&far.meters);
    std::thread::spawn(move || lively(&meters));
    while let Some((_, command)) = far.commands.blocking_recv() {
        tracing::info!(?command);
        if let Command::Change(account, ChangeCommand::Reveal(envelope)) = &command {
            envelope.fill("kT7mWq2vR9xLp4sZn8cHb3Yd".into());
            drop(far.events.try_send(Event::EnvelopeFilled(*account)));
            wake();
        }
        if command == Command::Quit {
            drop(far.events.try_send(Event::Stopped));
            wake();
        }
    }
}

/// Levels that look like two people talking.
fn lively(meters: &ringfence::port::media::Meters) {
    for levels in
        [(-38.0, -20.0), (-26.0, -12.0), (-13.0, -33.0), (-30.0, -18.0), (-19.0, -42.0), (-37.0, -28.0)].iter().cycle()
    {
        meters.set_input(Decibels(levels.0));
        meters.set_output(Decibels(levels.1));
        std::thread::park_timeout(std::time::Duration::from_millis(125));
    }
}
