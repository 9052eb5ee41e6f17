//! What a client answers: one `Authorization` or `Proxy-Authorization` header field (RFC 7616 §3.4).

use super::algorithm::{Algorithm, Qop};
use super::params::{Params, Writer};

/// The parameters of one answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The login, or its hash when `userhash` is set.
    pub username: String,
    /// The protection space.
    pub realm: String,
    /// The server's nonce.
    pub nonce: String,
    /// The Request-URI that the response was computed for.
    pub uri: String,
    /// The proof.
    pub response: String,
    /// The algorithm; `None` in [`Credentials::parse`] if we do not know it.
    pub algorithm: Option<Algorithm>,
    /// Whether the algorithm is written.
    pub named: bool,
    /// Quality, client nonce, count; `None` is RFC 2069's way.
    pub qop: Option<(Qop, String, u32)>,
    /// The challenge's opaque.
    pub opaque: Option<String>,
    /// `username` is a hash.
    pub userhash: bool,
}

/// Credentials are as good as a password to somebody with time: only the realm shows.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials(realm {:?}, …)", self.realm)
    }
}

impl Credentials {
    /// Reads a header field's value; `None` if it is not well formed, or its qop or count makes no sense.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Credentials> {
        let params = Params::parse(value)?;
        let own = |name| params.get(name).map(str::to_owned);
        let userhash = params.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let qop = match params.get("qop") {
            None => None,
            Some(token) => {
                let qop = [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| qop.name().eq_ignore_ascii_case(token))?;
                Some((qop, own("cnonce")?, u32::from_str_radix(params.get("nc")?, 16).ok()?))
            }
        };
        let username = match params.get("username*") {
            Some(extended) if params.get("username").is_none() => from_extended(extended)?,
            Some(_) => return None,
            None => own("username")?,
        };
        Some(Credentials {
            username,
            realm: own("realm")?,
            nonce: own("nonce")?,
            uri: own("uri")?,
            response: own("response")?,
            algorithm: params.get("algorithm").map_or(Some(Algorithm::MD5), Algorithm::parse),
            named: params.get("algorithm").is_some(),
            qop,
            opaque: own("opaque"),
            userhash,
        })
    }

    /// The header field's value.
    #[must_use]
    pub fn to_value(&self) -> String {
        let mut writer = Writer::new();
        if self.username.is_ascii() {
            writer.quoted("username", &self.username);
        } else {
            writer.token("username*", &to_extended(&self.username));
        }
        writer.quoted("realm", &self.realm);
        writer.quoted("nonce", &self.nonce);
        writer.quoted("uri", &self.uri);
        writer.quoted("response", &self.response);
        if let Some(algorithm) = self.algorithm.filter(|_| self.named) {
            writer.token("algorithm", algorithm.name());
        }
        if let Some((qop, cnonce, count)) = &self.qop {
            // Not quoted: RFC 7616 §3.4 says so, and some servers insist.
            writer.token("qop", qop.name());
            writer.quoted("cnonce", cnonce);
            writer.token("nc", &format!("{count:08x}"));
        }
        if let Some(opaque) = &self.opaque {
            writer.quoted("opaque", opaque);
        }
        if self.userhash {
            writer.token("userhash", "true");
        }
        writer.finish()
    }
}

/// RFC 5987's extended value in UTF-8.
fn to_extended(text: &str) -> String {
    let mut out = String::from("UTF-8''");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

fn from_extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_language, text) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("UTF-8") {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut from = text.bytes();
    while let Some(byte) = from.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || from.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        bytes.push(digit()? << 4 | digit()?);
    }
    String::from_utf8(bytes).ok()
}
