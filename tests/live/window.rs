//! The window of the real program, under Xvfb with openbox: a call comes in while it is minimised or hidden, a second
//! start brings it back, closing it ends the program.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use serde_json::json;

use crate::rig::agent::Agent;
use crate::rig::display::Display;
use crate::rig::kamailio::{Algorithm, Kamailio};
use crate::rig::keyring::Session;
use crate::rig::registrar::Telephone;
use crate::rig::{Daemon, PASSWORD, Scratch, wait_until};

/// From INVITE to a photograph with the Answer button.
const IN_TIME: Duration = Duration::from_millis(200);
/// Where the incoming window opens: the top right corner.
const CORNER: &str = "380x200+880+10";
const MAIN: &str = "^Ringfence";

/// The program with a profile of its own, at the demo provider, in a display of its own.
struct Phone {
    display: Display,
    scratch: Scratch,
    program: Daemon,
    main: String,
}

fn program(display: &Display, scratch: &Scratch, arguments: &[&str]) -> Command {
    let mut command = display.command(env!("CARGO_BIN_EXE_ringfence"));
    command.args(arguments).args(["--vault", "session", "--input", "silence", "--output", "discard", "--profile"]);
    command.arg(scratch.path().join("profile")).env("RUST_LOG", "ringfence=trace");
    command
}

impl Phone {
    fn start() -> Phone {
        let (display, scratch) = (Display::start(), Scratch::new());
        let program = Daemon::spawn("ringfence", program(&display, &scratch, &["demo"]), scratch.path());
        program.wait_for_log("state: Registered");
        wait_until("the main window", || display.window(MAIN).is_some());
        let main = display.window(MAIN).expect("just seen");
        display.act(&["mousemove", "1270", "890"]);
        Phone { display, scratch, program, main }
    }

    /// How often the log says so.
    fn count(&self, words: &str) -> usize {
        self.program.log().matches(words).count()
    }

    /// Waits until the log says so once more than before `act`.
    fn after(&self, words: &str, act: impl FnOnce()) {
        let before = self.count(words);
        act();
        wait_until(words, || self.count(words) > before);
    }

    /// Gives the main window the keyboard and presses keys.
    fn press(&self, keys: &[&str]) {
        self.display.act(&["windowactivate", "--sync", &self.main]);
        self.display.act(&[&["key", "--delay", "30"], keys].concat());
    }

    /// Types a name into the one field, calls it, and waits until it has been hung up at the other end.
    fn call_until_it_ends(&self, name: &str) {
        self.after("event=CallEnded", || {
            self.press(&["ctrl+k"]);
            self.display.act(&["type", "--delay", "30", name]);
            self.display.act(&["key", "Return"]);
        });
    }

    /// Takes the main window from the screen: `windowminimize`, or `windowunmap`.
    fn take_away(&self, how: &str) {
        self.display.act(&[how, &self.main]);
        wait_until("the main window is away", || self.is_away());
    }

    fn is_away(&self) -> bool {
        self.display.window(MAIN).is_none()
    }

    /// When this was so last, by the program's own trace.
    fn last(&self, words: &str) -> SystemTime {
        let log = self.program.log();
        let line = log.lines().rev().find(|line| line.contains(words)).expect("it was so");
        let stamp = line.split_whitespace().next().expect("a time stamp");
        let stamp: jiff::Timestamp = stamp.parse().expect("a time stamp");
        UNIX_EPOCH + Duration::try_from(stamp.duration_since(jiff::Timestamp::UNIX_EPOCH)).expect("after 1970")
    }

    /// Lets somebody call while the main window is away. How long it was from the INVITE until the frame was painted
    /// that a photograph shows with the Answer button: the last before the photograph was finished. (The photograph
    /// itself takes 70 to 350 ms.)
    fn time_to_answer_button(&self, how: &str) -> Duration {
        self.display.act(&["windowmap", &self.main]);
        self.call_until_it_ends("calls you");
        self.take_away(how);
        let mut painted = None;
        wait_until("the Answer button", || {
            if self.display.shows_answer("root", Some(CORNER)) {
                painted = Some(self.last("a frame is painted"));
            }
            painted.is_some()
        });
        assert!(self.is_away(), "the main window stays where the person put it");
        assert!(self.display.window("Calls you back is calling").is_some(), "the window says who calls");
        painted.expect("just seen").duration_since(self.last("in: INVITE ")).expect("after the INVITE")
    }
}

/// Two of five calls at most: once could be luck, and the promise is the program's, not that of a machine with other
/// things to do.
fn rings_in_time(phone: &Phone, how: &str) {
    let mut times = Vec::new();
    while times.iter().filter(|time| **time <= IN_TIME).count() < 2 {
        assert!(times.len() < 5, "{how}: {times:?}");
        if !times.is_empty() {
            phone.after("event=CallEnded", || click(&phone.display, "940", "160"));
            wait_until("the incoming window is gone", || phone.display.window("is calling").is_none());
        }
        times.push(phone.time_to_answer_button(how));
    }
    println!("{how}: INVITE to the frame with the Answer button: {times:?}");
}

#[test]
fn a_call_is_painted_within_200_ms_of_its_invite_while_the_window_is_hidden() {
    let phone = Phone::start();
    rings_in_time(&phone, "windowunmap");
    phone.after("event=CallEnded", || click(&phone.display, "940", "160"));
    wait_until("the incoming window is gone", || phone.display.window("is calling").is_none());
}

#[test]
fn a_call_is_painted_within_200_ms_of_its_invite_while_the_window_is_minimised() {
    let phone = Phone::start();
    rings_in_time(&phone, "windowminimize");
    // Answer with the mouse: the call goes on in the main window. End with the keyboard.
    phone.after("state: Established", || click(&phone.display, "1166", "160"));
    wait_until("the main window is back", || !phone.is_away());
    wait_until("the incoming window is gone", || phone.display.window("is calling").is_none());
    phone.after("state: Ended(HungUp)", || phone.press(&["ctrl+e"]));
}

fn click(display: &Display, x: &str, y: &str) {
    display.act(&["mousemove", "--sync", x, y, "click", "1"]);
}

#[test]
fn a_second_start_brings_the_minimised_window_back_and_closing_it_ends_the_program() {
    let phone = Phone::start();
    phone.take_away("windowminimize");
    let second = program(&phone.display, &phone.scratch, &[]).output().expect("starts");
    assert!(second.status.success(), "{second:?}");
    wait_until("the window is back", || !phone.is_away());
    assert!(!phone.program.has_ended());
    phone.display.run("wmctrl", &["-i", "-c", &phone.main]);
    wait_until("the program has ended", || phone.program.has_ended());
    // It said good-bye to its provider.
    assert!(phone.program.log().contains("event=Stopped"), "{}", phone.program.log());
}

#[test]
fn the_demo_is_gone_to_beside_another_line_by_the_first_start_and_by_a_second_one() {
    for first in [true, false] {
        let (display, scratch) = (Display::start(), Scratch::new());
        // A line that needs no server: it is there at the next start.
        let mut agent = Agent::start(&scratch, "phone", &[]);
        let address = "anna@127.0.0.1:9";
        agent.ok(json!({"do": "sign_in", "address": address, "transport": "udp", "register": false}));
        agent.quit();
        let start = |arguments: &[&str]| {
            let mut command = display.command(env!("CARGO_BIN_EXE_ringfence"));
            command.args(arguments).args(["--vault", "session", "--input", "silence", "--output", "discard"]);
            command.arg("--profile").arg(agent.file("profile")).env("RUST_LOG", "ringfence=trace");
            command
        };
        let program = Daemon::spawn("ringfence", start(if first { &["demo"] } else { &[] }), scratch.path());
        wait_until("the main window", || display.window(MAIN).is_some());
        if !first {
            let second = start(&["demo"]).output().expect("starts");
            assert!(second.status.success(), "{second:?}");
        }
        program.wait_for_log("event=SignedIn");
        let main = display.window(MAIN).expect("the main window");
        let since = program.log().find("event=SignedIn").expect("just seen");
        let mut places = ["100", "200"].into_iter().cycle();
        wait_until("two frames: the second one knows of it", || {
            display.act(&["mousemove", "--window", &main, places.next().unwrap_or_default(), "300"]);
            program.log()[since..].matches("a frame is painted").count() >= 2
        });
        // Only the demo has somebody of this name: its line is the one that is shown.
        display.act(&["windowactivate", "--sync", &main, "key", "--delay", "30", "ctrl+k"]);
        display.act(&["type", "--delay", "30", "busy"]);
        display.act(&["key", "Return"]);
        wait_until("a call has ended", || program.log().contains("event=CallEnded"));
        assert!(program.log().contains("SIP/2.0 486 "), "it was Busy: {}", program.log());
    }
}

#[test]
fn a_window_that_is_ended_by_a_signal_or_closed_takes_its_line_from_the_registrar() {
    let (display, scratch, session) = (Display::start(), Scratch::new(), Session::new());
    let _keyring = session.unlocked();
    let kamailio = Kamailio::start(&scratch, Algorithm::Sha256);
    // An agent signs in and leaves the password to the keyring, for the window.
    let arguments = ["--vault", "keyring", "--bind", "127.0.0.1:0"];
    let mut agent = Agent::start_within(&scratch, "phone", &arguments, |command| session.within(command));
    agent.sign_in("alice", kamailio.plain, "udp", json!({}));
    let entries = || session.secret_tool(&["search", "--all", "service", "Ringfence"], "");
    wait_until("the password is in the keyring", || entries().contains(PASSWORD));
    agent.quit();
    let mut question = Telephone::new(kamailio.plain, "alice");
    assert_eq!(question.register(PASSWORD, None), (200, 0), "nobody is registered");
    for by_signal in [true, false] {
        let mut command = display.shows(session.within(Command::new(env!("CARGO_BIN_EXE_ringfence"))));
        command.args(["--input", "silence", "--output", "discard", "--bind", "127.0.0.1:0", "--profile"]);
        command.arg(agent.file("profile")).env("RUST_LOG", "ringfence=info");
        let program = Daemon::spawn("ringfence", command, scratch.path());
        wait_until("the window's line is registered", || question.register(PASSWORD, None) == (200, 1));
        wait_until("the main window", || display.window(MAIN).is_some());
        if by_signal {
            program.signal(Signal::TERM);
        } else {
            let main = display.window(MAIN).expect("just seen");
            display.run("wmctrl", &["-i", "-c", &main]);
        }
        wait_until("the program has ended", || program.has_ended());
        assert_eq!(question.register(PASSWORD, None), (200, 0), "by signal: {by_signal}");
    }
}
