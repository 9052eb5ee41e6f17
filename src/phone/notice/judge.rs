//! Whether a list of notices is to be believed. Everything that can be wrong with one has a name here.

use sha2::{Digest as _, Sha256};

use super::kept::List;
use super::{SLACK, between, later};
use crate::base::WallTime;
use crate::provider_api::ed25519::hex;
use crate::provider_api::notices::Index;
use crate::provider_api::{Root, read_back_code};

/// The longest life of a list: seven days, and an hour for clocks.
const LONGEST_LIFE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600 + 3600);

/// What a list turned out to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Newer than what we have: take it.
    Newer(Box<List>),
    /// The very list that we have: confirmed.
    Same,
}

/// Why a list changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
pub enum Refusal {
    /// No key of the root has signed these bytes, or the key has ended: forged, cut off, changed under way, or signed
    /// with a key that we do not know of yet.
    #[error("no key that counts has signed it")]
    NotSigned,
    /// It is signed, but makes no sense.
    #[error("it makes no sense")]
    Malformed,
    /// It speaks for somebody else.
    #[error("it speaks for somebody else")]
    Foreign,
    /// It is for one account alone and not for this one, or for everybody and was shown to one.
    #[error("it is for somebody else")]
    OtherReader,
    /// It is no longer to be believed.
    #[error("it has expired")]
    Expired,
    /// It claims a life that no list may have.
    #[error("it claims to be good for too long")]
    TooLongLived,
    /// It is older than what we have.
    #[error("it is older than the one we have")]
    Older,
    /// It has the number of the one that we have, and another content.
    #[error("it contradicts the one we have")]
    Contradicts,
}

/// Judges the exact `bytes` of a list and the text of its signature. `reader` is the account that it must be for, none
/// if it must be for everybody; `now` is the time that was fixed when the cycle began; `known` is the last such list
/// that was believed.
///
/// # Errors
/// If it is not to be believed.
pub fn judge(
    bytes: &[u8],
    signature: &str,
    etag: Option<String>,
    root: &Root,
    reader: Option<&str>,
    known: Option<&List>,
    now: WallTime,
) -> Result<Verdict, Refusal> {
    let (_, signer) = root.signer(bytes, signature, now).ok_or(Refusal::NotSigned)?;
    let index = Index::parse(bytes).map_err(|_| Refusal::Malformed)?;
    if index.issuer != root.issuer {
        return Err(Refusal::Foreign);
    }
    if index.account.as_deref() != reader {
        return Err(Refusal::OtherReader);
    }
    if index.expires.0 <= now {
        return Err(Refusal::Expired);
    }
    if between(index.issued.0, index.expires.0) > LONGEST_LIFE {
        return Err(Refusal::TooLongLived);
    }
    let hash = hex(&Sha256::digest(bytes));
    let list = List {
        seq: index.seq,
        hash,
        etag,
        key: signer.key.clone(),
        root: root.version,
        issued: index.issued.0,
        expires: index.expires.0,
        code: read_back_code(bytes),
        notices: index.notices,
    };
    match known {
        // A new key of a new root begins anew: whoever had the old one may have counted up to the end.
        Some(known) if known.key != list.key && known.root < list.root => {}
        Some(known) if list.seq < known.seq => return Err(Refusal::Older),
        Some(known) if list.seq == known.seq && list.hash != known.hash => return Err(Refusal::Contradicts),
        Some(known) if list.seq == known.seq => return Ok(Verdict::Same),
        Some(_) | None => {}
    }
    Ok(Verdict::Newer(Box::new(list)))
}

/// Whether a time lies in the future by more than clocks differ.
pub(super) fn is_future(time: WallTime, now: WallTime) -> bool {
    time > later(now, SLACK)
}
