//! What keeps secrets in the program's memory: no core dump, no look from outside, no words of a panic. Only release
//! builds do it by themselves; the tests ask for it.

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::rig::Scratch;
use crate::rig::agent::Agent;

/// The same without root's privileges, which would let it look into any process.
fn unprivileged(command: &Command) -> Command {
    let mut plain = if rustix::process::geteuid().is_root() {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--bounding-set=-all", "--inh-caps=-all"]).arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    plain.args(command.get_args());
    plain.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    plain
}

fn agent(scratch: &Scratch, name: &str, hardened: bool) -> Agent {
    let mut agent = Agent::start_within(scratch, name, &[], |mut command| {
        if hardened {
            command.env("RINGFENCE_HARDENED", "1");
        }
        unprivileged(&command)
    });
    agent.ok(json!({"do": "state"}));
    agent
}

/// Whether another process of the same person can read its memory.
fn can_be_read(pid: u32) -> bool {
    let mut command = Command::new("cat");
    // Whoever may not read this may not read /proc/PID/mem either: that wants more (PTRACE_MODE_ATTACH).
    command.arg(format!("/proc/{pid}/environ"));
    let output = unprivileged(&command).output().expect("cat");
    output.status.success() && !output.stdout.is_empty()
}

#[test]
fn the_memory_of_a_hardened_program_is_nobody_elses_and_is_never_dumped() {
    let scratch = Scratch::new();
    let plain = agent(&scratch, "plain", false);
    assert!(can_be_read(plain.pid()), "the test can look into other processes");
    let hardened = agent(&scratch, "hardened", true);
    assert!(!can_be_read(hardened.pid()));
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", hardened.pid())).expect("limits");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    let words: Vec<&str> = core.split_whitespace().collect();
    assert_eq!(words[4..6], ["0", "0"], "{core}");
}

#[test]
fn a_crash_of_a_hardened_program_leaves_no_core_behind() {
    let scratch = Scratch::new();
    let mut hardened = agent(&scratch, "hardened", true);
    assert!(!hardened.dumps_core_on(Signal::ABORT));
}
