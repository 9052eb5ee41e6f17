//! What a client answers: one `Authorization` or `Proxy-Authorization` header field (RFC 7616 §3.4).

use super::algorithm::{Algorithm, Qop};
use super::challenge::is_sound;
use crate::sip::header::Auth;

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
    /// The algorithm; `None` in [`Credentials::from_auth`] if we do not know it.
    pub algorithm: Option<Algorithm>,
    /// Whether the algorithm is written.
    pub named: bool,
    /// Quality and count; `None` is RFC 2069's way.
    pub qop: Option<(Qop, u32)>,
    /// The client's nonce: with a quality, and with `-sess` in any case.
    pub cnonce: Option<String>,
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
    /// Reads credentials; `None` if they are not Digest or malformed, or their qop or count makes no sense.
    #[must_use]
    pub fn from_auth(auth: &Auth) -> Option<Credentials> {
        if !is_sound(auth) {
            return None;
        }
        let qop = match auth.get("qop") {
            None => None,
            Some(token) => {
                let qop = [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| qop.name().eq_ignore_ascii_case(&token))?;
                Some((qop, u32::from_str_radix(&auth.get("nc")?, 16).ok()?))
            }
        };
        let cnonce = auth.get("cnonce");
        if qop.is_some() && cnonce.is_none() {
            return None;
        }
        let username = match (auth.get("username"), auth.get("username*")) {
            (Some(plain), None) => plain,
            (None, Some(extended)) => from_extended(&extended)?,
            (Some(_), Some(_)) | (None, None) => return None,
        };
        let algorithm = auth.get("algorithm");
        Some(Credentials {
            username,
            realm: auth.get("realm")?,
            nonce: auth.get("nonce")?,
            uri: auth.get("uri")?,
            response: auth.get("response")?,
            named: algorithm.is_some(),
            algorithm: algorithm.as_deref().map_or(Some(Algorithm::MD5), Algorithm::parse),
            qop,
            cnonce,
            opaque: auth.get("opaque"),
            userhash: auth.get("userhash").is_some_and(|value| value.eq_ignore_ascii_case("true")),
        })
    }

    /// As a header field.
    #[must_use]
    pub fn to_auth(&self) -> Auth {
        let mut auth = Auth::new("Digest");
        auth = if self.username.is_ascii() {
            auth.with_quoted("username", &self.username)
        } else {
            auth.with("username*", &to_extended(&self.username))
        };
        auth = auth
            .with_quoted("realm", &self.realm)
            .with_quoted("nonce", &self.nonce)
            .with_quoted("uri", &self.uri)
            .with_quoted("response", &self.response);
        if let Some(algorithm) = self.algorithm.filter(|_| self.named) {
            auth = auth.with("algorithm", algorithm.name());
        }
        if let Some((qop, count)) = &self.qop {
            // Not quoted: RFC 7616 §3.4 says so, and some servers insist.
            auth = auth.with("qop", qop.name()).with("nc", &format!("{count:08x}"));
        }
        if let Some(cnonce) = &self.cnonce {
            auth = auth.with_quoted("cnonce", cnonce);
        }
        if let Some(opaque) = &self.opaque {
            auth = auth.with_quoted("opaque", opaque);
        }
        if self.userhash { auth.with("userhash", "true") } else { auth }
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
