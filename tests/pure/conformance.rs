//! `assets/docs/sip-conformance.md` names tests: they exist and are run, and every row has one unless it says that it is
//! not done.

use std::collections::HashSet;
use std::path::Path;

const DOCUMENT: &str = include_str!("../../assets/docs/sip-conformance.md");

/// The names of all test functions below `folder` that are run.
fn tests_below(folder: &Path, names: &mut HashSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            tests_below(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file");
            names.extend(tests_in(&text));
        }
    }
}

fn tests_in(source: &str) -> Vec<String> {
    let (mut names, mut is_test, mut is_ignored) = (Vec::new(), false, false);
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            is_ignored = true;
        } else if let Some((_, rest)) = line.split_once("fn ") {
            names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()).filter(|_| is_test && !is_ignored));
            (is_test, is_ignored) = (false, false);
        }
    }
    names
}

#[test]
fn a_test_that_is_ignored_proves_nothing() {
    let source = "#[test]\nfn good() {}\n#[test]\n#[ignore = \"why\"]\nfn idle() {}\n#[ignore]\n#[tokio::test]\nasync fn lazy() {}\n\
                  fn helper() {}\n#[tokio::test]\nasync fn better() {}\n";
    assert_eq!(tests_in(source), ["good", "better"]);
}

#[test]
fn every_test_that_the_conformance_table_names_exists_and_every_row_names_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = HashSet::new();
    for folder in ["src", "tests/pure", "tests/live"] {
        tests_below(&root.join(folder), &mut names);
    }
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| tests |"));
    let mut seen = 0;
    for row in rows {
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let named: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty() || row.contains("not yet") || row.contains("not offered yet"), "no test: {row}");
        for name in named {
            assert!(names.contains(name), "there is no test {name}");
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} tests are named");
}
