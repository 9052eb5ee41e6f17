//! Replacing this program by a newer release: one file is fetched, compared with what was signed, and put into place
//! beside the old one. What is asked carries a number; reports with another one are of no interest any more.

use crate::port::Installation;
use crate::port::http::HttpError;
use crate::provider_api::{Origin, Path};

/// One file of a release, as the signed manifest describes it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct File {
    /// Where it is published.
    pub origin: Origin,
    /// Its path there.
    pub path: Path,
    /// The version that it installs, such as `1.2.3`.
    pub version: String,
    /// Bytes: not one more is read.
    pub size: u64,
    /// SHA-256 in hexadecimal, lower case.
    pub sha256: String,
}

/// What the phone asks for. At most one of them is under way.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Order {
    /// Fetch this file to a place beside this installation, and compare it with its description.
    Fetch(u64, File, Installation),
    /// Put into place what was fetched last. The old program stays until the new one is whole.
    Place(u64),
    /// Give up, and remove what was fetched. Nothing is reported.
    Stop,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// So many bytes are there.
    Got(u64, u64),
    /// The file is there and is what was signed.
    Fetched(u64),
    /// The new program is in its place.
    Placed(u64, Effect),
    /// It did not work. The old program is as it was.
    Failed(u64, Trouble),
}

/// When a new program is used.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// At the next start: it is there already.
    NextStart,
    /// Its setup runs when this program has ended.
    AtQuit,
}

/// Why a release was not installed.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Trouble {
    /// The server could not be asked, or its answer does not count.
    #[error("The file did not come: {0}.")]
    Http(#[from] HttpError),
    /// The server answered with this status.
    #[error("The file is not there (status {0}).")]
    Status(u16),
    /// It is longer or shorter than what was signed.
    #[error("The file that came has another size than the one that was signed. It was thrown away.")]
    Size,
    /// It is not what was signed.
    #[error("The file that came is not the one that was signed. It was thrown away.")]
    Hash,
    /// Something on this computer, in the operating system's words.
    #[error("This computer did not allow it: {0}.")]
    Os(String),
    /// The new program does not start here.
    #[error("The new version does not start on this computer: {0}.")]
    DoesNotStart(String),
    /// Another Ringfence is at it.
    #[error("Another Ringfence on this computer is installing it.")]
    Taken,
    /// It could not be confirmed right before that this release is to be used.
    #[error("Nobody could confirm the release just now.")]
    Unconfirmed,
}
