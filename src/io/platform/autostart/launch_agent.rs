//! Starting at login as macOS keeps it: a property list in `~/Library/LaunchAgents` (`man launchd.plist`), which the
//! system settings list among the login items.

use std::io;
use std::path::{Path, PathBuf};

/// The file's name; without its ending, the agent's label.
const NAME: &str = "ringfence.plist";

#[cfg(target_os = "macos")]
fn folder() -> Option<PathBuf> {
    directories::BaseDirs::new().map(|dirs| dirs.home_dir().join("Library/LaunchAgents"))
}

#[cfg(target_os = "macos")]
pub(super) fn is_on() -> Option<bool> {
    folder().map(|folder| file(&folder).exists())
}

#[cfg(target_os = "macos")]
pub(super) fn switch(program: &Path, on: bool) -> io::Result<()> {
    switch_in(&folder().ok_or(io::ErrorKind::Unsupported)?, program, on)
}

fn file(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

fn switch_in(folder: &Path, program: &Path, on: bool) -> io::Result<()> {
    super::keep(&file(folder), on.then(|| agent(program)))
}

fn agent(program: &Path) -> String {
    let program = program.to_string_lossy().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key><string>ringfence</string>
  <key>ProgramArguments</key><array><string>{program}</string></array>
  <key>RunAtLoad</key><true/>
  <key>ProcessType</key><string>Interactive</string>
</dict>
</plist>
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_switched_on_and_off_and_a_path_is_no_markup() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Library/LaunchAgents");
        switch_in(&folder, Path::new("/Applications/A & <B>/ringfence"), true).unwrap();
        let text = std::fs::read_to_string(file(&folder)).unwrap();
        assert!(text.contains("<array><string>/Applications/A &amp; &lt;B&gt;/ringfence</string></array>"), "{text}");
        switch_in(&folder, Path::new("/x"), false).unwrap();
        switch_in(&folder, Path::new("/x"), false).expect("removing twice is no error");
        assert!(!file(&folder).exists());
    }
}
