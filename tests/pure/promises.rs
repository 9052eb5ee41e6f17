//! `assets/docs/security-tests.md` names, for each promise, invariant and attack, the tests that hold it: they must be
//! there under these names.

use std::collections::BTreeMap;
use std::path::Path;

/// Rows that are practices and not programs.
const WITHOUT_TEST: [&str; 1] = ["9"];

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Each row of the tables: its number, and what stands in its last column.
fn rows(document: &str) -> Vec<(&str, &str)> {
    let cells = document.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    cells
        .map(|row| row.split(" | ").collect::<Vec<_>>())
        .filter(|cells| cells.len() == 3 && !cells[0].is_empty())
        .map(|cells| (cells[0], cells[2]))
        .collect()
}

/// Whether the file has a function of this name under an attribute that makes it a test, and none that keeps it from
/// being run.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let head = format!("fn {name}(");
    lines.iter().position(|line| line.strip_prefix("async ").unwrap_or(line).starts_with(&head)).is_some_and(|at| {
        let attributes = || lines[..at].iter().rev().take_while(|line| line.starts_with("#["));
        let is_ignored = attributes().any(|line| line.starts_with("#[ignore"));
        !is_ignored && attributes().any(|line| *line == "#[test]" || line.starts_with("#[tokio::test"))
    })
}

#[test]
fn every_promise_invariant_and_attack_names_tests_that_exist() {
    let document = read("assets/docs/security-tests.md");
    let rows = rows(&document);
    let numbers = (1..=10).map(|n| n.to_string());
    let numbers = numbers.chain((1..=15).map(|n| format!("I{n}"))).chain((1..=21).map(|n| format!("T{n}")));
    let expected: Vec<String> = numbers.collect();
    assert_eq!(rows.iter().map(|(number, _)| *number).collect::<Vec<_>>(), expected, "one row each, in order");
    let mut sources: BTreeMap<&str, String> = BTreeMap::new();
    for (number, cell) in rows {
        let named: Vec<(&str, &str)> = cell.split('`').filter_map(|word| word.split_once("::")).collect();
        assert_eq!(named.is_empty(), WITHOUT_TEST.contains(&number), "{number}: {cell}");
        for (file, name) in named {
            let source = sources.entry(file).or_insert_with(|| read(file));
            assert!(is_test(source, name), "{number}: {file} has no test {name}");
        }
    }
}

#[test]
fn a_name_counts_only_where_it_is_a_test() {
    let source = "#[test]\nfn good() {}\n#[tokio::test(flavor = \"x\")]\n#[ignore]\nasync fn idle() {}\n#[tokio::test]\nasync fn waits() {}\nfn helper() {}\n";
    assert!(is_test(source, "good") && is_test(source, "waits"));
    assert!(
        !is_test(source, "idle") && !is_test(source, "helper") && !is_test(source, "goo") && !is_test(source, "absent")
    );
}
