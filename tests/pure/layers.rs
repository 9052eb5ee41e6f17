//! Who may import whom (the compiler cannot say so within one package), how long a file may be, and how it opens.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One module of `src/`: which of ours, and which crates of the kind that reach into the world, it may name.
struct Layer {
    module: &'static str,
    ours: &'static [&'static str],
    crates: &'static [&'static str],
}

/// Who may import whom. A module may always name itself and `base`.
const LAYERS: &[Layer] = &[
    Layer { module: "base", ours: &[], crates: &[] },
    Layer { module: "port", ours: &["provider_api"], crates: &[] },
    Layer { module: "sip", ours: &["port"], crates: &[] },
    Layer { module: "sdp", ours: &["port", "codec"], crates: &[] },
    Layer { module: "codec", ours: &["port"], crates: &["opus", "audio_codec", "rubato"] },
    Layer {
        module: "media",
        ours: &["port", "codec"],
        crates: &["rtp", "rtcp", "webrtc_srtp", "webrtc_util", "sonora", "rubato"],
    },
    Layer { module: "provider_api", ours: &[], crates: &["minisign_verify", "ring", "psl"] },
    Layer { module: "phone", ours: &["port", "sip", "sdp", "codec", "provider_api"], crates: &[] },
    Layer { module: "provider", ours: &["port", "sip", "sdp", "codec", "media", "provider_api"], crates: &[] },
    Layer { module: "io", ours: &["port", "media", "codec", "sip", "provider_api"], crates: IO },
    Layer {
        module: "serve",
        ours: &["provider", "port", "io", "sip", "provider_api"],
        crates: &[
            "tokio",
            "tokio_rustls",
            "rustls",
            "rcgen",
            "rustix",
            "axum",
            "hyper",
            "hyper_util",
            "sqlx",
            "toml",
            "minisign",
        ],
    },
    // The failpoint of debug builds reads messages and ends the process; the rehearsal's scenes are the provider's.
    Layer {
        module: "engine",
        ours: &["phone", "port", "io", "serve", "sip", "provider"],
        crates: &["tokio", "rustix"],
    },
    Layer { module: "agent", ours: &["phone", "port", "engine"], crates: &["tokio"] },
    Layer {
        module: "ui",
        ours: &["phone", "port", "engine"],
        crates: &["egui", "eframe", "winit", "arboard", "egui_phosphor"],
    },
];

const IO: &[&str] = &[
    "tokio",
    "tokio_rustls",
    "rustls",
    "rustls_platform_verifier",
    "hickory_resolver",
    "cpal",
    "rtrb",
    "keyring",
    "hound",
    "socket2",
    "if_addrs",
    "rustix",
    "directories",
    "getrandom",
    "zbus_secret_service_keyring_store",
    "windows_native_keyring_store",
    "apple_native_keyring_store",
    "rubato",
    "secret_service",
    "zbus",
    "reqwest",
];

/// Crates that reach into the world, or that one layer owns. Everything else (serde, thiserror, …) is free for all.
const OWNED: &[&str] = &[
    "opus",
    "audio_codec",
    "rtp",
    "rtcp",
    "webrtc_srtp",
    "webrtc_util",
    "sonora",
    "egui",
    "eframe",
    "winit",
    "arboard",
    "rcgen",
    "reqwest",
    "minisign_verify",
    "minisign",
    "ring",
    "psl",
];

/// The one file of each crate that stays behind a wall.
const WALLS: &[(&str, &str)] = &[
    ("webrtc_srtp", "media/srtp"),
    ("sonora", "media/voice"),
    ("hickory_resolver", "io/dns"),
    ("keyring", "io/vault"),
    ("sqlx", "serve/security/sql"),
    ("reqwest", "io/http"),
    ("minisign_verify", "provider_api/minisign"),
    ("psl", "provider_api/origin"),
    ("xorf", "phone/password_policy/common"),
];

/// Longer than a sitting, with the reason. Shrink this list.
const LONG_FILES: &[(&str, &str)] = &[];

const SITTING: usize = 500;

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).expect("src is there").map(|e| e.expect("a folder can be listed").path()) {
        if entry.is_dir() {
            files.extend(source_files(&entry));
        } else if entry.extension().is_some_and(|e| e == "rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

fn source() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    source_files(&root)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).expect("below src").to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).expect("source is text"))
        })
        .collect()
}

/// The code without its comments and without what only tests have, which may reach further: each `#[cfg(test)]` up to
/// the end of its item, which rustfmt puts below its beginning.
fn product_code(text: &str) -> String {
    let mut code = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let end = line.replace("#[cfg(test)]", "}");
            let mut item = lines.by_ref().skip_while(|line| line.trim_start().starts_with("#["));
            let first = item.next().unwrap_or_default();
            if !first.ends_with([';', '}']) {
                item.find(|line| *line == end);
            }
        } else if !line.trim_start().starts_with("//") {
            code.push(line);
        }
    }
    code.join("\n")
}

/// Every identifier that stands before `::`, and behind `crate::` the one after it.
fn named(code: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut ours, mut crates) = (BTreeSet::new(), BTreeSet::new());
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (at, _) in code.match_indices("::") {
        let before: String =
            code[..at].chars().rev().take_while(|c| is_word(*c)).collect::<Vec<_>>().into_iter().rev().collect();
        let preceded = code[..at - before.len()].ends_with("::");
        if before == "crate" {
            let after = &code[at + 2..];
            if let Some(list) = after.strip_prefix('{') {
                // `use crate::{a::b, c}`: the first word of each item at depth one.
                let (mut depth, mut word, mut fresh) = (1, String::new(), true);
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => fresh = true,
                        _ => {}
                    }
                    if depth == 1 && fresh && is_word(c) {
                        word.push(c);
                    } else if !word.is_empty() {
                        ours.insert(std::mem::take(&mut word));
                        fresh = false;
                    }
                    if depth == 0 {
                        break;
                    }
                }
            } else {
                ours.insert(after.chars().take_while(|c| is_word(*c)).collect());
            }
        } else if !preceded && !before.is_empty() {
            crates.insert(before);
        }
    }
    (ours, crates)
}

#[test]
fn every_module_imports_only_what_its_layer_allows() {
    let modules: BTreeSet<&str> = LAYERS.iter().map(|l| l.module).collect();
    let worldly: BTreeSet<&str> = IO.iter().chain(OWNED).copied().collect();
    let mut faults = Vec::new();
    for (name, text) in source() {
        let Some((module, _)) = name.split_once('/') else { continue };
        if module == "bin" {
            continue;
        }
        let layer =
            LAYERS.iter().find(|l| l.module == module).unwrap_or_else(|| panic!("{module} has no row in LAYERS"));
        let (ours, crates) = named(&product_code(&text));
        for other in ours.iter().filter(|o| modules.contains(o.as_str())) {
            if other != module && other != "base" && !layer.ours.contains(&other.as_str()) {
                faults.push(format!("{name}: {module} must not import {other}"));
            }
        }
        for other in crates.iter().filter(|c| worldly.contains(c.as_str())) {
            // A module of ours may have a crate's name (media::rtp): those are spelt `super::` or `crate::`.
            if !layer.crates.contains(&other.as_str()) && !layer.ours.contains(&other.as_str()) {
                faults.push(format!("{name}: {module} must not use the crate {other}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_pure_parts_read_no_clock_and_open_no_socket() {
    let mut faults = Vec::new();
    for (name, text) in source() {
        let pure = ["base/", "port/", "sip/", "sdp/", "codec/", "media/", "phone/", "provider/", "provider_api/"]
            .iter()
            .any(|m| name.starts_with(m));
        if !pure {
            continue;
        }
        let code = product_code(&text);
        for banned in [
            "Instant::now",
            "SystemTime::now",
            "UdpSocket",
            "TcpStream",
            "TcpListener",
            "thread::spawn",
            "thread::sleep",
            "getrandom",
            "rand::rng",
            "std::fs",
            "std::env",
        ] {
            if code.contains(banned) {
                faults.push(format!("{name}: {banned}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn crates_behind_a_wall_are_named_in_one_place_only() {
    let mut faults = Vec::new();
    for (name, text) in source() {
        let (_, crates) = named(&product_code(&text));
        for (wall, place) in WALLS {
            if crates.contains(*wall) && !name.starts_with(place) {
                faults.push(format!("{name}: {wall} belongs into {place}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is_for_and_fits_a_sitting() {
    let mut faults = Vec::new();
    for (name, text) in source() {
        if !text.starts_with("//!") {
            faults.push(format!("{name}: opens without //!"));
        }
        let lines = text.lines().count();
        if lines > SITTING && !LONG_FILES.iter().any(|(long, _)| *long == name) {
            faults.push(format!("{name}: {lines} lines"));
        }
    }
    for (long, _) in LONG_FILES {
        let lines = source().iter().find(|(name, _)| name == long).map_or(0, |(_, text)| text.lines().count());
        if lines <= SITTING {
            faults.push(format!("{long}: fits now, take it off the list"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_lists_and_paths() {
    let (ours, crates) =
        named("use crate::{base::Now, io::{net, tls}, ui};\nlet x = tokio::time::sleep(crate::port::y::Z);\n");
    assert_eq!(ours.into_iter().collect::<Vec<_>>(), ["base", "io", "port", "ui"]);
    assert!(crates.contains("tokio") && !crates.contains("time"));
}

#[test]
fn what_only_tests_have_is_left_out_and_what_follows_it_is_not() {
    let code = product_code(
        "//! A file.\n#[cfg(test)]\nmod tests;\nuse a::A;\nimpl X {\n    #[cfg(test)]\n    #[must_use]\n    fn b() {\n        {\n        }\n    \
         }\n    fn c() {}\n}\n#[cfg(test)]\nmod more {\n    use d::D;\n    mod e {\n    }\n}\nuse f::F;\n",
    );
    assert_eq!(code, "use a::A;\nimpl X {\n    fn c() {}\n}\nuse f::F;");
}
