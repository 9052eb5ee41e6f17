//! The vault against a real gnome-keyring in a private session: open, locked, absent, stopped, wiped, ambiguous.
//!
//! Which session bus is used is a matter of the whole process, so each test lets this same program run its
//! [`at_your_service`] in its own session, and talks to it by lines.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use ringfence::base::Secret;
use ringfence::io::vault::Vault;
use ringfence::port::RequestId;
use ringfence::port::vault::{EntryId, Key, Listed, Place, Reply, Request, Slot};
use rustix::process::Signal;

use crate::rig::keyring::Session;

const UUID: &str = "7f0c3a52-6d3e-4a53-9a60-2f6c1f6f5f10";
/// Longer than anything takes on a busy machine.
const BOUND: Duration = Duration::from_secs(40);

/// A vault in another process.
struct Far {
    child: Child,
    stdin: Option<ChildStdin>,
    replies: Receiver<(Instant, String)>,
}

impl Far {
    fn within(session: &Session) -> Far {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "vault::at_your_service", "--ignored", "--nocapture", "--test-threads=1"]);
        let mut command = session.within(command);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, replies) = sync_channel(64);
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if let Some(at) = line.find("@ ") {
                    sender.send((Instant::now(), line[at + 2..].to_owned())).ok();
                }
            }
        });
        let far = Far { child, stdin, replies };
        assert_eq!(far.reply(), "ready");
        far
    }

    fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.reply()
    }

    fn send(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    fn reply(&self) -> String {
        self.replies.recv_timeout(BOUND).expect("a reply").1
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The other process: `check`, `get`, `put VALUE` (`\n` is a new line), `delete`, `list`, `settle ENTRY VALUE OTHER`; one
/// line back for each report.
#[test]
#[ignore = "the tests of this file run it, each in a session of its own"]
fn at_your_service() {
    // One thread, as the engine has: a keyring call on it would stop everything, or panic.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (reports, mut replies) = tokio::sync::mpsc::channel(16);
        let mut vault = Vault::start(Place::Keyring, &std::env::temp_dir(), reports);
        println!("@ ready");
        let (lines, mut asked) = tokio::sync::mpsc::channel::<String>(16);
        std::thread::spawn(move || {
            std::io::stdin().lines().map_while(Result::ok).for_each(|line| lines.blocking_send(line).unwrap_or(()));
        });
        let mut id = 0;
        loop {
            tokio::select! {
                line = asked.recv() => match line {
                    Some(line) => {
                        id += 1;
                        vault.perform(RequestId(id), request(&line));
                    }
                    None => return,
                },
                Some((id, reply)) = replies.recv() => match reply {
                    Reply::Found(secret) => println!("@ {} found {:?}", id.0, secret.expose("test")),
                    Reply::Several(all) => {
                        let one = |listed: &Listed| {
                            let secret = listed.secret.as_ref().map(|secret| secret.expose("test").clone());
                            format!("{}={}", listed.id.0, secret.unwrap_or_default())
                        };
                        println!("@ {} several {}", id.0, all.iter().map(one).collect::<Vec<_>>().join(" "));
                    }
                    other => println!("@ {} {other:?}", id.0),
                },
            }
        }
    });
}

fn request(line: &str) -> Request {
    let key = Key { account: UUID.into(), slot: Slot::Active };
    match line.split_once(' ').unwrap_or((line, "")) {
        ("check", _) => Request::Check,
        ("get", _) => Request::Get(key),
        ("put", value) => Request::Put(key, Secret::new(value.replace("\\n", "\n"))),
        ("delete", _) => Request::Delete(key),
        ("list", _) => Request::List(key),
        ("settle", rest) => {
            let words: Vec<&str> = rest.split(' ').collect();
            let [keep, secret, others @ ..] = words.as_slice() else { panic!("{rest}") };
            let listed =
                |(id, secret): (&str, &str)| Listed { id: EntryId(id.to_owned()), secret: Some(Secret::from(secret)) };
            let others = others.iter().filter_map(|other| other.split_once('=')).map(listed).collect();
            Request::Settle { key, keep: EntryId((*keep).to_owned()), secret: Secret::from(*secret), others }
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_open_keyring_keeps_a_password_across_processes_and_deletes_it() {
    let session = Session::new();
    let _keyring = session.unlocked();
    let mut first = Far::within(&session);
    assert_eq!(first.ask("get"), "1 Absent");
    assert_eq!(first.ask("check"), "2 Done");
    assert_eq!(first.ask("put geheim & größer"), "3 Done");
    assert_eq!(first.ask("put geheim"), "4 Done");
    assert_eq!(first.ask("get"), "5 found \"geheim\"");
    drop(first);
    let mut second = Far::within(&session);
    assert_eq!(second.ask("get"), "1 found \"geheim\"");
    // As people find it in their keyring's own window.
    assert_eq!(session.secret_tool(&["lookup", "service", "Ringfence"], ""), "geheim");
    assert_eq!(second.ask("delete"), "2 Done");
    assert_eq!(second.ask("delete"), "3 Done");
    assert_eq!(second.ask("get"), "4 Absent");
    let left = session.secret_tool(&["search", "--all", "service", "Ringfence"], "");
    assert_eq!(left, "", "canaries are not left behind");
}

#[test]
fn what_a_keyring_is_given_is_one_line() {
    let session = Session::new();
    let _keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put two\\nlines"), "1 Done");
    assert_eq!(vault.ask("get"), "2 found \"two\\nlines\"");
    assert!(!session.secret_tool(&["lookup", "service", "Ringfence"], "").contains('\n'));
}

#[test]
fn a_locked_keyring_is_locked_and_not_empty() {
    let session = Session::new();
    let keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put geheim"), "1 Done");
    drop(vault);
    drop(keyring);
    let _keyring = session.locked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("get"), "1 Failed(Locked)");
    assert_eq!(vault.ask("put other"), "2 Failed(Locked)");
    assert_eq!(vault.ask("delete"), "3 Failed(Locked)");
    assert_eq!(vault.ask("check"), "4 Failed(Locked)");
}

#[test]
fn a_keyring_that_was_never_set_up_does_not_say_that_the_password_is_gone() {
    let session = Session::new();
    let _keyring = session.locked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("get"), "1 Failed(Locked)");
}

#[test]
fn without_a_bus_or_a_keyring_on_it_the_vault_is_missing() {
    let session = Session::without_bus();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("get"), "1 Failed(Missing)");
    let session = Session::new();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("get"), "1 Failed(Missing)");
    assert_eq!(vault.ask("put geheim"), "2 Failed(Missing)");
    // It comes up later: the very same process finds it.
    let keyring = session.unlocked();
    assert_eq!(vault.ask("put geheim"), "3 Done");
    // And is restarted, as an update of the system does it.
    drop(keyring);
    assert_eq!(vault.ask("get"), "4 Failed(Missing)");
    let _keyring = session.unlocked();
    assert_eq!(vault.ask("get"), "5 found \"geheim\"");
}

#[test]
fn a_restarted_keyring_is_connected_to_anew_within_the_same_request() {
    let session = Session::new();
    let keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put geheim"), "1 Done");
    drop(keyring);
    let _keyring = session.unlocked();
    assert_eq!(vault.ask("get"), "2 found \"geheim\"");
}

#[test]
fn a_stopped_keyring_is_reported_as_stuck_and_its_late_answer_arrives() {
    let session = Session::new();
    let keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put geheim"), "1 Done");
    keyring.signal(Signal::STOP);
    let asked = Instant::now();
    vault.send("get");
    // Behind the first in the queue, but its time counts from when it was asked.
    vault.send("get");
    let (at, stuck) = vault.replies.recv_timeout(BOUND).unwrap();
    assert_eq!(stuck, "2 Failed(Stuck)");
    assert!(at - asked >= Duration::from_millis(1900), "{:?}", at - asked);
    assert_eq!(vault.reply(), "3 Failed(Stuck)");
    // No second report while it hangs.
    assert_eq!(vault.replies.recv_timeout(Duration::from_millis(300)), Err(RecvTimeoutError::Timeout));
    keyring.signal(Signal::CONT);
    assert_eq!(vault.reply(), "2 found \"geheim\"");
    assert_eq!(vault.reply(), "3 found \"geheim\"");
}

#[test]
fn a_stopped_keyring_does_not_hold_up_the_end_of_the_process() {
    let session = Session::new();
    let keyring = session.unlocked();
    keyring.signal(Signal::STOP);
    let mut vault = Far::within(&session);
    vault.send("get");
    assert_eq!(vault.reply(), "1 Failed(Stuck)");
    vault.stdin = None;
    let until = Instant::now() + BOUND;
    while vault.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it waits for the keyring");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn entries_deleted_behind_our_back_are_absent() {
    let session = Session::new();
    let _keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put geheim"), "1 Done");
    session.secret_tool(&["clear", "service", "Ringfence"], "");
    assert_eq!(vault.ask("get"), "2 Absent");
    assert_eq!(vault.ask("put new"), "3 Done");
    assert_eq!(vault.ask("get"), "4 found \"new\"");
}

#[test]
fn somebody_elses_entry_under_the_same_name_is_seen_and_nothing_is_overwritten() {
    let session = Session::new();
    let _keyring = session.unlocked();
    let mut vault = Far::within(&session);
    assert_eq!(vault.ask("put geheim"), "1 Done");
    let user = format!("{UUID}-password");
    session.secret_tool(
        &["store", "--label=other", "service", "Ringfence", "username", &user, "xdg:schema", "foreign"],
        "other",
    );
    assert_eq!(vault.ask("get"), "2 Failed(Ambiguous(2))");
    assert_eq!(vault.ask("put new"), "3 Failed(Ambiguous(2))");
}

/// Two entries under one name: ours, and one of another program, written a second later.
fn two_entries(session: &Session, vault: &mut Far) {
    assert_eq!(vault.ask("put geheim"), "1 Done");
    // The keyring counts in seconds.
    std::thread::sleep(Duration::from_millis(1100));
    let user = format!("{UUID}-password");
    let more = ["service", "Ringfence", "username", &user, "xdg:schema", "foreign"];
    session.secret_tool(&[&["store", "--label=other"], &more[..]].concat(), "other");
}

/// The entries that a reply lists: names and secrets.
fn listed(reply: &str) -> Vec<(&str, &str)> {
    let words = reply.split_once(" several ").map(|(_, all)| all).unwrap_or_default();
    words.split(' ').filter_map(|one| one.split_once('=')).collect()
}

#[test]
fn several_entries_are_listed_newest_first_and_the_one_that_is_kept_is_the_only_one_then() {
    let session = Session::new();
    let keyring = session.unlocked();
    let mut vault = Far::within(&session);
    two_entries(&session, &mut vault);
    let reply = vault.ask("list");
    let all = listed(&reply);
    let [(other, "other"), (ours, "geheim")] = all.as_slice() else { panic!("{reply}") };
    // Nothing was touched by that.
    assert_eq!(vault.ask("get"), "3 Failed(Ambiguous(2))");
    assert_eq!(vault.ask(&format!("settle {ours} geheim {other}=other")), "4 Done");
    assert_eq!(vault.ask("get"), "5 found \"geheim\"");
    assert_eq!(vault.ask("list"), "6 several ", "there is one");
    assert!(!session.secret_tool(&["search", "--all", "service", "Ringfence"], "").contains("other"));
    assert_eq!(vault.ask("put new"), "7 Done");
    drop(keyring);
    let _keyring = session.unlocked();
    assert_eq!(vault.ask("get"), "8 found \"new\"", "it is so on the disk");
}

#[test]
fn what_is_kept_is_written_before_anything_goes_and_what_was_not_listed_never_goes() {
    let session = Session::new();
    let _keyring = session.unlocked();
    let mut vault = Far::within(&session);
    two_entries(&session, &mut vault);
    let reply = vault.ask("list");
    let all = listed(&reply);
    let [(other, "other"), (ours, "geheim")] = all.as_slice() else { panic!("{reply}") };
    // An entry that is not there any more: nothing happens.
    let gone = vault.ask(&format!("settle /org/freedesktop/secrets/collection/login/99 x {ours}=geheim {other}=other"));
    assert_eq!(gone, "3 Failed(Ambiguous(2))");
    assert_eq!(vault.ask("get"), "4 Failed(Ambiguous(2))");
    // Another one came in between: it is nobody's to delete, and the name is still not clear.
    let user = format!("{UUID}-password");
    let third = ["store", "--label=third", "service", "Ringfence", "username", &user, "xdg:schema", "third"];
    session.secret_tool(&third, "third");
    // One holds something else than what was listed: it stays, too.
    assert_eq!(vault.ask(&format!("settle {other} typed {ours}=stale")), "5 Failed(Ambiguous(3))");
    assert_eq!(vault.ask(&format!("settle {other} typed {ours}=geheim")), "6 Failed(Ambiguous(2))");
    let mut left: Vec<String> = listed(&vault.ask("list")).iter().map(|(_, secret)| (*secret).to_owned()).collect();
    left.sort();
    assert_eq!(left, ["third", "typed"]);
}
