//! Roots: who may sign. The first is made when the provider begins; each that follows is signed by a threshold of the
//! keys before it and of its own (The Update Framework, section 5.3: whoever has the old keys must agree).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::files::{self, Readers};
use super::keys::{Keys, Signer};
use crate::base::WallTime;
use crate::provider_api::root::{NoticesKey, Root, RootError, Signed};
use crate::provider_api::{Origin, Stamp, VERSION};

/// How long a root is good for.
const ROOT: Duration = Duration::from_secs(2 * 365 * 86_400);
/// How long a key of notices is good for: at most a year.
const NOTICES: Duration = Duration::from_secs(365 * 86_400);

/// Who the provider is: from its configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The only origin that endpoints are below.
    pub issuer: Origin,
    /// The SIP domains that it speaks for.
    pub sip_domains: Vec<String>,
    /// The realm of Digest authentication.
    pub realm: String,
}

/// What else phones may trust, on the root keys' word alone: a file of the provider's.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Details {
    /// Hosts that links may lead to, besides the issuer's registrant.
    pub link_hosts: Vec<String>,
    /// Numbers that are emergency numbers too.
    pub emergency_numbers: Vec<String>,
    /// Numbers to call for help: `fraud`, `support`.
    pub numbers: BTreeMap<String, String>,
}

/// Makes the first root with its keys.
///
/// # Errors
/// In words; if there is one already.
pub fn begin(
    publish: &Path,
    keys: &Keys,
    who: &Identity,
    details: &Details,
    (count, threshold): (u8, u8),
    now: WallTime,
) -> Result<Root, String> {
    if file(publish, 1).exists() {
        return Err("there is a root already: to exchange keys, use `key rotate`".to_owned());
    }
    if threshold < 1 || threshold > count || count > 9 {
        return Err("of 1 to 9 root keys, at least one and at most all must sign".to_owned());
    }
    let signers: Vec<Signer> = (0..count).map(|_| keys.make(&keys.free_name("root"))).collect::<Result<_, _>>()?;
    let notices = keys.make(&keys.free_name("notices"))?;
    let root = Root {
        sasa: VERSION.to_owned(),
        version: 1,
        issuer: who.issuer.clone(),
        sip_domains: who.sip_domains.clone(),
        realm: who.realm.clone(),
        threshold,
        keys: signers.iter().map(|signer| (signer.name.clone(), signer.public.clone())).collect(),
        notices: BTreeMap::from([(notices.name.clone(), year(&notices, now))]),
        expires: after(now, ROOT),
        link_hosts: details.link_hosts.clone(),
        emergency_numbers: details.emergency_numbers.clone(),
        numbers: details.numbers.clone(),
    };
    let signed = sign(&root, &signers)?;
    let root = Root::first(&signed).map_err(|error| error.to_string())?;
    save(publish, 1, &signed)?;
    Ok(root)
}

/// What a rotation exchanges.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exchange {
    /// The key of notices. The old one stays listed until it ends, so that no phone is left without a list.
    Notices,
    /// The key of notices, which may be in wrong hands: the old one counts no more at once.
    StolenNotices,
    /// All root keys. The keys of notices stay.
    Root,
    /// No key: only the details and the time when the root ends.
    Nothing,
}

/// Makes the root that follows the newest.
///
/// # Errors
/// In words.
pub fn rotate(
    publish: &Path,
    keys: &Keys,
    who: &Identity,
    details: Option<&Details>,
    exchange: Exchange,
    now: WallTime,
) -> Result<Root, String> {
    let before = newest(publish)?.ok_or("there is no root yet: use `key new`")?;
    let mut root = before.clone();
    root.version = before.version.checked_add(1).ok_or("no version follows")?;
    root.expires = after(now, ROOT);
    (root.issuer, root.sip_domains, root.realm) = (who.issuer.clone(), who.sip_domains.clone(), who.realm.clone());
    if let Some(details) = details {
        root.link_hosts.clone_from(&details.link_hosts);
        root.emergency_numbers.clone_from(&details.emergency_numbers);
        root.numbers.clone_from(&details.numbers);
    }
    root.notices.retain(|_, key| key.expires.0 > now);
    // Those before must agree, whatever is exchanged.
    let mut signers: Vec<Signer> = before.keys.keys().filter_map(|name| keys.open(name).ok()).collect();
    if signers.len() < usize::from(before.threshold) {
        let (have, need) = (signers.len(), before.threshold);
        return Err(format!("{have} of the root keys could be opened, and {need} must sign: bring the others"));
    }
    match exchange {
        Exchange::Notices | Exchange::StolenNotices => {
            if exchange == Exchange::StolenNotices {
                root.notices.clear();
            }
            let key = keys.make(&keys.free_name("notices"))?;
            root.notices.insert(key.name.clone(), year(&key, now));
        }
        Exchange::Root => {
            let made: Vec<Signer> =
                before.keys.keys().map(|_| keys.make(&keys.free_name("root"))).collect::<Result<_, _>>()?;
            root.keys = made.iter().map(|signer| (signer.name.clone(), signer.public.clone())).collect();
            signers.extend(made);
        }
        Exchange::Nothing => {}
    }
    let signed = sign(&root, &signers)?;
    // The phone's own rules are the judge of what is published.
    let root = before.next(&signed).map_err(|error: RootError| error.to_string())?;
    save(publish, root.version, &signed)?;
    Ok(root)
}

/// The newest root that is published, every one on the way checked as a phone would.
///
/// # Errors
/// In words.
pub fn newest(publish: &Path) -> Result<Option<Root>, String> {
    let mut newest: Option<Root> = None;
    for version in 1_u32.. {
        let path = file(publish, version);
        let Some(bytes) = files::read(&path)? else { break };
        let words = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let signed = Signed::parse(&bytes).map_err(|error| words(&error))?;
        let root = match &newest {
            None => Root::first(&signed),
            Some(before) => before.next(&signed),
        };
        newest = Some(root.map_err(|error| words(&error))?);
    }
    Ok(newest)
}

pub(in crate::serve) fn sign(root: &Root, signers: &[Signer]) -> Result<Signed, String> {
    let bytes = serde_json::to_vec(root).map_err(|error| error.to_string())?;
    let comment = format!("root={}", root.version);
    let signatures = signers.iter().map(|signer| Ok((signer.name.clone(), signer.sign(&bytes, &comment)?)));
    Ok(Signed::wrap(&bytes, signatures.collect::<Result<_, String>>()?))
}

fn save(publish: &Path, version: u32, signed: &Signed) -> Result<(), String> {
    let bytes = serde_json::to_vec_pretty(signed).map_err(|error| error.to_string())?;
    files::write(&file(publish, version), &bytes, Readers::All)
}

fn file(publish: &Path, version: u32) -> PathBuf {
    publish.join(format!("roots/{version}.json"))
}

fn year(key: &Signer, now: WallTime) -> NoticesKey {
    NoticesKey { key: key.public.clone(), expires: after(now, NOTICES) }
}

pub(in crate::serve) fn after(now: WallTime, time: Duration) -> Stamp {
    Stamp(WallTime(now.0.saturating_add(i64::try_from(time.as_millis()).unwrap_or(i64::MAX))))
}
