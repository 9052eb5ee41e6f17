//! How this program came onto this computer, from where it stands and what stands beside it.

use std::path::{Path, PathBuf};

use crate::port::Installation;

/// How the running program was installed.
#[must_use]
pub fn of_this_program() -> Installation {
    classify(&running(), Mounted::of_environment(), Path::new("/"))
}

/// Where the program is to be started from: what a menu or a list of programs to start should name. The running file
/// itself may be one version of several, or inside an AppImage's mount, which is gone when it ends.
///
/// # Errors
/// If the operating system does not say which program this is.
pub fn program() -> std::io::Result<PathBuf> {
    match of_this_program() {
        Installation::AppImage(file) => Ok(file.into()),
        Installation::Archive(prefix) => Ok(Path::new(&prefix).join("bin/ringfence")),
        Installation::Deb
        | Installation::Rpm
        | Installation::Arch
        | Installation::Flatpak
        | Installation::Windows
        | Installation::MacBundle
        | Installation::ByHand => std::env::current_exe(),
    }
}

fn running() -> PathBuf {
    std::env::current_exe().and_then(std::fs::canonicalize).unwrap_or_default()
}

/// An AppImage, as its runtime describes it in the environment: the file, and where its content is.
struct Mounted {
    file: String,
    content: PathBuf,
}

impl Mounted {
    fn of_environment() -> Option<Mounted> {
        let content = std::fs::canonicalize(std::env::var_os("APPDIR")?).ok()?;
        Some(Mounted { file: std::env::var("APPIMAGE").ok()?, content })
    }
}

/// The same for any program below any root: what tests call.
fn classify(program: &Path, mounted: Option<Mounted>, root: &Path) -> Installation {
    // Whoever is started from another AppImage inherits its environment: ours is only the one that we are in.
    if let Some(mounted) = mounted.filter(|mounted| program.starts_with(&mounted.content)) {
        return Installation::AppImage(mounted.file);
    }
    if root.join(".flatpak-info").exists() {
        return Installation::Flatpak;
    }
    if cfg!(target_os = "macos")
        && program.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".app"))
    {
        return Installation::MacBundle;
    }
    let beside = |name: &str| program.parent().is_some_and(|folder| folder.join(name).exists());
    if cfg!(windows) && beside("uninstall.exe") {
        return Installation::Windows;
    }
    if program == root.join("usr/bin/ringfence") {
        let owner = |file: &str| root.join(file).exists();
        return if owner("var/lib/dpkg/info/ringfence.list") {
            Installation::Deb
        } else if owner("var/lib/pacman/local") {
            Installation::Arch
        } else if owner("var/lib/rpm") || owner("usr/lib/sysimage/rpm") {
            Installation::Rpm
        } else {
            Installation::ByHand
        };
    }
    match archive_prefix(program) {
        Some(prefix) => Installation::Archive(prefix.to_string_lossy().into_owned()),
        None => Installation::ByHand,
    }
}

/// The prefix of the archive's installer, which puts the program into `lib/ringfence/versions/VERSION/bin` below it and
/// leaves a list of what it wrote.
fn archive_prefix(program: &Path) -> Option<PathBuf> {
    let versions = program.parent().filter(|bin| bin.ends_with("bin"))?.parent()?.parent()?;
    let ours = versions.ends_with("lib/ringfence/versions");
    let prefix = versions.ancestors().nth(3).filter(|_| ours)?;
    prefix.join("lib/ringfence/installed-files").exists().then(|| prefix.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_installing_is_told_from_the_others() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let touch = |file: &str| {
            let path = root.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, "").unwrap();
            path
        };
        let program = touch("usr/bin/ringfence");
        let classify = |program: &Path| classify(program, None, root);
        assert_eq!(classify(&program), Installation::ByHand);
        std::fs::create_dir_all(root.join("var/lib/rpm")).unwrap();
        assert_eq!(classify(&program), Installation::Rpm);
        std::fs::create_dir_all(root.join("var/lib/pacman/local")).unwrap();
        assert_eq!(classify(&program), Installation::Arch);
        touch("var/lib/dpkg/info/ringfence.list");
        assert_eq!(classify(&program), Installation::Deb);
        let own = touch("home/anna/.local/lib/ringfence/versions/1.2.3/bin/ringfence");
        assert_eq!(classify(&own), Installation::ByHand);
        touch("home/anna/.local/lib/ringfence/installed-files");
        let prefix = root.join("home/anna/.local").to_string_lossy().into_owned();
        assert_eq!(classify(&own), Installation::Archive(prefix));
        assert_eq!(classify(&touch("home/anna/.local/bin/ringfence")), Installation::ByHand);
        touch(".flatpak-info");
        assert_eq!(classify(&program), Installation::Flatpak);
    }

    #[test]
    fn another_program_s_appimage_is_not_taken_for_ours() {
        let nowhere = tempfile::tempdir().unwrap();
        let mounted = || Mounted { file: "/home/anna/Phone.AppImage".into(), content: "/tmp/.mount_PhoneX".into() };
        let of = |program: &str| classify(Path::new(program), Some(mounted()), nowhere.path());
        assert_eq!(
            of("/tmp/.mount_PhoneX/usr/bin/ringfence"),
            Installation::AppImage("/home/anna/Phone.AppImage".into())
        );
        assert_eq!(of("/opt/ringfence/bin/ringfence"), Installation::ByHand);
    }
}
