//! minisign signatures over exact bytes. Only the pre-hashed form is taken; the legacy one is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::MAX_SIGNATURE;

/// A public key as minisign prints it: the second line of its file, `RWQ…`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey(String);

/// Why a signature does not count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum SignatureError {
    /// It is no minisign signature, or too long for one.
    #[error("not a signature")]
    Malformed,
    /// It was made with another key.
    #[error("made with another key")]
    OtherKey,
    /// It is of the legacy form, which is not pre-hashed.
    #[error("of the legacy form")]
    Legacy,
    /// It is not over these bytes, or its trusted comment was changed.
    #[error("not over these bytes")]
    Wrong,
}

impl PublicKey {
    /// Takes a key in base64.
    #[must_use]
    pub fn parse(text: &str) -> Option<PublicKey> {
        let good = text.len() == 56 && minisign_verify::PublicKey::from_base64(text).is_ok();
        good.then(|| PublicKey(text.to_owned()))
    }

    /// The key in base64.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are the same key, under whatever name (key id).
    #[must_use]
    pub fn same_key(&self, other: &PublicKey) -> bool {
        // Two letters of algorithm and eight bytes of name come first.
        let key = |key: &PublicKey| BASE64.decode(&key.0).ok().and_then(|bytes| bytes.get(10..).map(<[u8]>::to_vec));
        self.0 == other.0 || key(self) == key(other)
    }

    /// Whether `signature` (the whole text of a `.minisig` file) is this key's over exactly `bytes`. Returns its
    /// trusted comment, which the signature covers too.
    ///
    /// # Errors
    /// If it is not.
    pub fn verify(&self, bytes: &[u8], signature: &str) -> Result<String, SignatureError> {
        if signature.len() > MAX_SIGNATURE {
            return Err(SignatureError::Malformed);
        }
        // Windows' line ends and blanks behind lines are no reason to refuse: nothing signed is in them.
        let text = signature.replace("\r\n", "\n");
        let signature = minisign_verify::Signature::decode(text.trim_end()).map_err(|_| SignatureError::Malformed)?;
        let key = minisign_verify::PublicKey::from_base64(&self.0).map_err(|_| SignatureError::Malformed)?;
        let verified = key.verify(bytes, &signature, false);
        match verified {
            Ok(()) => Ok(signature.trusted_comment().to_owned()),
            Err(minisign_verify::Error::UnexpectedKeyId) => Err(SignatureError::OtherKey),
            Err(minisign_verify::Error::UnexpectedAlgorithm | minisign_verify::Error::UnsupportedLegacyMode) => {
                Err(SignatureError::Legacy)
            }
            Err(_) => Err(SignatureError::Wrong),
        }
    }
}

impl TryFrom<String> for PublicKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<PublicKey, &'static str> {
        PublicKey::parse(&text).ok_or("not a minisign public key")
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.0
    }
}

impl std::fmt::Display for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    /// The example of minisign's own documentation: key, and signature over `test`.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
        RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
        trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
        wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";

    #[test]
    fn a_signature_of_the_real_minisign_is_verified() {
        let key = PublicKey::parse(KEY).unwrap();
        assert_eq!(key.verify(b"test", SIGNATURE).unwrap(), "timestamp:1633700835\tfile:test\tprehashed");
        assert!(key.verify(b"test", &SIGNATURE.replace('\n', "\r\n")).is_ok(), "with Windows' line ends");
        assert_eq!(key.verify(b"Test", SIGNATURE), Err(SignatureError::Wrong));
        assert_eq!(key.verify(b"test", &SIGNATURE.replace("1633700835", "1633700836")), Err(SignatureError::Wrong));
        assert_eq!(key.verify(b"test", ""), Err(SignatureError::Malformed));
        assert_eq!(key.verify(b"test", &"x".repeat(MAX_SIGNATURE + 1)), Err(SignatureError::Malformed));
    }

    /// A key file and a signature as minisign made them before it hashed first: `Ed` instead of `ED`.
    fn legacy(bytes: &[u8]) -> (String, String) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let id = [1, 2, 3, 4, 5, 6, 7, 8];
        let packed = |kind: &[u8], rest: &[u8]| BASE64.encode([kind, &id, rest].concat());
        let signature = pair.sign(bytes);
        let global = pair.sign(&[signature.as_ref(), b"old"].concat());
        let text = format!(
            "untrusted comment: x\n{}\ntrusted comment: old\n{}",
            packed(b"Ed", signature.as_ref()),
            BASE64.encode(global.as_ref())
        );
        (packed(b"Ed", pair.public_key().as_ref()), text)
    }

    #[test]
    fn the_legacy_form_is_refused_although_it_is_a_good_signature() {
        let (key, signature) = legacy(b"list");
        let theirs = minisign_verify::PublicKey::from_base64(&key).unwrap();
        let decoded = minisign_verify::Signature::decode(&signature).unwrap();
        assert!(theirs.verify(b"list", &decoded, true).is_ok(), "the signature itself is good");
        assert_eq!(PublicKey::parse(&key).unwrap().verify(b"list", &signature), Err(SignatureError::Legacy));
    }

    #[test]
    fn the_signature_of_another_key_is_told_from_a_wrong_one() {
        let (key, _) = legacy(b"list");
        assert_eq!(PublicKey::parse(&key).unwrap().verify(b"test", SIGNATURE), Err(SignatureError::OtherKey));
        assert_eq!(PublicKey::parse("RWQ"), None);
        assert!(!PublicKey::parse(&key).unwrap().same_key(&PublicKey::parse(KEY).unwrap()));
    }

    #[test]
    fn a_key_under_another_name_is_the_same_key() {
        let mut bytes = BASE64.decode(KEY).unwrap();
        bytes[5] ^= 1;
        let renamed = PublicKey::parse(&BASE64.encode(&bytes)).unwrap();
        let key = PublicKey::parse(KEY).unwrap();
        assert!(renamed != key && renamed.same_key(&key));
    }
}
