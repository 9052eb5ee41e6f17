//! The door of a running process, on which a second start says `raise`, `demo`, or `link` and a link, and hears `ok`: a
//! socket in the profile, or on Windows a named pipe, that only this person can open.

#[cfg(windows)]
mod pipe;
#[cfg(unix)]
mod unix;

use std::io;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

#[cfg(windows)]
use pipe as system;
#[cfg(unix)]
use unix as system;

use crate::io::instance::Visit;

pub(crate) use system::Door;

const RAISE: &str = "raise";
const DEMO: &str = "demo";
const LINK: &str = "link ";
/// A request is one line, and no longer than this.
const LONGEST_REQUEST: usize = 4096;
const REPLY: &[u8; 3] = b"ok\n";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(2);

/// What came of a knock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Knock {
    /// The process will show its window.
    Heard,
    /// There is a process, and it does not react.
    Silence,
    /// There is no door.
    Nobody,
}

/// Asks the process behind the door of the profile below `dir` to show its window, and what else the visit is for.
pub(crate) fn knock(dir: &Path, visit: &Visit) -> Knock {
    let Ok(stream) = system::connect(dir) else { return Knock::Nobody };
    match system::exchange(stream, request(visit)) {
        Ok(reply) if &reply == REPLY => Knock::Heard,
        // It closed the door in our face: it is about to end.
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) => Knock::Nobody,
        Ok(_) | Err(_) => Knock::Silence,
    }
}

/// Hears one visitor out and answers; `None` if they want nothing that we know, or take too long.
async fn hear(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Option<Visit> {
    let exchange = async {
        let visit = visit(&read_line(stream).await?);
        if visit.is_some() {
            stream.write_all(REPLY).await?;
        }
        io::Result::Ok(visit)
    };
    tokio::time::timeout(PATIENCE, exchange).await.ok()?.ok()?
}

/// Reads up to the end of the line, which is not in it.
async fn read_line(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        let byte = stream.read_u8().await?;
        if byte == b'\n' {
            return Ok(line);
        }
        if line.len() == LONGEST_REQUEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        line.push(byte);
    }
}

/// What a request asks for.
fn visit(line: &[u8]) -> Option<Visit> {
    let line = std::str::from_utf8(line).ok()?;
    match line.strip_prefix(LINK) {
        Some(link) => Some(Visit::Link(link.to_owned())),
        None if line == DEMO => Some(Visit::Demo),
        None => (line == RAISE).then_some(Visit::Raise),
    }
}

/// The request for a visit. A link that does not fit into a line is none, and is refused like any other that is none.
fn request(visit: &Visit) -> String {
    match visit {
        Visit::Raise => format!("{RAISE}\n"),
        Visit::Demo => format!("{DEMO}\n"),
        Visit::Link(link) if link.len() > LONGEST_REQUEST / 2 || link.contains('\n') => format!("{LINK}\n"),
        Visit::Link(link) => format!("{LINK}{link}\n"),
    }
}

/// A short name for the profile below `dir`, the same at each start.
fn short_name(dir: &Path) -> String {
    let hash = Sha256::digest(dir.as_os_str().as_encoded_bytes());
    let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("ringfence-{hex}")
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
    }

    #[test]
    fn a_second_start_is_heard_once_for_each_knock_and_nobody_is_there_afterwards() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().canonicalize().unwrap();
        assert_eq!(knock(&dir, &Visit::Raise), Knock::Nobody);
        let runtime = runtime();
        let (raised, mut visits) = mpsc::channel(4);
        let mut door = Door::open(&dir).unwrap();
        {
            let _inside = runtime.enter();
            door.listen(raised);
        }
        for visit in [Visit::Raise, Visit::Link("tel:+4930123".into()), Visit::Demo, Visit::Raise] {
            assert_eq!(knock(&dir, &visit), Knock::Heard);
            assert_eq!(visits.blocking_recv(), Some(visit));
        }
        drop(door);
        drop(runtime);
        assert_eq!(knock(&dir, &Visit::Raise), Knock::Nobody);
    }

    #[test]
    fn what_is_no_request_is_not_answered() {
        for line in [&b"raise "[..], b"RAISE", b"quit", b"\xff"] {
            assert_eq!(visit(line), None, "{line:?}");
        }
        let long = Visit::Link("9".repeat(LONGEST_REQUEST));
        assert_eq!(visit(request(&long).trim_end_matches('\n').as_bytes()), Some(Visit::Link(String::new())));
        assert_eq!(request(&Visit::Link("tel:1\nraise".into())), "link \n");
    }
}
