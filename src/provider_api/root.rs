//! Who may sign: the root, and how one root follows another. Four rules of TUF, for one file:
//!
//! 1. root N+1 counts if enough keys of N *and* enough of its own have signed it;
//! 2. versions never go back, and none is left out;
//! 3. each has an end, judged by one time that was fixed when the update began;
//! 4. whoever gets a new notices key by it forgets the old key's sequence number (the caller does that).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

use super::minisign::PublicKey;
use super::origin::Origin;
use super::time::Stamp;
use super::{MAX_DISCOVERY, ReadError, VERSION, ensure, read};
use crate::base::WallTime;

/// A root with its signatures, as discovery carries it and as `{roots}/{N}.json` holds it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Signed {
    /// The exact bytes of the root in base64: whatever writes the surroundings anew leaves them alone.
    pub signed: String,
    /// By key id: the whole text of a minisign signature over those bytes.
    pub sigs: BTreeMap<String, String>,
}

/// The root.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Root {
    /// Major version of the protocol.
    pub sasa: String,
    /// Counts up by one.
    pub version: u32,
    /// The only origin that the endpoints are below.
    pub issuer: Origin,
    /// The SIP domains that it speaks for.
    pub sip_domains: Vec<String>,
    /// The realm of Digest authentication.
    pub realm: String,
    /// How many root keys must have signed.
    pub threshold: u8,
    /// The root keys by id. Kept off line.
    pub keys: BTreeMap<String, PublicKey>,
    /// The keys that sign notices, by id.
    #[serde(default)]
    pub notices: BTreeMap<String, NoticesKey>,
    /// When this root ends.
    pub expires: Stamp,
    /// Hosts that `links` may lead to, besides the issuer's registrant.
    #[serde(default)]
    pub link_hosts: Vec<String>,
    /// Numbers that are emergency numbers too. Adds to our table, never takes away.
    #[serde(default)]
    pub emergency_numbers: Vec<String>,
    /// Numbers to call for help, by symbolic name: `fraud`, `support`.
    #[serde(default)]
    pub numbers: BTreeMap<String, String>,
}

/// A key that signs notices.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct NoticesKey {
    /// The key.
    pub key: PublicKey,
    /// When it ends: at most a year after it began.
    pub expires: Stamp,
}

/// A year and a day: the longest that is left of a key of notices.
const YEAR: i64 = 367 * 86_400 * 1000;

impl NoticesKey {
    /// Whether it has not ended at `now`, and ends within a year: whoever stole one must not have it for ever.
    #[must_use]
    pub fn counts(&self, now: WallTime) -> bool {
        self.expires.0 > now && self.expires.0.0.saturating_sub(now.0) <= YEAR
    }
}

/// Why a root does not count.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum RootError {
    /// It is malformed.
    #[error("the root is malformed: {0}")]
    Malformed(#[from] ReadError),
    /// Not enough of its own keys have signed it.
    #[error("not signed by enough of its own keys")]
    OwnKeys,
    /// Not enough keys of the root before it have signed it.
    #[error("not signed by enough keys of the one before")]
    KeysBefore,
    /// Its version is not the next one.
    #[error("version {0} does not follow")]
    Version(u32),
    /// It has expired.
    #[error("expired")]
    Expired,
}

impl Signed {
    /// The bytes that were signed.
    ///
    /// # Errors
    /// If they are too long or not base64.
    pub fn bytes(&self) -> Result<Vec<u8>, ReadError> {
        if self.signed.len() > MAX_DISCOVERY {
            return Err(ReadError::TooLong(MAX_DISCOVERY));
        }
        BASE64.decode(&self.signed).map_err(|_| ReadError::Value("signed"))
    }

    /// Wraps bytes and signatures, on the provider's side.
    #[must_use]
    pub fn wrap(bytes: &[u8], sigs: BTreeMap<String, String>) -> Signed {
        Signed { signed: BASE64.encode(bytes), sigs }
    }

    /// Reads `{roots}/{N}.json`.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Signed, ReadError> {
        let signed: Signed = read(bytes, MAX_DISCOVERY)?;
        ensure(signed.sigs.len() <= MAX_KEYS, "sigs")?;
        Ok(signed)
    }
}

/// The most keys that a root may list, of each kind.
const MAX_KEYS: usize = 16;

impl Root {
    /// Takes a root that nothing is known of before: at account set-up, on the word of the web's authorities.
    ///
    /// # Errors
    /// If it is malformed or not signed by enough of its own keys.
    pub fn first(signed: &Signed) -> Result<Root, RootError> {
        let bytes = signed.bytes()?;
        let root = Root::read(&bytes)?;
        if !enough(&root.keys, root.threshold, &bytes, signed) {
            return Err(RootError::OwnKeys);
        }
        Ok(root)
    }

    /// Takes the root that follows this one (rules 1 and 2). Whether it has ended is asked at the end of the walk, of
    /// the last one only: those on the way may have.
    ///
    /// # Errors
    /// If it does not follow.
    pub fn next(&self, signed: &Signed) -> Result<Root, RootError> {
        let bytes = signed.bytes()?;
        if !enough(&self.keys, self.threshold, &bytes, signed) {
            return Err(RootError::KeysBefore);
        }
        let root = Root::first(signed)?;
        if Some(root.version) != self.version.checked_add(1) {
            return Err(RootError::Version(root.version));
        }
        Ok(root)
    }

    /// Whether it has not ended at `now` (rule 3).
    ///
    /// # Errors
    /// If it has.
    pub fn in_force(&self, now: WallTime) -> Result<(), RootError> {
        if self.expires.0 > now { Ok(()) } else { Err(RootError::Expired) }
    }

    /// The key of notices that has signed `bytes`, if it counts at `now`.
    #[must_use]
    pub fn signer(&self, bytes: &[u8], signature: &str, now: WallTime) -> Option<(&str, &NoticesKey)> {
        let signed = |(_, it): &(&String, &NoticesKey)| it.key.verify(bytes, signature).is_ok();
        let (id, key) = self.notices.iter().find(signed)?;
        key.counts(now).then_some((id.as_str(), key))
    }

    fn read(bytes: &[u8]) -> Result<Root, ReadError> {
        let root: Root = read(bytes, MAX_DISCOVERY)?;
        if root.sasa != VERSION {
            return Err(ReadError::Version);
        }
        ensure(root.version >= 1, "version")?;
        ensure((1..=MAX_KEYS).contains(&root.keys.len()) && root.notices.len() <= MAX_KEYS, "keys")?;
        ensure(usize::from(root.threshold) >= 1 && usize::from(root.threshold) <= root.keys.len(), "threshold")?;
        let host = |host: &String| Origin::of_host(host).is_some();
        ensure((1..=64).contains(&root.sip_domains.len()) && root.sip_domains.iter().all(host), "sip_domains")?;
        ensure((1..=256).contains(&root.realm.len()), "realm")?;
        ensure(root.link_hosts.len() <= 16 && root.link_hosts.iter().all(host), "link_hosts")?;
        let number = |text: &String| {
            (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit() || b"+*# -".contains(&byte))
        };
        ensure(root.emergency_numbers.len() <= 32 && root.emergency_numbers.iter().all(number), "emergency_numbers")?;
        ensure(root.numbers.len() <= 8 && root.numbers.values().all(number), "numbers")?;
        Ok(root)
    }
}

/// Whether so many *different* keys have signed. The same key under two names counts once.
fn enough(keys: &BTreeMap<String, PublicKey>, threshold: u8, bytes: &[u8], signed: &Signed) -> bool {
    let mut good: Vec<&PublicKey> = Vec::new();
    for (id, key) in keys {
        let signs = signed.sigs.get(id).is_some_and(|sig| key.verify(bytes, sig).is_ok());
        if signs && !good.iter().any(|other| other.same_key(key)) {
            good.push(key);
        }
    }
    good.len() >= usize::from(threshold.max(1))
}
