//! A file that the person names: read whole, up to a bound, on a thread of its own, and reported once.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tokio::sync::mpsc::Sender;

/// Reads `path`, of which at most `most` bytes are taken: a larger file is refused.
pub(crate) fn read(path: PathBuf, most: usize, report: Sender<Result<Vec<u8>, String>>) {
    let words = |error: io::Error| format!("The file could not be read: {error}.");
    let late = report.clone();
    let told = move || {
        if report.blocking_send(contents(&path, most).map_err(words)).is_err() {
            tracing::debug!("a file was read after the engine's end");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("file".into()).spawn(told)
        && let Err(error) = late.try_send(Err(words(error)))
    {
        tracing::error!(%error, "a file was not read, and that was not told");
    }
}

fn contents(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    // A pipe or a device could keep the thread for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(io::Error::other(format!("it is larger than {} MB", most / (1024 * 1024))));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::contents;

    #[test]
    fn an_ordinary_file_is_read_up_to_the_bound() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("calls.csv");
        std::fs::write(&path, [b'x'; 100]).unwrap();
        assert_eq!(contents(&path, 100).unwrap().len(), 100);
        assert!(contents(&path, 99).is_err());
        assert!(contents(home.path(), 100).is_err());
        assert!(contents(&home.path().join("absent"), 100).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_read() {
        assert!(contents(std::path::Path::new("/dev/zero"), 100).unwrap_err().to_string().contains("ordinary"));
    }
}
