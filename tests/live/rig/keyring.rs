//! A session bus and a gnome-keyring of a test's own: nobody's real keyring is ever touched.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use super::{Daemon, Scratch, wait_until};

/// The password of the keyring itself.
const MASTER: &str = "opens the keyring";

/// A session: home, runtime directory, bus.
pub struct Session {
    scratch: Scratch,
    bus: Option<Daemon>,
}

/// A running gnome-keyring.
pub struct Keyring(Child);

impl Session {
    /// A session with a bus, on which nothing starts by itself.
    pub fn new() -> Session {
        let mut session = Session::without_bus();
        let config = session.scratch.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>{}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>\
             </busconfig>",
            session.address()
        );
        fs::write(&config, text).expect("bus.conf");
        let mut command = Command::new("dbus-daemon");
        command.arg("--nofork").arg(format!("--config-file={}", config.display()));
        let bus = Daemon::spawn("dbus-daemon", session.within(command), session.scratch.path());
        let socket = session.scratch.path().join("bus");
        wait_until("the bus listens", || std::os::unix::net::UnixStream::connect(&socket).is_ok());
        session.bus = Some(bus);
        session
    }

    /// A session that has no bus.
    pub fn without_bus() -> Session {
        use std::os::unix::fs::PermissionsExt as _;
        let scratch = Scratch::new();
        let runtime = scratch.folder("runtime");
        fs::set_permissions(runtime, fs::Permissions::from_mode(0o700)).expect("private");
        scratch.folder("home");
        Session { scratch, bus: None }
    }

    /// Where its bus listens, if it has one.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.scratch.path().join("bus").display())
    }

    /// Lets `command` run in this session, and in no other.
    pub fn within(&self, mut command: Command) -> Command {
        let home = self.home();
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", self.scratch.path().join("runtime"));
        command.env("DBUS_SESSION_BUS_ADDRESS", self.address());
        for other in ["DISPLAY", "WAYLAND_DISPLAY", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(other);
        }
        command.env("GNOME_KEYRING_CONTROL", self.scratch.path().join("runtime"));
        command
    }

    /// Where the keyring's files are.
    pub fn home(&self) -> PathBuf {
        self.scratch.path().join("home")
    }

    /// Starts a keyring whose login collection is open (and made, if there was none).
    pub fn unlocked(&self) -> Keyring {
        let mut keyring = self.start(&["--unlock"]);
        let mut stdin = keyring.0.stdin.take().expect("stdin");
        stdin.write_all(MASTER.as_bytes()).expect("password");
        drop(stdin);
        self.wait_for_service();
        wait_until("the keyring is open", || self.collections_locked() == Some(false));
        keyring
    }

    /// Starts a keyring that nobody opened.
    pub fn locked(&self) -> Keyring {
        let mut keyring = self.start(&[]);
        drop(keyring.0.stdin.take());
        self.wait_for_service();
        keyring
    }

    fn start(&self, arguments: &[&str]) -> Keyring {
        let mut command = self.within(Command::new("gnome-keyring-daemon"));
        command.args(["--foreground", "--components=secrets"]).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Keyring(command.spawn().expect("gnome-keyring-daemon (package gnome-keyring)"))
    }

    fn wait_for_service(&self) {
        wait_until("the keyring is on the bus", || {
            self.ask(
                "org.freedesktop.DBus",
                "/",
                "org.freedesktop.DBus.NameHasOwner",
                &["string:org.freedesktop.secrets"],
            )
            .contains("true")
        });
    }

    fn collections_locked(&self) -> Option<bool> {
        let said = self.ask(
            "org.freedesktop.secrets",
            "/org/freedesktop/secrets/collection/login",
            "org.freedesktop.DBus.Properties.Get",
            &["string:org.freedesktop.Secret.Collection", "string:Locked"],
        );
        if said.contains("boolean true") { Some(true) } else { said.contains("boolean false").then_some(false) }
    }

    fn ask(&self, service: &str, path: &str, method: &str, arguments: &[&str]) -> String {
        let mut command = self.within(Command::new("dbus-send"));
        command.args(["--session", "--print-reply", "--reply-timeout=2000"]).arg(format!("--dest={service}"));
        let output = command.arg(path).arg(method).args(arguments).output().expect("dbus-send (package dbus-bin)");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs `secret-tool`, as another program of the same person.
    pub fn secret_tool(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.within(Command::new("secret-tool"));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("secret-tool (package libsecret-tools)");
        let mut stdin = child.stdin.take().expect("stdin");
        stdin.write_all(input.as_bytes()).expect("input");
        drop(stdin);
        String::from_utf8_lossy(&child.wait_with_output().expect("secret-tool").stdout).into_owned()
    }
}

impl Keyring {
    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).expect("a pid")).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("alive");
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}
