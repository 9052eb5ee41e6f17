//! The event log and what is remembered of accounts: torn, damaged and old files.

use ringfence::base::{AccountId, WallTime};
use ringfence::phone::input::Found;
use ringfence::phone::security::journal::Journal;
use ringfence::phone::security::log::{Line, Log};
use ringfence::phone::security::memory::Memory;
use ringfence::phone::view::OldPassword;
use ringfence::port::store::{Append, Save};

fn line(number: i64) -> Line {
    let address = "anna@voip.example".into();
    let (what, words) = ("password_changed".into(), format!("Number {number}."));
    Line { at: WallTime(number), account: AccountId(1), address, what, words }
}

#[test]
fn the_log_is_read_newest_first_and_a_torn_line_costs_only_itself() {
    let mut log = Log::default();
    let mut file = Vec::new();
    for number in 0..300 {
        let Append(_, bytes) = log.add(line(number)).unwrap();
        file.extend(bytes);
    }
    assert_eq!((log.of(AccountId(1)).len(), log.of(AccountId(2)).len()), (200, 0));
    assert_eq!(Log::read(&Found::Content(file.clone())), log);
    file.extend_from_slice(b"{\"at\":7,\"te");
    assert_eq!(Log::read(&Found::Content(file.clone())), log);
    file.extend_from_slice(b"\n\xff\xff\n");
    file.extend(log.add(line(300)).unwrap().1);
    let read = Log::read(&Found::Content(file));
    assert_eq!(read, log);
    assert_eq!(read.of(AccountId(1)).first().unwrap().words, "Number 300.");
}

#[test]
fn what_is_remembered_comes_back_and_a_damaged_row_costs_only_itself() {
    let mut memory = Memory::default();
    memory.of("one").portal = Some("voip.example".into());
    memory.of("two").old_password = OldPassword::StillAccepted;
    let Save(_, bytes) = memory.save();
    let read = Memory::read(&Found::Content(bytes.clone()));
    assert_eq!((&read.content, read.damaged), (&memory, false));
    let text = String::from_utf8(bytes).unwrap().replace("still_accepted", "unheard_of");
    let read = Memory::read(&Found::Content(text.into_bytes()));
    assert!(read.damaged);
    assert_eq!(read.content.accounts.keys().collect::<Vec<_>>(), ["one"]);
    let older = br#"{"version":1,"accounts":{"one":{}},"unknown":[]}"#.to_vec();
    assert!(!Memory::read(&Found::Content(older)).damaged, "every field has a default");
}

#[test]
fn a_journal_keeps_the_rows_that_it_does_not_understand() {
    let text = br#"{"version":9,"accounts":{"one":{"phase":"from_the_future"},"two":7}}"#.to_vec();
    let read = Journal::read(&Found::Content(text));
    assert!(!read.damaged);
    let Save(_, again) = read.content.save();
    assert_eq!(Journal::read(&Found::Content(again)).content, read.content);
    for cut in ["{\"accounts\":{", "[]", "", "{\"accounts\":[]}"] {
        assert!(Journal::read(&Found::Content(cut.into())).damaged, "{cut}");
    }
}
