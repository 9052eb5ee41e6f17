//! What keeps secrets in the program's memory: no core dump, no look from outside, no words of a panic. Only release
//! builds do it by themselves; the tests ask for it.

use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use crate::rig::Scratch;
use crate::rig::agent::Agent;

fn agent(scratch: &Scratch, name: &str, hardened: bool) -> Agent {
    let mut agent = Agent::start_within(scratch, name, &[], |mut command| {
        if hardened {
            command.env("RINGFENCE_HARDENED", "1");
        }
        command
    });
    agent.ok(json!({"do": "state"}));
    agent
}

/// Whether another process of the same person, without root's privilege to look into any, can read its memory.
fn can_be_read(pid: u32) -> bool {
    let root = rustix::process::geteuid().is_root();
    let mut command = Command::new(if root { "setpriv" } else { "cat" });
    if root {
        command.args(["--bounding-set=-sys_ptrace", "cat"]);
    }
    // What may read this may read /proc/PID/mem: both are PTRACE_MODE_READ or stronger.
    let output = command.arg(format!("/proc/{pid}/environ")).output().expect("cat");
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
    assert!(!hardened.dumps_core_on(Signal::SEGV));
}
