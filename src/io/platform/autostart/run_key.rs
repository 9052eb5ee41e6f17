//! Starting at login as Windows keeps it: a value of the `Run` key of the person's registry. The switch of the Task
//! Manager and of the Settings is another value, whose first byte is odd when the person has switched it off there.

use std::path::Path;

use windows_registry::{CURRENT_USER, Key, Result};

const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
/// The values' name. The uninstallers know it too.
const NAME: &str = "Ringfence";

#[expect(clippy::unnecessary_wraps, reason = "the same shape as elsewhere")]
pub(super) fn is_on() -> Option<bool> {
    Some(is_on_in(CURRENT_USER))
}

pub(super) fn switch(program: &Path, on: bool) -> Result<()> {
    switch_in(CURRENT_USER, program, on)
}

fn is_on_in(root: &Key) -> bool {
    let listed = root.open(RUN).and_then(|run| run.get_string(NAME)).is_ok();
    let approval = root.open(APPROVED).and_then(|approved| approved.get_value(NAME));
    listed && !approval.is_ok_and(|approval| approval.first().is_some_and(|first| first % 2 == 1))
}

fn switch_in(root: &Key, program: &Path, on: bool) -> Result<()> {
    let run = root.create(RUN)?;
    if !on {
        return forget(&run);
    }
    // Switched on here, it is on: what the person said elsewhere is older.
    forget(&root.create(APPROVED)?)?;
    run.set_string(NAME, format!("\"{}\"", program.display()))
}

/// Takes our value away, if it is there.
fn forget(key: &Key) -> Result<()> {
    if key.get_value(NAME).is_ok() { key.remove_value(NAME) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_switched_on_and_off_and_the_task_manager_s_switch_counts() {
        let name = format!(r"Software\Ringfence-test-{}", std::process::id());
        let root = CURRENT_USER.create(&name).unwrap();
        let program = Path::new(r"C:\my programs\ringfence.exe");
        assert!(!is_on_in(&root));
        switch_in(&root, program, true).unwrap();
        assert!(is_on_in(&root));
        let command = root.open(RUN).unwrap().get_string(NAME).unwrap();
        assert_eq!(command, r#""C:\my programs\ringfence.exe""#);
        let approved = root.open(APPROVED).unwrap();
        for (byte, on) in [(2, true), (3, false)] {
            root.create(APPROVED).unwrap().set_bytes(NAME, windows_registry::Type::Bytes, &[byte; 12]).unwrap();
            assert_eq!(is_on_in(&root), on);
        }
        switch_in(&root, program, true).unwrap();
        assert!(is_on_in(&root) && approved.get_value(NAME).is_err());
        switch_in(&root, program, false).unwrap();
        switch_in(&root, program, false).expect("removing twice is no error");
        assert!(!is_on_in(&root));
        CURRENT_USER.remove_tree(&name).unwrap();
    }
}
