//! minisign signatures over exact bytes. Only the pre-hashed form is taken; the legacy one is refused.

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
        #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list; the rest is one and the same to us")]
        match verified {
            Ok(()) => Ok(signature.trusted_comment().to_owned()),
            Err(minisign_verify::Error::UnexpectedKeyId) => Err(SignatureError::OtherKey),
            Err(minisign_verify::Error::UnsupportedLegacyMode | minisign_verify::Error::UnsupportedAlgorithm) => {
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
