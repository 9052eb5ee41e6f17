//! Datagrams to a named socket of this machine: how a server program's control socket is asked.

/// Whether this system has such sockets. Windows knows Unix sockets for streams only.
pub(crate) const EXISTS: bool = cfg!(unix);

/// Asks what listens at `path` and returns its answer, cut after `longest` bytes. Waits for it without end.
///
/// # Errors
/// If nobody listens there, or if this system has no such sockets.
#[cfg(unix)]
pub(crate) async fn ask(path: &std::path::Path, question: &[u8], longest: usize) -> std::io::Result<Vec<u8>> {
    // The answer goes to the address that the question came from: that needs a name.
    let name = crate::io::entropy::from_system().map_or_else(|_| String::new(), |mut dice| dice.token(20));
    let here = std::env::temp_dir().join(format!("ringfence-provider-{name}.sock"));
    let socket = tokio::net::UnixDatagram::bind(&here)?;
    let here = Removed(here);
    // Who answers may run as another user; the name is unpredictable and lives for one question.
    std::fs::set_permissions(&here.0, std::os::unix::fs::PermissionsExt::from_mode(0o666))?;
    socket.connect(path)?;
    socket.send(question).await?;
    let mut answer = vec![0; longest];
    let length = socket.recv(&mut answer).await?;
    answer.truncate(length);
    Ok(answer)
}

/// The same where there are none: whoever asks was told so before, by [`EXISTS`].
#[cfg(not(unix))]
#[expect(clippy::unused_async, reason = "the same shape as on Unix")]
pub(crate) async fn ask(_path: &std::path::Path, _question: &[u8], _longest: usize) -> std::io::Result<Vec<u8>> {
    Err(std::io::Error::new(std::io::ErrorKind::Unsupported, "this system has no named sockets for datagrams"))
}

/// A socket's name that goes with it.
#[cfg(unix)]
struct Removed(std::path::PathBuf);

#[cfg(unix)]
impl Drop for Removed {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::debug!(%error, "a socket's name was not removed");
        }
    }
}
