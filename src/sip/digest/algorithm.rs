//! The algorithms of RFC 7616 §3.3 and the arithmetic of §3.4: A1, A2, response.

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Sha256, Sha512_256};

use crate::base::Secret;

/// A hash function, weakest first: `max` of several is the one to choose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    /// MD5: broken for signatures, still what most registrars speak.
    Md5,
    /// SHA-256 (RFC 8760).
    Sha256,
    /// SHA-512/256, which is not SHA-512 cut short but a hash of its own (FIPS 180-4 §5.3.6).
    Sha512_256,
}

impl Hash {
    /// The hash of `parts` joined by colons, in lower-case hexadecimal.
    #[must_use]
    pub fn hex(self, parts: &[&[u8]]) -> String {
        match self {
            Hash::Md5 => digest_hex::<Md5>(parts),
            Hash::Sha256 => digest_hex::<Sha256>(parts),
            Hash::Sha512_256 => digest_hex::<Sha512_256>(parts),
        }
    }
}

fn digest_hex<D: sha2::Digest>(parts: &[&[u8]]) -> String {
    let mut hash = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

/// The value of the `algorithm` parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Algorithm {
    /// The hash function.
    pub hash: Hash,
    /// Whether A1 is bound to the session's first nonce and cnonce.
    pub sess: bool,
}

impl Algorithm {
    /// All of them, strongest first.
    pub const ALL: [Algorithm; 6] = [
        Algorithm { hash: Hash::Sha512_256, sess: false },
        Algorithm { hash: Hash::Sha512_256, sess: true },
        Algorithm { hash: Hash::Sha256, sess: false },
        Algorithm { hash: Hash::Sha256, sess: true },
        Algorithm { hash: Hash::Md5, sess: false },
        Algorithm { hash: Hash::Md5, sess: true },
    ];

    /// MD5, which is also meant when a challenge names no algorithm.
    pub const MD5: Algorithm = Algorithm { hash: Hash::Md5, sess: false };

    /// Reads the token, in whichever case; `None` if we do not know it.
    #[must_use]
    pub fn parse(token: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|known| known.name().eq_ignore_ascii_case(token))
    }

    /// The token as the RFCs write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.hash, self.sess) {
            (Hash::Md5, false) => "MD5",
            (Hash::Md5, true) => "MD5-sess",
            (Hash::Sha256, false) => "SHA-256",
            (Hash::Sha256, true) => "SHA-256-sess",
            (Hash::Sha512_256, false) => "SHA-512-256",
            (Hash::Sha512_256, true) => "SHA-512-256-sess",
        }
    }
}

/// How well a challenge protects the password: what is remembered of a realm at its best, and demanded of it later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Strength {
    /// The hash function.
    pub hash: Hash,
    /// Whether there is a quality of protection: without one, whoever asks chooses all that is hashed (RFC 2069), and
    /// can have made tables for it beforehand.
    pub qop: bool,
}

impl Strength {
    /// The better of both in each respect.
    #[must_use]
    pub fn and(self, other: Strength) -> Strength {
        Strength { hash: self.hash.max(other.hash), qop: self.qop || other.qop }
    }

    /// Whether it is weaker than `floor` in no respect.
    #[must_use]
    pub fn meets(self, floor: Strength) -> bool {
        self.hash >= floor.hash && (self.qop || !floor.qop)
    }
}

/// As it is written in a profile; older ones name the hash alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Hash(Hash),
    Strength { hash: Hash, qop: bool },
}

impl From<Kept> for Strength {
    fn from(kept: Kept) -> Strength {
        match kept {
            Kept::Hash(hash) => Strength { hash, qop: false },
            Kept::Strength { hash, qop } => Strength { hash, qop },
        }
    }
}

/// Quality of protection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Qop {
    /// Authentication. Preferred: middle boxes that touch a body do not break it.
    Auth,
    /// Authentication and integrity of the body.
    AuthInt,
}

impl Qop {
    /// The token.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Qop::Auth => "auth",
            Qop::AuthInt => "auth-int",
        }
    }
}

/// Everything that a response is computed from.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The algorithm.
    pub algorithm: Algorithm,
    /// The login, unquoted; never its hash.
    pub username: &'a str,
    /// The realm, unquoted.
    pub realm: &'a str,
    /// The server's nonce.
    pub nonce: &'a str,
    /// The client's nonce; unused without qop and `-sess`.
    pub cnonce: &'a str,
    /// How often the nonce has been used, this time included.
    pub count: u32,
    /// `None` is RFC 2069's way: no cnonce, no count.
    pub qop: Option<Qop>,
    /// The request's method.
    pub method: &'a str,
    /// The `uri` parameter: the Request-URI as it was sent.
    pub uri: &'a str,
    /// The request's body, for `auth-int`.
    pub body: &'a [u8],
}

impl Terms<'_> {
    /// The `response` parameter.
    #[must_use]
    pub fn response(&self, password: &Secret<String>) -> String {
        self.response_by(&ha1(self.algorithm.hash, self.username, self.realm, password))
    }

    /// The `response` parameter, for a server that keeps H(user:realm:password) and not the password.
    #[must_use]
    pub fn response_by(&self, ha1: &Secret<String>) -> String {
        let hash = self.algorithm.hash;
        let a1 = self.a1(ha1);
        let a1 = a1.expose("the response is computed from it").as_bytes();
        let a2 = match self.qop {
            None | Some(Qop::Auth) => hash.hex(&[self.method.as_bytes(), self.uri.as_bytes()]),
            Some(Qop::AuthInt) => {
                let body = hash.hex(&[self.body]);
                hash.hex(&[self.method.as_bytes(), self.uri.as_bytes(), body.as_bytes()])
            }
        };
        let nonce = self.nonce.as_bytes();
        match self.qop {
            None => hash.hex(&[a1, nonce, a2.as_bytes()]),
            Some(qop) => {
                let count = format!("{:08x}", self.count);
                let cnonce = self.cnonce.as_bytes();
                hash.hex(&[a1, nonce, count.as_bytes(), cnonce, qop.name().as_bytes(), a2.as_bytes()])
            }
        }
    }

    /// H(A1): as good as the password for this realm, hence a secret.
    fn a1(&self, ha1: &Secret<String>) -> Secret<String> {
        if !self.algorithm.sess {
            return ha1.clone();
        }
        let key = ha1.expose("the session's A1").as_bytes();
        Secret::new(self.algorithm.hash.hex(&[key, self.nonce.as_bytes(), self.cnonce.as_bytes()]))
    }
}

/// H(user:realm:password), the A1 without `-sess` (RFC 7616 §3.4.2): what servers keep instead of the password, and as
/// good as the password in this realm.
#[must_use]
pub fn ha1(hash: Hash, username: &str, realm: &str, password: &Secret<String>) -> Secret<String> {
    let password = password.expose("A1 of RFC 7616 §3.4.2").as_bytes();
    Secret::new(hash.hex(&[username.as_bytes(), realm.as_bytes(), password]))
}
