//! What a process costs, by the kernel's own accounts.

use std::fs;

/// CPU seconds of all threads, to the nanosecond (`schedstat`), ended ones not counted.
pub fn cpu_seconds(pid: u32) -> f64 {
    tasks(pid).iter().filter_map(|t| first_number(&format!("{t}/schedstat"))).sum::<f64>() / 1e9
}

/// Times that a thread gave up the processor of its own accord: wake-ups.
pub fn wakeups(pid: u32) -> f64 {
    tasks(pid).iter().map(|t| field(&format!("{t}/status"), "voluntary_ctxt_switches:")).sum()
}

/// Peak resident memory, MiB.
pub fn peak_mib(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmHWM:") / 1024.0
}

/// Resident memory, MiB.
pub fn resident_mib(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/status"), "VmRSS:") / 1024.0
}

/// Proportional memory, MiB.
pub fn pss_mib(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss:") / 1024.0
}

/// Private memory that no file backs, MiB: heap and stacks.
pub fn anonymous_mib(pid: u32) -> f64 {
    field(&format!("/proc/{pid}/smaps_rollup"), "Pss_Anon:") / 1024.0
}

pub fn threads(pid: u32) -> usize {
    tasks(pid).len()
}

/// Whether a thread of that name runs.
pub fn has_thread(pid: u32, name: &str) -> bool {
    tasks(pid).iter().any(|t| fs::read_to_string(format!("{t}/comm")).is_ok_and(|comm| comm.trim_end() == name))
}

fn tasks(pid: u32) -> Vec<String> {
    let folder = format!("/proc/{pid}/task");
    let entries = fs::read_dir(&folder).map(|e| e.filter_map(Result::ok).collect::<Vec<_>>()).unwrap_or_default();
    entries.iter().map(|e| e.path().to_string_lossy().into_owned()).collect()
}

fn first_number(file: &str) -> Option<f64> {
    fs::read_to_string(file).ok()?.split_whitespace().next()?.parse().ok()
}

fn field(file: &str, name: &str) -> f64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().find_map(|l| l.strip_prefix(name)?.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}
