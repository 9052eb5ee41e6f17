//! A provider's afternoon: keys, the first notice, its revision and withdrawal, and `check` at the live deployment.

use std::path::PathBuf;

use ringfence::provider_api::{Root, Signed};
use serde_json::Value;

use crate::rig::Scratch;
use crate::rig::kamailio::{Algorithm, DOMAIN};
use crate::rig::provider::{Options, Provider, host};
use crate::rig::subscribers::Subscribers;

/// A provider that has published nothing.
struct Office {
    scratch: Scratch,
    provider: Provider,
    keys: PathBuf,
}

impl Office {
    fn open() -> Office {
        let scratch = Scratch::new();
        let table = Subscribers::make(&scratch.folder("database"), Algorithm::Sha256);
        let options = Options {
            own_notices: true,
            ..Options::simple(format!("sqlite:{}", table.file.display()), "kamailio-sha256")
        };
        let provider = Provider::start(&scratch.folder("provider"), &options);
        let keys = scratch.folder("keys");
        Office { scratch, provider, keys }
    }

    /// A command of publishing, with the keys.
    fn ok(&self, words: &[&str]) -> String {
        let keys = self.keys.to_str().expect("a path");
        self.provider.ok(&[words, &["--keys", keys, "--no-passphrase"]].concat())
    }

    fn draft(&self, status: &str) -> String {
        let file = self.scratch.path().join("draft.toml");
        let text = format!(
            "id = \"2026-11-22-01\"\nactions = [\"change_sip_password\"]\nenforcement = {{ level = \"require\" }}\n\
             plan = [{{ n = 1, text = {{ en = \"We close the hole.\" }}, status = \"{status}\" }}]\n\
             [text.en]\ntitle = \"Please change your line password\"\nbody = \"Somebody tried to get in.\"\n"
        );
        std::fs::write(&file, text).expect("a draft");
        file.to_string_lossy().into_owned()
    }

    /// What `check` says, and whether it was content.
    fn check(&self) -> (String, bool) {
        let (name, addr) = (host(), self.provider.addr);
        let (well_known, issuer) = (
            format!("{DOMAIN}:443:{}:{}", addr.ip(), addr.port()),
            format!("{name}:{0}:{1}:{0}", addr.port(), addr.ip()),
        );
        let ca = self.provider.ca.to_str().expect("a path").to_owned();
        let words = ["check", DOMAIN, "--ca", &ca, "--connect-to", &well_known, "--connect-to", &issuer];
        let output = self.provider.run(&words);
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.provider.publish().join(name)).expect("published")
    }
}

#[test]
fn from_no_keys_to_a_withdrawn_notice_in_one_afternoon() {
    let office = Office::open();
    let (report, good) = office.check();
    assert!(good && report.contains("phones know no key of yours"), "{report}");
    for name in ["policy", "sessions", "guards", "changes", "enrol"] {
        assert!(report.contains(&format!("{name} asks for the line's password")), "{report}");
    }

    let told = office.ok(&["key", "new", "--root-keys", "2", "--threshold", "2"]);
    assert!(told.contains("root 1") && told.contains("read-back code"), "{told}");
    let (report, good) = office.check();
    assert!(good && report.contains("list 1 with 0 notices"), "{report}");
    assert!(report.contains("notices to one account asks for the line's password"), "{report}");

    let told = office.ok(&["notice", "publish", &office.draft("planned")]);
    let code = told.lines().find_map(|line| line.strip_prefix("read-back code: ")).expect("a code").to_owned();
    let root = Root::first(&Signed::parse(&office.get("roots/1.json")).expect("a root")).expect("signed by two");
    let list = office.get("notices.json");
    let signature = String::from_utf8(office.get("notices.json.minisig")).expect("text");
    let now = ringfence::io::clock::Clock::start().now().wall;
    assert!(root.signer(&list, &signature, now).is_some(), "no phone would take it");
    let json: Value = serde_json::from_slice(&list).expect("JSON");
    assert_eq!(json["notices"][0]["plan"][0]["status"], "planned");

    office.ok(&["notice", "update", &office.draft("done")]);
    let json: Value = serde_json::from_slice(&office.get("notices.json")).expect("JSON");
    assert_eq!((&json["notices"][0]["plan"][0]["status"], &json["seq"]), (&"done".into(), &3.into()));
    assert!(office.ok(&["notice", "list"]).contains("revision 2  in force"));
    assert!(office.ok(&["notice", "code", &code]).starts_with("yes: list 2"));
    let keys = office.keys.to_str().expect("a path");
    assert!(!office.provider.run(&["notice", "code", "--keys", keys, "ACORN 00 ACORN 00 ACORN"]).status.success());

    office.ok(&["notice", "cancel", "2026-11-22-01"]);
    assert!(office.ok(&["notice", "list"]).contains("withdrawn"));
    office.ok(&["key", "rotate"]);
    let (report, good) = office.check();
    assert!(good && report.contains("root 2, good until"), "{report}");
}

#[test]
fn serve_makes_the_folder_of_notices_to_single_customers_for_its_group_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::open();
    let made = std::fs::metadata(office.provider.own_notices()).expect("a folder, before there is any notice");
    assert_eq!(made.permissions().mode() & 0o7777, 0o2750);
}

#[test]
fn check_says_what_is_wrong_and_fails() {
    let office = Office::open();
    office.ok(&["key", "new"]);
    let list = office.provider.publish().join("notices.json");
    let text = std::fs::read_to_string(&list).expect("a list");
    std::fs::write(&list, text.replace("\"seq\": 1", "\"seq\": 9")).expect("changed");
    let (report, good) = office.check();
    assert!(!good && report.contains("WRONG  the list of notices is not signed"), "{report}");
    std::fs::remove_file(&list).expect("removed");
    let (report, good) = office.check();
    assert!(!good && report.contains("WRONG  notices /sasa/notices.json: status 404"), "{report}");

    // A root that does not follow the one before it: whoever knows the first cannot walk to the second.
    let office = Office::open();
    office.ok(&["key", "new"]);
    office.ok(&["key", "rotate"]);
    assert!(office.check().1);
    let roots = office.provider.publish().join("roots");
    std::fs::copy(roots.join("2.json"), roots.join("1.json")).expect("copied");
    let (report, good) = office.check();
    assert!(!good && report.contains("WRONG  root 1 at /sasa/roots/1.json: it is root 2"), "{report}");
    // Signed by itself alone: made by somebody who has none of the keys before it.
    let thief = Office::open();
    thief.ok(&["key", "new"]);
    std::fs::copy(thief.provider.publish().join("roots/1.json"), roots.join("1.json")).expect("copied");
    let (report, good) = office.check();
    assert!(!good && report.contains("WRONG  root 2 at /sasa/roots/2.json"), "{report}");
    assert!(report.contains("phones that know an older root cannot follow"), "{report}");
}
