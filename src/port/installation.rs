//! How this program came onto this computer, and so who may replace it.

/// How it was installed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub enum Installation {
    /// Debian's package manager owns it.
    Deb,
    /// An RPM package manager owns it.
    Rpm,
    /// Arch's package manager owns it.
    Arch,
    /// Flatpak.
    Flatpak,
    /// An AppImage: this one file of the person's own.
    AppImage(String),
    /// The tar.gz and its installer: files of the person's own below this directory.
    Archive(String),
    /// The Windows installer.
    Windows,
    /// An application bundle on macOS.
    MacBundle,
    /// Built from source, or put there by hand.
    #[default]
    ByHand,
}

impl Installation {
    /// How it is updated, in one sentence.
    #[must_use]
    pub fn how_to_update(&self) -> &'static str {
        match self {
            Installation::Deb => "Your system's software updates bring it, or: install the new .deb file.",
            Installation::Rpm => "Your system's software updates bring it, or: install the new .rpm file.",
            Installation::Arch => "Your system's software updates bring it, or: install the new package.",
            Installation::Flatpak => "Your software centre brings it (flatpak update).",
            Installation::AppImage(_) => "Replace the AppImage file by the new one.",
            Installation::Archive(_) => {
                "Unpack the new archive and run its install.sh: accounts and settings are kept."
            }
            Installation::Windows => "Run the new setup program: accounts and settings are kept.",
            Installation::MacBundle => "Drag the new Ringfence into Applications: accounts and settings are kept.",
            Installation::ByHand => "This one was built or copied by hand: so is the new one.",
        }
    }

    /// The kind of the release's file that this program can put into its own place; `None` where a package manager owns
    /// the files, or where nobody knows who does.
    #[must_use]
    pub const fn own_kind(&self) -> Option<&'static str> {
        match self {
            Installation::AppImage(_) => Some("appimage"),
            Installation::Archive(_) => Some("archive"),
            Installation::Windows => Some("windows-setup"),
            Installation::Deb
            | Installation::Rpm
            | Installation::Arch
            | Installation::Flatpak
            | Installation::MacBundle
            | Installation::ByHand => None,
        }
    }
}

/// The platform that this program was built for, as a release names it; empty: none that is released.
pub const PLATFORM: &str = if cfg!(all(target_os = "linux", target_arch = "x86_64")) {
    "linux-x86_64"
} else if cfg!(all(windows, target_arch = "x86_64")) {
    "windows-x86_64"
} else {
    ""
};
