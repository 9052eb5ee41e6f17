//! Licences and duplicates of every crate in the tree, checked off line from what cargo itself says.

use std::collections::BTreeMap;
use std::process::Command;

/// Licences that may be shipped in one program under MIT OR Apache-2.0.
const ALLOWED: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "0BSD",
    "Unlicense",
    "CC0-1.0",
    "BSL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "OFL-1.1",
    "Ubuntu-font-1.0",
    "MIT-0",
    "BSD-1-Clause",
    "NCSA",
];

/// Crates that must not enter the tree, and why.
const BANNED: &[(&str, &str)] = &[
    ("aws-lc-rs", "one cryptographic provider: ring"),
    ("aws-lc-sys", "one cryptographic provider: ring"),
    ("openssl-sys", "TLS is rustls"),
    ("native-tls", "TLS is rustls"),
    ("wgpu", "the window draws with glow"),
];

/// Crates of which two versions would be two different things at run time.
const ONCE: &[&str] = &[
    "rustls",
    "ring",
    "tokio",
    "egui",
    "eframe",
    "winit",
    #[cfg(target_os = "linux")]
    "zbus",
    "cpal",
    "rtp",
    "rtcp",
    "opusic-sys",
    "serde",
    "keyring-core",
];

/// (name, version, licence) of every crate that is built for this machine, dev-dependencies included.
fn crates() -> Vec<Crate> {
    let host = env!("CARGO_MANIFEST_DIR");
    let run = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO")).args(arguments).current_dir(host).output().expect("cargo runs");
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).expect("cargo writes UTF-8")
    };
    run(&["tree", "--locked", "--offline", "--prefix", "none", "--edges", "normal,build,dev", "--format", "{p}|{l}"])
        .lines()
        .filter_map(|line| {
            let line = line.strip_suffix(" (*)").unwrap_or(line);
            let (package, licence) = line.split_once('|')?;
            let mut words = package.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned(), licence.to_owned()))
        })
        .collect()
}

/// Whether an SPDX expression (with `/` for OR, as old manifests have it) can be satisfied by [`ALLOWED`] alone.
fn satisfiable(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], "").replace('/', " OR ");
    // Without nesting worth the name: every AND part needs one allowed OR alternative.
    flat.split(" AND ").all(|part| part.split(" OR ").any(|licence| ALLOWED.contains(&licence.trim())))
}

/// A crate of the tree: name, version, licence.
type Crate = (String, String, String);

/// Those that may not be shipped.
fn unshippable(tree: &[Crate]) -> Vec<String> {
    let bad = tree.iter().filter(|(_, _, licence)| !satisfiable(licence));
    bad.map(|(name, version, licence)| format!("{name} {version}: {licence}")).collect()
}

/// Those that must not be there.
fn banned(tree: &[Crate]) -> Vec<String> {
    let there = BANNED.iter().filter(|(name, _)| tree.iter().any(|(have, _, _)| have == name));
    there.map(|(name, why)| format!("{name}: {why}")).collect()
}

/// Those of [`ONCE`] that are there in any number but one.
fn not_once(tree: &[Crate]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version, _) in tree {
        let list = versions.entry(name).or_default();
        if !list.contains(&version.as_str()) {
            list.push(version);
        }
    }
    let count = |name: &str| versions.get(name).map_or(0, Vec::len);
    ONCE.iter().filter(|name| count(name) != 1).map(|name| format!("{name}: {:?}", versions.get(*name))).collect()
}

#[test]
fn every_licence_may_be_shipped() {
    let faults = unshippable(&crates());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Versions with a fault that we met, and what it was.
const FAULTY: &[(&str, &str, &str)] = &[
    #[cfg(target_os = "linux")]
    ("blocking", "v1.7.0", "its idle thread never ends and wakes twice a second for ever: an idle phone wakes nobody"),
];

#[test]
fn no_version_with_a_known_fault_is_in_the_tree() {
    let tree = crates();
    for (name, version, fault) in FAULTY {
        assert!(tree.iter().any(|(have, _, _)| have == name), "{name} has left the tree: take it off the list");
        assert!(!tree.iter().any(|(have, is, _)| have == name && is == version), "{name} {version}: {fault}");
    }
}

#[test]
fn no_banned_crate_is_in_the_tree() {
    let tree = crates();
    assert!(tree.len() > 100, "the tree was read");
    assert_eq!(banned(&tree), Vec::<String>::new());
}

#[test]
fn what_must_be_one_is_there_once() {
    assert_eq!(not_once(&crates()), Vec::<String>::new());
}

#[test]
fn a_tree_with_such_a_fault_is_refused() {
    let mut tree = crates();
    let mut add = |name: &str, version: &str, licence: &str| {
        tree.push((name.to_owned(), version.to_owned(), licence.to_owned()));
    };
    add("aws-lc-rs", "1.0.0", "ISC AND (Apache-2.0 OR ISC)");
    add("copyleft", "1.0.0", "GPL-3.0-only");
    add("rustls", "0.22.0", "MIT");
    assert_eq!(unshippable(&tree), ["copyleft 1.0.0: GPL-3.0-only"]);
    assert_eq!(banned(&tree), ["aws-lc-rs: one cryptographic provider: ring"]);
    let twice = not_once(&tree);
    assert!(matches!(twice.as_slice(), [only] if only.starts_with("rustls: ")), "{twice:?}");
    tree.retain(|(name, _, _)| name != "ring");
    assert!(not_once(&tree).contains(&"ring: None".to_owned()), "what is gone is not there once");
}

#[test]
fn the_reader_of_licences_knows_and_from_or() {
    assert!(satisfiable("MIT OR Apache-2.0"));
    assert!(satisfiable("GPL-3.0 OR MIT"));
    assert!(satisfiable("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!satisfiable("MIT AND GPL-3.0"));
    assert!(!satisfiable("GPL-3.0-only"));
    assert!(!satisfiable(""));
}

/// The features of one crate as this machine builds it.
#[cfg(target_os = "linux")]
fn features(name: &str) -> Vec<String> {
    let arguments = ["tree", "--locked", "--offline", "--prefix", "none", "--edges", "normal,build,dev"];
    let mut cargo = Command::new(env!("CARGO"));
    let out = cargo.args(arguments).args(["--format", "{p}|{f}"]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let out = out.expect("cargo runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("cargo writes UTF-8");
    let of = text.lines().filter_map(|line| line.strip_suffix(" (*)").unwrap_or(line).split_once('|'));
    let of = of.filter(|(package, _)| package.split(' ').next() == Some(name));
    of.flat_map(|(_, features)| features.split(',').map(str::to_owned)).collect()
}

/// With it, every call of the keyring from a thread of the runtime panics (account-security 5.1).
#[cfg(target_os = "linux")]
#[test]
fn nobody_turns_on_the_keyring_s_other_runtime() {
    let zbus = features("zbus");
    assert!(zbus.iter().any(|feature| feature == "async-io"), "the features were read: {zbus:?}");
    assert!(!zbus.iter().any(|feature| feature == "tokio"), "{zbus:?}");
}

/// The words by which an HTTP client is told to believe any certificate (account-security 4.2).
const CARELESS: [&str; 2] = ["danger_", "accept_invalid"];

fn careless(source: &str) -> bool {
    CARELESS.iter().any(|word| source.contains(word))
}

#[test]
fn no_client_is_told_to_believe_any_certificate() {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&entry).expect("a source");
                assert!(!careless(&source), "{}", entry.display());
                read += 1;
            }
        }
    }
    assert!(read > 300, "the sources were read: {read}");
    assert!(careless(".danger_accept_invalid_certs(true)"));
}
