//! What the composition root and the agent choose for the engine.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::phone::VaultUse;
use crate::port::media::Device;

/// What the engine is started with. `Default` is the window's: the person's profile, keyring and devices.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// All state is below this directory; `None` is the operating system's place for it.
    pub profile: Option<PathBuf>,
    /// Where passwords are kept.
    pub vault: VaultUse,
    /// Instead of the input device of the settings.
    pub input: Option<Device>,
    /// Instead of the output device of the settings.
    pub output: Option<Device>,
    /// Where SIP over UDP listens; also the address that connections start from.
    pub bind: Option<SocketAddr>,
    /// Trust these certificates (PEM) beside the platform's.
    pub ca: Option<PathBuf>,
    /// Connect elsewhere than names say.
    pub connect_to: Vec<ConnectTo>,
    /// This name server instead of the system's.
    pub dns: Option<SocketAddr>,
}

/// `HOST:PORT:ADDR:PORT`, as curl has it: whoever wants to connect to the first is connected to the second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectTo {
    /// Host name as it is looked up; empty means any.
    pub host: String,
    /// Port that is wanted; 0 means any.
    pub port: u16,
    /// Where it leads instead.
    pub to: SocketAddr,
}

impl std::str::FromStr for ConnectTo {
    type Err = String;

    fn from_str(text: &str) -> Result<ConnectTo, String> {
        let wrong = || format!("`{text}` is not HOST:PORT:ADDR:PORT");
        let (host, rest) = text.split_once(':').ok_or_else(wrong)?;
        let (port, to) = rest.split_once(':').ok_or_else(wrong)?;
        let port = if port.is_empty() { 0 } else { port.parse().map_err(|_| wrong())? };
        Ok(ConnectTo { host: host.to_ascii_lowercase(), port, to: to.parse().map_err(|_| wrong())? })
    }
}
