//! `POST devices`: enrolling the key of this device, while things are calm.

use serde::{Deserialize, Serialize};

use super::time::Stamp;
use super::{MAX_BODY, ReadError, ensure, read};

/// The body of `POST devices`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Enrolment {
    /// The public key in base64url: [`super::ed25519::DeviceKey::public`].
    #[serde(rename = "pub")]
    pub public: String,
    /// The device's name for people.
    pub label: String,
}

/// The answer to it, and a row of [`super::sessions::Sessions`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Device {
    /// Its id, for [`super::DEVICE_ID`].
    pub id: String,
    /// Its name for people.
    #[serde(default)]
    pub label: String,
    /// Whether its signature counts.
    #[serde(default)]
    pub state: DeviceState,
    /// When it counts, if it does not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_from: Option<Stamp>,
}

/// Whether a device's signature counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Not yet: it was enrolled with the password alone, and the other devices are told first.
    #[default]
    CoolingOff,
    /// It does.
    Active,
    /// It was taken off the list.
    Removed,
    /// A state that we do not know: it does not count.
    #[serde(other)]
    Unknown,
}

impl Enrolment {
    /// Reads a request, on the provider's side.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Enrolment, ReadError> {
        let mut enrolment: Enrolment = read(bytes, MAX_BODY)?;
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        ensure(enrolment.public.len() == 43 && enrolment.public.bytes().all(letter), "pub")?;
        enrolment.label = super::text::plain(&enrolment.label, 64);
        Ok(enrolment)
    }
}

impl Device {
    /// Reads the answer, on the phone's side.
    ///
    /// # Errors
    /// If it is too long or malformed, or its id cannot stand in a header.
    pub fn parse(bytes: &[u8]) -> Result<Device, ReadError> {
        let mut device: Device = read(bytes, MAX_BODY)?;
        let harmless = (1..=64).contains(&device.id.len()) && device.id.bytes().all(|byte| byte.is_ascii_graphic());
        ensure(harmless, "id")?;
        device.label = super::text::plain(&device.label, 64);
        Ok(device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enrolment_carries_a_key_of_the_right_length() {
        let dice = &mut crate::base::Entropy::from_number(5);
        let public = super::super::ed25519::DeviceKey::generate(dice).public().unwrap();
        let good = serde_json::to_vec(&Enrolment { public, label: "Anna's desk\u{7}".into() }).unwrap();
        assert_eq!(Enrolment::parse(&good).unwrap().label, "Anna's desk");
        assert_eq!(Enrolment::parse(br#"{"pub":"short","label":"x"}"#), Err(ReadError::Value("pub")));
    }

    #[test]
    fn a_device_of_an_unknown_state_does_not_count() {
        let device = Device::parse(br#"{"id":"d1","state":"quarantined"}"#).unwrap();
        assert_eq!(device.state, DeviceState::Unknown);
        assert!(Device::parse(b"{\"id\":\"a\\r\\nb\"}").is_err());
    }
}
