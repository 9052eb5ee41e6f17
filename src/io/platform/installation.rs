//! How this program came onto this computer, from where it stands and what stands beside it.

use std::path::{Path, PathBuf};

use crate::port::Installation;

/// How the running program was installed.
#[must_use]
pub fn of_this_program() -> Installation {
    let appimage = std::env::var_os("APPIMAGE").is_some();
    let program = std::env::current_exe().and_then(std::fs::canonicalize).unwrap_or_default();
    classify(&program, appimage, Path::new("/"))
}

/// The same for any program below any root: what tests call.
fn classify(program: &Path, appimage: bool, root: &Path) -> Installation {
    if appimage {
        return Installation::AppImage;
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
    // The archive's installer leaves a list of what it wrote.
    let prefix: Option<PathBuf> = program.parent().and_then(Path::parent).map(Path::to_path_buf);
    match prefix {
        Some(prefix) if prefix.join("share/ringfence/installed-files").exists() => {
            Installation::Archive(prefix.to_string_lossy().into_owned())
        }
        Some(_) | None => Installation::ByHand,
    }
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
        assert_eq!(classify(&program, false, root), Installation::ByHand);
        std::fs::create_dir_all(root.join("var/lib/rpm")).unwrap();
        assert_eq!(classify(&program, false, root), Installation::Rpm);
        std::fs::create_dir_all(root.join("var/lib/pacman/local")).unwrap();
        assert_eq!(classify(&program, false, root), Installation::Arch);
        touch("var/lib/dpkg/info/ringfence.list");
        assert_eq!(classify(&program, false, root), Installation::Deb);
        let own = touch("home/anna/.local/bin/ringfence");
        assert_eq!(classify(&own, false, root), Installation::ByHand);
        touch("home/anna/.local/share/ringfence/installed-files");
        let prefix = root.join("home/anna/.local").to_string_lossy().into_owned();
        assert_eq!(classify(&own, false, root), Installation::Archive(prefix));
        assert_eq!(classify(&own, true, root), Installation::AppImage);
        touch(".flatpak-info");
        assert_eq!(classify(&program, false, root), Installation::Flatpak);
    }
}
