//! Light and dark follow the desktop: a settings portal on a private session bus says dark, then light. Which bus is
//! used is a matter of the whole process, so those who listen are processes of their own.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};

use zbus::blocking::{Connection, connection};
use zbus::fdo;
use zbus::zvariant::{OwnedValue, Value};

use crate::rig::agent::BOUND;
use crate::rig::display::{Display, Ends};
use crate::rig::keyring::Session;
use crate::rig::{Scratch, wait_until};

const PATH: &str = "/org/freedesktop/portal/desktop";
const NAMESPACE: &str = "org.freedesktop.appearance";
const DARK: u32 = 1;
const LIGHT: u32 = 2;

/// The object that answers. Debian 11's knows `Read` only, whose variant is wrapped into a second one.
struct Settings {
    dark: bool,
    old: bool,
}

#[zbus::interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    fn read_one(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        if self.old { Err(fdo::Error::UnknownMethod("ReadOne".into())) } else { Ok(self.value(namespace, key)) }
    }

    fn read(&self, namespace: &str, key: &str) -> fdo::Result<OwnedValue> {
        let inner = Value::Value(Box::new(self.value(namespace, key).into()));
        inner.try_into().map_err(|_| fdo::Error::Failed("no value".into()))
    }
}

impl Settings {
    fn value(&self, namespace: &str, key: &str) -> OwnedValue {
        assert_eq!((namespace, key), (NAMESPACE, "color-scheme"));
        OwnedValue::from(if self.dark { DARK } else { 0 })
    }
}

/// The portal, on the bus of a session.
struct Portal(Connection);

impl Portal {
    fn start(session: &Session, settings: Settings) -> Portal {
        let address = session.address();
        let builder = connection::Builder::address(address.as_str()).and_then(|b| b.serve_at(PATH, settings));
        let bus = builder.and_then(|b| b.name("org.freedesktop.portal.Desktop")).and_then(|b| b.build());
        Portal(bus.expect("a bus with room for a portal"))
    }

    fn change(&self, key: &str, value: u32) {
        let what = (NAMESPACE, key, Value::U32(value));
        let sent = self.0.emit_signal(None::<&str>, PATH, "org.freedesktop.portal.Settings", "SettingChanged", &what);
        sent.expect("a signal can be sent");
    }
}

/// A process that repeats what it is told, and that.
fn listener(session: &Session) -> (Ends, Receiver<String>) {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "appearance::what_is_told_aloud", "--ignored", "--nocapture", "--test-threads=1"]);
    let mut child = session.within(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("again");
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let (sender, heard) = sync_channel(16);
    std::thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if let Some(at) = line.find("@ ") {
                drop(sender.send(line[at + 2..].to_owned()));
            }
        }
    });
    (Ends(child), heard)
}

/// Not a test of its own: the other process of those below.
#[test]
#[ignore = "run by the tests of this file"]
fn what_is_told_aloud() {
    println!("@ ready");
    ringfence::io::appearance::follow(|dark| println!("@ {}", if dark { "dark" } else { "light" }));
    println!("@ started");
    let mut until_killed = String::new();
    drop(std::io::stdin().read_line(&mut until_killed));
}

fn next(heard: &Receiver<String>) -> String {
    heard.recv_timeout(BOUND).expect("something is told")
}

#[test]
fn the_desktops_preference_and_its_changes_are_told_by_old_portals_and_new() {
    for old in [false, true] {
        let session = Session::new();
        let portal = Portal::start(&session, Settings { dark: true, old });
        let (_listener, heard) = listener(&session);
        assert_eq!(next(&heard), "ready");
        let first = [next(&heard), next(&heard)];
        assert!(first.contains(&"started".into()) && first.contains(&"dark".into()), "{first:?}");
        // Another setting of the same name space is not ours.
        portal.change("contrast", DARK);
        portal.change("color-scheme", LIGHT);
        assert_eq!(next(&heard), "light");
        portal.change("contrast", LIGHT);
        portal.change("color-scheme", DARK);
        assert_eq!(next(&heard), "dark");
    }
}

#[test]
fn without_a_bus_or_without_a_portal_nothing_is_told_and_no_thread_stays() {
    for session in [Session::new(), Session::without_bus()] {
        let (listener, heard) = listener(&session);
        assert_eq!([next(&heard), next(&heard)], ["ready", "started"]);
        let tasks = format!("/proc/{}/task", listener.0.id());
        wait_until("the thread has ended", || {
            let tasks = std::fs::read_dir(&tasks).expect("alive").map_while(Result::ok);
            let names = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
            let mut names: Vec<String> = names.collect();
            names.sort();
            // A thread has its parent's name until it gives itself its own.
            names.windows(2).all(|two| two[0] != two[1]) && !names.contains(&"appearance\n".into())
        });
        drop(listener);
        assert_eq!(heard.recv_timeout(BOUND).ok(), None, "nothing was told before the end");
    }
}

#[test]
fn the_window_is_dark_while_the_desktop_is_and_light_when_it_changes() {
    let (session, display, scratch) = (Session::new(), Display::start(), Scratch::new());
    let portal = Portal::start(&session, Settings { dark: true, old: false });
    let mut command = display.shows(session.within(Command::new(env!("CARGO_BIN_EXE_ringfence"))));
    command.args(["--vault", "session", "--profile"]).arg(scratch.folder("profile"));
    let _program = Ends(command.spawn().expect("the program starts"));
    wait_until("the window", || display.window("^Ringfence").is_some());
    let window = display.window("^Ringfence").expect("just seen");
    wait_until("it is dark", || display.main_colour(&window) == Some([0x12, 0x15, 0x1D]));
    portal.change("color-scheme", LIGHT);
    wait_until("it is light", || display.main_colour(&window) == Some([0xFB, 0xFB, 0xFD]));
}
