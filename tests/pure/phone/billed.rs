//! Check my bill in the whole phone: calls are remembered, a file is read, its columns are confirmed, the rest is shown.

use std::time::Duration;

use ringfence::base::WallTime;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{BillCommand, Command, Dialled};
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{BillColumns, BillResult, BillState};
use ringfence::port::net::Transport;

use super::world::{Talk, World, server};

/// A day of minutes since midnight, as in a list.
fn stamp(at: WallTime) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn world() -> World {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.servers.get_mut(&(Transport::Tls, server("192.0.2.2:5061"))).unwrap().talk = Talk::Answers;
    world
}

fn call(world: &mut World, to: &str) -> WallTime {
    let (id, at) = (world.id(), world.now.wall);
    world.command(Command::PlaceConfirmed(id, Dialled::parse(to).unwrap()));
    world.pass(Duration::from_secs(61));
    let call = world.view().calls.last().expect("a call").id;
    world.command(Command::HangUp(call));
    world.pass(Duration::from_secs(3600));
    at
}

fn columns(world: &World) -> BillColumns {
    let state = world.view().bill.clone().expect("a list").state;
    let BillState::Columns(columns) = state else { panic!("{state:?}") };
    columns
}

fn compare(world: &mut World, since: WallTime) -> BillResult {
    let (id, guess) = (world.id(), columns(world));
    let (when, number) = (guess.when.expect("guessed"), guess.number.expect("guessed"));
    let (duration, cost) = (guess.duration, guess.cost);
    world.command(Command::Bill(id, BillCommand::Compare { when, number, duration, cost, since }));
    let state = world.view().bill.clone().expect("a result").state;
    let BillState::Result(result) = state else { panic!("{state:?}") };
    result
}

#[test]
fn a_call_that_was_placed_elsewhere_is_found_also_after_a_restart() {
    let mut world = world();
    let begin = world.now.wall;
    let (first, second) = (call(&mut world, "+442079460958"), call(&mut world, "+33123456789"));
    let strange = WallTime((second.0 + 1_800_000) / 1000 * 1000);
    let list = format!(
        "Start,Destination,Seconds,Charge\n{},442079460958,61,0.02\n{},0033123456789,61,0.10\n{},37121234567,3599,14.40\n",
        stamp(first),
        stamp(second),
        stamp(strange)
    );
    for restarted in [false, true] {
        if restarted {
            let (disk, kept) = (world.disk.clone(), world.kept.clone());
            let now = world.now;
            world = World::with_disk(VaultUse::Keyring, disk, kept);
            world.now = now;
            world.load();
        }
        world.files.insert("/home/anna/calls.csv".into(), list.clone().into_bytes());
        let id = world.id();
        world.command(Command::Bill(id, BillCommand::Open("/home/anna/calls.csv".into())));
        assert_eq!(columns(&world).rows, 3);
        let result = compare(&mut world, begin);
        assert_eq!((result.compared, result.unreadable, result.log_begins), (3, 0, None), "restarted: {restarted}");
        assert_eq!(result.foreign.len(), 1, "{result:?}");
        assert_eq!((result.foreign[0].number.as_str(), result.foreign[0].at), ("37121234567", strange));
        assert_eq!(result.foreign[0].cost.as_deref(), Some("14.40"));
    }
    let id = world.id();
    world.command(Command::Bill(id, BillCommand::Close));
    assert_eq!(world.view().bill, None);
}

#[test]
fn what_cannot_be_read_is_said_and_nothing_is_compared_without_a_list() {
    let mut world = world();
    let id = world.id();
    world.files.insert("/x.xlsx".into(), b"PK\x03\x04\x00".to_vec());
    for (command, words) in [
        (BillCommand::Open("/absent.csv".into()), "no such file"),
        (BillCommand::Open("/x.xlsx".into()), "not text"),
        (BillCommand::Paste("hello".into()), "No table"),
    ] {
        world.command(Command::Bill(id, command));
        let Some(BillState::Unreadable(why)) = world.view().bill.clone().map(|bill| bill.state) else {
            panic!("readable")
        };
        assert!(why.contains(words), "{why}");
        let step = BillCommand::Compare { when: 0, number: 1, duration: None, cost: None, since: WallTime(0) };
        world.events.clear();
        world.ask(5, Command::Bill(id, step));
        assert_eq!(world.outcome(5).unwrap().unwrap_err().kind, ProblemKind::NotNow);
    }
}

#[test]
fn forgetting_the_recent_calls_forgets_them_for_bills_too_and_says_so() {
    let mut world = world();
    let begin = world.now.wall;
    let first = call(&mut world, "+442079460958");
    world.command(Command::ClearHistory);
    assert!(!String::from_utf8_lossy(&world.disk["calls.jsonl"]).contains("442079460958"));
    let forgotten = world.now.wall;
    let id = world.id();
    let list = format!(
        "Start,Destination\n{},442079460958\n{},442079460958\n",
        stamp(first),
        stamp(WallTime(forgotten.0 + 60_000))
    );
    world.command(Command::Bill(id, BillCommand::Paste(list)));
    let result = compare(&mut world, begin);
    assert_eq!((result.compared, result.log_begins), (1, Some(forgotten)), "nothing is claimed of what was forgotten");
}
