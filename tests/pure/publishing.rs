//! What a provider publishes, as a phone reads it: roots that follow each other, lists that are signed anew, codes that
//! can be looked up. Files in a temporary folder, time as an argument.

use std::path::Path;
use std::time::Duration;

use ringfence::base::{Secret, WallTime};
use ringfence::provider_api::notices::{Index, Kind, PointStatus};
use ringfence::provider_api::root::{Root, RootError, Signed};
use ringfence::provider_api::{Origin, SignedList, own, read_back_code};
use ringfence::serve::publish::keys::Keys;
use ringfence::serve::publish::notices::{Board, Edit};
use ringfence::serve::publish::own::Letters;
use ringfence::serve::publish::roots::{self, Details, Exchange, Identity};
use tempfile::TempDir;

/// 2026-11-22T00:00:00Z.
const NOW: WallTime = WallTime(1_795_305_600_000);

const DRAFT: &str = r#"
id = "2026-11-22-01"
severity = "Severe"
urgency = "Immediate"
certainty = "Likely"
actions = ["change_sip_password", "review_sessions"]
enforcement = { level = "require", deadline = "2026-12-03T00:00:00Z" }
facts = { confirmed = false, credentials_exposed = "unknown", data = ["name", "sip_credentials"] }
plan = [
  { n = 1, text = { en = "We closed the hole." }, status = "done" },
  { n = 2, text = { en = "We tell every customer." } },
]
[text.en]
title = "Please change your line password"
body = "Somebody tried to obtain customer data. We do not know yet whether they did."
"#;

struct Office {
    folder: TempDir,
    keys: Keys,
}

fn who() -> Identity {
    Identity {
        issuer: Origin::parse("https://account.voip.example").expect("an origin"),
        sip_domains: vec!["voip.example".into()],
        realm: "voip.example".into(),
    }
}

impl Office {
    fn new() -> Office {
        let folder = TempDir::new().expect("a folder");
        let keys = Keys::new(&folder.path().join("keys"), None);
        Office { folder, keys }
    }

    /// With a root of one key, and an empty list.
    fn open() -> Office {
        let office = Office::new();
        roots::begin(&office.publish(), &office.keys, &who(), &Details::default(), (1, 1), NOW).expect("a root");
        office.board().edit(&Edit::Refresh, NOW).expect("a list");
        office
    }

    fn publish(&self) -> std::path::PathBuf {
        self.folder.path().join("public")
    }

    fn board(&self) -> Board {
        Board::new(&self.publish(), self.keys.clone(), who().issuer)
    }

    fn rotate(&self, exchange: Exchange, now: WallTime) -> Root {
        roots::rotate(&self.publish(), &self.keys, &who(), None, exchange, now).expect("a root follows")
    }

    /// The list as a phone that knows `root` reads it.
    fn read(&self, root: &Root, now: WallTime) -> Option<Index> {
        let bytes = std::fs::read(self.publish().join("notices.json")).expect("a list");
        let signature = std::fs::read_to_string(self.publish().join("notices.json.minisig")).expect("a signature");
        root.signer(&bytes, &signature, now)?;
        Some(Index::parse(&bytes).expect("a list that can be read"))
    }

    fn root(&self) -> Root {
        roots::newest(&self.publish()).expect("readable").expect("a root")
    }

    fn signed(&self, version: u32) -> Signed {
        let bytes = std::fs::read(self.publish().join(format!("roots/{version}.json"))).expect("a root");
        Signed::parse(&bytes).expect("a signed root")
    }
}

fn later(days: u64) -> WallTime {
    WallTime(NOW.0 + i64::try_from(Duration::from_secs(days * 86_400).as_millis()).expect("fits"))
}

#[test]
fn a_draft_becomes_a_notice_that_phones_take() {
    let office = Office::open();
    let published = office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    let index = office.read(&office.root(), NOW).expect("signed");
    assert_eq!((index.seq, published.seq), (2, 2));
    let notice = &index.notices[0];
    assert_eq!((notice.kind, notice.revision, notice.plan.len()), (Kind::Alert, 1, 2));
    assert_eq!(notice.plan[0].status, PointStatus::Done);
    let bytes = std::fs::read(office.publish().join("notices.json")).expect("a list");
    assert_eq!(published.code, read_back_code(&bytes));
}

#[test]
fn the_plan_goes_on_and_a_notice_is_withdrawn_and_the_number_only_rises() {
    let office = Office::open();
    office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    assert!(office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).is_err(), "the same id twice");
    let draft =
        DRAFT.replace("We tell every customer.\" } }", "We tell every customer.\" }, status = \"in_progress\" }");
    office.board().edit(&Edit::Update(draft.clone()), later(1)).expect("updated");
    let index = office.read(&office.root(), later(1)).expect("signed");
    assert_eq!((index.seq, index.notices[0].revision, index.notices[0].kind), (3, 2, Kind::Update));
    assert_eq!(index.notices[0].plan[1].status, PointStatus::InProgress);
    office.board().edit(&Edit::Cancel("2026-11-22-01".into()), later(2)).expect("withdrawn");
    let index = office.read(&office.root(), later(2)).expect("signed");
    assert_eq!((index.seq, index.notices[0].revision, index.notices[0].kind), (4, 3, Kind::Cancel));
    assert!(office.board().edit(&Edit::Cancel("another".into()), NOW).is_err());
    assert!(office.board().edit(&Edit::Update(DRAFT.replace("22-01", "22-02")), NOW).is_err());
}

#[test]
fn a_list_is_signed_anew_and_ends_after_seven_days() {
    let office = Office::open();
    office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    let before = office.read(&office.root(), NOW).expect("signed");
    assert_eq!(before.expires.0, later(7));
    office.board().edit(&Edit::Refresh, later(6)).expect("signed anew");
    let after = office.read(&office.root(), later(6)).expect("signed");
    assert_eq!((after.seq, after.expires.0, &after.notices), (before.seq + 1, later(13), &before.notices));
    // What has run out is no longer carried along.
    office.board().edit(&Edit::Refresh, later(91)).expect("signed anew");
    assert!(office.read(&office.root(), later(91)).expect("signed").notices.is_empty());
}

#[test]
fn a_customers_code_is_found_in_the_archive_and_a_false_one_is_not() {
    let office = Office::open();
    let first = office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    office.board().edit(&Edit::Cancel("2026-11-22-01".into()), later(1)).expect("withdrawn");
    let spoken = first.code.to_lowercase().replace(' ', "-");
    assert_eq!(office.board().look_up(&spoken).expect("readable").map(|(seq, _)| seq), Some(2));
    assert_eq!(office.board().look_up("ACORN 00 ACORN 00 ACORN").expect("readable"), None);
}

#[test]
fn drafts_that_phones_would_not_show_as_written_are_refused() {
    let office = Office::open();
    for (what, draft) in [
        ("no words", DRAFT.replace("Please change your line password", " ")),
        ("a direction override", DRAFT.replace("Somebody", "\u{202e}Somebody")),
        ("too long", DRAFT.replace("Somebody", &"x".repeat(3000))),
        ("no id", DRAFT.replace("id = \"2026-11-22-01\"", "")),
        ("a path for an id", DRAFT.replace("2026-11-22-01", "../x")),
        ("not TOML", "{".to_owned()),
    ] {
        assert!(office.board().edit(&Edit::Publish(draft.to_owned()), NOW).is_err(), "{what}");
    }
    assert_eq!(office.read(&office.root(), NOW).expect("the old list").seq, 1, "something was published");
}

#[test]
fn after_a_rotation_phones_follow_and_the_old_key_signs_no_more() {
    let office = Office::open();
    let first = office.root();
    let second = office.rotate(Exchange::Notices, later(10));
    assert_eq!(first.next(&office.signed(2)).as_ref(), Ok(&second));
    office.board().edit(&Edit::Refresh, later(10)).expect("signed");
    assert!(office.read(&second, later(10)).is_some(), "signed with the new key");
    assert!(office.read(&first, later(10)).is_none(), "whoever has not followed does not know it yet");
    // Stolen: the old keys are gone from the root at once.
    let third = office.rotate(Exchange::StolenNotices, later(11));
    assert_eq!(third.notices.len(), 1);
    assert!(office.read(&third, later(11)).is_none(), "the stolen key still signs");
    office.board().edit(&Edit::Refresh, later(11)).expect("signed");
    assert!(office.read(&third, later(11)).is_some());
}

#[test]
fn new_root_keys_need_the_old_ones_agreement() {
    let office = Office::new();
    let begun = roots::begin(&office.publish(), &office.keys, &who(), &Details::default(), (3, 2), NOW);
    assert_eq!(begun.expect("a root").threshold, 2);
    let key = |name: &str| office.folder.path().join(format!("keys/{name}.key"));
    let aside = |name: &str| std::fs::rename(key(name), key(name).with_extension("aside")).expect("moved");
    aside("root-1");
    let rotate = || roots::rotate(&office.publish(), &office.keys, &who(), None, Exchange::Root, NOW);
    let root = rotate().expect("two of three agree");
    assert_eq!(root.keys.keys().cloned().collect::<Vec<_>>(), ["root-4", "root-5", "root-6"]);
    aside("root-4");
    aside("root-5");
    assert!(rotate().expect_err("one of three is not enough").contains("1 of the root keys"));
    // A root that only the new keys have signed does not follow.
    let other = Office::open();
    assert_eq!(office.root().next(&other.signed(1)), Err(RootError::KeysBefore));
}

#[test]
fn a_key_file_is_secret_encrypted_and_never_overwritten() {
    let folder = TempDir::new().expect("a folder");
    let canary = Secret::from("CANARY-passphrase");
    let keys = Keys::new(folder.path(), Some(canary));
    let signer = keys.make("notices-1").expect("a key");
    assert!(keys.make("notices-1").is_err());
    #[cfg(unix)]
    assert_eq!(mode(&folder.path().join("notices-1.key")), 0o600);
    assert!(Keys::new(folder.path(), None).open("notices-1").is_err(), "opened without the passphrase");
    assert!(Keys::new(folder.path(), Some(Secret::from("another"))).open("notices-1").is_err());
    let signature = keys.open("notices-1").expect("opened").sign(b"text", "seq=1").expect("signed");
    assert_eq!(signer.public.verify(b"text", &signature).as_deref(), Ok("seq=1"));
    assert!(!format!("{signer:?} {keys:?}").contains("CANARY"));
    no_file_holds(folder.path(), "CANARY");
}

/// Who may do what with a file.
#[cfg(unix)]
fn mode(file: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

fn no_file_holds(folder: &Path, word: &str) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            no_file_holds(&path, word);
        } else {
            let text = std::fs::read(path).expect("a file");
            assert!(!String::from_utf8_lossy(&text).contains(word));
        }
    }
}

#[test]
fn a_draft_that_spells_an_address_is_refused() {
    let office = Office::open();
    for (from, to) in [
        ("whether they did.", "whether they did. See https://example.com/news"),
        ("Please change your line password", "Change it at example.com"),
        ("We tell every customer.", "Write to help@example.com."),
    ] {
        assert!(DRAFT.contains(from));
        let refused =
            office.board().edit(&Edit::Publish(DRAFT.replace(from, to)), NOW).expect_err("it spells an address");
        assert!(refused.contains("example.com"), "{refused}");
    }
    office.board().edit(&Edit::Publish(DRAFT.to_owned()), NOW).expect("without, it is published");
    let revised = DRAFT.replace("We closed the hole.", "See www.voip.example.");
    assert!(office.board().edit(&Edit::Update(revised), NOW).is_err(), "a revision, too");
}

/// The lists of single accounts beside everybody's.
fn letters(office: &Office) -> (Board, std::path::PathBuf) {
    (office.board(), office.folder.path().join("own"))
}

fn accounts(names: &[&str]) -> std::collections::BTreeSet<String> {
    names.iter().map(|name| format!("{name}@voip.example")).collect()
}

#[test]
fn a_notice_to_two_customers_is_two_lists_that_name_them_and_nothing_of_it_is_published() {
    let office = Office::open();
    let (board, folder) = letters(&office);
    let letters = Letters { board: &board, folder: &folder };
    let done = letters.edit(&accounts(&["anna", "bert"]), &Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    assert_eq!(
        done.iter().map(|(account, _)| account.as_str()).collect::<Vec<_>>(),
        ["anna@voip.example", "bert@voip.example"]
    );
    assert_ne!(done[0].1.code, done[1].1.code, "each has a code of its own");
    for (account, published) in &done {
        let path = folder.join(format!("{}.json", own::file_name(account)));
        #[cfg(unix)]
        assert_eq!(mode(&path) & 0o007, 0, "for nobody else to read");
        let list = SignedList::parse(&std::fs::read(path).expect("a list")).expect("signed");
        let bytes = list.bytes().expect("base64");
        assert!(office.root().signer(&bytes, &list.sig, NOW).is_some(), "no phone would take it");
        let index = Index::parse(&bytes).expect("a list");
        assert_eq!((index.account.as_ref(), index.seq, index.notices.len()), (Some(account), 1, 1));
        assert_eq!(published.code, read_back_code(&bytes));
    }
    no_file_holds(&office.publish(), "anna");
    assert!(office.read(&office.root(), NOW).expect("signed").notices.is_empty(), "everybody's list is as it was");
    // Support finds whose a code is.
    let found = letters.look_up(&letters.accounts().expect("listed"), &done[1].1.code).expect("readable");
    assert_eq!(found.map(|(account, seq, _)| (account, seq)), Some(("bert@voip.example".to_owned(), 1)));
    assert_eq!(board.look_up(&done[1].1.code).expect("readable"), None, "it is not everybody's");
}

#[test]
fn the_lists_of_accounts_go_on_like_everybody_s_and_a_mistake_publishes_nothing() {
    let office = Office::open();
    let (board, folder) = letters(&office);
    let letters = Letters { board: &board, folder: &folder };
    letters.edit(&accounts(&["anna"]), &Edit::Publish(DRAFT.to_owned()), NOW).expect("published");
    // Bert has no such notice: then anna's is not revised either.
    let error = letters.edit(&accounts(&["anna", "bert"]), &Edit::Update(DRAFT.to_owned()), NOW).expect_err("bert");
    assert!(error.contains("bert@voip.example") && error.contains("nothing was published"), "{error}");
    let anna = board.of("anna@voip.example", &folder);
    let shown = |board: &Board| board.list().expect("readable").expect("a list").0;
    assert_eq!((shown(&anna).seq, shown(&anna).notices[0].revision), (1, 1));
    letters.edit(&accounts(&["anna"]), &Edit::Update(DRAFT.to_owned()), later(1)).expect("updated");
    letters.edit(&accounts(&["anna"]), &Edit::Cancel("2026-11-22-01".into()), later(2)).expect("withdrawn");
    assert_eq!((shown(&anna).seq, shown(&anna).notices[0].kind), (3, Kind::Cancel));
    // Signed anew every day, also when there is nothing left to say: else its silence would look like a withheld list.
    let done = letters.edit(&letters.accounts().expect("listed"), &Edit::Refresh, later(91)).expect("signed anew");
    assert_eq!((done.len(), shown(&anna).seq, shown(&anna).notices.len()), (1, 4, 0));
    let archive = office.folder.path().join("keys/archive").join(own::file_name("anna@voip.example"));
    assert_eq!(std::fs::read_dir(archive).expect("an archive").count(), 3, "an empty list has no code to read back");
    // A list in the place of another's is noticed.
    let of = |account: &str| folder.join(format!("{}.json", own::file_name(account)));
    std::fs::copy(of("anna@voip.example"), of("bert@voip.example")).expect("copied");
    assert!(letters.accounts().expect_err("misplaced").contains("it is the list of anna@voip.example"));
}
