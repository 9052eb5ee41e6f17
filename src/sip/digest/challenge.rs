//! What a server asks: one `WWW-Authenticate` or `Proxy-Authenticate` header field (RFC 7616 §3.3).

use super::algorithm::{Algorithm, Qop, Strength};
use crate::sip::header::Auth;

/// Who asks: an end server (401) or a proxy (407). Each has its own pair of header fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Door {
    /// 401, `WWW-Authenticate`, `Authorization`.
    Server,
    /// 407, `Proxy-Authenticate`, `Proxy-Authorization`.
    Proxy,
}

impl Door {
    /// Both.
    pub const ALL: [Door; 2] = [Door::Server, Door::Proxy];

    /// The header field that asks.
    #[must_use]
    pub const fn asks(self) -> &'static str {
        match self {
            Door::Server => "WWW-Authenticate",
            Door::Proxy => "Proxy-Authenticate",
        }
    }

    /// The header field that answers.
    #[must_use]
    pub const fn answers(self) -> &'static str {
        match self {
            Door::Server => "Authorization",
            Door::Proxy => "Proxy-Authorization",
        }
    }

    /// The status code that asks.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Door::Server => 401,
            Door::Proxy => 407,
        }
    }
}

/// One challenge, whose algorithm we may not know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge {
    /// The protection space.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// Echoed as it is.
    pub opaque: Option<String>,
    /// The algorithm; `None` if we do not know it.
    pub algorithm: Option<Algorithm>,
    /// Whether an algorithm was named: if not, none is named in the answer either (RFC 2617's servers).
    pub named: bool,
    /// The qualities offered that we know, in the server's order.
    pub qop: Vec<Qop>,
    /// A qop parameter was present, though perhaps with nothing that we know.
    pub qop_present: bool,
    /// The nonce of the refused credentials was too old; the password was not the trouble.
    pub stale: bool,
    /// The server wants the login hashed.
    pub userhash: bool,
    /// The server says that names and passwords are UTF-8.
    pub utf8: bool,
}

impl Challenge {
    /// A challenge as a server makes it: `qop="auth"`, no opaque.
    #[must_use]
    pub fn new(realm: &str, nonce: &str, algorithm: Algorithm) -> Challenge {
        Challenge {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque: None,
            algorithm: Some(algorithm),
            named: true,
            qop: vec![Qop::Auth],
            qop_present: true,
            stale: false,
            userhash: false,
            utf8: false,
        }
    }

    /// Reads a challenge; `None` if it is not Digest, malformed, too long, or names a parameter twice (which of the
    /// two would the other end believe?).
    #[must_use]
    pub fn from_auth(auth: &Auth) -> Option<Challenge> {
        if !is_sound(auth) {
            return None;
        }
        let algorithm = auth.get("algorithm");
        let qop = auth.get("qop");
        let is_true = |name| auth.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Challenge {
            realm: auth.get("realm")?,
            nonce: auth.get("nonce")?,
            opaque: auth.get("opaque"),
            algorithm: algorithm.as_deref().map_or(Some(Algorithm::MD5), Algorithm::parse),
            named: algorithm.is_some(),
            qop: qop.as_deref().map(known_qops).unwrap_or_default(),
            qop_present: qop.is_some_and(|offered| !offered.trim().is_empty()),
            stale: is_true("stale"),
            userhash: is_true("userhash"),
            utf8: auth.get("charset").is_some_and(|value| value.eq_ignore_ascii_case("UTF-8")),
        })
    }

    /// The quality to answer with, `auth` before `auth-int`; the outer `None` if nothing offered is known.
    #[must_use]
    pub fn best_qop(&self) -> Option<Option<Qop>> {
        if !self.qop_present {
            return Some(None);
        }
        [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| self.qop.contains(qop)).map(Some)
    }

    /// How well it protects the password; `None` if we do not know the algorithm.
    #[must_use]
    pub fn strength(&self) -> Option<Strength> {
        self.algorithm.map(|algorithm| Strength { hash: algorithm.hash, qop: self.best_qop().flatten().is_some() })
    }

    /// Whether we can answer it at all.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        self.algorithm.is_some() && self.best_qop().is_some()
    }

    /// As a header field, for servers.
    #[must_use]
    pub fn to_auth(&self) -> Auth {
        let mut auth = Auth::new("Digest").with_quoted("realm", &self.realm).with_quoted("nonce", &self.nonce);
        if let Some(algorithm) = self.algorithm.filter(|_| self.named) {
            auth = auth.with("algorithm", algorithm.name());
        }
        if !self.qop.is_empty() {
            let names: Vec<_> = self.qop.iter().map(|qop| qop.name()).collect();
            auth = auth.with_quoted("qop", &names.join(","));
        }
        if let Some(opaque) = &self.opaque {
            auth = auth.with_quoted("opaque", opaque);
        }
        for (name, flag) in [("stale", self.stale), ("userhash", self.userhash)] {
            if flag {
                auth = auth.with(name, "true");
            }
        }
        if self.utf8 { auth.with("charset", "UTF-8") } else { auth }
    }
}

/// No honest challenge or answer has more parameters, or more bytes in them.
const MAX_PARAMS: usize = 32;
const MAX_BYTES: usize = 4096;

/// Whether this is Digest with parameters that are worth reading.
pub(super) fn is_sound(auth: &Auth) -> bool {
    let names: Vec<&str> = auth.iter().map(|(name, _)| name).take(MAX_PARAMS + 1).collect();
    let twice = |(at, name): (usize, &&str)| names.iter().skip(at + 1).any(|other| other.eq_ignore_ascii_case(name));
    auth.is_digest()
        && names.len() <= MAX_PARAMS
        && auth.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= MAX_BYTES
        && !names.iter().enumerate().any(twice)
}

fn known_qops(list: &str) -> Vec<Qop> {
    let known = |token: &str| [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| qop.name().eq_ignore_ascii_case(token));
    list.split(',').filter_map(|token| known(token.trim())).take(4).collect()
}
