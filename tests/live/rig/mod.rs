//! Real peers, started by the tests themselves: private, on free ports, in a scratch folder, killed at the end.

pub mod agent;
pub mod baresip;
pub mod database;
pub mod display;
pub mod kamailio;
pub mod keyring;
pub mod load;
pub mod memory;
pub mod names;
pub mod nat;
pub mod ports;
pub mod provider;
pub mod pulse;
pub mod registrar;
pub mod releases;
pub mod subscribers;
pub mod wav;
pub mod web;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use ports::free_port;

/// The password of every line of the rig: a canary that must appear nowhere but in the rig's own configuration.
pub const PASSWORD: &str = "CANARY-kT7mWq2vR9xLp4sZ";

/// A folder that goes when the test ends.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn new() -> Scratch {
        Scratch(tempfile::Builder::new().prefix("rf-").tempdir().expect("scratch folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A new folder below.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::create_dir_all(&path).expect("folder");
        path
    }
}

/// Polls until it is true; panics after the bound.
pub fn wait_until(what: &str, fact: impl FnMut() -> bool) {
    wait_or(|| format!("not so: {what}"), agent::BOUND, fact);
}

/// The same with another bound, for what waits by itself before it goes on.
pub fn wait_as_long_as(bound: Duration, what: &str, fact: impl FnMut() -> bool) {
    wait_or(|| format!("not so: {what}"), bound, fact);
}

/// Polls until it is true; panics after the bound with words made then.
fn wait_or(complaint: impl Fn() -> String, bound: Duration, mut fact: impl FnMut() -> bool) {
    let until = Instant::now() + bound;
    while !fact() {
        assert!(Instant::now() < until, "after {bound:?}: {}", complaint());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A process in a group of its own, with its output in a file; dropped means that the whole group is killed.
pub struct Daemon {
    name: &'static str,
    child: Child,
    log: PathBuf,
    /// Reaped already: its number may be somebody else's.
    ended: bool,
}

impl Daemon {
    pub fn spawn(name: &'static str, mut command: Command, folder: &Path) -> Daemon {
        let log = folder.join(format!("{name}.log"));
        let file = fs::File::create(&log).expect("log");
        let second = file.try_clone().expect("log");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(second).process_group(0).spawn();
        Daemon { name, child: child.unwrap_or_else(|e| panic!("{name} does not start: {e}")), log, ended: false }
    }

    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn wait_for_log(&self, words: &str) {
        wait_or(
            || format!("{} does not say {words:?}; it said:\n{}", self.name, self.log()),
            agent::BOUND,
            || self.log().contains(words),
        );
    }

    pub fn wait_for_listener(&self, addr: SocketAddr) {
        wait_until(&format!("{} listens on {addr}", self.name), || TcpStream::connect(addr).is_ok());
    }

    pub fn has_ended(&self) -> bool {
        // Its entry in /proc says "Z" until we reap it on drop.
        fs::read_to_string(format!("/proc/{}/stat", self.child.id())).is_ok_and(|s| s.contains(") Z "))
    }

    /// Kills it and waits until nothing of it is left, its sockets included (a process whose first thread has ended can
    /// still hold them).
    pub fn end(&mut self) {
        self.signal(rustix::process::Signal::KILL);
        self.child.wait().expect("a child");
        self.ended = true;
    }

    /// Sends a signal to the whole group.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.child.id()).expect("a pid")).expect("a pid");
        let _gone = rustix::process::kill_process_group(pid, signal);
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if !self.ended {
            self.signal(rustix::process::Signal::KILL);
        }
        let _status = self.child.wait();
    }
}
