//! The device's signature: ten lines instead of RFC 9421. What is signed is one canonical text, so that a signature
//! fits one request, one body, one transaction, one generation and one nonce of the server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::base::{Entropy, Secret};

/// What a device signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signed<'a> {
    /// `POST`, `GET`, …
    pub method: &'a str,
    /// The request target, as in the Digest `uri`.
    pub path: &'a str,
    /// The body; empty where there is none.
    pub body: &'a [u8],
    /// The transaction (`Idempotency-Key`); empty where there is none.
    pub tx: &'a str,
    /// The generation (`If-Match` without its quotes); empty where there is none.
    pub generation: &'a str,
    /// The nonce of the same request's Digest credentials.
    pub nonce: &'a str,
}

/// The exact bytes that are signed: `sasa1`, method, path, SHA-256 of the body in hexadecimal, transaction, generation
/// and nonce, with a line feed between and none at the end.
#[must_use]
pub fn canonical(what: &Signed<'_>) -> Vec<u8> {
    let body = hex(&Sha256::digest(what.body));
    ["sasa1", what.method, what.path, &body, what.tx, what.generation, what.nonce].join("\n").into_bytes()
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A device's key: 32 bytes of dice, kept in the keyring as base64url on one line.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct DeviceKey(Secret<[u8; 32]>);

impl DeviceKey {
    /// A new key.
    #[must_use]
    pub fn generate(dice: &mut Entropy) -> DeviceKey {
        let mut seed = [0; 32];
        dice.fill(&mut seed);
        DeviceKey(Secret::new(seed))
    }

    /// Reads what [`DeviceKey::to_text`] wrote.
    #[must_use]
    pub fn from_text(text: &Secret<String>) -> Option<DeviceKey> {
        let bytes = BASE64.decode(text.expose("the key comes from the keyring").trim()).ok();
        let bytes = zeroize::Zeroizing::new(bytes?);
        let seed: [u8; 32] = bytes.as_slice().try_into().ok()?;
        Some(DeviceKey(Secret::new(seed)))
    }

    /// One line of ASCII for the keyring.
    #[must_use]
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(BASE64.encode(self.0.expose("the key goes into the keyring")))
    }

    /// The public half in base64url, for [`super::devices::Enrolment`].
    #[must_use]
    pub fn public(&self) -> Option<String> {
        Some(BASE64.encode(self.pair()?.public_key().as_ref()))
    }

    /// Signs a request: the value of [`super::DEVICE_SIGNATURE`].
    #[must_use]
    pub fn sign(&self, what: &Signed<'_>) -> Option<String> {
        Some(BASE64.encode(self.pair()?.sign(&canonical(what)).as_ref()))
    }

    /// `None` cannot happen with 32 bytes, but ring's signature says that it may.
    fn pair(&self) -> Option<Ed25519KeyPair> {
        Ed25519KeyPair::from_seed_unchecked(self.0.expose("to sign with it")).ok()
    }
}

/// Whether `signature` is that of the device with this public key (both in base64url) over this request.
#[must_use]
pub fn verify(public: &str, what: &Signed<'_>, signature: &str) -> bool {
    let (Ok(public), Ok(signature)) = (BASE64.decode(public), BASE64.decode(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(&canonical(what), &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: Signed<'_> = Signed {
        method: "POST",
        path: "/sasa/changes",
        body: b"{}",
        tx: "01JD8ZK5T4M9Q2W7E6R3YXNBVC",
        generation: "17",
        nonce: "abc",
    };

    #[test]
    fn the_canonical_text_is_seven_lines() {
        let text = String::from_utf8(canonical(&REQUEST)).unwrap();
        assert_eq!(
            text,
            "sasa1\nPOST\n/sasa/changes\n44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n\
             01JD8ZK5T4M9Q2W7E6R3YXNBVC\n17\nabc"
        );
    }

    #[test]
    fn a_signature_fits_one_request_only() {
        let key = DeviceKey::generate(&mut Entropy::from_number(1));
        let public = key.public().unwrap();
        let signature = key.sign(&REQUEST).unwrap();
        assert!(verify(&public, &REQUEST, &signature));
        let others = [
            Signed { method: "PUT", ..REQUEST },
            Signed { path: "/sasa/guards", ..REQUEST },
            Signed { body: b"{ }", ..REQUEST },
            Signed { tx: "other", ..REQUEST },
            Signed { generation: "18", ..REQUEST },
            Signed { nonce: "abd", ..REQUEST },
        ];
        for other in others {
            assert!(!verify(&public, &other, &signature), "{other:?}");
        }
        let stranger = DeviceKey::generate(&mut Entropy::from_number(2)).public().unwrap();
        assert!(!verify(&stranger, &REQUEST, &signature));
        assert!(!verify("", &REQUEST, &signature) && !verify(&public, &REQUEST, "") && !verify("!", &REQUEST, "!"));
    }

    #[test]
    fn a_key_survives_the_keyring_and_shows_nothing() {
        let key = DeviceKey::generate(&mut Entropy::from_number(3));
        let text = key.to_text();
        assert_eq!(DeviceKey::from_text(&text), Some(key.clone()));
        assert!(!format!("{key:?}").contains(text.expose("in a test").as_str()));
        assert_eq!(DeviceKey::from_text(&Secret::from("short")), None);
    }
}
