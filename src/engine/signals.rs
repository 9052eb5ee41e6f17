//! SIGTERM, SIGINT and SIGHUP (log-out) end the program as the person would: calls and registrations first.

/// The signals that mean "end".
#[cfg(unix)]
pub(super) struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    /// From now on. Must be called inside a tokio runtime.
    pub(super) fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let [term, int, hup] = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        Ok(Signals([signal(term)?, signal(int)?, signal(hup)?]))
    }

    /// Waits for one of them.
    pub(super) async fn recv(&mut self) {
        let [term, int, hup] = &mut self.0;
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    }
}

/// The signals that mean "end".
#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// From now on.
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Unix")]
    pub(super) fn listen() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    /// Waits for Ctrl+C.
    pub(super) async fn recv(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
