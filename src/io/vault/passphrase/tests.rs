//! The passphrase file: kept, damaged, cut, broken off; with little work, for that is not what is tested.

use std::fs;

use super::*;
use crate::port::vault::Slot;

/// Little work: these tests are about everything else.
const LITTLE: u8 = 4;
const PHRASE: &str = "correct horse battery";

fn key(account: &str) -> Key {
    Key { account: account.into(), slot: Slot::Active }
}

fn file(dir: &Path) -> PassphraseFile {
    PassphraseFile::new(dir, LITTLE)
}

fn unlock(dir: &Path, passphrase: &str) -> (PassphraseFile, Reply) {
    let mut file = file(dir);
    let reply = file.perform(&Request::Unlock(Secret::from(passphrase)));
    (file, reply)
}

fn put(file: &mut PassphraseFile, account: &str, secret: &str) -> Reply {
    file.perform(&Request::Put(key(account), Secret::from(secret)))
}

fn get(file: &mut PassphraseFile, account: &str) -> Reply {
    file.perform(&Request::Get(key(account)))
}

/// A profile with three generations: `a` is "1", then "2", then "3".
fn three_generations() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut file, reply) = unlock(dir.path(), PHRASE);
    assert_eq!(reply, Reply::Done);
    for secret in ["1", "2", "3"] {
        assert_eq!(put(&mut file, "a", secret), Reply::Done);
    }
    dir
}

#[test]
fn what_is_kept_is_found_again_under_the_same_passphrase_only() {
    let dir = tempfile::tempdir().unwrap();
    let (mut file, reply) = unlock(dir.path(), PHRASE);
    assert_eq!(reply, Reply::Done);
    for secret in ["two words", "größer\nnext line", "\u{1}\"\\"] {
        assert_eq!(put(&mut file, "a", secret), Reply::Done);
        assert_eq!(put(&mut file, "b", "other"), Reply::Done);
        let (mut again, reply) = unlock(dir.path(), PHRASE);
        assert_eq!(reply, Reply::Done);
        assert_eq!(get(&mut again, "a"), Reply::Found(Secret::from(secret)));
        assert_eq!(get(&mut again, "c"), Reply::Absent);
    }
    assert_eq!(file.perform(&Request::Delete(key("a"))), Reply::Done);
    assert_eq!(get(&mut unlock(dir.path(), PHRASE).0, "a"), Reply::Absent);
    assert_eq!(get(&mut unlock(dir.path(), PHRASE).0, "b"), Reply::Found(Secret::from("other")));
}

#[test]
fn slots_of_one_account_do_not_mix() {
    let dir = tempfile::tempdir().unwrap();
    let (mut file, _) = unlock(dir.path(), PHRASE);
    for slot in Slot::OF_ACCOUNT {
        let key = Key { account: "a".into(), slot };
        file.perform(&Request::Put(key, Secret::new(format!("{slot:?}"))));
    }
    let (mut file, _) = unlock(dir.path(), PHRASE);
    for slot in Slot::OF_ACCOUNT {
        let key = Key { account: "a".into(), slot };
        assert_eq!(file.perform(&Request::Get(key)), Reply::Found(Secret::new(format!("{slot:?}"))));
    }
}

#[test]
fn nothing_is_told_or_written_before_the_passphrase_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let mut closed = file(dir.path());
    assert_eq!(get(&mut closed, "a"), Reply::Failed(VaultError::NoFile));
    assert_eq!(closed.perform(&Request::Check), Reply::Failed(VaultError::NoFile));
    assert_eq!(put(&mut closed, "a", "x"), Reply::Failed(VaultError::NoFile));
    let dir = three_generations();
    let before = fs::read(dir.path().join("passwords.age")).unwrap();
    let mut closed = file(dir.path());
    for request in [Request::Check, Request::Get(key("a")), Request::Put(key("a"), Secret::from("x"))] {
        assert_eq!(closed.perform(&request), Reply::Failed(VaultError::NeedsPassphrase), "{request:?}");
    }
    assert_eq!(fs::read(dir.path().join("passwords.age")).unwrap(), before);
}

#[test]
fn a_wrong_passphrase_is_said_and_changes_nothing() {
    let dir = three_generations();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = (fs::read(dir.path().join("passwords.age")).unwrap(), names());
    for wrong in ["correct horse batterz", "", "CORRECT HORSE BATTERY"] {
        assert_eq!(unlock(dir.path(), wrong).1, Reply::Failed(VaultError::WrongPassphrase), "{wrong}");
    }
    assert_eq!((fs::read(dir.path().join("passwords.age")).unwrap(), names()), before);
    let (mut open, _) = unlock(dir.path(), PHRASE);
    let reply = open.perform(&Request::Unlock(Secret::from("another one")));
    assert_eq!(reply, Reply::Failed(VaultError::WrongPassphrase), "an open file has one passphrase");
    assert_eq!(get(&mut open, "a"), Reply::Found(Secret::from("3")));
}

#[test]
fn a_new_file_wants_a_passphrase_of_eight_characters() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(unlock(dir.path(), "1234567").1, Reply::Failed(VaultError::ShortPassphrase));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    assert_eq!(unlock(dir.path(), "größer12").1, Reply::Done, "characters, not bytes");
}

#[test]
fn wherever_a_damaged_file_is_cut_the_generation_before_is_opened_and_the_damage_kept() {
    let whole = fs::read(three_generations().path().join("passwords.age")).unwrap();
    for length in [0, 1, 20, 60, 100, whole.len() / 2, whole.len() - 17, whole.len() - 1] {
        let dir = three_generations();
        fs::write(dir.path().join("passwords.age"), &whole[..length]).unwrap();
        let (mut file, reply) = unlock(dir.path(), PHRASE);
        assert_eq!(reply, Reply::Restored, "cut at {length}");
        assert_eq!(get(&mut file, "a"), Reply::Found(Secret::from("2")), "cut at {length}");
        assert_eq!(fs::read(dir.path().join("passwords.age.damaged-1")).unwrap(), &whole[..length]);
        assert_eq!(unlock(dir.path(), PHRASE).1, Reply::Done, "it is whole again");
    }
}

#[test]
fn no_flipped_bit_is_taken_for_a_password() {
    let whole = fs::read(three_generations().path().join("passwords.age")).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let opened = sealed::open(&bytes, &Secret::from(PHRASE));
        assert!(opened.is_err(), "bit {at}");
    }
}

#[test]
fn without_a_previous_generation_damage_is_said_and_nothing_is_overwritten() {
    let dir = three_generations();
    fs::remove_file(dir.path().join("passwords.age.previous")).unwrap();
    fs::write(dir.path().join("passwords.age"), "age-encryption.org/v1\n").unwrap();
    let reply = unlock(dir.path(), PHRASE).1;
    assert!(matches!(&reply, Reply::Failed(VaultError::Other(why)) if why.contains("damaged")), "{reply:?}");
    assert_eq!(fs::read(dir.path().join("passwords.age")).unwrap(), b"age-encryption.org/v1\n");
}

#[test]
fn a_file_that_is_gone_is_not_begun_anew_over_its_previous_generation() {
    let dir = three_generations();
    fs::remove_file(dir.path().join("passwords.age")).unwrap();
    assert_eq!(unlock(dir.path(), "a new passphrase").1, Reply::Failed(VaultError::WrongPassphrase));
    let (mut file, reply) = unlock(dir.path(), PHRASE);
    assert_eq!(reply, Reply::Restored);
    assert_eq!(get(&mut file, "a"), Reply::Found(Secret::from("2")));
}

#[test]
fn a_write_that_breaks_off_at_any_step_leaves_the_generation_before() {
    let steps: [fn(&Disk, &[u8]); 3] = [
        |disk, bytes| fs::write(disk.path(".new"), &bytes[..bytes.len() / 2]).unwrap(),
        |disk, bytes| disk.write_new(bytes).unwrap(),
        |disk, bytes| {
            disk.write_new(bytes).unwrap();
            disk.keep_previous().unwrap();
        },
    ];
    for (step, break_off) in steps.into_iter().enumerate() {
        let dir = three_generations();
        let mut entries = Entries::default();
        entries.set("a", Slot::Active.word(), Some(Secret::from("4")));
        let next = sealed::seal(&entries, &Secret::from(PHRASE), LITTLE).unwrap();
        break_off(&Disk::new(dir.path()), &next);
        let (mut file, reply) = unlock(dir.path(), PHRASE);
        assert_eq!(reply, Reply::Done, "step {step}");
        assert_eq!(get(&mut file, "a"), Reply::Found(Secret::from("3")), "step {step}");
        assert_eq!(put(&mut file, "a", "5"), Reply::Done, "what was left is not in the way");
        assert_eq!(get(&mut unlock(dir.path(), PHRASE).0, "a"), Reply::Found(Secret::from("5")));
    }
}

#[test]
fn a_disk_that_takes_nothing_is_said_and_what_was_open_stays() {
    let dir = three_generations();
    let (mut file, _) = unlock(dir.path(), PHRASE);
    fs::create_dir(dir.path().join("passwords.age.new")).unwrap();
    assert!(matches!(put(&mut file, "a", "4"), Reply::Failed(VaultError::Other(_))));
    assert_eq!(get(&mut file, "a"), Reply::Found(Secret::from("3")), "what is not on the disk is not promised");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_any_generation() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = three_generations();
    for name in ["passwords.age", "passwords.age.previous"] {
        let mode = fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn no_secret_is_in_the_file_or_in_debug() {
    let dir = tempfile::tempdir().unwrap();
    let (mut file, _) = unlock(dir.path(), PHRASE);
    put(&mut file, "a", "CANARY-secret");
    let bytes = fs::read(dir.path().join("passwords.age")).unwrap();
    for needle in ["CANARY-secret", PHRASE] {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
        assert!(!format!("{file:?}").contains(needle));
    }
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_at_once() {
    let entries = Entries::default();
    let sealed = sealed::seal(&entries, &Secret::from(PHRASE), LITTLE).unwrap();
    let text = String::from_utf8_lossy(&sealed).replacen(" 4\n", " 40\n", 1);
    assert!(text.contains(" 40\n"), "the header names the work");
    let opened = sealed::open(text.as_bytes(), &Secret::from(PHRASE));
    assert!(matches!(opened, Err(Failure::Damaged(_))), "{opened:?}");
}
