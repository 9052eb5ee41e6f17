//! The password change explored: every situation that the shipped machine can get into with a provider, a network, a
//! keyring, a disk and people, until nothing new is found. Run with `--nocapture` to see the figures.

mod action;
mod device;
mod invariants;
mod people;
mod provider;
mod scripts;
mod search;
mod weather;
mod world;

use ringfence::phone::password_change::Kind;
use ringfence::phone::password_change::input::Place;

use provider::Without;
use search::{Found, explore};
use world::{Faults, Setting};

/// One device, one change, the faults that the issue names. Timers fire an hour late (they may), so that the budget is
/// always fresh; [`a_hasty_person`] has exact ones.
const ISSUE: Setting = Setting {
    faults: Faults { crashes: 3, keyring: 2, network: 2, foreign: 1 },
    devices: 1,
    kind: Kind::Api,
    begins: 1,
    limited: false,
    hasty: false,
    cancels: 0,
    line: false,
    notice: false,
    falls_back: false,
    demands: 0,
    place: Place::Durable,
    without: Without::Nothing,
};
const FEW: Setting = Setting { faults: Faults { crashes: 1, keyring: 1, network: 1, foreign: 1 }, ..ISSUE };

fn run(name: &str, setting: &Setting) -> Found {
    let found = explore(setting);
    println!(
        "{name}: {} states, {} transitions, {:.1} s, depth {}",
        found.states,
        found.transitions,
        found.elapsed.as_secs_f64(),
        found.depth
    );
    if let Some((which, way)) = &found.broken {
        println!("  {which}, after {}: {way:?}", way.len());
    }
    found
}

/// Every invariant holds in every situation, and from each a good end is reached if nothing more goes wrong.
fn holds(name: &str, setting: &Setting) -> Found {
    let found = run(name, setting);
    assert_eq!(found.broken, None, "{name}");
    assert_eq!(found.stuck, 0, "{name}: no good end after {:?}", found.stuck_at);
    found
}

/// Without a safeguard the same exploration finds the loss.
fn is_lost(name: &str, without: Without) {
    let found = run(name, &Setting { begins: 2, without, ..FEW });
    let (which, way) = found.broken.expect("a loss");
    assert!(which.starts_with("I1:"), "{which}: {way:?}");
}

#[test]
fn no_crash_no_keyring_no_network_and_no_other_device_loses_the_account() {
    let found = holds("three crashes, two keyring or disk faults, two network faults, one foreign change", &ISSUE);
    assert!(found.states > 1_000_000, "the space has shrunk to {}: is everything still in it?", found.states);
}

#[test]
fn a_person_who_gives_up_and_begins_again_loses_nothing() {
    holds("given up once", &Setting { cancels: 1, ..FEW });
    let calm = Setting { begins: 2, cancels: 1, ..FEW };
    holds("two changes, no network fault", &Setting { faults: Faults { network: 0, ..FEW.faults }, ..calm });
    holds("two changes, no foreign change", &Setting { faults: Faults { foreign: 0, ..FEW.faults }, ..calm });
}

#[test]
fn no_clock_that_jumps_destroys_a_password() {
    let faults = Faults { keyring: 0, foreign: 0, ..FEW.faults };
    holds("not_after passes, our clock jumps by ten years", &Setting { limited: true, cancels: 1, faults, ..FEW });
    let faults = Faults { keyring: 0, network: 0, ..FEW.faults };
    holds("the same with a foreign change", &Setting { limited: true, cancels: 1, faults, ..FEW });
    let faults = Faults { foreign: 0, network: 0, ..FEW.faults };
    holds("the same with a bad keyring", &Setting { limited: true, cancels: 1, faults, ..FEW });
}

#[test]
fn a_hasty_person_and_a_fortnight_asleep_stay_within_the_budget() {
    let hasty = Setting { hasty: true, cancels: 1, ..FEW };
    holds("hasty, a foreign change", &Setting { faults: Faults { crashes: 0, keyring: 0, ..FEW.faults }, ..hasty });
    holds("hasty, a crash", &Setting { faults: Faults { keyring: 0, foreign: 0, ..FEW.faults }, ..hasty });
    holds("hasty, a bad keyring", &Setting { faults: Faults { network: 0, foreign: 0, ..FEW.faults }, ..hasty });
}

#[test]
fn a_provider_without_an_api_is_no_worse() {
    let portal = Setting { kind: Kind::Portal, cancels: 1, ..FEW };
    holds("at the provider's page", &portal);
    let faults = Faults { crashes: 3, network: 0, ..FEW.faults };
    holds("at the provider's page, three crashes", &Setting { faults, ..portal });
}

#[test]
fn a_line_that_is_refused_at_any_time_counts_in_the_budget_and_loses_nothing() {
    let faults = Faults { crashes: 1, keyring: 0, network: 0, foreign: 1 };
    let line = Setting { line: true, hasty: true, faults, ..ISSUE };
    holds("the line is refused at any time, a crash", &line);
    let faults = Faults { crashes: 0, network: 1, ..faults };
    holds("the line is refused at any time, a bad network", &Setting { faults, ..line });
    let portal = Setting { kind: Kind::Portal, ..line };
    holds("the line is refused at any time, at the provider's page", &portal);
}

#[test]
fn a_notice_is_heeded_and_what_it_is_about_is_not_lost() {
    let faults = Faults { crashes: 1, keyring: 0, network: 1, foreign: 0 };
    let notice = Setting { notice: true, demands: 2, limited: true, faults, ..ISSUE };
    holds("a notice demands it, more, less or nothing", &notice);
    holds("the same at the provider's page", &Setting { kind: Kind::Portal, demands: 1, ..notice });
    let faults = Faults { crashes: 1, keyring: 1, network: 1, foreign: 1 };
    holds("begun for a notice, with a bad keyring", &Setting { demands: 0, limited: false, faults, ..notice });
}

#[test]
fn where_secrets_end_with_the_process_the_persons_copy_is_enough() {
    let faults = Faults { crashes: 2, keyring: 0, network: 1, foreign: 1 };
    let session = Setting { place: Place::Session, cancels: 1, faults, ..ISSUE };
    holds("in memory only", &session);
    holds("in memory only, at the provider's page", &Setting { kind: Kind::Portal, ..session });
}

#[test]
fn of_two_devices_one_wins_and_the_other_is_asked() {
    let faults = Faults { crashes: 0, keyring: 0, network: 1, foreign: 0 };
    holds("two devices", &Setting { devices: 2, faults, ..ISSUE });
    let faults = Faults { crashes: 1, keyring: 0, network: 0, foreign: 0 };
    holds("two devices, a crash", &Setting { devices: 2, faults, ..ISSUE });
}

#[test]
fn without_the_fence_the_account_is_lost() {
    is_lost("without the fence", Without::Fence);
}

#[test]
fn without_if_match_the_account_is_lost() {
    is_lost("without If-Match", Without::IfMatch);
}

#[test]
fn without_write_ahead_the_account_is_lost() {
    is_lost("without write-ahead", Without::WriteAhead);
}

#[test]
fn without_the_journal_the_budget_is_overdrawn() {
    let faults = Faults { crashes: 3, keyring: 0, network: 1, foreign: 0 };
    let found = run("without the journal", &Setting { faults, without: Without::Journal, ..ISSUE });
    let (which, way) = found.broken.expect("a breach");
    assert!(which.starts_with("I6"), "{which}: {way:?}");
}
