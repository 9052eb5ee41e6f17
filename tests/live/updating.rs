//! A release as it comes to a person: signed by `packaging/release/manifest` with keys made for the test, served over
//! HTTPS, looked for, pressed, checked, and put into place beside the old version by the archive's own installer.
//! Mirrors that lie, and kills at every step, leave the old program.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Run, Stdio};
use std::time::Duration;

use ringfence::engine::{self, Options, PhoneHandle};
use ringfence::io::connect_to::Rules;
use ringfence::io::dns::Dns;
use ringfence::io::http::Http;
use ringfence::io::release::Releases;
use ringfence::io::tls::Trust;
use ringfence::phone::VaultUse;
use ringfence::phone::command::Command;
use ringfence::phone::update::document::Version;
use ringfence::phone::update::{Channel, State, Step};
use ringfence::port::Installation;
use ringfence::port::http::HttpError;
use ringfence::port::media::Device;
use ringfence::port::release::{Effect, File, Order, Report, Trouble};
use ringfence::provider_api::{Origin, Path as WebPath};
use sha2::{Digest as _, Sha256};

use crate::rig::releases::{
    HOST, Office, archive, install, installed, ok, old_installation, program, says, top, unpacked,
};
use crate::rig::web::{Page, Website, page};
use crate::rig::{Scratch, wait_until};

const NEW: Version = Version(9, 9, 9);

/// A phone that looks for releases at this website. The channel is part of a build; a test passes it to the engine.
fn phone(scratch: &Scratch, web: &Website, updates: Option<Channel>, prefix: &Path) -> PhoneHandle {
    let options = Options {
        profile: Some(scratch.folder("profile")),
        vault: VaultUse::Session,
        updates,
        installation: Some(Installation::Archive(prefix.to_string_lossy().into_owned())),
        input: Some(Device::Null),
        output: Some(Device::Null),
        ca: Some(web.ca.clone()),
        connect_to: vec![format!("{HOST}:443:{}", web.addr).parse().expect("a rule")],
        ..Options::default()
    };
    engine::start(options, std::sync::Arc::new(|| {})).expect("an engine")
}

fn quit(mut phone: PhoneHandle) {
    phone.send(Command::Quit).expect("taken");
    assert!(phone.join(Duration::from_secs(10)), "it ends");
}

fn step(phone: &PhoneHandle) -> Step {
    phone.view.borrow().updating.step.clone()
}

#[test]
fn a_signed_release_is_found_pressed_installed_and_taken_back() {
    let scratch = Scratch::new();
    let prefix = old_installation(&scratch);
    let office = Office::open(&scratch);
    archive(&scratch, "9.9.9", &says("9.9.9"));
    ok(&mut office.release());
    ok(&mut office.withdrawals());
    let web = Website::start(HOST, scratch.path());
    office.upload(&web);
    let phone = phone(&scratch, &web, office.channel(), &prefix);
    phone.send(Command::LookForRelease).expect("taken");
    wait_until("the release is known", || matches!(phone.view.borrow().release, State::Newer { version: NEW, .. }));
    assert_eq!(phone.view.borrow().updating.offer.map(|(version, _)| version), Some(NEW));
    wait_until("withdrawals are known", || phone.view.borrow().updating.confirmed.is_some());
    let looked = ["/releases.json", "/releases.json.minisig", "/withdrawals.json", "/withdrawals.json.minisig"];
    assert_eq!(web.asked(), looked, "nothing is fetched before somebody presses");
    assert_eq!(installed(&prefix), "ringfence 0.1.0");
    phone.send(Command::InstallRelease(NEW)).expect("taken");
    wait_until("it is in its place", || {
        matches!(step(&phone), Step::Placed(NEW, Effect::NextStart) | Step::Failed(..))
    });
    assert_eq!(step(&phone), Step::Placed(NEW, Effect::NextStart));
    assert_eq!(web.asked()[4..8], looked, "it is confirmed once more right before");
    assert_eq!(web.asked()[8..], ["/ringfence-9.9.9-linux-x86_64.tar.gz"]);
    quit(phone);
    assert_eq!(installed(&prefix), "ringfence 9.9.9");
    // The menu leads to it, the manual page that the old version had is gone, and nothing is left lying about.
    let menu = fs::read_to_string(prefix.join("share/applications/ringfence.desktop")).expect("an entry");
    assert!(menu.contains(&format!("Exec={}/bin/ringfence", prefix.display())), "{menu}");
    let pages = prefix.join("share/man/man1");
    assert!(pages.join("ringfence-9.9.9.1").exists() && !pages.join("ringfence-0.1.0.1").is_symlink());
    assert_eq!(fs::read_dir(prefix.join("lib/ringfence/update")).expect("a folder").count(), 1, "but the lock");
    // Back, and away.
    let own = prefix.join("lib/ringfence/current/install.sh");
    ok(Run::new(&own).arg("--back"));
    assert_eq!(installed(&prefix), "ringfence 0.1.0");
    ok(Run::new(&own).arg("--back"));
    assert_eq!(installed(&prefix), "ringfence 9.9.9");
    ok(Run::new(&own).arg("--uninstall"));
    let left: Vec<_> = walk(&prefix).into_iter().filter(|path| !path.ends_with("mimeinfo.cache")).collect();
    assert_eq!(left, Vec::<PathBuf>::new(), "left behind");
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() && !path.is_symlink() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_new_version_that_does_not_start_here_or_is_another_one_is_not_installed() {
    for (script, words) in
        [("echo no such library >&2; exit 127", "no such library"), ("echo ringfence 6.6.6", "6.6.6")]
    {
        let scratch = Scratch::new();
        let prefix = old_installation(&scratch);
        let office = Office::open(&scratch);
        archive(&scratch, "9.9.9", script);
        ok(&mut office.release());
        ok(&mut office.withdrawals());
        let web = Website::start(HOST, scratch.path());
        office.upload(&web);
        let phone = phone(&scratch, &web, office.channel(), &prefix);
        phone.send(Command::LookForRelease).expect("taken");
        wait_until("the release is known", || matches!(phone.view.borrow().release, State::Newer { .. }));
        phone.send(Command::InstallRelease(NEW)).expect("taken");
        wait_until("it was tried", || matches!(step(&phone), Step::Placed(..) | Step::Failed(..)));
        let Step::Failed(NEW, Trouble::DoesNotStart(said)) = step(&phone) else { panic!("{:?}", step(&phone)) };
        assert!(said.contains(words), "{said}");
        quit(phone);
        assert_eq!(installed(&prefix), "ringfence 0.1.0");
    }
}

#[test]
fn whoever_has_one_key_can_neither_withdraw_with_it_nor_release_with_the_other() {
    let scratch = Scratch::new();
    let prefix = old_installation(&scratch);
    let office = Office::open(&scratch);
    archive(&scratch, "9.9.9", &says("9.9.9"));
    // Each document, signed with the other one's key.
    let mut release = office.command("release", "releases", "withdrawals", "releases");
    ok(release.arg("--dist").arg(scratch.folder("dist")).args(["--version", "9.9.9", "--fix", "It rings."]));
    ok(&mut office.withdrawals());
    let web = Website::start(HOST, scratch.path());
    office.upload(&web);
    let phone = phone(&scratch, &web, office.channel(), &prefix);
    let in_vain = || phone.view.borrow().updating.in_vain && !phone.view.borrow().updating.looking;
    phone.send(Command::LookForRelease).expect("taken");
    wait_until("the release is refused", in_vain);
    assert_eq!(phone.view.borrow().release, State::Unconfirmed(None));
    fs::remove_dir_all(scratch.folder("channel")).expect("removed");
    ok(&mut office.release());
    let mut withdrawal = office.command("withdrawals", "withdrawals", "releases", "withdrawals");
    let running = env!("CARGO_PKG_VERSION");
    ok(withdrawal.args(["--withdraw", running, "--reason", "Trust me."]));
    office.upload(&web);
    phone.send(Command::LookForRelease).expect("taken");
    wait_until("the release is taken", || matches!(phone.view.borrow().release, State::Newer { .. }));
    wait_until("the withdrawal is refused", in_vain);
    assert!(matches!(phone.view.borrow().release, State::Newer { .. }), "withdrawn by the wrong key");
    // By the right one, it counts, and says why.
    fs::remove_file(scratch.folder("channel").join("withdrawals.json")).expect("removed");
    ok(office.withdrawals().args(["--withdraw", running, "--reason", "It leaks."]));
    office.upload(&web);
    phone.send(Command::LookForRelease).expect("taken");
    wait_until(
        "withdrawn",
        || matches!(&phone.view.borrow().release, State::Withdrawn { reason, .. } if reason == "It leaks."),
    );
    quit(phone);
}

#[test]
fn a_phone_without_a_channel_asks_nobody_for_anything() {
    let scratch = Scratch::new();
    let web = Website::start(HOST, scratch.path());
    let empty = Channel::new("", "", "");
    assert_eq!(empty, None, "an empty origin is no channel");
    let phone = phone(&scratch, &web, empty, scratch.path());
    phone.send(Command::LookForRelease).expect("taken");
    phone.send(Command::InstallRelease(NEW)).expect("taken");
    phone.send(Command::WatchDevices(true)).expect("taken");
    wait_until("the phone is done with that", || phone.view.borrow().release == State::NoChannel);
    quit(phone);
    assert_eq!(web.asked(), Vec::<String>::new());
}

#[test]
fn the_script_refuses_one_key_for_both_stale_packages_and_keys_in_the_tree() {
    let scratch = Scratch::new();
    let office = Office::open(&scratch);
    archive(&scratch, "9.9.9", &says("9.9.9"));
    let refused = |command: &mut Run, why: &str| {
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
    };
    let dist = scratch.folder("dist");
    let release = |key: &str, other: &str| {
        let mut command = office.command("release", "releases", key, other);
        command.arg("--dist").arg(&dist).args(["--fix", "It rings."]);
        command
    };
    refused(release("releases", "releases").args(["--version", "9.9.9"]), "two different keys");
    // The same key under another name is the same key.
    let renamed = {
        use base64::Engine as _;
        let engine = base64::engine::general_purpose::STANDARD;
        let mut bytes = engine.decode(office.public("releases")).expect("base64");
        bytes[4] ^= 1;
        format!("untrusted comment: mine\n{}\n", engine.encode(bytes))
    };
    fs::write(office.key("renamed.pub"), renamed).expect("written");
    refused(release("releases", "renamed").args(["--version", "9.9.9"]), "two different keys");
    refused(release("releases", "withdrawals").args(["--version", "9.9.8"]), "is not of version 9.9.8");
    refused(release("releases", "withdrawals").args(["--version", "9.9.9", "--floor", "10.0.0"]), "above the release");
    let mut inside = office.release();
    refused(inside.arg("--key").arg(top().join("Cargo.toml")), "keys never are");
    fs::write(dist.join("SHA256SUMS"), format!("{}  ringfence-9.9.9-linux-x86_64.tar.gz\n", "0".repeat(64)))
        .expect("written");
    refused(&mut office.release(), "not the file that SHA256SUMS names");
    assert_eq!(walk(&scratch.folder("channel")), Vec::<PathBuf>::new(), "something was published");
    fs::remove_file(dist.join("SHA256SUMS")).expect("removed");
    // A list of withdrawals grows, and never goes back.
    for version in ["1.0.0", "1.1.0"] {
        ok(office.withdrawals().args(["--withdraw", version, "--reason", "It leaks."]));
    }
    ok(&mut office.withdrawals());
    let list = fs::read_to_string(scratch.folder("channel").join("withdrawals.json")).expect("a list");
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!(list["withdrawn"].as_array().expect("a list").len(), 2, "{list}");
}

/// What the driver says of a file that is signed as `good`, from a server that answers with `answer`.
fn fetched(answer: Page, good: &[u8]) -> (Report, PathBuf, Scratch) {
    let scratch = Scratch::new();
    let prefix = scratch.folder("home").join(".local");
    fs::create_dir_all(prefix.join("lib/ringfence")).expect("folder");
    let web = Website::start(HOST, scratch.path());
    web.put("/release.tar.gz", answer);
    let file = File {
        origin: Origin::parse(&format!("https://{HOST}")).expect("an origin"),
        path: WebPath::parse("/release.tar.gz").expect("a path"),
        version: "9.9.9".into(),
        size: good.len() as u64,
        sha256: Sha256::digest(good).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let report = runtime.block_on(async {
        let rules = Rules::new(vec![format!("{HOST}:443:{}", web.addr).parse().expect("a rule")]);
        let dns = Dns::new(None, rules.clone(), tokio::sync::mpsc::channel(1).0);
        let http = Http::new(Trust::new(Some(web.ca.clone())), dns, rules, tokio::sync::mpsc::channel(1).0);
        let (tell, mut told) = tokio::sync::mpsc::channel(256);
        let installation = Installation::Archive(prefix.to_string_lossy().into_owned());
        let mut releases = Releases::new(http, installation.clone(), tell);
        releases.perform(Order::Fetch(7, file, installation));
        let last = async {
            loop {
                match told.recv().await.expect("a report") {
                    Report::Got(..) => {}
                    report => return report,
                }
            }
        };
        let report = tokio::time::timeout(Duration::from_secs(60), last).await.expect("in time");
        releases.perform(Order::Stop);
        report
    });
    (report, prefix.join("lib/ringfence/update"), scratch)
}

#[test]
fn mirrors_that_lie_get_nowhere_and_leave_nothing() {
    let good = vec![b'x'; 700_000];
    let headed = |head: &str, body: &[u8]| [head.as_bytes(), b"\r\n\r\n", body].concat();
    let (report, ..) = fetched(page("application/gzip", &good), &good);
    assert_eq!(report, Report::Fetched(7), "an honest one");
    let mut changed = good.clone();
    changed[350_000] = b'y';
    let closed = "HTTP/1.1 200 OK\r\nConnection: close";
    let redirect = format!("HTTP/1.1 302 Found\r\nLocation: https://{HOST}/other\r\nContent-Length: 0");
    let lies: Vec<(&str, Page, Trouble)> = vec![
        ("one byte is another", page("application/gzip", &changed), Trouble::Hash),
        ("shorter, and says so", page("application/gzip", &good[1..]), Trouble::Size),
        ("shorter, without saying", Page::Answer(headed(closed, &good[1..])), Trouble::Size),
        ("longer, and says so", page("application/gzip", &[&good[..], b"z"].concat()), Trouble::Size),
        ("longer, without saying", Page::Answer(headed(closed, &[&good[..], b"z"].concat())), Trouble::Size),
        ("never ends", Page::Endless(headed(closed, b"")), Trouble::Size),
        ("sends elsewhere", Page::Answer(headed(&redirect, b"")), Trouble::Http(HttpError::Redirected(302))),
        ("has lost it", Page::Answer(headed("HTTP/1.1 404 Not Found\r\nContent-Length: 0", b"")), Trouble::Status(404)),
        (
            "has part of it",
            Page::Answer(headed("HTTP/1.1 206 Partial\r\nContent-Length: 1", b"x")),
            Trouble::Status(206),
        ),
    ];
    for (lie, answer, trouble) in lies {
        let (report, staging, _scratch) = fetched(answer, &good);
        assert_eq!(report, Report::Failed(7, trouble), "{lie}");
        let left: Vec<_> = walk(&staging).into_iter().filter(|path| !path.ends_with("lock")).collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "{lie}");
    }
    // It announces all, sends half, and hangs up.
    let half = format!("HTTP/1.1 200 OK\r\nContent-Length: {}", good.len());
    let (report, ..) = fetched(Page::Answer(headed(&half, &good[..300_000])), &good);
    assert!(matches!(report, Report::Failed(7, Trouble::Http(HttpError::Unknown(_)))), "{report:?}");
}

#[test]
fn an_appimage_is_replaced_whole_and_the_old_one_is_kept() {
    let scratch = Scratch::new();
    let image = scratch.folder("home").join("Ringfence.AppImage");
    program(&image, &says("0.1.0"));
    let new = format!("#!/bin/sh\n{}\n", says("9.9.9")).into_bytes();
    let web = Website::start(HOST, scratch.path());
    web.put("/new.AppImage", page("application/octet-stream", &new));
    let file = File {
        origin: Origin::parse(&format!("https://{HOST}")).expect("an origin"),
        path: WebPath::parse("/new.AppImage").expect("a path"),
        version: "9.9.9".into(),
        size: new.len() as u64,
        sha256: Sha256::digest(&new).iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let rules = Rules::new(vec![format!("{HOST}:443:{}", web.addr).parse().expect("a rule")]);
        let dns = Dns::new(None, rules.clone(), tokio::sync::mpsc::channel(1).0);
        let http = Http::new(Trust::new(Some(web.ca.clone())), dns, rules, tokio::sync::mpsc::channel(1).0);
        let (tell, mut told) = tokio::sync::mpsc::channel(256);
        let installation = Installation::AppImage(image.to_string_lossy().into_owned());
        let mut releases = Releases::new(http, installation.clone(), tell);
        releases.perform(Order::Fetch(1, file, installation));
        let mut next = async || loop {
            match told.recv().await.expect("a report") {
                Report::Got(..) => {}
                report => return report,
            }
        };
        assert_eq!(next().await, Report::Fetched(1));
        assert_eq!(ok(Run::new(&image).arg("--version")), "ringfence 0.1.0\n", "not before it is told to");
        releases.perform(Order::Place(1));
        assert_eq!(next().await, Report::Placed(1, Effect::NextStart));
    });
    assert_eq!(ok(Run::new(&image).arg("--version")), "ringfence 9.9.9\n");
    assert_eq!(ok(Run::new(image.with_file_name("Ringfence.AppImage.previous")).arg("--version")), "ringfence 0.1.0\n");
}

/// Commands of the installer that change something, replaced by ones that kill it at the step that `STEP` names, before
/// or after they have done their work.
fn killers(scratch: &Scratch) -> PathBuf {
    let folder = scratch.folder("killers");
    for name in ["mkdir", "cp", "mv", "ln", "rm", "sync"] {
        let real = ok(Run::new("sh").args(["-c", &format!("command -v {name}")]));
        let script = format!(
            "step=$(($(cat \"$STEPS\") + 1)); echo $step >\"$STEPS\"\n\
             [ $step != \"$KILL_BEFORE\" ] || {{ kill -9 $PPID; exit 1; }}\n\
             {} \"$@\"; status=$?\n\
             [ $step != \"$KILL_AFTER\" ] || kill -9 $PPID\n\
             exit $status",
            real.trim()
        );
        program(&folder.join(name), &script);
    }
    folder
}

#[test]
fn an_installer_that_is_killed_at_any_step_leaves_a_whole_program() {
    let scratch = Scratch::new();
    let killers = killers(&scratch);
    let (old, new) = (archive(&scratch, "0.1.0", &says("0.1.0")), archive(&scratch, "9.9.9", &says("9.9.9")));
    let (old, new) = (unpacked(&scratch, "0.1.0", &old), unpacked(&scratch, "9.9.9", &new));
    let steps = scratch.path().join("steps");
    let path = format!("{}:/usr/bin:/bin", killers.display());
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let mut last = 0;
    for step in 1..500 {
        let mut finished = true;
        for when in ["KILL_BEFORE", "KILL_AFTER"] {
            let prefix = scratch.path().join(format!("home-{step}-{when}"));
            install(&old, &prefix);
            fs::File::create(&steps).and_then(|mut file| file.write_all(b"0\n")).expect("written");
            let mut update = Run::new("sh");
            update.arg(new.join("install.sh")).env("PREFIX", &prefix).env("PATH", &path).env("STEPS", &steps);
            update.env("KILL_BEFORE", "none").env("KILL_AFTER", "none").env(when, step.to_string());
            let status = update.stdin(Stdio::null()).output().expect("it runs").status;
            finished &= status.success();
            *seen.entry(installed(&prefix)).or_default() += 1;
            // And the next try, undisturbed, gets there.
            if when == "KILL_AFTER" {
                install(&new, &prefix);
                assert_eq!(installed(&prefix), "ringfence 9.9.9", "after step {step}");
            }
            fs::remove_dir_all(&prefix).expect("removed");
        }
        if finished {
            last = step - 1;
            break;
        }
    }
    assert!(last > 15, "{last} steps: the killing does not work");
    assert_eq!(seen.keys().collect::<Vec<_>>(), ["ringfence 0.1.0", "ringfence 9.9.9"], "{seen:?}");
}
