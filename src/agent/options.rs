//! The options of the command line: the agent's and the window's are the same.

use std::ffi::OsString;

use lexopt::prelude::*;

use crate::engine::Options;
use crate::phone::VaultUse;
use crate::port::media::Device;

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// Run with these options.
    Run(Box<Options>),
    /// Print the help.
    Help,
}

/// Reads the arguments after the command.
///
/// # Errors
/// In words, when an option is unknown or its value makes no sense.
pub fn parse(arguments: Vec<OsString>) -> Result<Invocation, lexopt::Error> {
    let mut options = Options::default();
    let mut parser = lexopt::Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("help") | Short('h') => return Ok(Invocation::Help),
            Long("profile") => options.profile = Some(parser.value()?.into()),
            Long("vault") => options.vault = vault(&parser.value()?.string()?)?,
            Long("input") => options.input = Some(device(&parser.value()?, "silence")?),
            Long("output") => options.output = Some(device(&parser.value()?, "discard")?),
            Long("bind") => options.bind = Some(parser.value()?.parse()?),
            Long("ca") => options.ca = Some(parser.value()?.into()),
            Long("connect-to") => options.connect_to.push(parser.value()?.parse()?),
            Long("dns") => options.dns = Some(parser.value()?.parse()?),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(Invocation::Run(Box::new(options)))
}

fn vault(word: &str) -> Result<VaultUse, lexopt::Error> {
    match word {
        "keyring" => Ok(VaultUse::Keyring),
        "passphrase" => Ok(VaultUse::Passphrase),
        "session" => Ok(VaultUse::Session),
        _ => Err("--vault is keyring, passphrase or session".into()),
    }
}

fn device(value: &OsString, nothing: &str) -> Result<Device, lexopt::Error> {
    let word = value.clone().string()?;
    Ok(match word.strip_prefix("file:") {
        Some(path) => Device::File(path.into()),
        None if word == nothing => Device::Null,
        None if word == "default" => Device::Default,
        None => Device::Id(word),
    })
}
