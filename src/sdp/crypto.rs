//! SDES: `a=crypto` lines (RFC 4568, suites of RFC 4568 §6.2, RFC 6188 and RFC 7714).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

use crate::base::{Entropy, Secret};
use crate::port::media::Suite;

/// The suites that we offer, best first.
pub const SUITES: [Suite; 5] = [
    Suite::AeadAes256Gcm,
    Suite::AeadAes128Gcm,
    Suite::AesCm256Sha1_80,
    Suite::AesCm128Sha1_80,
    Suite::AesCm128Sha1_32,
];

/// The suite's name in SDP.
#[must_use]
pub const fn name(suite: Suite) -> &'static str {
    match suite {
        Suite::AesCm128Sha1_80 => "AES_CM_128_HMAC_SHA1_80",
        Suite::AesCm128Sha1_32 => "AES_CM_128_HMAC_SHA1_32",
        Suite::AesCm256Sha1_80 => "AES_256_CM_HMAC_SHA1_80",
        Suite::AeadAes128Gcm => "AEAD_AES_128_GCM",
        Suite::AeadAes256Gcm => "AEAD_AES_256_GCM",
    }
}

/// Bytes of master key and master salt together.
#[must_use]
pub const fn key_length(suite: Suite) -> usize {
    match suite {
        Suite::AesCm128Sha1_80 | Suite::AesCm128Sha1_32 => 16 + 14,
        Suite::AesCm256Sha1_80 => 32 + 14,
        Suite::AeadAes128Gcm => 16 + 12,
        Suite::AeadAes256Gcm => 32 + 12,
    }
}

/// One usable `a=crypto` line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Crypto {
    /// Joins answer to offer.
    pub tag: u32,
    /// The suite.
    pub suite: Suite,
    /// Master key followed by master salt.
    pub key: Secret<Vec<u8>>,
}

impl Crypto {
    /// A line with a fresh key.
    #[must_use]
    pub fn generate(tag: u32, suite: Suite, entropy: &mut Entropy) -> Crypto {
        let mut key = vec![0; key_length(suite)];
        entropy.fill(&mut key);
        Crypto { tag, suite, key: Secret::new(key) }
    }

    /// Parses the value of an `a=crypto`. `None` for suites that we do not know and, as RFC 4568 §6.1 and §6.3 allow,
    /// for lines with an MKI, with several keys, or with any session parameter (KDR, UNENCRYPTED_SRTP, …): such a
    /// line must be refused, not half obeyed. A key's lifetime is no condition for us: no call lasts 2³¹ packets.
    #[must_use]
    pub fn parse(value: &str) -> Option<Crypto> {
        let mut words = value.split_ascii_whitespace();
        let (tag, suite, key, None) = (words.next()?, words.next()?, words.next()?, words.next()) else {
            return None;
        };
        let suite = SUITES.into_iter().find(|s| name(*s).eq_ignore_ascii_case(suite))?;
        let (method, key) = key.split_at_checked("inline:".len())?;
        if !method.eq_ignore_ascii_case("inline:") || key.contains(';') {
            return None;
        }
        let (key, lifetime) = key.split_once('|').unwrap_or((key, ""));
        if lifetime.contains([':', '|']) {
            return None;
        }
        let key = STANDARD_NO_PAD.decode(key.trim_end_matches('=')).ok()?;
        let is_tag = tag.len() <= 9 && tag.bytes().all(|b| b.is_ascii_digit());
        (is_tag && key.len() == key_length(suite)).then_some(())?;
        Some(Crypto { tag: tag.parse().ok()?, suite, key: Secret::new(key) })
    }
}

impl fmt::Display for Crypto {
    /// The value of the attribute, key included: for the wire only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = STANDARD.encode(self.key.expose("it goes into the a=crypto line"));
        write!(f, "{} {} inline:{key}", self.tag, name(self.suite))
    }
}
