//! What was signed and published: read from where it lies, and given out as it stands, with its ETag.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::provider::security::Reply;
use crate::provider_api::ed25519;

/// The longest published file that is served.
const MAX_FILE: u64 = 256 * 1024;

/// Files by their names: `notices.json`, `notices.json.minisig`, `roots/N.json`; or, at another place, those of single
/// accounts.
#[derive(Clone, Debug)]
pub(crate) enum Published {
    /// Nowhere: nothing is.
    Nowhere,
    /// In a folder.
    Folder(PathBuf),
    /// In memory: the demo's.
    Memory(Files),
}

/// Files in memory.
pub(crate) type Files = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

impl Published {
    /// Whether anything can be there.
    pub(crate) const fn is_somewhere(&self) -> bool {
        match self {
            Published::Nowhere => false,
            Published::Folder(_) | Published::Memory(_) => true,
        }
    }

    /// A file of bounded length; `None` if there is none.
    pub(crate) async fn read(&self, name: &str) -> std::io::Result<Option<Vec<u8>>> {
        match self {
            Published::Nowhere => Ok(None),
            Published::Folder(folder) => read(folder.join(name)).await,
            Published::Memory(files) => Ok(files.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()),
        }
    }
}

async fn read(path: PathBuf) -> std::io::Result<Option<Vec<u8>>> {
    let reading = tokio::task::spawn_blocking(move || match std::fs::metadata(&path) {
        Ok(about) if about.len() > MAX_FILE => Err(std::io::Error::other("too long")),
        Ok(_) => std::fs::read(&path).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    });
    reading.await.map_err(std::io::Error::other)?
}

/// Bytes as they were published, with their ETag.
pub(crate) fn tagged(bytes: Vec<u8>, kind: &'static str) -> Reply {
    let tag = format!("\"{}\"", ed25519::hex(&Sha256::digest(&bytes)).get(..32).unwrap_or_default());
    Reply { status: 200, headers: Vec::new(), kind, body: bytes }.with("ETag", tag)
}

/// The same, or 304 to whoever has it already: `known` is the request's `If-None-Match`.
pub(crate) fn unless_known(reply: Reply, known: Option<&str>) -> Reply {
    let tag = reply.headers.iter().find(|(name, _)| *name == "ETag").map(|(_, tag)| tag.as_str());
    let same = tag.is_some_and(|tag| known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag)));
    if same && reply.status == 200 { Reply { status: 304, body: Vec::new(), ..reply } } else { reply }
}
