//! The window with a made-up phone behind it: `gallery SCENE [light|dark]`. Shows one screen of the design, for
//! `packaging/screenshots` and for whoever works on a screen. With the scene `rings-later` it waits for a line on its
//! standard input and then pretends that Anna calls.

use std::io::BufRead as _;

use ringfence::base::WallTime;
use ringfence::base::units::Decibels;
use ringfence::engine::{FarEnd, PhoneHandle};
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::phone::event::Event;
use ringfence::phone::settings::Theme;
use ringfence::phone::view::PhoneView;
use ringfence::ui;

#[path = "breach.rs"]
mod breach;
#[path = "made_up.rs"]
mod made_up;
#[path = "scenes.rs"]
mod scenes;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let scene = arguments.next().unwrap_or_else(|| "main".into());
    let dark = arguments.next().as_deref() == Some("dark");
    let Some((mut view, start)) = scenes::scene(&scene) else {
        panic!("no scene {scene}: there are {:?}", scenes::NAMES)
    };
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
    let (system_theme, desktop) = (ui::SystemTheme::unknown(), ui::Desktop::none());
    let options = ui::Options { clock, system_theme, desktop, start };
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
            far.events.tell(Event::CallArrived(made_up::CALL)).ok();
            wake();
        }
    }
    let meters = std::sync::Arc::clone(&far.meters);
    std::thread::spawn(move || lively(&meters));
    while let Some((_, command)) = far.commands.blocking_recv() {
        tracing::info!(?command);
        if let Command::Change(account, ChangeCommand::Reveal(envelope)) = &command {
            envelope.fill("kT7mWq2vR9xLp4sZn8cHb3Yd".into());
            far.events.tell(Event::EnvelopeFilled(*account)).ok();
            wake();
        }
        if command == Command::Quit {
            far.events.tell(Event::Stopped).ok();
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
