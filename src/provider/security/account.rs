//! What is known of an account: generation, what its password hashes to, and what it was asked to do.

use super::device::Device;
use super::transaction::Transaction;
use crate::base::{Secret, WallTime};
use crate::provider_api::notices::Level;
use crate::sip::digest::{Hash, ha1};

/// What a login's password hashes to in one realm: H(user:realm:password) for each algorithm that is known. As good
/// as the password in that realm.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Hashes {
    /// With MD5.
    pub md5: Option<Secret<String>>,
    /// With SHA-256.
    pub sha256: Option<Secret<String>>,
    /// With SHA-512/256.
    pub sha512_256: Option<Secret<String>>,
}

impl Hashes {
    /// Those of a password, with every algorithm.
    #[must_use]
    pub fn of(user: &str, realm: &str, password: &Secret<String>) -> Hashes {
        let of = |hash| Some(ha1(hash, user, realm, password));
        Hashes { md5: of(Hash::Md5), sha256: of(Hash::Sha256), sha512_256: of(Hash::Sha512_256) }
    }

    /// The one made with `hash`.
    #[must_use]
    pub const fn get(&self, hash: Hash) -> Option<&Secret<String>> {
        match hash {
            Hash::Md5 => self.md5.as_ref(),
            Hash::Sha256 => self.sha256.as_ref(),
            Hash::Sha512_256 => self.sha512_256.as_ref(),
        }
    }

    /// The same with one more; text that is no hash of this kind is left out.
    #[must_use]
    pub fn with(mut self, hash: Hash, hex: &str) -> Hashes {
        let length = match hash {
            Hash::Md5 => 32,
            Hash::Sha256 | Hash::Sha512_256 => 64,
        };
        if hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let value = Some(Secret::new(hex.to_ascii_lowercase()));
            match hash {
                Hash::Md5 => self.md5 = value,
                Hash::Sha256 => self.sha256 = value,
                Hash::Sha512_256 => self.sha512_256 = value,
            }
        }
        self
    }

    /// Only those that a SIP server keeps.
    #[must_use]
    pub fn only(&self, kept: &[Hash]) -> Hashes {
        let of = |hash| self.get(hash).filter(|_| kept.contains(&hash)).cloned();
        Hashes { md5: of(Hash::Md5), sha256: of(Hash::Sha256), sha512_256: of(Hash::Sha512_256) }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.md5.is_none() && self.sha256.is_none() && self.sha512_256.is_none()
    }

    /// Whether both have an algorithm in common and agree in it: the same password.
    #[must_use]
    pub fn same_password(&self, other: &Hashes) -> bool {
        let all = [Hash::Md5, Hash::Sha256, Hash::Sha512_256];
        all.into_iter().any(|hash| self.get(hash).is_some_and(|ours| other.get(hash) == Some(ours)))
    }

    /// A fingerprint that tells whether the password was changed behind our back; nobody gets back from it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let text = |hash| self.get(hash).map_or("", |h| h.expose("fingerprint of what the SIP server keeps").as_str());
        let parts = [text(Hash::Md5), text(Hash::Sha256), text(Hash::Sha512_256)];
        Hash::Sha256.hex(&[b"fingerprint", parts[0].as_bytes(), parts[1].as_bytes(), parts[2].as_bytes()])
    }
}

/// A request to change the password.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MustChange {
    /// How urgently.
    pub urgency: Level,
    /// By when.
    pub deadline: Option<WallTime>,
}

/// One account, without its history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The login, which is also the user part of its address.
    pub user: String,
    /// Counts changes of the password, by whomever. Begins at 1.
    pub generation: u64,
    /// What the SIP server checks against.
    pub hashes: Hashes,
    /// Whether it was asked to change its password.
    pub must_change: Option<MustChange>,
    /// When it last did, as far as we know.
    pub changed: Option<WallTime>,
    /// Its guards as JSON, if any were set: what they mean is `guard`'s business.
    pub guards: Option<String>,
}

/// Everything that a request about one account, and perhaps one transaction, is judged by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The account.
    pub account: Account,
    /// The transaction that the request names, if it is known.
    pub transaction: Option<Transaction>,
    /// The account's devices, enrolled or waiting.
    pub devices: Vec<Device>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_of_one_password_agree_in_each_algorithm_and_what_is_no_hash_is_left_out() {
        let all = Hashes::of("anna", "voip.example", &Secret::from("secret"));
        let md5 = Hashes::default().with(Hash::Md5, "C1E8FDB7AB8F3BC83D59ACDFF6BB9A46");
        assert_eq!(md5.md5.as_ref().map(|h| h.expose("test").len()), Some(32));
        assert!(!all.same_password(&md5) && all.same_password(&all.only(&[Hash::Sha256])));
        assert!(Hashes::default().with(Hash::Md5, "").with(Hash::Sha256, "zz").is_empty());
        assert_ne!(all.fingerprint(), all.only(&[Hash::Md5]).fingerprint());
        assert!(!Hashes::default().same_password(&Hashes::default()), "nothing agrees with nothing");
    }
}
