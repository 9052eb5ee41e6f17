//! The last step of an update. Each of these ends in one rename (or, on Windows, in the setup program's work); until
//! then the old program is untouched.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::staging::Staging;
use crate::port::release::{File, Trouble};

/// Unpacks the archive, tries its program, and lets the archive's own installer put it beside the old version.
pub(super) fn archive(file: &File, staging: &Staging, prefix: &Path) -> Result<(), Trouble> {
    let current = prefix.join("lib/ringfence/current");
    let before = fs::read_link(&current).map_err(os)?;
    run(Command::new("tar").args(["-xzf"]).arg(staging.file()).args(["--no-same-owner", "-C"]).arg(staging.dir()))
        .map_err(Trouble::Os)?;
    let unpacked = staging.dir().join(format!("ringfence-{}", file.version));
    starts(&unpacked.join("bin/ringfence"), &file.version)?;
    let installer = unpacked.join("install.sh");
    let said = run(Command::new("sh").arg(&installer).env("PREFIX", prefix).current_dir(&unpacked));
    // What counts is where the link leads: the installer has things to do before and after.
    let after = fs::read_link(&current).map_err(os)?;
    let version = after.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let new = after != before && (version == file.version || version.starts_with(&format!("{}-", file.version)));
    match said {
        Err(why) if new => {
            tracing::warn!(%why, "the new version is in its place, but not everything around it");
            Ok(())
        }
        Ok(_) if new => Ok(()),
        Ok(_) => Err(Trouble::Os("its installer changed nothing".into())),
        Err(why) => Err(Trouble::Os(why)),
    }
}

/// Tries the new AppImage and lets it take the old one's name. The old one is kept beside it.
pub(super) fn appimage(file: &File, staging: &Staging, image: &Path) -> Result<(), Trouble> {
    let new = staging.file();
    executable(&new)?;
    starts(&new, &file.version)?;
    let mut kept = image.as_os_str().to_owned();
    kept.push(".previous");
    match fs::remove_file(&kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(os(error)),
        _ => {}
    }
    fs::hard_link(image, &kept).or_else(|_| fs::copy(image, &kept).map(drop)).map_err(os)?;
    fs::rename(&new, image).map_err(os)
}

/// Starts the setup program of a Windows installation, which waits until this program's file is free. Looked at once
/// more right before: days may have gone by.
pub(super) fn run_setup(file: &File, staging: &Staging) -> Result<(), Trouble> {
    staging.check(file)?;
    Command::new(staging.file()).arg("/S").stdin(Stdio::null()).spawn().map(drop).map_err(os)
}

/// Whether the new program starts here and is what it should be.
fn starts(program: &Path, version: &str) -> Result<(), Trouble> {
    let said = run(Command::new(program).arg("--version"));
    let said = said.map_err(Trouble::DoesNotStart)?;
    if said.trim() == format!("ringfence {version}") {
        Ok(())
    } else {
        let said: String = said.chars().filter(|c| !c.is_control()).take(60).collect();
        Err(Trouble::DoesNotStart(format!("it says that it is “{said}”")))
    }
}

/// Runs a command for at most a minute and returns what it printed; or, in words, why it failed.
fn run(command: &mut Command) -> Result<String, String> {
    let mut bounded = Command::new("timeout");
    bounded.args(["60"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            bounded.env(name, value);
        }
    }
    if let Some(dir) = command.get_current_dir() {
        bounded.current_dir(dir);
    }
    let output = bounded.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    let last = words.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    let last: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(if last.is_empty() { output.status.to_string() } else { last })
}

#[cfg(unix)]
fn executable(file: &Path) -> Result<(), Trouble> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).map_err(os)
}

#[cfg(not(unix))]
fn executable(_: &Path) -> Result<(), Trouble> {
    Ok(())
}

fn os(error: std::io::Error) -> Trouble {
    Trouble::Os(error.to_string())
}
