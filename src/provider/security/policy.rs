//! What the provider decided, as settings: who it is, what a password must be like, and which proof a change needs.

use std::time::Duration;

use crate::base::Secret;
use crate::sip::digest::Hash;

/// A provider's settings.
#[derive(Clone, PartialEq, Debug)]
pub struct Settings {
    /// The SIP domain.
    pub domain: String,
    /// The realm of its SIP servers: the same here, so that one set of hashes serves both.
    pub realm: String,
    /// The hashes that its SIP servers keep, best first. A change must bring all of them.
    pub kept: Vec<Hash>,
    /// The rules of a new password, in Apple's `passwordrules`.
    pub rules: String,
    /// The longest time between a request and its `not_after`.
    pub not_after_max: Duration,
    /// Whether stolen credentials are in somebody's hands.
    pub exposed: Exposed,
    /// Whether the password alone may change the password, while nothing is exposed.
    pub password_alone: PasswordAlone,
    /// How long a device that was enrolled with the password alone waits before its signature counts.
    pub cooling_off: Duration,
    /// Whether somebody must confirm such a device besides. While credentials may be exposed, always.
    pub confirm_devices: bool,
    /// Whether registrations can be ended: it is known where they are.
    pub ends_registrations: bool,
    /// Changes per second, of all accounts together.
    pub changes_per_second: f64,
}

/// `incident.credentials_exposed`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Exposed {
    /// No incident.
    #[default]
    No,
    /// There is an incident, and nobody knows yet.
    Unknown,
    /// They are.
    Yes,
}

/// Level C of the design: the old password as the only proof.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PasswordAlone {
    /// Never enough.
    Refused,
    /// Enough, after a delay in which the owner, who is told, can cancel.
    After(Duration),
}

/// How somebody has proven to be the account's owner.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Level {
    /// By the password (level C).
    Password,
    /// By the password and the signature of an enrolled device (level A): its id.
    Device(String),
}

/// The methods that are named when more is needed.
pub const METHODS: [&str; 1] = ["device-key+digest"];

impl Settings {
    /// After which delay a change with this proof is done; `None` if the proof is not enough.
    #[must_use]
    pub fn delay(&self, level: &Level) -> Option<Duration> {
        match (level, self.exposed, self.password_alone) {
            (Level::Device(_), _, _) => Some(Duration::ZERO),
            (Level::Password, Exposed::No, PasswordAlone::After(delay)) => Some(delay),
            (Level::Password, Exposed::No, PasswordAlone::Refused)
            | (Level::Password, Exposed::Unknown | Exposed::Yes, _) => None,
        }
    }

    /// Whether a device that was enrolled with this proof must be confirmed by somebody.
    #[must_use]
    pub fn must_confirm(&self, level: &Level) -> bool {
        match level {
            Level::Device(_) => false,
            Level::Password => self.confirm_devices || self.exposed != Exposed::No,
        }
    }
}

/// A new password as a change brings it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSecret {
    /// What it hashes to.
    pub hashes: super::Hashes,
    /// The password itself, if the phone sent it.
    pub plain: Option<Secret<String>>,
}
