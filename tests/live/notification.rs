//! A desktop notification is asked for as freedesktop.org describes it: a notification service on a private session
//! bus hears it. Which bus is used is a matter of the whole process, so the one who asks is a process of its own.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::mpsc::{SyncSender, sync_channel};

use zbus::blocking::connection;
use zbus::zvariant::OwnedValue;

use crate::rig::agent::BOUND;
use crate::rig::display::Ends;
use crate::rig::keyring::Session;

const PATH: &str = "/org/freedesktop/Notifications";

/// What was asked for: title, body, urgency, how long it stays.
type Heard = (String, String, u8, i32);

/// The service.
struct Service(SyncSender<Heard>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the specification has them")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        title: String,
        body: String,
        actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        stays: i32,
    ) -> u32 {
        assert!(actions.is_empty(), "nothing in a notification is a link or a button");
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok()).unwrap_or_default();
        self.0.send((title, body, urgency, stays)).expect("the test listens");
        7
    }
}

/// Not a test of its own: the other process of the one below.
#[test]
#[ignore = "run by the test of this file"]
fn what_asks() {
    ringfence::io::notification::show("Signed notice from Voxline".into(), "Change <b>it</b> & call".into());
    let mut until_killed = String::new();
    drop(std::io::stdin().read_line(&mut until_killed));
}

#[test]
fn a_notification_stays_until_it_is_closed_and_holds_no_markup_and_no_button() {
    let session = Session::new();
    let (sender, heard) = sync_channel(4);
    let address = session.address();
    let builder = connection::Builder::address(address.as_str()).and_then(|b| b.serve_at(PATH, Service(sender)));
    let bus = builder.and_then(|b| b.name("org.freedesktop.Notifications")).and_then(|b| b.build());
    let _bus = bus.expect("a bus with room for a service");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "notification::what_asks", "--ignored", "--nocapture", "--test-threads=1"]);
    let child = session.within(command).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("again");
    let _asks = Ends(child);
    let (title, body, urgency, stays) = heard.recv_timeout(BOUND).expect("it is asked for");
    assert_eq!(title, "Signed notice from Voxline");
    assert_eq!(body, "Change &lt;b&gt;it&lt;/b&gt; &amp; call");
    assert_eq!((urgency, stays), (2, 0), "critical, and never expires by itself");
}
