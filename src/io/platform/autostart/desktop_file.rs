//! Starting at login as desktops on Linux keep it: a file in `~/.config/autostart`
//! (<https://specifications.freedesktop.org/autostart-spec/latest/>).

use std::io;
use std::path::{Path, PathBuf};

/// The file's name.
const NAME: &str = "ringfence.desktop";

/// None inside a Flatpak: the folder there is the sandbox's own, and no desktop reads it.
fn folder() -> Option<PathBuf> {
    let sandboxed = crate::io::installation::of_this_program() == crate::port::Installation::Flatpak;
    let dirs = if sandboxed { None } else { directories::BaseDirs::new() };
    dirs.map(|dirs| dirs.config_dir().join("autostart"))
}

pub(super) fn is_on() -> Option<bool> {
    folder().map(|folder| is_on_in(&folder))
}

pub(super) fn switch(program: &Path, on: bool) -> io::Result<()> {
    switch_in(&folder().ok_or(io::ErrorKind::Unsupported)?, program, on)
}

fn is_on_in(folder: &Path) -> bool {
    // `Hidden` is how desktops' own settings switch such a file off.
    let off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
    std::fs::read_to_string(folder.join(NAME)).is_ok_and(|text| !text.lines().any(off))
}

fn switch_in(folder: &Path, program: &Path, on: bool) -> io::Result<()> {
    super::keep(&folder.join(NAME), on.then(|| entry(program)))
}

fn entry(program: &Path) -> String {
    // Quoting as the Desktop Entry Specification has it for `Exec`.
    let mut quoted = String::new();
    for c in program.to_string_lossy().chars() {
        match c {
            '"' | '`' | '$' => quoted.extend(['\\', '\\', c]),
            '\\' => quoted.push_str("\\\\\\\\"),
            '%' => quoted.push_str("%%"),
            c => quoted.push(c),
        }
    }
    format!(
        "[Desktop Entry]\nType=Application\nName=Ringfence\nComment=Telephone calls, and warnings from your provider\n\
         Exec=\"{quoted}\"\nIcon=ringfence\nTerminal=false\nX-GNOME-Autostart-enabled=true\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_switched_on_and_off_and_a_desktop_s_own_switch_counts() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("autostart");
        assert!(!is_on_in(&folder));
        switch_in(&folder, Path::new("/opt/my phone/ringfence"), true).expect("it is written");
        assert!(is_on_in(&folder));
        let text = std::fs::read_to_string(folder.join(NAME)).expect("it is there");
        assert!(text.contains("Exec=\"/opt/my phone/ringfence\"\n"), "{text}");
        std::fs::write(folder.join(NAME), format!("{text}Hidden=true\n")).expect("the desktop writes");
        assert!(!is_on_in(&folder));
        switch_in(&folder, Path::new("/x"), false).expect("it is removed");
        switch_in(&folder, Path::new("/x"), false).expect("removing twice is no error");
        assert!(!folder.join(NAME).exists());
    }

    #[test]
    fn no_path_can_say_more_than_where_the_program_is() {
        let text = entry(Path::new("/a\"b$c`d%e\\f"));
        assert!(text.contains("Exec=\"/a\\\\\"b\\\\$c\\\\`d%%e\\\\\\\\f\"\n"), "{text}");
    }
}
