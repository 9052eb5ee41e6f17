//! Which of several entries under one name is which, and which is the newest. Only the Secret Service has several; it
//! knows when each was written last, and its store does not pass that on.

use keyring::Entry;

use crate::port::vault::EntryId;

/// The store's own name for an entry: its path on the bus. It says nothing of what the entry holds.
pub(super) fn id(entry: &Entry) -> EntryId {
    #[cfg(target_os = "linux")]
    if let Some(item) = entry.as_any().downcast_ref::<zbus_secret_service_keyring_store::cred::Wrapper>() {
        return EntryId(item.get_path());
    }
    EntryId(format!("{entry:?}"))
}

/// Looks at ages, over a connection of its own.
#[derive(Debug)]
pub(super) struct Ages {
    #[cfg(target_os = "linux")]
    bus: Option<zbus::blocking::Connection>,
}

#[cfg(target_os = "linux")]
impl Ages {
    pub(super) fn new() -> Ages {
        Ages { bus: zbus::blocking::Connection::session().ok() }
    }

    /// When an entry was written last, in seconds; none if nobody says so.
    pub(super) fn of(&self, id: &EntryId) -> Option<u64> {
        const SERVICE: &str = "org.freedesktop.secrets";
        const ITEM: &str = "org.freedesktop.Secret.Item";
        let item = zbus::blocking::Proxy::new(self.bus.as_ref()?, SERVICE, id.0.as_str(), ITEM).ok()?;
        item.get_property("Modified").ok()
    }
}

#[cfg(not(target_os = "linux"))]
impl Ages {
    pub(super) fn new() -> Ages {
        Ages {}
    }

    /// Nobody says so: entries are taken as they are listed.
    #[expect(clippy::unused_self, reason = "as on Linux")]
    pub(super) fn of(&self, _id: &EntryId) -> Option<u64> {
        None
    }
}
