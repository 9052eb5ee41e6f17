//! What was pinned of a provider: its issuer, its realm, its root. The only place from which an origin is taken.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::WallTime;
use crate::provider_api::minisign::PublicKey;
use crate::provider_api::{Discovery, Origin, Path, Root, Signed};

/// What is kept of a pin.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pin {
    /// The discovery document as it was last believed.
    pub discovery: Discovery,
    /// Its ETag.
    #[serde(default)]
    pub etag: Option<String>,
    /// When the provider was pinned, by this computer's clock.
    pub since: WallTime,
    /// On whose word.
    #[serde(default)]
    pub trust: Trust,
    /// When each key of notices was seen for the first time: by the provider's clock and by ours.
    #[serde(default)]
    pub keys: BTreeMap<PublicKey, FirstSeen>,
}

/// On whose word a provider was pinned.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// On that of the web's authorities, when the account was set up: a young key can only advise.
    #[default]
    FirstUse,
    /// It came with this program (the demo).
    BuiltIn,
}

/// When a key was seen for the first time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct FirstSeen {
    /// By the provider's clock.
    pub theirs: WallTime,
    /// By ours.
    pub ours: WallTime,
}

/// A pin, ready for use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pinned {
    /// Where everything is. Its issuer is the only origin that secrets go to.
    pub discovery: Discovery,
    /// Who may sign, if the provider publishes notices.
    pub root: Option<Root>,
    /// When it was pinned, by this computer's clock.
    pub since: WallTime,
}

/// Why a discovery document is not believed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Disbelief {
    /// It does not speak for this SIP domain, or its issuer belongs to somebody else.
    #[error("the discovery document speaks for somebody else")]
    Foreign,
    /// It names another issuer or realm than what was pinned, and no root says so.
    #[error("issuer or realm changed without a signed root")]
    Moved,
    /// The root that was pinned is missing.
    #[error("the signed root is missing")]
    RootGone,
    /// The root is an older one, or another one with the same number.
    #[error("the signed root went back")]
    RootBack,
    /// The root is not signed as it must be, or does not say what the document says.
    #[error("the signed root does not hold")]
    RootBroken,
    /// The root has expired.
    #[error("the signed root has expired")]
    RootExpired,
}

impl Disbelief {
    /// Whether this contradicts what was pinned, so that the person is told; an expired root is only a lapse.
    #[must_use]
    pub const fn contradicts(self) -> bool {
        !matches!(self, Disbelief::RootExpired)
    }
}

/// What a discovery document leads to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// It holds, with this root.
    Holds(Option<Root>),
    /// The root of this version has to be fetched first, from here.
    Fetch(Origin, Path, u32),
}

impl Pinned {
    /// Makes what was kept ready for use; `None` if its root does not hold any more.
    #[must_use]
    pub fn from_kept(pin: &Pin) -> Option<Pinned> {
        let root = match &pin.discovery.root {
            Some(signed) => Some(Root::first(signed).ok()?),
            None => None,
        };
        Some(Pinned { discovery: pin.discovery.clone(), root, since: pin.since })
    }

    /// The path of the notices, if the provider publishes any that can be verified.
    #[must_use]
    pub fn notices(&self) -> Option<&Path> {
        self.root.as_ref()?;
        self.discovery.endpoints.notices.as_ref()
    }

    /// The page of this symbolic name, if it belongs to the provider. Only the root can allow other hosts.
    #[must_use]
    pub fn link(&self, name: &str) -> Option<&str> {
        let hosts = self.root.as_ref().map_or(&[][..], |root| &root.link_hosts);
        self.discovery.link(name, hosts)
    }

    /// The provider's telephone number of this symbolic name, from the signed root.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<&str> {
        self.root.as_ref()?.numbers.get(name).map(String::as_str)
    }
}

/// The first sight of a provider.
///
/// # Errors
/// If the document is not to be believed.
pub fn first_sight(doc: &Discovery, sip_domain: &str, now: WallTime) -> Result<Option<Root>, Disbelief> {
    if !doc.speaks_for(sip_domain, &[]) {
        return Err(Disbelief::Foreign);
    }
    let Some(signed) = &doc.root else { return Ok(None) };
    let root = Root::first(signed).map_err(|_| Disbelief::RootBroken)?;
    agree(doc, &root, sip_domain, now)?;
    Ok(Some(root))
}

/// Another sight of it. `reached` is the root that the walk has come to so far: at first the pinned one.
///
/// # Errors
/// If the document is not to be believed.
pub fn next_sight(
    doc: &Discovery,
    pinned: &Pinned,
    reached: Option<&Root>,
    sip_domain: &str,
    now: WallTime,
) -> Result<Step, Disbelief> {
    if !doc.speaks_for(sip_domain, &[]) {
        return Err(Disbelief::Foreign);
    }
    let Some(reached) = reached else {
        // No root so far: nothing could have said that the provider moves.
        if doc.issuer != pinned.discovery.issuer || doc.realm != pinned.discovery.realm {
            return Err(Disbelief::Moved);
        }
        return first_sight(doc, sip_domain, now).map(Step::Holds);
    };
    let signed = doc.root.as_ref().ok_or(Disbelief::RootGone)?;
    let newest = Root::first(signed).map_err(|_| Disbelief::RootBroken)?;
    if newest == *reached {
        agree(doc, reached, sip_domain, now)?;
        return Ok(Step::Holds(Some(newest)));
    }
    if newest.version <= reached.version {
        return Err(Disbelief::RootBack);
    }
    let wanted = reached.version + 1;
    if newest.version == wanted {
        let next = reached.next(signed).map_err(|_| Disbelief::RootBroken)?;
        agree(doc, &next, sip_domain, now)?;
        return Ok(Step::Holds(Some(next)));
    }
    let folder = doc.endpoints.roots.as_ref().ok_or(Disbelief::RootBroken)?;
    let path = folder.join(&format!("{wanted}.json")).ok_or(Disbelief::RootBroken)?;
    Ok(Step::Fetch(doc.issuer.clone(), path, wanted))
}

/// The root on the way from `reached` to the newest one.
///
/// # Errors
/// If it does not follow.
pub fn walk(reached: &Root, signed: &Signed) -> Result<Root, Disbelief> {
    reached.next(signed).map_err(|_| Disbelief::RootBroken)
}

/// What is pinned is what was signed.
fn agree(doc: &Discovery, root: &Root, sip_domain: &str, now: WallTime) -> Result<(), Disbelief> {
    let named = root.sip_domains.iter().any(|domain| domain.eq_ignore_ascii_case(sip_domain));
    if root.issuer != doc.issuer || root.realm != doc.realm || !named {
        return Err(Disbelief::RootBroken);
    }
    root.in_force(now).map_err(|_| Disbelief::RootExpired)
}
