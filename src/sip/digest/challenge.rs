//! What a server asks: one `WWW-Authenticate` or `Proxy-Authenticate` header field (RFC 7616 §3.3).

use super::algorithm::{Algorithm, Qop};
use super::params::{Params, Writer};

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

    /// Reads a header field's value; `None` if it is not a well-formed Digest challenge.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Challenge> {
        let params = Params::parse(value)?;
        let algorithm = params.get("algorithm");
        let qop = params.get("qop");
        let is_true = |name| params.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        Some(Challenge {
            realm: params.get("realm")?.to_owned(),
            nonce: params.get("nonce")?.to_owned(),
            opaque: params.get("opaque").map(str::to_owned),
            algorithm: algorithm.map_or(Some(Algorithm::MD5), Algorithm::parse),
            named: algorithm.is_some(),
            qop: qop.map(known_qops).unwrap_or_default(),
            qop_present: qop.is_some_and(|offered| !offered.trim().is_empty()),
            stale: is_true("stale"),
            userhash: is_true("userhash"),
            utf8: params.get("charset").is_some_and(|value| value.eq_ignore_ascii_case("UTF-8")),
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

    /// Whether we can answer it at all.
    #[must_use]
    pub fn is_answerable(&self) -> bool {
        self.algorithm.is_some() && self.best_qop().is_some()
    }

    /// The header field's value, for servers.
    #[must_use]
    pub fn to_value(&self) -> String {
        let mut writer = Writer::new();
        writer.quoted("realm", &self.realm);
        writer.quoted("nonce", &self.nonce);
        if let Some(algorithm) = self.algorithm.filter(|_| self.named) {
            writer.token("algorithm", algorithm.name());
        }
        if !self.qop.is_empty() {
            let names: Vec<_> = self.qop.iter().map(|qop| qop.name()).collect();
            writer.quoted("qop", &names.join(","));
        }
        if let Some(opaque) = &self.opaque {
            writer.quoted("opaque", opaque);
        }
        for (name, flag) in [("stale", self.stale), ("userhash", self.userhash)] {
            if flag {
                writer.token(name, "true");
            }
        }
        if self.utf8 {
            writer.token("charset", "UTF-8");
        }
        writer.finish()
    }
}

fn known_qops(list: &str) -> Vec<Qop> {
    let known = |token: &str| [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| qop.name().eq_ignore_ascii_case(token));
    list.split(',').filter_map(|token| known(token.trim())).take(4).collect()
}
