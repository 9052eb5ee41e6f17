//! A call that comes in while the main window is minimised or hidden is on the screen within 200 ms. Under Xvfb with
//! openbox, with the made-up phone of `tests/ui/gallery.rs` behind the real window.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::rig::screen::{Ends, Screen};
use crate::rig::wait_until;

/// The promise.
const IN_TIME: Duration = Duration::from_millis(200);
/// The light theme's green, the Answer button's.
const GREEN: [u8; 3] = [0x12, 0x80, 0x5C];

fn gallery() -> PathBuf {
    let here = std::env::current_exe().expect("a test has a path");
    here.parent().and_then(|deps| deps.parent()).expect("below target").join("examples/gallery")
}

/// Whether a photograph of the window shows the Answer button.
fn shows_answer(screen: &Screen, window: &str) -> bool {
    screen.photograph(window).windows(3).any(|pixel| pixel == GREEN)
}

/// Hides the main window by `how`, lets Anna call, and says how long it took until her window was there.
fn time_to_window(screen: &Screen, how: &str) -> Duration {
    let mut app = Command::new(gallery());
    app.args(["rings-later", "light"]).env("DISPLAY", &screen.display).env("LIBGL_ALWAYS_SOFTWARE", "1");
    let mut app = Ends(app.stdin(Stdio::piped()).spawn().expect("cargo builds examples for its tests"));
    wait_until("the main window", || screen.window("^Ringfence").is_some());
    let main = screen.window("^Ringfence").expect("just seen");
    screen.run("xdotool", &[how, &main]);
    wait_until("the main window is gone", || screen.window("^Ringfence").is_none());
    let start = Instant::now();
    app.0.stdin.as_mut().expect("piped").write_all(b"ring\n").expect("the gallery listens");
    let mut card = None;
    wait_until("the incoming window", || {
        card = card.take().or_else(|| screen.window("is calling"));
        card.is_some()
    });
    let took = start.elapsed();
    let card = card.expect("just seen");
    wait_until("the Answer button", || shows_answer(screen, &card));
    assert!(screen.window("^Ringfence").is_none(), "the main window stays where the person put it");
    took
}

/// The best of three, since the promise is the program's, not that of a machine with other things to do.
#[test]
fn a_call_is_seen_at_once_while_the_window_is_minimised_or_hidden() {
    let screen = Screen::start();
    for how in ["windowminimize", "windowunmap"] {
        let times: Vec<Duration> = (0..3).map(|_| time_to_window(&screen, how)).collect();
        assert!(times.iter().any(|took| *took <= IN_TIME), "{how}: {times:?}");
    }
}
