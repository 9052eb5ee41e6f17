//! How often something is in the memory of another process.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::process::{Command, Stdio};

/// Counts `needle` in every writable mapping of a process. `grep` does the counting: it is fast in a debug build, too.
pub fn count(pid: u32, needle: &str) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("memory");
    let grep = Command::new("grep").args(["-aoF", "--", needle]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut grep = grep.expect("grep");
    let mut into = grep.stdin.take().expect("piped");
    for line in maps.lines().filter(|line| line.contains(" rw")) {
        let range = line.split(' ').next().expect("a range");
        let (from, to) = range.split_once('-').expect("a range");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        let (from, to) = (address(from), address(to));
        let mut bytes = vec![0; usize::try_from(to - from).expect("a size")];
        // What was unmapped meanwhile holds nothing.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            into.write_all(&bytes).and_then(|()| into.write_all(b"\n")).expect("grep reads");
        }
    }
    drop(into);
    let found = grep.wait_with_output().expect("grep ends");
    found.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
}
