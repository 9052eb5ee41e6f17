//! A phone in each state that a password change can be in, brought there by what really leads to it.

use std::time::Duration;

use ringfence::base::Secret;
use ringfence::phone::VaultUse;
use ringfence::phone::command::{Begin, ChangeCommand, Command, NoticeCommand};
use ringfence::phone::password_change::Status;
use ringfence::phone::password_change::status::{Abort, Need, OldPassword as Old, Why};
use ringfence::phone::view::{
    AbortWhy, ChangePhase, ChangeView, KeyringTrouble, LaterWhy, NeedsPerson, OldPassword, WaitWhy,
};
use ringfence::port::net::Transport;
use ringfence::port::vault::VaultError;
use ringfence::provider::security::policy::{Exposed, PasswordAlone};
use ringfence::provider_api::Urn;
use serde_json::json;

use super::api_provider::{Mishap, settings};
use super::notices_rig::{DAY, NOON, Provider, at, index, notice, with};
use super::world::{NEW, PASSWORD, Talk, Vault, World, numeric};

/// Names for all values of a type: one more does not compile before it has a name, and a name without a scene fails.
macro_rules! named {
    ($function:ident, $all:ident, $of:ty { $($name:literal => $pattern:pat,)* }) => {
        pub(super) const $all: &[&str] = &[$($name),*];
        pub(super) fn $function(it: &$of) -> &'static str {
            match it { $($pattern => $name,)* }
        }
    };
}

named!(stage, STAGES, ChangePhase {
    "idle" => ChangePhase::Idle,
    "put off" => ChangePhase::Later { why: LaterWhy::Asked, .. },
    "later: the provider is down" => ChangePhase::Later { why: LaterWhy::ProviderDown, .. },
    "preparing" => ChangePhase::Preparing,
    "no keyring" => ChangePhase::Keyring(KeyringTrouble::Missing),
    "keyring locked" => ChangePhase::Keyring(KeyringTrouble::Locked),
    "keyring denied" => ChangePhase::Keyring(KeyringTrouble::Denied),
    "keyring waiting" => ChangePhase::Keyring(KeyringTrouble::Waiting),
    "keyring stuck" => ChangePhase::Keyring(KeyringTrouble::Stuck),
    "keyring ambiguous" => ChangePhase::Keyring(KeyringTrouble::Ambiguous),
    "keyring damaged" => ChangePhase::Keyring(KeyringTrouble::Damaged),
    "save elsewhere" => ChangePhase::SaveElsewhere,
    "composing" => ChangePhase::Compose(_),
    "saving" => ChangePhase::Saving,
    "saved" => ChangePhase::Saved,
    "sending" => ChangePhase::Sending,
    "uncertain" => ChangePhase::Uncertain,
    "undoing" => ChangePhase::Undoing,
    "testing" => ChangePhase::Testing,
    "keeping" => ChangePhase::Keeping,
    "checking the old one" => ChangePhase::CheckingOld,
    "wait: provider" => ChangePhase::Wait { why: WaitWhy::Provider, .. },
    "wait: budget" => ChangePhase::Wait { why: WaitWhy::Budget, .. },
    "wait: lag" => ChangePhase::Wait { why: WaitWhy::Lag, .. },
    "wait: disk" => ChangePhase::Wait { why: WaitWhy::Disk, .. },
    "neither works" => ChangePhase::NeedsPerson(NeedsPerson::NeitherWorks),
    "changed elsewhere" => ChangePhase::NeedsPerson(NeedsPerson::ChangedElsewhere),
    "not allowed" => ChangePhase::NeedsPerson(NeedsPerson::NotAllowed),
    "not changed yet" => ChangePhase::NeedsPerson(NeedsPerson::NotChangedYet),
    "pasted refused" => ChangePhase::NeedsPerson(NeedsPerson::PastedRefused),
    "at the provider" => ChangePhase::AtProvider,
    "cancelled" => ChangePhase::Aborted(AbortWhy::Cancelled),
    "not applied" => ChangePhase::Aborted(AbortWhy::NotApplied),
    "given up" => ChangePhase::Aborted(AbortWhy::Kept),
    "disk full" => ChangePhase::Aborted(AbortWhy::Disk),
    "done, refused" => ChangePhase::Done { old: OldPassword::Refused, .. },
    "done, still accepted" => ChangePhase::Done { old: OldPassword::StillAccepted, .. },
    "done, not checked" => ChangePhase::Done { old: OldPassword::NotChecked, .. },
});

// The machine's states, which several scenes share.
named!(state, STATES, Status {
    "starting" => Status::Starting,
    "idle" => Status::Idle,
    "notified" => Status::Notified { can_wait: true },
    "notified, too late" => Status::Notified { can_wait: false },
    "restricted" => Status::Restricted,
    "put off" => Status::Deferred { why: Why::Asked, .. },
    "deferred" => Status::Deferred { why: Why::Provider | Why::Budget | Why::Lag | Why::Disk, .. },
    "preflight" => Status::Preflight,
    "keyring" => Status::KeyringUnavailable(_),
    "prove copy" => Status::ProveCopy { .. },
    "choosing" => Status::Choosing { refused: false },
    "choosing again" => Status::Choosing { refused: true },
    "staging" => Status::Staging { stuck: false },
    "staging, stuck" => Status::Staging { stuck: true },
    "staged" => Status::Staged,
    "submitting" => Status::Submitting,
    "waiting" => Status::Waiting { .. },
    "unknown" => Status::Unknown,
    "fencing" => Status::Fencing,
    "verifying" => Status::Verifying,
    "trying" => Status::Trying,
    "repairing" => Status::Repairing,
    "promoting" => Status::Promoting { trouble: false },
    "promoting, trouble" => Status::Promoting { trouble: true },
    "withdrawing" => Status::Withdrawing,
    "needs: neither" => Status::NeedsUser(Need::NeitherWorks),
    "needs: elsewhere" => Status::NeedsUser(Need::ChangedElsewhere),
    "needs: allowed" => Status::NeedsUser(Need::NotAllowed),
    "needs: given" => Status::NeedsUser(Need::GivenRefused),
    "browser" => Status::Browser { not_yet: false },
    "browser, not yet" => Status::Browser { not_yet: true },
    "aborted: cancelled" => Status::Aborted(Abort::Cancelled),
    "aborted: not applied" => Status::Aborted(Abort::NotApplied),
    "aborted: kept" => Status::Aborted(Abort::Kept),
    "aborted: disk" => Status::Aborted(Abort::Disk),
    "checking old" => Status::CheckingOld,
    "done: refused" => Status::Done { old: Old::Refused },
    "done: still" => Status::Done { old: Old::StillAccepted },
    "done: not checked" => Status::Done { old: Old::NotChecked },
});

/// A state of the machine, how it is drawn, and a phone that is there.
pub(super) type Scene = (&'static str, &'static str, fn() -> World);

pub(super) const SCENES: &[Scene] = &[
    ("starting", "preparing", || {
        let mut world = next_start(Vault::Stuck);
        begin(&mut world);
        world
    }),
    ("starting", "keyring locked", || {
        let mut world = next_start(Vault::Fails(VaultError::Locked));
        begin(&mut world);
        world
    }),
    ("idle", "idle", by_tls),
    ("notified", "idle", || noticed("require")),
    ("notified, too late", "idle", || {
        let mut world = noticed("require");
        // Four days later, after the deadline.
        world.date = Some("Fri, 04 Dec 2026 12:00:00 GMT");
        world.pass(4 * DAY);
        world
    }),
    ("restricted", "idle", || noticed("enforced")),
    ("put off", "put off", || {
        let mut world = composing(noticed("require"));
        let until = ringfence::base::WallTime(world.now.wall.0 + 3_600_000);
        change(&mut world, ChangeCommand::NotNow(Some(until)));
        world
    }),
    ("deferred", "later: the provider is down", || by_api(&[("GET", Mishap::Lost)], settings(), begin)),
    ("preflight", "preparing", || by_api(&[("GET", Mishap::Silence)], settings(), begin)),
    ("keyring", "no keyring", || homeless(VaultError::Missing)),
    ("keyring", "keyring locked", || homeless(VaultError::Locked)),
    ("keyring", "keyring denied", || homeless(VaultError::Denied)),
    ("keyring", "keyring ambiguous", || homeless(VaultError::Ambiguous(2))),
    ("keyring", "keyring damaged", || homeless(VaultError::Corrupt)),
    ("keyring", "keyring waiting", || {
        let mut world = by_tls();
        world.vault = Vault::Stuck;
        begin(&mut world);
        world
    }),
    ("keyring", "keyring stuck", || {
        let mut world = by_tls();
        world.vault = Vault::Stuck;
        begin(&mut world);
        world.pass(std::time::Duration::from_secs(60));
        world
    }),
    ("keyring", "keyring locked", || {
        let mut world = World::at_the_door(VaultUse::Passphrase, &[Transport::Tls]);
        world.sign_in(numeric(Some(Transport::Tls)));
        begin(&mut world);
        world
    }),
    ("prove copy", "save elsewhere", || chosen(World::signed_in(VaultUse::Session, Transport::Tls))),
    ("choosing", "composing", || composing(by_tls())),
    ("choosing", "composing", || composing(noticed("require"))),
    ("choosing", "composing", || composing(noticed("enforced"))),
    ("choosing", "composing", || by_api(&[], settings(), begin)),
    ("choosing again", "composing", || by_api(&[("POST", Mishap::Problem(Urn::Policy))], settings(), choose)),
    ("staging", "saving", || {
        let mut world = composing(by_tls());
        world.slow_disk = true;
        change(&mut world, ChangeCommand::Go);
        world
    }),
    ("staging, stuck", "keyring waiting", || {
        let mut world = composing(by_tls());
        world.vault = Vault::Stuck;
        change(&mut world, ChangeCommand::Go);
        world
    }),
    ("staged", "saved", || {
        let mut world = composing(by_tls());
        world.slow_disk = true;
        change(&mut world, ChangeCommand::Go);
        heard_until(world, "saved")
    }),
    ("submitting", "sending", || by_api(&[("POST", Mishap::Silence)], settings(), choose)),
    ("waiting", "wait: provider", || by_api(&[("POST", Mishap::NotSent)], settings(), choose)),
    ("waiting", "wait: budget", || {
        let mut world = at_the_website();
        for wrong in ["one", "two", "three"] {
            change(&mut world, ChangeCommand::GaveMeOne(wrong.into()));
        }
        world
    }),
    ("waiting", "wait: lag", || {
        let mut world = World::at_api_provider(settings());
        // The registrars do not know yet.
        world.known = vec![PASSWORD.into()];
        choose(&mut world);
        world
    }),
    ("waiting", "wait: disk", || {
        let mut world = at_the_website();
        world.disk_full = Some("No space left on device".into());
        change(&mut world, ChangeCommand::ChangedIt);
        world
    }),
    ("unknown", "uncertain", || {
        let mut world = by_api(&[("POST", Mishap::AnswerLost)], settings(), begin);
        world.api.as_mut().expect("a provider").mishaps.push(("GET", Mishap::Silence));
        chosen(world)
    }),
    ("unknown", "testing", || {
        let mut world = at_the_website();
        silence(&mut world);
        change(&mut world, ChangeCommand::ChangedIt);
        world
    }),
    ("fencing", "undoing", || {
        let mishaps = [("POST", Mishap::Lost), ("POST", Mishap::Lost), ("DELETE", Mishap::Silence)];
        let mut world = by_api(&mishaps, settings(), choose);
        world.pass(Duration::from_secs(120));
        world
    }),
    ("verifying", "testing", || {
        let mut world = World::at_api_provider(settings());
        silence(&mut world);
        choose(&mut world);
        world
    }),
    ("trying", "testing", || {
        let mut world = at_the_website();
        silence(&mut world);
        change(&mut world, ChangeCommand::GaveMeOne("theirs-5150".into()));
        world
    }),
    ("repairing", "testing", || {
        let mut world = at_the_website();
        change(&mut world, ChangeCommand::Cancel);
        world.password = NEW.into();
        world.slow_disk = true;
        world.pass(Duration::from_secs(900));
        world
    }),
    ("promoting", "keeping", || {
        let mut world = at_the_website();
        world.password = NEW.into();
        world.slow_disk = true;
        change(&mut world, ChangeCommand::ChangedIt);
        heard_until(world, "keeping")
    }),
    ("promoting, trouble", "keeping", || {
        let mut world = at_the_website();
        world.password = NEW.into();
        world.vault = Vault::Fails(VaultError::Locked);
        change(&mut world, ChangeCommand::ChangedIt);
        world
    }),
    ("withdrawing", "undoing", || {
        let mut world = at_the_website();
        world.slow_disk = true;
        change(&mut world, ChangeCommand::Cancel);
        world
    }),
    ("needs: neither", "neither works", || {
        let mut world = at_the_website();
        world.password = "theirs-5150".into();
        world.pass(Duration::from_secs(900));
        world
    }),
    ("needs: elsewhere", "changed elsewhere", || {
        let mut world = World::at_api_provider(settings());
        let now = world.now;
        world.api.as_mut().expect("a provider").change_elsewhere(now, "theirs-5150");
        begin(&mut world);
        world
    }),
    ("needs: allowed", "not allowed", not_allowed),
    ("needs: allowed", "not allowed", || by_api(&[("GET", Mishap::Problem(Urn::SecondFactor))], settings(), begin)),
    ("needs: given", "pasted refused", || {
        let mut world = at_the_website();
        change(&mut world, ChangeCommand::GaveMeOne("mistyped".into()));
        world.password = "theirs-5150".into();
        world
    }),
    ("browser", "at the provider", at_the_website),
    ("browser, not yet", "not changed yet", || {
        let mut world = at_the_website();
        change(&mut world, ChangeCommand::ChangedIt);
        world
    }),
    ("aborted: cancelled", "cancelled", || {
        let mut world = composing(by_tls());
        world.slow_disk = true;
        change(&mut world, ChangeCommand::Go);
        change(&mut world, ChangeCommand::Cancel);
        heard_until(world, "cancelled")
    }),
    ("aborted: not applied", "not applied", || {
        let mut world = by_api(&[("POST", Mishap::Lost), ("POST", Mishap::Lost)], settings(), choose);
        world.pass(Duration::from_secs(3600));
        world
    }),
    ("aborted: kept", "given up", || {
        let mut world = at_the_website();
        change(&mut world, ChangeCommand::Cancel);
        world
    }),
    ("aborted: disk", "disk full", || {
        let mut world = composing(by_tls());
        world.disk_full = Some("No space left on device".into());
        change(&mut world, ChangeCommand::Go);
        world.disk_full = None;
        world.pass(Duration::from_secs(60));
        world
    }),
    ("checking old", "checking the old one", || {
        let mut world = at_the_website();
        world.password = NEW.into();
        world.slow_disk = true;
        change(&mut world, ChangeCommand::ChangedIt);
        heard_until(world, "checking the old one")
    }),
    ("done: refused", "done, refused", || done(at_the_website())),
    ("done: refused", "done, refused", || {
        let mut world = noticed("require");
        change(&mut world, ChangeCommand::Begin(Begin::Notice));
        done(chosen(world))
    }),
    ("done: still", "done, still accepted", || {
        let mut world = at_the_website();
        world.also_takes = Some(PASSWORD.into());
        done(world)
    }),
    ("done: not checked", "done, not checked", || {
        let mut world = at_the_website();
        world.password = NEW.into();
        world.slow_disk = true;
        change(&mut world, ChangeCommand::ChangedIt);
        let mut world = heard_until(world, "checking the old one");
        silence(&mut world);
        world.slow_disk = false;
        while world.disk_speaks().is_some() {}
        world.pass(Duration::from_secs(60));
        world
    }),
];

pub(super) fn line(world: &World) -> &ChangeView {
    &world.view().security_of(world.id()).expect("a line that is shown").change
}

fn change(world: &mut World, command: ChangeCommand) {
    let id = world.id();
    world.command(Command::Change(id, command));
}

pub(super) fn begin(world: &mut World) {
    change(world, ChangeCommand::Begin(Begin::Told));
}

/// Begins with [`NEW`], or goes on with it.
fn choose(world: &mut World) {
    change(world, ChangeCommand::Now(Some(Secret::from(NEW))));
}

fn chosen(mut world: World) -> World {
    if stage(&line(&world).phase) == "composing" {
        change(&mut world, ChangeCommand::Type(Secret::from(NEW)));
        change(&mut world, ChangeCommand::Go);
    } else {
        choose(&mut world);
    }
    world
}

pub(super) fn by_tls() -> World {
    World::signed_in(VaultUse::Keyring, Transport::Tls)
}

/// A new password is safe, and the person is at the provider's website.
pub(super) fn at_the_website() -> World {
    chosen(by_tls())
}

/// The new one is in use, and the phone finds out.
pub(super) fn done(mut world: World) -> World {
    world.password = NEW.into();
    change(&mut world, ChangeCommand::ChangedIt);
    world
}

pub(super) fn composing(mut world: World) -> World {
    change(&mut world, ChangeCommand::Begin(Begin::Notice));
    world
}

/// At a provider with the API, these things happen, and this is done.
fn by_api(
    mishaps: &[(&'static str, Mishap)],
    settings: ringfence::provider::security::Settings,
    act: impl FnOnce(&mut World),
) -> World {
    let mut world = World::at_api_provider(settings);
    world.api.as_mut().expect("a provider").mishaps = mishaps.to_vec();
    act(&mut world);
    world
}

/// The provider wants more than a password during its incident, and this computer has no more.
fn not_allowed() -> World {
    let strict = ringfence::provider::security::Settings {
        exposed: Exposed::Yes,
        password_alone: PasswordAlone::Refused,
        ..settings()
    };
    by_api(&[], strict, choose)
}

/// The registrar says nothing any more.
fn silence(world: &mut World) {
    for server in world.servers.values_mut() {
        server.talk = Talk::Silent;
    }
}

/// A slow disk speaks until the change is at this stage.
fn heard_until(mut world: World, wanted: &str) -> World {
    while stage(&line(&world).phase) != wanted {
        world.disk_speaks().expect("it has more to say before");
    }
    world
}

/// A change has begun, and the keyring does not do it.
pub(super) fn homeless(error: VaultError) -> World {
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.vault = Vault::Fails(error);
    world.sign_in(numeric(Some(Transport::Tls)));
    begin(&mut world);
    world
}

/// The next start of a program that was signed in, with this vault.
fn next_start(vault: Vault) -> World {
    let before = by_tls();
    let mut world = World::with_disk(VaultUse::Keyring, before.disk.clone(), before.kept.clone());
    world.servers = before.servers.clone();
    world.vault = vault;
    world.load();
    world
}

/// A notice of this level asks for a new password; its key is known for long enough to force one.
pub(super) fn noticed(level: &str) -> World {
    let provider = Provider::new();
    let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
    world.now.wall = NOON;
    world.publish(&provider, &index(1, Vec::new()), NOON);
    world.sign_in(numeric(Some(Transport::Tls)));
    world.now = world.now.later(8 * DAY);
    let asked = json!({
        "sent": at(8 * DAY), "expires": at(13 * DAY),
        "enforcement": { "level": level, "deadline": at(11 * DAY) },
    });
    let dates = json!({ "issued": at(8 * DAY), "expires": at(14 * DAY) });
    let list = with(index(2, vec![with(notice("a"), asked)]), dates);
    let date = world.now.wall;
    world.publish(&provider, &list, date);
    let id = world.id();
    world.command(Command::Notice(id, NoticeCommand::Check));
    world.pass(Duration::from_secs(60));
    world.command(Command::Retry(id));
    assert!(world.view().security[0].open_notice().is_some(), "{:?}", world.view().security[0].notices);
    world
}

/// What stands in the way of a change is gone: the keyring works again.
pub(super) fn mended(world: &mut World) {
    world.vault = Vault::Works;
}
