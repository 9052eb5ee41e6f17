//! What the composition root and the agent choose for the engine.

use std::net::SocketAddr;
use std::path::PathBuf;

pub use crate::io::connect_to::ConnectTo;
use crate::phone::VaultUse;
use crate::phone::update::Channel;
use crate::port::Installation;
use crate::port::media::Device;

/// What the engine is started with. `Default` is the window's: the person's profile, keyring and devices.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// All state is below this directory; `None` is the operating system's place for it.
    pub profile: Option<PathBuf>,
    /// Where passwords are kept.
    pub vault: VaultUse,
    /// Where new releases are published; none: it never asks.
    pub updates: Option<Channel>,
    /// How this program was installed; none: the engine looks. Tests say it, to update something else than themselves.
    pub installation: Option<Installation>,
    /// Instead of the input device of the settings.
    pub input: Option<Device>,
    /// Instead of the output device of the settings.
    pub output: Option<Device>,
    /// Where SIP listens, over UDP and TCP; also the address that connections start from.
    pub bind: Option<SocketAddr>,
    /// Trust these certificates (PEM) beside the platform's.
    pub ca: Option<PathBuf>,
    /// Connect elsewhere than names say.
    pub connect_to: Vec<ConnectTo>,
    /// A link to put into the field: here, or in the process that has the profile.
    pub link: Option<String>,
    /// Show the demo's line, likewise.
    pub to_the_demo: bool,
    /// This name server instead of the system's.
    pub dns: Option<SocketAddr>,
}
