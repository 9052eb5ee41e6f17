//! The release channel in virtual time: forged, replayed, rolled-back, frozen, truncated and future documents change
//! nothing, and whoever may publish cannot withdraw.

use std::io::Cursor;
use std::time::Duration;

use minisign::KeyPair;
use ringfence::base::{Entropy, Now, WallTime};
use ringfence::phone::update::document::{Refused, Version};
use ringfence::phone::update::{Channel, Kept, Output, State, Updates, Wanted};
use ringfence::port::Installation;

/// 2026-11-22T00:00:00Z.
const START: i64 = 1_795_305_600_000;
const DAY: Duration = Duration::from_secs(86_400);

struct World {
    releases: KeyPair,
    withdrawals: KeyPair,
    updates: Updates,
    now: Now,
    entropy: Entropy,
}

fn sign(pair: &KeyPair, text: &str) -> String {
    minisign::sign(None, &pair.sk, Cursor::new(text.as_bytes()), None, None).expect("signs").into_string()
}

fn release(seq: u64, version: &str, more: &str) -> String {
    format!(
        r#"{{"ringfence_release":"1","seq":{seq},"issued":"2026-11-21T12:00:00Z","expires":"2026-12-21T12:00:00Z","version":"{version}","fixes":["Calls no longer drop."]{more}}}"#
    )
}

fn withdrawals(seq: u64, list: &str) -> String {
    format!(
        r#"{{"ringfence_withdrawals":"1","seq":{seq},"issued":"2026-11-21T12:00:00Z","expires":"2026-12-21T12:00:00Z","withdrawn":[{list}]}}"#
    )
}

impl World {
    fn new() -> World {
        World::of(Kept::default(), KeyPair::generate_unencrypted_keypair().expect("a key"))
    }

    fn of(kept: Kept, releases: KeyPair) -> World {
        let withdrawals = KeyPair::generate_unencrypted_keypair().expect("a key");
        let channel = Channel::new("https://updates.example", &releases.pk.to_base64(), &withdrawals.pk.to_base64());
        let now = Now { wall: WallTime(START), ..Now::default() };
        let mut updates = Updates::new(Some(channel.expect("a channel")), Version(0, 1, 0), kept);
        updates.switch(now, true);
        World { releases, withdrawals, updates, now, entropy: Entropy::from_number(1) }
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.updates.poll()).collect()
    }

    /// Time passes until it asks, and both documents come. What it said on the way.
    fn round(&mut self, release: &str, withdrawals: &str) -> Vec<Output> {
        let (by_release, by_withdrawal) = (sign(&self.releases, release), sign(&self.withdrawals, withdrawals));
        self.round_with((release.as_bytes(), &by_release), (withdrawals.as_bytes(), &by_withdrawal))
    }

    fn round_with(&mut self, release: (&[u8], &str), withdrawals: (&[u8], &str)) -> Vec<Output> {
        let at = self.updates.next_timeout().expect("it will ask");
        self.now = self.now.later(at.since(self.now.mono));
        self.updates.handle_timeout(self.now);
        let mut said = self.drain();
        assert_eq!(said, [Output::Fetch(Wanted::Releases)]);
        for (wanted, (bytes, signature)) in [(Wanted::Releases, release), (Wanted::Withdrawals, withdrawals)] {
            let fetched = Ok((bytes.to_vec(), signature.to_owned()));
            self.updates.fetched(self.now, &mut self.entropy, wanted, &fetched);
            said.extend(self.drain());
        }
        said
    }

    fn state(&self) -> State {
        self.updates.state(self.now.wall)
    }
}

fn newer(version: Version, unsafe_to_stay: bool) -> State {
    State::Newer { version, fixes: vec!["Calls no longer drop.".into()], unsafe_to_stay }
}

#[test]
fn a_newer_release_is_announced_once_and_kept() {
    let mut world = World::new();
    assert_eq!(world.state(), State::Unknown);
    let said = world.round(&release(3, "0.2.0", ""), &withdrawals(1, ""));
    assert!(said.contains(&Output::News) && said.contains(&Output::Save));
    assert_eq!(world.state(), newer(Version(0, 2, 0), false));
    let said = world.round(&release(3, "0.2.0", ""), &withdrawals(1, ""));
    assert!(!said.contains(&Output::News), "announced twice");
    // It comes back after a restart without asking.
    let text = serde_json::to_string(world.updates.kept()).expect("JSON");
    let kept = serde_json::from_str(&text).expect("reads back");
    assert_eq!(World::of(kept, world.releases).state(), newer(Version(0, 2, 0), false));
}

#[test]
fn a_floor_above_the_running_version_is_said() {
    let mut world = World::new();
    world.round(&release(3, "0.2.0", r#","floor":"0.1.1""#), &withdrawals(1, ""));
    assert_eq!(world.state(), newer(Version(0, 2, 0), true));
}

#[test]
fn the_newest_version_hears_that_it_is_and_when_that_was() {
    let mut world = World::new();
    world.round(&release(3, "0.1.0", ""), &withdrawals(1, ""));
    assert_eq!(world.state(), State::Newest(world.now.wall));
}

#[test]
fn an_older_release_than_the_running_one_is_not_offered() {
    let mut world = World::new();
    world.round(&release(3, "0.0.9", ""), &withdrawals(1, ""));
    assert_eq!(world.state(), State::Newest(world.now.wall));
}

#[test]
fn a_withdrawal_of_the_running_version_goes_before_everything() {
    let mut world = World::new();
    let bad = r#"{"version":"0.1.0","reason":"It sends \u202eyour calls to nobody.","instead":"0.0.9"}"#;
    let said = world.round(&release(3, "0.2.0", ""), &withdrawals(1, bad));
    assert!(said.contains(&Output::News));
    let reason = "It sends your calls to nobody.".to_owned();
    assert_eq!(world.state(), State::Withdrawn { reason, instead: Some(Version(0, 0, 9)) });
}

#[test]
fn a_withdrawn_release_is_not_offered() {
    let mut world = World::new();
    world.round(&release(3, "0.2.0", ""), &withdrawals(1, r#"{"version":"0.2.0","reason":"It does not start."}"#));
    assert_eq!(world.state(), State::Newest(world.now.wall));
}

#[test]
fn whoever_signs_releases_cannot_withdraw_and_the_other_way_round() {
    let mut world = World::new();
    let (good, list) = (release(3, "0.2.0", ""), withdrawals(1, r#"{"version":"0.1.0","reason":"No."}"#));
    let (by_release, wrong) = (sign(&world.releases, &good), sign(&world.releases, &list));
    let said = world.round_with((good.as_bytes(), &by_release), (list.as_bytes(), &wrong));
    let refused = |out: &Output| matches!(out, Output::Refused(Wanted::Withdrawals, Refused::Signature(_)));
    assert!(said.iter().any(refused) && said.contains(&Output::Looked(false)), "{said:?}");
    assert_eq!(world.state(), newer(Version(0, 2, 0), false));
    let mut world = World::new();
    let wrong = sign(&world.withdrawals, &good);
    let said = world.round_with((good.as_bytes(), &wrong), (b"", ""));
    let [_, Output::Refused(Wanted::Releases, Refused::Signature(_)), Output::Looked(false)] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert_eq!(world.state(), State::Unconfirmed(None));
    let key = world.releases.pk.to_base64();
    assert_eq!(Channel::new("https://updates.example", &key, &key), None, "one key for both is no channel");
}

#[test]
fn what_was_signed_and_then_changed_or_cut_changes_nothing() {
    let good = release(3, "0.2.0", "");
    for cut in [0, 1, good.len() / 2, good.len() - 1] {
        let mut world = World::new();
        let signature = sign(&world.releases, &good);
        let said = world.round_with((&good.as_bytes()[..cut], &signature), (b"", ""));
        assert!(matches!(said.get(1), Some(Output::Refused(Wanted::Releases, _))), "{said:?}");
        let mut world = World::new();
        let half = &sign(&world.releases, &good)[..cut.min(100)];
        world.round_with((good.as_bytes(), half), (b"", ""));
        assert_eq!(world.state(), State::Unconfirmed(None));
        assert_eq!(world.updates.kept(), &Kept::default());
    }
}

#[test]
fn a_replayed_older_document_changes_nothing() {
    let mut world = World::new();
    world.round(&release(7, "0.2.0", ""), &withdrawals(5, r#"{"version":"0.1.9","reason":"Bad."}"#));
    let kept = world.updates.kept().clone();
    let said = world.round(&release(6, "0.1.0", ""), &withdrawals(5, ""));
    assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::RolledBack)));
    assert_eq!(world.updates.kept(), &kept);
    let said = world.round(&release(7, "0.2.0", ""), &withdrawals(4, ""));
    assert!(said.contains(&Output::Refused(Wanted::Withdrawals, Refused::RolledBack)));
    assert_eq!(world.updates.kept().withdrawn, kept.withdrawn);
}

#[test]
fn a_frozen_mirror_is_noticed() {
    let mut world = World::new();
    let (good, list) = (release(3, "0.1.0", ""), withdrawals(1, ""));
    world.round(&good, &list);
    let confirmed = world.now.wall;
    world.now = world.now.later(DAY * 40);
    let said = world.round(&good, &list);
    assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::Expired)), "{said:?}");
    assert_eq!(world.state(), State::Unconfirmed(Some(confirmed)));
}

#[test]
fn a_document_from_the_future_does_not_count() {
    let mut world = World::new();
    let future = release(3, "0.2.0", "").replace("2026-11-21T12", "2026-11-25T12");
    let said = world.round(&future, &withdrawals(1, ""));
    assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::Future)), "{said:?}");
}

#[test]
fn names_that_lead_elsewhere_and_oversized_documents_are_refused() {
    for name in ["../../etc/passwd", "a/b", ".profile", "", "https:__x\\\\y"] {
        let mut world = World::new();
        let hash = "0".repeat(64);
        let more = format!(r#","artefacts":[{{"name":"{name}","sha256":"{hash}","size":1}}]"#);
        let said = world.round(&release(3, "0.2.0", &more), &withdrawals(1, ""));
        assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::Unreadable)), "{name}: {said:?}");
    }
    let mut world = World::new();
    let long = release(3, "0.2.0", &format!(r#","unknown":"{}""#, "x".repeat(70_000)));
    assert!(world.round(&long, &withdrawals(1, "")).contains(&Output::Refused(Wanted::Releases, Refused::TooLong)));
}

#[test]
fn a_build_without_an_origin_and_a_person_who_switched_it_off_never_ask() {
    let now = Now::default();
    let mut updates = Updates::new(None, Version(0, 1, 0), Kept::default());
    updates.switch(now, true);
    updates.ask_now(now);
    assert_eq!((updates.next_timeout(), updates.state(now.wall)), (None, State::NoChannel));
    let mut world = World::new();
    world.updates.switch(world.now, false);
    world.updates.ask_now(world.now);
    assert_eq!((world.updates.next_timeout(), world.state()), (None, State::Off));
}

#[test]
fn a_withdrawal_that_is_known_is_said_also_after_asking_was_switched_off() {
    let mut world = World::new();
    world.round(&release(3, "0.1.0", ""), &withdrawals(1, r#"{"version":"0.1.0","reason":"It leaks."}"#));
    world.updates.switch(world.now, false);
    assert_eq!(world.state(), State::Withdrawn { reason: "It leaks.".into(), instead: None });
}

#[test]
fn a_format_that_came_after_this_program_changes_nothing_and_is_told_from_rubbish() {
    let mut world = World::new();
    world.round(&release(3, "0.2.0", ""), &withdrawals(1, ""));
    let kept = world.updates.kept().clone();
    for later in [
        release(4, "0.3.0", "").replace(r#""ringfence_release":"1""#, r#""ringfence_release":"2""#),
        r#"{"ringfence_release":"7","everything":["is","different"]}"#.to_owned(),
    ] {
        let said = world.round(&later, &withdrawals(1, ""));
        assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::Format)), "{said:?}");
    }
    for rubbish in [release(4, "0.3.0", "").replace("ringfence_release", "release"), "[]".into(), "{}".into()] {
        let said = world.round(&rubbish, &withdrawals(1, ""));
        assert!(said.contains(&Output::Refused(Wanted::Releases, Refused::Unreadable)), "{said:?}");
    }
    assert_eq!((world.updates.kept(), world.state()), (&kept, newer(Version(0, 2, 0), false)));
    let list = withdrawals(2, r#"{"version":"0.1.0","reason":"No."}"#).replace(r#"s":"1""#, r#"s":"2""#);
    let said = world.round(&release(3, "0.2.0", ""), &list);
    assert!(said.contains(&Output::Refused(Wanted::Withdrawals, Refused::Format)), "{said:?}");
    assert_eq!(world.updates.kept().withdrawn, []);
}

/// A manifest's line for the archive of this version.
fn archive(version: &str, size: &str) -> String {
    let (hash, platform) = ("AB".repeat(32), ringfence::port::installation::PLATFORM);
    let name = format!("ringfence-{version}.tar.gz");
    format!(
        r#","artefacts":[{{"name":"x.deb","sha256":"{hash}","size":5,"kind":"deb","platform":"{platform}"}},
        {{"name":"{name}","sha256":"{hash}","size":{size},"kind":"archive","platform":"{platform}"}},
        {{"name":"y.rfx","sha256":"{hash}","size":7,"kind":"something new","platform":"far away"}}]"#
    )
}

#[test]
fn a_release_is_offered_only_where_no_package_manager_owns_the_files() {
    let mut world = World::new();
    world.round(&release(3, "0.2.0", &archive("0.2.0", "11")), &withdrawals(1, ""));
    let own = Installation::Archive("/home/anna/.local".into());
    let offer = world.updates.offer(&own).expect("an offer");
    assert_eq!(
        (offer.version, offer.file.path.as_str(), offer.file.size),
        (Version(0, 2, 0), "/ringfence-0.2.0.tar.gz", 11)
    );
    assert_eq!((offer.file.sha256, offer.file.origin.to_string()), ("ab".repeat(32), "https://updates.example".into()));
    for other in [
        Installation::Deb,
        Installation::Rpm,
        Installation::Arch,
        Installation::Flatpak,
        Installation::MacBundle,
        Installation::ByHand,
        // Theirs, but this release has no file for them.
        Installation::Windows,
        Installation::AppImage("/home/anna/Phone.AppImage".into()),
    ] {
        assert_eq!(world.updates.offer(&other), None, "{other:?}");
    }
    for size in ["0", "999999999999"] {
        let mut world = World::new();
        world.round(&release(3, "0.2.0", &archive("0.2.0", size)), &withdrawals(1, ""));
        assert_eq!(world.updates.offer(&own), None, "{size} bytes");
    }
    world.updates.switch(world.now, false);
    assert_eq!(world.updates.offer(&own), None, "switched off");
}

#[test]
fn an_older_release_is_offered_only_if_both_keys_say_so() {
    let own = Installation::Archive("/home/anna/.local".into());
    let old = release(3, "0.0.9", &archive("0.0.9", "11"));
    let mut world = World::new();
    world.round(&old, &withdrawals(1, ""));
    assert_eq!(world.updates.offer(&own), None, "whoever signs releases alone cannot take anybody back");
    world.round(&old, &withdrawals(2, r#"{"version":"0.1.0","reason":"It leaks."}"#));
    assert_eq!(world.updates.offer(&own), None, "withdrawn in favour of nothing");
    world.round(&old, &withdrawals(3, r#"{"version":"0.1.0","reason":"It leaks.","instead":"0.0.8"}"#));
    assert_eq!(world.updates.offer(&own), None, "in favour of another one");
    let both = r#"{"version":"0.1.0","reason":"It leaks.","instead":"0.0.9"}"#;
    world.round(&old, &withdrawals(4, both));
    assert_eq!(world.updates.offer(&own).map(|offer| offer.version), Some(Version(0, 0, 9)));
    world.round(&old, &withdrawals(5, &format!(r#"{both},{{"version":"0.0.9","reason":"It leaks, too."}}"#)));
    assert_eq!(world.updates.offer(&own), None, "withdrawn itself");
}

#[test]
fn after_a_failure_it_asks_again_in_an_hour_and_otherwise_about_daily() {
    let mut world = World::new();
    let at = world.updates.next_timeout().expect("a first time");
    world.now = world.now.later(at.since(world.now.mono));
    world.updates.handle_timeout(world.now);
    assert_eq!(world.updates.next_timeout(), None, "it waits for the answer");
    world.updates.fetched(world.now, &mut world.entropy, Wanted::Releases, &Err("off line".into()));
    let wait = world.updates.next_timeout().expect("again").since(world.now.mono);
    assert_eq!(wait, Duration::from_secs(3600));
    drop(world.drain());
    world.round(&release(3, "0.1.0", ""), &withdrawals(1, ""));
    let wait = world.updates.next_timeout().expect("again").since(world.now.mono);
    assert!(wait >= DAY * 4 / 5 && wait <= DAY * 6 / 5, "{wait:?}");
    // What nobody asked for is dropped.
    let bytes = release(9, "0.3.0", "");
    let signature = sign(&world.releases, &bytes);
    world.updates.fetched(world.now, &mut world.entropy, Wanted::Releases, &Ok((bytes.into_bytes(), signature)));
    assert_eq!(world.state(), State::Newest(world.now.wall));
}

#[test]
fn versions_compare_as_numbers() {
    let read = |text: &str| Version::parse(text);
    assert!(read("0.10.0") > read("0.9.9") && read("1.0.0") > read("0.99.99"));
    for bad in ["", "1", "1.2", "1.2.3.4", "1.2.x", "01.2.3", "1.2.3-rc1", "-1.2.3", "1.2.9999999"] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
