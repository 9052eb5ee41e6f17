//! Devices whose signature counts: enrolled while things are calm, so that on the worst day a stolen password is not
//! enough.

use std::time::Duration;

use super::account::Facts;
use super::policy::{Level, Settings};
use crate::base::{Entropy, Now, WallTime};
use crate::provider_api::devices::{self, DeviceState, Enrolment};

/// The most devices of one account.
pub const MOST: usize = 10;

/// One device of one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// Its name in requests.
    pub id: String,
    /// Its public key, base64url.
    pub public: String,
    /// Its name for people.
    pub label: String,
    /// When it was enrolled.
    pub added: WallTime,
    /// From when on its signature counts, if it is confirmed.
    pub from: WallTime,
    /// Whether nobody needs to confirm it any more.
    pub confirmed: bool,
}

impl Device {
    /// Whether its signature counts.
    #[must_use]
    pub fn counts(&self, now: WallTime) -> bool {
        self.confirmed && self.from <= now
    }

    /// As the protocol shows it.
    #[must_use]
    pub fn shown(&self, now: WallTime) -> devices::Device {
        let counts = self.counts(now);
        devices::Device {
            id: self.id.clone(),
            label: self.label.clone(),
            state: if counts { DeviceState::Active } else { DeviceState::CoolingOff },
            active_from: (!counts && self.confirmed).then(|| self.from.into()),
        }
    }
}

/// What becomes of an enrolment: a device that is new, one that is there already, or `None` if there are too many.
#[must_use]
pub fn enrol(
    settings: &Settings,
    now: Now,
    facts: &Facts,
    asked: &Enrolment,
    level: &Level,
    dice: &mut Entropy,
) -> Option<Device> {
    if let Some(known) = facts.devices.iter().find(|device| device.public == asked.public) {
        return Some(known.clone());
    }
    if facts.devices.len() >= MOST {
        return None;
    }
    // A device that counts vouches for the next one.
    let wait = match level {
        Level::Device(_) => Duration::ZERO,
        Level::Password => settings.cooling_off,
    };
    Some(Device {
        id: dice.token(16),
        public: asked.public.clone(),
        label: asked.label.clone(),
        added: now.wall,
        from: now.later(wait).wall,
        confirmed: !settings.must_confirm(level),
    })
}
