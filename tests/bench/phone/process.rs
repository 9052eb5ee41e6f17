//! What a process costs, by the kernel's own accounts.

use std::collections::BTreeMap;
use std::fs;

/// What the threads of a process have cost so far.
pub struct Account(BTreeMap<String, (f64, f64)>);

/// What was spent between two looks at an account.
pub struct Cost {
    /// CPU seconds, to the nanosecond (`schedstat`).
    pub cpu: f64,
    /// Times that a thread gave up the processor of its own accord: wake-ups.
    pub wakeups: f64,
    /// Threads that ended in between: the kernel keeps no account of what they spent since the first look.
    pub ended: usize,
}

impl Account {
    pub fn of(pid: u32) -> Account {
        Account(tasks(pid).into_iter().map(Account::entry).collect())
    }

    /// Of one thread alone.
    pub fn of_thread(pid: u32, thread: u32) -> Account {
        Account([Account::entry(format!("/proc/{pid}/task/{thread}"))].into())
    }

    fn entry(task: String) -> (String, (f64, f64)) {
        let cpu = first_number(&format!("{task}/schedstat")).unwrap_or(0.0) / 1e9;
        let wakeups = field(&format!("{task}/status"), "voluntary_ctxt_switches:");
        (task, (cpu, wakeups))
    }

    /// What was spent since that earlier look.
    pub fn since(&self, before: &Account) -> Cost {
        let mut cost = Cost { cpu: 0.0, wakeups: 0.0, ended: 0 };
        for (task, (cpu, wakeups)) in &self.0 {
            let (cpu_before, wakeups_before) = before.0.get(task).copied().unwrap_or_default();
            cost.cpu += cpu - cpu_before;
            cost.wakeups += wakeups - wakeups_before;
        }
        cost.ended = before.0.keys().filter(|task| !self.0.contains_key(*task)).count();
        cost
    }
}

impl Cost {
    /// As a share of the time it was spent in.
    pub fn over(&self, seconds: f64) -> String {
        let ended = match self.ended {
            0 => String::new(),
            1 => " (one thread ended, not counted)".to_owned(),
            ended => format!(" ({ended} threads ended, not counted)"),
        };
        format!("{:.4} % CPU, {:.2} wake-ups a second{ended}", self.cpu / seconds * 100.0, self.wakeups / seconds)
    }
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
