//! What the stores' errors mean (account-security 5.3). The stores tell less by the variant than by what is in it:
//! the Secret Service store calls most things a platform failure, a locked collection included.

use keyring::Error;

use crate::port::vault::VaultError;

/// Why something did not work.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) why: VaultError,
    /// The connection, or the daemon's memory of us, is gone: a new connection may work.
    pub(super) disconnected: bool,
}

impl From<VaultError> for Failure {
    fn from(why: VaultError) -> Failure {
        Failure { why, disconnected: false }
    }
}

/// What an error means.
pub(super) fn classify(error: &Error) -> Failure {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error {
        Error::NoStorageAccess(inner) => platform(inner.as_ref()).unwrap_or(VaultError::Locked.into()),
        Error::PlatformFailure(inner) => {
            platform(inner.as_ref()).unwrap_or_else(|| VaultError::Other(inner.to_string()).into())
        }
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => VaultError::Corrupt.into(),
        Error::TooLong(..) => VaultError::TooLong.into(),
        Error::Ambiguous(entries) => VaultError::Ambiguous(entries.len()).into(),
        Error::NoDefaultStore => VaultError::Missing.into(),
        other => VaultError::Other(other.to_string()).into(),
    }
}

#[cfg(not(target_os = "linux"))]
fn platform(_inner: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Failure> {
    None
}

#[cfg(target_os = "linux")]
fn platform(inner: &(dyn std::error::Error + Send + Sync + 'static)) -> Option<Failure> {
    use secret_service::Error as Theirs;
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    Some(match inner.downcast_ref::<Theirs>()? {
        // No result: there is no default collection, and nobody to ask for a password for a new one.
        Theirs::Locked | Theirs::Prompt | Theirs::NoResult => VaultError::Locked.into(),
        Theirs::Unavailable | Theirs::PromptDisconnected => disconnected(VaultError::Missing),
        Theirs::Zbus(error) => bus(error),
        Theirs::ZbusFdo(zbus::fdo::Error::ZBus(error)) => bus(error),
        Theirs::ZbusFdo(error) => named(zbus::DBusError::name(error).as_str(), &error.to_string()),
        Theirs::Crypto(_) => disconnected(VaultError::Corrupt),
        other => VaultError::Other(other.to_string()).into(),
    })
}

#[cfg(target_os = "linux")]
fn bus(error: &zbus::Error) -> Failure {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error {
        zbus::Error::MethodError(name, ..) => named(name.as_str(), &error.to_string()),
        zbus::Error::FDO(error) => named(zbus::DBusError::name(error.as_ref()).as_str(), &error.to_string()),
        zbus::Error::Connection(..)
        | zbus::Error::InputOutput(_)
        | zbus::Error::Handshake(_)
        | zbus::Error::Address(_)
        | zbus::Error::InterfaceNotFound => disconnected(VaultError::Missing),
        other => VaultError::Other(other.to_string()).into(),
    }
}

/// What a D-Bus error of this name means.
#[cfg(target_os = "linux")]
fn named(name: &str, words: &str) -> Failure {
    const BUS: &str = "org.freedesktop.DBus.Error.";
    const SECRET: &str = "org.freedesktop.Secret.Error.";
    let of_bus = name.strip_prefix(BUS);
    match (of_bus, name.strip_prefix(SECRET)) {
        (_, Some("IsLocked")) => VaultError::Locked.into(),
        // The daemon was restarted between two of our calls, and knows neither our session nor its old paths.
        (_, Some("NoSession" | "NoSuchObject")) => disconnected(VaultError::Missing),
        (Some("AccessDenied" | "AuthFailed"), _) => VaultError::Denied.into(),
        (
            Some(
                "ServiceUnknown" | "NameHasNoOwner" | "NoServer" | "NoReply" | "Disconnected" | "TimedOut" | "Timeout",
            ),
            _,
        )
        | (Some("UnknownObject" | "UnknownMethod"), _) => disconnected(VaultError::Missing),
        (Some(other), _) if other.starts_with("Spawn.") => disconnected(VaultError::Missing),
        _ if name == "org.gnome.keyring.Error.Denied" => VaultError::Denied.into(),
        _ => VaultError::Other(words.to_owned()).into(),
    }
}

#[cfg(target_os = "linux")]
fn disconnected(why: VaultError) -> Failure {
    Failure { why, disconnected: true }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn why(error: secret_service::Error) -> (VaultError, bool) {
        let failure = classify(&Error::PlatformFailure(Box::new(error)));
        (failure.why, failure.disconnected)
    }

    #[test]
    fn a_locked_collection_is_locked_even_as_a_platform_failure() {
        assert_eq!(why(secret_service::Error::Locked), (VaultError::Locked, false));
        assert_eq!(why(secret_service::Error::NoResult), (VaultError::Locked, false));
        let error = Error::NoStorageAccess(Box::new(secret_service::Error::Prompt));
        assert_eq!(classify(&error).why, VaultError::Locked);
    }

    #[test]
    fn a_daemon_that_is_gone_is_missing_and_worth_another_try() {
        let unknown = zbus::fdo::Error::ServiceUnknown("org.freedesktop.secrets".into());
        assert_eq!(why(secret_service::Error::ZbusFdo(unknown.clone())), (VaultError::Missing, true));
        let wrapped = zbus::Error::FDO(Box::new(unknown));
        assert_eq!(why(secret_service::Error::Zbus(wrapped)), (VaultError::Missing, true));
        assert_eq!(named("org.freedesktop.Secret.Error.NoSession", "").why, VaultError::Missing);
    }

    #[test]
    fn a_refusal_is_not_a_missing_keyring() {
        let denied = zbus::fdo::Error::AccessDenied("no".into());
        assert_eq!(why(secret_service::Error::ZbusFdo(denied)), (VaultError::Denied, false));
    }

    #[test]
    fn errors_of_every_store_keep_their_meaning() {
        assert_eq!(classify(&Error::TooLong("password".into(), 2560)).why, VaultError::TooLong);
        assert_eq!(classify(&Error::Ambiguous(Vec::new())).why, VaultError::Ambiguous(0));
        assert_eq!(classify(&Error::BadEncoding(vec![0xff])).why, VaultError::Corrupt);
    }
}
