//! A typed password is nowhere in this process once its dialog is closed.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::{Mutex, MutexGuard, PoisonError};

use egui_kittest::kittest::Queryable as _;
use ringfence::base::Secret;
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::phone::view::PhoneView;
use ringfence::ui::state::{Page, SecurityPage};

use crate::breach;
use crate::rig::{asked, window};

/// One test at a time: whoever counts holds a copy of this process' memory, another test's canary included.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The canary of one test, one character at a time: it must not lie in this program's own data, and tests run beside
/// each other in one process.
fn canary(step: u8) -> impl Iterator<Item = char> {
    (0_u8..20).map(move |i| char::from(b'a' + (i.wrapping_mul(step) ^ 0b101) % 26))
}

/// How often the canary lies in the writable memory of this process.
fn copies(step: u8) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("Linux");
    let mut memory = std::fs::File::open("/proc/self/mem").expect("Linux");
    let mut found = 0;
    for line in maps.lines().filter(|line| line.contains(" rw") && !line.contains("[v")) {
        let range = line.split(' ').next().and_then(|range| range.split_once('-')).expect("a range");
        let from = u64::from_str_radix(range.0, 16).expect("hexadecimal");
        let to = u64::from_str_radix(range.1, 16).expect("hexadecimal");
        let Ok(length) = usize::try_from(to - from) else { continue };
        let mut bytes = vec![0; length];
        if memory.seek(SeekFrom::Start(from)).is_err() || memory.read_exact(&mut bytes).is_err() {
            continue;
        }
        let mut rest = bytes.as_slice();
        let first = canary(step).next().map_or(0, |c| c as u8);
        while let Some(at) = rest.iter().position(|byte| *byte == first) {
            rest = &rest[at..];
            found += usize::from(rest.len() >= 20 && canary(step).zip(rest).all(|(c, b)| c == char::from(*b)));
            rest = &rest[1..];
        }
        bytes.fill(0);
    }
    found
}

#[test]
#[cfg(target_os = "linux")]
fn a_typed_password_leaves_no_copy_behind() {
    let _alone = alone();
    let mut window = window(PhoneView::default());
    window.get_by_label("SIP address").click();
    window.run();
    for c in "a@b".chars() {
        window.event(egui::Event::Text(c.into()));
        window.run();
    }
    window.get_by_label("Line (SIP) password").click();
    window.run();
    for c in canary(7) {
        window.event(egui::Event::Text(c.into()));
        window.run();
    }
    assert!(copies(7) > 0, "the field holds it while it is typed, or this test looks in the wrong place");
    window.get_by_label("Connect").click();
    window.run();
    let sent = asked(&mut window);
    assert!(matches!(sent.as_slice(), [Command::SignIn(..)]));
    drop(sent);
    // What `ui::logic` does when the account has appeared.
    window.state_mut().state.sign_in.wipe();
    window.run();
    assert_eq!(copies(7), 0);
}

#[test]
#[cfg(target_os = "linux")]
fn a_password_that_was_shown_leaves_no_copy_behind() {
    let _alone = alone();
    let mut window = window(breach::composing());
    window.state_mut().state.page = Page::Security;
    window.state_mut().state.security.go(SecurityPage::Change);
    window.run();
    for way in ["Show", "Show QR code"] {
        window.get_by_label(way).click();
        window.run();
        let reveal = asked(&mut window);
        let [Command::Change(_, ChangeCommand::Reveal(envelope))] = reveal.as_slice() else { continue };
        envelope.fill(Secret::new(canary(11).collect()));
        drop(reveal);
        window.run();
    }
    assert!(copies(11) > 0, "the envelope holds it while it is shown, or this test looks in the wrong place");
    window.get_by_label("Keypad").click();
    window.run();
    window.run();
    assert_eq!(copies(11), 0);
}
