//! One `ringfence agent`: JSON lines in, JSON lines out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{PASSWORD, Scratch};

/// Longer than anything here takes; reached only when something is broken.
pub const BOUND: Duration = Duration::from_secs(30);

/// A running agent; dropped means killed.
pub struct Agent {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<Value>,
    /// Everything that it has said, replies included.
    pub seen: Vec<Value>,
    next_id: u64,
    pub folder: PathBuf,
}

impl Agent {
    /// Starts it with a profile of its own, the session vault unless `arguments` say otherwise, and no sound.
    pub fn start(scratch: &Scratch, name: &str, arguments: &[&str]) -> Agent {
        Agent::start_within(scratch, name, arguments, |command| command)
    }

    /// In a namespace that `within` puts a command into.
    pub fn start_within(
        scratch: &Scratch,
        name: &str,
        arguments: &[&str],
        within: impl FnOnce(Command) -> Command,
    ) -> Agent {
        let folder = scratch.folder(name);
        let mut command = Command::new(crate::program());
        command.arg("agent").arg("--profile").arg(folder.join("profile"));
        for (option, value) in [("--vault", "session"), ("--input", "silence"), ("--output", "discard")] {
            if !arguments.contains(&option) {
                command.args([option, value]);
            }
        }
        // A second start writes behind the first: what is searched for is searched for in all of it.
        let log = std::fs::File::options().create(true).append(true).open(folder.join("stderr")).expect("log");
        command.args(arguments).env("RUST_LOG", crate::AGENT_LOG);
        let mut command = within(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().expect("the agent starts");
        let (sender, lines) = sync_channel(4096);
        let output = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
                if sender.send(value).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Agent { child, input, lines, seen: Vec::new(), next_id: 1, folder }
    }

    /// Writes one raw line.
    pub fn line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("still open");
        writeln!(input, "{line}").expect("the agent reads");
    }

    /// Closes its input: the agent must end its calls and itself.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// Gives a command and waits for its reply, good or bad.
    pub fn ask(&mut self, mut command: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        command["id"] = json!(id);
        self.line(&command.to_string());
        self.wait("a reply", |v| v["reply"] == json!(id))
    }

    /// Gives a command that must succeed.
    pub fn ok(&mut self, command: Value) -> Value {
        let reply = self.ask(command.clone());
        assert_eq!(reply["ok"], json!(true), "{command} → {reply}");
        reply
    }

    /// Waits until it says something (from now on) that fits.
    pub fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + BOUND;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(value) => {
                    self.seen.push(value.clone());
                    if fits(&value) {
                        return value;
                    }
                }
                Err(_) => panic!(
                    "no {what} from {} within {BOUND:?}; it said {:#?}\n{}",
                    self.folder.display(),
                    self.seen,
                    self.log_tail()
                ),
            }
        }
    }

    /// Like [`Agent::wait`], but content with what it has said before.
    pub fn have(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        match self.seen.iter().find(|v| fits(v)) {
            Some(value) => value.clone(),
            None => self.wait(what, fits),
        }
    }

    /// Listens until it says something that fits, or dies by a signal. True if it died.
    pub fn dies_before(&mut self, fits: impl Fn(&Value) -> bool) -> bool {
        let until = Instant::now() + BOUND;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(value) => {
                    self.seen.push(value.clone());
                    if fits(&value) {
                        return false;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    assert_eq!(self.ended(), None, "it ended by itself: {}", self.log_tail());
                    return true;
                }
                Err(RecvTimeoutError::Timeout) => panic!("neither: {:#?}\n{}", self.seen, self.log_tail()),
            }
        }
    }

    /// Waits for a call to reach a state.
    pub fn call(&mut self, state: &str) -> Value {
        self.wait(&format!("call in state {state}"), |v| v["event"] == "call" && v["state"] == state)
    }

    /// Signs in with the password of the rig and waits until it is registered.
    pub fn sign_in(&mut self, user: &str, server: SocketAddr, transport: &str, more: Value) -> Value {
        let mut command = json!({
            "do": "sign_in", "address": format!("{user}@{}", super::kamailio::DOMAIN), "password": PASSWORD,
            "server": server.to_string(), "transport": transport,
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            command[key] = value.clone();
        }
        let reply = self.ok(command);
        self.have("registration", |v| v["event"] == "account" && v["state"] == "registered");
        reply
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("stderr")).unwrap_or_default()
    }

    fn log_tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut does: no farewell, nothing written any more.
    pub fn kill(&mut self) {
        self.child.kill().expect("alive");
        self.child.wait().expect("a child");
    }

    /// Waits for its end; the exit code.
    pub fn ended(&mut self) -> Option<i32> {
        super::wait_until("the agent has ended", || self.child.try_wait().expect("a child").is_some());
        self.child.wait().expect("a child").code()
    }

    /// Kills it by a signal that means a crash: whether that left a core dump.
    pub fn dumps_core_on(&mut self, signal: rustix::process::Signal) -> bool {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.pid()).expect("a pid")).expect("a pid");
        rustix::process::kill_process(pid, signal).expect("it runs");
        let status = self.child.wait().expect("a child");
        assert!(!status.success());
        std::os::unix::process::ExitStatusExt::core_dumped(&status)
    }

    /// Quits and waits for its end.
    pub fn quit(&mut self) {
        self.ask(json!({"do": "quit"}));
        assert_eq!(self.ended(), Some(0));
    }

    /// A file below the folder of this agent.
    pub fn file(&self, name: &str) -> PathBuf {
        Path::new(&self.folder).join(name)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
