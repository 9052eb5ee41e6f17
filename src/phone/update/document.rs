//! The two documents of the release channel, and when they count. Both are minisign-signed over their exact bytes, by
//! different keys: whoever can publish a release cannot withdraw one, and the other way round.
//!
//! The rules are four of TUF's (theupdateframework.io, "version never decreases", "expires", separate roles, time fixed
//! at the start of a check): a replayed, frozen, rolled-back or truncated document changes nothing.

use serde::{Deserialize, Serialize};

use crate::base::WallTime;
use crate::provider_api::minisign::{PublicKey, SignatureError};
use crate::provider_api::{Stamp, text};

/// The longest document that is read, in bytes.
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// The largest file that is fetched, in bytes: ten times what a package has today.
const MAX_ARTEFACT: u64 = 256 * 1024 * 1024;
/// The most sentences about what a release fixes.
const MAX_FIXES: usize = 12;
/// The longest such sentence, in characters.
const MAX_SENTENCE: usize = 200;

/// A version: three numbers, compared as numbers (semantic versioning without its tails).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Reads `1.2.3`. Anything else, such as a tail, is no version of a release.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        let mut parts = text.split('.').map(|part| {
            let digits = !part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit());
            if digits && (part == "0" || !part.starts_with('0')) { part.parse().ok() } else { None }
        });
        let version = Version(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

impl TryFrom<String> for Version {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Version, &'static str> {
        Version::parse(&text).ok_or("not a version such as 1.2.3")
    }
}

impl From<Version> for String {
    fn from(version: Version) -> String {
        version.to_string()
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// What is published of the newest release: `releases.json`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Release {
    /// `1`: the version of this format. Another one is not read.
    pub ringfence_release: String,
    /// Counts up with each publication; never goes back.
    pub seq: u64,
    /// When it was signed.
    pub issued: Stamp,
    /// From when on it proves nothing any more.
    pub expires: Stamp,
    /// The newest version.
    pub version: Version,
    /// Versions below this one are unsafe to go on with.
    #[serde(default)]
    pub floor: Option<Version>,
    /// What it fixes, one plain sentence each.
    #[serde(default)]
    pub fixes: Vec<String>,
    /// The files of this release.
    #[serde(default)]
    pub artefacts: Vec<Artefact>,
}

/// One file of a release. It is found below the origin by its name: a document names no address.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Artefact {
    /// The file's name, without any directory.
    pub name: String,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// What it is: `deb`, `rpm`, `archive`, `appimage`, `windows-setup`, … Those that are not known are left alone.
    #[serde(default)]
    pub kind: String,
    /// What it is for: `linux-x86_64`, `windows-x86_64`, …
    #[serde(default)]
    pub platform: String,
}

/// Releases that must not be used: `withdrawals.json`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Withdrawals {
    /// `1`: the version of this format.
    pub ringfence_withdrawals: String,
    /// Counts up with each publication; never goes back.
    pub seq: u64,
    /// When it was signed.
    pub issued: Stamp,
    /// From when on it proves nothing any more.
    pub expires: Stamp,
    /// All withdrawn releases.
    #[serde(default)]
    pub withdrawn: Vec<Withdrawal>,
}

/// One withdrawn release.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Withdrawal {
    /// Which.
    pub version: Version,
    /// Why, in one plain sentence.
    pub reason: String,
    /// The version to use instead, if there is one.
    #[serde(default)]
    pub instead: Option<Version>,
}

/// Why a document does not count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Refused {
    /// Its signature.
    #[error("the signature is {0}")]
    Signature(#[from] SignatureError),
    /// Longer than [`MAX_DOCUMENT`].
    #[error("too long")]
    TooLong,
    /// Signed, but not understood.
    #[error("not understood")]
    Unreadable,
    /// Signed, and of a format that came after this program.
    #[error("of a format that this version does not know")]
    Format,
    /// Out of date: a mirror holds it back, or nobody publishes any more.
    #[error("out of date")]
    Expired,
    /// Signed in the future: this computer's clock is wrong, or theirs.
    #[error("from the future")]
    Future,
    /// Older than one that was seen before.
    #[error("older than what was seen before")]
    RolledBack,
}

/// How far clocks may differ, in milliseconds.
const SKEW: i64 = 10 * 60 * 1000;

/// What both documents have.
trait Dated {
    /// The field that names the version of the format.
    const FORMAT: &str;
    fn seq(&self) -> u64;
    fn issued(&self) -> Stamp;
    fn expires(&self) -> Stamp;
}

impl Dated for Release {
    const FORMAT: &str = "ringfence_release";

    fn seq(&self) -> u64 {
        self.seq
    }
    fn issued(&self) -> Stamp {
        self.issued
    }
    fn expires(&self) -> Stamp {
        self.expires
    }
}

impl Dated for Withdrawals {
    const FORMAT: &str = "ringfence_withdrawals";

    fn seq(&self) -> u64 {
        self.seq
    }
    fn issued(&self) -> Stamp {
        self.issued
    }
    fn expires(&self) -> Stamp {
        self.expires
    }
}

/// Signature first, then form, then time, then order.
fn read<T: Dated + for<'de> Deserialize<'de>>(
    bytes: &[u8],
    signature: &str,
    key: &PublicKey,
    seen: u64,
    now: WallTime,
) -> Result<T, Refused> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(Refused::TooLong);
    }
    key.verify(bytes, signature)?;
    let json: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| Refused::Unreadable)?;
    match json.get(T::FORMAT).and_then(serde_json::Value::as_str) {
        Some("1") => {}
        Some(_) => return Err(Refused::Format),
        None => return Err(Refused::Unreadable),
    }
    let document: T = serde_json::from_value(json).map_err(|_| Refused::Unreadable)?;
    if document.seq() < seen {
        return Err(Refused::RolledBack);
    }
    if document.issued().as_millis() > now.as_millis().saturating_add(SKEW) {
        return Err(Refused::Future);
    }
    if document.expires().as_millis() <= now.as_millis() {
        return Err(Refused::Expired);
    }
    Ok(document)
}

impl Release {
    /// Reads a release document. `seen` is the highest `seq` that was ever taken.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn read(bytes: &[u8], signature: &str, key: &PublicKey, seen: u64, now: WallTime) -> Result<Release, Refused> {
        let mut release: Release = read(bytes, signature, key, seen, now)?;
        release.fixes.truncate(MAX_FIXES);
        for fix in &mut release.fixes {
            *fix = text::plain(fix, MAX_SENTENCE);
        }
        release.fixes.retain(|fix| !fix.is_empty());
        // A name that is more than a name could reach out of the folder that it is saved in.
        let good = |a: &Artefact| {
            let name = !a.name.is_empty() && a.name.len() <= 100 && !a.name.starts_with('.');
            let letters = a.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+~".contains(&b));
            name && letters && a.sha256.len() == 64 && a.sha256.bytes().all(|b| b.is_ascii_hexdigit())
        };
        for artefact in &mut release.artefacts {
            artefact.sha256.make_ascii_lowercase();
        }
        if release.artefacts.iter().all(good) { Ok(release) } else { Err(Refused::Unreadable) }
    }
}

impl Release {
    /// The file that replaces an installation which is updated by files of this kind.
    #[must_use]
    pub fn file(&self, kind: &str, platform: &str) -> Option<&Artefact> {
        let fits = |a: &&Artefact| a.kind == kind && a.platform == platform && (1..=MAX_ARTEFACT).contains(&a.size);
        self.artefacts.iter().find(fits)
    }
}

impl Withdrawals {
    /// Reads the list of withdrawn releases. `seen` is the highest `seq` that was ever taken.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn read(
        bytes: &[u8],
        signature: &str,
        key: &PublicKey,
        seen: u64,
        now: WallTime,
    ) -> Result<Withdrawals, Refused> {
        let mut list: Withdrawals = read(bytes, signature, key, seen, now)?;
        for withdrawal in &mut list.withdrawn {
            withdrawal.reason = text::plain(&withdrawal.reason, MAX_SENTENCE);
        }
        Ok(list)
    }
}
