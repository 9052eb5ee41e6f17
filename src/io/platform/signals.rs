//! What ends the program as the person would, calls and registrations first: SIGTERM, SIGINT and SIGHUP (log-out); on
//! Windows Ctrl+C, a closed console, log-out and shut-down, and `taskkill` without force.

/// The signals that mean "end".
#[cfg(unix)]
pub(crate) struct Signals([tokio::signal::unix::Signal; 3]);

#[cfg(unix)]
impl Signals {
    /// From now on. Must be called inside a tokio runtime.
    pub(crate) fn listen() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        let [term, int, hup] = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup()];
        Ok(Signals([signal(term)?, signal(int)?, signal(hup)?]))
    }

    /// Waits for one of them.
    pub(crate) async fn recv(&mut self) {
        let [term, int, hup] = &mut self.0;
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
            _ = hup.recv() => {}
        }
    }
}

/// The signals that mean "end".
#[cfg(windows)]
pub(crate) struct Signals {
    interrupt: tokio::signal::windows::CtrlC,
    close: tokio::signal::windows::CtrlClose,
    session: tokio::sync::watch::Receiver<bool>,
    /// That the session ends stays so, and is said once.
    told: bool,
}

#[cfg(windows)]
impl Signals {
    /// From now on. Must be called inside a tokio runtime.
    pub(crate) fn listen() -> std::io::Result<Signals> {
        use tokio::signal::windows::{ctrl_c, ctrl_close};
        Ok(Signals { interrupt: ctrl_c()?, close: ctrl_close()?, session: super::session::ending()?, told: false })
    }

    /// Waits for one of them.
    pub(crate) async fn recv(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.close.recv() => {}
            // The sender is never dropped.
            _ = self.session.wait_for(|ends| *ends), if !self.told => self.told = true,
        }
    }
}
