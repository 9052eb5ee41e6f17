//! Files that are too long for memory: straight into a file, and not a byte more than was announced.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use super::{Http, build, cause, failure};
use crate::port::http::{Accept, HttpError, Request};
use crate::port::net::NetError;
use crate::port::release::{self, Trouble};

/// How long nothing may come.
const QUIET: Duration = Duration::from_secs(30);
/// How long everything may take.
const TOTAL: Duration = Duration::from_secs(3600);
/// How much is gathered before it is written: writing blocks, so another thread does it.
const PIECE: usize = 256 * 1024;

impl Http {
    /// Fetches a file into `place`, which is made anew, and brings it to the disk. `got` hears how many bytes there are.
    pub(in crate::io) async fn download(
        &self,
        wanted: &release::File,
        place: &Path,
        mut got: impl FnMut(u64) + Send,
    ) -> Result<(), Trouble> {
        let client = self.shared.client(&wanted.origin).await.map_err(HttpError::NotSent)?;
        let request = Request::get(wanted.origin.clone(), wanted.path.clone());
        let mut built = build(&client, &Request { accept: Accept::Signature, ..request })?;
        *built.timeout_mut() = Some(TOTAL);
        let mut response = client.execute(built).await.map_err(|error| failure(&error))?;
        match response.status().as_u16() {
            200 => {}
            status @ 300..=399 => return Err(HttpError::Redirected(status).into()),
            status => return Err(Trouble::Status(status)),
        }
        if response.content_length().is_some_and(|length| length != wanted.size) {
            return Err(Trouble::Size);
        }
        let mut file = made(place)?;
        let (mut bytes, mut waiting) = (0_u64, Vec::with_capacity(PIECE));
        loop {
            let piece = tokio::time::timeout(QUIET, response.chunk()).await;
            let piece = piece.map_err(|_| HttpError::Unknown(NetError::TimedOut))?;
            let Some(piece) = piece.map_err(|error| HttpError::Unknown(cause(&error)))? else { break };
            bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if bytes > wanted.size {
                return Err(Trouble::Size);
            }
            waiting.extend_from_slice(&piece);
            if waiting.len() >= PIECE {
                (file, waiting) = written(file, waiting).await?;
                got(bytes);
            }
        }
        if bytes != wanted.size {
            return Err(Trouble::Size);
        }
        (file, _) = written(file, waiting).await?;
        blocking(move || file.sync_all()).await
    }
}

/// A new file of the person's own: nothing that lies there is followed or kept.
fn made(place: &Path) -> Result<File, Trouble> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(place).map_err(|error| Trouble::Os(error.to_string()))
}

async fn written(mut file: File, bytes: Vec<u8>) -> Result<(File, Vec<u8>), Trouble> {
    blocking(move || {
        file.write_all(&bytes)?;
        let mut empty = bytes;
        empty.clear();
        Ok((file, empty))
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other).flatten();
    done.map_err(|error| Trouble::Os(error.to_string()))
}
