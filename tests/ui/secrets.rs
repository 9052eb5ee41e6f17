//! A typed password is nowhere in this process once its dialog is closed.

use std::io::{Read as _, Seek as _, SeekFrom};

use egui_kittest::kittest::Queryable as _;
use ringfence::phone::command::Command;
use ringfence::phone::view::PhoneView;

use crate::rig::{asked, window};

/// The canary, one character at a time: it must not lie in this program's own data.
fn canary() -> impl Iterator<Item = char> {
    (0_u8..20).map(|i| char::from(b'a' + (i.wrapping_mul(7) ^ 0b101) % 26))
}

/// How often the canary lies in the writable memory of this process.
fn copies() -> usize {
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
        let first = canary().next().map_or(0, |c| c as u8);
        while let Some(at) = rest.iter().position(|byte| *byte == first) {
            rest = &rest[at..];
            found += usize::from(rest.len() >= 20 && canary().zip(rest).all(|(c, b)| c == char::from(*b)));
            rest = &rest[1..];
        }
        bytes.fill(0);
    }
    found
}

#[test]
#[cfg(target_os = "linux")]
fn a_typed_password_leaves_no_copy_behind() {
    let mut window = window(PhoneView::default());
    window.get_by_label("SIP address").click();
    window.run();
    for c in "a@b".chars() {
        window.event(egui::Event::Text(c.into()));
        window.run();
    }
    window.get_by_label("Line (SIP) password").click();
    window.run();
    for c in canary() {
        window.event(egui::Event::Text(c.into()));
        window.run();
    }
    assert!(copies() > 0, "the field holds it while it is typed, or this test looks in the wrong place");
    window.get_by_label("Connect").click();
    window.run();
    let sent = asked(&mut window);
    assert!(matches!(sent.as_slice(), [Command::SignIn(..)]));
    drop(sent);
    // What `ui::logic` does when the account has appeared.
    window.state_mut().state.sign_in.wipe();
    window.run();
    assert_eq!(copies(), 0);
}
