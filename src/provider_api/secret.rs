//! What a change puts in the place of the old password: the password itself, or only its HA1 hashes, from which the
//! provider cannot learn it.

use std::collections::BTreeMap;

use md5::Md5;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256, Sha512_256};
use zeroize::Zeroizing;

use super::ed25519::hex;
use crate::base::Secret;

/// A hash of Digest authentication by the name that it has in `algorithm` (RFC 7616 §6.1), weakest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Ha1Algorithm {
    /// `MD5`
    #[serde(rename = "MD5")]
    Md5,
    /// `SHA-256`
    #[serde(rename = "SHA-256")]
    Sha256,
    /// `SHA-512-256`
    #[serde(rename = "SHA-512-256")]
    Sha512_256,
}

impl Ha1Algorithm {
    /// All, weakest first.
    pub const ALL: [Ha1Algorithm; 3] = [Ha1Algorithm::Md5, Ha1Algorithm::Sha256, Ha1Algorithm::Sha512_256];

    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ha1Algorithm::Md5 => "MD5",
            Ha1Algorithm::Sha256 => "SHA-256",
            Ha1Algorithm::Sha512_256 => "SHA-512-256",
        }
    }

    /// Hexadecimal digits of a hash.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Ha1Algorithm::Md5 => 32,
            Ha1Algorithm::Sha256 | Ha1Algorithm::Sha512_256 => 64,
        }
    }

    /// `H(user:realm:password)` in lower-case hexadecimal (RFC 7616 §3.4.2): a password of its realm.
    #[must_use]
    pub fn ha1(self, user: &str, realm: &str, password: &Secret<String>) -> Secret<String> {
        let password = password.expose("HA1 is made of it");
        let text = Zeroizing::new([user, realm, password].join(":"));
        let bytes = text.as_bytes();
        Secret::new(match self {
            Ha1Algorithm::Md5 => hex(&Md5::digest(bytes)),
            Ha1Algorithm::Sha256 => hex(&Sha256::digest(bytes)),
            Ha1Algorithm::Sha512_256 => hex(&Sha512_256::digest(bytes)),
        })
    }
}

/// The new credential, as `secret` in [`super::changes::ChangeRequest`] carries it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Credential {
    /// `{"form":"plain","value":…}`: the provider learns it. For PINs, and for portals.
    Plain(Secret<String>),
    /// `{"form":"ha1","realm":…,"MD5":…,"SHA-256":…,"SHA-512-256":…}`.
    Ha1 {
        /// The realm that they are for: the pinned one.
        realm: String,
        /// The hashes.
        hashes: BTreeMap<Ha1Algorithm, Secret<String>>,
    },
}

impl Credential {
    /// The HA1 hashes of a password for these algorithms.
    #[must_use]
    pub fn ha1(user: &str, realm: &str, password: &Secret<String>, algorithms: &[Ha1Algorithm]) -> Credential {
        let hashes = algorithms.iter().map(|algorithm| (*algorithm, algorithm.ha1(user, realm, password))).collect();
        Credential::Ha1 { realm: realm.to_owned(), hashes }
    }

    /// Whether every hash has the length and the digits of its algorithm, there is at least one, and nothing is
    /// longer than allowed.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        match self {
            Credential::Plain(value) => {
                let value = value.expose("its length is checked");
                (1..=256).contains(&value.len()) && !value.chars().any(char::is_control)
            }
            Credential::Ha1 { realm, hashes } => {
                let good = |(algorithm, hash): (&Ha1Algorithm, &Secret<String>)| {
                    let hash = hash.expose("its shape is checked");
                    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                    hash.len() == algorithm.digits() && hash.bytes().all(digit)
                };
                !realm.is_empty() && realm.len() <= 256 && !hashes.is_empty() && hashes.iter().all(good)
            }
        }
    }
}

/// Written by hand: each look at the secret says why.
impl Serialize for Credential {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = to.serialize_map(None)?;
        match self {
            Credential::Plain(value) => {
                map.serialize_entry("form", "plain")?;
                map.serialize_entry("value", value.expose("it goes to the pinned origin"))?;
            }
            Credential::Ha1 { realm, hashes } => {
                map.serialize_entry("form", "ha1")?;
                map.serialize_entry("realm", realm)?;
                for (algorithm, hash) in hashes {
                    map.serialize_entry(algorithm.name(), hash.expose("it goes to the pinned origin"))?;
                }
            }
        }
        map.end()
    }
}

/// A text that goes into custody as it is read.
struct Held(Secret<String>);

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Held, D::Error> {
        String::deserialize(from).map(|text| Held(Secret::new(text)))
    }
}

/// What is read before it is known to be well-formed.
#[derive(Deserialize)]
struct Raw {
    form: String,
    #[serde(default)]
    value: Option<Held>,
    #[serde(default)]
    realm: Option<String>,
    #[serde(default, rename = "MD5")]
    md5: Option<Held>,
    #[serde(default, rename = "SHA-256")]
    sha256: Option<Held>,
    #[serde(default, rename = "SHA-512-256")]
    sha512_256: Option<Held>,
}

impl<'de> Deserialize<'de> for Credential {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Credential, D::Error> {
        let raw = Raw::deserialize(from)?;
        let credential = match (raw.form.as_str(), raw.value, raw.realm) {
            ("plain", Some(value), _) => Credential::Plain(value.0),
            ("ha1", _, Some(realm)) => {
                let found = [raw.md5, raw.sha256, raw.sha512_256];
                let named = Ha1Algorithm::ALL.into_iter().zip(found);
                let hashes = named.filter_map(|(algorithm, hash)| Some((algorithm, hash?.0))).collect();
                Credential::Ha1 { realm, hashes }
            }
            _ => return Err(de::Error::custom("neither a plain secret nor HA1 hashes")),
        };
        if credential.is_well_formed() { Ok(credential) } else { Err(de::Error::custom("a malformed secret")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ha1_is_that_of_the_standard() {
        // RFC 7616 §3.9.1, and A1 of RFC 2617 §3.5's Mufasa.
        let password = Secret::from("Circle of Life");
        let ha1 = |algorithm: Ha1Algorithm| {
            algorithm.ha1("Mufasa", "http-auth@example.org", &password).expose("in a test").clone()
        };
        assert_eq!(ha1(Ha1Algorithm::Md5), "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(ha1(Ha1Algorithm::Sha256), "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }

    #[test]
    fn hashes_are_written_as_the_protocol_has_them_and_read_again() {
        let credential = Credential::ha1("100", "voip.example", &Secret::from("x"), &Ha1Algorithm::ALL);
        let json = serde_json::to_value(&credential).unwrap();
        assert_eq!(json["form"], "ha1");
        assert_eq!(json["SHA-256"].as_str().unwrap().len(), 64);
        let shown = format!("{credential:?}");
        for algorithm in Ha1Algorithm::ALL {
            let hash = json[algorithm.name()].as_str().unwrap();
            assert!(hash.len() == algorithm.digits() && !shown.contains(hash), "{shown}");
        }
        assert_eq!(serde_json::from_value::<Credential>(json).unwrap(), credential);
    }

    #[test]
    fn malformed_secrets_are_refused() {
        for bad in [
            r#"{"form":"ha1","realm":"r"}"#,
            r#"{"form":"ha1","realm":"r","MD5":"0123"}"#,
            r#"{"form":"ha1","realm":"","MD5":"00000000000000000000000000000000"}"#,
            r#"{"form":"ha1","realm":"r","MD5":"0000000000000000000000000000000G"}"#,
            r#"{"form":"plain"}"#,
            r#"{"form":"plain","value":""}"#,
            r#"{"form":"plain","value":"a\nb"}"#,
            r#"{"form":"other","value":"abc"}"#,
        ] {
            assert!(serde_json::from_str::<Credential>(bad).is_err(), "{bad}");
        }
    }
}
