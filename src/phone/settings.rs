//! What the person chose. Old files stay readable: every field has a default, unknown ones are ignored.

use serde::{Deserialize, Serialize};

use crate::port::media::Devices;

/// What the person chose.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Microphone, loudspeaker, ringing device, voice processing.
    pub devices: Devices,
    /// Light, dark, or as the system has it.
    pub theme: Theme,
    /// Do not ask whether there is a newer release.
    pub no_release_check: bool,
    /// What the guard against the large bill lets pass.
    pub guard: crate::phone::guard::Rules,
    /// Where there is no keyring: passwords are to be in memory only, and nobody asks where else.
    pub session_only: bool,
    /// Remind the person of a line password that is more than a year old. Off unless they want it: changing without
    /// evidence makes passwords weaker, not safer (NIST SP 800-63B-4, 3.1.1.2).
    pub remind_yearly: bool,
}

/// Light or dark.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}
