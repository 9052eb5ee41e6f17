//! How often something is in the memory of another process.

use std::fs::File;
use std::os::unix::fs::FileExt as _;

/// Counts `needle` in every readable mapping of a process.
pub fn count(pid: u32, needle: &str) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).expect("maps");
    let memory = File::open(format!("/proc/{pid}/mem")).expect("memory");
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" r")) {
        let range = line.split(' ').next().expect("a range");
        let (from, to) = range.split_once('-').expect("a range");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        let (from, to) = (address(from), address(to));
        let mut bytes = vec![0; usize::try_from(to - from).expect("a size")];
        // The kernel's own pages at the end of the list cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            found += bytes.windows(needle.len()).filter(|window| *window == needle.as_bytes()).count();
        }
    }
    found
}
